/* The policy as data: from JSON, as canonical text, and what it says. */
#include <sodium.h>

#include "tests/support/fakelog.h"

static struct policy standard, small_office;

static int
load_policies(void **state)
{
    (void)state;
    fakelog_policy("standard", &standard);
    fakelog_policy("small-office", &small_office);
    return 0;
}

static struct buf
text_of(const struct policy *p)
{
    struct buf text = BUF_INIT;

    assert_ok(policy_encode(p, &text));
    return text;
}

/* ---- separation of duty ---- */

/* Every pair that one person must not have together, as the design says. */
static const char *const exclusions[][2] = {
    /* administrator, auditor, approver, custodian: no holder of keys */
    {"administrator", "intake"},
    {"administrator", "caseworker"},
    {"administrator", "clinician"},
    {"administrator", "legal_officer"},
    {"administrator", "justice_liaison"},
    {"administrator", "interpreter"},
    {"administrator", "supervisor"},
    {"administrator", "statistics_officer"},
    {"approver", "intake"},
    {"approver", "caseworker"},
    {"approver", "clinician"},
    {"approver", "legal_officer"},
    {"approver", "justice_liaison"},
    {"approver", "interpreter"},
    {"approver", "supervisor"},
    {"approver", "statistics_officer"},
    {"custodian", "intake"},
    {"custodian", "caseworker"},
    {"custodian", "clinician"},
    {"custodian", "legal_officer"},
    {"custodian", "justice_liaison"},
    {"custodian", "interpreter"},
    {"custodian", "supervisor"},
    {"custodian", "statistics_officer"},
    /* auditor: nothing else */
    {"auditor", "intake"},
    {"auditor", "caseworker"},
    {"auditor", "clinician"},
    {"auditor", "legal_officer"},
    {"auditor", "justice_liaison"},
    {"auditor", "interpreter"},
    {"auditor", "supervisor"},
    {"auditor", "statistics_officer"},
    {"auditor", "approver"},
    {"auditor", "administrator"},
    {"auditor", "custodian"},
    {"clinician", "legal_officer"},
    /* statistics officer: nobody who knows who a victim is, or where */
    {"statistics_officer", "intake"},
    {"statistics_officer", "caseworker"},
    {"statistics_officer", "clinician"},
    {"statistics_officer", "supervisor"},
    {"statistics_officer", "legal_officer"},
};
#define N_EXCLUSIONS (sizeof exclusions / sizeof exclusions[0])

static bool
is_listed(const char *a, const char *b)
{
    /* The key for recovery is nobody's who does anything else. */
    if (strcmp(a, "recovery") == 0 || strcmp(b, "recovery") == 0)
        return strcmp(a, b) != 0;
    for (size_t i = 0; i < N_EXCLUSIONS; i++) {
        if ((strcmp(exclusions[i][0], a) == 0 &&
             strcmp(exclusions[i][1], b) == 0) ||
            (strcmp(exclusions[i][0], b) == 0 &&
             strcmp(exclusions[i][1], a) == 0))
            return true;
    }
    return false;
}

static void
test_standard_excludes_exactly_the_listed_pairs(void **state)
{
    (void)state;
    assert_int_equal(standard.n_roles, 13);
    for (unsigned i = 0; i < standard.n_roles; i++) {
        for (unsigned j = 0; j < standard.n_roles; j++) {
            const char *a = standard.roles[i].name;
            const char *b = standard.roles[j].name;

            if (standard.excludes[i][j] != is_listed(a, b))
                fail_msg("%s and %s", a, b);
        }
    }
}

/* A small office lets one person be both of these; nothing else changes. */
static void
test_small_office_relaxes_exactly_two_pairs(void **state)
{
    unsigned changed = 0;

    (void)state;
    for (unsigned i = 0; i < small_office.n_roles; i++) {
        for (unsigned j = 0; j < small_office.n_roles; j++) {
            const char *a = small_office.roles[i].name;
            const char *b = small_office.roles[j].name;

            if (small_office.excludes[i][j] == is_listed(a, b))
                continue;
            changed++;
            if (strcmp(a, "statistics_officer") != 0)
                a = b, b = small_office.roles[i].name;
            assert_string_equal(a, "statistics_officer");
            assert_true(strcmp(b, "caseworker") == 0 ||
                        strcmp(b, "intake") == 0);
        }
    }
    assert_int_equal(changed, 4); /* each pair both ways */
}

static void
test_small_office_permits_what_its_three_people_do(void **state)
{
    static const char *const together[][2] = {
        {"supervisor", "caseworker"},
        {"caseworker", "intake"},
        {"caseworker", "justice_liaison"},
        {"caseworker", "statistics_officer"},
        {"intake", "statistics_officer"},
        {"justice_liaison", "statistics_officer"},
        {"administrator", "approver"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof together / sizeof together[0]; i++) {
        int a = policy_role(&small_office, together[i][0]);
        int b = policy_role(&small_office, together[i][1]);

        if (small_office.excludes[a][b])
            fail_msg("%s and %s", together[i][0], together[i][1]);
    }
}

static void
test_small_office_changes_two_cells_and_self_assigning(void **state)
{
    (void)state;
    for (unsigned i = 0; i < standard.n_roles; i++) {
        const struct policy_role *a = &standard.roles[i];
        const struct policy_role *b = &small_office.roles[i];
        bool worker = strcmp(a->name, "caseworker") == 0;

        assert_string_equal(a->name, b->name);
        assert_false(a->self_assigns);
        assert_int_equal(b->self_assigns, strcmp(b->name, "supervisor") == 0);
        for (unsigned c = 0; c < standard.n_columns; c++) {
            const char *compartment = standard.columns[c].compartment;

            if (worker && (strcmp(compartment, "health") == 0 ||
                           strcmp(compartment, "legal") == 0)) {
                assert_int_equal(a->cells[c], CELL_WRITE | CELL_ASSIGNED);
                assert_int_equal(b->cells[c],
                                 CELL_READ | CELL_WRITE | CELL_ASSIGNED);
            } else {
                assert_int_equal(a->cells[c], b->cells[c]);
            }
        }
    }
}

/* ---- questions ---- */

static void
test_names_are_found_and_others_are_not(void **state)
{
    (void)state;
    assert_int_equal(policy_role(&standard, "intake"), 0);
    assert_int_equal(policy_role(&standard, "custodian"), 11);
    assert_int_equal(policy_role(&standard, "intak"), -1);
    assert_int_equal(policy_role(&standard, ""), -1);
    assert_int_equal(policy_purpose(&standard, "care"), 0);
    assert_int_equal(policy_purpose(&standard, "curiosity"), -1);
    assert_int_equal(policy_type(&standard, "victim"), 0);
    assert_int_equal(policy_type(&standard, "suspect"), 1);
    assert_int_equal(policy_type(&standard, "offence"), 2);
    assert_int_equal(policy_type(&standard, "witness"), -1);
    assert_int_equal(policy_column(&standard, "victim", "identity"), 0);
    assert_int_equal(policy_column(&standard, "suspect", "identity"), 8);
    assert_int_equal(policy_column(&standard, "victim", "justice"), -1);
    assert_int_equal(standard.n_columns, 13);
    assert_int_equal(standard.n_purposes, 10);
}

static bool
holds(const char *role, const char *type, const char *compartment)
{
    return policy_holds_key(
        &standard, (unsigned)policy_role(&standard, role),
        (unsigned)policy_column(&standard, type, compartment));
}

static void
test_keys_are_held_by_who_reads_sponsors_or_lends(void **state)
{
    (void)state;
    assert_true(holds("caseworker", "victim", "identity"));      /* rwa */
    assert_false(holds("caseworker", "victim", "health"));       /* wa */
    assert_false(holds("intake", "victim", "identity"));         /* wa */
    assert_true(holds("clinician", "victim", "identity"));       /* g */
    assert_true(holds("supervisor", "victim", "health"));        /* h */
    assert_true(holds("statistics_officer", "victim", "facts")); /* l */
    assert_false(holds("statistics_officer", "victim", "release"));
    for (unsigned c = 0; c < standard.n_columns; c++)
        assert_true(policy_holds_key(
            &standard, (unsigned)policy_role(&standard, "supervisor"), c));
}

static void
test_who_has_a_cell_counts_as_holder(void **state)
{
    static const char *const none[] = {"approver", "auditor", "administrator",
                                       "custodian"};

    (void)state;
    for (unsigned i = 0; i < standard.n_roles; i++) {
        bool without = false;

        for (size_t k = 0; k < sizeof none / sizeof none[0]; k++)
            without = without || strcmp(none[k], standard.roles[i].name) == 0;
        assert_int_equal(policy_holds_keys(&standard, i), !without);
    }
}

static void
test_only_assigned_is_said_of_roles_bound_to_their_records(void **state)
{
    static const struct {
        const char *role, *type;
        bool only;
    } cases[] = {
        {"intake", "victim", true},
        {"caseworker", "victim", true},
        {"clinician", "victim", true}, /* g is no right yet */
        {"legal_officer", "victim", true},
        {"legal_officer", "suspect", false},
        {"legal_officer", "offence", false},
        {"justice_liaison", "suspect", false},
        {"interpreter", "victim", true},
        {"supervisor", "victim", false},
        {"supervisor", "suspect", false},
        {"supervisor", "offence", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int role = policy_role(&standard, cases[i].role);
        int type = policy_type(&standard, cases[i].type);

        if (policy_only_assigned(&standard, (unsigned)role, (unsigned)type) !=
            cases[i].only)
            fail_msg("%s %s", cases[i].role, cases[i].type);
    }
}

static void
test_only_interpreters_have_short_terms(void **state)
{
    (void)state;
    for (unsigned i = 0; i < standard.n_roles; i++)
        assert_int_equal(
            standard.roles[i].grant_days_max,
            strcmp(standard.roles[i].name, "interpreter") == 0 ? 7 : 0);
}

/* ---- the canonical text ---- */

static void
test_text_round_trips(void **state)
{
    const struct policy *const both[] = {&standard, &small_office};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf text = text_of(both[i]), again = BUF_INIT;
        struct policy p;
        uint8_t a[32], b[32];

        assert_ok(policy_decode(buf_bytes(&text), &p));
        assert_ok(policy_encode(&p, &again));
        assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&again)));
        assert_ok(policy_hash(both[i], a));
        assert_ok(policy_hash(&p, b));
        assert_memory_equal(a, b, sizeof a);
        buf_free(&text);
        buf_free(&again);
    }
}

static void
test_text_is_lines_of_printable_ascii(void **state)
{
    struct buf text = text_of(&standard);

    (void)state;
    assert_memory_equal(text.ptr, "svault/policy/v1\nprofile standard\n", 34);
    for (size_t i = 0; i < text.len; i++)
        assert_true(text.ptr[i] == '\n' ||
                    (text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f));
    assert_int_equal(text.ptr[text.len - 1], '\n');
    buf_free(&text);
}

static void
test_profiles_have_different_hashes(void **state)
{
    uint8_t a[32], b[32];

    (void)state;
    assert_ok(policy_hash(&standard, a));
    assert_ok(policy_hash(&small_office, b));
    assert_memory_not_equal(a, b, sizeof a);
}

static void
test_hash_is_of_the_text_under_its_label(void **state)
{
    struct buf text = text_of(&standard);
    uint8_t got[32], want[32];
    static const char label[] = "\x0csv/v1/policy";
    crypto_generichash_state s;

    (void)state;
    (void)crypto_generichash_init(&s, NULL, 0, 32);
    (void)crypto_generichash_update(&s, (const uint8_t *)label, 13);
    (void)crypto_generichash_update(&s, text.ptr, text.len);
    (void)crypto_generichash_final(&s, want, 32);
    assert_ok(policy_hash(&standard, got));
    assert_memory_equal(got, want, sizeof got);
    buf_free(&text);
}

static void
test_text_cut_anywhere_is_refused_or_another_policy(void **state)
{
    struct buf text = text_of(&standard), again = BUF_INIT;
    struct policy p;

    (void)state;
    for (size_t len = 0; len < text.len; len++) {
        enum sv_err err = policy_decode(bytes_of(text.ptr, len), &p);

        if (err == SV_OK) {
            /* Cut behind a whole fact: then exactly that was read. */
            assert_int_equal(text.ptr[len - 1], '\n');
            assert_ok(policy_encode(&p, &again));
            assert_int_equal(again.len, len);
            buf_truncate(&again, 0);
        } else {
            assert_err(err, SV_ERR_FORMAT);
        }
    }
    buf_free(&text);
    buf_free(&again);
}

static void
test_text_with_a_byte_changed_is_refused_or_means_that(void **state)
{
    struct buf text = text_of(&standard), again = BUF_INIT;
    struct policy p;

    (void)state;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t was = text.ptr[i];

        text.ptr[i] ^= 1;
        if (policy_decode(buf_bytes(&text), &p) == SV_OK) {
            assert_ok(policy_encode(&p, &again));
            assert_true(bytes_equal(buf_bytes(&again), buf_bytes(&text)));
            buf_truncate(&again, 0);
        }
        text.ptr[i] = was;
    }
    buf_free(&text);
    buf_free(&again);
}

/* in with the first `from` replaced by `to`. */
static struct buf
changed(struct bytes in, const char *from, const char *to)
{
    const uint8_t *found = memmem(in.ptr, in.len, from, strlen(from));
    struct buf out = BUF_INIT;
    size_t head;

    if (found == NULL)
        fail_msg("no \"%s\"", from);
    head = (size_t)(found - in.ptr);
    assert_ok(buf_append(&out, bytes_of(in.ptr, head)));
    assert_ok(buf_text(&out, to));
    head += strlen(from);
    assert_ok(buf_append(&out, bytes_of(in.ptr + head, in.len - head)));
    return out;
}

/* The text with `from` replaced by `to`, which must be refused. */
static void
refuses_text(const char *from, const char *to)
{
    struct buf text = text_of(&standard);
    struct buf other = changed(buf_bytes(&text), from, to);
    struct policy p;

    if (policy_decode(buf_bytes(&other), &p) != SV_ERR_FORMAT)
        fail_msg("\"%s\" for \"%s\"", to, from);
    buf_free(&text);
    buf_free(&other);
}

static void
test_text_that_is_not_canonical_is_refused(void **state)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"svault/policy/v1\n", "svault/policy/v2\n"},
        {"profile standard\n", ""},
        {"profile standard\n", "profile standard \n"},
        {"3600000 duplicate\n", "3600000 done\n"},
        {"3600000 duplicate\n", "3600000 duplicate \n"},
        {"limit record.find 20 3600000\n",
         "limit record.find 20 3600000 duplicate\n"},
        {"profile standard\n", "profile standard\nprofile standard\n"},
        {"profile standard\n", "profile two words\n"},
        {"column victim.facts\n", "column victim.facts\n\n"},
        {"column victim.facts\n", "column victim.\n"},
        {"column victim.facts\n", "column victim\n"},
        {"column victim.facts\n", "column victim.identity\n"},
        {"purpose care\n", "purpose care\npurpose care\n"},
        {"purpose care\n", "purpose Care\n"},
        {"role intake\n", "role caseworker\n"},
        {"default care\n", "default curiosity\n"},
        {"default care\n", "default legal\n"},
        {"default care\n", ""},
        {"grant-days-max 7\n", "grant-days-max 07\n"},
        {"grant-days-max 7\n", "grant-days-max 0\n"},
        {"grant-days-max 7\n", "grant-days-max 99999\n"},
        {"cell victim.identity wa\n", "cell victim.identity aw\n"},
        {"cell victim.identity wa\n", "cell victim.identity ww\n"},
        {"cell victim.identity wa\n", "cell victim.identity a\n"},
        {"cell victim.identity wa\n", "cell victim.identity \n"},
        {"cell victim.identity wa\n", "cell victim.identity x\n"},
        {"cell victim.identity wa\n", "cell victim.shoes wa\n"},
        {"cell victim.identity wa\n", ""}, /* it creates victims */
        {"cell victim.health h\n", "cell victim.health rh\n"},
        {"cell victim.facts l\n", "cell victim.facts rl\n"},
        {"act record.create victim\n", "act record.create\n"},
        {"act record.create victim\n", "act record.create suspect\n"},
        {"act record.create victim\n", "act record.steal victim\n"},
        {"act record.create victim\n", "act genesis\n"},
        {"act log.read\n", "act log.read victim\n"},
        {"act log.read\n", "act policy\n"},
        {"exclude intake approver\n", "exclude approver intake\n"},
        {"exclude intake approver\n", "exclude intake intake\n"},
        {"exclude intake approver\n", "exclude intake nobody\n"},
        {"exclude auditor administrator\n", ""},
        {"exclude supervisor administrator\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuses_text(cases[i].from, cases[i].to);
}

/* A small policy, with n more lines of a kind. */
static enum sv_err
decode_with(const char *line, unsigned n)
{
    struct buf text = BUF_INIT;
    struct policy p;
    enum sv_err err;

    assert_ok(buf_text(&text, "svault/policy/v1\nprofile x\n"
                              "column t0.c0\n"));
    for (unsigned i = 1; strcmp(line, "column t.c") == 0 && i <= n; i++)
        assert_ok(buf_printf(&text, "column t0.c%u\n", i));
    for (unsigned i = 1; strcmp(line, "column tn.c") == 0 && i <= n; i++)
        assert_ok(buf_printf(&text, "column t%u.c0\n", i));
    assert_ok(buf_text(&text, "purpose p0\n"));
    for (unsigned i = 1; strcmp(line, "purpose") == 0 && i <= n; i++)
        assert_ok(buf_printf(&text, "purpose p%u\n", i));
    assert_ok(buf_text(&text, "role administrator\ndefault p0\nnames p0\n"
                              "role supervisor\ndefault p0\nnames p0\n"));
    for (unsigned i = 1; strcmp(line, "role") == 0 && i <= n; i++)
        assert_ok(buf_printf(&text, "role r%u\ndefault p0\nnames p0\n", i));
    assert_ok(buf_text(&text, "exclude administrator supervisor\n"));
    err = policy_decode(buf_bytes(&text), &p);
    buf_free(&text);
    return err;
}

static void
test_text_of_too_many_things_is_refused(void **state)
{
    static const struct {
        const char *line;
        unsigned most; /* beside what the small policy has */
    } cases[] = {
        {"column t.c", REQUEST_COMPARTMENTS_MAX - 1},
        {"column tn.c", POLICY_TYPES_MAX - 1},
        {"purpose", POLICY_PURPOSES_MAX - 1},
        {"role", POLICY_ROLES_MAX - 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(decode_with(cases[i].line, 0));
        assert_ok(decode_with(cases[i].line, cases[i].most));
        assert_err(decode_with(cases[i].line, cases[i].most + 1),
                   SV_ERR_FORMAT);
    }
}

static void
test_text_without_a_founders_role_is_refused(void **state)
{
    static const char *const roles[] = {"administrator", "supervisor"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct buf text = text_of(&standard);
        struct policy p;
        uint8_t *found;

        while ((found = memmem(text.ptr, text.len, roles[i],
                               strlen(roles[i]))) != NULL)
            found[0] = 'x';
        assert_err(policy_decode(buf_bytes(&text), &p), SV_ERR_FORMAT);
        buf_free(&text);
    }
}

static void
test_text_goes_into_parts_of_whole_lines(void **state)
{
    struct buf text = text_of(&standard), all = BUF_INIT;
    struct bytes part = {NULL, 0};
    unsigned parts = 0, k = 0;

    (void)state;
    do {
        assert_ok(policy_part(buf_bytes(&text), ++k, &part, &parts));
        assert_true(part.len > 0 && part.len <= REQUEST_TEXT_MAX);
        assert_int_equal(part.ptr[part.len - 1], '\n');
        assert_ok(buf_append(&all, part));
    } while (k < parts);
    assert_true(bytes_equal(buf_bytes(&text), buf_bytes(&all)));
    assert_err(policy_part(buf_bytes(&text), parts + 1, &part, &parts),
               SV_ERR_RANGE);
    assert_err(policy_part(buf_bytes(&text), 0, &part, &parts), SV_ERR_RANGE);
    assert_err(policy_part(bytes_of(NULL, 0), 1, &part, &parts), SV_ERR_RANGE);
    buf_free(&text);
    buf_free(&all);
}

/* ---- the JSON that people edit ---- */

static void
test_json_that_is_wrong_anywhere_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *from, *to, *place, *reason;
    } cases[] = {
        {"{", "[", "", "not valid JSON"},
        {"svault/policy/v1", "svault/policy/v9", "format", "an unknown format"},
        {"\"format\": \"svault/policy/v1\"", "\"format\": 1", "format",
         "an unknown format"},
        {"\"format\"", "\"fromat\"", "", "has an unknown key"},
        {"\"columns\": [", "\"columns\": {}, \"x\": [", "",
         "has an unknown key"},
        {"\"purposes\": [\n    \"care\",",
         "\"purposes\": [\n    \"care\", \"care\",", "purposes",
         "says the same twice"},
        {"\"purposes\": [\n    \"care\",",
         "\"purposes\": [\n    \"care\", \"Care\",", "purposes",
         "not as it should be written"},
        {"\"purposes\": [\n    \"care\",",
         "\"purposes\": [\n    \"care\", \"p1\", \"p2\", \"p3\", \"p4\", "
         "\"p5\", \"p6\", \"p7\",",
         "purposes", "too many"},
        {"\"victim.location\",", "\"victim.location\", \"victim.location\",",
         "columns", "says the same twice"},
        {"\"victim.location\",", "\"victim.location\", 7,", "columns",
         "not a list of texts"},
        {"\"victim.location\",", "\"victim.location\", \"location\",",
         "columns", "not as it should be written"},
        {"\"victim.location\",", "\"victim.location\", \"victim.Shoes\",",
         "columns", "not as it should be written"},
        {"\"victim.location\",", "\"victim.location\", \".shoes\",", "columns",
         "not as it should be written"},
        {"\"name\": \"intake\"", "\"name\": \"caseworker\"", "roles",
         "says the same twice"},
        {"\"name\": \"intake\"", "\"name\": \"in take\"", "roles",
         "not as it should be written"},
        {"\"name\": \"intake\"", "\"nom\": \"intake\"", "roles",
         "has an unknown key"},
        {"\"name\": \"intake\"", "\"name\": 3", "roles", "has no name"},
        {"\"name\": \"intake\",",
         "\"name\": \"intake\", \"self_assigns\": true,", "roles",
         "has an unknown key"},
        {"\"victim.facts\": \"wa\"", "\"victim.fax\": \"wa\"", "victim.fax",
         "names what is not defined"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": \"wz\"", "victim.facts",
         "not as it should be written"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": \"waa\"",
         "victim.facts", "says the same twice"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": \"\"", "victim.facts",
         "not as it should be written"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": 3", "victim.facts",
         "not a text"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": \"a\"", "intake",
         "letters of a cell that contradict each other"},
        {"\"victim.facts\": \"wa\"", "\"victim.facts\": \"r\"", "intake",
         "an act without the cells that it needs"},
        {"\"victim.facts\": \"wa\"",
         "\"victim.facts\": \"wa\", \"victim.facts\": \"wa\"", "",
         "not valid JSON"},
        {"\"victim.facts\": \"l\"", "\"victim.facts\": \"rl\"",
         "statistics_officer", "letters of a cell that contradict each other"},
        {"\"victim.health\": \"h\"", "\"victim.health\": \"hg\"", "supervisor",
         "letters of a cell that contradict each other"},
        {"\"cells\": {\n        \"victim.narrative\": \"ra\"\n      }",
         "\"cells\": [\"victim.narrative\"]", "interpreter", "has no cells"},
        {"\"victim.narrative\": \"ra\"", "\"victim.facts\": \"wa\"",
         "interpreter", "an act without the cells that it needs"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": \"victim\"",
         "record.create", "not a list"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": []",
         "record.create", "not as it should be written"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": [\"wife\"]",
         "record.create", "names what is not defined"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": [\"Wife\"]",
         "record.create", "not as it should be written"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": [\"\"]",
         "record.create", "not a list of texts"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": [1]",
         "record.create", "not a list of texts"},
        {"\"record.create\": [\"victim\"]",
         "\"record.create\": [\"victim\", \"victim\"]", "record.create",
         "says the same twice"},
        {"\"record.create\": [\"victim\"]", "\"record.create\": [\"suspect\"]",
         "intake", "an act without the cells that it needs"},
        {"\"record.create\": [\"victim\"]", "\"record.make\": [\"victim\"]",
         "record.make", "names what is not defined"},
        {"\"record.create\": [\"victim\"]", "\"genesis\": []", "intake",
         "only the founders do this act"},
        {"\"record.create\": [\"victim\"]", "\"policy\": []", "intake",
         "only the founders do this act"},
        {"\"log.read\": []", "\"log.read\": [\"victim\"]", "log.read",
         "not as it should be written"},
        {"\"log.read\": []", "\"log.read\": [], \"record.list\": [\"victim\"]",
         "auditor", "an act without the cells that it needs"},
        {"\"acts\": {\n        \"log.read\": [],\n        \"store.check\": "
         "[],\n        \"flag.acknowledge\": []\n      }",
         "\"acts\": 0", "auditor", "has no acts"},
        {"\"default_purpose\": \"care\",", "", "intake",
         "has no purposes or no default"},
        {"\"default_purpose\": \"care\"", "\"default_purpose\": \"legal\"",
         "intake", "the default purpose is not among the role's"},
        {"\"default_purpose\": \"care\"", "\"default_purpose\": \"greed\"",
         "intake", "names what is not defined"},
        {"\"purposes\": [\"care\", \"legal\"]",
         "\"purposes\": [\"care\", \"care\"]", "interpreter",
         "says the same twice"},
        {"\"purposes\": [\"care\", \"legal\"]",
         "\"purposes\": [\"care\", \"greed\"]", "interpreter",
         "names what is not defined"},
        {"\"purposes\": [\"care\", \"legal\"]", "\"purposes\": [\"care\", 1]",
         "interpreter", "not a list of texts"},
        {"\"purposes\": [\"care\", \"legal\"]", "\"purposes\": \"care\"",
         "interpreter", "has no purposes or no default"},
        {"\"grant_days_max\": 7", "\"grant_days_max\": 0", "interpreter",
         "not a number of days"},
        {"\"grant_days_max\": 7", "\"grant_days_max\": \"7\"", "interpreter",
         "not a number of days"},
        {"\"grant_days_max\": 7", "\"grant_days_max\": 3651", "interpreter",
         "not a number of days"},
        {"\"outcome\": \"duplicate\"", "\"outcome\": \"done\"", "record.create",
         "a limit that is none"},
        {"\"outcome\": \"duplicate\"", "\"outcome\": 1", "record.create",
         "a limit that is none"},
        {"\"exclusions\": [", "\"exclusions\": {}, \"x\": [", "",
         "has an unknown key"},
        {"\"exclude\": \"holders\"", "\"exclude\": \"some\"", "exclusions",
         "an unknown rule"},
        {"\"exclude\": \"all\"", "\"exclude\": 1", "exclusions", "not a list"},
        {"\"exclude\": \"all\"", "\"excludes\": \"all\"", "exclusions",
         "has an unknown key"},
        {"\"exclude\": [\"legal_officer\"]", "\"exclude\": [\"lawyer\"]",
         "exclusions", "names what is not defined"},
        {"\"exclude\": [\"legal_officer\"]", "\"exclude\": []", "exclusions",
         "not a list"},
        {"\"exclude\": [\"legal_officer\"]", "\"exclude\": [1]", "exclusions",
         "not a list of texts"},
        {"\"exclude\": [\"legal_officer\"]",
         "\"exclude\": [\"legal_officer\", \"legal_officer\"]", "exclusions",
         "says the same twice"},
        {"holders-of victim.identity", "holders-of victim.idem", "exclusions",
         "names what is not defined"},
        {"\"roles\": [\"administrator\", \"auditor\", \"approver\", "
         "\"custodian\"]",
         "\"roles\": [\"auditor\", \"approver\"]", "exclusions",
         "administrator and supervisor must be two people"},
        {"\"permit\": [", "\"permit\": [[\"administrator\", \"auditor\"],",
         "exclusions", "administrator and auditor must be two people"},
        {"\"permit\": [", "\"permit\": [[\"administrator\", \"supervisor\"],",
         "exclusions", "administrator and supervisor must be two people"},
        {"\"permit\": [", "\"permit\": [[\"administrator\", \"boss\"],",
         "profiles", "names what is not defined"},
        {"\"permit\": [", "\"permit\": 1, \"x\": [", "profiles",
         "has an unknown key"},
        {"\"permit\": [", "\"permit\": 1, \"permit\": [", "", "not valid JSON"},
        {"\"permit\": [\n", "\"permit\": [1,\n", "profiles", "not a list"},
        {"\"permit\"", "\"permits\"", "profiles", "has an unknown key"},
        {"\"caseworker\": {\n          \"victim.health\"",
         "\"boss\": {\n          \"victim.health\"", "profiles",
         "names what is not defined"},
        {"\"victim.legal\": \"rwa\"\n        }",
         "\"victim.legs\": \"rwa\"\n        }", "victim.legs",
         "names what is not defined"},
        {"\"victim.legal\": \"rwa\"\n        }",
         "\"victim.legal\": \"r\"\n        }", "caseworker",
         "an act without the cells that it needs"},
        {"\"cells\": {\n        \"caseworker\"",
         "\"cells\": [], \"x\": {\n        \"caseworker\"", "profiles",
         "has an unknown key"},
        {"\"self_assigns\": [\"supervisor\"]", "\"self_assigns\": [\"x\"]",
         "profiles", "names what is not defined"},
        {"\"self_assigns\": [\"supervisor\"]", "\"self_assigns\": [\"intake\"]",
         "intake", "assigns herself but assigns nobody"},
        {"\"self_assigns\": [\"supervisor\"]", "\"self_assigns\": true",
         "profiles", "not a list"},
        {"\"small-office\"", "\"small\"", "profiles",
         "there is no such profile"},
    };
    struct buf json = fakelog_policy_json();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf other =
            changed(buf_bytes(&json), cases[i].from, cases[i].to);
        struct diag where = {.reason = NULL};
        struct policy p;

        if (policy_from_json(buf_bytes(&other), "small-office", &p, &where) !=
            SV_ERR_INPUT)
            fail_msg("\"%s\" for \"%s\"", cases[i].to, cases[i].from);
        assert_string_equal(where.column, cases[i].place);
        assert_string_equal(where.reason, cases[i].reason);
        buf_free(&other);
    }
    buf_free(&json);
}

static void
test_json_names_the_line_where_it_does_not_parse(void **state)
{
    static const char json[] = "{\n\"format\": 1,\n!\n}\n";
    struct diag where = {.reason = NULL};
    struct policy p;

    (void)state;
    assert_err(policy_from_json(bytes_text(json), "standard", &p, &where),
               SV_ERR_INPUT);
    assert_int_equal(where.line, 3);
}

static void
test_json_of_an_unknown_profile_is_refused(void **state)
{
    struct buf json = fakelog_policy_json();
    struct policy p;

    (void)state;
    assert_err(policy_from_json(buf_bytes(&json), "large-office", &p, NULL),
               SV_ERR_INPUT);
    assert_err(policy_from_json(buf_bytes(&json), "", &p, NULL), SV_ERR_INPUT);
    buf_free(&json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard_excludes_exactly_the_listed_pairs),
        cmocka_unit_test(test_small_office_relaxes_exactly_two_pairs),
        cmocka_unit_test(test_small_office_permits_what_its_three_people_do),
        cmocka_unit_test(
            test_small_office_changes_two_cells_and_self_assigning),
        cmocka_unit_test(test_names_are_found_and_others_are_not),
        cmocka_unit_test(test_keys_are_held_by_who_reads_sponsors_or_lends),
        cmocka_unit_test(test_who_has_a_cell_counts_as_holder),
        cmocka_unit_test(
            test_only_assigned_is_said_of_roles_bound_to_their_records),
        cmocka_unit_test(test_only_interpreters_have_short_terms),
        cmocka_unit_test(test_text_round_trips),
        cmocka_unit_test(test_text_is_lines_of_printable_ascii),
        cmocka_unit_test(test_profiles_have_different_hashes),
        cmocka_unit_test(test_hash_is_of_the_text_under_its_label),
        cmocka_unit_test(test_text_cut_anywhere_is_refused_or_another_policy),
        cmocka_unit_test(
            test_text_with_a_byte_changed_is_refused_or_means_that),
        cmocka_unit_test(test_text_that_is_not_canonical_is_refused),
        cmocka_unit_test(test_text_of_too_many_things_is_refused),
        cmocka_unit_test(test_text_without_a_founders_role_is_refused),
        cmocka_unit_test(test_text_goes_into_parts_of_whole_lines),
        cmocka_unit_test(
            test_json_that_is_wrong_anywhere_is_refused_with_a_reason),
        cmocka_unit_test(test_json_names_the_line_where_it_does_not_parse),
        cmocka_unit_test(test_json_of_an_unknown_profile_is_refused),
    };

    return cmocka_run_group_tests(tests, load_policies, NULL);
}
