#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"
#include "cli/language.h"
#include "crypto/init.h"

#define ARENA_SIZE ((size_t)256 << 10)
#define WORDS_MAX 256

/* The command line after the global options are taken out. */
struct line {
    char *words[WORDS_MAX + 1];
    int n;
    const char *lang;
    const char *passphrase_fd;
    bool help;
    bool version;
    const char *fault; /* msgid with one %s, or NULL */
    const char *about;
};

struct global {
    const char *name;
    const char **value; /* or */
    bool *set;
};

/* ---- Global options, anywhere on the line ---- */

static const struct global *
find_global(const struct global *globals, const char *word, size_t len)
{
    for (; globals->name != NULL; globals++)
        if (strlen(globals->name) == len &&
            strncmp(globals->name, word, len) == 0)
            return globals;
    return NULL;
}

static void
line_fault(struct line *l, const char *fault, const char *about)
{
    if (l->fault == NULL) {
        l->fault = fault;
        l->about = about;
    }
}

/* Takes word (and what follows, for its argument); false: not ours. */
static bool
take_global(struct line *l, const struct global *globals, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t len = strcspn(word, "=");
    const struct global *g;

    if (strcmp(word, "-h") == 0) {
        l->help = true;
        return true;
    }
    g = find_global(globals, word, len);
    if (g == NULL)
        return false;
    if (g->set != NULL) {
        if (word[len] == '=')
            line_fault(l, N_("%s takes no argument"), g->name);
        *g->set = true;
        return true;
    }
    if (*g->value != NULL)
        line_fault(l, N_("%s is given twice"), g->name);
    if (word[len] == '=')
        *g->value = word + len + 1;
    else if (argv[*at + 1] != NULL && strncmp(argv[*at + 1], "--", 2) != 0)
        *g->value = argv[++*at];
    else
        line_fault(l, N_("%s needs an argument"), g->name);
    return true;
}

static void
read_line(struct app *app, char **argv, struct line *l)
{
    const struct global globals[] = {
        {"--vault", &app->vault, NULL},
        {"--key", &app->key, NULL},
        {"--as", &app->role, NULL},
        {"--purpose", &app->purpose, NULL},
        {"--gate", &app->gate, NULL},
        {"--lang", &l->lang, NULL},
        {"--passphrase-fd", &l->passphrase_fd, NULL},
        {"--json", NULL, &app->json},
        {"--no-input", NULL, &app->no_input},
        {"--accept-restore", NULL, &app->accept_restore},
        {"--help", NULL, &l->help},
        {"--version", NULL, &l->version},
        {NULL, NULL, NULL},
    };
    bool ours = true;

    for (int i = 1; argv[i] != NULL; i++) {
        if (strcmp(argv[i], "--") == 0)
            ours = false;
        else if (ours && argv[i][0] == '-' && take_global(l, globals, argv, &i))
            continue;
        if (l->n == WORDS_MAX) {
            line_fault(l, N_("too many words: %s"), argv[i]);
            return;
        }
        l->words[l->n++] = argv[i];
    }
}

/* ---- Start ---- */

static bool
set_up_keys(struct app *app, enum exit_code *code)
{
    enum sv_err err = process_harden();

    if (err == SV_OK)
        err = crypto_init();
    if (err == SV_OK)
        err = arena_new(ARENA_SIZE, &app->arena);
    if (err != SV_OK)
        *code = app_fail(app, NULL, err, NULL);
    return err == SV_OK;
}

static void
set_language(struct app *app, const char *lang)
{
    app->lang = strcmp(lang, "ja") == 0 ? SCHEMA_JA : SCHEMA_EN;
    language_set(lang);
}

static bool
is_readable(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

/* Options before environment before configuration. */
static bool
settle(struct app *app, struct line *l, enum exit_code *code)
{
    struct diag where = {0};
    enum sv_err err = config_load(&app->config, &where);
    const char *vault = getenv("SVAULT_VAULT"), *key = getenv("SVAULT_KEY");
    const char *lang = l->lang;
    uint64_t fd;

    if (lang == NULL)
        lang = app->config.lang[0] != '\0' ? app->config.lang
                                           : language_of_environment();
    set_language(app,
                 language_is_known(lang) ? lang : language_of_environment());
    *code = EXIT_USAGE;
    if (l->fault != NULL) {
        /* One %s each: they stand in this file. */
        char text[128];
        const char *format = _(l->fault);
        const char *hole = strstr(format, "%s");
        int head = hole != NULL ? (int)(hole - format) : 0;

        (void)snprintf(text, sizeof text, "%.*s%s%s", head, format, l->about,
                       hole != NULL ? hole + 2 : "");
        (void)app_usage(app, "%s", text);
        return false;
    }
    if (!language_is_known(lang)) {
        (void)app_usage(app, "%s", _("--lang: en or ja"));
        return false;
    }
    if (err != SV_OK) {
        *code = err == SV_ERR_INPUT
                    ? app_fail_diag(app, NULL, &where)
                    : app_fail(app, _("configuration"), err, NULL);
        return false;
    }
    if (l->passphrase_fd != NULL) {
        if (!app_number(app, "--passphrase-fd", l->passphrase_fd, 0, 1023, 0,
                        &fd))
            return false;
        app->passphrase_fd = (int)fd;
        if (!is_readable(app->passphrase_fd)) {
            (void)app_usage(app,
                            _("--passphrase-fd %d: this descriptor is not open "
                              "for reading"),
                            app->passphrase_fd);
            return false;
        }
    }
    app->key_given = app->key != NULL;
    if (app->vault == NULL)
        app->vault = vault != NULL && vault[0] != '\0' ? vault
                     : app->config.vault[0] != '\0'    ? app->config.vault
                                                       : NULL;
    if (app->key == NULL)
        app->key = key != NULL && key[0] != '\0' ? key
                   : app->config.key[0] != '\0'  ? app->config.key
                                                 : NULL;
    return true;
}

static enum exit_code
run(struct app *app, const struct command *c, int argc, char **argv, bool help)
{
    enum exit_code code = EXIT_FAILED;

    if (help)
        return help_command(app, c);
    app->command = c;
    if (!set_up_keys(app, &code))
        return code;
    return c->run(app, argc, argv);
}

static enum exit_code
dispatch(struct app *app, struct line *l)
{
    const struct command *c;
    char **words = l->words;
    enum exit_code code = EXIT_FAILED;

    if (l->version) {
        (void)fprintf(app->term.out, "svault %s\n", SV_VERSION);
        return app_done(app, SV_OK);
    }
    if (l->n > 0 && words[0][0] == '-')
        return app_usage(app, _("no such option: %s"), words[0]);
    if (l->n == 0 && l->help)
        return cmd_help(app, 1, (char *[]){words[0], NULL});
    if (l->n == 0)
        return set_up_keys(app, &code) ? help_next(app) : code;
    c = help_find("", words[0]);
    if (c != NULL)
        return run(app, c, l->n, words, l->help);
    for (c = commands; c->run != NULL; c++)
        if (strcmp(c->noun, words[0]) == 0)
            break;
    if (c->run == NULL)
        return help_unknown(app, words[0], l->n > 1 ? words[1] : NULL);
    if (l->n == 1)
        return help_noun(app, words[0]);
    c = help_find(words[0], words[1]);
    if (c == NULL)
        return help_unknown(app, words[0], words[1]);
    return run(app, c, l->n - 1, words + 1, l->help);
}

int
main(int argc, char **argv)
{
    struct app app = {.program = "svault", .passphrase_fd = -1};
    struct line line = {0};
    enum exit_code code = EXIT_USAGE;

    if (argc < 1)
        return EXIT_USAGE;
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    fault_handler_install();
    term_init(&app.term);
    term_own_buffer(&app.term);
    app.clock = clock_system();
    app.rng = rng_system();
    read_line(&app, argv, &line);
    if (settle(&app, &line, &code))
        code = dispatch(&app, &line);
    arena_free(app.arena);
    /* What could not be printed was not done. */
    if (code == EXIT_DONE)
        code = app_done(&app, SV_OK);
    term_end(&app.term);
    return (int)code;
}
