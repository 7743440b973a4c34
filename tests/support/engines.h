#ifndef SV_TESTS_SUPPORT_ENGINES_H
#define SV_TESTS_SUPPORT_ENGINES_H

#include "store/store.h"
#include "store/store_fault.h"
#include "tests/support/support.h"

/*
 * A store of each engine, wrapped in faults or not.  A flaky one is now and
 * then in conflict or unsure of a commit: engine_run() bears with it.
 */
struct engine {
    const char *name;
    bool lmdb;
    bool wrapped;
    uint32_t conflict_per_1000;
    uint32_t unsure_per_1000;
};
struct engine_store {
    const struct engine *engine;
    char dir[PATH_SIZE];
    struct store_fault_plan plan;
    struct store *store;
    uint64_t n_runs;
};

#define ENGINE_TABLES 3 /* tests have 0 and 1 for themselves */

/* Run all tests over each engine, an empty store for each; *state is that
 * engine_store.  The number of tests that failed. */
#define ENGINE_TEST(test)                                                      \
    cmocka_unit_test_setup_teardown(test, engine_set_up, engine_tear_down)
int engine_set_up(void **state);
int engine_tear_down(void **state);
int engines_run(const struct CMUnitTest *tests, size_t n);

/* Can it be opened again with what it held? */
bool engine_reopens(const struct engine_store *f);
/* Close and open again, with a transaction open or not. */
void engine_reopen(struct engine_store *f);

struct store_txn *engine_begin(struct engine_store *f, enum store_mode mode);
/*
 * A transaction that is committed in the end: run again after a conflict;
 * after an unsure commit looked for in the store opened again.
 */
typedef void (*engine_body_fn)(struct store_txn *txn, void *ctx);
void engine_run(struct engine_store *f, engine_body_fn body, void *ctx);
/* Each in a run of its own; the text ones in table 0. */
void engine_put(struct engine_store *f, unsigned table, struct bytes key,
                struct bytes value);
void engine_put_text(struct engine_store *f, const char *key,
                     const char *value);
void engine_delete_text(struct engine_store *f, const char *key);

/* What is there, in a transaction or in one of its own. */
void engine_expect_in(struct store_txn *txn, unsigned table, struct bytes key,
                      struct bytes want);
void engine_expect(struct engine_store *f, unsigned table, struct bytes key,
                   struct bytes want);
void engine_expect_absent_in(struct store_txn *txn, unsigned table,
                             struct bytes key);
void engine_expect_absent(struct engine_store *f, unsigned table,
                          struct bytes key);

/* What a scan saw, as "key=value " and so on; it stops after n, or fails. */
struct engine_seen {
    struct buf text;
    size_t n;
    size_t stop_after;
    enum sv_err fail;
};
enum sv_err engine_see(void *ctx, struct bytes key, struct bytes value,
                       bool *more);
void engine_expect_seen(struct engine_seen *seen, const char *want);
/* All from a key on; without a transaction, in table 0. */
void engine_expect_scan_in(struct store_txn *txn, unsigned table,
                           const char *from, const char *want);
void engine_expect_scan(struct engine_store *f, const char *from,
                        const char *want);

#endif
