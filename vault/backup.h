#ifndef SV_VAULT_BACKUP_H
#define SV_VAULT_BACKUP_H

#include <stdio.h>

#include "audit/checkpoint.h"
#include "audit/request.h"
#include "vault/tables.h"

/*
 * A backup file: every row of the store as it stands there, sealed under the
 * gate's storage key, so that it shows what a thief of the directory would
 * see and no more; and a manifest signed by the log's key.  It never holds
 * the gate's root.
 *
 *   header   "SVB", u8 1, origin (u8 length), vault id[32]
 *   chunks   u8 1, rows (u32 length), chain[32]
 *   end      u8 0, manifest (u16 length)
 *
 * A row is u8 table, key (u8 length), value (u32 length); rows are in the
 * order of tables and keys.  The chain is H("sv/v1/backup", header) at
 * first, and behind each chunk H("sv/v1/chunk", the chain before || u64
 * number of the chunk, from 1 || rows): damage has a place, and the manifest
 * signs the last one.
 */
#define BACKUP_CHUNK ((size_t)4 << 20) /* full with the row that reaches it */
#define BACKUP_CHUNK_MAX (BACKUP_CHUNK + STORE_VALUE_MAX + 256)
#define BACKUP_END 0 /* the first byte of what ends the file */
#define BACKUP_NOTE_MAX 4096

/* A note signed by the log's key under the origin: svault/backup/v1. */
struct backup_manifest {
    char origin[ORIGIN_SIZE];
    uint8_t vault[32];
    uint64_t size;    /* entries of the log */
    struct hash root; /* of it */
    uint64_t taken_ms;
    uint64_t rows[TABLES_N];
    uint64_t chunks;
    uint64_t bytes;   /* of all rows */
    uint8_t hash[32]; /* the last chain */
};

/* What has been written or read so far. */
struct backup_sum {
    uint64_t rows[TABLES_N];
    uint64_t chunks;
    uint64_t bytes;
    uint8_t chain[32];
};

/* ---- making one: pieces, one behind the other, appended ---- */

enum sv_err backup_header(const char *origin, const struct hash *vault,
                          struct backup_sum *sum, struct buf *out);
enum sv_err backup_put_row(unsigned table, struct bytes key, struct bytes value,
                           struct backup_sum *sum, struct buf *rows);
enum sv_err backup_chunk(struct bytes rows, struct backup_sum *sum,
                         struct buf *out);
/* m has origin, vault, size, root and time; the rest is taken from sum. */
enum sv_err backup_end(struct backup_manifest *m, const struct backup_sum *sum,
                       const struct sign_seed *log_key, struct buf *out);

/* ---- reading one ---- */

struct backup_file {
    FILE *file;
    char origin[ORIGIN_SIZE];
    struct hash vault;
    struct backup_sum sum;
    struct backup_manifest manifest; /* at the end, when it was verified */
    const char *fault;               /* msgid: what is wrong behind ... */
    /* ... sum.chunks chunks.  The last row, for their order: */
    unsigned table;
    uint8_t key[STORE_KEY_MAX];
    size_t key_len;
};

/* Reads the header.  SV_ERR_FORMAT, SV_ERR_VERSION; the errors of files. */
enum sv_err backup_open(const char *path, struct backup_file *out);
void backup_close(struct backup_file *b); /* accepts a zeroed one */
/*
 * The next chunk's rows, appended; or *end, when all of it is what the
 * manifest says, that has log_key's signature, and nothing is behind it.
 * SV_ERR_TAMPERED with b->fault otherwise.
 */
enum sv_err backup_next(struct backup_file *b,
                        const struct sign_public *log_key, struct buf *rows,
                        bool *end);
/* The next row of a chunk, borrowed; false at its end. */
bool backup_row(struct bytes *rows, unsigned *table, struct bytes *key,
                struct bytes *value);
/* All of it. */
enum sv_err backup_verify(const char *path, const struct sign_public *log_key,
                          struct backup_file *out);

#endif
