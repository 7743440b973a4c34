#include "tests/support/support.h"

#include "disclosure/published.h"

/*
 * A report and its facts, figure by figure: what is said of each that does
 * not follow from the other, and of nothing else.
 */
#define DAY "2022-12-31"
#define FAULTS_MAX 8
#define SAYS(...)                                                              \
    (const char *const[FAULTS_MAX + 1])                                        \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define NOTHING SAYS(NULL)

#define TWICE "is there twice"
#define HIDDEN "is not printed, and in the facts"
#define STRANGE "is printed, and not in the facts"
#define OTHER "is one number in the report and another in the facts"
#define WRONG "does not follow from the other figures"
#define MORE "is in the facts, and not printed"
#define SUM "does not add up, as the report says"

struct bench {
    struct facts_document d;
    struct buf figures, relations; /* of a plan's report */
    const char *profile;
};

/* ---- a plan's report and its facts ---- */

static int
set_up(void **state)
{
    static const char *const populations[] = {"victim", "suspect"};
    struct bench *b = calloc(1, sizeof *b);
    size_t at = 0;

    assert_non_null(b);
    b->d.n = 2;
    b->profile = "exact";
    for (size_t i = 0; i < 2; i++) {
        struct facts *f = &b->d.parts[i].facts;

        facts_init(f);
        assert_ok(facts_release(f, "release-7", &at));
        assert_ok(facts_population(f, populations[i], &at));
        assert_ok(facts_dimension(f, 0, "code", false, &at));
    }
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    b->d.n = 2;
    facts_document_clear(&b->d);
    buf_free(&b->figures);
    buf_free(&b->relations);
    free(b);
    return 0;
}

/* Of people of its own, so that nothing adds up to it; unprinted. */
static size_t
unprinted(struct bench *b, size_t part, const char *name)
{
    struct facts *f = &b->d.parts[part].facts;
    char code[24];
    size_t at = 0, code_at = 0;

    (void)snprintf(code, sizeof code, "c%zu", f->n_figures);
    assert_ok(facts_code(f, 0, code, &code_at));
    assert_ok(facts_figure(f, 0, 0, name, DAY, &at));
    assert_ok(facts_term(f, at, 0, 1, &code_at));
    return at;
}

static size_t
fact_of(struct bench *b, size_t part, const char *name, int64_t value)
{
    size_t at = unprinted(b, part, name);

    assert_ok(facts_print_exact(&b->d.parts[part].facts, at, value));
    return at;
}

static size_t
fact(struct bench *b, const char *name, int64_t value)
{
    return fact_of(b, 0, name, value);
}

static void
print(struct bench *b, bool change, const char *name, const char *value)
{
    bool known = strcmp(value, "null") != 0;

    assert_ok(buf_printf(&b->figures,
                         "%s{\"change\":%s,\"name\":\"%s\",\"reason\":\"%s\","
                         "\"value\":%s}",
                         b->figures.len > 0 ? "," : "",
                         change ? "true" : "false", name, known ? "" : "r",
                         value));
}

static void
count(struct bench *b, const char *name, const char *value)
{
    print(b, false, name, value);
}

static void
change(struct bench *b, const char *name, const char *value)
{
    print(b, true, name, value);
}

/* Both printed and a fact. */
static void
both(struct bench *b, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    (void)fact(b, name, value);
    count(b, name, text);
}

static void
relate(struct bench *b, bool complete, const char *parts, unsigned whole)
{
    assert_ok(buf_printf(&b->relations,
                         "%s{\"complete\":%s,\"parts\":[%s],\"whole\":%u}",
                         b->relations.len > 0 ? "," : "",
                         complete ? "true" : "false", parts, whole));
}

static void
check_text(const struct bench *b, struct bytes text, struct published *p)
{
    struct released report;
    struct diag where = {0};

    assert_ok(released_read(text, &report, &where));
    assert_ok(published_check(&b->d, &report, p));
    released_clear(&report);
}

static void
check(struct bench *b, struct published *p)
{
    struct buf text = BUF_INIT;

    assert_ok(buf_printf(
        &text,
        "{\"basis\":\"law\",\"figures\":[%.*s],\"format\":\"svault/counts/v1\","
        "\"plan\":\"p\",\"profile\":\"%s\",\"relations\":[%.*s]}\n",
        (int)b->figures.len,
        b->figures.len > 0 ? (const char *)b->figures.ptr : "", b->profile,
        (int)b->relations.len,
        b->relations.len > 0 ? (const char *)b->relations.ptr : ""));
    check_text(b, buf_bytes(&text), p);
    buf_free(&text);
}

/* Just these, in order: "place: reason". */
static void
compare(struct published *p, const char *const faults[FAULTS_MAX + 1])
{
    size_t n = 0;

    assert_true(p->n_kept <= p->n_faults);
    for (; faults[n] != NULL; n++) {
        char said[PUBLISHED_PLACE_SIZE + 128] = "nothing";

        if (n < p->n_kept)
            (void)snprintf(said, sizeof said, "%s: %s", p->faults[n].place,
                           p->faults[n].reason);
        assert_string_equal(said, faults[n]);
    }
    for (size_t i = n; i < p->n_kept; i++)
        print_error("%s: %s\n", p->faults[i].place, p->faults[i].reason);
    assert_int_equal(p->n_faults, n);
    published_clear(p);
}

static void
expect(struct bench *b, const char *const faults[FAULTS_MAX + 1])
{
    struct published p;

    check(b, &p);
    compare(&p, faults);
}

/* ---- counts ---- */

static void
what_is_printed_is_in_the_facts_and_the_other_way(void **state)
{
    struct bench *b = *state;
    struct published p;

    both(b, "a", 3);
    both(b, "zero", 0);
    (void)fact(b, "b", 4);
    count(b, "b", "5");
    count(b, "c", "6");
    (void)fact(b, "d", 7);
    count(b, "d", "null");
    count(b, "e", "null");
    (void)fact(b, "f", 8);
    (void)fact(b, "nobody", 0);
    (void)unprinted(b, 0, "g");
    (void)unprinted(b, 0, "h");
    count(b, "h", "9");
    (void)unprinted(b, 0, "i");
    count(b, "i", "null");
    check(b, &p);
    assert_int_equal(p.n_figures, 5);
    assert_int_equal(p.n_sums, 0);
    compare(&p, SAYS("b = 5, 4: " OTHER, "c = 6: " STRANGE, "d = 7: " HIDDEN,
                     "h = 9: " STRANGE, "f = 8: " MORE));
}

static void
figures_are_those_of_the_facts_of_their_population(void **state)
{
    struct bench *b = *state;

    both(b, "a", 1);
    both(b, "b", 2);
    (void)fact_of(b, 1, "c", 3);
    (void)fact_of(b, 1, "d", 4);
    (void)fact_of(b, 1, "e", 5);
    count(b, "c", "3");
    count(b, "d", "4");
    count(b, "e", "6");
    expect(b, SAYS("e = 6, 5: " OTHER));
}

static void
a_name_is_there_once_in_all_facts(void **state)
{
    struct bench *b = *state;

    both(b, "a", 1);
    both(b, "b", 2);
    (void)fact_of(b, 1, "b", 2);
    (void)fact_of(b, 1, "a", 5);
    expect(b, SAYS("b: " TWICE, "a: " TWICE));
}

/* More than are kept are counted. */
static void
faults_are_counted_behind_those_that_are_kept(void **state)
{
    struct bench *b = *state;
    struct published p;

    for (unsigned i = 0; i < PUBLISHED_FAULTS_MAX + 6; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "n%u", i);
        count(b, name, "1");
    }
    check(b, &p);
    assert_int_equal(p.n_faults, PUBLISHED_FAULTS_MAX + 6);
    assert_int_equal(p.n_kept, PUBLISHED_FAULTS_MAX);
    for (unsigned i = 0; i < PUBLISHED_FAULTS_MAX; i++) {
        char place[24];

        (void)snprintf(place, sizeof place, "n%u = 1", i);
        assert_string_equal(p.faults[i].place, place);
        assert_string_equal(p.faults[i].reason, STRANGE);
    }
    published_clear(&p);
    assert_null(p.faults);
    assert_int_equal(p.n_faults + p.n_kept + p.n_figures, 0);
}

/* ---- unions ---- */

/* Facts NAME/0 to NAME/n-1, and a statement of them. */
static void
state_union(struct bench *b, size_t part, const char *name, size_t n,
            int64_t lo, int64_t hi)
{
    size_t at[16];
    int64_t factors[16];

    for (size_t i = 0; i < n; i++) {
        char each[48];

        (void)snprintf(each, sizeof each, "%s/%zu", name, i);
        at[i] = unprinted(b, part, each);
        factors[i] = __builtin_popcountll(i) % 2 == 0 ? 1 : -1;
    }
    assert_ok(facts_state(&b->d.parts[part].facts, 0, n, at, factors, lo, hi));
}

static void
who_has_any_of_up_to_four_codes_is_a_statement(void **state)
{
    static const char *const names[] = {"u1", "u2", "u3", "u4"};
    struct bench *b = *state;

    for (size_t i = 0; i < 4; i++) {
        state_union(b, i % 2, names[i], (size_t)2 << i, 40, 40);
        count(b, names[i], "40");
    }
    (void)unprinted(b, 1, "u4/16"); /* is none of them */
    expect(b, NOTHING);
}

static void
another_statement_is_none_of_a_union(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    const size_t swapped[] = {f->n_figures + 1, f->n_figures};
    static const int64_t plus[] = {1, 1}, minus[] = {1, -1};
    static const int64_t much[] = {1, 0xffff}; /* begins as -1 does */

    (void)unprinted(b, 0, "u/0");
    (void)unprinted(b, 0, "u/1");
    count(b, "u", "40");
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, minus, 39, 40));
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, minus, 40, 41));
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, plus, 40, 40));
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, much, 40, 40));
    assert_ok(facts_state(f, 0, 2, swapped, minus, 40, 40));
    assert_ok(facts_state(f, 0, 1, (const size_t[]){0}, minus, 40, 40));
    expect(b, SAYS("u = 40: " STRANGE));
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, minus, 40, 40));
    expect(b, NOTHING);
}

/* Each figure of it is the one of its number, to the last. */
static void
a_statement_of_other_figures_is_none_of_a_union(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    static const size_t figures[][4] = {
        {0, 1, 4, 3}, {0, 1, 2, 4}, {0, 1, 3, 2}, {0, 1, 2, 3}};
    static const int64_t factors[] = {1, -1, -1, 1};

    for (size_t i = 0; i < 4; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "u/%zu", i);
        assert_int_equal(unprinted(b, 0, name), i);
    }
    (void)unprinted(b, 0, "other");
    count(b, "u", "40");
    for (size_t i = 0; i < 4; i++) {
        assert_ok(facts_state(f, 0, 4, figures[i], factors, 40, 40));
        expect(b, i < 3 ? SAYS("u = 40: " STRANGE) : NOTHING);
    }
}

/* One figure is no union, and figures of two populations are none. */
static void
a_union_is_of_two_figures_of_one_population(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    static const int64_t one[] = {1, -1};

    (void)unprinted(b, 0, "u/0");
    assert_ok(facts_state(f, 0, 1, (const size_t[]){0}, one, 40, 40));
    count(b, "u", "40");
    expect(b, SAYS("u = 40: " STRANGE));
    (void)unprinted(b, 1, "filler");
    (void)unprinted(b, 1, "u/1");
    (void)unprinted(b, 0, "other");
    assert_ok(facts_state(f, 0, 2, (const size_t[]){0, 1}, one, 40, 40));
    assert_ok(facts_state(&b->d.parts[1].facts, 0, 2, (const size_t[]){0, 1},
                          one, 40, 40));
    expect(b, SAYS("u = 40: " STRANGE));
}

/* ---- changes ---- */

static void
a_plans_change_is_that_of_the_latest_two_years(void **state)
{
    struct bench *b = *state;

    both(b, "t.1900.a", 1);
    both(b, "t.2021.a", 30);
    both(b, "t.2199.a", 20);
    both(b, "t.1900.b", 5);
    both(b, "t.1901.b", 9);
    both(b, "t.2022.c", 7);
    both(b, "t.1899.c", 5);
    both(b, "t.2200.c", 5);
    both(b, "t.2020.d", 5);
    both(b, "t.2022.d", 5);
    change(b, "t.change.a", "-10");
    change(b, "t.change.b", "4");
    change(b, "t.change.c", "2");
    change(b, "t.change.d", "0");
    change(b, "t.change.e", "0");
    change(b, "t.change.f", "null");
    change(b, "t.chance.a", "-10");
    change(b, "t.changes.a", "-10");
    change(b, "t.changea", "-10");
    change(b, "nodot", "-10");
    expect(b, SAYS("t.change.c: " WRONG, "t.change.e: " WRONG,
                   "t.chance.a: " WRONG, "t.changes.a: " WRONG,
                   "t.changea: " WRONG, "nodot: " WRONG));
}

static void
a_change_of_what_is_not_printed_is_a_statement(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    static const int64_t minus[] = {1, -1};
    size_t later, earlier;

    (void)unprinted(b, 0, "filler");
    earlier = unprinted(b, 0, "t.2021.a");
    later = unprinted(b, 0, "t.2022.a");
    change(b, "t.change.a", "6");
    assert_ok(
        facts_state(f, 0, 2, (const size_t[]){earlier, later}, minus, 6, 6));
    assert_ok(
        facts_state(f, 0, 2, (const size_t[]){later, earlier}, minus, 5, 6));
    expect(b, SAYS("t.change.a: " WRONG));
    assert_ok(
        facts_state(f, 0, 2, (const size_t[]){later, earlier}, minus, 6, 6));
    expect(b, NOTHING);
    /* One of the years is printed: the other would follow. */
    assert_ok(facts_print_exact(f, later, 9));
    count(b, "t.2022.a", "9");
    expect(b, NOTHING);
}

/* Of a year that is not printed, no number follows. */
static void
a_change_to_what_is_not_printed_does_not_follow(void **state)
{
    struct bench *b = *state;

    both(b, "t.2021.a", 9);
    (void)unprinted(b, 0, "t.2022.a");
    (void)unprinted(b, 0, "t.2021.b");
    both(b, "t.2022.b", 9);
    change(b, "t.change.a", "-9");
    change(b, "t.change.b", "9");
    expect(b, SAYS("t.change.a: " WRONG, "t.change.b: " WRONG));
}

/* ---- percentages ---- */

static void
a_percentage_is_rounded_to_the_nearest_a_half_away_from_0(void **state)
{
    static const struct {
        int64_t before, now;
        const char *percent;
    } cases[] = {
        {3, 4, "\"33.3\""},      {3, 5, "\"66.7\""},  {3, 4, "\"33\""},
        {3, 5, "\"67\""},        {200, 201, "\"1\""}, {200, 199, "\"-1\""},
        {201, 202, "\"0\""},     {8, 9, "\"13\""},    {8, 7, "\"-13\""},
        {8, 9, "\"12.5\""},      {8, 7, "\"-12.5\""}, {2000, 2001, "\"0.1\""},
        {2001, 2002, "\"0.0\""}, {7, 7, "\"0\""},     {5, 0, "\"-100\""},
        {1, 2, "\"100\""},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "t.2021.c%zu", i);
        both(b, name, cases[i].before);
        (void)snprintf(name, sizeof name, "t.2022.c%zu", i);
        both(b, name, cases[i].now);
        (void)snprintf(name, sizeof name, "t.percent.c%zu", i);
        change(b, name, cases[i].percent);
    }
    expect(b, NOTHING);
}

static void
a_percentage_that_does_not_follow_is_named(void **state)
{
    struct bench *b = *state;

    both(b, "t.2021.a", 3);
    both(b, "t.2022.a", 4);
    both(b, "t.2021.b", 0);
    both(b, "t.2022.b", 4);
    (void)unprinted(b, 0, "t.2021.c");
    both(b, "t.2022.c", 4);
    both(b, "t.2021.d", 4);
    (void)unprinted(b, 0, "t.2022.d");
    both(b, "t.2022.e", 4);
    change(b, "t.percent.a", "\"34\"");
    change(b, "t.percent.b", "\"0\"");
    change(b, "t.percent.c", "\"0\"");
    change(b, "t.percent.d", "\"-100\"");
    change(b, "t.percent.e", "\"0\"");
    change(b, "t.perc.a", "\"33\"");
    change(b, "t.percent.f", "null");
    change(b, "x", "\"33\"");
    expect(b, SAYS("t.percent.a: " WRONG, "t.percent.b: " WRONG,
                   "t.percent.c: " WRONG, "t.percent.d: " WRONG,
                   "t.percent.e: " WRONG, "t.perc.a: " WRONG, "x: " WRONG));
}

/* In place of one code, or of all of them. */
static void
a_share_is_of_a_total_of_its_table(void **state)
{
    static const char *const right[] = {"a.x.q", "2022.b.y.r"};
    static const char *const totals[] = {
        "s.total.x.q",      "s.a.total.q",      "s.a.x.total",
        "s.total",          "s.2022.total.y.r", "s.2022.b.total.r",
        "s.2022.b.y.total", "s.2022.total",     "s.total.b.y.r",
    };
    struct bench *b = *state;

    both(b, "s.a.x.q", 1);
    both(b, "s.2022.b.y.r", 1);
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        both(b, totals[i], 10 + (int64_t)i); /* 10 to 5.6 % */
    for (size_t i = 0; i < 2; i++) {
        char name[48];

        (void)snprintf(name, sizeof name, "s.share.%s", right[i]);
        count(b, name, "\"9.9\"");
    }
    expect(b, SAYS("s.share.a.x.q: " WRONG, "s.share.2022.b.y.r: " WRONG));
}

static void
share_is(struct bench *b, const char *name, const char *total, int64_t of,
         const char *share, const char *percent)
{
    both(b, name, 1);
    both(b, total, of);
    count(b, share, percent);
}

static void
a_share_of_any_of_its_totals_is_right(void **state)
{
    struct bench *b = *state;

    share_is(b, "a.x.q", "a.total.q", 4, "a.share.x.q", "\"25\"");
    share_is(b, "b.x.q.z", "b.x.total.z", 8, "b.share.x.q.z", "\"12.5\"");
    share_is(b, "c.x.q", "c.x.total", 5, "c.share.x.q", "\"20\"");
    share_is(b, "d.x.q", "d.total", 2, "d.share.x.q", "\"50\"");
    share_is(b, "e.x", "e.total", 2, "e.share.x", "\"50\"");
    share_is(b, "f.2022.x", "f.2022.total", 2, "f.share.2022.x", "\"50\"");
    share_is(b, "g.2022.x.q", "g.2022.total", 2, "g.share.2022.x.q", "\"50\"");
    share_is(b, "h.2022.x", "h.total.x", 4, "h.share.2022.x", "\"25\"");
    share_is(b, "i.20222.x", "i.total.x", 4, "i.share.20222.x", "\"25\"");
    expect(b, NOTHING);
}

static void
a_share_of_what_is_no_total_is_named(void **state)
{
    struct bench *b = *state;

    /* Of no year's total, of none, of a hidden one, of a change. */
    share_is(b, "a.202.x.q", "a.202.total", 2, "a.share.202.x.q", "\"50\"");
    share_is(b, "b.20222.x.q", "b.20222.total", 2, "b.share.20222.x.q",
             "\"50\"");
    share_is(b, "c.x", "c.x.total", 2, "c.share.x", "\"50\"");
    share_is(b, "d.x", "total.x", 2, "d.share.x", "\"50\"");
    both(b, "e.x", 1);
    count(b, "e.total", "null");
    count(b, "e.share.x", "\"50\"");
    both(b, "f.total", 2);
    count(b, "f.share.x", "\"50\"");
    share_is(b, "g.x", "g.total", 0, "g.share.x", "\"0\"");
    share_is(b, "h.abcd.x.q", "h.abcd.total", 2, "h.share.abcd.x.q", "\"50\"");
    expect(b, SAYS("a.share.202.x.q: " WRONG, "b.share.20222.x.q: " WRONG,
                   "c.share.x: " WRONG, "d.share.x: " WRONG,
                   "e.share.x: " WRONG, "f.share.x: " WRONG,
                   "g.share.x: " WRONG, "h.share.abcd.x.q: " WRONG));
}

/* ---- the rule ---- */

static void
exact_figures_have_no_rule_and_public_ones_a_strict_one(void **state)
{
    static const struct {
        const char *profile;
        int64_t base, width, small;
        const char *fault;
    } cases[] = {
        {"exact", 0, 0, 0, NULL},
        {"exact", 5, 4, 4, "rule: exact figures have no rule"},
        {"other", 0, 0, 0, "profile: is no profile of a release"},
        {"other", 5, 4, 4, "profile: is no profile of a release"},
        {"public", 5, 4, 4, NULL},
        {"public", 10, 9, 9, NULL},
#define LESS "protects less than a release for the public has to"
        {"public", 4, 4, 4, "rule: base 4, width 4, small 4: " LESS},
        {"public", 5, 3, 4, "rule: base 5, width 3, small 4: " LESS},
        {"public", 5, 4, 3, "rule: base 5, width 4, small 3: " LESS},
        {"public", 0, 0, 0, "rule: base 0, width 0, small 0: " LESS},
    };
    struct bench *b = *state;

    b->d.n = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b->profile = cases[i].profile;
        b->d.parts[0].rule =
            (struct facts_rule){cases[i].base, cases[i].width, cases[i].small};
        expect(b, SAYS(cases[i].fault));
    }
}

/* Of each population. */
static void
a_second_population_has_a_rule_too(void **state)
{
    struct bench *b = *state;

    b->d.parts[1].rule.base = 5;
    expect(b, SAYS("rule: exact figures have no rule"));
}

static void
a_public_figure_is_rounded_and_not_small(void **state)
{
    static const char *const names[] = {"none", "least", "small", "over"};
    static const int64_t values[] = {0, 1, 9, 10};
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;

    b->d.n = 1;
    b->profile = "public";
    b->d.parts[0].rule = (struct facts_rule){5, 4, 9};
    for (size_t i = 0; i < 4; i++) {
        char text[24];
        size_t at = unprinted(b, 0, names[i]);

        (void)snprintf(text, sizeof text, "%lld", (long long)values[i]);
        assert_ok(facts_print_rounded(f, at, values[i], 1, 0));
        count(b, names[i], text);
    }
    both(b, "exact", 20);
    expect(b, SAYS("least = 1: is so small that the rule protects it",
                   "small = 9: is so small that the rule protects it",
                   "exact = 20: is exact, in a release for the public"));
    b->d.parts[0].rule = (struct facts_rule){1, 0, 0};
    expect(b, SAYS("rule: base 1, width 0, small 0: " LESS,
                   "exact = 20: is exact, in a release for the public"));
}

/* ---- relations ---- */

static void
relations_that_say_a_sum_are_added_up(void **state)
{
    struct bench *b = *state;
    struct published p;

    both(b, "a", 3);
    both(b, "b", 4);
    both(b, "c", 7);
    count(b, "d", "null");
    both(b, "zero", 0);
    relate(b, true, "0,1", 2);
    relate(b, false, "0,1", 0);
    relate(b, true, "0,1", 3);
    relate(b, true, "0,3", 2);
    relate(b, true, "", 4);
    relate(b, true, "0,1,1", 2);
    relate(b, true, "", 1);
    check(b, &p);
    assert_int_equal(p.n_sums, 4);
    compare(&p,
            SAYS("c = 7; 11 = sum of 3: " SUM, "b = 4; 0 = sum of 0: " SUM));
}

/* ---- a yearly report ---- */

#define YEAR(members)                                                          \
    "{\n  \"profile\": \"exact\",\n  \"v\": {\n" members "\n  }\n}\n"

static void
expect_year(struct bench *b, const char *text,
            const char *const faults[FAULTS_MAX + 1])
{
    struct published p;

    check_text(b, bytes_text(text), &p);
    compare(&p, faults);
}

static void
a_yearly_change_follows_from_its_total_or_its_code(void **state)
{
    struct bench *b = *state;

    (void)fact(b, "v.total", 46);
    (void)fact(b, "v.before", 40);
    (void)fact(b, "v.m", 5);
    (void)fact(b, "v.m_before", 7);
    expect_year(b, "{\n  \"profile\": \"exact\"\n}\n",
                SAYS("v.total = 46: " MORE, "v.before = 40: " MORE,
                     "v.m = 5: " MORE, "v.m_before = 7: " MORE));
#define REST "    \"m\": 5,\n    \"m_change\": -2,\n    \"total\": 46"
    expect_year(b, YEAR("    \"change\": 6,\n" REST), NOTHING);
    expect_year(b, YEAR("    \"change\": -6,\n" REST),
                SAYS("v.change: " WRONG));
    expect_year(b, YEAR("    \"change\": null,\n" REST),
                SAYS("v.before = 40: " MORE));
    expect_year(b,
                YEAR("    \"change\": 6,\n    \"m\": 5,\n"
                     "    \"m_change\": 2,\n    \"total\": 46"),
                SAYS("v.m_change: " WRONG));
    expect_year(b, YEAR("    \"change\": 6,\n    \"m\": 5,\n    \"total\": 46"),
                SAYS("v.m_before = 7: " MORE));
}

static void
a_yearly_change_of_what_is_not_there_is_named(void **state)
{
    struct bench *b = *state;

    (void)fact(b, "v.total", 46);
    (void)unprinted(b, 0, "v.before");
    (void)fact(b, "v.m", 5);
    (void)unprinted(b, 0, "v.n");
    (void)fact(b, "v.n_before", 5);
    expect_year(
        b,
        YEAR("    \"change\": 46,\n    \"m\": 5,\n"
             "    \"m_change\": 5,\n    \"n\": null,\n"
             "    \"n_change\": -5,\n    \"total\": 46"),
        SAYS("v.change: " WRONG, "v.m_change: " WRONG, "v.n_change: " WRONG));
}

/* That follows from a change in a yearly report, and from nothing else. */
static void
the_year_before_is_in_the_facts_of_a_change_alone(void **state)
{
    struct bench *b = *state;

    (void)fact(b, "before", 3);
    (void)fact(b, "v.mbefore", 4);
    (void)fact(b, "v.m_before", 5);
    (void)fact(b, "v.n_beforex", 6);
    expect_year(b, YEAR("    \"m\": null,\n    \"n_change\": null"),
                SAYS("before = 3: " MORE, "v.mbefore = 4: " MORE,
                     "v.m_before = 5: " MORE, "v.n_beforex = 6: " MORE));
    count(b, "x", "null");
    expect(b, SAYS("before = 3: " MORE, "v.mbefore = 4: " MORE,
                   "v.m_before = 5: " MORE, "v.n_beforex = 6: " MORE));
}

/* Only of one: not of what has a name as long. */
static void
a_change_says_nothing_of_another_figure(void **state)
{
    struct bench *b = *state;

    (void)fact(b, "v.m", 5);
    (void)fact(b, "v.m_before", 7);
    (void)fact(b, "v.m_beyond", 9);
    expect_year(b, YEAR("    \"m\": 5,\n    \"m_change\": -2"),
                SAYS("v.m_beyond = 9: " MORE));
}

/* In a plan's report years stand in the names. */
static void
a_plan_has_no_year_before(void **state)
{
    struct bench *b = *state;

    both(b, "t.2021.a", 3);
    both(b, "t.2022.a", 5);
    (void)fact(b, "t.before.a", 1);
    (void)fact(b, "t.a_before", 2);
    change(b, "t.change.a", "2");
    change(b, "t.a_change", "2");
    expect(b, SAYS("t.a_change: " WRONG, "t.before.a = 1: " MORE,
                   "t.a_before = 2: " MORE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_printed_is_in_the_facts_and_the_other_way),
        TEST(figures_are_those_of_the_facts_of_their_population),
        TEST(a_name_is_there_once_in_all_facts),
        TEST(faults_are_counted_behind_those_that_are_kept),
        TEST(who_has_any_of_up_to_four_codes_is_a_statement),
        TEST(another_statement_is_none_of_a_union),
        TEST(a_statement_of_other_figures_is_none_of_a_union),
        TEST(a_union_is_of_two_figures_of_one_population),
        TEST(a_plans_change_is_that_of_the_latest_two_years),
        TEST(a_change_of_what_is_not_printed_is_a_statement),
        TEST(a_change_to_what_is_not_printed_does_not_follow),
        TEST(a_percentage_is_rounded_to_the_nearest_a_half_away_from_0),
        TEST(a_percentage_that_does_not_follow_is_named),
        TEST(a_share_is_of_a_total_of_its_table),
        TEST(a_share_of_any_of_its_totals_is_right),
        TEST(a_share_of_what_is_no_total_is_named),
        TEST(exact_figures_have_no_rule_and_public_ones_a_strict_one),
        TEST(a_second_population_has_a_rule_too),
        TEST(a_public_figure_is_rounded_and_not_small),
        TEST(relations_that_say_a_sum_are_added_up),
        TEST(a_yearly_change_follows_from_its_total_or_its_code),
        TEST(a_yearly_change_of_what_is_not_there_is_named),
        TEST(the_year_before_is_in_the_facts_of_a_change_alone),
        TEST(a_change_says_nothing_of_another_figure),
        TEST(a_plan_has_no_year_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
