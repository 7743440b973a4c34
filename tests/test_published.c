#include <jansson.h>

#include "tests/support/support.h"

#include "disclosure/published.h"

#define DAY "2022-12-31"

/* A plan's report of two years, and the facts of it: those of a table by sex,
 * with changes and shares, and one of who had any of two services. */
struct bench {
    struct facts_document d;
    json_t *report;
    size_t release;
};

static size_t
dimension(struct facts *f, const char *name, const char *codes)
{
    struct bytes rest = bytes_text(codes), code;
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, 0, name, false, &at));
    while (text_split(&rest, ' ', &code)) {
        char text[FACTS_NAME_SIZE];

        assert_ok(text_copy(code, text, sizeof text));
        assert_ok(facts_code(f, at, text, &code_at));
    }
    return at;
}

static size_t
figure(struct facts *f, const char *name)
{
    size_t at = 0;

    assert_ok(facts_figure(f, 0, 0, name, DAY, &at));
    return at;
}

static void
narrow(struct facts *f, size_t at, size_t d, size_t code)
{
    assert_ok(facts_term(f, at, d, 1, &code));
}

static void
print(struct bench *b, const char *name, bool change, json_t *value)
{
    bool known = !json_is_null(value);

    assert_int_equal(
        json_array_append_new(
            json_object_get(b->report, "figures"),
            json_pack("{s:b, s:s, s:s, s:o}", "change", change, "name", name,
                      "reason", known ? "" : "not known", "value", value)),
        0);
}

/* sex.YEAR.CODE, both printed and a fact. */
static void
count(struct bench *b, const char *name, size_t year, size_t sex, int64_t value)
{
    struct facts *f = &b->d.parts[0].facts;
    size_t at = figure(f, name);

    narrow(f, at, 0, year);
    if (sex < 2)
        narrow(f, at, 1, sex);
    assert_ok(facts_print_exact(f, at, value));
    print(b, name, false, json_integer(value));
}

static void
relate(struct bench *b, size_t whole, size_t a, size_t c)
{
    assert_int_equal(
        json_array_append_new(json_object_get(b->report, "relations"),
                              json_pack("{s:b, s:[I,I], s:I}", "complete", 1,
                                        "parts", (json_int_t)a, (json_int_t)c,
                                        "whole", (json_int_t)whole)),
        0);
}

static int
set_up(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct facts *f;
    size_t at = 0, food, shelter, any, none;

    if (b == NULL)
        return -1;
    b->d.n = 1;
    f = &b->d.parts[0].facts;
    facts_init(f);
    assert_ok(facts_release(f, "release-7", &at));
    assert_ok(facts_population(f, "victim", &at));
    (void)dimension(f, "year", "2021 2022");
    (void)dimension(f, "sex", "female male");
    food = dimension(f, "food", "no yes");
    shelter = dimension(f, "shelter", "no yes");
    b->report = json_pack("{s:s, s:[], s:s, s:s, s:s, s:[]}", "basis", "law",
                          "figures", "format", "svault/counts/v1", "plan",
                          "plan", "profile", "exact", "relations");
    count(b, "sex.2022.female", 1, 0, 44);
    count(b, "sex.2022.male", 1, 1, 2);
    count(b, "sex.2022.total", 1, 2, 46);
    count(b, "sex.2021.female", 0, 0, 30);
    count(b, "sex.2021.male", 0, 1, 10);
    count(b, "sex.2021.total", 0, 2, 40);
    print(b, "sex.change.female", true, json_integer(14));
    print(b, "sex.change.male", true, json_integer(-8));
    print(b, "sex.share.2022.male", false, json_string("4.3"));
    print(b, "sex.percent.total", true, json_string("15"));
    print(b, "sex.percent.male", true, json_null());
    relate(b, 2, 0, 1);
    any = figure(f, "help.food_shelter/0");
    none = figure(f, "help.food_shelter/1");
    narrow(f, none, food, 0);
    narrow(f, none, shelter, 0);
    assert_ok(facts_state(f, 0, 2, (const size_t[]){any, none},
                          (const int64_t[]){1, -1}, 60, 60));
    print(b, "help.food_shelter", false, json_integer(60));
    at = figure(f, "sex.2022/others");
    assert_ok(facts_term(f, at, 1, 0, NULL));
    assert_ok(facts_print_exact(f, at, 0));
    *state = b;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *b = *state;

    facts_document_clear(&b->d);
    json_decref(b->report);
    free(b);
    return 0;
}

static json_t *
figure_at(struct bench *b, size_t i)
{
    return json_array_get(json_object_get(b->report, "figures"), i);
}

static void
reprint(struct bench *b, size_t i, json_t *value)
{
    assert_int_equal(json_object_set_new(figure_at(b, i), "value", value), 0);
}

static enum sv_err
read_report(struct bench *b, struct released *out, struct diag *where)
{
    char *text = json_dumps(b->report, JSON_SORT_KEYS | JSON_COMPACT);
    struct buf all = BUF_INIT;
    enum sv_err err;

    assert_non_null(text);
    assert_ok(buf_text(&all, text));
    assert_ok(buf_text(&all, "\n"));
    err = released_read(buf_bytes(&all), out, where);
    free(text);
    buf_free(&all);
    return err;
}

/* The first fault is of this place; NULL: there is none.  How many there
 * are. */
static size_t
check(struct bench *b, const char *place)
{
    size_t n;
    struct released report;
    struct published p;
    struct diag where = {0};

    assert_ok(read_report(b, &report, &where));
    assert_ok(published_check(&b->d, &report, &p));
    for (size_t i = 0; i < p.n_kept && place == NULL; i++)
        print_error("%s: %s\n", p.faults[i].place, p.faults[i].reason);
    n = p.n_faults;
    assert_true((n == 0) == (place == NULL));
    if (place != NULL)
        assert_string_equal(p.faults[0].place, place);
    published_clear(&p);
    released_clear(&report);
    return n;
}

static void
expect(struct bench *b, const char *place)
{
    assert_int_equal(check(b, place), place == NULL ? 0 : 1);
}

static void
expect_first(struct bench *b, const char *place)
{
    assert_true(check(b, place) > 0);
}

static void
a_plans_report_follows_from_its_facts(void **state)
{
    struct bench *b = *state;
    struct released report;
    struct published p;
    struct diag where = {0};

    expect(b, NULL);
    assert_ok(read_report(b, &report, &where));
    assert_ok(published_check(&b->d, &report, &p));
    assert_int_equal(p.n_figures, 7);
    assert_int_equal(p.n_sums, 3); /* of each year, and the relation */
    published_clear(&p);
    released_clear(&report);
}

static void
a_change_that_does_not_follow_is_named(void **state)
{
    struct bench *b = *state;

    reprint(b, 6, json_integer(15));
    expect(b, "sex.change.female");
}

static void
a_change_of_unprinted_totals_has_to_be_a_statement(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t later = figure(f, "sum.2022.total");
    size_t earlier = figure(f, "sum.2021.total");

    narrow(f, later, 0, 1);
    narrow(f, earlier, 0, 0);
    print(b, "sum.change.total", true, json_integer(6));
    expect(b, "sum.change.total");
    assert_ok(facts_state(f, 0, 2, (const size_t[]){later, earlier},
                          (const int64_t[]){1, -1}, 6, 6));
    expect(b, NULL);
}

static void
a_percentage_that_does_not_follow_is_named(void **state)
{
    struct bench *b = *state;

    reprint(b, 8, json_string("4.4"));
    expect(b, "sex.share.2022.male");
    reprint(b, 8, json_string("4.3"));
    reprint(b, 9, json_string("16"));
    expect(b, "sex.percent.total");
}

static void
who_has_any_of_several_codes_has_to_be_a_statement(void **state)
{
    struct bench *b = *state;

    reprint(b, 11, json_integer(61));
    expect(b, "help.food_shelter = 61");
}

static void
a_relation_that_does_not_hold_is_named(void **state)
{
    struct bench *b = *state;

    relate(b, 2, 0, 4);
    expect(b, "sex.2022.total = 46; 54 = sum of 2");
}

static void
what_is_in_the_facts_alone_is_named_unless_it_is_nobody(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t at = figure(f, "more");

    narrow(f, at, 2, 1);
    assert_ok(facts_print_exact(f, at, 3));
    expect(b, "more = 3");
}

static void
a_figure_that_is_not_printed_may_not_be_in_the_facts(void **state)
{
    struct bench *b = *state;

    reprint(b, 4, json_null());
    json_object_set_new(figure_at(b, 4), "reason", json_string("hidden"));
    expect(b, "sex.2021.male = 10");
    b->d.parts[0].facts.figures[4].print = FACTS_HIDDEN;
    expect(b, "sex.change.male"); /* it would tell it */
    reprint(b, 7, json_null());
    json_object_set_new(figure_at(b, 7), "reason", json_string("hidden"));
    expect(b, NULL);
}

/* Age bands of two lists: neither is a part of the other, and each is all. */
static void
every_partition_of_a_set_is_added_up(void **state)
{
    static const struct {
        const char *name;
        const char *codes; /* "1": it has the code */
        int64_t value;
    } bands[] = {{"b.0-17", "1000", 10},
                 {"b.18_plus", "0111", 36},
                 {"b.0-19", "1100", 15},
                 {"b.20_plus", "0011", 31}};
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t age = dimension(f, "age", "0-17 18-19 20-29 30_plus");

    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        size_t codes[4], n = 0, at = figure(f, bands[i].name);

        for (size_t k = 0; k < 4; k++)
            if (bands[i].codes[k] == '1')
                codes[n++] = k;
        narrow(f, at, 0, 1);
        assert_ok(facts_term(f, at, age, n, codes));
        assert_ok(facts_print_exact(f, at, bands[i].value));
        print(b, bands[i].name, false, json_integer(bands[i].value));
    }
    expect(b, NULL);
    f->figures[f->n_figures - 1].value = 30;
    reprint(b, 15, json_integer(30));
    expect(b, "sex.2022.total = 46; 45 = b.0-19 + b.20_plus");
}

static void
a_report_in_another_form_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]\n",
        "{}\n",
        "{\"profile\":\"exact\"}\n",
        "{\n  \"profile\": \"exact\"\n}",
        "{\n  \"profile\": \"EXACT\"\n}\n",
        "{\n  \"profile\": \"exact\",\n  \"a b\": 1\n}\n",
        "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"x\": 1.5\n  }\n}\n",
        "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"x\": true\n  }\n}\n",
        "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"x_reason\": \"r\"\n  "
        "}\n}\n",
        "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"x\": "
        "9223372036854775807\n  }\n}\n",
        "{\n  \"format\": \"svault/counts/v2\",\n  \"profile\": \"exact\"\n}\n",
    };
    struct bench *b = *state;
    struct released report;
    struct diag where = {0};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_err(released_read(bytes_text(texts[i]), &report, &where),
                   SV_ERR_FORMAT);
    assert_ok(released_read(bytes_text("{\n  \"profile\": \"exact\"\n}\n"),
                            &report, &where));
    released_clear(&report);
    reprint(b, 8, json_string("4.30"));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    reprint(b, 8, json_string("-4.3"));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    reprint(b, 8, json_string("4."));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    reprint(b, 8, json_string("-0.0"));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    reprint(b, 8, json_integer(-1));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "sex.share.2022.male");
    reprint(b, 8, json_integer(1));
    relate(b, 99, 0, 1);
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "relations");
}

/* Another figure of who the first is, with others of as many codes between
 * them: it is the same people, and two numbers. */
static void
equal_sets_have_one_number(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t at = figure(f, "again");

    narrow(f, at, 0, 1);
    narrow(f, at, 1, 0);
    assert_ok(facts_print_exact(f, at, 44));
    print(b, "again", false, json_integer(44));
    expect(b, NULL);
    f->figures[at].value = 45;
    reprint(b, 12, json_integer(45));
    expect_first(b, "sex.2022.female = 44, again = 45");
}

static void
what_has_no_terms_is_the_sum_of_all(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t all = figure(f, "all");

    assert_ok(facts_print_exact(f, all, 86));
    print(b, "all", false, json_integer(86));
    expect(b, NULL);
    f->figures[all].value = 87;
    reprint(b, 12, json_integer(87));
    expect_first(b, "all = 87; 86 = sex.2021.total + sex.2022.total");
}

static void
no_two_facts_have_one_name(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[1].facts;
    size_t at = 0;

    b->d.n = 2;
    facts_init(f);
    assert_ok(facts_release(f, "release-7", &at));
    assert_ok(facts_population(f, "suspect", &at));
    at = figure(f, "sex.2022.male");
    assert_ok(facts_print_exact(f, at, 2));
    expect(b, "sex.2022.male");
}

static void
a_count_is_the_one_of_the_facts(void **state)
{
    struct bench *b = *state;

    reprint(b, 4, json_integer(11));
    expect_first(b, "sex.2021.male = 11, 10");
}

/* Of two codes, as a part of the total over both fields; and the years of a
 * change are the latest two. */
static void
a_share_of_two_fields_is_of_their_total(void **state)
{
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t at = figure(f, "two.2022.female.yes");

    narrow(f, at, 0, 1);
    narrow(f, at, 1, 0);
    narrow(f, at, 2, 1);
    assert_ok(facts_print_exact(f, at, 23));
    print(b, "two.2022.female.yes", false, json_integer(23));
    at = figure(f, "two.2022.total");
    narrow(f, at, 0, 1);
    assert_ok(facts_print_exact(f, at, 46));
    print(b, "two.2022.total", false, json_integer(46));
    print(b, "two.share.2022.female.yes", false, json_string("50"));
    (void)figure(f, "sex.2020.female");
    expect(b, NULL);
    reprint(b, 14, json_string("51"));
    expect(b, "two.share.2022.female.yes");
}

/* A relation that is not complete says nothing of the sum, and of what is not
 * printed nothing is said. */
static void
what_a_relation_does_not_say_is_not_asked(void **state)
{
    struct bench *b = *state;

    relate(b, 10, 0, 1);
    relate(b, 2, 0, 10);
    expect(b, NULL);
}

/* As many codes as a dimension may have, in two halves. */
static void
the_largest_dimension_is_added_up(void **state)
{
    static const char *const names[] = {"large.low", "large.high"};
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;
    size_t codes[FACTS_CODES_MAX], large = 0, at = 0;

    assert_ok(facts_dimension(f, 0, "large", false, &large));
    for (size_t i = 0; i < FACTS_CODES_MAX; i++) {
        char code[16];

        codes[i] = i;
        (void)snprintf(code, sizeof code, "c%zu", i);
        assert_ok(facts_code(f, large, code, &at));
    }
    for (size_t i = 0; i < 2; i++) {
        at = figure(f, names[i]);
        narrow(f, at, 0, 1);
        assert_ok(facts_term(f, at, large, FACTS_CODES_MAX / 2,
                             &codes[i * FACTS_CODES_MAX / 2]));
        assert_ok(facts_print_exact(f, at, 23));
        print(b, names[i], false, json_integer(23));
    }
    expect(b, NULL);
    f->figures[at].value = 24;
    reprint(b, 13, json_integer(24));
    expect(b, "sex.2022.total = 46; 47 = large.high + large.low");
}

/* ---- A yearly report ---- */

static void
add_annual(struct facts *f, const char *name, int64_t value)
{
    assert_ok(facts_print_exact(f, figure(f, name), value));
}

static void
expect_annual(struct bench *b, const char *text, const char *place)
{
    struct released report;
    struct published p;
    struct diag where = {0};

    assert_ok(released_read(bytes_text(text), &report, &where));
    assert_ok(published_check(&b->d, &report, &p));
    assert_int_equal(p.n_faults, place == NULL ? 0 : 1);
    if (place != NULL)
        assert_string_equal(p.faults[0].place, place);
    published_clear(&p);
    released_clear(&report);
}

static void
a_yearly_change_follows_from_the_year_and_the_one_before(void **state)
{
#define ANNUAL(change, rise)                                                   \
    "{\n  \"profile\": \"exact\",\n  \"victims\": {\n"                         \
    "    \"change\": " change ",\n    \"minors\": 20,\n"                       \
    "    \"minors_change\": " rise ",\n    \"total\": 46\n  }\n}\n"
    struct bench *b = *state;
    struct facts *f = &b->d.parts[0].facts;

    facts_clear(f);
    facts_init(f);
    assert_ok(facts_release(f, "release-7", &(size_t){0}));
    assert_ok(facts_population(f, "victim", &(size_t){0}));
    (void)dimension(f, "year", "2021 2022");
    (void)dimension(f, "minor", "no yes");
    add_annual(f, "victims.total", 46);
    narrow(f, 0, 0, 1);
    add_annual(f, "victims.before", 40);
    narrow(f, 1, 0, 0);
    add_annual(f, "victims.minors", 20);
    narrow(f, 2, 0, 1);
    narrow(f, 2, 1, 1);
    add_annual(f, "victims.minors_before", 25);
    narrow(f, 3, 0, 0);
    narrow(f, 3, 1, 1);
    expect_annual(b, ANNUAL("6", "-5"), NULL);
    expect_annual(b, ANNUAL("7", "-5"), "victims.change");
    expect_annual(b, ANNUAL("-6", "-5"), "victims.change");
    expect_annual(b, ANNUAL("6", "5"), "victims.minors_change");
    expect_annual(b, ANNUAL("6", "-4"), "victims.minors_change");
    expect_annual(b,
                  "{\n  \"profile\": \"exact\",\n  \"victims\": {\n"
                  "    \"change\": 6,\n    \"minors\": 20,\n"
                  "    \"minors_change\": null,\n"
                  "    \"minors_change_reason\": \"small\",\n"
                  "    \"total\": 46\n  }\n}\n",
                  "victims.minors_before = 25");
    /* Not printed: then the year before may not be in the facts, either. */
    expect_annual(b,
                  "{\n  \"profile\": \"exact\",\n  \"victims\": {\n"
                  "    \"change\": 6,\n    \"minors\": 20,\n"
                  "    \"total\": 46\n  }\n}\n",
                  "victims.minors_before = 25");
}

static enum sv_err
read_text(const char *text, struct diag *where)
{
    struct released report;
    enum sv_err err = released_read(bytes_text(text), &report, where);

    if (err == SV_OK)
        released_clear(&report);
    return err;
}

/* "v" within so many others. */
static enum sv_err
read_nested(unsigned depth, struct diag *where)
{
    struct buf text = BUF_INIT;
    enum sv_err err;

    assert_ok(buf_text(&text, "{\n  \"profile\": \"exact\""));
    for (unsigned i = 0; i < depth; i++)
        assert_ok(buf_printf(&text, "%s%*s\"v\": {", i == 0 ? ",\n" : "\n",
                             2 + 2 * (int)i, ""));
    assert_ok(buf_printf(&text, "\n%*s\"x\": 1", 2 + 2 * (int)depth, ""));
    for (unsigned i = depth; i > 0; i--)
        assert_ok(buf_printf(&text, "\n%*s}", 2 * (int)i, ""));
    assert_ok(buf_text(&text, "\n}\n"));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    err = read_text((const char *)text.ptr, where);
    buf_free(&text);
    return err;
}

static void
figures_lie_so_deep_and_no_deeper(void **state)
{
    struct diag where = {0};

    (void)state;
    for (unsigned depth = 1; depth <= 8; depth++)
        assert_ok(read_nested(depth, &where));
    assert_err(read_nested(9, &where), SV_ERR_FORMAT);
}

#define VALUE(name, value)                                                     \
    "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"" name "\": " value       \
    "\n  }\n}\n"

static void
figures_have_names_and_numbers_within_their_bounds(void **state)
{
    struct diag where = {0};

    (void)state;
    assert_ok(read_text(VALUE("!~", "1"), &where));
    assert_err(read_text(VALUE("\x7f", "1"), &where), SV_ERR_FORMAT);
    assert_err(read_text(VALUE("a b", "1"), &where), SV_ERR_FORMAT);
    assert_ok(read_text(VALUE("x", "1099511627776"), &where));
    assert_err(read_text(VALUE("x", "1099511627777"), &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "v.x");
    assert_ok(read_text(VALUE("x", "0"), &where));
    assert_err(read_text(VALUE("x", "-1"), &where), SV_ERR_FORMAT);
    assert_ok(read_text(VALUE("change", "-1099511627776"), &where));
    assert_err(read_text(VALUE("change", "-1099511627777"), &where),
               SV_ERR_FORMAT);
}

static void
a_yearly_report_has_a_head_of_its_own(void **state)
{
#define HEAD(member) "{\n  \"profile\": \"exact\",\n  " member "\n}\n"
    struct diag where = {0};

    (void)state;
    assert_ok(read_text(HEAD("\"year\": 2022"), &where));
    assert_ok(read_text(HEAD("\"minor_age\": 18"), &where));
    assert_ok(read_text(HEAD("\"basis\": \"law\""), &where));
    assert_err(read_text(HEAD("\"year\": \"2022\""), &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "year");
    assert_err(read_text(HEAD("\"basis\": 7"), &where), SV_ERR_FORMAT);
    assert_err(read_text(HEAD("\"other\": 7"), &where), SV_ERR_FORMAT);
}

/* Each member of a figure, a relation and a report is needed. */
static void
a_plans_report_has_all_its_members(void **state)
{
    static const char *const members[] = {"change", "name", "reason", "value"};
    static const char *const of_relations[] = {"complete", "parts", "whole"};
    static const char *const of_report[] = {"basis", "figures", "plan",
                                            "relations"};
    struct bench *b = *state;
    struct released report;
    struct diag where = {0};

#define WITHOUT(object, member)                                                \
    do {                                                                       \
        json_t *had = json_incref(json_object_get(object, member));            \
                                                                               \
        assert_int_equal(json_object_del(object, member), 0);                  \
        assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);            \
        assert_int_equal(json_object_set_new(object, "more", json_null()), 0); \
        assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);            \
        assert_int_equal(json_object_del(object, "more"), 0);                  \
        assert_int_equal(json_object_set_new(object, member, had), 0);         \
    } while (0)
    for (size_t i = 0; i < 4; i++)
        WITHOUT(figure_at(b, 0), members[i]);
    for (size_t i = 0; i < 3; i++)
        WITHOUT(json_array_get(json_object_get(b->report, "relations"), 0),
                of_relations[i]);
    for (size_t i = 0; i < 4; i++)
        WITHOUT(b->report, of_report[i]);
    assert_ok(read_report(b, &report, &where));
    released_clear(&report);
}

static void
a_plans_figures_and_relations_are_held_to_their_form(void **state)
{
    struct bench *b = *state;
    struct released report;
    struct diag where = {0};
    json_t *parts = json_array();

    for (json_int_t i = 0; i < 12; i++)
        assert_int_equal(json_array_append_new(parts, json_integer(i)), 0);
    assert_int_equal(
        json_array_append_new(json_object_get(b->report, "relations"),
                              json_pack("{s:b, s:O, s:i}", "complete", 0,
                                        "parts", parts, "whole", 0)),
        0);
    assert_ok(read_report(b, &report, &where)); /* as many as there are */
    released_clear(&report);
    assert_int_equal(json_array_append_new(parts, json_integer(0)), 0);
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "relations");
    json_decref(parts);
    print(b, "sex.2022.male", false, json_integer(2));
    assert_err(read_report(b, &report, &where), SV_ERR_FORMAT);
    assert_string_equal(where.column, "sex.2022.male");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plans_report_follows_from_its_facts),
        TEST(a_change_that_does_not_follow_is_named),
        TEST(a_change_of_unprinted_totals_has_to_be_a_statement),
        TEST(a_percentage_that_does_not_follow_is_named),
        TEST(who_has_any_of_several_codes_has_to_be_a_statement),
        TEST(a_relation_that_does_not_hold_is_named),
        TEST(what_is_in_the_facts_alone_is_named_unless_it_is_nobody),
        TEST(a_figure_that_is_not_printed_may_not_be_in_the_facts),
        TEST(every_partition_of_a_set_is_added_up),
        TEST(equal_sets_have_one_number),
        TEST(what_has_no_terms_is_the_sum_of_all),
        TEST(a_count_is_the_one_of_the_facts),
        TEST(a_share_of_two_fields_is_of_their_total),
        TEST(what_a_relation_does_not_say_is_not_asked),
        TEST(the_largest_dimension_is_added_up),
        TEST(a_yearly_report_has_a_head_of_its_own),
        TEST(a_plans_report_has_all_its_members),
        TEST(no_two_facts_have_one_name),
        TEST(a_yearly_change_follows_from_the_year_and_the_one_before),
        TEST(figures_lie_so_deep_and_no_deeper),
        TEST(figures_have_names_and_numbers_within_their_bounds),
        TEST(a_plans_figures_and_relations_are_held_to_their_form),
        TEST(a_report_in_another_form_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
