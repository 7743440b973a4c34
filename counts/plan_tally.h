#ifndef SV_COUNTS_PLAN_TALLY_H
#define SV_COUNTS_PLAN_TALLY_H

#include "counts/plan.h"

/*
 * Counting by a plan: one record after the other, then the figures.
 *
 *   TABLE.CODE.CODE        a cell, its codes in the order of the fields
 *   TABLE.CODE.total       a margin; TABLE.total is that of all
 *   TABLE.YEAR.CODE...     where the table compares two years
 *   TABLE.change.CODE...   later less earlier year, where it has the delta
 *
 * A table has the cells of every combination of codes that occur in its
 * records, of either year, or that its where names: zeros too; and of the
 * groups of such codes.  A code of which neither is true has no cell: a list
 * of 250 countries stays short.  Totals that the margins leave out are figures
 * all the same, and unprinted: a reader adds up what is printed.
 *
 * Relations: each margin is the sum of the cells below it, by those fields
 * that have one value a record, and so is each group of its codes; a total is
 * the sum of groups and of codes in none.  By a field with several values they
 * add up to nothing and no relation is made.  A change and the earlier figure
 * are the later one.
 */
struct tally; /* holds counts and the codes of the last record */

/* plan is borrowed until the tally is freed. */
enum sv_err tally_new(const struct plan *plan, struct tally **out);
void tally_free(struct tally *t); /* accepts NULL */

/*
 * Count one record of this type; one of another type than the plan's is
 * passed over.
 *
 *   key    the record's, the same in every count
 *   coded  its content in the plan's compartment
 *
 * SV_ERR_USAGE for the content of another compartment; SV_ERR_FORMAT for a
 * value that is none of its list.
 */
enum sv_err tally_add(struct tally *t, const char *type, uint64_t key,
                      const struct content *coded);

/* out is set, not appended to. */
enum sv_err tally_end(const struct tally *t, struct figures *out);

/*
 * What may be seen without a release: every figure of tally_end() rounded by
 * figures_round(), a change as the difference of rounded figures; those that
 * come to 0 are left out, so that no row tells that somebody is in it, and
 * those of groups of codes, which somebody chose.  No relation holds any more.
 */
enum sv_err plan_preview(const struct plan *p, const struct figures *exact,
                         const uint8_t round_key[32], struct figures *out);

#endif
