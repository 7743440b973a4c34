#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/document_internal.h"
#include "counts/plan_derive.h"
#include "counts/plan_facts.h"
#include "counts/plan_nested.h"
#include "counts/plan_trim.h"
#include "counts/protect.h"
#include "counts/risk.h"
#include "counts/risk_audit.h"

/* For the public: multiples of 5, and nobody knows of 1 to 4 people more than
 * that they are 0 to 4. */
#define PUBLIC_SMALL (FIGURES_BASE - 1)
#define PUBLIC_WIDTH (FIGURES_BASE - 1)

/* A release in the making: its figures as they are printed, and as facts. */
struct making {
    const struct counting_run *run;
    const struct counting_order *order;
    char name[FACTS_NAME_SIZE]; /* "release-812" */
    struct printed printed;
    struct facts_rule rule;
    struct figures exact, figures;
    struct figures rounded; /* with the rows that are not shown, which stay
                             * what they were, too */
    struct document_pins pins;
    struct facts_document document;
};

static void
making_clear(struct making *m)
{
    facts_document_clear(&m->document);
    figures_clear(&m->exact);
    figures_clear(&m->figures);
    figures_clear(&m->rounded);
    document_pins_clear(&m->pins);
}

static enum sv_err
making_init(struct making *m, const struct counting_run *run,
            const struct counting_order *order)
{
    memset(m, 0, sizeof *m);
    m->run = run;
    m->order = order;
    figures_init(&m->exact);
    figures_init(&m->figures);
    figures_init(&m->rounded);
    (void)snprintf(m->name, sizeof m->name, "release-%" PRIu64, order->number);
    m->printed.release = m->name;
    if (strcmp(order->profile, RELEASE_PUBLIC) == 0) {
        m->printed.rounded = true;
        m->printed.base = FIGURES_BASE;
        m->rule = (struct facts_rule){FIGURES_BASE, PUBLIC_WIDTH, PUBLIC_SMALL};
    }
    return document_figures(run, &m->exact);
}

/* ---- as facts ---- */

static enum sv_err
make_facts(struct making *m)
{
    struct facts_document *d = &m->document;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->run->n_told && err == SV_OK; i++) {
        struct facts_part *part = &d->parts[d->n];

        facts_init(&part->facts);
        part->rule = m->rule;
        d->n++;
        err = document_facts(m->run, m->run->told[i].type, &m->figures,
                             &m->printed, &part->facts);
        if (err == SV_OK)
            err = document_pins_tell(&m->pins, &m->exact, &part->facts);
    }
    return err;
}

/* ---- the bytes ---- */

static enum sv_err
put_bytes(struct making *m, struct counting_result *out)
{
    struct buf report = BUF_INIT;
    enum sv_err err = document_report(m->run, m->order->profile,
                                      m->order->basis, &m->figures, &report);

    if (err == SV_OK)
        err = facts_document_encode(buf_bytes(&report), m->document.n,
                                    m->document.parts, &out->bytes);
    buf_free(&report);
    return err;
}

/* From here on, what stands in the bytes counts and nothing else. */
static enum sv_err
read_back(struct making *m, const struct counting_result *out)
{
    struct diag where = {0};
    enum sv_err err;

    facts_document_clear(&m->document);
    err = facts_document_decode(buf_bytes(&out->bytes), &m->document, &where);
    return err_verdict(err, SV_ERR_UNVERIFIED);
}

static enum sv_err
put_snapshots(const struct making *m, struct counting_result *out)
{
    bool closed = document_is_closed(m->run);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->document.n && err == SV_OK; i++) {
        const struct facts_part *part = &m->document.parts[i];
        struct counting_snapshot *s = &out->snapshots[out->n++];

        (void)snprintf(s->type, sizeof s->type, "%s", m->run->told[i].type);
        err = snapshot_encode(&part->facts, &part->rule, &m->rounded, closed,
                              &s->bytes);
    }
    return err;
}

/* ---- for the public ---- */

static enum sv_err
round_figures(struct making *m)
{
    enum sv_err err =
        document_pins_find(m->run, &m->printed, &m->exact, &m->pins);

    if (err == SV_OK)
        err = protect_round(&m->exact, &m->pins.protect, m->order->round_key,
                            m->run->solver, &m->rounded, &m->printed.steps);
    if (err == SV_OK)
        err = figures_copy(&m->rounded, &m->figures);
    if (err == SV_OK)
        err = m->run->plan != NULL ? plan_trim(m->run->plan, &m->figures)
                                   : annual_trim(&m->figures);
    if (err == SV_OK && m->run->plan != NULL)
        err = plan_derive(m->run->plan, &m->figures);
    return err;
}

static enum sv_err
audit_one(const struct making *m, size_t at, bool with_known)
{
    const struct facts_part *part = &m->document.parts[at];
    struct audit_result result = {0};
    struct facts joint;
    enum sv_err err;

    facts_init(&joint);
    err = document_audit(m->run, at, with_known, &m->exact, &part->facts,
                         &part->rule, &joint, &result);
    if (err == SV_OK && result.n_new > 0)
        err = SV_ERR_DENIED;
    audit_result_clear(&result);
    facts_clear(&joint);
    return err;
}

/* Nothing leaves of which readers could compute too much: those who know what
 * the plan says they know, and those who do not.  She who wrote the plan may
 * be wrong, or lie, and what contradicts the figures would excuse them. */
static enum sv_err
audit_all(const struct making *m)
{
    bool has_known = m->run->plan != NULL && m->run->plan->n_known > 0;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->document.n && err == SV_OK; i++) {
        err = audit_one(m, i, false);
        if (err == SV_OK && has_known)
            err = audit_one(m, i, true);
    }
    return err;
}

static enum sv_err
make_public(struct making *m, struct counting_result *out)
{
    struct risk_list none = {.has_values = true};
    enum sv_err err = round_figures(m);

    if (err == SV_OK)
        err = make_facts(m);
    if (err == SV_OK)
        err = put_bytes(m, out);
    if (err == SV_OK)
        err = read_back(m, out);
    if (err == SV_OK)
        err = audit_all(m);
    if (err == SV_OK)
        err = put_snapshots(m, out);
    if (err == SV_OK)
        err = risk_encode(&none, true, &out->risk);
    return err == SV_OK ? risk_encode(&none, false, &out->cells) : err;
}

/* ---- exact figures ---- */

/* The same figures as they would be for the public, beside the exact ones. */
static enum sv_err
add_rounded(struct making *m, struct risk_list *risks)
{
    struct figures rounded;
    unsigned steps;
    enum sv_err err =
        document_pins_find(m->run, &m->printed, &m->exact, &m->pins);

    figures_init(&rounded);
    if (err == SV_OK)
        err = protect_round(&m->exact, &m->pins.protect, m->order->round_key,
                            m->run->solver, &rounded, &steps);
    /* For the public they could not be made; how they would look, all the
     * same. */
    if (err == SV_ERR_CONFLICT)
        err = protect_round(&m->exact, NULL, m->order->round_key,
                            m->run->solver, &rounded, &steps);
    if (err == SV_OK)
        err = risk_add_rounded(risks, &m->exact, &rounded);
    figures_clear(&rounded);
    return err;
}

/* What follows from these figures together with those of earlier releases,
 * and with what is known outside. */
static enum sv_err
add_audited(struct making *m, struct risk_list *risks)
{
    const struct facts_rule rule = {.width = PUBLIC_WIDTH,
                                    .small = PUBLIC_SMALL};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->document.n && err == SV_OK; i++) {
        struct audit_result result = {0};
        struct facts joint;

        facts_init(&joint);
        err =
            document_audit(m->run, i, true, &m->exact,
                           &m->document.parts[i].facts, &rule, &joint, &result);
        if (err == SV_OK)
            err = risk_add_audited(risks, &joint, m->name, &result);
        audit_result_clear(&result);
        facts_clear(&joint);
    }
    return err;
}

static enum sv_err
find_risks(struct making *m, struct risk_list *risks)
{
    enum sv_err err = m->run->plan != NULL
                          ? plan_relate_nested(m->run->plan, &m->exact)
                          : SV_OK;

    if (err == SV_OK)
        err = risk_find(&m->exact, risks);
    if (err == SV_OK)
        err = add_audited(m, risks);
    return err == SV_OK ? add_rounded(m, risks) : err;
}

/* What the requester learns before anybody has approved: of the annual
 * report, whose cells are the same for all, which are unsafe; of a plan, whose
 * tables she chose, nothing. */
static enum sv_err
put_cells(const struct counting_run *run, const struct risk_list *risks,
          struct buf *cells)
{
    const char *names[PLAN_TABLES_MAX];
    struct risk_list tables = {0};
    enum sv_err err;

    if (run->annual != NULL)
        return risk_encode(risks, false, cells);
    for (size_t i = 0; i < run->plan->n; i++)
        names[i] = run->plan->tables[i].name;
    err = risk_of_tables(run->plan->n, names, &tables);
    if (err == SV_OK)
        err = risk_encode(&tables, false, cells);
    risk_clear(&tables);
    return err;
}

static enum sv_err
copy_exact(struct making *m)
{
    enum sv_err err = document_figures(m->run, &m->figures);

    return err == SV_OK && m->run->plan != NULL
               ? plan_derive(m->run->plan, &m->figures)
               : err;
}

static enum sv_err
make_exact(struct making *m, struct counting_result *out)
{
    struct risk_list risks = {0};
    enum sv_err err = copy_exact(m);

    if (err == SV_OK)
        err = make_facts(m);
    if (err == SV_OK)
        err = put_bytes(m, out);
    if (err == SV_OK)
        err = read_back(m, out);
    if (err == SV_OK)
        err = find_risks(m, &risks);
    if (err == SV_OK)
        err = risk_encode(&risks, true, &out->risk);
    if (err == SV_OK)
        err = put_cells(m->run, &risks, &out->cells);
    if (err == SV_OK)
        err = put_snapshots(m, out);
    risk_clear(&risks);
    return err;
}

/* A plan's method is a part of what was approved. */
static bool
fits(const struct counting_run *run, const struct counting_order *order)
{
    bool is_public = strcmp(order->profile, RELEASE_PUBLIC) == 0;

    if (run->plan != NULL && is_public != (run->plan->method == PLAN_ROUND))
        return false;
    return text_is_utf8(order->basis) &&
           (is_public || !text_is_blank(order->basis));
}

enum sv_err
document_result(struct counting_run *run, const struct counting_order *order,
                struct counting_result *out)
{
    struct making *m = malloc(sizeof *m);
    enum sv_err err;

    if (m == NULL)
        return SV_ERR_NOMEM;
    if (!fits(run, order)) {
        free(m);
        return SV_ERR_INPUT;
    }
    err = making_init(m, run, order);
    if (err == SV_OK)
        err = m->printed.rounded ? make_public(m, out) : make_exact(m, out);
    making_clear(m);
    wipe(m, sizeof *m);
    free(m);
    if (err != SV_OK)
        counting_result_clear(out);
    return err;
}
