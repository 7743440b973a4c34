#include "audit/evidence.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sha256.h"

#define NOTE_HASH_LEN 8
#define SUFFIX ".note"

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
    (void)snprintf(tail, sizeof tail, "%" PRIu64 "-%s" SUFFIX, size, hex);
    err = path_suffix(path, prefix, tail);
    if (err == SV_OK)
        err = file_create(path, 0600, note);
    return err == SV_ERR_EXISTS ? is_same(path, note) : err;
}

/* Files that a crash left have another end. */
static bool
has_ends(const char *name, const char *prefix)
{
    size_t len = strlen(name), head = strlen(prefix), tail = strlen(SUFFIX);

    return len > head + tail && strncmp(name, prefix, head) == 0 &&
           strcmp(name + len - tail, SUFFIX) == 0;
}

size_t
evidence_count(const char *prefix, char path[static PATH_SIZE])
{
    const char *slash = strrchr(prefix, '/');
    const char *base = slash != NULL ? slash + 1 : prefix;
    char dir[PATH_SIZE];
    struct dirent *entry;
    size_t n = 0;
    DIR *d;

    path[0] = '\0';
    (void)snprintf(dir, sizeof dir, "%.*s", (int)(base - prefix), prefix);
    d = opendir(slash != NULL ? dir : ".");
    if (d == NULL)
        return 0;
    while ((entry = readdir(d)) != NULL) {
        if (!has_ends(entry->d_name, base))
            continue;
        n++;
        if (snprintf(path, PATH_SIZE, "%s%s", dir, entry->d_name) >= PATH_SIZE)
            path[0] = '\0';
    }
    (void)closedir(d);
    return n;
}
