#ifndef SV_TESTS_SUPPORT_RECEIPTS_H
#define SV_TESTS_SUPPORT_RECEIPTS_H

#include "base/map.h"
#include "tests/support/office.h"

/* What a client was answered: that a record was made, or what it read. */
struct receipt {
    bool read;
    struct handle record;
    uint64_t index; /* of the entry, of a reading */
};

/* Which records were made, and what was read, as the whole log says. */
struct log_copy {
    struct map created; /* handles */
    struct map read;    /* u64 index to handle */
};
void log_copy_take(struct office *o, struct log_copy *out);
void log_copy_free(struct log_copy *l);
/* Fails the test where the log has nothing of it. */
void receipt_check(const struct log_copy *l, const struct receipt *r);

#endif
