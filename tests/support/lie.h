#ifndef SV_TESTS_SUPPORT_LIE_H
#define SV_TESTS_SUPPORT_LIE_H

#include "tests/support/held.h"
#include "vault/envelope.h"

/*
 * Whoever has keys of the vault can sign anything.  Her program's request is
 * held back here, changed, and signed again by her: the gate takes nothing
 * whose envelopes are not what the request says, nor what does not follow.
 */

#define LIE_ITEMS_MAX 15 /* two victims', and one more */

/* What she makes of it. */
struct lie {
    struct request r;
    size_t n;
    struct envelope env[LIE_ITEMS_MAX];
    struct envelope_header header[LIE_ITEMS_MAX];
    size_t sent;       /* envelopes in the body; else all */
    bool wrong_root;   /* not that of the envelopes */
    bool more;         /* a byte behind the last */
    bool outer;        /* a lock as long as the gate's */
    bool bare;         /* no headers that can be read */
    bool skip_a_byte;  /* of the first envelope's tokens */
    size_t unhashed;   /* the root is of zeros in place of this envelope, */
    bool has_unhashed; /* if there is one, */
    bool all_unhashed; /* or of each */
    struct buf tokens;
};

typedef void (*lie_fn)(struct lie *l);

/* What is held, as it is; borrows from both. */
void lie_read(const struct held *h, struct note *note, struct lie *l);
/* She sends what change made of it: the gate allows it, and that comes of it.
 * what is said where it does not. */
void lie_expect(const struct held *h, const char *name, lie_fn change,
                enum entry_outcome outcome, const char *what);

struct lie_wanted {
    const char *what;
    lie_fn change;
    enum entry_outcome outcome;
};
/* {INVALID(change)}, say. */
#define INVALID(lie) #lie, lie, OUTCOME_INVALID
#define CONFLICT(lie) #lie, lie, OUTCOME_CONFLICT

/* Each an hour behind the one before.  A lie is one also where the root is
 * right for a gate that had not looked at the envelope, and so had no hash of
 * it. */
#define LIE_EXPECT_ALL(h, name, lies)                                          \
    lie_expect_all(h, name, sizeof(lies) / sizeof(lies)[0], lies)
void lie_expect_all(const struct held *h, const char *name, size_t n,
                    const struct lie_wanted lies[]);

/* What case-1 would save of a part that she has read, and intake-1, who may
 * not read it, would add to one. */
void lie_hold_save(struct held *h, const struct handle *record,
                   const char *compartment);
void lie_hold_addition(struct held *h, const struct handle *record,
                       const char *compartment, const char *field,
                       const char *value);

/* As case-1 lists them. */
size_t lie_count_victims(struct office *o);

/* The truth, and lies. */
void lie_nothing(struct lie *l);
void lie_other_vault(struct lie *l);
void lie_other_type(struct lie *l);
void lie_unknown_compartment(struct lie *l);
void lie_other_author(struct lie *l);
void lie_later_epoch(struct lie *l);
void lie_later_version(struct lie *l);
void lie_is_an_addition(struct lie *l);
void lie_after_another(struct lie *l);
void lie_last_of_other_record(struct lie *l);
void lie_in_another_order(struct lie *l);
void lie_one_twice(struct lie *l);
void lie_one_less(struct lie *l);
void lie_a_byte_more(struct lie *l);
void lie_other_root(struct lie *l);
void lie_gates_lock(struct lie *l);
void lie_later_tokens(struct lie *l); /* the first, as of a later key */
void lie_tokens_of_what_is_not_searched(struct lie *l);
void lie_body_of_nothing(struct lie *l); /* which nobody can open */

#endif
