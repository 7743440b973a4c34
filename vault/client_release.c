#include "vault/client_release.h"

#include <stdlib.h>
#include <string.h>

#include "audit/proof.h"
#include "vault/client_internal.h"

static enum sv_err
malformed(struct client *c)
{
    return client_fault(c, SV_ERR_TAMPERED,
                        N_("the gate's answer is malformed"));
}

/* ---- lending ---- */

/* One epoch of one column, sealed to the gate for this request alone. */
static enum sv_err
lend_key(struct client *c, const struct request *r,
         const struct compartment_key *held, struct counting_body *body,
         struct buf *sealed)
{
    const struct roster *roster = &c->pin.roster;
    const struct policy_column *col = &roster->policy.columns[held->column];
    struct counting_key *k = &body->keys[body->n];
    struct buf context = BUF_INIT;
    struct box_public gate;
    size_t was = sealed->len;
    enum sv_err err;

    memcpy(k->type, col->type, sizeof k->type);
    memcpy(k->compartment, col->compartment, sizeof k->compartment);
    k->epoch = held->epoch;
    memcpy(gate.b, roster->gate_box, sizeof gate.b);
    err = counting_lend_context(&roster->vault, r->id, k, &context);
    if (err == SV_OK)
        err = ps1_seal(&c->config.rng, &gate, "lend", buf_bytes(&context),
                       BYTES(held->secret.b), sealed);
    if (err == SV_OK) {
        k->sealed = bytes_of(NULL, sealed->len - was); /* placed below */
        body->n++;
    }
    buf_free(&context);
    return err;
}

/* Every key that the role lends, in every epoch. */
static enum sv_err
lend_all(struct client *c, const struct request *r, const char *role,
         struct counting_body *body, struct buf *sealed)
{
    const struct policy *p = &c->pin.roster.policy;
    int as = policy_role(p, role);
    size_t at = 0;
    enum sv_err err = SV_OK;

    body->keys =
        calloc(c->keyring->n > 0 ? c->keyring->n : 1, sizeof *body->keys);
    if (body->keys == NULL)
        return SV_ERR_NOMEM;
    for (unsigned i = 0; i < c->keyring->n && err == SV_OK && as >= 0; i++) {
        const struct compartment_key *k = &c->keyring->keys[i];

        if ((p->roles[as].cells[k->column] & CELL_LENDS) == 0)
            continue;
        if (body->n == COUNTING_KEYS_MAX)
            return client_fault(c, SV_ERR_RANGE,
                                N_("the keys to be lent were replaced too "
                                   "often for a count"));
        err = lend_key(c, r, k, body, sealed);
    }
    for (unsigned i = 0; i < body->n; i++) {
        body->keys[i].sealed =
            bytes_of(sealed->ptr + at, body->keys[i].sealed.len);
        at += body->keys[i].sealed.len;
    }
    return err;
}

/* Send a count: the request's id is chosen here, because the keys are lent
 * for it. */
static enum sv_err
send_count(struct client *c, struct request *r, struct counting_body *body,
           struct answer *answer)
{
    struct buf sealed = BUF_INIT, raw = BUF_INIT;
    const char *role;
    enum sv_err err = client_role_for(c, r->act, NULL, &role);

    rng_fill(&c->config.rng, r->id, sizeof r->id);
    if (err == SV_OK)
        err = lend_all(c, r, role, body, &sealed);
    if (err == SV_OK)
        err = counting_body_encode(body, &raw);
    if (err == SV_OK) {
        counting_body_hash(buf_bytes(&raw), r->body);
        err = client_act(c, r, buf_bytes(&raw), answer);
    }
    if (err == SV_ERR_FORMAT && answer->entry.outcome == OUTCOME_INVALID)
        err = client_fault(c, SV_ERR_INPUT,
                           N_("the gate found the plan, or the keys lent for "
                              "it, not in order"));
    buf_free(&sealed);
    buf_free(&raw);
    return err;
}

enum sv_err
client_counts_preview(struct client *c, struct bytes spec, struct buf *out)
{
    struct request r = {.act = ACT_COUNTS_PREVIEW};
    struct counting_body body = {.spec = spec};
    struct answer answer = {0};
    enum sv_err err = send_count(c, &r, &body, &answer);

    if (err == SV_OK)
        err = answer.body.len > 0
                  ? buf_append(out, answer.body)
                  : client_fault(c, SV_ERR_UNSURE,
                                 N_("the preview was made but lost on its "
                                    "way: ask again"));
    answer_free(&answer);
    counting_body_clear(&body);
    return err;
}

/* ---- requests ---- */

/* What was requested.  A receipt alone comes after a doubt. */
static enum sv_err
take_cells(struct client *c, const struct answer *answer, uint64_t *number,
           struct buf *cells)
{
    struct release_view view = {0};
    struct bytes found = answer->body;
    enum sv_err err = SV_OK;

    if (found.len == 0) {
        err = client_release_show(c, answer->index, &view);
        found = buf_bytes(&view.cells);
    }
    if (err == SV_OK)
        err = buf_append(cells, found);
    if (err == SV_OK)
        *number = answer->index;
    release_view_free(&view);
    return client_is_settled(err)
               ? err
               : client_fault(c, SV_ERR_UNSURE,
                              N_("the release is requested, and what is "
                                 "unsafe in it was lost on its way"));
}

enum sv_err
client_release_request(struct client *c, const char *profile, struct bytes spec,
                       struct bytes basis, const struct box_public *recipient,
                       uint64_t *number, struct buf *cells)
{
    struct request r = {.act = ACT_RELEASE_REQUEST};
    struct counting_body body = {
        .spec = spec, .basis = basis, .has_recipient = recipient != NULL};
    struct answer answer = {0};
    enum sv_err err;

    if (recipient != NULL)
        body.recipient = *recipient;
    if (text_copy(bytes_text(profile), r.profile, sizeof r.profile) != SV_OK)
        return SV_ERR_USAGE;
    err = send_count(c, &r, &body, &answer);
    if (err == SV_OK)
        err = take_cells(c, &answer, number, cells);
    answer_free(&answer);
    counting_body_clear(&body);
    return err;
}

enum sv_err
client_release_acknowledge(struct client *c, uint64_t number,
                           struct bytes cells, bool all, uint64_t n)
{
    struct request r = {
        .act = ACT_RELEASE_ACKNOWLEDGE, .entry = number, .count = all ? 0 : n};
    struct answer answer = {0};
    enum sv_err err;

    counting_cells_hash(cells, r.body);
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    answer_free(&answer);
    return err;
}

/* ---- what a release is ---- */

static bool
get_bool(struct reader *r)
{
    unsigned v = reader_u8(r);

    if (v > 1)
        reader_fail(r);
    return v == 1;
}

enum sv_err
client_release_list(struct client *c, struct release_row **out, size_t *n)
{
    struct request r = {.act = ACT_RELEASE_LIST};
    struct answer answer = {0};
    struct release_row *rows = NULL;
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    struct reader body = reader_of(answer.body);
    uint32_t count = err == SV_OK ? reader_u32(&body) : 0;

    if (err == SV_OK && count > answer.body.len / 8)
        err = malformed(c);
    if (err == SV_OK) {
        rows = calloc(count > 0 ? count : 1, sizeof *rows);
        err = rows == NULL ? SV_ERR_NOMEM : SV_OK;
    }
    /* They come in the order of their numbers; the newest goes first. */
    for (uint32_t i = count; i-- > 0 && err == SV_OK;) {
        rows[i].number = reader_u64(&body);
        if (release_state_decode(reader_medium(&body, UINT16_MAX),
                                 &rows[i].state) != SV_OK)
            err = malformed(c);
    }
    if (err == SV_OK && reader_end(&body) != SV_OK)
        err = malformed(c);
    if (err == SV_OK) {
        *out = rows;
        *n = count;
        rows = NULL;
    }
    free(rows);
    answer_free(&answer);
    return err;
}

/*
 * From the front of *body: an entry with its proof, which must be in the
 * log, allowed and done, and about what it should be.
 */
static enum sv_err
take_entry(struct client *c, const struct answer *answer, uint64_t index,
           enum request_act act, struct bytes *body, struct entry *entry,
           struct request *request)
{
    struct reader r = reader_of(*body);
    struct bytes text = reader_medium(&r, ENTRY_MAX);
    struct note note;
    enum sv_err err;

    *body = bytes_slice(*body, r.at, body->len - r.at);
    if (r.failed)
        return malformed(c);
    err = client_check_inclusion(c, index, text, body, &answer->head);
    if (err != SV_OK)
        return err;
    err = entry_parse(text, entry);
    if (err == SV_OK && (entry->kind != ENTRY_REQUEST || !entry->allowed ||
                         entry->outcome != OUTCOME_DONE))
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = request_parse(entry->note, &note, request);
    if (err == SV_OK && request->act != act)
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = roster_verify(&c->pin.roster, index, &note, request);
    err = err_verdict(err, SV_ERR_TAMPERED);
    return err == SV_ERR_TAMPERED ? malformed(c) : err;
}

/* The state that the gate gives must be the one of the request's entry. */
static enum sv_err
check_request(struct client *c, const struct entry *entry,
              const struct request *request, const struct release_state *given)
{
    struct release_state begun;

    if (release_begin(&begun, entry, request) != SV_OK ||
        strcmp(begun.requester, given->requester) != 0 ||
        begun.requested_ms != given->requested_ms ||
        !bytes_equal(BYTES(begun.commitment), BYTES(given->commitment)) ||
        !bytes_equal(BYTES(begun.risk), BYTES(given->risk)) ||
        !bytes_equal(BYTES(begun.ledger), BYTES(given->ledger)) ||
        begun.exact != given->exact)
        return malformed(c);
    return SV_OK;
}

/* Open a parcel sealed to the user, and hold it against the commitments. */
static enum sv_err
open_parcel(struct client *c, uint64_t number,
            const struct release_state *state, struct bytes sealed,
            struct buf *plain, struct release_parcel *out)
{
    uint8_t commitment[32];
    enum sv_err err =
        release_open_sealed(c->identity, &c->pin.vault, number, sealed, plain);

    if (err == SV_OK)
        err = release_parcel_decode(buf_bytes(plain), out);
    if (err == SV_ERR_NOMEM || err == SV_ERR_DENIED) {
        (void)client_locked(c, err);
        return err;
    }
    if (err == SV_OK)
        release_commitment(RELEASE_LABEL, out->nonce, out->bytes, commitment);
    if (err != SV_OK ||
        !bytes_equal(BYTES(commitment), BYTES(state->commitment)))
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the release's bytes are not those that the "
                               "log has"));
    return SV_OK;
}

/*
 * Was she given other keys after it was asked for?  What was sealed to the
 * old ones stays closed, and nobody can say whether it was altered.
 */
static bool
has_new_keys(const struct client *c, uint64_t number)
{
    const struct roster *r = &c->pin.roster;

    for (size_t i = 0; i < r->n_formers; i++) {
        if (r->formers[i].until_index > number &&
            strcmp(r->persons[r->formers[i].person].name, c->card.name) == 0)
            return true;
    }
    return false;
}

void
release_view_free(struct release_view *v)
{
    buf_free(&v->spec);
    buf_free(&v->basis);
    buf_free(&v->cells);
    buf_free(&v->bytes);
    buf_free(&v->risk);
    memset(v, 0, sizeof *v);
}

static enum sv_err
read_asked(struct client *c, struct bytes raw, struct release_view *out)
{
    struct reader r = reader_of(raw);
    struct bytes spec = reader_long(&r, raw.len);
    struct bytes basis = reader_medium(&r, COUNTING_BASIS_MAX);
    struct bytes cells = reader_long(&r, raw.len);
    enum sv_err err;

    if (reader_end(&r) != SV_OK)
        return malformed(c);
    err = buf_append(&out->spec, spec);
    if (err == SV_OK)
        err = buf_append(&out->basis, basis);
    return err == SV_OK ? buf_append(&out->cells, cells) : err;
}

/* The approver's parcel: bytes and risk report, each as committed to. */
static enum sv_err
read_parcel(struct client *c, uint64_t number, struct bytes sealed,
            struct release_view *out)
{
    struct buf plain = BUF_INIT;
    struct release_parcel p = {0};
    uint8_t commitment[32];
    enum sv_err err = open_parcel(c, number, &out->state, sealed, &plain, &p);

    if (err == SV_OK) {
        release_commitment(RISK_LABEL, p.risk_nonce, p.risk, commitment);
        if (!bytes_equal(BYTES(commitment), BYTES(out->state.risk)))
            err = client_fault(c, SV_ERR_TAMPERED,
                               N_("the risk report is not the one that the "
                                  "log has"));
    }
    if (err == SV_OK)
        err = buf_append(&out->bytes, p.bytes);
    if (err == SV_OK)
        err = buf_append(&out->risk, p.risk);
    out->has_bytes = err == SV_OK;
    buf_free(&plain);
    wipe(&p, sizeof p); /* who has its random half can try what it was */
    return err;
}

static enum sv_err
read_view(struct client *c, uint64_t number, const struct answer *answer,
          struct release_view *out)
{
    struct request *request = calloc(1, sizeof *request);
    struct reader r = reader_of(answer->body);
    struct bytes state = reader_medium(&r, UINT16_MAX);
    struct bytes asked = reader_long(&r, answer->body.len);
    struct bytes rest = reader_rest(&r), parcel;
    struct entry entry;
    enum sv_err err;

    if (request == NULL)
        return SV_ERR_NOMEM;
    err = r.failed || release_state_decode(state, &out->state) != SV_OK
              ? malformed(c)
              : SV_OK;
    if (err == SV_OK)
        err = read_asked(c, asked, out);
    if (err == SV_OK)
        err = take_entry(c, answer, number, ACT_RELEASE_REQUEST, &rest, &entry,
                         request);
    if (err == SV_OK)
        err = check_request(c, &entry, request, &out->state);
    r = reader_of(rest);
    parcel = reader_long(&r, rest.len);
    if (err == SV_OK && reader_end(&r) != SV_OK)
        err = malformed(c);
    if (err == SV_OK && parcel.len > 0 && !has_new_keys(c, number))
        err = read_parcel(c, number, parcel, out);
    free(request);
    return err;
}

enum sv_err
client_release_show(struct client *c, uint64_t number, struct release_view *out)
{
    struct request r = {.act = ACT_RELEASE_SHOW, .entry = number};
    struct answer answer = {0};
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    if (err == SV_OK)
        err = read_view(c, number, &answer, out);
    if (err != SV_OK)
        release_view_free(out);
    answer_free(&answer);
    return err;
}

/* ---- judging ---- */

static bool
approves(const struct client *c, const char *role)
{
    const struct policy *p = &c->pin.roster.policy;

    return p->roles[policy_role(p, role)].acts[ACT_RELEASE_APPROVE];
}

enum sv_err
client_release_approve(struct client *c, uint64_t number,
                       const struct release_view *seen)
{
    struct request r = {.act = ACT_RELEASE_APPROVE, .entry = number};
    struct answer answer = {0};
    const char *role = NULL;
    enum sv_err err = client_role_for(c, r.act, NULL, &role);

    if (err != SV_OK)
        return err;
    /* Who is no approver asks all the same: the refusal is for the log. */
    if (!seen->has_bytes && approves(c, role))
        return client_fault(c, SV_ERR_DENIED,
                            N_("these figures were not sealed to you: you "
                               "became an approver, or were given new keys, "
                               "after they were asked for; ask for a new "
                               "request"));
    memcpy(r.body, seen->state.commitment, sizeof r.body);
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    answer_free(&answer);
    return err;
}

enum sv_err
client_release_refuse(struct client *c, uint64_t number)
{
    struct request r = {.act = ACT_RELEASE_REFUSE, .entry = number};
    struct answer answer = {0};
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    answer_free(&answer);
    return err;
}

/* ---- fetching ---- */

void
release_package_free(struct release_package *p)
{
    buf_free(&p->bytes);
    buf_free(&p->sealed);
    buf_free(&p->request);
    buf_free(&p->approval);
    buf_free(&p->request_proof);
    buf_free(&p->approval_proof);
    wipe(p, sizeof *p);
}

enum sv_err
release_open_sealed(const struct identity *identity, const struct hash *vault,
                    uint64_t number, struct bytes sealed, struct buf *parcel)
{
    struct buf context = BUF_INIT;
    enum sv_err err = release_parcel_context(vault, number, &context);

    if (err == SV_OK)
        err = identity_open(identity, PARCEL_LABEL, buf_bytes(&context), sealed,
                            parcel);
    buf_free(&context);
    return err;
}

/* The text of the entry at the front of body, which take_entry() verifies;
 * and the inclusion proof behind it. */
static enum sv_err
copy_entry(struct bytes body, struct buf *text, struct tree_proof *proof)
{
    struct reader r = reader_of(body);
    struct bytes entry = reader_medium(&r, ENTRY_MAX);
    struct bytes rest = reader_rest(&r);

    if (r.failed || tree_proof_decode(&rest, proof) != SV_OK)
        return SV_ERR_FORMAT;
    return buf_append(text, entry);
}

/* Both entries, verified: the request that the state says, and an approval
 * of that very commitment. */
static enum sv_err
take_entries(struct client *c, uint64_t number, const struct answer *answer,
             const struct release_state *state, struct bytes *rest,
             struct release_package *out)
{
    struct request *request = calloc(1, sizeof *request);
    struct tree_proof proof;
    struct entry entry;
    enum sv_err err;

    if (request == NULL)
        return SV_ERR_NOMEM;
    err = copy_entry(*rest, &out->request, &proof);
    if (err == SV_OK)
        err = take_entry(c, answer, number, ACT_RELEASE_REQUEST, rest, &entry,
                         request);
    if (err == SV_OK)
        err = check_request(c, &entry, request, state);
    if (err == SV_OK)
        err = proof_encode(number, &proof, answer->head_note,
                           &out->request_proof);
    memset(request, 0, sizeof *request);
    if (err == SV_OK)
        err = copy_entry(*rest, &out->approval, &proof);
    if (err == SV_OK)
        err = take_entry(c, answer, state->judged_index, ACT_RELEASE_APPROVE,
                         rest, &entry, request);
    if (err == SV_OK &&
        (request->entry != number ||
         !bytes_equal(BYTES(request->body), BYTES(state->commitment))))
        err = client_fault(c, SV_ERR_TAMPERED,
                           N_("what was approved is not this release"));
    if (err == SV_OK)
        err = proof_encode(state->judged_index, &proof, answer->head_note,
                           &out->approval_proof);
    free(request);
    return err;
}

static enum sv_err
read_package(struct client *c, uint64_t number, const struct answer *answer,
             struct release_package *out)
{
    struct reader r = reader_of(answer->body);
    struct bytes state_raw = reader_medium(&r, UINT16_MAX);
    struct bytes rest = reader_rest(&r), sealed;
    struct release_parcel parcel = {0};
    struct release_state state;
    struct buf plain = BUF_INIT;
    enum sv_err err = release_state_decode(state_raw, &state);

    if (err == SV_OK)
        err = take_entries(c, number, answer, &state, &rest, out);
    r = reader_of(rest);
    out->is_sealed = get_bool(&r);
    sealed = reader_long(&r, rest.len);
    if (err == SV_OK)
        err = reader_end(&r);
    if (err == SV_OK && out->is_sealed)
        err = buf_append(&out->sealed, sealed);
    if (err == SV_OK && !out->is_sealed && has_new_keys(c, number))
        err = client_fault(c, SV_ERR_DENIED,
                           N_("these figures were sealed to keys that you no "
                              "longer have; ask for them anew"));
    if (err == SV_OK && !out->is_sealed) {
        err = open_parcel(c, number, &state, sealed, &plain, &parcel);
        if (err == SV_OK) {
            memcpy(out->nonce, parcel.nonce, sizeof out->nonce);
            err = buf_append(&out->bytes, parcel.bytes);
        }
    }
    buf_free(&plain);
    wipe(&parcel, sizeof parcel);
    return err == SV_ERR_FORMAT ? malformed(c) : err;
}

enum sv_err
client_release_fetch(struct client *c, uint64_t number,
                     struct release_package *out)
{
    struct request r = {.act = ACT_RELEASE_FETCH, .entry = number};
    struct answer answer = {0};
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    if (err == SV_OK)
        err = read_package(c, number, &answer, out);
    if (err != SV_OK)
        release_package_free(out);
    answer_free(&answer);
    return err;
}
