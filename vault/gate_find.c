#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "vault/gate_internal.h"

/*
 * Search.  The gate compares tokens; who may not see a record learns that
 * there is one, and whom to ask, and not which.
 */
#define FIND_ROWS_MAX 50

/* Handle -> how many of the words, from the first on, it was found by. */
struct hits {
    struct map map;
    unsigned word;
};

static enum sv_err
note_hit(void *ctx, const struct handle *h, bool *more)
{
    struct hits *hits = ctx;
    uint32_t words = 0;
    const void *had = map_get(&hits->map, h->b);

    (void)more;
    if (had != NULL)
        memcpy(&words, had, sizeof words);
    if (words != hits->word)
        return SV_OK; /* not by all before, or by this one already */
    words++;
    return map_set(&hits->map, h->b, &words);
}

/* By every word, each by any of its tokens. */
static enum sv_err
find_all(const struct act *a, unsigned column, const struct query *q,
         struct hits *hits)
{
    enum sv_err err = SV_OK;

    for (hits->word = 0; hits->word < q->n && err == SV_OK; hits->word++) {
        for (unsigned i = 0; i < q->words[hits->word].n && err == SV_OK; i++)
            err = index_find(&a->tables, column,
                             q->words[hits->word].tokens +
                                 (size_t)i * TOKEN_BYTES,
                             note_hit, hits);
    }
    return err;
}

/* The query that was signed, under every epoch of the index key. */
static bool
read_query(const struct act *a, unsigned *column, struct query *out)
{
    const struct roster *r = &a->gate->roster;
    int index = policy_index(&r->policy, a->request.type);
    uint8_t hash[DIGEST_LEN];

    query_hash(a->body, hash);
    if (index < 0 || !bytes_equal(BYTES(hash), BYTES(a->request.body)) ||
        query_decode(a->body, out) != SV_OK ||
        out->epoch != roster_key(r, (unsigned)index)->epoch)
        return false;
    *column = (unsigned)index;
    return true;
}

enum sv_err
act_find_apply(struct act *a)
{
    struct query q;
    unsigned column;

    if (!read_query(a, &column, &q))
        a->entry.outcome = OUTCOME_INVALID;
    return SV_OK;
}

struct helpers {
    const struct act *a;
    uint64_t now; /* behind every change of the roster */
    unsigned type;
    struct buf names;
    uint8_t n;
};

static enum sv_err
name_helper(struct helpers *to, const char *person)
{
    struct writer w = writer_to(&to->names);

    if (to->n == UINT8_MAX)
        return SV_OK;
    to->n++;
    writer_name(&w, person);
    return writer_end(&w);
}

/* Those to ask: whom it is assigned to, as far as they still work with such
 * records. */
static enum sv_err
add_helper(void *ctx, struct bytes key, struct bytes value, bool damaged,
           bool *more)
{
    struct helpers *to = ctx;
    const struct roster *r = &to->a->gate->roster;
    struct reader in = reader_of(key);
    uint32_t person;

    (void)value;
    (void)more;
    (void)reader_bytes(&in, HANDLE_LEN);
    person = reader_u32(&in);
    if (damaged || reader_end(&in) != SV_OK || person >= r->n_persons)
        return SV_ERR_TAMPERED;
    return roster_works_with(r, r->persons[person].name, to->type, to->now,
                             to->a->time_ms)
               ? name_helper(to, r->persons[person].name)
               : SV_OK;
}

static bool
assigns(const struct helpers *to, const char *person)
{
    const struct roster *r = &to->a->gate->roster;

    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        const struct policy_role *role = &r->policy.roles[i];

        if (role->acts[ACT_RECORD_ASSIGN] &&
            (role->act_types[ACT_RECORD_ASSIGN] & UINT32_C(1) << to->type) !=
                0 &&
            roster_grant_at(r, person, role->name, to->now, to->a->time_ms) !=
                NULL)
            return true;
    }
    return false;
}

/* All of them have left: who can give it to somebody else. */
static enum sv_err
add_assigners(struct helpers *to)
{
    const struct roster *r = &to->a->gate->roster;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < r->n_persons && err == SV_OK; i++) {
        if (assigns(to, r->persons[i].name))
            err = name_helper(to, r->persons[i].name);
    }
    return err;
}

/* u8 1 and the handle, or u8 0, u8 n and n names of whom to ask. */
static enum sv_err
put_hit(const struct act *a, const struct handle *h, bool all, struct buf *out)
{
    struct helpers ask = {
        .a = a,
        .now = a->log.frontier.size,
        .type = (unsigned)policy_type(&a->gate->roster.policy, a->request.type),
        .names = BUF_INIT};
    struct writer w = writer_to(out);
    bool mine = all;
    enum sv_err err = SV_OK;

    if (!all)
        err = assignment_get(&a->tables,
                             person_index(&a->gate->roster, a->request.actor),
                             h, &mine);
    if (err == SV_OK && !mine)
        err = tables_scan(&a->tables, TABLE_ASSIGNEE, BYTES(h->b),
                          bytes_of("", 0), add_helper, &ask);
    if (err == SV_OK && !mine && ask.n == 0)
        err = add_assigners(&ask);
    writer_u8(&w, mine ? 1 : 0);
    if (mine) {
        writer_bytes(&w, BYTES(h->b));
    } else {
        writer_u8(&w, ask.n);
        writer_bytes(&w, buf_bytes(&ask.names));
    }
    buf_free(&ask.names);
    return err != SV_OK ? err : writer_end(&w);
}

static int
by_handle(const void *a, const void *b)
{
    return memcmp(a, b, HANDLE_LEN);
}

/* The handles found by every word, ascending: their order tells nothing. */
static enum sv_err
collect(const struct hits *hits, unsigned words, struct buf *out)
{
    const void *key, *value;
    size_t at = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && map_next(&hits->map, &at, &key, &value)) {
        uint32_t had;

        memcpy(&had, value, sizeof had);
        if (had == words)
            err = buf_append(out, bytes_of(key, HANDLE_LEN));
    }
    if (err == SV_OK && out->len > 0)
        qsort(out->ptr, out->len / HANDLE_LEN, HANDLE_LEN, by_handle);
    return err;
}

/* u8 more than these, u16 n, each as put_hit() has it. */
static enum sv_err
put_hits(struct act *a, struct bytes handles)
{
    const struct policy *p = &a->gate->roster.policy;
    bool all =
        !policy_only_assigned(p, (unsigned)policy_role(p, a->request.role),
                              (unsigned)policy_type(p, a->request.type));
    size_t found = handles.len / HANDLE_LEN;
    size_t n = found < FIND_ROWS_MAX ? found : FIND_ROWS_MAX;
    struct writer w = writer_to(&a->answer);
    enum sv_err err;

    writer_u8(&w, found > n);
    writer_u16(&w, (uint16_t)n);
    err = writer_end(&w);
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        struct handle h;

        memcpy(h.b, handles.ptr + i * HANDLE_LEN, HANDLE_LEN);
        err = put_hit(a, &h, all, &a->answer);
    }
    return err;
}

/* Who sends the request again with other words, or behind a new key of the
 * index, has the receipt alone: one signature is one search. */
enum sv_err
act_find_show(struct act *a)
{
    struct buf handles = BUF_INIT;
    struct hits hits;
    struct query q;
    unsigned column;
    enum sv_err err;

    if (!read_query(a, &column, &q))
        return SV_OK;
    map_init(&hits.map, HANDLE_LEN, sizeof(uint32_t));
    err = find_all(a, column, &q, &hits);
    if (err == SV_OK)
        err = collect(&hits, q.n, &handles);
    if (err == SV_OK)
        err = put_hits(a, buf_bytes(&handles));
    map_clear(&hits.map);
    buf_free(&handles);
    return err;
}
