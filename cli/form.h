#ifndef SV_CLI_FORM_H
#define SV_CLI_FORM_H

#include "cli/term.h"
#include "vault/content.h"

#define FORM_SHORT_LIST 20 /* codes shown without being asked for */

/*
 * A form in the terminal: field by field, the label in the user's language.
 *
 *   a code    chosen by its number or by a unique prefix of code or label;
 *             several with spaces or ';' where the field is repeated
 *   + - and a value  add to and remove from a repeated field
 *   a date    also as 2022/12/01, R4.12.1 or with the era in kanji
 *   Enter     keeps what is there (not asked, in a new record)
 *   ?         explains the field and lists its codes; ? ph those with "ph"
 *   <         goes back one field
 *   missing   asks which kind of missing
 *   .         leaves the rest as it is and goes to the summary
 *
 * At the end it shows a summary of what was changed and asks whether to
 * save.  Nothing is written to any file.  SV_ERR_INTERRUPTED where the person
 * stopped it (Ctrl-C, end of input, or "no" at the end) or changed nothing:
 * it has said so, and the caller need not.
 *
 *   type      whose compartment it is, for the checks over several of its
 *             fields
 *   content   what is there now, changed in place; unless it is an addition,
 *             every field is given afterwards
 */
enum sv_err form_fill(struct term *t, enum schema_lang lang,
                      const struct schema_type *type, struct content *content,
                      bool addition);
/* All compartments of a new record, one after the other, then the checks
 * over several fields, then the summary.  Fields may stay not given. */
enum sv_err form_new_record(struct term *t, enum schema_lang lang,
                            struct draft *draft);
/* The same once more, with what was typed, where the vault did not take it:
 * from the field that fault->column names.  NULL: a new one. */
enum sv_err form_mend_record(struct term *t, enum schema_lang lang,
                             struct draft *draft, const struct diag *fault);

/* A field's value as people read it, appended: labels, not codes; values
 * joined; the kind of missing in words.  Not inert yet. */
enum sv_err form_text(enum schema_lang lang, const struct content *content,
                      size_t field, struct buf *out);
/* A label in lang, in English where it has none, or the name itself. */
const char *form_label(const char *const label[SCHEMA_LANGS],
                       enum schema_lang lang, const char *name);

/* Print a compartment's given fields, labels and values in lang, aligned; its
 * heading is the caller's. */
enum sv_err form_print(struct term *t, enum schema_lang lang,
                       const struct content *content);
/* The same as JSON: codes and values, not labels; NULL without memory. */
json_t *form_json(const struct content *content);

#endif
