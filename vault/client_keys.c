#include <string.h>

#include "vault/client_internal.h"

struct compartment_key *
client_key(struct client *c, unsigned column, uint32_t epoch)
{
    for (unsigned i = 0; i < c->keyring->n; i++) {
        struct compartment_key *k = &c->keyring->keys[i];

        if (k->column == column && k->epoch == epoch)
            return k;
    }
    return NULL;
}

enum sv_err
client_sender(struct client *c, unsigned column, const struct ps1_sender **out,
              uint32_t *epoch)
{
    const struct roster_key *key = roster_key(&c->pin.roster, column);
    struct compartment_sender *s = &c->keyring->senders[column];
    struct box_public pub;
    enum sv_err err = SV_OK;

    if (key == NULL)
        return client_fault(c, SV_ERR_UNVERIFIED,
                            N_("the roster has no key for a compartment"));
    if (s->epoch != key->epoch) {
        memcpy(pub.b, key->pub, sizeof pub.b);
        err = ps1_sender_init(&c->config.rng, &pub, &s->sender);
        if (err != SV_OK)
            return err;
        s->epoch = key->epoch;
    }
    *out = &s->sender;
    *epoch = key->epoch;
    return SV_OK;
}

/* The user's grant that came with the entry at index, or, where that entry
 * is the founding keys', her grant by genesis. */
static const struct roster_grant *
grant_of_entry(const struct client *c, uint64_t index, bool *founding)
{
    const struct roster *r = &c->pin.roster;

    *founding = r->n_keys > 0 && r->keys[0].from_index == index;
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        if (strcmp(r->persons[g->person].name, c->card.name) == 0 &&
            (g->from_index == index || (*founding && g->from_index == 0)))
            return g;
    }
    return NULL;
}

static enum sv_err
open_item(struct client *c, const struct roster_grant *grant, bool founding,
          const struct grant_item *item)
{
    const struct roster *r = &c->pin.roster;
    int column = policy_column(&r->policy, item->type, item->compartment);
    struct compartment_key *k = &c->keyring->keys[c->keyring->n];
    const struct roster_key *known = NULL;
    struct grant_context ctx;
    enum sv_err err;

    if (column >= 0)
        known = roster_key_epoch(r, (unsigned)column, item->epoch);
    if (known == NULL || c->keyring->n == sizeof c->keyring->keys / sizeof *k)
        return SV_ERR_TAMPERED;
    if (client_key(c, (unsigned)column, item->epoch) != NULL)
        return SV_OK; /* by another role */
    ctx = (struct grant_context){.proposal = grant->proposed_index,
                                 .grantee = c->card.name,
                                 .role = grant->role,
                                 .type = item->type,
                                 .compartment = item->compartment,
                                 .epoch = item->epoch,
                                 .pub = known->pub};
    if (!founding)
        ctx.vault = r->vault;
    err = grants_open(&c->keys->box, &c->card.box, &ctx, item, &k->secret);
    if (err != SV_OK)
        return err;
    memcpy(k->pub.b, known->pub, sizeof k->pub.b);
    k->column = (unsigned)column;
    k->epoch = item->epoch;
    c->keyring->n++;
    return SV_OK;
}

/* u32 n, each: u64 index of the confirmation, u32 blob. */
enum sv_err
client_open_grants(struct client *c, struct bytes grants)
{
    struct reader r = reader_of(grants);
    uint32_t n = reader_u32(&r);
    struct grant_item items[GRANTS_MAX];
    enum sv_err err = SV_OK;

    for (uint32_t i = 0; i < n && err == SV_OK; i++) {
        uint64_t index = reader_u64(&r);
        struct bytes blob = reader_long(&r, UINT16_MAX);
        const struct roster_grant *grant;
        unsigned n_items = 0;
        bool founding;

        if (r.failed || grants_decode(blob, items, &n_items) != SV_OK) {
            err = SV_ERR_TAMPERED;
            break;
        }
        grant = grant_of_entry(c, index, &founding);
        if (grant == NULL)
            continue;
        for (unsigned k = 0; k < n_items && err == SV_OK; k++)
            err = open_item(c, grant, founding, &items[k]);
    }
    if (err == SV_OK && reader_end(&r) != SV_OK)
        err = SV_ERR_TAMPERED;
    if (err == SV_ERR_TAMPERED)
        return client_fault(c, err,
                            N_("a key that was granted to you does not fit "
                               "the roster"));
    return err;
}
