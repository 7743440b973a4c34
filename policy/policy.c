#include "policy/policy.h"

#include <string.h>

int
policy_role(const struct policy *p, const char *name)
{
    for (unsigned i = 0; i < p->n_roles; i++) {
        if (strcmp(p->roles[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int
policy_purpose(const struct policy *p, const char *name)
{
    for (unsigned i = 0; i < p->n_purposes; i++) {
        if (strcmp(p->purposes[i], name) == 0)
            return (int)i;
    }
    return -1;
}

int
policy_type(const struct policy *p, const char *name)
{
    for (unsigned i = 0; i < p->n_types; i++) {
        if (strcmp(p->types[i], name) == 0)
            return (int)i;
    }
    return -1;
}

int
policy_column(const struct policy *p, const char *type, const char *compartment)
{
    for (unsigned i = 0; i < p->n_columns; i++) {
        if (strcmp(p->columns[i].type, type) == 0 &&
            strcmp(p->columns[i].compartment, compartment) == 0)
            return (int)i;
    }
    return -1;
}

bool
policy_is_index(const struct policy *p, unsigned column)
{
    return strcmp(p->columns[column].compartment, POLICY_INDEX) == 0;
}

int
policy_index(const struct policy *p, const char *type)
{
    return policy_column(p, type, POLICY_INDEX);
}

/* Is it a compartment of the type? */
static bool
is_of(const struct policy *p, unsigned column, unsigned type)
{
    return strcmp(p->columns[column].type, p->types[type]) == 0 &&
           !policy_is_index(p, column);
}

/* How many of the role's cells of this type have one of the letters. */
static unsigned
count_cells(const struct policy *p, unsigned role, unsigned type,
            unsigned letters)
{
    unsigned n = 0;

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (is_of(p, c, type) && (p->roles[role].cells[c] & letters) != 0)
            n++;
    }
    return n;
}

static unsigned
count_columns(const struct policy *p, unsigned type)
{
    unsigned n = 0;

    for (unsigned c = 0; c < p->n_columns; c++)
        n += is_of(p, c, type) ? 1 : 0;
    return n;
}

bool
policy_holds_keys(const struct policy *p, unsigned role)
{
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (p->roles[role].cells[c] != 0)
            return true;
    }
    return false;
}

bool
policy_holds_key(const struct policy *p, unsigned role, unsigned column)
{
    return (p->roles[role].cells[column] &
            (CELL_READ | CELL_HOLDS | CELL_BREAK_GLASS | CELL_LENDS |
             CELL_SEARCH)) != 0;
}

bool
policy_touches(const struct policy *p, unsigned role, unsigned type)
{
    return count_cells(p, role, type, UINT8_MAX) > 0;
}

bool
policy_only_assigned(const struct policy *p, unsigned role, unsigned type)
{
    for (unsigned c = 0; c < p->n_columns; c++) {
        uint8_t cell = p->roles[role].cells[c];

        if (is_of(p, c, type) && cell != 0 &&
            (cell & (CELL_ASSIGNED | CELL_BREAK_GLASS)) == 0)
            return false;
    }
    return true;
}

/* s is for an index and for nothing else; h and l stand alone; a limits r
 * or w. */
static bool
cell_ok(uint8_t cell, bool is_index)
{
    if (is_index)
        return cell == 0 || cell == CELL_SEARCH;
    if ((cell & CELL_SEARCH) != 0)
        return false;
    if ((cell & (CELL_HOLDS | CELL_LENDS)) != 0)
        return cell == CELL_HOLDS || cell == CELL_LENDS;
    if ((cell & CELL_ASSIGNED) != 0)
        return (cell & (CELL_READ | CELL_WRITE)) != 0;
    return true;
}

/* Who writes what can be searched makes its tokens, too. */
static bool
searches(const struct policy *p, unsigned role, unsigned type)
{
    int index = policy_index(p, p->types[type]);

    return index >= 0 && (p->roles[role].cells[index] & CELL_SEARCH) != 0;
}

/* An act on records of a type needs cells of that type to do it with. */
static bool
act_type_ok(const struct policy *p, unsigned role, enum request_act act,
            unsigned type)
{
    switch (act) {
    case ACT_RECORD_CREATE:
    case ACT_RECORD_IMPORT:
        return count_cells(p, role, type, CELL_WRITE) ==
                   count_columns(p, type) &&
               (policy_index(p, p->types[type]) < 0 || searches(p, role, type));
    case ACT_RECORD_FIND:
        return searches(p, role, type);
    case ACT_RECORD_SAVE:
        return count_cells(p, role, type, CELL_WRITE) > 0;
    case ACT_RECORD_READ:
        return count_cells(p, role, type, CELL_READ | CELL_BREAK_GLASS) > 0;
    default:
        return policy_touches(p, role, type);
    }
}

static const char *
acts_wrong(const struct policy *p, unsigned role)
{
    const struct policy_role *r = &p->roles[role];

    /* Genesis and policy are done once, before there are roles. */
    if (r->acts[ACT_GENESIS] || r->acts[ACT_POLICY])
        return N_("only the founders do this act");
    for (unsigned a = 0; a < ACT_N; a++) {
        for (unsigned t = 0; t < p->n_types; t++) {
            if ((r->act_types[a] & UINT32_C(1) << t) != 0 &&
                !act_type_ok(p, role, (enum request_act)a, t))
                return N_("an act without the cells that it needs");
        }
    }
    return NULL;
}

static const char *
role_wrong(const struct policy *p, unsigned role)
{
    const struct policy_role *r = &p->roles[role];

    for (unsigned c = 0; c < p->n_columns; c++) {
        if (!cell_ok(r->cells[c], policy_is_index(p, c)))
            return N_("letters of a cell that contradict each other");
    }
    if (r->default_purpose >= p->n_purposes ||
        (r->purposes & UINT32_C(1) << r->default_purpose) == 0)
        return N_("the default purpose is not among the role's");
    if (r->grant_days_max > POLICY_GRANT_DAYS_MAX)
        return N_("too many days");
    if (r->self_assigns && !r->acts[ACT_RECORD_ASSIGN])
        return N_("assigns herself but assigns nobody");
    return acts_wrong(p, role);
}

/* The roles that genesis gives, and what no profile may permit. */
static const char *
founders_wrong(const struct policy *p)
{
    int administrator = policy_role(p, "administrator");
    int supervisor = policy_role(p, "supervisor");
    int auditor = policy_role(p, "auditor");

    if (administrator < 0 || supervisor < 0)
        return N_("a founder's role is missing");
    if (!p->excludes[administrator][supervisor])
        return N_("administrator and supervisor must be two people");
    if (auditor >= 0 && !p->excludes[administrator][auditor])
        return N_("administrator and auditor must be two people");
    return NULL;
}

static bool
limits_ok(const struct policy *p)
{
    for (unsigned a = 0; a < ACT_N; a++) {
        if (p->limits[a].n > POLICY_LIMIT_MAX ||
            (p->limits[a].n == 0) != (p->limits[a].ms == 0))
            return false;
    }
    return true;
}

enum sv_err
policy_check(const struct policy *p, struct diag *where)
{
    const char *reason;

    if (!text_is_work_name(bytes_text(p->profile)) || p->n_columns == 0) {
        diag_set(where, 0, NULL, N_("no profile or no columns"));
        return SV_ERR_INPUT;
    }
    for (unsigned t = 0; t < p->n_types; t++) {
        if (count_columns(p, t) > REQUEST_COMPARTMENTS_MAX) {
            diag_set(where, 0, p->types[t], N_("too many compartments"));
            return SV_ERR_INPUT;
        }
    }
    if (!limits_ok(p)) {
        diag_set(where, 0, "limits", N_("a limit that is none"));
        return SV_ERR_INPUT;
    }
    for (unsigned i = 0; i < p->n_roles; i++) {
        reason = role_wrong(p, i);
        if (reason != NULL) {
            diag_set(where, 0, p->roles[i].name, reason);
            return SV_ERR_INPUT;
        }
    }
    reason = founders_wrong(p);
    if (reason != NULL) {
        diag_set(where, 0, "exclusions", reason);
        return SV_ERR_INPUT;
    }
    return SV_OK;
}
