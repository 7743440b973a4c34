#include "counts/risk_audit.h"

#include <string.h>

#include "base/text.h"

#define OUTSIDE "outside" /* begins releases of what is known outside */

struct adding {
    struct risk_list *risks;
    const struct facts *facts;
    const char *own;
};

static const char *
release_of(const struct adding *a, size_t figure)
{
    return a->facts->releases[a->facts->figures[figure].release];
}

static bool
is_own(const struct adding *a, size_t figure)
{
    return strcmp(release_of(a, figure), a->own) == 0;
}

/* "victims.total", or with " in release-812" behind it. */
static enum sv_err
put_figure(const struct adding *a, size_t figure, struct buf *out)
{
    enum sv_err err = buf_text(out, a->facts->figures[figure].name);

    return err != SV_OK || is_own(a, figure)
               ? err
               : buf_printf(out, " in %s", release_of(a, figure));
}

static enum sv_err
put_expression(const struct adding *a, const struct audit_finding *f,
               struct buf *out)
{
    enum sv_err err = put_figure(a, f->figure, out);

    if (err == SV_OK && f->minus != AUDIT_NONE) {
        err = buf_text(out, " - ");
        if (err == SV_OK)
            err = put_figure(a, f->minus, out);
    }
    return err;
}

/* Does the release print this very set itself?  Then what it says of it is
 * listed as its own; on_day: of the same day. */
static bool
is_printed(const struct adding *a, size_t figure, bool on_day)
{
    const struct facts_figure *of = &a->facts->figures[figure];

    for (size_t i = 0; i < a->facts->n_figures; i++) {
        const struct facts_figure *f = &a->facts->figures[i];

        if (is_own(a, i) && f->print == FACTS_EXACT &&
            (!on_day || strcmp(f->as_of, of->as_of) == 0) &&
            facts_same_set(f, of, a->facts))
            return true;
    }
    return is_own(a, figure);
}

/* A set that only the facts name: the codes for which there is no row. */
static bool
is_unnamed(const struct adding *a, size_t figure)
{
    static const char end[] = "-others";
    const char *name = a->facts->figures[figure].name;
    size_t n = strlen(name), k = sizeof end - 1;

    return n > k && strcmp(name + n - k, end) == 0;
}

/* Does it take the figures of somebody else?  A figure that is printed as it
 * is says what it says without any audit. */
static bool
is_joint(const struct adding *a, const struct audit_finding *f)
{
    bool own = is_own(a, f->figure);
    bool alone = f->minus == AUDIT_NONE;

    if (is_unnamed(a, f->figure) || (!alone && is_unnamed(a, f->minus)))
        return false;
    /* One of both is hers: the other says more only of another day. */
    if (own || (!alone && is_own(a, f->minus)))
        return !alone && !is_printed(a, own ? f->minus : f->figure, true);
    return !is_printed(a, f->figure, false) ||
           (!alone && !is_printed(a, f->minus, false));
}

static enum risk_kind
kind_of(const struct adding *a, const struct audit_finding *f)
{
    size_t n = strlen(OUTSIDE);
    bool outside = strncmp(release_of(a, f->figure), OUTSIDE, n) == 0 ||
                   (f->minus != AUDIT_NONE &&
                    strncmp(release_of(a, f->minus), OUTSIDE, n) == 0);

    return outside ? RISK_OUTSIDE : RISK_EARLIER;
}

static enum sv_err
add(const struct adding *a, const struct audit_finding *f)
{
    size_t named =
        is_own(a, f->figure) || f->minus == AUDIT_NONE ? f->figure : f->minus;
    struct buf expression = BUF_INIT;
    enum sv_err err = put_expression(a, f, &expression);

    if (err == SV_OK)
        err = risk_add(a->risks, kind_of(a, f), a->facts->figures[named].name,
                       buf_bytes(&expression), f->lo, f->hi);
    buf_free(&expression);
    return err;
}

enum sv_err
risk_add_audited(struct risk_list *risks, const struct facts *joint,
                 const char *own, const struct audit_result *result)
{
    const struct adding a = {risks, joint, own};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < result->n_findings && err == SV_OK; i++) {
        const struct audit_finding *f = &result->findings[i];

        if (f->known_before || f->insider || f->verdict == AUDIT_GROUP ||
            f->hi < 1 || f->hi > RISK_SMALL_MAX || !is_joint(&a, f))
            continue;
        err = add(&a, f);
    }
    return err;
}

enum sv_err
risk_add_rounded(struct risk_list *risks, const struct figures *exact,
                 const struct figures *rounded)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < rounded->n && err == SV_OK; i++) {
        const struct figure *f = &rounded->at[i];
        size_t at;

        if (f->known && !f->is_change && !f->unprinted &&
            figures_find(exact, f->name, &at) == SV_OK)
            err = risk_add(risks, RISK_ROUNDED, f->name, bytes_text(f->name),
                           exact->at[at].value, f->value);
    }
    return err;
}
