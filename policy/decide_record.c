#include "policy/decide_internal.h"

/* The column's key waits to be replaced, and has waited for too long. */
static bool
is_overdue(const struct roster *r, const struct question *q, unsigned column)
{
    return r->due_ms[column] != 0 &&
           q->time_ms - r->due_ms[column] > DECIDE_DUE_MS;
}

/* One of the type's compartments, and not its index. */
static bool
is_compartment(const struct policy *p, unsigned column, const char *type)
{
    return same(p->columns[column].type, type) && !policy_is_index(p, column);
}

/* Can a new record of the type be written today? */
static bool
is_type_overdue(const struct roster *r, const struct question *q)
{
    for (unsigned c = 0; c < r->policy.n_columns; c++) {
        if (same(r->policy.columns[c].type, q->request->type) &&
            is_overdue(r, q, c))
            return true;
    }
    return false;
}

/*
 * The compartments that a request names, for reading or writing.  All of
 * them are looked at before the first answer, so that the rule does not
 * depend on their order.
 */
static struct decision
decide_cells(const struct roster *r, const struct question *q, unsigned role,
             unsigned right)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    unsigned all = 0;
    bool lacking = false, overdue = false;

    for (unsigned i = 0; i < request->n_compartments; i++) {
        int column = policy_column(p, request->type, request->compartments[i]);
        unsigned cell = column < 0 ? 0 : p->roles[role].cells[column];

        /* What a g promises is reading, once the glass is broken. */
        if (right == CELL_WRITE)
            cell &= (unsigned)~CELL_BREAK_GLASS;
        if ((cell & (right | CELL_BREAK_GLASS)) == 0)
            lacking = true;
        else if (right == CELL_WRITE && is_overdue(r, q, (unsigned)column))
            overdue = true;
        all |= cell;
    }
    if (lacking || request->n_compartments == 0)
        return decide_deny("compartment");
    if ((all & CELL_BREAK_GLASS) != 0)
        return decide_deny(GLASS_RULE);
    if ((all & CELL_ASSIGNED) != 0 && !q->assigned)
        return decide_deny("not-assigned");
    if (overdue)
        return decide_deny("due");
    return q->assigned && (all & CELL_ASSIGNED) != 0 ? decide_allow("assigned")
                                                     : decide_allow("role");
}

struct decision
decide_read(const struct roster *r, const struct question *q, unsigned role)
{
    return decide_cells(r, q, role, CELL_READ);
}

struct decision
decide_save(const struct roster *r, const struct question *q, unsigned role)
{
    return decide_cells(r, q, role, CELL_WRITE);
}

/* A new record has all its compartments, in the policy's order. */
struct decision
decide_create(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;
    const struct request *request = q->request;
    unsigned n = 0;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (!is_compartment(p, c, request->type))
            continue;
        if (n >= request->n_compartments ||
            !same(p->columns[c].compartment, request->compartments[n]) ||
            (p->roles[role].cells[c] & CELL_WRITE) == 0)
            return decide_deny("compartment");
        n++;
    }
    if (n != request->n_compartments)
        return decide_deny("compartment");
    return is_type_overdue(r, q) ? decide_deny("due") : decide_allow("role");
}

struct decision
decide_import(const struct roster *r, const struct question *q, unsigned role)
{
    const struct policy *p = &r->policy;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (is_compartment(p, c, q->request->type) &&
            (p->roles[role].cells[c] & CELL_WRITE) == 0)
            return decide_deny("compartment");
    }
    if (q->request->count < 1 || q->request->count > BATCH_MAX)
        return decide_deny("count");
    return is_type_overdue(r, q) ? decide_deny("due") : decide_allow("role");
}

struct decision
decide_list(const struct roster *r, const struct question *q, unsigned role)
{
    (void)r;
    (void)role;
    if (q->request->count < 1 || q->request->count > DECIDE_LIST_MAX)
        return decide_deny("count");
    return decide_allow("role");
}

struct decision
decide_history(const struct roster *r, const struct question *q, unsigned role)
{
    int type = policy_type(&r->policy, q->request->type);

    if (!policy_only_assigned(&r->policy, role, (unsigned)type))
        return decide_allow("role");
    return q->assigned ? decide_allow("assigned") : decide_deny("not-assigned");
}

static struct decision
decide_self(const struct roster *r, const struct question *q, unsigned role)
{
    if (!same(q->request->person, q->request->actor))
        return decide_allow("role");
    return r->policy.roles[role].self_assigns ? decide_allow("self-assigned")
                                              : decide_deny("self");
}

struct decision
decide_assign(const struct roster *r, const struct question *q, unsigned role)
{
    int type = policy_type(&r->policy, q->request->type);
    struct decision d;

    if (!roster_works_with(r, q->request->person, (unsigned)type, q->index,
                           q->time_ms))
        return decide_deny("person");
    d = decide_self(r, q, role);
    /* The way out at night: allowed, and somebody else looks at it. */
    if (d.allowed &&
        (q->denied_glass || same(q->request->purpose, "emergency")))
        return decide_allow(same(q->request->person, q->request->actor)
                                ? FLAG_SELF_RULE
                                : FLAG_RULE);
    return d;
}

/* Also from one whose role has ended: else it would wait for her return. */
struct decision
decide_unassign(const struct roster *r, const struct question *q, unsigned role)
{
    if (roster_person(r, q->request->person) == NULL)
        return decide_deny("person");
    return decide_self(r, q, role);
}

/* Nobody reviews herself: neither who assigned, nor who was given it. */
struct decision
decide_acknowledge_flag(const struct roster *r, const struct question *q,
                        unsigned role)
{
    (void)r;
    (void)role;
    if (q->flag == NULL || q->flag->acknowledged)
        return decide_deny("flag");
    if (same(q->request->actor, q->flag->actor) ||
        same(q->request->actor, q->flag->person))
        return decide_deny("self");
    return decide_allow("role");
}
