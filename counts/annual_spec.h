#ifndef SV_COUNTS_ANNUAL_SPEC_H
#define SV_COUNTS_ANNUAL_SPEC_H

#include "vault/schema.h"

/*
 * What a yearly report is asked for, as a text:
 *
 *   svault/annual/v1
 *   year <n>                     1990 to 2199
 *   authority <code>             of the list counting_authority
 *   period calendar|fiscal
 *   as-of <YYYY-MM-DD>           not before the year begins
 *   minor-age 18|20              minors are younger: the ages of majority
 *                                that Japan has had; any other edge would
 *                                fence in who is between two of them
 */
#define ANNUAL_YEAR_MIN 1990
#define ANNUAL_YEAR_MAX 2199
#define ANNUAL_DATE_SIZE 11
#define ANNUAL_NATIONAL "national" /* the authority unless one is named */

struct annual_spec {
    unsigned year;
    char authority[NAME_SIZE];
    bool fiscal; /* April of the year to March, else January to December */
    char as_of[ANNUAL_DATE_SIZE];
    unsigned minor_age;
};

/* The rules above; SV_ERR_INPUT with the line's name in *where.  schema may
 * be NULL: then an authority is any code. */
enum sv_err annual_spec_check(const struct annual_spec *spec,
                              const struct schema *schema, struct diag *where);
/* The codes of authorities; NULL where the schema has none. */
const struct schema_list *annual_spec_authorities(const struct schema *schema);
/* Nothing is counted as of a day after this one. */
enum sv_err annual_spec_check_today(const struct annual_spec *spec,
                                    const char *today, struct diag *where);
/* Appended. */
enum sv_err annual_spec_encode(const struct annual_spec *spec, struct buf *out);
/* SV_ERR_INPUT with line, name and reason in *where. */
enum sv_err annual_spec_parse(struct bytes text, const struct schema *schema,
                              struct annual_spec *out, struct diag *where);

/* The period of this year: its first and its last day. */
void annual_spec_period(const struct annual_spec *spec, unsigned year,
                        char first[static ANNUAL_DATE_SIZE],
                        char last[static ANNUAL_DATE_SIZE]);

/* Days are those of Japan, UTC+9: the date at this time, and the last
 * millisecond of the day as of which is counted. */
void annual_spec_today(uint64_t now_ms, char out[static ANNUAL_DATE_SIZE]);
uint64_t annual_spec_as_of_ms(const struct annual_spec *spec);
uint64_t annual_day_end_ms(const char *date); /* YYYY-MM-DD */

#endif
