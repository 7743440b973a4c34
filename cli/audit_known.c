#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/line.h"
#include "cli/audit.h"

/*
 *   svault/checked-head/v1
 *   program <version>
 *   genesis <64 hex>
 *   key <base64>                   of the log
 *   size <n>
 *   root <base64>
 *   checked <unix ms>
 *
 * Of another version of the program it is not known what it checked: such a
 * file, as one that does not parse, is as none.
 */
#define FIRST_LINE "svault/checked-head/v1\n"
#define PROGRAM_LINE "program " SV_VERSION "\n"
#define KNOWN_MAX 1024
#define FILE_MODE 0600

struct known {
    struct hash vault;
    struct sign_public key;
    struct audit_known head;
};

static const struct line_rule rules[] = {
    {"genesis", offsetof(struct known, vault), line_put_hex32, line_get_hex32,
     0, false},
    {"key", offsetof(struct known, key), line_put_base64, line_get_base64, 0,
     false},
    {"size", offsetof(struct known, head.size), line_put_u64, line_get_u64, 0,
     false},
    {"root", offsetof(struct known, head.root), line_put_base64,
     line_get_base64, 0, false},
    {"checked", offsetof(struct known, head.time_ms), line_put_time,
     line_get_time, 0, false},
};
static const struct line_format format = {rules, sizeof rules / sizeof rules[0],
                                          NULL};

static enum sv_err
encode(const struct known *k, struct buf *out)
{
    enum sv_err err = buf_text(out, FIRST_LINE PROGRAM_LINE);

    return err == SV_OK ? line_encode(&format, k, out) : err;
}

static enum sv_err
parse(struct bytes in, struct known *out)
{
    struct bytes rest = in;
    struct buf again = BUF_INIT;
    struct known k;
    enum sv_err err;

    memset(&k, 0, sizeof k);
    if (!text_skip(&rest, FIRST_LINE) || !text_skip(&rest, PROGRAM_LINE))
        return SV_ERR_FORMAT;
    err = line_parse(&format, &rest, &k);
    if (err == SV_OK)
        err = encode(&k, &again);
    if (err == SV_OK && !bytes_equal(buf_bytes(&again), in))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    if (err == SV_OK)
        *out = k;
    return err;
}

/* ---- Where it is ---- */

static enum sv_err
make_dir(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? SV_OK
                                                     : err_of_errno(errno);
}

/* Into the directory's name: a part more, made where `make`. */
static enum sv_err
enter(char dir[static PATH_SIZE], const char *part, bool make)
{
    char path[PATH_SIZE];
    enum sv_err err = path_join(path, dir, part);

    if (err == SV_OK && make)
        err = make_dir(path);
    if (err == SV_OK)
        memcpy(dir, path, sizeof path);
    return err;
}

/* SV_ERR_NOT_FOUND where the account has no such place. */
static enum sv_err
place(const struct audit_card *card, bool make, char out[static PATH_SIZE])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *base = state != NULL && state[0] == '/' ? state : home;
    char name[2 * SHA256_LEN + 1];
    enum sv_err err;

    if (base == NULL || base[0] != '/')
        return SV_ERR_NOT_FOUND;
    err = text_copy(bytes_text(base), out, PATH_SIZE);
    if (err == SV_OK && make)
        err = make_dir(out);
    if (err == SV_OK && base == home)
        err = enter(out, ".local", make);
    if (err == SV_OK && base == home)
        err = enter(out, "state", make);
    if (err == SV_OK)
        err = enter(out, AUDIT_PROGRAM, make);
    text_hex(BYTES(card->vault.b), name);
    return err == SV_OK ? enter(out, name, false) : err;
}

bool
audit_known_path(const struct audit_card *card, char out[static PATH_SIZE])
{
    return place(card, false, out) == SV_OK;
}

bool
audit_known_read(const struct audit_card *card, struct audit_known *out)
{
    char path[PATH_SIZE];
    struct buf raw = BUF_INIT;
    struct known k;
    enum sv_err err = place(card, false, path);

    if (err == SV_OK)
        err = file_read(path, KNOWN_MAX, &raw);
    if (err == SV_OK)
        err = parse(buf_bytes(&raw), &k);
    buf_free(&raw);
    if (err != SV_OK || !hash_equal(&k.vault, &card->vault) ||
        memcmp(k.key.b, card->log_key.b, sizeof k.key.b) != 0)
        return false;
    *out = k.head;
    return true;
}

enum sv_err
audit_known_keep(const struct audit_card *card, const struct audit_known *head)
{
    char path[PATH_SIZE];
    struct buf text = BUF_INIT;
    struct known k;
    enum sv_err err = place(card, true, path);

    memset(&k, 0, sizeof k);
    k.vault = card->vault;
    k.key = card->log_key;
    k.head = *head;
    if (err == SV_OK)
        err = encode(&k, &text);
    if (err == SV_OK)
        err = file_replace(path, FILE_MODE, buf_bytes(&text));
    buf_free(&text);
    return err;
}
