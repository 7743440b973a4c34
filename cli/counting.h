#ifndef SV_CLI_COUNTING_H
#define SV_CLI_COUNTING_H

#include "cli/app.h"
#include "counts/annual_spec.h"
#include "counts/document.h"
#include "counts/plan.h"
#include "vault/client_release.h"

/* What the commands of counts, report and release share. */

/* The options that say which yearly report is meant. */
struct annual_options {
    const char *year, *authority, *as_of, *minor_age;
    bool fiscal;
};
#define ANNUAL_FLAGS(o)                                                        \
    {"year", 0, &(o).year, NULL}, {"authority", 0, &(o).authority, NULL},      \
        {"as-of", 0, &(o).as_of, NULL},                                        \
        {"minor-age", 0, &(o).minor_age, NULL},                                \
    {                                                                          \
        "fiscal", 0, NULL, &(o).fiscal                                         \
    }

/* How a report is asked for; nothing is kept of the answer. */
typedef enum sv_err (*counting_try_fn)(struct client *c, struct bytes spec);
/* Their text, appended.  Reports: *code.  As of a day to come it is asked for
 * all the same, so that the attempt stands in the log. */
bool counting_annual_spec(struct app *app, const struct annual_options *o,
                          counting_try_fn attempt, struct buf *spec,
                          enum exit_code *code);
/* A plan's canonical text, appended.  Reports: *code.  A faulty plan, or one
 * that is not for a preview where that is wanted, is asked for all the same,
 * so that the attempt stands in the log; NULL: nobody attempts anything. */
bool counting_plan_spec(struct app *app, const char *path, bool preview,
                        counting_try_fn attempt, struct buf *spec,
                        enum exit_code *code);
/* Say so where it is as of a day before the vault was founded: its zeros are
 * no figures of anything. */
void counting_say_empty(struct session *s, struct bytes spec);
/* Ask for a preview and print it. */
enum exit_code counting_preview(struct app *app, struct bytes spec);
/* A report for people, or with --json as it is. */
enum exit_code counting_print(struct app *app, const struct schema *schema,
                              struct bytes json);

#endif
