#include <string.h>

#include "cli/audit.h"

struct looking {
    struct audit *audit;
    struct export e;
    json_t *rows; /* NULL: printed as they come */
};

static bool
is_wanted(const struct audit *a, const struct audit_act *act)
{
    return (a->actor == NULL || strcmp(act->request->actor, a->actor) == 0) &&
           (a->record == NULL ||
            strncmp(act->record, a->record, strlen(a->record)) == 0);
}

static json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

/* Every word has passed the grammar of an entry: nothing of it can steer. */
static void
print_act(FILE *out, const struct audit_act *act)
{
    const struct entry *e = act->entry;
    const struct request *q = act->request;
    char when[TIME_SIZE];

    text_time(act->time_ms, when);
    (void)fprintf(out, "%8llu  %s  %s (%s)  %s  %s  %s  ",
                  (unsigned long long)e->index, when, q->actor, q->role,
                  audit_act_name(act), q->purpose,
                  act->record[0] != '\0' ? act->record : "-");
    if (act->is_item || e->allowed)
        (void)fprintf(
            out, "%s\n",
            entry_outcome_name(act->is_item ? OUTCOME_DONE : e->outcome));
    else
        (void)fprintf(out, _("DENIED: %s\n"), e->rule);
}

static json_t *
json_act(const struct audit_act *act)
{
    const struct entry *e = act->entry;
    const struct request *q = act->request;
    enum entry_outcome outcome = act->is_item ? OUTCOME_DONE : e->outcome;
    char when[TIME_SIZE];

    text_time(act->time_ms, when);
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:s}", "entry",
        audit_json_number(e->index), "time", when, "actor", q->actor, "role",
        q->role, "act", audit_act_name(act), "purpose", q->purpose, "record",
        text_or_null(act->record), "allowed", act->is_item || e->allowed,
        "rule", text_or_null(act->is_item ? "" : e->rule), "outcome",
        entry_outcome_name(outcome));
}

static enum sv_err
look(void *ctx, const struct audit_act *act)
{
    struct looking *l = ctx;

    if (!is_wanted(l->audit, act))
        return SV_OK;
    if (l->rows == NULL)
        print_act(l->audit->term.out, act);
    else if (json_array_append_new(l->rows, json_act(act)) != 0)
        return SV_ERR_NOMEM;
    return SV_OK;
}

static enum sv_err
finish(struct looking *l, bool good)
{
    struct audit *a = l->audit;

    if (l->rows != NULL) {
        json_t *rows = l->rows;

        l->rows = NULL;
        return term_json(&a->term,
                         json_pack("{s:b, s:o, s:o, s:o?}", "ok", good, "fault",
                                   audit_json_fault(&l->e.fault), "entries",
                                   rows, "again", audit_json_repeat(a)));
    }
    if (!good)
        audit_print_fault(a, &l->e.fault);
    audit_print_verdict(
        a, good ? _("Verdict: these are all such entries under the head.")
                : _("Verdict: ALTERED or not whole; the list is worth "
                    "nothing."));
    return SV_OK;
}

static bool
asks_rightly(struct audit *a, enum exit_code *code)
{
    const char *prefix = a->record;

    if ((a->actor == NULL) == (prefix == NULL))
        *code = audit_usage(a, "%s", _("--record or --actor, one of them"));
    else if (a->actor != NULL && !text_is_work_name(bytes_text(a->actor)))
        *code = audit_usage(a, "%s",
                            _("a work name has 1 to 32 small letters, digits "
                              "and '-'"));
    else if (prefix != NULL &&
             (prefix[0] == '\0' ||
              prefix[strspn(prefix, "0123456789abcdef")] != '\0'))
        *code = audit_usage(a, "%s",
                            _("--record: the beginning of a handle is "
                              "needed"));
    else
        return true;
    return false;
}

enum exit_code
audit_who(struct audit *a)
{
    struct looking l = {.audit = a};
    struct audit_card card;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!asks_rightly(a, &code) || !audit_card_read(a, &card, &code))
        return code;
    if (a->json && (l.rows = json_array()) == NULL)
        return audit_fail(a, NULL, SV_ERR_NOMEM, NULL);
    err = audit_scan(a, &card, &l.e, look, &l);
    if (err == SV_OK || err == SV_ERR_TAMPERED)
        code = audit_done(a, finish(&l, err == SV_OK),
                          err == SV_OK ? EXIT_DONE : EXIT_ALTERED);
    else
        code = audit_fail(
            a, l.e.fault.place[0] != '\0' ? l.e.fault.place : a->words[0], err,
            NULL);
    json_decref(l.rows);
    export_close(&l.e);
    return code;
}
