#include <string.h>

#include "cli/setup.h"

#define ANSWER_MAX 1024

static const char *const options[ANSWERS_N] = {
    [ANSWER_PLACE] = "place",
    [ANSWER_DIR] = "dir",
    [ANSWER_ORIGIN] = "origin",
    [ANSWER_PROFILE] = "profile",
    [ANSWER_ADMINISTRATOR] = "administrator",
    [ANSWER_SUPERVISOR] = "supervisor",
    [ANSWER_RECOVERY] = "recovery",
};

const char *
answer_option(enum answer_name name)
{
    return options[name];
}

const char *
answer_of(const struct answers *a, enum answer_name name)
{
    if (a->given[name] != NULL)
        return a->given[name];
    return a->text[name][0] != '\0' ? a->text[name] : NULL;
}

/* ---- Asking ---- */

bool
setup_ask(struct app *app, const char *question, const char *otherwise,
          char out[static PATH_SIZE], enum exit_code *code)
{
    struct buf prompt = BUF_INIT, typed = BUF_INIT;
    enum sv_err err;

    err = otherwise != NULL
              ? buf_printf(&prompt, "%s [%s]: ", question, otherwise)
              : buf_printf(&prompt, "%s: ", question);
    if (err == SV_OK)
        err = buf_append(&prompt, bytes_of("", 1));
    do {
        buf_truncate(&typed, 0);
        if (err == SV_OK)
            err = term_ask(&app->term, (const char *)prompt.ptr, ANSWER_MAX,
                           &typed);
        if (err == SV_OK && typed.len == 0 && otherwise != NULL)
            err = buf_text(&typed, otherwise);
    } while (err == SV_OK && typed.len == 0);
    if (err == SV_OK)
        err = text_copy(buf_bytes(&typed), out, PATH_SIZE);
    buf_free(&typed);
    buf_free(&prompt);
    if (err != SV_OK)
        *code = app_fail(app, NULL, err,
                         err == SV_ERR_INTERRUPTED ? _("stopped") : NULL);
    return err == SV_OK;
}

bool
setup_confirm(struct app *app, const char *question, bool otherwise, bool *yes,
              enum exit_code *code)
{
    enum sv_err err = SV_OK;

    if (app->no_input)
        *yes = otherwise;
    else
        err = term_confirm(&app->term, question, otherwise, yes);
    if (err != SV_OK)
        *code = app_fail(app, NULL, err,
                         err == SV_ERR_INTERRUPTED ? _("stopped") : NULL);
    return err == SV_OK;
}

static bool
is_one_of(const char *word, const char *words)
{
    size_t len = strlen(word);

    for (const char *at = words; *at != '\0';) {
        size_t n = strcspn(at, " ");

        if (n == len && strncmp(at, word, n) == 0)
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

bool
answer_ask(struct app *app, struct answers *a, enum answer_name name,
           const char *question, const char *otherwise, const char *one_of,
           enum exit_code *code)
{
    const char *answer = answer_of(a, name);

    if (answer != NULL && one_of != NULL && !is_one_of(answer, one_of)) {
        *code = app_usage(app, _("--%s: one of: %s"), options[name], one_of);
        return false;
    }
    while (answer == NULL) {
        if (!setup_ask(app, question, otherwise, a->text[name], code))
            return false;
        if (one_of == NULL || is_one_of(a->text[name], one_of))
            break;
        a->text[name][0] = '\0';
        (void)fprintf(app->term.err, _("Please answer with one of: %s\n"),
                      one_of);
    }
    return true;
}

/* ---- The command line that it comes to ---- */

bool
answers_are_whole(struct app *app, const struct answers *a)
{
    struct buf lacks = BUF_INIT;
    enum sv_err err = SV_OK;
    size_t n = 0;

    for (unsigned i = 0; i < ANSWERS_N; i++)
        if (answer_of(a, (enum answer_name)i) == NULL) {
            n++;
            if (err == SV_OK)
                err = buf_printf(&lacks, " --%s", options[i]);
        }
    if (n > 0)
        (void)app_usage(
            app, _("with --no-input these answers are lacking:%.*s"),
            (int)lacks.len, lacks.len > 0 ? (const char *)lacks.ptr : "");
    buf_free(&lacks);
    return n == 0;
}

void
answers_say_resume(struct app *app, const struct answers *a)
{
    struct buf line = BUF_INIT;
    enum sv_err err = buf_text(&line, "svault setup");

    for (unsigned i = 0; err == SV_OK && i < ANSWERS_N; i++) {
        const char *answer = answer_of(a, (enum answer_name)i);

        if (answer != NULL)
            err = buf_printf(&line, " --%s %s", options[i], answer);
    }
    if (err == SV_OK)
        app_hint(app, _("To go on where it stopped:\n%.*s"), (int)line.len,
                 (const char *)line.ptr);
    buf_free(&line);
}
