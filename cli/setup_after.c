#include <errno.h>
#include <grp.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/setup.h"

/* ---- The service ---- */

static bool
is_served(void)
{
    int fd = -1;
    bool served = wire_connect_unix(WAY_SOCKET_DEFAULT, &fd) == SV_OK;

    if (served)
        (void)close(fd);
    return served;
}

/* Run a program and wait; true: it said that it was done. */
static bool
run_program(char *const argv[])
{
    pid_t pid;
    int status = 0;

    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum exit_code
setup_start_service(struct setup *s)
{
    char *const enable[] = {(char[]){"systemctl"}, (char[]){"enable"},
                            (char[]){"--now"}, (char[]){"svaultd.socket"},
                            NULL};
    enum exit_code code = EXIT_DONE;
    bool yes = true;

    if (!s->guarded) {
        setup_say(s, "%s", _("There is none: the gate runs in each command."));
        return EXIT_DONE;
    }
    if (is_served()) {
        setup_say(s, _("It serves already: %s"), WAY_SOCKET_DEFAULT);
        return EXIT_DONE;
    }
    if (!setup_is_there("/run/systemd/system")) {
        setup_say(
            s, "%s",
            _("systemd does not run here. Start it now, and at each boot, "
              "with:"));
        setup_show(s, "install -d -o %s -g %s -m 0750 /run/svault",
                   SERVICE_USER, SERVICE_GROUP);
        setup_show(s,
                   "setpriv --reuid %s --regid %s --init-groups "
                   "--no-new-privs svaultd --vault %s --group %s",
                   SERVICE_USER, SERVICE_USER, SERVICE_VAULT, SERVICE_GROUP);
        return EXIT_DONE;
    }
    if (!setup_confirm(s->app, _("Start it now, and at each boot?"), true, &yes,
                       &code))
        return code;
    setup_show(s, "systemctl enable --now svaultd.socket");
    if (!yes)
        return EXIT_DONE;
    if (run_program(enable) && is_served())
        return EXIT_DONE;
    code = app_fail(s->app, "svaultd", SV_ERR_IO, _("it does not serve"));
    app_hint(s->app, "%s", _("Look why: journalctl -u svaultd"));
    return code;
}

/* The service answers the members of its group, and root is none. */
static bool
join_group(struct setup *s, bool join, enum exit_code *code)
{
    const struct group *group = s->guarded ? getgrnam(SERVICE_GROUP) : NULL;

    if (!s->guarded ||
        (group != NULL && setegid(join ? group->gr_gid : getgid()) == 0))
        return true;
    *code = app_fail(s->app, SERVICE_GROUP, SV_ERR_NOT_FOUND, NULL);
    return false;
}

/* ---- Against a dead disk ---- */

#define WORDS_MAX 3

/* A command of this program, as if somebody typed it: shown, and run where
 * she wants it. */
static bool
run_command(struct setup *s, const char *noun, const char *verb,
            const char *first, const char *second, enum exit_code *code)
{
    const struct command *c = help_find(noun, verb), *own = s->app->command;
    char words[WORDS_MAX][PATH_SIZE];
    char *argv[WORDS_MAX + 1] = {words[0], words[1],
                                 second != NULL ? words[2] : NULL, NULL};

    setup_show(s, "svault %s %s %s%s%s", noun, verb, first,
               second != NULL ? " " : "", second != NULL ? second : "");
    if (c == NULL)
        return true;
    (void)snprintf(words[0], PATH_SIZE, "%s", verb);
    (void)snprintf(words[1], PATH_SIZE, "%s", first);
    (void)snprintf(words[2], PATH_SIZE, "%s", second != NULL ? second : "");
    s->app->command = c;
    *code = c->run(s->app, second != NULL ? 3 : 2, argv);
    s->app->command = own;
    return *code == EXIT_DONE;
}

/* Printed, and typed back from the paper. */
static bool
make_sheet(struct setup *s, const char *kind, const char *file,
           enum exit_code *code)
{
    return run_command(s, "sheet", kind, file, NULL, code) &&
           run_command(s, "sheet", "check", kind, file, code);
}

/* The key file of the card that setup was told of, and whether it is here; a
 * vault that was founded before has one of which setup knows nothing. */
static bool
recovery_file(const struct setup *s, char out[static PATH_SIZE])
{
    const char *card = setup_answer(s, ANSWER_RECOVERY);
    size_t len = card != NULL ? strlen(card) : 0;

    (void)snprintf(out, PATH_SIZE, "RECOVERY.key");
    if (len < 5 || len >= PATH_SIZE || strcmp(card + len - 4, ".pub") != 0)
        return false;
    (void)memcpy(out, card, len - 4);
    out[len - 4] = '\0';
    return setup_is_there(out);
}

/* A vault without a key for recovery has no sheet B. */
static bool
has_recovery(const struct setup *s)
{
    const char *card = setup_answer(s, ANSWER_RECOVERY);

    return card == NULL || strcmp(card, NO_RECOVERY) != 0;
}

/* What makes them, where setup did not. */
static void
show_sheets(struct setup *s)
{
    char gate[PATH_SIZE], recovery[PATH_SIZE];

    if (s->lacks_sheet_a &&
        path_suffix(gate, setup_answer(s, ANSWER_DIR), ".gate") == SV_OK) {
        setup_say(s, "%s", _("Sheet A was not made now. Unless you have it:"));
        setup_show(s, "svault sheet gate %s", gate);
        setup_show(s, "svault sheet check gate %s", gate);
    }
    if (s->lacks_sheet_b) {
        setup_say(s, "%s",
                  recovery_file(s, recovery)
                      ? _("Sheet B was not made now. Unless you have it:")
                      : _("Sheet B cannot be made here: the key file for "
                          "recovery is elsewhere. There, unless you have it:"));
        setup_show(s, "svault sheet key %s", recovery);
        setup_show(s, "svault sheet check key %s", recovery);
    }
}

enum exit_code
setup_make_sheets(struct setup *s)
{
    char gate[PATH_SIZE], recovery[PATH_SIZE];
    enum exit_code code = EXIT_DONE;
    bool yes = true, here;

    if (path_suffix(gate, setup_answer(s, ANSWER_DIR), ".gate") != SV_OK)
        return app_fail(s->app, setup_answer(s, ANSWER_DIR), SV_ERR_RANGE,
                        NULL);
    setup_say(
        s, "%s",
        _("Two sheets of paper for two places, neither of them here. A, the "
          "gate's root: with a backup\nit makes the vault again. B, the key "
          "for recovery: it brings people back. Print or copy each,\nand type "
          "it back from the paper."));
    if (!setup_confirm(s->app, _("Now?"), true, &yes, &code))
        return code;
    here = recovery_file(s, recovery);
    yes = yes && !s->app->no_input;
    s->lacks_sheet_a = !yes;
    s->lacks_sheet_b = has_recovery(s) && (!yes || !here);
    if (yes && make_sheet(s, "gate", gate, &code) && here)
        (void)make_sheet(s, "key", recovery, &code);
    if (code == EXIT_DONE)
        show_sheets(s);
    return code;
}

enum exit_code
setup_make_backup(struct setup *s)
{
    const char *key = setup_answer(s, ANSWER_ADMINISTRATOR);
    char file[PATH_SIZE], otherwise[PATH_SIZE];
    enum exit_code code = EXIT_DONE;
    bool yes = true;

    setup_say(
        s, "%s",
        _("A backup goes to another disk, and never with the gate's key or "
          "sheet A. The administrator\nmakes one each evening:"));
    if (s->app->no_input || key == NULL || !setup_is_there(key) ||
        (s->guarded && !is_served())) {
        setup_show(s, "svault --key FILE backup create BACKUP.svb");
        return EXIT_DONE;
    }
    if (!setup_confirm(s->app, _("The first one now?"), true, &yes, &code) ||
        !yes)
        return code;
    if (path_join(otherwise, s->home, "first.svb") != SV_OK)
        return app_fail(s->app, s->home, SV_ERR_RANGE, NULL);
    if (!setup_ask(s->app, _("Where to"), otherwise, file, &code))
        return code;
    s->app->vault = s->guarded ? SERVICE_PLACE : setup_answer(s, ANSWER_DIR);
    s->app->key = key;
    if (join_group(s, true, &code))
        (void)run_command(s, "backup", "create", file, NULL, &code);
    return join_group(s, false, &code) ? code : EXIT_FAILED;
}

/* ---- What people take away ---- */

static bool
hello(struct setup *s, struct session *session, enum exit_code *code)
{
    bool ok = join_group(s, true, code) && session_hello(s->app, session, code);

    return join_group(s, false, code) && ok;
}

enum exit_code
setup_write_down(struct setup *s)
{
    struct session session = {0};
    enum exit_code code = EXIT_DONE;
    bool written = false;

    s->app->vault = s->guarded ? SERVICE_PLACE : setup_answer(s, ANSWER_DIR);
    if (s->guarded && !is_served()) {
        setup_say(
            s, "%s",
            _("The gate's fingerprint stands above. Once the service runs, "
              "this shows it again:"));
        setup_show(s, "svault --vault %s status", SERVICE_PLACE);
        return EXIT_DONE;
    }
    if (!hello(s, &session, &code))
        return session_close(&session, code);
    setup_say(
        s,
        _("The gate's fingerprint, ten words, by which every new colleague "
          "knows this vault:\n\n  %s\n"),
        session.hello.fingerprint);
    code = session_close(&session, EXIT_DONE);
    while (code == EXIT_DONE && !written && !s->app->no_input)
        (void)setup_confirm(s->app, _("Is it on paper?"), false, &written,
                            &code);
    return code;
}

enum exit_code
setup_say_next(struct setup *s)
{
    const char *place =
        s->guarded ? SERVICE_PLACE : setup_answer(s, ANSWER_DIR);
    bool office = strcmp(setup_answer(s, ANSWER_PLACE), "office") == 0;

    if (s->guarded) {
        setup_say(s, "%s",
                  _("Each colleague's account may connect, after she logs in "
                    "again:"));
        setup_show(s, "adduser NAME %s", SERVICE_GROUP);
        setup_say(
            s, "%s",
            _("The founders take their key files (FILE, FILE.pub, FILE.head) "
              "into their own accounts."));
    }
    show_sheets(s);
    setup_say(s, "%s",
              _("Each colleague makes her key, and hands over its card:"));
    setup_show(s, "svault key new NAME.key --name NAME");
    setup_say(s, "%s",
              _("The administrator proposes her, the supervisor confirms:"));
    setup_show(s, "svault --vault %s staff propose NAME.key.pub --role ROLE",
               place);
    setup_show(s, "svault --vault %s staff confirm NAME", place);
    if (office && s->guarded) {
        setup_say(s, "%s", _("At a desk, with an account here and ssh:"));
        setup_show(s, "svault --vault ssh:NAME@HOST whoami");
    }
    setup_say(
        s, "%s",
        _("An auditor checks exported logs anywhere, by the vault's card:"));
    setup_show(s, "svault --vault %s --key FILE status --card >office.card",
               place);
    setup_say(s, "%s",
              _("Whether this machine is fit for it, now and each month:"));
    setup_show(s, "svault --vault %s doctor", place);
    return EXIT_DONE;
}
