#ifndef SV_VAULT_SHEET_H
#define SV_VAULT_SHEET_H

#include "vault/gatekey.h"
#include "vault/keyfile.h"

/*
 * A secret on paper: four lines of base32 (RFC 4648), each with three check
 * characters, so that whoever types them back is told which line is wrong.
 *
 *   content  u8 'A' or 'B', tag[12], secret[32], check[5]: 80 characters
 *   sheet A  the gate's root; the tag is u32 gate epoch and the first 8
 *            bytes of the vault id
 *   sheet B  a user's seed; the tag is the first 12 bytes of
 *            H("sv/v1/card", sign || box || name)
 *   check    the first 5 bytes of H("sv/v1/sheet", all before)
 *
 * A line is 20 characters and 3 check characters: a Reed-Solomon code over
 * GF(32) (x^5 + x^2 + 1, a = x) with the roots a, a^2 and a^3 over the number
 * of the line and its 23 characters.  Up to three wrong characters, and two
 * that are exchanged, are always found.
 */
#define SHEET_LINES 4
#define SHEET_DATA 20      /* characters of a line, and */
#define SHEET_CHECK 3      /* its check characters */
#define SHEET_LINE_SIZE 64 /* "1:  AAAAA ...", and a NUL */

enum sheet_kind { SHEET_GATE = 'A', SHEET_KEY = 'B' };

struct sheet {
    enum sheet_kind kind;
    uint8_t tag[12];
    uint8_t secret[32];
};

/* The values of the characters, 0 to 31, as they are typed line by line. */
struct sheet_typed {
    uint8_t values[SHEET_LINES][SHEET_DATA];
};

void sheet_of_gate(const struct gate_keys *keys, struct sheet *out);
void sheet_of_user(const struct user_keys *keys, const char *name,
                   struct sheet *out);
/* Line 1 to SHEET_LINES, as it is printed. */
void sheet_line(const struct sheet *s, unsigned line,
                char out[static SHEET_LINE_SIZE]);
/*
 * What was typed for this line: small letters, spaces, 0 for O, 1 for I, 8
 * for B and the number in front are all forgiven.  SV_ERR_INPUT.
 */
enum sv_err sheet_type_line(struct sheet_typed *t, unsigned line,
                            struct bytes typed);
/* SV_ERR_INPUT where the lines are not those of one sheet of this kind. */
enum sv_err sheet_decode(const struct sheet_typed *t, enum sheet_kind kind,
                         struct sheet *out);
/* From a whole text: the lines that begin with a number and ':'.
 * SV_ERR_INPUT with *line, or 0 where it is none of them alone. */
enum sv_err sheet_parse(struct bytes text, enum sheet_kind kind,
                        struct sheet *out, unsigned *line);
/* Epoch and root, for who still lacks the vault's id. */
void sheet_gate_keys(const struct sheet *s, struct gate_keys *out);
/* Is it the sheet of this vault? */
bool sheet_is_of(const struct sheet *s, const struct hash *vault);

#endif
