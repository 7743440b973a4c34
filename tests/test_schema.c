#include "tests/support/support.h"
#include "vault/schema.h"

static struct schema *
builtin(void)
{
    struct schema *s = NULL;
    struct diag where = {0};

    if (schema_load(schema_builtin(), &s, &where) != SV_OK)
        fail_msg("%s:%zu %s: %s", where.file, where.line, where.column,
                 where.reason);
    return s;
}

static const struct schema_field *
field(const struct schema *s, const char *type, const char *compartment,
      const char *name)
{
    const struct schema_type *t = schema_type(s, type);
    const struct schema_compartment *c;
    const struct schema_field *f;

    assert_non_null(t);
    c = schema_compartment(t, compartment, NULL);
    assert_non_null(c);
    f = schema_field(c, bytes_text(name), NULL);
    assert_non_null(f);
    return f;
}

static void
test_types_have_the_compartments_of_the_matrix(void **state)
{
    static const struct {
        const char *type;
        const char *compartments[8];
    } cases[] = {
        {"victim",
         {"identity", "location", "facts", "narrative", "health", "legal",
          "release", NULL}},
        {"suspect", {"identity", "justice", NULL}},
        {"offence", {"justice", NULL}},
    };
    struct schema *s = builtin();

    (void)state;
    assert_int_equal(schema_types(s), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct schema_type *t = schema_type_at(s, i);
        size_t n = 0, at;

        assert_string_equal(t->name, cases[i].type);
        for (; cases[i].compartments[n] != NULL; n++) {
            assert_non_null(
                schema_compartment(t, cases[i].compartments[n], &at));
            assert_int_equal(at, n);
        }
        assert_int_equal(t->n, n);
    }
    assert_null(schema_type(s, "person"));
    assert_null(schema_compartment(schema_type(s, "offence"), "facts", NULL));
    schema_free(s);
}

static void
test_facts_hold_no_free_text(void **state)
{
    struct schema *s = builtin();
    const struct schema_compartment *c =
        schema_compartment(schema_type(s, "victim"), "facts", NULL);

    (void)state;
    for (size_t i = 0; i < c->n; i++) {
        if (c->fields[i].kind == FIELD_TEXT)
            fail_msg("%s is text", c->fields[i].name);
    }
    schema_free(s);
}

static void
test_every_type_has_one_unique_field(void **state)
{
    struct schema *s = builtin();

    (void)state;
    for (size_t i = 0; i < schema_types(s); i++) {
        const struct schema_type *t = schema_type_at(s, i);
        size_t n = 0;

        for (size_t k = 0; k < t->n; k++) {
            for (size_t j = 0; j < t->compartments[k].n; j++)
                n += t->compartments[k].fields[j].unique;
        }
        assert_int_equal(n, 1);
    }
    schema_free(s);
}

static void
test_labels_are_in_both_languages(void **state)
{
    struct schema *s = builtin();
    const struct schema_field *f = field(s, "victim", "facts", "citizenship");
    const struct schema_code *c = schema_code(f->list, bytes_text("PHL"));

    (void)state;
    assert_string_equal(f->label[SCHEMA_EN], "Citizenship");
    assert_string_equal(f->label[SCHEMA_JA], "国籍");
    assert_true(f->repeated);
    assert_non_null(c);
    assert_string_equal(c->label[SCHEMA_EN], "Philippines");
    assert_string_equal(c->label[SCHEMA_JA], "フィリピン");
    assert_string_equal(c->valid_from, "");
    assert_null(schema_code(f->list, bytes_text("phl")));
    assert_null(schema_code(f->list, bytes_text("PH")));
    assert_null(schema_code(f->list, bytes_text("unknown")));
    /* All of ISO 3166-1, and stateless. */
    assert_int_equal(f->list->n, 250);
    f = field(s, "suspect", "justice", "residence_status");
    c = schema_code(f->list, bytes_text("specified_skilled_worker"));
    assert_non_null(c);
    assert_string_equal(c->valid_from, "2019-04-01");
    schema_free(s);
}

static void
test_missing_words_and_kinds_correspond(void **state)
{
    static const struct {
        const char *word;
        enum missing kind;
    } cases[] = {
        {"not_asked", MISSING_NOT_ASKED},
        {"unknown", MISSING_UNKNOWN},
        {"declined", MISSING_DECLINED},
        {"withheld_for_safety", MISSING_WITHHELD},
        {"not_applicable", MISSING_NOT_APPLICABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(missing_parse(bytes_text(cases[i].word)),
                         cases[i].kind);
        assert_string_equal(missing_name(cases[i].kind), cases[i].word);
        assert_non_null(missing_label(cases[i].kind, SCHEMA_EN));
        assert_non_null(missing_label(cases[i].kind, SCHEMA_JA));
    }
    assert_null(missing_name(MISSING_NOT));
    assert_int_equal(missing_parse(bytes_text("Unknown")), MISSING_NOT);
    assert_int_equal(missing_parse(bytes_text("")), MISSING_NOT);
    assert_int_equal(missing_parse(bytes_text("none")), MISSING_NOT);
}

static void
test_values_that_are_none_are_refused_with_the_reason(void **state)
{
    static const struct {
        const char *compartment, *field, *value;
        size_t len; /* 0: of the text */
        const char *reason;
    } cases[] = {
        {"identity", "family_name", "佐々木", 0, NULL},
        {"identity", "family_name", " O'Brien ", 0, NULL},
        {"identity", "family_name", "a;b", 0, NULL},
        {"identity", "family_name", "", 0, "an empty value"},
        {"identity", "family_name", "  \xe3\x80\x80 ", 0, "an empty value"},
        {"identity", "family_name", "a\0b", 3, "holds a NUL"},
        {"identity", "family_name", "\xe4\xbd", 0, "not valid UTF-8"},
        {"identity", "family_name", "\xc0\xaf", 0, "not valid UTF-8"},
        {"identity", "family_name", "\xed\xa0\x80", 0, "not valid UTF-8"},
        {"identity", "family_name", "a\x1b[2J", 0, "holds a control character"},
        {"identity", "family_name", "a\tb", 0, "holds a control character"},
        {"identity", "family_name", "a\r", 0, "holds a control character"},
        {"identity", "family_name", "\x7f", 0, "holds a control character"},
        {"identity", "family_name", "\xc2\x85", 0, "holds a control character"},
        {"identity", "family_name", "a\nb", 0, "more than one line"},
        {"identity", "family_name", "declined", 0,
         "a word for a missing value, which stands alone"},
        {"identity", "case_no", "12345678901234567890123456789012", 0, NULL},
        {"identity", "case_no", "123456789012345678901234567890123", 0,
         "longer than the field allows"},
        {"identity", "aliases", "a;b", 0,
         "holds a ';', which separates values"},
        {"narrative", "summary", "one\ntwo;", 0, NULL},
        {"narrative", "summary", "one\r\ntwo", 0, "holds a control character"},
        {"identity", "birth_date", "2008-02-29", 0, NULL},
        {"identity", "birth_date", "2007-02-29", 0, "no such date"},
        {"identity", "birth_date", "2007-13-01", 0, "no such date"},
        {"identity", "birth_date", "2007/01/01", 0, "no such date"},
        {"identity", "birth_date", "1899-12-31", 0, "no such date"},
        {"identity", "birth_date", "2007-1-1", 0, "no such date"},
        {"facts", "gender", "female", 0, NULL},
        {"facts", "gender", "Female", 0, "not in the code list"},
        {"facts", "gender", "JPN", 0, "not in the code list"},
        {"facts", "residence_status", "not_applicable", 0,
         "a word for a missing value, which stands alone"},
        {"facts", "age_at_protection", "0", 0, NULL},
        {"facts", "age_at_protection", "120", 0, NULL},
        {"facts", "age_at_protection", "121", 0,
         "out of the range that the field allows"},
        {"facts", "age_at_protection", "99999999999999999999", 0,
         "out of the range that the field allows"},
        {"facts", "age_at_protection", "017", 0, "not a whole number"},
        {"facts", "age_at_protection", "-1", 0, "not a whole number"},
        {"facts", "age_at_protection", "17 ", 0, "not a whole number"},
        {"facts", "counted_year", "1999", 0,
         "out of the range that the field allows"},
    };
    struct schema *s = builtin();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes value = bytes_text(cases[i].value);
        const char *reason = NULL;
        enum sv_err err;

        if (cases[i].len > 0)
            value.len = cases[i].len;
        err = schema_check_value(
            field(s, "victim", cases[i].compartment, cases[i].field), value,
            &reason);
        if ((err == SV_OK) != (cases[i].reason == NULL) ||
            (reason != NULL && cases[i].reason != NULL &&
             strcmp(reason, cases[i].reason) != 0))
            fail_msg("case %zu, %s: %s", i, cases[i].field,
                     reason != NULL ? reason : "accepted");
    }
    schema_free(s);
}

static void
test_hash_covers_both_files_and_their_border(void **state)
{
    struct schema_source a = {bytes_text("{}"), bytes_text("list")};
    struct schema_source b = {bytes_text("{}l"), bytes_text("ist")};
    uint8_t ha[DIGEST_LEN], hb[DIGEST_LEN], want[DIGEST_LEN];

    (void)state;
    schema_hash(a, ha);
    schema_hash(b, hb);
    assert_memory_not_equal(ha, hb, sizeof ha);
    digest("sv/v1/schema", bytes_of("\0\0\0\2{}\0\0\0\4list", 14), want);
    assert_memory_equal(ha, want, sizeof ha);
}

/* ---- Files with faults ---- */

#define HEADER                                                                 \
    "list,code,label_en,label_ja,valid_from,valid_to,htcds,ctdc,gbvims,"       \
    "iccs\n"
#define CODES HEADER "ab,one,One,一,,,,,,\nab,two,Two,二,,,,,,\n"
#define LABEL "\"label\":{\"en\":\"A\",\"ja\":\"B\"}"
#define FIELD(rest) "{\"name\":\"f\"," LABEL "," rest "}"
#define DATE(name) "{\"name\":\"" name "\"," LABEL ",\"kind\":\"date\"}"
#define AGE "{\"name\":\"n\"," LABEL ",\"kind\":\"number\",\"min\":0,\"max\":9}"
#define COMPARTMENT(fields) "{\"name\":\"c\"," LABEL ",\"fields\":[" fields "]}"
#define TYPE(compartments, rest)                                               \
    "{\"name\":\"t\"," LABEL ",\"compartments\":[" compartments "]" rest "}"
#define SCHEMA(types) "{\"format\":\"svault/schema/v1\",\"types\":[" types "]}"
#define ONE(field) SCHEMA(TYPE(COMPARTMENT(field), ""))
#define CHECKS(checks)                                                         \
    SCHEMA(TYPE(COMPARTMENT(DATE("d") "," DATE("e") "," AGE),                  \
                ",\"checks\":[" checks "]"))

static void
assert_fault(size_t i, const char *json, const char *codes, const char *file,
             size_t line, const char *column, const char *reason)
{
    struct schema_source source = {bytes_text(json), bytes_text(codes)};
    struct schema *s = NULL;
    struct diag where = {0};
    enum sv_err err = schema_load(source, &s, &where);

    if (reason == NULL) {
        if (err != SV_OK)
            fail_msg("case %zu: %s:%zu %s: %s", i, where.file, where.line,
                     where.column, where.reason);
        schema_free(s);
        return;
    }
    if (err != SV_ERR_INPUT || where.reason == NULL ||
        strcmp(where.file, file) != 0 || where.line != line ||
        strcmp(where.column, column) != 0 || strcmp(where.reason, reason) != 0)
        fail_msg("case %zu: %d %s:%zu \"%s\": %s", i, (int)err, where.file,
                 where.line, where.column,
                 where.reason != NULL ? where.reason : "");
    assert_null(s);
}

static void
test_faults_in_the_json_are_named_by_member(void **state)
{
    static const struct {
        const char *json;
        size_t line;
        const char *column, *reason;
    } cases[] = {
        {ONE(FIELD("\"kind\":\"date\"")), 0, "", NULL},
        {ONE(FIELD("\"kind\":\"code\",\"list\":\"ab\"")), 0, "", NULL},
        {CHECKS("{\"kind\":\"order\",\"first\":\"c.d\",\"then\":\"c.e\"}"), 0,
         "", NULL},
        {CHECKS("{\"kind\":\"age\",\"age\":\"c.n\",\"born\":\"c.d\","
                "\"day\":\"c.e\"}"),
         0, "", NULL},
        {"", 1, "", "not well-formed JSON"},
        {"{\n\n\"format\" 1}", 3, "", "not well-formed JSON"},
        {ONE(FIELD("\"kind\":\"date\"")) " x", 1, "", "not well-formed JSON"},
        {"{\"format\":\"a\",\n\"format\":\"b\"}", 2, "",
         "a member stands twice"},
        {"[]", 0, "", "must be an object"},
        {"{\"format\":\"svault/schema/v2\",\"types\":[]}", 0, "format",
         "not a format that is known"},
        {"{\"format\":\"svault/schema/v1\",\"types\":[],\"x\":1}", 0, "x",
         "an unknown member"},
        {SCHEMA(""), 0, "types", "must be an array that is not empty"},
        {SCHEMA("1"), 0, "name", "must be a string"},
        {SCHEMA(TYPE(COMPARTMENT(DATE("d")),
                     "") "," TYPE(COMPARTMENT(DATE("d")), "")),
         0, "t", "used twice"},
        {SCHEMA(TYPE(COMPARTMENT(DATE("d")) "," COMPARTMENT(DATE("d")), "")), 0,
         "t.c", "used twice"},
        {ONE(DATE("d") "," DATE("d")), 0, "t.c.d", "used twice"},
        {ONE(DATE("D")), 0, "t.c.name", "not a name"},
        {ONE(""), 0, "t.c.fields", "must be an array that is not empty"},
        {ONE("{\"name\":\"f\",\"kind\":\"date\"}"), 0, "t.c.f.label",
         "must be an object"},
        {ONE("{\"name\":\"f\",\"label\":{\"en\":\"A\"},\"kind\":\"date\"}"), 0,
         "t.c.f.label", "needs a text for each language"},
        {ONE(FIELD("\"kind\":\"date\",\"help\":{\"en\":\" \",\"ja\":\"b\"}")),
         0, "t.c.f.help", "an empty value"},
        {ONE(FIELD("\"kind\":\"data\"")), 0, "t.c.f.kind",
         "must be text, code, date or number"},
        {ONE(FIELD("\"kind\":\"date\",\"required\":true")), 0, "t.c.f.required",
         "an unknown member"},
        {ONE(FIELD("\"kind\":\"date\",\"repeated\":1")), 0, "t.c.f.repeated",
         "must be true or false"},
        {ONE(FIELD("\"kind\":\"code\",\"list\":\"cd\"")), 0, "t.c.f.list",
         "no such list among the codes"},
        {ONE(FIELD("\"kind\":\"code\"")), 0, "t.c.f.list",
         "no such list among the codes"},
        {ONE(FIELD("\"kind\":\"text\"")), 0, "t.c.f.max_len",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":0")), 0, "t.c.f.max_len",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":16385")), 0, "t.c.f.max_len",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"number\",\"min\":2,\"max\":1")), 0, "t.c.f.min",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"number\",\"min\":-1,\"max\":1")), 0, "t.c.f.min",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"date\",\"max_len\":3")), 0, "t.c.f.max_len",
         "does not belong to this kind of field"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":3,\"repeated\":true,"
                   "\"unique\":true")),
         0, "t.c.f.repeated", "does not go with multiline or unique"},
        {CHECKS("{\"kind\":\"sum\"}"), 0, "t.checks",
         "must be of kind age or order"},
        {CHECKS("{\"kind\":\"order\",\"first\":\"c.d\",\"then\":\"c.x\"}"), 0,
         "t.then", "no such field"},
        {CHECKS("{\"kind\":\"order\",\"first\":\"c.n\",\"then\":\"c.e\"}"), 0,
         "t.first", "this kind of field cannot be checked so"},
        {CHECKS("{\"kind\":\"age\",\"age\":\"c.n\",\"born\":\"c.d\"}"), 0,
         "t.day", "no such field"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fault(i, cases[i].json, CODES, "schema.json", cases[i].line,
                     cases[i].column, cases[i].reason);
}

#define NAME(name, rest)                                                       \
    "{\"name\":\"" name "\"," LABEL                                            \
    ",\"kind\":\"text\",\"max_len\":9,\"search\":\"name\"" rest "}"
#define PLAIN(name, rest)                                                      \
    "{\"name\":\"" name "\"," LABEL ",\"kind\":\"text\",\"max_len\":9" rest "}"
#define UNIQUE "must be number where it is unique"

/* A field that is searched otherwise than it is written finds nobody. */
static void
test_faults_in_what_is_searched_are_named_by_member(void **state)
{
    static const struct {
        const char *json, *column, *reason;
    } cases[] = {
        {ONE(NAME("f", ",\"joins\":\"g\"") "," NAME("g", "")), "", NULL},
        {ONE(PLAIN("f", ",\"unique\":true,\"search\":\"number\"")), "", NULL},
        {ONE(PLAIN("f", ",\"unique\":true")), "t.c.f.search", UNIQUE},
        {ONE(PLAIN("f", ",\"unique\":true,\"search\":\"name\"")),
         "t.c.f.search", UNIQUE},
        {ONE(PLAIN("f", ",\"search\":1")), "t.c.f.search",
         "must be name, number or phone"},
        {ONE(PLAIN("f", ",\"search\":\"sound\"")), "t.c.f.search",
         "must be name, number or phone"},
        {ONE(NAME("f", ",\"joins\":1")), "t.c.f.joins",
         "belongs to a name with one value"},
        {ONE(PLAIN("f", ",\"joins\":\"g\"") "," NAME("g", "")), "t.c.f.joins",
         "belongs to a name with one value"},
        {ONE(PLAIN("f", ",\"joins\":\"g\",\"search\":\"phone\"")),
         "t.c.f.joins", "belongs to a name with one value"},
        {ONE(NAME("f", ",\"joins\":\"g\",\"repeated\":true")), "t.c.f.joins",
         "belongs to a name with one value"},
        {ONE(NAME("f", ",\"joins\":\"g\"")), "t.c.joins",
         "names no name of the compartment"},
        {ONE(NAME("f", ",\"joins\":\"g\"") "," PLAIN("g", "")), "t.c.joins",
         "names no name of the compartment"},
        {ONE(NAME("f", ",\"joins\":\"g\"") "," PLAIN("g",
                                                     ",\"search\":\"phone\"")),
         "t.c.joins", "names no name of the compartment"},
        {ONE(NAME("f", ",\"joins\":\"g\"") "," NAME("g", ",\"repeated\":true")),
         "t.c.joins", "names no name of the compartment"},
        {SCHEMA(
             TYPE(COMPARTMENT(NAME("f", "")) ",{\"name\":\"d\"," LABEL
                                             ",\"fields\":[" NAME("f", "") "]}",
                  "")),
         "t.search", "stands in more than one compartment"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fault(i, cases[i].json, CODES, "schema.json", 0, cases[i].column,
                     cases[i].reason);
}

/* What is not of the right kind is not taken for nothing. */
static void
test_members_of_another_kind_are_named(void **state)
{
    static const struct {
        const char *json, *column, *reason;
    } cases[] = {
        {"{\"format\":1,\"types\":[]}", "format", "not a format that is known"},
        {"{\"types\":[]}", "format", "not a format that is known"},
        {"{\"format\":\"svault/schema/v1\",\"types\":{}}", "types",
         "must be an array that is not empty"},
        {"{\"format\":\"svault/schema/v1\"}", "types",
         "must be an array that is not empty"},
        {ONE("{\"name\":1," LABEL ",\"kind\":\"date\"}"), "t.c.name",
         "must be a string"},
        {ONE("{\"name\":\"f\",\"label\":{\"en\":\"A\",\"ja\":1},"
             "\"kind\":\"date\"}"),
         "t.c.f.label", "needs a text for each language"},
        {ONE("{\"name\":\"f\",\"label\":{\"en\":\"A\",\"ja\":\"B\","
             "\"fr\":\"C\"},\"kind\":\"date\"}"),
         "t.c.f.fr", "an unknown member"},
        {ONE(FIELD("\"kind\":1")), "t.c.f.kind",
         "must be text, code, date or number"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":\"9\"")), "t.c.f.max_len",
         "must be a whole number in its range"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":9,\"multiline\":1")),
         "t.c.f.multiline", "must be true or false"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":9,\"unique\":1")),
         "t.c.f.unique", "must be true or false"},
        {ONE(FIELD("\"kind\":\"text\",\"max_len\":9,\"initials\":1")),
         "t.c.f.initials", "must be true or false"},
        {SCHEMA(TYPE(COMPARTMENT("{\"name\":\"d\"," LABEL ",\"kind\":\"date\","
                                 "\"repeated\":true}," DATE("e")),
                     ",\"checks\":[{\"kind\":\"order\",\"first\":\"c.d\","
                     "\"then\":\"c.e\"}]")),
         "t.first", "this kind of field cannot be checked so"},
        {CHECKS("{\"kind\":\"order\",\"first\":1,\"then\":\"c.e\"}"), "t.first",
         "no such field"},
        {CHECKS("1"), "t.checks", "must be of kind age or order"},
        {SCHEMA(TYPE(COMPARTMENT(DATE("d")), ",\"checks\":[]")), "t.checks",
         "must be an array that is not empty"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fault(i, cases[i].json, CODES, "schema.json", 0, cases[i].column,
                     cases[i].reason);
}

#define TYPES_MAX 16
#define FILE_MAX ((size_t)4 << 20)

/* Too many for the format are refused, not cut off. */
static void
test_what_is_too_much_is_refused(void **state)
{
    struct buf json = BUF_INIT, large = BUF_INIT;
    struct schema_source source = schema_builtin();
    struct schema *s = NULL;
    struct diag where = {0};
    uint8_t *more;

    (void)state;
    assert_ok(buf_text(&json, "{\"format\":\"svault/schema/v1\",\"types\":["));
    assert_ok(buf_text(&json, TYPE(COMPARTMENT(DATE("d")), "")));
    for (unsigned i = 0; i < TYPES_MAX; i++)
        assert_ok(buf_printf(&json,
                             ",{\"name\":\"t%u\"," LABEL
                             ",\"compartments\":[" COMPARTMENT(DATE("d")) "]}",
                             i));
    assert_ok(buf_text(&json, "]}"));
    assert_ok(buf_append(&json, bytes_of("", 1)));
    assert_fault(0, (const char *)json.ptr, CODES, "schema.json", 0, "types",
                 "has too many members");
    assert_ok(buf_append(&large, source.json));
    assert_ok(buf_extend(&large, FILE_MAX, &more));
    memset(more, ' ', FILE_MAX);
    source.json = buf_bytes(&large);
    assert_err(schema_load(source, &s, &where), SV_ERR_INPUT);
    assert_string_equal(where.file, "schema.json");
    source = schema_builtin();
    source.codes = buf_bytes(&large);
    assert_err(schema_load(source, &s, &where), SV_ERR_INPUT);
    assert_string_equal(where.file, "codes.csv");
    assert_null(s);
    buf_free(&json);
    buf_free(&large);
}

static void
test_faults_in_the_codes_are_named_by_line_and_column(void **state)
{
    static const struct {
        const char *codes;
        size_t line;
        const char *column, *reason;
    } cases[] = {
        {CODES, 0, "", NULL},
        {HEADER "ab,one,One,一,2020-01-01,2020-01-01,A,B,C,D", 0, "", NULL},
        {HEADER "ab,\"one\",\"One, 1\",一,,,,,,\r\n", 0, "", NULL},
        {"", 1, "list", "the file has no header row"},
        {"list,code,label_ja,label_en,valid_from,valid_to,htcds,ctdc,gbvims,"
         "iccs\n",
         1, "label_en", "this column must stand here"},
        {"list,code\n", 1, "label_en", "this column must stand here"},
        {HEADER "ab,one,One,一,,,,,\n", 2, "",
         "the row is cut off or has the wrong number of cells"},
        {HEADER "ab,one,One,一,,,,,,,\n", 2, "",
         "the row is cut off or has the wrong number of cells"},
        {CODES "ab,tw\"o,Two,二,,,,,,\n", 4, "",
         "a quotation mark stands where none may be"},
        {CODES "ab,\"three,Two,二,,,,,,\n", 4, "",
         "quotation marks open in this row and never close"},
        {HEADER ",one,One,一,,,,,,\n", 2, "list", "not a name"},
        {HEADER "ab,o-ne,One,一,,,,,,\n", 2, "code", "not a code"},
        {HEADER "ab,"
                "1234567890123456789012345678901234567890123456789,One,"
                "一,,,,,,\n",
         2, "code", "not a code"},
        {HEADER "ab,@,One,一,,,,,,\n", 2, "code", "not a code"},
        {HEADER "ab,unknown,One,一,,,,,,\n", 2, "code", "not a code"},
        {HEADER "ab,one,,一,,,,,,\n", 2, "label_en", "an empty value"},
        {HEADER "ab,one,One,\xff,,,,,,\n", 2, "label_ja", "not valid UTF-8"},
        {HEADER "ab,one,One,一,2020-02-30,,,,,\n", 2, "valid_from",
         "no such date"},
        {HEADER "ab,one,One,一,2020-01-02,2020-01-01,,,,\n", 2, "valid_to",
         "earlier than a day that must come before it"},
        {CODES "\nab,two,Two,二,,,,,,\n", 5, "code", "used by an earlier row"},
        {CODES "cd,one,One,一,,,,,,\nab,three,Three,三,,,,,,\n", 5, "list",
         "the codes of a list must stand together"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_fault(i, ONE(FIELD("\"kind\":\"date\"")), cases[i].codes,
                     "codes.csv", cases[i].line, cases[i].column,
                     cases[i].reason);
}

/* Each cut is refused with a reason, or (where only the end is gone that
 * says nothing) read; nothing crashes or leaks. */
static void
test_cut_and_flipped_files_are_read_or_refused(void **state)
{
    struct schema_source source = schema_builtin();
    uint8_t *copy = malloc(source.json.len);
    struct schema *s = NULL;
    struct diag where = {0};

    (void)state;
    assert_non_null(copy);
    for (size_t len = 0; len < source.json.len; len += 97) {
        struct schema_source cut = {bytes_slice(source.json, 0, len),
                                    source.codes};

        assert_err(schema_load(cut, &s, &where), SV_ERR_INPUT);
        assert_non_null(where.reason);
    }
    for (size_t len = 0; len < source.codes.len; len += 97) {
        struct schema_source cut = {source.json,
                                    bytes_slice(source.codes, 0, len)};

        if (schema_load(cut, &s, &where) == SV_OK)
            schema_free(s);
    }
    for (size_t at = 0; at < source.json.len; at += 31) {
        struct schema_source flip = {bytes_of(copy, source.json.len),
                                     source.codes};

        memcpy(copy, source.json.ptr, source.json.len);
        copy[at] ^= (uint8_t)(1u << at % 8);
        if (schema_load(flip, &s, &where) == SV_OK)
            schema_free(s);
    }
    free(copy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_the_compartments_of_the_matrix),
        cmocka_unit_test(test_facts_hold_no_free_text),
        cmocka_unit_test(test_every_type_has_one_unique_field),
        cmocka_unit_test(test_labels_are_in_both_languages),
        cmocka_unit_test(test_missing_words_and_kinds_correspond),
        cmocka_unit_test(test_values_that_are_none_are_refused_with_the_reason),
        cmocka_unit_test(test_hash_covers_both_files_and_their_border),
        cmocka_unit_test(test_faults_in_the_json_are_named_by_member),
        cmocka_unit_test(test_faults_in_what_is_searched_are_named_by_member),
        cmocka_unit_test(test_members_of_another_kind_are_named),
        cmocka_unit_test(test_what_is_too_much_is_refused),
        cmocka_unit_test(test_faults_in_the_codes_are_named_by_line_and_column),
        cmocka_unit_test(test_cut_and_flipped_files_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
