#include "tests/support/grid.h"

#include "tests/support/cube.h"
#include "tests/support/support.h"

#define DAY "2022-12-31"
#define LINE_SIZE 512

/* ---- building ---- */

static void
begin(struct grid *t)
{
    size_t at = 0;

    *t = (struct grid){0};
    facts_init(&t->facts);
    assert_ok(facts_release(&t->facts, "r", &at));
    assert_ok(facts_population(&t->facts, "p", &at));
}

void
grid_free(struct grid *t)
{
    facts_clear(&t->facts);
    free(t->cells);
    *t = (struct grid){0};
}

static void
add_cell(struct grid *t, struct grid_cell cell)
{
    if ((t->n_cells & (t->n_cells - 1)) == 0) {
        size_t cap = t->n_cells == 0 ? 1 : 2 * t->n_cells;

        t->cells = realloc(t->cells, cap * sizeof *t->cells);
        assert_non_null(t->cells);
    }
    t->cells[t->n_cells++] = cell;
}

/* A figure for each cell. */
static void
add_figures(struct grid *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        char name[32];
        size_t at = 0;

        (void)snprintf(name, sizeof name, "f%zu", i);
        assert_ok(facts_figure(&t->facts, 0, 0, name, DAY, &at));
        for (size_t d = 0; d < t->n_dims; d++)
            if (t->cells[i].code[d] != GRID_TOTAL)
                assert_ok(
                    facts_term(&t->facts, at, d, 1, &t->cells[i].code[d]));
    }
}

/* ---- files ---- */

/* Cut the next field off the line. */
static char *
field(char **line)
{
    char *head = *line;
    char *end = head + strcspn(head, ",\r\n");

    *line = *end == ',' ? end + 1 : end;
    *end = '\0';
    return head;
}

static size_t
read_head(struct grid *t, char *line)
{
    size_t at = 0, columns = 0;

    while (*line != '\0') {
        const char *name = field(&line);

        columns++;
        if (strcmp(name, "n") != 0 && columns == t->n_dims + 1) {
            assert_ok(facts_dimension(&t->facts, 0, name, false, &at));
            t->n_dims++;
        }
    }
    assert_true(t->n_dims > 0 && t->n_dims <= GRID_DIMS_MAX);
    return columns;
}

static void
read_cell(struct grid *t, char *line)
{
    struct grid_cell cell = {0};

    for (size_t d = 0; d < t->n_dims; d++) {
        const char *code = field(&line);

        cell.code[d] = GRID_TOTAL;
        if (strcmp(code, "Total") != 0)
            assert_ok(facts_code(&t->facts, d, code, &cell.code[d]));
    }
    cell.n = strtoll(field(&line), NULL, 10);
    cell.is_small = strcmp(field(&line), "TRUE") == 0;
    cell.is_hidden = strcmp(field(&line), "TRUE") == 0;
    add_cell(t, cell);
}

bool
grid_read(struct grid *t, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[LINE_SIZE];

    if (f == NULL)
        return false;
    begin(t);
    assert_non_null(fgets(line, sizeof line, f));
    (void)read_head(t, line);
    while (fgets(line, sizeof line, f) != NULL)
        read_cell(t, line);
    (void)fclose(f);
    add_figures(t);
    return true;
}

/* ---- made ones ---- */

static uint64_t
next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Half of them below 8, and one in a hundred some hundreds. */
static int64_t
some_count(uint64_t *seed)
{
    uint64_t most = UINT64_C(1) << next(seed) % 9;

    return (int64_t)(next(seed) % (next(seed) % 8 == 0 ? most : most / 2 + 1));
}

static bool
matches(const struct grid_cell *margin, const struct grid_cell *leaf,
        size_t n_dims)
{
    for (size_t d = 0; d < n_dims; d++)
        if (margin->code[d] != GRID_TOTAL && margin->code[d] != leaf->code[d])
            return false;
    return true;
}

/* The cells from dimension d on, each code and the total. */
static void
make_cells(struct grid *t, struct grid_cell *cell, size_t d, bool leaves,
           uint64_t *seed)
{
    if (d == t->n_dims) {
        bool is_leaf = true;

        for (size_t i = 0; i < d; i++)
            is_leaf = is_leaf && cell->code[i] != GRID_TOTAL;
        cell->n = is_leaf ? some_count(seed) : 0;
        if (is_leaf == leaves)
            add_cell(t, *cell);
        return;
    }
    for (size_t i = 0; i < t->facts.dimensions[d].n; i++) {
        cell->code[d] = i;
        make_cells(t, cell, d + 1, leaves, seed);
    }
    cell->code[d] = GRID_TOTAL;
    make_cells(t, cell, d + 1, leaves, seed);
}

void
grid_make(struct grid *t, uint64_t seed, size_t n_dims, const size_t n_codes[])
{
    struct grid_cell cell = {0};
    size_t n_leaves, at = 0;

    begin(t);
    for (size_t d = 0; d < n_dims; d++) {
        char name[2] = {(char)('a' + d), '\0'};

        assert_ok(facts_dimension(&t->facts, 0, name, false, &at));
        for (size_t i = 0; i < n_codes[d]; i++) {
            char code[32];

            (void)snprintf(code, sizeof code, "%s%02zu", name, i);
            assert_ok(facts_code(&t->facts, d, code, &at));
        }
    }
    t->n_dims = n_dims;
    make_cells(t, &cell, 0, true, &seed);
    n_leaves = t->n_cells;
    make_cells(t, &cell, 0, false, &seed);
    for (size_t i = n_leaves; i < t->n_cells; i++)
        for (size_t j = 0; j < n_leaves; j++)
            if (matches(&t->cells[i], &t->cells[j], n_dims))
                t->cells[i].n += t->cells[j].n;
    add_figures(t);
}

/* ---- protection ---- */

/* Do the cells lie on one line along dimension d? */
static bool
on_line(const struct grid_cell *a, const struct grid_cell *b, size_t n_dims,
        size_t d)
{
    for (size_t i = 0; i < n_dims; i++)
        if (i != d && a->code[i] != b->code[i])
            return false;
    return true;
}

/* Is the hidden cell alone on its line along d?  Then hide the least. */
static bool
hide_another(struct grid *t, size_t cell, size_t d)
{
    size_t least = GRID_TOTAL;

    for (size_t i = 0; i < t->n_cells; i++) {
        const struct grid_cell *c = &t->cells[i];

        if (i == cell || !on_line(c, &t->cells[cell], t->n_dims, d))
            continue;
        if (c->is_hidden)
            return false;
        if (c->n > 0 && (least == GRID_TOTAL || c->n < t->cells[least].n))
            least = i;
    }
    if (least == GRID_TOTAL)
        return false;
    t->cells[least].is_hidden = true;
    return true;
}

void
grid_hide(struct grid *t, int64_t small)
{
    bool more = true;

    for (size_t i = 0; i < t->n_cells; i++)
        t->cells[i].is_small = t->cells[i].is_hidden =
            t->cells[i].n >= 1 && t->cells[i].n <= small;
    while (more) {
        more = false;
        for (size_t i = 0; i < t->n_cells; i++)
            for (size_t d = 0; d < t->n_dims && t->cells[i].is_hidden; d++)
                more = hide_another(t, i, d) || more;
    }
}

void
grid_print_suppressed(struct grid *t, int64_t at_least)
{
    for (size_t i = 0; i < t->n_cells; i++)
        if (t->cells[i].is_hidden)
            assert_ok(facts_print_hidden(&t->facts, i, at_least));
        else
            assert_ok(facts_print_exact(&t->facts, i, t->cells[i].n));
}

/* The relation of a margin to the cells of its line along d. */
static struct rounding_relation
line_of(const struct grid *t, size_t margin, size_t d)
{
    struct rounding_relation r = {.whole = margin};
    size_t *parts = calloc(t->facts.dimensions[d].n, sizeof *parts);

    assert_non_null(parts);
    for (size_t i = 0; i < t->n_cells; i++)
        if (t->cells[i].code[d] != GRID_TOTAL &&
            on_line(&t->cells[i], &t->cells[margin], t->n_dims, d))
            parts[r.n++] = i;
    r.parts = parts;
    return r;
}

/* Lets go of what line_of() made. */
static void
free_lines(struct rounding_relation *lines, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)lines[i].parts);
    free(lines);
}

void
grid_print_rounded(struct grid *t, int64_t base, uint8_t key,
                   const struct solver_source *source)
{
    struct rounding r = {.base = base, .n = t->n_cells};
    const uint8_t full[ROUNDING_KEY_LEN] = {key};
    struct rounding_cell *cells = calloc(t->n_cells, sizeof *cells);
    struct rounding_relation *lines =
        calloc(t->n_cells * t->n_dims, sizeof *lines);
    int64_t *out = calloc(t->n_cells, sizeof *out);
    size_t in_conflict;
    unsigned steps;

    assert_true(cells != NULL && lines != NULL && out != NULL);
    for (size_t i = 0; i < t->n_cells; i++) {
        cells[i] = (struct rounding_cell){.n = t->cells[i].n, .weight = 1};
        cube_id(i, cells[i].id);
        for (size_t d = 0; d < t->n_dims; d++)
            if (t->cells[i].code[d] == GRID_TOTAL) {
                cells[i].weight = 4;
                lines[r.n_relations++] = line_of(t, i, d);
            }
    }
    r.cells = cells;
    r.relations = lines;
    assert_ok(rounding_run(&r, full, source, 60000, out, &steps, &in_conflict));
    for (size_t i = 0; i < t->n_cells; i++)
        assert_ok(facts_print_rounded(&t->facts, i, out[i], base, steps));
    free_lines(lines, r.n_relations);
    free(cells);
    free(out);
}
