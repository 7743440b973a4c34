#include <string.h>
#include <unistd.h>

#include "cli/sheet_ask.h"

/* ---- what a sheet is made of ---- */

/* A sheet, and what people read beside it. */
struct paper {
    struct sheet sheet;
    char name[NAME_SIZE]; /* whose key; "": the gate's */
    char words[WORDS_TEXT_SIZE];
};

static enum exit_code
gate_failed(struct app *app, const char *path, enum sv_err err)
{
    const char *why = NULL;

    if (err == SV_ERR_USAGE) /* it has said so */
        return EXIT_USAGE;
    if (err == SV_ERR_FORMAT || err == SV_ERR_RANGE)
        why = _("not the key file of a gate (DIR.gate)");
    else if (err == SV_ERR_DENIED)
        why = _("the passphrase is wrong, or the key file was altered");
    else if (err == SV_ERR_INTERRUPTED)
        why = _("stopped while asking for the passphrase");
    return app_fail(app, path, err, why);
}

/* svaultd has it under a passphrase where that is the only copy left. */
static enum sv_err
unwrap_gate(struct app *app, const char *path, struct bytes file,
            struct gate_keys *out)
{
    struct buf passphrase = BUF_INIT;
    enum sv_err err;

    if (app->passphrase_fd < 0 && app->no_input) {
        (void)app_usage(app,
                        _("%s needs a passphrase: --passphrase-fd "
                          "is missing"),
                        path);
        return SV_ERR_USAGE;
    }
    err = term_passphrase(&app->term, app->passphrase_fd,
                          _("Passphrase of the gate's key: "), &passphrase);
    if (err == SV_OK)
        err = gate_keys_unwrap(file, buf_bytes(&passphrase), out);
    buf_free(&passphrase); /* wipes */
    return err;
}

static bool
paper_of_gate(struct app *app, const char *path, struct paper *out,
              enum exit_code *code)
{
    struct buf file = BUF_INIT;
    void *keys = NULL;
    enum sv_err err = file_read(path, GATEKEY_WRAPPED_LEN, &file);

    if (err == SV_OK)
        err = secret_new(app->arena, sizeof(struct gate_keys), &keys);
    if (err == SV_OK)
        err = gate_keys_is_wrapped(buf_bytes(&file))
                  ? unwrap_gate(app, path, buf_bytes(&file), keys)
                  : gate_keys_decode(buf_bytes(&file), keys);
    if (err == SV_OK) {
        const struct gate_keys *k = keys;

        sheet_of_gate(k, &out->sheet);
        client_fingerprint(&k->vault, out->words);
    } else {
        *code = gate_failed(app, path, err);
    }
    secret_free(app->arena, keys);
    buf_free(&file);
    return err == SV_OK;
}

static bool
paper_of_key(struct app *app, const char *path, struct paper *out,
             enum exit_code *code)
{
    struct keyfile file = {0};
    struct user_keys *keys = NULL;
    bool ok = userkey_read(app, path, &file, code) &&
              userkey_unlock(app, path, &file, &keys, code);

    if (ok) {
        memcpy(out->name, file.card.name, sizeof out->name);
        sheet_of_user(keys, file.card.name, &out->sheet);
        card_fingerprint(&file.card, out->words);
    }
    secret_free(app->arena, keys);
    keyfile_wipe(&file);
    return ok;
}

static bool
paper_of(struct app *app, const char *kind, const char *path, struct paper *out,
         enum exit_code *code)
{
    if (strcmp(kind, "gate") == 0)
        return paper_of_gate(app, path, out, code);
    if (strcmp(kind, "key") == 0)
        return paper_of_key(app, path, out, code);
    *code = app_usage(app, "%s", _("gate or key, and its file"));
    return false;
}

/* ---- sheet print ---- */

static enum sv_err
lines_text(const struct sheet *s, struct buf *out)
{
    enum sv_err err = SV_OK;

    for (unsigned i = 1; i <= SHEET_LINES && err == SV_OK; i++) {
        char line[SHEET_LINE_SIZE];

        sheet_line(s, i, line);
        err = buf_printf(out, "    %s\n", line);
        wipe(line, sizeof line);
    }
    return err;
}

static enum sv_err
paper_text(const struct paper *p, struct buf *out)
{
    bool gate = p->sheet.kind == SHEET_GATE;
    enum sv_err err =
        gate ? buf_printf(out,
                          _("svault: sheet A, the gate's root\n\n"
                            "Gate's fingerprint: %s\n"
                            "What it opens:      with a backup file, the "
                            "vault; not what the records say\n"
                            "Where to keep it:   apart from the backups, "
                            "from sheet B, and from the office\n\n"),
                          p->words)
             : buf_printf(out,
                          _("svault: sheet B, the key of %s\n\n"
                            "Fingerprint:        %s\n"
                            "What it opens:      all that this key opens, "
                            "without its passphrase\n"
                            "Where to keep it:   apart from the backups and "
                            "from sheet A\n\n"),
                          p->name, p->words);

    if (err == SV_OK)
        err = lines_text(&p->sheet, out);
    if (err == SV_OK && gate)
        err = buf_text(out, _("\nThe last three characters of a line check "
                              "it. To compare with what you wrote:\n"
                              "svault sheet check gate DIR.gate\n"));
    else if (err == SV_OK)
        err = buf_text(out, _("\nThe last three characters of a line check "
                              "it. To compare with what you wrote:\n"
                              "svault sheet check key FILE\n"));
    return err;
}

static enum sv_err
paper_json(struct app *app, const struct paper *p)
{
    json_t *lines = json_array();

    for (unsigned i = 1; i <= SHEET_LINES; i++) {
        char line[SHEET_LINE_SIZE];

        sheet_line(&p->sheet, i, line);
        (void)json_array_append_new(lines, json_string(line));
        wipe(line, sizeof line);
    }
    return term_json(&app->term,
                     json_pack("{s:s, s:s, s:o}", "sheet",
                               p->sheet.kind == SHEET_GATE ? "A" : "B",
                               "fingerprint", p->words, "lines", lines));
}

/* Secrets go where somebody said that they are to go. */
static bool
may_print(struct app *app, const char *out, bool print)
{
    if (out != NULL || print || isatty(STDOUT_FILENO))
        return true;
    (void)app_usage(app, "%s",
                    _("a sheet is a secret: -o FILE or --print is needed "
                      "where the output is no terminal"));
    return false;
}

static enum exit_code
print_sheet(struct app *app, const char *kind, int argc, char **argv)
{
    const char *out = NULL;
    bool print = false;
    const struct flag flags[] = {
        {"output", 'o', &out, NULL}, {"print", 0, NULL, &print}, {0}};
    struct paper p = {0};
    struct buf text = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !may_print(app, out, print))
        return EXIT_USAGE;
    if (!paper_of(app, kind, words[0], &p, &code))
        return code;
    err = paper_text(&p, &text);
    if (err == SV_OK && out != NULL)
        err = file_create(out, 0600, buf_bytes(&text));
    else if (err == SV_OK && app->json)
        err = paper_json(app, &p);
    else if (err == SV_OK)
        (void)fwrite(text.ptr, 1, text.len, app->term.out);
    buf_free(&text);
    wipe(&p, sizeof p);
    if (err != SV_OK)
        return app_fail(app, out, err,
                        err == SV_ERR_EXISTS
                            ? _("exists already; nothing is overwritten")
                            : NULL);
    if (out != NULL)
        app_hint(app, _("Print %s, and remove it from the disk."), out);
    return app_done(app, SV_OK);
}

enum exit_code
cmd_sheet_gate(struct app *app, int argc, char **argv)
{
    return print_sheet(app, "gate", argc, argv);
}

enum exit_code
cmd_sheet_key(struct app *app, int argc, char **argv)
{
    return print_sheet(app, "key", argc, argv);
}

/* ---- sheet check ---- */

static bool
same_sheet(const struct sheet *a, const struct sheet *b)
{
    return a->kind == b->kind && bytes_equal(BYTES(a->tag), BYTES(b->tag)) &&
           sodium_memcmp(a->secret, b->secret, sizeof a->secret) == 0;
}

enum exit_code
cmd_sheet_check(struct app *app, int argc, char **argv)
{
    const char *path = NULL;
    const struct flag flags[] = {{"sheet", 0, &path, NULL}, {0}};
    struct paper p = {0};
    struct sheet typed = {0};
    enum exit_code code = EXIT_FAILED;
    bool same = false;
    char **words;

    if (!app_args(app, argc, argv, flags, 2, 2, &words))
        return EXIT_USAGE;
    if (!paper_of(app, words[0], words[1], &p, &code) ||
        !sheet_ask(app, path, p.sheet.kind, &typed, &code))
        goto out;
    same = same_sheet(&p.sheet, &typed);
    code = same ? EXIT_DONE
                : app_fail(app, words[1], SV_ERR_INPUT,
                           _("the sheet is that of another one"));
    if (same && app->json) {
        code =
            app_done(app, term_json(&app->term, json_pack("{s:b}", "ok", 1)));
    } else if (same) {
        (void)fprintf(app->term.out, "%s\n",
                      _("The sheet is right: it gives this very file back."));
        code = app_done(app, SV_OK);
    }
out:
    wipe(&p, sizeof p);
    wipe(&typed, sizeof typed);
    return code;
}

/* ---- sheet read ---- */

/* The name is no part of the secret, but of what the sheet was made for. */
static bool
fits_name(struct app *app, const struct sheet *s, const char *name,
          enum exit_code *code)
{
    struct sheet again = {0};
    void *keys = NULL;
    enum sv_err err = secret_new(app->arena, sizeof(struct user_keys), &keys);
    bool same;

    if (err != SV_OK) {
        *code = app_fail(app, NULL, err, NULL);
        return false;
    }
    user_keys_derive(s->secret, keys);
    sheet_of_user(keys, name, &again);
    same = same_sheet(s, &again);
    secret_free(app->arena, keys);
    wipe(&again, sizeof again);
    if (!same)
        *code = app_fail(app, "--name", SV_ERR_INPUT,
                         _("the sheet is that of a key with another name"));
    return same;
}

enum exit_code
cmd_sheet_read(struct app *app, int argc, char **argv)
{
    const char *path = NULL, *out = NULL, *name = NULL;
    bool unprotected = false;
    const struct flag flags[] = {{"sheet", 0, &path, NULL},
                                 {"output", 'o', &out, NULL},
                                 {"name", 0, &name, NULL},
                                 {"unprotected", 0, NULL, &unprotected},
                                 {0}};
    struct sheet s = {0};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (strcmp(words[0], "key") != 0 || out == NULL || name == NULL)
        return app_usage(app, "%s",
                         _("key, -o FILE and --name NAME are all needed"));
    if (!text_is_work_name(bytes_text(name)))
        return app_usage(app, "%s",
                         _("a work name has 1 to 32 small "
                           "letters, digits and '-'"));
    if (sheet_ask(app, path, SHEET_KEY, &s, &code) &&
        fits_name(app, &s, name, &code))
        code = key_of_sheet(app, out, name, unprotected, s.secret);
    wipe(&s, sizeof s);
    return code;
}
