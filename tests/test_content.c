#include "tests/support/support.h"
#include "vault/content.h"

/* A schema of our own, so that known answers stay true. */
#define LABEL "\"label\":{\"en\":\"A\",\"ja\":\"B\"}"
static const char json[] =
    "{\"format\":\"svault/schema/v1\",\"types\":[{\"name\":\"person\"," LABEL
    ",\"compartments\":[{\"name\":\"who\"," LABEL ",\"fields\":["
    "{\"name\":\"no\"," LABEL ",\"kind\":\"text\",\"max_len\":8},"
    "{\"name\":\"born\"," LABEL ",\"kind\":\"date\"},"
    "{\"name\":\"age\"," LABEL ",\"kind\":\"number\",\"min\":0,\"max\":120},"
    "{\"name\":\"help\"," LABEL
    ",\"kind\":\"code\",\"list\":\"help\",\"repeated\":true},"
    "{\"name\":\"also\"," LABEL
    ",\"kind\":\"text\",\"max_len\":16000,\"repeated\":true},"
    "{\"name\":\"text\"," LABEL
    ",\"kind\":\"text\",\"max_len\":16000,\"multiline\":true}]},"
    "{\"name\":\"when\"," LABEL ",\"fields\":["
    "{\"name\":\"in\"," LABEL ",\"kind\":\"date\"},"
    "{\"name\":\"out\"," LABEL ",\"kind\":\"date\"}]}],"
    "\"checks\":[{\"kind\":\"age\",\"age\":\"who.age\",\"born\":\"who.born\","
    "\"day\":\"when.in\"},"
    "{\"kind\":\"order\",\"first\":\"when.in\",\"then\":\"when.out\"}]}]}";
static const char codes[] =
    "list,code,label_en,label_ja,valid_from,valid_to,htcds,ctdc,gbvims,iccs\n"
    "help,food,Food,食事,,,,,,\n"
    "help,old,Old,旧,,1950-01-01,,,,\n"
    "help,care,Care,医療,,,,,,\n";

enum { NO, BORN, AGE, HELP, ALSO, TEXT };
enum { IN, OUT };

struct fixture {
    struct schema *schema;
    const struct schema_type *type;
    const struct schema_compartment *who;
    struct content content;
};

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct schema_source source = {bytes_text(json), bytes_text(codes)};
    struct diag where = {0};

    assert_non_null(f);
    if (schema_load(source, &f->schema, &where) != SV_OK)
        fail_msg("%s %s: %s", where.file, where.column, where.reason);
    f->type = schema_type(f->schema, "person");
    f->who = &f->type->compartments[0];
    assert_ok(content_new(f->who, &f->content));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    content_free(&f->content);
    schema_free(f->schema);
    free(f);
    return 0;
}

static void
put(struct content *c, size_t field, const char *text)
{
    const char *reason = NULL;

    if (content_parse(c, field, bytes_text(text), &reason) != SV_OK)
        fail_msg("\"%s\": %s", text, reason);
}

static void
assert_text(const struct content *c, size_t field, const char *want)
{
    struct buf text = BUF_INIT;

    assert_ok(content_text(c, field, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_string_equal((char *)text.ptr, want);
    buf_free(&text);
}

static void
assert_same(const struct content *a, const struct content *b)
{
    struct buf x = BUF_INIT, y = BUF_INIT;

    assert_ok(content_encode(a, &x));
    assert_ok(content_encode(b, &y));
    assert_true(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
    buf_free(&x);
    buf_free(&y);
}

static void
test_text_gives_back_what_was_parsed(void **state)
{
    static const struct {
        size_t field;
        const char *text, *want;
    } cases[] = {
        {NO, "2022-001", "2022-001"},
        {NO, " a;b ", " a;b "},
        {NO, "   ", ""},
        {NO, "\xe3\x80\x80", ""},
        {NO, "", ""},
        {NO, "declined", "declined"},
        {NO, " unknown ", "unknown"},
        {BORN, "2001-02-03", "2001-02-03"},
        {BORN, " 2001-02-03", "2001-02-03"},
        {AGE, "7", "7"},
        {AGE, "withheld_for_safety", "withheld_for_safety"},
        {HELP, "food", "food"},
        {HELP, "food; care", "food;care"},
        {HELP, "care;food", "care;food"},
        {HELP, "old", "old"},
        {HELP, "not_applicable", "not_applicable"},
        {ALSO,
         "a b;\xe3\x80\x80"
         "c",
         "a b;c"},
        {TEXT, "one\ntwo; three\n", "one\ntwo; three\n"},
        {TEXT, "\n \n", ""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(&f->content, cases[i].field, cases[i].text);
        assert_text(&f->content, cases[i].field, cases[i].want);
        assert_int_equal(f->content.fields[cases[i].field].given,
                         cases[i].want[0] != '\0');
    }
}

static void
test_refused_text_leaves_the_field_as_it_was(void **state)
{
    static const struct {
        size_t field;
        const char *text, *reason;
    } cases[] = {
        {NO, "123456789", "longer than the field allows"},
        {BORN, "2001-02-30", "no such date"},
        {AGE, "121", "out of the range that the field allows"},
        {HELP, "food;drink", "not in the code list"},
        {HELP, "food;food", "the same value twice"},
        {HELP, "food;", "an empty value"},
        {HELP, ";", "an empty value"},
        {HELP, "food;;care", "an empty value"},
        {HELP, "food;unknown",
         "a word for a missing value, which stands alone"},
        {TEXT, "\xff", "not valid UTF-8"},
    };
    struct fixture *f = *state;
    const char *reason = NULL;

    put(&f->content, NO, "1");
    put(&f->content, BORN, "2001-01-01");
    put(&f->content, AGE, "declined");
    put(&f->content, HELP, "care");
    put(&f->content, TEXT, "x");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf before = BUF_INIT, after = BUF_INIT;

        assert_ok(content_encode(&f->content, &before));
        assert_err(content_parse(&f->content, cases[i].field,
                                 bytes_text(cases[i].text), &reason),
                   SV_ERR_INPUT);
        assert_string_equal(reason, cases[i].reason);
        assert_ok(content_encode(&f->content, &after));
        assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        buf_free(&before);
        buf_free(&after);
    }
}

static void
test_add_refuses_what_the_field_cannot_take(void **state)
{
    struct fixture *f = *state;
    const char *reason = NULL;
    char value[16];

    assert_ok(content_add(&f->content, NO, bytes_text("1"), &reason));
    assert_err(content_add(&f->content, NO, bytes_text("2"), &reason),
               SV_ERR_INPUT);
    assert_string_equal(reason, "takes one value only");
    for (int i = 0; i < FIELD_REPEAT_MAX; i++) {
        (void)snprintf(value, sizeof value, "v%d", i);
        assert_ok(content_add(&f->content, ALSO, bytes_text(value), &reason));
    }
    assert_err(content_add(&f->content, ALSO, bytes_text("x"), &reason),
               SV_ERR_INPUT);
    assert_string_equal(reason, "more values than the field allows");
    assert_int_equal(f->content.fields[ALSO].n, FIELD_REPEAT_MAX);
    /* A value takes the place of the kind of missing. */
    content_set_missing(&f->content, NO, MISSING_DECLINED);
    assert_text(&f->content, NO, "declined");
    assert_ok(content_add(&f->content, NO, bytes_text("3"), &reason));
    assert_text(&f->content, NO, "3");
}

static void
test_fill_says_not_asked_where_nothing_is_given(void **state)
{
    struct fixture *f = *state;

    assert_false(content_is_given(&f->content));
    put(&f->content, AGE, "7");
    put(&f->content, NO, "unknown");
    assert_true(content_is_given(&f->content));
    content_fill(&f->content);
    assert_text(&f->content, AGE, "7");
    assert_text(&f->content, NO, "unknown");
    assert_text(&f->content, BORN, "not_asked");
    assert_text(&f->content, HELP, "not_asked");
    content_unset(&f->content, NO);
    assert_false(f->content.fields[NO].given);
    assert_text(&f->content, NO, "");
}

static void
test_encoding_is_as_written_and_ordered_by_name(void **state)
{
    struct fixture *f = *state;
    struct buf out = BUF_INIT;

    assert_ok(content_encode(&f->content, &out));
    assert_hex(buf_bytes(&out), "0000");
    buf_free(&out);
    put(&f->content, HELP, "food;care");
    put(&f->content, NO, "A1");
    put(&f->content, AGE, "declined");
    assert_ok(content_encode(&f->content, &out));
    assert_hex(buf_bytes(&out), "0003"
                                "03616765"
                                "0300"
                                "0468656c70"
                                "0002"
                                "0004666f6f64"
                                "000463617265"
                                "026e6f"
                                "0001"
                                "00024131");
    buf_free(&out);
}

static void
test_what_is_encoded_is_decoded(void **state)
{
    struct fixture *f = *state;
    struct content back = {0};
    struct buf out = BUF_INIT;

    put(&f->content, NO, "愛");
    put(&f->content, HELP, "old;food");
    put(&f->content, TEXT, "one\ntwo");
    content_set_missing(&f->content, BORN, MISSING_WITHHELD);
    assert_ok(content_encode(&f->content, &out));
    assert_ok(content_decode(f->who, buf_bytes(&out), &back));
    assert_same(&f->content, &back);
    assert_false(back.fields[AGE].given);
    assert_text(&back, NO, "愛");
    assert_text(&back, HELP, "old;food");
    assert_text(&back, BORN, "withheld_for_safety");
    content_free(&back);
    buf_free(&out);
}

static void
test_decoding_refuses_every_other_form(void **state)
{
    static const struct {
        const char *name, *hex;
    } cases[] = {
        {"empty", ""},
        {"one byte", "00"},
        {"trailing byte", "000000"},
        {"fewer fields than said", "0001"},
        {"unknown field", "0001026e780100"},
        {"order", "0002026e6f0100"
                  "03616765"
                  "0100"},
        {"twice", "0002026e6f0100"
                  "026e6f"
                  "0100"},
        {"name without characters", "0001000100"},
        {"missing kind 6", "0001026e6f0600"},
        {"missing with a value", "0001026e6f0101"
                                 "000141"},
        {"a value without values", "0001026e6f0000"},
        {"two values of one", "0001026e6f0002"
                              "000141"
                              "000142"},
        {"empty value", "0001026e6f0001"
                        "0000"},
        {"blank value", "0001026e6f0001"
                        "000120"},
        {"NUL", "0001026e6f0001"
                "000100"},
        {"too long", "0001026e6f0001"
                     "0009313233343536373839"},
        {"missing word", "0001026e6f0001"
                         "0007756e6b6e6f776e"},
        {"bad UTF-8", "0001026e6f0001"
                      "0001ff"},
        {"not a number", "0001036167650001"
                         "00023037"},
        {"code", "00010468656c700001"
                 "000141"},
        {"same value twice", "00010468656c700002"
                             "0004666f6f64"
                             "0004666f6f64"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf in = support_unhex(cases[i].hex);
        struct content out = {0};

        if (content_decode(f->who, buf_bytes(&in), &out) != SV_ERR_FORMAT)
            fail_msg("%s", cases[i].name);
        assert_null(out.fields);
        buf_free(&in);
    }
}

static void
test_flipped_and_cut_encodings_are_refused_or_mean_themselves(void **state)
{
    struct fixture *f = *state;
    struct buf in = BUF_INIT, again = BUF_INIT;
    struct content out = {0};

    put(&f->content, NO, "A1");
    put(&f->content, BORN, "2001-02-03");
    put(&f->content, AGE, "declined");
    put(&f->content, HELP, "food;care");
    put(&f->content, TEXT, "愛\ntwo");
    assert_ok(content_encode(&f->content, &in));
    for (size_t len = 0; len < in.len; len++)
        assert_err(
            content_decode(f->who, bytes_slice(buf_bytes(&in), 0, len), &out),
            SV_ERR_FORMAT);
    for (size_t at = 0; at < in.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            in.ptr[at] ^= (uint8_t)(1u << bit);
            if (content_decode(f->who, buf_bytes(&in), &out) == SV_OK) {
                assert_ok(content_encode(&out, &again));
                assert_true(bytes_equal(buf_bytes(&in), buf_bytes(&again)));
                buf_free(&again);
                content_free(&out);
            }
            in.ptr[at] ^= (uint8_t)(1u << bit);
        }
    }
    buf_free(&in);
}

static void
test_content_over_its_limit_is_not_encoded(void **state)
{
    struct fixture *f = *state;
    struct buf out = BUF_INIT;
    const char *reason = NULL;
    char *value = malloc(16000);

    assert_non_null(value);
    memset(value, 'x', 16000);
    assert_ok(buf_text(&out, "before"));
    for (char c = 'a'; c < 'e'; c++) {
        value[0] = c;
        assert_ok(
            content_add(&f->content, ALSO, bytes_of(value, 16000), &reason));
    }
    assert_ok(content_encode(&f->content, &out));
    buf_truncate(&out, 6);
    value[0] = 'e';
    assert_ok(content_add(&f->content, ALSO, bytes_of(value, 16000), &reason));
    assert_err(content_encode(&f->content, &out), SV_ERR_RANGE);
    assert_int_equal(out.len, 6);
    buf_free(&out);
    free(value);
}

static void
test_fold_lets_the_later_given_fields_win(void **state)
{
    struct fixture *f = *state;
    struct content later = {0}, want = {0};

    assert_ok(content_new(f->who, &later));
    assert_ok(content_new(f->who, &want));
    put(&f->content, NO, "1");
    put(&f->content, AGE, "7");
    put(&f->content, HELP, "food;care");
    put(&later, AGE, "declined");
    put(&later, HELP, "care");
    put(&later, TEXT, "new");
    put(&want, NO, "1");
    put(&want, AGE, "declined");
    put(&want, HELP, "care");
    put(&want, TEXT, "new");
    assert_ok(content_fold(&f->content, &later));
    assert_same(&f->content, &want);
    /* The later one is a copy, not the same memory. */
    content_free(&later);
    assert_same(&f->content, &want);
    content_free(&want);
}

/* ---- Drafts ---- */

static void
test_checks_look_at_several_fields(void **state)
{
    static const struct {
        const char *age, *born, *in, *out, *column;
    } cases[] = {
        {"17", "2004-07-10", "2022-07-09", "", NULL},
        {"18", "2004-07-10", "2022-07-10", "", NULL},
        {"18", "2004-07-10", "2022-07-09", "", "who.age"},
        {"17", "2004-07-10", "2022-07-10", "", "who.age"},
        {"16", "2004-07-10", "2022-07-09", "", "who.age"},
        {"0", "2022-07-09", "2022-07-09", "", NULL},
        {"0", "2022-07-10", "2022-07-09", "", "who.age"},
        {"17", "2004-02-29", "2022-02-28", "", NULL},
        {"18", "2004-02-29", "2022-03-01", "", NULL},
        {"18", "2004-02-29", "2022-02-28", "", "who.age"},
        {"3", "2004-02-29", "", "", NULL},
        {"3", "unknown", "2022-02-28", "", NULL},
        {"declined", "2004-02-29", "2022-02-28", "", NULL},
        {"", "", "2022-02-28", "2022-02-28", NULL},
        {"", "", "2022-02-28", "2022-02-27", "when.out"},
        {"", "", "2022-02-28", "unknown", NULL},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct draft d;
        struct diag where = {0};
        enum sv_err err;

        assert_ok(draft_new(f->type, &d));
        d.line = 12;
        put(&d.contents[0], AGE, cases[i].age);
        put(&d.contents[0], BORN, cases[i].born);
        put(&d.contents[1], IN, cases[i].in);
        put(&d.contents[1], OUT, cases[i].out);
        err = draft_check(&d, &where);
        if ((err == SV_OK) != (cases[i].column == NULL) ||
            (err != SV_OK && strcmp(where.column, cases[i].column) != 0))
            fail_msg("case %zu: %s", i, where.column);
        if (err != SV_OK)
            assert_int_equal(where.line, 12);
        draft_free(&d);
    }
}

static void
test_check_refuses_more_than_a_compartment_holds(void **state)
{
    struct fixture *f = *state;
    const char *reason = NULL;
    char *value = malloc(16000);
    struct draft d;
    struct diag where = {0};

    assert_non_null(value);
    memset(value, 'x', 16000);
    assert_ok(draft_new(f->type, &d));
    for (char c = 'a'; c < 'f'; c++) {
        value[0] = c;
        assert_ok(
            content_add(&d.contents[0], ALSO, bytes_of(value, 16000), &reason));
    }
    assert_err(draft_check(&d, &where), SV_ERR_INPUT);
    assert_string_equal(where.column, "who");
    assert_string_equal(where.reason, "more than a compartment can hold");
    draft_free(&d);
    free(value);
}

static void
test_place_names_compartment_and_field(void **state)
{
    static const char *const none[] = {
        "",       "who",     "who.",     ".no",    "who.no.", "who.in",
        "Who.no", "what.no", "when. in", "no.who", "who,no",  "who..no"};
    struct fixture *f = *state;
    struct schema_place p = {9, 9};

    assert_ok(draft_place(f->type, bytes_text("when.out"), &p));
    assert_int_equal(p.compartment, 1);
    assert_int_equal(p.field, OUT);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_err(draft_place(f->type, bytes_text(none[i]), &p),
                   SV_ERR_NOT_FOUND);
    assert_err(draft_place(f->type, bytes_of("who.no\0", 7), &p),
               SV_ERR_NOT_FOUND);
    assert_int_equal(p.compartment, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_gives_back_what_was_parsed),
        TEST(test_refused_text_leaves_the_field_as_it_was),
        TEST(test_add_refuses_what_the_field_cannot_take),
        TEST(test_fill_says_not_asked_where_nothing_is_given),
        TEST(test_encoding_is_as_written_and_ordered_by_name),
        TEST(test_what_is_encoded_is_decoded),
        TEST(test_decoding_refuses_every_other_form),
        TEST(test_flipped_and_cut_encodings_are_refused_or_mean_themselves),
        TEST(test_content_over_its_limit_is_not_encoded),
        TEST(test_fold_lets_the_later_given_fields_win),
        TEST(test_checks_look_at_several_fields),
        TEST(test_check_refuses_more_than_a_compartment_holds),
        TEST(test_place_names_compartment_and_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
