#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/gate_internal.h"

#define FOUNDING_ACTS_MAX 128

static enum sv_err
store_schema(const struct tables *t, struct schema_source schema)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);
    enum sv_err err;

    writer_long(&w, schema.json);
    writer_long(&w, schema.codes);
    err = writer_end(&w);
    if (err == SV_OK)
        err =
            tables_put(t, TABLE_META, bytes_text(META_SCHEMA), buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

/* One request of the founding; all are in one transaction. */
static enum sv_err
found_one(struct gate *g, const struct tables *t, struct reader *r,
          struct act *a)
{
    struct bytes note = reader_medium(r, ENTRY_MAX);
    struct bytes body = reader_long(r, MESSAGE_MAX);
    const char *reason;
    enum sv_err err;

    if (r->failed)
        return SV_ERR_FORMAT;
    err = act_accept(g, note, body, a, &reason);
    if (err == SV_OK)
        err = act_perform(a, t, &g->log);
    if (err == SV_OK && (!a->decision.allowed || a->repeated ||
                         a->entry.outcome != OUTCOME_DONE))
        err = SV_ERR_DENIED;
    if (err != SV_OK)
        return err;
    g->log = a->log;
    if (a->has_roster)
        gate_set_roster(g, &a->roster);
    return log_state_store(t, &g->log);
}

/* u16 n, each: u16 note, u32 body. */
static enum sv_err
found_all(struct gate *g, const struct tables *t, struct bytes founding)
{
    struct reader r = reader_of(founding);
    struct act *a = calloc(1, sizeof *a);
    unsigned n = reader_u16(&r);
    enum sv_err err = SV_OK;

    if (a == NULL)
        return SV_ERR_NOMEM;
    if (n > FOUNDING_ACTS_MAX)
        err = SV_ERR_FORMAT;
    for (unsigned i = 0; i < n && err == SV_OK; i++) {
        err = found_one(g, t, &r, a);
        act_clear(a);
    }
    free(a);
    if (err == SV_OK)
        err = reader_end(&r);
    if (err == SV_OK && !roster_ready(&g->roster))
        err = SV_ERR_FORMAT;
    return err;
}

static enum sv_err
fill_store(struct gate *g, struct schema_source schema, struct bytes founding)
{
    struct store_txn *txn = NULL;
    struct tables t;
    enum sv_err err = store_begin(g->store, STORE_WRITE, &txn);

    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng, NULL};
    err = store_schema(&t, schema);
    if (err == SV_OK)
        err = log_state_store(&t, &g->log);
    if (err == SV_OK)
        err = found_all(g, &t, founding);
    if (err == SV_OK)
        return store_commit(&txn);
    store_abort(&txn);
    return err;
}

/* Everything that belongs in the directory, in one that has another name
 * until it is whole. */
static enum sv_err
make_dir(struct gate *g, gate_fill_fn fill, void *ctx)
{
    char path[PATH_SIZE];
    struct buf head = BUF_INIT;
    enum sv_err err = path_join(path, g->dir, "lock");

    if (err == SV_OK)
        err = file_create(path, 0600, bytes_of(NULL, 0));
    if (err == SV_OK)
        err = gate_open_store(g, true);
    if (err == SV_OK)
        err = fill(g, ctx);
    if (err == SV_OK)
        err = gate_sign_head(g, &g->log, &head);
    if (err == SV_OK)
        err = path_join(path, g->dir, "head");
    if (err == SV_OK)
        err = headfile_create(path, buf_bytes(&head));
    buf_free(&head);
    store_close(g->store);
    g->store = NULL;
    return err != SV_OK ? err : dir_sync(g->dir);
}

static enum sv_err
write_gate_file(const struct gate *g, const char *dir,
                char path[static PATH_SIZE])
{
    struct buf raw = BUF_INIT;
    enum sv_err err = path_suffix(path, dir, ".gate");

    if (err == SV_OK)
        err = gate_keys_encode(g->keys, &raw);
    if (err == SV_OK)
        err = file_create(path, 0600, buf_bytes(&raw));
    buf_free(&raw);
    return err;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static bool
exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/*
 * First the key beside, then the directory under its name: after a crash
 * between the two there is a key that opens nothing, never a vault that
 * nothing opens.
 */
static enum sv_err
put_in_place(struct gate *g, const char *dir)
{
    char gate_path[PATH_SIZE];
    enum sv_err err = write_gate_file(g, dir, gate_path);

    if (err != SV_OK)
        return err;
    if (exists(dir))
        err = SV_ERR_EXISTS;
    else if (rename(g->dir, dir) != 0)
        err = err_of_errno(errno);
    else
        return path_sync(dir);
    /* A disk may have done what it says it has not. */
    if (exists(g->dir))
        (void)unlink(gate_path);
    return err;
}

enum sv_err
gate_make(const struct gate_config *config, const struct gate_keys *keys,
          bool keep, gate_fill_fn fill, void *ctx)
{
    char dir[PATH_SIZE], gate_path[PATH_SIZE], fresh[PATH_SIZE];
    struct gate *g = NULL;
    enum sv_err err = path_suffix(dir, config->dir, "");

    if (err == SV_OK)
        err = path_suffix(gate_path, dir, ".gate");
    if (err == SV_OK)
        err = path_suffix(fresh, dir, ".new-XXXXXX");
    if (err != SV_OK)
        return err;
    if (exists(dir) || exists(gate_path))
        return SV_ERR_EXISTS;
    if (mkdtemp(fresh) == NULL) /* 0700 */
        return err_of_errno(errno);
    err = gate_new(config, fresh, &g);
    if (err == SV_OK) {
        *g->keys = *keys;
        gate_keys_derive(g->keys);
        err = make_dir(g, fill, ctx);
    }
    if (err == SV_OK && keep) {
        g->keys->vault = g->roster.vault;
        err = put_in_place(g, dir);
    }
    if (err != SV_OK || !keep)
        (void)nftw(fresh, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    gate_close(g);
    return err;
}

struct founding {
    struct schema_source schema;
    struct bytes requests;
    struct hash vault; /* out */
};

static enum sv_err
found(struct gate *g, void *ctx)
{
    struct founding *f = ctx;
    enum sv_err err = fill_store(g, f->schema, f->requests);

    f->vault = g->roster.vault;
    return err;
}

enum sv_err
gate_create(const struct gate_config *config, struct gate_keys *keys,
            struct schema_source schema, struct bytes founding)
{
    struct founding f = {.schema = schema, .requests = founding};
    enum sv_err err = gate_make(config, keys, true, found, &f);

    if (err == SV_OK)
        keys->vault = f.vault;
    return err;
}
