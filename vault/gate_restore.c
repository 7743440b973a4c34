#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"

/*
 * A vault made again from a backup.  Nothing of it is believed: the bytes
 * are those that the log's key signed, the log is replayed, and every table
 * is compared with it.  Then it waits for two people.
 */

/* ---- the row that says that it waits ---- */

enum sv_err
restored_load(const struct tables *t, struct restored *out)
{
    struct buf row = BUF_INIT;
    struct reader r;
    enum sv_err err =
        tables_get(t, TABLE_META, bytes_text(META_RESTORED), &row);

    memset(out, 0, sizeof *out);
    if (err == SV_OK) {
        r = reader_of(buf_bytes(&row));
        out->size = reader_u64(&r);
        reader_copy(&r, out->root.b, sizeof out->root.b);
        out->taken_ms = reader_u64(&r);
        out->waits = true;
        err = reader_end(&r) == SV_OK ? SV_OK : SV_ERR_TAMPERED;
    }
    buf_free(&row);
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
restored_store(const struct tables *t, const struct backup_manifest *m)
{
    struct buf row = BUF_INIT;
    struct writer w = writer_to(&row);
    enum sv_err err;

    writer_u64(&w, m->size);
    writer_bytes(&w, BYTES(m->root.b));
    writer_u64(&w, m->taken_ms);
    err = writer_end(&w);
    if (err == SV_OK)
        err = tables_put(t, TABLE_META, bytes_text(META_RESTORED),
                         buf_bytes(&row));
    buf_free(&row);
    return err;
}

/* The policy has decided who; here, that there is something to confirm. */
enum sv_err
act_restore_apply(struct act *a)
{
    const struct restored *waiting = &a->gate->restored;

    if (!waiting->waits || a->request.restore.taken_ms != waiting->taken_ms) {
        a->entry.outcome = OUTCOME_INVALID;
        return SV_OK;
    }
    return tables_delete(&a->tables, TABLE_META, bytes_text(META_RESTORED));
}

/* ---- the rows ---- */

struct restoring {
    struct backup_file file;
    struct sign_public log_key;
    struct restore_report *report;
};

static enum sv_err
wrong(struct restoring *r, const char *fault)
{
    r->report->fault = fault;
    r->report->chunks = r->file.sum.chunks;
    return SV_ERR_TAMPERED;
}

static enum sv_err
put_rows(struct gate *g, struct restoring *r, struct bytes rows)
{
    struct store_txn *txn = NULL;
    struct bytes key, value;
    struct log_state log;
    struct tables t;
    unsigned table;
    enum sv_err err = store_begin(g->store, STORE_WRITE, &txn);

    if (err != SV_OK)
        return err;
    while (err == SV_OK && backup_row(&rows, &table, &key, &value))
        err = store_put(txn, table, key, value);
    /* The log's state is among the first rows: say so at once. */
    if (err == SV_OK && r->file.sum.chunks == 1) {
        t = (struct tables){txn, &g->keys->storage, &g->config.rng, NULL};
        err = log_state_load(&t, &log);
        if (err != SV_OK && err != SV_ERR_NOMEM && err != SV_ERR_IO)
            err = wrong(r, N_("the gate's sheet does not open it"));
    }
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static enum sv_err
put_all(struct gate *g, struct restoring *r)
{
    struct buf rows = BUF_INIT;
    bool end = false;
    enum sv_err err = SV_OK;

    while (err == SV_OK && !end) {
        buf_truncate(&rows, 0);
        err = backup_next(&r->file, &r->log_key, &rows, &end);
        r->report->in_file = err != SV_OK;
        if (err == SV_ERR_TAMPERED)
            err = wrong(r, r->file.fault);
        if (err == SV_OK && !end)
            err = put_rows(g, r, buf_bytes(&rows));
    }
    buf_free(&rows);
    r->report->manifest = r->file.manifest;
    return err;
}

/* ---- is it what the log says? ---- */

/* The first of what the store's check found, or nothing. */
static enum sv_err
first_finding(struct restoring *r, struct bytes findings)
{
    struct reader in = reader_of(findings);
    char reason[80];

    if (reader_u32(&in) == 0)
        return SV_OK;
    reader_name(&in, r->report->place, sizeof r->report->place);
    reader_name(&in, reason, sizeof reason);
    return wrong(r, N_("the records are not what its log says"));
}

static enum sv_err
check_tables(struct gate *g, struct restoring *r)
{
    struct act *a = calloc(1, sizeof *a);
    struct store_txn *txn = NULL;
    enum sv_err err = SV_ERR_NOMEM;

    if (a == NULL)
        return err;
    err = store_begin(g->store, STORE_READ, &txn);
    if (err == SV_OK) {
        a->gate = g;
        a->tables =
            (struct tables){txn, &g->keys->storage, &g->config.rng, NULL};
        a->log = g->log;
        err = act_store_check_show(a);
    }
    if (err == SV_OK)
        err = first_finding(r, buf_bytes(&a->answer));
    act_clear(a);
    free(a);
    store_abort(&txn);
    return err;
}

static enum sv_err
mark(struct gate *g, const struct backup_manifest *m)
{
    struct store_txn *txn = NULL;
    struct tables t;
    enum sv_err err = store_begin(g->store, STORE_WRITE, &txn);

    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng, NULL};
    err = restored_store(&t, m);
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

static enum sv_err
fill(struct gate *g, void *ctx)
{
    struct restoring *r = ctx;
    const struct backup_manifest *m = &r->report->manifest;
    struct hash root;
    enum sv_err err = put_all(g, r);

    if (err == SV_OK) {
        err = gate_load(g);
        if (err == SV_ERR_TAMPERED)
            err = wrong(r, N_("the records are not what its log says"));
    }
    if (err != SV_OK)
        return err;
    root = frontier_root(&g->log.frontier);
    if (m->size != g->log.frontier.size || !hash_equal(&m->root, &root) ||
        strcmp(m->origin, g->roster.origin) != 0)
        return wrong(r, N_("its log is not the one that its manifest names"));
    err = check_tables(g, r);
    return err == SV_OK ? mark(g, m) : err;
}

enum sv_err
gate_restore(const struct gate_config *config, struct gate_keys *keys,
             const char *path, bool keep, struct restore_report *out)
{
    struct restoring r = {.report = out};
    enum sv_err err = backup_open(path, &r.file);

    memset(out, 0, sizeof *out);
    out->in_file = err != SV_OK;
    if (err != SV_OK)
        return err;
    keys->vault = r.file.vault;
    gate_keys_derive(keys);
    sign_public_of(&keys->log, &r.log_key);
    err = gate_make(config, keys, keep, fill, &r);
    backup_close(&r.file);
    return err;
}
