#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "audit/evidence.h"
#include "cli/app.h"
#include "cli/doctor.h"
#include "cli/kept_witness.h"
#include "store/lmdb_file.h"

/* What this program locks: its own keys, and those of a gate inside it. */
#define MEMLOCK_NEEDED ((size_t)(256 + 64) << 10)
#define SWAPS_MAX 65536

struct visit {
    struct app *app;
    json_t *all;        /* with --json */
    uint64_t last_ms;   /* the newest entry known here; 0: none */
    uint64_t backup_ms; /* the newest backup by this key; 0: none */
    uint64_t witness_s; /* the newest cosignature kept with it; 0: none */
    bool bad;
};

/* ---- Telling ---- */

static const char *
level_name(enum finding_level level)
{
    return level == FINDING_OK ? "ok" : level == FINDING_WARN ? "warn" : "bad";
}

static void
tell(struct visit *v, struct finding f)
{
    FILE *out = v->app->term.out;

    if (f.level == FINDING_BAD)
        v->bad = true;
    if (v->app->json) {
        (void)json_array_append_new(
            v->all, json_pack("{s:s, s:s, s:o, s:o}", "check", f.check, "level",
                              level_name(f.level), "found",
                              json_bytes(bytes_text(f.text)), "todo",
                              json_bytes(bytes_text(f.todo))));
        return;
    }
    (void)fprintf(out, "%-5s%-8s ", level_name(f.level), f.check);
    term_text(out, bytes_text(f.text), false, 0);
    if (f.todo[0] != '\0') {
        (void)fputs(". ", out);
        term_text(out, bytes_text(f.todo), false, 0);
    }
    (void)fputc('\n', out);
}

/* ---- The machine ---- */

static void
look_at_machine(struct visit *v)
{
    struct buf swaps = BUF_INIT;
    struct rlimit limit = {0};
    struct timex tx = {0};

    /* Without swap support there is no such file. */
    (void)file_read("/proc/swaps", SWAPS_MAX, &swaps);
    tell(v, doctor_swap(buf_bytes(&swaps), "/sys"));
    buf_free(&swaps);
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    tell(v, doctor_memlock(&limit, geteuid() == 0, MEMLOCK_NEEDED));
    (void)getrlimit(RLIMIT_CORE, &limit);
    tell(v, doctor_core(&limit, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0));
    tell(v, doctor_clock(clock_now(&v->app->clock), v->last_ms,
                         adjtimex(&tx) != TIME_ERROR));
}

/* ---- The key ---- */

static struct finding
look_private(const char *check, const char *path, uid_t owner)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return doctor_private(check, path, NULL, errno, owner);
    return doctor_private(check, path, &st, 0, owner);
}

static void
newest(struct visit *v, const struct stat *st)
{
    uint64_t ms = (uint64_t)st->st_mtim.tv_sec * 1000;

    v->last_ms = ms > v->last_ms ? ms : v->last_ms;
}

/* svault backup create writes down when, for whoever makes backups. */
static void
find_backup(struct visit *v)
{
    struct buf text = BUF_INIT;
    struct bytes line, rest;
    char path[PATH_SIZE];

    if (path_suffix(path, v->app->key, ".backup") == SV_OK &&
        file_read(path, 64, &text) == SV_OK) {
        rest = buf_bytes(&text);
        if (!text_split(&rest, '\n', &line) ||
            text_u64(line, 1, UINT64_MAX, &v->backup_ms) != SV_OK)
            v->backup_ms = 0;
    }
    buf_free(&text);
}

static void
find_witness(struct visit *v)
{
    struct kept_witnesses kept = {.n = 0};
    const struct kept_witness *newest;

    (void)kept_load(&kept, v->app->key);
    if (kept.bad[0] != '\0')
        tell(v, doctor_witness_bad(kept.bad));
    newest = kept_newest(&kept);
    if (newest != NULL)
        v->witness_s = newest->unix_s;
    kept_clear(&kept);
}

/* What session_keep_fork() or a gate kept. */
static void
look_for_forks(struct visit *v, const char *base, const char *suffix)
{
    char prefix[PATH_SIZE], path[PATH_SIZE];

    if (path_suffix(prefix, base, suffix) == SV_OK &&
        evidence_count(prefix, path) > 0)
        tell(v, doctor_fork(path));
}

static void
look_at_key(struct visit *v)
{
    struct keyfile key = {0};
    struct buf file = BUF_INIT;
    char pin[PATH_SIZE];
    struct stat st;

    if (v->app->key == NULL)
        return;
    find_backup(v);
    find_witness(v);
    look_for_forks(v, v->app->key, ".head.fork-");
    tell(v, look_private("key", v->app->key, geteuid()));
    if (file_read(v->app->key, KEYFILE_MAX, &file) == SV_OK &&
        keyfile_parse(buf_bytes(&file), &key) == SV_OK)
        tell(v, doctor_passphrase(!key.unprotected));
    keyfile_wipe(&key);
    buf_free(&file);
    /* Before the first contact there is none. */
    if (path_suffix(pin, v->app->key, ".head") != SV_OK || lstat(pin, &st) != 0)
        return;
    tell(v, doctor_private("head", pin, &st, 0, geteuid()));
    newest(v, &st);
}

/* ---- The vault ---- */

static void
look_at_disk(struct visit *v, const char *dir, uid_t owner)
{
    char path[PATH_SIZE];
    struct statvfs fs;
    struct stat st;

    if (path_join(path, dir, "data.mdb") != SV_OK)
        return;
    tell(v, look_private("store", path, owner));
    if (statvfs(dir, &fs) == 0)
        tell(v, doctor_space((uint64_t)fs.f_bavail * fs.f_frsize));
    if (stat(path, &st) == 0)
        tell(v, doctor_map((uint64_t)st.st_size, LMDB_FILE_MAX));
    if (path_join(path, dir, "head") == SV_OK && stat(path, &st) == 0)
        newest(v, &st);
}

static void
look_at_directory(struct visit *v, const char *dir)
{
    char gate[PATH_SIZE];
    uid_t owner = geteuid();
    struct stat st;

    /* Root looks after the vault of svaultd's user. */
    if (owner == 0 && lstat(dir, &st) == 0)
        owner = st.st_uid;
    tell(v, look_private("vault", dir, owner));
    if (path_suffix(gate, dir, ".gate") == SV_OK)
        tell(v, look_private("gatekey", gate, owner));
    look_at_disk(v, dir, owner);
    look_for_forks(v, dir, "/fork-");
}

/* 0, or the errno. */
static int
call(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd, error = 0;

    if (strlen(path) >= sizeof to.sun_path)
        return ENAMETOOLONG;
    (void)memcpy(to.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        error = errno;
    (void)close(fd);
    return error;
}

static void
look_at_vault(struct visit *v)
{
    const char *vault = v->app->vault;
    struct stat st;

    if (vault == NULL)
        return;
    if (way_form_of(vault) == WAY_SSH) {
        tell(v, doctor_program("ssh", "ssh", getenv("PATH")));
    } else if (way_form_of(vault) == WAY_SOCKET) {
        const char *path = vault + strlen("unix:");
        int error = lstat(path, &st) != 0 ? errno : 0;

        tell(v, doctor_socket(path, error == 0 ? &st : NULL, error,
                              error == 0 ? call(path) : 0));
    } else {
        look_at_directory(v, vault);
    }
    /* Behind a service it is the business of whoever makes them. */
    if (v->backup_ms != 0 || way_form_of(vault) == WAY_EMBEDDED)
        tell(v, doctor_backup(clock_now(&v->app->clock), v->backup_ms));
    if (v->witness_s != 0 || way_form_of(vault) == WAY_EMBEDDED)
        tell(v, doctor_witness(clock_now(&v->app->clock), v->witness_s));
}

enum exit_code
cmd_doctor(struct app *app, int argc, char **argv)
{
    struct visit v = {.app = app};
    enum exit_code code;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    if (app->json)
        v.all = json_array();
    look_at_key(&v);
    look_at_vault(&v);
    look_at_machine(&v);
    code = app_done(app, app->json ? term_json(&app->term, v.all) : SV_OK);
    return code == EXIT_DONE && v.bad ? EXIT_FAILED : code;
}
