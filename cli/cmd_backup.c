#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/backup.h"

#define PART ".part.XXXXXX" /* a backup that is not whole yet */

/* ---- what a backup says of itself ---- */

enum sv_err
backup_say(struct app *app, const char *path, const struct backup_manifest *m)
{
    char taken[WHEN_SIZE];

    app_when(m->taken_ms, taken);
    if (app->json)
        return term_json(&app->term,
                         json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "file",
                                   json_bytes(bytes_text(path)), "origin",
                                   m->origin, "entries",
                                   app_json_number(m->size), "root",
                                   app_json_base64(BYTES(m->root.b)), "records",
                                   app_json_number(m->rows[TABLE_RECORD]),
                                   "taken", app_json_time(m->taken_ms)));
    (void)fprintf(app->term.out,
                  _("Backup:  %s\n"
                    "Vault:   %s\n"
                    "Taken:   %s\n"
                    "Log:     %llu entries\n"
                    "Records: %llu\n"),
                  path, m->origin, taken, (unsigned long long)m->size,
                  (unsigned long long)m->rows[TABLE_RECORD]);
    return SV_OK;
}

enum exit_code
backup_fail(struct app *app, const char *path, enum sv_err err,
            const struct backup_file *b)
{
    enum exit_code code;

    if (err == SV_ERR_TAMPERED && b->fault != NULL) {
        code = app_fail(app, path, err, _(b->fault));
        app_hint(app, _("It is sound for %llu chunks; nothing of it was used."),
                 (unsigned long long)b->sum.chunks);
        return code;
    }
    return app_fail(app, path, err,
                    err == SV_ERR_FORMAT ? _("not a backup of a vault") : NULL);
}

bool
backup_look(struct session *s, const char *path, struct backup_file *b,
            enum exit_code *code)
{
    enum sv_err err =
        backup_verify(path, &client_roster(s->client)->log_key, b);

    if (err != SV_OK) {
        *code = backup_fail(s->app, path, err, b);
        return false;
    }
    err = client_backup_check(s->client, &b->manifest);
    if (err == SV_ERR_ROLLBACK)
        *code = app_fail(s->app, path, err, _(client_trouble(s->client)->what));
    else if (err != SV_OK)
        *code = session_fail(s, path, err);
    return err == SV_OK;
}

/* ---- backup create ---- */

struct making {
    int fd;
    off_t at;
    enum sv_err err; /* of the file, and not of the vault */
};

static enum sv_err
write_piece(void *ctx, struct bytes piece)
{
    struct making *m = ctx;

    m->err = fd_write_at(m->fd, piece, m->at);
    m->at += (off_t)piece.len;
    return m->err;
}

/* All of it, on the disk; fd is closed.  *asked: what the vault refused. */
static enum sv_err
write_part(struct session *s, int fd, enum sv_err *asked)
{
    struct making m = {.fd = fd};
    enum sv_err err = client_backup(s->client, write_piece, &m);

    *asked = m.err == SV_OK ? err : SV_OK;
    if (err == SV_OK && fsync(m.fd) != 0)
        err = err_of_errno(errno);
    if (close(m.fd) != 0 && err == SV_OK)
        err = err_of_errno(errno);
    return err;
}

/* Nothing of a record's: who has to begin again is told so. */
static enum exit_code
not_given(struct session *s, enum sv_err err)
{
    const char *what = client_trouble(s->client)->what;

    return err == SV_ERR_CONFLICT && what != NULL
               ? app_fail(s->app, NULL, err, _(what))
               : session_fail(s, NULL, err);
}

/* When, in KEY.backup: svault doctor says how old the last one is. */
static void
remember(struct app *app, uint64_t taken_ms)
{
    char path[PATH_SIZE], text[32];
    enum sv_err err = path_suffix(path, app->key, ".backup");

    (void)snprintf(text, sizeof text, "%llu\n", (unsigned long long)taken_ms);
    if (err == SV_OK)
        err = file_replace(path, 0600, bytes_text(text));
    if (err != SV_OK)
        (void)app_fail(app, path, err,
                       _("the backup is made, but when is not remembered"));
}

static enum exit_code
in_the_way(struct app *app, const char *path)
{
    return app_fail(app, path, SV_ERR_EXISTS,
                    _("exists already; nothing is overwritten"));
}

/* Opened again and verified; only then it gets its name. */
static enum exit_code
finish(struct session *s, const char *path, const char *part)
{
    struct app *app = s->app;
    struct backup_file b = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!backup_look(s, part, &b, &code))
        return code;
    err = file_move_new(part, path);
    if (err == SV_ERR_EXISTS)
        return in_the_way(app, path);
    if (err != SV_OK)
        return app_fail(app, path, err, NULL);
    remember(app, b.manifest.taken_ms);
    code = app_told(app, backup_say(app, path, &b.manifest));
    app_hint(app, "%s",
             _("Keep it on another disk than the vault, and away from "
               "sheet A."));
    return code;
}

static enum exit_code
create(struct session *s, const char *path)
{
    enum exit_code code;
    char part[PATH_SIZE];
    enum sv_err asked, err;
    int fd = -1;

    err = path_suffix(part, path, PART);
    if (err == SV_OK && (fd = mkostemp(part, O_CLOEXEC)) < 0)
        err = err_of_errno(errno);
    if (err != SV_OK)
        return app_fail(s->app, path, err, NULL);
    err = write_part(s, fd, &asked);
    if (asked != SV_OK)
        code = not_given(s, asked);
    else if (err != SV_OK)
        code = app_fail(s->app, part, err, NULL);
    else
        code = finish(s, path, part);
    if (code != EXIT_DONE)
        (void)unlink(part);
    return code;
}

enum exit_code
cmd_backup_create(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    struct stat st;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (lstat(words[0], &st) == 0)
        return in_the_way(app, words[0]);
    if (!session_open(app, &s, &code))
        return code;
    return session_close(&s, create(&s, words[0]));
}

/* ---- backup verify ---- */

enum exit_code
backup_restore_fail(struct app *app, const char *path, const char *dir,
                    enum sv_err err, const struct restore_report *r)
{
    enum exit_code code;

    if (err != SV_ERR_TAMPERED || r->fault == NULL)
        return app_fail(app, r->in_file ? path : dir, err,
                        r->in_file && err == SV_ERR_FORMAT
                            ? _("not a backup of a vault")
                            : NULL);
    code = app_fail(app, path, err, _(r->fault));
    if (r->place[0] != '\0') {
        (void)fputs("  ", app->term.err);
        term_text(app->term.err, bytes_text(r->place), false, 0);
        (void)fputc('\n', app->term.err);
    } else {
        app_hint(app, _("It is sound for %llu chunks; nothing of it was used."),
                 (unsigned long long)r->chunks);
    }
    return code;
}

/* With the gate's sheet everything is opened and replayed, in a directory of
 * this program's own that is removed again. */
static enum exit_code
verify_all(struct app *app, const char *path, const char *sheet)
{
    const char *tmp = getenv("TMPDIR");
    struct gate_config config = {.clock = app->clock, .rng = app->rng};
    struct restore_report report = {0};
    struct gate_keys *keys = NULL;
    enum exit_code code = EXIT_FAILED;
    char own[PATH_SIZE], dir[PATH_SIZE];
    enum sv_err err;

    if (!sheet_ask_gate(app, sheet, &keys, &code))
        return code;
    config.dir = dir;
    err = path_join(own, tmp != NULL ? tmp : "/tmp", "svault.XXXXXX");
    if (err == SV_OK && mkdtemp(own) == NULL) /* 0700 */
        err = err_of_errno(errno);
    if (err == SV_OK)
        err = path_join(dir, own, "vault");
    if (err != SV_OK) {
        secret_free(app->arena, keys);
        return app_fail(app, own, err, NULL);
    }
    err = gate_restore(&config, keys, path, false, &report);
    (void)rmdir(own);
    secret_free(app->arena, keys);
    return err == SV_OK ? app_done(app, backup_say(app, path, &report.manifest))
                        : backup_restore_fail(app, path, own, err, &report);
}

enum exit_code
cmd_backup_verify(struct app *app, int argc, char **argv)
{
    const char *sheet = NULL;
    const struct flag flags[] = {{"sheet", 0, &sheet, NULL}, {0}};
    struct session s = {0};
    struct backup_file b = {0};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (sheet != NULL)
        return verify_all(app, words[0], sheet);
    if (!session_open(app, &s, &code))
        return code;
    if (backup_look(&s, words[0], &b, &code)) {
        uint64_t now = client_pin(s.client)->size;

        code = app_done(app, backup_say(app, words[0], &b.manifest));
        app_hint(app, _("The vault has %llu entries more by now."),
                 (unsigned long long)(now - b.manifest.size));
        app_hint(app, "%s",
                 _("Every byte is as the gate signed it. Whether its rows open "
                   "and are what its log says is tried with sheet A: --sheet "
                   "-"));
    }
    return session_close(&s, code);
}
