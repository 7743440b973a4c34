#include "policy/decide_internal.h"

/*
 * What must not end: that somebody can hand on each key, and that somebody
 * can propose.  A grant that has an end keeps it up for that long only.
 */

/* What goes by a revocation, or, with a NULL role, by a suspension. */
struct leaving {
    const char *person;
    const char *role;
};

typedef bool (*role_passes_fn)(const struct policy *p, unsigned role,
                               unsigned column);

/* Holds the column's secret and can hand it on. */
static bool
can_sponsor(const struct policy *p, unsigned role, unsigned column)
{
    return policy_holds_key(p, role, column) &&
           p->roles[role].acts[ACT_STAFF_CONFIRM];
}

static bool
can_propose(const struct policy *p, unsigned role, unsigned column)
{
    (void)column;
    return p->roles[role].acts[ACT_STAFF_PROPOSE];
}

static bool
in_force(const struct roster *r, const struct roster_grant *g, uint64_t index,
         uint64_t time_ms)
{
    return g->from_index < index && g->end_index >= index &&
           (g->until_ms == 0 || time_ms < g->until_ms) &&
           !roster_is_absent(r, r->persons[g->person].name, index);
}

static bool
goes(const struct roster *r, const struct roster_grant *g,
     const struct leaving *l)
{
    return strcmp(r->persons[g->person].name, l->person) == 0 &&
           (l->role == NULL || strcmp(g->role, l->role) == 0);
}

static bool
outlasts(const struct roster_grant *a, const struct roster_grant *b)
{
    return b->until_ms != 0 && (a->until_ms == 0 || a->until_ms > b->until_ms);
}

/* Of the grants that pass, now and here, the one that lasts longest: of those
 * that go, of those that stay, or (without leaving) of all. */
static const struct roster_grant *
longest(const struct roster *r, uint64_t index, uint64_t time_ms,
        const struct leaving *l, bool going, role_passes_fn passes,
        unsigned column)
{
    const struct roster_grant *best = NULL;

    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];
        int role = policy_role(&r->policy, g->role);

        if (role >= 0 && passes(&r->policy, (unsigned)role, column) &&
            in_force(r, g, index, time_ms) &&
            (l == NULL || goes(r, g, l) == going) &&
            (best == NULL || outlasts(g, best)))
            best = g;
    }
    return best;
}

/* Would what stays end sooner than what goes, or is there nothing? */
static bool
is_missed(const struct roster *r, const struct question *q,
          const struct leaving *l, role_passes_fn passes, unsigned column)
{
    const struct roster_grant *gone =
        longest(r, q->index, q->time_ms, l, true, passes, column);
    const struct roster_grant *left =
        longest(r, q->index, q->time_ms, l, false, passes, column);

    return gone != NULL && (left == NULL || outlasts(gone, left));
}

bool
decide_is_last(const struct roster *r, const struct question *q,
               const char *role)
{
    struct leaving l = {q->request->person, role};

    for (unsigned c = 0; c < r->policy.n_columns; c++) {
        if (is_missed(r, q, &l, can_sponsor, c))
            return true;
    }
    return is_missed(r, q, &l, can_propose, 0);
}

static void
note_end(const struct roster_grant *g, uint64_t *first_ms)
{
    if (g != NULL && g->until_ms != 0 &&
        (*first_ms == 0 || g->until_ms < *first_ms))
        *first_ms = g->until_ms;
}

uint64_t
policy_last_until(const struct roster *r, uint64_t index, uint64_t time_ms)
{
    uint64_t first_ms = 0;

    for (unsigned c = 0; c < r->policy.n_columns; c++)
        note_end(longest(r, index, time_ms, NULL, true, can_sponsor, c),
                 &first_ms);
    note_end(longest(r, index, time_ms, NULL, true, can_propose, 0), &first_ms);
    return first_ms;
}
