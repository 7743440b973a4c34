#include "tests/support/world.h"

#include "tests/support/support.h"

static const char *const dates[WORLD_DATES] = {"2021-12-31", "2022-12-31"};

/* ---- a world of few people ---- */

uint64_t
world_pick(struct world *w, uint64_t n)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return w->seed % n;
}

/* The code of dimension d in a cell. */
static size_t
code_of(const struct world *w, size_t cell, size_t d)
{
    cell %= w->n_cells / w->n_dates;
    for (size_t i = 0; i < d; i++)
        cell /= w->codes[i];
    return cell % w->codes[d];
}

static size_t
date_of(const struct world *w, size_t cell)
{
    return cell / (w->n_cells / w->n_dates);
}

static void
make_dimensions(struct world *w)
{
    size_t at = 0, cells = 1;

    w->n_dates = 1 + (world_pick(w, w->is_vague ? 8 : 3) == 0);
    w->n_dims = w->is_vague ? 1 : 1 + world_pick(w, 3);
    for (size_t d = 0; d < w->n_dims; d++) {
        char name[2] = {(char)('a' + d), '\0'};

        w->codes[d] = 2 + world_pick(w, 2);
        if (cells * w->codes[d] * w->n_dates > WORLD_CELLS_MAX) {
            w->n_dims = d;
            break;
        }
        cells *= w->codes[d];
        assert_ok(facts_dimension(&w->f, 0, name, world_pick(w, 3) == 0, &at));
        for (size_t c = 0; c < w->codes[d]; c++) {
            char code[2] = {(char)('0' + c), '\0'};
            size_t code_at = 0;

            assert_ok(facts_code(&w->f, at, code, &code_at));
        }
    }
    w->n_cells = cells * w->n_dates;
    for (size_t n = world_pick(w, WORLD_PEOPLE_MAX + 1); n > 0; n--)
        w->people[world_pick(w, w->n_cells)]++;
}

int64_t
world_count(const struct world *w, uint32_t mask, const int64_t cells[])
{
    int64_t n = 0;

    for (size_t i = 0; i < w->n_cells; i++)
        if ((mask >> i & 1) != 0)
            n += cells[i];
    return n;
}

static void
print_figure(struct world *w, size_t at, int64_t n)
{
    int64_t base = 2 + (int64_t)world_pick(w, 3);

    switch (world_pick(w, 6)) {
    case 0:
    case 1:
        assert_ok(facts_print_exact(&w->f, at, n));
        break;
    case 2:
    case 3:
        n = n / base * base +
            (n % base != 0 && world_pick(w, 2) == 0 ? base : 0);
        assert_ok(
            facts_print_rounded(&w->f, at, n, base, world_pick(w, 4) == 0));
        break;
    case 4:
        assert_ok(
            facts_print_hidden(&w->f, at, n > 0 ? world_pick(w, 2) == 0 : 0));
        break;
    default:
        break;
    }
}

static void
make_figure(struct world *w, size_t release, size_t date)
{
    char name[8];
    size_t at = 0;
    uint32_t mask = 0;

    (void)snprintf(name, sizeof name, "f%zu", w->f.n_figures);
    assert_ok(facts_figure(&w->f, release, 0, name, dates[date], &at));
    for (size_t i = 0; i < w->n_cells; i++)
        if (date_of(w, i) <= date)
            mask |= UINT32_C(1) << i;
    for (size_t d = 0; d < w->n_dims; d++) {
        size_t codes[3], n = 0;

        if (world_pick(w, 2) == 0)
            continue;
        for (size_t c = 0; c < w->codes[d]; c++) {
            if (world_pick(w, 2) == 0) {
                codes[n++] = c;
                continue;
            }
            for (size_t i = 0; i < w->n_cells; i++)
                if (code_of(w, i, d) == c)
                    mask &= ~(UINT32_C(1) << i);
        }
        assert_ok(facts_term(&w->f, at, d, n, codes));
    }
    w->mask[at] = mask;
    print_figure(w, at, world_count(w, mask, w->people));
}

/* Everybody, so that there is an end to counting. */
static void
make_total(struct world *w, size_t release)
{
    size_t at = 0;
    int64_t n = 0;

    assert_ok(
        facts_figure(&w->f, release, 0, "all", dates[w->n_dates - 1], &at));
    w->mask[at] = (UINT32_C(1) << w->n_cells) - 1;
    n = world_count(w, w->mask[at], w->people);
    if (w->is_vague)
        assert_ok(facts_print_rounded(&w->f, at, n / 8 * 8, 8, 0));
    else if (world_pick(w, 2) == 0)
        assert_ok(facts_print_exact(&w->f, at, n));
    else
        assert_ok(facts_print_rounded(&w->f, at, n / 2 * 2, 2, 0));
}

/* Who is in one of them knows the other better. */
static void
state_weighted(struct world *w, size_t a, size_t b)
{
    const int64_t factors[] = {1, 2 + (int64_t)world_pick(w, 4)};
    int64_t sum = world_count(w, w->mask[a], w->people) +
                  factors[1] * world_count(w, w->mask[b], w->people);

    assert_ok(facts_state(&w->f, world_pick(w, w->f.n_releases), 2,
                          (const size_t[]){a, b}, factors, sum, sum));
}

static void
make_statement(struct world *w)
{
    size_t a = world_pick(w, w->f.n_figures);
    size_t b = world_pick(w, w->f.n_figures);
    int64_t x = world_count(w, w->mask[a], w->people);
    int64_t y = world_count(w, w->mask[b], w->people);

    switch (world_pick(w, 4)) {
    case 0:
        if (y > 0)
            assert_ok(
                facts_state_share(&w->f, 0, a, b, (1000 * x + y / 2) / y, 1));
        break;
    case 1:
    case 2:
        state_weighted(w, a, b);
        break;
    default:
        assert_ok(facts_state(&w->f, world_pick(w, w->f.n_releases), 2,
                              (const size_t[]){a, b}, (const int64_t[]){1, -1},
                              x - y,
                              world_pick(w, 2) == 0 ? x - y : FACTS_UNBOUNDED));
    }
}

/* A hidden cell for each code of the first dimension, and what is said of two
 * of them: an insider's world. */
static void
make_hidden_cells(struct world *w)
{
    size_t first = w->f.n_figures, at = 0;

    for (size_t c = 0; c < w->codes[0]; c++) {
        char name[24];

        (void)snprintf(name, sizeof name, "h%zu", c);
        assert_ok(facts_figure(&w->f, w->f.n_releases - 1, 0, name,
                               dates[w->n_dates - 1], &at));
        assert_ok(facts_term(&w->f, at, 0, 1, &c));
        assert_ok(facts_print_hidden(&w->f, at, 0));
        for (size_t i = 0; i < w->n_cells; i++)
            if (code_of(w, i, 0) == c)
                w->mask[at] |= UINT32_C(1) << i;
    }
    at = world_pick(w, 2);
    state_weighted(w, first + at, first + 1 - at);
}

void
world_make(struct world *w, uint64_t seed)
{
    size_t at = 0, n, releases;

    *w = (struct world){.seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    facts_init(&w->f);
    w->is_vague = world_pick(w, 3) == 0;
    releases = 1 + world_pick(w, 2);
    assert_ok(facts_population(&w->f, "p", &at));
    assert_ok(facts_release(&w->f, "old", &at));
    if (releases > 1)
        assert_ok(facts_release(&w->f, "new", &at));
    make_dimensions(w);
    n = 1 + world_pick(w, w->is_vague ? 3 : WORLD_FIGURES_MAX - 1);
    make_total(w, world_pick(w, releases));
    if (w->is_vague)
        make_hidden_cells(w);
    for (size_t i = 1; i < n; i++)
        make_figure(w, world_pick(w, releases), world_pick(w, w->n_dates));
    for (size_t i = world_pick(w, 5); i > 0; i--)
        make_statement(w);
}

void
world_clear(struct world *w)
{
    facts_clear(&w->f);
}

/* ---- groups ---- */

/* The only secret dimension that the figure tells apart. */
static size_t
secret_of(const struct world *w, size_t figure)
{
    const struct facts_figure *g = &w->f.figures[figure];
    size_t secret = SIZE_MAX, n = 0;

    for (size_t i = 0; i < g->n_terms; i++) {
        size_t d = g->terms[i].dimension, named = 0;

        for (size_t k = 0; k < w->codes[d]; k++)
            named += facts_term_has(&g->terms[i], k) ? 1 : 0;
        if (w->f.dimensions[d].secret && named < w->codes[d]) {
            secret = d;
            n++;
        }
    }
    return n == 1 ? secret : SIZE_MAX;
}

static bool
alike(const struct world *w, size_t a, size_t b, size_t but_for)
{
    bool same = date_of(w, a) == date_of(w, b);

    for (size_t d = 0; d < w->n_dims; d++)
        same = same && (d == but_for || code_of(w, a, d) == code_of(w, b, d));
    return same;
}

uint32_t
world_group(const struct world *w, size_t figure)
{
    size_t secret = secret_of(w, figure);
    uint32_t group = 0;

    if (secret == SIZE_MAX)
        return 0;
    for (size_t i = 0; i < w->n_cells; i++)
        for (size_t k = 0; k < w->n_cells; k++)
            if ((w->mask[figure] >> k & 1) != 0 && alike(w, i, k, secret))
                group |= UINT32_C(1) << i;
    return group;
}

/* ---- all tables ---- */

struct counting {
    const struct world *w;
    size_t without;
    world_table_fn fn;
    void *ctx;
    int64_t cells[WORLD_CELLS_MAX];
    int64_t values[WORLD_FIGURES_MAX];
};

static bool
fits(struct counting *c)
{
    const struct facts *f = &c->w->f;

    for (size_t i = 0; i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];

        c->values[i] = world_count(c->w, c->w->mask[i], c->cells);
        if (g->release != c->without &&
            (c->values[i] < g->lo || c->values[i] > g->hi))
            return false;
    }
    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *s = &f->statements[i];
        int64_t sum = 0;

        for (size_t j = 0; j < s->n; j++)
            sum += s->factors[j] * c->values[s->figures[j]];
        if (s->release != c->without && (sum < s->lo || sum > s->hi))
            return false;
    }
    return true;
}

static void
count_out(struct counting *c, size_t cell, int64_t left)
{
    if (cell == c->w->n_cells) {
        if (fits(c))
            c->fn(c->ctx, c->cells, c->values);
        return;
    }
    for (int64_t v = 0; v <= left; v++) {
        c->cells[cell] = v;
        count_out(c, cell + 1, left - v);
    }
}

void
world_tables(const struct world *w, size_t without, world_table_fn fn,
             void *ctx)
{
    struct counting c = {.w = w, .without = without, .fn = fn, .ctx = ctx};

    count_out(&c, 0, w->f.figures[0].hi);
}
