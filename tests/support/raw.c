#include "tests/support/raw.h"

struct raw
raw_open(struct office *o)
{
    struct raw r = {.store = NULL};

    office_close(o);
    assert_ok(store_lmdb_open(o->dir, TABLES_N, false, &r.store));
    assert_ok(store_begin(r.store, STORE_WRITE, &r.txn));
    r.tables =
        (struct tables){r.txn, &o->gate_keys.storage, &o->config.rng, NULL};
    return r;
}

void
raw_commit(struct raw *r)
{
    assert_ok(store_commit(&r->txn));
    store_close(r->store);
}

void
raw_close(struct office *o, struct raw *r)
{
    raw_commit(r);
    assert_ok(office_open(o));
}
