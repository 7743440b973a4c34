#include <string.h>

#include "vault/gate_check.h"
#include "vault/gate_ledger.h"

/* ---- The search index ---- */

static enum sv_err
want_token(struct check *c, unsigned column, const uint8_t *token,
           const struct handle *h)
{
    uint8_t key[TOKEN_KEY_LEN];

    token_key(column, token, h, key);
    return map_set(&c->tokens, key, NULL);
}

enum sv_err
check_want_tokens(struct check *c, const struct handle *h, const char *type,
                  struct bytes tokens)
{
    int column = policy_index(&c->a->gate->roster.policy, type);
    struct posting p;
    enum sv_err err = SV_OK;

    if (tokens.len == 0)
        return SV_OK;
    if (column < 0 || posting_decode(tokens, &p) != SV_OK)
        return SV_ERR_TAMPERED;
    if (p.unique != NULL)
        err = want_token(c, (unsigned)column, p.unique, h);
    for (unsigned i = 0; i < p.n && err == SV_OK; i++)
        err = want_token(c, (unsigned)column,
                         p.tokens + (size_t)i * TOKEN_BYTES, h);
    return err;
}

/* Scanned after the records, which have said what must be here. */
enum sv_err
check_token(void *ctx, struct bytes key, struct bytes value, bool damaged,
            bool *more)
{
    struct check *c = ctx;

    (void)more;
    c->n_tokens++;
    if (damaged || value.len != 0 || key.len != TOKEN_KEY_LEN ||
        map_get(&c->tokens, key.ptr) == NULL)
        return check_find(c, "search tokens", N_("a row that no record has"));
    return SV_OK;
}

/* ---- What decisions rest on ---- */

static bool
same_usage(const struct check *c, uint32_t person, uint8_t act,
           const struct usage *u)
{
    const struct roster *r = &c->a->gate->roster;

    for (size_t i = 0; i < c->replay.n_usages && person < r->n_persons; i++) {
        const struct replay_usage *have = &c->replay.usages[i];

        if ((uint8_t)have->act == act &&
            strcmp(have->person, r->persons[person].name) == 0)
            return have->usage.n == u->n &&
                   memcmp(have->usage.times_ms, u->times_ms,
                          u->n * sizeof u->times_ms[0]) == 0;
    }
    return false;
}

enum sv_err
check_usage(void *ctx, struct bytes key, struct bytes value, bool damaged,
            bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(key);
    uint32_t person = reader_u32(&r);
    uint8_t act = reader_u8(&r);
    struct usage u;

    (void)more;
    c->n_usages++;
    if (damaged || reader_end(&r) != SV_OK ||
        usage_decode(value, &u) != SV_OK || !same_usage(c, person, act, &u))
        return check_find(c, "usage counters",
                          N_("differs from what the log says"));
    return SV_OK;
}

enum sv_err
check_glass(void *ctx, struct bytes key, struct bytes value, bool damaged,
            bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(value);
    uint64_t at = reader_u64(&r), want = 0;
    const void *found = NULL;

    (void)more;
    c->n_glass++;
    if (!damaged && key.len == HANDLE_LEN && reader_end(&r) == SV_OK)
        found = map_get(&c->replay.denied_glass, key.ptr);
    if (found != NULL)
        memcpy(&want, found, sizeof want);
    if (found == NULL || want != at)
        return check_find(c, "break-glass denials",
                          N_("differs from what the log says"));
    return SV_OK;
}

static uint64_t
index_of(struct bytes key)
{
    struct reader r = reader_of(key);

    return reader_u64(&r);
}

enum sv_err
check_flag(void *ctx, struct bytes key, struct bytes value, bool damaged,
           bool *more)
{
    struct check *c = ctx;
    const struct flag_state *want =
        replay_state_flag(&c->replay, index_of(key));
    struct flag_state s;

    (void)more;
    c->n_flags++;
    if (damaged || key.len != 8 || want == NULL ||
        flag_state_decode(value, &s) != SV_OK ||
        strcmp(s.actor, want->actor) != 0 ||
        strcmp(s.person, want->person) != 0 ||
        s.acknowledged != want->acknowledged)
        return check_find(c, "flagged assignments",
                          N_("differs from what the log says"));
    return SV_OK;
}

/* ---- Releases ---- */

static bool
same_release(const struct release_state *a, const struct release_state *b)
{
    return strcmp(a->requester, b->requester) == 0 &&
           a->requested_ms == b->requested_ms &&
           bytes_equal(BYTES(a->commitment), BYTES(b->commitment)) &&
           bytes_equal(BYTES(a->risk), BYTES(b->risk)) &&
           bytes_equal(BYTES(a->ledger), BYTES(b->ledger)) &&
           a->exact == b->exact && a->acknowledged == b->acknowledged &&
           a->refused == b->refused && strcmp(a->judge, b->judge) == 0 &&
           a->judged_index == b->judged_index && a->judged_ms == b->judged_ms;
}

enum sv_err
check_release(void *ctx, struct bytes key, struct bytes value, bool damaged,
              bool *more)
{
    struct check *c = ctx;
    const struct release_state *want =
        replay_state_release(&c->replay, index_of(key));
    struct release_state s;
    enum sv_err err;

    (void)more;
    c->n_releases++;
    if (damaged || key.len != 8 || want == NULL ||
        release_state_decode(value, &s) != SV_OK || !same_release(&s, want))
        return check_find(c, "releases", N_("differs from what the log says"));
    err = check_verdict(ledger_check(&c->a->tables, index_of(key), want));
    if (err == SV_ERR_TAMPERED)
        err = check_find(c, "ledger of releases",
                         N_("differs from what the log says"));
    return err;
}

/* Its releases say what their rows must be. */
enum sv_err
check_ledger(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(key);

    (void)value;
    (void)damaged;
    (void)more;
    return replay_state_release(&c->replay, reader_u64(&r)) != NULL
               ? SV_OK
               : check_find(c, "ledger of releases",
                            N_("a row that the log has not"));
}

static bool
is_asked(struct bytes value)
{
    struct reader r = reader_of(value);

    (void)reader_long(&r, value.len);
    (void)reader_medium(&r, value.len);
    (void)reader_long(&r, value.len);
    return reader_end(&r) == SV_OK;
}

/* What was asked for is kept for every release, under the last number; what
 * else there is was sealed to a person, who holds it against the log. */
enum sv_err
check_result(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    struct check *c = ctx;
    struct reader r = reader_of(key);
    uint64_t index = reader_u64(&r);
    uint32_t whose = reader_u32(&r);

    (void)more;
    if (damaged || reader_end(&r) != SV_OK ||
        replay_state_release(&c->replay, index) == NULL ||
        (whose < RESULT_ASKED && whose >= c->a->gate->roster.n_persons) ||
        (whose == RESULT_ASKED ? !is_asked(value) : value.len < PS1_OVERHEAD))
        return check_find(c, "results", N_("a row that the log has not"));
    c->n_asked += whose == RESULT_ASKED ? 1 : 0;
    return SV_OK;
}
