#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/setup.h"

/* ---- Talking ---- */

void
setup_say(struct setup *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fflush(s->app->term.out);
    (void)vfprintf(s->app->term.err, format, args);
    va_end(args);
    (void)fputc('\n', s->app->term.err);
}

void
setup_show(struct setup *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fflush(s->app->term.out);
    (void)fputs("  $ ", s->app->term.err);
    (void)vfprintf(s->app->term.err, format, args);
    va_end(args);
    (void)fputc('\n', s->app->term.err);
}

const char *
setup_answer(const struct setup *s, enum answer_name name)
{
    return answer_of(&s->answers, name);
}

bool
setup_is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* ---- Where ---- */

static void
find_service(struct setup *s)
{
    const struct passwd *user = getpwnam(SERVICE_USER);

    s->installed = user != NULL && access(SERVICE_PROGRAM, X_OK) == 0;
    if (!s->installed)
        return;
    s->uid = user->pw_uid;
    s->gid = user->pw_gid;
}

static void
say_embedded(struct setup *s)
{
    setup_say(
        s, "%s",
        _("The vault will be in a directory of this account, and the gate runs "
          "in each command.\nThat does NOT protect against a person who works "
          "here and writes a program of her own:\nshe can read what her keys "
          "open without an entry, and change or remove the vault.\nThe guarded "
          "form needs the package svaultd, and root: sudo svault setup"));
}

static bool
choose_form(struct setup *s, enum exit_code *code)
{
    const char *dir = setup_answer(s, ANSWER_DIR);
    bool yes = true;

    s->guarded = s->installed && geteuid() == 0 &&
                 (dir == NULL || strcmp(dir, SERVICE_VAULT) == 0);
    if (s->guarded) {
        setup_say(
            s,
            _("svaultd is installed: the vault goes to %s, which\nbelongs to "
              "the account %s; staff reach it by a socket, and read no file of "
              "it."),
            SERVICE_VAULT, SERVICE_USER);
        return true;
    }
    say_embedded(s);
    if (s->installed && dir == NULL &&
        !setup_confirm(s->app, _("Go on without the guarded form?"), false,
                       &yes, code))
        return false;
    if (!yes)
        *code = app_fail(s->app, NULL, SV_ERR_INTERRUPTED,
                         _("run it as root: sudo svault setup"));
    return yes;
}

static enum exit_code
choose_place(struct setup *s)
{
    char otherwise[PATH_SIZE], data[PATH_SIZE];
    enum exit_code code = EXIT_FAILED;

    setup_say(
        s, "%s",
        _("pc: everybody works on this machine.\noffice: this machine keeps "
          "the vault, and desks reach it by ssh."));
    if (!answer_ask(s->app, &s->answers, ANSWER_PLACE, _("One PC or an office"),
                    "pc", "pc office", &code) ||
        !choose_form(s, &code))
        return code;
    if (path_join(otherwise, s->home, "vault") != SV_OK)
        return app_fail(s->app, s->home, SV_ERR_RANGE, NULL);
    if (s->guarded)
        (void)snprintf(s->answers.text[ANSWER_DIR], PATH_SIZE, "%s",
                       SERVICE_VAULT);
    if (!answer_ask(s->app, &s->answers, ANSWER_DIR,
                    _("The vault's directory, which does not exist yet"),
                    otherwise, NULL, &code))
        return code;
    if (path_join(data, setup_answer(s, ANSWER_DIR), "data.mdb") != SV_OK)
        return app_fail(s->app, setup_answer(s, ANSWER_DIR), SV_ERR_RANGE,
                        NULL);
    s->founded = setup_is_there(data);
    if (s->founded)
        setup_say(
            s, _("There is a vault already in %s: its founding is left out."),
            setup_answer(s, ANSWER_DIR));
    return EXIT_DONE;
}

/* ---- Step by step ---- */

static const struct {
    const char *title;
    enum exit_code (*run)(struct setup *s);
} steps[] = {
    {N_("Where the vault goes"), choose_place},
    {N_("The two founders' keys"), setup_have_founders},
    {N_("A key for recovery"), setup_have_recovery},
    {N_("Founding"), setup_found},
    {N_("Two sheets"), setup_make_sheets},
    {N_("The service"), setup_start_service},
    {N_("To write down"), setup_write_down},
    {N_("The first backup"), setup_make_backup},
    {N_("What comes next"), setup_say_next},
};

#define STEPS_N (sizeof steps / sizeof steps[0])

static enum exit_code
walk(struct setup *s)
{
    enum exit_code code = EXIT_DONE;
    char title[256];

    for (size_t i = 0; i < STEPS_N && code == EXIT_DONE; i++) {
        (void)snprintf(title, sizeof title, _("Step %zu of %zu: %s"), i + 1,
                       STEPS_N, _(steps[i].title));
        (void)fputc('\n', s->app->term.err);
        term_heading(&s->app->term, s->app->term.err, title);
        code = steps[i].run(s);
    }
    if (code != EXIT_DONE)
        answers_say_resume(s->app, &s->answers);
    return code;
}

enum exit_code
cmd_setup(struct app *app, int argc, char **argv)
{
    struct setup s = {.app = app};
    struct flag flags[ANSWERS_N + 1] = {{0}};
    const char *home = getenv("HOME");
    char **words;

    for (unsigned i = 0; i < ANSWERS_N; i++)
        flags[i] = (struct flag){answer_option((enum answer_name)i), 0,
                                 &s.answers.given[i], NULL};
    if (!app_args(app, argc, argv, flags, 0, 0, &words))
        return EXIT_USAGE;
    find_service(&s);
    if (app->no_input && !answers_are_whole(app, &s.answers))
        return EXIT_USAGE;
    if (!app->no_input && !app->term.interactive)
        return app_usage(app, "%s",
                         _("there is no terminal to ask at: --no-input, with "
                           "all answers as options"));
    if (text_copy(bytes_text(home != NULL && home[0] == '/' ? home : "/root"),
                  s.home, sizeof s.home) != SV_OK)
        return app_fail(app, "HOME", SV_ERR_RANGE, NULL);
    return walk(&s);
}
