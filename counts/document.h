#ifndef SV_COUNTS_DOCUMENT_H
#define SV_COUNTS_DOCUMENT_H

#include "counts/document_tables.h"
#include "vault/counting.h"

#include "disclosure/solver.h"

/*
 * What counts make, whichever kind it is: a yearly report or the tables of a
 * plan.  Its bytes are the JSON that is released; text and CSV follow from
 * them, by anybody, without a vault.
 */

/* For struct gate_config.counting.  solver is borrowed; with NULL, nothing
 * is released for the public. */
void document_counting(const struct solver_source *solver,
                       struct counting *out);

/* The last millisecond as of which this counts (a plan, or a year asked for).
 * SV_ERR_INPUT where it is none by this schema. */
enum sv_err document_as_of(const struct schema *schema, struct bytes spec,
                           uint64_t *ms);

/* The profile that a plan's method asks for; NULL: a yearly report has
 * either. */
const char *document_profile(struct bytes spec);

/* Is this what may be seen without a release? */
bool document_is_preview(struct bytes json);
/* As a table for people, with labels from the schema; appended.
 * SV_ERR_FORMAT where the bytes are no document of ours. */
enum sv_err document_text(struct bytes json, const struct schema *schema,
                          enum schema_lang lang, struct buf *out);
/* name,value,reason; appended. */
enum sv_err document_csv(struct bytes json, struct buf *out);
/* What pages and workbooks are drawn from.  SV_ERR_FORMAT also for a preview,
 * which is no release.  Empty after an error; clear it. */
enum sv_err document_tables(struct bytes json, const struct schema *schema,
                            enum schema_lang lang, struct document_tables *out);

/* Is it what was asked for, by a plan or for a year, on that legal basis?
 * SV_ERR_TAMPERED; SV_ERR_FORMAT where it is no document. */
enum sv_err document_check_asked(struct bytes json, const struct schema *schema,
                                 struct bytes spec, struct bytes basis);

#endif
