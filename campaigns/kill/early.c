/*
 * A planted defect: LMDB says that a transaction is committed, and commits it
 * when the next one begins or the store is closed.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <lmdb.h>

static MDB_txn *waiting;

static void
find(const char *name, void *out, size_t size)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(out, &found, size); /* C has no cast from void * to a function */
}

static int
settle(void)
{
    int (*commit)(MDB_txn *);
    MDB_txn *txn = waiting;

    waiting = NULL;
    if (txn == NULL)
        return 0;
    find("mdb_txn_commit", &commit, sizeof commit);
    return commit(txn);
}

int
mdb_txn_commit(MDB_txn *txn)
{
    int rc = settle();

    waiting = txn;
    return rc;
}

int
mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **txn)
{
    int (*begin)(MDB_env *, MDB_txn *, unsigned int, MDB_txn **);
    int rc = settle();

    find("mdb_txn_begin", &begin, sizeof begin);
    return rc != 0 ? rc : begin(env, parent, flags, txn);
}

void
mdb_env_close(MDB_env *env)
{
    const struct timespec while_the_answer_is_read = {0, 2000000};
    void (*close_env)(MDB_env *);

    (void)nanosleep(&while_the_answer_is_read, NULL);
    (void)settle();
    find("mdb_env_close", &close_env, sizeof close_env);
    close_env(env);
}
