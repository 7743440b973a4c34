#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"

#define NEAR 2 /* edits between what was typed and what is meant */
#define WORD_MAX 32
#define NAME_WIDTH_MIN 18

static const struct {
    enum exit_code code;
    const char *text;
} exit_codes[] = {
    {EXIT_DONE, N_("done")},
    {EXIT_FAILED, N_("failed; nothing was changed")},
    {EXIT_USAGE, N_("wrong usage: the command line makes no sense")},
    {EXIT_PARTIAL,
     N_("done in part; the same command, or the one named, goes on")},
    {EXIT_ALTERED, N_("altered or forged data found")},
    {EXIT_UNVERIFIED, N_("could not be verified (not the same as 4)")},
    {EXIT_UNSURE, N_("outcome unknown: look before you repeat it")},
    {EXIT_BAD_INPUT, N_("bad input data; nothing was kept")},
    {EXIT_IO, N_("a disk or a file failed")},
    {EXIT_BUSY, N_("busy: try again")},
    {EXIT_DENIED, N_("denied")},
};

static const struct {
    const char *option, *text;
} options[] = {
    {"--vault DIR", N_("the vault (or SVAULT_VAULT, or the configuration)")},
    {"--vault unix:PATH", N_("the same behind svaultd, on this machine")},
    {"--vault ssh:HOST", N_("on another: ssh:[USER@]HOST[:SOCKET]")},
    {"--key FILE", N_("your key file (or SVAULT_KEY, or the configuration)")},
    {"--as ROLE", N_("the role you act in, if you have several")},
    {"--purpose CODE", N_("what it is for; by default your role's")},
    {"--json", N_("only JSON on the standard output")},
    {"--lang en|ja", N_("the language")},
    {"--passphrase-fd N", N_("read the passphrase from this descriptor")},
    {"--gate FINGERPRINT", N_("the gate's ten words, at the first contact")},
    {"--no-input", N_("never ask; fail and say what was missing")},
    {"--accept-restore", N_("go on with a log that was restored from a "
                            "backup")},
    {"--help, --version", N_("help for a command; this program's version")},
};

/* ---- Finding ---- */

const struct command *
help_find(const char *noun, const char *verb)
{
    for (const struct command *c = commands; c->run != NULL; c++)
        if (strcmp(c->noun, noun) == 0 && strcmp(c->verb, verb) == 0)
            return c;
    return NULL;
}

static bool
is_noun(const char *noun)
{
    for (const struct command *c = commands; c->run != NULL; c++)
        if (c->noun[0] != '\0' && strcmp(c->noun, noun) == 0)
            return true;
    return false;
}

static unsigned
smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Insertions, deletions and substitutions from a to b (Levenshtein). */
static unsigned
distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= m; j++)
        row[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            unsigned above = row[j];

            row[j] = smallest(row[j] + 1, row[j - 1] + 1,
                              diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

static unsigned
command_distance(const struct command *c, const char *noun, const char *verb)
{
    if (c->noun[0] == '\0') /* one word */
        return distance(noun, c->verb);
    /* "show 3" for "record show 3" */
    if (strcmp(noun, c->verb) == 0)
        return 1;
    return distance(noun, c->noun) +
           (verb != NULL ? distance(verb, c->verb) : 0);
}

/* All that are equally near; the noun alone where only that was typed. */
static enum sv_err
list_near(const char *noun, const char *verb, unsigned least, struct buf *out)
{
    const char *last = "";
    enum sv_err err = SV_OK;

    for (const struct command *c = commands; err == SV_OK && c->run != NULL;
         c++) {
        bool whole =
            c->noun[0] == '\0' || verb != NULL || strcmp(noun, c->verb) == 0;

        if (command_distance(c, noun, verb) != least ||
            (!whole && strcmp(last, c->noun) == 0))
            continue;
        last = c->noun;
        err = buf_printf(out, "%ssvault %s%s%s", out->len > 0 ? ", " : "",
                         c->noun, whole && c->noun[0] != '\0' ? " " : "",
                         whole ? c->verb : "");
    }
    return err;
}

enum exit_code
help_unknown(struct app *app, const char *noun, const char *verb)
{
    struct buf near = BUF_INIT;
    unsigned least = WORD_MAX;

    for (const struct command *c = commands; c->run != NULL; c++)
        least = least < command_distance(c, noun, verb)
                    ? least
                    : command_distance(c, noun, verb);
    if (verb != NULL)
        (void)app_usage(app, _("no such command: %s %s"), noun, verb);
    else
        (void)app_usage(app, _("no such command: %s"), noun);
    if (least <= NEAR && list_near(noun, verb, least, &near) == SV_OK)
        app_hint(app, _("Did you mean: %.*s"), (int)near.len,
                 (const char *)near.ptr);
    else
        app_hint(app, "%s", _("svault help lists the commands."));
    buf_free(&near);
    return EXIT_USAGE;
}

/* ---- Printing ---- */

static json_t *
json_command(const struct command *c)
{
    const char *summary = c->summary != NULL ? _(c->summary) : "";

    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "noun", c->noun, "verb",
                     c->verb, "arguments", c->args, "summary",
                     json_bytes(bytes_text(summary)), "help",
                     json_bytes(bytes_text(_(c->help))));
}

/* The column in which summaries begin: behind the longest name. */
static int
name_width(void)
{
    size_t width = NAME_WIDTH_MIN;

    for (const struct command *c = commands; c->run != NULL; c++) {
        size_t n = strlen(c->noun) + 1 + strlen(c->verb) + 1;

        width = n > width ? n : width;
    }
    return (int)width;
}

static void
print_line(struct app *app, const struct command *c)
{
    if (c->summary == NULL)
        return;
    (void)fprintf(
        app->term.out, "  %s%s%-*s%s\n", c->noun, c->noun[0] != '\0' ? " " : "",
        name_width() - (int)strlen(c->noun) - (c->noun[0] != '\0' ? 1 : 0),
        c->verb, _(c->summary));
}

enum exit_code
help_command(struct app *app, const struct command *c)
{
    FILE *out = app->term.out;

    if (app->json)
        return app_done(app, term_json(&app->term, json_command(c)));
    term_heading(&app->term, out, _("Examples:"));
    (void)fprintf(out, "%s\n\n", _(c->help));
    (void)fprintf(out, "%s svault %s%s%s%s%s\n", _("Usage:"), c->noun,
                  c->noun[0] != '\0' ? " " : "", c->verb,
                  c->args[0] != '\0' ? " " : "", c->args);
    (void)fprintf(out, "%s\n",
                  _("Options that all commands have: svault help options"));
    return app_done(app, SV_OK);
}

enum exit_code
help_noun(struct app *app, const char *noun)
{
    json_t *all = app->json ? json_array() : NULL;

    for (const struct command *c = commands; c->run != NULL; c++) {
        if (strcmp(c->noun, noun) != 0)
            continue;
        if (all != NULL)
            (void)json_array_append_new(all, json_command(c));
        else
            print_line(app, c);
    }
    if (all != NULL)
        return app_done(app, term_json(&app->term, all));
    (void)fprintf(app->term.out, "\n%s svault %s VERB --help\n", _("Examples:"),
                  noun);
    return app_done(app, SV_OK);
}

static enum exit_code
help_all(struct app *app)
{
    json_t *all = app->json ? json_array() : NULL;

    if (all != NULL) {
        for (const struct command *c = commands; c->run != NULL; c++)
            (void)json_array_append_new(all, json_command(c));
        return app_done(app, term_json(&app->term, all));
    }
    term_heading(&app->term, app->term.out, _("Examples:"));
    (void)fputs("  svault record list victim\n"
                "  svault record show 3\n"
                "  svault record add victim\n\n",
                app->term.out);
    for (const struct command *c = commands; c->run != NULL; c++)
        print_line(app, c);
    (void)fprintf(app->term.out, "\n%s\n",
                  _("svault NOUN VERB --help shows examples. See also: svault "
                    "help exit-codes, svault help options."));
    return app_done(app, SV_OK);
}

static enum exit_code
help_exit_codes(struct app *app)
{
    json_t *all = app->json ? json_array() : NULL;

    for (size_t i = 0; i < sizeof exit_codes / sizeof exit_codes[0]; i++)
        if (all != NULL)
            (void)json_array_append_new(
                all, json_pack("{s:i, s:o}", "code", (int)exit_codes[i].code,
                               "meaning",
                               json_bytes(bytes_text(_(exit_codes[i].text)))));
        else
            (void)fprintf(app->term.out, "  %3d  %s\n", (int)exit_codes[i].code,
                          _(exit_codes[i].text));
    return app_done(app, all != NULL ? term_json(&app->term, all) : SV_OK);
}

static enum exit_code
help_options(struct app *app)
{
    json_t *all = app->json ? json_array() : NULL;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (all != NULL)
            (void)json_array_append_new(
                all,
                json_pack("{s:s, s:o}", "option", options[i].option, "meaning",
                          json_bytes(bytes_text(_(options[i].text)))));
        else
            (void)fprintf(app->term.out, "  %-20s %s\n", options[i].option,
                          _(options[i].text));
    return app_done(app, all != NULL ? term_json(&app->term, all) : SV_OK);
}

enum exit_code
cmd_help(struct app *app, int argc, char **argv)
{
    const struct command *c;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 2, &words))
        return EXIT_USAGE;
    if (words[0] == NULL)
        return help_all(app);
    if (strcmp(words[0], "exit-codes") == 0 && words[1] == NULL)
        return help_exit_codes(app);
    if (strcmp(words[0], "options") == 0 && words[1] == NULL)
        return help_options(app);
    if (words[1] == NULL && is_noun(words[0]))
        return help_noun(app, words[0]);
    c = words[1] == NULL ? help_find("", words[0])
                         : help_find(words[0], words[1]);
    return c != NULL ? help_command(app, c)
                     : help_unknown(app, words[0], words[1]);
}

/* ---- What comes next for this user ---- */

static enum exit_code
say_next(struct app *app, const char *next, const char *text)
{
    if (app->json)
        return app_done(
            app, term_json(&app->term, json_pack("{s:s}", "next", next)));
    (void)fprintf(app->term.out, "%s\n", text);
    return app_done(app, SV_OK);
}

static enum exit_code
say_everyday(struct app *app)
{
    return say_next(app, "everyday",
                    _("  svault record list victim   your records\n"
                      "  svault record add victim    a new one\n"
                      "  svault status               the vault\n"
                      "  svault help                 everything else"));
}

/* With an open session: what waits for her? */
static enum exit_code
next_of_user(struct app *app)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    size_t n;

    if (!session_open(app, &s, &code))
        return code;
    n = client_roster(s.client)->n_proposals;
    if (n > 0 && session_may(&s, ACT_STAFF_CONFIRM, NULL, NULL) == SV_OK) {
        char text[256];

        (void)snprintf(text, sizeof text,
                       _("%zu proposals wait for a supervisor. Next:\n"
                         "  svault staff confirm %s"),
                       n, client_roster(s.client)->proposals[0].person);
        code = say_next(app, "staff confirm", text);
    } else {
        code = say_everyday(app);
    }
    return session_close(&s, code);
}

static enum exit_code
next_at_vault(struct app *app, const struct keyfile *key)
{
    struct session s = {0};
    char pin[PATH_SIZE];
    struct stat st;
    enum exit_code code = EXIT_FAILED;
    bool known, waits;

    if (!session_hello(app, &s, &code))
        return session_close(&s, code);
    known = client_knows(s.client, &key->card);
    waits = client_awaits(s.client, &key->card);
    code = session_close(&s, EXIT_DONE);
    if (!known && waits)
        return say_next(app, "staff confirm",
                        _("You are proposed, and not confirmed yet. Ask your "
                          "supervisor; till then nothing is open to you."));
    if (!known)
        return say_next(app, "hand over the key card",
                        _("The vault does not know your key yet. Hand your "
                          "key card (FILE.pub) to the administrator,\nand "
                          "read its fingerprint to the supervisor: svault "
                          "key show FILE"));
    if (path_suffix(pin, app->key, ".head") != SV_OK || lstat(pin, &st) != 0)
        return say_next(app, "whoami",
                        _("The vault knows you. Have the gate's fingerprint "
                          "from your sponsor at hand. Next:\n  svault "
                          "whoami"));
    /* Nobody is asked for a passphrase by a question. */
    return key->unprotected ? next_of_user(app) : say_everyday(app);
}

enum exit_code
help_next(struct app *app)
{
    struct keyfile key = {0};
    struct stat st;
    enum exit_code code = EXIT_FAILED;

    if (app->key == NULL)
        return say_next(app, "key new",
                        _("You have no key yet. Next:\n"
                          "  svault key new FILE --name NAME"));
    if (!userkey_read(app, app->key, &key, &code))
        return code;
    if (app->vault == NULL ||
        (way_form_of(app->vault) == WAY_EMBEDDED && stat(app->vault, &st) != 0))
        code = say_next(
            app, "init",
            _("There is no vault yet that this program knows.\n"
              "If your office has one, ask the administrator where it is:\n"
              "  svault --vault DIR status\n"
              "If not, two people found one:\n"
              "  svault init DIR --origin NAME --administrator FILE "
              "--supervisor FILE"));
    else
        code = next_at_vault(app, &key);
    keyfile_wipe(&key);
    return code;
}
