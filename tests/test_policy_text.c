/* The canonical text of a small policy, line by line, at its lengths, and the
 * facts that both readers put into one. */
#include "policy/policy_build.h"
#include "tests/support/support.h"

/* Every kind of line is in it. */
static const char small[] = "svault/policy/v1\n"
                            "profile p\n"
                            "column v.a\n"
                            "column v.b\n"
                            "column s.index\n"
                            "purpose care\n"
                            "purpose law\n"
                            "role administrator\n"
                            "default care\n"
                            "names care\n"
                            "act log.read\n"
                            "role supervisor\n"
                            "default law\n"
                            "names care\n"
                            "names law\n"
                            "grant-days-max 9\n"
                            "self-assigns\n"
                            "cell v.a rw\n"
                            "cell v.b h\n"
                            "cell s.index s\n"
                            "act record.read v\n"
                            "act record.find s\n"
                            "act record.assign v\n"
                            "exclude administrator supervisor\n"
                            "limit record.create 3 1000 duplicate\n"
                            "limit record.find 2 60000\n";

static enum sv_err
decode(const char *text)
{
    struct policy p, before;
    enum sv_err err;

    memset(&p, 0x55, sizeof p);
    before = p;
    err = policy_decode(bytes_text(text), &p);
    if (err != SV_OK)
        assert_memory_equal(&p, &before, sizeof p);
    return err;
}

/* The small text with the first `from` replaced. */
static enum sv_err
decode_changed(const char *from, const char *to)
{
    const char *at = strstr(small, from);
    char text[2048];

    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - small), small, to,
                   at + strlen(from));
    return decode(text);
}

static struct policy
small_policy(void)
{
    struct policy p;

    assert_ok(policy_decode(bytes_text(small), &p));
    return p;
}

/* ---- lines ---- */

static void
test_each_line_comes_to_what_it_says(void **state)
{
    struct policy p = small_policy();
    const struct policy_role *r = &p.roles[1];
    struct buf text = BUF_INIT;

    (void)state;
    assert_string_equal(p.profile, "p");
    assert_int_equal(p.n_columns, 3);
    assert_int_equal(p.n_types, 2);
    assert_int_equal(p.n_purposes, 2);
    assert_int_equal(p.n_roles, 2);
    assert_true(p.roles[0].acts[ACT_LOG_READ]);
    assert_string_equal(r->name, "supervisor");
    assert_int_equal(r->default_purpose, 1);
    assert_int_equal(r->purposes, 3);
    assert_int_equal(r->grant_days_max, 9);
    assert_true(r->self_assigns);
    assert_false(p.roles[0].self_assigns);
    assert_int_equal(r->cells[0], CELL_READ | CELL_WRITE);
    assert_int_equal(r->cells[1], CELL_HOLDS);
    assert_int_equal(r->cells[2], CELL_SEARCH);
    assert_int_equal(r->act_types[ACT_RECORD_FIND], 2);
    assert_true(p.excludes[0][1] && p.excludes[1][0]);
    assert_int_equal(p.limits[ACT_RECORD_CREATE].n, 3);
    assert_int_equal(p.limits[ACT_RECORD_CREATE].ms, 1000);
    assert_true(p.limits[ACT_RECORD_CREATE].duplicates);
    assert_int_equal(p.limits[ACT_RECORD_FIND].ms, 60000);
    assert_false(p.limits[ACT_RECORD_FIND].duplicates);
    assert_ok(policy_encode(&p, &text));
    assert_true(bytes_equal(buf_bytes(&text), bytes_text(small)));
    buf_free(&text);
}

static void
test_no_line_is_elsewhere_twice_or_unknown(void **state)
{
    const char *at = small;

    (void)state;
    for (const char *end; *at != '\0'; at = end) {
        char line[128], changed[256];

        end = strchr(at, '\n') + 1;
        (void)snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
        (void)snprintf(changed, sizeof changed, "%s%s", line, line);
        assert_err(decode_changed(line, changed), SV_ERR_FORMAT);
        (void)snprintf(changed, sizeof changed, "x%s", line);
        assert_err(decode_changed(line, changed), SV_ERR_FORMAT);
        (void)snprintf(changed, sizeof changed, " %s", line);
        assert_err(decode_changed(line, changed), SV_ERR_FORMAT);
        (void)snprintf(changed, sizeof changed, "%.*s \n",
                       (int)(strlen(line) - 1), line);
        assert_err(decode_changed(line, changed), SV_ERR_FORMAT);
        (void)snprintf(changed, sizeof changed, "%.*s more\n",
                       (int)(strlen(line) - 1), line);
        assert_err(decode_changed(line, changed), SV_ERR_FORMAT);
        if (*end != '\0') { /* behind the next one */
            const char *next = strchr(end, '\n') + 1;
            char two[256];

            (void)snprintf(two, sizeof two, "%.*s", (int)(next - at), at);
            (void)snprintf(changed, sizeof changed, "%.*s%s", (int)(next - end),
                           end, line);
            assert_err(decode_changed(two, changed), SV_ERR_FORMAT);
        }
    }
}

static void
test_lines_of_a_role_stand_behind_one(void **state)
{
    static const char *const lines[] = {"default care\n",     "names care\n",
                                        "grant-days-max 9\n", "self-assigns\n",
                                        "cell v.a rw\n",      "act log.read\n"};

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char changed[128];

        (void)snprintf(changed, sizeof changed, "%srole administrator\n",
                       lines[i]);
        assert_err(decode_changed("role administrator\n", changed),
                   SV_ERR_FORMAT);
    }
}

static void
test_word_alone_is_no_line(void **state)
{
    static const char *const lines[] = {
        "profile p\n",        "column v.a\n",
        "purpose care\n",     "role supervisor\n",
        "default law\n",      "names care\n",
        "grant-days-max 9\n", "cell v.a rw\n",
        "act log.read\n",     "exclude administrator supervisor\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char word[32];

        (void)snprintf(word, sizeof word, "%.*s\n", (int)strcspn(lines[i], " "),
                       lines[i]);
        assert_err(decode_changed(lines[i], word), SV_ERR_FORMAT);
    }
}

static void
test_numbers_are_within_their_bounds(void **state)
{
    static const struct {
        const char *to;
        bool is_right;
    } cases[] = {
        {"limit record.find 1 60000\n", true},
        {"limit record.find 0 60000\n", false},
        {"limit record.find 32 60000\n", true},
        {"limit record.find 33 60000\n", false},
        {"limit record.find 02 60000\n", false},
        {"limit record.find 2 1\n", true},
        {"limit record.find 2 0\n", false},
        {"limit record.find 2 18446744073709551615\n", true},
        {"limit record.find 2 18446744073709551616\n", false},
        {"limit record.find 2 60000 duplicate\n", false},
        {"limit record.find 2 60000 done\n", false},
        {"limit record.find 2\n", false},
        {"limit record.find\n", false},
        {"limit\n", false},
        {"limit record.fine 2 60000\n", false},
        {"limit record.import 2 60000 duplicate\n", true},
        {"limit record.save 2 60000 duplicate\n", true},
        {"limit record.read 2 60000 duplicate\n", false},
        {"", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if ((decode_changed("limit record.find 2 60000\n", cases[i].to) ==
             SV_OK) != cases[i].is_right)
            fail_msg("%s", cases[i].to);
    }
    assert_ok(decode_changed("max 9\n", "max 1\n"));
    assert_ok(decode_changed("max 9\n", "max 3650\n"));
    assert_err(decode_changed("max 9\n", "max 3651\n"), SV_ERR_FORMAT);
    assert_err(decode_changed("max 9\n", "max 0\n"), SV_ERR_FORMAT);
}

static void
test_each_act_may_have_a_limit(void **state)
{
    struct policy p = small_policy(), back;

    (void)state;
    for (unsigned act = 0; act < ACT_N; act++) {
        struct buf text = BUF_INIT;

        memset(p.limits, 0, sizeof p.limits);
        p.limits[act] = (struct policy_limit){2, 60000, false};
        assert_ok(policy_encode(&p, &text));
        assert_ok(policy_decode(buf_bytes(&text), &back));
        assert_memory_equal(&back.limits, &p.limits, sizeof p.limits);
        buf_free(&text);
    }
}

static void
test_roles_that_exclude_each_other_are_named_once_in_order(void **state)
{
    static const char line[] = "exclude administrator supervisor\n";

    (void)state;
    assert_err(decode_changed(line, ""), SV_ERR_FORMAT);
    assert_err(decode_changed(line, "exclude supervisor administrator\n"),
               SV_ERR_FORMAT);
    assert_err(decode_changed(line, "exclude administrator administrator\n"),
               SV_ERR_FORMAT);
    assert_err(decode_changed(line, "exclude administrator\n"), SV_ERR_FORMAT);
    assert_err(decode_changed(line, "exclude administrator nobody\n"),
               SV_ERR_FORMAT);
    assert_err(decode_changed(line, "exclude nobody supervisor\n"),
               SV_ERR_FORMAT);
}

/* ---- lengths ---- */

/* The n-th line of an act on a type, from 0. */
static void
set_act(struct policy *p, unsigned n, bool value)
{
    struct policy_role *r = &p->roles[n / (ACT_N * POLICY_TYPES_MAX)];
    unsigned act = n / POLICY_TYPES_MAX % ACT_N;
    uint32_t type = UINT32_C(1) << n % POLICY_TYPES_MAX;

    assert_true(r < p->roles + POLICY_ROLES_MAX);
    r->act_types[act] =
        value ? r->act_types[act] | type : r->act_types[act] & ~type;
    r->acts[act] = r->act_types[act] != 0;
}

static void
lengthen(char name[static NAME_SIZE], size_t n)
{
    assert_true(strlen(name) + n <= NAME_MAX_LEN);
    memset(name + strlen(name), 'x', n);
}

/* Lines of acts until the next would be one too many; names fill the rest. */
static void
test_text_is_as_long_as_it_may_be_and_not_longer(void **state)
{
    struct policy p = small_policy();
    struct buf text = BUF_INIT;
    size_t spare = 0;
    unsigned n = 0;

    (void)state;
    memset(p.roles, 0, sizeof p.roles);
    p.n_roles = POLICY_ROLES_MAX;
    p.n_types = POLICY_TYPES_MAX;
    for (unsigned t = 0; t < p.n_types; t++)
        memset(p.types[t], 't', NAME_MAX_LEN);
    while (policy_encode(&p, &text) == SV_OK) {
        set_act(&p, n++, true);
        spare = POLICY_TEXT_MAX - text.len;
        buf_truncate(&text, 0);
    }
    assert_err(policy_encode(&p, &text), SV_ERR_RANGE);
    assert_int_equal(text.len, 0);
    set_act(&p, n - 1, false);
    lengthen(p.profile, spare / 2);
    lengthen(p.columns[0].compartment, spare - spare / 2);
    assert_ok(buf_text(&text, "before"));
    assert_ok(policy_encode(&p, &text));
    assert_int_equal(text.len, 6 + POLICY_TEXT_MAX);
    lengthen(p.columns[0].type, 1);
    assert_err(policy_encode(&p, &text), SV_ERR_RANGE);
    assert_int_equal(text.len, 6 + POLICY_TEXT_MAX);
    buf_free(&text);
}

/* Lines of these lengths, each with its end, 0 behind the last. */
static struct buf
lines_of(const size_t *lens)
{
    struct buf text = BUF_INIT;

    for (; *lens > 0; lens++) {
        for (size_t i = 1; i < *lens; i++)
            assert_ok(buf_text(&text, "x"));
        assert_ok(buf_text(&text, "\n"));
    }
    return text;
}

static void
parts_are(const size_t *lines, const size_t *want)
{
    struct buf text = lines_of(lines);
    struct bytes part = {NULL, 0};
    size_t at = 0;
    unsigned parts = 0, k = 0;

    for (; want[k] > 0; k++) {
        assert_ok(policy_part(buf_bytes(&text), k + 1, &part, &parts));
        assert_int_equal(part.len, want[k]);
        assert_ptr_equal(part.ptr, text.ptr + at);
        at += part.len;
    }
    assert_int_equal(parts, k);
    assert_int_equal(at, text.len);
    parts = 77;
    assert_err(policy_part(buf_bytes(&text), 0, &part, &parts), SV_ERR_RANGE);
    assert_err(policy_part(buf_bytes(&text), k + 1, &part, &parts),
               SV_ERR_RANGE);
    assert_int_equal(parts, 77);
    buf_free(&text);
}

static void
test_parts_are_as_many_lines_as_fit(void **state)
{
    enum { MOST = REQUEST_TEXT_MAX };
    struct bytes part = {NULL, 0};
    unsigned parts = 0;
    struct buf text;

    (void)state;
    parts_are((size_t[]){1, 0}, (size_t[]){1, 0});
    parts_are((size_t[]){MOST, 0}, (size_t[]){MOST, 0});
    parts_are((size_t[]){MOST, 1, 0}, (size_t[]){MOST, 1, 0});
    parts_are((size_t[]){MOST - 1, 1, 0}, (size_t[]){MOST, 0});
    parts_are((size_t[]){MOST - 1, 2, 0}, (size_t[]){MOST - 1, 2, 0});
    parts_are((size_t[]){1, MOST, 1, 0}, (size_t[]){1, MOST, 1, 0});
    parts_are((size_t[]){9, MOST - 9, 9, MOST - 8, 0},
              (size_t[]){MOST, 9, MOST - 8, 0});
    /* A line that does not fit, first or last. */
    for (unsigned i = 0; i < 2; i++) {
        text = lines_of(&(size_t[]){9, MOST + 1, 0}[i]);
        for (unsigned k = 0; k < 4; k++)
            assert_err(policy_part(buf_bytes(&text), k, &part, &parts),
                       SV_ERR_RANGE);
        buf_free(&text);
    }
}

/* ---- facts ---- */

#define T(text) bytes_text(text)
#define LONGEST "abcdefghijklmnopqrstuvwxyz012345"

static void
test_fact_that_cannot_be_added_is_told_by_its_error(void **state)
{
    struct policy p = small_policy();
    const struct policy before = p;

    (void)state;
    assert_err(policy_build_column(&p, T("v.a")), SV_ERR_EXISTS);
    assert_err(policy_build_column(&p, T("v")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T("")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T("v.")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T(".a")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T("v.a.b")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T("v." LONGEST "6")), SV_ERR_FORMAT);
    assert_err(policy_build_column(&p, T(LONGEST "6.a")), SV_ERR_FORMAT);
    assert_err(policy_build_purpose(&p, T("care")), SV_ERR_EXISTS);
    assert_err(policy_build_purpose(&p, T("Care")), SV_ERR_FORMAT);
    assert_err(policy_build_role(&p, T("supervisor")), SV_ERR_EXISTS);
    assert_err(policy_build_role(&p, T("")), SV_ERR_FORMAT);
    assert_err(policy_build_names(&p, 1, T("law")), SV_ERR_EXISTS);
    assert_err(policy_build_names(&p, 1, T("greed")), SV_ERR_NOT_FOUND);
    assert_err(policy_build_names(&p, 1, T("gr-eed")), SV_ERR_FORMAT);
    assert_err(policy_build_default(&p, 1, T("greed")), SV_ERR_NOT_FOUND);
    assert_err(policy_build_default(&p, 1, T("")), SV_ERR_FORMAT);
    assert_err(policy_build_cell(&p, 1, T("v.a"), T("r")), SV_ERR_EXISTS);
    assert_err(policy_build_cell(&p, 1, T("v.c"), T("r")), SV_ERR_NOT_FOUND);
    assert_err(policy_build_cell(&p, 0, T("v.a"), T("")), SV_ERR_FORMAT);
    assert_err(policy_build_cell(&p, 0, T("v.a"), T("rx")), SV_ERR_FORMAT);
    assert_err(policy_build_cell(&p, 0, T("v.a"), T("wrw")), SV_ERR_EXISTS);
    assert_err(policy_build_act(&p, 0, T("log.read"), T("")), SV_ERR_EXISTS);
    assert_err(policy_build_act(&p, 0, T("log.read"), T("v")), SV_ERR_FORMAT);
    assert_err(policy_build_act(&p, 0, T("log.write"), T("")),
               SV_ERR_NOT_FOUND);
    assert_err(policy_build_act(&p, 1, T("record.read"), T("v")),
               SV_ERR_EXISTS);
    assert_err(policy_build_act(&p, 1, T("record.find"), T("s")),
               SV_ERR_EXISTS);
    assert_err(policy_build_act(&p, 1, T("record.read"), T("")), SV_ERR_FORMAT);
    assert_err(policy_build_act(&p, 1, T("record.read"), T("w")),
               SV_ERR_NOT_FOUND);
    assert_err(policy_build_act(&p, 1, T("record.read"), T("V")),
               SV_ERR_FORMAT);
    assert_err(policy_build_limit(&p, T("log.write"), 1, 1, false),
               SV_ERR_NOT_FOUND);
    assert_err(policy_build_limit(&p, T("record.find"), 1, 1, false),
               SV_ERR_EXISTS);
    assert_err(policy_build_limit(&p, T("log.read"), 0, 1, false),
               SV_ERR_RANGE);
    assert_err(policy_build_limit(&p, T("log.read"), 33, 1, false),
               SV_ERR_RANGE);
    assert_err(policy_build_limit(&p, T("log.read"), 1, 0, false),
               SV_ERR_RANGE);
    assert_err(policy_build_limit(&p, T("log.read"), 1, 1, true), SV_ERR_RANGE);
    assert_memory_equal(&p, &before, sizeof p);
}

static void
test_facts_are_added_until_there_is_no_room(void **state)
{
    struct policy p = {.n_roles = 0};
    char name[NAME_SIZE * 2];

    (void)state;
    for (unsigned i = 0; i < POLICY_PURPOSES_MAX; i++) {
        (void)snprintf(name, sizeof name, "p%u", i);
        assert_ok(policy_build_purpose(&p, T(name)));
    }
    assert_err(policy_build_purpose(&p, T("one_more")), SV_ERR_RANGE);
    assert_err(policy_build_purpose(&p, T("p3")), SV_ERR_EXISTS);
    for (unsigned i = 0; i < POLICY_ROLES_MAX; i++) {
        (void)snprintf(name, sizeof name, "r%u", i);
        assert_ok(policy_build_role(&p, T(name)));
    }
    assert_err(policy_build_role(&p, T("one_more")), SV_ERR_RANGE);
    for (unsigned i = 0; i < POLICY_TYPES_MAX; i++) {
        (void)snprintf(name, sizeof name, "t%u.a", i);
        assert_ok(policy_build_column(&p, T(name)));
        assert_int_equal(p.n_types, i + 1);
    }
    assert_err(policy_build_column(&p, T("t8.a")), SV_ERR_RANGE);
    for (unsigned i = POLICY_TYPES_MAX; i < POLICY_COLUMNS_MAX; i++) {
        (void)snprintf(name, sizeof name, "t7.c%u", i);
        assert_ok(policy_build_column(&p, T(name)));
        assert_int_equal(policy_build_find_column(&p, T(name)), i);
    }
    assert_err(policy_build_column(&p, T("t7.d")), SV_ERR_RANGE);
    assert_int_equal(p.n_columns, POLICY_COLUMNS_MAX);
    assert_int_equal(p.n_types, POLICY_TYPES_MAX);
    for (unsigned i = 0; i < POLICY_PURPOSES_MAX; i++)
        assert_ok(policy_build_names(&p, 23, T(p.purposes[i])));
    assert_int_equal(p.roles[23].purposes, 0xffff);
    assert_ok(policy_build_default(&p, 23, T("p15")));
    assert_int_equal(p.roles[23].default_purpose, 15);
}

static void
test_letters_are_written_in_one_order(void **state)
{
    struct policy p = small_policy();
    char letters[POLICY_LETTERS_SIZE];

    (void)state;
    assert_ok(policy_build_cell(&p, 0, T("v.a"), T("slghawr")));
    assert_int_equal(p.roles[0].cells[0], 0x7f);
    policy_build_letters(p.roles[0].cells[0], letters);
    assert_string_equal(letters, "rwahgls");
    for (unsigned bit = 0; bit < 7; bit++) {
        policy_build_letters((uint8_t)(1U << bit), letters);
        assert_int_equal(letters[0], "rwahgls"[bit]);
        assert_int_equal(letters[1], '\0');
    }
    policy_build_letters(0, letters);
    assert_string_equal(letters, "");
}

static void
test_names_are_found_whole(void **state)
{
    struct policy p = small_policy();
    int found = policy_build_find_role(&p, T("supervisor"));
    int none = policy_build_find_role(&p, T("super visor")); /* right behind */

    (void)state;
    assert_int_equal(found, 1);
    assert_int_equal(none, -1);
    assert_int_equal(policy_build_find_role(&p, T("administrator")), 0);
    assert_int_equal(policy_build_find_role(&p, T("supervisors")), -1);
    assert_int_equal(policy_build_find_column(&p, T("v.b")), 1);
    assert_int_equal(policy_build_find_column(&p, T("s.b")), -1);
    assert_int_equal(policy_build_find_column(&p, T("vb")), -1);
    assert_int_equal(policy_role(&p, ""), -1);
    assert_int_equal(policy_type(&p, ""), -1);
    assert_int_equal(policy_purpose(&p, ""), -1);
    assert_int_equal(policy_column(&p, "", ""), -1);
    assert_true(policy_is_index(&p, 2));
    assert_false(policy_is_index(&p, 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_line_comes_to_what_it_says),
        cmocka_unit_test(test_no_line_is_elsewhere_twice_or_unknown),
        cmocka_unit_test(test_lines_of_a_role_stand_behind_one),
        cmocka_unit_test(test_word_alone_is_no_line),
        cmocka_unit_test(test_numbers_are_within_their_bounds),
        cmocka_unit_test(test_each_act_may_have_a_limit),
        cmocka_unit_test(
            test_roles_that_exclude_each_other_are_named_once_in_order),
        cmocka_unit_test(test_text_is_as_long_as_it_may_be_and_not_longer),
        cmocka_unit_test(test_parts_are_as_many_lines_as_fit),
        cmocka_unit_test(test_fact_that_cannot_be_added_is_told_by_its_error),
        cmocka_unit_test(test_facts_are_added_until_there_is_no_room),
        cmocka_unit_test(test_letters_are_written_in_one_order),
        cmocka_unit_test(test_names_are_found_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
