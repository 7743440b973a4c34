#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"

static bool
is_there(struct app *app, const char *path, struct stat *st,
         enum exit_code *code)
{
    if (stat(path, st) != 0) {
        enum sv_err err = err_of_errno(errno);

        *code = app_fail(app, path, err, NULL);
        if (err == SV_ERR_NOT_FOUND)
            app_hint(app, "%s",
                     _("Insert the stick or disk that holds your key, or "
                       "make a key: svault key new FILE --name NAME"));
        return false;
    }
    if (!S_ISREG(st->st_mode)) {
        *code = app_fail(app, path, SV_ERR_FORMAT, _("not a file"));
        return false;
    }
    return true;
}

/* A key that others may read is no longer its owner's alone. */
static bool
is_private(struct app *app, const char *path, const struct stat *st,
           enum exit_code *code)
{
    if ((st->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return true;
    *code = app_fail(app, path, SV_ERR_DENIED,
                     _("other accounts may read this key file"));
    app_hint(app, _("Make it yours alone: chmod 600 %s"), path);
    return false;
}

/* FILE.pub for FILE: a slip that is easily made. */
static bool
is_card(struct app *app, const char *path, struct bytes file)
{
    size_t len = strlen(path), pub = strlen(".pub");
    struct card card;

    if (card_parse(file, &card) != SV_OK)
        return false;
    (void)app_fail(app, path, SV_ERR_FORMAT,
                   _("this is a key card, which is for others; a key is "
                     "needed"));
    if (len > pub && strcmp(path + len - pub, ".pub") == 0)
        app_hint(app, _("The key is %.*s."), (int)(len - pub), path);
    return true;
}

bool
userkey_read(struct app *app, const char *path, struct keyfile *out,
             enum exit_code *code)
{
    struct buf file = BUF_INIT;
    struct stat st;
    const char *why = NULL;
    enum sv_err err;

    if (!is_there(app, path, &st, code))
        return false;
    err = file_read(path, KEYFILE_MAX, &file);
    if (err == SV_OK) {
        err = keyfile_parse(buf_bytes(&file), out);
        if (err == SV_ERR_RANGE)
            why = _("its passphrase parameters are weaker or heavier than "
                    "this program allows");
        else if (err == SV_ERR_FORMAT)
            why = _("not a key file of svault, or cut off");
    } else if (err == SV_ERR_RANGE) {
        why = _("not a key file of svault, or cut off");
    }
    if (err == SV_ERR_FORMAT && is_card(app, path, buf_bytes(&file))) {
        *code = EXIT_BAD_INPUT;
        buf_free(&file);
        return false;
    }
    buf_free(&file);
    if (err == SV_OK && is_private(app, path, &st, code))
        return true;
    if (err == SV_OK) {
        keyfile_wipe(out);
        return false;
    }
    *code = app_fail(app, path, err, why);
    if (*code == EXIT_BAD_INPUT)
        app_hint(app, "%s",
                 _("Check that this is the right file; if it is damaged, "
                   "use your copy of it."));
    return false;
}

static enum exit_code
wrong_passphrase(struct app *app, const char *path)
{
    enum exit_code code =
        app_fail(app, path, SV_ERR_DENIED,
                 _("the passphrase is wrong, or the key file was altered"));

    app_hint(app, "%s",
             _("Check Caps Lock, the input mode and that this is your key "
               "file, then try again.\nIf it stays so, your administrator "
               "and supervisor can give you a new key."));
    return code;
}

static enum exit_code
no_passphrase(struct app *app, const char *path, enum sv_err err)
{
    if (err == SV_ERR_INTERRUPTED)
        return app_fail(app, NULL, err,
                        _("stopped while asking for the passphrase"));
    if (err == SV_ERR_USAGE) /* it has said so */
        return EXIT_USAGE;
    return app_fail(app, path, err, NULL);
}

bool
userkey_unlock(struct app *app, const char *path, const struct keyfile *k,
               struct user_keys **out, enum exit_code *code)
{
    struct buf prompt = BUF_INIT, passphrase = BUF_INIT;
    void *keys = NULL;
    enum sv_err err = SV_OK;

    if (!k->unprotected && app->passphrase_fd < 0 && app->no_input) {
        *code = app_usage(app,
                          _("%s needs a passphrase: --passphrase-fd "
                            "is missing"),
                          path);
        return false;
    }
    if (!k->unprotected) {
        err = buf_printf(&prompt, _("Passphrase for %s (%s): "), k->card.name,
                         path);
        if (err == SV_OK)
            err = buf_append(&prompt, bytes_of("", 1));
        if (err == SV_OK)
            err = term_passphrase(&app->term, app->passphrase_fd,
                                  (const char *)prompt.ptr, &passphrase);
        if (err != SV_OK) {
            *code = no_passphrase(app, path, err);
            goto out;
        }
    }
    err = secret_new(app->arena, sizeof **out, &keys);
    if (err == SV_OK)
        err = keyfile_unlock(k, buf_bytes(&passphrase), keys);
    if (err == SV_ERR_DENIED)
        *code = wrong_passphrase(app, path);
    else if (err != SV_OK)
        *code = app_fail(app, path, err, NULL);
    if (err != SV_OK)
        goto out;
    *out = keys;
    keys = NULL;
out:
    secret_free(app->arena, keys);
    buf_free(&passphrase);
    buf_free(&prompt);
    return err == SV_OK;
}

bool
userkey_open(struct app *app, const char *path, const struct keyfile *k,
             struct userkey *out, enum exit_code *code)
{
    out->app = app;
    if (!userkey_unlock(app, path, k, &out->keys, code))
        return false;
    out->identity = identity_of_keys(out->keys);
    return true;
}

void
userkey_close(struct userkey *u)
{
    if (u->app != NULL)
        secret_free(u->app->arena, u->keys);
    memset(u, 0, sizeof *u);
}

bool
app_card(struct app *app, const char *path, struct card *out,
         enum exit_code *code)
{
    struct buf file = BUF_INIT;
    enum sv_err err = file_read(path, CARD_MAX, &file);

    if (err == SV_OK)
        err = card_parse(buf_bytes(&file), out);
    buf_free(&file);
    if (err == SV_OK)
        return true;
    if (err == SV_ERR_FORMAT || err == SV_ERR_RANGE) {
        *code = app_fail(app, path, SV_ERR_FORMAT, _("not a key card"));
        app_hint(app, "%s",
                 _("A key card is the file FILE.pub that svault "
                   "key new made."));
    } else {
        *code = app_fail(app, path, err,
                         err == SV_ERR_TAMPERED ? _("this key card was altered")
                                                : NULL);
    }
    return false;
}
