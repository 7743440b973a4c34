#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/arena.h"
#include "vault/gate_internal.h"

#define ARENA_LEN 4096
#define FOUNDING_ACTS_MAX 128

/* ---- Opening ---- */

static enum sv_err
default_open(void *ctx, const char *dir, bool create, struct store **out)
{
    (void)ctx;
    return store_lmdb_open(dir, TABLES_N, create, out);
}

/* The roster row, which must be true for the log: both come from the same
 * transactions. */
static enum sv_err
load_roster(struct gate *g, const struct tables *t)
{
    struct buf raw = BUF_INIT;
    struct roster roster;
    enum sv_err err;

    roster_init(&roster);
    err = tables_get(t, TABLE_META, bytes_text(META_ROSTER), &raw);
    if (err == SV_OK)
        err = roster_decode(buf_bytes(&raw), &roster);
    if (err == SV_OK &&
        (!g->log.has_roster || roster.last_index != g->log.roster ||
         !hash_equal(&roster.vault, &g->keys->vault)))
        err = SV_ERR_TAMPERED;
    buf_free(&raw);
    if (err != SV_OK) {
        roster_clear(&roster);
        return err == SV_ERR_NOT_FOUND || err == SV_ERR_FORMAT ? SV_ERR_TAMPERED
                                                               : err;
    }
    roster_clear(&g->roster);
    g->roster = roster;
    return SV_OK;
}

static enum sv_err
load_state(struct gate *g)
{
    struct store_txn *txn = NULL;
    struct tables t;
    enum sv_err err = store_begin(g->store, STORE_READ, &txn);

    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng};
    err = log_state_load(&t, &g->log);
    if (err == SV_OK)
        err = load_roster(g, &t);
    store_abort(&txn);
    return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
}

enum sv_err
gate_open_store(struct gate *g, bool create)
{
    enum sv_err err =
        g->config.open_store(g->config.store_ctx, g->dir, create, &g->store);

    if (err != SV_OK) {
        g->store = NULL;
        return err;
    }
    if (create)
        return SV_OK;
    err = load_state(g);
    if (err != SV_OK) {
        store_close(g->store);
        g->store = NULL;
    }
    return err;
}

/* The log must extend the head that was kept outside the store. */
static enum sv_err
check_head(struct gate *g, struct bytes note)
{
    struct store_txn *txn = NULL;
    struct sign_public log_key;
    struct checkpoint kept;
    struct tables t;
    bool has = false;
    enum sv_err err;

    sign_public_of(&g->keys->log, &log_key);
    err = checkpoint_open(note, g->roster.origin, &log_key, &kept);
    if (err != SV_OK)
        return SV_ERR_TAMPERED;
    err = store_begin(g->store, STORE_READ, &txn);
    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng};
    err = log_has_root(&t, &g->log, kept.size, &kept.root, &has);
    store_abort(&txn);
    if (err != SV_OK)
        return err;
    return has ? SV_OK : SV_ERR_ROLLBACK;
}

static enum sv_err
load_keys(struct gate *g)
{
    char path[PATH_SIZE];
    struct buf raw = BUF_INIT;
    enum sv_err err = path_suffix(path, g->dir, ".gate");

    if (err == SV_OK)
        err = file_read(path, GATEKEY_FILE_LEN, &raw);
    if (err == SV_OK)
        err = gate_keys_decode(buf_bytes(&raw), g->keys);
    buf_free(&raw);
    return err;
}

static enum sv_err
lock_dir(struct gate *g, char holder[static GATE_HOLDER_SIZE])
{
    char path[PATH_SIZE];
    struct stat st;
    enum sv_err err = path_join(path, g->dir, "lock");

    if (err != SV_OK)
        return err;
    /* A mistyped directory must not be filled with a lock file. */
    if (stat(g->dir, &st) != 0)
        return err_of_errno(errno);
    if (!S_ISDIR(st.st_mode) || access(path, F_OK) != 0)
        return SV_ERR_NOT_FOUND;
    return file_lock(path, holder, GATE_HOLDER_SIZE, &g->lock_fd);
}

static enum sv_err
gate_new(const struct gate_config *config, const char *dir, struct gate **out)
{
    struct gate *g = calloc(1, sizeof *g);
    void *keys = NULL;
    enum sv_err err;

    if (g == NULL)
        return SV_ERR_NOMEM;
    g->config = *config;
    if (g->config.open_store == NULL)
        g->config.open_store = default_open;
    g->lock_fd = -1;
    g->headfile = (struct headfile)HEADFILE_NONE;
    roster_init(&g->roster);
    frontier_init(&g->log.frontier);
    err = path_suffix(g->dir, dir, "");
    if (err == SV_OK)
        err = arena_new(ARENA_LEN, &g->arena);
    if (err == SV_OK)
        err = secret_new(g->arena, sizeof *g->keys, &keys);
    if (err != SV_OK) {
        gate_close(g);
        return err;
    }
    g->keys = keys;
    *out = g;
    return SV_OK;
}

static enum sv_err
open_steps(struct gate *g, char holder[static GATE_HOLDER_SIZE],
           const char **what)
{
    char path[PATH_SIZE];
    struct buf head = BUF_INIT;
    enum sv_err err;

    *what = N_("the vault's directory");
    err = lock_dir(g, holder);
    if (err != SV_OK)
        return err;
    *what = N_("the gate's key file");
    err = load_keys(g);
    if (err != SV_OK)
        return err;
    *what = N_("the vault's data file");
    err = gate_open_store(g, false);
    if (err != SV_OK)
        return err;
    *what = N_("the kept head of the log");
    err = path_join(path, g->dir, "head");
    if (err == SV_OK)
        err = headfile_open(path, &g->headfile, &head);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_TAMPERED;
    if (err == SV_OK)
        err = check_head(g, buf_bytes(&head));
    buf_free(&head);
    return err;
}

enum sv_err
gate_open(const struct gate_config *config,
          char holder[static GATE_HOLDER_SIZE], const char **what,
          struct gate **out)
{
    struct gate *g = NULL;
    enum sv_err err;

    *what = N_("the vault's directory");
    holder[0] = '\0';
    err = gate_new(config, config->dir, &g);
    if (err != SV_OK)
        return err;
    err = open_steps(g, holder, what);
    if (err != SV_OK) {
        gate_close(g);
        return err;
    }
    *out = g;
    return SV_OK;
}

void
gate_close(struct gate *g)
{
    if (g == NULL)
        return;
    store_close(g->store);
    headfile_close(&g->headfile);
    roster_clear(&g->roster);
    secret_free(g->arena, g->keys);
    arena_free(g->arena);
    if (g->lock_fd >= 0)
        (void)close(g->lock_fd);
    free(g);
}

/* ---- Making a vault ---- */

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
    err = gate_accept(g, note, body, a, &reason);
    if (err != SV_OK)
        return err;
    a->tables = *t;
    err = gate_perform(a);
    if (err == SV_OK && (!a->decision.allowed || a->repeated ||
                         a->entry.outcome != OUTCOME_DONE))
        err = SV_ERR_DENIED;
    if (err == SV_OK)
        gate_adopt(a);
    return err;
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
    t = (struct tables){txn, &g->keys->storage, &g->config.rng};
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
make_dir(struct gate *g, struct schema_source schema, struct bytes founding)
{
    char path[PATH_SIZE];
    struct buf head = BUF_INIT;
    enum sv_err err = path_join(path, g->dir, "lock");

    if (err == SV_OK)
        err = file_create(path, 0600, bytes_of(NULL, 0));
    if (err == SV_OK)
        err = gate_open_store(g, true);
    if (err == SV_OK)
        err = fill_store(g, schema, founding);
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
    if (err != SV_OK) {
        (void)unlink(gate_path);
        return err;
    }
    return path_sync(dir);
}

enum sv_err
gate_create(const struct gate_config *config, struct gate_keys *keys,
            struct schema_source schema, struct bytes founding)
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
        err = make_dir(g, schema, founding);
    }
    if (err == SV_OK) {
        g->keys->vault = g->roster.vault;
        keys->vault = g->roster.vault;
        err = put_in_place(g, dir);
    }
    if (err != SV_OK)
        (void)nftw(fresh, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    gate_close(g);
    return err;
}
