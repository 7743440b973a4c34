#include "bench/vault.h"

#include <stdlib.h>
#include <string.h>

#include "vault/client.h"
#include "vault/envelope.h"

#define BATCH 10000
#define OPENINGS 20
#define ARENA_LEN ((size_t)256 << 10)

static struct bench_vault *the_vault;

/* ---- A client that is looked at ---- */

static enum sv_err
tap_call(void *ctx, struct bytes request, struct buf *response)
{
    struct desk_tap *tap = ctx;

    buf_truncate(&tap->sent, 0);
    must(buf_append(&tap->sent, request), "a request");
    return tap->to.call == NULL ? SV_ERR_IO
                                : tap->to.call(tap->to.ctx, request, response);
}

static void
make_content(struct asker *a)
{
    const struct schema_type *type =
        schema_type(client_schema(a->client), BENCH_TYPE);
    const struct schema_compartment *sc =
        schema_compartment(type, BENCH_COMPARTMENT, &a->compartment);
    uint8_t text[BENCH_TEXT_LEN];
    const char *reason = NULL;
    size_t field = 0;

    memset(text, 'x', sizeof text);
    must_be(sc != NULL && schema_field(sc, bytes_text("summary"), &field),
            "the schema has no field to write");
    must(content_new(sc, &a->content), "content");
    must(content_add(&a->content, field, BYTES(text), &reason), "content");
}

void
asker_begin(struct asker *a, struct bench_vault *v, struct transport to)
{
    struct client_config config = {
        {tap_call, &a->tap}, v->office.config.clock, rng_system(), NULL};
    struct client_hello hello;

    *a = (struct asker){.vault = v, .tap = {to, BUF_INIT}};
    must(arena_new(ARENA_LEN, &a->arena), "arena");
    config.arena = a->arena;
    a->who = *office_person(&v->office, BENCH_PERSON);
    pin_init(&a->who.pin);
    a->who.pin.vault = v->office.vault;
    must(client_new(&config, &a->client), "client");
    must(client_hello(a->client, &hello), "hello");
    must(client_begin(a->client, &a->who.card, &a->who.identity, &a->who.pin),
         "begin");
    make_content(a);
}

void
asker_end(struct asker *a)
{
    content_free(&a->content);
    client_free(a->client);
    arena_free(a->arena);
    buf_free(&a->tap.sent);
}

enum sv_err
asker_read(struct asker *a, const struct target *t)
{
    static const char *const compartments[] = {BENCH_COMPARTMENT};
    struct record_view view = {0};
    enum sv_err err = client_record_read(a->client, BENCH_TYPE, &t->record, 1,
                                         compartments, &view);

    record_view_free(&view);
    return err;
}

/* The envelopes that a request carries. */
static struct bytes
body_of(const struct asker *a)
{
    struct message_request *m = zeros(1, sizeof *m);
    struct bytes body = {NULL, 0};

    must(message_request_decode(buf_bytes(&a->tap.sent), m), "a request");
    if (m->kind == MESSAGE_ACT)
        body = m->act.body;
    free(m);
    return body;
}

enum sv_err
asker_write(struct asker *a, struct target *t)
{
    struct record_view base = {
        .type = schema_type(client_schema(a->client), BENCH_TYPE)};
    struct envelope env;
    struct bytes body;
    enum sv_err err;

    base.newest[a->compartment].version = t->version;
    memcpy(base.newest[a->compartment].hash, t->hash, sizeof t->hash);
    err = client_record_save(a->client, BENCH_TYPE, &t->record, &a->content,
                             &base);
    body = body_of(a);
    must(envelope_decode(&body, &env), "an envelope");
    t->version++;
    envelope_hash(&env, t->hash);
    return err;
}

struct target *
bench_target(struct bench_vault *v, enum work w, unsigned client,
             unsigned clients, unsigned *seed)
{
    size_t any = (size_t)rand_r(seed) % v->n;

    /* Two who write one record would be in conflict. */
    if (w == WORK_WRITE)
        any = any - any % clients + client;
    return &v->targets[any < v->n ? any : client];
}

/* ---- The records ---- */

/* What an import sends is what is there afterwards. */
static void
note_targets(struct bench_vault *v, struct bytes body)
{
    struct envelope env;
    struct envelope_header h;

    while (envelope_decode(&body, &env) == SV_OK &&
           envelope_header_decode(env.header, &h) == SV_OK) {
        struct target *t = &v->targets[v->n];

        if (strcmp(h.compartment, BENCH_COMPARTMENT) != 0)
            continue;
        t->record = h.record;
        t->version = h.version;
        envelope_hash(&env, t->hash);
        v->n++;
    }
}

struct import_tap {
    struct asker *asker;
    struct gate *gate;
};

static enum sv_err
import_call(void *ctx, struct bytes request, struct buf *response)
{
    struct import_tap *tap = ctx;

    note_targets(tap->asker->vault, body_of(tap->asker));
    return gate_handle(tap->gate, request, response);
}

static struct buf
make_rows(size_t from, size_t to)
{
    struct buf csv = BUF_INIT;
    char text[BENCH_TEXT_LEN + 1];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    must(buf_text(&csv, "identity.case_no,identity.family_name,"
                        "facts.gender,narrative.summary\n"),
         "rows");
    for (size_t i = from; i < to; i++)
        must(buf_printf(&csv, "B-%07zu,Name%zu,female,%s\n", i, i, text),
             "rows");
    return csv;
}

static void
import_rows(struct client *c, size_t from, size_t to)
{
    struct buf csv = make_rows(from, to);
    struct import im = {0};
    struct import_report report;
    struct diag where = {0};

    must(import_read(schema_type(client_schema(c), BENCH_TYPE), buf_bytes(&csv),
                     &im, &where),
         "rows");
    must(client_import(c, &im, NULL, NULL, &report), "import");
    must_be(report.n_done == to - from, "not all rows came in");
    import_free(&im);
    buf_free(&csv);
}

static double
fill(struct bench_vault *v, size_t from, size_t to)
{
    struct asker a;
    struct import_tap tap = {&a, v->office.gate};
    double start;

    asker_begin(&a, v, (struct transport){import_call, &tap});
    start = now_us();
    for (size_t at = from; at < to; at += BATCH)
        import_rows(a.client, at, at + BATCH < to ? at + BATCH : to);
    start = now_us() - start;
    must_be(v->n == to, "not all records are known");
    asker_end(&a);
    return (double)(to - from) / start * 1e6;
}

static double
open_ms(struct bench_vault *v)
{
    double ms[OPENINGS];

    for (unsigned i = 0; i < OPENINGS; i++) {
        double start;

        office_close(&v->office);
        start = now_us();
        must(office_open(&v->office), "open");
        ms[i] = (now_us() - start) / 1e3;
    }
    return median(ms, OPENINGS);
}

struct bench_vault *
bench_vault(const struct plan *plan)
{
    struct bench_vault *v = the_vault;
    size_t few = plan->records < FEW_RECORDS ? plan->records / 2 : FEW_RECORDS;

    if (v != NULL)
        return v;
    v = zeros(1, sizeof *v);
    v->targets = zeros(plan->records, sizeof *v->targets);
    must_be(setenv("TMPDIR", plan->dir, 1) == 0, "TMPDIR");
    office_prepare(&v->office, NULL, NULL);
    v->office.config.clock = clock_system();
    v->office.config.rng = rng_system();
    must(office_found(&v->office), "vault");
    must(office_open(&v->office), "open");
    office_hire_all(&v->office);
    (void)fill(v, 0, few);
    v->open_ms[0] = open_ms(v);
    v->import_per_s = fill(v, few, plan->records);
    v->open_ms[1] = open_ms(v);
    office_close(&v->office);
    the_vault = v;
    return v;
}

double
bench_verify(struct bench_vault *v, double *entries)
{
    struct log_verdict verdict = {0};
    struct client *c;
    double start, us;

    must(office_open(&v->office), "open");
    c = office_client(&v->office, "audit-1");
    *entries = (double)client_pin(c)->size;
    start = now_us();
    must(client_log_verify(c, NULL, NULL, &verdict), "log verify");
    us = now_us() - start;
    must_be(verdict.fault.reason == NULL && verdict.n_findings == 0,
            "the log does not verify");
    free(verdict.findings);
    office_close(&v->office);
    return us / *entries;
}

void
bench_vault_free(void)
{
    if (the_vault == NULL)
        return;
    office_free(&the_vault->office);
    free(the_vault->targets);
    free(the_vault);
    the_vault = NULL;
}
