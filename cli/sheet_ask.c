#include "cli/sheet_ask.h"

#include <string.h>

#define SHEET_FILE_MAX 16384
#define LINE_MAX_BYTES 256
#define TRIES 5

static enum exit_code
wrong_line(struct app *app, const char *what, unsigned line)
{
    enum exit_code code;

    if (line == 0) {
        code = app_fail(app, what, SV_ERR_INPUT,
                        _("these lines are not those of one such sheet"));
        app_hint(app, "%s",
                 _("Are they all of the same sheet: A, the gate's, or B, "
                   "that of a key?"));
        return code;
    }
    code = app_fail(app, what, SV_ERR_INPUT,
                    _("a line is not as it was printed, or is missing"));
    app_hint(app, _("Look at line %u."), line);
    return code;
}

static bool
read_file(struct app *app, const char *path, enum sheet_kind kind,
          struct sheet *out, enum exit_code *code)
{
    struct buf text = BUF_INIT;
    unsigned line = 0;
    enum sv_err err = file_read(path, SHEET_FILE_MAX, &text);

    if (err == SV_OK)
        err = sheet_parse(buf_bytes(&text), kind, out, &line);
    buf_free(&text);
    if (err == SV_ERR_INPUT)
        *code = wrong_line(app, path, line);
    else if (err != SV_OK)
        *code = app_fail(app, path, err, NULL);
    return err == SV_OK;
}

/* One line, asked for again where it is wrong and somebody sits there. */
static enum sv_err
ask_line(struct app *app, unsigned line, struct sheet_typed *t)
{
    char prompt[64];
    struct buf typed = BUF_INIT;
    enum sv_err err = SV_ERR_INPUT;

    (void)snprintf(prompt, sizeof prompt, _("Line %u: "), line);
    for (int i = 0; i < TRIES && err == SV_ERR_INPUT; i++) {
        if (i > 0)
            (void)fprintf(app->term.err,
                          _("Line %u is not as it was printed; look at it "
                            "again.\n"),
                          line);
        buf_truncate(&typed, 0);
        err = term_ask(&app->term, prompt, LINE_MAX_BYTES, &typed);
        if (err == SV_OK)
            err = sheet_type_line(t, line, buf_bytes(&typed));
        if (!app->term.interactive)
            break;
    }
    buf_free(&typed);
    return err;
}

static bool
ask_lines(struct app *app, enum sheet_kind kind, struct sheet *out,
          enum exit_code *code)
{
    const char *what =
        kind == SHEET_GATE ? _("sheet A, the gate's") : _("sheet B, of a key");
    struct sheet_typed t = {0};
    unsigned line = 1;
    enum sv_err err = SV_OK;

    (void)fprintf(app->term.err,
                  _("Type the %d lines of %s. Spaces and small letters do "
                    "not matter.\n"),
                  SHEET_LINES, what);
    for (; line <= SHEET_LINES && err == SV_OK; line++)
        err = ask_line(app, line, &t);
    if (err == SV_OK) {
        line = 1;
        err = sheet_decode(&t, kind, out);
    }
    wipe(&t, sizeof t);
    if (err == SV_ERR_INPUT)
        *code = wrong_line(app, what, line - 1);
    else if (err != SV_OK)
        *code = app_fail(
            app, what, err,
            err == SV_ERR_INTERRUPTED ? _("stopped; nothing was done") : NULL);
    return err == SV_OK;
}

bool
sheet_ask(struct app *app, const char *path, enum sheet_kind kind,
          struct sheet *out, enum exit_code *code)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return read_file(app, path, kind, out, code);
    if (app->no_input && path == NULL) {
        *code = app_usage(app, "%s",
                          _("a sheet has to be typed: --sheet FILE is "
                            "missing (- for the standard input)"));
        return false;
    }
    return ask_lines(app, kind, out, code);
}

bool
sheet_ask_gate(struct app *app, const char *path, struct gate_keys **out,
               enum exit_code *code)
{
    struct sheet s = {0};
    void *keys = NULL;
    enum sv_err err;

    if (!sheet_ask(app, path, SHEET_GATE, &s, code))
        return false;
    err = secret_new(app->arena, sizeof **out, &keys);
    if (err == SV_OK) {
        *out = keys;
        sheet_gate_keys(&s, *out);
    } else {
        *code = app_fail(app, NULL, err, NULL);
    }
    wipe(&s, sizeof s);
    return err == SV_OK;
}
