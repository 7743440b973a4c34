#include "cli/app.h"

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLAGS_MAX 12
#define CODES_SHOWN 20

/* "svault: record show: " */
static void
begin_line(const struct app *app)
{
    const struct command *c = app->command;

    (void)fflush(app->term.out);
    (void)fprintf(app->term.err, "%s: ", app->program);
    if (c != NULL)
        (void)fprintf(app->term.err, "%s%s%s: ", c->noun,
                      c->noun[0] != '\0' && c->verb[0] != '\0' ? " " : "",
                      c->verb);
}

static void
text(FILE *to, const char *t)
{
    term_text(to, bytes_text(t), false, 0);
}

/* What helps against failures that are the same everywhere. */
static const char *
remedy(const struct app *app, enum sv_err err)
{
    switch (err) {
    case SV_ERR_MEMLOCK:
        return N_("Raise the limit of locked memory (ulimit -l) and try "
                  "again.");
    case SV_ERR_FULL: /* what is done in part is not begun again */
        return N_("Make room on that disk, then go on.");
    case SV_ERR_UNSURE:
        return N_("Look first whether it is in (svault record list, svault "
                  "log list); repeat the command only if it is not.");
    case SV_ERR_BUSY:
        return app->vault != NULL && way_form_of(app->vault) != WAY_EMBEDDED
                   ? N_("Others keep the service busy: run the same command "
                        "again in a moment.")
                   : N_("Wait until that command has ended, then run this "
                        "one again.");
    default:
        return NULL;
    }
}

enum exit_code
app_fail(struct app *app, const char *what, enum sv_err err, const char *why)
{
    const char *next = remedy(app, err);

    begin_line(app);
    if (what != NULL) {
        text(app->term.err, what);
        (void)fputs(": ", app->term.err);
    }
    text(app->term.err, why != NULL ? why : _(err_text(err)));
    (void)fputc('\n', app->term.err);
    if (next != NULL)
        app_hint(app, "%s", _(next));
    return exit_code_of(err);
}

void
app_hint(struct app *app, const char *format, ...)
{
    va_list args;
    char *made = NULL;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        made = NULL;
    va_end(args);
    (void)fflush(app->term.out);
    if (made != NULL) {
        (void)fputs("  ", app->term.err);
        term_text(app->term.err, bytes_text(made), true, 2);
        (void)fputc('\n', app->term.err);
    }
    free(made);
}

enum exit_code
app_usage(struct app *app, const char *format, ...)
{
    const struct command *c = app->command;
    va_list args;
    char *made = NULL;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        made = NULL;
    va_end(args);
    begin_line(app);
    text(app->term.err, made != NULL ? made : _(err_text(SV_ERR_USAGE)));
    (void)fputc('\n', app->term.err);
    free(made);
    if (c != NULL) {
        const char *space = c->noun[0] != '\0' ? " " : "";

        app_hint(app, "%s %s %s%s%s%s%s", _("Usage:"), app->program, c->noun,
                 space, c->verb, c->args[0] != '\0' ? " " : "", c->args);
        app_hint(app, "%s %s %s%s%s --help", _("Examples:"), app->program,
                 c->noun, space, c->verb);
    }
    return EXIT_USAGE;
}

void
app_fault(struct app *app, const struct diag *where)
{
    FILE *to = app->term.err;

    text(to, where->file);
    if (where->line > 0)
        (void)fprintf(to, "%s%zu", where->file[0] != '\0' ? ":" : "",
                      where->line);
    if (where->column[0] != '\0') {
        (void)fputs(where->file[0] != '\0' || where->line > 0 ? ":" : "", to);
        text(to, where->column);
    }
    (void)fputs(where->file[0] != '\0' || where->line > 0 ||
                        where->column[0] != '\0'
                    ? ": "
                    : "",
                to);
    text(to,
         where->reason != NULL ? _(where->reason) : _(err_text(SV_ERR_INPUT)));
    (void)fputc('\n', to);
}

enum exit_code
app_fail_diag(struct app *app, const char *what, const struct diag *where)
{
    begin_line(app);
    if (what != NULL) {
        text(app->term.err, what);
        (void)fputs(": ", app->term.err);
    }
    app_fault(app, where);
    return EXIT_BAD_INPUT;
}

enum exit_code
app_done(struct app *app, enum sv_err err)
{
    if (err == SV_OK)
        err = term_flush(&app->term);
    /* Whoever reads with head(1) has seen enough. */
    if (err == SV_ERR_IO && term_is_hung_up(&app->term))
        return EXIT_IO;
    return err == SV_OK ? EXIT_DONE : app_fail(app, NULL, err, NULL);
}

enum exit_code
app_told(struct app *app, enum sv_err err)
{
    enum exit_code code = app_done(app, err);

    if (code == EXIT_DONE || term_is_hung_up(&app->term))
        return code;
    app_hint(app, "%s", _("What you asked for is done; do not repeat it."));
    /* "Nothing was changed" it cannot be. */
    return code == EXIT_FAILED ? EXIT_IO : code;
}

enum exit_code
app_in_part(enum exit_code code)
{
    return code == EXIT_ALTERED || code == EXIT_UNSURE ? code : EXIT_PARTIAL;
}

/* ---- A command's own options ---- */

/* getopt_long takes abbreviations; a script written with one breaks when
 * another option is added. */
static bool
is_spelled_out(const char *word, const struct flag *flags)
{
    size_t len = strcspn(word, "=");

    for (const struct flag *f = flags; f->name != NULL; f++)
        if (strlen(f->name) == len && strncmp(f->name, word, len) == 0)
            return true;
    return false;
}

static bool
check_spelling(struct app *app, int argc, char **argv, const struct flag *flags)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--", 2) == 0 &&
            !is_spelled_out(argv[i] + 2, flags)) {
            (void)app_usage(app, _("no such option: %.*s"),
                            (int)strcspn(argv[i], "="), argv[i]);
            return false;
        }
    return true;
}

static size_t
make_options(const struct flag *flags, struct option *longs, char *shorts)
{
    size_t n = 0, at = 0;

    shorts[at++] = ':'; /* tell a missing argument from an unknown option */
    for (; n < FLAGS_MAX && flags[n].name != NULL; n++) {
        longs[n].name = flags[n].name;
        longs[n].has_arg =
            flags[n].value != NULL ? required_argument : no_argument;
        longs[n].flag = NULL;
        longs[n].val = flags[n].letter != 0 ? flags[n].letter : 256 + (int)n;
        if (flags[n].letter == 0)
            continue;
        shorts[at++] = flags[n].letter;
        if (flags[n].value != NULL)
            shorts[at++] = ':';
    }
    memset(&longs[n], 0, sizeof longs[n]);
    shorts[at] = '\0';
    return n;
}

static bool
take_option(struct app *app, const struct flag *flags, size_t n,
            const struct option *longs, int got, const char *word)
{
    size_t i = 0;

    if (got == ':') {
        (void)app_usage(app, _("%s needs an argument"), word);
        return false;
    }
    while (i < n && longs[i].val != got)
        i++;
    if (i == n) {
        (void)app_usage(app, _("no such option: %s"), word);
        return false;
    }
    if (flags[i].set != NULL) {
        *flags[i].set = true;
        return true;
    }
    if (*flags[i].value != NULL) {
        (void)app_usage(app, _("--%s is given twice"), flags[i].name);
        return false;
    }
    *flags[i].value = optarg;
    return true;
}

bool
app_args(struct app *app, int argc, char **argv, const struct flag *flags,
         int min, int max, char ***words)
{
    static const struct flag none = {0};
    struct option longs[FLAGS_MAX + 1];
    char shorts[2 * FLAGS_MAX + 2];
    size_t n;
    int got;

    if (flags == NULL)
        flags = &none;
    n = make_options(flags, longs, shorts);
    if (!check_spelling(app, argc, argv, flags))
        return false;
    optind = 0;
    opterr = 0;
    for (;;) {
        int at = optind > 0 ? optind : 1;

        got = getopt_long(argc, argv, shorts, longs, NULL);
        if (got == -1)
            break;
        if (!take_option(app, flags, n, longs, got,
                         argv[optind > at ? optind - 1 : at]))
            return false;
    }
    if (argc - optind < min) {
        (void)app_usage(app, "%s", _("something is missing"));
        return false;
    }
    if (argc - optind > max) {
        /* Not which: it may be somebody's name. */
        (void)app_usage(app, _("words too many: %d"), argc - optind - max);
        return false;
    }
    *words = argv + optind;
    return true;
}

bool
app_number(struct app *app, const char *option, const char *number,
           uint64_t min, uint64_t max, uint64_t otherwise, uint64_t *out)
{
    if (number == NULL) {
        *out = otherwise;
        return true;
    }
    if (text_u64(bytes_text(number), min, max, out) == SV_OK)
        return true;
    if (max == UINT64_MAX)
        (void)app_usage(app, _("%s: a whole number is needed"), option);
    else
        (void)app_usage(app,
                        _("%s: a whole number from %llu to %llu is "
                          "needed"),
                        option, (unsigned long long)min,
                        (unsigned long long)max);
    return false;
}

bool
app_day(struct app *app, const char *option, const char *day,
        unsigned days_later, uint64_t *unix_ms)
{
    struct tm tm = {.tm_isdst = -1};
    time_t t = -1;

    if (text_is_date(bytes_text(day))) {
        tm.tm_year = (int)strtol(day, NULL, 10) - 1900;
        tm.tm_mon = (int)strtol(day + 5, NULL, 10) - 1;
        tm.tm_mday = (int)strtol(day + 8, NULL, 10) + (int)days_later;
        t = mktime(&tm);
    }
    if (t < 0) {
        (void)app_usage(app, _("%s: a date is needed, as in 2026-03-31"),
                        option);
        return false;
    }
    *unix_ms = (uint64_t)t * 1000;
    return true;
}

/* ---- What there is of types, parts and codes ---- */

void
app_name(struct buf *all, const char *name)
{
    (void)buf_printf(all, "%s%s", all->len > 0 ? ", " : "", name);
}

const struct schema_type *
app_type(struct app *app, const struct schema *schema, const char *name)
{
    const struct schema_type *t =
        name != NULL ? schema_type(schema, name) : NULL;
    struct buf all = BUF_INIT;

    if (t != NULL)
        return t;
    for (size_t i = 0; i < schema_types(schema); i++)
        app_name(&all, schema_type_at(schema, i)->name);
    if (name != NULL)
        (void)app_usage(app, _("no such type of record: %s (there are: %.*s)"),
                        name, app_names(&all));
    else
        (void)app_usage(app, _("the type of record is missing: %.*s"),
                        app_names(&all));
    buf_free(&all);
    return NULL;
}

enum exit_code
app_no_type(struct app *app)
{
    struct schema *schema = NULL;
    enum sv_err err = schema_load(schema_builtin(), &schema, NULL);

    if (err != SV_OK)
        return app_fail(app, NULL, err, NULL);
    (void)app_type(app, schema, NULL);
    schema_free(schema);
    return EXIT_USAGE;
}

bool
app_part(struct app *app, const struct schema_type *type, const char *name,
         size_t *at)
{
    struct buf all = BUF_INIT;

    if (schema_compartment(type, name, at) != NULL)
        return true;
    for (size_t i = 0; i < type->n; i++)
        app_name(&all, type->compartments[i].name);
    (void)app_usage(app, _("no such part of this record: %s (there are: %.*s)"),
                    name, app_names(&all));
    buf_free(&all);
    return false;
}

void
app_hint_codes(struct app *app, const struct schema_type *type,
               const struct diag *fault)
{
    struct schema_place at;
    const struct schema_list *list;
    struct buf all = BUF_INIT;

    if (draft_place(type, bytes_text(fault->column), &at) != SV_OK)
        return;
    list = type->compartments[at.compartment].fields[at.field].list;
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->n && list->n <= CODES_SHOWN; i++)
        app_name(&all, list->codes[i].code);
    if (all.len > 0)
        app_hint(app, _("%s takes the list %s of schema/codes.csv: %.*s"),
                 fault->column, list->name, app_names(&all));
    else
        app_hint(app, _("%s takes the list %s of schema/codes.csv: %zu codes"),
                 fault->column, list->name, list->n);
    buf_free(&all);
}

void
app_remember(struct app *app, const char *name, const char *path)
{
    char file[PATH_SIZE], whole[PATH_MAX];
    bool added = false;
    enum sv_err err = config_add_path(name, path, &added);

    if (err == SV_OK)
        err = config_path(file);
    if (err != SV_OK)
        app_hint(app, _("The configuration was not changed: %s"),
                 _(err_text(err)));
    else if (added)
        app_hint(app, _("Noted in %s: %s = %s"), file, name,
                 realpath(path, whole) != NULL ? whole : path);
}

/* ---- Times and JSON ---- */

void
app_when(uint64_t unix_ms, char out[static WHEN_SIZE])
{
    time_t t = (time_t)(unix_ms / 1000);
    struct tm tm;

    if (localtime_r(&t, &tm) == NULL ||
        strftime(out, WHEN_SIZE, "%Y-%m-%d %H:%M", &tm) == 0)
        (void)snprintf(out, WHEN_SIZE, "-");
}

json_t *
app_json_time(uint64_t unix_ms)
{
    char text_utc[TIME_SIZE];

    if (unix_ms == 0)
        return json_null();
    text_time(unix_ms, text_utc);
    return json_string(text_utc);
}

json_t *
app_json_hex(struct bytes b)
{
    char hex[2 * 64 + 1];

    if (b.len > 64)
        return NULL;
    text_hex(b, hex);
    return json_string(hex);
}

json_t *
app_json_base64(struct bytes b)
{
    char base64[BASE64_SIZE(64)];

    if (b.len > 64)
        return NULL;
    text_base64(b, base64);
    return json_string(base64);
}

json_t *
app_json_number(uint64_t n)
{
    return n <= INT64_MAX ? json_integer((json_int_t)n) : NULL;
}
