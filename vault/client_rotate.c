#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

/*
 * New epochs: for every column whose key waits to be replaced a new key
 * pair, its secret sealed to everybody who still holds the column.
 */

size_t
client_due(const struct client *c, unsigned columns[static POLICY_COLUMNS_MAX])
{
    const struct roster *r = &c->pin.roster;
    size_t n = 0;

    for (unsigned i = 0; i < r->policy.n_columns; i++) {
        if (r->due_ms[i] != 0)
            columns[n++] = i;
    }
    return n;
}

static void
make_key(struct client *c, unsigned column, struct request *r,
         struct box_secret *secret)
{
    const struct roster *roster = &c->pin.roster;
    const struct policy_column *col = &roster->policy.columns[column];
    struct request_key *k = &r->keys[r->n_keys++];
    struct box_public pub;

    box_generate(&c->config.rng, secret, &pub);
    memcpy(k->type, col->type, sizeof k->type);
    memcpy(k->compartment, col->compartment, sizeof k->compartment);
    k->epoch = roster_key(roster, column)->epoch + 1;
    memcpy(k->pub, pub.b, sizeof k->pub);
}

/* What was made is the session's own, too; without room for it, the next
 * one's. */
static void
keep_keys(struct client *c, const struct request *r,
          const struct box_secret secrets[])
{
    struct keyring *ring = c->keyring;

    if (client_reserve_keys(c, r->n_keys) != SV_OK)
        return;
    for (unsigned i = 0; i < r->n_keys; i++) {
        const struct request_key *from = &r->keys[i];
        struct compartment_key *k = &ring->keys[ring->n++];

        memset(k, 0, sizeof *k);
        k->column = (unsigned)policy_column(&c->pin.roster.policy, from->type,
                                            from->compartment);
        k->epoch = from->epoch;
        memcpy(k->pub.b, from->pub, sizeof k->pub.b);
        k->secret = secrets[i];
    }
}

enum sv_err
client_rotate(struct client *c, size_t n, const unsigned columns[])
{
    struct request *r = calloc(1, sizeof *r);
    void *room = NULL;
    struct box_secret *secrets = NULL;
    struct buf blob = BUF_INIT;
    struct answer answer = {0};
    enum sv_err err = SV_OK;

    if (r == NULL)
        err = SV_ERR_NOMEM;
    if (err == SV_OK && (n == 0 || n > REQUEST_KEYS_MAX))
        err = SV_ERR_USAGE;
    if (err == SV_OK)
        err = secret_new(c->config.arena, n * sizeof *secrets, &room);
    if (err != SV_OK)
        goto out;
    secrets = room;
    r->act = ACT_KEYS;
    for (size_t i = 0; i < n; i++)
        make_key(c, columns[i], r, &secrets[i]);
    err = client_hand_over(c, r, secrets, &blob);
    if (err == SV_OK)
        err = client_act(c, r, buf_bytes(&blob), &answer);
    if (err == SV_OK)
        keep_keys(c, r, secrets);
out:
    secret_free(c->config.arena, secrets);
    free(r);
    buf_free(&blob);
    answer_free(&answer);
    return err;
}
