#include <string.h>

#include "vault/client_internal.h"

/* The index that the next entry would have: the roster as it is now. */
static bool
holds_role(const struct client *c, const char *role)
{
    return roster_grant_at(&c->pin.roster, c->card.name, role, UINT64_MAX - 1,
                           client_now(c)) != NULL;
}

size_t
client_roles(const struct client *c, const char *out[], size_t max)
{
    const struct policy *p = &c->pin.roster.policy;
    size_t n = 0;

    for (unsigned i = 0; i < p->n_roles && n < max; i++) {
        if (holds_role(c, p->roles[i].name))
            out[n++] = p->roles[i].name;
    }
    return n;
}

enum sv_err
client_act_as(struct client *c, const char *role, const char *purpose)
{
    const struct policy *p = &c->pin.roster.policy;

    if ((role != NULL && policy_role(p, role) < 0) ||
        (purpose != NULL && policy_purpose(p, purpose) < 0))
        return SV_ERR_NOT_FOUND;
    c->role[0] = '\0';
    c->purpose[0] = '\0';
    if (role != NULL)
        (void)text_copy(bytes_text(role), c->role, sizeof c->role);
    if (purpose != NULL)
        (void)text_copy(bytes_text(purpose), c->purpose, sizeof c->purpose);
    return SV_OK;
}

static bool
role_may(const struct policy *p, const char *role, enum request_act act,
         const char *type)
{
    const struct policy_role *r = &p->roles[policy_role(p, role)];
    int t = type != NULL ? policy_type(p, type) : -1;

    if (!r->acts[act])
        return false;
    return type == NULL || (t >= 0 && (r->act_types[act] >> t & 1) != 0);
}

bool
client_is_refused(struct client *c, enum request_act act, const char *type)
{
    const char *role = NULL;

    return client_role_for(c, act, type, &role) == SV_OK &&
           !role_may(&c->pin.roster.policy, role, act, type);
}

/* A role of who is suspended, or whose term is over. */
static const char *
resting_role(const struct client *c)
{
    const struct roster *r = &c->pin.roster;

    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        const char *role = r->policy.roles[i].name;

        if (roster_grant_open(r, c->card.name, role) != NULL)
            return role;
    }
    return NULL;
}

enum sv_err
client_role_for(struct client *c, enum request_act act, const char *type,
                const char **role)
{
    const char *roles[POLICY_ROLES_MAX] = {NULL}, *found = NULL;
    size_t n = client_roles(c, roles, POLICY_ROLES_MAX), may = 0;

    if (c->role[0] != '\0') {
        /* Named: the gate decides, and logs it. */
        *role = c->role;
        return SV_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (role_may(&c->pin.roster.policy, roles[i], act, type)) {
            found = roles[i];
            may++;
        }
    }
    if (may > 1)
        return client_fault(c, SV_ERR_USAGE,
                            N_("several of your roles may do this; choose "
                               "one with --as"));
    /* With no role that may, ask all the same: a refusal is for the gate
     * to decide and for the log to keep. */
    if (n == 0)
        roles[0] = resting_role(c);
    if (roles[0] == NULL)
        return client_fault(c, SV_ERR_DENIED, N_("you hold no role"));
    *role = may == 1 ? found : roles[0];
    return SV_OK;
}

static unsigned
cell_of(const struct client *c, const char *role, const char *type,
        const char *compartment)
{
    const struct policy *p = &c->pin.roster.policy;
    int r = policy_role(p, role), col = policy_column(p, type, compartment);

    return r < 0 || col < 0 ? 0 : p->roles[r].cells[col];
}

bool
client_may_read(const struct client *c, const char *role, const char *type,
                const char *compartment)
{
    unsigned cell = cell_of(c, role, type, compartment);

    return (cell & CELL_READ) != 0 && (cell & CELL_BREAK_GLASS) == 0;
}

bool
client_may_write(const struct client *c, const char *role, const char *type,
                 const char *compartment)
{
    return (cell_of(c, role, type, compartment) & CELL_WRITE) != 0;
}
