#include <string.h>

#include "vault/gate_ledger.h"

/* ---- lists ---- */

struct listing {
    const struct act *a;
    bool all; /* or those that the actor asked for */
    struct buf rows;
    uint32_t n;
};

static bool
judges(const struct act *a)
{
    const struct policy *p = &a->gate->roster.policy;

    return p->roles[policy_role(p, a->request.role)].acts[ACT_RELEASE_APPROVE];
}

static enum sv_err
list_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
         bool *more)
{
    struct listing *l = ctx;
    struct writer w = writer_to(&l->rows);
    struct release_state s;

    (void)more;
    if (damaged || release_state_decode(value, &s) != SV_OK)
        return SV_ERR_TAMPERED;
    if (!l->all && strcmp(s.requester, l->a->request.actor) != 0)
        return SV_OK;
    writer_bytes(&w, key);
    writer_medium(&w, value);
    l->n++;
    return writer_end(&w);
}

/* u32 n, each: u64 number, u16 state as its table has it. */
enum sv_err
act_release_list_show(struct act *a)
{
    struct listing l = {a, judges(a), BUF_INIT, 0};
    struct bytes none = bytes_of("", 0);
    struct writer w = writer_to(&a->answer);
    enum sv_err err =
        tables_scan(&a->tables, TABLE_RELEASE, none, none, list_row, &l);

    writer_u32(&w, l.n);
    writer_bytes(&w, buf_bytes(&l.rows));
    buf_free(&l.rows);
    return err != SV_OK ? err : writer_end(&w);
}

/* ---- one of them ---- */

static enum sv_err
get_result(const struct act *a, uint32_t whose, struct buf *out)
{
    uint8_t key[RESULT_KEY_LEN];

    put_u64(key, a->request.entry);
    put_u32(key + 8, whose);
    return tables_get(&a->tables, TABLE_RESULT, BYTES(key), out);
}

/* u16 entry at index and its proof under the present head. */
static enum sv_err
put_entry(const struct act *a, uint64_t index, struct buf *out)
{
    struct buf text = BUF_INIT;
    struct writer w = writer_to(out);
    enum sv_err err = log_entry(&a->tables, index, &text);

    if (err == SV_OK) {
        writer_medium(&w, buf_bytes(&text));
        err = writer_end(&w);
    }
    if (err == SV_OK)
        err = log_inclusion(&a->tables, index, a->log.frontier.size, out);
    buf_free(&text);
    return err;
}

/* u16 state, u32 what was asked for, the request's entry and proof, u32 her
 * parcel: empty where she has none, or may not have it yet. */
/* Who asked is sealed a parcel too, but gets it by release.fetch alone, when
 * somebody else has approved: also where she has become an approver. */
static bool
sees_figures(const struct act *a)
{
    return judges(a) && strcmp(a->release.requester, a->request.actor) != 0;
}

enum sv_err
act_release_show_show(struct act *a)
{
    struct buf state = BUF_INIT, asked = BUF_INIT, parcel = BUF_INIT;
    struct writer w = writer_to(&a->answer);
    enum sv_err err = release_state_encode(&a->release, &state);

    if (err == SV_OK)
        err = get_result(a, RESULT_ASKED, &asked);
    if (err == SV_OK && sees_figures(a)) {
        err = get_result(a, person_index(&a->gate->roster, a->request.actor),
                         &parcel);
        if (err == SV_ERR_NOT_FOUND)
            err = SV_OK;
    }
    writer_medium(&w, buf_bytes(&state));
    writer_long(&w, buf_bytes(&asked));
    if (err == SV_OK)
        err = writer_end(&w);
    if (err == SV_OK)
        err = put_entry(a, a->request.entry, &a->answer);
    writer_long(&w, buf_bytes(&parcel));
    buf_free(&state);
    buf_free(&asked);
    buf_free(&parcel);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_TAMPERED;
    return err != SV_OK ? err : writer_end(&w);
}

/* Who approves has been sealed the bytes: else she could not have seen what
 * she signs for. */
static enum sv_err
check_approver(struct act *a)
{
    uint8_t key[RESULT_KEY_LEN];
    bool has = false;
    enum sv_err err;

    put_u64(key, a->request.entry);
    put_u32(key + 8, person_index(&a->gate->roster, a->request.actor));
    err = tables_has(&a->tables, TABLE_RESULT, BYTES(key), &has);
    if (err == SV_OK && !has)
        a->entry.outcome = OUTCOME_INVALID;
    return err;
}

/* What she acknowledges is what she was shown. */
enum sv_err
act_release_step_apply(struct act *a)
{
    struct buf asked = BUF_INIT;
    struct reader r;
    struct bytes cells;
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    if (a->request.act == ACT_RELEASE_APPROVE)
        return check_approver(a);
    if (a->request.act == ACT_RELEASE_REFUSE)
        return ledger_drop(a, a->request.entry);
    if (a->request.act != ACT_RELEASE_ACKNOWLEDGE)
        return SV_OK;
    err = get_result(a, RESULT_ASKED, &asked);
    if (err == SV_OK) {
        r = reader_of(buf_bytes(&asked));
        (void)reader_long(&r, asked.len);
        (void)reader_medium(&r, asked.len);
        cells = reader_long(&r, asked.len);
        err = reader_end(&r);
    }
    if (err == SV_OK) {
        counting_cells_hash(cells, hash);
        if (!bytes_equal(BYTES(hash), BYTES(a->request.body)))
            a->entry.outcome = OUTCOME_INVALID;
    }
    buf_free(&asked);
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_FORMAT ? SV_ERR_TAMPERED
                                                           : err;
}

/* u16 state, the entries of request and approval with their proofs, u8 1
 * where it is for a named recipient, u32 the parcel. */
enum sv_err
act_release_fetch_show(struct act *a)
{
    uint32_t requester = person_index(&a->gate->roster, a->release.requester);
    struct buf state = BUF_INIT, parcel = BUF_INIT;
    struct writer w = writer_to(&a->answer);
    bool named = false;
    enum sv_err err = release_state_encode(&a->release, &state);

    if (err == SV_OK)
        err = get_result(a, requester, &parcel);
    if (err == SV_ERR_NOT_FOUND) {
        named = true;
        err = get_result(a, RESULT_RECIPIENT, &parcel);
    }
    writer_medium(&w, buf_bytes(&state));
    if (err == SV_OK)
        err = writer_end(&w);
    if (err == SV_OK)
        err = put_entry(a, a->request.entry, &a->answer);
    if (err == SV_OK)
        err = put_entry(a, a->release.judged_index, &a->answer);
    writer_u8(&w, named ? 1 : 0);
    writer_long(&w, buf_bytes(&parcel));
    buf_free(&state);
    buf_free(&parcel);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_TAMPERED;
    return err != SV_OK ? err : writer_end(&w);
}
