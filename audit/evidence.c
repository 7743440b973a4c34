#include "audit/evidence.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "crypto/sha256.h"

#define NOTE_HASH_LEN 8

/* What is there already may be this very note. */
static enum sv_err
is_same(const char *path, struct bytes note)
{
    struct buf there = BUF_INIT;
    enum sv_err err = file_read(path, note.len, &there);
    bool same = err == SV_OK && bytes_equal(buf_bytes(&there), note);

    buf_free(&there);
    return same ? SV_OK : SV_ERR_EXISTS;
}

enum sv_err
evidence_keep(const char *prefix, uint64_t size, struct bytes note,
              char path[static PATH_SIZE])
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * NOTE_HASH_LEN + 1], tail[64];
    enum sv_err err;

    sha256(note, hash);
    text_hex(bytes_of(hash, NOTE_HASH_LEN), hex);
    (void)snprintf(tail, sizeof tail, "%" PRIu64 "-%s.note", size, hex);
    err = path_suffix(path, prefix, tail);
    if (err == SV_OK)
        err = file_create(path, 0600, note);
    return err == SV_ERR_EXISTS ? is_same(path, note) : err;
}
