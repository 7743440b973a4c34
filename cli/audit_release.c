#include "cli/audit_release.h"

#include <stdlib.h>
#include <string.h>

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

static void
clear(struct releasing *r)
{
    for (size_t i = 0; i < r->n; i++)
        release_dir_clear(&r->dirs[i]);
    for (size_t i = 0; i < r->n_audits; i++)
        audit_result_clear(&r->audits[i].result);
    for (size_t i = 0; i < r->n_populations; i++) {
        facts_clear(&r->populations[i].joint);
        free(r->populations[i].same);
    }
    free(r->dirs);
    free(r->audits);
    free(r->faults.at);
    free(r->missing);
}

/* Each by itself, then in the log, then all together: who cannot trust the
 * bytes need not ask what follows from them. */
static enum sv_err
judge(struct releasing *r, const char **place)
{
    struct audit *a = r->audit;
    enum sv_err err = SV_OK;

    for (; r->n < a->n_words && err == SV_OK; r->n++) {
        *place = a->words[r->n];
        err = release_dir_read(&r->dirs[r->n], *place, &r->card);
    }
    if (err == SV_OK)
        err = release_chain_order(r);
    if (err == SV_OK && a->log != NULL) {
        *place = a->log;
        err = release_log_check(r, a->log);
    }
    if (err == SV_OK && release_worst(r) >= RELEASE_UNVERIFIED) {
        *place = NULL;
        err = release_chain_audit(r);
    }
    return err;
}

static enum exit_code
code_of(enum release_class worst)
{
    static const enum exit_code codes[] = {
        [RELEASE_ALTERED] = EXIT_ALTERED,
        [RELEASE_WRONG] = EXIT_ALTERED,
        [RELEASE_UNSAFE] = EXIT_ALTERED,
        [RELEASE_UNREADABLE] = EXIT_BAD_INPUT,
        [RELEASE_UNVERIFIED] = EXIT_UNVERIFIED,
        [RELEASE_UNPROVED] = EXIT_UNVERIFIED,
        [RELEASE_GOOD] = EXIT_DONE,
    };

    return codes[worst];
}

enum exit_code
audit_release(struct audit *a)
{
    struct releasing *r;
    enum exit_code code = EXIT_FAILED;
    const char *place = NULL;
    enum sv_err err;

    r = calloc(1, sizeof *r);
    if (r == NULL)
        return audit_fail(a, NULL, SV_ERR_NOMEM, NULL);
    r->audit = a;
    r->dirs = calloc(a->n_words, sizeof *r->dirs);
    if (r->dirs == NULL) {
        code = audit_fail(a, NULL, SV_ERR_NOMEM, NULL);
    } else if (audit_card_read(a, &r->card, &code)) {
        err = judge(r, &place);
        code = err == SV_OK
                   ? audit_done(a, a->json ? release_json(r) : release_print(r),
                                code_of(release_worst(r)))
                   : audit_fail(a, place, err, NULL);
    }
    clear(r);
    free(r);
    return code;
}
