#include <sys/mman.h>

#include "audit/entry.h"
#include "tests/support/support.h"
#include "tests/vectors/audit.h"

/*
 * Requests and entries at the ends of their form: texts that end at every
 * byte, limits, more of each thing than there may be, and values that have no
 * form.
 */
#define VECTORS (sizeof request_vectors / sizeof request_vectors[0])
#define TEXT_LIMIT (REQUEST_NOTE_MAX - 260) /* less what a signature takes */
#define DASH "\xe2\x80\x94 "
#define SIGNATURE "\n" DASH "log.example/2026/hana-1 AAAAAAA=\n"
#define BOX_32 "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
#define HASH "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="

/* The vector of an act, as it was parsed. */
static struct request
load(enum request_act act)
{
    struct request r;
    struct note n;

    assert_ok(request_parse(bytes_text(request_vectors[act].text), &n, &r));
    return r;
}

/* Its text, without signatures. */
static struct bytes
text_of(enum request_act act)
{
    struct note n;

    assert_ok(note_parse(bytes_text(request_vectors[act].text), &n));
    return n.text;
}

static void
put(char out[static NAME_SIZE], const char *name)
{
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

static void
refuses(const struct request *r, enum sv_err want, const char *what)
{
    struct buf out = BUF_INIT;
    enum sv_err err = request_encode(r, &out);

    if (err != want || out.len != 0)
        fail_msg("%s: %s", what, err_text(err));
    buf_free(&out);
}

/* Back as it was. */
static void
takes(const struct request *r)
{
    struct buf out = BUF_INIT;
    struct request back;

    assert_ok(request_encode(r, &out));
    assert_ok(request_text_parse(buf_bytes(&out), &back));
    assert_string_equal(back.actor, "");
    put(back.actor, r->actor);
    assert_memory_equal(&back, r, sizeof back);
    buf_free(&out);
}

/* ---- the text alone ---- */

static void
a_text_alone_is_parsed_as_in_its_note(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ACT_N; a++) {
        struct request want = load((enum request_act)a), got;

        memset(&got, 0xff, sizeof got);
        assert_ok(request_text_parse(text_of((enum request_act)a), &got));
        memset(want.actor, 0, sizeof want.actor);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

static void
a_text_that_is_cut_or_goes_on_is_refused(void **state)
{
    struct bytes text = text_of(ACT_RECORD_READ);
    struct request r = {.part = 77};
    struct buf more = BUF_INIT;

    (void)state;
    for (size_t len = 0; len < text.len; len++)
        assert_err(request_text_parse(bytes_slice(text, 0, len), &r),
                   SV_ERR_FORMAT);
    assert_ok(buf_append(&more, text));
    assert_ok(buf_text(&more, "\n"));
    assert_err(request_text_parse(buf_bytes(&more), &r), SV_ERR_FORMAT);
    more.ptr[0] = 'S';
    buf_truncate(&more, text.len);
    assert_err(request_text_parse(buf_bytes(&more), &r), SV_ERR_FORMAT);
    assert_err(request_text_parse(bytes_text("text\n"), &r), SV_ERR_FORMAT);
    assert_int_equal(r.part, 77); /* nothing is written */
    buf_free(&more);
}

/* A note whose signature was cut off is not the one before it. */
static void
what_is_no_note_is_not_the_note_before_it(void **state)
{
    const char *text = request_vectors[ACT_RECORD_READ].text;
    struct request r;
    struct note n;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_ok(request_parse(bytes_text(text), &n, &r));
        assert_err(request_parse(text_of(ACT_RECORD_READ), &n, &r),
                   SV_ERR_FORMAT);
        assert_ok(request_parse(bytes_text(text), &n, &r));
        assert_err(request_parse(bytes_text(""), &n, &r), SV_ERR_FORMAT);
    }
}

static void
a_note_without_the_label_has_no_actor_either(void **state)
{
    struct request r;
    struct note n;

    (void)state;
    assert_err(
        request_parse(bytes_text("text\n\n" DASH "/hana AAAAAAA=\n"), &n, &r),
        SV_ERR_FORMAT);
}

/* ---- room ---- */

/* As long as a text may be, without the memory: pages come as they are
 * written to, at its end. */
static struct buf
huge(void)
{
    void *at = mmap(NULL, BUF_MAX, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    assert_true(at != MAP_FAILED);
    return (struct buf){.ptr = at, .len = 0, .cap = BUF_MAX};
}

static void
a_request_that_does_not_fit_is_not_begun(void **state)
{
    struct buf out = huge();

    (void)state;
    for (unsigned a = 0; a < ACT_N; a++) {
        struct request r = load((enum request_act)a);
        size_t len = text_of((enum request_act)a).len;

        for (size_t room = 0; room < len; room++) {
            out.len = BUF_MAX - room;
            if (request_encode(&r, &out) != SV_ERR_RANGE)
                fail_msg("%s: room for %zu", request_act_name(r.act), room);
            assert_int_equal(out.len, BUF_MAX - room);
        }
    }
    assert_int_equal(munmap(out.ptr, BUF_MAX), 0);
}

static void
an_entry_that_does_not_fit_is_not_begun(void **state)
{
    struct buf out = huge();

    (void)state;
    for (size_t i = 0; i < sizeof entry_vectors / sizeof entry_vectors[0];
         i++) {
        struct bytes text = bytes_text(entry_vectors[i].text);
        struct entry e;

        assert_ok(entry_parse(text, &e));
        for (size_t room = 0; room < text.len; room++) {
            out.len = BUF_MAX - room;
            if (entry_encode(&e, &out) != SV_ERR_RANGE)
                fail_msg("%s: room for %zu", entry_vectors[i].name, room);
            assert_int_equal(out.len, BUF_MAX - room);
        }
    }
    assert_int_equal(munmap(out.ptr, BUF_MAX), 0);
}

/* ---- limits ---- */

/* So many lines "x" of policy text, and one that is longer. */
static void
fill_text(struct request *r, size_t lines, size_t more)
{
    memset(r->text, 0, sizeof r->text);
    for (size_t i = 0; i < lines; i++)
        memcpy(r->text + 2 * i, "x\n", 2);
    memset(r->text + 2 * lines, 'y', more);
    r->text[2 * lines + more] = '\n';
}

static void
a_text_up_to_its_limit_is_encoded(void **state)
{
    struct request r = load(ACT_POLICY);
    struct buf out = BUF_INIT;
    size_t head;

    (void)state;
    fill_text(&r, 0, 1);
    assert_ok(request_encode(&r, &out));
    head = out.len - 4;
    for (size_t over = 0; over < 2; over++) {
        size_t lines = (TEXT_LIMIT - head) / 4 - 10;

        fill_text(&r, lines, TEXT_LIMIT - head - 4 * lines - 3 + over);
        buf_truncate(&out, 0);
        assert_ok(buf_text(&out, "kept"));
        assert_err(request_encode(&r, &out), over ? SV_ERR_RANGE : SV_OK);
        assert_int_equal(out.len, over ? 4 : 4 + TEXT_LIMIT);
    }
    buf_free(&out);
}

/* A request's text and signatures that bring it to so many bytes. */
static struct buf
note_of_length(size_t len)
{
    struct buf note = BUF_INIT;

    assert_ok(buf_append(&note, text_of(ACT_STORE_CHECK)));
    assert_ok(buf_text(&note, SIGNATURE));
    while (note.len < len) {
        size_t left = len - note.len, more = left < 150 ? left : 130;

        assert_ok(buf_text(&note, DASH));
        for (size_t i = 0; i < more - 14; i++)
            assert_ok(buf_text(&note, "n"));
        assert_ok(buf_text(&note, " AAAAAAA=\n"));
    }
    assert_int_equal(note.len, len);
    return note;
}

static void
a_note_up_to_its_limit_is_parsed(void **state)
{
    struct request r;
    struct note n;

    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf note = note_of_length(REQUEST_NOTE_MAX + over);

        assert_ok(note_parse(buf_bytes(&note), &n));
        assert_err(request_parse(buf_bytes(&note), &n, &r),
                   over ? SV_ERR_FORMAT : SV_OK);
        buf_free(&note);
    }
}

/* The text with what stands between two words replaced by n pieces, in each
 * of which stands its number, of at least so many digits. */
struct piece {
    const char *before, *after;
    unsigned n;
    int digits;
};

static struct buf
with_many(const char *text, const char *from, const char *to,
          const struct piece *piece)
{
    const char *at = strstr(text, from), *end;
    struct buf out = BUF_INIT;

    assert_non_null(at);
    end = strstr(at, to);
    assert_non_null(end);
    assert_ok(buf_append(&out, bytes_of(text, (size_t)(at - text))));
    for (unsigned i = 1; i <= piece->n; i++)
        assert_ok(buf_printf(&out, "%s%0*u%s", piece->before, piece->digits, i,
                             piece->after));
    assert_ok(buf_text(&out, end));
    return out;
}

/* As many as a text can hold: nothing is written behind its place. */
static void
far_more_of_anything_than_there_may_be_is_refused(void **state)
{
    static const struct {
        enum request_act act;
        const char *from, *to;
        struct piece piece;
    } cases[] = {
        {ACT_RECORD_READ, "identity,", "facts\n", {"c", ",", 500, 1}},
        {ACT_KEYS, "key ", "\n" DASH, {"key a.b ", " " BOX_32 "\n", 60, 1}},
        {ACT_GENESIS,
         "founder ",
         "\n" DASH,
         {"founder r", " a " BOX_32 " " BOX_32 "\n", 28, 1}},
        {ACT_POLICY, "| ", "\n" DASH, {"| ", "\n", 1, 3000}},
    };
    struct request r;
    struct note n;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf note =
            with_many(request_vectors[cases[i].act].text, cases[i].from,
                      cases[i].to, &cases[i].piece);

        assert_true(note.len <= REQUEST_NOTE_MAX);
        assert_ok(note_parse(buf_bytes(&note), &n));
        assert_err(request_parse(buf_bytes(&note), &n, &r), SV_ERR_FORMAT);
        buf_free(&note);
    }
}

static void
far_more_results_than_there_may_be_are_refused(void **state)
{
    static const struct piece results = {"result a ", " " HASH "\n", 400, 1};
    struct entry e;
    struct buf in = BUF_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof entry_vectors / sizeof entry_vectors[0]; i++)
        if (strcmp(entry_vectors[i].name, "item") == 0)
            in = with_many(entry_vectors[i].text, "result ", "\n", &results);
    assert_true(in.len > 0);
    buf_truncate(&in, in.len - 1);
    assert_err(entry_parse(buf_bytes(&in), &e), SV_ERR_FORMAT);
    buf_free(&in);
}

/* ---- values at their ends ---- */

static void
the_least_values_are_taken(void **state)
{
    struct request until = load(ACT_STAFF_PROPOSE), policy = load(ACT_POLICY);
    struct request genesis = load(ACT_GENESIS);
    struct request_genesis *g = &genesis.genesis;

    (void)state;
    until.until_ms = 1;
    takes(&until);
    policy.part = 1;
    takes(&policy);
    policy.parts = 1;
    takes(&policy);
    for (g->n_founders = 2; g->n_founders < REQUEST_FOUNDERS_MAX;) {
        struct request_founder *f = &g->founders[g->n_founders++];

        *f = g->founders[0];
        memset(f->role, 0, sizeof f->role);
        (void)snprintf(f->role, sizeof f->role, "role_%u", g->n_founders);
        takes(&genesis);
    }
}

typedef void (*spoil_fn)(struct request *r);

static void
spoil_founder_role(struct request *r)
{
    put(r->genesis.founders[1].role, "Role");
}

static void
spoil_founder_name(struct request *r)
{
    put(r->genesis.founders[1].name, "so_ra");
}

static void
spoil_founder_twice(struct request *r)
{
    put(r->genesis.founders[1].role, r->genesis.founders[0].role);
}

static void
spoil_one_founder(struct request *r)
{
    r->genesis.n_founders = 1;
}

static void
spoil_many_founders(struct request *r)
{
    r->genesis.n_founders = REQUEST_FOUNDERS_MAX + 1;
}

static void
spoil_key_type(struct request *r)
{
    put(r->keys[1].type, "a-b");
}

static void
spoil_key_compartment(struct request *r)
{
    r->keys[1].compartment[0] = '\0';
}

static void
spoil_key_epoch(struct request *r)
{
    r->keys[1].epoch = 0;
}

static void
spoil_key_twice(struct request *r)
{
    r->keys[1] = r->keys[0];
}

static void
spoil_part_0(struct request *r)
{
    r->part = 0;
}

static void
spoil_part_over(struct request *r)
{
    r->part = r->parts + 1;
}

static void
spoil_no_text(struct request *r)
{
    memset(r->text, 0, sizeof r->text);
}

static void
spoil_long_text(struct request *r)
{
    memset(r->text, 'x', REQUEST_TEXT_MAX); /* no end */
}

static void
spoil_empty_line(struct request *r)
{
    (void)snprintf(r->text, sizeof r->text, "\n");
}

static void
spoil_second(struct request *r)
{
    put(r->restore.second, "so_ra");
}

static void
spoil_second_role(struct request *r)
{
    put(r->restore.second_role, "a-b");
}

static void
spoil_role_alone(struct request *r)
{
    r->restore.second[0] = '\0';
}

static void
spoil_short_role_alone(struct request *r)
{
    spoil_role_alone(r);
    memset(r->restore.second_role, 0, sizeof r->restore.second_role);
    put(r->restore.second_role, "r");
}

static void
spoil_administrator(struct request *r)
{
    put(r->restore.administrator.name, "yu_ki");
}

static void
values_without_a_form_are_not_encoded(void **state)
{
    static const struct {
        const char *name;
        enum request_act act;
        spoil_fn spoil;
        enum sv_err err;
    } cases[] = {
        {"a founder's role", ACT_GENESIS, spoil_founder_role, SV_ERR_FORMAT},
        {"a founder's name", ACT_GENESIS, spoil_founder_name, SV_ERR_FORMAT},
        {"a role twice", ACT_GENESIS, spoil_founder_twice, SV_ERR_FORMAT},
        {"one founder", ACT_GENESIS, spoil_one_founder, SV_ERR_RANGE},
        {"many founders", ACT_GENESIS, spoil_many_founders, SV_ERR_RANGE},
        {"a key's type", ACT_KEYS, spoil_key_type, SV_ERR_FORMAT},
        {"its compartment", ACT_KEYS, spoil_key_compartment, SV_ERR_FORMAT},
        {"its epoch", ACT_KEYS, spoil_key_epoch, SV_ERR_FORMAT},
        {"a key twice", ACT_KEYS, spoil_key_twice, SV_ERR_FORMAT},
        {"part 0", ACT_POLICY, spoil_part_0, SV_ERR_RANGE},
        {"a part too many", ACT_POLICY, spoil_part_over, SV_ERR_RANGE},
        {"no text", ACT_POLICY, spoil_no_text, SV_ERR_RANGE},
        {"a text without end", ACT_POLICY, spoil_long_text, SV_ERR_FORMAT},
        {"an empty line", ACT_POLICY, spoil_empty_line, SV_ERR_FORMAT},
        {"a second's name", ACT_RESTORE, spoil_second, SV_ERR_FORMAT},
        {"a second's role", ACT_RESTORE, spoil_second_role, SV_ERR_FORMAT},
        {"a role of nobody", ACT_RESTORE, spoil_role_alone, SV_ERR_FORMAT},
        {"a short one", ACT_RESTORE, spoil_short_role_alone, SV_ERR_FORMAT},
        {"an administrator", ACT_RESTORE, spoil_administrator, SV_ERR_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct request r = load(cases[i].act);

        cases[i].spoil(&r);
        refuses(&r, cases[i].err, cases[i].name);
    }
}

static void
a_key_name_is_of_an_origin_and_a_work_name(void **state)
{
    char name[NOTE_NAME_MAX + 1];
    struct request good = load(ACT_STORE_CHECK), bad = good;
    struct sign_seed seed = {{7}};
    struct buf out = BUF_INIT;

    (void)state;
    assert_ok(request_key_name("a.example", "hana", name));
    assert_string_equal(name, "a.example/hana");
    assert_err(request_key_name("a b", "hana", name), SV_ERR_FORMAT);
    assert_err(request_key_name("a.example", "ha_na", name), SV_ERR_FORMAT);
    assert_string_equal(name, "a.example/hana");
    /* Who has no name signs under nobody's, nor under the last one's. */
    put(bad.actor, "ha_na");
    for (size_t i = 0; i < 2; i++) {
        buf_truncate(&out, 0);
        assert_ok(request_sign(&good, &seed, &out));
        assert_err(request_sign(&bad, &seed, &out), SV_ERR_FORMAT);
    }
    buf_free(&out);
}

/* ---- restore ---- */

static void
a_restore_has_a_second_or_the_gate_and_new_keys_or_none(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct request r = load(ACT_RESTORE);
        struct request_restore *s = &r.restore;

        if (i % 3 == 0) {
            memset(s->second, 0, sizeof s->second);
            memset(s->second_role, 0, sizeof s->second_role);
        } else if (i % 3 == 1) {
            memset(s->second, 0, sizeof s->second);
            memset(s->second_role, 0, sizeof s->second_role);
            put(s->second, "s");
            put(s->second_role, "r");
        }
        if (i / 3 == 0) {
            memset(&s->administrator, 0, sizeof s->administrator);
        } else if (i / 3 == 1) {
            memset(s->administrator.name, 0, sizeof s->administrator.name);
            put(s->administrator.name, "y");
        }
        takes(&r);
    }
}

static void
an_administrators_new_box_key_can_be_sealed_to(void **state)
{
    struct request r = load(ACT_RESTORE), back;
    struct sign_seed seed = {{7}};
    struct buf out = BUF_INIT;
    struct note n;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        if (i == 1) { /* a name of one letter is a name */
            memset(r.restore.administrator.name, 0, NAME_SIZE);
            put(r.restore.administrator.name, "y");
        }
        memset(r.restore.administrator.box, 0, 32);
        buf_truncate(&out, 0);
        assert_ok(request_sign(&r, &seed, &out));
        assert_err(request_parse(buf_bytes(&out), &n, &back), SV_ERR_FORMAT);
        r.restore.administrator.box[0] = 9;
        buf_truncate(&out, 0);
        assert_ok(request_sign(&r, &seed, &out));
        assert_ok(request_parse(buf_bytes(&out), &n, &back));
    }
    buf_free(&out);
}

/* ---- acts ---- */

static void
acts_change_something_or_only_look(void **state)
{
    static const enum request_act looks[] = {
        ACT_RECORD_READ,    ACT_RECORD_LIST,  ACT_RECORD_FIND,
        ACT_RECORD_HISTORY, ACT_RELEASE_LIST, ACT_RELEASE_SHOW,
        ACT_RELEASE_FETCH,  ACT_LOG_READ,     ACT_STORE_CHECK,
        ACT_COUNTS_PREVIEW, ACT_BACKUP_OPEN,  ACT_BACKUP_READ};

    (void)state;
    for (unsigned a = 0; a < ACT_N; a++) {
        bool only_looks = false;

        for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
            only_looks = only_looks || looks[i] == a;
        assert_int_equal(request_act_changes((enum request_act)a), !only_looks);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_alone_is_parsed_as_in_its_note),
        cmocka_unit_test(a_text_that_is_cut_or_goes_on_is_refused),
        cmocka_unit_test(what_is_no_note_is_not_the_note_before_it),
        cmocka_unit_test(a_note_without_the_label_has_no_actor_either),
        cmocka_unit_test(a_request_that_does_not_fit_is_not_begun),
        cmocka_unit_test(an_entry_that_does_not_fit_is_not_begun),
        cmocka_unit_test(a_text_up_to_its_limit_is_encoded),
        cmocka_unit_test(a_note_up_to_its_limit_is_parsed),
        cmocka_unit_test(far_more_of_anything_than_there_may_be_is_refused),
        cmocka_unit_test(far_more_results_than_there_may_be_are_refused),
        cmocka_unit_test(the_least_values_are_taken),
        cmocka_unit_test(values_without_a_form_are_not_encoded),
        cmocka_unit_test(a_key_name_is_of_an_origin_and_a_work_name),
        cmocka_unit_test(
            a_restore_has_a_second_or_the_gate_and_new_keys_or_none),
        cmocka_unit_test(an_administrators_new_box_key_can_be_sealed_to),
        cmocka_unit_test(acts_change_something_or_only_look),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
