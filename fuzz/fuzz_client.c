/*
 * A client and a gate that lies.  A session in which a caseworker reads a
 * record was recorded once; here its answers come again, altered by acts of
 * seven bytes each: to which call, what is done, where, and with what.
 * Whatever comes, nothing is shown that she and her colleagues did not write.
 * Covers: vault/client.c vault/client_sync.c vault/client_act.c
 * vault/client_read.c vault/client_keys.c
 */
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"
#include "base/codec.h"
#include "tests/support/office.h"
#include "vault/message.h"

#include "fuzz/fuzz.h"

#define CALLS_MAX 8
#define ACTS_MAX 4
#define PERSON "case-1"

/* What the honest gate said, and who asked. */
static struct {
    bool ready;
    struct arena *arena;
    struct user_keys keys;
    struct card card;
    struct sign_seed log;
    struct hash vault;
    struct handle record;
    uint64_t now_ms;
    size_t n;
    struct buf answers[CALLS_MAX];
    struct buf roster; /* encoded */
    struct buf seen;   /* what she read */
} honest;

/* ---- A session ---- */

struct session {
    struct transport transport;
    struct buf roster, seen; /* empty where it did not come so far */
};

/* All that the view shows. */
static void
put_view(const struct record_view *v, struct buf *out)
{
    demand(buf_append(out, BYTES(v->handle.b)) == SV_OK);
    for (size_t i = 0; i < v->type->n; i++) {
        if (v->contents[i].fields == NULL)
            continue;
        demand(content_encode(&v->contents[i], out) == SV_OK);
        demand(buf_text(out, v->newest[i].author) == SV_OK);
    }
}

static enum sv_err
read_record(struct client *c, struct session *s)
{
    struct record_view v;
    struct record_list list = {.n = 0};
    enum sv_err err = client_record_list(c, "victim", UINT64_MAX, 10, &list);

    record_list_free(&list);
    memset(&v, 0, sizeof v);
    if (err == SV_OK)
        err = client_record_read(c, "victim", &honest.record, 0, NULL, &v);
    if (err == SV_OK)
        put_view(&v, &s->seen);
    else
        demand(fuzz_is_zero(&v, sizeof v));
    record_view_free(&v);
    return err;
}

static enum sv_err
run_session(struct session *s)
{
    struct identity identity = identity_of_keys(&honest.keys);
    struct rng_fixed random = {.seed = "a session"};
    struct client_config config = {s->transport, support_clock(&honest.now_ms),
                                   rng_fixed(&random), honest.arena};
    struct client_hello hello;
    struct client *c = NULL;
    struct pin pin;
    enum sv_err err;

    pin_init(&pin);
    pin.vault = honest.vault;
    demand(client_new(&config, &c) == SV_OK);
    err = client_hello(c, &hello);
    if (err == SV_OK)
        err = client_begin(c, &honest.card, &identity, &pin);
    if (err == SV_OK)
        demand(roster_encode(client_roster(c), &s->roster) == SV_OK);
    if (err == SV_OK)
        err = read_record(c, s);
    client_free(c);
    pin_clear(&pin);
    return err;
}

/* ---- Recording ---- */

static enum sv_err
record_call(void *ctx, struct bytes request, struct buf *response)
{
    enum sv_err err = gate_handle(ctx, request, response);

    demand(honest.n < CALLS_MAX);
    demand(buf_append(&honest.answers[honest.n++], buf_bytes(response)) ==
           SV_OK);
    return err;
}

static void
record(void)
{
    static struct office o;
    struct session s = {.roster = BUF_INIT};

    office_prepare(&o, NULL, NULL);
    demand(office_found(&o) == SV_OK && office_open(&o) == SV_OK);
    demand(office_hire(&o, PERSON, "caseworker") == SV_OK);
    demand(office_record(&o, PERSON, "2022-001", "Sato", &honest.record) ==
           SV_OK);
    office_end(&o, PERSON);
    honest.keys = office_person(&o, PERSON)->keys;
    honest.card = office_person(&o, PERSON)->card;
    honest.log = o.gate_keys.log;
    honest.vault = o.vault;
    honest.now_ms = o.now_ms;
    demand(arena_new((size_t)1 << 16, &honest.arena) == SV_OK);
    s.transport = (struct transport){record_call, o.gate};
    demand(run_session(&s) == SV_OK);
    honest.roster = s.roster;
    honest.seen = s.seen;
    office_free(&o);
    honest.ready = true;
}

/* ---- Lying ---- */

struct act {
    uint8_t call, kind, high, low, value, len, other;
};
struct lies {
    struct act acts[ACTS_MAX];
    size_t n_acts;
    size_t n; /* calls so far */
};

/* Another head, signed by the log's own key. */
static void
change_head(const struct act *a, struct bytes *note, struct buf *out)
{
    struct checkpoint c;
    struct note n;

    if (note_parse(*note, &n) != SV_OK || checkpoint_parse(n.text, &c) != SV_OK)
        return;
    c.size += a->value;
    c.size -= a->len;
    c.root.b[a->other % sizeof c.root.b] ^= a->low;
    if (checkpoint_sign(&c, &honest.log, out) == SV_OK)
        *note = buf_bytes(out);
}

/* One part of an answer is what another part, or nothing, was. */
static void
exchange(const struct act *a, struct message_answer *m)
{
    struct bytes *sync[] = {&m->sync.head,        &m->sync.consistency,
                            &m->sync.roster,      &m->sync.grants,
                            &m->sync.schema_json, &m->sync.schema_codes,
                            &m->sync.flags};
    struct bytes *act[] = {&m->act.entry, &m->act.inclusion, &m->act.head,
                           &m->act.consistency, &m->act.body};

    if (m->kind == MESSAGE_SYNC)
        *sync[a->value % 7] = *sync[a->other % 7];
    else
        *act[a->value % 5] = *act[a->other % 5];
    if (m->kind == MESSAGE_ACT)
        m->act.index += a->len;
}

static void
restructure(const struct act *a, struct buf *answer)
{
    struct message_answer m;
    struct buf head = BUF_INIT, out = BUF_INIT;
    enum sv_err err;

    if (message_answer_decode(buf_bytes(answer), &m) != SV_OK ||
        m.status != SV_OK)
        return;
    if (a->kind % 2 == 0)
        change_head(a, m.kind == MESSAGE_SYNC ? &m.sync.head : &m.act.head,
                    &head);
    else
        exchange(a, &m);
    err = m.kind == MESSAGE_SYNC ? message_sync_answer_encode(&m.sync, &out)
                                 : message_act_answer_encode(&m.act, &out);
    if (err == SV_OK) {
        buf_free(answer);
        *answer = buf_take(&out);
    }
    buf_free(&out);
    buf_free(&head);
}

static void
alter(const struct act *a, struct buf *answer)
{
    size_t at = ((size_t)a->high << 8 | a->low) * answer->len >> 16;
    size_t n = answer->len - at < a->len ? answer->len - at : a->len;

    switch (a->kind % 8) {
    case 0:
    case 1:
        restructure(a, answer);
        break;
    case 2: /* another answer in its place */
        buf_truncate(answer, 0);
        demand(buf_append(answer,
                          buf_bytes(&honest.answers[a->other % honest.n])) ==
               SV_OK);
        break;
    case 3: /* cut */
        buf_truncate(answer, at);
        break;
    case 4: /* bytes taken out */
        memmove(answer->ptr + at, answer->ptr + at + n, answer->len - at - n);
        buf_truncate(answer, answer->len - n);
        break;
    default: /* a byte changed */
        if (at < answer->len)
            answer->ptr[at] ^= a->value;
        break;
    }
}

static enum sv_err
lie(void *ctx, struct bytes request, struct buf *response)
{
    struct lies *l = ctx;
    size_t call = l->n++;
    struct buf answer = BUF_INIT;

    (void)request;
    if (call >= honest.n)
        return SV_ERR_IO;
    demand(buf_append(&answer, buf_bytes(&honest.answers[call])) == SV_OK);
    for (size_t i = 0; i < l->n_acts; i++) {
        if (l->acts[i].call % honest.n == call)
            alter(&l->acts[i], &answer);
    }
    fuzz_fit(&answer);
    demand(buf_append(response, buf_bytes(&answer)) == SV_OK);
    buf_free(&answer);
    return SV_OK;
}

/* A gate may keep back what came last; it cannot make anything up. */
static void
check_roster(const struct buf *got)
{
    struct roster r, all;

    if (got->len == 0 || bytes_equal(buf_bytes(got), buf_bytes(&honest.roster)))
        return;
    roster_init(&r);
    roster_init(&all);
    demand(roster_decode(buf_bytes(got), &r) == SV_OK);
    demand(roster_decode(buf_bytes(&honest.roster), &all) == SV_OK);
    demand(r.last_index < all.last_index);
    roster_clear(&r);
    roster_clear(&all);
}

void
fuzz_one(struct bytes in)
{
    struct lies l = {.n = 0};
    struct session s = {.transport = {lie, &l}};
    struct reader r = reader_of(in);
    enum sv_err err;

    if (!honest.ready)
        record();
    while (l.n_acts < ACTS_MAX && in.len - r.at >= sizeof *l.acts)
        reader_copy(&r, (uint8_t *)&l.acts[l.n_acts++], sizeof *l.acts);
    err = run_session(&s);
    demand(l.n_acts > 0 || err == SV_OK);
    check_roster(&s.roster);
    demand(s.seen.len == 0 ||
           bytes_equal(buf_bytes(&s.seen), buf_bytes(&honest.seen)));
    buf_free(&s.roster);
    buf_free(&s.seen);
}

void
fuzz_seeds(struct seeds *s)
{
    seed(s, bytes_text(""));
    for (uint8_t kind = 0; kind < 6; kind++) {
        for (uint8_t call = 1; call < 4; call++) {
            const struct act a = {call, kind, (uint8_t)(call * 60), 9, 1, 1, 2};

            seed(s, bytes_of(&a, sizeof a));
        }
    }
}
