#include "daemon/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/password.h"

#define CREDENTIAL "gate"
#define PASSPHRASE_MIN 12 /* characters, of a new one */

/* ---- Passphrases ---- */

static enum sv_err
line_of(int fd, char out[static PASSWORD_MAX_LEN + 2])
{
    size_t n = 0;

    for (;;) {
        ssize_t got = read(fd, out + n, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_of_errno(errno);
        if (got == 0 || out[n] == '\n')
            break;
        if (++n > PASSWORD_MAX_LEN)
            return SV_ERR_RANGE;
    }
    out[n] = '\0';
    return SV_OK;
}

/* NFKC, as key files have it: the same keys give the same passphrase. */
static enum sv_err
ask(const char *prompt, int fd, struct buf *out)
{
    char typed[PASSWORD_MAX_LEN + 2] = {0};
    enum sv_err err = SV_OK;

    if (fd >= 0)
        err = line_of(fd, typed);
    else if (readpassphrase(prompt, typed, sizeof typed, RPP_REQUIRE_TTY) ==
             NULL)
        err = errno == ENOTTY || errno == ENXIO ? SV_ERR_USAGE
                                                : err_of_errno(errno);
    if (err == SV_OK && !text_is_utf8(bytes_text(typed)))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = text_nfkc(bytes_text(typed), out);
    wipe(typed, sizeof typed);
    return err;
}

static bool
is_long_enough(struct bytes passphrase)
{
    size_t n = 0;

    for (size_t i = 0; i < passphrase.len; i++)
        n += (passphrase.ptr[i] & 0xc0) != 0x80; /* not a continuation */
    return n >= PASSPHRASE_MIN;
}

/* ---- Loading ---- */

static enum sv_err
check_private(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return err_of_errno(errno);
    return st.st_uid == geteuid() && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0
               ? SV_OK
               : SV_ERR_DENIED;
}

/* The bytes of the key's file.  A credential lies where systemd lets nobody
 * else look. */
static enum sv_err
read_file(const struct secret_source *from, struct buf *out, const char **what)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_SIZE];
    enum sv_err err;

    if (from->file == NULL && credentials != NULL &&
        path_join(path, credentials, CREDENTIAL) == SV_OK &&
        access(path, F_OK) == 0) {
        *what = "the credential with the gate's key";
        return file_read(path, GATEKEY_WRAPPED_LEN, out);
    }
    *what = "the gate's key file, which other accounts may read (chmod 600)";
    err = from->file != NULL ? path_suffix(path, from->file, "")
                             : path_suffix(path, from->dir, ".gate");
    if (err == SV_OK)
        err = check_private(path);
    if (err == SV_ERR_DENIED)
        return err;
    *what = "the gate's key file";
    return err != SV_OK ? err : file_read(path, GATEKEY_WRAPPED_LEN, out);
}

enum sv_err
secret_load(const struct secret_source *from, struct gate_keys *out,
            const char **what)
{
    struct buf raw = BUF_INIT, passphrase = BUF_INIT;
    enum sv_err err = read_file(from, &raw, what);

    if (err == SV_OK && gate_keys_is_wrapped(buf_bytes(&raw))) {
        *what = "the passphrase of the gate's key";
        err = ask("Passphrase of the gate's key: ", from->passphrase_fd,
                  &passphrase);
        if (err == SV_OK)
            err =
                gate_keys_unwrap(buf_bytes(&raw), buf_bytes(&passphrase), out);
    } else if (err == SV_OK) {
        err = gate_keys_decode(buf_bytes(&raw), out);
    }
    buf_free(&raw); /* wipes */
    buf_free(&passphrase);
    return err;
}

/* ---- Wrapping ---- */

static enum sv_err
ask_new(int fd, struct buf *out, const char **what)
{
    struct buf again = BUF_INIT;
    enum sv_err err;

    *what = "the new passphrase";
    err = ask("New passphrase (12 characters or more): ", fd, out);
    if (err == SV_OK && !is_long_enough(buf_bytes(out))) {
        *what = "the new passphrase, which needs at least 12 characters";
        err = SV_ERR_INPUT;
    }
    if (err == SV_OK && fd < 0)
        err = ask("Once more: ", fd, &again);
    if (err == SV_OK && fd < 0 &&
        !bytes_equal(buf_bytes(out), buf_bytes(&again))) {
        *what = "the two passphrases, which are not the same";
        err = SV_ERR_INPUT;
    }
    buf_free(&again);
    return err;
}

enum sv_err
secret_wrap(const struct gate_keys *keys, int passphrase_fd, const char *path,
            const char **what)
{
    const struct rng rng = rng_system();
    struct buf passphrase = BUF_INIT, file = BUF_INIT;
    enum sv_err err = ask_new(passphrase_fd, &passphrase, what);

    if (err == SV_OK) {
        *what = "the wrapped key file";
        err = gate_keys_wrap(keys, &rng, buf_bytes(&passphrase), &file);
    }
    if (err == SV_OK)
        err = file_create(path, 0600, buf_bytes(&file));
    buf_free(&passphrase);
    buf_free(&file);
    return err;
}
