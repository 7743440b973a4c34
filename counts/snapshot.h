#ifndef SV_COUNTS_SNAPSHOT_H
#define SV_COUNTS_SNAPSHOT_H

#include "base/map.h"
#include "counts/figures.h"

#include "disclosure/facts_json.h"

/*
 * What later releases must know of one: the facts that it printed about one
 * type of record, and which sets of records its figures counted.  The gate
 * keeps it sealed; the sets are sums of the records' keys and leave it never.
 *
 *   svault/snapshot/v1 LF
 *   closed yes|no LF           was the period over on the day as of which it
 *                              was counted?
 *   facts <the facts as JSON> LF
 *   set <figure's place> <key: 16 hex> <value> LF
 *                              for each rounded figure, and each that is not
 *                              printed, which stays what it was, too
 */
struct snapshot_set {
    bool given;
    uint64_t key; /* 0: of nobody */
    int64_t value;
};
struct snapshot {
    struct facts facts; /* of one release */
    struct facts_rule rule;
    bool closed;
    struct snapshot_set *sets; /* owned; of each figure */
};
void snapshot_clear(struct snapshot *s); /* wipes; accepts zeroed */

/* Of facts about one population; figures has those of the same names, as they
 * were rounded, with their sets.  Appended. */
enum sv_err snapshot_encode(const struct facts *facts,
                            const struct facts_rule *rule,
                            const struct figures *figures, bool closed,
                            struct buf *out);
/* SV_ERR_FORMAT */
enum sv_err snapshot_decode(struct bytes in, struct snapshot *out);

/*
 * Pins: what was printed of a set stays.  A figure of a period that was over
 * keeps its value for ever; another one while the value is less than the base
 * off; and one set of records shows one value under every name.
 */
struct pin {
    int64_t value;
    unsigned steps; /* beyond the next multiple: how far off it may be */
    bool frozen;
    bool printed; /* and not only kept of what is not shown */
    /* The day that the figure tells of; empty where the same records were
     * counted under another name: of that day nothing is said by this one. */
    char as_of[FACTS_DATE_SIZE];
};
struct pins {
    struct map by_predicate; /* BLAKE2b of the predicate -> struct pin */
    struct map by_set;       /* u64 -> struct pin */
};
void pins_init(struct pins *p);
void pins_clear(struct pins *p);
/* The rounded figures of a release that came behind those before it: what
 * was printed first stays. */
enum sv_err pins_add(struct pins *p, const struct snapshot *s);
/* The value of the predicate that was printed and does not stay: readers know
 * that the count is the base or more off.  NULL: none. */
const struct pin *pins_left(const struct pins *p, struct bytes predicate,
                            int64_t n);
/* NULL where the figure may be rounded afresh.  set, n: what it counts now;
 * predicate: of facts_predicate(). */
const struct pin *pins_find(const struct pins *p, struct bytes predicate,
                            const struct counted *of);

#endif
