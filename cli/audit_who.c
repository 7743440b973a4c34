#include <stdlib.h>
#include <string.h>

#include "cli/audit.h"

struct looking {
    struct audit *audit;
    struct export e;
    uint64_t n; /* printed: all of them are not kept */
};

static bool
is_wanted(const struct audit *a, const struct audit_act *act)
{
    const struct request *q = act->request;

    return (a->actor == NULL || strcmp(q->actor, a->actor) == 0 ||
            strcmp(request_second(q), a->actor) == 0) &&
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
    const char *second = request_second(q);
    char when[TIME_SIZE];

    text_time(act->time_ms, when);
    (void)fprintf(out, "%8llu  %s  %s (%s)%s%s  %s  %s  %s  ",
                  (unsigned long long)e->index, when, q->actor, q->role,
                  second[0] != '\0' ? ", " : "", second, audit_act_name(act),
                  q->purpose, act->record[0] != '\0' ? act->record : "-");
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
        "{s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:o, s:b, s:o, s:s}", "entry",
        audit_json_number(e->index), "time", when, "actor", q->actor, "role",
        q->role, "second", text_or_null(request_second(q)), "act",
        audit_act_name(act), "purpose", q->purpose, "record",
        text_or_null(act->record), "allowed", act->is_item || e->allowed,
        "rule", text_or_null(act->is_item ? "" : e->rule), "outcome",
        entry_outcome_name(outcome));
}

static enum sv_err
put_row(struct looking *l, const struct audit_act *act)
{
    struct term *t = &l->audit->term;

    (void)fputs(l->n == 0 ? "{\"entries\": [\n" : ",\n", t->out);
    return term_json(t, json_act(act));
}

static enum sv_err
look(void *ctx, const struct audit_act *act)
{
    struct looking *l = ctx;
    enum sv_err err = SV_OK;

    if (!is_wanted(l->audit, act))
        return SV_OK;
    if (l->audit->json)
        err = put_row(l, act);
    else
        print_act(l->audit->term.out, act);
    l->n++;
    return err;
}

/* The other members, behind the entries: without their opening brace. */
static enum sv_err
finish_json(struct looking *l, bool good)
{
    struct audit *a = l->audit;
    struct term t = a->term;
    char *text = NULL;
    size_t len = 0;
    enum sv_err err;

    t.out = open_memstream(&text, &len);
    if (t.out == NULL)
        return SV_ERR_NOMEM;
    err = term_json(&t, json_pack("{s:b, s:o, s:o?}", "ok", good, "fault",
                                  audit_json_fault(&l->e.fault), "again",
                                  audit_json_repeat(a)));
    if (fclose(t.out) != 0)
        err = SV_ERR_NOMEM;
    if (err == SV_OK)
        (void)fprintf(a->term.out, "%s],%s", l->n == 0 ? "{\"entries\": [" : "",
                      text + 1);
    free(text);
    return err;
}

static enum sv_err
finish(struct looking *l, bool good)
{
    struct audit *a = l->audit;

    if (a->json)
        return finish_json(l, good);
    if (!good)
        audit_print_fault(a, &l->e.fault);
    audit_print_verdict(
        a, good
               ? _("Verdict: these are all such entries under the head. Signed "
                   "by whom they name, and lawful? svault-audit verify.")
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
    err = audit_scan(a, &card, &l.e, look, &l);
    if (err == SV_OK || err == SV_ERR_TAMPERED)
        code = audit_done(a, finish(&l, err == SV_OK),
                          err == SV_OK ? EXIT_DONE : EXIT_ALTERED);
    else
        code = audit_fail(
            a, l.e.fault.place[0] != '\0' ? l.e.fault.place : a->words[0], err,
            NULL);
    export_close(&l.e);
    return code;
}
