/* A small policy in JSON: what each field comes to, what it may not be, and
 * where the whole contradicts itself. */
#include <jansson.h>

#include "policy/policy.h"
#include "tests/support/support.h"

static const char small[] =
    "{\"format\": \"svault/policy/v1\","
    "\"columns\": [\"v.a\", \"v.b\", \"s.a\", \"s.index\"],"
    "\"purposes\": [\"care\", \"law\"],"
    "\"roles\": ["
    "{\"name\": \"administrator\", \"cells\": {}, \"acts\": {\"log.read\": []},"
    " \"default_purpose\": \"care\", \"purposes\": [\"care\"]},"
    "{\"name\": \"supervisor\","
    " \"cells\": {\"v.a\": \"rw\", \"v.b\": \"h\", \"s.a\": \"r\","
    " \"s.index\": \"s\"},"
    " \"acts\": {\"record.read\": [\"v\"], \"record.assign\": [\"v\", \"s\"]},"
    " \"default_purpose\": \"law\", \"purposes\": [\"care\", \"law\"],"
    " \"grant_days_max\": 9},"
    "{\"name\": \"auditor\", \"cells\": {}, \"acts\": {},"
    " \"default_purpose\": \"care\", \"purposes\": [\"care\"]},"
    "{\"name\": \"worker\", \"cells\": {\"v.b\": \"wa\"},"
    " \"acts\": {\"record.save\": [\"v\"]},"
    " \"default_purpose\": \"care\", \"purposes\": [\"care\"]}],"
    "\"limits\": {\"record.find\": {\"count\": 2, \"minutes\": 3},"
    "\"record.save\": {\"count\": 4, \"minutes\": 5,"
    " \"outcome\": \"duplicate\"}},"
    "\"exclusions\": [{\"roles\": [\"administrator\"], \"exclude\": \"all\"},"
    "{\"roles\": [\"auditor\"], \"exclude\": \"holders\"},"
    "{\"roles\": [\"supervisor\"], \"exclude\": \"holders-of s.index v.b\"}],"
    "\"profiles\": {\"p\": {}, \"q\": {"
    "\"permit\": [[\"supervisor\", \"worker\"]],"
    "\"cells\": {\"worker\": {\"v.b\": \"rwg\"}},"
    "\"self_assigns\": [\"supervisor\"]}}}";

enum { ADMINISTRATOR, SUPERVISOR, AUDITOR, WORKER };

static json_t *
parsed(const char *text)
{
    json_t *v =
        json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(v);
    return v;
}

/* The value at "roles/0/cells" becomes this one; NULL: it is taken away. */
static void
change(json_t *root, const char *path, const char *to)
{
    char word[64];
    json_t *at = root;
    size_t n;

    for (n = strcspn(path, "/"); path[n] != '\0'; n = strcspn(path, "/")) {
        (void)snprintf(word, sizeof word, "%.*s", (int)n, path);
        at = json_is_array(at) ? json_array_get(at, strtoul(word, NULL, 10))
                               : json_object_get(at, word);
        assert_non_null(at);
        path += n + 1;
    }
    if (to == NULL)
        assert_int_equal(json_object_del(at, path), 0);
    else if (json_is_array(at))
        assert_int_equal(
            json_array_set_new(at, strtoul(path, NULL, 10), parsed(to)), 0);
    else
        assert_int_equal(json_object_set_new(at, path, parsed(to)), 0);
}

/* The small policy with that change, under profile q. */
static enum sv_err
read_changed(const char *path, const char *to, struct policy *out,
             struct diag *where)
{
    json_t *root = parsed(small);
    char *text;
    enum sv_err err;

    if (path != NULL)
        change(root, path, to);
    text = json_dumps(root, 0);
    assert_non_null(text);
    err = policy_from_json(bytes_text(text), "q", out, where);
    free(text);
    json_decref(root);
    return err;
}

static struct policy
read_profile(const char *profile)
{
    struct policy p;

    assert_ok(policy_from_json(bytes_text(small), profile, &p, NULL));
    return p;
}

/* ---- what the fields come to ---- */

static void
test_each_field_comes_to_what_it_says(void **state)
{
    struct policy p = read_profile("p");

    (void)state;
    assert_string_equal(p.profile, "p");
    assert_int_equal(p.n_types, 2);
    assert_string_equal(p.types[1], "s");
    assert_int_equal(p.n_columns, 4);
    assert_string_equal(p.columns[3].type, "s");
    assert_string_equal(p.columns[3].compartment, "index");
    assert_int_equal(p.n_purposes, 2);
    assert_int_equal(p.n_roles, 4);
    assert_int_equal(p.roles[SUPERVISOR].cells[0], CELL_READ | CELL_WRITE);
    assert_int_equal(p.roles[SUPERVISOR].cells[1], CELL_HOLDS);
    assert_int_equal(p.roles[SUPERVISOR].cells[2], CELL_READ);
    assert_int_equal(p.roles[SUPERVISOR].cells[3], CELL_SEARCH);
    assert_true(p.roles[SUPERVISOR].acts[ACT_RECORD_READ]);
    assert_false(p.roles[SUPERVISOR].acts[ACT_RECORD_SAVE]);
    assert_int_equal(p.roles[SUPERVISOR].act_types[ACT_RECORD_READ], 1);
    assert_int_equal(p.roles[SUPERVISOR].act_types[ACT_RECORD_ASSIGN], 3);
    assert_int_equal(p.roles[ADMINISTRATOR].act_types[ACT_LOG_READ], 0);
    assert_int_equal(p.roles[SUPERVISOR].purposes, 3);
    assert_int_equal(p.roles[SUPERVISOR].default_purpose, 1);
    assert_int_equal(p.roles[SUPERVISOR].grant_days_max, 9);
    assert_int_equal(p.roles[WORKER].grant_days_max, 0);
    assert_int_equal(p.limits[ACT_RECORD_FIND].n, 2);
    assert_int_equal(p.limits[ACT_RECORD_FIND].ms, 3 * 60 * 1000);
    assert_false(p.limits[ACT_RECORD_FIND].duplicates);
    assert_int_equal(p.limits[ACT_RECORD_SAVE].n, 4);
    assert_int_equal(p.limits[ACT_RECORD_SAVE].ms, 5 * 60 * 1000);
    assert_true(p.limits[ACT_RECORD_SAVE].duplicates);
    assert_int_equal(p.limits[ACT_RECORD_READ].n, 0);
}

/* Pairs, both ways, of two roles. */
static void
excludes(const struct policy *p, const char *const want[4])
{
    for (unsigned i = 0; i < p->n_roles; i++) {
        for (unsigned j = 0; j < p->n_roles; j++) {
            if (p->excludes[i][j] != (want[i][j] == 'x'))
                fail_msg("%s and %s", p->roles[i].name, p->roles[j].name);
        }
    }
}

static void
test_rules_of_exclusion_come_to_pairs(void **state)
{
    static const char *const p_pairs[] = {".xxx", "x.xx", "xx.x", "xxx."};
    static const char *const q_pairs[] = {".xxx", "x.x.", "xx.x", "x.x."};
    struct policy p = read_profile("p"), q = read_profile("q");

    (void)state;
    excludes(&p, p_pairs);
    excludes(&q, q_pairs); /* it permits one */
}

static void
test_profile_changes_what_it_names_and_nothing_else(void **state)
{
    struct policy p = read_profile("p"), q = read_profile("q");

    (void)state;
    assert_int_equal(p.roles[WORKER].cells[1], CELL_WRITE | CELL_ASSIGNED);
    assert_int_equal(q.roles[WORKER].cells[1],
                     CELL_READ | CELL_WRITE | CELL_BREAK_GLASS);
    for (unsigned i = 0; i < p.n_roles; i++) {
        assert_false(p.roles[i].self_assigns);
        assert_int_equal(q.roles[i].self_assigns, i == SUPERVISOR);
        q.roles[i].self_assigns = false;
    }
    q.roles[WORKER].cells[1] = p.roles[WORKER].cells[1];
    assert_memory_equal(p.roles, q.roles, sizeof p.roles);
    assert_memory_equal(p.limits, q.limits, sizeof p.limits);
}

static void
test_rule_of_holders_spares_who_holds_nothing(void **state)
{
    struct policy p;

    (void)state;
    assert_ok(read_changed("exclusions/2",
                           "{\"roles\": [\"auditor\"], "
                           "\"exclude\": [\"supervisor\"]}",
                           &p, NULL));
    assert_false(p.excludes[SUPERVISOR][WORKER]);
    assert_true(p.excludes[AUDITOR][WORKER]);
    assert_ok(read_changed("exclusions/0",
                           "{\"roles\": [\"administrator\"], "
                           "\"exclude\": [\"supervisor\", "
                           "\"auditor\"]}",
                           &p, NULL));
    assert_false(p.excludes[ADMINISTRATOR][WORKER]);
    assert_false(p.excludes[WORKER][ADMINISTRATOR]);
    assert_true(p.excludes[AUDITOR][ADMINISTRATOR]);
}

/* Who is not named is not meant, nor is the first role. */
static void
test_rule_of_some_holders_spares_the_others(void **state)
{
    static const char *const rules[] = {"holders", "holders-of s.a v.a"};
    struct policy p;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char text[256];

        (void)snprintf(text, sizeof text,
                       "[{\"roles\": [\"administrator\"], \"exclude\":"
                       " [\"supervisor\", \"auditor\"]},"
                       "{\"roles\": [\"worker\"], \"exclude\": \"%s\"}]",
                       rules[i]);
        assert_ok(read_changed("exclusions", text, &p, NULL));
        assert_false(p.excludes[WORKER][ADMINISTRATOR]);
        assert_false(p.excludes[WORKER][AUDITOR]);
    }
}

/* Of the first role and column, as of any. */
static void
test_profile_may_change_the_first_cell(void **state)
{
    struct policy p;

    (void)state;
    assert_ok(read_changed("profiles/q/cells",
                           "{\"administrator\": {\"s.a\": \"r\"},"
                           " \"supervisor\": {\"v.a\": \"r\"}}",
                           &p, NULL));
    assert_int_equal(p.roles[ADMINISTRATOR].cells[2], CELL_READ);
    assert_int_equal(p.roles[SUPERVISOR].cells[0], CELL_READ);
}

/* All of them exclude each other, and one assigns herself. */
static void
test_policy_has_as_many_roles_as_there_may_be(void **state)
{
    json_t *root = parsed(small), *roles = json_object_get(root, "roles");
    json_t *all = json_array();
    struct policy p;
    char *text;

    (void)state;
    while (json_array_size(roles) < POLICY_ROLES_MAX) {
        json_t *role = json_deep_copy(json_array_get(roles, AUDITOR));
        char name[NAME_SIZE];

        (void)snprintf(name, sizeof name, "r%zu", json_array_size(roles));
        assert_int_equal(json_object_set_new(role, "name", json_string(name)),
                         0);
        assert_int_equal(json_array_append_new(roles, role), 0);
    }
    for (size_t i = 0; i < POLICY_ROLES_MAX; i++)
        assert_int_equal(
            json_array_append(
                all, json_object_get(json_array_get(roles, i), "name")),
            0);
    assert_int_equal(json_object_set_new(
                         json_array_get(json_object_get(root, "exclusions"), 0),
                         "roles", all),
                     0);
    change(root, "profiles/q/permit", "[]");
    text = json_dumps(root, 0);
    assert_non_null(text);
    assert_ok(policy_from_json(bytes_text(text), "q", &p, NULL));
    for (unsigned i = 0; i < POLICY_ROLES_MAX; i++) {
        assert_int_equal(p.roles[i].self_assigns, i == SUPERVISOR);
        for (unsigned j = 0; j < POLICY_ROLES_MAX; j++)
            assert_int_equal(p.excludes[i][j], i != j);
    }
    free(text);
    json_decref(root);
}

static void
test_what_may_be_left_out_may(void **state)
{
    static const char *const paths[] = {"limits",
                                        "roles/1/grant_days_max",
                                        "profiles/q/permit",
                                        "profiles/q/cells",
                                        "profiles/q/self_assigns",
                                        "limits/record.save/outcome"};
    struct policy p;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_ok(read_changed(paths[i], NULL, &p, NULL));
    assert_ok(read_changed("limits", "{}", &p, NULL));
}

/* ---- what a field may not be ---- */

struct wrong {
    const char *path, *to, *place, *reason;
};

static void
refuse_all(const struct wrong *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct diag where = {.reason = NULL};
        struct policy p, before;

        memset(&p, 0x55, sizeof p);
        before = p;
        if (read_changed(cases[i].path, cases[i].to, &p, &where) !=
            SV_ERR_INPUT)
            fail_msg("%s: %s", cases[i].path, cases[i].to);
        assert_string_equal(where.column, cases[i].place);
        assert_string_equal(where.reason, cases[i].reason);
        assert_int_equal(where.line, 0); /* it is the place that helps */
        assert_memory_equal(&p, &before, sizeof p);
    }
}
#define REFUSE_ALL(cases) refuse_all(cases, sizeof(cases) / sizeof(cases)[0])

#define UNDEFINED "names what is not defined"
#define TWICE "says the same twice"
#define FORM "not as it should be written"
#define NO_TEXTS "not a list of texts"
#define NO_LIMIT "a limit that is none"

static void
test_what_is_missing_or_of_another_kind_is_refused(void **state)
{
    static const struct wrong cases[] = {
        {"format", NULL, "format", "an unknown format"},
        {"format", "\"svault/policy/v1 \"", "format", "an unknown format"},
        {"columns", NULL, "columns", "not a list"},
        {"columns", "{}", "columns", "not a list"},
        {"columns/3", "null", "columns", NO_TEXTS},
        {"columns/0", "\"v.a.b\"", "columns", FORM},
        {"columns/0", "\"V.a\"", "columns", FORM},
        {"columns/0", "\"v\"", "columns", FORM},
        {"columns/0", "\"\"", "columns", FORM},
        {"columns/1", "\"v.a\"", "columns", TWICE},
        {"purposes", NULL, "purposes", "not a list"},
        {"purposes", "\"care\"", "purposes", "not a list"},
        {"purposes/0", "[]", "purposes", NO_TEXTS},
        {"roles", NULL, "roles", "not a list"},
        {"roles", "{}", "roles", "not a list"},
        {"roles/0", "1", "roles", "not an object"},
        {"roles/3", "[]", "roles", "not an object"},
        {"roles/0/name", NULL, "roles", "has no name"},
        {"roles/0/name", "[]", "roles", "has no name"},
        {"roles/0/cells", NULL, "administrator", "has no cells"},
        {"roles/0/cells", "\"\"", "administrator", "has no cells"},
        {"roles/1/cells/v.a", "[]", "v.a", "not a text"},
        {"roles/1/cells/v.c", "\"r\"", "v.c", UNDEFINED},
        {"roles/1/cells/v.a", "\"rr\"", "v.a", TWICE},
        {"roles/1/cells/v.a", "\"R\"", "v.a", FORM},
        {"roles/0/acts", NULL, "administrator", "has no acts"},
        {"roles/0/acts", "[]", "administrator", "has no acts"},
        {"roles/0/acts/log.read", "{}", "log.read", "not a list"},
        {"roles/0/acts/log.read", "[\"\"]", "log.read", NO_TEXTS},
        {"roles/1/acts/record.assign", "[\"v\", 2]", "record.assign", NO_TEXTS},
        {"roles/1/acts/record.assign", "[\"v\", \"v\"]", "record.assign",
         TWICE},
        {"roles/1/acts/record.assign", "[\"w\"]", "record.assign", UNDEFINED},
        {"roles/1/acts/record.assign", "[]", "record.assign", FORM},
        {"roles/1/purposes", NULL, "supervisor",
         "has no purposes or no default"},
        {"roles/1/default_purpose", "1", "supervisor",
         "has no purposes or no default"},
        {"roles/1/default_purpose", "\"greed\"", "supervisor", UNDEFINED},
        {"roles/1/default_purpose", "\"Greed\"", "supervisor", FORM},
        {"roles/1/purposes/1", "{}", "supervisor", NO_TEXTS},
        {"roles/1/purposes/1", "\"care\"", "supervisor", TWICE},
        {"roles/1/purposes", "[\"care\"]", "supervisor",
         "the default purpose is not among the role's"},
        {"exclusions", NULL, "exclusions", "not a list"},
        {"exclusions", "{}", "exclusions", "not a list"},
        {"exclusions/0", "[]", "exclusions", "not an object"},
        {"exclusions/0/roles", NULL, "exclusions", "not a list"},
        {"exclusions/0/exclude", NULL, "exclusions", "not a list"},
        {"exclusions/0/roles", "\"all\"", "exclusions", "not a list"},
        {"exclusions/0/exclude", "\"al\"", "exclusions", "an unknown rule"},
        {"exclusions/0/exclude", "\"holders-of v.a v.x\"", "exclusions",
         UNDEFINED},
        {"profiles", NULL, "profiles", "there is no such profile"},
        {"profiles/q", NULL, "profiles", "there is no such profile"},
        {"profiles/q", "[]", "profiles", "not an object"},
        {"profiles/q/permit", "{}", "profiles", "not a list"},
        {"profiles/q/permit", "[[]]", "profiles", "not a list"},
        {"profiles/q/cells", "[]", "profiles", "not an object"},
        {"profiles/q/cells/worker", "[]", "worker", "has no cells"},
        {"profiles/q/cells/worker/v.a", "7", "v.a", "not a text"},
        {"profiles/q/cells/nobody", "{}", "profiles", UNDEFINED},
        {"profiles/q/self_assigns", "[]", "profiles", "not a list"},
    };

    (void)state;
    REFUSE_ALL(cases);
}

static void
test_text_that_is_no_json_is_told_by_its_line(void **state)
{
    static const struct {
        const char *text;
        size_t line;
    } cases[] = {{"{", 1}, {"{\n\"format\"", 2}, {NULL, 0}};
    struct policy p;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bytes text = cases[i].text != NULL ? bytes_text(cases[i].text)
                                                  : bytes_of(NULL, 0);
        struct diag where = {.line = 77};

        assert_err(policy_from_json(text, "p", &p, &where), SV_ERR_INPUT);
        assert_string_equal(where.reason, "not valid JSON");
        assert_int_equal(where.line, cases[i].line);
    }
}

static void
test_limits_are_numbers_within_bounds(void **state)
{
    static const struct wrong cases[] = {
        {"limits", "[]", "limits", "not an object"},
        {"limits/record.find", "[]", "record.find", "not an object"},
        {"limits/record.find/days", "1", "record.find", "has an unknown key"},
        {"limits/record.find/count", NULL, "record.find", NO_LIMIT},
        {"limits/record.find/minutes", NULL, "record.find", NO_LIMIT},
        {"limits/record.find/count", "0", "record.find", NO_LIMIT},
        {"limits/record.find/count", "-1", "record.find", NO_LIMIT},
        {"limits/record.find/count", "33", "record.find", "too many"},
        {"limits/record.find/minutes", "0", "record.find", NO_LIMIT},
        {"limits/record.find/minutes", "527041", "record.find", NO_LIMIT},
        {"limits/record.save/outcome", "1", "record.save", NO_LIMIT},
        {"limits/record.save/outcome", "\"done\"", "record.save", NO_LIMIT},
        {"limits/record.find/outcome", "\"duplicate\"", "record.find",
         "too many"},
        {"limits/record.fine", "{\"count\": 1, \"minutes\": 1}", "record.fine",
         UNDEFINED},
        {"roles/1/grant_days_max", "0", "supervisor", "not a number of days"},
        {"roles/1/grant_days_max", "3651", "supervisor",
         "not a number of days"},
        {"roles/1/grant_days_max", "1.0", "supervisor", "not a number of days"},
    };
    struct policy p;

    (void)state;
    REFUSE_ALL(cases);
    assert_ok(read_changed("limits/record.find/count", "1", &p, NULL));
    assert_ok(read_changed("limits/record.find/count", "32", &p, NULL));
    assert_int_equal(p.limits[ACT_RECORD_FIND].n, 32);
    assert_ok(read_changed("limits/record.find/minutes", "1", &p, NULL));
    assert_ok(read_changed("limits/record.find/minutes", "527040", &p, NULL));
    assert_int_equal(p.limits[ACT_RECORD_FIND].ms, 31622400000);
    assert_ok(read_changed("roles/1/grant_days_max", "1", &p, NULL));
    assert_ok(read_changed("roles/1/grant_days_max", "3650", &p, NULL));
    assert_int_equal(p.roles[SUPERVISOR].grant_days_max, 3650);
}

/* ---- the whole ---- */

static void
wrong(const struct policy *p, const char *place, const char *reason)
{
    struct diag where = {.reason = NULL};

    assert_err(policy_check(p, &where), SV_ERR_INPUT);
    assert_err(policy_check(p, NULL), SV_ERR_INPUT);
    assert_string_equal(where.column, place);
    assert_string_equal(where.reason, reason);
    assert_int_equal(where.line, 0);
}

static uint8_t
cell_of(const char *letters)
{
    static const char all[] = "rwahgls";
    uint8_t cell = 0;

    for (; *letters != '\0'; letters++)
        cell |= (uint8_t)(1U << (strchr(all, *letters) - all));
    return cell;
}

static void
test_letters_of_a_cell_go_together_or_not(void **state)
{
    static const char *const right[] = {"",    "r",    "w",  "rw", "ra",  "wa",
                                        "rwa", "g",    "rg", "wg", "rwg", "rag",
                                        "wag", "rwag", "h",  "l"};
    struct policy p = read_profile("p");

    (void)state;
    for (unsigned cell = 0; cell < 1U << 7; cell++) {
        bool is_right = false;

        for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
            is_right = is_right || cell == cell_of(right[i]);
        p.roles[AUDITOR].cells[0] = (uint8_t)cell;
        if (is_right)
            assert_ok(policy_check(&p, NULL));
        else
            wrong(&p, "auditor",
                  "letters of a cell that contradict each other");
        p.roles[AUDITOR].cells[0] = 0;
        p.roles[AUDITOR].cells[3] = (uint8_t)cell; /* the index */
        if (cell == 0 || cell == CELL_SEARCH)
            assert_ok(policy_check(&p, NULL));
        else
            wrong(&p, "auditor",
                  "letters of a cell that contradict each other");
        p.roles[AUDITOR].cells[3] = 0;
    }
}

/* The worker may do this to records of type v or s, with these cells. */
static void
needs(enum request_act act, unsigned type, const char *const cells[4],
      bool is_enough)
{
    struct policy p = read_profile("p");

    memset(&p.roles[WORKER].acts, 0, sizeof p.roles[WORKER].acts);
    memset(&p.roles[WORKER].act_types, 0, sizeof p.roles[WORKER].act_types);
    for (unsigned c = 0; c < 4; c++)
        p.roles[WORKER].cells[c] = cell_of(cells[c]);
    assert_ok(policy_check(&p, NULL));
    p.roles[WORKER].acts[act] = true;
    p.roles[WORKER].act_types[act] = UINT32_C(1) << type;
    if (is_enough)
        assert_ok(policy_check(&p, NULL));
    else
        wrong(&p, "worker", "an act without the cells that it needs");
}

static void
test_acts_need_cells_of_their_type(void **state)
{
    static const struct {
        enum request_act act;
        unsigned type; /* v has a and b, s has a and the index */
        const char *cells[4];
        bool is_enough;
    } cases[] = {
        {ACT_RECORD_CREATE, 0, {"w", "w", "", ""}, true},
        {ACT_RECORD_CREATE, 0, {"w", "r", "", ""}, false},
        {ACT_RECORD_CREATE, 0, {"w", "", "w", ""}, false},
        {ACT_RECORD_CREATE, 1, {"", "", "w", "s"}, true},
        {ACT_RECORD_CREATE, 1, {"", "", "w", ""}, false},
        {ACT_RECORD_CREATE, 1, {"w", "w", "", "s"}, false},
        {ACT_RECORD_IMPORT, 0, {"wa", "wa", "", ""}, true},
        {ACT_RECORD_IMPORT, 0, {"", "wa", "", ""}, false},
        {ACT_RECORD_IMPORT, 1, {"", "", "w", ""}, false},
        {ACT_RECORD_FIND, 1, {"", "", "", "s"}, true},
        {ACT_RECORD_FIND, 1, {"", "", "rw", ""}, false},
        {ACT_RECORD_FIND, 0, {"rw", "rw", "", "s"}, false},
        {ACT_RECORD_SAVE, 0, {"", "w", "", ""}, true},
        {ACT_RECORD_SAVE, 0, {"r", "h", "w", ""}, false},
        {ACT_RECORD_READ, 0, {"r", "", "", ""}, true},
        {ACT_RECORD_READ, 0, {"", "g", "", ""}, true},
        {ACT_RECORD_READ, 0, {"w", "h", "r", ""}, false},
        {ACT_RECORD_READ, 1, {"r", "", "", "s"}, false},
        {ACT_RECORD_ASSIGN, 0, {"", "h", "", ""}, true},
        {ACT_RECORD_ASSIGN, 0, {"", "l", "", ""}, true},
        {ACT_RECORD_ASSIGN, 0, {"", "", "r", "s"}, false},
        {ACT_RECORD_ASSIGN, 1, {"", "", "", "s"}, false},
        {ACT_RECORD_HISTORY, 1, {"", "", "g", ""}, true},
        {ACT_RECORD_HISTORY, 1, {"r", "r", "", ""}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        needs(cases[i].act, cases[i].type, cases[i].cells, cases[i].is_enough);
    }
}

static void
test_role_that_contradicts_itself_is_named(void **state)
{
    static const char purpose[] = "the default purpose is not among the role's";
    const struct policy small_one = read_profile("p");
    struct policy p = small_one;

    (void)state;
    p.roles[WORKER].default_purpose = p.n_purposes;
    p.roles[WORKER].purposes = UINT32_MAX;
    wrong(&p, "worker", purpose);
    p = small_one;
    p.roles[WORKER].default_purpose = 1;
    wrong(&p, "worker", purpose);
    p.roles[WORKER].purposes = 2;
    assert_ok(policy_check(&p, NULL));
    p.roles[ADMINISTRATOR].grant_days_max = POLICY_GRANT_DAYS_MAX;
    assert_ok(policy_check(&p, NULL));
    p.roles[ADMINISTRATOR].grant_days_max++;
    wrong(&p, "administrator", "too many days");
    p = small_one;
    p.roles[SUPERVISOR].self_assigns = true;
    assert_ok(policy_check(&p, NULL));
    p.roles[WORKER].self_assigns = true;
    wrong(&p, "worker", "assigns herself but assigns nobody");
    p = small_one;
    p.roles[ADMINISTRATOR].acts[ACT_GENESIS] = true;
    wrong(&p, "administrator", "only the founders do this act");
    p = small_one;
    p.roles[ADMINISTRATOR].acts[ACT_POLICY] = true;
    wrong(&p, "administrator", "only the founders do this act");
}

static void
test_founders_are_there_and_apart(void **state)
{
    const struct policy small_one = read_profile("p");
    struct policy p = small_one;

    (void)state;
    p.roles[ADMINISTRATOR].name[0] = 'x';
    wrong(&p, "exclusions", "a founder's role is missing");
    p = small_one;
    p.roles[SUPERVISOR].name[0] = 'x';
    wrong(&p, "exclusions", "a founder's role is missing");
    p = small_one;
    p.excludes[ADMINISTRATOR][SUPERVISOR] = false;
    wrong(&p, "exclusions", "administrator and supervisor must be two people");
    p = small_one;
    p.excludes[ADMINISTRATOR][AUDITOR] = false;
    wrong(&p, "exclusions", "administrator and auditor must be two people");
    p.roles[AUDITOR].name[0] = 'x'; /* there need be none */
    assert_ok(policy_check(&p, NULL));
}

static void
swap_roles(struct policy *p, unsigned i, unsigned j)
{
    struct policy_role role = p->roles[i];

    p->roles[i] = p->roles[j];
    p->roles[j] = role;
    for (unsigned k = 0; k < p->n_roles; k++) {
        bool was = p->excludes[i][k];

        p->excludes[i][k] = p->excludes[j][k];
        p->excludes[j][k] = was;
    }
    for (unsigned k = 0; k < p->n_roles; k++) {
        bool was = p->excludes[k][i];

        p->excludes[k][i] = p->excludes[k][j];
        p->excludes[k][j] = was;
    }
}

/* Where they stand among the roles means nothing. */
static void
test_founders_are_apart_in_any_order(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 3; first++) {
        struct policy p = read_profile("p");
        int administrator, others[2];

        swap_roles(&p, 0, first);
        assert_ok(policy_check(&p, NULL));
        administrator = policy_role(&p, "administrator");
        others[0] = policy_role(&p, "supervisor");
        others[1] = policy_role(&p, "auditor");
        for (unsigned i = 0; i < 2; i++) {
            p.excludes[administrator][others[i]] = false;
            assert_err(policy_check(&p, NULL), SV_ERR_INPUT);
            p.excludes[administrator][others[i]] = true;
        }
    }
}

/* An index that is the first column of all. */
static void
test_first_column_may_be_an_index(void **state)
{
    struct policy p = read_profile("p");
    struct policy_role *r = &p.roles[SUPERVISOR];
    struct policy_column index = p.columns[3];

    (void)state;
    p.columns[3] = p.columns[0];
    p.columns[0] = index;
    for (unsigned i = 0; i < p.n_roles; i++)
        memset(p.roles[i].cells, 0, sizeof p.roles[i].cells);
    memset(r->acts, 0, sizeof r->acts);
    memset(r->act_types, 0, sizeof r->act_types);
    p.roles[WORKER].acts[ACT_RECORD_SAVE] = false;
    p.roles[WORKER].act_types[ACT_RECORD_SAVE] = 0;
    assert_ok(policy_check(&p, NULL));
    r->cells[2] = CELL_WRITE;
    r->acts[ACT_RECORD_CREATE] = true;
    r->act_types[ACT_RECORD_CREATE] = 2;
    wrong(&p, "supervisor", "an act without the cells that it needs");
    r->cells[0] = CELL_SEARCH;
    assert_ok(policy_check(&p, NULL));
}

static void
test_policy_has_a_profile_columns_and_limits_that_are_some(void **state)
{
    const struct policy small_one = read_profile("p");
    struct policy p = small_one;

    (void)state;
    p.profile[0] = '\0';
    wrong(&p, "", "no profile or no columns");
    p.profile[0] = '_';
    wrong(&p, "", "no profile or no columns");
    p = small_one;
    p.n_columns = 0;
    wrong(&p, "", "no profile or no columns");
    for (unsigned act = 0; act < ACT_N; act++) {
        p = small_one;
        p.limits[act] = (struct policy_limit){POLICY_LIMIT_MAX, 1, false};
        assert_ok(policy_check(&p, NULL));
        p.limits[act].n++;
        wrong(&p, "limits", NO_LIMIT);
        p.limits[act] = (struct policy_limit){1, 0, false};
        wrong(&p, "limits", NO_LIMIT);
        p.limits[act] = (struct policy_limit){0, 1, false};
        wrong(&p, "limits", NO_LIMIT);
    }
}

/* Its index is none of a type's compartments. */
static void
test_type_has_no_more_compartments_than_a_request(void **state)
{
    struct policy p = read_profile("p");

    (void)state;
    for (unsigned n = 1; n < REQUEST_COMPARTMENTS_MAX; n++) {
        struct policy_column *c = &p.columns[p.n_columns++];

        assert_ok(policy_check(&p, NULL));
        *c = (struct policy_column){"s", ""};
        (void)snprintf(c->compartment, sizeof c->compartment, "more%u", n);
    }
    assert_ok(policy_check(&p, NULL));
    p.columns[p.n_columns++] = (struct policy_column){"s", "last"};
    wrong(&p, "s", "too many compartments");
}

/* ---- questions about cells ---- */

static void
test_each_letter_answers_for_itself(void **state)
{
    static const struct {
        const char *letters;
        bool has_key, is_only_assigned;
    } cases[] = {
        {"r", true, false},  {"w", false, false}, {"ra", true, true},
        {"wa", false, true}, {"g", true, true},   {"wg", true, true},
        {"h", true, false},  {"l", true, false},
    };
    struct policy p = read_profile("p");

    (void)state;
    assert_false(policy_touches(&p, AUDITOR, 0));
    assert_false(policy_holds_keys(&p, AUDITOR));
    assert_true(policy_only_assigned(&p, AUDITOR, 0));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (unsigned c = 0; c < 3; c++) {
            unsigned type = c / 2;

            p.roles[AUDITOR].cells[c] = cell_of(cases[i].letters);
            assert_int_equal(policy_holds_key(&p, AUDITOR, c),
                             cases[i].has_key);
            assert_int_equal(policy_only_assigned(&p, AUDITOR, type),
                             cases[i].is_only_assigned);
            assert_true(policy_only_assigned(&p, AUDITOR, 1 - type));
            assert_true(policy_touches(&p, AUDITOR, type));
            assert_false(policy_touches(&p, AUDITOR, 1 - type));
            assert_true(policy_holds_keys(&p, AUDITOR));
            p.roles[AUDITOR].cells[c] = 0;
        }
    }
    p.roles[AUDITOR].cells[3] = CELL_SEARCH;
    assert_true(policy_holds_key(&p, AUDITOR, 3));
    assert_true(policy_holds_keys(&p, AUDITOR));
    assert_false(policy_touches(&p, AUDITOR, 1));
    assert_true(policy_only_assigned(&p, AUDITOR, 1));
    assert_int_equal(policy_index(&p, "s"), 3);
    assert_int_equal(policy_index(&p, "v"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_field_comes_to_what_it_says),
        cmocka_unit_test(test_rules_of_exclusion_come_to_pairs),
        cmocka_unit_test(test_profile_changes_what_it_names_and_nothing_else),
        cmocka_unit_test(test_rule_of_holders_spares_who_holds_nothing),
        cmocka_unit_test(test_rule_of_some_holders_spares_the_others),
        cmocka_unit_test(test_profile_may_change_the_first_cell),
        cmocka_unit_test(test_policy_has_as_many_roles_as_there_may_be),
        cmocka_unit_test(test_what_may_be_left_out_may),
        cmocka_unit_test(test_what_is_missing_or_of_another_kind_is_refused),
        cmocka_unit_test(test_text_that_is_no_json_is_told_by_its_line),
        cmocka_unit_test(test_limits_are_numbers_within_bounds),
        cmocka_unit_test(test_letters_of_a_cell_go_together_or_not),
        cmocka_unit_test(test_acts_need_cells_of_their_type),
        cmocka_unit_test(test_role_that_contradicts_itself_is_named),
        cmocka_unit_test(test_founders_are_there_and_apart),
        cmocka_unit_test(test_founders_are_apart_in_any_order),
        cmocka_unit_test(test_first_column_may_be_an_index),
        cmocka_unit_test(
            test_policy_has_a_profile_columns_and_limits_that_are_some),
        cmocka_unit_test(test_type_has_no_more_compartments_than_a_request),
        cmocka_unit_test(test_each_letter_answers_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
