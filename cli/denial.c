#include <string.h>

#include "cli/app.h"

/* The rules of policy/decide.c, in plain words. */
static const struct {
    const char *rule, *text;
} denials[] = {
    {"repeated", N_("this very request was made before")},
    {"clock", N_("the clocks of this device and of the vault differ too "
                 "much")},
    {"seen", N_("the vault never had the log that this device remembers")},
    {"setup", N_("the vault is founded already, or not yet whole")},
    {"no-role", N_("you do not have that role")},
    {"expired", N_("your role has ended")},
    {"purpose", N_("your role may not do this for that purpose")},
    {"act", N_("your role does not do this")},
    {"compartment", N_("your role may not do this with that part of a "
                       "record")},
    {"break-glass", N_("that part is open to your role in emergencies "
                       "only")},
    {"not-assigned", N_("the record is not assigned to you")},
    {"count", N_("the number of records is not one that may be sent at "
                 "once")},
    {"person", N_("nobody with that name can be assigned such records")},
    {"self", N_("nobody does this for herself, or checks her own act")},
    {"keys", N_("that name stands for other keys already, or those keys for "
                "another name")},
    {"held", N_("the person has that role already, or it waits for "
                "confirmation")},
    {"grant", N_("there is no such role")},
    {"until", N_("the end of the role is missing, too far away or past")},
    {"separation", N_("one person must not have both roles")},
    {"proposal", N_("no such proposal waits")},
    {"holder", N_("you do not hold the keys that this role needs")},
};

const char *
denial_text(const char *rule)
{
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
        if (strcmp(denials[i].rule, rule) == 0)
            return _(denials[i].text);
    return NULL;
}
