#ifndef SV_VAULT_PIN_H
#define SV_VAULT_PIN_H

#include "audit/checkpoint.h"
#include "policy/roster.h"
#include "vault/identity.h"

/*
 * What a client remembers of its vault, in FILE.head beside the key file:
 * vault id, the last head that it verified, the roster replayed up to there,
 * and the handles of the last list it printed.  A MAC under a key of the
 * user's own seed guards it: who can write the file cannot choose a vault, a
 * gate or a roster for her.
 *
 * The file: magic "SVP", u8 version 1, vault id[32], origin (u8 length), u64
 * size, root[32], head note (u16 length), roster (u32 length), list type (u8
 * length), u16 number of handles, handles[16 each], and the MAC of all that
 * (label "sv/v1/pin", key by kdf label "user/pin").
 */
#define PIN_FILE_MAX ((size_t)4 << 20)
#define PIN_LIST_MAX 1000

struct pin {
    struct hash vault;
    char origin[ORIGIN_SIZE];
    uint64_t size; /* of the last verified head; 0: none yet */
    struct hash root;
    struct buf head_note; /* that head as it was signed; evidence */
    struct roster roster;
    char list_type[NAME_SIZE];
    size_t n_list;
    struct handle *list;
    bool list_is_new; /* by pin_set_list(); not in the file */
};

void pin_init(struct pin *p);
void pin_clear(struct pin *p);

/* What is printed now is the last list: n rows of `size` bytes each, the first
 * of which has its handle at `first` (any address if n is 0). */
enum sv_err pin_set_list(struct pin *p, const char *type, size_t n,
                         const struct handle *first, size_t size);
/*
 * Of what this program remembers and what another one of hers has written
 * since it read the file: which of the two is to be written.  It has the
 * longer log, and the list that was printed last.
 */
struct pin *pin_merge(struct pin *ours, struct pin *theirs);

/* Appended.  SV_ERR_RANGE, SV_ERR_FORMAT for a pin that could not be decoded
 * again. */
enum sv_err pin_encode(const struct pin *p, const struct identity *identity,
                       struct buf *out);
/* SV_ERR_TAMPERED where the MAC fails; SV_ERR_FORMAT, SV_ERR_VERSION. */
enum sv_err pin_decode(struct bytes in, const struct identity *identity,
                       struct pin *out);
/* The vault id alone, not yet authenticated: to refuse the key of another
 * vault before its passphrase is asked for. */
enum sv_err pin_peek(struct bytes in, struct hash *vault);

#endif
