#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/app.h"

#define PASSPHRASE_TRIES 3

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

/* ---- Secrets of one command ---- */

/* False: nothing has taken over, and it was said why. */
static bool
take_over(struct userkey *u)
{
    struct app *app = u->app;
    enum exit_code code = EXIT_DENIED;

    if (!u->by_agent || u->locked)
        return false;
    u->locked = true;
    if (app->no_input)
        return false;
    (void)fprintf(app->term.err, "%s\n",
                  _("Your key has been locked meanwhile. Give the passphrase "
                    "to go on: nothing is lost."));
    for (int i = 0; i < PASSPHRASE_TRIES && code == EXIT_DENIED; i++)
        if (userkey_unlock(app, u->path, &u->file, &u->keys, &code)) {
            agent_link_close(&u->agent);
            u->behind = identity_of_keys(u->keys);
            u->by_agent = u->locked = false;
            return true;
        }
    return false;
}

static enum sv_err
userkey_sign(void *ctx, struct bytes message, uint8_t out[static SIGN_LEN])
{
    struct userkey *u = ctx;
    enum sv_err err = u->behind.sign(u->behind.ctx, message, out);

    if (err == SV_ERR_DENIED && take_over(u))
        err = u->behind.sign(u->behind.ctx, message, out);
    return err;
}

static enum sv_err
userkey_agree(void *ctx, const struct box_public *ephemeral,
              struct ps1_agreed *out)
{
    struct userkey *u = ctx;
    enum sv_err err = u->behind.agree(u->behind.ctx, ephemeral, out);

    if (err == SV_ERR_DENIED && take_over(u))
        err = u->behind.agree(u->behind.ctx, ephemeral, out);
    return err;
}

/* What was seen of the vault is saved at the end, when the agent may have
 * locked itself: that one key is kept. */
static enum sv_err
userkey_derive(void *ctx, enum identity_key which,
               uint8_t out[static KDF_KEY_LEN])
{
    struct userkey *u = ctx;
    void *kept = NULL;
    enum sv_err err;

    if (which == IDENTITY_PIN && u->pin_key != NULL) {
        memcpy(out, u->pin_key, KDF_KEY_LEN);
        return SV_OK;
    }
    err = u->behind.derive(u->behind.ctx, which, out);
    if (err == SV_ERR_DENIED && take_over(u))
        err = u->behind.derive(u->behind.ctx, which, out);
    if (err == SV_OK && which == IDENTITY_PIN && u->by_agent &&
        secret_new(u->app->arena, KDF_KEY_LEN, &kept) == SV_OK) {
        u->pin_key = kept;
        memcpy(u->pin_key, out, KDF_KEY_LEN);
    }
    return err;
}

bool
userkey_agent(struct app *app, const char *path, const struct keyfile *k,
              struct userkey *out)
{
    uint64_t left_ms;

    if (k->unprotected || app->passphrase_fd >= 0 ||
        !agent_link_open(&out->agent, &k->card, &left_ms))
        return false;
    out->app = app;
    out->path = path;
    out->file = *k;
    out->by_agent = true;
    out->behind = identity_of_agent(&out->agent.transport);
    out->identity =
        (struct identity){userkey_sign, userkey_agree, userkey_derive, out};
    return true;
}

bool
userkey_open(struct app *app, const char *path, const struct keyfile *k,
             struct userkey *out, enum exit_code *code)
{
    if (out->by_agent || userkey_agent(app, path, k, out))
        return true;
    out->app = app;
    if (!userkey_unlock(app, path, k, &out->keys, code))
        return false;
    out->identity = identity_of_keys(out->keys);
    return true;
}

void
userkey_close(struct userkey *u)
{
    if (u->by_agent)
        agent_link_close(&u->agent);
    if (u->app != NULL) {
        secret_free(u->app->arena, u->keys);
        secret_free(u->app->arena, u->pin_key);
    }
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
