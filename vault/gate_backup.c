#include <stdlib.h>
#include <string.h>

#include "vault/backup.h"
#include "vault/gate_internal.h"

/*
 * A backup is read in pieces, each by an entry of its own, from a snapshot
 * that an entry opened.  There is one at a time: who opens another, or lets
 * it lie, loses it and begins again.  The rows go as they are stored: what
 * opens them stays here.  But each is opened before it goes: of one that is
 * damaged no vault could be restored, and who makes a backup of it each
 * evening is to hear so then.
 */

/* A snapshot keeps the data file from using its free pages again. */
#define IDLE_MS (UINT64_C(10) * 60 * 1000)

/* Where the next piece begins: piece 0 is the header, the last one the end. */
struct place {
    uint64_t number;
    unsigned table;
    struct backup_sum sum;
    uint8_t key[STORE_KEY_MAX]; /* of the first row in it */
    size_t key_len;             /* 0: the table's first */
};

struct gate_backup {
    struct store_txn *snapshot;
    uint64_t index;   /* of the entry that opened it */
    uint64_t used_ms; /* when it was read last */
    struct backup_manifest manifest;
    /* A piece is made again for who lost its answer. */
    struct place next, last;
    bool ended; /* the last piece was the end: there is no next one */
};

void
gate_backup_drop(struct gate *g)
{
    if (g->backup == NULL)
        return;
    store_abort(&g->backup->snapshot);
    free(g->backup);
    g->backup = NULL;
}

void
gate_backup_expire(struct gate *g)
{
    uint64_t now = clock_now(&g->config.clock);

    /* A clock that was set back must not keep it for ever. */
    if (g->backup != NULL &&
        (now < g->backup->used_ms || now - g->backup->used_ms > IDLE_MS))
        gate_backup_drop(g);
}

/* The head of the log as the snapshot has it. */
static enum sv_err
load_head(const struct gate *g, struct gate_backup *b)
{
    struct tables t = {b->snapshot, &g->keys->storage, &g->config.rng, NULL};
    struct log_state log;
    enum sv_err err = log_state_load(&t, &log);

    if (err != SV_OK)
        return err;
    b->manifest.size = log.frontier.size;
    b->manifest.root = frontier_root(&log.frontier);
    return SV_OK;
}

/* The snapshot has what is committed: the log up to this group of entries. */
enum sv_err
act_backup_open_apply(struct act *a)
{
    struct gate *g = a->gate;
    struct gate_backup *b;
    enum sv_err err;

    gate_backup_drop(g);
    b = calloc(1, sizeof *b);
    if (b == NULL)
        return SV_ERR_NOMEM;
    g->backup = b;
    b->index = a->index;
    b->used_ms = clock_now(&g->config.clock);
    b->manifest.taken_ms = a->time_ms;
    memcpy(b->manifest.origin, g->roster.origin, sizeof b->manifest.origin);
    memcpy(b->manifest.vault, g->roster.vault.b, sizeof b->manifest.vault);
    err = store_snapshot(g->store, &b->snapshot);
    if (err == SV_OK)
        err = load_head(g, b);
    if (err != SV_OK)
        gate_backup_drop(g);
    return err;
}

/* ---- pieces ---- */

struct filling {
    const struct tables *t; /* of the snapshot */
    struct place *at;
    struct buf rows;
    bool full;
    bool damaged;
};

static enum sv_err
take_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct filling *f = ctx;
    enum sv_err err;

    if (f->rows.len < BACKUP_CHUNK) {
        err = tables_check(f->t, (enum table_id)f->at->table, key, value);
        if (err == SV_ERR_TAMPERED) {
            f->damaged = true;
            *more = false;
            return SV_OK;
        }
        return err != SV_OK ? err
                            : backup_put_row(f->at->table, key, value,
                                             &f->at->sum, &f->rows);
    }
    memcpy(f->at->key, key.ptr, key.len);
    f->at->key_len = key.len;
    f->full = true;
    *more = false;
    return SV_OK;
}

/* Rows up to the chunk's size; none where all are out. */
static enum sv_err
fill(struct filling *f)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK && !f->full && f->at->table < TABLES_N) {
        err = store_scan(f->t->txn, f->at->table,
                         bytes_of(f->at->key, f->at->key_len), take_row, f);
        if (err == SV_OK && f->damaged)
            err = SV_ERR_TAMPERED;
        if (err == SV_OK && !f->full) {
            f->at->table++;
            f->at->key_len = 0;
        }
    }
    return err;
}

static enum sv_err
put_rows(struct gate *g, struct place *at, bool *end, struct buf *out)
{
    struct gate_backup *b = g->backup;
    const struct tables t = {b->snapshot, &g->keys->storage, &g->config.rng,
                             NULL};
    struct filling f = {.t = &t, .at = at, .rows = BUF_INIT};
    enum sv_err err = fill(&f);

    *end = f.rows.len == 0;
    if (err == SV_OK)
        err = !*end ? backup_chunk(buf_bytes(&f.rows), &at->sum, out)
                    : backup_end(&b->manifest, &at->sum, &g->keys->log, out);
    buf_free(&f.rows);
    return err;
}

/* Piece `number`, which is the next one or the one before. */
static enum sv_err
put_piece(struct gate *g, uint64_t number, struct buf *out)
{
    struct gate_backup *b = g->backup;
    struct place from = number == b->next.number ? b->next : b->last;
    struct place at = from;
    bool end = false;
    enum sv_err err;

    if (number == 0)
        err = backup_header(g->roster.origin, &g->roster.vault, &at.sum, out);
    else
        err = put_rows(g, &at, &end, out);
    if (err != SV_OK)
        return err;
    at.number++;
    b->last = from;
    b->next = at;
    b->ended = end;
    b->used_ms = clock_now(&g->config.clock);
    return SV_OK;
}

static bool
has_piece(const struct gate_backup *b, const struct request *q)
{
    return b != NULL && b->index == q->entry &&
           ((q->count == b->next.number && !b->ended) ||
            q->count == b->last.number);
}

enum sv_err
act_backup_read_apply(struct act *a)
{
    if (!has_piece(a->gate->backup, &a->request)) {
        a->entry.outcome = OUTCOME_NOT_FOUND;
        return SV_OK;
    }
    return put_piece(a->gate, a->request.count, &a->answer);
}

/* Nothing, where it is gone meanwhile. */
enum sv_err
act_backup_read_again(struct act *a)
{
    return has_piece(a->gate->backup, &a->request)
               ? put_piece(a->gate, a->request.count, &a->answer)
               : SV_OK;
}
