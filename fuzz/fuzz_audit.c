#include <stdio.h>
#include <string.h>

#include "disclosure/audit.h"
#include "fuzz/lying_solver.h"

/*
 * The audit of few people, beside all tables of whole numbers that agree with
 * what was printed.  Whatever the solver says, what the tables call unsafe is
 * found, and no interval goes beyond them; what an honest one makes of them
 * are their very numbers.
 */
#define CELLS_MAX 9
#define FIGURES_MAX 8
#define PEOPLE_MAX 4
#define TABLES_MAX 8192
#define DIMENSIONS_MAX 3
#define TIMEOUT_MS 2000

static const char *const dates[] = {"2021-12-31", "2022-12-31"};

struct world {
    struct draw *d;
    struct facts f;
    size_t n_dims, codes[DIMENSIONS_MAX], n_dates;
    size_t n_cells; /* combinations of codes, of each date */
    int64_t people[CELLS_MAX];
    uint32_t mask[FIGURES_MAX]; /* the cells of each figure */
};

/* ---- a world ---- */

static size_t
date_of(const struct world *w, size_t cell)
{
    return cell / (w->n_cells / w->n_dates);
}

static size_t
code_of(const struct world *w, size_t cell, size_t d)
{
    cell %= w->n_cells / w->n_dates;
    for (size_t i = 0; i < d; i++)
        cell /= w->codes[i];
    return cell % w->codes[d];
}

static int64_t
count(const struct world *w, uint32_t mask, const int64_t cells[])
{
    int64_t n = 0;

    for (size_t i = 0; i < w->n_cells; i++)
        if ((mask >> i & 1) != 0)
            n += cells[i];
    return n;
}

static void
make_dimensions(struct world *w)
{
    size_t at = 0, cells = 1, wanted = 1 + draw_below(w->d, DIMENSIONS_MAX);

    w->n_dates = 1 + (draw_below(w->d, 3) == 0);
    for (size_t d = 0; d < wanted; d++) {
        const char name[] = {(char)('a' + d), '\0'};
        size_t codes = 2 + draw_below(w->d, 2);

        if (cells * codes * w->n_dates > CELLS_MAX)
            break;
        w->codes[w->n_dims++] = codes;
        cells *= codes;
        demand_ok(
            facts_dimension(&w->f, 0, name, draw_below(w->d, 3) == 0, &at));
        for (size_t c = 0; c < codes; c++) {
            const char code[] = {(char)('0' + c), '\0'};
            size_t code_at = 0;

            demand_ok(facts_code(&w->f, at, code, &code_at));
        }
    }
    w->n_cells = cells * w->n_dates;
    for (size_t n = draw_below(w->d, PEOPLE_MAX + 1); n > 0; n--)
        w->people[draw_below(w->d, w->n_cells)]++;
}

static void
print_figure(struct world *w, size_t at, int64_t n)
{
    int64_t base = 2 + (int64_t)draw_below(w->d, 3);
    bool up = n % base != 0 && draw_below(w->d, 2) == 0;

    switch (draw_below(w->d, 4)) {
    case 0:
        demand_ok(facts_print_exact(&w->f, at, n));
        break;
    case 1:
        demand_ok(facts_print_rounded(&w->f, at,
                                      n / base * base + (up ? base : 0), base,
                                      draw_below(w->d, 4) == 0));
        break;
    case 2:
        demand_ok(facts_print_hidden(&w->f, at, n > 0 && up));
        break;
    default:
        break;
    }
}

/* The figure's codes of one dimension, and the cells that it loses. */
static uint32_t
narrow(struct world *w, size_t figure, size_t d)
{
    size_t kept[3], n = 0;
    size_t which = draw_below(w->d, (size_t)1 << w->codes[d]);
    uint32_t lost = 0;

    for (size_t c = 0; c < w->codes[d]; c++) {
        if ((which >> c & 1) != 0) {
            kept[n++] = c;
            continue;
        }
        for (size_t i = 0; i < w->n_cells; i++)
            if (code_of(w, i, d) == c)
                lost |= UINT32_C(1) << i;
    }
    demand_ok(facts_term(&w->f, figure, d, n, kept));
    return lost;
}

static void
make_figure(struct world *w, size_t release, size_t date)
{
    char name[8];
    size_t at = 0;
    uint32_t mask = 0;

    (void)snprintf(name, sizeof name, "f%zu", w->f.n_figures);
    demand_ok(facts_figure(&w->f, release, 0, name, dates[date], &at));
    for (size_t i = 0; i < w->n_cells; i++)
        if (date_of(w, i) <= date)
            mask |= UINT32_C(1) << i;
    for (size_t d = 0; d < w->n_dims; d++)
        if (draw_below(w->d, 2) == 0)
            mask &= ~narrow(w, at, d);
    w->mask[at] = mask;
    print_figure(w, at, count(w, mask, w->people));
}

/* Everybody, so that there is an end to counting. */
static void
make_total(struct world *w, size_t release)
{
    size_t at = 0;
    int64_t n = count(w, UINT32_MAX, w->people);

    demand_ok(
        facts_figure(&w->f, release, 0, "all", dates[w->n_dates - 1], &at));
    w->mask[at] = (UINT32_C(1) << w->n_cells) - 1;
    if (draw_below(w->d, 2) == 0)
        demand_ok(facts_print_exact(&w->f, at, n));
    else
        demand_ok(facts_print_rounded(&w->f, at, n / 2 * 2, 2, 0));
}

static void
make_statement(struct world *w)
{
    size_t a = draw_below(w->d, w->f.n_figures);
    size_t b = draw_below(w->d, w->f.n_figures);
    int64_t x = count(w, w->mask[a], w->people);
    int64_t y = count(w, w->mask[b], w->people);

    if (draw_below(w->d, 2) == 0 || y == 0)
        demand_ok(
            facts_state(&w->f, draw_below(w->d, w->f.n_releases), 2,
                        (const size_t[]){a, b}, (const int64_t[]){1, -1}, x - y,
                        draw_below(w->d, 2) == 0 ? x - y : FACTS_UNBOUNDED));
    else
        demand_ok(facts_state_share(&w->f, 0, a, b, (1000 * x + y / 2) / y, 1));
}

static void
world_make(struct world *w, struct draw *d)
{
    size_t at = 0, n, releases = 1 + draw_below(d, 2);

    *w = (struct world){.d = d};
    facts_init(&w->f);
    demand_ok(facts_population(&w->f, "p", &at));
    demand_ok(facts_release(&w->f, "old", &at));
    if (releases > 1)
        demand_ok(facts_release(&w->f, "new", &at));
    make_dimensions(w);
    n = 1 + draw_below(d, FIGURES_MAX - 1);
    make_total(w, draw_below(d, releases));
    for (size_t i = 1; i < n; i++)
        make_figure(w, draw_below(d, releases), draw_below(d, w->n_dates));
    for (size_t i = draw_below(d, 3); i > 0; i--)
        make_statement(w);
}

/* ---- all tables ---- */

struct tables {
    const struct world *w;
    size_t leave_out; /* a release that is not known */
    size_t n;
    bool too_many;
    int64_t cells[TABLES_MAX][CELLS_MAX];
};

static bool
fits(const struct tables *t, const int64_t cells[])
{
    const struct facts *f = &t->w->f;

    for (size_t i = 0; i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];
        int64_t n = count(t->w, t->w->mask[i], cells);

        if (g->release != t->leave_out && (n < g->lo || n > g->hi))
            return false;
    }
    for (size_t i = 0; i < f->n_statements; i++) {
        const struct facts_statement *s = &f->statements[i];
        int64_t sum = 0;

        for (size_t k = 0; k < s->n; k++)
            sum +=
                s->factors[k] * count(t->w, t->w->mask[s->figures[k]], cells);
        if (s->release != t->leave_out && (sum < s->lo || sum > s->hi))
            return false;
    }
    return true;
}

static void
add_tables(struct tables *t, int64_t cells[], size_t cell, int64_t left)
{
    if (cell < t->w->n_cells) {
        for (int64_t v = 0; v <= left; v++) {
            cells[cell] = v;
            add_tables(t, cells, cell + 1, left - v);
        }
    } else if (fits(t, cells)) {
        t->too_many = t->too_many || t->n == TABLES_MAX;
        if (!t->too_many)
            memcpy(t->cells[t->n++], cells, sizeof t->cells[0]);
    }
}

static void
tables_find(struct tables *t, const struct world *w, size_t leave_out)
{
    int64_t cells[CELLS_MAX] = {0};

    t->w = w;
    t->leave_out = leave_out;
    t->n = 0;
    t->too_many = false;
    add_tables(t, cells, 0, w->f.figures[0].hi);
}

/* What the tables say of a set of cells, where somebody is in `by`, if that
 * is some set; lo over hi: there is no such table. */
struct seen {
    int64_t lo, hi;
};

static struct seen
see(const struct tables *t, uint32_t mask, uint32_t by)
{
    struct seen s = {INT64_MAX, INT64_MIN};

    for (size_t i = 0; i < t->n; i++) {
        int64_t n = count(t->w, mask, t->cells[i]);

        if (by != 0 && count(t->w, by, t->cells[i]) < 1)
            continue;
        s.lo = n < s.lo ? n : s.lo;
        s.hi = n > s.hi ? n : s.hi;
    }
    return s;
}

static bool
unsafe(int64_t small, int64_t width, struct seen s)
{
    return s.hi > 0 && s.lo <= small && s.hi - s.lo < width;
}

/* ---- both ---- */

struct judged {
    const struct world *w;
    const struct audit_rules *rules;
    const struct tables *tables;
    const struct audit_result *r;
    bool is_liar;
};

static uint32_t
cells_of(const struct world *w, const struct audit_finding *f)
{
    return w->mask[f->figure] &
           ~(f->minus == AUDIT_NONE ? 0 : w->mask[f->minus]);
}

/* by: 0 for nobody inside. */
static bool
is_found(const struct judged *j, uint32_t mask, uint32_t by, bool group)
{
    for (size_t i = 0; i < j->r->n_findings; i++) {
        const struct audit_finding *f = &j->r->findings[i];

        if (cells_of(j->w, f) == mask && f->insider == (by != 0) &&
            (by == 0 || j->w->mask[f->by] == by) &&
            (f->verdict == AUDIT_GROUP) == group)
            return true;
    }
    return false;
}

static bool
is_open(const struct world *w, uint32_t mask)
{
    for (size_t i = 0; i < w->f.n_figures; i++)
        if (w->mask[i] == mask && w->f.figures[i].print != FACTS_EXACT)
            return true;
    return false;
}

static bool
is_new(const struct judged *j, uint32_t mask)
{
    for (size_t i = 0; i < j->w->f.n_figures; i++)
        if (j->w->mask[i] == mask &&
            j->w->f.figures[i].release == j->rules->new_release)
            return true;
    return false;
}

static bool
is_counted(const struct world *w, uint32_t mask)
{
    for (size_t i = 0; i < w->f.n_figures; i++)
        if (w->mask[i] == mask)
            return true;
    return false;
}

static void
check_figures(const struct judged *j)
{
    for (size_t i = 0; i < j->w->f.n_figures; i++) {
        uint32_t mask = j->w->mask[i];
        struct seen s = see(j->tables, mask, 0);

        if (is_open(j->w, mask) && unsafe(j->rules->small, j->rules->width, s))
            demand(is_found(j, mask, 0, false));
        if (j->is_liar)
            demand(j->r->intervals[i].lo >= s.lo &&
                   j->r->intervals[i].hi <= s.hi);
        else
            demand(j->r->intervals[i].lo == s.lo &&
                   j->r->intervals[i].hi == s.hi);
    }
}

static void
check_rests(const struct judged *j)
{
    const struct world *w = j->w;

    for (size_t i = 0; i < w->f.n_figures; i++)
        for (size_t k = 0; k < w->f.n_figures; k++) {
            uint32_t whole = w->mask[i], part = w->mask[k];
            uint32_t rest = whole & ~part;

            if (part == 0 || part == whole || (part & ~whole) != 0 ||
                is_counted(w, rest) || !(is_new(j, whole) || is_new(j, part)))
                continue;
            if (unsafe(j->rules->small, j->rules->width,
                       see(j->tables, rest, 0)))
                demand(is_found(j, rest, 0, false));
        }
}

/* The cells of a figure's group: those that differ from one of its own in
 * nothing but the one secret dimension that it names; 0: it names none. */
static uint32_t
group_of(const struct world *w, size_t figure)
{
    const struct facts_figure *g = &w->f.figures[figure];
    uint32_t group = 0;
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
    for (size_t i = 0; i < w->n_cells && n == 1; i++)
        for (size_t k = 0; k < w->n_cells; k++) {
            bool alike = date_of(w, i) == date_of(w, k) &&
                         (w->mask[figure] >> k & 1) != 0;

            for (size_t d = 0; d < w->n_dims; d++)
                alike = alike &&
                        (d == secret || code_of(w, i, d) == code_of(w, k, d));
            group |= alike ? UINT32_C(1) << i : 0;
        }
    return group;
}

static void
check_groups(const struct judged *j)
{
    for (size_t i = 0; i < j->w->f.n_figures; i++) {
        uint32_t in = j->w->mask[i], group = group_of(j->w, i);
        int64_t most_in = see(j->tables, in, 0).hi;
        int64_t most_out = see(j->tables, group & ~in, 0).hi;

        if (group != 0 && (most_in == 0) != (most_out == 0))
            demand(is_found(j, in, 0, true));
    }
}

/* Who is in `by` looks at what she is not in. */
static void
check_insiders(const struct judged *j)
{
    const struct world *w = j->w;
    int64_t width = j->rules->width > 1 ? j->rules->width - 1 : 1;

    for (size_t i = 0; i < w->f.n_figures; i++)
        for (size_t k = 0; k < w->f.n_figures; k++) {
            uint32_t by = w->mask[i], mask = w->mask[k];
            struct seen s = see(j->tables, mask, by);

            if (!is_open(w, by) || !is_open(w, mask) || by == 0 ||
                (by & ~mask) == 0 || s.lo > s.hi ||
                see(j->tables, by, 0).lo > 0 ||
                !unsafe(j->rules->small, width, s))
                continue;
            demand(is_found(j, mask, by, false) || is_found(j, mask, 0, false));
        }
}

/* No finding goes beyond the tables; what is called known has to be known. */
static void
check_findings(const struct judged *j, struct tables *earlier)
{
    size_t n_new = 0;

    tables_find(earlier, j->w, j->rules->new_release);
    for (size_t i = 0; i < j->r->n_findings; i++) {
        const struct audit_finding *f = &j->r->findings[i];
        uint32_t by = f->insider ? j->w->mask[f->by] : 0;
        struct seen s = see(j->tables, cells_of(j->w, f), by);

        demand(f->figure < j->w->f.n_figures && f->verdict != AUDIT_SAFE);
        demand(f->lo > f->hi || f->verdict == AUDIT_GROUP ||
               (f->lo >= s.lo && f->hi <= s.hi));
        n_new += f->known_before ? 0 : 1;
        if (!f->known_before || f->verdict == AUDIT_GROUP || earlier->too_many)
            continue;
        s = see(earlier, cells_of(j->w, f), 0);
        demand(s.lo >= f->lo && s.hi <= f->hi);
    }
    demand(n_new == j->r->n_new);
}

static void
judge(struct world *w, const struct audit_rules *rules,
      struct lying_solver *solver)
{
    static struct tables tables, earlier;
    struct audit_result r = {0};
    struct judged j = {w, rules, &tables, &r, solver->is_liar};
    enum sv_err err;

    tables_find(&tables, w, SIZE_MAX);
    demand(tables.n > 0);
    if (tables.too_many)
        return;
    err = audit_run(&w->f, rules, &solver->source, &r);
    demand(err == SV_OK || err == SV_ERR_UNVERIFIED ||
           (err == SV_ERR_CONFLICT && solver->is_liar));
    if (err == SV_OK) {
        check_figures(&j);
        check_rests(&j);
        check_groups(&j);
        if (rules->with_insiders)
            check_insiders(&j);
        check_findings(&j, &earlier);
    }
    demand(err == SV_OK || (r.findings == NULL && r.intervals == NULL));
    audit_result_clear(&r);
}

void
fuzz_one(struct bytes in)
{
    struct draw d = {in.ptr, in.len};
    struct lying_solver solver;
    struct audit_rules rules;
    struct world w;

    lying_solver_start(&solver, draw_below(&d, 4) > 0, draw_u64(&d));
    rules = (struct audit_rules){.small = 1 + (int64_t)draw_below(&d, 3),
                                 .width = 1 + (int64_t)draw_below(&d, 3),
                                 .with_intervals = true,
                                 .with_insiders = draw_below(&d, 2) == 0,
                                 .timeout_ms = TIMEOUT_MS};
    world_make(&w, &d);
    rules.new_release = w.f.n_releases - 1;
    judge(&w, &rules, &solver);
    lying_solver_stop(&solver);
    facts_clear(&w.f);
}

void
fuzz_seeds(struct seeds *s)
{
    uint8_t bytes[96];

    for (unsigned i = 0; i < 8; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)((k * k * 31 + k * (17 + 2 * i) + i) >> 2);
        bytes[0] = (uint8_t)i;
        seed(s, BYTES(bytes));
    }
}
