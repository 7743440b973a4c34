/*
 * The auditor's card.
 * Covers: audit/audit_card.c
 */
#include <string.h>

#include "audit/audit_card.h"

#include "fuzz/fuzz.h"

#define LINES 5

void
fuzz_one(struct bytes in)
{
    struct audit_card c;
    struct diag where = {.line = 0};
    struct buf again = BUF_INIT;

    memset(&c, 0, sizeof c);
    if (audit_card_parse(in, &c, &where) == SV_OK) {
        demand(audit_card_encode(&c, &again) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
    } else {
        demand(fuzz_is_zero(&c, sizeof c));
        demand(where.reason != NULL);
        demand(where.line >= 1 && where.line <= LINES + 1);
    }
    buf_free(&again);
    fuzz_heap_bounded(in.len, 4);
}

void
fuzz_seeds(struct seeds *s)
{
    struct audit_card c = {"shelter.example/log", fuzz_public(1),
                           tree_leaf(bytes_text("genesis"))};
    struct buf b = BUF_INIT;

    demand(audit_card_encode(&c, &b) == SV_OK);
    seed_buf(s, &b);
}
