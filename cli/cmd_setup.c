#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/founding.h"
#include "cli/setup.h"

/* Where the package has svaultd serve a vault, and as whom. */
#define SERVICE_USER "svault"
#define SERVICE_PROGRAM "/usr/sbin/svaultd"
#define SERVICE_VAULT "/var/lib/svault/vault"
#define SERVICE_GROUP "svault-users"
#define SERVICE_PLACE "unix:" WAY_SOCKET_DEFAULT
#define NO_RECOVERY "none"

struct setup {
    struct app *app;
    struct answers answers;
    uid_t uid; /* the service's */
    gid_t gid;
    bool installed; /* svaultd is */
    bool guarded;   /* it is to serve this vault */
    bool founded;   /* the vault was there already */
    char home[PATH_SIZE];
};

/* ---- Talking ---- */

static void say(struct setup *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say_command(struct setup *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(struct setup *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fflush(s->app->term.out);
    (void)vfprintf(s->app->term.err, format, args);
    va_end(args);
    (void)fputc('\n', s->app->term.err);
}

/* What is done next, as somebody would type it. */
static void
say_command(struct setup *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fflush(s->app->term.out);
    (void)fputs("  $ ", s->app->term.err);
    (void)vfprintf(s->app->term.err, format, args);
    va_end(args);
    (void)fputc('\n', s->app->term.err);
}

static const char *
answer(const struct setup *s, enum answer_name name)
{
    return answer_of(&s->answers, name);
}

static bool
is_there(const char *path)
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
    say(s, "%s",
        _("The vault will be in a directory of this account, and the gate runs "
          "in each command.\nThat does NOT protect against a person who works "
          "here and writes a program of her own:\nshe can read what her keys "
          "open without an entry, and change or remove the vault.\nThe guarded "
          "form needs the package svaultd, and root: sudo svault setup"));
}

static bool
choose_form(struct setup *s, enum exit_code *code)
{
    const char *dir = answer(s, ANSWER_DIR);
    bool yes = true;

    s->guarded = s->installed && geteuid() == 0 &&
                 (dir == NULL || strcmp(dir, SERVICE_VAULT) == 0);
    if (s->guarded) {
        say(s,
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

    say(s, "%s",
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
    if (path_join(data, answer(s, ANSWER_DIR), "data.mdb") != SV_OK)
        return app_fail(s->app, answer(s, ANSWER_DIR), SV_ERR_RANGE, NULL);
    s->founded = is_there(data);
    if (s->founded)
        say(s, _("There is a vault already in %s: its founding is left out."),
            answer(s, ANSWER_DIR));
    return EXIT_DONE;
}

/* ---- Keys ---- */

/* The key file is there, or is made by its owner, who sits down now. */
static bool
have_key(struct setup *s, const char *who, const char *path, const char *name,
         enum exit_code *code)
{
    char typed[PATH_SIZE];

    if (is_there(path)) {
        say(s, _("There already: %s"), path);
        return true;
    }
    say(s,
        _("Now %s sits down here. She makes her key, and chooses a passphrase "
          "that nobody else sees."),
        who);
    if (name == NULL && s->app->no_input) {
        *code = app_fail(s->app, path, SV_ERR_NOT_FOUND, NULL);
        app_hint(s->app, "svault key new %s --name NAME", path);
        return false;
    }
    if (name == NULL) {
        if (!setup_ask(s->app, _("Her work name (small letters)"), NULL, typed,
                       code))
            return false;
        name = typed;
    }
    say_command(s, "svault key new %s --name %s", path, name);
    *code = make_key(s->app, path, name, false);
    return *code == EXIT_DONE;
}

static bool
founder(struct setup *s, enum answer_name name, const char *who,
        const char *question, const char *file, enum exit_code *code)
{
    char otherwise[PATH_SIZE];

    if (path_join(otherwise, s->home, file) != SV_OK) {
        *code = app_fail(s->app, s->home, SV_ERR_RANGE, NULL);
        return false;
    }
    return answer_ask(s->app, &s->answers, name, question, otherwise, NULL,
                      code) &&
           have_key(s, who, answer(s, name), NULL, code);
}

static enum exit_code
have_founders(struct setup *s)
{
    enum exit_code code = EXIT_DONE;

    if (s->founded)
        return EXIT_DONE;
    say(s, "%s",
        _("Two people found a vault: an administrator, who proposes staff, and "
          "a supervisor, who\nconfirms them. Neither can do it alone. Each has "
          "a key file of her own."));
    (void)(founder(s, ANSWER_ADMINISTRATOR, _("the administrator"),
                   _("The administrator's key file"), "administrator.key",
                   &code) &&
           founder(s, ANSWER_SUPERVISOR, _("the supervisor"),
                   _("The supervisor's key file"), "supervisor.key", &code));
    return code;
}

static enum exit_code
have_recovery(struct setup *s)
{
    char file[PATH_SIZE], *card = s->answers.text[ANSWER_RECOVERY];
    enum exit_code code = EXIT_DONE;
    bool yes = true;

    if (s->founded || answer(s, ANSWER_RECOVERY) != NULL)
        return EXIT_DONE;
    say(s, "%s",
        _("A third key, which lies in a safe elsewhere, brings back a "
          "supervisor who lost hers.\nWithout it the records are lost with the "
          "supervisors' keys. It reads nothing."));
    if (!setup_confirm(s->app, _("Make one?"), true, &yes, &code))
        return code;
    if (!yes) {
        (void)snprintf(card, PATH_SIZE, "%s", NO_RECOVERY);
        return EXIT_DONE;
    }
    if (path_join(file, s->home, "recovery.key") != SV_OK)
        return app_fail(s->app, s->home, SV_ERR_RANGE, NULL);
    if (!have_key(s, _("who will keep it"), file, "recovery", &code))
        return code;
    if (path_suffix(card, file, ".pub") != SV_OK) {
        card[0] = '\0';
        return app_fail(s->app, file, SV_ERR_RANGE, NULL);
    }
    return EXIT_DONE;
}

/* ---- Founding ---- */

/* To the service's account.  Only what root made and nobody else can have
 * linked there: the service could otherwise be given any file. */
static enum sv_err
give(const struct setup *s, int dir, const char *name, mode_t type)
{
    struct stat st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return err_of_errno(errno);
    if (st.st_uid == s->uid)
        return SV_OK;
    if (st.st_uid != geteuid() || (st.st_mode & S_IFMT) != type ||
        (type == S_IFREG && st.st_nlink != 1))
        return SV_ERR_DENIED;
    return fchownat(dir, name, s->uid, s->gid, AT_SYMLINK_NOFOLLOW) == 0
               ? SV_OK
               : err_of_errno(errno);
}

/* The directory comes last: it tells that all is done. */
static enum sv_err
hand_over(const struct setup *s, const char *path)
{
    char gate[PATH_SIZE];
    struct dirent *entry;
    struct stat st;
    DIR *dir;
    enum sv_err err = path_suffix(gate, path, ".gate");

    if (err != SV_OK)
        return err;
    dir = opendir(path);
    if (dir == NULL || fstat(dirfd(dir), &st) != 0)
        err = err_of_errno(errno);
    if (err == SV_OK && st.st_uid == s->uid)
        goto out;
    while (err == SV_OK && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = give(s, dirfd(dir), entry->d_name, S_IFREG);
    if (err == SV_OK)
        err = give(s, AT_FDCWD, gate, S_IFREG);
    if (err == SV_OK)
        err = give(s, AT_FDCWD, path, S_IFDIR);
out:
    if (dir != NULL)
        (void)closedir(dir);
    return err;
}

static enum exit_code
found(struct setup *s)
{
    struct founding_plan plan = {0};
    char host[200] = "", otherwise[256];
    enum exit_code code = EXIT_FAILED;
    const char *recovery = answer(s, ANSWER_RECOVERY);
    enum sv_err err;

    if (!s->founded) {
        (void)gethostname(host, sizeof host - 1);
        (void)snprintf(otherwise, sizeof otherwise, "%s/vault", host);
        say(s, "%s",
            _("The log has a name for ever, and outsiders may see it: the "
              "office's domain, or this machine's."));
        if (!answer_ask(s->app, &s->answers, ANSWER_ORIGIN, _("The log's name"),
                        checkpoint_origin_ok(otherwise)
                            ? otherwise
                            : "office.example/vault",
                        NULL, &code))
            return code;
        say(s, "%s",
            _("standard: duties are kept apart, for seven people or more.\n"
              "small-office: three people are enough; the log says so for "
              "ever."));
        if (!answer_ask(s->app, &s->answers, ANSWER_PROFILE,
                        _("standard or small-office"), PROFILE_STANDARD,
                        PROFILE_STANDARD " " PROFILE_SMALL, &code))
            return code;
        plan = (struct founding_plan){
            .dir = answer(s, ANSWER_DIR),
            .origin = answer(s, ANSWER_ORIGIN),
            .profile = answer(s, ANSWER_PROFILE),
            .administrator = answer(s, ANSWER_ADMINISTRATOR),
            .supervisor = answer(s, ANSWER_SUPERVISOR),
            .recovery = recovery != NULL && strcmp(recovery, NO_RECOVERY) != 0
                            ? recovery
                            : NULL,
            .remember = s->guarded ? SERVICE_PLACE : answer(s, ANSWER_DIR)};
        say_command(s,
                    "svault init %s --origin %s --profile %s --administrator "
                    "%s --supervisor %s%s%s",
                    plan.dir, plan.origin, plan.profile, plan.administrator,
                    plan.supervisor,
                    plan.recovery != NULL ? " --recovery " : "",
                    plan.recovery != NULL ? plan.recovery : "");
        code = found_vault(s->app, &plan);
        if (code != EXIT_DONE)
            return code;
    }
    if (!s->guarded)
        return EXIT_DONE;
    say_command(s, "chown -R %s: %s %s.gate", SERVICE_USER, SERVICE_VAULT,
                SERVICE_VAULT);
    err = hand_over(s, SERVICE_VAULT);
    return err == SV_OK ? EXIT_DONE
                        : app_fail(s->app, SERVICE_VAULT, err, NULL);
}

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
    extern char **environ;
    pid_t pid;
    int status = 0;

    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0)
        return false;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static enum exit_code
start_service(struct setup *s)
{
    char *const enable[] = {(char[]){"systemctl"}, (char[]){"enable"},
                            (char[]){"--now"}, (char[]){"svaultd.socket"},
                            NULL};
    enum exit_code code = EXIT_DONE;
    bool yes = true;

    if (!s->guarded) {
        say(s, "%s", _("There is none: the gate runs in each command."));
        return EXIT_DONE;
    }
    if (is_served()) {
        say(s, _("It serves already: %s"), WAY_SOCKET_DEFAULT);
        return EXIT_DONE;
    }
    if (!is_there("/run/systemd/system")) {
        say(s, "%s",
            _("systemd does not run here. Start it now, and at each boot, "
              "with:"));
        say_command(s, "install -d -o %s -g %s -m 0750 /run/svault",
                    SERVICE_USER, SERVICE_GROUP);
        say_command(s,
                    "setpriv --reuid %s --regid %s --init-groups "
                    "--no-new-privs svaultd --vault %s --group %s",
                    SERVICE_USER, SERVICE_USER, SERVICE_VAULT, SERVICE_GROUP);
        return EXIT_DONE;
    }
    if (!setup_confirm(s->app, _("Start it now, and at each boot?"), true, &yes,
                       &code))
        return code;
    say_command(s, "systemctl enable --now svaultd.socket");
    if (!yes)
        return EXIT_DONE;
    if (run_program(enable) && is_served())
        return EXIT_DONE;
    code = app_fail(s->app, "svaultd", SV_ERR_IO, _("it does not serve"));
    app_hint(s->app, "%s", _("Look why: journalctl -u svaultd"));
    return code;
}

/* ---- What people take away ---- */

/* The service answers the members of its group, and root is none. */
static bool
hello(struct setup *s, struct session *session, enum exit_code *code)
{
    const struct group *group = getgrnam(SERVICE_GROUP);
    gid_t own = getegid();
    bool ok;

    if (s->guarded && (group == NULL || setegid(group->gr_gid) != 0)) {
        *code = app_fail(s->app, SERVICE_GROUP, SV_ERR_NOT_FOUND, NULL);
        return false;
    }
    ok = session_hello(s->app, session, code);
    if (s->guarded && setegid(own) != 0) {
        *code = app_fail(s->app, NULL, SV_ERR_IO, NULL);
        ok = false;
    }
    return ok;
}

static enum exit_code
write_down(struct setup *s)
{
    struct session session = {0};
    enum exit_code code = EXIT_DONE;
    bool written = false;

    s->app->vault = s->guarded ? SERVICE_PLACE : answer(s, ANSWER_DIR);
    if (s->guarded && !is_served()) {
        say(s, "%s",
            _("The gate's fingerprint stands above. Once the service runs, "
              "this shows it again:"));
        say_command(s, "svault --vault %s status", SERVICE_PLACE);
        return EXIT_DONE;
    }
    if (!hello(s, &session, &code))
        return session_close(&session, code);
    say(s,
        _("The gate's fingerprint, ten words, by which every new colleague "
          "knows this vault:\n\n  %s\n"),
        session.hello.fingerprint);
    code = session_close(&session, EXIT_DONE);
    while (code == EXIT_DONE && !written && !s->app->no_input)
        (void)setup_confirm(s->app, _("Is it on paper?"), false, &written,
                            &code);
    return code;
}

static enum exit_code
say_next(struct setup *s)
{
    const char *place = s->guarded ? SERVICE_PLACE : answer(s, ANSWER_DIR);
    bool office = strcmp(answer(s, ANSWER_PLACE), "office") == 0;

    if (s->guarded) {
        say(s, "%s",
            _("Each colleague's account may connect, after she logs in "
              "again:"));
        say_command(s, "adduser NAME %s", SERVICE_GROUP);
        say(s, "%s",
            _("The founders take their key files (FILE, FILE.pub, FILE.head) "
              "into their own accounts."));
    }
    say(s, "%s", _("Each colleague makes her key, and hands over its card:"));
    say_command(s, "svault key new NAME.key --name NAME");
    say(s, "%s", _("The administrator proposes her, the supervisor confirms:"));
    say_command(s, "svault --vault %s staff propose NAME.key.pub --role ROLE",
                place);
    say_command(s, "svault --vault %s staff confirm NAME", place);
    if (office && s->guarded) {
        say(s, "%s", _("At a desk, with an account here and ssh:"));
        say_command(s, "svault --vault ssh:NAME@HOST whoami");
    }
    say(s, "%s",
        _("An auditor checks exported logs anywhere, by the vault's card:"));
    say_command(s, "svault --vault %s --key FILE status --card >office.card",
                place);
    say(s, "%s", _("Whether this machine is fit for it, now and each month:"));
    say_command(s, "svault --vault %s doctor", place);
    return EXIT_DONE;
}

/* ---- Step by step ---- */

static const struct {
    const char *title;
    enum exit_code (*run)(struct setup *s);
} steps[] = {
    {N_("Where the vault goes"), choose_place},
    {N_("The two founders' keys"), have_founders},
    {N_("A key for recovery"), have_recovery},
    {N_("Founding"), found},
    {N_("The service"), start_service},
    {N_("To write down"), write_down},
    {N_("What comes next"), say_next},
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
