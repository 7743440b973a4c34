/*
 * Entries of the log: what parses has one text.
 * Covers: audit/entry.c audit/line.c
 */
#include "tests/support/fakelog.h"

#include "fuzz/fuzz.h"

void
fuzz_one(struct bytes in)
{
    struct entry e;
    struct buf again = BUF_INIT;

    if (entry_parse(in, &e) == SV_OK) {
        demand(in.len <= ENTRY_MAX);
        demand(e.n_results <= ENTRY_RESULTS_MAX);
        demand(entry_encode(&e, &again) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
    }
    buf_free(&again);
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    struct fakelog f;

    fakelog_found(&f, "standard");
    (void)fakelog_hire(&f, "cora", "caseworker", 0);
    (void)fakelog_create(&f, "cora", "caseworker", "victim", 1);
    (void)fakelog_import(&f, "cora", "caseworker", "victim", 2, 1);
    for (size_t i = 0; i < f.n; i++)
        seed(s, buf_bytes(&f.entries[i]));
    fakelog_clear(&f);
}
