/*
 * Small tables of counts, rounded with an honest solver and with one that
 * lies: what comes adds up, is near its count, keeps what was printed, and is
 * the same for one key in whatever order cells and sums are given.
 *
 * Covers: disclosure/rounding.c disclosure/rounding_solve.c
 * Covers: disclosure/rounding_table.c disclosure/solver.c
 */
#include <string.h>

#include "disclosure/rounding.h"
#include "fuzz/lying_solver.h"

#define ROWS_MAX 3
#define COLUMNS_MAX 3
#define CELLS_MAX ((ROWS_MAX + 1) * (COLUMNS_MAX + 1))
#define SUMS_MAX (ROWS_MAX + COLUMNS_MAX + 2)
#define TIMEOUT_MS 2000
#define UNTOUCHED INT64_C(-77)

/* A table with its margins. */
struct counts {
    struct rounding r;
    size_t n_rows, n_columns;
    struct rounding_cell cells[CELLS_MAX];
    struct rounding_relation sums[SUMS_MAX];
    size_t parts[SUMS_MAX][CELLS_MAX];
};

struct rounded {
    enum sv_err err;
    int64_t out[CELLS_MAX];
    unsigned steps;
    size_t in_conflict;
};

/* ---- a table ---- */

static size_t
at(const struct counts *c, size_t row, size_t column)
{
    return row * (c->n_columns + 1) + column;
}

/* The sum of a row, or of a column: its total is the last. */
static void
relate(struct counts *c, bool is_row, size_t line)
{
    size_t i = c->r.n_relations++;
    size_t n = is_row ? c->n_columns : c->n_rows;

    for (size_t k = 0; k < n; k++)
        c->parts[i][k] = is_row ? at(c, line, k) : at(c, k, line);
    c->sums[i] = (struct rounding_relation){
        is_row ? at(c, line, n) : at(c, n, line), n, c->parts[i]};
}

static void
make_cells(struct counts *c, struct draw *d)
{
    for (size_t i = 0; i < c->n_rows; i++)
        for (size_t k = 0; k < c->n_columns; k++) {
            int64_t n = draw_below(d, 16) == 0 ? (int64_t)(draw_u64(d) >> 30)
                                               : (int64_t)draw_below(d, 24);

            c->cells[at(c, i, k)].n = n;
            c->cells[at(c, i, c->n_columns)].n += n;
            c->cells[at(c, c->n_rows, k)].n += n;
            c->cells[at(c, c->n_rows, c->n_columns)].n += n;
        }
    for (size_t i = 0; i < c->r.n; i++) {
        struct rounding_cell *cell = &c->cells[i];

        cell->id[0] = (uint8_t)i;
        cell->id[1] = draw_byte(d);
        cell->weight = 1 + (unsigned)draw_below(d, 16);
        cell->pinned = draw_below(d, 6) == 0;
        cell->pin =
            (cell->n / c->r.base + (int64_t)draw_below(d, 2)) * c->r.base;
        /* A count that is not what it should be. */
        if (draw_below(d, 64) == 63)
            cell->n++;
    }
}

static void
counts_make(struct counts *c, struct draw *d)
{
    memset(c, 0, sizeof *c);
    c->n_rows = 1 + draw_below(d, ROWS_MAX);
    c->n_columns = 1 + draw_below(d, COLUMNS_MAX);
    c->r = (struct rounding){.base = 2 + (int64_t)draw_below(d, 6),
                             .n = (c->n_rows + 1) * (c->n_columns + 1),
                             .cells = c->cells,
                             .relations = c->sums};
    make_cells(c, d);
    for (size_t i = 0; i <= c->n_rows; i++)
        relate(c, true, i);
    for (size_t k = 0; k <= c->n_columns; k++)
        relate(c, false, k);
}

/* ---- rounding it ---- */

static void
run(const struct counts *c, const uint8_t key[static ROUNDING_KEY_LEN],
    bool is_liar, uint64_t number, struct rounded *out)
{
    struct lying_solver solver;

    *out = (struct rounded){.steps = 77, .in_conflict = SIZE_MAX};
    for (size_t i = 0; i < CELLS_MAX; i++)
        out->out[i] = UNTOUCHED;
    lying_solver_start(&solver, is_liar, number);
    out->err = rounding_run(&c->r, key, &solver.source, TIMEOUT_MS, out->out,
                            &out->steps, &out->in_conflict);
    lying_solver_stop(&solver);
}

static int64_t
distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static void
check_sum(const struct rounding_relation *sum, const int64_t out[])
{
    int64_t n = 0;

    for (size_t i = 0; i < sum->n; i++)
        n += out[sum->parts[i]];
    demand(n == out[sum->whole]);
}

static void
check_result(const struct counts *c, const struct rounded *r, bool is_liar)
{
    if (r->err != SV_OK) {
        demand(r->err == SV_ERR_UNVERIFIED || r->err == SV_ERR_CONFLICT);
        demand(r->err != SV_ERR_CONFLICT || is_liar ||
               r->in_conflict < c->r.n_relations);
        demand(r->steps == 77 && r->out[0] == UNTOUCHED);
        return;
    }
    demand(r->steps <= 1);
    for (size_t i = 0; i < c->r.n; i++) {
        const struct rounding_cell *cell = &c->cells[i];

        demand(r->out[i] >= 0 && r->out[i] % c->r.base == 0);
        if (cell->pinned)
            demand(r->out[i] == cell->pin);
        else
            demand(distance(r->out[i], cell->n) <
                   (int64_t)(r->steps + 1) * c->r.base);
        demand(cell->pinned || cell->n != 0 || r->out[i] == 0);
    }
    for (size_t i = 0; i < c->r.n_relations; i++)
        check_sum(&c->sums[i], r->out);
}

/* The same table, its sums and their parts the other way round. */
static void
turn(const struct counts *c, struct counts *out)
{
    size_t n = c->r.n_relations;

    *out = *c;
    out->r.cells = out->cells;
    out->r.relations = out->sums;
    for (size_t i = 0; i < n; i++) {
        const struct rounding_relation *from = &c->sums[n - 1 - i];

        for (size_t k = 0; k < from->n; k++)
            out->parts[i][k] = from->parts[from->n - 1 - k];
        out->sums[i] =
            (struct rounding_relation){from->whole, from->n, out->parts[i]};
    }
}

static void
check_targets(const struct counts *c,
              const uint8_t key[static ROUNDING_KEY_LEN])
{
    for (size_t i = 0; i < c->r.n; i++) {
        const struct rounding_cell *cell = &c->cells[i];
        int64_t target = rounding_target(key, cell->id, cell->n, c->r.base);

        demand(target % c->r.base == 0);
        demand(distance(target, cell->n) < c->r.base);
        demand(rounding_target(key, cell->id, cell->n + 1, c->r.base) >=
               target);
    }
}

void
fuzz_one(struct bytes in)
{
    struct draw d = {in.ptr, in.len};
    static struct counts c, turned;
    struct rounded once, again, lied;
    uint8_t key[ROUNDING_KEY_LEN] = {0};
    uint64_t number;

    key[0] = draw_byte(&d);
    number = draw_u64(&d);
    counts_make(&c, &d);
    check_targets(&c, key);
    run(&c, key, false, 0, &once);
    check_result(&c, &once, false);
    turn(&c, &turned);
    run(&turned, key, false, 1, &again);
    demand(once.err == again.err && once.steps == again.steps);
    demand(memcmp(once.out, again.out, sizeof once.out) == 0);
    run(&c, key, true, number, &lied);
    check_result(&c, &lied, true);
}

void
fuzz_seeds(struct seeds *s)
{
    uint8_t bytes[80];

    for (unsigned i = 0; i < 8; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)((k * k * 31 + k * (17 + 2 * i) + i) >> 2);
        seed(s, BYTES(bytes));
    }
}
