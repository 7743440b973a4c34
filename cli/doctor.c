#include "cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/term.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define DAY_MS ((uint64_t)24 * 60 * 60 * 1000)
#define WITNESS_WARN_MS (35 * DAY_MS)
#define BACKUP_WARN_MS (7 * DAY_MS)
#define BACKUP_BAD_MS (30 * DAY_MS)
#define CLOCK_SLACK_MS 60000 /* clocks of two machines differ */
#define DEVICES_DEEP 4       /* a volume in a group on a crypt device on ... */

static struct finding finding(enum finding_level level, const char *check,
                              const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void todo(struct finding *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static struct finding
finding(enum finding_level level, const char *check, const char *format, ...)
{
    struct finding f = {.level = level, .check = check};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(f.text, sizeof f.text, format, args);
    va_end(args);
    return f;
}

static void
todo(struct finding *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(f->todo, sizeof f->todo, format, args);
    va_end(args);
}

/* ---- Files ---- */

static struct finding
not_there(const char *check, const char *path, int error)
{
    struct finding f;

    if (error == EACCES) {
        f = finding(FINDING_BAD, check, _("%s: this account may not look"),
                    path);
        todo(&f, "%s",
             _("If svaultd serves the vault: --vault "
               "unix:/run/svault/gate.sock"));
        return f;
    }
    f = finding(FINDING_BAD, check, "%s: %s", path,
                _(err_text(err_of_errno(error))));
    todo(&f, "%s", _("Check --vault and --key, or bring it back."));
    return f;
}

struct finding
doctor_private(const char *check, const char *path, const struct stat *st,
               int error, uid_t owner)
{
    struct finding f;

    if (st == NULL)
        return not_there(check, path, error);
    if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        f = finding(FINDING_BAD, check,
                    _("%s: other accounts may use it (mode %04o)"), path,
                    (unsigned)(st->st_mode & 07777));
        todo(&f, "chmod %s %s", S_ISDIR(st->st_mode) ? "700" : "600", path);
        return f;
    }
    if (st->st_uid != owner) {
        f = finding(FINDING_BAD, check, _("%s: it belongs to another account"),
                    path);
        todo(&f, "%s", _("Work with files of your own."));
        return f;
    }
    return finding(FINDING_OK, check, _("%s: its owner's alone"), path);
}

struct finding
doctor_passphrase(bool there_is_one)
{
    struct finding f;

    if (there_is_one)
        return finding(FINDING_OK, "phrase", "%s", _("the key has one"));
    f = finding(FINDING_WARN, "phrase", "%s",
                _("the key has no passphrase: whoever gets the file is you"));
    todo(&f, "svault key passwd FILE");
    return f;
}

/* ---- Swap ---- */

/* Does everything that is written to this device pass a crypt device?
 * where: <sys>/dev/block/8:1 or a link to such a directory. */
static bool
is_encrypted(const char *where, unsigned depth)
{
    char path[PATH_SIZE], slave[PATH_SIZE];
    struct buf uuid = BUF_INIT;
    bool crypt, all = true, any = false;
    struct dirent *entry;
    DIR *slaves;

    crypt = path_join(path, where, "dm/uuid") == SV_OK &&
            file_read(path, 256, &uuid) == SV_OK && uuid.len > 6 &&
            memcmp(uuid.ptr, "CRYPT-", 6) == 0;
    buf_free(&uuid);
    if (crypt || depth == 0 || path_join(path, where, "slaves") != SV_OK)
        return crypt;
    slaves = opendir(path);
    if (slaves == NULL)
        return false;
    while (all && (entry = readdir(slaves)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        any = true;
        all = path_join(slave, path, entry->d_name) == SV_OK &&
              is_encrypted(slave, depth - 1);
    }
    (void)closedir(slaves);
    return any && all;
}

static bool
is_safe_swap(const char *name, const char *sys)
{
    char where[PATH_SIZE];
    struct stat st;
    dev_t device;

    if (strncmp(name, "/dev/zram", 9) == 0)
        return true; /* memory */
    if (stat(name, &st) != 0)
        return false;
    device = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
    return snprintf(where, sizeof where, "%s/dev/block/%u:%u", sys,
                    major(device), minor(device)) < (int)sizeof where &&
           is_encrypted(where, DEVICES_DEEP);
}

/* "/swap\040file" as the kernel writes it; in place.  The three low bits of
 * an octal digit are what it stands for. */
static void
unescape(char *name)
{
    char *to = name;

    for (const char *from = name; *from != '\0'; to++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to =
                (char)((from[1] & 7) << 6 | (from[2] & 7) << 3 | (from[3] & 7));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

struct finding
doctor_swap(struct bytes proc_swaps, const char *sys)
{
    struct finding f;
    char name[PATH_SIZE];
    const char *at = (const char *)proc_swaps.ptr;
    size_t left = proc_swaps.len, n = 0;

    for (bool header = true; left > 0; header = false) {
        const char *lf = memchr(at, '\n', left);
        size_t line = lf != NULL ? (size_t)(lf - at) + 1 : left;
        size_t len = 0;

        while (len < line && at[len] != ' ' && at[len] != '\t' &&
               at[len] != '\n')
            len++;
        if (!header && len > 0 && len < sizeof name) {
            (void)memcpy(name, at, len);
            name[len] = '\0';
            unescape(name);
            n++;
            if (!is_safe_swap(name, sys)) {
                f = finding(FINDING_BAD, "swap",
                            _("%s is not encrypted, as far as can be seen: "
                              "what is read can come to lie on the disk"),
                            name);
                todo(&f, "%s",
                     _("As root: swapoff -a, and encrypt it (man 5 crypttab) "
                       "or take it out of /etc/fstab."));
                return f;
            }
        }
        at += line;
        left -= line;
    }
    if (n == 0)
        return finding(FINDING_OK, "swap", "%s", _("there is none"));
    return finding(FINDING_OK, "swap", "%s", _("encrypted, or memory"));
}

/* ---- The process ---- */

struct finding
doctor_memlock(const struct rlimit *limit, bool is_root, size_t needed)
{
    struct finding f;

    if (is_root || limit->rlim_cur == RLIM_INFINITY)
        return finding(FINDING_OK, "memlock", "%s", _("no limit"));
    if (limit->rlim_cur >= needed)
        return finding(FINDING_OK, "memlock",
                       _("%llu KiB of memory may be locked, %zu are needed"),
                       (unsigned long long)limit->rlim_cur / 1024,
                       needed / 1024);
    f = finding(FINDING_BAD, "memlock",
                _("only %llu KiB of memory may be locked, %zu are needed: "
                  "keys could be swapped out"),
                (unsigned long long)limit->rlim_cur / 1024, needed / 1024);
    todo(&f, "%s",
         _("Raise memlock in /etc/security/limits.conf, or ulimit -l."));
    return f;
}

struct finding
doctor_core(const struct rlimit *limit, bool dumpable)
{
    struct finding f;

    if (limit->rlim_max == 0 && !dumpable)
        return finding(FINDING_OK, "core", "%s",
                       _("this program leaves no core file"));
    f = finding(FINDING_BAD, "core", "%s",
                _("a core file of this program is possible"));
    todo(&f, "%s", _("Run it without a debugger, and ulimit -c 0."));
    return f;
}

struct finding
doctor_clock(uint64_t now_ms, uint64_t last_ms, bool synchronised)
{
    struct finding f;

    if (last_ms > now_ms && last_ms - now_ms > CLOCK_SLACK_MS) {
        f = finding(FINDING_BAD, "clock",
                    _("%llu minutes behind the newest entry that is known "
                      "here"),
                    (unsigned long long)(last_ms - now_ms) / 60000);
        todo(&f, "%s",
             _("Set it: as root, timedatectl set-ntp true, or date -s."));
        return f;
    }
    if (synchronised)
        return finding(FINDING_OK, "clock", "%s", _("synchronised"));
    f = finding(FINDING_WARN, "clock", "%s",
                _("not synchronised; the log takes its times from it"));
    todo(&f, "%s", _("As root: apt install systemd-timesyncd"));
    return f;
}

/* ---- The disk ---- */

struct finding
doctor_space(uint64_t free_bytes)
{
    enum finding_level level = free_bytes < 64 * MIB ? FINDING_BAD
                               : free_bytes < GIB    ? FINDING_WARN
                                                     : FINDING_OK;
    struct finding f =
        finding(level, "space", _("%llu MiB are free on the vault's disk"),
                (unsigned long long)(free_bytes / MIB));

    if (level != FINDING_OK)
        todo(&f, "%s",
             _("Make room: a full disk stops every reading, because each "
               "needs an entry."));
    return f;
}

struct finding
doctor_map(uint64_t used_bytes, uint64_t max_bytes)
{
    uint64_t percent = max_bytes >= 100 ? used_bytes / (max_bytes / 100) : 100;
    enum finding_level level = percent >= 95   ? FINDING_BAD
                               : percent >= 80 ? FINDING_WARN
                                               : FINDING_OK;
    struct finding f =
        finding(level, "map", _("%llu MiB of data, %llu GiB are the limit"),
                (unsigned long long)(used_bytes / MIB),
                (unsigned long long)(max_bytes / GIB));

    if (level != FINDING_OK)
        todo(&f, "%s", _("Tell who maintains this program before it is full."));
    return f;
}

/* ---- What lies elsewhere ---- */

struct finding
doctor_backup(uint64_t now_ms, uint64_t last_ms)
{
    uint64_t age = now_ms > last_ms ? now_ms - last_ms : 0;
    enum finding_level level = last_ms == 0            ? FINDING_WARN
                               : age >= BACKUP_BAD_MS  ? FINDING_BAD
                               : age >= BACKUP_WARN_MS ? FINDING_WARN
                                                       : FINDING_OK;
    struct finding f;

    if (last_ms == 0)
        f = finding(level, "backup", "%s", _("none is known here"));
    else
        f = finding(level, "backup", _("%llu days old"),
                    (unsigned long long)(age / DAY_MS));
    if (level != FINDING_OK)
        todo(&f, "%s",
             _("Make one, on a disk that is kept elsewhere, and never with "
               "the gate's key."));
    return f;
}

struct finding
doctor_witness(uint64_t now_ms, uint64_t last_s)
{
    uint64_t last_ms = last_s * 1000;
    uint64_t age = now_ms > last_ms ? now_ms - last_ms : 0;
    enum finding_level level =
        last_s == 0 || age >= WITNESS_WARN_MS ? FINDING_WARN : FINDING_OK;
    struct finding f;

    if (last_s == 0) {
        f = finding(level, "witness", "%s", _("no witness yet"));
        todo(&f, "%s",
             _("Have somebody outside cosign the log: svault log witness. "
               "Until then, keep a head elsewhere now and then: svault log "
               "head"));
        return f;
    }
    f = finding(level, "witness", _("%llu days old"),
                (unsigned long long)(age / DAY_MS));
    if (level != FINDING_OK)
        todo(&f, "%s", _("Have the log cosigned again: svault log witness."));
    return f;
}

struct finding
doctor_witness_bad(const char *path)
{
    struct finding f =
        finding(FINDING_BAD, "witness", _("%s is altered or damaged"), path);

    todo(&f, "%s",
         _("If you know why, move it away; the witness's next answer brings it "
           "back. Otherwise tell your supervisor first."));
    return f;
}

struct finding
doctor_fork(const char *path)
{
    struct finding f =
        finding(FINDING_BAD, "fork",
                _("evidence of a log that did not go on from what was seen: "
                  "%s"),
                path);

    todo(&f, "%s",
         _("Tell your supervisor and the auditor; keep it. Once it is "
           "settled, move it to where evidence is kept."));
    return f;
}

static struct finding
no_connection(const char *path, int error)
{
    struct finding f;

    if (error == EACCES || error == EPERM) {
        f = finding(FINDING_BAD, "socket", _("%s: you may not connect"), path);
        todo(&f, "%s",
             _("As root: adduser NAME svault-users; then log in again."));
        return f;
    }
    f = finding(FINDING_BAD, "socket", _("%s: nobody serves it"), path);
    todo(&f, "%s", _("As root: systemctl start svaultd.socket"));
    return f;
}

struct finding
doctor_socket(const char *path, const struct stat *st, int error, int connected)
{
    struct finding f;

    if (st == NULL)
        return no_connection(path, error);
    if (!S_ISSOCK(st->st_mode)) {
        f = finding(FINDING_BAD, "socket", _("%s: not a socket"), path);
        todo(&f, "%s", _("Check --vault."));
        return f;
    }
    if (connected != 0)
        return no_connection(path, connected);
    if ((st->st_mode & S_IRWXO) != 0) {
        f = finding(FINDING_BAD, "socket",
                    _("%s: every account may connect (mode %04o)"), path,
                    (unsigned)(st->st_mode & 07777));
        todo(&f, "chmod 660 %s", path);
        return f;
    }
    return finding(FINDING_OK, "socket", _("%s: a gate takes the call"), path);
}

struct finding
doctor_program(const char *check, const char *program, const char *directories)
{
    struct finding f;
    char path[PATH_SIZE];

    for (const char *at = directories; at != NULL && *at != '\0';) {
        int len = (int)strcspn(at, ":");

        if (len > 0 &&
            snprintf(path, sizeof path, "%.*s/%s", len, at, program) <
                (int)sizeof path &&
            access(path, X_OK) == 0)
            return finding(FINDING_OK, check, "%s", path);
        at += len + (at[len] == ':');
    }
    f = finding(FINDING_BAD, check, _("%s is not there"), program);
    todo(&f, "%s", _("As root: apt install openssh-client"));
    return f;
}
