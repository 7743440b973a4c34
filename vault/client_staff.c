#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"
#include "vault/handover.h"

/* ---- Sealing keys to people ---- */

static enum sv_err
seal_one(const struct client *c, const struct handover_item *item,
         const struct box_secret *secret, struct buf *items)
{
    const struct policy *p = &c->pin.roster.policy;
    struct grant_context ctx = {.vault = c->pin.roster.vault,
                                .grantee = item->grantee,
                                .type = p->columns[item->column].type,
                                .compartment =
                                    p->columns[item->column].compartment,
                                .epoch = item->epoch,
                                .pub = item->pub};
    struct box_public grantee;

    memcpy(grantee.b, item->box, sizeof grantee.b);
    return grants_seal(&c->config.rng, &grantee, &ctx, secret, items);
}

/* The secret is one that the session holds, or one of the new ones. */
static const struct box_secret *
secret_of(struct client *c, const struct request *r,
          const struct box_secret fresh[], const struct handover_item *item)
{
    const struct policy_column *col =
        &c->pin.roster.policy.columns[item->column];
    const struct compartment_key *key;

    for (unsigned k = 0; fresh != NULL && k < r->n_keys; k++) {
        if (strcmp(r->keys[k].type, col->type) == 0 &&
            strcmp(r->keys[k].compartment, col->compartment) == 0)
            return &fresh[k];
    }
    key = client_key(c, item->column, item->epoch);
    return key != NULL ? &key->secret : NULL;
}

/* For a key that its maker never handed over, and that is none any more, the
 * gate wants an item like the others: it opens to nothing, as the sponsor's. */
static enum sv_err
seal_nothing(const struct client *c, const struct handover_item *item,
             struct buf *items)
{
    struct box_secret nothing;
    struct box_public pub;
    enum sv_err err;

    box_generate(&c->config.rng, &nothing, &pub);
    err = seal_one(c, item, &nothing, items);
    wipe(&nothing, sizeof nothing);
    return err;
}

/* One that is replaced since, and was sealed to this user unfit. */
static bool
was_kept_back(const struct client *c, const struct handover_item *item)
{
    return c->n_unfit > 0 &&
           item->epoch < roster_key(&c->pin.roster, item->column)->epoch;
}

enum sv_err
client_hand_over(struct client *c, struct request *r,
                 const struct box_secret fresh[], struct buf *blob)
{
    struct buf items = BUF_INIT;
    struct writer w = writer_to(blob);
    struct handover h;
    enum sv_err err =
        handover_of(&c->pin.roster, r, c->pin.size, client_now(c), &h);

    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < h.n && err == SV_OK; i++) {
        const struct box_secret *secret = secret_of(c, r, fresh, &h.items[i]);

        if (secret == NULL && client_is_refused(c, r->act, NULL)) {
            buf_truncate(&items, 0);
            h.n = 0;
            break;
        }
        if (secret == NULL && was_kept_back(c, &h.items[i])) {
            err = seal_nothing(c, &h.items[i], &items);
            continue;
        }
        err = secret != NULL
                  ? seal_one(c, &h.items[i], secret, &items)
                  : client_fault(c, SV_ERR_DENIED,
                                 N_("you do not hold all the keys that this "
                                    "role needs"));
    }
    writer_u16(&w, (uint16_t)h.n);
    writer_bytes(&w, buf_bytes(&items));
    if (err == SV_OK && h.n > UINT16_MAX)
        err = client_fault(c, SV_ERR_RANGE,
                           N_("there are more keys than can be handed over at "
                              "once"));
    if (err == SV_OK)
        err = writer_end(&w);
    grants_hash(buf_bytes(blob), r->body);
    free(h.items);
    buf_free(&items);
    return err;
}

/* ---- Proposals and confirmations ---- */

static enum sv_err
act_and_forget(struct client *c, struct request *r, struct bytes body)
{
    struct answer answer = {0};
    enum sv_err err = client_act(c, r, body, &answer);

    answer_free(&answer);
    return err;
}

static void
name_card(struct request *r, const struct card *card)
{
    memcpy(r->person, card->name, sizeof r->person);
    r->sign = card->sign;
    memcpy(r->box, card->box.b, sizeof r->box);
}

enum sv_err
client_staff_propose(struct client *c, const struct card *card,
                     const char *role, uint64_t until_ms)
{
    struct request r = {.act = ACT_STAFF_PROPOSE, .until_ms = until_ms};

    if (text_copy(bytes_text(role), r.grants, sizeof r.grants) != SV_OK)
        return SV_ERR_USAGE;
    name_card(&r, card);
    return act_and_forget(c, &r, bytes_of(NULL, 0));
}

enum sv_err
client_staff_replace(struct client *c, const struct card *card)
{
    struct request r = {.act = ACT_STAFF_REPLACE};

    name_card(&r, card);
    return act_and_forget(c, &r, bytes_of(NULL, 0));
}

enum sv_err
client_staff_confirm(struct client *c, uint64_t proposal)
{
    const struct roster_proposal *p = roster_proposal(&c->pin.roster, proposal);
    struct request r = {.entry = proposal};
    struct buf blob = BUF_INIT;
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_NOT_FOUND;
    r.act = p->role[0] != '\0' ? ACT_STAFF_CONFIRM : ACT_STAFF_REINSTATE;
    memcpy(r.person, p->person, sizeof r.person);
    memcpy(r.grants, p->role, sizeof r.grants);
    err = client_hand_over(c, &r, NULL, &blob);
    if (err == SV_OK)
        err = act_and_forget(c, &r, buf_bytes(&blob));
    buf_free(&blob);
    return err;
}

enum sv_err
client_staff_revoke(struct client *c, const char *person, const char *role)
{
    struct request r = {.act = ACT_STAFF_REVOKE};

    if (text_copy(bytes_text(person), r.person, sizeof r.person) != SV_OK ||
        text_copy(bytes_text(role), r.grants, sizeof r.grants) != SV_OK)
        return SV_ERR_USAGE;
    return act_and_forget(c, &r, bytes_of(NULL, 0));
}

enum sv_err
client_staff_suspend(struct client *c, const char *person)
{
    struct request r = {.act = ACT_STAFF_SUSPEND};

    if (text_copy(bytes_text(person), r.person, sizeof r.person) != SV_OK)
        return SV_ERR_USAGE;
    return act_and_forget(c, &r, bytes_of(NULL, 0));
}

enum sv_err
client_flag_acknowledge(struct client *c, uint64_t index)
{
    struct request r = {.act = ACT_FLAG_ACKNOWLEDGE, .entry = index};

    return act_and_forget(c, &r, bytes_of(NULL, 0));
}
