#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "vault/gate_internal.h"

/* ---- What comes in ---- */

/* The versions that a request's body brings, in order. */
struct items {
    size_t n;
    struct incoming {
        struct envelope env; /* borrowed from the body */
        struct envelope_header header;
        unsigned column;
        uint8_t hash[32];
        bool has_posting;
        struct posting posting;
    } * at;
    struct tree_levels tree; /* over their leaves */
};

static void
items_free(struct items *in)
{
    free(in->at);
    tree_levels_free(&in->tree);
    *in = (struct items){0};
}

/* Tokens are under the newest key of the type's index. */
static enum sv_err
take_posting(const struct act *a, struct incoming *out)
{
    const struct roster *roster = &a->gate->roster;
    int index = policy_index(&roster->policy, out->header.type);

    if (out->env.tokens.len == 0)
        return SV_OK;
    if (index < 0 || posting_decode(out->env.tokens, &out->posting) != SV_OK ||
        out->posting.epoch != roster_key(roster, (unsigned)index)->epoch)
        return SV_ERR_INPUT;
    out->has_posting = true;
    return SV_OK;
}

/*
 * An envelope that was read, judged by the roster as it is: its header must
 * say what the request says.  SV_ERR_INPUT where it does not.
 */
static enum sv_err
take_item(const struct act *a, struct incoming *out)
{
    const struct roster *roster = &a->gate->roster;
    const struct policy *policy = &roster->policy;
    int column, role = policy_role(policy, a->request.role);
    const struct roster_key *key;
    bool may_read;

    column = policy_column(policy, out->header.type, out->header.compartment);
    if (column < 0 || role < 0 ||
        !hash_equal(&out->header.vault, &roster->vault) ||
        strcmp(out->header.type, a->request.type) != 0 ||
        strcmp(out->header.author, a->request.actor) != 0)
        return SV_ERR_INPUT;
    key = roster_key(roster, (unsigned)column);
    if (key == NULL || key->epoch != out->header.epoch)
        return SV_ERR_INPUT;
    /* Who cannot see the fields that she would overwrite may only add. */
    may_read = (policy->roles[role].cells[column] & CELL_READ) != 0;
    if (out->header.addition == may_read && out->header.version > 1)
        return SV_ERR_INPUT;
    if (out->header.addition && out->header.version == 1)
        return SV_ERR_INPUT;
    out->column = (unsigned)column;
    return take_posting(a, out);
}

static enum sv_err
read_item(struct bytes *rest, struct incoming *out)
{
    if (envelope_decode(rest, &out->env) != SV_OK ||
        out->env.lock.len != ENVELOPE_INNER_LEN ||
        envelope_header_decode(out->env.header, &out->header) != SV_OK)
        return SV_ERR_INPUT;
    envelope_hash(&out->env, out->hash);
    return SV_OK;
}

static struct hash
leaf_of(const struct incoming *in)
{
    struct item it = {.record = in->header.record,
                      .version = in->header.version};

    memcpy(it.compartment, in->header.compartment, sizeof it.compartment);
    memcpy(it.hash, in->hash, sizeof it.hash);
    return item_leaf(&it);
}

/* All n of them, under the root that the actor signed. */
static enum sv_err
check_root(const struct act *a, struct items *in)
{
    struct hash *leaves = calloc(in->n > 0 ? in->n : 1, sizeof *leaves);
    struct hash root;
    enum sv_err err;

    if (leaves == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < in->n; i++)
        leaves[i] = leaf_of(&in->at[i]);
    root = tree_root_of(leaves, in->n);
    err = bytes_equal(BYTES(root.b), BYTES(a->request.body))
              ? tree_levels_new(leaves, in->n, &in->tree)
              : SV_ERR_INPUT;
    free(leaves);
    return err;
}

/* What the actor signed: n envelopes, and no byte more.  SV_ERR_INPUT where
 * the body is not that. */
static enum sv_err
read_items(const struct act *a, size_t n, struct items *out)
{
    struct bytes rest = a->body;
    enum sv_err err = SV_OK;

    out->n = n;
    out->at = calloc(n > 0 ? n : 1, sizeof *out->at);
    if (out->at == NULL)
        err = SV_ERR_NOMEM;
    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = read_item(&rest, &out->at[i]);
    if (err == SV_OK)
        err = rest.len > 0 ? SV_ERR_INPUT : check_root(a, out);
    if (err != SV_OK)
        items_free(out);
    return err;
}

/* The same, each one to be taken as the roster is.  SV_ERR_INPUT where one
 * is not. */
static enum sv_err
take_items(const struct act *a, size_t n, struct items *out)
{
    enum sv_err err = read_items(a, n, out);

    for (size_t i = 0; i < out->n && err == SV_OK; i++)
        err = take_item(a, &out->at[i]);
    if (err != SV_OK)
        items_free(out);
    return err;
}

/* Put one version away under the outer lock, with what proves its author. */
static enum sv_err
put_version(const struct act *a, const struct items *in, size_t i)
{
    const struct gate *g = a->gate;
    const struct incoming *it = &in->at[i];
    struct stored_version v = {.index = a->index,
                               .time_ms = a->time_ms,
                               .position = i,
                               .n_items = in->n,
                               .env = it->env};
    struct buf outer = BUF_INIT, path = BUF_INIT, raw = BUF_INIT;
    struct tree_proof proof;
    uint8_t key[VERSION_KEY_LEN];
    enum sv_err err;

    memcpy(v.hash, it->hash, sizeof v.hash);
    err = tree_levels_path(&in->tree, i, &proof);
    if (err == SV_OK)
        err = tree_proof_encode(&proof, &path);
    if (err == SV_OK)
        err = envelope_lock(&g->config.rng, &g->keys->outer, g->keys->epoch,
                            &it->env, &outer);
    v.path = buf_bytes(&path);
    v.env.lock = buf_bytes(&outer);
    if (err == SV_OK)
        err = version_encode(&v, &raw);
    version_key(&it->header.record, it->column, it->header.version, key);
    if (err == SV_OK)
        err =
            tables_put(&a->tables, TABLE_VERSION, BYTES(key), buf_bytes(&raw));
    buf_free(&outer);
    buf_free(&path);
    buf_free(&raw);
    return err;
}

/* Is this number another record's? */
static enum sv_err
is_taken(const struct act *a, const struct incoming *it, bool *taken)
{
    int index = policy_index(&a->gate->roster.policy, a->request.type);

    *taken = false;
    if (!it->has_posting || index < 0)
        return SV_OK;
    return index_is_taken(&a->tables, (unsigned)index, &it->header.record,
                          &it->posting, taken);
}

static enum sv_err
put_posting(const struct act *a, const struct incoming *it)
{
    int index = policy_index(&a->gate->roster.policy, a->request.type);

    if (!it->has_posting || index < 0)
        return SV_OK;
    return index_put(&a->tables, (unsigned)index, &it->header.record,
                     &it->posting);
}

/* ---- New records ---- */

static bool
is_compartment(const struct policy *p, unsigned column, const char *type)
{
    return strcmp(p->columns[column].type, type) == 0 &&
           !policy_is_index(p, column);
}

/* The n envelopes from `first` on make one whole new record: every
 * compartment of the type once, in the policy's order, at version 1 (which
 * follows none, as its header was decoded). */
static bool
is_new_record(const struct act *a, const struct incoming *first, size_t n)
{
    const struct policy *p = &a->gate->roster.policy;
    size_t i = 0;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (!is_compartment(p, c, a->request.type))
            continue;
        if (i >= n || first[i].column != c || first[i].header.version != 1 ||
            memcmp(first[i].header.record.b, first[0].header.record.b,
                   HANDLE_LEN) != 0)
            return false;
        i++;
    }
    return i == n;
}

/* How many compartments a record of this request's type has. */
static size_t
columns_of_type(const struct act *a)
{
    const struct policy *p = &a->gate->roster.policy;
    size_t n = 0;

    for (unsigned c = 0; c < p->n_columns; c++)
        n += is_compartment(p, c, a->request.type) ? 1 : 0;
    return n;
}

/* Who opens a record is assigned to it by that very entry. */
static enum sv_err
make_record(const struct act *a, const struct items *in, size_t first, size_t n,
            uint64_t index)
{
    const struct handle *h = &in->at[first].header.record;
    struct record_state s = {.index = index,
                             .created_ms = a->time_ms,
                             .changed_ms = a->time_ms,
                             .n = (unsigned)n};
    uint8_t key[8];
    enum sv_err err = SV_OK;

    memcpy(s.type, a->request.type, sizeof s.type);
    memcpy(s.creator, a->request.actor, sizeof s.creator);
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        const struct incoming *it = &in->at[first + i];

        s.at[i] = (struct record_column){(uint8_t)it->column, 1, 1, {0}};
        memcpy(s.at[i].hash, it->hash, sizeof s.at[i].hash);
        err = put_version(a, in, first + i);
        if (err == SV_OK)
            err = put_posting(a, it);
    }
    if (err == SV_OK)
        err = record_store(&a->tables, h, &s);
    created_key(index, key);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_CREATED, BYTES(key), BYTES(h->b));
    if (err == SV_OK)
        err = assignment_put(
            &a->tables, person_index(&a->gate->roster, a->request.actor), h);
    return err;
}

static enum sv_err
record_exists(const struct act *a, const struct handle *h, bool *exists)
{
    return tables_has(&a->tables, TABLE_RECORD, BYTES(h->b), exists);
}

static void
add_result(struct entry *e, const struct incoming *it)
{
    struct entry_result *r = &e->results[e->n_results++];

    memcpy(r->compartment, it->header.compartment, sizeof r->compartment);
    r->version = it->header.version;
    memcpy(r->hash, it->hash, sizeof r->hash);
}

/* A body that is not what its request says: logged, and nothing done. */
static enum sv_err
invalid(struct act *a, enum sv_err err)
{
    if (err != SV_ERR_INPUT)
        return err;
    a->entry.outcome = OUTCOME_INVALID;
    a->entry.n_results = 0;
    return SV_OK;
}

enum sv_err
act_create_apply(struct act *a)
{
    struct items in = {0};
    bool exists = false, taken = false;
    enum sv_err err = take_items(a, a->request.n_compartments, &in);

    if (err == SV_OK && (!is_new_record(a, in.at, in.n) ||
                         memcmp(in.at[0].header.record.b, a->request.record.b,
                                HANDLE_LEN) != 0))
        err = SV_ERR_INPUT;
    if (err == SV_OK)
        err = record_exists(a, &a->request.record, &exists);
    for (size_t i = 0; i < in.n && err == SV_OK && !exists && !taken; i++)
        err = is_taken(a, &in.at[i], &taken);
    if (exists)
        a->entry.outcome = OUTCOME_EXISTS;
    else if (taken)
        a->entry.outcome = OUTCOME_DUPLICATE;
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE) {
        err = make_record(a, &in, 0, in.n, a->index);
        for (size_t i = 0; i < in.n; i++)
            add_result(&a->entry, &in.at[i]);
    }
    items_free(&in);
    return invalid(a, err);
}

/* ---- Batches ---- */

/*
 * A bit for each of the batch's records, in the answer's body: those that
 * are here already, so that an interrupted import goes on with the rest (the
 * importer derived their handles herself: they tell her nothing new).
 */
struct marks {
    uint8_t *bits;
    size_t n;
    bool any;
};

static enum sv_err
marks_new(struct act *a, size_t n, struct marks *out)
{
    *out = (struct marks){.n = n};
    return buf_extend(&a->answer, (n + 7) / 8, &out->bits);
}

static void
mark(struct marks *m, size_t i)
{
    m->bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
    m->any = true;
}

static enum sv_err
mark_existing(struct act *a, const struct items *in, size_t per_record,
              bool *any)
{
    struct marks m;
    enum sv_err err = marks_new(a, in->n / per_record, &m);

    for (size_t i = 0; i < m.n && err == SV_OK; i++) {
        bool exists = false;

        err = record_exists(a, &in->at[i * per_record].header.record, &exists);
        if (exists)
            mark(&m, i);
    }
    *any = m.any;
    return err;
}

/* One number of the batch: is it a record's in the vault, or an earlier one
 * of this batch? */
static enum sv_err
is_number_taken(const struct act *a, const struct incoming *it,
                struct map *seen, bool *taken)
{
    enum sv_err err = is_taken(a, it, taken);

    if (err != SV_OK || it->posting.unique == NULL)
        return err;
    *taken = *taken || map_get(seen, it->posting.unique) != NULL;
    return map_set(seen, it->posting.unique, NULL);
}

/* Which numbers are taken is not told: a batch that is refused for one leaves
 * no record, and would say of 511 guesses whether somebody has them. */
static enum sv_err
find_duplicate(struct act *a, const struct items *in, bool *any)
{
    struct map seen;
    enum sv_err err = SV_OK;

    map_init(&seen, TOKEN_BYTES, 0);
    for (size_t i = 0; i < in->n && err == SV_OK && !*any; i++) {
        if (in->at[i].has_posting)
            err = is_number_taken(a, &in->at[i], &seen, any);
    }
    map_clear(&seen);
    return err;
}

/* No two of the batch's records may have one handle. */
static enum sv_err
check_handles_differ(const struct items *in, size_t per_record)
{
    struct map seen;
    enum sv_err err = SV_OK;

    map_init(&seen, HANDLE_LEN, 0);
    for (size_t i = 0; i < in->n && err == SV_OK; i += per_record) {
        const uint8_t *h = in->at[i].header.record.b;

        err =
            map_get(&seen, h) != NULL ? SV_ERR_INPUT : map_set(&seen, h, NULL);
    }
    map_clear(&seen);
    return err;
}

/* The batch's envelopes, each record whole and once. */
static enum sv_err
take_batch(struct act *a, size_t per_record, struct items *in)
{
    enum sv_err err = take_items(a, (size_t)a->request.count * per_record, in);

    for (size_t i = 0; i < in->n && err == SV_OK; i += per_record) {
        if (!is_new_record(a, in->at + i, per_record))
            err = SV_ERR_INPUT;
    }
    return err != SV_OK ? err : check_handles_differ(in, per_record);
}

/* May the batch come in as a whole?  The outcome, and the rows that it is
 * about; nothing is answered where it may. */
static enum sv_err
judge_batch(struct act *a, const struct items *in, size_t per_record)
{
    bool any = false;
    enum sv_err err = mark_existing(a, in, per_record, &any);

    if (err == SV_OK && any) {
        a->entry.outcome = OUTCOME_EXISTS;
        return SV_OK;
    }
    buf_truncate(&a->answer, 0);
    if (err == SV_OK)
        err = find_duplicate(a, in, &any);
    if (err == SV_OK && any)
        a->entry.outcome = OUTCOME_DUPLICATE;
    return err;
}

enum sv_err
act_import_apply(struct act *a)
{
    size_t per_record = columns_of_type(a);
    struct items in = {0};
    enum sv_err err = take_batch(a, per_record, &in);

    if (err == SV_OK)
        err = judge_batch(a, &in, per_record);
    /* Record i gets the item entry behind the batch's own. */
    for (size_t i = 0;
         i < in.n && err == SV_OK && a->entry.outcome == OUTCOME_DONE;
         i += per_record)
        err = make_record(a, &in, i, per_record, a->index + 1 + i / per_record);
    items_free(&in);
    return invalid(a, err);
}

/* How many envelopes the body has; 0 where it is none. */
static size_t
count_items(struct bytes rest)
{
    struct envelope env;
    size_t n = 0;

    for (; rest.len > 0; n++)
        if (envelope_decode(&rest, &env) != SV_OK)
            return 0;
    return n;
}

/*
 * Which rows it was about, as things are now.  What the batch was judged by,
 * keys and policy, may have changed since: it was whole then, of as many
 * compartments a record as it says itself.  Who sends another body than she
 * signed has the receipt alone.
 */
enum sv_err
act_import_again(struct act *a)
{
    size_t per_record;
    struct items in = {0};
    bool any = false;
    enum sv_err err;

    if (a->entry.outcome != OUTCOME_EXISTS) /* else it had records */
        return SV_OK;
    per_record = count_items(a->body) / (size_t)a->request.count;
    err = read_items(a, (size_t)a->request.count * per_record, &in);
    if (err == SV_OK)
        err = mark_existing(a, &in, per_record, &any);
    items_free(&in);
    return err == SV_ERR_INPUT ? SV_OK : err;
}

/* One item entry per record, repeating the batch's lines. */
static enum sv_err
append_item_entry(struct act *a, const struct incoming *first, size_t n)
{
    struct entry e = {.kind = ENTRY_ITEM,
                      .index = a->log.frontier.size,
                      .has_roster = a->log.has_roster,
                      .roster = a->log.roster,
                      .batch = a->index,
                      .record = first->header.record};
    struct buf text = BUF_INIT;
    enum sv_err err;

    for (size_t i = 0; i < n; i++)
        add_result(&e, &first[i]);
    err = entry_encode(&e, &text);
    if (err == SV_OK)
        err = log_append(&a->tables, &a->log, buf_bytes(&text));
    buf_free(&text);
    return err;
}

enum sv_err
act_import_items(struct act *a)
{
    size_t per_record = columns_of_type(a);
    struct items in = {0};
    enum sv_err err = take_items(a, (size_t)a->request.count * per_record, &in);

    for (size_t i = 0; i < in.n && err == SV_OK; i += per_record)
        err = append_item_entry(a, in.at + i, per_record);
    items_free(&in);
    return err;
}

/* ---- New versions ---- */

/*
 * Does this version follow the newest?  CONFLICT where somebody else was
 * faster.
 */
static enum sv_err
check_successor(struct act *a, struct record_state *s,
                const struct incoming *it)
{
    struct record_column *c = record_column(s, it->column);

    if (c == NULL)
        return SV_ERR_INPUT;
    if (it->header.addition && c->version - c->full >= ADDITIONS_MAX)
        return SV_ERR_INPUT;
    if (it->header.version != c->version + 1 ||
        !bytes_equal(BYTES(it->header.prev), BYTES(c->hash)))
        a->entry.outcome = OUTCOME_CONFLICT;
    return SV_OK;
}

/* What the versions that a full one takes the place of were found by, out of
 * the index. */
static enum sv_err
remove_postings(struct act *a, const struct record_column *c)
{
    int index = policy_index(&a->gate->roster.policy, a->request.type);
    enum sv_err err = SV_OK;

    for (uint64_t n = c->full; n <= c->version && err == SV_OK && index >= 0;
         n++) {
        struct buf row = BUF_INIT;
        struct stored_version v;
        struct posting p;
        uint8_t key[VERSION_KEY_LEN];

        version_key(&a->request.record, c->column, n, key);
        err = tables_get(&a->tables, TABLE_VERSION, BYTES(key), &row);
        if (err == SV_OK)
            err = version_decode(buf_bytes(&row), &v);
        if (err == SV_OK && v.env.tokens.len > 0) {
            err = posting_decode(v.env.tokens, &p);
            if (err == SV_OK)
                err = index_remove(&a->tables, (unsigned)index,
                                   &a->request.record, &p);
        }
        buf_free(&row);
    }
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_FORMAT ? SV_ERR_TAMPERED
                                                           : err;
}

static enum sv_err
save_versions(struct act *a, struct record_state *s, const struct items *in)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < in->n && err == SV_OK; i++) {
        const struct incoming *it = &in->at[i];
        struct record_column *c = record_column(s, it->column);

        if (!it->header.addition)
            err = remove_postings(a, c);
        c->version = it->header.version;
        if (!it->header.addition)
            c->full = it->header.version;
        memcpy(c->hash, it->hash, sizeof c->hash);
        if (err == SV_OK)
            err = put_version(a, in, i);
        if (err == SV_OK)
            err = put_posting(a, it);
        add_result(&a->entry, it);
    }
    s->changed_ms = a->time_ms;
    return err != SV_OK ? err : record_store(&a->tables, &a->request.record, s);
}

/* The envelopes are those of the request's record and compartments. */
static bool
items_match_request(const struct act *a, const struct items *in)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct envelope_header *h = &in->at[i].header;

        if (memcmp(h->record.b, a->request.record.b, HANDLE_LEN) != 0 ||
            strcmp(h->compartment, a->request.compartments[i]) != 0)
            return false;
    }
    return true;
}

enum sv_err
act_save_apply(struct act *a)
{
    struct items in = {0};
    struct record_state s;
    enum sv_err err = take_items(a, a->request.n_compartments, &in);

    if (err == SV_OK && !items_match_request(a, &in))
        err = SV_ERR_INPUT;
    if (err == SV_OK)
        err = act_find_record(a, &s);
    for (size_t i = 0; i < in.n && err == SV_OK; i++)
        err = check_successor(a, &s, &in.at[i]);
    /* Only of what would be stored: who asks leaves a version or a duplicate,
     * and cannot do it by a conflict of her own making. */
    for (size_t i = 0;
         i < in.n && err == SV_OK && a->entry.outcome == OUTCOME_DONE; i++) {
        bool taken = false;

        err = is_taken(a, &in.at[i], &taken);
        if (taken)
            a->entry.outcome = OUTCOME_DUPLICATE;
    }
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE)
        err = save_versions(a, &s, &in);
    items_free(&in);
    return err == SV_ERR_NOT_FOUND ? SV_OK : invalid(a, err);
}

/* ---- Assignments ---- */

enum sv_err
act_assign_apply(struct act *a)
{
    const struct roster *r = &a->gate->roster;
    uint32_t person = person_index(r, a->request.person);
    const struct handle *h = &a->request.record;
    bool assign = a->request.act == ACT_RECORD_ASSIGN, has = false;
    struct record_state s;
    enum sv_err err = act_find_record(a, &s);

    if (err == SV_OK)
        err = assignment_get(&a->tables, person, h, &has);
    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    if (err != SV_OK)
        return err;
    if (has == assign) {
        a->entry.outcome = assign ? OUTCOME_EXISTS : OUTCOME_NOT_FOUND;
        return SV_OK;
    }
    return assign ? assignment_put(&a->tables, person, h)
                  : assignment_delete(&a->tables, person, h);
}
