#include "audit/cosign.h"
#include "cli/kept_witness.h"
#include "tests/support/support.h"

/* What a witness has cosigned is kept beside the key, through every restore. */

static const char origin[] = "kept.example/vault", name[] = "kept.example/w";

struct place {
    char dir[PATH_SIZE], key[PATH_SIZE];
    struct sign_seed log, witness;
};

static int
setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    support_dir_make(p->dir);
    assert_ok(path_join(p->key, p->dir, "sato.key"));
    memset(p->log.b, 1, sizeof p->log.b);
    memset(p->witness.b, 2, sizeof p->witness.b);
    *state = p;
    return 0;
}

static int
teardown(void **state)
{
    struct place *p = *state;

    support_dir_remove(p->dir);
    free(p);
    return 0;
}

/* It has cosigned a head of so many entries. */
static void
keep(const struct place *p, uint64_t size)
{
    struct kept_witnesses all = {.n = 0};
    struct kept_witness w = {.note = BUF_INIT};
    struct checkpoint head = {.size = size};
    struct buf note = BUF_INIT;
    struct sign_public pub;
    char vkey[NOTE_VKEY_SIZE];

    sign_public_of(&p->witness, &pub);
    assert_ok(note_vkey_type(name, NOTE_TYPE_COSIGNATURE, &pub, vkey));
    assert_ok(kept_name(&w, vkey));
    (void)snprintf(head.origin, sizeof head.origin, "%s", origin);
    assert_ok(checkpoint_sign(&head, &p->log, &note));
    assert_ok(cosign_add(buf_bytes(&note), name, &p->witness, size, &w.note));
    assert_ok(path_suffix(all.dir, p->key, ".witness"));
    assert_ok(kept_store(&all, &w));
    buf_free(&note);
    buf_free(&w.note);
}

/* The size of the only head that is kept; 0: there is none. */
static uint64_t
kept_size(const struct place *p)
{
    struct kept_witnesses all = {.n = 0};
    uint64_t size;

    assert_ok(kept_load(&all, p->key));
    assert_true(all.n <= 1);
    size = all.n == 1 ? all.at[0].head.size : 0;
    kept_clear(&all);
    return size;
}

static bool
is_aside(const struct place *p, const char *end)
{
    struct sign_public pub;
    uint8_t id[4];
    char hex[9], dir[PATH_SIZE], file[PATH_SIZE], path[PATH_SIZE];
    struct buf text = BUF_INIT;
    bool is;

    sign_public_of(&p->witness, &pub);
    note_key_id(bytes_text(name), NOTE_TYPE_COSIGNATURE, &pub, id);
    text_hex(BYTES(id), hex);
    assert_ok(path_suffix(dir, p->key, ".witness"));
    assert_ok(path_join(file, dir, hex));
    assert_ok(path_suffix(path, file, end));
    is = file_read(path, KEPT_NOTE_MAX + NOTE_VKEY_SIZE, &text) == SV_OK;
    buf_free(&text);
    return is;
}

/* After a second loss it has something to set aside again. */
static void
test_what_was_cosigned_beyond_a_restore_is_set_aside_each_time(void **state)
{
    static const char *const ends[] = {".before-restore", ".before-restore.2",
                                       ".before-restore.3"};
    struct place *p = *state;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint64_t size = 100 * (i + 1);

        keep(p, size);
        assert_ok(kept_set_aside(p->key, size));
        assert_int_equal(kept_size(p), size);
        assert_false(is_aside(p, ends[i]));
        assert_ok(kept_set_aside(p->key, size - 1));
        assert_int_equal(kept_size(p), 0);
        for (size_t k = 0; k <= i; k++)
            assert_true(is_aside(p, ends[k]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_was_cosigned_beyond_a_restore_is_set_aside_each_time,
            setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
