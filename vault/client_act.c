#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

void
answer_free(struct answer *a)
{
    buf_free(&a->raw);
    memset(a, 0, sizeof *a);
}

static bool
is_zero(const uint8_t *at, size_t n)
{
    uint8_t any = 0;

    for (size_t i = 0; i < n; i++)
        any |= at[i];
    return any == 0;
}

/* What every request says. */
static enum sv_err
fill_request(struct client *c, struct request *r)
{
    const struct roster *roster = &c->pin.roster;
    const char *role = NULL;
    const struct policy_role *p;
    const char *type =
        (request_act_lines(r->act) & LINE_TYPE) != 0 ? r->type : NULL;
    enum sv_err err = client_role_for(c, r->act, type, &role);

    if (err != SV_OK)
        return err;
    p = &roster->policy.roles[policy_role(&roster->policy, role)];
    memcpy(r->origin, roster->origin, sizeof r->origin);
    r->has_vault = true;
    r->vault = roster->vault;
    memcpy(r->actor, c->card.name, sizeof r->actor);
    if (is_zero(r->id, sizeof r->id)) /* or the caller has chosen one */
        rng_fill(&c->config.rng, r->id, sizeof r->id);
    r->at_ms = clock_now(&c->config.clock);
    (void)text_copy(bytes_text(role), r->role, sizeof r->role);
    r->purpose_defaulted = c->purpose[0] == '\0';
    (void)text_copy(bytes_text(r->purpose_defaulted
                                   ? roster->policy.purposes[p->default_purpose]
                                   : c->purpose),
                    r->purpose, sizeof r->purpose);
    r->seen_size = c->pin.size;
    r->seen_root = c->pin.root;
    return SV_OK;
}

static enum sv_err
call(struct client *c, struct bytes note, struct bytes body,
     struct buf *response, struct message_answer *m)
{
    struct act_request ask = {note, body};
    struct buf request = BUF_INIT;
    enum sv_err err = message_act_encode(&ask, &request);

    if (err == SV_OK)
        err = c->config.transport.call(c->config.transport.ctx,
                                       buf_bytes(&request), response);
    if (err == SV_OK &&
        (message_answer_decode(buf_bytes(response), m) != SV_OK ||
         (m->status == SV_OK && m->kind != MESSAGE_ACT)))
        err = client_fault(c, SV_ERR_UNVERIFIED,
                           N_("the gate's answer is malformed"));
    buf_free(&request);
    return err;
}

/* Was it sent, and may it have been done, whatever failed here? */
static bool
is_unknown(const struct request *r, enum sv_err err)
{
    return err == SV_ERR_UNSURE ||
           (err == SV_ERR_NOMEM && request_act_changes(r->act));
}

/*
 * Once more, where nobody knows what became of the request: its id makes it
 * safe, and the answer tells.  Who is not heard now knows no more than before;
 * nor does who is refused, of what may have been done when she was not.
 */
static enum sv_err
ask_again(struct client *c, const struct request *r, struct bytes note,
          struct bytes body, struct buf *response, struct message_answer *m)
{
    bool changes = request_act_changes(r->act);
    enum sv_err err;

    buf_truncate(response, 0);
    err = call(c, note, body, response, m);
    if (err == SV_ERR_UNVERIFIED)
        return err;
    if (err != SV_OK || m->status == SV_ERR_BUSY)
        return SV_ERR_UNSURE;
    return m->status != SV_OK && changes ? SV_ERR_UNSURE : SV_OK;
}

enum sv_err
client_refused(struct client *c, const struct message_answer *m)
{
    if (strcmp(m->reason, "signature") == 0)
        return client_fault(c, m->status,
                            N_("the gate does not know this key"));
    if (strcmp(m->reason, "foreign") == 0)
        return client_fault(c, m->status,
                            N_("this request is for another vault"));
    if (strcmp(m->reason, "peer") == 0)
        return client_fault(c, m->status,
                            N_("the service does not serve this account (it "
                               "is not in its group)"));
    if (strcmp(m->reason, "busy") == 0)
        return client_fault(c, m->status,
                            N_("the service has too much to do; try again"));
    if (strcmp(m->reason, "restored") == 0)
        return client_fault(c, m->status,
                            N_("this vault was restored from a backup, and "
                               "nobody has confirmed it yet"));
    return m->status;
}

/* The entry must hold this very request, and stand in the log. */
static enum sv_err
check_entry(struct client *c, const struct message_answer *m, struct bytes note,
            struct answer *out)
{
    struct bytes proof = m->act.inclusion;
    enum sv_err err = entry_parse(m->act.entry, &out->entry);

    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK || out->entry.kind != ENTRY_REQUEST ||
        out->entry.index != m->act.index || !bytes_equal(out->entry.note, note))
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the entry is not that of this request"));
    if (!bytes_equal(BYTES(out->entry.policy_hash),
                     BYTES(c->pin.roster.policy_hash)))
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the entry names another policy"));
    err = client_check_head(c, &c->pin.roster, m->act.head, m->act.consistency,
                            &out->head);
    if (err == SV_OK)
        err = client_check_inclusion(c, m->act.index, m->act.entry, &proof,
                                     &out->head);
    if (err == SV_OK && proof.len > 0)
        err = client_fault(c, SV_ERR_TAMPERED,
                           N_("the entry's proof is malformed"));
    out->index = m->act.index;
    out->body = m->act.body;
    out->head_note = m->act.head;
    return err;
}

/* The new head is remembered; a roster entry of one's own is taken in. */
static enum sv_err
take_answer(struct client *c, const struct request *r,
            const struct message_answer *m, struct answer *out)
{
    enum sv_err err = client_check_roster(c, &out->entry);

    /* Checking the roster may have brought a newer head already. */
    if (err == SV_OK && out->head.size > c->pin.size)
        err = client_keep_head(c, &out->head, m->act.head);
    if (err == SV_OK && request_act_is_roster(r->act) && out->entry.allowed &&
        out->entry.outcome == OUTCOME_DONE &&
        c->pin.roster.last_index < out->index)
        err = client_verdict(
            c, roster_replay(&c->pin.roster, out->index, m->act.entry),
            N_("a roster entry does not follow from those before it"));
    return err;
}

bool
client_is_settled(enum sv_err err)
{
    return err == SV_OK || err == SV_ERR_TAMPERED || err == SV_ERR_ROLLBACK ||
           err == SV_ERR_UNVERIFIED;
}

static enum sv_err
outcome_err(struct client *c, const struct answer *a)
{
    c->trouble.logged = true;
    c->trouble.index = a->index;
    if (!a->entry.allowed) {
        memcpy(c->trouble.rule, a->entry.rule, sizeof c->trouble.rule);
        return SV_ERR_DENIED;
    }
    switch (a->entry.outcome) {
    case OUTCOME_DONE:
        return SV_OK;
    case OUTCOME_CONFLICT:
        return SV_ERR_CONFLICT;
    case OUTCOME_NOT_FOUND:
        return SV_ERR_NOT_FOUND;
    case OUTCOME_EXISTS:
        return SV_ERR_EXISTS;
    case OUTCOME_DUPLICATE:
        return client_fault(c, SV_ERR_INPUT,
                            N_("another record has that number"));
    case OUTCOME_DAMAGED:
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("what is stored of this record is damaged"));
    case OUTCOME_UNSAFE:
        return client_fault(c, SV_ERR_DENIED,
                            N_("readers of these figures, and of those "
                               "released before, could compute some that "
                               "are too small: make its tables coarser"));
    case OUTCOME_TOO_LARGE:
        return client_fault(c, SV_ERR_RANGE,
                            N_("its tables are too large to be audited: "
                               "count by fewer fields, or in several plans"));
    case OUTCOME_INFEASIBLE:
        return client_fault(c, SV_ERR_INPUT,
                            N_("figures released before leave no rounding "
                               "in which its sums are sums"));
    case OUTCOME_UNPROVED:
        return client_fault(c, SV_ERR_UNVERIFIED,
                            N_("the solver gave no answer, so that "
                               "nothing is proved safe; nothing was made"));
    default:
        return client_fault(c, SV_ERR_FORMAT,
                            N_("the gate found the request's body wrong"));
    }
}

enum sv_err
client_act(struct client *c, struct request *r, struct bytes body,
           struct answer *out)
{
    struct message_answer *m = calloc(1, sizeof *m);
    struct buf note = BUF_INIT;
    bool sent, answered;
    enum sv_err err = m == NULL ? SV_ERR_NOMEM : SV_OK;

    memset(&c->trouble, 0, sizeof c->trouble);
    memset(out, 0, sizeof *out);
    if (err == SV_OK)
        err = fill_request(c, r);
    if (err == SV_OK)
        err = client_locked(
            c, identity_sign(c->identity, &c->card.sign, r, &note));
    if (err == SV_OK)
        err = client_sign_second(c, r, &note);
    sent = err == SV_OK;
    if (sent)
        err = call(c, buf_bytes(&note), body, &out->raw, m);
    if (sent &&
        (is_unknown(r, err) || (err == SV_OK && m->status == SV_ERR_UNSURE)))
        err = ask_again(c, r, buf_bytes(&note), body, &out->raw, m);
    if (err == SV_OK && m->status != SV_OK) {
        err = client_refused(c, m);
        sent = false; /* and not taken */
    }
    answered = err == SV_OK;
    if (err == SV_OK)
        err = check_entry(c, m, buf_bytes(&note), out);
    if (err == SV_OK)
        err = take_answer(c, r, m, out);
    /* Where the roster that the answer names could not be had, what it says
     * was done all the same. */
    if (answered && request_act_changes(r->act) && !client_is_settled(err))
        err = SV_ERR_UNSURE;
    if (err == SV_OK)
        err = outcome_err(c, out);
    if (sent && is_unknown(r, err))
        err = SV_ERR_UNSURE;
    free(m);
    buf_free(&note);
    return err;
}

bool
client_is_outdated(const struct client *c, uint64_t known, enum sv_err err)
{
    return err == SV_ERR_FORMAT && c->trouble.logged &&
           c->pin.roster.last_index > known;
}
