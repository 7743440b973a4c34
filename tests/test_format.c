#include <sys/stat.h>

#include "base/codec.h"
#include "crypto/password.h"
#include "crypto/sha256.h"
#include "tests/support/office.h"
#include "tests/vectors/format.h"
#include "vault/keyfile.h"
#include "vault/tables.h"

/*
 * A small vault of fixed randomness under a standing clock: all that it
 * stores and sends is frozen in tests/vectors/format.h, and written to the
 * directory SV_FORMAT_DIR, where tests/format/check_format.py reads it with
 * docs/FORMAT.md as its only guide.
 */
#define VECTORS SV_SOURCE_DIR "/tests/vectors/"
#define PASSPHRASE "seven words that nobody knows"
#define DAY_MS (UINT64_C(24) * 3600 * 1000)
#define FILES_MAX 16

struct vault_files {
    struct office o;
    struct buf schema_json, codes_csv;
    struct buf messages; /* u8 0 or 1, u32 length, bytes */
    struct transport gate;
    size_t n;
    struct {
        const char *name;
        struct buf data;
    } files[FILES_MAX];
};

static struct buf *
add_file(struct vault_files *v, const char *name)
{
    assert_true(v->n < FILES_MAX);
    v->files[v->n].name = name;
    return &v->files[v->n++].data;
}

/* ---- The office ---- */

static struct buf
read_vector(const char *path)
{
    struct buf data = BUF_INIT;

    assert_ok(file_read(path, (size_t)1 << 20, &data));
    return data;
}

/* The keys of case-1 come from a key file of hers, in both protections. */
static void
make_key_files(struct vault_files *v)
{
    struct colleague *p = office_person(&v->o, "case-1");
    struct buf *key = add_file(v, "case.key");
    struct buf *slot = add_file(v, "case.slot"), *kek = add_file(v, "case.kek");
    struct keyfile k;
    uint8_t *out;

    assert_ok(keyfile_make(&v->o.config.rng, "case-1", bytes_of("", 0), key));
    assert_ok(keyfile_parse(buf_bytes(key), &k));
    assert_ok(keyfile_unlock(&k, bytes_of("", 0), &p->keys));
    p->card = k.card;
    assert_ok(keyfile_rewrap(&v->o.config.rng, &k, &p->keys,
                             bytes_text(PASSPHRASE), slot));
    assert_ok(keyfile_parse(buf_bytes(slot), &k));
    assert_ok(buf_extend(kek, PASSWORD_KEY_LEN, &out));
    assert_ok(password_derive(bytes_text(PASSPHRASE), k.slots[0].salt,
                              k.slots[0].cost, out));
    assert_ok(card_encode(&p->keys, "case-1", add_file(v, "case.card")));
}

static void
found(struct vault_files *v)
{
    struct office *o = &v->o;
    const struct founder founders[] = {
        {"administrator", office_person(o, "admin-1")->card,
         &office_person(o, "admin-1")->identity},
        {"supervisor", office_person(o, "lead-1")->card,
         &office_person(o, "lead-1")->identity},
    };
    struct schema_source schema;
    struct policy *policy = calloc(1, sizeof *policy);
    struct buf text = read_vector(VECTORS "format.policy.txt");
    struct buf *founding = add_file(v, "founding.bin");
    struct sign_public log_key;
    struct box_public gate_box;
    uint8_t hash[DIGEST_LEN];

    assert_non_null(policy);
    assert_ok(policy_decode(buf_bytes(&text), policy));
    v->schema_json = read_vector(VECTORS "format.schema.json");
    v->codes_csv = read_vector(VECTORS "format.codes.csv");
    schema = (struct schema_source){buf_bytes(&v->schema_json),
                                    buf_bytes(&v->codes_csv)};
    schema_hash(schema, hash);
    o->gate_keys = (struct gate_keys){.epoch = 1};
    rng_fill(&o->config.rng, o->gate_keys.root, sizeof o->gate_keys.root);
    gate_keys_derive(&o->gate_keys);
    sign_public_of(&o->gate_keys.log, &log_key);
    assert_ok(box_public_of(&o->gate_keys.box, &gate_box));
    assert_ok(client_found(&o->config.rng, &o->config.clock,
                           "office.example/format", policy, hash, &log_key,
                           &gate_box, founders, 2, founding));
    assert_ok(
        gate_create(&o->config, &o->gate_keys, schema, buf_bytes(founding)));
    o->vault = o->gate_keys.vault;
    free(policy);
    buf_free(&text);
}

/* Every act moves the clock. */
static struct client *
at_work(struct vault_files *v, const char *name)
{
    v->o.now_ms += 1000;
    return office_client(&v->o, name);
}

static void
hire(struct vault_files *v, const char *name, const char *role, uint64_t until)
{
    const struct roster *r;

    assert_ok(client_staff_propose(
        at_work(v, "admin-1"), &office_person(&v->o, name)->card, role, until));
    office_end(&v->o, "lead-1");
    r = client_roster(at_work(v, "lead-1"));
    assert_int_equal(r->n_proposals, 1);
    assert_ok(
        client_staff_confirm(at_work(v, "lead-1"), r->proposals[0].index));
}

/* ---- What goes between case-1 and the gate ---- */

static void
record(struct vault_files *v, uint8_t kind, struct bytes message)
{
    struct writer w = writer_to(&v->messages);

    writer_u8(&w, kind);
    writer_long(&w, message);
    assert_ok(writer_end(&w));
}

static enum sv_err
call_recorded(void *ctx, struct bytes request, struct buf *response)
{
    struct vault_files *v = ctx;
    size_t was = response->len;
    enum sv_err err;

    record(v, 0, request);
    err = v->gate.call(v->gate.ctx, request, response);
    if (err == SV_OK)
        record(v, 1,
               bytes_slice(buf_bytes(response), was, response->len - was));
    return err;
}

static void
begin_recorded(struct vault_files *v, const char *name)
{
    struct colleague *p = office_person(&v->o, name);
    struct client_config config = {
        {call_recorded, v}, v->o.config.clock, v->o.config.rng, v->o.arena};
    struct client_hello hello;

    v->gate = transport_to_gate(v->o.gate);
    assert_ok(client_new(&config, &p->client));
    assert_ok(client_hello(p->client, &hello));
    p->pin.vault = v->o.vault;
    assert_ok(client_begin(p->client, &p->card, &p->identity, &p->pin));
}

/* ---- A day's work ---- */

static void
set_fields(struct content *c, const char *const fields[][2], size_t n)
{
    const char *reason = NULL;
    size_t at;

    for (size_t i = 0; i < n; i++) {
        assert_non_null(
            schema_field(c->compartment, bytes_text(fields[i][0]), &at));
        assert_ok(content_parse(c, at, bytes_text(fields[i][1]), &reason));
    }
}

static struct handle
add_record(struct vault_files *v)
{
    static const char *const identity[][2] = {{"case_no", "R5-001"},
                                              {"family_name", "山田"}};
    static const char *const facts[][2] = {{"services", "shelter;food"},
                                           {"protected_from", "unknown"}};
    struct client *c = at_work(v, "case-1");
    struct draft draft = {0};
    struct handle h;

    assert_ok(draft_new(schema_type(client_schema(c), "victim"), &draft));
    set_fields(&draft.contents[0], identity, 2);
    set_fields(&draft.contents[1], facts, 2);
    assert_ok(client_record_add(c, &draft, &h));
    draft_free(&draft);
    return h;
}

static void
read_record(struct vault_files *v, const struct handle *h,
            struct record_view *view)
{
    assert_ok(
        client_record_read(at_work(v, "case-1"), "victim", h, 0, NULL, view));
}

/* Who reads saves all fields, who only writes saves those she gives. */
static void
save_versions(struct vault_files *v, const struct handle *h)
{
    static const char *const family[][2] = {{"family_name", "佐藤"}};
    static const char *const age[][2] = {{"age", "19"}};
    struct client *clinic = at_work(v, "clinic-1");
    const struct schema_type *type =
        schema_type(client_schema(clinic), "victim");
    struct record_view view = {0};
    struct content content = {0};

    read_record(v, h, &view);
    set_fields(&view.contents[0], family, 1);
    assert_ok(client_record_save(at_work(v, "case-1"), "victim", h,
                                 &view.contents[0], &view));
    assert_err(client_record_save(at_work(v, "case-1"), "victim", h,
                                  &view.contents[0], &view),
               SV_ERR_CONFLICT);
    record_view_free(&view);
    assert_ok(content_new(&type->compartments[1], &content));
    set_fields(&content, age, 1);
    assert_ok(client_record_save(at_work(v, "clinic-1"), "victim", h, &content,
                                 NULL));
    content_free(&content);
    read_record(v, h, &view);
    record_view_free(&view);
}

static void
import_rows(struct vault_files *v)
{
    static const char csv[] =
        "identity.case_no,identity.family_name,facts.age\n"
        "R5-002,鈴木,31\n"
        ",,declined\n";
    struct client *c = at_work(v, "case-1");
    struct import im = {0};
    struct import_report report;

    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          bytes_text(csv), &im, NULL));
    assert_int_equal(im.n, 2);
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    assert_int_equal(report.n_done, 2);
    v->o.now_ms += 1000;
    assert_ok(client_import(c, &im, NULL, NULL, &report));
    assert_int_equal(report.n_already, 2);
    import_free(&im);
}

/* As a program does that shows it. */
static void
print_list(struct client *c, const struct record_list *l)
{
    struct handle list[2];

    assert_int_equal(l->n, 2);
    list[0] = l->rows[0].handle;
    list[1] = l->rows[1].handle;
    assert_ok(pin_set_list(client_pin(c), "victim", 2, list, sizeof *list));
}

static void
work(struct vault_files *v)
{
    struct handle h, nobody = {{1}};
    struct record_view view = {0};
    struct record_list list = {0};
    struct record_version *versions = NULL;
    struct client *c;
    size_t n = 0;

    begin_recorded(v, "case-1");
    h = add_record(v);
    assert_ok(client_record_assign(at_work(v, "lead-1"), "victim", &h,
                                   "clinic-1", true));
    save_versions(v, &h);
    import_rows(v);
    c = at_work(v, "case-1");
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 2, &list));
    print_list(c, &list);
    record_list_free(&list);
    assert_ok(client_record_history(at_work(v, "case-1"), "victim", &h,
                                    &versions, &n));
    free(versions);
    assert_err(client_record_read(at_work(v, "clinic-1"), "victim", &h, 0, NULL,
                                  &view),
               SV_ERR_DENIED);
    assert_err(client_record_history(at_work(v, "lead-1"), "victim", &nobody,
                                     &versions, &n),
               SV_ERR_DENIED);
    assert_ok(client_record_assign(at_work(v, "lead-1"), "victim", &h,
                                   "clinic-1", false));
}

/* ---- What is left of it ---- */

static enum sv_err
keep_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct buf *out = ctx;
    struct writer w = writer_to(out);

    (void)index;
    writer_medium(&w, entry);
    return writer_end(&w);
}

static void
keep_log(struct vault_files *v)
{
    struct log_verdict verdict = {0};
    struct client *c = at_work(v, "audit-1");

    assert_ok(client_log_verify(c, NULL, NULL, &verdict));
    assert_null(verdict.fault.reason);
    assert_int_equal(verdict.n_findings, 0);
    free(verdict.findings);
    assert_ok(buf_append(add_file(v, "head.note"),
                         buf_bytes(&client_pin(c)->head_note)));
    assert_ok(
        client_log_read(c, 0, UINT64_MAX, keep_entry, add_file(v, "log.bin")));
}

struct dump {
    unsigned table;
    struct buf *out;
};

static enum sv_err
keep_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct dump *d = ctx;
    struct writer w = writer_to(d->out);

    (void)more;
    writer_u8(&w, (uint8_t)d->table);
    writer_medium(&w, key);
    writer_long(&w, value);
    return writer_end(&w);
}

static void
keep_rows(struct vault_files *v)
{
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    struct buf *out = add_file(v, "rows.bin");

    assert_ok(store_lmdb_open(v->o.dir, TABLES_N, false, &store));
    assert_ok(store_begin(store, STORE_READ, &txn));
    for (unsigned t = 0; t < TABLES_N; t++) {
        struct dump d = {t, out};

        assert_ok(store_scan(txn, t, bytes_of("", 0), keep_row, &d));
    }
    store_abort(&txn);
    store_close(store);
}

static void
keep_disk_file(struct vault_files *v, const char *name, const char *path)
{
    assert_ok(file_read(path, 8192, add_file(v, name)));
}

static void
keep_vault(struct vault_files *v)
{
    struct colleague *p = office_person(&v->o, "case-1");
    char path[PATH_SIZE];

    keep_log(v);
    office_close(&v->o);
    assert_ok(pin_encode(&p->pin, &p->identity, add_file(v, "case.pin")));
    keep_rows(v);
    assert_ok(path_suffix(path, v->o.dir, ".gate"));
    keep_disk_file(v, "office.gate", path);
    assert_ok(path_join(path, v->o.dir, "head"));
    keep_disk_file(v, "head.bin", path);
    *add_file(v, "messages.bin") = buf_take(&v->messages);
}

/* Work name and seed of everybody, a line each. */
static void
keep_seeds(struct vault_files *v)
{
    struct buf *out = add_file(v, "seeds.txt");

    for (size_t i = 0; i < v->o.n; i++) {
        char hex[2 * SEED_LEN + 1];

        text_hex(BYTES(v->o.people[i].keys.seed), hex);
        assert_ok(buf_printf(out, "%s %s\n", v->o.people[i].card.name, hex));
    }
}

static void
write_out(const struct vault_files *v)
{
    const char *dir = getenv("SV_FORMAT_DIR");

    if (dir == NULL)
        return;
    (void)mkdir(dir, 0700);
    for (size_t i = 0; i < v->n; i++) {
        char path[PATH_SIZE];

        assert_ok(path_join(path, dir, v->files[i].name));
        assert_ok(file_replace(path, 0600, buf_bytes(&v->files[i].data)));
    }
}

static int
setup(void **state)
{
    struct vault_files *v = calloc(1, sizeof *v);

    assert_non_null(v);
    office_prepare(&v->o, NULL, NULL);
    v->o.config.rng = rng_fixed(&v->o.random);
    make_key_files(v);
    found(v);
    assert_ok(office_open(&v->o));
    hire(v, "case-1", "caseworker", 0);
    hire(v, "clinic-1", "clinician", v->o.now_ms + 365 * DAY_MS);
    hire(v, "audit-1", "auditor", 0);
    work(v);
    keep_vault(v);
    keep_seeds(v);
    write_out(v);
    *state = v;
    return 0;
}

static int
teardown(void **state)
{
    struct vault_files *v = *state;

    for (size_t i = 0; i < v->n; i++)
        buf_free(&v->files[i].data);
    buf_free(&v->schema_json);
    buf_free(&v->codes_csv);
    office_free(&v->o);
    free(v);
    return 0;
}

/* ---- Tests ---- */

static struct bytes
file_of(const struct vault_files *v, const char *name)
{
    for (size_t i = 0; i < v->n; i++) {
        if (strcmp(v->files[i].name, name) == 0)
            return buf_bytes(&v->files[i].data);
    }
    fail_msg("no file %s", name);
    return bytes_of("", 0);
}

static void
test_every_entry_has_the_leaf_hash_that_is_frozen(void **state)
{
    struct reader r = reader_of(file_of(*state, "log.bin"));
    size_t n = 0, frozen = sizeof format_leaves / sizeof format_leaves[0];
    char hex[2 * SHA256_LEN + 1];

    for (; reader_end(&r) != SV_OK && !r.failed; n++) {
        struct hash leaf = tree_leaf(reader_medium(&r, ENTRY_MAX));

        assert_false(r.failed);
        assert_true(n < frozen);
        text_hex(BYTES(leaf.b), hex);
        if (strcmp(hex, format_leaves[n]) != 0)
            fail_msg("entry %zu: got %s, want %s", n, hex, format_leaves[n]);
    }
    assert_int_equal(n, frozen);
}

static void
test_every_file_has_the_digest_that_is_frozen(void **state)
{
    struct vault_files *v = *state;
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1];

    assert_int_equal(v->n, sizeof format_files / sizeof format_files[0]);
    for (size_t i = 0; i < v->n; i++) {
        sha256(file_of(v, format_files[i].name), hash);
        text_hex(BYTES(hash), hex);
        if (strcmp(hex, format_files[i].sha256) != 0)
            fail_msg("%s: got %s, want %s", format_files[i].name, hex,
                     format_files[i].sha256);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_entry_has_the_leaf_hash_that_is_frozen),
        cmocka_unit_test(test_every_file_has_the_digest_that_is_frozen),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
