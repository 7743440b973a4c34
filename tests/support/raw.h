#ifndef SV_TESTS_SUPPORT_RAW_H
#define SV_TESTS_SUPPORT_RAW_H

#include "tests/support/office.h"
#include "vault/tables.h"

/* The tables of an office as who has the gate's key can open and write them;
 * .txn for the sealed rows as they lie there. */
struct raw {
    struct store *store;
    struct store_txn *txn;
    struct tables tables;
};

/* Ends all sessions and closes the gate, which would not let go of them. */
struct raw raw_open(struct office *o);
void raw_commit(struct raw *r);                  /* the gate stays closed */
void raw_close(struct office *o, struct raw *r); /* the gate goes on */

#endif
