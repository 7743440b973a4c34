#ifndef SV_VAULT_GATE_ITEMS_H
#define SV_VAULT_GATE_ITEMS_H

#include "vault/gate_internal.h"

/*
 * The versions that a request's body brings: read, judged by the roster as
 * it is, put away.  What the body says wrongly is SV_ERR_INPUT, which
 * act_invalid() makes the entry's outcome.
 */

/* In order. */
struct items {
    size_t n;
    struct incoming {
        struct envelope env; /* borrowed from the body */
        struct envelope_header header;
        unsigned column; /* items_take() finds it, and the posting */
        uint8_t hash[32];
        bool has_posting;
        struct posting posting;
    } * at;
    struct tree_levels tree; /* over their leaves */
};

void items_free(struct items *in);

/* n envelopes that the actor signed, and no byte more; only that. */
enum sv_err items_read(const struct act *a, size_t n, struct items *out);
/* The same, of which each may be taken now: it is what the request says it
 * is, under the newest keys. */
enum sv_err items_take(const struct act *a, size_t n, struct items *out);

/* Is its number another record's? */
enum sv_err item_is_taken(const struct act *a, const struct incoming *it,
                          bool *taken);
/* Put item i away under the outer lock, with what proves its author, and
 * what it is found by into the index. */
enum sv_err item_put(const struct act *a, const struct items *in, size_t i);
/* Its line of the entry. */
void item_add_result(struct entry *e, const struct incoming *it);

/* How many compartments a record of the request's type has. */
size_t items_per_record(const struct act *a);
/* Do the n items from `first` on make one whole new record: every compartment
 * of the type once, in the policy's order, at version 1? */
bool items_are_record(const struct act *a, const struct incoming *first,
                      size_t n);
/* Make it, by the entry of this index, which assigns who opens it. */
enum sv_err items_make_record(const struct act *a, const struct items *in,
                              size_t first, size_t n, uint64_t index);

enum sv_err act_record_exists(const struct act *a, const struct handle *h,
                              bool *exists);
/* SV_ERR_INPUT becomes an outcome that is logged, and nothing is done. */
enum sv_err act_invalid(struct act *a, enum sv_err err);

#endif
