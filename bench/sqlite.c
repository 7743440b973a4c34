#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "bench/bench.h"

/*
 * SQLite with bodies sealed by libsodium, and SQLCipher: a connection for
 * each thread, WAL, synchronous=FULL, an audit row in the same transaction.
 * Writers take turns by a mutex, which is faster than SQLite's own waiting.
 */
#define OK 0
#define ROW 100
#define DONE 101
#define CIPHER_LEN (BODY_LEN + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PATH_LEN 4096

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

/* What is used of the library. */
struct api {
    int (*open)(const char *, sqlite3 **);
    int (*close)(sqlite3 *);
    int (*exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **),
                void *, char **);
    int (*prepare)(sqlite3 *, const char *, int, sqlite3_stmt **,
                   const char **);
    int (*bind_blob)(sqlite3_stmt *, int, const void *, int, void (*)(void *));
    int (*bind_int64)(sqlite3_stmt *, int, long long);
    int (*step)(sqlite3_stmt *);
    int (*reset)(sqlite3_stmt *);
    int (*finalize)(sqlite3_stmt *);
    const void *(*column_blob)(sqlite3_stmt *, int);
    int (*column_bytes)(sqlite3_stmt *, int);
    const char *(*errmsg)(sqlite3 *);
    const char *(*version)(void);
};

enum statement { BEGIN, COMMIT, GET, PUT, AUDIT, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [GET] = "SELECT body FROM record WHERE id = ?",
    [PUT] = "INSERT INTO record (id, body) VALUES (?, ?)",
    [AUDIT] = "INSERT INTO audit VALUES (NULL, ?, 'case-1', ?, ?, 'care')",
};

struct connection {
    sqlite3 *db;
    sqlite3_stmt *at[STATEMENTS];
    unsigned seed;
};

struct base {
    struct api api;
    void *library;
    bool cipher; /* the library seals, not we */
    char path[PATH_LEN];
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    size_t n;
    uint8_t (*ids)[ID_LEN];
    enum work work;
    pthread_mutex_t turn;
    struct connection threads[CLIENTS_MAX];
};

static const char *
load(struct base *b)
{
    static const char *const plain[] = {"libsqlite3.so.0", NULL};
    static const char *const cipher[] = {"libsqlcipher.so.0",
                                         "libsqlcipher.so.1", NULL};
    const char *missing = NULL;
    struct api *a = &b->api;
    void *from = library(b->cipher ? cipher : plain, &missing);

    if (from == NULL)
        return missing;
    b->library = from;
    symbol(from, "sqlite3_open", &a->open);
    symbol(from, "sqlite3_close", &a->close);
    symbol(from, "sqlite3_exec", &a->exec);
    symbol(from, "sqlite3_prepare_v2", &a->prepare);
    symbol(from, "sqlite3_bind_blob", &a->bind_blob);
    symbol(from, "sqlite3_bind_int64", &a->bind_int64);
    symbol(from, "sqlite3_step", &a->step);
    symbol(from, "sqlite3_reset", &a->reset);
    symbol(from, "sqlite3_finalize", &a->finalize);
    symbol(from, "sqlite3_column_blob", &a->column_blob);
    symbol(from, "sqlite3_column_bytes", &a->column_bytes);
    symbol(from, "sqlite3_errmsg", &a->errmsg);
    symbol(from, "sqlite3_libversion", &a->version);
    return NULL;
}

static void
check(struct base *b, struct connection *c, bool ok)
{
    must_be(ok, b->api.errmsg(c->db));
}

static void
execute(struct base *b, struct connection *c, const char *sql)
{
    check(b, c, b->api.exec(c->db, sql, NULL, NULL, NULL) == OK);
}

static void
connect_to(struct base *b, struct connection *c)
{
    must_be(b->api.open(b->path, &c->db) == OK, "sqlite does not open");
    if (b->cipher)
        execute(b, c,
                "PRAGMA key = \"x'000102030405060708090a0b0c0d0e0f"
                "101112131415161718191a1b1c1d1e1f'\"");
    execute(b, c,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA cache_size = -65536");
    execute(b, c,
            "CREATE TABLE IF NOT EXISTS record "
            "(id BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY, "
            "time INTEGER, actor TEXT, action INTEGER, record BLOB, "
            "purpose TEXT)");
    for (unsigned i = 0; i < STATEMENTS; i++)
        check(b, c,
              b->api.prepare(c->db, statements[i], -1, &c->at[i], NULL) == OK);
}

static void
disconnect(struct base *b, struct connection *c)
{
    for (unsigned i = 0; i < STATEMENTS; i++)
        (void)b->api.finalize(c->at[i]);
    check(b, c, b->api.close(c->db) == OK);
}

static void
finish(struct base *b, struct connection *c, enum statement s)
{
    check(b, c, b->api.step(c->at[s]) == DONE);
    (void)b->api.reset(c->at[s]);
}

/* nonce, ciphertext: nothing to do for a library that seals. */
static int
seal(struct base *b, uint8_t out[static NONCE_LEN + CIPHER_LEN])
{
    uint8_t body[BODY_LEN];

    memset(body, 'x', sizeof body);
    if (b->cipher) {
        memcpy(out, body, sizeof body);
        return BODY_LEN;
    }
    randombytes_buf(out, NONCE_LEN);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE_LEN, NULL, body, sizeof body, NULL, 0, NULL, out, b->key);
    return NONCE_LEN + CIPHER_LEN;
}

static void
audit(struct base *b, struct connection *c, enum work w, const uint8_t *id)
{
    sqlite3_stmt *s = c->at[AUDIT];

    (void)b->api.bind_int64(s, 1, (long long)now_us());
    (void)b->api.bind_int64(s, 2, (long long)w);
    (void)b->api.bind_blob(s, 3, id, ID_LEN, NULL);
    finish(b, c, AUDIT);
}

static void
put(struct base *b, struct connection *c, const uint8_t id[static ID_LEN])
{
    uint8_t body[NONCE_LEN + CIPHER_LEN];
    int len = seal(b, body);

    (void)b->api.bind_blob(c->at[PUT], 1, id, ID_LEN, NULL);
    (void)b->api.bind_blob(c->at[PUT], 2, body, len, NULL);
    finish(b, c, PUT);
}

static void
get(struct base *b, struct connection *c, const uint8_t *id,
    uint8_t body[static BODY_LEN])
{
    sqlite3_stmt *s = c->at[GET];
    const uint8_t *at;

    (void)b->api.bind_blob(s, 1, id, ID_LEN, NULL);
    check(b, c, b->api.step(s) == ROW);
    at = b->api.column_blob(s, 0);
    if (b->cipher)
        memcpy(body, at, BODY_LEN);
    else
        must_be(crypto_aead_xchacha20poly1305_ietf_decrypt(
                    body, NULL, NULL, at + NONCE_LEN, CIPHER_LEN, NULL, 0, at,
                    b->key) == 0,
                "sqlite: a body does not open");
    (void)b->api.reset(s);
}

static bool
operate(void *ctx, unsigned client)
{
    struct base *b = ctx;
    struct connection *c = &b->threads[client];
    uint8_t id[ID_LEN], body[BODY_LEN];

    randombytes_buf(id, sizeof id);
    if (b->work == WORK_READ)
        memcpy(id, b->ids[(size_t)rand_r(&c->seed) % b->n], sizeof id);
    (void)pthread_mutex_lock(&b->turn);
    finish(b, c, BEGIN);
    if (b->work == WORK_READ)
        get(b, c, id, body);
    else
        put(b, c, id);
    audit(b, c, b->work, id);
    finish(b, c, COMMIT);
    (void)pthread_mutex_unlock(&b->turn);
    return true;
}

static void
fill(struct base *b, size_t records)
{
    struct connection *c = &b->threads[0];

    b->n = records;
    b->ids = zeros(records, sizeof *b->ids);
    finish(b, c, BEGIN);
    for (size_t i = 0; i < records; i++) {
        randombytes_buf(b->ids[i], sizeof b->ids[i]);
        put(b, c, b->ids[i]);
    }
    finish(b, c, COMMIT);
}

static const char *
start_base(struct subject *subject, const struct plan *plan, bool cipher)
{
    struct base *b = zeros(1, sizeof *b);
    const char *missing;

    must_be(pthread_mutex_init(&b->turn, NULL) == 0, "memory");
    b->cipher = cipher;
    missing = load(b);
    if (missing != NULL) {
        free(b);
        return missing;
    }
    subject->plan = plan;
    subject->own = b;
    (void)snprintf(b->path, sizeof b->path, "%s/%s", plan->dir,
                   cipher ? "cipher.db" : "plain.db");
    randombytes_buf(b->key, sizeof b->key);
    for (unsigned i = 0; i < 8; i++) {
        connect_to(b, &b->threads[i]);
        b->threads[i].seed = i + 1;
    }
    fill(b, plan->records);
    return NULL;
}

static const char *
start_plain(struct subject *subject, const struct plan *plan)
{
    return start_base(subject, plan, false);
}

static const char *
start_cipher(struct subject *subject, const struct plan *plan)
{
    return start_base(subject, plan, true);
}

static struct measure
run(struct subject *subject, enum work w, unsigned clients)
{
    struct base *b = subject->own;

    b->work = w;
    return loop_run(clients, subject->plan->seconds, operate, b);
}

static void
stop(struct subject *subject)
{
    struct base *b = subject->own;

    for (unsigned i = 0; i < 8; i++)
        disconnect(b, &b->threads[i]);
    (void)remove(b->path);
    (void)pthread_mutex_destroy(&b->turn);
    free(b->ids);
    free(b);
}

struct subject subject_sqlite = {.name = "SQLite + libsodium",
                                 .clients = {1, 8},
                                 .start = start_plain,
                                 .run = run,
                                 .stop = stop};
struct subject subject_sqlcipher = {.name = "SQLCipher",
                                    .clients = {1, 8},
                                    .start = start_cipher,
                                    .run = run,
                                    .stop = stop};
