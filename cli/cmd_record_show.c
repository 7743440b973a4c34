#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/form.h"

#define LIST_DEFAULT 25
#define NUMBER_SIZE 192
#define INITIALS_SIZE 64
#define INITIALS_N 2 /* of all the names in all scripts */
#define HEX_SIZE (2 * HANDLE_LEN + 1)
#define HEX_SHORT 8
#define LIST_COLUMNS 7

/* ---- record list ---- */

/* What names a record to a person: its number and its initials. */
struct row_name {
    bool read;
    char number[NUMBER_SIZE];
    char initials[INITIALS_SIZE];
};

struct listing {
    struct session *s;
    const struct schema_type *type;
    const struct schema_compartment *compartment; /* with the number; NULL */
    size_t at;                                    /* its index */
    const struct schema_field *number;
    struct record_list list;
    struct row_name *names; /* one per row */
    bool any;               /* a row has its number */
    bool initials;          /* and the type has initials */
    enum exit_code code;    /* the worst reading's */
};

static void
find_number(struct listing *l)
{
    for (size_t c = 0; c < l->type->n; c++)
        for (size_t f = 0; f < l->type->compartments[c].n; f++)
            if (l->compartment == NULL &&
                l->type->compartments[c].fields[f].unique) {
                l->compartment = &l->type->compartments[c];
                l->at = c;
                l->number = &l->compartment->fields[f];
                break;
            }
    for (size_t f = 0; l->compartment != NULL && f < l->compartment->n; f++)
        l->initials = l->initials || l->compartment->fields[f].initials;
}

static size_t
first_character(const struct content_value *v)
{
    size_t n = v->len > 0 ? 1 : 0;

    while (n < v->len && (v->ptr[n] & 0xc0) == 0x80)
        n++;
    return n;
}

static void
name_row(const struct content *content, struct row_name *out)
{
    size_t used = 0, n = 0;

    for (size_t i = 0; i < content->compartment->n; i++) {
        const struct schema_field *field = &content->compartment->fields[i];
        const struct content_field *f = &content->fields[i];

        if (!f->given || f->n == 0)
            continue;
        if (field->unique)
            (void)snprintf(out->number, sizeof out->number, "%.*s",
                           (int)f->values[0].len,
                           (const char *)f->values[0].ptr);
        if (field->initials && n++ < INITIALS_N &&
            used + 8 < sizeof out->initials)
            used += (size_t)snprintf(
                out->initials + used, sizeof out->initials - used, "%s%.*s.",
                used > 0 ? " " : "", (int)first_character(&f->values[0]),
                (const char *)f->values[0].ptr);
    }
    out->read = true;
}

/* One reading, logged, for each row of hers. */
static enum sv_err
read_names(struct listing *l)
{
    const char *role = NULL;
    enum sv_err err;

    if (l->compartment == NULL)
        return SV_OK;
    err = session_may(l->s, ACT_RECORD_READ, l->type->name, &role);
    if (err == SV_ERR_DENIED)
        return SV_OK;
    if (err != SV_OK)
        return err;
    if (!client_may_read(l->s->client, role, l->type->name,
                         l->compartment->name))
        return SV_OK;
    for (size_t i = 0; i < l->list.n; i++) {
        struct record_view view = {0};
        char hex[HEX_SIZE];

        if (!l->list.rows[i].assigned)
            continue;
        text_hex(BYTES(l->list.rows[i].handle.b), hex);
        hex[HEX_SHORT] = '\0';
        err = client_record_read(l->s->client, l->type->name,
                                 &l->list.rows[i].handle, 1,
                                 &l->compartment->name, &view);
        if (err == SV_OK)
            name_row(&view.contents[l->at], &l->names[i]);
        record_view_free(&view);
        if (err == SV_OK)
            l->any = true;
        else if (exit_code_of(err) == EXIT_ALTERED || err == SV_ERR_UNVERIFIED)
            /* One bad record must not hide the others. */
            l->code = session_fail(l->s, hex, err);
        else
            return err;
    }
    return SV_OK;
}

static enum sv_err
assignees(const struct record_row *row, struct buf *out)
{
    enum sv_err err = SV_OK;

    buf_truncate(out, 0);
    for (size_t i = 0; err == SV_OK && i < row->n_assignees; i++)
        err = buf_printf(out, "%s%s", i > 0 ? ", " : "", row->assignees[i]);
    return err == SV_OK ? buf_append(out, bytes_of("", 1)) : err;
}

static enum sv_err
list_row(const struct listing *l, size_t i, struct table *table)
{
    const struct record_row *row = &l->list.rows[i];
    char number[24], hex[HEX_SIZE], created[WHEN_SIZE], changed[WHEN_SIZE];
    struct buf people = BUF_INIT;
    const char *cells[LIST_COLUMNS];
    size_t n = 0;
    enum sv_err err;

    (void)snprintf(number, sizeof number, "%zu", i + 1);
    text_hex(BYTES(row->handle.b), hex);
    hex[HEX_SHORT] = '\0';
    app_when(row->created_ms, created);
    app_when(row->changed_ms, changed);
    cells[n++] = number;
    if (l->any) {
        cells[n++] = l->names[i].number;
        if (l->initials)
            cells[n++] = l->names[i].initials;
    }
    err = assignees(row, &people);
    cells[n++] = hex;
    cells[n++] = created;
    cells[n++] = changed;
    cells[n++] = err == SV_OK ? (const char *)people.ptr : "";
    if (err == SV_OK)
        err = table_row(table, cells);
    buf_free(&people);
    return err;
}

static enum sv_err
list_table(const struct listing *l)
{
    struct app *app = l->s->app;
    const char *columns[LIST_COLUMNS];
    struct table *table;
    size_t n = 0;
    enum sv_err err = SV_OK;

    if (l->list.n == 0) {
        (void)fprintf(app->term.err, "%s\n", _("No records to show."));
        return SV_OK;
    }
    columns[n++] = _("No.");
    if (l->any) {
        columns[n++] = form_label(l->number->label, app->lang, l->number->name);
        if (l->initials)
            columns[n++] = _("Initials");
    }
    columns[n++] = _("Handle");
    columns[n++] = _("Created");
    columns[n++] = _("Changed");
    columns[n++] = _("Assigned to");
    table = table_new(&app->term, n, columns);
    for (size_t i = 0; err == SV_OK && i < l->list.n; i++)
        err = list_row(l, i, table);
    if (err == SV_OK)
        err = table_print(table);
    if (err == SV_OK && l->list.more)
        app_hint(app,
                 _("There are older ones: svault record list %s "
                   "--before %llu"),
                 l->type->name,
                 (unsigned long long)l->list.rows[l->list.n - 1].index);
    return err;
}

static json_t *
json_row(const struct listing *l, size_t i)
{
    const struct record_row *row = &l->list.rows[i];
    json_t *people = json_array(), *out;

    for (size_t k = 0; k < row->n_assignees; k++)
        (void)json_array_append_new(people, json_string(row->assignees[k]));
    out = json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:o}", "number",
                    app_json_number(i + 1), "record",
                    app_json_hex(BYTES(row->handle.b)), "entry",
                    app_json_number(row->index), "created",
                    app_json_time(row->created_ms), "changed",
                    app_json_time(row->changed_ms), "creator", row->creator,
                    "assigned", row->assigned, "assignees", people);
    if (l->names[i].read && out != NULL) {
        (void)json_object_set_new(out, l->number->name,
                                  json_bytes(bytes_text(l->names[i].number)));
        if (l->initials)
            (void)json_object_set_new(
                out, "initials", json_bytes(bytes_text(l->names[i].initials)));
    }
    return out;
}

static enum sv_err
list_json(const struct listing *l)
{
    json_t *rows = json_array(), *out;

    for (size_t i = 0; i < l->list.n; i++)
        (void)json_array_append_new(rows, json_row(l, i));
    out = json_pack("{s:s, s:o, s:b}", "type", l->type->name, "records", rows,
                    "more", l->list.more);
    if (out != NULL && l->list.more && l->list.n > 0)
        (void)json_object_set_new(
            out, "before", app_json_number(l->list.rows[l->list.n - 1].index));
    return term_json(&l->s->app->term, out);
}

/* `show 3` means the third row of what is printed now. */
static enum sv_err
keep_list(const struct listing *l)
{
    return pin_set_list(client_pin(l->s->client), l->type->name, l->list.n,
                        l->list.n > 0 ? &l->list.rows[0].handle : NULL,
                        sizeof *l->list.rows);
}

static enum exit_code
list_records(struct listing *l, uint64_t before, uint64_t limit)
{
    struct app *app = l->s->app;
    enum sv_err err;

    err = client_record_list(l->s->client, l->type->name, before, (size_t)limit,
                             &l->list);
    if (err != SV_OK)
        return session_fail(l->s, l->type->name, err);
    l->names = calloc(l->list.n + 1, sizeof *l->names);
    if (l->names == NULL)
        return app_done(app, SV_ERR_NOMEM);
    find_number(l);
    err = read_names(l);
    if (err != SV_OK)
        return session_fail(l->s, l->type->name, err);
    err = keep_list(l);
    if (err == SV_OK)
        err = app->json ? list_json(l) : list_table(l);
    if (err != SV_OK)
        return app_done(app, err);
    return l->code;
}

enum exit_code
cmd_record_list(struct app *app, int argc, char **argv)
{
    const char *limit = NULL, *before = NULL;
    const struct flag flags[] = {
        {"limit", 0, &limit, NULL}, {"before", 0, &before, NULL}, {0}};
    struct session s = {0};
    struct listing l = {.s = &s};
    enum exit_code code = EXIT_FAILED;
    uint64_t max, from;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 1, &words) ||
        !app_number(app, "--limit", limit, 1, PIN_LIST_MAX, LIST_DEFAULT,
                    &max) ||
        !app_number(app, "--before", before, 0, UINT64_MAX, UINT64_MAX, &from))
        return EXIT_USAGE;
    if (words[0] == NULL)
        return app_no_type(app);
    if (!session_open(app, &s, &code))
        return code;
    l.type = app_type(app, client_schema(s.client), words[0]);
    code = l.type != NULL ? list_records(&l, from, max) : EXIT_USAGE;
    if (l.names != NULL)
        wipe(l.names, l.list.n * sizeof *l.names);
    free(l.names);
    record_list_free(&l.list);
    return session_close(&s, code);
}

/* ---- record show ---- */

/* "identity,facts" into names that stand in *list, which is cut up. */
static bool
split_compartments(struct app *app, const struct schema_type *type, char *list,
                   const char *names[SCHEMA_COMPARTMENTS_MAX], size_t *n)
{
    char *rest = NULL;

    *n = 0;
    for (char *word = strtok_r(list, ",", &rest); word != NULL;
         word = strtok_r(NULL, ",", &rest)) {
        size_t at;

        if (!app_part(app, type, word, &at))
            return false;
        for (size_t i = 0; i < *n; i++)
            if (strcmp(names[i], word) == 0) {
                (void)app_usage(app, _("%s is given twice"), word);
                return false;
            }
        names[(*n)++] = type->compartments[at].name;
    }
    if (*n == 0)
        (void)app_usage(app, "%s", _("-c needs the names of parts"));
    return *n > 0;
}

static enum sv_err
show_compartment(struct app *app, const struct record_view *view, size_t i)
{
    const struct schema_compartment *c = &view->type->compartments[i];
    const struct record_version *v = &view->newest[i];
    char when[WHEN_SIZE];

    (void)fputc('\n', app->term.out);
    term_heading(&app->term, app->term.out,
                 form_label(c->label, app->lang, c->name));
    app_when(v->time_ms, when);
    (void)fprintf(app->term.out, _("version %llu, %s, by %s"),
                  (unsigned long long)v->version, when, v->author);
    (void)fputc('\n', app->term.out);
    return form_print(&app->term, app->lang, &view->contents[i]);
}

static enum sv_err
show_text(struct app *app, const struct record_view *view)
{
    char hex[HEX_SIZE];
    enum sv_err err = SV_OK;

    text_hex(BYTES(view->handle.b), hex);
    (void)fprintf(app->term.out, "%s %s\n",
                  form_label(view->type->label, app->lang, view->type->name),
                  hex);
    for (size_t i = 0; err == SV_OK && i < view->type->n; i++)
        if (view->contents[i].compartment != NULL)
            err = show_compartment(app, view, i);
    if (err == SV_OK)
        app_hint(app, _("This reading is entry %llu of the log."),
                 (unsigned long long)view->index);
    return err;
}

static enum sv_err
show_json(struct app *app, const struct record_view *view)
{
    json_t *parts = json_object();

    for (size_t i = 0; i < view->type->n; i++) {
        const struct record_version *v = &view->newest[i];

        if (view->contents[i].compartment == NULL)
            continue;
        (void)json_object_set_new(
            parts, view->type->compartments[i].name,
            json_pack("{s:o, s:o, s:s, s:b, s:o, s:o}", "version",
                      app_json_number(v->version), "time",
                      app_json_time(v->time_ms), "author", v->author,
                      "addition", v->addition, "entry",
                      app_json_number(v->index), "fields",
                      form_json(&view->contents[i])));
    }
    return term_json(&app->term,
                     json_pack("{s:s, s:o, s:o, s:o}", "type", view->type->name,
                               "record", app_json_hex(BYTES(view->handle.b)),
                               "entry", app_json_number(view->index),
                               "compartments", parts));
}

static enum exit_code
show_record(struct session *s, const char *name, char *list)
{
    const char *parts[SCHEMA_COMPARTMENTS_MAX];
    const struct schema_type *type = NULL;
    struct record_view view = {0};
    struct handle handle;
    enum exit_code code = EXIT_FAILED;
    size_t n = 0;
    enum sv_err err;

    if (!session_record(s, name, &type, &handle, &code))
        return code;
    if (list != NULL && !split_compartments(s->app, type, list, parts, &n))
        return EXIT_USAGE;
    err = client_record_read(s->client, type->name, &handle, n, parts, &view);
    if (err != SV_OK) {
        code = session_fail(s, name, err);
    } else {
        err =
            s->app->json ? show_json(s->app, &view) : show_text(s->app, &view);
        code = app_done(s->app, err);
        if (session_unopened(s, &view) && code == EXIT_DONE)
            code = EXIT_PARTIAL;
    }
    record_view_free(&view);
    return code;
}

static enum sv_err
ask_record(struct app *app, struct buf *out)
{
    enum sv_err err =
        term_ask(&app->term, _("Which record (number or handle)? "), 64, out);

    return err == SV_OK ? buf_append(out, bytes_of("", 1)) : err;
}

enum exit_code
cmd_record_show(struct app *app, int argc, char **argv)
{
    const char *list = NULL;
    const struct flag flags[] = {{"compartment", 'c', &list, NULL}, {0}};
    struct session s = {0};
    struct buf asked = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err = SV_OK;
    char **words, *names = NULL;

    if (!app_args(app, argc, argv, flags, 0, 1, &words))
        return EXIT_USAGE;
    if (words[0] == NULL && app->no_input)
        return app_usage(app, "%s",
                         _("the record is missing: its number in "
                           "the last list, or its handle"));
    if (words[0] == NULL)
        err = ask_record(app, &asked);
    if (err == SV_OK && list != NULL) {
        names = strdup(list);
        err = names != NULL ? SV_OK : SV_ERR_NOMEM;
    }
    if (err != SV_OK)
        code = app_fail(app, NULL, err, NULL);
    else if (session_open(app, &s, &code))
        code = session_close(
            &s, show_record(
                    &s, words[0] != NULL ? words[0] : (const char *)asked.ptr,
                    names));
    free(names);
    buf_free(&asked);
    return code;
}

/* ---- record history ---- */

static enum sv_err
history_table(struct app *app, const struct schema_type *type,
              const struct record_version *versions, size_t n)
{
    const char *const columns[] = {_("Part"), _("Version"), _("Kind"),
                                   _("Time"), _("Author"),  _("Entry")};
    struct table *table = table_new(&app->term, 6, columns);
    enum sv_err err = SV_OK;

    for (size_t i = 0; err == SV_OK && i < n; i++) {
        const struct record_version *v = &versions[i];
        const struct schema_compartment *c =
            schema_compartment(type, v->compartment, NULL);
        char version[24], when[WHEN_SIZE], entry[24];
        const char *cells[6];

        (void)snprintf(version, sizeof version, "%llu",
                       (unsigned long long)v->version);
        (void)snprintf(entry, sizeof entry, "%llu",
                       (unsigned long long)v->index);
        app_when(v->time_ms, when);
        cells[0] = c != NULL ? form_label(c->label, app->lang, c->name)
                             : v->compartment;
        cells[1] = version;
        cells[2] = v->addition ? _("addition") : _("full");
        cells[3] = when;
        cells[4] = v->author;
        cells[5] = entry;
        err = table_row(table, cells);
    }
    return err == SV_OK ? table_print(table) : err;
}

static enum sv_err
history_json(struct app *app, const struct schema_type *type,
             const struct handle *handle, const struct record_version *versions,
             size_t n)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct record_version *v = &versions[i];

        (void)json_array_append_new(
            rows,
            json_pack("{s:s, s:o, s:b, s:o, s:s, s:o, s:o}", "compartment",
                      v->compartment, "version", app_json_number(v->version),
                      "addition", v->addition, "time",
                      app_json_time(v->time_ms), "author", v->author, "entry",
                      app_json_number(v->index), "hash",
                      app_json_hex(BYTES(v->hash))));
    }
    return term_json(&app->term,
                     json_pack("{s:s, s:o, s:o}", "type", type->name, "record",
                               app_json_hex(BYTES(handle->b)), "versions",
                               rows));
}

enum exit_code
cmd_record_history(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    const struct schema_type *type = NULL;
    struct record_version *versions = NULL;
    struct handle handle;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    size_t n = 0;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    if (!session_record(&s, words[0], &type, &handle, &code))
        return session_close(&s, code);
    err = client_record_history(s.client, type->name, &handle, &versions, &n);
    if (err != SV_OK) {
        code = session_fail(&s, words[0], err);
    } else {
        err = app->json ? history_json(app, type, &handle, versions, n)
                        : history_table(app, type, versions, n);
        code = app_done(app, err);
    }
    free(versions);
    return session_close(&s, code);
}
