#include <limits.h>
#include <string.h>

#include "cli/find.h"

#define LINE_MAX_BYTES 512

/* ---- what was found ---- */

/* "show 3" means the third row of what is printed now. */
static enum sv_err
keep_list(struct session *s, const char *type, const struct find_list *l)
{
    return pin_set_list(client_pin(s->client), type, l->n,
                        l->n > 0 ? &l->rows[0].handle : NULL, sizeof *l->rows);
}

static void
print_hidden(FILE *to, const struct find_row *row)
{
    if (row->n_helpers == 0) {
        (void)fputs(_("exists: ask a supervisor"), to);
        return;
    }
    (void)fputs(_("exists: ask"), to);
    for (size_t i = 0; i < row->n_helpers; i++)
        (void)fprintf(to, "%s %s", i > 0 ? "," : "", row->helpers[i]);
}

void
find_print(struct app *app, FILE *to, const struct find_list *l)
{
    (void)app;
    for (size_t i = 0; i < l->n; i++) {
        char hex[2 * HANDLE_LEN + 1];

        (void)fprintf(to, "%3zu  ", i + 1);
        text_hex(BYTES(l->rows[i].handle.b), hex);
        if (l->rows[i].shown)
            (void)fprintf(to, "%.8s", hex);
        else
            print_hidden(to, &l->rows[i]);
        (void)fputc('\n', to);
    }
    if (l->more)
        (void)fputs(_("There are more; add another word.\n"), to);
}

static enum sv_err
find_json(struct app *app, const struct find_list *l)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < l->n; i++) {
        const struct find_row *row = &l->rows[i];
        json_t *ask = json_array();

        for (size_t k = 0; k < row->n_helpers; k++)
            (void)json_array_append_new(ask, json_string(row->helpers[k]));
        (void)json_array_append_new(
            rows, json_pack("{s:o, s:o}", "record",
                            row->shown ? app_json_hex(BYTES(row->handle.b))
                                       : json_null(),
                            "ask", ask));
    }
    return term_json(&app->term,
                     json_pack("{s:o, s:b}", "found", rows, "more", l->more));
}

static enum exit_code
say_found(struct app *app, const struct find_list *l)
{
    if (app->json)
        return app_done(app, find_json(app, l));
    if (l->n == 0)
        (void)fprintf(app->term.err, "%s\n", _("Nothing was found."));
    find_print(app, app->term.out, l);
    if (l->n > 0 && l->rows[0].shown)
        app_hint(app, "%s", _("Show one: svault record show 1"));
    return app_done(app, SV_OK);
}

/* ---- record find ---- */

/* Never from the command line: other users of the machine could read it. */
static bool
ask_line(struct app *app, struct buf *line, enum exit_code *code)
{
    enum sv_err err;

    if (app->no_input || !app->term.interactive)
        err = term_line(fileno(app->term.in), LINE_MAX_BYTES, line);
    else
        err =
            term_ask(&app->term, _("Names, case number or telephone number: "),
                     LINE_MAX_BYTES, line);
    if (err == SV_OK)
        return true;
    *code =
        app_fail(app, NULL, err,
                 err == SV_ERR_INTERRUPTED ? _("nothing to look for") : NULL);
    return false;
}

enum exit_code
cmd_record_find(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct buf line = BUF_INIT;
    struct find_list found = {0};
    const struct schema_type *type;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, INT_MAX, &words))
        return EXIT_USAGE;
    if (words[0] == NULL)
        return app_no_type(app);
    /* Not which words: they are somebody's name. */
    if (words[1] != NULL)
        return app_usage(app, "%s",
                         _("what to look for is asked for, not typed here: "
                           "others on this machine can see a command line"));
    if (!session_open(app, &s, &code))
        return code;
    type = app_type(app, client_schema(s.client), words[0]);
    if (type == NULL)
        return session_close(&s, EXIT_USAGE);
    session_pause(&s);
    if (ask_line(app, &line, &code) && session_resume(&s, &code)) {
        err =
            client_record_find(s.client, type->name, buf_bytes(&line), &found);
        if (err == SV_OK)
            err = keep_list(&s, type->name, &found);
        if (err == SV_ERR_INPUT)
            code = app_fail(app, NULL, err,
                            _("nothing to look for, or too many words"));
        else
            code = err == SV_OK ? say_found(app, &found)
                                : session_fail(&s, NULL, err);
    }
    find_list_free(&found);
    buf_free(&line); /* wipes */
    return session_close(&s, code);
}

/* ---- before a new record ---- */

static struct bytes
first_value(const struct content *c, size_t field)
{
    const struct content_field *f = &c->fields[field];

    if (!f->given || f->missing != MISSING_NOT || f->n == 0)
        return bytes_of("", 0);
    return bytes_of(f->values[0].ptr, f->values[0].len);
}

/* The first name given, and the one that it joins; nothing where there is
 * no name. */
static enum sv_err
name_line(const struct draft *d, struct buf *out)
{
    const struct schema_compartment *sc = schema_searched(d->type);
    enum sv_err err = SV_OK;
    size_t at, other;

    if (sc == NULL || schema_compartment(d->type, sc->name, &at) == NULL)
        return SV_OK;
    for (size_t f = 0; f < sc->n && out->len == 0 && err == SV_OK; f++) {
        const struct content *c = &d->contents[at];

        if (!sc->fields[f].searched || sc->fields[f].search != FOLD_NAME)
            continue;
        err = buf_append(out, first_value(c, f));
        if (err == SV_OK && out->len > 0 && sc->fields[f].joins != NULL &&
            schema_field(sc, bytes_text(sc->fields[f].joins), &other) != NULL) {
            err = buf_text(out, " ");
            if (err == SV_OK)
                err = buf_append(out, first_value(c, other));
        }
    }
    return err;
}

static bool
ask_to_save(struct session *s, const char *type, const struct find_list *found,
            enum exit_code *code)
{
    struct app *app = s->app;
    bool yes = false;
    enum sv_err err = keep_list(s, type, found);

    if (err != SV_OK) {
        *code = app_fail(app, NULL, err, _("nothing was saved"));
        return false;
    }
    (void)fprintf(app->term.err, "%s\n",
                  _("There are records of that name already:"));
    find_print(app, app->term.err, found);
    if (app->no_input || !app->term.interactive)
        return true;
    session_pause(s);
    err = term_confirm(&app->term, _("Save a new record all the same?"), false,
                       &yes);
    if (err == SV_OK && yes)
        return session_resume(s, code);
    *code = app_fail(app, NULL, err != SV_OK ? err : SV_ERR_INTERRUPTED,
                     _("nothing was saved"));
    return false;
}

bool
find_duplicates(struct session *s, const struct draft *draft,
                enum exit_code *code)
{
    struct find_list found = {0};
    struct buf line = BUF_INIT;
    bool go_on = true;
    enum sv_err err = name_line(draft, &line);

    if (err == SV_OK && line.len > 0) {
        err = client_record_find(s->client, draft->type->name, buf_bytes(&line),
                                 &found);
        if (err == SV_OK && found.n > 0)
            go_on = ask_to_save(s, draft->type->name, &found, code);
        else if (err != SV_OK && err != SV_ERR_INPUT)
            (void)fprintf(s->app->term.err, "%s\n",
                          _("Whether there is a record of that name already "
                            "could not be searched for."));
    }
    find_list_free(&found);
    buf_free(&line); /* wipes */
    return go_on;
}
