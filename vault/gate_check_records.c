#include <stdlib.h>
#include <string.h>

#include "vault/gate_check.h"

/* ---- Records ---- */

void
check_map_key(const uint8_t *handle, const char *name,
              uint8_t out[static HANDLE_LEN + NAME_SIZE])
{
    memset(out, 0, HANDLE_LEN + NAME_SIZE);
    memcpy(out, handle, HANDLE_LEN);
    (void)text_copy(bytes_text(name), (char *)out + HANDLE_LEN, NAME_SIZE);
}

/* What the log has of this record, and its row has not. */
static enum sv_err
check_columns_missing(struct check *c, const struct handle *h,
                      const struct record_state *s)
{
    const struct policy *p = &c->a->gate->roster.policy;
    uint8_t key[HANDLE_LEN + NAME_SIZE];
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < p->n_columns && err == SV_OK; i++) {
        const char *compartment = p->columns[i].compartment;
        const struct replay_version *last;
        bool has = strcmp(p->columns[i].type, s->type) != 0;

        for (unsigned k = 0; k < s->n && !has; k++)
            has = s->at[k].column == i;
        if (has)
            continue;
        check_map_key(h->b, compartment, key);
        last = map_get(&c->replay.versions, key);
        if (last != NULL)
            err = check_find_record(c, h->b, compartment, last->version,
                                    N_("is in the log but not in the store"));
    }
    return err;
}

/* The entry that made it, and for an import the batch's request. */
static enum sv_err
load_making(struct check *c, uint64_t index, struct handle *h,
            uint64_t *time_ms, struct request *q)
{
    struct buf text = BUF_INIT;
    struct entry e = {.time_ms = 0};
    uint64_t asked = index;
    enum sv_err err = SV_ERR_TAMPERED;

    if (index < c->a->log.frontier.size)
        err = log_entry(&c->a->tables, index, &text);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&text), &e);
    if (err == SV_OK && e.kind == ENTRY_ITEM) {
        *h = e.record;
        asked = e.batch;
    }
    buf_free(&text);
    if (err == SV_OK)
        err = check_load_request(c, asked, &text, q);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&text), &e);
    if (err == SV_OK && asked == index)
        *h = q->record;
    *time_ms = e.time_ms;
    if (err == SV_OK &&
        (!e.allowed || e.outcome != OUTCOME_DONE ||
         q->act != (asked == index ? ACT_RECORD_CREATE : ACT_RECORD_IMPORT)))
        err = SV_ERR_TAMPERED;
    buf_free(&text);
    return err;
}

/* Who made it, when and as what, and when it was changed last.
 * SV_ERR_TAMPERED: the log says otherwise. */
static enum sv_err
check_making(struct check *c, const struct handle *h,
             const struct record_state *s)
{
    struct request *q = calloc(1, sizeof *q);
    struct handle made = {{0}};
    uint64_t time_ms = 0;
    enum sv_err err = q == NULL ? SV_ERR_NOMEM : SV_OK;

    if (err == SV_OK)
        err = load_making(c, s->index, &made, &time_ms, q);
    if (err == SV_OK &&
        (memcmp(made.b, h->b, HANDLE_LEN) != 0 ||
         strcmp(q->type, s->type) != 0 || strcmp(q->actor, s->creator) != 0 ||
         s->created_ms != time_ms || s->changed_ms != c->changed_ms))
        err = SV_ERR_TAMPERED;
    free(q);
    return check_verdict(err);
}

static bool
is_repeated(const struct record_state *s, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (s->at[k].column == s->at[i].column)
            return true;
    return false;
}

enum sv_err
check_record(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    struct check *c = ctx;
    const struct policy *p = &c->a->gate->roster.policy;
    struct record_state s;
    struct handle h;
    uint32_t had = c->n;
    enum sv_err err = SV_OK;

    (void)more;
    c->changed_ms = 0;
    if (key.len != HANDLE_LEN)
        return check_find(c, "records", N_("a row that does not belong here"));
    memcpy(h.b, key.ptr, HANDLE_LEN);
    if (map_get(&c->replay.records, h.b) == NULL)
        return check_find_record(c, h.b, NULL, 0, N_("is not in the log"));
    c->n_records++; /* one too many does not stand for one that is missing */
    if (damaged || record_state_decode(value, &s) != SV_OK)
        return check_find_record(c, h.b, NULL, 0,
                                 N_("its row is damaged or exchanged"));
    c->n_compartments = s.n;
    for (unsigned i = 0; i < s.n && err == SV_OK; i++) {
        if (s.at[i].column >= p->n_columns || is_repeated(&s, i))
            return check_find_record(c, h.b, NULL, 0, N_("its row is wrong"));
        err = check_column(c, &h, &s.at[i]);
        c->n_columns++;
    }
    if (err == SV_OK)
        err = check_columns_missing(c, &h, &s);
    /* With a version that is not sound, nothing says when it came. */
    if (err == SV_OK && c->n == had)
        err = check_making(c, &h, &s);
    if (err == SV_ERR_TAMPERED)
        err = check_find_record(c, h.b, NULL, 0, N_("its row is wrong"));
    return err;
}

enum sv_err
check_missing(struct check *c)
{
    const void *handle, *type;
    size_t at = 0;
    enum sv_err err = SV_OK;

    while (map_next(&c->replay.records, &at, &handle, &type) && err == SV_OK) {
        bool has = false;

        err = tables_has(&c->a->tables, TABLE_RECORD,
                         bytes_of(handle, HANDLE_LEN), &has);
        if (err == SV_ERR_TAMPERED)
            err = SV_OK; /* found already, as damaged */
        else if (err == SV_OK && !has)
            err = check_find_record(c, handle, NULL, 0,
                                    N_("is in the log but not in the store"));
    }
    return err;
}

/* What lists go by: each record once, under the entry that made it. */
enum sv_err
check_created(void *ctx, struct bytes key, struct bytes value, bool damaged,
              bool *more)
{
    struct check *c = ctx;
    struct record_state s;
    struct handle h;
    uint8_t want[8];
    enum sv_err err;

    (void)more;
    c->n_created++;
    if (damaged || value.len != HANDLE_LEN)
        return check_find(c, "list of records", N_("a damaged row"));
    memcpy(h.b, value.ptr, HANDLE_LEN);
    err = record_load(&c->a->tables, &h, &s);
    if (err == SV_ERR_NOT_FOUND)
        return check_find(c, "list of records",
                          N_("a row of a record that is not there"));
    err = check_verdict(err);
    if (err != SV_OK)
        return err == SV_ERR_TAMPERED ? SV_OK : err; /* found already */
    created_key(s.index, want);
    if (!bytes_equal(key, BYTES(want)))
        return check_find_record(c, h.b, NULL, 0, N_("is listed out of place"));
    return SV_OK;
}

/* ---- Assignments ---- */

/* One of the two tables that say who has which record. */
static enum sv_err
check_assignment(struct check *c, const uint8_t *handle, uint32_t person,
                 bool damaged)
{
    const struct roster *roster = &c->a->gate->roster;
    uint8_t want[HANDLE_LEN + NAME_SIZE];

    if (damaged || person >= roster->n_persons)
        return check_find(c, "assignments", N_("a damaged row"));
    check_map_key(handle, roster->persons[person].name, want);
    if (map_get(&c->replay.assigned, want) == NULL)
        return check_find_record(c, handle, NULL, 0,
                                 N_("has an assignment that the log has not"));
    return SV_OK;
}

enum sv_err
check_assigned(void *ctx, struct bytes key, struct bytes value, bool damaged,
               bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(key);
    uint32_t person = reader_u32(&r);
    struct bytes handle = reader_bytes(&r, HANDLE_LEN);

    (void)value;
    (void)more;
    c->n_assigned++;
    if (reader_end(&r) != SV_OK)
        return check_find(c, "assignments", N_("a damaged row"));
    return check_assignment(c, handle.ptr, person, damaged);
}

enum sv_err
check_assignee(void *ctx, struct bytes key, struct bytes value, bool damaged,
               bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(key);
    struct bytes handle = reader_bytes(&r, HANDLE_LEN);
    uint32_t person = reader_u32(&r);

    (void)value;
    (void)more;
    c->n_assignees++;
    if (reader_end(&r) != SV_OK)
        return check_find(c, "assignments", N_("a damaged row"));
    return check_assignment(c, handle.ptr, person, damaged);
}
