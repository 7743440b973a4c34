#ifndef SV_AUDIT_NOTE_H
#define SV_AUDIT_NOTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/sign.h"

/*
 * Signed notes (C2SP signed-note):
 *
 *   text ending in LF, LF,
 *   then one or more lines  U+2014 SP key-name SP base64(key id[4] || sig) LF
 *
 * The signed bytes are the text with its final LF.  Signatures begin after
 * the last empty line.
 */
#define NOTE_NAME_MAX 161 /* <origin>/<work name> at their longest */
#define NOTE_TEXT_MAX ((size_t)64 << 10)
#define NOTE_SIGNATURES_MAX 32
#define NOTE_SIGNATURE_MAX 256 /* raw bytes behind the key id */

#define NOTE_TYPE_ED25519 0x01
#define NOTE_TYPE_COSIGNATURE 0x04

struct note_signature {
    struct bytes name;
    uint8_t key_id[4];
    uint8_t raw[NOTE_SIGNATURE_MAX]; /* behind the key id */
    size_t raw_len; /* 0 for a longer one: of a kind that is not known here */
};

/* Borrows from the bytes that were parsed. */
struct note {
    struct bytes text; /* with its final LF: the signed bytes */
    unsigned n;
    struct note_signature signature[NOTE_SIGNATURES_MAX];
};

/* Of 32 places for signatures, those that are used. */
void note_copy(const struct note *n, struct note *out);

/* Non-empty, at most NOTE_NAME_MAX bytes of UTF-8, without spaces of any
 * kind, control characters and '+'. */
bool note_name_ok(struct bytes name);
/* UTF-8 without control characters but LF, with a LF at its end. */
bool note_text_ok(struct bytes text);

/* The first four bytes of SHA-256(name LF type public key). */
void note_key_id(struct bytes name, uint8_t type, const struct sign_public *key,
                 uint8_t out[static 4]);

/* SV_ERR_FORMAT unless all of it is one well-formed note. */
enum sv_err note_parse(struct bytes in, struct note *out);

/* Append the text, an empty line and a signature line (type 0x01) by seed
 * under name.  text must end in LF and hold no control characters. */
enum sv_err note_sign(struct bytes text, const char *name,
                      const struct sign_seed *seed, struct buf *out);
/* Append one more signature line to the note that *out is, whose text is
 * text. */
enum sv_err note_add_signature(struct bytes text, const char *name,
                               const struct sign_seed *seed, struct buf *out);

/* Append a signature line as it stands: key id and 1 to NOTE_SIGNATURE_MAX
 * raw bytes. */
enum sv_err note_line(const char *name, const uint8_t key_id[static 4],
                      struct bytes raw, struct buf *out);

/*
 * Does key, under name, sign this note?  SV_ERR_NOT_FOUND where no signature
 * carries its name and id; SV_ERR_TAMPERED where one does and fails.
 */
enum sv_err note_verify(const struct note *n, const char *name,
                        const struct sign_public *key);

/* vkey text: name+<8 hex of key id>+base64(type || key), and a NUL; the
 * second is for type 0x01. */
#define NOTE_VKEY_SIZE (NOTE_NAME_MAX + 64)
enum sv_err note_vkey_type(const char *name, uint8_t type,
                           const struct sign_public *key,
                           char out[static NOTE_VKEY_SIZE]);
enum sv_err note_vkey(const char *name, const struct sign_public *key,
                      char out[static NOTE_VKEY_SIZE]);
/* SV_ERR_FORMAT where it does not parse, is of another type (NOTE_TYPE_...),
 * or its id does not match.  The second is for type 0x01. */
enum sv_err note_vkey_parse_type(struct bytes vkey, uint8_t type, char *name,
                                 size_t name_size, struct sign_public *key);
enum sv_err note_vkey_parse(struct bytes vkey, char *name, size_t name_size,
                            struct sign_public *key);

#endif
