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
    {"suspended", N_("you are suspended; an administrator and a supervisor "
                     "bring you back")},
    {"no-role", N_("you do not have that role")},
    {"expired", N_("your role has ended")},
    {"purpose", N_("your role may not do this for that purpose")},
    {"act", N_("your role does not do this")},
    {"limit", N_("you have done this as often as the vault allows in that "
                 "time; wait a while")},
    {"compartment", N_("your role may not do this with that part of a "
                       "record")},
    {"break-glass", N_("that part is open to your role in emergencies "
                       "only")},
    {"not-assigned", N_("the record is not assigned to you")},
    {"due", N_("a key was to be replaced within 72 hours and was not; a "
               "supervisor's next command does it")},
    {"count", N_("the number of records is not one that may be sent at "
                 "once")},
    {"person", N_("nobody with that name works here, or with such records")},
    {"self", N_("nobody does this for herself, or checks her own act")},
    {"keys", N_("that name stands for other keys already, or those keys for "
                "another name")},
    {"held", N_("that is so already, or waits for confirmation")},
    {"many", N_("too many proposals of yours wait; have some confirmed, or "
                "withdraw them with staff revoke")},
    {"grant", N_("there is no such role, or the person does not have it")},
    {"until", N_("the end of the role is missing, too far away or past")},
    {"separation", N_("one person must not have both roles")},
    {"proposal", N_("no such proposal waits")},
    {"holder", N_("you do not hold the keys that this role needs")},
    {"last", N_("nobody else could bring people in or hand on the keys "
                "then; find a successor first")},
    {"flag", N_("no such assignment waits to be acknowledged")},
    {"profile", N_("there is no such profile, or nothing of it to be "
                   "acknowledged")},
    {"release", N_("there is no such release")},
    {"requester", N_("that release was requested by somebody else")},
    {"judged", N_("that release was acknowledged, approved or refused "
                  "already")},
    {"late", N_("that release has expired; it has to be requested anew")},
    {"stale", N_("another release was approved after this one was requested, "
                 "and its risk report does not know it; request it anew")},
    {"acknowledge", N_("its requester has not acknowledged the unsafe cells "
                       "yet")},
    {"bytes", N_("those are not the figures that were requested")},
    {"approval", N_("nobody has approved that release")},
    {"restored", N_("that is not the log that was restored, or the backup "
                    "was made later than now")},
    {"second", N_("two different people are needed, each as administrator, "
                  "supervisor or recovery; or the key for recovery together "
                  "with the gate's sheet")},
};

const char *
denial_text(const char *rule)
{
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++)
        if (strcmp(denials[i].rule, rule) == 0)
            return _(denials[i].text);
    return NULL;
}
