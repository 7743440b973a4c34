#include "counts/plan_tally.h"
#include "counts/protect.h"
#include "tests/support/annual_data.h"

#include "disclosure/solver_process.h"

/*
 * The sample year and plans over it, rounded for the public; every record
 * has a key of its own, as in a vault.
 */
struct ctx {
    struct schema *schema;
    void *process;
    struct solver_source source;
};

static int
setup(void **state)
{
    static struct ctx c;

    c.schema = annual_data_schema();
    c.source = (struct solver_source){solver_process_open_lazily, &c.process};
    *state = &c;
    return 0;
}

static int
teardown(void **state)
{
    struct ctx *c = *state;

    schema_free(c->schema);
    solver_process_stop(c->process);
    return 0;
}

static const uint8_t some_key[ROUNDING_KEY_LEN] = {1, 2, 3};

/* ---- The sample year ---- */

struct counting {
    struct annual *annual;
    struct tally *tally;
};

static uint64_t
key_of(uint64_t number)
{
    return (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static void
add_file(const struct counting *to, const struct ctx *ctx, const char *type,
         const char *path, uint64_t first)
{
    const struct schema_type *st = schema_type(ctx->schema, type);
    struct buf csv = BUF_INIT;
    struct import im = {0};
    struct diag where = {0};
    size_t at;

    assert_ok(file_read(path, IMPORT_FILE_MAX, &csv));
    assert_ok(import_read(st, buf_bytes(&csv), &im, &where));
    assert_non_null(schema_compartment(st, annual_compartment(type), &at));
    for (size_t i = 0; i < im.n; i++) {
        const struct content *content = &im.drafts[i].contents[at];

        if (to->annual != NULL)
            assert_ok(annual_add(to->annual, type, key_of(first + i), content));
        if (to->tally != NULL)
            assert_ok(tally_add(to->tally, type, key_of(first + i), content));
    }
    import_free(&im);
    buf_free(&csv);
}

static void
add_samples(const struct counting *to, const struct ctx *ctx)
{
    add_file(to, ctx, "victim", ANNUAL_DATA "victims.csv", 0);
    add_file(to, ctx, "suspect", ANNUAL_DATA "suspects.csv", 10000);
    add_file(to, ctx, "offence", ANNUAL_DATA "offences.csv", 20000);
}

static struct figures
annual_figures(const struct ctx *ctx, const char *authority)
{
    struct annual_spec spec = annual_data_spec(2022);
    struct counting to = {NULL, NULL};
    struct figures f;

    (void)snprintf(spec.authority, sizeof spec.authority, "%s", authority);
    to.annual = annual_data_new(&spec, ctx->schema);
    add_samples(&to, ctx);
    figures_init(&f);
    assert_ok(annual_end(to.annual, &f));
    annual_free(to.annual);
    return f;
}

static struct figures
plan_figures(const struct ctx *ctx, const char *text)
{
    struct counting to = {NULL, NULL};
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    struct figures f;

    if (plan_parse(ctx->schema, bytes_text(text), &plan, &fault) != SV_OK)
        fail_msg("%zu:%zu %s", fault.line, fault.column, fault.reason);
    assert_ok(tally_new(plan, &to.tally));
    add_samples(&to, ctx);
    figures_init(&f);
    assert_ok(tally_end(to.tally, &f));
    tally_free(to.tally);
    plan_free(plan);
    return f;
}

#define PLAN                                                                   \
    "plan \"T\" population victim unit person as_of 2023-03-31\n"              \
    "count basis national period calendar 2022\n"                              \
    "codelist age_band v1\n"                                                   \
    "table all compare 2021 delta\n"                                           \
    "table cross by gender, age_band, citizenship margins (gender)\n"          \
    "table status by residence_status compare 2021 delta\n"                    \
    "method exact\n"

static struct figures
protect(const struct ctx *ctx, const struct figures *exact,
        const struct protect_pins *pins, const uint8_t *key)
{
    struct figures out;
    unsigned steps = 77;

    figures_init(&out);
    assert_ok(protect_round(exact, pins, key, &ctx->source, &out, &steps));
    assert_int_equal(steps, 0);
    return out;
}

/* ---- What holds for every result ---- */

static void
assert_same_relations(const struct figures *a, const struct figures *b)
{
    assert_int_equal(a->n_relations, b->n_relations);
    for (size_t i = 0; i < a->n_relations; i++) {
        const struct figure_relation *x = &a->relations[i];
        const struct figure_relation *y = &b->relations[i];

        assert_int_equal(x->whole, y->whole);
        assert_int_equal(x->n, y->n);
        assert_int_equal(x->complete, y->complete);
        assert_memory_equal(x->parts, y->parts, x->n * sizeof *x->parts);
    }
}

static void
assert_protected(const struct figures *exact, const struct figures *out)
{
    assert_int_equal(out->n, exact->n);
    for (size_t i = 0; i < exact->n; i++) {
        const struct figure *was = &exact->at[i], *is = &out->at[i];
        int64_t off = is->value - was->value;

        assert_string_equal(was->name, is->name);
        assert_int_equal(was->is_change, is->is_change);
        assert_int_equal(was->unprinted, is->unprinted);
        assert_int_equal(was->of.key, is->of.key);
        assert_true(was->known || !is->known);
        assert_int_equal(is->value % FIGURES_BASE, 0);
        if (!is->known) {
            assert_int_equal(is->value, 0);
            assert_true(is->reason[0] != '\0');
            continue;
        }
        if (was->is_change) {
            assert_true(off > -2 * FIGURES_BASE && off < 2 * FIGURES_BASE);
            continue;
        }
        assert_true(off > -FIGURES_BASE && off < FIGURES_BASE);
        assert_true(was->value != 0 || is->value == 0);
    }
    assert_same_relations(exact, out);
    assert_relations_hold(out);
}

static void
assert_same(const struct figures *a, const struct figures *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(a->at[i].known, b->at[i].known);
        assert_int_equal(a->at[i].value, b->at[i].value);
        assert_string_equal(a->at[i].reason, b->at[i].reason);
    }
}

/* ---- Tests of them ---- */

static void
test_the_annual_report_is_rounded_and_adds_up(void **state)
{
    const struct ctx *ctx = *state;
    struct figures exact = annual_figures(ctx, "national");

    assert_figure(&exact, "victims.total", 46);
    for (uint8_t k = 0; k < 50; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};
        struct figures out = protect(ctx, &exact, NULL, key);

        assert_protected(&exact, &out);
        figures_clear(&out);
    }
    figures_clear(&exact);
}

static void
test_a_plan_of_several_dimensions_is_rounded_and_adds_up(void **state)
{
    const struct ctx *ctx = *state;
    struct figures exact = plan_figures(ctx, PLAN);

    assert_figure(&exact, "all.2022.total", 46);
    assert_true(exact.n > 50);
    assert_true(annual_data_figure(&exact, "cross.total")->unprinted);
    for (uint8_t k = 0; k < 20; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};
        struct figures out = protect(ctx, &exact, NULL, key);

        assert_protected(&exact, &out);
        figures_clear(&out);
    }
    figures_clear(&exact);
}

static void
test_a_later_run_gives_the_same_and_another_key_does_not(void **state)
{
    static const uint8_t other_key[ROUNDING_KEY_LEN] = {9};
    const struct ctx *ctx = *state;
    struct figures exact = plan_figures(ctx, PLAN);
    struct figures again = plan_figures(ctx, PLAN);
    struct figures first = protect(ctx, &exact, NULL, some_key);
    struct figures second = protect(ctx, &again, NULL, some_key);
    struct figures other = protect(ctx, &exact, NULL, other_key);
    size_t differ = 0;

    assert_same(&first, &second);
    for (size_t i = 0; i < first.n; i++)
        differ += first.at[i].value != other.at[i].value;
    assert_true(differ > 3);
    figures_clear(&exact);
    figures_clear(&again);
    figures_clear(&first);
    figures_clear(&second);
    figures_clear(&other);
}

/* ---- One set under two names ---- */

static size_t
add_counted(struct figures *f, const char *name, int64_t n, uint64_t key)
{
    const struct counted c = {.n = n, .key = key};
    size_t at;

    assert_ok(figures_add_counted(f, name, &c, &at));
    return at;
}

static size_t
add_earlier(struct figures *f, const char *name, int64_t n, uint64_t key)
{
    size_t at;

    assert_ok(figures_add_unknown(f, name, "not printed", &at));
    f->at[at].of = (struct counted){.n = n, .key = key};
    return at;
}

static size_t
add_change(struct figures *f, const char *name, size_t later, size_t earlier)
{
    size_t parts[2] = {earlier, 0};

    assert_ok(figures_add(f, name, f->at[later].value - f->at[earlier].of.n,
                          &parts[1]));
    f->at[parts[1]].is_change = true;
    assert_ok(figures_relate(f, later, 2, parts, true));
    return parts[1];
}

static void
relate(struct figures *f, bool complete, size_t whole, size_t a, size_t b)
{
    const size_t parts[2] = {a, b};

    assert_ok(figures_relate(f, whole, 2, parts, complete));
}

static void
test_one_set_has_one_figure_under_all_its_names(void **state)
{
    for (uint8_t k = 0; k < 100; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};
        size_t all, a, b, again, c, d;
        struct figures f, out;

        figures_init(&f);
        all = add_counted(&f, "all", 17, 1000);
        a = add_counted(&f, "a", 8, 300);
        b = add_counted(&f, "b", 9, 700);
        again = add_counted(&f, "again", 8, 300);
        c = add_counted(&f, "c", 2, 100);
        d = add_counted(&f, "d", 6, 200);
        relate(&f, true, all, a, b);
        relate(&f, true, again, c, d);
        out = protect(*state, &f, NULL, key);
        assert_protected(&f, &out);
        assert_int_equal(out.at[a].value, out.at[again].value);
        figures_clear(&f);
        figures_clear(&out);
    }
}

/* ---- Pins ---- */

/* A ledger of names or of sets. */
struct ledger {
    const struct figures *printed;
    bool by_set;
};

static bool
find_printed(void *ctx, const struct figures *exact, size_t figure,
             int64_t *value)
{
    const struct ledger *l = ctx;
    const struct figure *f = &exact->at[figure];

    assert_false(f->is_change);
    for (size_t i = 0; i < l->printed->n; i++) {
        const struct figure *had = &l->printed->at[i];

        if (!had->known || had->is_change ||
            (l->by_set ? f->of.n == 0 || had->of.n != f->of.n ||
                             had->of.key != f->of.key
                       : strcmp(had->name, f->name) != 0))
            continue;
        *value = had->value;
        return true;
    }
    return false;
}

/* The report was released under another key, before the plan: as if other
 * draws had been made. */
static void
test_what_was_printed_is_printed_again_in_another_plan(void **state)
{
    static const uint8_t other_key[ROUNDING_KEY_LEN] = {9};
    const struct ctx *ctx = *state;
    struct figures report = annual_figures(ctx, "national");
    struct figures printed = protect(ctx, &report, NULL, other_key);
    struct figures exact = plan_figures(ctx, PLAN);
    struct ledger ledger = {&printed, true};
    const struct protect_pins pins = {find_printed, &ledger};
    struct figures out = protect(ctx, &exact, &pins, some_key);
    size_t n_pinned = 0;

    assert_protected(&exact, &out);
    for (size_t i = 0; i < out.n; i++) {
        int64_t value;

        if (out.at[i].is_change || !find_printed(&ledger, &exact, i, &value))
            continue;
        n_pinned++;
        assert_int_equal(out.at[i].value, value);
    }
    assert_true(n_pinned >= 5);
    figures_clear(&report);
    figures_clear(&printed);
    figures_clear(&exact);
    figures_clear(&out);
}

static size_t
add_printed(struct figures *f, const char *name, int64_t value)
{
    size_t at;

    assert_ok(figures_add(f, name, value, &at));
    return at;
}

static void
test_a_pin_of_one_name_holds_for_the_others(void **state)
{
    struct ledger ledger = {NULL, false};
    const struct protect_pins pins = {find_printed, &ledger};
    struct figures f, printed, out;

    figures_init(&f);
    (void)add_counted(&f, "new", 8, 300);
    (void)add_counted(&f, "old", 8, 300);
    (void)add_counted(&f, "older", 8, 300); /* printed when it was another */
    figures_init(&printed);
    (void)add_printed(&printed, "old", 10);
    (void)add_printed(&printed, "older", 20);
    ledger.printed = &printed;
    out = protect(*state, &f, &pins, some_key);
    assert_figure(&out, "new", 10);
    assert_figure(&out, "old", 10);
    assert_figure(&out, "older", 20);
    figures_clear(&f);
    figures_clear(&printed);
    figures_clear(&out);
}

static void
test_pins_that_contradict_each_other_are_refused(void **state)
{
    const struct ctx *ctx = *state;
    struct ledger ledger = {NULL, false};
    const struct protect_pins pins = {find_printed, &ledger};
    struct figures f, printed, out;
    unsigned steps = 77;
    size_t all, a, b;

    figures_init(&f);
    figures_init(&out);
    figures_init(&printed);
    all = add_counted(&f, "all", 17, 1000);
    a = add_counted(&f, "a", 8, 300);
    b = add_counted(&f, "b", 9, 700);
    relate(&f, true, all, a, b);
    (void)add_printed(&printed, "all", 15);
    (void)add_printed(&printed, "a", 10);
    (void)add_printed(&printed, "b", 10);
    ledger.printed = &printed;
    assert_err(protect_round(&f, &pins, some_key, &ctx->source, &out, &steps),
               SV_ERR_CONFLICT);
    assert_int_equal(out.n, 0);
    assert_int_equal(steps, 77);
    printed.at[2].value = 7;
    assert_err(protect_round(&f, &pins, some_key, &ctx->source, &out, &steps),
               SV_ERR_USAGE);
    assert_int_equal(out.n, 0);
    figures_clear(&f);
    figures_clear(&printed);
}

/* ---- Parts that are not all of a whole ---- */

static void
test_no_part_is_more_than_its_whole(void **state)
{
    for (uint8_t k = 0; k < 200; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};
        size_t all, some, few, many;
        struct figures f, out;

        figures_init(&f);
        all = add_counted(&f, "all", 8, 1000);
        some = add_counted(&f, "some", 7, 900);
        few = add_counted(&f, "few", 3, 500);
        many = add_counted(&f, "many", 4, 400);
        assert_ok(figures_relate(&f, all, 1, &some, false));
        relate(&f, false, all, few, many);
        out = protect(*state, &f, NULL, key);
        assert_protected(&f, &out);
        assert_int_equal(out.n, 4); /* who is left is nowhere printed */
        figures_clear(&f);
        figures_clear(&out);
    }
}

static void
test_a_part_that_was_printed_as_more_stays_so(void **state)
{
    struct ledger ledger = {NULL, false};
    const struct protect_pins pins = {find_printed, &ledger};
    struct figures f, printed, out;
    size_t all, some;

    figures_init(&f);
    figures_init(&printed);
    all = add_counted(&f, "all", 8, 1000);
    some = add_counted(&f, "some", 7, 900);
    assert_ok(figures_relate(&f, all, 1, &some, false));
    (void)add_printed(&printed, "all", 5);
    (void)add_printed(&printed, "some", 10);
    ledger.printed = &printed;
    out = protect(*state, &f, &pins, some_key);
    assert_figure(&out, "all", 5);
    assert_figure(&out, "some", 10);
    figures_clear(&f);
    figures_clear(&printed);
    figures_clear(&out);
}

/* ---- Changes ---- */

static void
test_a_change_is_the_difference_of_rounded_figures(void **state)
{
    for (uint8_t k = 0; k < 50; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};
        size_t later, earlier, same, change;
        struct figures f, out;

        figures_init(&f);
        later = add_counted(&f, "2022", 46, 1000);
        earlier = add_earlier(&f, "before", 31, 300);
        same = add_counted(&f, "2021", 31, 300);
        change = add_change(&f, "change", later, earlier);
        out = protect(*state, &f, NULL, key);
        assert_protected(&f, &out);
        assert_false(out.at[earlier].known);
        assert_string_equal(out.at[earlier].reason, "not printed");
        assert_true(out.at[change].known);
        assert_int_equal(out.at[change].value,
                         out.at[later].value - out.at[same].value);
        figures_clear(&f);
        figures_clear(&out);
    }
}

/* Nobody and a few look alike. */
static void
test_nobody_and_a_few_in_the_year_before_look_alike(void **state)
{
    static const char few[] = "few or no records of the year before";
    unsigned seen = 0;

    for (uint8_t k = 0; k < 50; k++) {
        const uint8_t key[ROUNDING_KEY_LEN] = {k};

        for (int64_t n = 0; n <= 3; n += 3) {
            struct figures f, out;
            size_t later, earlier, change;

            figures_init(&f);
            later = add_counted(&f, "total", 46, 1000);
            earlier = add_earlier(&f, "before", n, n == 0 ? 0 : 300);
            change = add_change(&f, "change", later, earlier);
            if (n == 0) {
                /* As the annual report has it. */
                f.at[change] = (struct figure){.name = "change",
                                               .reason = "no records",
                                               .is_change = true};
                (void)snprintf(f.at[earlier].reason,
                               sizeof f.at[earlier].reason, "no records");
            }
            out = protect(*state, &f, NULL, key);
            if (!out.at[change].known) {
                assert_unknown(&out, "change", few);
                assert_unknown(&out, "before", few);
                seen |= n == 0 ? 1 : 2;
            } else {
                assert_int_equal(n, 3);
                assert_int_equal(out.at[change].value,
                                 out.at[later].value - FIGURES_BASE);
                seen |= 4;
            }
            figures_clear(&f);
            figures_clear(&out);
        }
    }
    assert_int_equal(seen, 7);
}

static void
test_what_is_not_known_stays_so(void **state)
{
    const struct ctx *ctx = *state;
    struct figures exact = annual_figures(ctx, "police");
    struct figures out = protect(ctx, &exact, NULL, some_key);
    const struct figure *f = annual_data_figure(&exact, "suspects.total");

    assert_false(f->known);
    assert_unknown(&out, "suspects.total", f->reason);
    assert_unknown(&out, "suspects.change", f->reason);
    assert_protected(&exact, &out);
    figures_clear(&exact);
    figures_clear(&out);
}

static void
test_a_percentage_is_not_rounded_as_a_count(void **state)
{
    const struct ctx *ctx = *state;
    struct figures f, out;
    unsigned steps = 77;
    size_t at;

    figures_init(&f);
    figures_init(&out);
    (void)add_counted(&f, "all", 40, 1000);
    assert_ok(figures_add(&f, "share", 43, &at));
    f.at[at].is_percent = true;
    f.at[at].digits = 1;
    assert_err(protect_round(&f, NULL, some_key, &ctx->source, &out, &steps),
               SV_ERR_USAGE);
    assert_int_equal(out.n, 0);
    figures_clear(&f);
}

/* ---- No solver ---- */

static void
test_where_a_solver_is_wanted_and_gone_nothing_is_rounded(void **state)
{
    const struct ctx *ctx = *state;
    struct figures exact = plan_figures(ctx, PLAN), out;
    unsigned steps = 77;

    figures_init(&out);
    assert_err(protect_round(&exact, NULL, some_key, NULL, &out, &steps),
               SV_ERR_UNVERIFIED);
    assert_int_equal(out.n, 0);
    assert_int_equal(steps, 77);
    figures_clear(&exact);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_annual_report_is_rounded_and_adds_up),
        cmocka_unit_test(
            test_a_plan_of_several_dimensions_is_rounded_and_adds_up),
        cmocka_unit_test(
            test_a_later_run_gives_the_same_and_another_key_does_not),
        cmocka_unit_test(test_one_set_has_one_figure_under_all_its_names),
        cmocka_unit_test(
            test_what_was_printed_is_printed_again_in_another_plan),
        cmocka_unit_test(test_a_pin_of_one_name_holds_for_the_others),
        cmocka_unit_test(test_pins_that_contradict_each_other_are_refused),
        cmocka_unit_test(test_no_part_is_more_than_its_whole),
        cmocka_unit_test(test_a_part_that_was_printed_as_more_stays_so),
        cmocka_unit_test(test_a_change_is_the_difference_of_rounded_figures),
        cmocka_unit_test(test_nobody_and_a_few_in_the_year_before_look_alike),
        cmocka_unit_test(test_what_is_not_known_stays_so),
        cmocka_unit_test(test_a_percentage_is_not_rounded_as_a_count),
        cmocka_unit_test(
            test_where_a_solver_is_wanted_and_gone_nothing_is_rounded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
