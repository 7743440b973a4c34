#ifndef SV_BASE_TEXT_H
#define SV_BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* A work name, role, compartment, purpose, field or code: 1 to 32 bytes. */
#define NAME_MAX_LEN 32
#define NAME_SIZE (NAME_MAX_LEN + 1)

/* [a-z0-9-]{1,32}: a staff member's work name. */
bool text_is_work_name(struct bytes t);
/* [a-z0-9_]{1,32}: a role, compartment, purpose, type, field or code. */
bool text_is_code(struct bytes t);

/* Copy t with a NUL behind it.  SV_ERR_RANGE where it does not fit;
 * SV_ERR_FORMAT where t holds a NUL. */
enum sv_err text_copy(struct bytes t, char *out, size_t size);
bool text_is(struct bytes t, const char *word);

/* Decimal digits only, no sign, no leading zero, from min to max. */
enum sv_err text_u64(struct bytes t, uint64_t min, uint64_t max, uint64_t *out);
enum sv_err text_u64_append(struct buf *out, uint64_t n);

/* Lower-case hex.  out gets 2 * b.len characters and a NUL. */
void text_hex(struct bytes b, char *out);
/* Exactly n bytes from 2 * n lower-case digits. */
enum sv_err text_unhex(struct bytes t, uint8_t *out, size_t n);

/* RFC 4648 section 4, padded.  Size with the NUL for n bytes. */
#define BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)
void text_base64(struct bytes b, char *out);
enum sv_err text_base64_append(struct buf *out, struct bytes b);
/* Canonical only: right padding, zero trailing bits.  Appended to out. */
enum sv_err text_unbase64(struct bytes t, struct buf *out);
/* The same to where there is room for max bytes; SV_ERR_RANGE where it has
 * more.  Needs no memory, so that a parser of it cannot lack any. */
enum sv_err text_unbase64_to(struct bytes t, uint8_t *out, size_t max,
                             size_t *len);
/* The same for a known length. SV_ERR_FORMAT where it is another. */
enum sv_err text_unbase64_n(struct bytes t, uint8_t *out, size_t n);

/* Nothing, or nothing but spaces: of ASCII, and the wide one of Japanese. */
bool text_is_blank(struct bytes t);
/* Valid UTF-8 (no surrogates, no overlong forms) without a NUL. */
bool text_is_utf8(struct bytes t);

/*
 * The next line of *rest without its LF, moving *rest behind it.  False at
 * the end, and where the last line has no LF.
 */
bool text_line(struct bytes *rest, struct bytes *line);
/* If *t begins with word, move *t behind it. */
bool text_skip(struct bytes *t, const char *word);
/* Cut *t at the first sep: the part before goes to *head.  Without a sep,
 * all of it; false where *t is empty already. */
bool text_split(struct bytes *t, char sep, struct bytes *head);

/*
 * Append t so that a terminal shows it and obeys nothing in it: control
 * characters (C0 but for LF where keep_lf, DEL, C1), bidi overrides,
 * isolates and marks, line and paragraph separators, and broken UTF-8 come
 * out as <U+XXXX> or <XX>.
 */
enum sv_err text_inert(struct buf *out, struct bytes t, bool keep_lf);
/* The same for the first character alone, which is taken off t; needs no
 * memory.  t must not be empty. */
#define INERT_MAX 10
size_t text_inert_first(struct bytes *t, bool keep_lf,
                        uint8_t out[static INERT_MAX]);

/* NFKC (Unicode), appended to out.  SV_ERR_FORMAT for broken UTF-8. */
enum sv_err text_nfkc(struct bytes t, struct buf *out);

/* A calendar date YYYY-MM-DD that exists, 1900 to 2199. */
bool text_is_date(struct bytes t);
/* YYYY-MM-DDThh:mm:ssZ of milliseconds since 1970, and a NUL. */
#define TIME_SIZE 21
void text_time(uint64_t unix_ms, char out[static TIME_SIZE]);

#endif
