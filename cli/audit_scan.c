#include <string.h>

#include "cli/audit.h"

struct scan {
    struct export *e;
    audit_act_fn fn;
    void *ctx;
    /* The batch whose items follow. */
    bool has_batch;
    uint64_t batch;
    uint64_t batch_time_ms;
    struct request batch_request;
};

const char *
audit_act_name(const struct audit_act *act)
{
    return act->is_item ? "item" : request_act_name(act->request->act);
}

static enum sv_err
scan_request(struct scan *s, const struct entry *e)
{
    struct request q;
    struct note note;
    struct audit_act act = {.entry = e, .request = &q, .time_ms = e->time_ms};
    enum sv_err err = request_parse(e->note, &note, &q);

    if (err != SV_OK)
        return err;
    if (q.act == ACT_RECORD_IMPORT) {
        s->has_batch = true;
        s->batch = e->index;
        s->batch_time_ms = e->time_ms;
        s->batch_request = q;
    }
    if ((request_act_lines(q.act) & LINE_RECORD) != 0)
        text_hex(BYTES(q.record.b), act.record);
    return s->fn(s->ctx, &act);
}

static enum sv_err
scan_item(struct scan *s, const struct entry *e)
{
    struct audit_act act = {.entry = e,
                            .request = &s->batch_request,
                            .time_ms = s->batch_time_ms,
                            .is_item = true};

    if (!s->has_batch || e->batch != s->batch)
        return SV_ERR_FORMAT;
    text_hex(BYTES(e->record.b), act.record);
    return s->fn(s->ctx, &act);
}

static enum sv_err
scan_entry(void *ctx, uint64_t index, struct bytes text)
{
    struct scan *s = ctx;
    struct entry e;
    enum sv_err err = entry_parse(text, &e);

    if (err == SV_OK)
        err = e.kind == ENTRY_ITEM ? scan_item(s, &e) : scan_request(s, &e);
    if (err != SV_ERR_FORMAT)
        return err;
    err = export_wrong(s->e, "", false, N_("the entry does not parse"));
    s->e->fault.has_entry = true;
    s->e->fault.entry = index;
    return err;
}

enum sv_err
audit_scan(struct audit *a, const struct audit_card *card, struct export *e,
           audit_act_fn fn, void *ctx)
{
    struct progress progress = {.t = &a->term, .label = _("entries")};
    struct scan s = {.e = e, .fn = fn, .ctx = ctx};
    enum sv_err err = export_open(e, a->words[0], card->origin, &card->log_key);

    if (err == SV_OK)
        err = export_check_names(e);
    if (err == SV_OK)
        err = export_check_tree(e, true, a->workers,
                                a->json ? NULL : term_progress, &progress);
    term_progress_end(&progress);
    if (err == SV_OK)
        err = export_check_genesis(e, &card->vault);
    return err == SV_OK ? export_entries(e, scan_entry, &s) : err;
}
