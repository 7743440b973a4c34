#include <string.h>

#include "cli/app.h"

#define FAULTS_SHOWN 20

struct importing {
    struct app *app;
    const char *path;
    const char *type;
    const char *skip_bad; /* where faulty rows go; NULL */
    struct buf file;
    struct import im;
    size_t n_good, n_bad;
};

/* ---- Reading the file ---- */

/* One hint for each column that takes codes. */
static bool
is_first_of_column(const struct import *im, size_t at)
{
    for (size_t k = 0; k < at; k++)
        if (strcmp(im->diags[k].column, im->diags[at].column) == 0)
            return false;
    return true;
}

static void
list_faults(const struct importing *i)
{
    size_t shown = i->im.n_diags < FAULTS_SHOWN ? i->im.n_diags : FAULTS_SHOWN;

    for (size_t k = 0; k < shown; k++) {
        struct diag where = i->im.diags[k];

        (void)snprintf(where.file, sizeof where.file, "%s", i->path);
        app_fault(i->app, &where);
    }
    for (size_t k = 0; k < shown; k++)
        if (is_first_of_column(&i->im, k))
            app_hint_codes(i->app, i->im.type, &i->im.diags[k]);
    if (i->im.n_bad > shown)
        app_hint(i->app, _("and %zu more"), i->im.n_bad - shown);
}

static enum exit_code
refuse_bad(const struct importing *i)
{
    list_faults(i);
    (void)app_fail(i->app, i->path, SV_ERR_INPUT,
                   _("rows with faults; nothing was brought in"));
    app_hint(i->app, "%s",
             _("Correct the file and run the same command again, or take "
               "those rows out with --skip-bad OUT."));
    return EXIT_BAD_INPUT;
}

/* Everything that needs no vault: the whole file, with all its faults. */
static bool
check_file(struct importing *i, const struct schema *schema,
           enum exit_code *code)
{
    const struct schema_type *type = app_type(i->app, schema, i->type);
    struct diag where = {0};
    enum sv_err err;

    if (type == NULL) {
        *code = EXIT_USAGE;
        return false;
    }
    err = import_read(type, buf_bytes(&i->file), &i->im, &where);
    (void)snprintf(where.file, sizeof where.file, "%s", i->path);
    if (err == SV_ERR_INPUT)
        *code = app_fail_diag(i->app, NULL, &where);
    else if (err != SV_OK)
        *code = app_fail(i->app, i->path, err, NULL);
    return err == SV_OK;
}

static void
forget_rows(struct importing *i)
{
    import_free(&i->im);
    memset(&i->im, 0, sizeof i->im);
}

/* Before any passphrase is asked for, by the schema of this program; the
 * rows are read again by the vault's. */
static bool
check_beforehand(struct importing *i, enum exit_code *code)
{
    struct schema *schema = NULL;
    struct diag where = {0};
    bool ok;
    enum sv_err err = schema_load(schema_builtin(), &schema, &where);

    if (err != SV_OK) {
        *code = err == SV_ERR_INPUT ? app_fail_diag(i->app, NULL, &where)
                                    : app_fail(i->app, NULL, err, NULL);
        return false;
    }
    ok = check_file(i, schema, code);
    if (ok && i->im.n_bad > 0 && i->skip_bad == NULL) {
        *code = refuse_bad(i);
        ok = false;
    }
    if (ok && i->im.n_bad > 0)
        list_faults(i);
    i->n_good = i->im.n;
    i->n_bad = i->im.n_bad;
    forget_rows(i);
    schema_free(schema);
    return ok;
}

/* ---- Bringing the rows in ---- */

/* Written by the same command before it was interrupted? */
static bool
is_written(const struct importing *i)
{
    struct buf there = BUF_INIT;
    bool same = file_read(i->skip_bad, IMPORT_FILE_MAX, &there) == SV_OK &&
                bytes_equal(buf_bytes(&there), buf_bytes(&i->im.bad_rows));

    buf_free(&there);
    return same;
}

static enum exit_code
set_bad_aside(struct importing *i)
{
    const char *why = NULL;
    enum sv_err err;

    if (i->skip_bad == NULL || i->im.n_bad == 0)
        return EXIT_DONE;
    err = file_create(i->skip_bad, 0600, buf_bytes(&i->im.bad_rows));
    if (err == SV_ERR_EXISTS && is_written(i))
        err = SV_OK;
    if (err == SV_ERR_EXISTS)
        why = _("exists already; it is not overwritten, and nothing was "
                "brought in");
    if (err != SV_OK)
        return app_fail(i->app, i->skip_bad, err, why);
    app_hint(i->app, _("%zu faulty rows were put into %s."), i->im.n_bad,
             i->skip_bad);
    return EXIT_DONE;
}

/* The rest of such a row was not looked at: it may have been corrected since,
 * or be somebody else's, of another shelter with numbers of its own. */
static void
say_already(const struct importing *i, const struct import_report *r)
{
    if (r->n_already > 0)
        app_hint(i->app, "%s",
                 _("A row is already in if you brought in one with its number "
                   "before. What else is in it was not compared and\n"
                   "changes nothing: a correction is made with svault record "
                   "edit, and another person with the same number is\n"
                   "NOT in the vault."));
}

static enum exit_code
report(struct importing *i, const struct import_report *r)
{
    if (i->app->json)
        return app_told(
            i->app,
            term_json(&i->app->term,
                      json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", i->type,
                                "rows", app_json_number(i->im.n), "in",
                                app_json_number(r->n_done), "already_in",
                                app_json_number(r->n_already), "bad",
                                app_json_number(i->im.n_bad))));
    (void)fprintf(i->app->term.out, _("%zu in, %zu already in"), r->n_done,
                  r->n_already);
    if (i->im.n_bad > 0)
        (void)fprintf(i->app->term.out, _(", %zu left out"), i->im.n_bad);
    (void)fputc('\n', i->app->term.out);
    return app_told(i->app, SV_OK);
}

/* The file was sound; the vault has that number already. */
static enum exit_code
duplicate(struct importing *i, size_t line)
{
    struct diag where = {0};

    diag_set(&where, line, NULL,
             N_("another record in the vault has this row's number"));
    (void)snprintf(where.file, sizeof where.file, "%s", i->path);
    return app_fail_diag(i->app, NULL, &where);
}

static enum exit_code
failed(struct importing *i, struct session *s, const struct import_report *r,
       enum sv_err err)
{
    size_t in = r->n_done + r->n_already;
    enum exit_code code;

    if (err == SV_ERR_INTERRUPTED)
        code = app_fail(i->app, i->path, err, NULL);
    else if (err == SV_ERR_INPUT && r->duplicate_line > 0)
        code = duplicate(i, r->duplicate_line);
    else
        code = session_fail(s, i->path, err);
    /* What was sent may be in, if its answer was not had or not true. */
    if (code == EXIT_UNSURE || code == EXIT_ALTERED ||
        code == EXIT_UNVERIFIED) {
        app_hint(i->app,
                 _("Of %zu rows the first %zu are in; whether more are is not "
                   "known.\n"
                   "The same command goes on from there; nothing comes in "
                   "twice."),
                 i->im.n, in);
        return code;
    }
    if (in == 0) {
        app_hint(i->app, "%s", _("No row was brought in."));
        return code;
    }
    app_hint(i->app,
             _("The first %zu of %zu rows are in, the others are not.\n"
               "The same command goes on from there; nothing comes in "
               "twice."),
             in, i->im.n);
    return EXIT_PARTIAL;
}

static enum exit_code
bring_in(struct importing *i, struct session *s)
{
    struct progress progress = {.t = &i->app->term, .label = _("rows")};
    struct import_report r = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!check_file(i, client_schema(s->client), &code))
        return code;
    /* The vault's schema may be another than this program's. */
    if (i->im.n_bad > 0 && i->skip_bad == NULL)
        return refuse_bad(i);
    if (i->im.n_bad != i->n_bad)
        list_faults(i);
    code = set_bad_aside(i);
    if (code != EXIT_DONE)
        return code;
    term_wait_begin();
    s->interruptible = true;
    err = client_import(s->client, &i->im, term_progress, &progress, &r);
    s->interruptible = false;
    (void)term_wait_end();
    term_progress_end(&progress);
    if (err != SV_OK)
        return failed(i, s, &r, err);
    code = report(i, &r);
    say_already(i, &r);
    return code;
}

static enum exit_code
dry_run(struct importing *i)
{
    if (i->app->json)
        return app_done(
            i->app,
            term_json(&i->app->term,
                      json_pack("{s:s, s:o, s:o, s:b}", "type", i->type, "rows",
                                app_json_number(i->n_good), "bad",
                                app_json_number(i->n_bad), "dry_run", true)));
    (void)fprintf(i->app->term.out,
                  _("%zu rows are good, %zu are not. Nothing was brought "
                    "in: this was a dry run."),
                  i->n_good, i->n_bad);
    (void)fputc('\n', i->app->term.out);
    return app_done(i->app, SV_OK);
}

enum exit_code
cmd_import(struct app *app, int argc, char **argv)
{
    struct importing i = {.app = app};
    bool dry = false;
    const struct flag flags[] = {{"type", 0, &i.type, NULL},
                                 {"dry-run", 0, NULL, &dry},
                                 {"skip-bad", 0, &i.skip_bad, NULL},
                                 {0}};
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (i.type == NULL)
        return app_no_type(app);
    i.path = words[0];
    err = file_read(i.path, IMPORT_FILE_MAX, &i.file);
    if (err != SV_OK)
        code = app_fail(app, i.path, err, NULL);
    else if (!check_beforehand(&i, &code))
        ;
    else if (dry)
        code = dry_run(&i);
    else if (session_open(app, &s, &code)) {
        code = bring_in(&i, &s);
        forget_rows(&i); /* they point into the session's schema */
        code = session_close(&s, code);
    }
    buf_free(&i.file);
    return code;
}
