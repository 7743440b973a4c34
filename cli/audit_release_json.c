#include "cli/audit_release.h"

/* Words stay English: programs read them. */
static const char *const class_words[] = {
    [RELEASE_ALTERED] = "altered",
    [RELEASE_WRONG] = "wrong",
    [RELEASE_UNSAFE] = "unsafe",
    [RELEASE_UNREADABLE] = "unreadable",
    [RELEASE_UNVERIFIED] = "unverified",
    [RELEASE_UNPROVED] = "unproved",
    [RELEASE_GOOD] = "good",
};
static const char *const verdict_words[] = {
    [AUDIT_SAFE] = "safe",
    [AUDIT_NARROW] = "narrow",
    [AUDIT_EXACT] = "exact",
    [AUDIT_GROUP] = "group",
};
static const char *const print_words[] = {
    [FACTS_EXACT] = "exact",
    [FACTS_ROUNDED] = "rounded",
    [FACTS_HIDDEN] = "hidden",
    [FACTS_UNPRINTED] = "unprinted",
};

/* null: no bound. */
static json_t *
json_bound(int64_t bound)
{
    return bound >= FACTS_VALUE_MAX ? json_null() : json_integer(bound);
}

static json_t *
json_faults(const struct release_faults *f)
{
    json_t *out = json_array();

    for (size_t i = 0; i < f->n; i++)
        (void)json_array_append_new(
            out,
            json_pack("{s:s, s:o?, s:s}", "class", class_words[f->at[i].is],
                      "place", json_bytes(bytes_text(f->at[i].place)), "reason",
                      f->at[i].reason));
    return out;
}

static json_t *
json_entry(const struct release_entry *e)
{
    char when[TIME_SIZE];

    if (!e->is_read)
        return json_null();
    text_time(e->entry.time_ms, when);
    return json_pack("{s:s, s:s, s:o, s:b, s:o}", "by", e->asked->actor, "time",
                     when, "entry", audit_json_number(e->entry.index), "in_log",
                     e->is_proved, "signature",
                     e->is_in_log ? json_true() : json_null());
}

static json_t *
json_unread(const struct release_dir *d)
{
    json_t *out = json_array();

    for (size_t i = 0; i < d->n_unread && i < RELEASE_UNREAD_MAX; i++)
        (void)json_array_append_new(out, json_bytes(bytes_text(d->unread[i])));
    return out;
}

static json_t *
json_dir(const struct release_dir *d)
{
    return json_pack(
        "{s:o, s:o?, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "release",
        d->number != 0 ? audit_json_number(d->number) : json_null(),
        "directory", json_bytes(bytes_text(d->path)), "profile",
        d->has_document ? json_string(d->figures.profile) : json_null(),
        "requested", json_entry(&d->request), "approved",
        json_entry(&d->approval), "figures", (json_int_t)d->published.n_figures,
        "sums", (json_int_t)d->published.n_sums, "not_judged", json_unread(d),
        "faults", json_faults(&d->faults));
}

static json_t *
json_figure(const struct facts *f, size_t at)
{
    const struct facts_figure *g = &f->figures[at];

    return json_pack("{s:s, s:s}", "release", f->releases[g->release], "figure",
                     g->name);
}

static json_t *
json_finding(const struct facts *f, const struct audit_finding *found)
{
    return json_pack("{s:o, s:o, s:I, s:o, s:s, s:o, s:b}", "figure",
                     json_figure(f, found->figure), "minus",
                     found->minus != AUDIT_NONE ? json_figure(f, found->minus)
                                                : json_null(),
                     "lo", (json_int_t)found->lo, "hi", json_bound(found->hi),
                     "verdict", verdict_words[found->verdict], "insider",
                     found->insider ? json_figure(f, found->by) : json_null(),
                     "known_before", found->known_before);
}

static json_t *
json_audit(const struct releasing *r, const struct release_audit *a)
{
    json_t *findings = json_array();

    for (size_t i = 0; a->err == SV_OK && i < a->result.n_findings; i++)
        (void)json_array_append_new(
            findings,
            json_finding(release_facts(r, a), &a->result.findings[i]));
    return json_pack("{s:o, s:s, s:b, s:b, s:I, s:I, s:o}", "release",
                     audit_json_number(r->dirs[a->dir].number), "population",
                     r->populations[a->population].name, "exact", a->is_exact,
                     "proved", a->err == SV_OK, "sets",
                     (json_int_t)a->result.n_targets, "new",
                     (json_int_t)a->result.n_new, "findings", findings);
}

static json_t *
json_audits(const struct releasing *r)
{
    json_t *out = json_array();

    for (size_t i = 0; i < r->n_audits; i++)
        (void)json_array_append_new(out, json_audit(r, &r->audits[i]));
    return out;
}

static void
add_revisions(const struct release_population *p, json_t *out)
{
    for (size_t i = 0; i < p->n_same; i += 2) {
        const struct facts_figure *x = &p->joint.figures[p->same[i]];
        const struct facts_figure *y = &p->joint.figures[p->same[i + 1]];

        if (x->value != y->value)
            (void)json_array_append_new(
                out, json_pack("{s:o, s:I, s:o, s:I}", "before",
                               json_figure(&p->joint, p->same[i]), "was",
                               (json_int_t)x->value, "after",
                               json_figure(&p->joint, p->same[i + 1]), "is",
                               (json_int_t)y->value));
    }
}

static void
add_intervals(const struct releasing *r, size_t population, json_t *out)
{
    const struct facts *f = &r->populations[population].joint;
    const struct audit_result *found =
        &release_last_audit(r, population)->result;

    for (size_t i = 0; found->intervals != NULL && i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];

        if (release_is_hidden(g))
            (void)json_array_append_new(
                out,
                json_pack("{s:s, s:s, s:s, s:o, s:I, s:o}", "release",
                          f->releases[g->release], "figure", g->name, "print",
                          print_words[g->print], "value",
                          g->print == FACTS_ROUNDED ? json_integer(g->value)
                                                    : json_null(),
                          "lo", (json_int_t)found->intervals[i].lo, "hi",
                          json_bound(found->intervals[i].hi)));
    }
}

/* null: without the log, nobody can tell. */
static json_t *
json_missing(const struct releasing *r)
{
    json_t *out = r->has_log ? json_array() : json_null();

    for (size_t i = 0; i < r->n_missing; i++)
        (void)json_array_append_new(out, audit_json_number(r->missing[i]));
    return out;
}

enum sv_err
release_json(const struct releasing *r)
{
    enum release_class worst = release_worst(r);
    enum release_safety safe = release_safety(r);
    json_t *dirs = json_array();
    json_t *revisions = json_array(), *intervals = json_array();

    for (size_t i = 0; i < r->n; i++)
        (void)json_array_append_new(dirs, json_dir(&r->dirs[i]));
    for (size_t i = 0; r->is_audited && i < r->n_populations; i++) {
        add_revisions(&r->populations[i], revisions);
        add_intervals(r, i, intervals);
    }
    return term_json(
        &r->audit->term,
        json_pack(
            "{s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o?}", "ok",
            worst == RELEASE_GOOD, "verdict", class_words[worst], "approved",
            release_all_approved(r) == APPROVED_NOT
                ? json_null()
                : json_string(release_all_approved(r) == APPROVED_BY_LOG
                                  ? "log"
                                  : "signatures"),
            "safe",
            safe == SAFETY_NOT_JUDGED || safe == SAFETY_NOT_PROVED
                ? json_null()
                : json_boolean(safe == SAFETY_GOOD),
            "releases", dirs, "faults", json_faults(&r->faults), "audits",
            json_audits(r), "revisions", revisions, "intervals", intervals,
            "missing", json_missing(r), "again", audit_json_repeat(r->audit)));
}
