/* The replay of an export of items, which nobody signs: its rounds, its
 * beginning and end, and its leaves when they are looked up again. */
#include "policy/replay_export.h"
#include "tests/support/fakelog.h"

#define BUNDLES 7
#define IMPORTS 4
#define ITEMS 400 /* of each */

struct world {
    struct fakelog f;
    char dir[PATH_SIZE], export[PATH_SIZE];
    struct workers *workers;
    struct export e;
    struct replay r;
    struct replay_plan plan;
    struct replay_fault fault;
};

static int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct fake_person gate = fake_person("gate");

    assert_non_null(w);
    support_dir_make(w->dir);
    assert_ok(path_join(w->export, w->dir, "export"));
    assert_ok(workers_new(4, &w->workers));
    fakelog_found(&w->f, "standard");
    (void)fakelog_hire(&w->f, "ines", "intake", 0);
    for (unsigned i = 0; i < IMPORTS; i++)
        (void)fakelog_import(&w->f, "ines", "intake", "victim",
                             1 + i * UINT64_C(1000), ITEMS);
    fakelog_export(&w->f, w->export);
    assert_ok(export_open(&w->e, w->export, FAKELOG_ORIGIN, &gate.sign));
    w->plan.genesis = w->f.replay.roster.vault;
    replay_init(&w->r);
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;

    replay_clear(&w->r);
    export_close(&w->e);
    workers_free(w->workers);
    fakelog_clear(&w->f);
    support_dir_remove(w->dir);
    free(w);
    return 0;
}

/* As the log is now. */
static void
export_again(struct world *w)
{
    struct fake_person gate = fake_person("gate");

    export_close(&w->e);
    fakelog_export(&w->f, w->export);
    assert_ok(export_open(&w->e, w->export, FAKELOG_ORIGIN, &gate.sign));
}

static enum sv_err
replay_it(struct world *w)
{
    replay_clear(&w->r);
    w->fault = (struct replay_fault){UINT64_MAX, NULL};
    return replay_export(&w->r, &w->e, &w->plan, &w->fault);
}

/* Alone and in company. */
static void
refuses(struct world *w, uint64_t index, const char *reason)
{
    for (unsigned i = 0; i < 2; i++) {
        w->plan.workers = i == 0 ? NULL : w->workers;
        assert_err(replay_it(w), SV_ERR_TAMPERED);
        assert_int_equal(w->fault.index, index);
        assert_string_equal(w->fault.reason, reason);
        assert_null(w->e.fault.reason); /* either, or */
    }
}

static void
test_log_begins_with_the_genesis_that_is_named(void **state)
{
    struct world *w = *state;

    w->plan.genesis.b[31] ^= 1;
    refuses(w, 0, "not the genesis that the card names");
}

static void
test_head_that_is_not_the_files_is_found_at_the_end(void **state)
{
    struct world *w = *state;

    w->e.head.root.b[0] ^= 1;
    refuses(w, w->f.n, "another root than the head's");
}

static void
test_item_spoilt_is_found_wherever_it_stands(void **state)
{
    struct world *w = *state;
    static const uint64_t places[] = {255, 256, 257, 1100};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct buf was = BUF_INIT;

        assert_ok(buf_append(&was, buf_bytes(&w->f.entries[places[i]])));
        fakelog_edit(&w->f, places[i], "\nresult identity 1 ",
                     "\nresult identity 2 ");
        export_again(w);
        refuses(w, places[i], "results are not what the request says");
        fakelog_replace(&w->f, places[i], &was);
    }
}

/* The file is cut behind it, in the same bundle. */
static void
test_item_spoilt_comes_before_a_file_that_ends_early(void **state)
{
    struct world *w = *state;
    struct buf bundle = BUF_INIT;
    char path[PATH_SIZE];

    fakelog_edit(&w->f, 600, "\nresult identity 1 ", "\nresult identity 2 ");
    export_again(w);
    assert_ok(path_join(path, w->export, "tile/entries/002"));
    assert_ok(file_read(path, SIZE_MAX, &bundle));
    assert_ok(file_replace(path, 0600,
                           bytes_slice(buf_bytes(&bundle), 0, bundle.len - 1)));
    refuses(w, 600, "results are not what the request says");
    buf_free(&bundle);
}

/* ---- heads that were replayed before ---- */

static void
test_head_before_is_compared_where_it_was(void **state)
{
    struct world *w = *state;
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 1024};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        w->plan.before_size = sizes[i];
        assert_ok(past_root(&w->f.replay.past, sizes[i], &w->plan.before_root));
        assert_ok(replay_it(w));
        w->plan.before_root.b[31] ^= 1;
        assert_err(replay_it(w), SV_ERR_TAMPERED);
        assert_null(w->fault.reason);
        assert_int_equal(w->r.frontier.size, sizes[i]);
        assert_string_equal(w->e.fault.place, EXPORT_CHECKPOINT);
        assert_false(w->e.fault.incomplete);
    }
    w->plan.before_size = 0; /* none: no root to be looked at */
    assert_ok(replay_it(w));
}

/* ---- rounds ---- */

struct steps {
    unsigned n;
    uint64_t done[BUNDLES + 2];
    uint64_t total;
};

static void
count_step(void *ctx, uint64_t done, uint64_t total)
{
    struct steps *s = ctx;

    assert_true(s->n < BUNDLES + 2);
    assert_int_equal(total, s->total);
    s->done[s->n++] = done;
}

/* A batch is parsed in one round, taken in in the next, and verified in the
 * one behind it. */
static void
test_progress_is_told_round_by_round(void **state)
{
    struct world *w = *state;
    struct steps steps = {.total = w->f.n};

    w->plan.progress = count_step;
    w->plan.ctx = &steps;
    assert_ok(replay_it(w));
    assert_int_equal(steps.n, BUNDLES + 2);
    for (unsigned i = 0; i < steps.n; i++)
        assert_int_equal(steps.done[i], i < BUNDLES ? i * TILE_WIDTH : w->f.n);
    steps.n = 0;
    w->plan.workers = w->workers; /* four bundles are a batch */
    assert_ok(replay_it(w));
    assert_int_equal(steps.n, 4);
    assert_int_equal(steps.done[0], 0);
    assert_int_equal(steps.done[1], 4 * TILE_WIDTH);
    assert_int_equal(steps.done[2], w->f.n);
    assert_int_equal(steps.done[3], w->f.n);
}

/* More threads than a batch has bundles, and more bundles. */
static void
test_many_threads_take_eight_bundles_at_once(void **state)
{
    struct world *w = *state;
    struct steps steps = {.n = 0};
    struct workers *many = NULL;

    (void)fakelog_import(&w->f, "ines", "intake", "victim", 9000, ITEMS);
    (void)fakelog_import(&w->f, "ines", "intake", "victim", 9500, ITEMS);
    export_again(w);
    steps.total = w->f.n;
    assert_ok(workers_new(12, &many));
    w->plan.workers = many;
    w->plan.progress = count_step;
    w->plan.ctx = &steps;
    assert_ok(replay_it(w));
    assert_int_equal(steps.n, 4);
    assert_int_equal(steps.done[0], 0);
    assert_int_equal(steps.done[1], 8 * TILE_WIDTH);
    assert_int_equal(steps.done[2], w->f.n);
    workers_free(many);
}

/* ---- leaves that are looked up again ---- */

static void
test_leaves_are_read_from_the_tiles(void **state)
{
    struct world *w = *state;
    struct hash leaves[TILE_WIDTH], leaf;
    char path[PATH_SIZE];

    assert_ok(replay_it(w));
    for (uint64_t block = 0; block < 2; block++) {
        assert_ok(w->r.past.read(w->r.past.ctx, block, leaves));
        for (unsigned i = 0; i < TILE_WIDTH; i++) {
            leaf = tree_leaf(buf_bytes(&w->f.entries[block * TILE_WIDTH + i]));
            assert_true(hash_equal(&leaf, &leaves[i]));
        }
    }
    /* What changed since is the files' fault, not the log's. */
    assert_ok(path_join(path, w->export, "tile/0/001"));
    assert_ok(file_replace(path, 0600, bytes_text("")));
    assert_err(w->r.past.read(w->r.past.ctx, 1, leaves), SV_ERR_IO);
    assert_null(w->e.fault.reason);
    assert_ok(w->r.past.read(w->r.past.ctx, 0, leaves));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_log_begins_with_the_genesis_that_is_named),
        TEST(test_head_that_is_not_the_files_is_found_at_the_end),
        TEST(test_item_spoilt_is_found_wherever_it_stands),
        TEST(test_item_spoilt_comes_before_a_file_that_ends_early),
        TEST(test_head_before_is_compared_where_it_was),
        TEST(test_progress_is_told_round_by_round),
        TEST(test_many_threads_take_eight_bundles_at_once),
        TEST(test_leaves_are_read_from_the_tiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
