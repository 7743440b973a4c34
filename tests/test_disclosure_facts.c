#include "tests/support/support.h"

#include "disclosure/facts.h"
#include "disclosure/facts_json.h"

#define DAY "2022-12-31"

static const struct facts_rule by_five = {.base = 5, .width = 4, .small = 4};

/* A dimension with the codes of a text, one by spaces. */
static size_t
dimension(struct facts *f, size_t population, const char *name, bool secret,
          const char *codes)
{
    struct bytes rest = bytes_text(codes), code;
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, population, name, secret, &at));
    while (text_split(&rest, ' ', &code)) {
        char text[FACTS_NAME_SIZE];

        assert_ok(text_copy(code, text, sizeof text));
        assert_ok(facts_code(f, at, text, &code_at));
    }
    return at;
}

static size_t
figure(struct facts *f, size_t release, const char *name)
{
    size_t at = 0;

    assert_ok(facts_figure(f, release, 0, name, DAY, &at));
    return at;
}

/* A figure of those with one code. */
static size_t
cell(struct facts *f, size_t release, const char *name, size_t d, size_t code)
{
    size_t at = figure(f, release, name);

    assert_ok(facts_term(f, at, d, 1, &code));
    return at;
}

/* A release of every kind of print. */
static void
sample(struct facts *f)
{
    size_t release = 0, victim = 0, sex, age, at;

    facts_init(f);
    assert_ok(facts_release(f, "r2022", &release));
    assert_ok(facts_population(f, "victim", &victim));
    sex = dimension(f, victim, "sex", false, "female male unknown");
    age = dimension(f, victim, "age", true, "minor adult");
    at = figure(f, release, "all");
    assert_ok(facts_print_rounded(f, at, 45, 5, 0));
    at = cell(f, release, "sex.male", sex, 1);
    assert_ok(facts_print_rounded(f, at, 0, 5, 1));
    at = cell(f, release, "sex.female", sex, 0);
    assert_ok(facts_term(f, at, age, 2, (const size_t[]){1, 0}));
    assert_ok(facts_print_hidden(f, at, 1));
    at = cell(f, release, "age.minor", age, 0);
    assert_ok(facts_print_hidden(f, at, 0));
    at = cell(f, release, "age.adult", age, 1);
    assert_ok(facts_print_exact(f, at, 13));
    (void)cell(f, release, "sex.unknown", sex, 2);
    assert_ok(facts_state(f, release, 2, (const size_t[]){0, 4},
                          (const int64_t[]){1, -1}, -3, 33));
    assert_ok(facts_state_share(f, release, 1, 0, 43, 1));
}

static const char sample_text[] =
    "{\"dimensions\":[{\"codes\":[\"female\",\"male\",\"unknown\"],\"n"
    "ame\":\"sex\",\"population\":\"victim\",\"secret\":false},{\"cod"
    "es\":[\"minor\",\"adult\"],\"name\":\"age\",\"population\":\"victi"
    "m\",\"secret\":true}],\"figures\":[{\"as_of\":\"2022-12-31\",\"i"
    "n\":{},\"name\":\"all\",\"population\":\"victim\",\"print\":\"roun"
    "ded\",\"value\":45},{\"as_of\":\"2022-12-31\",\"in\":{\"sex\":[\"m"
    "ale\"]},\"name\":\"sex.male\",\"population\":\"victim\",\"print\""
    ":\"rounded\",\"steps\":1,\"value\":0},{\"as_of\":\"2022-12-31\","
    "\"at_least\":1,\"in\":{\"age\":[\"minor\",\"adult\"],\"sex\":[\"fem"
    "ale\"]},\"name\":\"sex.female\",\"population\":\"victim\",\"prin"
    "t\":\"hidden\"},{\"as_of\":\"2022-12-31\",\"in\":{\"age\":[\"minor"
    "\"]},\"name\":\"age.minor\",\"population\":\"victim\",\"print\":\""
    "hidden\"},{\"as_of\":\"2022-12-31\",\"in\":{\"age\":[\"adult\"]},"
    "\"name\":\"age.adult\",\"population\":\"victim\",\"print\":\"exac"
    "t\",\"value\":13},{\"as_of\":\"2022-12-31\",\"in\":{\"sex\":[\"unk"
    "nown\"]},\"name\":\"sex.unknown\",\"population\":\"victim\",\"pr"
    "int\":\"unprinted\"}],\"format\":\"svault/facts/v1\",\"populat"
    "ions\":[\"victim\"],\"release\":\"r2022\",\"rule\":{\"base\":5,\"s"
    "mall\":4,\"width\":4},\"statements\":[{\"factors\":[1,-1],\"fi"
    "gures\":[0,4],\"hi\":33,\"lo\":-3},{\"factors\":[2000,-85],\"f"
    "igures\":[1,0],\"hi\":null,\"lo\":0},{\"factors\":[-2000,87],"
    "\"figures\":[1,0],\"hi\":null,\"lo\":0},{\"factors\":[1],\"figu"
    "res\":[0],\"hi\":null,\"lo\":1}]}";

/* ---- One release as a text ---- */

static void
one_release_is_this_text_and_no_other(void **state)
{
    struct facts f, again;
    struct facts_rule rule;
    struct diag where = {0};
    struct buf text = BUF_INIT, second = BUF_INIT;

    (void)state;
    sample(&f);
    assert_ok(facts_json_encode(&f, &by_five, &text));
    assert_int_equal(text.len, strlen(sample_text));
    assert_memory_equal(text.ptr, sample_text, text.len);
    assert_ok(facts_json_decode(buf_bytes(&text), &again, &rule, &where));
    assert_memory_equal(&rule, &by_five, sizeof rule);
    assert_ok(facts_json_encode(&again, &rule, &second));
    assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&second)));
    facts_clear(&again);
    facts_clear(&f);
    buf_free(&text);
    buf_free(&second);
}

/* Field by field: pointers differ. */
static void
assert_same(const struct facts *a, const struct facts *b)
{
    assert_int_equal(a->n_dimensions, b->n_dimensions);
    for (size_t i = 0; i < a->n_dimensions; i++) {
        assert_string_equal(a->dimensions[i].name, b->dimensions[i].name);
        assert_int_equal(a->dimensions[i].secret, b->dimensions[i].secret);
        assert_int_equal(a->dimensions[i].n, b->dimensions[i].n);
        for (size_t j = 0; j < a->dimensions[i].n; j++)
            assert_string_equal(a->dimensions[i].codes[j],
                                b->dimensions[i].codes[j]);
    }
    assert_int_equal(a->n_figures, b->n_figures);
    for (size_t i = 0; i < a->n_figures; i++) {
        const struct facts_figure *x = &a->figures[i], *y = &b->figures[i];

        assert_string_equal(x->name, y->name);
        assert_string_equal(x->as_of, y->as_of);
        assert_int_equal(x->print, y->print);
        assert_int_equal(x->value, y->value);
        assert_int_equal(x->lo, y->lo);
        assert_int_equal(x->hi, y->hi);
        assert_int_equal(x->n_terms, y->n_terms);
        for (size_t j = 0; j < x->n_terms; j++) {
            assert_int_equal(x->terms[j].dimension, y->terms[j].dimension);
            assert_int_equal(x->terms[j].n_words, y->terms[j].n_words);
            assert_memory_equal(x->terms[j].codes, y->terms[j].codes,
                                x->terms[j].n_words * sizeof(uint64_t));
        }
    }
    assert_int_equal(a->n_statements, b->n_statements);
    for (size_t i = 0; i < a->n_statements; i++) {
        const struct facts_statement *x = &a->statements[i];
        const struct facts_statement *y = &b->statements[i];

        assert_int_equal(x->n, y->n);
        assert_int_equal(x->lo, y->lo);
        assert_int_equal(x->hi, y->hi);
        assert_memory_equal(x->figures, y->figures, x->n * sizeof(size_t));
        assert_memory_equal(x->factors, y->factors, x->n * sizeof(int64_t));
    }
}

static void
what_is_read_is_what_was_written(void **state)
{
    struct facts f, again;
    struct facts_rule rule;
    struct diag where = {0};

    (void)state;
    sample(&f);
    assert_ok(
        facts_json_decode(bytes_text(sample_text), &again, &rule, &where));
    assert_same(&f, &again);
    facts_clear(&again);
    facts_clear(&f);
}

static void
exact_facts_have_no_rule(void **state)
{
    static const char text[] =
        "{\"dimensions\":[],\"figures\":[],\"format\":\"svault/facts/v1\","
        "\"populations\":[],\"release\":\"outside\",\"rule\":null,"
        "\"statements\":[]}";
    struct facts f;
    struct facts_rule rule;
    struct diag where = {0};
    struct buf again = BUF_INIT;

    (void)state;
    assert_ok(facts_json_decode(bytes_text(text), &f, &rule, &where));
    assert_int_equal(rule.base, 0);
    assert_ok(facts_json_encode(&f, &rule, &again));
    assert_true(bytes_equal(buf_bytes(&again), bytes_text(text)));
    buf_free(&again);
    facts_clear(&f);
}

/* Refused, or another release in its one form: never half of one. */
static void
decode_changed(const char *text, size_t len)
{
    struct facts f;
    struct facts_rule rule;
    struct diag where = {0};
    struct buf again = BUF_INIT;
    enum sv_err err = facts_json_decode(bytes_of(text, len), &f, &rule, &where);

    if (err != SV_OK) {
        assert_err(err, SV_ERR_FORMAT);
        assert_non_null(where.reason);
        assert_true(where.column[0] != '\0');
        return;
    }
    assert_ok(facts_json_encode(&f, &rule, &again));
    assert_true(bytes_equal(buf_bytes(&again), bytes_of(text, len)));
    buf_free(&again);
    facts_clear(&f);
}

static void
no_byte_can_be_changed_unseen(void **state)
{
    static const char others[] = "\0\n \x7f\xff!\"05{[,";
    char text[sizeof sample_text];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof sample_text; i++) {
        memcpy(text, sample_text, sizeof text);
        decode_changed(text, i);
        for (size_t j = 0; j < sizeof others; j++) {
            text[i] = others[j];
            decode_changed(text, sizeof text - 1);
        }
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(sample_text[i] ^ 1 << bit);
            decode_changed(text, sizeof text - 1);
        }
    }
}

/* The sample with one part in place of another. */
static void
refused(const char *part, const char *other, const char *place)
{
    const char *at = strstr(sample_text, part);
    struct buf text = BUF_INIT;
    struct facts f;
    struct facts_rule rule;
    struct diag where = {0};

    assert_non_null(at);
    assert_ok(
        buf_append(&text, bytes_of(sample_text, (size_t)(at - sample_text))));
    assert_ok(buf_text(&text, other));
    assert_ok(buf_text(&text, at + strlen(part)));
    assert_err(facts_json_decode(buf_bytes(&text), &f, &rule, &where),
               SV_ERR_FORMAT);
    assert_string_equal(where.column, place);
    assert_non_null(where.reason);
    buf_free(&text);
}

static void
what_is_wrong_is_named_with_its_place(void **state)
{
    (void)state;
    refused("\"value\":45", "\"value\":46", "figures[0].value");
    refused("\"value\":45", "\"value\":-5", "figures[0].value");
    refused("\"value\":45", "\"value\":45.0", "figures[0]");
    refused("\"value\":45", "\"value\":null", "figures[0]");
    refused("\"value\":45", "\"wert\":45", "figures[0]");
    refused(",\"value\":45", "", "figures[0]");
    refused("\"steps\":1", "\"steps\":2", "figures[1]");
    refused("\"steps\":1", "\"steps\":0", "figures[1]");
    refused("\"at_least\":1", "\"at_least\":0", "figures[2]");
    refused("[\"male\"]", "[\"man\"]", "figures[1].in");
    refused("[\"male\"]", "[\"male\",\"male\"]", "figures[1].in");
    refused("[\"male\"]", "[\"male\",\"female\"]", "figures[1].in");
    refused("[\"male\"]", "\"male\"", "figures[1].in");
    refused("\"sex\":[\"female\"]", "\"gender\":[\"female\"]", "figures[2].in");
    refused("\"name\":\"sex.male\"", "\"name\":\"all\"", "figures[1].name");
    refused("\"name\":\"sex.male\"", "\"name\":\"a b\"", "figures[1]");
    refused("\"name\":\"sex.male\"", "\"name\":\"a\\u0000\"", "facts");
    refused("\"as_of\":\"2022-12-31\"", "\"as_of\":\"2022-12-32\"",
            "figures[0]");
    refused("\"print\":\"hidden\"", "\"print\":\"secret\"", "figures[2]");
    refused("\"population\":\"victim\",\"print\"",
            "\"population\":\"suspect\",\"print\"", "figures[0].population");
    refused("\"name\":\"age\"", "\"name\":\"sex\"", "dimensions[1].name");
    refused("\"secret\":true", "\"secret\":1", "dimensions[1]");
    refused("\"minor\",\"adult\"", "\"minor\",\"minor\"",
            "dimensions[1].codes[1]");
    refused("[\"victim\"]", "[\"victim\",\"victim\"]", "populations[1]");
    refused("facts/v1", "facts/v2", "format");
    refused("\"r2022\"", "\"\"", "release[0]");
    refused("\"small\":4", "\"small\":-1", "rule");
    refused("\"base\":5", "\"base\":0", "rule");
    refused("\"figures\":[0,4]", "\"figures\":[0,6]", "statements[0]");
    refused("\"figures\":[0,4]", "\"figures\":[0]", "statements[0]");
    refused("\"factors\":[1,-1]", "\"factors\":[1,0]", "statements[0]");
    refused("\"hi\":33,\"lo\":-3", "\"hi\":-4,\"lo\":-3", "statements[0]");
    refused("\"hi\":33", "\"hi\":9223372036854775807", "statements[0]");
    refused("\"statements\"", "\"x\":1,\"statements\"", "facts");
    refused("\"release\":\"r2022\",\"rule\":{\"base\":5,\"small\":4",
            "\"rule\":{\"base\":5,\"small\":4,\"width\":4},"
            "\"release\":\"r2022\",\"x\":{\"y\":0",
            "facts");
    refused("{\"dimensions\"", " {\"dimensions\"", "facts");
}

static void
only_one_release_that_keeps_its_rule_is_written(void **state)
{
    const struct facts_rule by_three = {.base = 3};
    struct facts f;
    struct buf text = BUF_INIT;
    size_t at;

    (void)state;
    sample(&f);
    assert_err(facts_json_encode(&f, &by_three, &text), SV_ERR_FORMAT);
    at = figure(&f, 0, "all");
    (void)at;
    assert_err(facts_json_encode(&f, &by_five, &text), SV_ERR_FORMAT);
    assert_ok(facts_release(&f, "another", &at));
    assert_err(facts_json_encode(&f, &by_five, &text), SV_ERR_RANGE);
    assert_int_equal(text.len, 0);
    facts_clear(&f);
}

/* ---- Building ---- */

static void
a_name_has_printable_ascii_and_no_blank(void **state)
{
    static const char *const bad[] = {"",     " ",        "a b", "a\n",
                                      "\x7f", "\xc3\xa9", "\x01"};
    char is_long[FACTS_FIGURE_SIZE + 1];
    struct facts f;
    size_t at = 0;

    (void)state;
    sample(&f);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_err(facts_release(&f, bad[i], &at), SV_ERR_FORMAT);
        assert_err(facts_population(&f, bad[i], &at), SV_ERR_FORMAT);
        assert_err(facts_dimension(&f, 0, bad[i], false, &at), SV_ERR_FORMAT);
        assert_err(facts_code(&f, 0, bad[i], &at), SV_ERR_FORMAT);
        assert_err(facts_figure(&f, 0, 0, bad[i], DAY, &at), SV_ERR_FORMAT);
    }
    memset(is_long, 'a', sizeof is_long);
    is_long[FACTS_FIGURE_SIZE] = '\0';
    assert_err(facts_figure(&f, 0, 0, is_long, DAY, &at), SV_ERR_RANGE);
    is_long[FACTS_NAME_SIZE] = '\0';
    assert_err(facts_code(&f, 0, is_long, &at), SV_ERR_RANGE);
    assert_err(facts_figure(&f, 0, 0, "x", "2022-02-30", &at), SV_ERR_FORMAT);
    facts_clear(&f);
}

static void
what_is_out_of_range_is_refused(void **state)
{
    const size_t one = 1, all[] = {0, 1, 2, 3};
    struct facts f;
    size_t at = 0, suspect = 0, of_suspects;

    (void)state;
    sample(&f);
    assert_ok(facts_population(&f, "suspect", &suspect));
    of_suspects = dimension(&f, suspect, "outcome", true, "guilty pending");
    assert_err(facts_dimension(&f, suspect, "sex", false, &at), SV_ERR_FORMAT);
    assert_err(facts_dimension(&f, 0, "sex", true, &at), SV_ERR_FORMAT);
    assert_err(facts_dimension(&f, 7, "x", true, &at), SV_ERR_RANGE);
    assert_err(facts_code(&f, 99, "x", &at), SV_ERR_RANGE);
    assert_err(facts_figure(&f, 1, 0, "x", DAY, &at), SV_ERR_RANGE);
    assert_err(facts_figure(&f, 0, 2, "x", DAY, &at), SV_ERR_RANGE);
    assert_err(facts_term(&f, 0, of_suspects, 1, &one), SV_ERR_RANGE);
    assert_err(facts_term(&f, 0, 0, 4, all), SV_ERR_RANGE);
    assert_err(facts_term(&f, 99, 0, 1, &one), SV_ERR_RANGE);
    assert_err(facts_print_exact(&f, 0, -1), SV_ERR_RANGE);
    assert_err(facts_print_exact(&f, 0, FACTS_VALUE_MAX + 1), SV_ERR_RANGE);
    assert_err(facts_print_exact(&f, 99, 1), SV_ERR_RANGE);
    assert_err(facts_print_rounded(&f, 0, 46, 5, 0), SV_ERR_RANGE);
    assert_err(facts_print_rounded(&f, 0, 45, 5, 2), SV_ERR_RANGE);
    assert_err(facts_print_rounded(&f, 0, 45, 0, 0), SV_ERR_RANGE);
    assert_err(facts_print_hidden(&f, 0, 2), SV_ERR_RANGE);
    assert_err(facts_state(&f, 0, 0, all, (const int64_t[]){1}, 0, 1),
               SV_ERR_RANGE);
    assert_err(facts_state(&f, 0, 1, all, (const int64_t[]){0}, 0, 1),
               SV_ERR_RANGE);
    assert_err(facts_state(&f, 0, 1, all,
                           (const int64_t[]){FACTS_FACTOR_MAX + 1}, 0, 1),
               SV_ERR_RANGE);
    assert_err(facts_state(&f, 9, 1, all, (const int64_t[]){1}, 0, 1),
               SV_ERR_RANGE);
    assert_err(facts_state_share(&f, 0, 1, 0, 1, FACTS_DIGITS_MAX + 1),
               SV_ERR_RANGE);
    facts_clear(&f);
}

static void
ranges_follow_from_what_is_printed(void **state)
{
    struct facts f;

    (void)state;
    sample(&f);
    assert_int_equal(f.figures[0].lo, 41);
    assert_int_equal(f.figures[0].hi, 49);
    assert_int_equal(f.figures[1].lo, 0);
    assert_int_equal(f.figures[1].hi, 9);
    assert_int_equal(f.figures[2].lo, 1);
    assert_int_equal(f.figures[2].hi, FACTS_VALUE_MAX);
    assert_int_equal(f.figures[4].lo, 13);
    assert_int_equal(f.figures[4].hi, 13);
    facts_clear(&f);
}

static void
a_second_term_leaves_what_both_name(void **state)
{
    struct facts f;

    (void)state;
    sample(&f);
    assert_ok(facts_term(&f, 1, 0, 2, (const size_t[]){0, 1}));
    assert_int_equal(f.figures[1].terms[0].codes[0], 2);
    assert_ok(facts_term(&f, 1, 0, 1, (const size_t[]){2}));
    assert_int_equal(f.figures[1].terms[0].codes[0], 0);
    facts_clear(&f);
}

/* ---- Sets ---- */

static void
predicate_is(const struct facts *f, size_t at, const char *want)
{
    struct buf text = BUF_INIT;

    assert_ok(facts_predicate(f, at, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_string_equal((const char *)text.ptr, want);
    buf_free(&text);
}

static void
one_set_has_one_predicate(void **state)
{
    struct facts f;
    size_t at;

    (void)state;
    sample(&f);
    predicate_is(&f, 0, "victim\n");
    predicate_is(&f, 1, "victim\nsex male\n");
    predicate_is(&f, 2, "victim\nsex female\n");
    at = cell(&f, 0, "both", 0, 0);
    assert_false(facts_same_set(&f.figures[at], &f.figures[0], &f));
    assert_true(facts_same_set(&f.figures[at], &f.figures[2], &f));
    assert_ok(facts_term(&f, at, 1, 1, (const size_t[]){0}));
    predicate_is(&f, at, "victim\nage minor\nsex female\n");
    assert_false(facts_same_set(&f.figures[at], &f.figures[2], &f));
    at = figure(&f, 0, "two");
    assert_ok(facts_term(&f, at, 0, 2, (const size_t[]){1, 0}));
    predicate_is(&f, at, "victim\nsex female male\n");
    facts_clear(&f);
}

static void
sets_of_nobody_are_one_set(void **state)
{
    struct facts f;
    size_t a, b;

    (void)state;
    sample(&f);
    a = cell(&f, 0, "a", 0, 0);
    assert_ok(facts_term(&f, a, 0, 0, NULL));
    b = cell(&f, 0, "b", 1, 0);
    assert_ok(facts_term(&f, b, 0, 0, NULL));
    assert_true(facts_same_set(&f.figures[a], &f.figures[b], &f));
    assert_false(facts_same_set(&f.figures[a], &f.figures[0], &f));
    predicate_is(&f, a, "victim\n \n");
    predicate_is(&f, b, "victim\n \n");
    facts_clear(&f);
}

/* ---- Several releases ---- */

/* A release with the total and each code of its years. */
static void
years(struct facts *f, const char *release, const char *codes)
{
    size_t at = 0, victim = 0, year;

    facts_init(f);
    assert_ok(facts_release(f, release, &at));
    assert_ok(facts_population(f, "victim", &victim));
    year = dimension(f, victim, "year", false, codes);
    (void)figure(f, at, "all");
    for (size_t i = 0; i < f->dimensions[year].n; i++)
        (void)cell(f, at, f->dimensions[year].codes[i], year, i);
}

static void
a_total_counts_no_year_that_its_release_did_not_know(void **state)
{
    struct facts all, next;

    (void)state;
    years(&all, "a", "2021 2022");
    years(&next, "b", "2023 2022");
    assert_ok(facts_add(&all, &next));
    assert_int_equal(all.n_releases, 2);
    assert_int_equal(all.n_figures, 6);
    predicate_is(&all, 0, "victim\nyear 2021 2022\n");
    predicate_is(&all, 2, "victim\nyear 2022\n");
    predicate_is(&all, 3, "victim\nyear 2022 2023\n");
    predicate_is(&all, 4, "victim\nyear 2023\n");
    assert_true(facts_same_set(&all.figures[2], &all.figures[5], &all));
    assert_int_equal(all.figures[5].release, 1);
    facts_clear(&all);
    facts_clear(&next);
}

static void
who_does_not_know_a_dimension_counts_all_of_it(void **state)
{
    struct facts all, next;

    (void)state;
    sample(&all); /* no years */
    years(&next, "b", "2021 2022");
    assert_ok(facts_add(&all, &next));
    facts_clear(&next);
    sample(&next);
    assert_ok(facts_add(&all, &next));
    facts_clear(&next);
    years(&next, "c", "2021 2022 2023");
    assert_ok(facts_add(&all, &next));
    predicate_is(&all, 0, "victim\n");
    predicate_is(&all, 6, "victim\nyear 2021 2022\n");
    predicate_is(&all, 9, "victim\n");
    predicate_is(&all, 15, "victim\n");
    assert_true(facts_same_set(&all.figures[10], &all.figures[1], &all));
    assert_int_equal(all.n_statements, 8);
    assert_int_equal(all.statements[4].figures[0], 9);
    facts_clear(&all);
    facts_clear(&next);
}

static void
codes_keep_their_meaning_in_another_order(void **state)
{
    struct facts all, next;

    (void)state;
    years(&all, "a", "2021 2022 2023");
    years(&next, "b", "2023 2021 2022");
    assert_ok(facts_add(&all, &next));
    assert_int_equal(all.dimensions[0].n, 3);
    predicate_is(&all, 4, "victim\n");
    predicate_is(&all, 5, "victim\nyear 2023\n");
    facts_clear(&all);
    facts_clear(&next);
}

static void
releases_that_contradict_each_other_are_refused(void **state)
{
    struct facts all, next;
    size_t at = 0;

    (void)state;
    sample(&all);
    facts_init(&next);
    assert_ok(facts_population(&next, "suspect", &at));
    (void)dimension(&next, at, "sex", false, "female male");
    assert_err(facts_add(&all, &next), SV_ERR_FORMAT);
    facts_clear(&all);
    facts_clear(&next);
    sample(&all);
    facts_init(&next);
    assert_ok(facts_population(&next, "victim", &at));
    (void)dimension(&next, at, "sex", true, "female male");
    assert_err(facts_add(&all, &next), SV_ERR_FORMAT);
    facts_clear(&all);
    facts_clear(&next);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_release_is_this_text_and_no_other),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(exact_facts_have_no_rule),
        cmocka_unit_test(no_byte_can_be_changed_unseen),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(only_one_release_that_keeps_its_rule_is_written),
        cmocka_unit_test(a_name_has_printable_ascii_and_no_blank),
        cmocka_unit_test(what_is_out_of_range_is_refused),
        cmocka_unit_test(ranges_follow_from_what_is_printed),
        cmocka_unit_test(a_second_term_leaves_what_both_name),
        cmocka_unit_test(one_set_has_one_predicate),
        cmocka_unit_test(sets_of_nobody_are_one_set),
        cmocka_unit_test(a_total_counts_no_year_that_its_release_did_not_know),
        cmocka_unit_test(who_does_not_know_a_dimension_counts_all_of_it),
        cmocka_unit_test(codes_keep_their_meaning_in_another_order),
        cmocka_unit_test(releases_that_contradict_each_other_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
