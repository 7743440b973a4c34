#ifndef SV_COUNTS_DIMENSION_H
#define SV_COUNTS_DIMENSION_H

#include "counts/plan_variable.h"

#include "disclosure/facts.h"

/*
 * What plans and yearly reports count by, as dimensions of facts, so that all
 * of them meet in one model.  A dimension is called TYPE.FIELD and has the
 * codes of the field's list and the kinds of missing, but:
 *
 *   age_band           over TYPE.age: 0-17, 18-19, 20+
 *   nationality_group  over TYPE.nationality: the codes of citizenship; who
 *                      has several, one of them Japanese, is JPN, other people
 *                      are of the first one recorded
 *   several values     a dimension no, yes for each code: TYPE.FIELD.CODE;
 *                      of citizenship, JPN is that of TYPE.nationality
 *   the year counted   TYPE.counted.BASIS.calendar|fiscal: the years, other
 */
struct dimension_of {
    struct facts *facts;
    const char *type;
    const struct schema_compartment *coded;
};

/* Narrow the figure to who has one of these codes of v (n_codes of them).
 * SV_ERR_INPUT for several codes of a field with several values: how they
 * overlap is not told. */
enum sv_err dimension_term(const struct dimension_of *d, size_t figure,
                           const struct plan_variable *v, const bool codes[]);
/* The same by the names of field and codes; n 0: the kinds of missing. */
enum sv_err dimension_codes(const struct dimension_of *d, size_t figure,
                            const char *field, size_t n,
                            const char *const codes[]);
/* Who has none of these codes of a field with several values. */
enum sv_err dimension_none(const struct dimension_of *d, size_t figure,
                           const struct plan_variable *v, const bool codes[]);
/* Who has no value of a field with several, though it concerns her. */
enum sv_err dimension_without(const struct dimension_of *d, size_t figure,
                              const char *field);
/* Who is younger, or not, than 18 or 20; or whose age is not known. */
enum dimension_age { DIMENSION_YOUNGER, DIMENSION_OLDER, DIMENSION_NO_AGE };
enum sv_err dimension_age(const struct dimension_of *d, size_t figure,
                          unsigned than, enum dimension_age which);
/* Whose nationality is one of these; n 0: who has none recorded; others: all
 * but these and those. */
enum sv_err dimension_nationality(const struct dimension_of *d, size_t figure,
                                  size_t n, const char *const codes[],
                                  bool others);
/* Of which years there will be figures: a figure counts nobody of a year that
 * comes to be known behind it. */
enum sv_err dimension_years(const struct dimension_of *d, const char *basis,
                            bool fiscal, size_t n, const unsigned years[]);
enum sv_err dimension_year(const struct dimension_of *d, size_t figure,
                           const char *basis, bool fiscal, unsigned year);
/* One of codes that the caller names, all of them being everybody. */
enum sv_err dimension_of_its_own(const struct dimension_of *d, size_t figure,
                                 const char *name, bool secret, size_t n,
                                 const char *const codes[], size_t n_of,
                                 const char *const of[]);

#endif
