#include "vault/gate_items.h"

#include <stdlib.h>
#include <string.h>

void
items_free(struct items *in)
{
    free(in->at);
    tree_levels_free(&in->tree);
    *in = (struct items){0};
}

/* Tokens are under the newest key of the type's index, and of what is searched
 * alone: what is found by two parts at once would be lost with either. */
static enum sv_err
take_posting(const struct act *a, struct incoming *out)
{
    const struct roster *roster = &a->gate->roster;
    int index = policy_index(&roster->policy, out->header.type);
    bool searched = false;
    enum sv_err err;

    if (out->env.tokens.len == 0)
        return SV_OK;
    err = index_is_of(a->gate, &a->tables, out->column, &searched);
    if (err != SV_OK)
        return err;
    if (index < 0 || !searched ||
        posting_decode(out->env.tokens, &out->posting) != SV_OK ||
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

enum sv_err
items_read(const struct act *a, size_t n, struct items *out)
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

enum sv_err
items_take(const struct act *a, size_t n, struct items *out)
{
    enum sv_err err = items_read(a, n, out);

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

enum sv_err
item_is_taken(const struct act *a, const struct incoming *it, bool *taken)
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

enum sv_err
item_put(const struct act *a, const struct items *in, size_t i)
{
    enum sv_err err = put_version(a, in, i);

    return err != SV_OK ? err : put_posting(a, &in->at[i]);
}

/* ---- New records ---- */

static bool
is_compartment(const struct policy *p, unsigned column, const char *type)
{
    return strcmp(p->columns[column].type, type) == 0 &&
           !policy_is_index(p, column);
}

/* That version 1 follows none, its header was decoded for. */
bool
items_are_record(const struct act *a, const struct incoming *first, size_t n)
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

size_t
items_per_record(const struct act *a)
{
    const struct policy *p = &a->gate->roster.policy;
    size_t n = 0;

    for (unsigned c = 0; c < p->n_columns; c++)
        n += is_compartment(p, c, a->request.type) ? 1 : 0;
    return n;
}

enum sv_err
items_make_record(const struct act *a, const struct items *in, size_t first,
                  size_t n, uint64_t index)
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
        err = item_put(a, in, first + i);
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

enum sv_err
act_record_exists(const struct act *a, const struct handle *h, bool *exists)
{
    return tables_has(&a->tables, TABLE_RECORD, BYTES(h->b), exists);
}

void
item_add_result(struct entry *e, const struct incoming *it)
{
    struct entry_result *r = &e->results[e->n_results++];

    memcpy(r->compartment, it->header.compartment, sizeof r->compartment);
    r->version = it->header.version;
    memcpy(r->hash, it->hash, sizeof r->hash);
}

enum sv_err
act_invalid(struct act *a, enum sv_err err)
{
    if (err != SV_ERR_INPUT)
        return err;
    a->entry.outcome = OUTCOME_INVALID;
    a->entry.n_results = 0;
    return SV_OK;
}
