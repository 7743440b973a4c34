#include <stdlib.h>
#include <string.h>

#include "cli/app.h"

#define LIST_DEFAULT 25
#define LIST_MAX 100000
#define HEX_SIZE (2 * HANDLE_LEN + 1)
#define HEX_SHORT 8
#define OF_SIZE (HEX_SHORT + NAME_SIZE + 40)

/* ---- log list ---- */

struct log_row {
    uint64_t index;
    uint64_t time_ms; /* 0: not known */
    char actor[NAME_SIZE];
    char second[NAME_SIZE]; /* who signed beside the actor, or "" */
    char role[NAME_SIZE];
    char act[NAME_SIZE];
    char purpose[NAME_SIZE];
    char type[NAME_SIZE];
    char record[HEX_SIZE];  /* or "" */
    char person[NAME_SIZE]; /* or "" */
    bool has_about;
    uint64_t about; /* the release, proposal or assignment: an entry */
    bool allowed;
    char rule[ENTRY_RULE_SIZE];
    const char *outcome;
    bool flagged;      /* made in an emergency: somebody else looks at it */
    bool acknowledged; /* by an entry that was read */
};

struct log_filter {
    const char *user;
    const char *record;
    uint64_t since_ms;
    /* The last `keep` that pass, in a ring. */
    struct log_row *rows;
    size_t keep, n, next;
    /* The batch that item entries belong to. */
    struct log_row batch;
    bool has_batch;
    bool record_seen; /* an entry is about such a record */
    bool to_end;      /* all that came behind them is read, too */
};

static bool
is_of_record(const struct log_filter *f, const struct log_row *row)
{
    return strncmp(row->record, f->record, strlen(f->record)) == 0;
}

static bool
passes(const struct log_filter *f, const struct log_row *row)
{
    if (f->user != NULL && strcmp(row->actor, f->user) != 0 &&
        strcmp(row->second, f->user) != 0)
        return false;
    if (f->record != NULL && !is_of_record(f, row))
        return false;
    return row->time_ms >= f->since_ms;
}

static void
read_item(const struct log_filter *f, const struct entry *e,
          struct log_row *row)
{
    if (f->has_batch && f->batch.index == e->batch) {
        *row = f->batch;
        row->index = e->index;
    }
    (void)snprintf(row->act, sizeof row->act, "%s", "item");
    text_hex(BYTES(e->record.b), row->record);
    row->allowed = true;
    row->outcome = entry_outcome_name(OUTCOME_DONE);
}

/* A release is called by the entry that requested it.  Where log and lists
 * were read from says nothing of what the entry is about. */
static void
read_about(const struct entry *e, const struct request *r, struct log_row *row)
{
    bool reads = r->act == ACT_LOG_READ || r->act == ACT_RECORD_LIST;

    if (r->act == ACT_RELEASE_REQUEST && e->outcome == OUTCOME_DONE &&
        e->allowed) {
        row->has_about = true;
        row->about = e->index;
    } else if ((request_act_lines(r->act) & LINE_ENTRY) != 0 && !reads) {
        row->has_about = true;
        row->about = r->entry;
    }
}

static struct log_row *
row_at(const struct log_filter *f, size_t i)
{
    return &f->rows[(f->next + f->keep - f->n + i) % f->keep];
}

/* The assignment at `entry`, if it is among those kept. */
static void
acknowledge(struct log_filter *f, uint64_t entry)
{
    for (size_t i = 0; i < f->n; i++) {
        struct log_row *row = row_at(f, i);

        if (row->index == entry)
            row->acknowledged = true;
    }
}

static enum sv_err
read_request(struct log_filter *f, const struct entry *e, struct log_row *row)
{
    struct note note;
    struct request request;
    unsigned lines;
    enum sv_err err = request_parse(e->note, &note, &request);

    if (err != SV_OK)
        return err;
    lines = request_act_lines(request.act);
    row->time_ms = e->time_ms;
    (void)snprintf(row->actor, sizeof row->actor, "%s", request.actor);
    (void)snprintf(row->second, sizeof row->second, "%s",
                   request_second(&request));
    (void)snprintf(row->role, sizeof row->role, "%s", request.role);
    (void)snprintf(row->purpose, sizeof row->purpose, "%s", request.purpose);
    (void)snprintf(row->act, sizeof row->act, "%s",
                   request_act_name(request.act));
    if ((lines & LINE_TYPE) != 0)
        (void)snprintf(row->type, sizeof row->type, "%s", request.type);
    if ((lines & LINE_RECORD) != 0)
        text_hex(BYTES(request.record.b), row->record);
    if ((lines & LINE_PERSON) != 0)
        (void)snprintf(row->person, sizeof row->person, "%s", request.person);
    read_about(e, &request, row);
    row->allowed = e->allowed;
    memcpy(row->rule, e->rule, sizeof row->rule);
    row->outcome = entry_outcome_name(e->outcome);
    row->flagged = flag_is_due(e);
    if (request.act == ACT_FLAG_ACKNOWLEDGE && e->outcome == OUTCOME_DONE)
        acknowledge(f, request.entry);
    if (request.act == ACT_RECORD_IMPORT) {
        f->batch = *row;
        f->has_batch = true;
    }
    return SV_OK;
}

static enum sv_err
take_entry(void *ctx, uint64_t index, struct bytes text)
{
    struct log_filter *f = ctx;
    struct log_row row = {.index = index};
    struct entry e;
    enum sv_err err = entry_parse(text, &e);

    if (err == SV_OK && e.kind == ENTRY_ITEM)
        read_item(f, &e, &row);
    else if (err == SV_OK)
        err = read_request(f, &e, &row);
    if (err != SV_OK)
        return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
    if (f->record != NULL && is_of_record(f, &row))
        f->record_seen = true;
    if (!passes(f, &row))
        return SV_OK;
    f->rows[f->next] = row;
    f->next = (f->next + 1) % f->keep;
    if (f->n < f->keep)
        f->n++;
    return SV_OK;
}

/* The record, the person, and what else is named by an entry. */
static void
of_text(const struct log_row *r, char out[static OF_SIZE])
{
    char about[32] = "";
    const char *parts[3] = {NULL, r->person, about};
    size_t used = 0;
    char record[HEX_SHORT + 1];

    (void)snprintf(record, sizeof record, "%.*s", HEX_SHORT, r->record);
    parts[0] = record;
    if (r->has_about)
        (void)snprintf(about, sizeof about, "#%llu",
                       (unsigned long long)r->about);
    out[0] = '\0';
    for (size_t i = 0; i < 3; i++)
        if (parts[i][0] != '\0')
            used += (size_t)snprintf(out + used, OF_SIZE - used, "%s%s",
                                     used > 0 ? " " : "", parts[i]);
    if (used == 0)
        (void)snprintf(out, OF_SIZE, "%s", r->type);
}

/* NULL: not a flagged assignment.  What the gate says of it is not asked: the
 * entry that acknowledges it stands behind it, or there is none. */
static const char *
flag_words(const struct log_filter *f, const struct log_row *r)
{
    bool own = strcmp(r->rule, FLAG_SELF_RULE) == 0;

    if (!r->flagged)
        return NULL;
    if (!r->acknowledged && !f->to_end)
        return own ? _("flagged, to herself") : _("flagged");
    if (!r->acknowledged)
        return own ? _("FLAGGED, to herself: to be acknowledged")
                   : _("FLAGGED: to be acknowledged");
    return own ? _("flagged, to herself, acknowledged")
               : _("flagged, acknowledged");
}

static enum sv_err
log_table(struct app *app, const struct log_filter *f)
{
    const char *const columns[] = {_("Entry"),   _("Time"),    _("Who"),
                                   _("As"),      _("What"),    _("Of"),
                                   _("Purpose"), _("Decision")};
    struct table *table;
    enum sv_err err = SV_OK;

    if (f->n == 0) {
        (void)fprintf(app->term.err, "%s\n", _("No entries to show."));
        return SV_OK;
    }
    table = table_new(&app->term, 8, columns);
    for (size_t i = 0; err == SV_OK && i < f->n; i++) {
        const struct log_row *r = row_at(f, i);
        char index[24], when[WHEN_SIZE] = "", of[OF_SIZE];
        char who[2 * NAME_SIZE + 2], decision[2 * ENTRY_RULE_SIZE + 64];
        const char *flag = flag_words(f, r);
        const char *cells[8] = {index,  when, who,        role_text(r->role),
                                r->act, of,   r->purpose, decision};

        (void)snprintf(index, sizeof index, "%llu",
                       (unsigned long long)r->index);
        if (r->time_ms != 0)
            app_when(r->time_ms, when);
        (void)snprintf(who, sizeof who, "%s%s%s", r->actor,
                       r->second[0] != '\0' ? ", " : "", r->second);
        of_text(r, of);
        if (!r->allowed)
            (void)snprintf(decision, sizeof decision, _("DENIED: %s"), r->rule);
        else
            (void)snprintf(decision, sizeof decision, "%s",
                           flag != NULL ? flag : r->outcome);
        err = table_row(table, cells);
    }
    return err == SV_OK ? table_print(table) : err;
}

static json_t *
text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static enum sv_err
log_json(struct app *app, const struct log_filter *f)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < f->n; i++) {
        const struct log_row *r = row_at(f, i);

        (void)json_array_append_new(
            rows,
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
                      "s:b, s:o, s:s}",
                      "entry", app_json_number(r->index), "time",
                      app_json_time(r->time_ms), "actor",
                      text_or_null(r->actor), "second", text_or_null(r->second),
                      "role", text_or_null(r->role), "act", r->act, "type",
                      text_or_null(r->type), "record", text_or_null(r->record),
                      "person", text_or_null(r->person), "about",
                      r->has_about ? app_json_number(r->about) : json_null(),
                      "purpose", text_or_null(r->purpose), "allowed",
                      r->allowed, "rule", text_or_null(r->rule), "outcome",
                      r->outcome));
    }
    return term_json(&app->term, json_pack("{s:o}", "entries", rows));
}

/* A name that never stood on the roster, mistyped perhaps: an empty list
 * would say that she did nothing. */
static bool
is_nobody(struct session *s, const struct log_filter *f)
{
    const struct roster *r = client_roster(s->client);

    if (f->user == NULL || roster_person(r, f->user) != NULL)
        return false;
    for (size_t i = 0; i < r->n_proposals; i++)
        if (strcmp(r->proposals[i].person, f->user) == 0)
            return false;
    return true;
}

/* Where to read from, and how much: the last ones if nothing else is said. */
static enum exit_code
list_log(struct session *s, struct log_filter *f, const char *from_text,
         uint64_t from)
{
    struct app *app = s->app;
    uint64_t size = client_pin(s->client)->size, n;
    bool filtered = f->user != NULL || f->record != NULL || f->since_ms != 0;
    enum sv_err err;

    if (is_nobody(s, f))
        return app_fail(app, f->user, SV_ERR_NOT_FOUND,
                        _("nobody of this name has ever worked here"));
    if (from_text == NULL)
        from = filtered || size < f->keep ? 0 : size - f->keep;
    if (from > size)
        from = size;
    n = size - from;
    if (from_text != NULL && !filtered && n > f->keep)
        n = f->keep;
    f->to_end = n == size - from;
    f->rows = calloc(f->keep, sizeof *f->rows);
    if (f->rows == NULL)
        return app_done(app, SV_ERR_NOMEM);
    err = client_log_read(s->client, from, n, take_entry, f);
    if (err != SV_OK)
        return session_fail(s, NULL, err);
    if (f->record != NULL && !f->record_seen && from == 0)
        return app_fail(app, f->record, SV_ERR_NOT_FOUND,
                        _("no entry is about a record that begins so"));
    return app_done(app, app->json ? log_json(app, f) : log_table(app, f));
}

static bool
filter_ok(struct app *app, const struct log_filter *f)
{
    size_t len;

    if (f->user != NULL && !text_is_work_name(bytes_text(f->user))) {
        (void)app_usage(app, "%s",
                        _("a work name has 1 to 32 small "
                          "letters, digits and '-'"));
        return false;
    }
    if (f->record == NULL)
        return true;
    len = strspn(f->record, "0123456789abcdef");
    if (len > 0 && f->record[len] == '\0')
        return true;
    (void)app_usage(app, "%s",
                    _("--record: the beginning of a handle is "
                      "needed"));
    return false;
}

enum exit_code
cmd_log_list(struct app *app, int argc, char **argv)
{
    struct log_filter f = {0};
    const char *from = NULL, *limit = NULL, *since = NULL;
    const struct flag flags[] = {
        {"from", 0, &from, NULL},   {"limit", 0, &limit, NULL},
        {"user", 0, &f.user, NULL}, {"record", 0, &f.record, NULL},
        {"since", 0, &since, NULL}, {0}};
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    uint64_t first, keep;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 0, &words) ||
        !app_number(app, "--from", from, 0, UINT64_MAX, 0, &first) ||
        !app_number(app, "--limit", limit, 1, LIST_MAX, LIST_DEFAULT, &keep) ||
        !filter_ok(app, &f) ||
        (since != NULL && !app_day(app, "--since", since, 0, &f.since_ms)))
        return EXIT_USAGE;
    f.keep = (size_t)keep;
    if (!session_open(app, &s, &code))
        return code;
    code = list_log(&s, &f, from, first);
    free(f.rows);
    return session_close(&s, code);
}

/* ---- log show ---- */

static enum sv_err
show_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct app *app = ctx;

    if (app->json)
        return term_json(&app->term, json_pack("{s:o, s:o}", "entry",
                                               app_json_number(index), "text",
                                               json_bytes(entry)));
    term_text(app->term.out, entry, true, 0);
    (void)fputc('\n', app->term.out);
    return SV_OK;
}

enum exit_code
cmd_log_show(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t index, size;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !app_number(app, "N", words[0], 0, UINT64_MAX, 0, &index))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    size = client_pin(s.client)->size;
    if (index >= size) {
        code = app_fail(app, words[0], SV_ERR_NOT_FOUND,
                        _("the log has no such entry yet"));
        app_hint(app, _("Its entries are 0 to %llu."),
                 (unsigned long long)(size - 1));
        return session_close(&s, code);
    }
    err = client_log_read(s.client, index, 1, show_entry, app);
    code =
        err == SV_OK ? app_done(app, SV_OK) : session_fail(&s, words[0], err);
    return session_close(&s, code);
}

/* ---- log verify ---- */

static bool
is_good(const struct log_verdict *v)
{
    return v->fault.reason == NULL && v->n_findings == 0;
}

static enum sv_err
verdict_text(struct app *app, const struct log_verdict *v, bool store_only)
{
    char root[BASE64_SIZE(32)];

    text_base64(BYTES(v->root.b), root);
    (void)fprintf(app->term.out, _("Log: %llu entries, root %s\n"),
                  (unsigned long long)v->size, root);
    if (v->fault.reason != NULL)
        (void)fprintf(app->term.out, _("FAULT: entry %llu: %s\n"),
                      (unsigned long long)v->fault.index, _(v->fault.reason));
    else if (!store_only)
        (void)fprintf(app->term.out, "%s\n",
                      _("The log is whole and unaltered, every signature is "
                        "its actor's, and every decision is the policy's."));
    if (v->n_forked > 0)
        (void)fprintf(app->term.out,
                      _("Warning: requests that name a head which this log "
                        "never had: %llu, the last is entry %llu. Their\n"
                        "device was shown another log.\n"),
                      (unsigned long long)v->n_forked,
                      (unsigned long long)v->last_forked);
    for (size_t i = 0; i < v->n_findings; i++) {
        (void)fputs(_("FOUND in the store: "), app->term.out);
        term_text(app->term.out, bytes_text(v->findings[i].place), false, 0);
        (void)fprintf(app->term.out, ": %s\n", _(v->findings[i].reason));
    }
    if (v->n_findings == 0)
        (void)fprintf(app->term.out, "%s\n",
                      _("The store holds what the log says, and nothing "
                        "else."));
    return SV_OK;
}

/* Reasons stay English in JSON: programs read them. */
static enum sv_err
verdict_json(struct app *app, const struct log_verdict *v)
{
    json_t *findings = json_array(), *fault = json_null();

    for (size_t i = 0; i < v->n_findings; i++)
        (void)json_array_append_new(
            findings, json_pack("{s:o, s:s}", "place",
                                json_bytes(bytes_text(v->findings[i].place)),
                                "reason", v->findings[i].reason));
    if (v->fault.reason != NULL)
        fault =
            json_pack("{s:o, s:s}", "entry", app_json_number(v->fault.index),
                      "reason", v->fault.reason);
    return term_json(&app->term,
                     json_pack("{s:b, s:o, s:o, s:o, s:o, s:o}", "ok",
                               is_good(v), "other_log",
                               app_json_number(v->n_forked), "size",
                               app_json_number(v->size), "root",
                               app_json_base64(BYTES(v->root.b)), "fault",
                               fault, "findings", findings));
}

enum exit_code
cmd_log_verify(struct app *app, int argc, char **argv)
{
    bool store_only = false;
    const struct flag flags[] = {{"store", 0, NULL, &store_only}, {0}};
    struct session s = {0};
    struct progress progress = {.t = &app->term, .label = _("entries")};
    struct log_verdict v = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 0, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    err = store_only
              ? client_store_verify(s.client, &v)
              : client_log_verify(s.client, term_progress, &progress, &v);
    term_progress_end(&progress);
    if (err != SV_OK) {
        code = session_fail(&s, NULL, err);
    } else {
        code = app_done(app, app->json ? verdict_json(app, &v)
                                       : verdict_text(app, &v, store_only));
        if (!is_good(&v)) {
            code = EXIT_ALTERED;
            app_hint(app, "%s",
                     _("Change nothing in the vault's directory and tell "
                       "your supervisor; it is evidence."));
        }
    }
    free(v.findings);
    return session_close(&s, code);
}

/* ---- log head ---- */

static enum sv_err
head_json(struct session *s)
{
    const struct pin *pin = client_pin(s->client);
    const struct roster *r = client_roster(s->client);
    char vkey[NOTE_VKEY_SIZE];
    enum sv_err err = note_vkey(r->origin, &r->log_key, vkey);

    if (err != SV_OK)
        return err;
    return term_json(&s->app->term,
                     json_pack("{s:s, s:o, s:o, s:s, s:o}", "origin",
                               pin->origin, "size", app_json_number(pin->size),
                               "root", app_json_base64(BYTES(pin->root.b)),
                               "log_key", vkey, "note",
                               json_bytes(buf_bytes(&pin->head_note))));
}

enum exit_code
cmd_log_head(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err = SV_OK;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    if (app->json) {
        err = head_json(&s);
    } else {
        const struct pin *pin = client_pin(s.client);

        /* Byte by byte as it was signed: other tools read it. */
        (void)fwrite(pin->head_note.ptr, 1, pin->head_note.len, app->term.out);
    }
    return session_close(&s, app_done(app, err));
}

/* ---- log acknowledge ---- */

enum exit_code
cmd_log_acknowledge(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t index;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !app_number(app, "N", words[0], 0, UINT64_MAX, 0, &index))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    err = client_flag_acknowledge(s.client, index);
    if (err != SV_OK)
        return session_close(&s, session_fail(&s, words[0], err));
    if (app->json)
        err = term_json(&app->term, json_pack("{s:o}", "acknowledged",
                                              app_json_number(index)));
    else
        (void)fprintf(app->term.out, _("Entry %llu is acknowledged.\n"),
                      (unsigned long long)index);
    return session_close(&s, app_told(app, err));
}
