#include <stdlib.h>
#include <string.h>

#include "vault/gate_counts.h"
#include "vault/gate_ledger.h"

/*
 * Requests of releases: the figures of a count, sealed to whoever may judge
 * them, with commitments in the entry.
 */

/* Of a release with its risk report: with room to spare in a stored value. */
#define RESULT_MAX (STORE_VALUE_MAX / 2)

/* What is kept of one release until it is fetched. */
struct made {
    struct counting_result result;
    uint8_t nonce[32], risk_nonce[32];
};

static void
made_free(struct made *m)
{
    counting_result_clear(&m->result);
    wipe(m, sizeof *m);
}

static void
result_key(uint64_t index, uint32_t whose, uint8_t out[static RESULT_KEY_LEN])
{
    put_u64(out, index);
    put_u32(out + 8, whose);
}

/* A parcel for one of those whom it concerns, with the risk report or not. */
static enum sv_err
put_parcel(const struct act *a, const struct made *m, uint32_t whose,
           const struct box_public *to, bool with_risk)
{
    const struct gate *g = a->gate;
    struct release_parcel p = {.bytes = buf_bytes(&m->result.bytes)};
    struct buf plain = BUF_INIT, sealed = BUF_INIT, context = BUF_INIT;
    uint8_t key[RESULT_KEY_LEN];
    enum sv_err err;

    memcpy(p.nonce, m->nonce, sizeof p.nonce);
    if (with_risk) {
        memcpy(p.risk_nonce, m->risk_nonce, sizeof p.risk_nonce);
        p.risk = buf_bytes(&m->result.risk);
    }
    err = release_parcel_encode(&p, &plain);
    if (err == SV_OK)
        err = release_parcel_context(&g->roster.vault, a->index, &context);
    if (err == SV_OK)
        err = ps1_seal(&g->config.rng, to, PARCEL_LABEL, buf_bytes(&context),
                       buf_bytes(&plain), &sealed);
    result_key(a->index, whose, key);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_RESULT, BYTES(key),
                         buf_bytes(&sealed));
    buf_free(&plain);
    buf_free(&sealed);
    buf_free(&context);
    wipe(&p, sizeof p);
    return err;
}

/* May she judge releases today? */
static bool
is_judge(const struct act *a, const struct roster_person *who)
{
    const struct roster *r = &a->gate->roster;

    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (r->policy.roles[i].acts[ACT_RELEASE_APPROVE] &&
            roster_grant_at(r, who->name, r->policy.roles[i].name, a->index,
                            a->time_ms) != NULL)
            return true;
    }
    return false;
}

static enum sv_err
put_parcels(const struct act *a, const struct counting_body *body,
            const struct made *m)
{
    const struct roster *r = &a->gate->roster;
    uint32_t requester = person_index(r, a->request.actor);
    struct box_public to;
    enum sv_err err;

    memcpy(to.b, r->persons[requester].box, sizeof to.b);
    err = body->has_recipient
              ? put_parcel(a, m, RESULT_RECIPIENT, &body->recipient, false)
              : put_parcel(a, m, requester, &to, false);
    for (size_t i = 0; i < r->n_persons && err == SV_OK; i++) {
        if (i == requester || !is_judge(a, &r->persons[i]))
            continue;
        memcpy(to.b, r->persons[i].box, sizeof to.b);
        err = put_parcel(a, m, (uint32_t)i, &to, true);
        /* To a key that nobody can have nothing is sealed: she judges none,
         * and is no reason for others not to. */
        if (err == SV_ERR_RANGE)
            err = SV_OK;
    }
    return err;
}

/* u32 spec, u16 basis, u32 cells: what was asked for, without a figure. */
static enum sv_err
put_asked(const struct act *a, const struct counting_body *body,
          const struct made *m)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    uint8_t key[RESULT_KEY_LEN];
    enum sv_err err;

    writer_long(&w, body->spec);
    writer_medium(&w, body->basis);
    writer_long(&w, buf_bytes(&m->result.cells));
    err = writer_end(&w);
    result_key(a->index, RESULT_ASKED, key);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_RESULT, BYTES(key), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

static struct entry_result *
add_result(struct entry *e, const char *name)
{
    struct entry_result *r = &e->results[e->n_results++];

    (void)text_copy(bytes_text(name), r->compartment, sizeof r->compartment);
    r->version = 1;
    return r;
}

/* While nothing is written yet. */
static enum sv_err
check_size(const struct counting_result *r)
{
    size_t len = r->bytes.len + r->risk.len + r->cells.len;

    for (size_t i = 0; i < r->n; i++) {
        if (r->snapshots[i].bytes.len > RESULT_MAX)
            return SV_ERR_RANGE;
    }
    return len > RESULT_MAX ? SV_ERR_RANGE : SV_OK;
}

static enum sv_err
make(struct act *a, struct count *c, struct made *m)
{
    uint8_t round_key[KDF_KEY_LEN];
    struct counting_order order = {
        .number = a->log.frontier.size,
        .profile = a->request.profile,
        .basis = c->body.basis,
        .round_key = round_key,
    };
    enum sv_err err;

    kdf_derive(a->gate->keys->root, "gate/round", round_key);
    err = c->with->result(c->run, &order, &m->result);
    wipe(round_key, sizeof round_key);
    rng_fill(&a->gate->config.rng, m->nonce, sizeof m->nonce);
    rng_fill(&a->gate->config.rng, m->risk_nonce, sizeof m->risk_nonce);
    return err == SV_OK ? check_size(&m->result) : err;
}

static enum sv_err
keep_release(struct act *a, struct count *c, const struct made *m)
{
    struct entry *e = &a->entry;
    enum sv_err err;

    release_commitment(RELEASE_LABEL, m->nonce, buf_bytes(&m->result.bytes),
                       add_result(e, RELEASE_RESULT)->hash);
    release_commitment(RISK_LABEL, m->risk_nonce, buf_bytes(&m->result.risk),
                       add_result(e, RELEASE_RISK)->hash);
    err = ledger_put(a, c->with, c->run, &m->result,
                     add_result(e, RELEASE_LEDGER)->hash);
    if (err == SV_OK)
        err = put_parcels(a, &c->body, m);
    if (err == SV_OK)
        err = put_asked(a, &c->body, m);
    if (err == SV_OK)
        err = buf_append(&a->answer, buf_bytes(&m->result.cells));
    return err;
}

/* Answer: the unsafe cells, without their values. */
enum sv_err
act_request_apply(struct act *a)
{
    struct count *c = malloc(sizeof *c);
    struct made m = {0};
    enum sv_err err;

    if (c == NULL)
        return SV_ERR_NOMEM;
    err = count_run(a, c);
    if (err == SV_OK)
        err = count_earlier(c);
    if (err == SV_OK)
        err = make(a, c, &m);
    err = count_not_made(a, err);
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE)
        err = keep_release(a, c, &m);
    made_free(&m);
    count_end(c);
    free(c);
    return err;
}
