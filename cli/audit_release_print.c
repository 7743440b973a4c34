#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_release.h"

/* The first part of the verdict. */
static const char *const wholes[] = {
    [RELEASE_ALTERED] = N_("ALTERED or forged"),
    [RELEASE_WRONG] = N_("NOT WHAT IT SAYS of itself"),
    [RELEASE_UNSAFE] = N_("whole and unaltered"),
    [RELEASE_UNREADABLE] = N_("NOT TO BE READ"),
    [RELEASE_UNVERIFIED] = N_("NOT ALL OF IT COULD BE VERIFIED"),
    [RELEASE_UNPROVED] = N_("whole and unaltered"),
    [RELEASE_GOOD] = N_("whole and unaltered"),
};

static const char *const approvals[] = {
    [APPROVED_NOT] = N_("whether two persons approved it is NOT PROVED"),
    [APPROVED_BY_LOG] = N_("approved by two persons, as the log says"),
    [APPROVED_BY_SIGNATURES] =
        N_("approved by two persons, whose signatures are good"),
};

static const char *const safeties[] = {
    [SAFETY_NOT_JUDGED] = N_("what readers can compute was not judged"),
    [SAFETY_NOT_PROVED] = N_("NOTHING IS PROVED of what readers can compute"),
    [SAFETY_BROKEN] = N_("NOT SAFE"),
    [SAFETY_NOT_PROTECTED] = N_("with exact figures, which nothing protects"),
    [SAFETY_GOOD] = N_("safe"),
};

static void
print_bound(FILE *out, int64_t bound)
{
    if (bound >= FACTS_VALUE_MAX)
        (void)fputs(_("any number"), out);
    else
        (void)fprintf(out, "%" PRId64, bound);
}

static void
put(FILE *out, const char *text)
{
    term_text(out, bytes_text(text), false, 0);
}

static void
print_faults(const struct releasing *r, const struct release_faults *f,
             const char *indent)
{
    FILE *out = r->audit->term.out;

    for (size_t i = 0; i < f->n; i++) {
        (void)fprintf(out, "%s%s", indent, _("FAULT: "));
        if (f->at[i].place[0] != '\0') {
            put(out, f->at[i].place);
            (void)fputs(": ", out);
        }
        (void)fprintf(out, "%s\n", _(f->at[i].reason));
    }
}

static void
print_person(FILE *out, const char *did, const struct release_entry *e)
{
    char when[TIME_SIZE];

    if (!e->is_read)
        return;
    text_time(e->entry.time_ms, when);
    (void)fprintf(out, _("  %s: %s, %s, entry %llu\n"), did, e->asked->actor,
                  when, (unsigned long long)e->entry.index);
}

static void
print_unread(FILE *out, const struct release_dir *d)
{
    if (d->n_unread == 0)
        return;
    (void)fprintf(out, "  %s",
                  _("not judged, because only report.json was "
                    "approved:"));
    for (size_t i = 0; i < d->n_unread && i < RELEASE_UNREAD_MAX; i++) {
        (void)fputc(' ', out);
        put(out, d->unread[i]);
    }
    (void)fputs(d->n_unread > RELEASE_UNREAD_MAX ? " ...\n" : "\n", out);
}

static void
print_dir(const struct releasing *r, const struct release_dir *d)
{
    FILE *out = r->audit->term.out;

    if (d->number != 0)
        (void)fprintf(out, _("Release %llu, in "),
                      (unsigned long long)d->number);
    put(out, d->path);
    if (d->has_document)
        (void)fprintf(out, ": %s", d->figures.profile);
    (void)fputc('\n', out);
    print_person(out, _("asked for"), &d->request);
    print_person(out, _("approved"), &d->approval);
    if (release_approved(d) == APPROVED_BY_LOG)
        (void)fprintf(out, "  %s\n",
                      _("The log has both entries. The two persons' own "
                        "signatures were not checked: that takes the whole log "
                        "(--log)."));
    if (d->has_document && d->published.n_faults == 0)
        (void)fprintf(out,
                      _("  %zu figures, as in its facts and by its rule; %zu "
                        "sums add up\n"),
                      d->published.n_figures, d->published.n_sums);
    print_unread(out, d);
    print_faults(r, &d->faults, "  ");
    if (d->published.n_faults > d->published.n_kept)
        (void)fprintf(out, _("  and %zu more\n"),
                      d->published.n_faults - d->published.n_kept);
}

/* The figure, and who printed it. */
static void
print_figure(FILE *out, const struct facts *f, size_t at)
{
    put(out, f->figures[at].name);
    if (f->n_releases > 1)
        (void)fprintf(out, " (%s)", f->releases[f->figures[at].release]);
}

static void
print_finding(FILE *out, const struct facts *f,
              const struct audit_finding *found)
{
    static const char *const texts[] = {
        [AUDIT_NARROW] = N_("is known too well"),
        [AUDIT_EXACT] = N_("is known exactly"),
        [AUDIT_GROUP] = N_("all, or none, of a group have one secret code"),
    };

    (void)fputs("  ", out);
    print_figure(out, f, found->figure);
    if (found->minus != AUDIT_NONE) {
        (void)fputs(" - ", out);
        print_figure(out, f, found->minus);
    }
    (void)fprintf(out, ": %" PRId64, found->lo);
    if (found->hi != found->lo) {
        (void)fputs(_(" to "), out);
        print_bound(out, found->hi);
    }
    if (found->verdict != AUDIT_SAFE)
        (void)fprintf(out, ", %s", _(texts[found->verdict]));
    if (found->insider) {
        (void)fputs(_(", to who knows to be in "), out);
        print_figure(out, f, found->by);
    }
    if (found->known_before)
        (void)fputs(_(", known before"), out);
    (void)fputc('\n', out);
}

static void
print_audit(const struct releasing *r, const struct release_audit *a)
{
    FILE *out = r->audit->term.out;
    const struct audit_result *found = &a->result;

    if (a->err != SV_OK)
        return; /* it is a fault of the release's */
    (void)fprintf(out,
                  _("Up to release %llu, %s: %zu sets looked at, %zu known too "
                    "well, %zu of them by this release\n"),
                  (unsigned long long)r->dirs[a->dir].number,
                  r->populations[a->population].name, found->n_targets,
                  found->n_findings, found->n_new);
    for (size_t i = 0; i < found->n_findings; i++)
        print_finding(out, release_facts(r, a), &found->findings[i]);
}

static void
print_same(const struct releasing *r, const struct release_population *p)
{
    FILE *out = r->audit->term.out;
    size_t alike = 0;

    for (size_t i = 0; i < p->n_same; i += 2) {
        const struct facts_figure *x = &p->joint.figures[p->same[i]];
        const struct facts_figure *y = &p->joint.figures[p->same[i + 1]];

        if (x->value == y->value) {
            alike++;
            continue;
        }
        (void)fprintf(out, "%s", _("REVISED: "));
        print_figure(out, &p->joint, p->same[i]);
        (void)fprintf(out, " %" PRId64 ", ", x->value);
        print_figure(out, &p->joint, p->same[i + 1]);
        (void)fprintf(out, " %" PRId64 "\n", y->value);
    }
    if (alike > 0)
        (void)fprintf(
            out, _("%s: %zu figures printed again, with the same number\n"),
            p->name, alike);
}

static void
print_intervals(const struct releasing *r, size_t population, bool *begun)
{
    const struct facts *f = &r->populations[population].joint;
    const struct audit_result *found =
        &release_last_audit(r, population)->result;
    FILE *out = r->audit->term.out;

    for (size_t i = 0; found->intervals != NULL && i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];

        if (!release_is_hidden(g))
            continue;
        if (!*begun)
            (void)fprintf(out, "%s\n",
                          _("Of each rounded or hidden figure: what is "
                            "printed, and what follows of it"));
        *begun = true;
        (void)fputs("  ", out);
        print_figure(out, f, i);
        if (g->print == FACTS_ROUNDED)
            (void)fprintf(out, "  %" PRId64, g->value);
        else
            (void)fputs("  x", out);
        (void)fprintf(out, "  [%" PRId64 ", ", found->intervals[i].lo);
        print_bound(out, found->intervals[i].hi);
        (void)fputs("]\n", out);
    }
}

/* What it is about, and what it does not know. */
static void
print_scope(const struct releasing *r)
{
    FILE *out = r->audit->term.out;

    (void)fprintf(out, "%s", _("This is about these releases alone:"));
    for (size_t i = 0; i < r->n; i++)
        if (r->dirs[i].has_document)
            (void)fprintf(out, " %llu", (unsigned long long)r->dirs[i].number);
    (void)fprintf(out, "\n%s",
                  r->has_log ? _("Approved, says the log, and not given:")
                             : _("What else was released cannot be seen "
                                 "without the log (--log)."));
    for (size_t i = 0; i < r->n_missing; i++)
        (void)fprintf(out, " %llu", (unsigned long long)r->missing[i]);
    (void)fputs(r->has_log && r->n_missing == 0 ? _(" none\n") : "\n", out);
}

enum sv_err
release_print(const struct releasing *r)
{
    enum release_class worst = release_worst(r);
    struct buf verdict = BUF_INIT;
    bool begun = false;
    enum sv_err err;

    for (size_t i = 0; i < r->n; i++)
        print_dir(r, &r->dirs[i]);
    print_faults(r, &r->faults, "");
    if (r->is_audited) {
        for (size_t i = 0; i < r->n_audits; i++)
            print_audit(r, &r->audits[i]);
        for (size_t i = 0; i < r->n_populations; i++)
            print_same(r, &r->populations[i]);
        for (size_t i = 0; r->audit->intervals && i < r->n_populations; i++)
            print_intervals(r, i, &begun);
        print_scope(r);
    }
    err = buf_printf(&verdict, _("Verdict: %s; %s; %s."), _(wholes[worst]),
                     _(approvals[release_all_approved(r)]),
                     _(safeties[release_safety(r)]));
    if (err == SV_OK)
        err = buf_append(&verdict, bytes_of("", 1));
    if (err == SV_OK)
        audit_print_verdict(r->audit, (const char *)verdict.ptr);
    buf_free(&verdict);
    return err;
}
