#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/backup.h"

/* ---- backup restore ---- */

static enum exit_code
say_restored(struct app *app, const char *dir, const char *path,
             const struct restore_report *r)
{
    enum exit_code code = app_told(app, backup_say(app, path, &r->manifest));

    app_hint(app,
             _("Restored to %s, with its key in %s.gate. Every record and "
               "the whole log were checked.\nIt does nothing yet: two people "
               "confirm it, each with her key file:\n"
               "  svault --vault %s --key KEY backup confirm %s --with "
               "KEY2\nWhere all key files are gone, the key for recovery and "
               "sheet A bring an administrator back:\n"
               "  svault --vault %s --key RECOVERY backup confirm %s --sheet "
               "- --administrator NEW.pub"),
             dir, dir, dir, path, dir, path);
    return code;
}

enum exit_code
cmd_backup_restore(struct app *app, int argc, char **argv)
{
    const char *sheet = NULL;
    const struct flag flags[] = {{"sheet", 0, &sheet, NULL}, {0}};
    struct gate_config config = {.clock = app->clock, .rng = app->rng};
    struct restore_report report = {0};
    struct gate_keys *keys = NULL;
    enum exit_code code = EXIT_FAILED;
    char dir[PATH_SIZE];
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, flags, 2, 2, &words))
        return EXIT_USAGE;
    if (path_suffix(dir, words[1], "") != SV_OK)
        return app_fail(app, words[1], SV_ERR_RANGE, NULL);
    /* Nobody types a sheet for a file that is not there. */
    if (access(words[0], R_OK) != 0)
        return app_fail(app, words[0], err_of_errno(errno), NULL);
    if (!sheet_ask_gate(app, sheet, &keys, &code))
        return code;
    config.dir = dir;
    err = gate_restore(&config, keys, words[0], true, &report);
    secret_free(app->arena, keys);
    if (err == SV_ERR_EXISTS)
        return app_fail(app, dir, err,
                        _("it or its .gate exists already; a backup is "
                          "restored to a new place"));
    return err == SV_OK ? say_restored(app, dir, words[0], &report)
                        : backup_restore_fail(app, words[0], dir, err, &report);
}

/* ---- backup confirm ---- */

struct confirming {
    struct app *app;
    const char *with;  /* the second's key file, or NULL */
    const char *sheet; /* or the gate's sheet */
    const char *administrator;
    struct keyfile file;
    struct user_keys *keys;
    struct gate_keys *gate;
    struct restore_second second;
    struct card card;
};

static bool
second_by_key(struct confirming *c, const struct client *client,
              enum exit_code *code)
{
    const char *name = c->file.card.name;
    const char *role = client_restore_role(client, name);

    if (role == NULL) {
        *code = app_fail(c->app, c->with, SV_ERR_DENIED,
                         _("she is no administrator, supervisor or "
                           "recovery of this vault"));
        return false;
    }
    (void)text_copy(bytes_text(role), c->second.role, sizeof c->second.role);
    memcpy(c->second.name, name, sizeof c->second.name);
    c->second.seed = &c->keys->sign;
    return true;
}

static bool
second_by_sheet(struct confirming *c, const struct roster *r,
                enum exit_code *code)
{
    struct sign_public log_key;

    c->gate->vault = r->vault;
    gate_keys_derive(c->gate);
    sign_public_of(&c->gate->log, &log_key);
    if (!bytes_equal(BYTES(log_key.b), BYTES(r->log_key.b))) {
        *code = app_fail(c->app, NULL, SV_ERR_DENIED,
                         _("that sheet is not of this vault's gate"));
        return false;
    }
    c->second.seed = &c->gate->log;
    return true;
}

/* Everything that is asked for, before the vault is opened. */
static bool
ask(struct confirming *c, enum exit_code *code)
{
    struct app *app = c->app;

    if (c->administrator != NULL &&
        !app_card(app, c->administrator, &c->card, code))
        return false;
    if (c->sheet != NULL)
        return sheet_ask_gate(app, c->sheet, &c->gate, code);
    return userkey_read(app, c->with, &c->file, code) &&
           userkey_unlock(app, c->with, &c->file, &c->keys, code);
}

static enum exit_code
confirm(struct confirming *c, struct session *s, const char *path)
{
    const struct roster *r = client_roster(s->client);
    const struct client_restored *was = client_restored(s->client);
    struct backup_file b = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!(c->sheet != NULL ? second_by_sheet(c, r, &code)
                           : second_by_key(c, s->client, &code)) ||
        !backup_look(s, path, &b, &code))
        return code;
    err = client_restore(s->client, &c->second, b.manifest.taken_ms,
                         c->administrator != NULL ? &c->card : NULL);
    if (err == SV_ERR_FORMAT)
        return app_fail(c->app, c->app->vault, err,
                        _("this vault does not wait for it: it was not "
                          "restored from that backup, or is confirmed"));
    if (err != SV_OK)
        return session_fail(s, NULL, err);
    if (was->accepted && !session_keep_restored(s, &code))
        return code;
    code = app_told(c->app, backup_say(c->app, path, &b.manifest));
    app_hint(c->app,
             _("The log goes on behind entry %llu, which says who restored "
               "it. Who has seen more of it than\nwas restored is told so, "
               "and goes on with --accept-restore."),
             (unsigned long long)client_trouble(s->client)->index);
    if (was->accepted)
        app_hint(c->app,
                 _("You had seen at least %llu entries more; they are lost, "
                   "with what they were about."),
                 (unsigned long long)was->lost);
    return code;
}

enum exit_code
cmd_backup_confirm(struct app *app, int argc, char **argv)
{
    struct confirming c = {.app = app};
    const struct flag flags[] = {{"with", 0, &c.with, NULL},
                                 {"sheet", 0, &c.sheet, NULL},
                                 {"administrator", 0, &c.administrator, NULL},
                                 {0}};
    struct session s = {.confirms_restore = true};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if ((c.with == NULL) == (c.sheet == NULL))
        return app_usage(app, "%s",
                         _("either --with KEY2, the other person's key, or "
                           "--sheet FILE (- to type it)"));
    if (ask(&c, &code) && session_open(app, &s, &code))
        code = session_close(&s, confirm(&c, &s, words[0]));
    keyfile_wipe(&c.file);
    secret_free(app->arena, c.keys);
    secret_free(app->arena, c.gate);
    return code;
}
