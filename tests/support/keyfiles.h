#ifndef SV_TESTS_SUPPORT_KEYFILES_H
#define SV_TESTS_SUPPORT_KEYFILES_H

#include "tests/support/support.h"
#include "vault/keyfile.h"

/*
 * Two key files of one seed, always the same.  A passphrase is derived once
 * for the group: each derivation takes half a second, so the tests count them.
 */
struct keyfiles {
    uint8_t seed[SEED_LEN];
    struct user_keys keys;
    struct buf open;               /* an unprotected file */
    struct buf locked;             /* the same seed under the passphrase */
    uint8_t kek[PASSWORD_KEY_LEN]; /* of the passphrase and locked's salt */
};

#define KEYFILES_NAME "case-1"
#define KEYFILES_PASSPHRASE "tanuki-asari-kujira"

/* Where the fields of a file for this name stand. */
#define SUITE_AT 3
#define NAME_AT 5
#define SIGN_AT 11
#define PROTECTION_AT 75
#define SEED_AT 76
#define N_SLOTS_AT 76
#define SLOT_AT 77
#define PASSES_AT 78
#define MEMORY_AT 82
#define SALT_AT 86
#define SEALED_AT 102
#define SLOT_LEN (1 + 4 + 4 + PASSWORD_SALT_LEN + SEED_LEN + CB1_OVERHEAD)

/* For cmocka, once for the group. */
int keyfiles_set_up(void **state);
int keyfiles_tear_down(void **state);
/* The keys of that seed, and of one that differs in a bit. */
struct user_keys keyfiles_keys(void);
struct user_keys keyfiles_other_keys(void);

/* Parse; what is refused leaves nothing behind. */
enum sv_err keyfiles_parse(struct bytes in);
/* Parse and unlock; failing wipes the keys.  out may be NULL. */
enum sv_err keyfiles_unlock(struct bytes in, const char *passphrase,
                            struct user_keys *out);

#endif
