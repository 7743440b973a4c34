#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cli/kept_witness.h"
#include "cli/session_internal.h"

/* What this device remembers of the vault: FILE.head beside the key. */

#define FINGERPRINT_TRIES 3
/* How long another program of hers may take to write FILE.head: 5 s. */
#define LOCK_TRIES 500
#define LOCK_TRY_NS 10000000L

/* ---- Known already ---- */

enum exit_code
session_pin_failed(struct session *s, enum sv_err err)
{
    struct app *app = s->app;
    enum exit_code code;

    if (err == SV_ERR_DENIED && s->key.locked)
        return session_fail(s, s->pin_path, err);
    if (err != SV_ERR_TAMPERED && err != SV_ERR_FORMAT)
        return app_fail(app, s->pin_path, err, NULL);
    code = app_fail(app, s->pin_path, SV_ERR_TAMPERED,
                    _("altered or damaged: what this device remembers of "
                      "the vault is not to be trusted"));
    app_hint(app, "%s",
             _("If you know why, move that file away; the next command asks "
               "for the gate's fingerprint again.\nOtherwise tell your "
               "supervisor first."));
    return code;
}

enum exit_code
session_stranger(struct session *s, const char *why)
{
    enum exit_code code = app_fail(s->app, s->app->key, SV_ERR_DENIED, why);

    app_hint(s->app, "%s", _("Check --vault and --key."));
    return code;
}

enum exit_code
session_nobody(struct session *s, const struct card *card)
{
    enum exit_code code;

    if (!client_awaits(s->client, card))
        return session_stranger(s, _("nobody with this name and key is on "
                                     "this vault's roster"));
    code = app_fail(s->app, s->app->key, SV_ERR_DENIED,
                    _("you are proposed, and not confirmed yet"));
    app_hint(s->app,
             _("Ask your supervisor to confirm you: svault staff confirm %s"),
             card->name);
    return code;
}

bool
session_peek_pin(struct session *s, struct buf *file, bool *known,
                 enum exit_code *code)
{
    struct hash vault;
    enum sv_err err = file_read(s->pin_path, PIN_FILE_MAX, file);

    *known = err == SV_OK;
    if (err == SV_ERR_NOT_FOUND)
        return true;
    if (err == SV_OK)
        err = pin_peek(buf_bytes(file), &vault);
    if (err != SV_OK) {
        *code = session_pin_failed(s, err);
        return false;
    }
    if (!hash_equal(&vault, &s->hello.vault)) {
        *code = session_stranger(s, _("this key belongs to another vault"));
        return false;
    }
    return true;
}

/* ---- First contact ---- */

enum exit_code
session_wrong_gate(struct session *s)
{
    enum exit_code code =
        app_fail(s->app, s->app->vault, SV_ERR_DENIED,
                 _("the gate's fingerprint is not the one you were given"));

    app_hint(s->app, "%s",
             _("Ask your sponsor to read the fingerprint to you again. If "
               "it stays so, this is not your vault: tell her."));
    return code;
}

/* What the gate says is never shown here: typed off the screen, it would
 * always be right. */
static bool
ask_fingerprint(struct session *s, enum exit_code *code)
{
    struct app *app = s->app;
    struct buf typed = BUF_INIT;
    enum sv_err err = SV_OK;
    bool same = false;

    (void)fprintf(app->term.err, "%s\n",
                  _("This device does not know this vault yet. Your sponsor "
                    "gave you the gate's fingerprint:\nten words, on paper "
                    "or by telephone. Nothing is sent before they match."));
    for (int i = 0; err == SV_OK && !same && i < FINGERPRINT_TRIES; i++) {
        if (i > 0)
            (void)fprintf(app->term.err, "%s\n",
                          _("Those are not this gate's words. Look at your "
                            "paper, or telephone your sponsor."));
        buf_truncate(&typed, 0);
        err = term_ask(&app->term, _("The ten words: "), 512, &typed);
        if (err == SV_OK)
            err = buf_append(&typed, bytes_of("", 1));
        if (err == SV_OK)
            same = words_equal((const char *)typed.ptr, s->hello.fingerprint);
    }
    if (err != SV_OK)
        *code = app_fail(app, NULL, err,
                         err == SV_ERR_INTERRUPTED
                             ? _("stopped before the vault was known")
                             : NULL);
    else if (!same)
        *code = session_wrong_gate(s);
    buf_free(&typed);
    return same;
}

bool
session_first_contact(struct session *s, struct pin *pin, enum exit_code *code)
{
    struct app *app = s->app;

    if (app->gate != NULL) {
        if (!words_equal(app->gate, s->hello.fingerprint)) {
            *code = session_wrong_gate(s);
            return false;
        }
    } else if (app->no_input || !app->term.interactive) {
        *code = app_usage(app, "%s",
                          _("this device does not know this vault yet: "
                            "--gate FINGERPRINT is missing"));
        return false;
    } else if (!ask_fingerprint(s, code)) {
        return false;
    }
    pin->vault = s->hello.vault;
    (void)memcpy(pin->origin, s->hello.origin, sizeof pin->origin);
    return true;
}

/* ---- At the end ---- */

static bool
is_there_already(const char *path, struct bytes data)
{
    struct buf there = BUF_INIT;
    bool same = file_read(path, PIN_FILE_MAX, &there) == SV_OK &&
                bytes_equal(buf_bytes(&there), data);

    buf_free(&there);
    return same;
}

/* What she had seen of the log that is lost is kept: FILE.head is signed.
 * Nor does it take the place of what an earlier restore left.  A copy: this
 * device knows the vault at every moment, also if the power fails now. */
static enum sv_err
keep_evidence(struct session *s, char path[static PATH_SIZE])
{
    enum sv_err err;

    buf_truncate(&s->aside, 0);
    err = file_read(s->pin_path, PIN_FILE_MAX, &s->aside);
    if (err != SV_OK)
        return err;
    err = SV_ERR_EXISTS;
    for (unsigned n = 1; err == SV_ERR_EXISTS && n < KEPT_ASIDE_MAX; n++) {
        err = kept_aside_path(s->pin_path, n, path);
        if (err == SV_OK)
            err = file_create(path, 0600, buf_bytes(&s->aside));
        if (err == SV_ERR_EXISTS &&
            is_there_already(path, buf_bytes(&s->aside)))
            err = SV_OK;
    }
    return err;
}

bool
session_keep_restored(struct session *s, enum exit_code *code)
{
    char path[PATH_SIZE];
    enum sv_err err = keep_evidence(s, path);

    if (err == SV_OK)
        err = kept_set_aside(s->app->key, client_restored(s->client)->size);
    s->doubted = err != SV_OK;
    if (err != SV_OK)
        *code = app_fail(s->app, path, err, NULL);
    return err == SV_OK;
}

/* One program of hers at a time, from looking to writing: what one has seen
 * another must not write over.  Her key file is there, and stays as it is.
 * -1: it cannot be locked, and is done without. */
static int
lock_key(const struct session *s)
{
    const struct timespec wait = {0, LOCK_TRY_NS};
    int fd = open(s->app->key, O_RDONLY | O_CLOEXEC);

    for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            break;
        (void)nanosleep(&wait, NULL);
    }
    return fd;
}

/* What another program of hers has written meanwhile, if it is to be believed;
 * nothing where it is what a restore has left. */
static bool
read_theirs(const struct session *s, struct bytes file, struct pin *out)
{
    return !bytes_equal(buf_bytes(&s->aside), file) &&
           pin_decode(file, &s->key.identity, out) == SV_OK;
}

enum sv_err
session_save_pin(struct session *s)
{
    struct buf now = BUF_INIT, before = BUF_INIT;
    struct pin theirs, *kept = client_pin(s->client);
    int lock = lock_key(s);
    bool there = file_read(s->pin_path, PIN_FILE_MAX, &before) == SV_OK;
    enum sv_err err;

    pin_init(&theirs);
    if (there && read_theirs(s, buf_bytes(&before), &theirs))
        kept = pin_merge(kept, &theirs);
    err = pin_encode(kept, &s->key.identity, &now);
    if (err == SV_OK &&
        !(there && bytes_equal(buf_bytes(&now), buf_bytes(&before))))
        err = file_replace(s->pin_path, 0600, buf_bytes(&now));
    if (lock >= 0)
        (void)close(lock);
    pin_clear(&theirs);
    buf_free(&before);
    buf_free(&now);
    return err;
}
