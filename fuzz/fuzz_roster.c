/*
 * Rosters.  The first byte says how: one encoded, or entries (u16 lengths)
 * as a client takes them in.
 * Covers: policy/roster.c policy/roster_codec.c policy/roster_apply.c
 * vault/handover.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "tests/support/fakelog.h"
#include "vault/handover.h"

#include "fuzz/fuzz.h"

/* Nobody is given a key that is not there. */
static void
check_handover(const struct roster *r)
{
    struct request q = {.act = ACT_STAFF_CONFIRM};

    for (size_t i = 0; i < r->n_proposals; i++) {
        struct handover h = {.n = 0};

        q.entry = r->proposals[i].index;
        q.act = r->proposals[i].role[0] == '\0' ? ACT_STAFF_REINSTATE
                                                : ACT_STAFF_CONFIRM;
        if (handover_of(r, &q, r->last_index + 1, r->last_ms, &h) != SV_OK)
            continue;
        for (size_t k = 0; k < h.n; k++)
            demand(h.items[k].column < r->policy.n_columns &&
                   h.items[k].epoch > 0);
        free(h.items);
    }
}

static void
check_roster(const struct roster *r)
{
    for (size_t i = 0; i < r->n_persons; i++) {
        const char *name = r->persons[i].name;

        demand(roster_person(r, name) != NULL);
        for (unsigned k = 0; k < r->policy.n_roles; k++) {
            const char *role = r->policy.roles[k].name;

            (void)roster_grant_at(r, name, role, r->last_index, r->last_ms);
            (void)roster_grant_open(r, name, role);
        }
        for (unsigned t = 0; t < r->policy.n_types; t++)
            (void)roster_works_with(r, name, t, r->last_index, r->last_ms);
    }
    for (unsigned c = 0; c < r->policy.n_columns; c++)
        (void)roster_key(r, c);
    (void)roster_ready(r);
    check_handover(r);
}

static void
check_encoded(struct bytes in)
{
    struct roster r, none;
    struct buf again = BUF_INIT;

    roster_init(&r);
    roster_init(&none);
    if (roster_decode(in, &r) == SV_OK) {
        demand(roster_encode(&r, &again) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
        check_roster(&r);
    } else {
        demand(memcmp(&r, &none, sizeof r) == 0);
    }
    buf_free(&again);
    roster_clear(&r);
}

/* After each entry it can be kept and taken up again; one that is refused
 * leaves it as it was. */
static void
check_entries(struct bytes in)
{
    struct reader in_entries = reader_of(in);
    struct buf was = BUF_INIT, is = BUF_INIT;
    struct roster r;
    enum sv_err err = SV_OK;

    roster_init(&r);
    while (err == SV_OK && in_entries.at < in.len) {
        struct bytes entry = reader_medium(&in_entries, ENTRY_MAX);
        struct entry e;

        buf_truncate(&was, 0);
        demand(roster_encode(&r, &was) == SV_OK);
        /* The index is the entry's own; a client knows it beforehand. */
        err = entry_parse(entry, &e);
        if (err == SV_OK)
            err = roster_replay(&r, e.index, entry);
        buf_truncate(&is, 0);
        demand(roster_encode(&r, &is) == SV_OK);
        demand(err == SV_OK || bytes_equal(buf_bytes(&was), buf_bytes(&is)));
    }
    fuzz_fit(&is);
    check_encoded(buf_bytes(&is));
    buf_free(&was);
    buf_free(&is);
    roster_clear(&r);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_encoded(in);
    else
        check_entries(in);
    fuzz_heap_bounded(in.len, 64);
}

static void
seed_log(struct seeds *s, const struct fakelog *f)
{
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    for (size_t i = 0; i < f->n; i++)
        writer_medium(&w, buf_bytes(&f->entries[i]));
    demand(writer_end(&w) == SV_OK);
    seed_choice_buf(s, 1, &b);
    demand(roster_encode(&f->replay.roster, &b) == SV_OK);
    seed_choice_buf(s, 0, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    struct fakelog f;
    struct request q;

    fakelog_init(&f);
    seed_log(s, &f);
    fakelog_clear(&f);
    fakelog_found(&f, "small-office");
    (void)fakelog_hire(&f, "cora", "caseworker", 0);
    q = fakelog_request(&f, ACT_STAFF_SUSPEND, FAKELOG_ADMINISTRATOR,
                        "administrator");
    memcpy(q.person, "cora", 5);
    (void)fakelog_append(&f, &q, OUTCOME_DONE);
    q = fakelog_request_propose(&f, "ida", "intake", 0);
    (void)fakelog_append(&f, &q, OUTCOME_DONE);
    seed_log(s, &f);
    fakelog_clear(&f);
}
