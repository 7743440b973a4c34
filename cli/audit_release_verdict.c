/* What is to be said of all releases together: read off what was found. */

#include "cli/audit_release.h"

enum release_class
release_worst(const struct releasing *r)
{
    enum release_class worst = RELEASE_GOOD;

    for (size_t i = 0; i < r->faults.n; i++)
        if (r->faults.at[i].is < worst)
            worst = r->faults.at[i].is;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->dirs[i].faults.n; k++)
            if (r->dirs[i].faults.at[k].is < worst)
                worst = r->dirs[i].faults.at[k].is;
    return worst;
}

static bool
is_altered(const struct release_faults *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->at[i].is == RELEASE_ALTERED)
            return true;
    return false;
}

enum release_approval
release_approved(const struct release_dir *d)
{
    if (is_altered(&d->faults))
        return APPROVED_NOT;
    if (!d->request.is_read || !d->approval.is_read || !d->request.is_proved ||
        !d->approval.is_proved)
        return APPROVED_NOT;
    return d->request.is_in_log && d->approval.is_in_log
               ? APPROVED_BY_SIGNATURES
               : APPROVED_BY_LOG;
}

enum release_approval
release_all_approved(const struct releasing *r)
{
    enum release_approval least =
        is_altered(&r->faults) ? APPROVED_NOT : APPROVED_BY_SIGNATURES;

    for (size_t i = 0; i < r->n; i++)
        if (release_approved(&r->dirs[i]) < least)
            least = release_approved(&r->dirs[i]);
    return least;
}

enum release_safety
release_safety(const struct releasing *r)
{
    enum release_safety least =
        r->n_audits > 0 ? SAFETY_GOOD : SAFETY_NOT_JUDGED;

    if (!r->is_audited)
        return SAFETY_NOT_JUDGED;
    for (size_t i = 0; i < r->n_audits; i++) {
        const struct release_audit *a = &r->audits[i];
        enum release_safety is = a->err != SV_OK       ? SAFETY_NOT_PROVED
                                 : a->is_exact         ? SAFETY_NOT_PROTECTED
                                 : a->result.n_new > 0 ? SAFETY_BROKEN
                                                       : SAFETY_GOOD;

        least = is < least ? is : least;
    }
    return least;
}

const struct facts *
release_facts(const struct releasing *r, const struct release_audit *a)
{
    return &r->populations[a->population].joint;
}

const struct release_audit *
release_last_audit(const struct releasing *r, size_t population)
{
    return &r->audits[r->populations[population].last];
}

bool
release_is_hidden(const struct facts_figure *f)
{
    return f->print == FACTS_ROUNDED || f->print == FACTS_HIDDEN;
}
