#include <string.h>

#include "audit/entry.h"
#include "cli/audit.h"

#define HEX_SIZE (2 * HANDLE_LEN + 1)

struct looking {
    struct audit *audit;
    struct export e;
    struct progress progress;
    json_t *rows; /* NULL: printed as they come */
    /* The batch whose items follow: by whom, as what, what for, when. */
    uint64_t batch;
    bool has_batch;
    struct request batch_request;
    uint64_t batch_time_ms;
};

static bool
is_wanted(const struct looking *l, const struct request *q, const char *record)
{
    const char *actor = l->audit->actor, *prefix = l->audit->record;

    return (actor == NULL || strcmp(q->actor, actor) == 0) &&
           (prefix == NULL || (record[0] != '\0' &&
                               strncmp(record, prefix, strlen(prefix)) == 0));
}

static json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

/* Every word has passed the grammar of an entry: nothing of it can steer. */
static enum sv_err
show(struct looking *l, const struct entry *e, const struct request *q,
     uint64_t time_ms, const char *act, const char *record)
{
    bool is_item = e->kind == ENTRY_ITEM;
    bool allowed = is_item || e->allowed;
    const char *outcome =
        entry_outcome_name(is_item ? OUTCOME_DONE : e->outcome);
    const char *rule = is_item ? "" : e->rule;
    char when[TIME_SIZE];
    json_t *row;

    text_time(time_ms, when);
    if (l->rows == NULL) {
        (void)fprintf(l->audit->term.out, "%8llu  %s  %s (%s)  %s  %s  %s  ",
                      (unsigned long long)e->index, when, q->actor, q->role,
                      act, q->purpose, record[0] != '\0' ? record : "-");
        if (allowed)
            (void)fprintf(l->audit->term.out, "%s\n", outcome);
        else
            (void)fprintf(l->audit->term.out, _("DENIED: %s\n"), rule);
        return SV_OK;
    }
    row = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:o, s:s}",
                    "entry", audit_json_number(e->index), "time", when, "actor",
                    q->actor, "role", q->role, "act", act, "purpose",
                    q->purpose, "record", text_or_null(record), "allowed",
                    allowed, "rule", text_or_null(rule), "outcome", outcome);
    return json_array_append_new(l->rows, row) == 0 ? SV_OK : SV_ERR_NOMEM;
}

static enum sv_err
look_at_request(struct looking *l, const struct entry *e)
{
    struct request q;
    struct note note;
    char record[HEX_SIZE] = "";
    enum sv_err err = request_parse(e->note, &note, &q);

    if (err != SV_OK)
        return err;
    if (q.act == ACT_RECORD_IMPORT) {
        l->has_batch = true;
        l->batch = e->index;
        l->batch_request = q;
        l->batch_time_ms = e->time_ms;
    }
    if ((request_act_lines(q.act) & LINE_RECORD) != 0)
        text_hex(BYTES(q.record.b), record);
    return is_wanted(l, &q, record)
               ? show(l, e, &q, e->time_ms, request_act_name(q.act), record)
               : SV_OK;
}

static enum sv_err
look(void *ctx, uint64_t index, struct bytes text)
{
    struct looking *l = ctx;
    struct entry e;
    char record[HEX_SIZE];
    enum sv_err err = entry_parse(text, &e);

    if (err == SV_OK && e.kind == ENTRY_REQUEST) {
        err = look_at_request(l, &e);
    } else if (err == SV_OK) {
        text_hex(BYTES(e.record.b), record);
        if (!l->has_batch || e.batch != l->batch)
            err = SV_ERR_FORMAT;
        else if (is_wanted(l, &l->batch_request, record))
            err = show(l, &e, &l->batch_request, l->batch_time_ms, "item",
                       record);
    }
    if (err != SV_ERR_FORMAT)
        return err;
    err = export_wrong(&l->e, "", false, N_("the entry does not parse"));
    l->e.fault.has_entry = true;
    l->e.fault.entry = index;
    return err;
}

/* The list is no better than the export: look at that first. */
static enum sv_err
look_through(struct looking *l, const struct audit_card *card)
{
    enum sv_err err =
        export_open(&l->e, l->audit->words[0], card->origin, &card->log_key);

    if (err == SV_OK)
        err = export_check_tree(&l->e, true, term_progress, &l->progress);
    term_progress_end(&l->progress);
    return err == SV_OK ? export_entries(&l->e, look, l) : err;
}

static enum sv_err
finish(struct looking *l, bool good)
{
    struct audit *a = l->audit;

    if (l->rows != NULL) {
        json_t *rows = l->rows;

        l->rows = NULL;
        return term_json(&a->term,
                         json_pack("{s:b, s:o, s:o, s:o}", "ok", good, "fault",
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
    struct looking l = {.audit = a,
                        .progress = {.t = &a->term, .label = _("entries")}};
    struct audit_card card;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!asks_rightly(a, &code) || !audit_card_read(a, &card, &code))
        return code;
    if (a->json && (l.rows = json_array()) == NULL)
        return audit_fail(a, NULL, SV_ERR_NOMEM, NULL);
    err = look_through(&l, &card);
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
