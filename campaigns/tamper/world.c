#include "campaigns/tamper/world.h"

#include <unistd.h>

#include "counts/document.h"
#include "crypto/digest.h"
#include "vault/client_release.h"

#define START_2023 UINT64_C(1680230000000) /* 31 March 2023 */
#define STAGES 3

static const char spec[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                           "period calendar\nas-of 2023-03-31\nminor-age 18\n";

static const char *const identity[] = {"identity"};

/* ---- What is true of it ---- */

static void
remember(struct world *w, const struct handle *h, size_t compartment,
         const struct content *content)
{
    struct truth t = {
        .record = *h, .compartment = compartment, .current = true};

    assert_ok(content_encode(content, &t.content));
    for (size_t i = 0; i < w->n_truths; i++) {
        struct truth *old = &w->truths[i];

        if (memcmp(old->record.b, h->b, HANDLE_LEN) != 0 ||
            old->compartment != compartment || !old->current)
            continue;
        if (bytes_equal(buf_bytes(&old->content), buf_bytes(&t.content))) {
            buf_free(&t.content);
            return;
        }
        old->current = false;
    }
    assert_true(w->n_truths < WORLD_TRUTHS);
    w->truths[w->n_truths++] = t;
}

/* ---- What is done in it ---- */

static struct handle *
new_record(struct world *w)
{
    assert_true(w->n_records < WORLD_RECORDS);
    return &w->records[w->n_records++];
}

static void
add_record(struct world *w, const char *case_no, const char *family)
{
    assert_ok(office_named(&w->o, "case-1", case_no, family, "Hanako", "ヤマダ",
                           "ハナコ", "03-1234-5678", new_record(w)));
}

static void
edit(struct world *w, size_t record, const char *family)
{
    struct client *c = office_client(&w->o, "case-1");
    const struct handle *h = &w->records[record];
    struct record_view v = {0};
    const char *reason = NULL;
    struct schema_place at;

    assert_ok(client_record_read(c, "victim", h, 1, identity, &v));
    assert_ok(draft_place(v.type, bytes_text("identity.family_name"), &at));
    assert_ok(content_parse(&v.contents[at.compartment], at.field,
                            bytes_text(family), &reason));
    assert_ok(
        client_record_save(c, "victim", h, &v.contents[at.compartment], &v));
    remember(w, h, at.compartment, &v.contents[at.compartment]);
    record_view_free(&v);
}

static void
add_victim(struct world *w, const char *gender)
{
    const char *const fields[][2] = {
        {"facts.gender", gender},
        {"facts.identification_status", "actual"},
        {"facts.counted_by", "national"},
        {"facts.counted_year", "2022"},
        {"facts.citizenship", "JPN"},
        {"facts.age_at_protection", "17"},
    };
    struct client *c = office_client(&w->o, "case-1");
    struct draft d = {0};
    const char *reason = NULL;

    assert_ok(draft_new(schema_type(client_schema(c), "victim"), &d));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct schema_place at;

        assert_ok(draft_place(d.type, bytes_text(fields[i][0]), &at));
        assert_ok(content_add(&d.contents[at.compartment], at.field,
                              bytes_text(fields[i][1]), &reason));
    }
    assert_ok(client_record_add(c, &d, new_record(w)));
    draft_free(&d);
}

/* A denial for want of break-glass, and an assignment that is flagged. */
static void
work_at_night(struct world *w)
{
    struct record_view v = {0};
    struct client *lead = office_client(&w->o, "lead-1");

    assert_err(
        client_record_read(lead, "victim", &w->records[0], 1, identity, &v),
        SV_ERR_DENIED);
    assert_ok(
        client_record_assign(lead, "victim", &w->records[0], "case-2", true));
}

static uint64_t
ask_release(struct world *w)
{
    struct client *c = office_client(&w->o, "stats-1");
    struct buf cells = BUF_INIT;
    uint64_t number = 0;

    assert_ok(client_release_request(c, RELEASE_EXACT, bytes_text(spec),
                                     bytes_text("Action Plan"), NULL, &number,
                                     &cells));
    assert_ok(
        client_release_acknowledge(c, number, buf_bytes(&cells), true, 0));
    buf_free(&cells);
    return number;
}

static void
release(struct world *w)
{
    struct release_view v = {0};
    struct buf preview = BUF_INIT;

    w->release = ask_release(w);
    assert_ok(
        client_release_show(office_client(&w->o, "approve-1"), w->release, &v));
    assert_ok(client_release_approve(office_client(&w->o, "approve-1"),
                                     w->release, &v));
    release_view_free(&v);
    w->refused = ask_release(w);
    assert_ok(
        client_release_refuse(office_client(&w->o, "approve-1"), w->refused));
    assert_ok(client_counts_preview(office_client(&w->o, "stats-1"),
                                    bytes_text(spec), &preview));
    buf_free(&preview);
}

static void
stage_of_small(struct world *w)
{
    struct office *o = &w->o;

    switch (w->stage) {
    case 0:
        assert_ok(office_found(o));
        assert_ok(office_open(o));
        assert_ok(office_hire(o, "case-1", "caseworker"));
        assert_ok(office_hire(o, "audit-1", "auditor"));
        add_record(w, "2022-001", "Yamada");
        break;
    case 1:
        edit(w, 0, "Suzuki");
        break;
    default:
        add_record(w, "2022-002", "Sato");
    }
}

static void
stage_of_office(struct world *w)
{
    static const char *const family[] = {"Tanaka", "Ito", "Kato"};
    struct office *o = &w->o;

    switch (w->stage) {
    case 0:
        assert_ok(office_found(o));
        assert_ok(office_open(o));
        office_hire_all(o);
        o->now_ms = START_2023;
        add_record(w, "2022-001", "Yamada");
        add_record(w, "2022-002", "Sato");
        break;
    case 1:
        for (size_t i = 0; i < sizeof family / sizeof family[0]; i++)
            edit(w, 0, family[i]);
        for (unsigned i = 0; i < 6; i++)
            add_victim(w, i < 2 ? "male" : "female");
        work_at_night(w);
        release(w);
        break;
    default:
        edit(w, 1, "Mori");
        assert_ok(client_record_assign(office_client(o, "lead-1"), "victim",
                                       &w->records[1], "case-2", true));
        edit(w, 0, "Abe");
    }
}

/* ---- What it shows ---- */

static void
remember_contents(struct world *w)
{
    struct client *c = office_client(&w->o, "case-1");

    for (size_t i = 0; i < w->n_records; i++) {
        struct record_view v = {0};

        assert_ok(client_record_read(c, "victim", &w->records[i], 0, NULL, &v));
        for (size_t k = 0; k < SCHEMA_COMPARTMENTS_MAX; k++)
            if (v.contents[k].fields != NULL)
                remember(w, &w->records[i], k, &v.contents[k]);
        record_view_free(&v);
    }
}

void
world_hash_list(const struct record_list *l, uint8_t out[static 32])
{
    struct digest d;

    digest_begin(&d, "list");
    for (size_t i = 0; i < l->n; i++) {
        const struct record_row *r = &l->rows[i];

        digest_add(&d, BYTES(r->handle.b));
        digest_add(&d, bytes_of(&r->index, sizeof r->index));
        digest_add(&d, bytes_of(&r->created_ms, sizeof r->created_ms));
        digest_add(&d, bytes_of(&r->changed_ms, sizeof r->changed_ms));
        digest_add(&d, bytes_text(r->creator));
        digest_add(&d, bytes_of(&r->assigned, sizeof r->assigned));
        for (size_t k = 0; k < r->n_assignees; k++)
            digest_add(&d, bytes_text(r->assignees[k]));
    }
    digest_end(&d, out);
}

static void
remember_shown(struct world *w)
{
    struct client *c = office_client(&w->o, "case-1");
    struct record_list list = {0};
    struct record_version *versions = NULL;
    struct release_package p = {.bytes = BUF_INIT};

    assert_ok(client_record_list(c, "victim", UINT64_MAX, 100, &list));
    world_hash_list(&list, w->listed);
    record_list_free(&list);
    assert_ok(client_record_history(c, "victim", &w->records[0], &versions,
                                    &w->n_versions));
    free(versions);
    if (w->release == 0)
        return;
    assert_ok(
        client_release_fetch(office_client(&w->o, "stats-1"), w->release, &p));
    digest("released", buf_bytes(&p.bytes), w->released);
    release_package_free(&p);
}

void
world_row_key(unsigned table, struct bytes key, uint8_t out[static 32])
{
    uint8_t number = (uint8_t)table;
    struct digest d;

    digest_begin(&d, "row");
    digest_add(&d, bytes_of(&number, 1));
    digest_add(&d, key);
    digest_end(&d, out);
}

struct remembering {
    struct world *w;
    unsigned table;
};

static enum sv_err
remember_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
             bool *more)
{
    const struct remembering *r = ctx;
    uint8_t name[32], hash[32];

    (void)more;
    assert_false(damaged);
    world_row_key(r->table, key, name);
    digest("value", value, hash);
    return map_set(&r->w->rows, name, hash);
}

static void
remember_rows(struct world *w)
{
    struct store *s = NULL;
    struct store_txn *txn = NULL;
    struct bytes all = bytes_of("", 0);

    assert_ok(store_lmdb_open(w->o.dir, TABLES_N, false, &s));
    assert_ok(store_begin(s, STORE_READ, &txn));
    for (unsigned i = 0; i < TABLES_N; i++) {
        struct remembering r = {w, i};
        struct tables t = {txn, &w->o.gate_keys.storage, &w->o.config.rng,
                           NULL};

        assert_ok(
            tables_scan(&t, (enum table_id)i, all, all, remember_row, &r));
    }
    store_abort(&txn);
    store_close(s);
}

/* ---- From its beginning to its end ---- */

void
world_begin(struct world *w, bool small, uint8_t seed)
{
    memset(w, 0, sizeof *w);
    w->small = small;
    map_init(&w->rows, 32, 32);
    office_prepare(&w->o, NULL, NULL);
    w->o.random.seed[0] = seed;
}

bool
world_grow(struct world *w)
{
    if (w->stage == STAGES)
        return false;
    if (w->stage > 0)
        assert_ok(office_open(&w->o));
    if (w->small)
        stage_of_small(w);
    else
        stage_of_office(w);
    remember_contents(w);
    if (++w->stage == STAGES) {
        remember_shown(w);
        office_verify(&w->o);
    }
    office_close(&w->o);
    solver_process_stop(w->o.solver_process);
    w->o.solver_process = NULL;
    if (w->stage == STAGES)
        remember_rows(w);
    return true;
}

void
world_end(struct world *w)
{
    for (size_t i = 0; i < w->n_truths; i++)
        buf_free(&w->truths[i].content);
    map_clear(&w->rows);
    office_free(&w->o);
}
