#ifndef SV_COUNTS_DOCUMENT_INTERNAL_H
#define SV_COUNTS_DOCUMENT_INTERNAL_H

#include "counts/annual_facts.h"
#include "counts/annual_json.h"
#include "counts/document.h"
#include "counts/plan_tally.h"
#include "counts/protect.h"
#include "counts/snapshot.h"

#include "disclosure/audit.h"
#include "disclosure/facts_document.h"

/* What document*.c share. */

/* What earlier releases have told about records of one type. */
struct told {
    char type[NAME_SIZE];
    struct facts facts;
    struct pins pins;
};
#define TOLD_MAX COUNTING_SNAPSHOTS_MAX

/* Which of the two kinds of count a run is; the other's members are NULL. */
struct counting_run {
    const struct schema *schema;
    const struct solver_source *solver; /* NULL: none */
    struct annual_spec spec;
    struct annual *annual;
    struct plan *plan;
    struct tally *tally;
    size_t n_told;
    struct told told[TOLD_MAX]; /* of each type that is counted */
};

/* The figures as they were counted. */
enum sv_err document_figures(const struct counting_run *run,
                             struct figures *out);
/* The figures as facts about one type; out is initialised. */
enum sv_err document_facts(const struct counting_run *run, const char *type,
                           const struct figures *figures,
                           const struct printed *printed, struct facts *out);
/* Had the period that is counted ended on the day as of which it is? */
bool document_is_closed(const struct counting_run *run);
/* The bytes of a report over these figures, which stay the caller's. */
enum sv_err document_report(const struct counting_run *run, const char *profile,
                            struct bytes basis, const struct figures *f,
                            struct buf *out);

/*
 * document_pins.c: what was printed of the figures before.  find: which pin of
 * an earlier release each has; p is zeroed before and stays where it is.  tell:
 * what a figure says that stays, or could not; nothing where none was looked
 * for.
 */
struct document_pins {
    const struct pin **stay; /* owned: of each exact figure, or NULL */
    const struct pin **left; /* owned: what it was and is no more, or NULL */
    struct protect_pins protect; /* for protect_round() */
};
enum sv_err document_pins_find(const struct counting_run *run,
                               const struct printed *printed,
                               const struct figures *exact,
                               struct document_pins *out);
void document_pins_clear(struct document_pins *p); /* accepts zeroed */
enum sv_err document_pins_tell(const struct document_pins *p,
                               const struct figures *exact, struct facts *f);

/* document_release.c: struct counting.result */
enum sv_err document_result(struct counting_run *run,
                            const struct counting_order *order,
                            struct counting_result *out);
/* document_audit.c: what readers could compute of figures that are printed
 * so, beside all that was told before, and with what the plan says is known
 * outside or without; exact: who is an insider of what. */
enum sv_err document_audit(const struct counting_run *run, size_t told,
                           bool with_known, const struct figures *exact,
                           const struct facts *own,
                           const struct facts_rule *rule, struct facts *joint,
                           struct audit_result *out);

#endif
