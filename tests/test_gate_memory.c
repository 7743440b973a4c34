#include <stdlib.h>
#include <string.h>

#include "cli/term.h"
#include "tests/support/office.h"
#include "tests/support/scarce.h"

/*
 * Every allocation of a new record fails, once or from there on: nothing is
 * said to be undone that was done, and nothing is shown with holes.
 * test_gate_scarce.c lets all other kinds of work run out of memory.
 */

struct small {
    struct office o;
    struct handle record;
};

static int
setup(void **state)
{
    struct small *s = calloc(1, sizeof *s);

    office_prepare(&s->o, NULL, NULL);
    assert_ok(office_found(&s->o));
    assert_ok(office_open(&s->o));
    assert_ok(office_hire(&s->o, "case-1", "caseworker"));
    assert_ok(office_hire(&s->o, "audit-1", "auditor"));
    assert_ok(office_record(&s->o, "case-1", "2022-001", "Yamada", &s->record));
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    struct small *s = *state;

    scarce_memory_at(0, false);
    office_free(&s->o);
    free(s);
    return 0;
}

/* What the program itself lacked; everything else accuses somebody. */
static void
assert_own(enum sv_err err, uint64_t n)
{
    if (err != SV_OK && err != SV_ERR_NOMEM && err != SV_ERR_UNSURE)
        fail_msg("allocation %llu: %s", (unsigned long long)n, err_text(err));
}

static size_t
count_records(struct small *s)
{
    struct record_list l = {0};
    size_t n;

    assert_ok(client_record_list(office_client(&s->o, "case-1"), "victim",
                                 UINT64_MAX, PIN_LIST_MAX, &l));
    n = l.n;
    record_list_free(&l);
    return n;
}

/* Once, or from there on: "out of memory" says that there is no record. */
static void
try_to_add(struct small *s, uint64_t n, bool always, bool *came)
{
    static unsigned number;
    struct client *c = office_client(&s->o, "case-1");
    struct draft draft = {0};
    struct schema_place at = {0};
    const char *reason = NULL;
    struct handle h;
    char case_no[24];
    size_t before = count_records(s);
    enum sv_err err;

    (void)snprintf(case_no, sizeof case_no, "N-%u", number++);
    assert_ok(draft_new(schema_type(client_schema(c), "victim"), &draft));
    assert_ok(draft_place(draft.type, bytes_text("identity.case_no"), &at));
    assert_ok(content_add(&draft.contents[at.compartment], at.field,
                          bytes_text(case_no), &reason));
    scarce_memory_at(n, always);
    err = client_record_add(c, &draft, &h);
    *came = scarce_came();
    scarce_memory_at(0, false);
    draft_free(&draft);
    assert_own(err, n);
    if (err == SV_OK)
        assert_int_equal(count_records(s), before + 1);
    if (err == SV_ERR_NOMEM)
        assert_int_equal(count_records(s), before);
}

static void
test_what_is_said_to_be_undone_was_not_done(void **state)
{
    for (int always = 0; always < 2; always++) {
        uint64_t n = 0;
        bool came = true;

        while (came)
            try_to_add(*state, ++n, always != 0, &came);
        assert_true(n > 100);
    }
    office_verify(&((struct small *)*state)->o);
}

/* What text came to on a stream while there was no memory at all. */
static void
shown_without_memory(const char *text, bool multiline, char *out, size_t max)
{
    FILE *to = tmpfile();
    size_t n;

    assert_non_null(to);
    assert_int_equal(setvbuf(to, NULL, _IONBF, 0), 0);
    scarce_memory_at(1, true);
    term_text(to, bytes_text(text), multiline, 2);
    assert_int_equal(term_width(bytes_text("Yamada")), 6);
    scarce_memory_at(0, false);
    rewind(to);
    n = fread(out, 1, max - 1, to);
    out[n] = '\0';
    (void)fclose(to);
}

static void
test_text_is_shown_whole_without_memory(void **state)
{
    char out[128];

    (void)state;
    shown_without_memory("allergy: penicillin\n山田\x1b", true, out,
                         sizeof out);
    assert_string_equal(out, "allergy: penicillin\n  山田<U+001B>");
    shown_without_memory("a\nb\xff", false, out, sizeof out);
    assert_string_equal(out, "a<U+000A>b<FF>");
    shown_without_memory("a\n\nb\n", true, out, sizeof out);
    assert_string_equal(out, "a\n  \n  b");
}

static void
test_json_that_lacks_something_is_not_printed(void **state)
{
    struct term t = {0};
    json_t *list;
    char out[8];

    (void)state;
    term_init(&t);
    t.out = tmpfile();
    assert_non_null(t.out);
    list = json_array();
    scarce_memory_at(1, false);
    (void)json_array_append_new(list, json_string("Yamada"));
    scarce_memory_at(0, false);
    assert_err(term_json(&t, list), SV_ERR_NOMEM);
    rewind(t.out);
    assert_int_equal(fread(out, 1, sizeof out, t.out), 0);
    (void)fclose(t.out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_is_said_to_be_undone_was_not_done, setup, teardown),
        cmocka_unit_test(test_text_is_shown_whole_without_memory),
        cmocka_unit_test(test_json_that_lacks_something_is_not_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
