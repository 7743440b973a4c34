#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

void
record_view_free(struct record_view *v)
{
    for (size_t i = 0; i < SCHEMA_COMPARTMENTS_MAX; i++)
        content_free(&v->contents[i]);
    memset(v, 0, sizeof *v);
}

void
record_list_free(struct record_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->rows[i].assignees);
    free(l->rows);
    memset(l, 0, sizeof *l);
}

/* ---- Content ---- */

/* One version as the gate released it, with what proves its author. */
struct released {
    uint64_t index;
    struct bytes entry_text;
    struct entry entry;
    struct request request;
    struct envelope env;
    struct envelope_header header;
    uint8_t hash[32];
};

/*
 * The entry that stored this version: in the log under the head, signed by
 * its author, allowed, and with a body root that this version is under.
 */
static enum sv_err
check_provenance(struct client *c, struct released *v, struct bytes *rest,
                 const struct checkpoint *head)
{
    struct note *note = calloc(1, sizeof *note);
    struct reader r = reader_of(*rest);
    enum sv_err err;

    if (note == NULL)
        return SV_ERR_NOMEM;
    v->index = reader_u64(&r);
    v->entry_text = reader_medium(&r, ENTRY_MAX);
    *rest = bytes_slice(*rest, r.at, rest->len - r.at);
    err = r.failed
              ? SV_ERR_TAMPERED
              : client_check_inclusion(c, v->index, v->entry_text, rest, head);
    if (err == SV_OK)
        err = entry_parse(v->entry_text, &v->entry);
    if (err == SV_OK &&
        (v->entry.kind != ENTRY_REQUEST || v->entry.index != v->index ||
         !v->entry.allowed || v->entry.outcome != OUTCOME_DONE))
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = request_parse(v->entry.note, note, &v->request);
    if (err == SV_OK)
        err = roster_verify(&c->pin.roster, v->index, note, &v->request);
    free(note);
    return err_verdict(err, SV_ERR_TAMPERED);
}

/* u64 position, u64 items, path, envelope. */
static enum sv_err
check_item(struct released *v, struct bytes *rest)
{
    struct reader r = reader_of(*rest);
    uint64_t position = reader_u64(&r), n_items = reader_u64(&r);
    struct item item = {0};
    struct tree_proof path;
    struct hash leaf, root;

    *rest = bytes_slice(*rest, r.at, rest->len - r.at);
    if (r.failed || tree_proof_decode(rest, &path) != SV_OK ||
        envelope_decode(rest, &v->env) != SV_OK ||
        envelope_header_decode(v->env.header, &v->header) != SV_OK)
        return SV_ERR_TAMPERED;
    envelope_hash(&v->env, v->hash);
    item.record = v->header.record;
    item.version = v->header.version;
    memcpy(item.compartment, v->header.compartment, sizeof item.compartment);
    memcpy(item.hash, v->hash, sizeof item.hash);
    leaf = item_leaf(&item);
    memcpy(root.b, v->request.body, sizeof root.b);
    return tree_verify_inclusion(position, n_items, &leaf, &path, &root);
}

/* Was the author, in that role and at that entry, one who may write here? */
static bool
author_might(const struct client *c, const struct released *v, unsigned column)
{
    const struct roster *r = &c->pin.roster;
    int role = policy_role(&r->policy, v->request.role);

    return role >= 0 && strcmp(v->header.author, v->request.actor) == 0 &&
           (r->policy.roles[role].cells[column] & CELL_WRITE) != 0 &&
           roster_grant_at(r, v->request.actor, v->request.role, v->index,
                           v->entry.time_ms) != NULL;
}

/* What is being read, while its versions come in, newest first. */
struct reading {
    struct client *c;
    const struct request *request;
    const struct answer *answer;
    struct record_view *view;
    bool anew; /* what does not open is to be replaced */
    /* Per asked compartment: what the next version must be. */
    struct {
        uint64_t version;
        uint8_t hash[32];
        bool whole; /* a full version is in */
    } expect[REQUEST_COMPARTMENTS_MAX];
};

static bool
header_fits(const struct reading *rd, const struct released *v, unsigned at)
{
    const struct envelope_header *h = &v->header;

    return hash_equal(&h->vault, &rd->c->pin.roster.vault) &&
           memcmp(h->record.b, rd->request->record.b, HANDLE_LEN) == 0 &&
           strcmp(h->type, rd->request->type) == 0 &&
           strcmp(h->compartment, rd->request->compartments[at]) == 0 &&
           h->version == rd->expect[at].version &&
           bytes_equal(BYTES(v->hash), BYTES(rd->expect[at].hash));
}

/* These are the bytes that the author signed, for a key that this user has:
 * that they do not open is her doing, and nobody else's. */
static enum sv_err
does_not_open(struct client *c, const struct released *v)
{
    memcpy(c->trouble.actor, v->header.author, sizeof c->trouble.actor);
    return client_fault(c, SV_ERR_TAMPERED,
                        N_("what its author stored of this record does not "
                           "open"));
}

/* Open one version and lay what is already there over it. */
static enum sv_err
open_version(struct reading *rd, const struct released *v, unsigned column,
             size_t at)
{
    struct client *c = rd->c;
    struct compartment_key *key = client_key(c, column, v->header.epoch);
    const struct schema_compartment *sc = &rd->view->type->compartments[at];
    struct content older = {0}, *newer = &rd->view->contents[at];
    struct buf plain = BUF_INIT;
    enum sv_err err;

    if (key == NULL)
        return client_fault(c, SV_ERR_DENIED,
                            N_("you have not been given the key of this "
                               "compartment"));
    err =
        envelope_open(&key->receiver, &key->secret, &key->pub, &v->env, &plain);
    if (err == SV_OK)
        err = content_decode(sc, buf_bytes(&plain), &older);
    if (err == SV_OK && newer->fields != NULL)
        err = content_fold(&older, newer);
    if (err == SV_OK) {
        content_free(newer);
        *newer = older;
        older = (struct content){0};
    } else if (err == SV_ERR_FORMAT || err == SV_ERR_TAMPERED) {
        err = does_not_open(c, v);
    }
    content_free(&older);
    buf_free(&plain);
    return err;
}

/* They come newest first. */
static void
note_first(const struct released *v, struct record_version *n)
{
    if (n->version != 0)
        return;
    memcpy(n->compartment, v->header.compartment, sizeof n->compartment);
    n->version = v->header.version;
    n->addition = v->header.addition;
    n->index = v->index;
    n->time_ms = v->entry.time_ms;
    memcpy(n->author, v->header.author, sizeof n->author);
    memcpy(n->hash, v->hash, sizeof n->hash);
}

/* open_version(), or what is to be made of what does not open. */
static enum sv_err
take_content(struct reading *rd, const struct released *v, unsigned column,
             size_t at)
{
    struct content *newer = &rd->view->contents[at];
    enum sv_err err = open_version(rd, v, column, at);

    if (err != SV_ERR_TAMPERED || !(v->header.addition || rd->anew))
        return err;
    note_first(v, &rd->view->unopened[at]);
    memset(&rd->c->trouble, 0, sizeof rd->c->trouble);
    return v->header.addition || newer->fields != NULL
               ? SV_OK
               : content_new(&rd->view->type->compartments[at], newer);
}

static enum sv_err
take_version(struct reading *rd, unsigned asked, struct bytes *rest)
{
    const struct policy *p = &rd->c->pin.roster.policy;
    struct released *v = calloc(1, sizeof *v);
    int column;
    size_t at = 0;
    enum sv_err err;

    if (v == NULL)
        return SV_ERR_NOMEM;
    column =
        policy_column(p, rd->request->type, rd->request->compartments[asked]);
    err = check_provenance(rd->c, v, rest, &rd->answer->head);
    if (err == SV_OK)
        err = check_item(v, rest);
    if (err == SV_OK &&
        (column < 0 || rd->expect[asked].whole || !header_fits(rd, v, asked) ||
         !author_might(rd->c, v, (unsigned)column)))
        err = SV_ERR_TAMPERED;
    if (err == SV_OK &&
        schema_compartment(rd->view->type, v->header.compartment, &at) == NULL)
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = take_content(rd, v, (unsigned)column, at);
    if (err == SV_OK) {
        note_first(v, &rd->view->newest[at]);
        rd->expect[asked].version--;
        memcpy(rd->expect[asked].hash, v->header.prev, 32);
        rd->expect[asked].whole = !v->header.addition;
    }
    free(v);
    return err;
}

/* u16 n, n times u8 compartment, then the versions. */
static enum sv_err
take_versions(struct reading *rd)
{
    struct reader r = reader_of(rd->answer->body);
    unsigned n = reader_u16(&r);
    struct bytes which = reader_bytes(&r, n), rest;
    enum sv_err err = r.failed ? SV_ERR_TAMPERED : SV_OK;

    rest = bytes_slice(r.in, r.at, r.in.len - r.at);
    for (unsigned i = 0; i < n && err == SV_OK; i++) {
        if (which.ptr[i] >= rd->request->n_compartments)
            err = SV_ERR_TAMPERED;
        else
            err = take_version(rd, which.ptr[i], &rest);
    }
    for (unsigned i = 0; i < rd->request->n_compartments; i++) {
        if (err == SV_OK && !rd->expect[i].whole)
            err = SV_ERR_TAMPERED;
    }
    return err == SV_OK && rest.len > 0 ? SV_ERR_TAMPERED : err;
}

/* The entry of this reading says which versions were released. */
static enum sv_err
expect_results(struct reading *rd)
{
    const struct entry *e = &rd->answer->entry;

    if (e->n_results != rd->request->n_compartments)
        return SV_ERR_TAMPERED;
    for (unsigned i = 0; i < e->n_results; i++) {
        if (strcmp(e->results[i].compartment, rd->request->compartments[i]) !=
            0)
            return SV_ERR_TAMPERED;
        rd->expect[i].version = e->results[i].version;
        memcpy(rd->expect[i].hash, e->results[i].hash, 32);
    }
    return SV_OK;
}

/* What is asked for: the named compartments, or all that the role reads. */
static enum sv_err
choose_compartments(struct client *c, const struct schema_type *type, size_t n,
                    const char *const names[], struct request *r)
{
    const char *role = NULL;
    enum sv_err err = client_role_for(c, ACT_RECORD_READ, type->name, &role);

    if (err != SV_OK)
        return err;
    if (n > REQUEST_COMPARTMENTS_MAX)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < n; i++) {
        if (schema_compartment(type, names[i], NULL) == NULL)
            return SV_ERR_USAGE;
        (void)text_copy(bytes_text(names[i]), r->compartments[i], NAME_SIZE);
        r->n_compartments++;
    }
    for (size_t i = 0; n == 0 && i < type->n; i++) {
        const char *name = type->compartments[i].name;

        if (client_may_read(c, role, type->name, name))
            (void)text_copy(bytes_text(name),
                            r->compartments[r->n_compartments++], NAME_SIZE);
    }
    /* Nothing at all: ask for the first, so that the log has the attempt. */
    if (r->n_compartments == 0)
        (void)text_copy(bytes_text(type->compartments[0].name),
                        r->compartments[r->n_compartments++], NAME_SIZE);
    return SV_OK;
}

static enum sv_err
read_record(struct client *c, const char *type, const struct handle *record,
            size_t n, const char *const compartments[], bool anew,
            struct record_view *out)
{
    struct request r = {.act = ACT_RECORD_READ, .record = *record};
    struct record_view view = {.handle = *record};
    struct answer answer = {0};
    struct reading rd = {c, &r, &answer, &view, anew, {{0, {0}, false}}};
    enum sv_err err;

    view.type = schema_type(c->schema, type);
    if (view.type == NULL)
        return SV_ERR_NOT_FOUND;
    (void)text_copy(bytes_text(type), r.type, sizeof r.type);
    err = choose_compartments(c, view.type, n, compartments, &r);
    if (err == SV_OK)
        err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    if (err != SV_OK)
        goto out;
    view.index = answer.index;
    err = expect_results(&rd);
    if (err == SV_OK)
        err = take_versions(&rd);
    if (err == SV_ERR_TAMPERED && c->trouble.what == NULL)
        c->trouble.what = N_("a version of this record is not what its "
                             "author stored");
out:
    answer_free(&answer);
    if (err != SV_OK)
        record_view_free(&view);
    else
        *out = view;
    return err;
}

enum sv_err
client_record_read(struct client *c, const char *type,
                   const struct handle *record, size_t n,
                   const char *const compartments[], struct record_view *out)
{
    return read_record(c, type, record, n, compartments, false, out);
}

enum sv_err
client_record_begin_anew(struct client *c, const char *type,
                         const struct handle *record, const char *compartment,
                         struct record_view *out)
{
    return read_record(c, type, record, 1, &compartment, true, out);
}

/* ---- Lists ---- */

static void
take_row(struct reader *r, struct record_row *row, enum sv_err *err)
{
    unsigned n;

    reader_copy(r, row->handle.b, HANDLE_LEN);
    row->index = reader_u64(r);
    row->created_ms = reader_u64(r);
    row->changed_ms = reader_u64(r);
    reader_name(r, row->creator, sizeof row->creator);
    row->assigned = reader_u8(r) != 0;
    n = reader_u16(r);
    if (r->failed || n == 0)
        return;
    row->assignees = calloc(n, sizeof *row->assignees);
    if (row->assignees == NULL) {
        *err = SV_ERR_NOMEM;
        return;
    }
    row->n_assignees = n;
    for (unsigned i = 0; i < n; i++)
        reader_name(r, row->assignees[i], NAME_SIZE);
}

static enum sv_err
take_list(struct bytes body, size_t limit, struct record_list *out)
{
    struct reader r = reader_of(body);
    struct record_list l = {.more = reader_u8(&r) != 0};
    uint32_t n = reader_u32(&r);
    enum sv_err err = SV_OK;

    if (r.failed || n > limit)
        return SV_ERR_TAMPERED;
    l.rows = calloc(n > 0 ? n : 1, sizeof *l.rows);
    if (l.rows == NULL)
        return SV_ERR_NOMEM;
    for (; l.n < n && err == SV_OK && !r.failed; l.n++)
        take_row(&r, &l.rows[l.n], &err);
    if (err == SV_OK && reader_end(&r) != SV_OK)
        err = SV_ERR_TAMPERED;
    if (err != SV_OK)
        record_list_free(&l);
    else
        *out = l;
    return err;
}

enum sv_err
client_record_list(struct client *c, const char *type, uint64_t before,
                   size_t limit, struct record_list *out)
{
    struct request r = {.act = ACT_RECORD_LIST, .count = limit};
    struct answer answer = {0};
    struct record_list l = {0};
    enum sv_err err;

    if (limit == 0 || limit > PIN_LIST_MAX ||
        text_copy(bytes_text(type), r.type, sizeof r.type) != SV_OK)
        return SV_ERR_USAGE;
    r.entry = before < INT64_MAX ? before : INT64_MAX;
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    if (err == SV_OK)
        err = take_list(answer.body, limit, &l);
    if (err == SV_OK)
        *out = l;
    else
        record_list_free(&l);
    answer_free(&answer);
    return err;
}

/* ---- History ---- */

enum sv_err
client_record_history(struct client *c, const char *type,
                      const struct handle *record, struct record_version **out,
                      size_t *n)
{
    struct request r = {.act = ACT_RECORD_HISTORY, .record = *record};
    struct answer answer = {0};
    struct record_version *rows = NULL;
    struct reader rd;
    uint32_t count = 0;
    enum sv_err err;

    if (text_copy(bytes_text(type), r.type, sizeof r.type) != SV_OK)
        return SV_ERR_USAGE;
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    if (err != SV_OK)
        goto out;
    rd = reader_of(answer.body);
    count = reader_u32(&rd);
    if (rd.failed || count > answer.body.len) {
        err = SV_ERR_TAMPERED;
        goto out;
    }
    rows = calloc(count > 0 ? count : 1, sizeof *rows);
    if (rows == NULL)
        err = SV_ERR_NOMEM;
    for (uint32_t i = 0; i < count && err == SV_OK; i++) {
        reader_name(&rd, rows[i].compartment, NAME_SIZE);
        rows[i].version = reader_u64(&rd);
        rows[i].addition = reader_u8(&rd) != 0;
        rows[i].index = reader_u64(&rd);
        rows[i].time_ms = reader_u64(&rd);
        reader_name(&rd, rows[i].author, NAME_SIZE);
        reader_copy(&rd, rows[i].hash, sizeof rows[i].hash);
    }
    if (err == SV_OK && reader_end(&rd) != SV_OK)
        err = SV_ERR_TAMPERED;
out:
    answer_free(&answer);
    if (err != SV_OK) {
        free(rows);
        return err;
    }
    *out = rows;
    *n = count;
    return SV_OK;
}
