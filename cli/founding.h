#ifndef SV_CLI_FOUNDING_H
#define SV_CLI_FOUNDING_H

#include "cli/app.h"

#define PROFILE_STANDARD "standard"
#define PROFILE_SMALL "small-office"

/* What svault init is told, and svault setup asks for. */
struct founding_plan {
    const char *dir;           /* must not exist yet */
    const char *origin;        /* of the log, for ever */
    const char *profile;       /* NULL: the standard one */
    const char *administrator; /* key files of two people */
    const char *supervisor;
    const char *recovery; /* the card of a third key, or NULL */
    const char *remember; /* what the configuration gets as the vault */
};
/* Check, ask for both passphrases, found, and say what was founded. */
enum exit_code found_vault(struct app *app, const struct founding_plan *plan);

/* Make a key file and its card, as svault key new does. */
enum exit_code make_key(struct app *app, const char *path, const char *name,
                        bool unprotected);

#endif
