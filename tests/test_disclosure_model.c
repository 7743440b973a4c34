#include "tests/support/grid.h"
#include "tests/support/support.h"

#include "disclosure/graph.h"
#include "disclosure/program.h"

#define NODES_MAX 70

static uint64_t
pick(uint64_t *seed, uint64_t n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % n;
}

/* ---- The junction tree ---- */

static bool
has(const struct junction *j, size_t clique, size_t node)
{
    return bit_is_set(&j->cliques[clique * j->n_words], node);
}

/* Every edge lies in a clique. */
static void
check_edges(const struct graph *g, const struct junction *j)
{
    for (size_t a = 0; a < g->n; a++)
        for (size_t b = 0; b < g->n; b++) {
            bool found = !bit_is_set(&g->edges[a * g->n_words], b);

            for (size_t k = 0; k < j->n && !found; k++)
                found = has(j, k, a) && has(j, k, b);
            assert_true(found);
        }
}

/* The cliques of a node are connected: all of them but one have it in common
 * with their parent. */
static void
check_nodes(const struct graph *g, const struct junction *j)
{
    for (size_t node = 0; node < g->n; node++) {
        size_t roots = 0;

        for (size_t k = 0; k < j->n; k++) {
            assert_true(k == 0 ? j->parent[k] == JUNCTION_ROOT
                               : j->parent[k] < k);
            if (has(j, k, node) && (k == 0 || !has(j, j->parent[k], node)))
                roots++;
        }
        assert_int_equal(roots, 1);
    }
}

static void
a_junction_tree_has_every_edge_and_connects_every_node(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t s = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct graph g;
        struct junction j;
        size_t n = 1 + pick(&s, seed % 10 == 0 ? NODES_MAX : 9);

        assert_ok(graph_init(&g, n));
        for (size_t i = pick(&s, 2 * n); i > 0; i--)
            graph_edge(&g, pick(&s, n), pick(&s, n));
        assert_ok(junction_make(&g, 1, &j));
        check_edges(&g, &j);
        check_nodes(&g, &j);
        junction_clear(&j);
        graph_clear(&g);
    }
}

static void
a_ring_of_four_becomes_two_cliques_of_three(void **state)
{
    struct graph g;
    struct junction j;

    (void)state;
    assert_ok(graph_init(&g, 4));
    for (size_t i = 0; i < 4; i++) {
        graph_edge(&g, i, (i + 1) % 4);
        g.weight[i] = 10;
    }
    assert_ok(junction_make(&g, 1000, &j));
    assert_int_equal(j.n, 2);
    assert_int_equal(bits_count(&j.cliques[0], 1), 3);
    assert_int_equal(bits_count(&j.cliques[1], 1), 3);
    junction_clear(&j);
    assert_err(junction_make(&g, 999, &j), SV_ERR_RANGE);
    graph_clear(&g);
}

static void
no_nodes_are_one_clique(void **state)
{
    struct graph g;
    struct junction j;

    (void)state;
    assert_ok(graph_init(&g, 0));
    assert_ok(junction_make(&g, 1, &j));
    assert_int_equal(j.n, 1);
    assert_int_equal(j.parent[0], JUNCTION_ROOT);
    junction_clear(&j);
    graph_clear(&g);
}

static void
weights_that_overflow_are_over_the_limit(void **state)
{
    struct graph g;
    struct junction j;

    (void)state;
    assert_ok(graph_init(&g, 3));
    for (size_t i = 0; i < 3; i++) {
        graph_edge(&g, i, (i + 1) % 3);
        g.weight[i] = UINT64_C(1) << 32;
    }
    assert_err(junction_make(&g, 200000, &j), SV_ERR_RANGE);
    graph_clear(&g);
}

/* ---- Atoms ---- */

/* Dimensions a, b, c of so many codes, one release. */
static void
begin(struct facts *f, size_t n_dims, size_t n_codes)
{
    size_t at = 0;

    facts_init(f);
    assert_ok(facts_population(f, "p", &at));
    assert_ok(facts_release(f, "r", &at));
    for (size_t d = 0; d < n_dims; d++) {
        char name[2] = {(char)('a' + d), '\0'};

        assert_ok(facts_dimension(f, 0, name, d == 2, &at));
        for (size_t i = 0; i < n_codes; i++) {
            char code[24];

            (void)snprintf(code, sizeof code, "%zu", i);
            assert_ok(facts_code(f, d, code, &at));
        }
    }
}

#define ALL SIZE_MAX

/* A figure of one code, or all, of each of three dimensions. */
static size_t
cell(struct facts *f, size_t a, size_t b, size_t c)
{
    const size_t codes[] = {a, b, c};
    char name[32];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "f%zu", f->n_figures);
    assert_ok(facts_figure(f, 0, 0, name, "2022-12-31", &at));
    for (size_t d = 0; d < 3; d++)
        if (codes[d] != ALL)
            assert_ok(facts_term(f, at, d, 1, &codes[d]));
    return at;
}

static size_t
members(const struct model *m, size_t set)
{
    return m->members.start[set + 1] - m->members.start[set];
}

static void
codes_that_no_figure_tells_apart_are_one(void **state)
{
    const size_t some[] = {1, 2, 3};
    struct facts f;
    struct model *m;
    size_t at;

    (void)state;
    begin(&f, 3, 8);
    (void)cell(&f, ALL, ALL, ALL);
    (void)cell(&f, 0, ALL, ALL);
    at = cell(&f, ALL, ALL, ALL);
    assert_ok(facts_term(&f, at, 0, 3, some));
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->axes[0].n_classes, 3);
    assert_int_equal(m->axes[1].n_classes, 1);
    assert_int_equal(m->n_atoms, 3);
    model_free(m);
    facts_clear(&f);
}

/* a x b and b x c: two tables, not one of a x b x c. */
static void
tables_that_share_a_dimension_stay_two(void **state)
{
    struct facts f;
    struct model *m;

    (void)state;
    begin(&f, 3, 10);
    for (size_t i = 0; i < 10; i++)
        for (size_t j = 0; j < 10; j++) {
            (void)cell(&f, i, j, ALL);
            (void)cell(&f, ALL, i, j);
        }
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_atoms, 200);
    assert_int_equal(m->ties.n, 10);
    model_free(m);
    facts_clear(&f);
}

static void
tables_that_share_nothing_have_one_total(void **state)
{
    struct facts f;
    struct model *m;

    (void)state;
    begin(&f, 3, 10);
    for (size_t i = 0; i < 10; i++) {
        (void)cell(&f, i, ALL, ALL);
        (void)cell(&f, ALL, i, ALL);
    }
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_atoms, 20);
    assert_int_equal(m->ties.n, 1);
    model_free(m);
    facts_clear(&f);
}

/* Two cells of a table that every figure counts both or neither. */
static void
cells_with_the_same_figures_are_one_atom(void **state)
{
    struct facts f;
    struct model *m;

    (void)state;
    begin(&f, 3, 2);
    (void)cell(&f, 0, 0, ALL);
    (void)cell(&f, ALL, ALL, ALL);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_atoms, 2);
    assert_int_equal(members(m, m->set_of[0]), 1);
    assert_int_equal(members(m, m->set_of[1]), 2);
    model_free(m);
    facts_clear(&f);
}

static void
figures_of_one_set_share_it_and_dates_part_them(void **state)
{
    struct facts f;
    struct model *m;
    size_t a, b, c;

    (void)state;
    begin(&f, 3, 2);
    a = cell(&f, 0, ALL, ALL);
    b = cell(&f, 0, ALL, ALL);
    c = cell(&f, 0, ALL, ALL);
    assert_ok(text_copy(bytes_text("2023-12-31"), f.figures[c].as_of,
                        FACTS_DATE_SIZE));
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->set_of[a], m->set_of[b]);
    assert_int_not_equal(m->set_of[a], m->set_of[c]);
    assert_true(model_within(m, m->set_of[a], m->set_of[c]));
    assert_false(model_within(m, m->set_of[c], m->set_of[a]));
    assert_int_equal(m->n_atoms, 2);
    model_free(m);
    assert_ok(model_new(&f, true, &m));
    assert_false(model_within(m, m->set_of[a], m->set_of[c]));
    model_free(m);
    facts_clear(&f);
}

static void
a_rest_that_a_figure_counts_is_its_set(void **state)
{
    const size_t two[] = {1, 2};
    struct facts f;
    struct model *m;
    size_t all, one, rest, crossed, wide, narrow;

    (void)state;
    begin(&f, 3, 3);
    all = cell(&f, ALL, ALL, 1);
    one = cell(&f, 0, ALL, 1);
    rest = cell(&f, ALL, ALL, 1);
    assert_ok(facts_term(&f, rest, 0, 2, two));
    crossed = cell(&f, 0, 1, 1);
    wide = cell(&f, 0, ALL, ALL); /* of more than one dimension, too */
    assert_ok(facts_term(&f, wide, 1, 2, two));
    narrow = cell(&f, 0, 2, ALL);
    (void)cell(&f, 0, 1, ALL);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(model_rest(m, m->set_of[one], m->set_of[all]),
                     m->set_of[rest]);
    assert_int_equal(model_rest(m, m->set_of[narrow], m->set_of[wide]),
                     m->set_of[narrow + 1]);
    assert_int_equal(model_rest(m, m->set_of[crossed], m->set_of[all]),
                     MODEL_NONE);
    assert_int_equal(model_rest(m, m->set_of[crossed], m->set_of[one]),
                     MODEL_NONE);
    model_free(m);
    facts_clear(&f);
}

/* Dimension c is secret: who else is in the group. */
static void
one_secret_term_has_an_opposite_in_its_group(void **state)
{
    struct facts f;
    struct model *m;
    size_t ill, group;

    (void)state;
    begin(&f, 3, 3);
    ill = cell(&f, 0, ALL, 1);
    group = cell(&f, 0, ALL, ALL);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->sets[m->set_of[group]].opposite, MODEL_NONE);
    assert_int_not_equal(m->sets[m->set_of[ill]].opposite, MODEL_NONE);
    assert_int_equal(members(m, m->set_of[group]),
                     members(m, m->set_of[ill]) +
                         members(m, m->sets[m->set_of[ill]].opposite));
    model_free(m);
    facts_clear(&f);
}

/* Of a code of each of two secrets, others are in several ways. */
static void
two_secret_terms_have_no_opposite(void **state)
{
    struct facts f;
    struct model *m;
    size_t both;

    (void)state;
    begin(&f, 3, 3);
    f.dimensions[1].secret = true;
    both = cell(&f, 0, 1, 1);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->sets[m->set_of[both]].opposite, MODEL_NONE);
    model_free(m);
    facts_clear(&f);
}

static void
nobody_is_one_set_however_it_is_said(void **state)
{
    const size_t some[] = {0, 1};
    struct facts f;
    struct model *m;
    size_t none, other;

    (void)state;
    begin(&f, 3, 3);
    none = cell(&f, ALL, 0, ALL);
    assert_ok(facts_term(&f, none, 0, 0, NULL));
    other = cell(&f, 1, ALL, 1);
    assert_ok(facts_term(&f, other, 1, 0, NULL));
    (void)cell(&f, ALL, ALL, ALL);
    assert_ok(facts_term(&f, cell(&f, ALL, ALL, ALL), 0, 2, some));
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->set_of[none], m->set_of[other]);
    assert_int_equal(m->sets[m->set_of[none]].n_terms, 0);
    assert_int_equal(members(m, m->set_of[none]), 0);
    model_free(m);
    facts_clear(&f);
}

/* Whoever is said to have one of no codes. */
static void
a_term_of_a_dimension_without_codes_is_of_nobody(void **state)
{
    struct facts f;
    struct model *m;
    size_t none;

    (void)state;
    begin(&f, 3, 0);
    none = cell(&f, ALL, ALL, ALL);
    assert_ok(facts_term(&f, none, 0, 0, NULL));
    assert_ok(model_new(&f, false, &m));
    assert_true(m->sets[m->set_of[none]].nobody);
    model_free(m);
    facts_clear(&f);
}

/* As many as a dimension may have codes. */
static void
dates_are_as_many_as_codes_may_be(void **state)
{
    struct facts f;
    struct model *m;

    (void)state;
    begin(&f, 3, 1);
    for (size_t i = 0; i <= FACTS_CODES_MAX; i++) {
        size_t at = cell(&f, ALL, ALL, ALL);

        (void)snprintf(f.figures[at].as_of, FACTS_DATE_SIZE, "%04zu-12-31",
                       1000 + i);
    }
    assert_err(model_new(&f, false, &m), SV_ERR_RANGE);
    (void)snprintf(f.figures[0].as_of, FACTS_DATE_SIZE, "%04zu-12-31",
                   (size_t)1001);
    assert_ok(model_new(&f, false, &m));
    assert_int_equal(m->n_sets, FACTS_CODES_MAX);
    model_free(m);
    facts_clear(&f);
}

static void
what_would_be_too_many_atoms_is_refused(void **state)
{
    struct facts f;
    struct model *m;

    (void)state;
    begin(&f, 3, 60);
    for (size_t i = 0; i < 59; i++) {
        (void)cell(&f, i, ALL, ALL);
        (void)cell(&f, ALL, i, ALL);
        (void)cell(&f, ALL, ALL, i);
    }
    assert_ok(model_new(&f, false, &m));
    model_free(m);
    (void)cell(&f, 0, 0, 0);
    assert_err(model_new(&f, false, &m), SV_ERR_RANGE);
    facts_clear(&f);
}

/* 8 dimensions of 256 codes in one table: 2^64 cells, which is no 0; of 9, so
 * many have one code of one dimension, too. */
static void
so_many_cells_that_their_number_overflows_are_refused(void **state)
{
    (void)state;
    for (size_t n = 8; n <= 9; n++) {
        struct facts f;
        struct model *m;
        size_t all, code = 0;

        begin(&f, n, 256);
        all = cell(&f, ALL, ALL, ALL);
        for (size_t d = 0; d < n; d++) {
            assert_ok(facts_term(&f, all, d, 1, &code));
            for (size_t i = 0; i < 255; i++)
                assert_ok(facts_term(&f, cell(&f, ALL, ALL, ALL), d, 1, &i));
        }
        assert_err(model_new(&f, false, &m), SV_ERR_RANGE);
        facts_clear(&f);
    }
}

/* ---- What is printed ---- */

static void
addition_alone_narrows_what_it_can(void **state)
{
    struct facts f;
    struct model *m;
    struct program *p;
    size_t a, b;

    (void)state;
    begin(&f, 3, 2);
    assert_ok(facts_print_exact(&f, cell(&f, ALL, ALL, ALL), 10));
    a = cell(&f, 0, ALL, ALL);
    assert_ok(facts_print_rounded(&f, a, 5, 5, 0));
    b = cell(&f, 1, ALL, ALL);
    assert_ok(model_new(&f, false, &m));
    assert_ok(program_new(m, MODEL_NONE, MODEL_NONE, &p));
    assert_int_equal(p->sets[m->set_of[a]].lo, 1);
    assert_int_equal(p->sets[m->set_of[a]].hi, 9);
    assert_int_equal(p->sets[m->set_of[b]].lo, 1);
    assert_int_equal(p->sets[m->set_of[b]].hi, 9);
    assert_int_equal(p->left.n_cols, 2);
    program_free(p);
    /* Who is in b has made it no longer empty; who is not known. */
    assert_ok(facts_print_hidden(&f, b, 0));
    assert_ok(program_new(m, 0, m->set_of[b], &p));
    assert_int_equal(p->sets[m->set_of[b]].lo, 1);
    assert_int_equal(p->sets[m->set_of[a]].lo, 0);
    program_free(p);
    model_free(m);
    facts_clear(&f);
}

static void
addition_alone_finds_a_conflict(void **state)
{
    struct facts f;
    struct model *m;
    struct program *p;

    (void)state;
    begin(&f, 3, 2);
    assert_ok(facts_print_exact(&f, cell(&f, ALL, ALL, ALL), 10));
    assert_ok(facts_print_exact(&f, cell(&f, 0, ALL, ALL), 11));
    assert_ok(model_new(&f, false, &m));
    assert_err(program_new(m, MODEL_NONE, MODEL_NONE, &p), SV_ERR_CONFLICT);
    model_free(m);
    facts_clear(&f);
}

/* The true table passes; altered in one atom it does not, if that is seen. */
static void
a_table_is_no_witness_if_one_number_is_wrong(void **state)
{
    const size_t codes[] = {4, 3, 2};
    struct grid g;
    struct model *m;
    struct program *p;
    int64_t *x, *atoms, *values;

    (void)state;
    grid_make(&g, 12345, 3, codes);
    grid_hide(&g, 4);
    grid_print_suppressed(&g, 1);
    assert_ok(model_new(&g.facts, false, &m));
    assert_ok(program_new(m, MODEL_NONE, MODEL_NONE, &p));
    assert_true(p->left.n_cols > 0);
    x = calloc(p->left.n_cols, sizeof *x);
    atoms = calloc(m->n_atoms, sizeof *atoms);
    values = calloc(m->n_sets, sizeof *values);
    assert_true(x != NULL && atoms != NULL && values != NULL);
    /* Leaves are sets of one atom. */
    for (size_t i = 0; i < g.n_cells; i++)
        if (members(m, m->set_of[i]) == 1) {
            uint32_t atom = m->members.atom[m->members.start[m->set_of[i]]];

            if (p->column_of[atom] != PROGRAM_FIXED)
                x[p->column_of[atom]] = g.cells[i].n;
        }
    assert_true(program_values(p, x, atoms, values));
    for (size_t i = 0; i < g.n_cells; i++)
        assert_int_equal(values[m->set_of[i]], g.cells[i].n);
    for (size_t i = 0; i < p->left.n_cols; i++)
        for (int64_t by = -1; by <= 1; by += 2) {
            x[i] += by;
            assert_false(program_values(p, x, atoms, values));
            x[i] -= by;
        }
    free(x);
    free(atoms);
    free(values);
    program_free(p);
    model_free(m);
    grid_free(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_junction_tree_has_every_edge_and_connects_every_node),
        cmocka_unit_test(a_ring_of_four_becomes_two_cliques_of_three),
        cmocka_unit_test(no_nodes_are_one_clique),
        cmocka_unit_test(weights_that_overflow_are_over_the_limit),
        cmocka_unit_test(codes_that_no_figure_tells_apart_are_one),
        cmocka_unit_test(tables_that_share_a_dimension_stay_two),
        cmocka_unit_test(tables_that_share_nothing_have_one_total),
        cmocka_unit_test(cells_with_the_same_figures_are_one_atom),
        cmocka_unit_test(figures_of_one_set_share_it_and_dates_part_them),
        cmocka_unit_test(a_rest_that_a_figure_counts_is_its_set),
        cmocka_unit_test(one_secret_term_has_an_opposite_in_its_group),
        cmocka_unit_test(two_secret_terms_have_no_opposite),
        cmocka_unit_test(nobody_is_one_set_however_it_is_said),
        cmocka_unit_test(a_term_of_a_dimension_without_codes_is_of_nobody),
        cmocka_unit_test(dates_are_as_many_as_codes_may_be),
        cmocka_unit_test(what_would_be_too_many_atoms_is_refused),
        cmocka_unit_test(so_many_cells_that_their_number_overflows_are_refused),
        cmocka_unit_test(addition_alone_narrows_what_it_can),
        cmocka_unit_test(addition_alone_finds_a_conflict),
        cmocka_unit_test(a_table_is_no_witness_if_one_number_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
