#include <string.h>

#include "cli/app.h"

/* The roles of schema/policy.json.  Their English names are their codes. */
static const char *const roles[] = {
    N_("intake"),        N_("caseworker"),      N_("clinician"),
    N_("legal_officer"), N_("justice_liaison"), N_("interpreter"),
    N_("supervisor"),    N_("approver"),        N_("statistics_officer"),
    N_("auditor"),       N_("administrator"),   N_("custodian"),
    N_("recovery"),
};

const char *
role_text(const char *role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i], role) == 0)
            return _(roles[i]);
    return role;
}
