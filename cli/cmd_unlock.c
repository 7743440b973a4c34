#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/agent_serve.h"
#include "cli/app.h"

#define ARENA_SIZE ((size_t)4096)
#define IDLE_MINUTES 5
#define HOLDER_SIZE 128

struct unlock {
    struct app *app;
    struct keyfile file;
    char path[PATH_SIZE]; /* of the agent's socket */
    uint32_t idle_s;
};

/* ---- The agent's process ---- */

/* What it keeps open; -1 before.  A lock on a file says that it lives. */
enum { LOCK, LISTENER, SIGNALS, READY, KEPT };

static enum sv_err
lock_place(struct unlock *u, int *fd)
{
    char path[PATH_SIZE], holder[HOLDER_SIZE];
    enum sv_err err = path_suffix(path, u->path, ".lock");

    return err == SV_OK ? file_lock(path, holder, sizeof holder, fd) : err;
}

static enum sv_err
watch_signals(int *fd)
{
    sigset_t ends;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGHUP);
    (void)sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_SETMASK, &ends, NULL) != 0)
        return err_of_errno(errno);
    *fd = signalfd(-1, &ends, SFD_CLOEXEC);
    return *fd >= 0 ? SV_OK : err_of_errno(errno);
}

/* All descriptors but 0 to 2 and those that are kept. */
static enum sv_err
close_others(const int kept[static KEPT])
{
    unsigned first = 3;

    for (;;) {
        unsigned next = UINT_MAX;

        for (int i = 0; i < KEPT; i++)
            if ((unsigned)kept[i] >= first && (unsigned)kept[i] < next)
                next = (unsigned)kept[i];
        if (next > first && close_range(first, next - 1, 0) != 0)
            return err_of_errno(errno);
        if (next == UINT_MAX)
            return SV_OK;
        first = next + 1;
    }
}

/* Away from terminal, directory and files of who started it. */
static enum sv_err
detach(const int kept[static KEPT])
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return err_of_errno(errno);
    if (setsid() < 0 || chdir("/") != 0)
        return err_of_errno(errno);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(null, fd) != fd)
            return err_of_errno(errno);
    return close_others(kept);
}

static enum sv_err
serve(struct unlock *u, const struct user_keys *keys, int fds[static KEPT])
{
    struct agent_serve *s = calloc(1, sizeof *s);
    struct agent agent;
    enum sv_err err = s == NULL ? SV_ERR_NOMEM : SV_OK;

    if (err == SV_OK)
        err = agent_listen(u->path, &fds[LISTENER]);
    if (err == SV_OK)
        err = watch_signals(&fds[SIGNALS]);
    if (err == SV_OK)
        err = detach(fds);
    if (err == SV_OK && write(fds[READY], "", 1) != 1)
        err = SV_ERR_IO;
    if (err == SV_OK) {
        (void)close(fds[READY]);
        agent_init(&agent, keys, &u->file.card, clock_boot(), u->idle_s);
        agent_serve_init(s, &agent, fds[LISTENER], fds[SIGNALS]);
        agent_serve_run(s);
    }
    if (fds[LISTENER] >= 0)
        (void)unlink(u->path);
    return err;
}

/*
 * It asks for the passphrase itself: so the seed is nowhere else.  Whoever
 * waits for an answer of svault lock hears from it when it has ended, and
 * then it has wiped.
 */
static enum exit_code
be_agent(struct unlock *u, int ready)
{
    int fds[KEPT] = {-1, -1, -1, ready};
    struct app *app = u->app;
    struct user_keys *keys = NULL;
    enum exit_code code = EXIT_DONE;
    enum sv_err err;

    app->arena = NULL; /* the parent's: no child gets that memory */
    err = arena_new(ARENA_SIZE, &app->arena);
    if (err == SV_OK)
        err = lock_place(u, &fds[LOCK]);
    if (err == SV_OK &&
        !userkey_unlock(app, app->key, &u->file, &keys, &code)) {
        arena_free(app->arena);
        return code;
    }
    if (err == SV_OK)
        err = serve(u, keys, fds);
    arena_free(app->arena);
    return err == SV_OK ? EXIT_DONE : app_fail(app, u->path, err, NULL);
}

/* ---- svault unlock ---- */

static enum exit_code
say_unlocked(struct unlock *u, uint64_t left_ms, bool renewed)
{
    struct app *app = u->app;
    uint64_t until = clock_now(&app->clock) + left_ms;
    char when[WHEN_SIZE];

    if (app->json)
        return app_told(
            app,
            term_json(&app->term,
                      json_pack("{s:s, s:o, s:b}", "name", u->file.card.name,
                                "unlocked_until", app_json_time(until),
                                "renewed", renewed)));
    app_when(until, when);
    (void)fprintf(app->term.out,
                  renewed ? _("The key of %s was unlocked already, and is now "
                              "until %s.\n")
                          : _("The key of %s is unlocked until %s.\n"),
                  u->file.card.name, when);
    app_hint(app,
             _("Each use begins the %u minutes anew. Lock it when you "
               "leave your desk: svault lock"),
             u->idle_s / 60);
    return app_told(app, SV_OK);
}

/* Wait until the child says that it is ready, or has ended: having said why
 * itself, but where it was killed. */
static bool
is_ready(struct app *app, pid_t child, int ready, enum exit_code *code)
{
    int status = 0;
    uint8_t byte;
    ssize_t n;

    do
        n = read(ready, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        return true;
    if (n < 0) /* it may have said so, and nobody heard */
        (void)kill(child, SIGTERM);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    *code = WIFEXITED(status) && WEXITSTATUS(status) != EXIT_DONE
                ? (enum exit_code)WEXITSTATUS(status)
                : app_fail(app, NULL, SV_ERR_INTERRUPTED,
                           _("the agent ended before it was ready"));
    return false;
}

static enum exit_code
start_agent(struct unlock *u)
{
    struct app *app = u->app;
    enum exit_code code = EXIT_FAILED;
    int ready[2];
    pid_t child;
    bool began;

    (void)fflush(app->term.out);
    if (pipe2(ready, O_CLOEXEC) != 0)
        return app_fail(app, NULL, err_of_errno(errno), NULL);
    child = fork();
    if (child == 0) {
        (void)close(ready[0]);
        code = be_agent(u, ready[1]);
        (void)fflush(NULL);
        _exit((int)code);
    }
    (void)close(ready[1]);
    if (child < 0) {
        (void)close(ready[0]);
        return app_fail(app, NULL, err_of_errno(errno), NULL);
    }
    /* Ctrl-C is the child's, who asks. */
    term_wait_begin();
    began = is_ready(app, child, ready[0], &code);
    (void)term_wait_end();
    (void)close(ready[0]);
    return began ? say_unlocked(u, (uint64_t)u->idle_s * 1000, false) : code;
}

static enum exit_code
no_place(struct app *app, enum sv_err err)
{
    enum exit_code code;

    if (err != SV_ERR_NOT_FOUND && err != SV_ERR_DENIED)
        return app_fail(app, "XDG_RUNTIME_DIR", err, NULL);
    code = app_fail(app, "XDG_RUNTIME_DIR", err,
                    err == SV_ERR_NOT_FOUND
                        ? _("it is not set to a directory, so an agent has no "
                            "place")
                        : _("svault in it is open to other accounts"));
    app_hint(app, "%s",
             _("Set it to a directory that is yours alone; on most systems: "
               "export XDG_RUNTIME_DIR=/run/user/$(id -u)"));
    return code;
}

static enum exit_code
unlock(struct unlock *u)
{
    struct app *app = u->app;
    struct agent_link link;
    char dir[PATH_SIZE];
    uint64_t left_ms;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!userkey_read(app, app->key, &u->file, &code))
        return code;
    if (u->file.unprotected) {
        app_hint(app, "%s",
                 _("This key has no passphrase: there is nothing to unlock."));
        return EXIT_DONE;
    }
    err = agent_dir(true, dir);
    if (err == SV_OK)
        err = agent_path(dir, &u->file.card, u->path);
    if (err != SV_OK)
        return no_place(app, err);
    if (agent_link_open(&link, &u->file.card, &left_ms)) {
        err = agent_renew(&link.transport, u->idle_s, &left_ms);
        agent_link_close(&link);
        if (err == SV_OK)
            return say_unlocked(u, left_ms, true);
    }
    return start_agent(u);
}

enum exit_code
cmd_unlock(struct app *app, int argc, char **argv)
{
    const char *timeout = NULL;
    const struct flag flags[] = {{"timeout", 0, &timeout, NULL}, {0}};
    struct unlock u = {.app = app};
    enum exit_code code;
    uint64_t minutes;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 0, &words) ||
        !app_number(app, "--timeout", timeout, AGENT_IDLE_MIN_S / 60,
                    AGENT_IDLE_MAX_S / 60, IDLE_MINUTES, &minutes))
        return EXIT_USAGE;
    if (app->key == NULL)
        return app_usage(app, "%s",
                         _("no key: --key FILE is missing, and "
                           "neither SVAULT_KEY nor the "
                           "configuration names one"));
    u.idle_s = (uint32_t)minutes * 60;
    code = unlock(&u);
    keyfile_wipe(&u.file);
    return code;
}

/* ---- svault lock ---- */

/* Sockets that nobody listens on any more are of agents that were killed. */
static enum sv_err
lock_one(const char *path, unsigned *n)
{
    struct agent_link link;
    enum sv_err err;

    agent_link_to(&link, path);
    err = agent_link_lock(&link);
    if (err == SV_OK)
        ++*n;
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
lock_all(const char *dir, unsigned *n)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    enum sv_err err = SV_OK;

    if (d == NULL)
        return err_of_errno(errno);
    while ((e = readdir(d)) != NULL) {
        char path[PATH_SIZE];
        enum sv_err one;

        if (strncmp(e->d_name, AGENT_PREFIX, strlen(AGENT_PREFIX)) != 0 ||
            strlen(e->d_name) != AGENT_NAME_LEN)
            continue;
        one = path_join(path, dir, e->d_name);
        if (one == SV_OK)
            one = lock_one(path, n);
        if (err == SV_OK)
            err = one;
    }
    (void)closedir(d);
    return err;
}

static enum exit_code
say_locked(struct app *app, unsigned n)
{
    if (app->json)
        return app_told(
            app, term_json(&app->term, json_pack("{s:i}", "locked", (int)n)));
    (void)fprintf(app->term.out, "%s\n",
                  n > 0 ? _("Locked.") : _("No key was unlocked."));
    return app_told(app, SV_OK);
}

enum exit_code
cmd_lock(struct app *app, int argc, char **argv)
{
    struct keyfile key = {0};
    char dir[PATH_SIZE], path[PATH_SIZE];
    enum exit_code code = EXIT_FAILED;
    unsigned n = 0;
    char **words;
    enum sv_err err;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    err = agent_dir(true, dir);
    if (err != SV_OK)
        return no_place(app, err);
    if (app->key_given) {
        if (!userkey_read(app, app->key, &key, &code))
            return code;
        err = agent_path(dir, &key.card, path);
        keyfile_wipe(&key);
    }
    if (err == SV_OK)
        err = app->key_given ? lock_one(path, &n) : lock_all(dir, &n);
    if (err == SV_OK)
        return say_locked(app, n);
    code = app_fail(app, dir, err, _("an agent there does not answer"));
    app_hint(app, "%s",
             _("End it by its number, which stands in the file beside its "
               "socket (.lock)."));
    return code;
}
