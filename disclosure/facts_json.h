#ifndef SV_DISCLOSURE_FACTS_JSON_H
#define SV_DISCLOSURE_FACTS_JSON_H

#include <jansson.h>

#include "disclosure/facts.h"

/*
 * The facts of one release as one JSON value in one form: members sorted, no
 * blanks.  It stands in the released report, so that an outsider can make the
 * audit again.
 *
 *   dimensions   of each {codes, name, population, secret}
 *   figures      of each {as_of, in, name, population, print}, and
 *                  in        its terms: {DIMENSION: [CODE, ...]}, codes in
 *                            the order of the dimension
 *                  print     "exact", "rounded", "hidden", "unprinted"
 *                  value     what stands there: exact and rounded figures
 *                  steps     1, where a rounded one may be one more step off
 *                  at_least  1, where a hidden one is never 0
 *                names are unique
 *   format       "svault/facts/v1"
 *   populations  their names
 *   release      its name; "outside" for what others printed
 *   rule         {base, small, width}, or null for exact figures
 *   statements   of each {factors, figures, hi, lo}: figures by their place
 *                in the list, a bound that is none is null
 */
#define FACTS_JSON_MAX ((size_t)128 << 20)

/* How the release protects its figures; base 0: not at all. */
struct facts_rule {
    int64_t base;  /* printed figures are multiples of it */
    int64_t width; /* of the interval of a protected figure, at least */
    int64_t small; /* figures of 1 to this many are protected */
};

/*
 * f has one release, which knows all dimensions of f.  SV_ERR_RANGE for more
 * or none; SV_ERR_FORMAT for a rounded figure that does not follow the rule,
 * and where two figures have one name.
 */
enum sv_err facts_json_make(const struct facts *f,
                            const struct facts_rule *rule, json_t **out);
/* The text, appended. */
enum sv_err facts_json_encode(const struct facts *f,
                              const struct facts_rule *rule, struct buf *out);

/*
 * SV_ERR_FORMAT for all but what facts_json_make() gives (the order of
 * members apart, which a json_t does not have); where says what is wrong and
 * at which place, as in figures[12].value.  out is an empty one.
 */
enum sv_err facts_json_read(const json_t *json, struct facts *out,
                            struct facts_rule *rule, struct diag *where);
/* The same from a text, byte for byte what facts_json_encode() writes. */
enum sv_err facts_json_decode(struct bytes in, struct facts *out,
                              struct facts_rule *rule, struct diag *where);

#endif
