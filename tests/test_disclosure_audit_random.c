#include "tests/support/support.h"
#include "tests/support/world.h"

#include "disclosure/audit.h"
#include "disclosure/program.h"
#include "disclosure/solver_process.h"

/*
 * Small random facts against all tables of whole numbers that agree with
 * them: what the audit says of every figure, of every rest of nested figures,
 * of every group and of every insider has to be what they say, no less and no
 * more.  What integer arithmetic alone proves is asked of the program that it
 * goes by, and has to hold in all tables.
 */
#define N WORLD_FIGURES_MAX
#define FINDINGS_MAX 512

/* ---- What all tables say ---- */

struct seen {
    int64_t lo, hi; /* lo > hi: nothing was seen */
};

struct tables {
    const struct world *w;
    uint32_t others[N]; /* of a figure with a group: who else is in it */
    size_t n;
    struct seen figures[N], outside[N];
    struct seen rests[N][N];    /* of figure, less figure */
    struct seen insiders[N][N]; /* where somebody is in figure, of figure */
};

static void
see(struct seen *s, int64_t v)
{
    if (s->lo > s->hi)
        *s = (struct seen){v, v};
    else if (v < s->lo)
        s->lo = v;
    else if (v > s->hi)
        s->hi = v;
}

static void
see_table(void *ctx, const int64_t cells[], const int64_t values[])
{
    struct tables *t = ctx;
    size_t n = t->w->f.n_figures;

    t->n++;
    for (size_t i = 0; i < n; i++) {
        see(&t->figures[i], values[i]);
        if (t->others[i] != 0)
            see(&t->outside[i], world_count(t->w, t->others[i], cells));
        for (size_t k = 0; k < n; k++) {
            see(&t->rests[i][k], values[i] - values[k]);
            if (values[i] > 0)
                see(&t->insiders[i][k], values[k]);
        }
    }
}

static void
see_all(struct tables *t, const struct world *w, size_t without)
{
    *t = (struct tables){.w = w};
    for (size_t i = 0; i < N; i++) {
        uint32_t group = i < w->f.n_figures ? world_group(w, i) : 0;

        t->others[i] = group & ~w->mask[i];
        t->figures[i] = t->outside[i] = (struct seen){1, 0};
        for (size_t k = 0; k < N; k++)
            t->rests[i][k] = t->insiders[i][k] = t->figures[i];
    }
    world_tables(w, without, see_table, t);
}

/* ---- What there has to be ---- */

struct expected {
    const struct world *w;
    const struct audit_rules *rules;
    const struct tables *t;
    struct model *m;
    struct program *all, *earlier;
    size_t n_looks, n;
    bool unverified; /* nobody can be an insider, and it is not proved */
    struct audit_finding at[FINDINGS_MAX];
};

static size_t
set_of(const struct expected *e, size_t figure)
{
    return e->m->set_of[figure];
}

static bool
is_plain(const struct expected *e, struct program_range r)
{
    return r.hi <= 0 || r.lo > e->rules->small;
}

/* Is it the first figure of its set?  Each set is looked at once. */
static bool
is_first(const struct world *w, size_t figure)
{
    for (size_t i = 0; i < figure; i++)
        if (w->mask[i] == w->mask[figure])
            return false;
    return true;
}

static bool
is_new(const struct expected *e, size_t figure)
{
    return e->w->f.figures[figure].release == e->rules->new_release;
}

static bool
any_open(const struct world *w, uint32_t mask)
{
    for (size_t i = 0; i < w->f.n_figures; i++)
        if (w->mask[i] == mask && w->f.figures[i].print != FACTS_EXACT)
            return true;
    return false;
}

static bool
any_new(const struct expected *e, uint32_t mask)
{
    for (size_t i = 0; i < e->w->f.n_figures; i++)
        if (e->w->mask[i] == mask && is_new(e, i))
            return true;
    return false;
}

static bool
any_insider(const struct expected *e, uint32_t mask)
{
    for (size_t i = 0; i < e->w->f.n_figures; i++)
        if (e->w->mask[i] == mask &&
            (e->rules->insiders == NULL || e->rules->insiders[i]))
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

/* The one that findings name: open before exact, then new before old. */
static size_t
face(const struct expected *e, size_t figure)
{
    size_t best = figure;
    int rank = -1;

    for (size_t i = 0; i < e->w->f.n_figures; i++) {
        int open = e->w->f.figures[i].print != FACTS_EXACT;
        int own = 2 * open + is_new(e, i);

        if (e->w->mask[i] == e->w->mask[figure] && own > rank) {
            rank = own;
            best = i;
        }
    }
    return best;
}

static void
expect(struct expected *e, struct audit_finding f)
{
    assert_true(e->n < FINDINGS_MAX);
    e->at[e->n++] = f;
}

static void
expect_narrow(struct expected *e, struct seen s, struct audit_finding f,
              int64_t width)
{
    if (s.hi - s.lo >= width)
        return;
    f.lo = s.lo;
    f.hi = s.hi;
    f.verdict = s.lo == s.hi ? AUDIT_EXACT : AUDIT_NARROW;
    expect(e, f);
}

static bool
is_looked_at(const struct expected *e, size_t figure)
{
    return is_first(e->w, figure) && any_open(e->w, e->w->mask[figure]) &&
           !is_plain(e, e->all->sets[set_of(e, figure)]);
}

static void
expect_figures(struct expected *e)
{
    for (size_t i = 0; i < e->w->f.n_figures; i++) {
        if (!is_looked_at(e, i))
            continue;
        e->n_looks++;
        expect_narrow(
            e, e->t->figures[i],
            (struct audit_finding){.figure = face(e, i), .minus = AUDIT_NONE},
            e->rules->width);
    }
}

static void
expect_group(struct expected *e, size_t figure)
{
    size_t opposite = e->m->sets[set_of(e, figure)].opposite;
    struct program_range in = e->all->sets[set_of(e, figure)], out;
    struct audit_finding f = {
        .figure = face(e, figure), .minus = AUDIT_NONE, .verdict = AUDIT_GROUP};

    assert_true((opposite != MODEL_NONE) == (e->t->others[figure] != 0));
    if (opposite == MODEL_NONE)
        return;
    out = e->all->sets[opposite];
    if (in.hi <= 0 && out.hi <= 0)
        return;
    e->n_looks += in.lo < 1;
    if (in.lo < 1 && e->t->figures[figure].hi == 0)
        expect(e, f);
    e->n_looks += out.lo < 1;
    f.lo = e->t->figures[figure].lo;
    f.hi = e->t->figures[figure].hi;
    if (out.lo < 1 && e->t->outside[figure].hi == 0)
        expect(e, f);
}

static struct program_range
rest_of(const struct expected *e, const struct program *p, size_t whole,
        size_t part)
{
    struct program_range w = p->sets[set_of(e, whole)];
    struct program_range q = p->sets[set_of(e, part)];
    struct program_range rest = {w.lo - q.hi, w.hi - q.lo};

    rest.lo = rest.lo < 0 ? 0 : rest.lo;
    return rest;
}

static void
expect_rest(struct expected *e, size_t whole, size_t part)
{
    uint32_t w = e->w->mask[whole], p = e->w->mask[part];
    bool within = p != 0 && p != w && (p & ~w) == 0;

    if (p != 0)
        assert_true(model_within(e->m, set_of(e, part), set_of(e, whole)) ==
                    ((p & ~w) == 0));
    if (!within || is_counted(e->w, w & ~p) ||
        (!any_new(e, w) && !any_new(e, p)) ||
        is_plain(e, rest_of(e, e->all, whole, part)))
        return;
    e->n_looks++;
    expect_narrow(e, e->t->rests[whole][part],
                  (struct audit_finding){.figure = face(e, whole),
                                         .minus = face(e, part)},
                  e->rules->width);
}

/* By what the earlier releases alone prove. */
static bool
is_known(const struct expected *e, const struct audit_finding *f)
{
    size_t set = set_of(e, f->figure);
    struct program_range r = e->earlier->sets[set];

    if (f->verdict == AUDIT_GROUP && f->hi > 0)
        return e->earlier->sets[e->m->sets[set].opposite].hi <= 0;
    if (f->minus != AUDIT_NONE)
        r = rest_of(e, e->earlier, f->figure, f->minus);
    return r.lo >= f->lo && r.hi <= f->hi;
}

static void
expect_known(struct expected *e)
{
    bool some = false;

    for (size_t i = 0; i < e->w->f.n_figures; i++)
        some = some || !is_new(e, i);
    for (size_t i = 0; i < e->n && some; i++)
        e->at[i].known_before = is_known(e, &e->at[i]);
}

/* Who is in `by` asks of each figure that is safe from others and does not
 * contain it. */
static void
expect_insiders_of(struct expected *e, size_t by, int64_t width)
{
    const struct world *w = e->w;
    struct program *p = NULL;
    enum sv_err err = program_new(e->m, MODEL_NONE, set_of(e, by), &p);

    assert_true(err == SV_OK || err == SV_ERR_CONFLICT);
    for (size_t i = 0; i < w->f.n_figures && err == SV_OK; i++) {
        struct seen s = e->t->figures[i], in = e->t->insiders[by][i];

        if (!is_looked_at(e, i) || (w->mask[by] & ~w->mask[i]) == 0 ||
            s.hi - s.lo < e->rules->width)
            continue;
        e->unverified = e->unverified || in.lo > in.hi;
        if (!is_plain(e, p->sets[set_of(e, i)]))
            expect_narrow(e, in,
                          (struct audit_finding){.figure = face(e, i),
                                                 .minus = AUDIT_NONE,
                                                 .insider = true,
                                                 .by = face(e, by)},
                          width);
    }
    program_free(p);
}

static void
expect_insiders(struct expected *e)
{
    int64_t width = e->rules->width > 1 ? e->rules->width - 1 : 1;

    for (size_t by = 0; by < e->w->f.n_figures; by++)
        if (is_looked_at(e, by) && e->all->sets[set_of(e, by)].lo < 1 &&
            any_insider(e, e->w->mask[by]))
            expect_insiders_of(e, by, width);
}

static void
expect_all(struct expected *e)
{
    size_t n = e->w->f.n_figures;

    expect_figures(e);
    for (size_t i = 0; i < n; i++)
        if (is_first(e->w, i))
            expect_group(e, i);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (is_first(e->w, i) && is_first(e->w, k))
                expect_rest(e, i, k);
    expect_known(e);
    if (e->rules->with_insiders)
        expect_insiders(e);
}

static void
expected_new(struct expected *e, const struct world *w,
             const struct audit_rules *rules, const struct tables *t)
{
    *e = (struct expected){.w = w, .rules = rules, .t = t};
    assert_ok(model_new(&w->f, false, &e->m));
    assert_ok(program_new(e->m, MODEL_NONE, MODEL_NONE, &e->all));
    assert_ok(program_new(e->m, rules->new_release, MODEL_NONE, &e->earlier));
    for (size_t i = 0; i < w->f.n_figures; i++) {
        struct program_range r = e->all->sets[set_of(e, i)];

        assert_true(r.lo <= t->figures[i].lo && t->figures[i].hi <= r.hi);
    }
    expect_all(e);
}

static void
expected_free(struct expected *e)
{
    program_free(e->earlier);
    program_free(e->all);
    model_free(e->m);
}

/* ---- Both ---- */

static bool
same(const struct audit_finding *a, const struct audit_finding *b)
{
    return a->figure == b->figure && a->minus == b->minus && a->lo == b->lo &&
           a->hi == b->hi && a->verdict == b->verdict &&
           a->insider == b->insider && a->by == b->by &&
           a->known_before == b->known_before;
}

/* By figure, minus, what others can compute before what insiders can, whose
 * insider, verdict. */
static int
order(const struct audit_finding *a, const struct audit_finding *b)
{
    const size_t x[] = {a->figure, a->minus, a->insider, a->by, a->verdict};
    const size_t y[] = {b->figure, b->minus, b->insider, b->by, b->verdict};

    for (size_t i = 0; i < 5; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static void
compare_findings(struct expected *e, const struct audit_result *r)
{
    size_t n_new = 0;

    assert_int_equal(r->n_targets, e->n_looks);
    assert_int_equal(r->n_findings, e->n);
    for (size_t i = 0; i < r->n_findings; i++) {
        size_t k = 0;

        if (i > 0)
            assert_true(order(&r->findings[i - 1], &r->findings[i]) <= 0);
        n_new += r->findings[i].known_before ? 0 : 1;
        while (k < e->n && !same(&e->at[k], &r->findings[i]))
            k++;
        assert_true(k < e->n);
        e->at[k] = e->at[--e->n]; /* once */
    }
    assert_int_equal(r->n_new, n_new);
}

/* What is called known is so in all tables of the earlier releases. */
static void
check_known(const struct world *w, const struct audit_rules *rules,
            const struct audit_result *r)
{
    static struct tables t;

    see_all(&t, w, rules->new_release);
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct audit_finding *f = &r->findings[i];
        struct seen s = t.figures[f->figure];

        if (!f->known_before || f->verdict == AUDIT_GROUP)
            continue;
        if (f->minus != AUDIT_NONE)
            s = t.rests[f->figure][f->minus];
        assert_true(s.lo >= f->lo && s.hi <= f->hi);
    }
}

static void
check_intervals(const struct world *w, const struct audit_rules *rules,
                const struct tables *t, const struct audit_result *r)
{
    assert_true((r->intervals != NULL) == rules->with_intervals);
    for (size_t i = 0; i < w->f.n_figures && r->intervals != NULL; i++) {
        assert_int_equal(r->intervals[i].lo, t->figures[i].lo);
        assert_int_equal(r->intervals[i].hi, t->figures[i].hi);
    }
}

static struct solver_process *process;

/* What came of it, over all worlds. */
struct tally {
    size_t findings, insiders, known, unverified;
};

static void
compare(struct expected *e, struct tally *sum)
{
    const struct solver_source source = {solver_process_open_lazily, &process};
    struct audit_result r;
    enum sv_err err = audit_run(&e->w->f, e->rules, &source, &r);

    assert_err(err, e->unverified ? SV_ERR_UNVERIFIED : SV_OK);
    sum->unverified += e->unverified;
    if (err != SV_OK)
        return;
    for (size_t i = 0; i < r.n_findings; i++) {
        sum->findings++;
        sum->insiders += r.findings[i].insider;
        sum->known += r.findings[i].known_before;
    }
    check_intervals(e->w, e->rules, e->t, &r);
    if (e->w->f.n_releases > 1)
        check_known(e->w, e->rules, &r);
    compare_findings(e, &r);
    audit_result_clear(&r);
}

static void
try_world(uint64_t seed, struct tally *sum)
{
    static struct tables t;
    static struct expected e;
    struct world w;
    struct audit_rules rules;
    bool insiders[N];

    world_make(&w, seed);
    rules = (struct audit_rules){.small = 1 + (int64_t)world_pick(&w, 3),
                                 .width = 1 + (int64_t)world_pick(&w, 3),
                                 .new_release = w.f.n_releases - 1,
                                 .with_intervals = world_pick(&w, 4) > 0,
                                 .with_insiders =
                                     w.is_vague || world_pick(&w, 2) == 0,
                                 .timeout_ms = 60000};
    for (size_t i = 0; i < N; i++)
        insiders[i] = world_pick(&w, 2) == 0;
    if (world_pick(&w, 2) == 0)
        rules.insiders = insiders;
    see_all(&t, &w, SIZE_MAX);
    assert_true(t.n > 0);
    expected_new(&e, &w, &rules, &t);
    compare(&e, sum);
    expected_free(&e);
    world_clear(&w);
}

/* Of the worlds behind those: where insiders know more, where addition alone
 * says that nobody can be one, and where only a solver does. */
static void
it_says_so_of_insiders(void **state)
{
    static const uint64_t seeds[] = {
        1014, 1054, 1255, 1417, 1479, 1676, 1740, 1947, 2069, 2096, 2242,
        2254, 2301, 2371, 2411, 2438, 2466, 2476, 2920, 3099, 3101, 3213,
        3262, 3334, 3396, 3489, 3618, 3622, 3649, 4096, 4452, 5502, 5939,
    };
    struct tally sum = {0};

    (void)state;
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        try_world(seeds[i], &sum);
    assert_true(sum.insiders > 20 && sum.unverified == 3);
}

static void
it_says_what_a_count_of_all_tables_says(void **state)
{
    const char *seeds = getenv("SV_SEEDS"), *from = getenv("SV_SEED");
    uint64_t first = from != NULL ? strtoull(from, NULL, 10) : 1;
    uint64_t n = seeds != NULL ? strtoull(seeds, NULL, 10) : 1000;
    struct tally sum = {0};

    (void)state;
    for (uint64_t seed = first; seed < first + n; seed++) {
        if (n == 1)
            print_message("seed %llu\n", (unsigned long long)seed);
        try_world(seed, &sum);
    }
    print_message("%zu findings, %zu of insiders, %zu known before; "
                  "%zu audits that prove nothing\n",
                  sum.findings, sum.insiders, sum.known, sum.unverified);
    assert_true(sum.findings > sum.insiders + sum.known && sum.insiders > 0 &&
                sum.known > 0);
}

static int
stop(void **state)
{
    (void)state;
    solver_process_stop(process);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_a_count_of_all_tables_says),
        cmocka_unit_test(it_says_so_of_insiders),
    };

    return cmocka_run_group_tests(tests, NULL, stop);
}
