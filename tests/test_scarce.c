#include <sys/stat.h>

#include "tests/support/office.h"
#include "tests/support/scarce.h"
#include "vault/builtin.h"

/*
 * Memory runs out at each place of what makes a vault, and of what is read
 * from files: it is said to be that, nothing is left behind, and the next try
 * succeeds.  test_gate_scarce.c does the same to work in a vault.
 */
#ifdef __SANITIZE_ADDRESS__
#define SHARE 8
#else
#define SHARE 1
#endif
#define PASSPHRASE "correct horse battery staple"

struct scene {
    struct office o;
    struct policy *policy;
    char dir[PATH_SIZE], gate[PATH_SIZE]; /* of a vault that is made */
    struct gate_keys keys;
    struct buf file; /* that is read, or written */
    bool made;
};

static void
must_be_memory(enum sv_err err, const char *place)
{
    if (err != SV_OK && err != SV_ERR_NOMEM)
        fail_msg("%s: \"%s\"", place, err_text(err));
}

static void
each_place(struct scene *s, const char *name, enum sv_err (*run)(void *),
           void (*after)(void *, enum sv_err, const char *))
{
    struct scarce_work w = {name, s, run, after};

    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, SHARE) > 0);
}

/* ---- A vault ---- */

static enum sv_err
found(void *ctx)
{
    struct scene *s = ctx;
    const struct colleague *admin = office_person(&s->o, "admin-1"),
                           *lead = office_person(&s->o, "lead-1");
    const struct founder founders[] = {
        {"administrator", admin->card, &admin->identity},
        {"supervisor", lead->card, &lead->identity},
    };
    struct schema_source schema = schema_builtin();
    struct sign_public log_key;
    struct box_public gate_box;
    struct buf founding = BUF_INIT;
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    gate_keys_derive(&s->keys);
    sign_public_of(&s->keys.log, &log_key);
    assert_ok(box_public_of(&s->keys.box, &gate_box));
    schema_hash(schema, hash);
    err = client_found(&s->o.config.rng, &s->o.config.clock, "office.example",
                       s->policy, hash, &log_key, &gate_box, founders, 2,
                       &founding);
    if (err == SV_OK)
        err = gate_create(&s->o.config, &s->keys, schema, buf_bytes(&founding));
    buf_free(&founding);
    return err;
}

static bool
is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static void
clear_place(struct scene *s)
{
    if (is_there(s->o.dir))
        support_dir_remove(s->o.dir);
    (void)remove(s->gate);
}

static void
after_found(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;

    must_be_memory(err, place);
    if (is_there(s->o.dir) != (err == SV_OK) ||
        is_there(s->gate) != (err == SV_OK))
        fail_msg("%s: half a vault is left", place);
    clear_place(s);
}

/* A disk that does not sync may leave a key that opens nothing. */
static void
after_refused(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;

    if (err != SV_ERR_IO && err != SV_ERR_MEMLOCK)
        must_be_memory(err, place);
    if (is_there(s->o.dir) && !is_there(s->gate))
        fail_msg("%s: a vault is left that nothing opens", place);
    if (err == SV_OK && !is_there(s->o.dir))
        fail_msg("%s: there is no vault", place);
    clear_place(s);
}

static void
test_a_vault_is_founded_whole_or_not_at_all(void **state)
{
    struct scene *s = *state;
    const struct scarce_work refused = {"found", s, found, after_refused};
    struct diag where = {0};

    assert_ok(
        policy_from_json(builtin_policy_json(), "standard", s->policy, &where));
    assert_ok(path_suffix(s->gate, s->o.dir, ".gate"));
    s->keys.epoch = 1;
    each_place(s, "found", found, after_found);
    assert_true(scarce_at_each_place(&refused, SCARCE_SYSTEM, SHARE) > 0);
    scarce_rename_late(true);
    assert_err(found(s), SV_ERR_IO);
    scarce_rename_late(false);
    assert_true(is_there(s->o.dir) && is_there(s->gate));
    clear_place(s);
}

static enum sv_err
open_gate(void *ctx)
{
    struct scene *s = ctx;
    enum sv_err err = office_open(&s->o);

    return err == SV_OK ? office_begin(&s->o, "lead-1") : err;
}

static void
after_open(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;

    must_be_memory(err, place);
    office_close(&s->o);
    for (size_t i = 0; i < s->o.n; i++) {
        pin_clear(&s->o.people[i].pin);
        pin_init(&s->o.people[i].pin);
    }
}

static void
test_a_gate_that_cannot_open_opens_the_next_time(void **state)
{
    struct scene *s = *state;

    assert_ok(office_found(&s->o));
    assert_ok(office_open(&s->o));
    assert_ok(office_hire(&s->o, "case-1", "caseworker"));
    office_close(&s->o);
    each_place(s, "open", open_gate, after_open);
    assert_ok(office_open(&s->o));
    assert_ok(office_hire(&s->o, "audit-1", "auditor"));
    office_verify(&s->o);
}

/* ---- A backup ---- */

static enum sv_err
keep_piece(void *ctx, struct bytes piece)
{
    return buf_append(ctx, piece);
}

static enum sv_err
restore(void *ctx)
{
    struct scene *s = ctx;
    struct gate_config config = s->o.config;
    struct restore_report report;

    config.dir = s->dir;
    memset(&s->keys, 0, sizeof s->keys);
    s->keys.epoch = 1;
    memcpy(s->keys.root, s->o.gate_keys.root, sizeof s->keys.root);
    gate_keys_derive(&s->keys);
    return gate_restore(&config, &s->keys, s->gate, true, &report);
}

static void
after_restore(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;
    char gate[PATH_SIZE];

    must_be_memory(err, place);
    assert_ok(path_suffix(gate, s->dir, ".gate"));
    if (is_there(s->dir) != (err == SV_OK) || is_there(gate) != (err == SV_OK))
        fail_msg("%s: half a vault is left", place);
    if (err != SV_OK)
        return;
    support_dir_remove(s->dir);
    assert_int_equal(remove(gate), 0);
}

static enum sv_err
check_backup(void *ctx)
{
    struct scene *s = ctx;
    struct sign_public key;
    struct backup_file b = {0};
    enum sv_err err;

    sign_public_of(&s->o.gate_keys.log, &key);
    err = backup_verify(s->gate, &key, &b);
    if (err == SV_OK)
        assert_true(b.manifest.chunks > 0);
    return err;
}

static void
after_reading(void *ctx, enum sv_err err, const char *place)
{
    (void)ctx;
    must_be_memory(err, place);
}

static void
test_a_backup_is_checked_and_restored_whole_or_not_at_all(void **state)
{
    struct scene *s = *state;
    struct handle h;

    assert_ok(office_found(&s->o));
    assert_ok(office_open(&s->o));
    assert_ok(office_hire(&s->o, "case-1", "caseworker"));
    assert_ok(office_record(&s->o, "case-1", "2022-001", "Yamada", &h));
    assert_ok(
        client_backup(office_client(&s->o, "admin-1"), keep_piece, &s->file));
    assert_ok(path_join(s->gate, s->o.home, "backup.svb"));
    assert_ok(path_join(s->dir, s->o.home, "restored"));
    assert_ok(file_create(s->gate, 0600, buf_bytes(&s->file)));
    each_place(s, "check", check_backup, after_reading);
    each_place(s, "restore", restore, after_restore);
}

/* ---- Files ---- */

static enum sv_err
load_schema(void *ctx)
{
    struct schema *schema = NULL;
    struct diag where = {0};
    enum sv_err err = schema_load(schema_builtin(), &schema, &where);

    (void)ctx;
    if (err == SV_OK)
        assert_non_null(schema_type(schema, "victim"));
    else
        assert_null(schema);
    schema_free(schema);
    return err;
}

static void
test_a_schema_is_loaded_or_memory_is_missing(void **state)
{
    each_place(*state, "schema", load_schema, after_reading);
}

static enum sv_err
read_rows(void *ctx)
{
    struct scene *s = ctx;
    const struct schema *schema =
        client_schema(office_person(&s->o, "lead-1")->client);
    struct import im = {0};
    struct diag where = {0};
    enum sv_err err =
        import_read(schema_type(schema, "victim"),
                    bytes_text("identity.case_no,identity.family_name,"
                               "facts.gender\n"
                               "I-1,Ito,female\nI-2,\"Ueda, jun.\",male\n"
                               "I-3,Sato,neither of these\nI-1,Kato,male\n"
                               "I-5\n"),
                    &im, &where);

    if (err == SV_OK) {
        assert_int_equal(im.n, 2);
        assert_int_equal(im.n_bad, 3);
    }
    import_free(&im);
    return err;
}

static void
test_rows_of_a_file_are_all_read_or_none(void **state)
{
    struct scene *s = *state;

    assert_ok(office_found(&s->o));
    assert_ok(office_open(&s->o));
    assert_ok(office_begin(&s->o, "lead-1"));
    each_place(s, "rows", read_rows, after_reading);
}

static enum sv_err
keep_pin(void *ctx)
{
    struct scene *s = ctx;
    const struct colleague *lead = office_person(&s->o, "lead-1");
    struct buf file = BUF_INIT;
    struct pin pin;
    enum sv_err err = pin_encode(&lead->pin, &lead->identity, &file);

    pin_init(&pin);
    if (err == SV_OK)
        err = pin_decode(buf_bytes(&file), &lead->identity, &pin);
    if (err == SV_OK) {
        assert_int_equal(pin.size, lead->pin.size);
        assert_int_equal(pin.roster.n_persons, lead->pin.roster.n_persons);
        assert_int_equal(pin.n_list, 1);
    }
    pin_clear(&pin);
    buf_free(&file);
    return err;
}

static void
test_what_a_device_remembers_is_kept_and_read_whole(void **state)
{
    struct scene *s = *state;
    struct handle h;

    assert_ok(office_found(&s->o));
    assert_ok(office_open(&s->o));
    assert_ok(office_hire(&s->o, "case-1", "caseworker"));
    assert_ok(office_record(&s->o, "case-1", "2022-001", "Yamada", &h));
    office_end(&s->o, "lead-1");
    assert_ok(pin_set_list(client_pin(office_client(&s->o, "lead-1")), "victim",
                           1, &h, sizeof h));
    office_end(&s->o, "lead-1");
    each_place(s, "pin", keep_pin, after_reading);
}

static enum sv_err
make_keyfile(void *ctx)
{
    struct scene *s = ctx;
    struct keyfile k;
    struct user_keys keys = {0};
    struct buf file = BUF_INIT, card = BUF_INIT;
    struct card read;
    enum sv_err err =
        keyfile_make(&s->o.config.rng, "case-1", bytes_of("", 0), &file);

    if (err == SV_OK)
        err = keyfile_parse(buf_bytes(&file), &k);
    if (err == SV_OK)
        err = keyfile_unlock(&k, bytes_of("", 0), &keys);
    if (err == SV_OK)
        err = card_encode(&keys, "case-1", &card);
    if (err == SV_OK)
        err = card_parse(buf_bytes(&card), &read);
    if (err == SV_OK)
        assert_memory_equal(read.sign.b, k.card.sign.b, sizeof read.sign.b);
    buf_free(&file);
    buf_free(&card);
    return err;
}

static enum sv_err
wrap_keys(void *ctx)
{
    struct scene *s = ctx;
    struct gate_keys again;
    struct buf file = BUF_INIT;
    enum sv_err err = gate_keys_wrap(&s->keys, &s->o.config.rng,
                                     bytes_text(PASSPHRASE), &file);

    if (err == SV_OK)
        err =
            gate_keys_unwrap(buf_bytes(&file), bytes_text(PASSPHRASE), &again);
    if (err == SV_OK)
        assert_memory_equal(again.root, s->keys.root, sizeof again.root);
    buf_free(&file);
    return err;
}

static void
test_key_files_are_made_and_read_whole(void **state)
{
    struct scene *s = *state;

    s->keys.epoch = 1;
    gate_keys_derive(&s->keys);
    each_place(s, "key file", make_keyfile, after_reading);
    each_place(s, "gate key", wrap_keys, after_reading);
}

static int
set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->policy = calloc(1, sizeof *s->policy);
    assert_non_null(s->policy);
    office_prepare(&s->o, NULL, NULL);
    *state = s;
    return 0;
}

static int
tear_down(void **state)
{
    struct scene *s = *state;

    office_free(&s->o);
    buf_free(&s->file);
    free(s->policy);
    free(s);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_vault_is_founded_whole_or_not_at_all),
        TEST(test_a_gate_that_cannot_open_opens_the_next_time),
        TEST(test_a_backup_is_checked_and_restored_whole_or_not_at_all),
        TEST(test_a_schema_is_loaded_or_memory_is_missing),
        TEST(test_rows_of_a_file_are_all_read_or_none),
        TEST(test_what_a_device_remembers_is_kept_and_read_whole),
        TEST(test_key_files_are_made_and_read_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
