#ifndef SV_COUNTS_LABEL_H
#define SV_COUNTS_LABEL_H

#include "vault/schema.h"

/*
 * The figures of a report or a plan in words: "victims.gender.male" is
 * "Victim: Gender: Male".
 */
struct label;

/* spec: what was asked for, a plan or a year.  SV_ERR_INPUT where it is not
 * one by this schema, which must outlive it. */
enum sv_err label_new(const struct schema *schema, struct bytes spec,
                      enum schema_lang lang, struct label **out);
void label_free(struct label *l); /* accepts NULL */

/* An expression (risk.h) with labels in the place of names, appended; a name
 * without a label stays, and all of them where l is NULL. */
enum sv_err label_expression(const struct label *l, const char *expression,
                             struct buf *out);

#endif
