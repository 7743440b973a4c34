#include <string.h>

#include "cli/counting.h"

/* ---- What is asked for ---- */

bool
counting_annual_spec(struct app *app, const struct annual_options *o,
                     struct buf *spec)
{
    struct annual_spec s = {.fiscal = o->fiscal};
    struct diag where = {0};
    uint64_t year, age;
    enum sv_err err;

    if (o->year == NULL) {
        (void)app_usage(app, "%s", _("--year YYYY is missing"));
        return false;
    }
    if (!app_number(app, "--year", o->year, ANNUAL_YEAR_MIN, ANNUAL_YEAR_MAX, 0,
                    &year) ||
        !app_number(app, "--minor-age", o->minor_age, 1, ANNUAL_MINOR_AGE_MAX,
                    18, &age))
        return false;
    s.year = (unsigned)year;
    s.minor_age = (unsigned)age;
    annual_spec_today(clock_now(&app->clock), s.as_of);
    if ((o->as_of != NULL &&
         text_copy(bytes_text(o->as_of), s.as_of, sizeof s.as_of) != SV_OK) ||
        text_copy(
            bytes_text(o->authority != NULL ? o->authority : ANNUAL_NATIONAL),
            s.authority, sizeof s.authority) != SV_OK) {
        (void)app_usage(app, "%s", _("an option is too long"));
        return false;
    }
    err = annual_spec_check(&s, NULL, &where);
    if (err == SV_OK)
        err = annual_spec_encode(&s, spec);
    if (err == SV_OK)
        return true;
    (void)app_usage(app, "--%s: %s", where.column,
                    where.reason != NULL ? _(where.reason)
                                         : _(err_text(SV_ERR_INPUT)));
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
    return err == SV_OK ? app_done(app, SV_OK)
                        : app_fail(app, NULL, err,
                                   err == SV_ERR_FORMAT
                                       ? _("the gate's report cannot be read")
                                       : NULL);
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
    code = err == SV_OK
               ? counting_print(app, client_schema(s.client), buf_bytes(&json))
               : session_fail(&s, NULL, err);
    if (code == EXIT_DONE)
        app_hint(app, "%s",
                 _("Rounded to multiples of 5. Exact figures leave by a "
                   "release: svault release request."));
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
        counting_annual_spec(app, &o, &spec))
        code = counting_preview(app, buf_bytes(&spec));
    buf_free(&spec);
    return code;
}

/* ---- Plans ---- */

static enum sv_err
try_preview(struct client *c, struct bytes spec)
{
    struct buf json = BUF_INIT;
    enum sv_err err = client_counts_preview(c, spec, &json);

    buf_free(&json);
    return err;
}

/* What is wrong with the plan was said; the gate says no, too, and logs it. */
static void
log_attempt(struct app *app, counting_try_fn attempt, struct bytes plan)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;

    if (!session_open(app, &s, &code))
        return;
    (void)attempt(s.client, plan);
    if (client_trouble(s.client)->logged)
        app_hint(app, _("It stands in the log as entry %llu."),
                 (unsigned long long)client_trouble(s.client)->index);
    (void)session_close(&s, code);
}

/* The plan in a file, as its canonical text.  Reports. */
bool
counting_plan_spec(struct app *app, const char *path, counting_try_fn attempt,
                   struct buf *spec, enum exit_code *code)
{
    struct buf text = BUF_INIT;
    struct schema *schema = NULL;
    struct plan *plan = NULL;
    struct plan_fault fault = {0};
    char today[ANNUAL_DATE_SIZE];
    struct diag where = {0};
    enum sv_err err = file_read(path, PLAN_TEXT_MAX, &text);

    if (err != SV_OK) {
        *code = app_fail(app, path, err, NULL);
        goto out;
    }
    err = schema_load(schema_builtin(), &schema, &where);
    if (err == SV_OK)
        err = plan_parse(schema, buf_bytes(&text), &plan, &fault);
    if (err == SV_OK) {
        annual_spec_today(clock_now(&app->clock), today);
        err = plan_check_today(plan, today, &fault);
    }
    if (err == SV_OK)
        err = buf_append(spec, plan_canonical(plan));
    if (err == SV_ERR_INPUT) {
        plan_fault_diag(&fault, &where);
        (void)text_copy(bytes_text(path), where.file, sizeof where.file);
        *code = app_fail_diag(app, NULL, &where);
        if (attempt != NULL)
            log_attempt(app, attempt, buf_bytes(&text));
    } else if (err != SV_OK) {
        *code = app_fail(app, path, err, NULL);
    }
out:
    plan_free(plan);
    schema_free(schema);
    buf_free(&text);
    return err == SV_OK;
}

enum exit_code
cmd_counts_check(struct app *app, int argc, char **argv)
{
    struct buf spec = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (counting_plan_spec(app, words[0], NULL, &spec, &code)) {
        if (app->json)
            code = app_done(
                app,
                term_json(&app->term, json_pack("{s:o}", "plan",
                                                json_bytes(buf_bytes(&spec)))));
        else {
            term_text(app->term.out, buf_bytes(&spec), true, 0);
            code = app_done(app, SV_OK);
        }
    }
    buf_free(&spec);
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
    if (counting_plan_spec(app, words[0], try_preview, &spec, &code))
        code = counting_preview(app, buf_bytes(&spec));
    buf_free(&spec);
    return code;
}
