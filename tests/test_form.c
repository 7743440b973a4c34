#include <dirent.h>
#include <locale.h>
#include <unistd.h>

#include "cli/choices.h"
#include "cli/era.h"
#include "cli/form.h"
#include "tests/support/pty.h"

/* ---- A small schema ---- */

#define N(array) (sizeof(array) / sizeof *(array))

static const struct schema_code genders[] = {
    {"female", {"Female", "女性"}, "", ""},
    {"male", {"Male", "男性"}, "", ""},
    {"other", {"Another gender", "その他"}, "2000-01-01", "2199-12-31"},
    {"old", {"Old wording", "旧区分"}, "", "2019-12-31"},
    {"future", {"Future wording", "新区分"}, "2199-01-01", ""},
};

static const struct schema_code countries[] = {
    {"at", {"Austria", "オーストリア"}, "", ""},
    {"au", {"Australia", "オーストラリア"}, "", ""},
    {"bd", {"Bangladesh", "バングラデシュ"}, "", ""},
    {"br", {"Brazil", "ブラジル"}, "", ""},
    {"cn", {"China", "中国"}, "", ""},
    {"co", {"Colombia", "コロンビア"}, "", ""},
    {"dm", {"Dominica", "ドミニカ国"}, "", ""},
    {"do", {"Dominican Republic", "ドミニカ共和国"}, "", ""},
    {"id", {"Indonesia", "インドネシア"}, "", ""},
    {"in", {"India", "インド"}, "", ""},
    {"jp", {"Japan", "日本"}, "", ""},
    {"kh", {"Cambodia", "カンボジア"}, "", ""},
    {"kr", {"Korea", "韓国"}, "", ""},
    {"la", {"Laos", "ラオス"}, "", ""},
    {"mm", {"Myanmar", "ミャンマー"}, "", ""},
    {"mn", {"Mongolia", "モンゴル"}, "", ""},
    {"np", {"Nepal", "ネパール"}, "", ""},
    {"pe", {"Peru", "ペルー"}, "", ""},
    {"ph", {"Philippines", "フィリピン"}, "", ""},
    {"ro", {"Romania", "ルーマニア"}, "", ""},
    {"ru", {"Russia", "ロシア"}, "", ""},
    {"th", {"Thailand", "タイ"}, "", ""},
    {"vn", {"Viet Nam", "ベトナム"}, "", ""},
};

static const struct schema_code supports[] = {
    {"shelter", {"Shelter", "一時保護"}, "", ""},
    {"medical", {"Medical care", "医療"}, "", ""},
    {"legal_advice", {"Legal advice", "法律相談"}, "", ""},
    {"legal_court", {"Legal help in court", "法廷同行"}, "", ""},
    {"office", {"Women's office", "婦人相談所"}, "", "2024-03-31"},
};

static const struct schema_list gender_list = {"gender", N(genders), genders};
static const struct schema_list country_list = {"country", N(countries),
                                                countries};
static const struct schema_list support_list = {"support", N(supports),
                                                supports};

enum { NAME, ALIASES, BORN, AGE, IDENTITY_N };
static const struct schema_field identity_fields[] = {
    [NAME] = {.name = "name",
              .label = {"Name", "氏名"},
              .help = {"As in the passport.", "旅券のとおり"},
              .kind = FIELD_TEXT,
              .max_len = 40},
    [ALIASES] = {.name = "aliases",
                 .label = {"Other names", "別名"},
                 .kind = FIELD_TEXT,
                 .repeated = true,
                 .max_len = 40},
    [BORN] = {.name = "born",
              .label = {"Date of birth", "生年月日"},
              .kind = FIELD_DATE},
    [AGE] = {.name = "age",
             .label = {"Age", "年齢"},
             .kind = FIELD_NUMBER,
             .max = 120},
};

enum { GENDER, COUNTRY, SUPPORT, SEEN, NOTES, FACTS_N };
static const struct schema_field facts_fields[] = {
    [GENDER] = {.name = "gender",
                .label = {"Gender", "性別"},
                .kind = FIELD_CODE,
                .list = &gender_list},
    [COUNTRY] = {.name = "country",
                 .label = {"Nationality", "国籍"},
                 .kind = FIELD_CODE,
                 .list = &country_list},
    [SUPPORT] = {.name = "support",
                 .label = {"Support given", "支援"},
                 .kind = FIELD_CODE,
                 .list = &support_list,
                 .repeated = true},
    [SEEN] = {.name = "seen",
              .label = {"Day of the first talk", "初回面談日"},
              .kind = FIELD_DATE},
    [NOTES] = {.name = "notes",
               .label = {"Notes", "備考"},
               .kind = FIELD_TEXT,
               .multiline = true,
               .max_len = 60},
};

static const struct schema_compartment compartments[] = {
    {"identity", {"Identity", "本人"}, IDENTITY_N, identity_fields},
    {"facts", {"Facts", "事実"}, FACTS_N, facts_fields},
};
static const struct schema_check checks[] = {
    {CHECK_AGE, {0, AGE}, {0, BORN}, {1, SEEN}},
};
static const struct schema_type victim = {
    "victim", {"Victim", "被害者"}, 2, compartments, N(checks), checks,
};
static const struct schema_compartment *const facts = &compartments[1];

enum { FROM, UNTIL, STAY_N };
static const struct schema_field stay_fields[] = {
    [FROM] = {.name = "from", .label = {"From", NULL}, .kind = FIELD_DATE},
    [UNTIL] = {.name = "until", .label = {"Until", NULL}, .kind = FIELD_DATE},
};
static const struct schema_compartment stay_parts[] = {
    {"identity", {"Identity", "本人"}, IDENTITY_N, identity_fields},
    {"stay", {"Stay", NULL}, STAY_N, stay_fields},
};
static const struct schema_check stay_checks[] = {
    {CHECK_ORDER, {0, BORN}, {1, FROM}, {0, 0}},
    {CHECK_ORDER, {1, FROM}, {1, UNTIL}, {0, 0}},
};
static const struct schema_type guest = {
    "guest", {"Guest", NULL}, 2, stay_parts, N(stay_checks), stay_checks,
};

/* ---- Filling in through a pipe ---- */

struct filled {
    enum sv_err err;
    struct content content;
    char *talk; /* what the person saw */
};

static struct term
piped_term(const char *input, char **talk, size_t *len)
{
    int fds[2];
    struct term t = {.out = stdout, .err = open_memstream(talk, len)};

    assert_int_equal(pipe(fds), 0);
    if (input[0] != '\0')
        assert_int_equal(write(fds[1], input, strlen(input)), strlen(input));
    assert_int_equal(close(fds[1]), 0);
    t.in = fdopen(fds[0], "r");
    assert_non_null(t.in);
    return t;
}

static void
piped_close(struct term *t)
{
    (void)fclose(t->in);
    (void)fclose(t->err);
}

/* Set fields from lines "field=text" first. */
static void
preset(struct content *content, const char *text)
{
    struct bytes rest = bytes_text(text), line;
    const char *reason;
    size_t at;

    while (text_line(&rest, &line)) {
        struct bytes value = line, name;

        assert_true(text_split(&value, '=', &name));
        assert_non_null(schema_field(content->compartment, name, &at));
        assert_ok(content_parse(content, at, value, &reason));
    }
}

static struct filled
fill_of(const struct schema_type *type, const struct schema_compartment *c,
        const char *before, const char *input)
{
    struct filled f = {0};
    size_t len = 0;
    struct term t = piped_term(input, &f.talk, &len);

    assert_ok(content_new(c, &f.content));
    preset(&f.content, before);
    f.err = form_fill(&t, SCHEMA_EN, type, &f.content, false);
    piped_close(&t);
    return f;
}

static struct filled
fill(const struct schema_compartment *c, const char *before, const char *input)
{
    return fill_of(&victim, c, before, input);
}

static void
filled_free(struct filled *f)
{
    content_free(&f->content);
    free(f->talk);
}

static void
assert_field(const struct content *content, size_t field, const char *want)
{
    struct buf text = BUF_INIT;

    assert_ok(content_text(content, field, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    assert_string_equal((char *)text.ptr, want);
    buf_free(&text);
}

/*
 * Answer one field of facts, "." and "yes"; before is its value in a file of
 * records.  What is in it afterwards, and a part of what was said.
 */
struct answer {
    const char *name;
    size_t field;
    const char *before, *typed, *after, *said;
};

static void
check_answers(const struct answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct answer *a = &answers[i];
        struct buf before = BUF_INIT, input = BUF_INIT, got = BUF_INIT;
        struct filled f;

        if (a->before[0] != '\0')
            assert_ok(buf_printf(&before, "%s=%s\n",
                                 facts->fields[a->field].name, a->before));
        assert_ok(buf_append(&before, bytes_of("", 1)));
        for (size_t skip = 0; skip < a->field; skip++)
            assert_ok(buf_text(&input, "\n"));
        assert_ok(buf_printf(&input, "%s\n.\nyes\n", a->typed));
        assert_ok(buf_append(&input, bytes_of("", 1)));
        f = fill(facts, (char *)before.ptr, (char *)input.ptr);
        assert_ok(content_text(&f.content, a->field, &got));
        assert_ok(buf_append(&got, bytes_of("", 1)));
        if (strcmp((char *)got.ptr, a->after) != 0 ||
            strstr(f.talk, a->said) == NULL)
            fail_msg("%s: \"%s\"\n%s", a->name, (char *)got.ptr, f.talk);
        filled_free(&f);
        buf_free(&before);
        buf_free(&input);
        buf_free(&got);
    }
}

/* ---- Codes ---- */

static void
test_a_code_is_chosen_by_number_or_by_its_beginning(void **state)
{
    static const struct answer answers[] = {
        {"number", GENDER, "", "2", "male", "= Male"},
        {"wide number", GENDER, "", "２", "male", ""},
        {"code", GENDER, "", "female", "female", ""},
        {"beginning of the code", GENDER, "", "f", "female", ""},
        {"capitals", GENDER, "", "FEM", "female", ""},
        {"English label", GENDER, "", "another g", "other", ""},
        {"Japanese label", GENDER, "", "女", "female", ""},
        {"spaces around", GENDER, "", "　 f\t", "female", ""},
        {"half-width kana", COUNTRY, "", "ﾌｨﾘ", "ph", "= Philippines"},
        {"number in a long list", COUNTRY, "", "11", "jp", ""},
        {"code beats label", COUNTRY, "", "in", "in", ""},
        {"whole label beats longer", COUNTRY, "", "dominica", "dm", ""},
        {"then more exactly", COUNTRY, "", "dominican", "do", ""},
    };

    (void)state;
    check_answers(answers, N(answers));
}

static void
test_a_doubtful_code_is_asked_again(void **state)
{
    static const struct answer answers[] = {
        {"ambiguous", COUNTRY, "", "austr\nausto\naustri", "at",
         "  1 Austria (at)     2 Australia (au)\n"
         "Please check: more than one begins so.\n"},
        {"not there", COUNTRY, "", "xx\njapan", "jp",
         "Please check: this is not in the list"},
        {"zero", GENDER, "", "0\n1", "female", "not in the list"},
        {"one too many", GENDER, "", "4\n1", "female", "not in the list"},
        {"huge", GENDER, "", "18446744073709551617\n1", "female", "not in"},
        {"several where one goes", GENDER, "", "1 2\n1", "female", "not in"},
        {"broken UTF-8", GENDER, "", "\xff\n1", "female", "unreadable"},
    };

    (void)state;
    check_answers(answers, N(answers));
}

static void
test_what_was_typed_wrongly_is_not_repeated(void **state)
{
    struct filled f = fill(facts, "", "Zuzana\n\n\nZuzana\n.\nno\n");

    (void)state;
    assert_err(f.err, SV_ERR_INTERRUPTED);
    assert_null(strstr(f.talk, "Zuzana"));
    filled_free(&f);
}

static void
test_short_lists_are_shown_and_long_ones_on_request(void **state)
{
    struct filled f =
        fill(facts, "", "?\n\n? ph\n?\n？　ﾍﾞﾄ\n? zz\njp\n.\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_non_null(strstr(
        f.talk, "  1 Female          2 Male            3 Another gender\n"));
    assert_non_null(strstr(f.talk, "3 Another gender (other)\n"));
    assert_non_null(strstr(f.talk, "There are 23 codes."));
    assert_non_null(strstr(f.talk, "  19 Philippines (ph)\n"));
    assert_non_null(strstr(f.talk, "  23 Viet Nam (vn)\n"));
    assert_non_null(strstr(f.talk, "No code or name begins so."));
    assert_null(strstr(f.talk, "Peru"));
    filled_free(&f);
}

static void
test_codes_out_of_their_time_are_kept_but_not_offered(void **state)
{
    static const struct answer answers[] = {
        {"ended", GENDER, "", "old\nold w\n旧\n1", "female", "not in"},
        {"not begun", GENDER, "", "future\n1", "female", "not in"},
        {"kept with Enter", GENDER, "old", "", "old", "[Old wording]"},
        {"typed again", GENDER, "old", "old", "old", ""},
        {"has no number", GENDER, "old", "4\n1", "female", "not in"},
        {"kept beside another", SUPPORT, "office;shelter", "+ med",
         "office;shelter;medical", ""},
        {"removed", SUPPORT, "office;shelter", "- off", "shelter", ""},
    };
    struct filled f = fill(facts, "", "\n.\nyes\n");

    (void)state;
    assert_null(strstr(f.talk, "Old wording"));
    assert_null(strstr(f.talk, "Future wording"));
    filled_free(&f);
    check_answers(answers, N(answers));
}

static void
test_repeated_codes_are_replaced_added_and_removed(void **state)
{
    static const struct answer answers[] = {
        {"numbers", SUPPORT, "", "1 3", "shelter;legal_advice",
         "= Shelter, Legal advice"},
        {"semicolons", SUPPORT, "", "shelter;2", "shelter;medical", ""},
        {"Japanese separators", SUPPORT, "", "一時、医療；3",
         "shelter;medical;legal_advice", ""},
        {"a label with spaces", SUPPORT, "", "legal help in", "legal_court",
         ""},
        {"both kinds", SUPPORT, "", "medical care;1 3",
         "medical;shelter;legal_advice", ""},
        {"twice the same", SUPPORT, "", "1 shel 1", "shelter", ""},
        {"replaces", SUPPORT, "shelter;medical", "3", "legal_advice", ""},
        {"adds", SUPPORT, "shelter", "+ 2 3", "shelter;medical;legal_advice",
         "= Shelter, Medical care, Legal advice"},
        {"adds what is there", SUPPORT, "shelter", "+1", "shelter", ""},
        {"adds to nothing", SUPPORT, "declined", "+ 1", "shelter", ""},
        {"removes", SUPPORT, "shelter;medical", "-1", "medical", ""},
        {"wide signs", SUPPORT, "shelter;medical", "－ 1\n<\n＋ 3",
         "medical;legal_advice", ""},
        {"removes what is not there", SUPPORT, "shelter", "- 2\n", "shelter",
         "no such value to remove"},
        {"one bad spoils all", SUPPORT, "shelter", "2 xx\n", "shelter",
         "not in the list"},
        {"one unclear spoils all", SUPPORT, "shelter", "2;legal\n", "shelter",
         "more than one begins so"},
        {"only separators", SUPPORT, "shelter", ";;\n", "shelter",
         "there is no value"},
        {"the last removed asks why", SUPPORT, "shelter", "- 1\n3", "declined",
         "Why is there no answer?"},
        {"the last stays after all", SUPPORT, "shelter", "- 1\n\n", "shelter",
         "Why is there no answer?"},
    };

    (void)state;
    check_answers(answers, N(answers));
}

/* ---- Other kinds ---- */

static void
test_repeated_texts_split_at_semicolons_only(void **state)
{
    static const struct {
        const char *before, *typed, *after;
    } cases[] = {
        {"", "Ana Maria; Mia；花子", "Ana Maria;Mia;花子"},
        {"", "一、二", "一、二"},
        {"", "+81 90 1234", "+81 90 1234"},
        {"", "-", "-"},
        {"Ana;Mia", "+ Eva", "Ana;Mia;Eva"},
        {"Ana;Mia", "- Ana", "Mia"},
        {"Ana;Mia", "+Eva", "+Eva"},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        char before[64], input[64];
        struct filled f;

        (void)snprintf(before, sizeof before, "aliases=%s\n", cases[i].before);
        (void)snprintf(input, sizeof input, "\n%s\n.\nyes\n", cases[i].typed);
        f = fill(&compartments[0], before, input);
        assert_ok(f.err);
        assert_field(&f.content, ALIASES, cases[i].after);
        filled_free(&f);
    }
}

static void
test_texts_and_numbers_are_checked_and_asked_again(void **state)
{
    struct filled f =
        fill(&compartments[0], "",
             "0123456789012345678901234567890123456789x\na\033b\n 花子 \n"
             "\n\n121\nminus\n0x1\n\n<\n３４\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_field(&f.content, NAME, "花子");
    assert_field(&f.content, AGE, "34");
    assert_non_null(strstr(f.talk, "longer than the field allows"));
    assert_non_null(strstr(f.talk, "holds a control character"));
    assert_non_null(strstr(f.talk, "out of the range"));
    assert_non_null(strstr(f.talk, "not a whole number"));
    assert_null(strchr(f.talk, '\033'));
    filled_free(&f);
}

static void
test_several_lines_end_with_a_dot_or_two_empty_lines(void **state)
{
    static const struct answer answers[] = {
        {"dot", NOTES, "", "one\ntwo\n.", "one\ntwo", "end with a . alone"},
        {"Japanese full stop", NOTES, "", "one\n。", "one", ""},
        {"two empty", NOTES, "", "one\n\ntwo\n\n", "one\n\ntwo", ""},
        {"commands are text", NOTES, "", "one\n?\n<\nmissing\n.",
         "one\n?\n<\nmissing", ""},
        {"kept", NOTES, "old", "", "old", "[old]"},
        {"a faulty line is left out", NOTES, "", "one\nt\033wo\nthree\n.",
         "one\nthree", "That line was left out"},
        {"a line too many is left out", NOTES, "",
         "0123456789012345678901234567890123456789\n"
         "01234567890123456789\nend\n.",
         "0123456789012345678901234567890123456789\nend",
         "longer than the field allows"},
    };

    (void)state;
    check_answers(answers, N(answers));
}

static void
test_dates_are_converted_and_shown_back(void **state)
{
    static const struct answer answers[] = {
        {"as we write it", SEEN, "", "2022-12-01", "2022-12-01", ""},
        {"era", SEEN, "", "令和4年12月1日", "2022-12-01", "= 2022-12-01"},
        {"slashes", SEEN, "", "2022/12/1", "2022-12-01", "= 2022-12-01"},
        {"no such day", SEEN, "", "2022-02-29\nR4.3.1", "2022-03-01",
         "no such day"},
        {"no date", SEEN, "", "yesterday\nR4.3.1", "2022-03-01", "not a date"},
    };

    (void)state;
    check_answers(answers, N(answers));
}

static void
test_eras_become_dates(void **state)
{
    static const struct {
        const char *typed, *date; /* NULL: refused */
    } cases[] = {
        {"2022-12-01", "2022-12-01"},
        {" 2022 - 12 - 1 ", "2022-12-01"},
        {"2022/12/01", "2022-12-01"},
        {"2022.12.1", "2022-12-01"},
        {"2022年12月1日", "2022-12-01"},
        {"令和4年12月1日", "2022-12-01"},
        {"令和４年１２月１日", "2022-12-01"},
        {"㋿4年12月1日", "2022-12-01"},
        {"R4.12.1", "2022-12-01"},
        {"r4/12/01", "2022-12-01"},
        {"Ｒ４．１２．１", "2022-12-01"},
        {"R.4.12.1", "2022-12-01"},
        {"令和元年5月1日", "2019-05-01"},
        {"令和1年4月30日", NULL},
        {"平成31年4月30日", "2019-04-30"},
        {"平成31年5月1日", NULL},
        {"平成元年1月8日", "1989-01-08"},
        {"平成元年1月7日", NULL},
        {"昭和64年1月7日", "1989-01-07"},
        {"昭和64年1月8日", NULL},
        {"S1.12.25", "1926-12-25"},
        {"S1.12.24", NULL},
        {"大正15年12月24日", "1926-12-24"},
        {"T1.7.30", "1912-07-30"},
        {"T1.7.29", NULL},
        {"明治45年7月29日", "1912-07-29"},
        {"M33.1.1", "1900-01-01"},
        {"M32.12.31", NULL},
        {"R0.1.1", NULL},
        {"R4.2.29", NULL},
        {"R6.2.29", "2024-02-29"},
        {"R4.13.1", NULL},
        {"R4", NULL},
        {"R4.12", NULL},
        {"R4.12.1.", NULL},
        {"R4.12/1", NULL},
        {"R100.1.1", NULL},
        {"令和4年12月1", NULL},
        {"令和4-12-1", "2022-12-01"},
        {"22-12-01", NULL},
        {"元年5月1日", NULL},
        {"02022-12-01", NULL},
        {"2022-12-001", NULL},
        {"-2022-12-01", NULL},
        {"2022-12", NULL},
        {"20221201", NULL},
        {"2022-00-01", NULL},
        {"2022-12-32", NULL},
        {"1899-12-31", NULL},
        {"2200-01-01", NULL},
        {"", NULL},
        {"R", NULL},
        {"\xff", NULL},
    };

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        char date[ERA_DATE_SIZE] = "untouched";
        const char *reason = NULL;
        enum sv_err err = era_date(bytes_text(cases[i].typed), date, &reason);

        if (cases[i].date != NULL
                ? err != SV_OK || strcmp(date, cases[i].date) != 0
                : err != SV_ERR_INPUT || reason == NULL ||
                      strcmp(date, "untouched") != 0)
            fail_msg("\"%s\": %s, %s", cases[i].typed, err_text(err), date);
    }
}

/* ---- Going through ---- */

static void
test_missing_asks_which_kind(void **state)
{
    static const struct answer answers[] = {
        {"by number", GENDER, "", "missing\n2", "unknown",
         "Why is there no answer?"},
        {"by beginning", GENDER, "", "MISSING\nwithh", "withheld_for_safety",
         "1 not asked"},
        {"in Japanese", GENDER, "", "missing\n該当", "not_applicable", ""},
        {"by its name at once", GENDER, "", "declined", "declined", ""},
        {"a text too", NOTES, "x", "missing\n3", "declined", ""},
        {"asked again", GENDER, "", "missing\n9\nnot\n3", "declined", ""},
        {"Enter goes back", GENDER, "male", "missing\n\n", "male", ""},
        {"< goes back", GENDER, "male", "missing\n<\n", "male", ""},
    };

    (void)state;
    check_answers(answers, N(answers));
}

static void
test_enter_keeps_and_nothing_given_becomes_not_asked(void **state)
{
    struct filled f =
        fill(facts, "gender=male\nsupport=unknown\n", "\njp\n\n\n\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_field(&f.content, GENDER, "male");
    assert_field(&f.content, COUNTRY, "jp");
    assert_field(&f.content, SUPPORT, "unknown");
    assert_field(&f.content, SEEN, "not_asked");
    assert_field(&f.content, NOTES, "not_asked");
    assert_non_null(strstr(f.talk, "Gender [Male]"));
    assert_non_null(strstr(f.talk, "Nationality [not asked]"));
    assert_non_null(strstr(f.talk, "Support given [unknown]"));
    assert_non_null(strstr(f.talk, "5 of 5  Notes"));
    filled_free(&f);
}

static void
test_the_summary_shows_only_what_was_changed(void **state)
{
    struct filled f = fill(facts, "gender=male\nnotes=one\n",
                           "male\njp\n\n\ntwo\nthree\n.\nyes\n");
    const char *summary = strstr(f.talk, "Summary");

    (void)state;
    assert_ok(f.err);
    assert_non_null(summary);
    assert_null(strstr(summary, "Gender"));
    assert_non_null(strstr(summary, "   1  Nationality: Japan\n"
                                    "   2  Notes: two\n        three\n"));
    filled_free(&f);
}

static void
test_the_arrow_goes_back_one_field(void **state)
{
    struct filled f = fill(facts, "", "<\n1\n<\n＜\n2\n.\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_field(&f.content, GENDER, "male");
    assert_non_null(strstr(f.talk, "This is the first field."));
    assert_non_null(strstr(f.talk, "Gender [Female]"));
    filled_free(&f);
}

static void
test_the_question_mark_explains_the_field(void **state)
{
    struct filled f = fill(&compartments[0], "", "?\n\n?\n\n?\n\n?\n20\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_non_null(strstr(f.talk, "As in the passport."));
    assert_non_null(strstr(f.talk, "Type + and a value to add it"));
    assert_non_null(strstr(f.talk, "R4.12.1"));
    assert_non_null(strstr(f.talk, "A number from 0 to 120."));
    assert_field(&f.content, NAME, "not_asked");
    assert_field(&f.content, AGE, "20");
    filled_free(&f);
}

static void
test_a_line_of_the_summary_can_be_changed(void **state)
{
    struct filled f =
        fill(facts, "", "1\njp\n.\n\nperhaps\n3\n2\nph\n<\n\n3\n.\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_field(&f.content, GENDER, "female");
    assert_field(&f.content, COUNTRY, "ph");
    assert_field(&f.content, SUPPORT, "legal_advice");
    assert_non_null(strstr(f.talk, "Please type yes or no"));
    filled_free(&f);
}

static void
test_no_and_nothing_changed_save_nothing(void **state)
{
    static const char *const inputs[] = {
        "1\n.\nno\n", "1\n.\nN\n", ".\n", "2\n.\n", "\n\n\n\n\n",
    };

    (void)state;
    for (size_t i = 0; i < N(inputs); i++) {
        struct filled f = fill(facts, "gender=male\n", inputs[i]);

        assert_err(f.err, SV_ERR_INTERRUPTED);
        assert_non_null(strstr(f.talk, "Nothing was saved."));
        filled_free(&f);
    }
}

/* A whole record: what is asked last, and the answer. */
static const struct {
    const char *prompt, *answer;
} whole[] = {
    {"> ", "花子\n"}, {"> ", "Mia\n"},     {"> ", "S60.1.7\n"},
    {"> ", "37\n"},   {"> ", "f\n"},       {"> ", "ph\n"},
    {"> ", "1 2\n"},  {"> ", "R4.12.1\n"}, {"> ", "missing\n"},
    {"> ", "2\n"},    {"Save?", "<\n"},    {"> ", "one\n"},
    {"> ", "two\n"},  {"> ", ".\n"},       {"Save?", "yes\n"},
};

static void
test_an_end_of_input_anywhere_saves_nothing(void **state)
{
    (void)state;
    for (size_t n = 0; n <= N(whole); n++) {
        struct buf input = BUF_INIT;
        struct draft draft;
        char *talk = NULL;
        size_t len = 0;
        struct term t;
        enum sv_err err;

        for (size_t i = 0; i < n; i++)
            assert_ok(buf_text(&input, whole[i].answer));
        assert_ok(buf_append(&input, bytes_of("", 1)));
        t = piped_term((char *)input.ptr, &talk, &len);
        assert_ok(draft_new(&victim, &draft));
        err = form_new_record(&t, SCHEMA_EN, &draft);
        if (err != (n < N(whole) ? SV_ERR_INTERRUPTED : SV_OK))
            fail_msg("after %zu lines: %s\n%s", n, err_text(err), talk);
        piped_close(&t);
        assert_int_equal(strstr(talk, "Nothing was saved.") != NULL,
                         n < N(whole));
        draft_free(&draft);
        free(talk);
        buf_free(&input);
    }
}

/* A day that ends what an earlier one began is mostly typed in later. */
static void
test_checks_over_fields_hold_where_one_section_is_changed(void **state)
{
    struct filled f = fill_of(&guest, &stay_parts[1], "from=2022-05-01\n",
                              "\n2021-06-01\n2022-06-01\nyes\n");

    (void)state;
    assert_ok(f.err);
    assert_field(&f.content, UNTIL, "2022-06-01");
    assert_non_null(strstr(f.talk, "Until: Please check: earlier than a day "
                                   "that must come before it"));
    filled_free(&f);
}

static void
test_a_new_record_goes_through_all_sections_and_checks(void **state)
{
    char *talk = NULL;
    size_t len = 0;
    struct term t = piped_term(
        /* The age is wrong on the day of the first talk: asked again, and
         * the way back to the birth date is open. */
        "花子\n\nS60.1.7\n36\nf\n\n\n2022-12-01\n\n"
        "<\nS61.1.7\n.\nyes\n",
        &talk, &len);
    struct draft draft;

    (void)state;
    assert_ok(draft_new(&victim, &draft));
    assert_ok(form_new_record(&t, SCHEMA_JA, &draft));
    piped_close(&t);
    assert_field(&draft.contents[0], NAME, "花子");
    assert_field(&draft.contents[0], BORN, "1986-01-07");
    assert_field(&draft.contents[0], AGE, "36");
    assert_field(&draft.contents[1], GENDER, "female");
    assert_false(draft.contents[1].fields[COUNTRY].given);
    assert_non_null(strstr(talk, "\n本人\n"));
    assert_non_null(strstr(talk, "\n事実\n"));
    assert_non_null(strstr(talk, "4 of 4  年齢"));
    assert_non_null(strstr(talk, "  1 女性    2 男性    3 その他\n"));
    assert_non_null(strstr(talk, "年齢: Please check: the age does not fit"));
    assert_non_null(strstr(talk, "   4  性別: 女性"));
    draft_free(&draft);
    free(talk);
}

static void
test_an_addition_shows_no_value_and_gives_only_what_was_typed(void **state)
{
    char *talk = NULL;
    size_t len = 0;
    struct term t = piped_term("\njp\n.\nyes\n", &talk, &len);
    struct content content;

    (void)state;
    assert_ok(content_new(facts, &content));
    assert_ok(form_fill(&t, SCHEMA_EN, &victim, &content, true));
    piped_close(&t);
    assert_non_null(strstr(talk, "You can write here but not read"));
    assert_non_null(strstr(talk, "Gender\n"));
    assert_null(strstr(talk, "not asked"));
    assert_field(&content, COUNTRY, "jp");
    for (size_t i = 0; i < FACTS_N; i++)
        assert_int_equal(content.fields[i].given, i == COUNTRY);
    content_free(&content);
    free(talk);
}

/* What she cannot see she would not add to, but replace. */
static void
test_nothing_is_added_to_what_is_not_shown(void **state)
{
    char *talk = NULL;
    size_t len = 0;
    struct term t = piped_term("\n\n+ 1\n1\n<\n+ 3\n.\nyes\n", &talk, &len);
    struct content content;

    (void)state;
    assert_ok(content_new(facts, &content));
    assert_ok(form_fill(&t, SCHEMA_EN, &victim, &content, true));
    piped_close(&t);
    assert_non_null(strstr(talk, "is not shown to you, so nothing can be"));
    assert_field(&content, SUPPORT, "shelter;legal_advice");
    content_free(&content);
    free(talk);
}

static void
test_a_section_that_grew_too_large_must_be_shortened(void **state)
{
    static struct schema_field field = {.name = "texts",
                                        .label = {"Texts", "文"},
                                        .kind = FIELD_TEXT,
                                        .repeated = true,
                                        .max_len = FIELD_VALUE_MAX};
    static const struct schema_compartment large = {
        "large", {"Large", "大"}, 1, &field};
    static const struct schema_type type = {
        "type", {"Type", NULL}, 1, &large, 0, NULL};
    static char value[16001];
    struct buf before = BUF_INIT;
    struct filled f;

    (void)state;
    memset(value, 'x', sizeof value - 1);
    assert_ok(buf_text(&before, "texts="));
    for (int i = 0; i < 5; i++) {
        value[0] = (char)('a' + i);
        assert_ok(buf_printf(&before, "%s;", value));
    }
    before.ptr[before.len - 1] = '\n';
    assert_ok(buf_append(&before, bytes_of("", 1)));
    f = fill_of(&type, &large, (char *)before.ptr, "\nshort\nyes\n");
    assert_ok(f.err);
    assert_field(&f.content, 0, "short");
    assert_non_null(strstr(f.talk, "this section holds more than fits"));
    filled_free(&f);
    buf_free(&before);
}

static void
test_accessible_choices_stand_one_on_a_line(void **state)
{
    char *talk = NULL;
    size_t len = 0;
    struct term t = piped_term("1\n.\nyes\n", &talk, &len);
    struct content content;

    (void)state;
    t.accessible = true;
    assert_ok(content_new(facts, &content));
    assert_ok(form_fill(&t, SCHEMA_EN, &victim, &content, false));
    piped_close(&t);
    assert_non_null(strstr(talk, "  1 Female\n  2 Male\n  3 Another gender"));
    content_free(&content);
    free(talk);
}

static void
test_stored_values_are_inert_in_the_form(void **state)
{
    /* Past the schema's checks, as another program might have stored them. */
    static const char bad[] = "\033[2J\xc2\x9b\xe2\x80\xae\xe2\x80\xac\xff";
    struct content content;
    char *talk = NULL;
    size_t len = 0;
    struct term t = piped_term("2\n\n\n\n\nyes\n", &talk, &len);
    uint8_t *copy = calloc(32, 1);
    const char *reason;

    (void)state;
    assert_non_null(copy);
    memcpy(copy, bad, sizeof bad);
    assert_ok(content_new(facts, &content));
    assert_ok(content_add(&content, NOTES, bytes_text("x"), &reason));
    free(content.fields[NOTES].values[0].ptr);
    content.fields[NOTES].values[0] =
        (struct content_value){copy, sizeof bad - 1};
    assert_ok(form_fill(&t, SCHEMA_EN, &victim, &content, false));
    piped_close(&t);
    assert_non_null(strstr(talk, "[<U+001B>[2J<U+009B><U+202E><U+202C><FF>]"));
    assert_null(strchr(talk, '\033'));
    assert_true(text_is_utf8(bytes_text(talk)));
    content_free(&content);
    free(talk);
}

/* ---- At a terminal ---- */

struct at_terminal {
    bool new_record;
};

static int
fill_at_terminal(void *ctx)
{
    const struct at_terminal *how = ctx;
    struct content content = {0};
    struct draft draft = {0};
    struct term t;
    enum sv_err err;

    term_init(&t);
    if (how->new_record) {
        err = draft_new(&victim, &draft);
        if (err == SV_OK)
            err = form_new_record(&t, SCHEMA_EN, &draft);
    } else {
        err = content_new(facts, &content);
        if (err == SV_OK)
            err = form_fill(&t, SCHEMA_EN, &victim, &content, false);
    }
    content_free(&content);
    draft_free(&draft);
    return -(int)err;
}

/* The form's own directory, for cwd and TMPDIR; it stays empty. */
struct place {
    char dir[PATH_SIZE], was[PATH_SIZE];
};

static int
enter(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    if (p == NULL || getcwd(p->was, sizeof p->was) == NULL)
        return -1;
    support_dir_make(p->dir);
    *state = p;
    return chdir(p->dir) != 0 || setenv("TMPDIR", p->dir, 1) != 0 ? -1 : 0;
}

static int
leave(void **state)
{
    struct place *p = *state;
    int err = chdir(p->was) | unsetenv("TMPDIR");

    support_dir_remove(p->dir);
    free(p);
    return err;
}

static void
assert_empty(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.')
            fail_msg("the form left %s", entry->d_name);
    }
    (void)closedir(dir);
}

static void
test_ctrl_c_at_every_field_saves_nothing(void **state)
{
    const struct place *place = *state;
    struct at_terminal how = {.new_record = true};
    static const char *const answers[] = {
        "花子\n", "Mia\n", "S60.1.7\n", "37\n",   "f\n",
        "ph\n",   "1 2\n", "R4.12.1\n", "a\n.\n",
    };

    for (size_t stop = 0; stop <= N(answers); stop++) {
        struct pty p;

        pty_start(&p, fill_at_terminal, &how);
        for (size_t i = 0; i < N(answers); i++) {
            size_t n = i < IDENTITY_N ? IDENTITY_N : FACTS_N;
            char counter[32];

            (void)snprintf(counter, sizeof counter, "%zu of %zu",
                           i < IDENTITY_N ? i + 1 : i + 1 - IDENTITY_N, n);
            pty_expect(&p, counter);
            pty_expect(&p, "> ");
            if (i == stop)
                break;
            pty_send(&p, answers[i]);
        }
        if (stop == N(answers))
            pty_expect(&p, "Save?");
        pty_send(&p, stop % 2 == 0 ? "half\003" : "\003");
        pty_expect(&p, "Nothing was saved.");
        assert_int_equal(pty_end(&p), -SV_ERR_INTERRUPTED);
        pty_clear(&p);
        assert_empty(place->dir);
    }
}

static void
test_ctrl_c_in_the_middle_of_an_answer_saves_nothing(void **state)
{
    static const struct {
        const char *answers, *then;
    } cases[] = {
        {"missing\n", "Why is there no answer?"},
        {"1\n\n\n\nline\n", "> > "},
        {"?\n", "3 Another gender (other)\r\n> "},
    };
    struct at_terminal how = {.new_record = false};

    (void)state;
    for (size_t i = 0; i < N(cases); i++) {
        struct pty p;

        pty_start(&p, fill_at_terminal, &how);
        pty_expect(&p, "> ");
        pty_send(&p, cases[i].answers);
        pty_expect(&p, cases[i].then);
        pty_send(&p, "\003");
        pty_expect(&p, "Nothing was saved.");
        assert_int_equal(pty_end(&p), -SV_ERR_INTERRUPTED);
        pty_clear(&p);
    }
}

static void
test_what_is_pasted_is_one_answer_with_its_empty_lines(void **state)
{
    struct at_terminal how = {.new_record = false};
    struct pty p;

    (void)state;
    pty_start(&p, fill_at_terminal, &how);
    pty_expect(&p, "> ");
    pty_send(&p, "1\n\n\n\n");
    pty_expect(&p, "5 of 5");
    pty_send(&p, "first\n\n\nno\n\n\n\nlast\n");
    pty_expect(&p, "last");
    pty_send(&p, "\n\n");
    pty_expect(&p, "Save?");
    pty_send(&p, "yes\n");
    assert_int_equal(pty_end(&p), 0);
    pty_clear(&p);
}

static void
test_ctrl_d_in_the_form_saves_nothing(void **state)
{
    struct at_terminal how = {.new_record = false};
    struct pty p;

    (void)state;
    pty_start(&p, fill_at_terminal, &how);
    pty_expect(&p, "> ");
    pty_send(&p, "1\n");
    pty_expect(&p, "2 of 5");
    pty_send(&p, "\004");
    pty_expect(&p, "Nothing was saved.");
    assert_int_equal(pty_end(&p), -SV_ERR_INTERRUPTED);
    pty_clear(&p);
}

static void
test_a_whole_form_at_a_terminal_leaves_no_file(void **state)
{
    const struct place *place = *state;
    struct at_terminal how = {.new_record = true};
    struct pty p;

    pty_start(&p, fill_at_terminal, &how);
    for (size_t i = 0; i < N(whole); i++) {
        pty_expect(&p, whole[i].prompt);
        assert_empty(place->dir);
        pty_send(&p, whole[i].answer);
    }
    assert_int_equal(pty_end(&p), 0);
    assert_true(pty_showed(&p, "Name: 花子"));
    pty_clear(&p);
    assert_empty(place->dir);
}

/* ---- Printing ---- */

static char *
print(const struct content *content, enum schema_lang lang, bool accessible)
{
    char *text = NULL;
    size_t len = 0;
    struct term t = {.out = open_memstream(&text, &len),
                     .accessible = accessible};

    assert_ok(form_print(&t, lang, content));
    (void)fclose(t.out);
    return text;
}

static void
sample(struct content *content)
{
    assert_ok(content_new(facts, content));
    preset(content, "gender=old\ncountry=unknown\nsupport=medical;shelter\n"
                    "seen=2022-12-01\n");
    {
        const char *reason;

        assert_ok(
            content_add(content, NOTES, bytes_text("一行\n\nthree"), &reason));
    }
}

static void
test_a_printed_section_is_aligned(void **state)
{
    struct content content;
    char *text;

    (void)state;
    sample(&content);
    text = print(&content, SCHEMA_EN, false);
    assert_string_equal(text, "  Gender                 Old wording\n"
                              "  Nationality            (unknown)\n"
                              "  Support given          Medical care, Shelter\n"
                              "  Day of the first talk  2022-12-01\n"
                              "  Notes                  一行\n"
                              "                         \n"
                              "                         three\n");
    free(text);
    text = print(&content, SCHEMA_JA, false);
    assert_string_equal(text, "  性別        旧区分\n"
                              "  国籍        (不明)\n"
                              "  支援        医療、一時保護\n"
                              "  初回面談日  2022-12-01\n"
                              "  備考        一行\n"
                              "              \n"
                              "              three\n");
    free(text);
    text = print(&content, SCHEMA_EN, true);
    assert_string_equal(text, "Gender: Old wording\n"
                              "Nationality: (unknown)\n"
                              "Support given: Medical care, Shelter\n"
                              "Day of the first talk: 2022-12-01\n"
                              "Notes: 一行\n"
                              "  \n"
                              "  three\n");
    free(text);
    content_free(&content);
}

static void
test_only_given_fields_are_printed(void **state)
{
    struct content content;
    char *text;

    (void)state;
    assert_ok(content_new(facts, &content));
    text = print(&content, SCHEMA_EN, false);
    assert_string_equal(text, "  (nothing was entered)\n");
    free(text);
    preset(&content, "gender=male\n");
    text = print(&content, SCHEMA_EN, false);
    assert_string_equal(text, "  Gender  Male\n");
    free(text);
    content_free(&content);
}

static void
test_printed_values_are_inert(void **state)
{
    static const char *const bad[] = {
        "\033[2J",
        "\xc2\x9b"
        "2J",
        "\xe2\x80\xae"
        "abc\xe2\x80\xac",
        "\xff",
        "a\rb",
    };
    struct content content;
    char *text;

    (void)state;
    sample(&content);
    for (size_t i = 0; i < N(bad); i++) {
        struct content_value *v = &content.fields[NOTES].values[0];

        free(v->ptr);
        v->len = strlen(bad[i]);
        v->ptr = malloc(v->len);
        assert_non_null(v->ptr);
        memcpy(v->ptr, bad[i], v->len);
        text = print(&content, SCHEMA_EN, false);
        assert_null(strstr(text, bad[i]));
        assert_true(text_is_utf8(bytes_text(text)));
        assert_null(strchr(text, '\033'));
        free(text);
    }
    content_free(&content);
}

static void
test_json_holds_codes_and_kinds_of_missing(void **state)
{
    struct content content;
    json_t *json;
    char *text;

    (void)state;
    sample(&content);
    json = form_json(&content);
    text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"gender\":\"old\","
                              "\"country\":{\"missing\":\"unknown\"},"
                              "\"support\":[\"medical\",\"shelter\"],"
                              "\"seen\":\"2022-12-01\","
                              "\"notes\":\"一行\\n\\nthree\"}");
    free(text);
    json_decref(json);
    content_unset(&content, NOTES);
    content_unset(&content, GENDER);
    json = form_json(&content);
    assert_int_equal(json_object_size(json), 3);
    json_decref(json);
    content_free(&content);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_is_chosen_by_number_or_by_its_beginning),
        cmocka_unit_test(test_a_doubtful_code_is_asked_again),
        cmocka_unit_test(test_what_was_typed_wrongly_is_not_repeated),
        cmocka_unit_test(test_short_lists_are_shown_and_long_ones_on_request),
        cmocka_unit_test(test_codes_out_of_their_time_are_kept_but_not_offered),
        cmocka_unit_test(test_repeated_codes_are_replaced_added_and_removed),
        cmocka_unit_test(test_repeated_texts_split_at_semicolons_only),
        cmocka_unit_test(test_texts_and_numbers_are_checked_and_asked_again),
        cmocka_unit_test(test_several_lines_end_with_a_dot_or_two_empty_lines),
        cmocka_unit_test(test_dates_are_converted_and_shown_back),
        cmocka_unit_test(test_eras_become_dates),
        cmocka_unit_test(test_missing_asks_which_kind),
        cmocka_unit_test(test_enter_keeps_and_nothing_given_becomes_not_asked),
        cmocka_unit_test(test_the_summary_shows_only_what_was_changed),
        cmocka_unit_test(test_the_arrow_goes_back_one_field),
        cmocka_unit_test(test_the_question_mark_explains_the_field),
        cmocka_unit_test(test_a_line_of_the_summary_can_be_changed),
        cmocka_unit_test(test_no_and_nothing_changed_save_nothing),
        cmocka_unit_test(test_an_end_of_input_anywhere_saves_nothing),
        cmocka_unit_test(
            test_checks_over_fields_hold_where_one_section_is_changed),
        cmocka_unit_test(
            test_a_new_record_goes_through_all_sections_and_checks),
        cmocka_unit_test(
            test_an_addition_shows_no_value_and_gives_only_what_was_typed),
        cmocka_unit_test(test_nothing_is_added_to_what_is_not_shown),
        cmocka_unit_test(test_a_section_that_grew_too_large_must_be_shortened),
        cmocka_unit_test(test_accessible_choices_stand_one_on_a_line),
        cmocka_unit_test(test_stored_values_are_inert_in_the_form),
        cmocka_unit_test_setup_teardown(
            test_ctrl_c_at_every_field_saves_nothing, enter, leave),
        cmocka_unit_test(test_ctrl_c_in_the_middle_of_an_answer_saves_nothing),
        cmocka_unit_test(
            test_what_is_pasted_is_one_answer_with_its_empty_lines),
        cmocka_unit_test(test_ctrl_d_in_the_form_saves_nothing),
        cmocka_unit_test_setup_teardown(
            test_a_whole_form_at_a_terminal_leaves_no_file, enter, leave),
        cmocka_unit_test(test_a_printed_section_is_aligned),
        cmocka_unit_test(test_only_given_fields_are_printed),
        cmocka_unit_test(test_printed_values_are_inert),
        cmocka_unit_test(test_json_holds_codes_and_kinds_of_missing),
    };

    if (setlocale(LC_ALL, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
