#include "counts/plan_json.h"
#include "tests/support/support.h"

/* What a plan came to, as bytes of which each part is altered in turn: there
 * is no other reading of them, so all of it is refused. */

static const char sound[] =
    "{\"basis\":\"a law\",\"figures\":["
    "{\"change\":false,\"name\":\"g.total\",\"reason\":\"\",\"value\":5},"
    "{\"change\":false,\"name\":\"g.female\",\"reason\":\"\",\"value\":3},"
    "{\"change\":false,\"name\":\"g.male\",\"reason\":\"\",\"value\":2},"
    "{\"change\":true,\"name\":\"g.delta\",\"reason\":\"\",\"value\":-1},"
    "{\"change\":false,\"name\":\"g.share\",\"reason\":\"\",\"value\":\"4.3\"},"
    "{\"change\":false,\"name\":\"g.none\",\"reason\":\"no records\","
    "\"value\":null}],\"format\":\"svault/counts/v1\",\"plan\":\"text\","
    "\"profile\":\"exact\",\"relations\":[{\"complete\":true,\"parts\":[1,2],"
    "\"whole\":0}]}\n";

/* The text with its first `from` as `to`. */
static struct buf
altered(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    struct buf out = BUF_INIT;

    if (at == NULL)
        fail_msg("there is no %s", from);
    assert_ok(buf_append(&out, bytes_of(text, (size_t)(at - text))));
    assert_ok(buf_text(&out, to));
    assert_ok(buf_text(&out, at + strlen(from)));
    return out;
}

static const struct {
    const char *from, *to;
} alterations[] = {
    /* A figure. */
    {"\"value\":5", "\"value\":6"}, /* its parts come to 5 */
    {"\"value\":3", "\"value\":null"},
    {"\"value\":3", "\"value\":true"},
    {"\"value\":3", "\"value\":3.0"},
    {"\"value\":5", "\"value\":-5"}, /* no change */
    {"\"value\":5", "\"value\":9223372036854775807"},
    {"\"value\":5", "\"value\":9223372036854775808"},
    {"\"value\":null", "\"value\":1"},
    {"\"no records\"", "\"\""},
    {"\"reason\":\"\"", "\"reason\":7"},
    {"\"reason\":\"\"", "\"reason\":\"why\""},
    {"\"4.3\"", "\"4.3x\""},
    {"\"4.3\"", "\"4.30\""},
    {"\"4.3\"", "\"-4.3\""},
    {"\"name\":\"g.male\"", "\"name\":7"},
    {"\"name\":\"g.male\"", "\"name\":\"g.female\""},
    {"\"name\":\"g.male\"", "\"name\":\"g male\""},
    {"\"name\":\"g.male\"", "\"mane\":\"g.male\""},
    {"\"change\":true", "\"change\":1"},
    {"\"figures\":[", "\"figures\":[7,"},
    /* A relation. */
    {"[1,2]", "[1,1]"},
    {"[1,2]", "[1,6]"},
    {"[1,2]", "[-1,2]"},
    {"[1,2]", "[1,\"2\"]"},
    {"[1,2]", "[1]"},
    {"[1,2]", "[0,1,2,3,4,5,0]"}, /* more than there are */
    {"[1,2]", "7"},
    {"\"whole\":0", "\"whole\":6"},
    {"\"whole\":0", "\"whole\":-1"},
    {"\"whole\":0", "\"whole\":\"0\""},
    {"\"whole\":0", "\"whole\":1"},
    {"\"complete\":true", "\"complete\":7"},
    {"\"relations\":[", "\"relations\":[7,"},
    /* What stands around them. */
    {"\"a law\"", "7"},
    {"\"text\"", "7"},
    {"\"text\"", "\"\""},
    {"\"exact\"", "7"},
    {"\"exact\"", "\"an exact one\""},
    {"\"exact\"", "\"exactly-as-it-was-counted-in-all-the-records-there-are\""},
    {"counts/v1", "counts/v2"},
    {"\"basis\"", "\"bases\""},
    {"\"basis\"", " \"basis\""},
    {"\"basis\":\"a law\",", "\"basis\":\"a law\",\"basis\":\"a law\","},
    {"}\n", "}"},
    {"}\n", "}\n\n"},
    {"{\"basis\"", "[\"basis\""},
};

static void
test_each_alteration_of_a_report_is_refused(void **state)
{
    struct plan_result r = {0};

    (void)state;
    assert_ok(plan_json_decode(bytes_text(sound), &r));
    assert_int_equal(r.figures.n, 6);
    assert_int_equal(r.figures.n_relations, 1);
    plan_json_clear(&r);
    for (size_t i = 0; i < sizeof alterations / sizeof *alterations; i++) {
        struct buf text =
            altered(sound, alterations[i].from, alterations[i].to);
        enum sv_err err = plan_json_decode(buf_bytes(&text), &r);

        if (err != SV_ERR_FORMAT)
            fail_msg("%s for %s: %s", alterations[i].to, alterations[i].from,
                     err_text(err));
        assert_int_equal(r.figures.n, 0); /* nothing of it is given out */
        buf_free(&text);
    }
}

static void
test_a_report_cut_anywhere_is_refused(void **state)
{
    struct plan_result r = {0};

    (void)state;
    for (size_t n = 0; n < sizeof sound - 1; n++)
        assert_err(plan_json_decode(bytes_of(sound, n), &r), SV_ERR_FORMAT);
}

/* What could not be read again is not written. */
static void
test_what_no_reader_takes_is_not_encoded(void **state)
{
    static const struct {
        const char *plan, *profile, *basis, *reason;
    } bad[] = {
        {"", "exact", "a law", "why"},
        {"\xff", "exact", "a law", "why"},
        {"text", "an exact one", "a law", "why"},
        {"text", "", "a law", "why"},
        {"text", "exact", "a \xc3", "why"},
        {"text", "exact", "a law", "\xc3("},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct figures f;
        struct buf out = BUF_INIT;
        size_t at;

        figures_init(&f);
        assert_ok(figures_add_unknown(&f, "g.total", bad[i].reason, &at));
        assert_err(plan_json_encode(bytes_text(bad[i].plan), bad[i].profile,
                                    bytes_text(bad[i].basis), &f, &out),
                   SV_ERR_FORMAT);
        assert_int_equal(out.len, 0);
        figures_clear(&f);
        buf_free(&out);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_alteration_of_a_report_is_refused),
        cmocka_unit_test(test_a_report_cut_anywhere_is_refused),
        cmocka_unit_test(test_what_no_reader_takes_is_not_encoded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
