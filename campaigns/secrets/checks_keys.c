#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/secret.h"
#include "vault/gatekey.h"
#include "vault/keyfile.h"
#include "vault/sheet.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"

/* Where they lie: the files of keys, and sheets. */

#define NAME "tanaka"
#define PAPER_LINE_LEN 32 /* "1:  AAAAA AAAAA AAAAA AAAAA  AAA" */

static struct user_keys *
new_user(struct arena *room)
{
    struct user_keys *keys = (void *)mark_new(room, sizeof *keys);
    const uint8_t *seed = mark_new(room, SEED_LEN);

    user_keys_derive(seed, keys);
    return keys;
}

static struct gate_keys *
new_gate(struct arena *room)
{
    struct gate_keys *keys = (void *)mark_new(room, sizeof *keys);

    keys->epoch = 1;
    memset(&keys->vault, 7, sizeof keys->vault);
    mark_public(&keys->vault, sizeof keys->vault);
    gate_keys_derive(keys);
    return keys;
}

static enum sv_err
unlock(struct bytes file, struct bytes passphrase, struct user_keys *keys)
{
    struct keyfile k;
    enum sv_err err = keyfile_parse(file, &k);

    if (err == SV_OK)
        err = keyfile_unlock(&k, passphrase, keys);
    keyfile_wipe(&k);
    return err;
}

static enum sv_err
check_keyfile(struct arena *room)
{
    const struct rng rng = rng_system();
    struct user_keys *keys = new_user(room);
    const uint8_t *seed = mark_new(room, SEED_LEN);
    struct bytes passphrase = bytes_of(mark_new(room, 24), 24);
    struct bytes other = bytes_of(mark_new(room, 24), 24);
    struct buf file = BUF_INIT, again = BUF_INIT, card = BUF_INIT;
    struct card parsed;
    struct keyfile k = {0};
    enum sv_err err = keyfile_of_seed(&rng, seed, NAME, passphrase, &file);

    if (err == SV_OK)
        err = unlock(buf_bytes(&file), passphrase, keys);
    if (err == SV_OK)
        err = keyfile_parse(buf_bytes(&file), &k);
    if (err == SV_OK)
        err = keyfile_rewrap(&rng, &k, keys, other, &again);
    if (err == SV_OK)
        err = card_encode(keys, NAME, &card);
    if (err == SV_OK)
        err = card_parse(buf_bytes(&card), &parsed);
    if (err == SV_OK)
        err =
            expect(unlock(buf_bytes(&again), passphrase, keys), SV_ERR_DENIED);
    buf_free(&file);
    buf_free(&again);
    buf_free(&card);
    return err;
}

static enum sv_err
check_keyfile_unprotected(struct arena *room)
{
    const struct rng rng = rng_system();
    struct user_keys *keys = new_user(room);
    struct bytes none = bytes_of("", 0);
    struct buf file = BUF_INIT;
    enum sv_err err = keyfile_make(&rng, NAME, none, &file);

    if (err == SV_OK)
        err = unlock(buf_bytes(&file), none, keys);
    /* Of another seed than its public halves. */
    if (err == SV_OK) {
        file.ptr[file.len - 1] ^= 1;
        err = expect(unlock(buf_bytes(&file), none, keys), SV_ERR_DENIED);
    }
    buf_free(&file);
    return err;
}

static enum sv_err
check_gatekey(struct arena *room)
{
    const struct rng rng = rng_system();
    const struct gate_keys *keys = new_gate(room);
    struct gate_keys *back = new_gate(room);
    struct bytes passphrase = bytes_of(mark_new(room, 24), 24);
    struct bytes wrong = bytes_of(mark_new(room, 24), 24);
    struct buf plain = BUF_INIT, wrapped = BUF_INIT;
    enum sv_err err = gate_keys_encode(keys, &plain);

    if (err == SV_OK)
        err = gate_keys_decode(buf_bytes(&plain), back);
    if (err == SV_OK)
        err = gate_keys_wrap(keys, &rng, passphrase, &wrapped);
    if (err == SV_OK)
        err = gate_keys_unwrap(buf_bytes(&wrapped), passphrase, back);
    if (err == SV_OK &&
        gate_keys_unwrap(buf_bytes(&wrapped), wrong, back) != SV_ERR_DENIED)
        err = SV_ERR_DENIED;
    /* The check at its end does not fit. */
    if (err == SV_OK) {
        plain.ptr[50] ^= 1;
        err =
            expect(gate_keys_decode(buf_bytes(&plain), back), SV_ERR_TAMPERED);
    }
    buf_free(&plain);
    buf_free(&wrapped);
    return err;
}

/* What svaultd does at its start, and with --wrap. */
static enum sv_err
load(const char *path, const char *wrapped, struct gate_keys *back)
{
    const struct secret_source from = {path, NULL, -1};
    const char *what;
    int fds[2];
    enum sv_err err;

    mark_files(40, 32); /* the root */
    err = secret_load(&from, back, &what);
    mark_files(0, 0);
    if (err != SV_OK || pipe(fds) != 0)
        return err;
    /* A passphrase is a typed text: read, found to be UTF-8, and normalised,
     * all of which looks at it. */
    (void)!write(fds[1], "twelve or more\ntwelve or more\n", 30);
    (void)close(fds[1]);
    err = secret_wrap(back, fds[0], wrapped, &what);
    if (err == SV_OK) {
        const struct secret_source again = {wrapped, NULL, fds[0]};

        err = secret_load(&again, back, &what);
    }
    (void)close(fds[0]);
    return err;
}

static enum sv_err
check_daemon_secret(struct arena *room)
{
    const struct gate_keys *keys = new_gate(room);
    struct gate_keys *back = new_gate(room);
    char dir[] = "/tmp/secrets-XXXXXX", path[64], wrapped[64];
    struct buf file = BUF_INIT;
    enum sv_err err = gate_keys_encode(keys, &file);

    if (mkdtemp(dir) == NULL)
        abort();
    (void)snprintf(path, sizeof path, "%s/gate", dir);
    (void)snprintf(wrapped, sizeof wrapped, "%s/wrapped", dir);
    if (err == SV_OK)
        err = file_create(path, 0600, buf_bytes(&file));
    if (err == SV_OK)
        err = load(path, wrapped, back);
    buf_free(&file);
    (void)unlink(path);
    (void)unlink(wrapped);
    (void)rmdir(dir);
    return err;
}

/* Printed, and typed again: letters that are typed are looked at one by one,
 * what they stand for is not. */
static enum sv_err
back_from_paper(const struct sheet *s, struct arena *room)
{
    char *text = (char *)mark_new(room, (size_t)SHEET_LINES * SHEET_LINE_SIZE);
    struct sheet *back = (void *)mark_new(room, sizeof *back);
    struct sheet_typed *typed = (void *)mark_new(room, sizeof *typed);
    unsigned line;
    size_t len = 0;
    enum sv_err err = SV_OK;

    for (unsigned i = 1; i <= SHEET_LINES && err == SV_OK; i++) {
        sheet_line(s, i, text + len);
        mark_secret(text + len, PAPER_LINE_LEN);
        mark_public(text + len, PAPER_LINE_LEN);
        err = sheet_type_line(typed, i, bytes_of(text + len, PAPER_LINE_LEN));
        len += PAPER_LINE_LEN;
        text[len++] = '\n';
    }
    mark_secret(typed, sizeof *typed);
    if (err == SV_OK)
        err = sheet_decode(typed, s->kind, back);
    return err == SV_OK ? sheet_parse(bytes_of(text, len), s->kind, back, &line)
                        : err;
}

static enum sv_err
check_sheet(struct arena *room)
{
    const struct gate_keys *gate = new_gate(room);
    const struct user_keys *user = new_user(room);
    struct sheet *s = (void *)mark_new(room, sizeof *s);
    struct gate_keys *back = new_gate(room);
    enum sv_err err;

    sheet_of_gate(gate, s);
    mark_public(&s->kind, sizeof s->kind);
    mark_public(s->tag, sizeof s->tag);
    err = back_from_paper(s, room);
    sheet_gate_keys(s, back);
    if (err == SV_OK && !sheet_is_of(s, &gate->vault))
        err = SV_ERR_TAMPERED;
    sheet_of_user(user, NAME, s);
    mark_public(&s->kind, sizeof s->kind);
    return err == SV_OK ? back_from_paper(s, room) : err;
}

const struct check checks_keys[] = {
    {"keyfile", check_keyfile, false},
    {"keyfile-unprotected", check_keyfile_unprotected, false},
    {"gatekey", check_gatekey, false},
    {"daemon-secret", check_daemon_secret, false},
    {"sheet", check_sheet, false},
    {NULL, NULL, false},
};
