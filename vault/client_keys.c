#include <string.h>

#include "vault/client_internal.h"

#define KEYS_FIRST 64 /* an office's in its first year */

enum sv_err
client_reserve_keys(struct client *c, unsigned n)
{
    struct keyring *ring = c->keyring;
    unsigned max = ring->max > 0 ? ring->max : KEYS_FIRST;
    struct arena *room = NULL;
    void *keys = NULL;
    enum sv_err err;

    if (n <= ring->max - ring->n)
        return SV_OK;
    while (max - ring->n < n)
        max *= 2;
    err = arena_new(max * sizeof *ring->keys, &room);
    if (err == SV_OK)
        err = secret_new(room, max * sizeof *ring->keys, &keys);
    if (err != SV_OK) {
        arena_free(room);
        return err;
    }
    if (ring->n > 0)
        memcpy(keys, ring->keys, ring->n * sizeof *ring->keys);
    arena_free(ring->room);
    ring->room = room;
    ring->keys = keys;
    ring->max = max;
    return SV_OK;
}

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

static enum sv_err
open_item(struct client *c, bool founding, const struct grant_item *item)
{
    const struct roster *r = &c->pin.roster;
    int column = policy_column(&r->policy, item->type, item->compartment);
    struct compartment_key *k;
    const struct roster_key *known = NULL;
    struct grant_context ctx;
    enum sv_err err;

    if (column >= 0)
        known = roster_key_epoch(r, (unsigned)column, item->epoch);
    if (known == NULL || strcmp(item->grantee, c->card.name) != 0)
        return SV_ERR_TAMPERED;
    if (client_key(c, (unsigned)column, item->epoch) != NULL)
        return SV_OK; /* by another role */
    err = client_reserve_keys(c, 1);
    if (err != SV_OK)
        return err;
    k = &c->keyring->keys[c->keyring->n];
    ctx = (struct grant_context){.grantee = c->card.name,
                                 .type = item->type,
                                 .compartment = item->compartment,
                                 .epoch = item->epoch,
                                 .pub = known->pub};
    if (!founding)
        ctx.vault = r->vault;
    err = client_locked(c, grants_open(c->identity, &ctx, item, &k->secret));
    /* Nobody but who sealed it could have known: it is no reason to keep her
     * from all that she holds. */
    if (err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT || err == SV_ERR_RANGE)
        return SV_OK;
    if (err != SV_OK)
        return err;
    memcpy(k->pub.b, known->pub, sizeof k->pub.b);
    k->column = (unsigned)column;
    k->epoch = item->epoch;
    c->keyring->n++;
    return SV_OK;
}

static enum sv_err
open_blob(struct client *c, uint64_t index, struct bytes blob)
{
    const struct roster *r = &c->pin.roster;
    bool founding = r->n_keys > 0 && r->keys[0].from_index == index;
    struct grant_item item;
    struct reader items;
    unsigned left;
    enum sv_err err = grants_begin(blob, &items, &left);

    while (err == SV_OK && left > 0) {
        err = grants_next(&items, &left, &item);
        if (err == SV_OK)
            err = open_item(c, founding, &item);
    }
    return err;
}

/* Those of a blob, which was looked through, that gave no key; nor did an
 * earlier one. */
static size_t
count_unfit(struct client *c, struct bytes blob)
{
    const struct policy *p = &c->pin.roster.policy;
    struct grant_item item;
    struct reader items;
    unsigned left;
    size_t n = 0;
    enum sv_err err = grants_begin(blob, &items, &left);

    while (err == SV_OK && left > 0) {
        err = grants_next(&items, &left, &item);
        if (err == SV_OK &&
            client_key(c,
                       (unsigned)policy_column(p, item.type, item.compartment),
                       item.epoch) == NULL)
            n++;
    }
    return n;
}

/*
 * u32 n, each: u64 index of the entry that brought them, u32 blob.  Which
 * entry that was need not be proven: what opens has to be the secret half of
 * a key in the roster.
 */
enum sv_err
client_open_grants(struct client *c, struct bytes grants)
{
    struct reader r = reader_of(grants);
    uint32_t n = reader_u32(&r);
    enum sv_err err = SV_OK;

    c->n_unfit = 0;
    for (uint32_t i = 0; i < n && err == SV_OK; i++) {
        uint64_t index = reader_u64(&r);
        struct bytes blob = reader_long(&r, grants.len);

        err = r.failed ? SV_ERR_TAMPERED : open_blob(c, index, blob);
    }
    if (err == SV_OK && reader_end(&r) != SV_OK)
        err = SV_ERR_TAMPERED;
    r = reader_of(grants);
    n = reader_u32(&r);
    for (uint32_t i = 0; i < n && err == SV_OK; i++) {
        (void)reader_u64(&r);
        c->n_unfit += count_unfit(c, reader_long(&r, grants.len));
    }
    if (err == SV_ERR_TAMPERED || err == SV_ERR_FORMAT)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("a key that was granted to you does not fit "
                               "the roster"));
    return err;
}

size_t
client_unfit_keys(const struct client *c)
{
    return c->n_unfit;
}
