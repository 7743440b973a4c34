#include "tests/support/support.h"

#include "disclosure/program.h"

/*
 * What addition alone makes of a model: over tables that share a dimension or
 * nothing, over many codes and dates, over two populations.  Where a number
 * follows from others it has to be that number.
 */
#define DAY "2022-12-31"
#define MANY 130 /* more than two words of codes */
#define ALL SIZE_MAX

static void
begin(struct facts *f, size_t n_populations)
{
    size_t at = 0;

    facts_init(f);
    assert_ok(facts_release(f, "r", &at));
    for (size_t i = 0; i < n_populations; i++) {
        const char name[] = {(char)('p' + i), '\0'};

        assert_ok(facts_population(f, name, &at));
    }
}

static size_t
dimension(struct facts *f, size_t population, const char *name, size_t n)
{
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, population, name, false, &at));
    for (size_t i = 0; i < n; i++) {
        char code[24];

        (void)snprintf(code, sizeof code, "%zu", i);
        assert_ok(facts_code(f, at, code, &code_at));
    }
    return at;
}

static size_t
figure(struct facts *f, size_t population, const char *as_of)
{
    char name[24];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "f%zu", f->n_figures);
    assert_ok(facts_figure(f, 0, population, name, as_of, &at));
    return at;
}

/* Of one code of each of two dimensions, or of all. */
static size_t
cell(struct facts *f, size_t d, size_t code, size_t e, size_t other)
{
    size_t at = figure(f, f->dimensions[d].population, DAY);

    if (code != ALL)
        assert_ok(facts_term(f, at, d, 1, &code));
    if (other != ALL)
        assert_ok(facts_term(f, at, e, 1, &other));
    return at;
}

static void
exact(struct facts *f, size_t figure_at, int64_t n)
{
    assert_ok(facts_print_exact(f, figure_at, n));
}

struct made {
    struct model *m;
    struct program *p;
};

static void
make(const struct facts *f, struct made *out)
{
    assert_ok(model_new(f, false, &out->m));
    assert_ok(program_new(out->m, MODEL_NONE, MODEL_NONE, &out->p));
}

static void
end(struct facts *f, struct made *made)
{
    program_free(made->p);
    model_free(made->m);
    facts_clear(f);
}

static void
assert_range(const struct made *made, size_t figure_at, int64_t lo, int64_t hi)
{
    struct program_range r = made->p->sets[made->m->set_of[figure_at]];

    if (r.lo != lo || r.hi != hi)
        fail_msg("figure %zu: %lld to %lld", figure_at, (long long)r.lo,
                 (long long)r.hi);
}

static size_t
members(const struct model *m, size_t figure_at)
{
    size_t set = m->set_of[figure_at];

    return m->members.start[set + 1] - m->members.start[set];
}

/* ---- the form of rows ---- */

/* Atoms are numbered without holes; a row has each once. */
static void
check_rows(const struct model *m, const struct model_rows *r, bool seen[])
{
    assert_int_equal(r->start[0], 0);
    for (size_t i = 0; i < r->n; i++) {
        assert_true(r->start[i] <= r->start[i + 1]);
        for (size_t k = r->start[i]; k < r->start[i + 1]; k++) {
            assert_true(r->atom[k] < m->n_atoms);
            seen[r->atom[k]] = true;
            for (size_t j = r->start[i]; j < k; j++)
                assert_int_not_equal(r->atom[j], r->atom[k]);
        }
    }
}

static void
check_model(const struct model *m)
{
    bool *seen = calloc(m->n_atoms + 1, sizeof *seen);

    assert_non_null(seen);
    assert_int_equal(m->members.n, m->n_sets);
    assert_int_equal(m->statements.n, m->facts->n_statements);
    check_rows(m, &m->members, seen);
    check_rows(m, &m->ties, seen);
    for (size_t i = 0; i < m->n_atoms; i++)
        assert_true(seen[i]);
    check_rows(m, &m->statements, seen);
    for (size_t i = 0; i < m->statements.start[m->statements.n]; i++)
        assert_int_not_equal(m->statements.factor[i], 0);
    free(seen);
}

static int64_t
factor_of(const struct model *m, size_t statement, size_t set)
{
    const struct model_rows *r = &m->statements;
    uint32_t atom = m->members.atom[m->members.start[set]];

    for (size_t i = r->start[statement]; i < r->start[statement + 1]; i++)
        if (r->atom[i] == atom)
            return r->factor[i];
    return 0;
}

static void
statements_are_of_atoms_each_with_all_its_factors(void **state)
{
    struct facts f;
    struct made made;
    size_t d, all, a, b, c;

    (void)state;
    begin(&f, 1);
    d = dimension(&f, 0, "a", 3);
    all = cell(&f, d, ALL, d, ALL);
    a = cell(&f, d, 0, d, ALL);
    b = cell(&f, d, 1, d, ALL);
    c = cell(&f, d, 2, d, ALL);
    assert_ok(facts_state(&f, 0, 3, (const size_t[]){all, a, b},
                          (const int64_t[]){2, -2, 5}, 0, 9));
    assert_ok(facts_state(&f, 0, 2, (const size_t[]){all, c},
                          (const int64_t[]){1, -1}, 0, 9));
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->n_atoms, 3);
    assert_int_equal(made.m->statements.start[1], 2);
    assert_int_equal(factor_of(made.m, 0, made.m->set_of[a]), 0);
    assert_int_equal(factor_of(made.m, 0, made.m->set_of[b]), 7);
    assert_int_equal(factor_of(made.m, 0, made.m->set_of[c]), 2);
    assert_int_equal(made.m->statements.start[2], 4);
    assert_int_equal(factor_of(made.m, 1, made.m->set_of[a]), 1);
    assert_int_equal(factor_of(made.m, 1, made.m->set_of[b]), 1);
    assert_int_equal(factor_of(made.m, 1, made.m->set_of[c]), 0);
    end(&f, &made);
}

static void
facts_without_figures_are_a_model_of_nobody(void **state)
{
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        struct facts f;
        struct made made;

        begin(&f, n);
        if (n == 2)
            (void)dimension(&f, 0, "a", 2);
        make(&f, &made);
        assert_int_equal(made.m->n_sets, 0);
        assert_int_equal(made.m->n_of_figures, 0);
        assert_int_equal(made.m->members.n, 0);
        assert_int_equal(made.m->members.start[0], 0);
        assert_int_equal(made.m->ties.n, 0);
        assert_int_equal(made.m->ties.start[0], 0);
        assert_int_equal(made.m->statements.start[0], 0);
        end(&f, &made);
    }
}

/* ---- tables ---- */

/* By a and b, and by a and c: of each code of a, what c leaves follows. */
static void
tables_of_one_dimension_agree_in_each_of_its_codes(void **state)
{
    static size_t rest[MANY];
    struct facts f;
    struct made made;
    size_t a, b, c;

    (void)state;
    begin(&f, 1);
    a = dimension(&f, 0, "a", MANY);
    b = dimension(&f, 0, "b", 2);
    c = dimension(&f, 0, "c", 2);
    for (size_t i = 0; i < MANY; i++) {
        exact(&f, cell(&f, a, i, b, 0), (int64_t)i);
        exact(&f, cell(&f, a, i, b, 1), 1000);
        exact(&f, cell(&f, a, i, c, 0), 500);
        rest[i] = cell(&f, a, i, c, 1);
    }
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->ties.n, MANY);
    assert_int_equal(made.m->n_atoms, 4 * MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_range(&made, rest[i], 500 + (int64_t)i, 500 + (int64_t)i);
    end(&f, &made);
}

/* Over two dimensions in common: a cell for each of their combinations. */
static void
tables_of_two_dimensions_agree_in_each_pair(void **state)
{
    struct facts f;
    struct made made;
    size_t d[4], rest[3][5];

    (void)state;
    begin(&f, 1);
    d[0] = dimension(&f, 0, "a", 3);
    d[1] = dimension(&f, 0, "b", 5);
    d[2] = dimension(&f, 0, "c", 2);
    d[3] = dimension(&f, 0, "d", 2);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 5; k++)
            for (size_t by = 2; by < 4; by++)
                for (size_t code = 0; code < 2; code++) {
                    size_t at = cell(&f, d[0], i, d[1], k);

                    assert_ok(facts_term(&f, at, d[by], 1, &code));
                    if (by == 3 && code == 1)
                        rest[i][k] = at;
                    else
                        exact(&f, at, by == 3 ? 7 : 100 + (int64_t)(5 * i + k));
                }
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->ties.n, 15);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 5; k++)
            assert_range(&made, rest[i][k], 193 + 2 * (int64_t)(5 * i + k),
                         193 + 2 * (int64_t)(5 * i + k));
    end(&f, &made);
}

/* By a, and by b: they are of the same people. */
static void
tables_that_share_nothing_are_of_the_same_people(void **state)
{
    struct facts f;
    struct made made;
    size_t a, b, rest;

    (void)state;
    begin(&f, 1);
    a = dimension(&f, 0, "a", MANY);
    b = dimension(&f, 0, "b", 2);
    for (size_t i = 0; i < MANY; i++)
        exact(&f, cell(&f, a, i, b, ALL), (int64_t)i);
    exact(&f, cell(&f, a, ALL, b, 0), 1000);
    rest = cell(&f, a, ALL, b, 1);
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->ties.n, 1);
    assert_range(&made, rest, MANY * (MANY - 1) / 2 - 1000,
                 MANY * (MANY - 1) / 2 - 1000);
    end(&f, &made);
}

/* A chain of five: what is counted at one end follows at the other. */
static void
a_chain_of_tables_agrees_from_end_to_end(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "g"};
    struct facts f;
    struct made made;
    size_t d[6], last = 0;

    (void)state;
    begin(&f, 1);
    for (size_t i = 0; i < 6; i++)
        d[i] = dimension(&f, 0, names[i], 3);
    for (size_t i = 0; i < 5; i++)
        for (size_t x = 0; x < 3; x++)
            for (size_t y = 0; y < 3; y++) {
                last = cell(&f, d[i], x, d[i + 1], y);
                if (i < 4 || x < 2 || y < 2)
                    exact(&f, last, 4);
            }
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->n_atoms, 45);
    assert_int_equal(made.m->ties.n, 12);
    assert_range(&made, last, 4, 4);
    end(&f, &made);
}

/* Codes of both words and of all: each figure has its own people. */
static void
sets_of_many_codes_are_told_apart(void **state)
{
    static size_t codes[MANY];
    struct facts f;
    struct made made;
    size_t a, upper[MANY], all;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        codes[i] = i;
    begin(&f, 1);
    a = dimension(&f, 0, "a", MANY);
    all = cell(&f, a, ALL, a, ALL);
    exact(&f, all, 2 * MANY);
    for (size_t i = 0; i < MANY; i++) {
        upper[i] = figure(&f, 0, DAY);
        assert_ok(facts_term(&f, upper[i], a, MANY - i, &codes[i]));
        if (i % 2 == 1)
            exact(&f, upper[i], 2 * (int64_t)(MANY - i));
    }
    assert_ok(facts_state(&f, 0, 2, (const size_t[]){all, upper[MANY - 1]},
                          (const int64_t[]){1, -1}, 0, 2 * MANY));
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->n_atoms, MANY);
    assert_int_equal(made.m->statements.start[1], MANY - 1);
    assert_int_equal(made.m->axes[a].n_classes, MANY);
    assert_int_equal(made.m->axes[a].n_words, 3);
    assert_int_equal(made.m->set_of[upper[0]], made.m->set_of[all]);
    for (size_t i = 1; i < MANY; i++) {
        assert_true(model_within(made.m, made.m->set_of[upper[i]],
                                 made.m->set_of[upper[i - 1]]));
        assert_false(model_within(made.m, made.m->set_of[upper[i - 1]],
                                  made.m->set_of[upper[i]]));
        assert_int_equal(model_rest(made.m, made.m->set_of[upper[i]],
                                    made.m->set_of[upper[i - 1]]),
                         MODEL_NONE);
    }
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(members(made.m, upper[i]), MANY - i);
    end(&f, &made);
}

/* ---- dates ---- */

static void
day_of(size_t i, char out[static FACTS_DATE_SIZE])
{
    (void)snprintf(out, FACTS_DATE_SIZE, "%04u-12-31", 1900u + (unsigned)i);
}

static void
people_who_came_by_many_dates_stay(void **state)
{
    struct facts f;
    struct made made;
    size_t at[MANY];

    (void)state;
    begin(&f, 1);
    for (size_t i = MANY; i-- > 0;) {
        char day[FACTS_DATE_SIZE];

        day_of(i, day);
        at[i] = figure(&f, 0, day);
        if (i % 2 == 0)
            exact(&f, at[i], 10 * (int64_t)i);
    }
    make(&f, &made);
    check_model(made.m);
    assert_int_equal(made.m->axes[MODEL_SINCE(0)].n_classes, MANY);
    for (size_t i = 1; i < MANY; i++) {
        assert_true(model_within(made.m, made.m->set_of[at[i - 1]],
                                 made.m->set_of[at[i]]));
        assert_false(model_within(made.m, made.m->set_of[at[i]],
                                  made.m->set_of[at[i - 1]]));
    }
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(members(made.m, at[i]), i + 1);
    end(&f, &made);
}

/* With people who leave, an earlier date is no part of a later one. */
static void
people_who_may_leave_are_counted_up_to_a_date(void **state)
{
    struct facts f;
    struct model *m;
    size_t at[3];

    (void)state;
    begin(&f, 1);
    for (size_t i = 0; i < 3; i++) {
        char day[FACTS_DATE_SIZE];

        day_of(i, day);
        at[i] = figure(&f, 0, day);
    }
    assert_ok(model_new(&f, true, &m));
    check_model(m);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(
                model_within(m, m->set_of[at[i]], m->set_of[at[k]]), i == k);
    /* From one of three dates up to it or a later one: six, of which all are
     * told apart. */
    assert_int_equal(m->n_atoms, 6);
    model_free(m);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_atoms, 3);
    model_free(m);
    facts_clear(&f);
}

/* ---- two populations ---- */

static void
populations_have_nobody_in_common(void **state)
{
    struct facts f;
    struct made made;
    size_t a, b, all[2], some[2], rest[2], later;

    (void)state;
    begin(&f, 2);
    a = dimension(&f, 0, "a", 2);
    b = dimension(&f, 1, "b", 2);
    for (size_t p = 0; p < 2; p++) {
        size_t d = p == 0 ? a : b;

        all[p] = cell(&f, d, ALL, d, ALL);
        some[p] = cell(&f, d, 0, d, ALL);
        rest[p] = cell(&f, d, 1, d, ALL);
        exact(&f, all[p], 20 + 5 * (int64_t)p);
        exact(&f, some[p], 15 - (int64_t)p);
    }
    later = figure(&f, 1, "2023-12-31");
    exact(&f, later, 30);
    make(&f, &made);
    check_model(made.m);
    assert_range(&made, rest[0], 5, 5);
    assert_range(&made, rest[1], 11, 11);
    assert_int_equal(made.m->axes[MODEL_SINCE(1)].population, 1);
    assert_int_equal(made.m->axes[MODEL_SINCE(0)].n_classes, 1);
    assert_int_equal(made.m->axes[MODEL_SINCE(1)].n_classes, 2);
    assert_false(
        model_within(made.m, made.m->set_of[some[0]], made.m->set_of[all[1]]));
    assert_true(
        model_within(made.m, made.m->set_of[some[1]], made.m->set_of[all[1]]));
    assert_true(
        model_within(made.m, made.m->set_of[all[1]], made.m->set_of[later]));
    assert_false(
        model_within(made.m, made.m->set_of[all[0]], made.m->set_of[later]));
    assert_int_equal(
        model_rest(made.m, made.m->set_of[some[1]], made.m->set_of[all[1]]),
        made.m->set_of[rest[1]]);
    end(&f, &made);
}

/* As many as there may be, each with two dates. */
static void
populations_are_as_many_as_there_may_be(void **state)
{
    struct facts f;
    struct model *m;
    size_t early[FACTS_POPULATIONS_MAX], late[FACTS_POPULATIONS_MAX];

    (void)state;
    begin(&f, FACTS_POPULATIONS_MAX);
    for (size_t p = 0; p < FACTS_POPULATIONS_MAX; p++) {
        early[p] = figure(&f, p, "2021-12-31");
        late[p] = figure(&f, p, DAY);
    }
    for (int with_until = 0; with_until < 2; with_until++) {
        assert_ok(model_new(&f, with_until, &m));
        check_model(m);
        assert_int_equal(m->n_atoms,
                         (with_until ? 4 : 2) * FACTS_POPULATIONS_MAX);
        for (size_t p = 0; p < FACTS_POPULATIONS_MAX; p++)
            assert_int_equal(
                model_within(m, m->set_of[early[p]], m->set_of[late[p]]),
                !with_until);
        model_free(m);
    }
    facts_clear(&f);
}

static void
only_the_second_population_has_a_figure(void **state)
{
    struct facts f;
    struct model *m;
    size_t d;

    (void)state;
    begin(&f, 2);
    d = dimension(&f, 1, "a", 2);
    (void)cell(&f, d, 0, d, ALL);
    assert_ok(model_new(&f, false, &m));
    check_model(m);
    assert_int_equal(m->n_sets, 1);
    assert_int_equal(m->n_atoms, 1);
    model_free(m);
    facts_clear(&f);
}

/* Tables on as many dimensions as a word has bits; the first population has
 * one more, of so many codes that no other table has room for it. */
static void
tables_are_of_their_populations_dimensions(void **state)
{
    struct facts f;
    struct model *m;
    size_t first = 0;

    (void)state;
    begin(&f, 2);
    for (size_t i = 0; i < 65 + 64; i++) {
        size_t n = i == 64 ? 1000 : 2, d;
        char name[24];

        (void)snprintf(name, sizeof name, "d%zu", i);
        d = dimension(&f, i > 64, name, n);
        if (i == 65)
            first = d;
        else if (i > 65)
            (void)cell(&f, first, 0, d, 0);
        for (size_t code = 0; code + 1 < n && i < 65; code++)
            (void)cell(&f, d, code, d, ALL);
    }
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_sets, 64 + 999 + 63);
    model_free(m);
    facts_clear(&f);
}

/* Who is not in the first of two codes of either is not who is in the second
 * of both. */
static void
a_rest_in_two_dimensions_is_no_figures_set(void **state)
{
    struct facts f;
    struct made made;
    size_t a, b, all, first, second;

    (void)state;
    begin(&f, 1);
    a = dimension(&f, 0, "a", 2);
    b = dimension(&f, 0, "b", 2);
    all = cell(&f, a, ALL, b, ALL);
    first = cell(&f, a, 0, b, 0);
    second = cell(&f, a, 1, b, 1);
    make(&f, &made);
    assert_int_equal(
        model_rest(made.m, made.m->set_of[first], made.m->set_of[all]),
        MODEL_NONE);
    assert_int_equal(
        model_rest(made.m, made.m->set_of[second], made.m->set_of[all]),
        MODEL_NONE);
    end(&f, &made);
}

/* ---- limits ---- */

/* 2^18 cells are too many, in a set of more dimensions, too. */
static void
sets_of_many_dimensions_are_out_of_range(void **state)
{
    (void)state;
    for (size_t n = 17; n <= 20; n++) {
        struct facts f;
        struct model *m = NULL;
        size_t at;

        begin(&f, 1);
        at = figure(&f, 0, DAY);
        for (size_t i = 0; i < n; i++) {
            const char name[] = {(char)('a' + i), '\0'};
            const size_t code = 0;

            assert_ok(facts_term(&f, at, dimension(&f, 0, name, 2), 1, &code));
        }
        if (n == 17) {
            assert_ok(model_new(&f, false, &m));
            assert_int_equal(m->n_atoms, 1);
            model_free(m);
        } else {
            assert_err(model_new(&f, false, &m), SV_ERR_RANGE);
            assert_null(m);
        }
        facts_clear(&f);
    }
}

/* Tables of so many cells together as there may be, and of more. */
static void
cells_are_as_many_as_atoms_may_be(void **state)
{
    static const size_t codes[3][4] = {
        {500, 200, 500, 200}, {500, 200, 500, 201}, {500, 201, 500, 200}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct facts f;
        struct model *m;
        size_t d[4];

        begin(&f, 1);
        for (size_t k = 0; k < 4; k++) {
            const char name[] = {(char)('a' + k), '\0'};

            d[k] = dimension(&f, 0, name, codes[i][k]);
            for (size_t c = 0; c + 1 < codes[i][k]; c++)
                (void)cell(&f, d[k], c, d[k], ALL);
        }
        (void)cell(&f, d[0], 0, d[1], 0);
        (void)cell(&f, d[2], 0, d[3], 0);
        assert_err(model_new(&f, false, &m), i == 0 ? SV_OK : SV_ERR_RANGE);
        if (i == 0)
            model_free(m);
        facts_clear(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_of_atoms_each_with_all_its_factors),
        cmocka_unit_test(facts_without_figures_are_a_model_of_nobody),
        cmocka_unit_test(tables_of_one_dimension_agree_in_each_of_its_codes),
        cmocka_unit_test(tables_of_two_dimensions_agree_in_each_pair),
        cmocka_unit_test(tables_that_share_nothing_are_of_the_same_people),
        cmocka_unit_test(a_chain_of_tables_agrees_from_end_to_end),
        cmocka_unit_test(sets_of_many_codes_are_told_apart),
        cmocka_unit_test(people_who_came_by_many_dates_stay),
        cmocka_unit_test(people_who_may_leave_are_counted_up_to_a_date),
        cmocka_unit_test(populations_have_nobody_in_common),
        cmocka_unit_test(populations_are_as_many_as_there_may_be),
        cmocka_unit_test(only_the_second_population_has_a_figure),
        cmocka_unit_test(tables_are_of_their_populations_dimensions),
        cmocka_unit_test(a_rest_in_two_dimensions_is_no_figures_set),
        cmocka_unit_test(sets_of_many_dimensions_are_out_of_range),
        cmocka_unit_test(cells_are_as_many_as_atoms_may_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
