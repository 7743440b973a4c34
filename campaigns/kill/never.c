/*
 * A planted defect for a service: once it has run for a while, LMDB says that
 * transactions are committed, and forgets them.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <lmdb.h>

#define WHILE_MS 150

static uint64_t began_ms;

static uint64_t
now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int
mdb_txn_commit(MDB_txn *txn)
{
    void *found = dlsym(RTLD_NEXT, "mdb_txn_commit");
    int (*commit)(MDB_txn *);

    if (began_ms == 0)
        began_ms = now_ms();
    if (now_ms() - began_ms > WHILE_MS) {
        mdb_txn_abort(txn);
        return 0;
    }
    memcpy(&commit, &found, sizeof commit); /* C has no such cast */
    return commit(txn);
}
