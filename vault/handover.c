#include "vault/handover.h"

#include <stdlib.h>
#include <string.h>

static enum sv_err
add(struct handover *h, struct handover_item item)
{
    struct handover_item *more = reallocarray(h->items, h->n + 1, sizeof *more);

    if (more == NULL)
        return SV_ERR_NOMEM;
    h->items = more;
    more[h->n++] = item;
    return SV_OK;
}

/* Every epoch of a column to one person. */
static enum sv_err
add_column(const struct roster *r, const struct roster_proposal *p,
           unsigned column, struct handover *out)
{
    const struct roster_key *last = roster_key(r, column);
    enum sv_err err = SV_OK;

    for (uint32_t e = 1; last != NULL && e <= last->epoch && err == SV_OK;
         e++) {
        const struct roster_key *key = roster_key_epoch(r, column, e);

        if (key != NULL)
            err = add(out, (struct handover_item){p->person, p->box, column, e,
                                                  key->pub});
    }
    return err;
}

/* By the proposed role, or, where she comes back, by all that she keeps: not
 * by one whose term is over. */
static bool
holds_column(const struct roster *r, const struct roster_proposal *p,
             unsigned column, uint64_t time_ms)
{
    int role = policy_role(&r->policy, p->role);

    if (role >= 0)
        return policy_holds_key(&r->policy, (unsigned)role, column);
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (policy_holds_key(&r->policy, i, column) &&
            roster_keeps(r, p->person, r->policy.roles[i].name, time_ms))
            return true;
    }
    return false;
}

static enum sv_err
to_person(const struct roster *r, uint64_t proposal, uint64_t time_ms,
          struct handover *out)
{
    const struct roster_proposal *p = roster_proposal(r, proposal);
    enum sv_err err = SV_OK;

    if (p == NULL)
        return SV_ERR_NOT_FOUND;
    for (unsigned c = 0; c < r->policy.n_columns && err == SV_OK; c++) {
        if (holds_column(r, p, c, time_ms))
            err = add_column(r, p, c, out);
    }
    return err;
}

/* Does she hold the column's secret by a role that is in force? */
static bool
holds_now(const struct roster *r, const struct roster_person *who,
          unsigned column, uint64_t index, uint64_t time_ms)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (policy_holds_key(&r->policy, i, column) &&
            roster_grant_at(r, who->name, r->policy.roles[i].name, index,
                            time_ms) != NULL)
            return true;
    }
    return false;
}

static enum sv_err
to_holders(const struct roster *r, const struct request *request,
           uint64_t index, uint64_t time_ms, struct handover *out)
{
    enum sv_err err = SV_OK;

    for (unsigned k = 0; k < request->n_keys; k++) {
        const struct request_key *key = &request->keys[k];
        int column = policy_column(&r->policy, key->type, key->compartment);

        if (column < 0)
            return SV_ERR_NOT_FOUND;
        for (size_t i = 0; i < r->n_persons && err == SV_OK; i++) {
            const struct roster_person *who = &r->persons[i];

            if (holds_now(r, who, (unsigned)column, index, time_ms))
                err = add(out, (struct handover_item){who->name, who->box,
                                                      (unsigned)column,
                                                      key->epoch, key->pub});
        }
    }
    return err;
}

enum sv_err
handover_of(const struct roster *r, const struct request *request,
            uint64_t index, uint64_t time_ms, struct handover *out)
{
    enum sv_err err;

    *out = (struct handover){0};
    err = request->act == ACT_KEYS ? to_holders(r, request, index, time_ms, out)
                                   : to_person(r, request->entry, time_ms, out);
    if (err != SV_OK) {
        free(out->items);
        *out = (struct handover){0};
    }
    return err;
}
