#ifndef SV_VAULT_FOLD_H
#define SV_VAULT_FOLD_H

#include "base/text.h"

/*
 * The form in which words are compared: what sounds or is meant the same has
 * one.  Every kind is NFKC_Casefold (utf8proc: COMPOSE, COMPAT, CASEFOLD,
 * IGNORE) first; then
 *
 *   number  no white space, no U+0300 to U+036F; each dash (category Pd),
 *           U+2212 and U+30FC is '-'
 *   phone   the digits 0 to 9; a '+' before the first is 00; then 0081 in
 *           front is 0, or nothing where a 0 follows, again until there is
 *           none
 *   name    1. white space, dashes, ' . U+2019 U+30FB U+30FC and U+0300 to
 *              U+036F are left out
 *           2. kana of either kind become Kunrei romaji (fold.c has the
 *              table; si ti tu hu zi, du and di as zu and zi, wo as o).  A
 *              small vowel or small ya yu yo takes the place of the vowel
 *              before it; behind hu, tu, u it makes f, ts, w; a small e
 *              behind si ti zi makes sye tye zye.  A small tu doubles the
 *              consonant behind it.  U+309D and U+30FD repeat the kana.
 *           3. Latin letters (to U+024F, U+1E00 to U+1EFF) lose their marks;
 *              old forms of characters in names become the common ones, by
 *              the table in fold.c
 *           4. spellings, again until nothing changes, the first that fits
 *              at a place: tchi cchi tti, likewise with a u o (ttya ...);
 *              shi sha shu sho she si sya syu syo sye; chi cha chu cho che
 *              ti tya tyu tyo tye; tsu tu; jya jyu jyo zya zyu zyo; dzu zu;
 *              fu hu; ji ja ju jo je zi zya zyu zyo zye; du zu; mb mp mm nb
 *              np nm; l r; v b; aa ii uu ee oo ou a i u e o o; oh before
 *              what is none of a i u e o y: o
 *
 * so that Sato, Satō, Satou, Satoh, さとう and ｻﾄｳ meet.  Folding what is
 * folded changes nothing.
 */
enum fold_kind { FOLD_NAME, FOLD_NUMBER, FOLD_PHONE, FOLD_KINDS };
#define FOLD_MAX 255 /* bytes of a folded word */

/* "name", "number", "phone". */
const char *fold_kind_name(enum fold_kind kind);
/* SV_ERR_NOT_FOUND */
enum sv_err fold_kind_parse(struct bytes name, enum fold_kind *out);

/* Appended; nothing where nothing is left.  SV_ERR_FORMAT for broken UTF-8,
 * SV_ERR_RANGE over FOLD_MAX. */
enum sv_err fold_word(enum fold_kind kind, struct bytes word, struct buf *out);

/* The next word of a line: between white space of any width, commas and the
 * dots between foreign names.  False at the end. */
bool fold_next(struct bytes *line, struct bytes *word);

#endif
