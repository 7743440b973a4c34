#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"

/* ---- Reading content ---- */

static unsigned
column_at(const struct act *a, unsigned compartment)
{
    return (unsigned)policy_column(&a->gate->roster.policy, a->request.type,
                                   a->request.compartments[compartment]);
}

/*
 * What proves a version's author, for the reader: u64 entry index, u16
 * entry, its inclusion proof under the present head, then u64 position,
 * u64 items and the item's path to the root that the author signed.
 */
static enum sv_err
put_provenance(const struct act *a, const struct stored_version *v,
               struct buf *out)
{
    struct buf text = BUF_INIT;
    struct writer w = writer_to(out);
    enum sv_err err = log_entry(&a->tables, v->index, &text);

    if (err == SV_OK) {
        writer_u64(&w, v->index);
        writer_medium(&w, buf_bytes(&text));
        err = writer_end(&w);
    }
    if (err == SV_OK)
        err = log_inclusion(&a->tables, v->index, a->log.frontier.size, out);
    if (err == SV_OK) {
        writer_u64(&w, v->position);
        writer_u64(&w, v->n_items);
        writer_bytes(&w, v->path);
        err = writer_end(&w);
    }
    buf_free(&text);
    return err;
}

static enum sv_err
get_version(const struct act *a, unsigned column, uint64_t version,
            struct buf *row, struct stored_version *out)
{
    uint8_t key[VERSION_KEY_LEN];
    enum sv_err err;

    version_key(&a->request.record, column, version, key);
    err = tables_get(&a->tables, TABLE_VERSION, BYTES(key), row);
    if (err == SV_ERR_NOT_FOUND)
        return SV_ERR_TAMPERED;
    return err != SV_OK ? err : version_decode(buf_bytes(row), out);
}

static enum sv_err
add_release(struct act *a, unsigned compartment, struct buf *row)
{
    struct release *more =
        realloc(a->releases, (a->n_releases + 1) * sizeof *more);

    if (more == NULL)
        return SV_ERR_NOMEM;
    a->releases = more;
    more[a->n_releases++] =
        (struct release){compartment, buf_take(row), BUF_INIT};
    return SV_OK;
}

/*
 * The version named in the entry, and those before it down to the last full
 * one: the reader folds them.  Newest first.
 */
static enum sv_err
collect_versions(struct act *a, unsigned compartment,
                 const struct entry_result *result)
{
    enum sv_err err = SV_OK;
    bool full = false;

    for (uint64_t n = result->version; n > 0 && err == SV_OK && !full; n--) {
        struct buf row = BUF_INIT;
        struct stored_version v;
        struct envelope_header h;

        err = get_version(a, column_at(a, compartment), n, &row, &v);
        if (err == SV_OK && envelope_header_decode(v.env.header, &h) != SV_OK)
            err = SV_ERR_TAMPERED;
        if (err == SV_OK && n == result->version &&
            !bytes_equal(BYTES(v.hash), BYTES(result->hash)))
            err = SV_ERR_TAMPERED;
        if (err == SV_OK) {
            full = !h.addition;
            err = add_release(a, compartment, &row);
        }
        buf_free(&row);
    }
    return err == SV_OK && !full ? SV_ERR_TAMPERED : err;
}

static enum sv_err
collect_all(struct act *a)
{
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < a->entry.n_results && err == SV_OK; i++)
        err = collect_versions(a, i, &a->entry.results[i]);
    return err == SV_OK && a->n_releases > UINT16_MAX ? SV_ERR_RANGE : err;
}

/* What will be read goes into the entry, and is made ready, still locked. */
enum sv_err
act_read_apply(struct act *a)
{
    struct record_state s;
    enum sv_err err = act_find_record(a, &s);

    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    for (unsigned i = 0; i < a->request.n_compartments && err == SV_OK; i++) {
        struct entry_result *r = &a->entry.results[i];
        const struct record_column *c = record_column(&s, column_at(a, i));

        if (c == NULL)
            return SV_ERR_TAMPERED;
        memcpy(r->compartment, a->request.compartments[i],
               sizeof r->compartment);
        r->version = c->version;
        memcpy(r->hash, c->hash, sizeof r->hash);
        a->entry.n_results = i + 1;
    }
    return err != SV_OK ? err : collect_all(a);
}

/* Answer: u16 number of versions, each with the u8 compartment it belongs
 * to; the versions follow when the gate's lock is off. */
enum sv_err
act_read_show(struct act *a)
{
    struct writer w = writer_to(&a->answer);
    enum sv_err err = SV_OK;

    if (a->n_releases == 0) /* the same request again */
        err = collect_all(a);
    if (err != SV_OK)
        return err;
    writer_u16(&w, (uint16_t)a->n_releases);
    for (size_t i = 0; i < a->n_releases; i++)
        writer_u8(&w, (uint8_t)a->releases[i].compartment);
    err = writer_end(&w);
    for (size_t i = 0; i < a->n_releases && err == SV_OK; i++) {
        struct release *r = &a->releases[i];
        struct stored_version v;

        err = version_decode(buf_bytes(&r->row), &v);
        if (err == SV_OK)
            err = put_provenance(a, &v, &r->provenance);
    }
    return err;
}

/* ---- Lists ---- */

/* One row of a list, before its assignees are looked up. */
struct listed {
    struct handle handle;
    struct record_state state;
};

struct list {
    const struct act *a;
    uint64_t before;
    size_t limit;
    size_t n, room;
    struct listed *rows;
    bool more;
    enum sv_err err;
};
#define LIST_ROOM 16

static enum sv_err
list_add(struct list *l, const struct handle *h, const struct record_state *s)
{
    if (l->n == l->room) {
        size_t room = l->room == 0 ? LIST_ROOM : 2 * l->room;
        struct listed *more = realloc(l->rows, room * sizeof *more);

        if (more == NULL)
            return SV_ERR_NOMEM;
        l->rows = more;
        l->room = room;
    }
    l->rows[l->n++] = (struct listed){*h, *s};
    return SV_OK;
}

/* Every record of the type, newest first. */
static enum sv_err
list_created(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    struct list *l = ctx;
    struct record_state s;
    struct handle h;
    enum sv_err err;

    (void)key;
    if (damaged || value.len != HANDLE_LEN)
        return SV_ERR_TAMPERED;
    memcpy(h.b, value.ptr, HANDLE_LEN);
    err = record_load(&l->a->tables, &h, &s);
    if (err != SV_OK)
        return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
    if (strcmp(s.type, l->a->request.type) != 0)
        return SV_OK;
    if (l->n == l->limit) {
        l->more = true;
        *more = false;
        return SV_OK;
    }
    return list_add(l, &h, &s);
}

static int
newest_first(const void *a, const void *b)
{
    uint64_t x = ((const struct listed *)a)->state.index;
    uint64_t y = ((const struct listed *)b)->state.index;

    return (x < y) - (x > y);
}

static void
keep_newest(struct list *l)
{
    if (l->n > 0)
        qsort(l->rows, l->n, sizeof *l->rows, newest_first);
    if (l->n > l->limit) {
        l->more = true;
        l->n = l->limit;
    }
}

/* Those that are assigned to the actor, in the order of their handles: who
 * brought in a register has all of it, and only so many are held at once. */
static enum sv_err
list_assigned(void *ctx, struct bytes key, struct bytes value, bool damaged,
              bool *more)
{
    struct list *l = ctx;
    struct record_state s;
    struct handle h;
    enum sv_err err;

    (void)value;
    (void)more;
    if (damaged || key.len != ASSIGN_KEY_LEN)
        return SV_ERR_TAMPERED;
    memcpy(h.b, key.ptr + 4, HANDLE_LEN);
    err = record_load(&l->a->tables, &h, &s);
    if (err != SV_OK)
        return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
    if (strcmp(s.type, l->a->request.type) != 0 || s.index >= l->before)
        return SV_OK;
    if (l->n / 2 >= l->limit)
        keep_newest(l);
    return list_add(l, &h, &s);
}

static enum sv_err
fill_list(struct list *l)
{
    const struct act *a = l->a;
    const struct policy *p = &a->gate->roster.policy;
    uint8_t key[8];
    enum sv_err err;

    if (!policy_only_assigned(p, (unsigned)policy_role(p, a->request.role),
                              (unsigned)policy_type(p, a->request.type))) {
        if (l->before == 0)
            return SV_OK;
        created_key(l->before - 1, key);
        return tables_scan(&a->tables, TABLE_CREATED, bytes_of("", 0),
                           BYTES(key), list_created, l);
    }
    put_u32(key, person_index(&a->gate->roster, a->request.actor));
    err = tables_scan(&a->tables, TABLE_ASSIGNED, bytes_of(key, 4),
                      bytes_of("", 0), list_assigned, l);
    if (err == SV_OK)
        keep_newest(l);
    return err;
}

struct assignees {
    const struct roster *roster;
    struct buf names;
    uint16_t n;
};

static enum sv_err
add_assignee(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    struct assignees *as = ctx;
    struct reader r = reader_of(key);
    struct writer w = writer_to(&as->names);
    uint32_t person;

    (void)value;
    (void)more;
    (void)reader_bytes(&r, HANDLE_LEN);
    person = reader_u32(&r);
    if (damaged || reader_end(&r) != SV_OK || person >= as->roster->n_persons)
        return SV_ERR_TAMPERED;
    writer_name(&w, as->roster->persons[person].name);
    as->n++;
    return writer_end(&w);
}

/* handle, u64 index, u64 created, u64 changed, name of the creator, u8
 * assigned to the actor, u16 number of assignees and their names. */
static enum sv_err
put_row(const struct act *a, const struct listed *row, struct writer *w)
{
    struct assignees as = {&a->gate->roster, BUF_INIT, 0};
    bool mine = false;
    enum sv_err err =
        tables_scan(&a->tables, TABLE_ASSIGNEE, BYTES(row->handle.b),
                    bytes_of("", 0), add_assignee, &as);

    if (err == SV_OK)
        err = assignment_get(&a->tables,
                             person_index(as.roster, a->request.actor),
                             &row->handle, &mine);
    if (err == SV_OK) {
        writer_bytes(w, BYTES(row->handle.b));
        writer_u64(w, row->state.index);
        writer_u64(w, row->state.created_ms);
        writer_u64(w, row->state.changed_ms);
        writer_name(w, row->state.creator);
        writer_u8(w, mine);
        writer_u16(w, as.n);
        writer_bytes(w, buf_bytes(&as.names));
        err = writer_end(w);
    }
    buf_free(&as.names);
    return err;
}

enum sv_err
act_list_show(struct act *a)
{
    struct list l = {
        .a = a, .before = a->request.entry, .limit = (size_t)a->request.count};
    struct writer w = writer_to(&a->answer);
    enum sv_err err = fill_list(&l);

    writer_u8(&w, l.more);
    writer_u32(&w, (uint32_t)l.n);
    for (size_t i = 0; i < l.n && err == SV_OK; i++)
        err = put_row(a, &l.rows[i], &w);
    free(l.rows);
    return err != SV_OK ? err : writer_end(&w);
}

/* ---- History ---- */

enum sv_err
act_history_apply(struct act *a)
{
    struct record_state s;
    enum sv_err err = act_find_record(a, &s);

    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

/* name of the compartment, u64 version, u8 addition, u64 index, u64 time,
 * name of the author, hash. */
static enum sv_err
put_history(const struct act *a, unsigned column, uint64_t version,
            struct writer *w)
{
    struct buf raw = BUF_INIT;
    struct stored_version v;
    struct envelope_header h;
    enum sv_err err = get_version(a, column, version, &raw, &v);

    if (err == SV_OK && envelope_header_decode(v.env.header, &h) != SV_OK)
        err = SV_ERR_TAMPERED;
    if (err == SV_OK) {
        writer_name(w, h.compartment);
        writer_u64(w, h.version);
        writer_u8(w, h.addition);
        writer_u64(w, v.index);
        writer_u64(w, v.time_ms);
        writer_name(w, h.author);
        writer_bytes(w, BYTES(v.hash));
        err = writer_end(w);
    }
    buf_free(&raw);
    return err;
}

/* The versions of the compartments that the role has to do with. */
enum sv_err
act_history_show(struct act *a)
{
    const struct policy *p = &a->gate->roster.policy;
    const struct policy_role *role = &p->roles[policy_role(p, a->request.role)];
    struct buf rows = BUF_INIT;
    struct writer w = writer_to(&rows);
    struct record_state s;
    uint32_t n = 0;
    enum sv_err err = record_load(&a->tables, &a->request.record, &s);

    for (unsigned i = 0; err == SV_OK && i < s.n; i++) {
        if ((role->cells[s.at[i].column] & ~(unsigned)CELL_LENDS) == 0)
            continue;
        for (uint64_t v = 1; v <= s.at[i].version && err == SV_OK; v++, n++)
            err = put_history(a, s.at[i].column, v, &w);
    }
    if (err == SV_OK) {
        w = writer_to(&a->answer);
        writer_u32(&w, n);
        writer_bytes(&w, buf_bytes(&rows));
        err = writer_end(&w);
    }
    buf_free(&rows);
    return err;
}
