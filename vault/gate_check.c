#include "vault/gate_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault/grants.h"

#define PLACE_SIZE 96
#define FINDINGS_MAX 10000

enum sv_err
check_find(struct check *c, const char *place, const char *reason)
{
    struct writer w = writer_to(&c->findings);

    if (c->n > FINDINGS_MAX)
        return SV_OK;
    if (c->n++ == FINDINGS_MAX) {
        place = "store";
        reason = N_("has more that is wrong than is listed here");
    }
    writer_name(&w, place);
    writer_name(&w, reason);
    return writer_end(&w);
}

static enum sv_err
find_at_entry(struct check *c, uint64_t index, const char *reason)
{
    char place[PLACE_SIZE];

    (void)snprintf(place, sizeof place, "entry %llu",
                   (unsigned long long)index);
    return check_find(c, place, reason);
}

/* compartment may be NULL. */
enum sv_err
check_find_record(struct check *c, const uint8_t handle[static HANDLE_LEN],
                  const char *compartment, uint64_t version, const char *reason)
{
    char place[PLACE_SIZE], hex[2 * HANDLE_LEN + 1];

    text_hex(bytes_of(handle, HANDLE_LEN), hex);
    if (compartment == NULL)
        (void)snprintf(place, sizeof place, "record %.8s", hex);
    else
        (void)snprintf(place, sizeof place, "record %.8s %.32s version %llu",
                       hex, compartment, (unsigned long long)version);
    return check_find(c, place, reason);
}

enum sv_err
check_verdict(enum sv_err err)
{
    return err == SV_OK || err == SV_ERR_NOMEM || err == SV_ERR_IO
               ? err
               : SV_ERR_TAMPERED;
}

/* ---- The log ---- */

/* The subtrees that are stored must be those of the entries. */
static enum sv_err
check_hashes(struct check *c, struct tree_frontier *frontier, uint64_t index,
             struct bytes entry)
{
    struct hash done[TREE_LEVELS], leaf = tree_leaf(entry);
    struct buf stored = BUF_INIT;
    uint8_t key[8];
    unsigned n;
    enum sv_err err;

    frontier_append(frontier, &leaf, done, &n);
    put_u64(key, index);
    err = tables_get(&c->a->tables, TABLE_HASH, BYTES(key), &stored);
    if (err == SV_ERR_NOT_FOUND || err == SV_ERR_TAMPERED ||
        (err == SV_OK &&
         !bytes_equal(buf_bytes(&stored), bytes_of(done, n * sizeof done[0]))))
        err = find_at_entry(c, index, N_("its tree hashes are damaged"));
    buf_free(&stored);
    return err;
}

/* Replay all; *whole says whether the replay came to the end. */
static enum sv_err
check_log(struct check *c, bool *whole)
{
    struct tree_frontier frontier;
    struct replay_fault fault = {0};
    uint64_t size = c->a->log.frontier.size;
    struct hash root = frontier_root(&c->a->log.frontier);
    enum sv_err err = SV_OK;

    *whole = false;
    frontier_init(&frontier);
    for (uint64_t i = 0; i < size && err == SV_OK; i++) {
        struct buf text = BUF_INIT;

        err = log_entry(&c->a->tables, i, &text);
        if (err == SV_OK)
            err = check_hashes(c, &frontier, i, buf_bytes(&text));
        if (err == SV_OK)
            err = replay_entry(&c->replay, buf_bytes(&text), &fault);
        else if (err == SV_ERR_TAMPERED || err == SV_ERR_NOT_FOUND)
            fault = (struct replay_fault){
                i, N_("the stored entry is missing or damaged")};
        buf_free(&text);
    }
    if (err == SV_OK)
        err = replay_end(&c->replay, size, &root, &fault);
    if (err == SV_OK)
        *whole = true;
    else if (fault.reason != NULL)
        err = find_at_entry(c, fault.index, fault.reason);
    return err;
}

static enum sv_err
check_roster(struct check *c)
{
    struct buf stored = BUF_INIT, replayed = BUF_INIT;
    enum sv_err err =
        tables_get(&c->a->tables, TABLE_META, bytes_text(META_ROSTER), &stored);
    bool bad = err == SV_ERR_NOT_FOUND || err == SV_ERR_TAMPERED;

    if (err == SV_OK)
        err = roster_encode(&c->replay.roster, &replayed);
    if (err == SV_OK)
        bad = !bytes_equal(buf_bytes(&stored), buf_bytes(&replayed));
    if (bad)
        err = check_find(c, "roster", N_("differs from what the log says"));
    buf_free(&stored);
    buf_free(&replayed);
    return err;
}

/* What counts read records by, and clients of other versions. */
static enum sv_err
check_schema(struct check *c)
{
    struct buf raw = BUF_INIT;
    struct schema_source unused;
    enum sv_err err =
        schema_row_load(&c->a->tables, &c->replay.roster, &raw, &unused);

    buf_free(&raw);
    return err == SV_ERR_TAMPERED
               ? check_find(c, "schema", N_("is not the one of the vault"))
               : err;
}

/* ---- Requests and grants ---- */

enum sv_err
check_load_request(const struct check *c, uint64_t index, struct buf *text,
                   struct request *out)
{
    struct note *note = calloc(1, sizeof *note);
    struct entry e;
    enum sv_err err = SV_ERR_TAMPERED;

    if (note == NULL)
        return SV_ERR_NOMEM;
    if (index < c->a->log.frontier.size)
        err = log_entry(&c->a->tables, index, text);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(text), &e);
    if (err == SV_OK)
        err = e.kind == ENTRY_REQUEST ? request_parse(e.note, note, out)
                                      : SV_ERR_TAMPERED;
    free(note);
    return err;
}

/* Does this row, of the request or of the grant table, fit its entry?
 * SV_ERR_TAMPERED: no. */
static enum sv_err
check_entry_of(const struct check *c, bool grant, struct bytes key,
               struct bytes value)
{
    struct reader r = reader_of(grant ? key : value);
    uint64_t index = reader_u64(&r);
    struct bytes rest = reader_rest(&r);
    struct request *q = calloc(1, sizeof *q);
    struct buf text = BUF_INIT;
    struct entry e;
    uint8_t hash[DIGEST_LEN];
    enum sv_err err = q == NULL ? SV_ERR_NOMEM : SV_OK;
    bool fits;

    if (err == SV_OK)
        err =
            r.failed ? SV_ERR_TAMPERED : check_load_request(c, index, &text, q);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&text), &e);
    if (err == SV_OK) {
        if (grant)
            grants_hash(value, hash);
        else
            request_note_hash(e.note, hash);
        fits = grant ? rest.len == 0 && bytes_equal(BYTES(hash), BYTES(q->body))
                     : bytes_equal(BYTES(hash), rest) &&
                           bytes_equal(key, BYTES(q->id));
        err = fits ? SV_OK : SV_ERR_TAMPERED;
    }
    free(q);
    buf_free(&text);
    return check_verdict(err);
}

static enum sv_err
check_request(void *ctx, struct bytes key, struct bytes value, bool damaged,
              bool *more)
{
    struct check *c = ctx;
    enum sv_err err =
        damaged ? SV_ERR_TAMPERED : check_entry_of(c, false, key, value);

    (void)more;
    c->n_requests++;
    if (err == SV_ERR_TAMPERED)
        err = check_find(c, "request ids", N_("a row that the log has not"));
    return err;
}

static enum sv_err
check_grant(void *ctx, struct bytes key, struct bytes value, bool damaged,
            bool *more)
{
    struct check *c = ctx;
    enum sv_err err =
        damaged ? SV_ERR_TAMPERED : check_entry_of(c, true, key, value);

    (void)more;
    c->n_grants++;
    if (err == SV_ERR_TAMPERED)
        err = check_find(c, "sealed keys", N_("are not those of their entry"));
    return err;
}

/* ---- The data file ---- */

/* What the engine keeps holds together; the tables say what it means. */
static enum sv_err
check_pages(struct check *c)
{
    struct store_damage damage = {0, NULL};
    char place[PLACE_SIZE];
    enum sv_err err = store_check(c->a->gate->store, &damage);

    if (err != SV_ERR_TAMPERED)
        return err;
    (void)snprintf(place, sizeof place, "data file page %llu",
                   (unsigned long long)damage.page);
    return check_find(c, place, damage.reason);
}

/* ---- Rows that nothing asks for ---- */

/* Entries and the tree's hashes, which were read one after the other. */
static enum sv_err
check_indexed(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct check *c = ctx;

    (void)value;
    (void)more;
    return key.len == 8 && get_u64(key.ptr) < c->a->log.frontier.size
               ? SV_OK
               : check_find(c, "log", N_("a row that does not belong here"));
}

static enum sv_err
check_meta(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct check *c = ctx;
    bool known = bytes_equal(key, bytes_text(META_LOG)) ||
                 bytes_equal(key, bytes_text(META_ROSTER)) ||
                 bytes_equal(key, bytes_text(META_SCHEMA)) ||
                 (bytes_equal(key, bytes_text(META_RESTORED)) &&
                  c->a->gate->restored.waits);

    (void)value;
    (void)more;
    return known ? SV_OK
                 : check_find(c, "state of the vault",
                              N_("a row that does not belong here"));
}

static enum sv_err
check_added(struct check *c)
{
    struct store_txn *txn = c->a->tables.txn;
    struct bytes all = bytes_of("", 0);
    enum sv_err err = store_scan(txn, TABLE_ENTRY, all, check_indexed, c);

    if (err == SV_OK)
        err = store_scan(txn, TABLE_HASH, all, check_indexed, c);
    return err == SV_OK ? store_scan(txn, TABLE_META, all, check_meta, c) : err;
}

/* ---- All of them ---- */

static enum sv_err
check_rows(struct check *c)
{
    static const struct {
        enum table_id table;
        tables_scan_fn fn;
    } scans[] = {
        {TABLE_RECORD, check_record},     {TABLE_CREATED, check_created},
        {TABLE_ASSIGNED, check_assigned}, {TABLE_ASSIGNEE, check_assignee},
        {TABLE_REQUEST, check_request},   {TABLE_GRANT, check_grant},
        {TABLE_TOKEN, check_token},       {TABLE_USAGE, check_usage},
        {TABLE_GLASS, check_glass},       {TABLE_FLAG, check_flag},
        {TABLE_RELEASE, check_release},   {TABLE_RESULT, check_result},
        {TABLE_LEDGER, check_ledger},
    };
    struct bytes all = bytes_of("", 0);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < sizeof scans / sizeof scans[0] && err == SV_OK; i++)
        err = tables_scan(&c->a->tables, scans[i].table, all, all, scans[i].fn,
                          c);
    return err;
}

static enum sv_err
check_counts(struct check *c)
{
    const struct {
        uint64_t have, want;
        const char *place;
    } counts[] = {
        {c->n_created, c->replay.records.n, "list of records"},
        {c->n_columns, c->replay.versions.n, "compartments of records"},
        {c->n_assigned, c->replay.assigned.n, "assignments"},
        {c->n_assignees, c->replay.assigned.n, "assignees"},
        {c->n_requests, c->replay.ids.n, "request ids"},
        {c->n_grants, c->replay.n_handovers, "sealed keys"},
        {c->n_tokens, c->tokens.n, "search tokens"},
        {c->n_usages, c->replay.n_usages, "usage counters"},
        {c->n_glass, c->replay.denied_glass.n, "break-glass denials"},
        {c->n_flags, c->replay.n_flags, "flagged assignments"},
        {c->n_releases, c->replay.n_releases, "releases"},
        {c->n_asked, c->replay.n_releases, "results"},
    };
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && err == SV_OK;
         i++) {
        if (counts[i].have < counts[i].want)
            err = check_find(c, counts[i].place,
                             N_("one of the log's is missing"));
    }
    return err;
}

static enum sv_err
check_tables(struct check *c)
{
    enum sv_err err = check_roster(c);

    if (err == SV_OK)
        err = check_schema(c);
    if (err == SV_OK)
        err = check_rows(c);
    if (err == SV_OK)
        err = check_versions_added(c);
    if (err == SV_OK)
        err = check_added(c);
    if (err == SV_OK && c->n_records < c->replay.records.n)
        err = check_missing(c);
    return err != SV_OK ? err : check_counts(c);
}

/* Answer: u32 n findings, each: name of the place, name of the reason. */
enum sv_err
act_store_check_show(struct act *a)
{
    struct check c = {.a = a, .findings = BUF_INIT};
    struct writer w = writer_to(&a->answer);
    bool whole = false;
    enum sv_err err;

    replay_init(&c.replay);
    map_init(&c.tokens, TOKEN_KEY_LEN, 0);
    err = check_pages(&c);
    if (err == SV_OK)
        err = check_log(&c, &whole);
    if (err == SV_OK && whole)
        err = check_tables(&c);
    if (err == SV_OK) {
        writer_u32(&w, c.n);
        writer_bytes(&w, buf_bytes(&c.findings));
        err = writer_end(&w);
    }
    buf_free(&c.findings);
    replay_clear(&c.replay);
    map_clear(&c.tokens);
    return err;
}
