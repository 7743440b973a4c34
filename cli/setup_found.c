#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/founding.h"
#include "cli/setup.h"

/* ---- Keys ---- */

/* The key file is there, or is made by its owner, who sits down now. */
static bool
have_key(struct setup *s, const char *who, const char *path, const char *name,
         enum exit_code *code)
{
    char typed[PATH_SIZE];

    if (setup_is_there(path)) {
        setup_say(s, _("There already: %s"), path);
        return true;
    }
    setup_say(
        s,
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
    setup_show(s, "svault key new %s --name %s", path, name);
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
           have_key(s, who, setup_answer(s, name), NULL, code);
}

enum exit_code
setup_have_founders(struct setup *s)
{
    enum exit_code code = EXIT_DONE;

    if (s->founded)
        return EXIT_DONE;
    setup_say(
        s, "%s",
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

enum exit_code
setup_have_recovery(struct setup *s)
{
    char file[PATH_SIZE], *card = s->answers.text[ANSWER_RECOVERY];
    enum exit_code code = EXIT_DONE;
    bool yes = true;

    if (s->founded || setup_answer(s, ANSWER_RECOVERY) != NULL)
        return EXIT_DONE;
    setup_say(
        s, "%s",
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

/* The directory itself: its parent is the service's, who could have put a link
 * to any other in its place. */
static enum sv_err
open_directory(const char *path, DIR **out)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP ? SV_ERR_DENIED
                                                  : err_of_errno(errno);
    *out = fdopendir(fd);
    if (*out != NULL)
        return SV_OK;
    (void)close(fd);
    return SV_ERR_NOMEM;
}

/* The directory comes last: it tells that all is done. */
static enum sv_err
hand_over(const struct setup *s, const char *path)
{
    char gate[PATH_SIZE];
    struct dirent *entry;
    struct stat st = {.st_nlink = 0};
    DIR *dir = NULL;
    enum sv_err err = path_suffix(gate, path, ".gate");

    if (err == SV_OK)
        err = open_directory(path, &dir);
    if (dir == NULL)
        return err;
    if (fstat(dirfd(dir), &st) != 0)
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
    (void)closedir(dir);
    return err;
}

enum exit_code
setup_found(struct setup *s)
{
    struct founding_plan plan = {0};
    char host[200] = "", otherwise[256];
    enum exit_code code = EXIT_FAILED;
    const char *recovery = setup_answer(s, ANSWER_RECOVERY);
    enum sv_err err;

    if (!s->founded) {
        (void)gethostname(host, sizeof host - 1);
        (void)snprintf(otherwise, sizeof otherwise, "%s/vault", host);
        setup_say(
            s, "%s",
            _("The log has a name for ever, and outsiders may see it: the "
              "office's domain, or this machine's."));
        if (!answer_ask(s->app, &s->answers, ANSWER_ORIGIN, _("The log's name"),
                        checkpoint_origin_ok(otherwise)
                            ? otherwise
                            : "office.example/vault",
                        NULL, &code))
            return code;
        setup_say(
            s, "%s",
            _("standard: duties are kept apart, for seven people or more.\n"
              "small-office: three people are enough; the log says so for "
              "ever."));
        if (!answer_ask(s->app, &s->answers, ANSWER_PROFILE,
                        _("standard or small-office"), PROFILE_STANDARD,
                        PROFILE_STANDARD " " PROFILE_SMALL, &code))
            return code;
        plan = (struct founding_plan){
            .dir = setup_answer(s, ANSWER_DIR),
            .origin = setup_answer(s, ANSWER_ORIGIN),
            .profile = setup_answer(s, ANSWER_PROFILE),
            .administrator = setup_answer(s, ANSWER_ADMINISTRATOR),
            .supervisor = setup_answer(s, ANSWER_SUPERVISOR),
            .recovery = recovery != NULL && strcmp(recovery, NO_RECOVERY) != 0
                            ? recovery
                            : NULL,
            .remember =
                s->guarded ? SERVICE_PLACE : setup_answer(s, ANSWER_DIR)};
        setup_show(s,
                   "svault init %s --origin %s --profile %s --administrator "
                   "%s --supervisor %s%s%s",
                   plan.dir, plan.origin, plan.profile, plan.administrator,
                   plan.supervisor, plan.recovery != NULL ? " --recovery " : "",
                   plan.recovery != NULL ? plan.recovery : "");
        code = found_vault(s->app, &plan);
        if (code != EXIT_DONE)
            return code;
    }
    if (!s->guarded)
        return EXIT_DONE;
    setup_show(s, "chown -R %s: %s %s.gate", SERVICE_USER, SERVICE_VAULT,
               SERVICE_VAULT);
    err = hand_over(s, SERVICE_VAULT);
    return err == SV_OK ? EXIT_DONE
                        : app_fail(s->app, SERVICE_VAULT, err, NULL);
}
