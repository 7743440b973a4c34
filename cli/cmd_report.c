#include <string.h>

#include "cli/counting.h"
#include "counts/plan_advice.h"

/* ---- What is asked for ---- */

static enum sv_err
try_preview(struct client *c, struct bytes spec)
{
    struct buf json = BUF_INIT;
    enum sv_err err = client_counts_preview(c, spec, &json);

    buf_free(&json);
    return err;
}

/* What is wrong with it was said; the gate says no, too, and logs it. */
static void
log_attempt(struct app *app, counting_try_fn attempt, struct bytes spec)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;

    if (!session_open(app, &s, &code))
        return;
    (void)attempt(s.client, spec);
    if (client_trouble(s.client)->logged)
        app_hint(app, _("It stands in the log as entry %llu."),
                 (unsigned long long)client_trouble(s.client)->index);
    (void)session_close(&s, code);
}

/* "--authority: ... (there are: national, police)" */
static void
say_authorities(struct app *app, const struct schema *schema,
                const struct diag *where)
{
    const struct schema_list *list = annual_spec_authorities(schema);
    struct buf all = BUF_INIT;
    enum sv_err err = SV_OK;

    for (size_t i = 0; err == SV_OK && list != NULL && i < list->n; i++)
        err = buf_printf(&all, "%s%s", i > 0 ? ", " : "", list->codes[i].code);
    (void)app_usage(app, _("--%s: %s (there are: %.*s)"), where->column,
                    _(where->reason), (int)all.len,
                    all.ptr != NULL ? (const char *)all.ptr : "");
    buf_free(&all);
}

/* By the schema of this program: before anything is sent.  As of today, where
 * nothing else is given, lies before no year but one to come. */
static bool
check_annual(struct app *app, const struct annual_spec *spec, bool as_of_given)
{
    struct schema *schema = NULL;
    struct diag where = {0};
    enum sv_err err = schema_load(schema_builtin(), &schema, &where);

    if (err == SV_OK)
        err = annual_spec_check(spec, schema, &where);
    if (err == SV_ERR_INPUT && strcmp(where.column, "authority") == 0)
        say_authorities(app, schema, &where);
    else if (err == SV_ERR_INPUT && !as_of_given &&
             strcmp(where.column, "as-of") == 0)
        (void)app_usage(app, "%s", _("--year: that year has not begun yet"));
    else if (err != SV_OK)
        (void)app_usage(app, "--%s: %s", where.column,
                        where.reason != NULL ? _(where.reason)
                                             : _(err_text(SV_ERR_INPUT)));
    schema_free(schema);
    return err == SV_OK;
}

static bool
read_annual(struct app *app, const struct annual_options *o,
            struct annual_spec *s)
{
    uint64_t year, age;

    if (o->year == NULL) {
        (void)app_usage(app, "%s", _("--year YYYY is missing"));
        return false;
    }
    if (!app_number(app, "--year", o->year, ANNUAL_YEAR_MIN, ANNUAL_YEAR_MAX, 0,
                    &year) ||
        !app_number(app, "--minor-age", o->minor_age, 1, UINT8_MAX, 18, &age))
        return false;
    s->fiscal = o->fiscal;
    s->year = (unsigned)year;
    s->minor_age = (unsigned)age;
    annual_spec_today(clock_now(&app->clock), s->as_of);
    if ((o->as_of != NULL &&
         text_copy(bytes_text(o->as_of), s->as_of, sizeof s->as_of) != SV_OK) ||
        text_copy(
            bytes_text(o->authority != NULL ? o->authority : ANNUAL_NATIONAL),
            s->authority, sizeof s->authority) != SV_OK) {
        (void)app_usage(app, "%s", _("an option is too long"));
        return false;
    }
    return check_annual(app, s, o->as_of != NULL);
}

bool
counting_annual_spec(struct app *app, const struct annual_options *o,
                     counting_try_fn attempt, struct buf *spec,
                     enum exit_code *code)
{
    struct annual_spec s = {0};
    char today[ANNUAL_DATE_SIZE];
    struct diag where = {0};
    enum sv_err err;

    *code = EXIT_USAGE;
    if (!read_annual(app, o, &s))
        return false;
    err = annual_spec_encode(&s, spec);
    if (err != SV_OK) {
        *code = app_fail(app, NULL, err, NULL);
        return false;
    }
    annual_spec_today(clock_now(&app->clock), today);
    if (annual_spec_check_today(&s, today, &where) == SV_OK)
        return true;
    *code = app_fail(app, "--as-of", SV_ERR_INPUT, _(where.reason));
    log_attempt(app, attempt, buf_bytes(spec));
    return false;
}

/* ---- Previews ---- */

enum exit_code
counting_print(struct app *app, const struct schema *schema, struct bytes json)
{
    struct buf text = BUF_INIT;
    enum sv_err err;

    if (app->json)
        err = buf_append(&text, json);
    else
        err = document_text(json, schema, app->lang, &text);
    if (err == SV_OK && text.len > 0 &&
        fwrite(text.ptr, 1, text.len, app->term.out) != text.len)
        err = SV_ERR_IO;
    buf_free(&text);
    return err == SV_ERR_FORMAT
               ? app_fail(app, NULL, err, _("the gate's report cannot be read"))
               : app_done(app, err);
}

void
counting_say_empty(struct session *s, struct bytes spec)
{
    const struct roster *r = client_roster(s->client);
    uint64_t founded_ms = r->n_grants > 0 ? r->grants[0].from_ms : 0, as_of_ms;
    char founded[ANNUAL_DATE_SIZE];

    if (document_as_of(client_schema(s->client), spec, &as_of_ms) != SV_OK ||
        as_of_ms >= founded_ms)
        return;
    annual_spec_today(founded_ms, founded);
    app_hint(s->app,
             _("Nothing had been entered by that day: this vault was founded "
               "on %s. As of a day counts what had been entered by its end, "
               "in Japanese time."),
             founded);
}

enum exit_code
counting_preview(struct app *app, struct bytes spec)
{
    struct session s = {0};
    struct buf json = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!session_open(app, &s, &code))
        return code;
    err = client_counts_preview(s.client, spec, &json);
    if (err == SV_OK)
        counting_say_empty(&s, spec);
    code = err == SV_OK
               ? counting_print(app, client_schema(s.client), buf_bytes(&json))
               : session_fail(&s, NULL, err);
    if (code == EXIT_DONE)
        app_hint(app, "%s",
                 _("Disturbed, and rounded to multiples of 5: to see whether "
                   "records are complete. Figures leave by a release: svault "
                   "release request."));
    buf_free(&json);
    return session_close(&s, code);
}

enum exit_code
cmd_report_annual(struct app *app, int argc, char **argv)
{
    struct annual_options o = {0};
    const struct flag flags[] = {ANNUAL_FLAGS(o), {0}};
    struct buf spec = BUF_INIT;
    enum exit_code code = EXIT_USAGE;
    char **words;

    if (app_args(app, argc, argv, flags, 0, 0, &words) &&
        counting_annual_spec(app, &o, try_preview, &spec, &code))
        code = counting_preview(app, buf_bytes(&spec));
    buf_free(&spec);
    return code;
}

/* ---- Plans ---- */

/* A plan as it stands in a file. */
struct plan_file {
    struct schema *schema;
    struct plan *plan; /* borrows from the schema */
};

static void
plan_file_clear(struct plan_file *f)
{
    plan_free(f->plan);
    schema_free(f->schema);
    *f = (struct plan_file){0};
}

static enum sv_err
parse_plan(const struct app *app, struct bytes text, bool preview,
           struct plan_file *f, struct plan_fault *fault, struct diag *where)
{
    char today[ANNUAL_DATE_SIZE];
    enum sv_err err = schema_load(schema_builtin(), &f->schema, where);

    if (err == SV_OK)
        err = plan_parse(f->schema, text, &f->plan, fault);
    if (err == SV_OK) {
        annual_spec_today(clock_now(&app->clock), today);
        err = plan_check_today(f->plan, today, fault);
    }
    return err == SV_OK && preview ? plan_check_preview(f->plan, fault) : err;
}

/* Reports. */
static bool
read_plan(struct app *app, const char *path, bool preview,
          counting_try_fn attempt, struct plan_file *out, enum exit_code *code)
{
    struct buf text = BUF_INIT;
    struct plan_file f = {0};
    struct plan_fault fault = {0};
    struct diag where = {0};
    enum sv_err err = file_read(path, PLAN_TEXT_MAX, &text);

    if (err == SV_OK)
        err = parse_plan(app, buf_bytes(&text), preview, &f, &fault, &where);
    if (err == SV_ERR_INPUT) {
        plan_fault_diag(&fault, &where);
        (void)text_copy(bytes_text(path), where.file, sizeof where.file);
        *code = app_fail_diag(app, NULL, &where);
        if (attempt != NULL)
            log_attempt(app, attempt, buf_bytes(&text));
    } else if (err != SV_OK) {
        *code = app_fail(app, path, err, NULL);
    }
    if (err == SV_OK)
        *out = f;
    else
        plan_file_clear(&f);
    buf_free(&text);
    return err == SV_OK;
}

/* The plan in a file, as its canonical text.  Reports. */
bool
counting_plan_spec(struct app *app, const char *path, bool preview,
                   counting_try_fn attempt, struct buf *spec,
                   enum exit_code *code)
{
    struct plan_file f = {0};
    enum sv_err err;

    if (!read_plan(app, path, preview, attempt, &f, code))
        return false;
    err = buf_append(spec, plan_canonical(f.plan));
    if (err != SV_OK)
        *code = app_fail(app, path, err, NULL);
    plan_file_clear(&f);
    return err == SV_OK;
}

static json_t *
advice_json(const struct plan_advice_list *l)
{
    json_t *array = json_array();

    for (size_t i = 0; i < l->n; i++) {
        const struct plan_advice *a = &l->at[i];

        (void)json_array_append_new(
            array,
            json_pack("{s:I, s:I, s:s, s:s, s:s, s:s}", "line",
                      (json_int_t)a->line, "column", (json_int_t)a->column,
                      "kind", plan_advice_name(a->kind), "table", a->table,
                      "other", a->other, "text", _(plan_advice_text(a->kind))));
    }
    return array;
}

/* "a.counts:3:7: advice: b (a): is one code short of ..." */
static void
say_advice(struct app *app, const char *path, const struct plan_advice_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct plan_advice *a = &l->at[i];

        app_hint(app, "%s:%zu:%zu: %s: %s%s%s%s: %s", path, a->line, a->column,
                 _("advice"), a->table, a->other[0] != '\0' ? " (" : "",
                 a->other, a->other[0] != '\0' ? ")" : "",
                 _(plan_advice_text(a->kind)));
    }
}

enum exit_code
cmd_counts_check(struct app *app, int argc, char **argv)
{
    struct plan_file f = {0};
    struct plan_advice_list advice;
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (!read_plan(app, words[0], false, NULL, &f, &code))
        return code;
    plan_advice_find(f.plan, &advice);
    if (app->json) {
        code = app_done(
            app,
            term_json(&app->term,
                      json_pack("{s:o, s:o}", "advice", advice_json(&advice),
                                "plan", json_bytes(plan_canonical(f.plan)))));
    } else {
        term_text(app->term.out, plan_canonical(f.plan), true, 0);
        (void)fputc('\n', app->term.out);
        code = app_done(app, SV_OK);
        say_advice(app, words[0], &advice);
    }
    plan_file_clear(&f);
    return code;
}

enum exit_code
cmd_counts_run(struct app *app, int argc, char **argv)
{
    struct buf spec = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (counting_plan_spec(app, words[0], true, try_preview, &spec, &code))
        code = counting_preview(app, buf_bytes(&spec));
    buf_free(&spec);
    return code;
}
