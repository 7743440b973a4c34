#include "campaigns/tamper/reading.h"

#include "crypto/digest.h"
#include "vault/client_release.h"

static void
say(struct reading *r, const char *what, const char *why)
{
    if (r->found[0] == '\0')
        (void)snprintf(r->found, sizeof r->found, "%s: %s", what, why);
}

/* True where err is none; otherwise it is what was found. */
static bool
went_well(struct world *w, struct reading *r, const char *who, const char *what,
          enum sv_err err)
{
    const struct client *c = office_person(&w->o, who)->client;
    const char *why = c != NULL ? client_trouble(c)->what : NULL;

    if (err == SV_OK)
        return true;
    r->less = true;
    say(r, what, why != NULL ? why : err_text(err));
    return false;
}

static struct client *
begin(struct world *w, struct reading *r, const char *who)
{
    enum sv_err err = office_begin(&w->o, who);

    return went_well(w, r, who, "session", err)
               ? office_person(&w->o, who)->client
               : NULL;
}

/* ---- Rows, by themselves ---- */

struct rows {
    struct world *w;
    struct reading *r;
    unsigned table;
};

static enum sv_err
see_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
        bool *more)
{
    const struct rows *rows = ctx;
    uint8_t name[32], hash[32];
    const uint8_t *want;

    (void)more;
    world_row_key(rows->table, key, name);
    want = map_get(&rows->w->rows, name);
    digest("value", value, hash);
    if (damaged)
        say(rows->r, "row", "does not open");
    else if (want == NULL || memcmp(want, hash, sizeof hash) != 0)
        rows->r->other = true;
    return SV_OK;
}

/* A row opens to what was sealed in it, or not at all.  Which are missing is
 * not asked here. */
static void
read_rows(struct world *w, const char *dir, struct reading *r)
{
    struct store *s = NULL;
    struct store_txn *txn = NULL;
    struct bytes all = bytes_of("", 0);
    enum sv_err err = store_lmdb_open(dir, TABLES_N, false, &s);

    if (err == SV_OK)
        err = store_begin(s, STORE_READ, &txn);
    for (unsigned i = 0; i < TABLES_N && err == SV_OK; i++) {
        struct rows rows = {w, r, i};
        struct tables t = {txn, &w->o.gate_keys.storage, &w->o.config.rng,
                           NULL};

        err = tables_scan(&t, (enum table_id)i, all, all, see_row, &rows);
    }
    store_abort(&txn);
    store_close(s);
    if (err != SV_OK)
        say(r, "data file", err_text(err));
}

/* ---- What a user sees ---- */

static void
see_content(const struct world *w, const struct handle *h, size_t compartment,
            const struct content *content, struct reading *r)
{
    const struct truth *found = NULL;
    struct buf raw = BUF_INIT;

    if (content_encode(content, &raw) != SV_OK)
        r->other = true;
    for (size_t i = 0; i < w->n_truths; i++) {
        const struct truth *t = &w->truths[i];

        if (memcmp(t->record.b, h->b, HANDLE_LEN) == 0 &&
            t->compartment == compartment &&
            bytes_equal(buf_bytes(&t->content), buf_bytes(&raw)) &&
            (found == NULL || t->current))
            found = t;
    }
    if (found == NULL)
        r->other = true;
    else if (!found->current)
        r->older = true;
    buf_free(&raw);
}

static void
read_record(struct world *w, struct client *c, const struct handle *h,
            struct reading *r)
{
    struct record_view v = {0};

    if (!went_well(w, r, "case-1", "record",
                   client_record_read(c, "victim", h, 0, NULL, &v)))
        return;
    if (memcmp(v.handle.b, h->b, HANDLE_LEN) != 0)
        r->other = true;
    for (size_t k = 0; k < SCHEMA_COMPARTMENTS_MAX; k++)
        if (v.contents[k].fields != NULL)
            see_content(w, h, k, &v.contents[k], r);
    record_view_free(&v);
}

static void
read_list(struct world *w, struct client *c, struct reading *r)
{
    struct record_list list = {0};
    uint8_t hash[32];

    if (!went_well(w, r, "case-1", "list",
                   client_record_list(c, "victim", UINT64_MAX, 100, &list)))
        return;
    world_hash_list(&list, hash);
    if (memcmp(hash, w->listed, sizeof hash) != 0)
        r->less = true;
    record_list_free(&list);
}

static void
find(struct world *w, struct client *c, struct reading *r)
{
    struct find_list list = {0};

    if (!went_well(
            w, r, "case-1", "search",
            client_record_find(c, "victim", bytes_text("2022-001"), &list)))
        return;
    if (list.n != 1 || !list.rows[0].shown ||
        memcmp(list.rows[0].handle.b, w->records[0].b, HANDLE_LEN) != 0)
        r->less = true;
    find_list_free(&list);
}

static void
read_history(struct world *w, struct client *c, struct reading *r)
{
    struct record_version *versions = NULL;
    size_t n = 0;

    if (went_well(w, r, "case-1", "history",
                  client_record_history(c, "victim", &w->records[0], &versions,
                                        &n)) &&
        n != w->n_versions)
        r->less = true;
    free(versions);
}

static void
read_release(struct world *w, struct reading *r)
{
    struct client *c = begin(w, r, "stats-1");
    struct release_package p = {.bytes = BUF_INIT};
    uint8_t hash[32];

    if (c == NULL || !went_well(w, r, "stats-1", "release",
                                client_release_fetch(c, w->release, &p)))
        return;
    digest("released", buf_bytes(&p.bytes), hash);
    if (memcmp(hash, w->released, sizeof hash) != 0)
        r->other = true;
    release_package_free(&p);
}

/* What an approver sees of each: the same bytes, for the same was asked. */
static void
show_release(struct world *w, uint64_t number, struct reading *r)
{
    struct client *c = begin(w, r, "approve-1");
    struct release_view v = {.has_bytes = false};
    uint8_t hash[32];

    if (c == NULL || !went_well(w, r, "approve-1", "release",
                                client_release_show(c, number, &v)))
        return;
    digest("released", buf_bytes(&v.bytes), hash);
    if (v.has_bytes && number == w->release &&
        memcmp(hash, w->released, sizeof hash) != 0)
        r->other = true;
    release_view_free(&v);
}

static void
verify(struct world *w, struct reading *r)
{
    struct client *c = begin(w, r, "audit-1");
    struct log_verdict v = {0};

    if (c == NULL || !went_well(w, r, "audit-1", "verify",
                                client_log_verify(c, NULL, NULL, &v)))
        return;
    if (v.fault.reason != NULL)
        say(r, "log", v.fault.reason);
    if (v.n_findings > 0)
        say(r, v.findings[0].place, v.findings[0].reason);
    free(v.findings);
}

void
reading_do(struct world *w, const char *dir, bool with_rows,
           struct reading *out)
{
    char holder[GATE_HOLDER_SIZE];
    const char *what = "gate";
    struct client *c;
    enum sv_err err;

    memset(out, 0, sizeof *out);
    assert_ok(arena_new((size_t)1 << 20, &w->o.arena)); /* none is inherited */
    w->o.config.dir = dir;
    if (with_rows)
        read_rows(w, dir, out);
    err = gate_open(&w->o.config, holder, &what, &w->o.gate);
    if (err != SV_OK) {
        out->less = true;
        say(out, what, err_text(err));
        return;
    }
    c = begin(w, out, "case-1");
    for (size_t i = 0; c != NULL && i < w->n_records; i++)
        read_record(w, c, &w->records[i], out);
    if (c != NULL) {
        read_list(w, c, out);
        find(w, c, out);
        read_history(w, c, out);
    }
    if (w->release != 0) {
        read_release(w, out);
        show_release(w, w->release, out);
        show_release(w, w->refused, out);
    }
    verify(w, out);
    office_close(&w->o);
}
