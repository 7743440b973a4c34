#include "cli/audit_release.h"

#include <stdlib.h>

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
