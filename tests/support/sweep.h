#ifndef SV_TESTS_SUPPORT_SWEEP_H
#define SV_TESTS_SUPPORT_SWEEP_H

#include "store/store_fault.h"
#include "tests/support/asked.h"
#include "vault/message.h"

/*
 * An office each of whose requests, while it is on, fails at each of its
 * calls to the store before it is done:
 *
 * - the answer is that error and nothing with it, and the store is as it was;
 * - a row that does not open or has another form, met while the act is done,
 *   is its outcome, and its entry all that is written;
 * - where the commit conflicts it is done again, once;
 * - the same request again is answered as it was, fails as above, and writes
 *   nothing.
 */
struct sweep {
    struct asked v;
    struct store_fault_plan plan;
    struct store *store; /* the gate's, as it is without faults */
    bool on;
    unsigned fault; /* that is tried, in which act */
    enum request_act act;
    unsigned requests, damaged; /* so many since it was made ready */
    struct buf before, after;   /* all that is in the store */
};

void sweep_begin(struct sweep *s);
void sweep_end(struct sweep *s);
/* All is as it was, the gate open, and it is off. */
void sweep_ready(struct sweep *s);

#endif
