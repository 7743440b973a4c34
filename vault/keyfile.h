#ifndef SV_VAULT_KEYFILE_H
#define SV_VAULT_KEYFILE_H

#include "base/file.h"
#include "base/text.h"
#include "crypto/arena.h"
#include "crypto/cb1.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "crypto/ps1.h"
#include "crypto/sign.h"
#include "crypto/words.h"

/*
 * A user's key file: one 32-byte seed from which the Ed25519 and X25519 keys
 * derive, wrapped by up to KEYFILE_SLOTS_MAX passphrase slots, or stored as
 * it is ("unprotected", for service accounts and tests).  The public halves
 * and the work name stand in clear and are bound into every slot.
 */
#define KEYFILE_SLOTS_MAX 4
#define KEYFILE_MAX 4096
#define SEED_LEN 32

/* The secrets of an unlocked key file; lives in an arena. */
struct user_keys {
    uint8_t seed[SEED_LEN];
    struct sign_seed sign;
    struct box_secret box;
    struct box_public own; /* of box: agreeing needs both halves */
};

/* A person's public side, as on her key card. */
struct card {
    char name[NAME_SIZE];
    struct sign_public sign;
    struct box_public box;
};

/*
 * The file: magic "SVK", u8 suite 1, name (u8 length), sign[32], box[32], u8
 * protection.  0, unprotected: the seed.  1, passphrase: u8 number of slots,
 * and for each u8 kind, u32 passes, u32 KiB, salt[16], sealed[104], which is
 * CB1(key of that passphrase, "uk", all before the number of slots || the
 * slot's own kind, passes, KiB and salt, seed).
 */
enum slot_kind { SLOT_UNPROTECTED = 0, SLOT_PASSPHRASE = 1 };

struct keyfile {
    struct card card;
    bool unprotected;
    unsigned n_slots;
    struct keyfile_slot {
        enum slot_kind kind;
        struct password_cost cost;
        uint8_t salt[PASSWORD_SALT_LEN];
        uint8_t sealed[SEED_LEN + CB1_OVERHEAD];
    } slots[KEYFILE_SLOTS_MAX];
    uint8_t seed[SEED_LEN]; /* only where unprotected */
};

/*
 * A new file's content, appended.  passphrase (NFKC already applied by the
 * caller) is empty for an unprotected one.  SV_ERR_FORMAT for a bad name,
 * SV_ERR_RANGE over PASSWORD_MAX_LEN, SV_ERR_NOMEM while deriving.
 */
enum sv_err keyfile_make(const struct rng *rng, const char *name,
                         struct bytes passphrase, struct buf *out);
/* The same from a seed that is there already: a sheet's. */
enum sv_err keyfile_of_seed(const struct rng *rng,
                            const uint8_t seed[static SEED_LEN],
                            const char *name, struct bytes passphrase,
                            struct buf *out);
/*
 * Parse and check everything that needs no secret: lengths, version
 * (SV_ERR_VERSION), cost floors and ceilings (SV_ERR_RANGE), SV_ERR_FORMAT.
 * Nothing is derived.
 */
enum sv_err keyfile_parse(struct bytes in, struct keyfile *out);
void keyfile_wipe(struct keyfile *k);
/*
 * Derive and open.  SV_ERR_DENIED for a wrong passphrase, for an altered
 * slot or header and for public halves that are not the seed's alike;
 * SV_ERR_NOMEM.  keys is wiped on failure.
 */
enum sv_err keyfile_unlock(const struct keyfile *k, struct bytes passphrase,
                           struct user_keys *keys);
/* The same seed under a new passphrase, which is not empty (SV_ERR_USAGE):
 * all slots are replaced by one.  SV_ERR_DENIED where keys are not those of
 * k; otherwise as for keyfile_make(). */
enum sv_err keyfile_rewrap(const struct rng *rng, const struct keyfile *k,
                           const struct user_keys *keys,
                           struct bytes passphrase, struct buf *out);

void user_keys_derive(const uint8_t seed[static SEED_LEN],
                      struct user_keys *out);
void card_of(const struct user_keys *keys, const char *name, struct card *out);

/*
 * A key card (FILE.pub): a note, signed by the card's own key under the work
 * name: lines "svault/card/v1", "name", "sign", "box" and "fingerprint" (ten
 * words, for people).  Parsing verifies signature and fingerprint:
 * SV_ERR_TAMPERED; SV_ERR_FORMAT, SV_ERR_VERSION.
 */
#define CARD_MAX 2048
enum sv_err card_encode(const struct user_keys *keys, const char *name,
                        struct buf *out);
enum sv_err card_parse(struct bytes in, struct card *out);
/* Ten words over both keys and the name (crypto/words.h). */
void card_fingerprint(const struct card *c, char out[static WORDS_TEXT_SIZE]);
/* The hash that they are the first bits of. */
void card_hash(const struct card *c, uint8_t out[static DIGEST_LEN]);

#endif
