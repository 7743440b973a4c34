#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"
#include "vault/grants.h"
#include "vault/handover.h"

/* Does the blob name exactly what has to be handed over? */
static bool
is_handover(const struct roster *r, struct bytes blob, const struct handover *h)
{
    const struct policy *p = &r->policy;
    struct grant_item item;
    struct reader reader;
    unsigned left;

    if (grants_begin(blob, &reader, &left) != SV_OK || left != h->n)
        return false;
    for (size_t i = 0; i < h->n; i++) {
        const struct handover_item *want = &h->items[i];

        if (grants_next(&reader, &left, &item) != SV_OK ||
            strcmp(item.grantee, want->grantee) != 0 ||
            strcmp(item.type, p->columns[want->column].type) != 0 ||
            strcmp(item.compartment, p->columns[want->column].compartment) !=
                0 ||
            item.epoch != want->epoch)
            return false;
    }
    return true;
}

/*
 * Sealed keys come as the body of a confirmation, a return, or new keys.
 * The gate cannot open them: it checks that they are the ones that were
 * signed, and that they name the right people and keys, and keeps them for
 * their owners.  They stay out of the log, which is for ever.
 */
enum sv_err
act_keys_apply(struct act *a)
{
    const struct roster *r = &a->gate->roster;
    struct handover h;
    uint8_t hash[DIGEST_LEN], key[8];
    bool right;
    enum sv_err err;

    grants_hash(a->body, hash);
    err = handover_of(r, &a->request, a->index, a->time_ms, &h);
    if (err == SV_ERR_NOMEM)
        return err;
    right = err == SV_OK && bytes_equal(BYTES(hash), BYTES(a->request.body)) &&
            is_handover(r, a->body, &h);
    free(h.items);
    if (!right) {
        a->entry.outcome = OUTCOME_INVALID;
        return SV_OK;
    }
    put_u64(key, a->index);
    return tables_put(&a->tables, TABLE_GRANT, BYTES(key), a->body);
}
