/*
 * Backup files.  The first byte says how: a file as it came, or chunks of
 * rows that are chained and signed here; the second byte of those says at
 * which place a bit is wrong (0: nowhere).
 * Covers: vault/backup.c
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/codec.h"
#include "vault/backup.h"

#include "fuzz/fuzz.h"

#define ORIGIN "shelter.example/log"

/* All of it, as restoring reads it. */
static enum sv_err
read_all(struct bytes in, struct buf *rows, struct backup_file *b)
{
    struct sign_public key = fuzz_public(1);
    char path[32];
    int fd = memfd_create("backup", MFD_CLOEXEC);
    bool end = false;
    enum sv_err err;

    demand(fd >= 0);
    demand(in.len == 0 || write(fd, in.ptr, in.len) == (ssize_t)in.len);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    err = backup_open(path, b);
    while (err == SV_OK && !end)
        err = backup_next(b, &key, rows, &end);
    demand(err != SV_ERR_TAMPERED || b->fault != NULL);
    backup_close(b);
    (void)close(fd);
    return err;
}

static void
check_file(struct bytes in)
{
    struct backup_file b = {.file = NULL};
    struct buf rows = BUF_INIT;
    struct bytes rest, key, value;
    unsigned table;
    uint64_t n = 0;

    if (read_all(in, &rows, &b) == SV_OK) {
        demand(strcmp(b.manifest.origin, b.origin) == 0);
        rest = buf_bytes(&rows);
        while (backup_row(&rest, &table, &key, &value))
            n++;
        demand(rest.len == 0);
        for (unsigned i = 0; i < TABLES_N; i++)
            n -= b.manifest.rows[i];
        demand(n == 0);
    }
    buf_free(&rows);
}

/* ---- Made here ---- */

/* Are these rows, and each behind the one before? */
struct order {
    unsigned table;
    struct bytes key;
    bool ok;
};

static void
put_chunk(struct bytes rows, struct backup_sum *sum, struct order *o,
          struct buf *out)
{
    struct bytes rest = rows, key, value;
    unsigned table;

    o->ok = o->ok && rows.len > 0;
    while (backup_row(&rest, &table, &key, &value)) {
        if (table < o->table ||
            (table == o->table && bytes_compare(o->key, key) >= 0))
            o->ok = false;
        o->table = table;
        o->key = key;
        sum->rows[table]++;
    }
    o->ok = o->ok && rest.len == 0;
    demand(backup_chunk(rows, sum, out) == SV_OK);
}

static struct buf
make(struct bytes in, struct order *o, size_t *rows_len)
{
    struct sign_seed key = fuzz_key(1);
    struct hash vault = tree_leaf(bytes_text("genesis"));
    struct backup_manifest m = {.origin = ORIGIN, .size = 9};
    struct backup_sum sum;
    struct buf out = BUF_INIT;
    struct reader r = reader_of(in);

    memcpy(m.vault, vault.b, sizeof m.vault);
    demand(backup_header(ORIGIN, &vault, &sum, &out) == SV_OK);
    while (r.at < r.in.len) {
        struct bytes rows = reader_medium(&r, UINT16_MAX);

        if (r.failed)
            break;
        put_chunk(rows, &sum, o, &out);
        *rows_len += rows.len;
    }
    demand(backup_end(&m, &sum, &key, &out) == SV_OK);
    return out;
}

static void
check_made(struct bytes in)
{
    uint8_t spoilt = fuzz_choice(&in);
    struct order o = {.ok = true};
    struct backup_file b = {.file = NULL};
    struct buf rows = BUF_INIT;
    size_t len = 0;
    struct buf file = make(in, &o, &len);

    if (spoilt > 0)
        file.ptr[file.len * spoilt / 256] ^= 1;
    if (o.ok && spoilt == 0) {
        demand(read_all(buf_bytes(&file), &rows, &b) == SV_OK);
        demand(rows.len == len);
    } else {
        demand(read_all(buf_bytes(&file), &rows, &b) != SV_OK);
    }
    buf_free(&rows);
    buf_free(&file);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_file(in);
    else
        check_made(in);
    demand(fuzz_heap_peak() <= 2 * BACKUP_CHUNK_MAX + 16 * in.len);
}

void
fuzz_seeds(struct seeds *s)
{
    struct backup_sum sum = {.chunks = 0};
    struct buf rows = BUF_INIT, in = BUF_INIT, file;
    struct writer w = writer_to(&in);
    struct order o = {.ok = true};
    size_t len = 0;

    for (unsigned table = 0; table < 3; table++) {
        demand(backup_put_row(table, bytes_text("a"), bytes_text("value"), &sum,
                              &rows) == SV_OK);
        demand(backup_put_row(table, bytes_text("ab"), bytes_text(""), &sum,
                              &rows) == SV_OK);
        writer_medium(&w, buf_bytes(&rows));
        buf_truncate(&rows, 0);
    }
    demand(writer_end(&w) == SV_OK);
    file = make(buf_bytes(&in), &o, &len);
    seed_choice_buf(s, 0, &file);
    file = make(bytes_text(""), &o, &len);
    seed_choice_buf(s, 0, &file);
    demand(buf_append(&rows, bytes_of("", 1)) == SV_OK);
    demand(buf_append(&rows, buf_bytes(&in)) == SV_OK);
    seed_choice_buf(s, 1, &rows);
    buf_free(&in);
}
