#ifndef SV_CAMPAIGNS_TAMPER_WORLD_H
#define SV_CAMPAIGNS_TAMPER_WORLD_H

#include "base/map.h"
#include "tests/support/office.h"
#include "vault/tables.h"

/*
 * A vault that grows in stages, so that there are older copies of its files,
 * and what is true of it at the end: every content that was ever saved, what
 * lists and searches show, the released bytes, every row.
 */
#define WORLD_RECORDS 16
#define WORLD_TRUTHS 256

struct truth {
    struct handle record;
    size_t compartment;
    struct buf content; /* encoded */
    bool current;       /* else it was replaced since */
};

struct world {
    struct office o; /* closed, but while it grows */
    bool small;
    unsigned stage;
    size_t n_records, n_truths;
    struct handle records[WORLD_RECORDS];
    struct truth truths[WORLD_TRUTHS];
    uint64_t release, refused; /* 0: none */
    uint8_t released[32], listed[32];
    size_t n_versions; /* of the first record */
    struct map rows;   /* world_row_key() -> hash of the value */
};

/* small: four people and two records; otherwise a row in each table.  Each
 * seed is another vault, of the same people. */
void world_begin(struct world *w, bool small, uint8_t seed);
/* The next stage; false where there is none. */
bool world_grow(struct world *w);
void world_end(struct world *w);

void world_row_key(unsigned table, struct bytes key, uint8_t out[static 32]);
/* All that a list shows, in one hash. */
void world_hash_list(const struct record_list *l, uint8_t out[static 32]);

#endif
