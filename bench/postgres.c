#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "bench/bench.h"

/*
 * PostgreSQL 15 in a cluster of its own behind a Unix socket: bodies under
 * AES by pgcrypto, an audit row in the same statement, synchronous_commit on.
 */
#define SERVER "/usr/lib/postgresql/15/bin/postgres"
#define INITDB "/usr/lib/postgresql/15/bin/initdb"
#define CONNECTIONS 32
#define PATH_LEN 4096
#define DIR_LEN 3072 /* leaves room for names behind it */
#define RESULT_COMMAND 1
#define RESULT_TUPLES 2

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

/* What is used of libpq. */
struct api {
    PGconn *(*connect)(const char *);
    void (*finish)(PGconn *);
    PGresult *(*exec)(PGconn *, const char *);
    PGresult *(*prepare)(PGconn *, const char *, const char *, int,
                         const unsigned *);
    PGresult *(*exec_prepared)(PGconn *, const char *, int, const char *const *,
                               const int *, const int *, int);
    int (*result_status)(const PGresult *);
    int (*n_rows)(const PGresult *);
    char *(*value)(const PGresult *, int, int);
    int (*value_len)(const PGresult *, int, int);
    void (*clear)(PGresult *);
    char *(*error)(const PGconn *);
    int (*conn_status)(const PGconn *);
};

struct server {
    struct api api;
    char dir[DIR_LEN];
    pid_t pid;
    size_t n;
    uint8_t (*ids)[ID_LEN];
    enum work work;
    struct {
        PGconn *conn;
        unsigned seed;
    } clients[CONNECTIONS];
};

static const char *
load(struct api *a)
{
    static const char *const names[] = {"libpq.so.5", NULL};
    const char *missing = NULL;
    void *from = library(names, &missing);

    if (from == NULL)
        return missing;
    symbol(from, "PQconnectdb", &a->connect);
    symbol(from, "PQfinish", &a->finish);
    symbol(from, "PQexec", &a->exec);
    symbol(from, "PQprepare", &a->prepare);
    symbol(from, "PQexecPrepared", &a->exec_prepared);
    symbol(from, "PQresultStatus", &a->result_status);
    symbol(from, "PQntuples", &a->n_rows);
    symbol(from, "PQgetvalue", &a->value);
    symbol(from, "PQgetlength", &a->value_len);
    symbol(from, "PQclear", &a->clear);
    symbol(from, "PQerrorMessage", &a->error);
    symbol(from, "PQstatus", &a->conn_status);
    return access(SERVER, X_OK) == 0 ? NULL : SERVER;
}

/* ---- The server ---- */

/* It refuses root: then it is the account that its package made. */
static void
leave_root(void)
{
    const struct passwd *pw = getpwnam("postgres");

    if (geteuid() != 0)
        return;
    if (pw == NULL || setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 ||
        setuid(pw->pw_uid) != 0)
        _exit(127);
}

static pid_t
run_program(const char *const argv[], const char *dir)
{
    pid_t pid = fork();

    must_be(pid >= 0, "fork");
    if (pid > 0)
        return pid;
    leave_root();
    if (chdir(dir) == 0 && freopen("log", "ae", stdout) != NULL &&
        dup2(STDOUT_FILENO, STDERR_FILENO) >= 0) {
        char *copy[32];
        size_t n = 0;

        for (; n < 31 && argv[n] != NULL; n++)
            copy[n] = copy_of(argv[n]);
        copy[n] = NULL;
        (void)execv(copy[0], copy);
    }
    _exit(127);
}

static void
make_dir(struct server *s, const struct plan *plan)
{
    const struct passwd *pw = getpwnam("postgres");
    int n = snprintf(s->dir, sizeof s->dir, "%s/postgres", plan->dir);

    must_be(n > 0 && (size_t)n < sizeof s->dir && mkdir(s->dir, 0700) == 0,
            "no directory for PostgreSQL");
    must_be(geteuid() != 0 ||
                (pw != NULL && chown(s->dir, pw->pw_uid, pw->pw_gid) == 0),
            "no account for PostgreSQL");
}

static void
start_server(struct server *s)
{
    const char *const init[] = {INITDB, "-D",    "data",      "-A", "trust",
                                "-U",   "bench", "--no-sync", NULL};
    const char *const serve[] = {SERVER,
                                 "-D",
                                 "data",
                                 "-k",
                                 s->dir,
                                 "-h",
                                 "",
                                 "-c",
                                 "synchronous_commit=on",
                                 "-c",
                                 "shared_buffers=512MB",
                                 "-c",
                                 "max_wal_size=4GB",
                                 NULL};
    int status = 0;
    pid_t pid = run_program(init, s->dir);

    must_be(waitpid(pid, &status, 0) == pid && status == 0, "initdb failed");
    s->pid = run_program(serve, s->dir);
}

static PGconn *
connect_to(struct server *s)
{
    char how[PATH_LEN];
    PGconn *c;

    (void)snprintf(how, sizeof how, "host=%s user=bench dbname=postgres",
                   s->dir);
    for (unsigned i = 0;; i++) {
        c = s->api.connect(how);
        if (s->api.conn_status(c) == 0)
            return c;
        must_be(i < 1000, s->api.error(c));
        s->api.finish(c);
        (void)usleep(20000);
    }
}

/* ---- SQL ---- */

static void
check(struct server *s, PGconn *c, PGresult *r)
{
    int status = s->api.result_status(r);

    must_be(status == RESULT_COMMAND || status == RESULT_TUPLES,
            s->api.error(c));
}

static void
execute(struct server *s, PGconn *c, const char *sql)
{
    PGresult *r = s->api.exec(c, sql);

    check(s, c, r);
    s->api.clear(r);
}

#define KEY                                                                    \
    "'\\x000102030405060708090a0b0c0d0e0f"                                     \
    "101112131415161718191a1b1c1d1e1f'::bytea"
#define AUDIT                                                                  \
    "INSERT INTO audit (time, actor, action, record, purpose) "                \
    "VALUES (now(), 'case-1', "

static void
prepare(struct server *s, PGconn *c)
{
    static const char *const statements[WORK_N][2] = {
        [WORK_READ] = {"get", "WITH a AS (" AUDIT "0, $1, 'care')) "
                              "SELECT decrypt_iv(body, " KEY ", iv, 'aes') "
                              "FROM record WHERE id = $1"},
        [WORK_WRITE] = {"put", "WITH a AS (" AUDIT "1, $1, 'care')) "
                               "INSERT INTO record VALUES ($1, $3, "
                               "encrypt_iv($2, " KEY ", $3, 'aes'))"},
    };

    for (unsigned w = 0; w < WORK_N; w++) {
        PGresult *r =
            s->api.prepare(c, statements[w][0], statements[w][1], 0, NULL);

        check(s, c, r);
        s->api.clear(r);
    }
}

static void
fill(struct server *s, size_t records)
{
    PGconn *c = s->clients[0].conn;
    char sql[1024];
    PGresult *r;
    uint8_t hex[2 * ID_LEN + 1];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO record SELECT gen_random_bytes(16), iv, "
                   "encrypt_iv(decode(repeat('78', %d), 'hex'), " KEY
                   ", iv, 'aes') FROM (SELECT gen_random_bytes(16) AS iv "
                   "FROM generate_series(1, %zu)) AS g",
                   BODY_LEN, records);
    execute(s, c, sql);
    execute(s, c, "VACUUM ANALYZE");
    execute(s, c, "CHECKPOINT");
    r = s->api.exec(c, "SELECT encode(id, 'hex') FROM record");
    check(s, c, r);
    s->n = (size_t)s->api.n_rows(r);
    must_be(s->n == records, "PostgreSQL has not all records");
    s->ids = zeros(records, sizeof *s->ids);
    for (size_t i = 0; i < records; i++) {
        memcpy(hex, s->api.value(r, (int)i, 0), sizeof hex);
        must_be(sodium_hex2bin(s->ids[i], ID_LEN, (const char *)hex,
                               (size_t)2 * ID_LEN, NULL, NULL, NULL) == 0,
                "PostgreSQL: an id");
    }
    s->api.clear(r);
}

static bool
operate(void *ctx, unsigned client)
{
    struct server *s = ctx;
    PGconn *c = s->clients[client].conn;
    uint8_t id[ID_LEN], iv[16];
    char body[BODY_LEN];
    const char *const values[] = {(const char *)id, body, (const char *)iv};
    static const int lens[] = {ID_LEN, BODY_LEN, 16};
    static const int binary[] = {1, 1, 1};
    bool read = s->work == WORK_READ;
    PGresult *r;

    randombytes_buf(id, sizeof id);
    randombytes_buf(iv, sizeof iv);
    memset(body, 'x', sizeof body);
    if (read)
        memcpy(id, s->ids[(size_t)rand_r(&s->clients[client].seed) % s->n],
               sizeof id);
    r = s->api.exec_prepared(c, read ? "get" : "put", read ? 1 : 3, values,
                             lens, binary, 1);
    check(s, c, r);
    must_be(!read || (s->api.n_rows(r) == 1 &&
                      s->api.value_len(r, 0, 0) == BODY_LEN),
            "PostgreSQL: not the record");
    s->api.clear(r);
    return true;
}

/* ---- The subject ---- */

static const char *
start(struct subject *subject, const struct plan *plan)
{
    struct server *s = zeros(1, sizeof *s);
    const char *missing;

    missing = load(&s->api);
    if (missing != NULL) {
        free(s);
        return missing;
    }
    subject->plan = plan;
    subject->own = s;
    make_dir(s, plan);
    start_server(s);
    s->clients[0].conn = connect_to(s);
    execute(s, s->clients[0].conn,
            "CREATE EXTENSION pgcrypto;"
            "CREATE TABLE record (id bytea PRIMARY KEY, iv bytea, body bytea);"
            "CREATE TABLE audit (seq bigserial PRIMARY KEY, time timestamptz, "
            "actor text, action int, record bytea, purpose text)");
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        if (i > 0)
            s->clients[i].conn = connect_to(s);
        s->clients[i].seed = i + 1;
        prepare(s, s->clients[i].conn);
    }
    fill(s, plan->records);
    return NULL;
}

static struct measure
run(struct subject *subject, enum work w, unsigned clients)
{
    struct server *s = subject->own;

    s->work = w;
    return loop_run(clients, subject->plan->seconds, operate, s);
}

static void
stop(struct subject *subject)
{
    struct server *s = subject->own;
    int status;

    for (unsigned i = 0; i < CONNECTIONS; i++)
        s->api.finish(s->clients[i].conn);
    (void)kill(s->pid, SIGINT);
    (void)waitpid(s->pid, &status, 0);
    free(s->ids);
    free(s);
}

struct subject subject_postgres = {.name = "PostgreSQL 15 + pgcrypto",
                                   .clients = {1, 8, 32},
                                   .start = start,
                                   .run = run,
                                   .stop = stop};
