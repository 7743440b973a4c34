#include <stdlib.h>
#include <string.h>

#include "cli/find.h"
#include "cli/form.h"

/* ---- record add ---- */

/* One row of a file: import_read() reads it, with the same faults. */
static bool
row_from_file(struct app *app, const char *path, const struct schema_type *type,
              struct import *im, enum exit_code *code)
{
    struct buf file = BUF_INIT;
    struct diag where = {0};
    bool ok = false;
    enum sv_err err = file_read(path, IMPORT_FILE_MAX, &file);

    if (err == SV_OK)
        err = import_read(type, buf_bytes(&file), im, &where);
    (void)snprintf(where.file, sizeof where.file, "%s", path);
    if (err == SV_ERR_INPUT) {
        *code = app_fail_diag(app, NULL, &where);
    } else if (err != SV_OK) {
        *code = app_fail(app, path, err, NULL);
    } else if (im->n_bad > 0) {
        if (im->n_diags > 0)
            where = im->diags[0];
        (void)snprintf(where.file, sizeof where.file, "%s", path);
        *code = app_fail_diag(app, NULL, &where);
        app_hint_codes(app, type, &where);
    } else if (im->n != 1) {
        *code = app_fail(app, path, SV_ERR_INPUT,
                         _("one row is needed, no more and no less"));
        app_hint(app, "%s",
                 _("For many rows: svault import FILE --type "
                   "TYPE"));
    } else {
        ok = true;
    }
    buf_free(&file);
    return ok;
}

static enum exit_code
say_added(struct app *app, const struct schema_type *type,
          const struct handle *handle)
{
    char hex[2 * HANDLE_LEN + 1];

    text_hex(BYTES(handle->b), hex);
    if (app->json)
        return app_told(
            app, term_json(&app->term, json_pack("{s:s, s:s}", "type",
                                                 type->name, "record", hex)));
    (void)fprintf(app->term.out, "%s\n", hex);
    app_hint(app, _("Saved. Show it: svault record show %.8s"), hex);
    return app_told(app, SV_OK);
}

/* Did the vault refuse the draft because another record has its number?
 * *where names the field. */
static bool
is_taken(const struct draft *d, enum sv_err err, struct diag *where)
{
    char column[sizeof where->column];

    for (size_t c = 0; err == SV_ERR_INPUT && c < d->type->n; c++)
        for (size_t f = 0; f < d->type->compartments[c].n; f++) {
            if (!d->type->compartments[c].fields[f].unique)
                continue;
            (void)snprintf(column, sizeof column, "%s.%s",
                           d->type->compartments[c].name,
                           d->type->compartments[c].fields[f].name);
            diag_set(where, d->line, column,
                     N_("another record has that number"));
            return true;
        }
    return false;
}

static enum exit_code
add_draft(struct session *s, const struct draft *draft, const char *path)
{
    struct handle handle;
    struct diag where = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!find_duplicates(s, draft, &code))
        return code;
    err = client_record_add(s->client, draft, &handle);
    if (err == SV_OK)
        return say_added(s->app, draft->type, &handle);
    if (!is_taken(draft, err, &where))
        return session_fail(s, NULL, err);
    (void)snprintf(where.file, sizeof where.file, "%s", path);
    return app_fail_diag(s->app, NULL, &where);
}

static enum exit_code
add_from_file(struct session *s, const struct schema_type *type,
              const char *path)
{
    struct import im = {0};
    enum exit_code code = EXIT_FAILED;

    if (row_from_file(s->app, path, type, &im, &code))
        code = add_draft(s, &im.drafts[0], path);
    import_free(&im);
    return code;
}

/* fault: of the draft as it was filled in before, or NULL. */
static enum exit_code
fill_draft(struct session *s, struct draft *draft, const struct diag *fault)
{
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    session_pause(s);
    err = form_mend_record(&s->app->term, s->app->lang, draft, fault);
    if (err == SV_ERR_INTERRUPTED)
        return EXIT_FAILED; /* the form has said so */
    if (err != SV_OK)
        return app_fail(s->app, NULL, err, NULL);
    return session_resume(s, &code) ? EXIT_DONE : code;
}

/* Whoever typed a whole form does not lose it to a number that is taken. */
static enum exit_code
add_from_form(struct session *s, const struct schema_type *type)
{
    struct draft draft = {0};
    struct handle handle;
    struct diag taken = {0};
    enum sv_err err = draft_new(type, &draft);
    enum exit_code code = err == SV_OK ? fill_draft(s, &draft, NULL)
                                       : app_fail(s->app, NULL, err, NULL);
    bool done = code != EXIT_DONE || !find_duplicates(s, &draft, &code);

    while (!done) {
        err = client_record_add(s->client, &draft, &handle);
        done = !is_taken(&draft, err, &taken);
        if (err == SV_OK)
            code = say_added(s->app, type, &handle);
        else if (done)
            code = session_fail(s, NULL, err);
        else
            code = fill_draft(s, &draft, &taken);
        done = done || code != EXIT_DONE;
    }
    draft_free(&draft);
    return code;
}

enum exit_code
cmd_record_add(struct app *app, int argc, char **argv)
{
    const char *from = NULL;
    const struct flag flags[] = {{"from", 0, &from, NULL}, {0}};
    struct session s = {0};
    const struct schema_type *type;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 1, &words))
        return EXIT_USAGE;
    if (words[0] == NULL)
        return app_no_type(app);
    if (from == NULL && app->no_input)
        return app_usage(app, "%s",
                         _("the form asks: --from FILE is "
                           "missing"));
    if (!session_open(app, &s, &code))
        return code;
    type = app_type(app, client_schema(s.client), words[0]);
    if (type == NULL)
        return session_close(&s, EXIT_USAGE);
    if (from != NULL)
        return session_close(&s, add_from_file(&s, type, from));
    /* Nobody fills in a form in vain. */
    err = session_may(&s, ACT_RECORD_CREATE, type->name, NULL);
    if (err == SV_OK)
        code = add_from_form(&s, type);
    else if (err == SV_ERR_DENIED)
        code = app_fail(app, type->name, err,
                        _("none of your roles adds such records"));
    else
        code = session_fail(&s, type->name, err);
    return session_close(&s, code);
}

/* ---- record edit ---- */

struct editing {
    struct session *s;
    const struct schema_type *type;
    struct handle handle;
    const char *role;   /* that saves */
    const char *reader; /* that reads; NULL where none may */
    unsigned n_saved;
};

static enum exit_code
save(struct editing *e, const struct content *content,
     const struct record_view *base)
{
    const char *name = content->compartment->name;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!session_resume(e->s, &code))
        return code;
    err = client_record_save(e->s->client, e->type->name, &e->handle, content,
                             base);
    if (err != SV_OK)
        return session_fail(e->s, name, err);
    e->n_saved++;
    if (!e->s->app->json)
        app_hint(
            e->s->app, _("Saved: %s"),
            form_label(content->compartment->label, e->s->app->lang, name));
    return EXIT_DONE;
}

static enum exit_code
fill_and_save(struct editing *e, struct content *content,
              const struct record_view *base)
{
    struct app *app = e->s->app;
    enum sv_err err;

    session_pause(e->s);
    err = form_fill(&app->term, app->lang, e->type, content, base == NULL);
    if (err == SV_ERR_INTERRUPTED)
        return EXIT_FAILED; /* the form has said so */
    if (err != SV_OK)
        return app_fail(app, NULL, err, NULL);
    return save(e, content, base);
}

/* Where she may write and not read: ask the gate first whether this is hers
 * to write, for nobody fills in a form in vain. */
static enum exit_code
add_to(struct editing *e, const struct schema_compartment *c,
       struct content *addition)
{
    struct record_version *versions = NULL;
    size_t n = 0;
    enum sv_err err;

    err = client_record_history(e->s->client, e->type->name, &e->handle,
                                &versions, &n);
    free(versions);
    if (err != SV_OK)
        return session_fail(e->s, c->name, err);
    err = content_new(c, addition);
    return err == SV_OK ? fill_and_save(e, addition, NULL)
                        : app_fail(e->s->app, c->name, err, NULL);
}

/* Nobody else can take out of the way what its author made so that it does
 * not open. */
static bool
begins_anew(struct editing *e, const struct schema_compartment *c,
            struct record_view *out, enum exit_code *code)
{
    bool yes = false;
    enum sv_err err;

    if (client_trouble(e->s->client)->actor[0] == '\0')
        return false;
    session_pause(e->s);
    err = term_confirm(&e->s->app->term,
                       _("Fill in that part anew, from nothing?"), false, &yes);
    if (err != SV_OK || !yes || !session_resume(e->s, code))
        return false;
    err = client_record_begin_anew(e->s->client, e->type->name, &e->handle,
                                   c->name, out);
    if (err != SV_OK)
        *code = session_fail(e->s, c->name, err);
    return err == SV_OK;
}

static enum exit_code
edit_compartment(struct editing *e, size_t at)
{
    const struct schema_compartment *c = &e->type->compartments[at];
    struct record_view view = {0};
    struct content addition = {0};
    enum exit_code code;
    enum sv_err err;

    if (!session_resume(e->s, &code))
        return code;
    if (e->reader != NULL &&
        client_may_read(e->s->client, e->reader, e->type->name, c->name)) {
        err = client_record_read(e->s->client, e->type->name, &e->handle, 1,
                                 &c->name, &view);
        if (err == SV_OK)
            (void)session_unopened(e->s, &view);
        code = err == SV_OK ? EXIT_DONE : session_fail(e->s, c->name, err);
        if (err == SV_OK || begins_anew(e, c, &view, &code))
            code = fill_and_save(e, &view.contents[at], &view);
    } else {
        code = add_to(e, c, &addition);
    }
    content_free(&addition);
    record_view_free(&view);
    return code;
}

static bool
may_write(const struct editing *e, size_t at)
{
    return client_may_write(e->s->client, e->role, e->type->name,
                            e->type->compartments[at].name);
}

/* The only part that she may write, or the one she chooses. */
static bool
ask_compartment(struct editing *e, size_t *out, enum exit_code *code)
{
    struct app *app = e->s->app;
    struct buf typed = BUF_INIT;
    size_t places[SCHEMA_COMPARTMENTS_MAX], n = 0;
    uint64_t number = 0;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < e->type->n; i++)
        if (may_write(e, i))
            places[n++] = i;
    if (n == 0) {
        *code = app_fail(app, e->type->name, SV_ERR_DENIED,
                         _("your role writes no part of such records"));
        return false;
    }
    for (size_t i = 0; n > 1 && i < n; i++)
        (void)fprintf(app->term.err, "  %zu  %s\n", i + 1,
                      form_label(e->type->compartments[places[i]].label,
                                 app->lang,
                                 e->type->compartments[places[i]].name));
    while (err == SV_OK && n > 1 && number == 0) {
        buf_truncate(&typed, 0);
        err = term_ask(&app->term, _("Which part (number)? "), 32, &typed);
        if (err == SV_OK && text_u64(buf_bytes(&typed), 1, n, &number) != SV_OK)
            number = 0;
    }
    if (err != SV_OK)
        *code = app_fail(app, NULL, err, _("stopped; nothing was saved"));
    else
        *out = places[n > 1 ? number - 1 : 0];
    buf_free(&typed);
    return err == SV_OK;
}

static enum exit_code
edit_listed(struct editing *e, char *list)
{
    struct app *app = e->s->app;
    enum exit_code code = EXIT_DONE;
    char *rest = NULL;
    size_t places[SCHEMA_COMPARTMENTS_MAX], n = 0;

    for (char *word = strtok_r(list, ",", &rest);
         word != NULL && n < SCHEMA_COMPARTMENTS_MAX;
         word = strtok_r(NULL, ",", &rest)) {
        if (!app_part(app, e->type, word, &places[n]))
            return EXIT_USAGE;
        n++;
    }
    if (n == 0)
        return app_usage(app, "%s", _("-c needs the names of parts"));
    for (size_t i = 0; i < n; i++)
        if (!may_write(e, places[i]))
            return app_fail(app, e->type->compartments[places[i]].name,
                            SV_ERR_DENIED,
                            _("your role does not write this part"));
    for (size_t i = 0; code == EXIT_DONE && i < n; i++)
        code = edit_compartment(e, places[i]);
    return code;
}

static enum exit_code
edit_record(struct session *s, const char *name, char *list)
{
    struct editing e = {.s = s};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    size_t at;

    if (!session_record(s, name, &e.type, &e.handle, &code))
        return code;
    err = session_may(s, ACT_RECORD_SAVE, e.type->name, &e.role);
    if (err == SV_ERR_DENIED)
        return app_fail(s->app, name, err,
                        _("none of your roles changes such records"));
    if (err == SV_OK &&
        session_may(s, ACT_RECORD_READ, e.type->name, &e.reader) != SV_OK)
        e.reader = NULL;
    if (err != SV_OK)
        return session_fail(s, name, err);
    if (list != NULL)
        code = edit_listed(&e, list);
    else if (ask_compartment(&e, &at, &code))
        code = edit_compartment(&e, at);
    if (e.n_saved > 0 && code != EXIT_DONE) {
        app_hint(s->app, "%s", _("The parts named above were saved."));
        code = app_in_part(code);
    }
    if (code == EXIT_DONE)
        code = s->app->json ? say_added(s->app, e.type, &e.handle)
                            : app_done(s->app, SV_OK);
    return code;
}

enum exit_code
cmd_record_edit(struct app *app, int argc, char **argv)
{
    const char *list = NULL;
    const struct flag flags[] = {{"compartment", 'c', &list, NULL}, {0}};
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    char **words, *names = NULL;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (app->no_input)
        return app_usage(app, "%s",
                         _("the form asks: it cannot do with "
                           "--no-input"));
    if (list != NULL && (names = strdup(list)) == NULL)
        return app_fail(app, NULL, SV_ERR_NOMEM, NULL);
    if (session_open(app, &s, &code))
        code = session_close(&s, edit_record(&s, words[0], names));
    free(names);
    return code;
}

/* ---- record assign, unassign ---- */

/* It is so already, or it is not so: this is no fault of the record's. */
static enum exit_code
assigned_before(struct session *s, const char *record, const char *person,
                enum sv_err err)
{
    char why[NAME_SIZE + 128];
    enum exit_code code;

    (void)snprintf(why, sizeof why,
                   err == SV_ERR_EXISTS ? _("is assigned to %s already")
                                        : _("is not assigned to %s"),
                   person);
    code = app_fail(s->app, record, err, why);
    app_hint(s->app, _("It stands in the log as entry %llu."),
             (unsigned long long)client_trouble(s->client)->index);
    return code;
}

static enum exit_code
assign(struct app *app, int argc, char **argv, bool on)
{
    struct session s = {0};
    const struct schema_type *type = NULL;
    struct handle handle;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 2, 2, &words))
        return EXIT_USAGE;
    if (!text_is_work_name(bytes_text(words[1])))
        return app_usage(app, "%s",
                         _("a work name has 1 to 32 small "
                           "letters, digits and '-'"));
    if (!session_open(app, &s, &code))
        return code;
    if (!session_record(&s, words[0], &type, &handle, &code))
        return session_close(&s, code);
    err = client_record_assign(s.client, type->name, &handle, words[1], on);
    if (client_trouble(s.client)->logged &&
        err == (on ? SV_ERR_EXISTS : SV_ERR_NOT_FOUND))
        code = assigned_before(&s, words[0], words[1], err);
    else if (err != SV_OK)
        code = session_fail(&s, words[0], err);
    else if (app->json)
        code = app_told(
            app, term_json(&app->term,
                           json_pack("{s:s, s:o, s:s, s:b}", "type", type->name,
                                     "record", app_json_hex(BYTES(handle.b)),
                                     "person", words[1], "assigned", on)));
    else {
        char hex[2 * HANDLE_LEN + 1];

        text_hex(BYTES(handle.b), hex);
        (void)fprintf(app->term.out,
                      on ? _("%.8s is assigned to %s.")
                         : _("%.8s is no longer assigned to %s."),
                      hex, words[1]);
        (void)fputc('\n', app->term.out);
        code = app_told(app, SV_OK);
    }
    return session_close(&s, code);
}

enum exit_code
cmd_record_assign(struct app *app, int argc, char **argv)
{
    return assign(app, argc, argv, true);
}

enum exit_code
cmd_record_unassign(struct app *app, int argc, char **argv)
{
    return assign(app, argc, argv, false);
}
