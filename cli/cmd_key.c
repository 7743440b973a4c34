#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/founding.h"
#include "cli/sheet_ask.h"

/* ---- key new ---- */

struct new_key {
    struct app *app;
    const char *path;
    char card_path[PATH_SIZE];
    struct card card;
    const uint8_t *seed; /* of a sheet; NULL: a new one */
    bool unprotected;
};

static bool
can_ask_passphrase(struct app *app)
{
    if (app->passphrase_fd >= 0 || !app->no_input)
        return true;
    (void)app_usage(app, "%s",
                    _("a passphrase is needed: --passphrase-fd is "
                      "missing"));
    return false;
}

/* New passphrases explain themselves; only the rest is to be reported. */
static enum exit_code
passphrase_failed(struct app *app, enum sv_err err)
{
    switch (err) {
    case SV_ERR_INPUT:
    case SV_ERR_USAGE:
        return exit_code_of(err);
    case SV_ERR_INTERRUPTED:
        return app_fail(app, NULL, err, _("stopped; nothing was made"));
    default:
        return app_fail(app, NULL, err, NULL);
    }
}

/* The card needs the secret once more: it is signed by it. */
static enum sv_err
make_card(struct new_key *k, struct bytes file, struct bytes passphrase,
          struct buf *card)
{
    struct keyfile parsed = {0};
    void *keys = NULL;
    enum sv_err err;

    err = secret_new(k->app->arena, sizeof(struct user_keys), &keys);
    if (err == SV_OK)
        err = keyfile_parse(file, &parsed);
    if (err == SV_OK)
        err = keyfile_unlock(&parsed, passphrase, keys);
    if (err == SV_OK)
        err = card_encode(keys, parsed.card.name, card);
    if (err == SV_OK)
        k->card = parsed.card;
    keyfile_wipe(&parsed);
    secret_free(k->app->arena, keys);
    return err;
}

static enum exit_code
write_new(struct new_key *k, struct bytes passphrase, const char *name)
{
    struct buf file = BUF_INIT, card = BUF_INIT;
    const char *path = k->path;
    enum sv_err err;

    err = k->seed == NULL
              ? keyfile_make(&k->app->rng, name, passphrase, &file)
              : keyfile_of_seed(&k->app->rng, k->seed, name, passphrase, &file);
    if (err == SV_OK)
        err = make_card(k, buf_bytes(&file), passphrase, &card);
    if (err == SV_OK)
        err = file_create(k->path, 0600, buf_bytes(&file));
    if (err == SV_OK) {
        path = k->card_path;
        err = file_create(path, 0644, buf_bytes(&card));
        if (err != SV_OK)
            (void)unlink(k->path); /* just made, by us */
    }
    buf_free(&card);
    buf_free(&file);
    if (err == SV_OK)
        return EXIT_DONE;
    return app_fail(k->app, path, err,
                    err == SV_ERR_EXISTS
                        ? _("exists already; nothing is overwritten")
                        : NULL);
}

static enum exit_code
say_new(struct new_key *k)
{
    struct app *app = k->app;
    char words[WORDS_TEXT_SIZE];

    card_fingerprint(&k->card, words);
    app_remember(app, "key", k->path);
    if (app->json)
        return app_told(
            app, term_json(&app->term,
                           json_pack("{s:s, s:s, s:o, s:o, s:b}", "name",
                                     k->card.name, "fingerprint", words, "key",
                                     json_bytes(bytes_text(k->path)), "card",
                                     json_bytes(bytes_text(k->card_path)),
                                     "unprotected", k->unprotected)));
    (void)fprintf(app->term.out,
                  _("Key file:    %s\nKey card:    %s\n"
                    "Fingerprint: %s\n"),
                  k->path, k->card_path, words);
    if (k->unprotected)
        app_hint(app, "%s",
                 _("UNPROTECTED: whoever gets this file is you. It is for "
                   "service accounts and tests."));
    app_hint(app,
             _("Next: hand %s to the administrator, and read the "
               "fingerprint to the supervisor by telephone.\nKeep a "
               "copy of the key file on a stick in a safe place."),
             k->card_path);
    return app_told(app, SV_OK);
}

static bool
is_free(struct app *app, const char *path, enum exit_code *code)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return true;
    *code = app_fail(app, path, SV_ERR_EXISTS,
                     _("exists already; nothing is overwritten"));
    return false;
}

static enum exit_code
make_key_files(struct new_key *k, const char *name)
{
    struct app *app = k->app;
    struct buf passphrase = BUF_INIT;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err = SV_OK;

    if (!text_is_work_name(bytes_text(name)))
        return app_usage(app, "%s",
                         _("a work name has 1 to 32 small "
                           "letters, digits and '-'"));
    if (path_suffix(k->card_path, k->path, ".pub") != SV_OK)
        return app_fail(app, k->path, SV_ERR_RANGE, NULL);
    if (!is_free(app, k->path, &code) || !is_free(app, k->card_path, &code))
        return code;
    if (!k->unprotected && !can_ask_passphrase(app))
        return EXIT_USAGE;
    if (!k->unprotected)
        err = term_new_passphrase(&app->term, app->passphrase_fd, &app->rng,
                                  &passphrase);
    code = err == SV_OK ? write_new(k, buf_bytes(&passphrase), name)
                        : passphrase_failed(app, err);
    buf_free(&passphrase);
    return code == EXIT_DONE ? say_new(k) : code;
}

enum exit_code
make_key(struct app *app, const char *path, const char *name, bool unprotected)
{
    struct new_key k = {.app = app, .path = path, .unprotected = unprotected};

    return make_key_files(&k, name);
}

enum exit_code
key_of_sheet(struct app *app, const char *path, const char *name,
             bool unprotected, const uint8_t seed[static SEED_LEN])
{
    struct new_key k = {
        .app = app, .path = path, .seed = seed, .unprotected = unprotected};

    return make_key_files(&k, name);
}

enum exit_code
cmd_key_new(struct app *app, int argc, char **argv)
{
    const char *name = NULL;
    bool unprotected = false;
    const struct flag flags[] = {
        {"name", 0, &name, NULL}, {"unprotected", 0, NULL, &unprotected}, {0}};
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (name == NULL)
        return app_usage(app, "%s",
                         _("--name NAME is missing: your work "
                           "name, which outsiders may see"));
    return make_key(app, words[0], name, unprotected);
}

/* ---- key show ---- */

static json_t *
json_slot(const struct keyfile *k)
{
    if (k->unprotected)
        return json_pack("{s:s}", "kind", "none");
    return json_pack("{s:s, s:i, s:i, s:i}", "kind", "passphrase", "slots",
                     (int)k->n_slots, "passes", (int)k->slots[0].cost.passes,
                     "memory_kib", (int)k->slots[0].cost.memory_kib);
}

/* Her own file says more than its public half: is that of its seed?  Under a
 * passphrase only unlocking tells. */
static bool
fits_seed(const struct keyfile *key)
{
    struct user_keys keys;
    bool fits = !key->unprotected ||
                keyfile_unlock(key, bytes_of("", 0), &keys) == SV_OK;

    wipe(&keys, sizeof keys);
    return fits;
}

enum exit_code
cmd_key_show(struct app *app, int argc, char **argv)
{
    struct keyfile key = {0};
    char fingerprint[WORDS_TEXT_SIZE];
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words))
        return EXIT_USAGE;
    if (!userkey_read(app, words[0], &key, &code))
        return code;
    card_fingerprint(&key.card, fingerprint);
    if (!fits_seed(&key)) {
        code = app_fail(app, words[0], SV_ERR_TAMPERED, NULL);
    } else if (app->json) {
        code = app_done(
            app, term_json(&app->term,
                           json_pack("{s:s, s:s, s:o}", "name", key.card.name,
                                     "fingerprint", fingerprint, "protection",
                                     json_slot(&key))));
    } else {
        (void)fprintf(app->term.out,
                      _("Name:        %s\n"
                        "Fingerprint: %s\n"),
                      key.card.name, fingerprint);
        if (key.unprotected)
            (void)fprintf(app->term.out, "%s\n",
                          _("Protection:  none; whoever gets this file is "
                            "you"));
        else
            (void)fprintf(app->term.out,
                          _("Protection:  passphrase (Argon2id, %u passes, "
                            "%u MiB)\n"),
                          key.slots[0].cost.passes,
                          key.slots[0].cost.memory_kib / 1024);
        code = app_done(app, SV_OK);
    }
    keyfile_wipe(&key);
    return code;
}

/* ---- key passwd ---- */

/* Where a link leads to the key, say on a stick, the key is replaced: not the
 * link, while the stick goes on with the old passphrase. */
static enum sv_err
replace_key(const char *path, struct bytes file)
{
    char own[PATH_MAX];

    return realpath(path, own) == NULL ? err_of_errno(errno)
                                       : file_replace(own, 0600, file);
}

static enum exit_code
rewrap(struct app *app, const char *path, const struct keyfile *key,
       const struct user_keys *keys)
{
    struct buf passphrase = BUF_INIT, file = BUF_INIT;
    enum exit_code code;
    enum sv_err err;

    err = term_new_passphrase(&app->term, app->passphrase_fd, &app->rng,
                              &passphrase);
    if (err != SV_OK) {
        code = passphrase_failed(app, err);
        goto out;
    }
    err = keyfile_rewrap(&app->rng, key, keys, buf_bytes(&passphrase), &file);
    if (err == SV_OK)
        err = replace_key(path, buf_bytes(&file));
    if (err != SV_OK) {
        code = app_fail(app, path, err, NULL);
        goto out;
    }
    if (app->json)
        err = term_json(&app->term, json_pack("{s:s, s:b}", "name",
                                              key->card.name, "changed", true));
    else
        (void)fprintf(app->term.out, "%s\n",
                      _("The passphrase is changed. Copies of the file still "
                        "open with the old one: replace them."));
    code = app_told(app, err);
out:
    buf_free(&file);
    buf_free(&passphrase);
    return code;
}

enum exit_code
cmd_key_passwd(struct app *app, int argc, char **argv)
{
    struct keyfile key = {0};
    struct user_keys *keys = NULL;
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !can_ask_passphrase(app))
        return EXIT_USAGE;
    if (userkey_read(app, words[0], &key, &code) &&
        userkey_unlock(app, words[0], &key, &keys, &code))
        code = rewrap(app, words[0], &key, keys);
    keyfile_wipe(&key);
    secret_free(app->arena, keys);
    return code;
}
