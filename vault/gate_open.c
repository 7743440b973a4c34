#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/arena.h"
#include "vault/gate_internal.h"

/* Lock, key, store, kept head: in this order, and each checked against the
 * others. */

/* The gate's own keys, and those that are lent to a count. */
#define ARENA_LEN ((size_t)64 << 10)

static enum sv_err
default_open(void *ctx, const char *dir, bool create, struct store **out)
{
    (void)ctx;
    return store_lmdb_open(dir, TABLES_N, create, out);
}

void
gate_set_roster(struct gate *g, struct roster *next)
{
    (void)pthread_rwlock_wrlock(&g->roster_lock);
    roster_clear(&g->roster);
    g->roster = *next;
    (void)pthread_rwlock_unlock(&g->roster_lock);
    roster_init(next);
    /* What waits allows no other roster entry than the one it waits for. */
    g->restored.waits = false;
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
    gate_set_roster(g, &roster);
    return SV_OK;
}

/* A store that is opened again must have at least the log that it had. */
static enum sv_err
load_log(struct gate *g, const struct tables *t)
{
    struct log_state was = g->log;
    struct hash root = frontier_root(&was.frontier);
    struct tables stored = *t;
    bool has = true;
    enum sv_err err = log_state_load(t, &g->log);

    stored.hashes = NULL; /* those in memory are of the log that it had */
    if (err == SV_OK && was.frontier.size > 0)
        err = log_has_root(&stored, &g->log, was.frontier.size, &root, &has);
    if (err == SV_OK && !has)
        err = SV_ERR_ROLLBACK;
    if (err != SV_OK)
        g->log = was;
    return err;
}

enum sv_err
gate_load(struct gate *g)
{
    struct store_txn *txn = NULL;
    struct tables t;
    enum sv_err err = store_begin(g->store, STORE_READ, &txn);

    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng, g->hashes};
    err = load_log(g, &t);
    if (err == SV_OK)
        err = load_roster(g, &t);
    if (err == SV_OK)
        err = restored_load(&t, &g->restored);
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
    err = gate_load(g);
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
        return err_verdict(err, SV_ERR_TAMPERED);
    err = store_begin(g->store, STORE_READ, &txn);
    if (err != SV_OK)
        return err;
    t = (struct tables){txn, &g->keys->storage, &g->config.rng, g->hashes};
    err = log_has_root(&t, &g->log, kept.size, &kept.root, &has);
    store_abort(&txn);
    if (err != SV_OK)
        return err;
    return has ? SV_OK : SV_ERR_ROLLBACK;
}

/* The account's own, and closed to all others. */
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

/* *what is the part that fails. */
static enum sv_err
load_keys(struct gate *g, const char **what)
{
    char path[PATH_SIZE];
    struct buf raw = BUF_INIT;
    enum sv_err err = path_suffix(path, g->dir, ".gate");

    if (g->config.keys != NULL) {
        *g->keys = *g->config.keys;
        g->config.keys = NULL;
        return SV_OK;
    }
    *what =
        N_("the gate's key file, which other accounts may read (chmod 600)");
    if (err == SV_OK)
        err = check_private(path);
    if (err == SV_ERR_DENIED)
        return err;
    *what = N_("the gate's key file");
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

enum sv_err
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
    if (pthread_rwlock_init(&g->roster_lock, NULL) != 0) {
        free(g);
        return SV_ERR_NOMEM;
    }
    g->lock_fd = -1;
    g->headfile = (struct headfile)HEADFILE_NONE;
    roster_init(&g->roster);
    frontier_init(&g->log.frontier);
    g->hashes = calloc(1, sizeof *g->hashes);
    err = g->hashes == NULL ? SV_ERR_NOMEM : path_suffix(g->dir, dir, "");
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
    *what =
        N_("the vault's directory, which other accounts may read (chmod 700)");
    err = check_private(g->dir);
    if (err != SV_OK)
        return err;
    err = load_keys(g, what);
    if (err != SV_OK)
        return err;
    *what = N_("the vault's data file");
    err = gate_open_store(g, false);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_TAMPERED; /* taken away from beside its lock */
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
    gate_backup_drop(g);
    store_close(g->store);
    headfile_close(&g->headfile);
    roster_clear(&g->roster);
    (void)pthread_rwlock_destroy(&g->roster_lock);
    secret_free(g->arena, g->keys);
    arena_free(g->arena);
    free(g->hashes);
    if (g->lock_fd >= 0)
        (void)close(g->lock_fd);
    free(g);
}
