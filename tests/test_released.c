#include "tests/support/support.h"

#include "disclosure/released.h"

/* Reports as who has neither schema nor plan reads them: what is read of
 * each, and what is said of each that has another form. */

#define NAME_60 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define NAME_180 NAME_60 NAME_60 NAME_60

struct refused {
    const char *text, *column, *reason;
};

static void
refuses(const struct refused *r)
{
    struct released report = {.n = 77};
    struct diag where = {0};
    enum sv_err err = released_read(bytes_text(r->text), &report, &where);

    if (err != SV_ERR_FORMAT || strcmp(where.column, r->column) != 0 ||
        where.reason == NULL || strcmp(where.reason, r->reason) != 0)
        fail_msg("%s\n%s: %s: %s", r->text, err_text(err), where.column,
                 where.reason != NULL ? where.reason : "");
    assert_int_equal(where.line, 0);
    assert_int_equal(report.n, 0);
    assert_null(report.names);
}

static void
figure_is(const struct released *r, const char *name, enum released_kind kind,
          bool known, int64_t value, unsigned digits)
{
    const struct released_figure *f = released_find(r, name);

    if (f == NULL)
        fail_msg("no %s", name);
    else if (f->kind != kind || f->known != known || f->value != value ||
             f->digits != digits)
        fail_msg("%s: %d %d %lld %u", name, f->kind, f->known,
                 (long long)f->value, f->digits);
}

/* ---- a yearly report ---- */

#define YEAR(members) "{\"profile\":\"exact\"," members "}\n"
#define HOME(members) YEAR("\"v\":{" members "}")

static void
a_yearly_report_is_read_whole(void **state)
{
    static const char text[] =
        "{\n  \"as_of\": \"2022-12-31\",\n  \"authority\": \"a\",\n"
        "  \"basis\": \"b\",\n  \"minor_age\": 18,\n  \"period\": \"p\",\n"
        "  \"profile\": \"public\",\n  \"v\": {\n    \"by\": {\n"
        "      \"f\": 40,\n      \"f_change\": -7,\n      \"n\": null,\n"
        "      \"n_reason\": \"small\"\n    },\n    \"change\": 6,\n"
        "    \"_change\": -1,\n    \"exchange\": 3,\n    \"total\": 46\n  },\n "
        " \"year\": 2022\n}\n";
    struct released r;
    struct diag where = {0};

    (void)state;
    assert_ok(released_read(bytes_text(text), &r, &where));
    assert_true(r.is_annual);
    assert_string_equal(r.profile, "public");
    assert_int_equal(r.n, 7);
    assert_int_equal(r.n_sums, 0);
    figure_is(&r, "v.by.f", RELEASED_COUNT, true, 40, 0);
    figure_is(&r, "v.by.f_change", RELEASED_CHANGE, true, -7, 0);
    figure_is(&r, "v.by.n", RELEASED_COUNT, false, 0, 0);
    figure_is(&r, "v.change", RELEASED_CHANGE, true, 6, 0);
    figure_is(&r, "v._change", RELEASED_CHANGE, true, -1, 0);
    figure_is(&r, "v.exchange", RELEASED_COUNT, true, 3, 0);
    figure_is(&r, "v.total", RELEASED_COUNT, true, 46, 0);
    assert_string_equal(r.at[0].name, "v.by.f");
    assert_null(released_find(&r, "v.by"));
    assert_null(released_find(&r, "v.by.n_reason"));
    released_clear(&r);
}

/* Which order is the schema's, nobody knows who reads it without. */
static void
members_of_a_yearly_report_stand_in_any_order(void **state)
{
    static const char text[] =
        "{\n  \"v\": {\n    \"n_reason\": \"small\",\n    \"n\": null,\n"
        "    \"total\": 46,\n    \"change\": 6\n  },\n"
        "  \"profile\": \"exact\"\n}\n";
    struct released r;
    struct diag where = {0};

    (void)state;
    assert_ok(released_read(bytes_text(text), &r, &where));
    assert_int_equal(r.n, 3);
    assert_string_equal(r.at[0].name, "v.n");
    figure_is(&r, "v.n", RELEASED_COUNT, false, 0, 0);
    figure_is(&r, "v.total", RELEASED_COUNT, true, 46, 0);
    released_clear(&r);
}

static void
what_no_yearly_report_has_is_named(void **state)
{
    static const char no_name[] = "has a member of no such name";
    static const char stranger[] = "does not belong here";
    static const char no_number[] = "is no number that can stand there";
    static const struct refused cases[] = {
        {"", "", "is no JSON object"},
        {"[]\n", "", "is no JSON object"},
        {"7\n", "", "is no JSON object"},
        {"{\"a\":1,\"a\":1}\n", "", "is no JSON object"},
        {"{}\n", "profile", "is none"},
        {"{\"profile\":7}\n", "profile", "is none"},
        {"{\"profile\":\"\"}\n", "profile", "is none"},
        {"{\"profile\":\"Exact\"}\n", "profile", "is none"},
        {YEAR("\"format\":\"x\""), "format", "is another format"},
        {YEAR("\"format\":7"), "format", stranger},
        {YEAR("\"year\":\"2022\""), "year", stranger},
        {YEAR("\"minor_age\":\"18\""), "minor_age", stranger},
        {YEAR("\"as_of\":1"), "as_of", stranger},
        {YEAR("\"authority\":1"), "authority", stranger},
        {YEAR("\"period\":1"), "period", stranger},
        {YEAR("\"basis\":1"), "basis", stranger},
        {YEAR("\"other\":1"), "other", stranger},
        {YEAR("\"other\":\"x\""), "other", stranger},
        {YEAR("\"v\":[]"), "v", stranger},
        {YEAR("\"v\":null"), "v", stranger},
        {YEAR("\"a b\":1"), "", no_name},
        {YEAR("\"a b\":{}"), "", no_name},
        {YEAR("\"\":{}"), "", no_name},
        {YEAR("\"\\u007f\":{}"), "", no_name},
        {HOME("\"a b\":1"), "", no_name},
        {HOME("\"\\u3042\":1"), "", no_name},
        {HOME("\"a\":\"x\""), "v.a", stranger},
        {HOME("\"a\":1,\"a_reason\":\"x\""), "v.a_reason", stranger},
        {HOME("\"a_reason\":\"x\""), "v.a_reason", stranger},
        {HOME("\"a\":null,\"a_why\":\"x\""), "v.a_why", stranger},
        {HOME("\"a\":null,\"b_reason\":\"x\""), "v.b_reason", stranger},
        {HOME("\"a\":null,\"a_reasom\":\"x\""), "v.a_reasom", stranger},
        {HOME("\"a\":null,\"a_reason\":true"), "v.a_reason", no_number},
        {HOME("\"a\":true"), "v.a", no_number},
        {HOME("\"a\":1.0"), "v.a", no_number},
        {HOME("\"a\":[]"), "v.a", no_number},
        {HOME("\"a\":-1"), "v.a", no_number},
        {HOME("\"a\":1099511627777"), "v.a", no_number},
        {HOME("\"change\":1099511627777"), "v.change", no_number},
        {HOME("\"change\":-1099511627777"), "v.change", no_number},
        {HOME("\"a_change\":-1099511627777"), "v.a_change", no_number},
        {HOME("\"b\":{\"c\":-1}"), "v.b.c", no_number},
        {HOME("\"" NAME_60 "abcdefghijklm\":-1"), /* its beginning */
         "v." NAME_60 "abcdefghi", no_number},
        {YEAR("\"v\":{\"b.c\":1,\"b\":{\"c\":1}}"), "v.b.c",
         "is no name of a figure, or is there twice"},
        {HOME("\"" NAME_180 "nnnnnnnnnn\":1"), "",
         "has a name that is too long"},
        {HOME("\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":{}"
              "}}}}}}}"),
         "", "is nested too deeply"},
        {HOME("\"a\":1"), "", "is not written in the one form"},
        {"{\n  \"profile\": \"exact\"\n}", "",
         "is not written in the one form"},
        {"{\n  \"profile\": \"exact\"\n}\n\n", "",
         "is not written in the one form"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(&cases[i]);
}

/* With its home, as long as a figure's name may be. */
static void
the_longest_names_are_read(void **state)
{
    static const char text[] =
        "{\n  \"profile\": \"exact\",\n  \"v\": {\n    \"" NAME_180
        "nnnnnnnnn\": 1,\n    \"" NAME_180 "n\": null,\n    \"" NAME_180
        "n_reason\": \"x\"\n  }\n}\n";
    struct released r;
    struct diag where = {0};

    (void)state;
    assert_ok(released_read(bytes_text(text), &r, &where));
    assert_int_equal(r.n, 2);
    figure_is(&r, "v." NAME_180 "nnnnnnnnn", RELEASED_COUNT, true, 1, 0);
    released_clear(&r);
}

/* ---- a plan's ---- */

#define PLAN(figures, relations)                                               \
    "{\"basis\":\"law\",\"figures\":" figures                                  \
    ",\"format\":\"svault/counts/v1\",\"plan\":\"p\",\"profile\":\"exact\","   \
    "\"relations\":" relations "}\n"
#define FIGURE(change, name, value)                                            \
    "{\"change\":" change ",\"name\":\"" name                                  \
    "\",\"reason\":\"\",\"value\":" value "}"
#define ONE(value) PLAN("[" FIGURE("false", "a", value) "]", "[]")
#define CHANGE(value) PLAN("[" FIGURE("true", "a", value) "]", "[]")
#define SUM(members) PLAN("[" FIGURE("false", "a", "1") "]", "[" members "]")

static void
a_plans_report_is_read_whole(void **state)
{
    static const char text[] = PLAN(
        "[" FIGURE("false", "a", "1") "," FIGURE("true", "b", "-2") "," FIGURE(
            "false", "c",
            "\"4.3\"") "," FIGURE("true", "d",
                                  "\"-12\"") ","
                                             "{\"change\":false,\"name\":\"e\","
                                             "\"reason\":\"r\",\"value\":null}"
                                             "]",
        "[{\"complete\":true,\"parts\":[0,1,4],\"whole\":3},"
        "{\"complete\":false,\"parts\":[],\"whole\":0}]");
    struct released r;
    struct diag where = {0};

    (void)state;
    assert_ok(released_read(bytes_text(text), &r, &where));
    assert_false(r.is_annual);
    assert_string_equal(r.profile, "exact");
    assert_int_equal(r.n, 5);
    figure_is(&r, "a", RELEASED_COUNT, true, 1, 0);
    figure_is(&r, "b", RELEASED_CHANGE, true, -2, 0);
    figure_is(&r, "c", RELEASED_PERCENT, true, 43, 1);
    figure_is(&r, "d", RELEASED_PERCENT, true, -12, 0);
    figure_is(&r, "e", RELEASED_COUNT, false, 0, 0);
    assert_int_equal(r.n_sums, 2);
    assert_int_equal(r.sums[0].whole, 3);
    assert_int_equal(r.sums[0].n, 3);
    assert_int_equal(r.sums[0].parts[0], 0);
    assert_int_equal(r.sums[0].parts[1], 1);
    assert_int_equal(r.sums[0].parts[2], 4);
    assert_true(r.sums[0].complete);
    assert_int_equal(r.sums[1].whole, 0);
    assert_int_equal(r.sums[1].n, 0);
    assert_false(r.sums[1].complete);
    released_clear(&r);
}

static void
what_no_plans_report_has_is_named(void **state)
{
    static const char members[] = "has not the members of a plan's report";
    static const char figure[] = "has one that has not the members of a figure";
    static const char relation[] = "has one that is no relation";
    static const char no_number[] = "is no number that can stand there";
    static const char no_name[] = "is no name of a figure, or is there twice";
#define HEAD "\"format\":\"svault/counts/v1\",\"profile\":\"exact\","
    static const struct refused cases[] = {
        {"{" HEAD "\"basis\":1,\"figures\":[],\"plan\":\"p\","
         "\"relations\":[]}\n",
         "", members},
        {"{" HEAD "\"basis\":\"b\",\"figures\":[],\"plan\":1,"
         "\"relations\":[]}\n",
         "", members},
        {"{" HEAD "\"basis\":\"b\",\"figures\":[],\"plan\":\"p\"}\n", "",
         members},
        {"{" HEAD "\"basis\":\"b\",\"figures\":[],\"plan\":\"p\","
         "\"relations\":[],\"more\":1}\n",
         "", members},
        {PLAN("7", "[]"), "figures", "is no list"},
        {PLAN("[]", "7"), "relations", "is no list"},
        {PLAN("[7]", "[]"), "figures", figure},
        {PLAN("[{\"change\":7,\"name\":\"a\",\"reason\":\"\",\"value\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":7,\"reason\":\"\",\"value\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":\"a\",\"reason\":7,\"value\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":\"a\",\"reason\":\"\",\"is\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":\"a\",\"reason\":\"x\","
              "\"value\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":\"a\",\"reason\":\"\","
              "\"value\":null}]",
              "[]"),
         "figures", figure},
        {PLAN("[{\"change\":true,\"name\":\"a\",\"reason\":\"\",\"value\":1,"
              "\"more\":1}]",
              "[]"),
         "figures", figure},
        {PLAN("[" FIGURE("false", "a b", "1") "]", "[]"), "", no_name},
        {PLAN("[" FIGURE("false", "", "1") "]", "[]"), "", no_name},
        {PLAN("[" FIGURE("false", "a", "1") "," FIGURE("false", "a", "1") "]",
              "[]"),
         "a", no_name},
        {PLAN("[" FIGURE("false", NAME_180 "nnnnnnnnnnnn", "1") "]", "[]"), "",
         no_name},
        {ONE("-1"), "a", no_number},
        {ONE("true"), "a", no_number},
        {ONE("1099511627777"), "a", no_number},
        {ONE("\"\""), "a", no_number},
        {ONE("\".5\""), "a", no_number},
        {ONE("\"4.\""), "a", no_number},
        {ONE("\"4.30\""), "a", no_number},
        {ONE("\"4.10\""), "a", no_number},
        {ONE("\"4.x\""), "a", no_number},
        {ONE("\"x\""), "a", no_number},
        {ONE("\"04\""), "a", no_number},
        {ONE("\"+4\""), "a", no_number},
        {ONE("\"-4.3\""), "a", no_number},
        {ONE("\"-4\""), "a", no_number},
        {ONE("\"1099511627777\""), "a", no_number},
        {CHANGE("\"-0\""), "a", no_number},
        {CHANGE("\"-0.0\""), "a", no_number},
        {CHANGE("\"--4\""), "a", no_number},
        {CHANGE("-1099511627777"), "a", no_number},
        {SUM("7"), "relations", relation},
        {SUM("{\"complete\":1,\"parts\":[],\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":1,\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[],\"whole\":1}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[],\"whole\":-1}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[],\"whole\":\"0\"}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[],\"whole\":0.0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[0,0],\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[1],\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[-1],\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[\"0\"],\"whole\":0}"), "relations",
         relation},
        {SUM("{\"complete\":true,\"parts\":[0]}"), "relations", relation},
        {SUM("{\"complete\":true,\"parts\":[0],\"whole\":0,\"more\":0}"),
         "relations", relation},
        /* The second one, too. */
        {SUM("{\"complete\":true,\"parts\":[0],\"whole\":0},7"), "relations",
         relation},
        {PLAN("[]", "[ ]"), "", "is not written in the one form"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(&cases[i]);
}

static void
percentages_and_numbers_are_read_to_their_ends(void **state)
{
    static const struct {
        const char *text;
        enum released_kind kind;
        int64_t value;
        unsigned digits;
    } cases[] = {
        {ONE("0"), RELEASED_COUNT, 0, 0},
        {ONE("1099511627776"), RELEASED_COUNT, FACTS_VALUE_MAX, 0},
        {CHANGE("-1099511627776"), RELEASED_CHANGE, -FACTS_VALUE_MAX, 0},
        {CHANGE("1099511627776"), RELEASED_CHANGE, FACTS_VALUE_MAX, 0},
        {ONE("\"0\""), RELEASED_PERCENT, 0, 0},
        {ONE("\"0.0\""), RELEASED_PERCENT, 0, 1},
        {ONE("\"0.9\""), RELEASED_PERCENT, 9, 1},
        {ONE("\"12.0\""), RELEASED_PERCENT, 120, 1},
        {ONE("\"1099511627776\""), RELEASED_PERCENT, FACTS_VALUE_MAX, 0},
        {CHANGE("\"-0.1\""), RELEASED_PERCENT, -1, 1},
        {CHANGE("\"-4\""), RELEASED_PERCENT, -4, 0},
        {CHANGE("\"4\""), RELEASED_PERCENT, 4, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct released r;
        struct diag where = {0};

        assert_ok(released_read(bytes_text(cases[i].text), &r, &where));
        figure_is(&r, "a", cases[i].kind, true, cases[i].value,
                  cases[i].digits);
        released_clear(&r);
    }
}

/* Names of one byte less than a figure's room, of the first and the last
 * character that may stand there; more of them than there was room for. */
static void
names_are_of_all_that_is_printable(void **state)
{
    struct buf text = BUF_INIT;
    struct released r;
    struct diag where = {0};

    (void)state;
    assert_ok(buf_text(&text, "{\"basis\":\"law\",\"figures\":["));
    for (unsigned i = 0; i < 200; i++)
        assert_ok(buf_printf(&text,
                             "%s{\"change\":false,\"name\":\"%s!~%u\","
                             "\"reason\":\"\",\"value\":%u}",
                             i > 0 ? "," : "",
                             i == 0 ? NAME_180 "nnnnnnnn" : "", i, i));
    assert_ok(buf_text(&text, "],\"format\":\"svault/counts/v1\",\"plan\":\"p\""
                              ",\"profile\":\"exact\",\"relations\":[]}\n"));
    assert_ok(released_read(buf_bytes(&text), &r, &where));
    assert_int_equal(r.n, 200);
    for (unsigned i = 1; i < 200; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "!~%u", i);
        figure_is(&r, name, RELEASED_COUNT, true, i, 0);
    }
    assert_non_null(released_find(&r, NAME_180 "nnnnnnnn!~0"));
    released_clear(&r);
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_yearly_report_is_read_whole),
        cmocka_unit_test(members_of_a_yearly_report_stand_in_any_order),
        cmocka_unit_test(what_no_yearly_report_has_is_named),
        cmocka_unit_test(the_longest_names_are_read),
        cmocka_unit_test(a_plans_report_is_read_whole),
        cmocka_unit_test(what_no_plans_report_has_is_named),
        cmocka_unit_test(percentages_and_numbers_are_read_to_their_ends),
        cmocka_unit_test(names_are_of_all_that_is_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
