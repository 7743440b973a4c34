/* svault-audit release over directories that lie: each thing that an outsider
 * is promised, taken away once. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "audit/audit_card.h"
#include "audit/export_write.h"
#include "audit/proof.h"
#include "crypto/digest.h"
#include "policy/release.h"
#include "tests/support/fakelog.h"

#include "disclosure/facts_document.h"

#define REQUESTER "toda"
#define APPROVER "hara"
#define DAY "2023-03-31"

/* ---- what is printed ---- */

enum { WHERE_BOTH, WHERE_REPORT, WHERE_FACTS };

/* One figure: everybody of a year, or those with one more code. */
struct printed {
    const char *name;
    const char *year;      /* "2022" */
    const char *dimension; /* or NULL */
    const char *code;
    int64_t value;    /* below 0: hidden */
    int64_t reported; /* in the report, where that is another */
    int where;
    bool is_exact; /* in a release for the public */
};
#define CELLS_MAX 16

struct sheet {
    const char *profile;
    struct facts_rule rule;
    const char *as_of;
    size_t n;
    struct printed cells[CELLS_MAX];
    /* Of the yearly report: minors_change, where it is not 0. */
    int64_t minors_change;
    bool hides; /* its population stands behind another one */
};

/* Forty-five women and nobody else known of, one in three under age. */
static struct sheet
public_sheet(void)
{
    return (struct sheet){
        .profile = RELEASE_PUBLIC,
        .rule = {.base = 5, .width = 4, .small = 4},
        .as_of = DAY,
        .n = 7,
        .cells = {{.name = "victims.total", .year = "2022", .value = 45},
                  {"victims.gender.female", "2022", "gender", "female", 45, 0,
                   WHERE_BOTH, false},
                  {"victims.gender.male", "2022", "gender", "male", 0, 0,
                   WHERE_BOTH, false},
                  {"victims.gender.unknown", "2022", "gender", "unknown", 0, 0,
                   WHERE_BOTH, false},
                  {"victims.minors", "2022", "age", "minor", 15, 0, WHERE_BOTH,
                   false},
                  {"victims.adults", "2022", "age", "adult", 30, 0, WHERE_BOTH,
                   false},
                  {"victims.age_unknown", "2022", "age", "unknown", 0, 0,
                   WHERE_BOTH, false}},
    };
}

static struct sheet
exact_sheet(int64_t total, int64_t male, const char *as_of)
{
    return (struct sheet){
        .profile = RELEASE_EXACT,
        .as_of = as_of,
        .n = 4,
        .cells = {{.name = "victims.total", .year = "2022", .value = total},
                  {"victims.gender.female", "2022", "gender", "female",
                   total - male, 0, WHERE_BOTH, false},
                  {"victims.gender.male", "2022", "gender", "male", male, 0,
                   WHERE_BOTH, false},
                  {"victims.gender.unknown", "2022", "gender", "unknown", 0, 0,
                   WHERE_BOTH, false}},
    };
}

static size_t
dimension(struct facts *f, const char *name, const char *codes)
{
    struct bytes rest = bytes_text(codes), code;
    size_t at = 0, code_at = 0;

    assert_ok(facts_dimension(f, f->n_populations - 1, name, false, &at));
    while (text_split(&rest, ' ', &code)) {
        char text[FACTS_NAME_SIZE];

        assert_ok(text_copy(code, text, sizeof text));
        assert_ok(facts_code(f, at, text, &code_at));
    }
    return at;
}

static void
narrow(struct facts *f, size_t figure, const char *name, const char *code)
{
    size_t d = 0, at = 0;

    assert_ok(facts_find_dimension(f, name, &d));
    assert_ok(facts_code(f, d, code, &at));
    assert_ok(facts_term(f, figure, d, 1, &at));
}

static void
add_fact(struct facts *f, const struct sheet *s, const struct printed *c)
{
    size_t at = 0;

    assert_ok(facts_figure(f, 0, f->n_populations - 1, c->name, s->as_of, &at));
    narrow(f, at, "year", c->year);
    if (c->dimension != NULL)
        narrow(f, at, c->dimension, c->code);
    if (c->value < 0)
        assert_ok(facts_print_hidden(f, at, 0));
    else if (s->rule.base > 0 && !c->is_exact)
        assert_ok(facts_print_rounded(f, at, c->value, s->rule.base, 0));
    else
        assert_ok(facts_print_exact(f, at, c->value));
}

static void
make_facts(const struct sheet *s, uint64_t number, struct facts_part *out)
{
    char name[FACTS_NAME_SIZE];
    size_t at = 0;

    (void)snprintf(name, sizeof name, "release-%llu",
                   (unsigned long long)number);
    facts_init(&out->facts);
    out->rule = s->rule;
    assert_ok(facts_release(&out->facts, name, &at));
    if (s->hides)
        assert_ok(facts_population(&out->facts, "animal", &at));
    assert_ok(facts_population(&out->facts, "victim", &at));
    (void)dimension(&out->facts, "year", "2021 2022 other");
    (void)dimension(&out->facts, "gender", "female male unknown");
    (void)dimension(&out->facts, "age", "minor adult unknown");
    for (size_t i = 0; i < s->n; i++)
        if (s->cells[i].where != WHERE_REPORT)
            add_fact(&out->facts, s, &s->cells[i]);
}

/* Set the member at the dotted name. */
static void
put_member(json_t *root, const char *name, json_t *value)
{
    const char *dot;

    for (; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char part[FACTS_FIGURE_SIZE];
        json_t *next;

        (void)snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        next = json_object_get(root, part);
        if (next == NULL) {
            assert_int_equal(json_object_set_new(root, part, json_object()), 0);
            next = json_object_get(root, part);
        }
        root = next;
    }
    assert_int_equal(json_object_set_new(root, name, value), 0);
}

static void
make_report(const struct sheet *s, struct buf *out)
{
    json_t *root = json_pack("{s:i, s:s, s:s}", "year", 2022, "as_of", s->as_of,
                             "profile", s->profile);
    char *text;

    for (size_t i = 0; i < s->n; i++) {
        const struct printed *c = &s->cells[i];
        char reason[FACTS_FIGURE_SIZE];

        if (c->where == WHERE_FACTS)
            continue;
        put_member(root, c->name,
                   c->value < 0 ? json_null()
                                : json_integer(c->reported != 0 ? c->reported
                                                                : c->value));
        (void)snprintf(reason, sizeof reason, "%s_reason", c->name);
        if (c->value < 0)
            put_member(root, reason, json_string("not shown"));
    }
    if (s->minors_change != 0)
        put_member(root, "victims.minors_change",
                   json_integer(s->minors_change));
    text = json_dumps(root, JSON_INDENT(2));
    assert_non_null(text);
    assert_ok(buf_text(out, text));
    assert_ok(buf_text(out, "\n"));
    free(text);
    json_decref(root);
}

/* ---- an office that releases ---- */

struct desk {
    struct fakelog f;
    char dir[PATH_SIZE], card[PATH_SIZE], out[PATH_SIZE], log[PATH_SIZE];
    char program[PATH_SIZE];
};

struct made {
    char dir[PATH_SIZE];
    uint64_t request, approval;
    struct buf report; /* the released bytes */
    uint8_t random[32], commitment[32];
};

static void
write_card(const struct desk *d)
{
    struct audit_card card = {.origin = FAKELOG_ORIGIN,
                              .vault = d->f.replay.roster.vault};
    struct buf text = BUF_INIT;

    card.log_key = fake_person("gate").sign;
    assert_ok(audit_card_encode(&card, &text));
    assert_ok(file_replace(d->card, 0600, buf_bytes(&text)));
    buf_free(&text);
}

static int
set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);

    if (d == NULL)
        return -1;
    support_dir_make(d->dir);
    assert_ok(path_join(d->card, d->dir, "card"));
    assert_ok(path_join(d->out, d->dir, "out"));
    assert_ok(path_join(d->log, d->dir, "log"));
    (void)snprintf(d->program, sizeof d->program, "%s", SV_AUDIT_PROGRAM);
    fakelog_found(&d->f, "standard");
    (void)fakelog_hire(&d->f, REQUESTER, "statistics_officer", 0);
    (void)fakelog_hire(&d->f, APPROVER, "approver", 0);
    write_card(d);
    *state = d;
    return 0;
}

static int
tear_down(void **state)
{
    struct desk *d = *state;

    fakelog_clear(&d->f);
    support_dir_remove(d->dir);
    free(d);
    return 0;
}

static void
put_file(const struct made *m, const char *name, struct bytes data)
{
    char path[PATH_SIZE];

    assert_ok(path_join(path, m->dir, name));
    assert_ok(file_replace(path, 0600, data));
}

/* The released bytes, of the entry that comes next. */
static void
make_bytes(struct desk *d, const struct sheet *s, struct made *m)
{
    struct facts_part part;
    struct buf report = BUF_INIT;

    make_report(s, &report);
    make_facts(s, d->f.n, &part);
    assert_ok(facts_document_encode(buf_bytes(&report), 1, &part, &m->report));
    facts_clear(&part.facts);
    buf_free(&report);
}

static void
commit(struct made *m)
{
    struct digest h;

    digest("sv/test/random", buf_bytes(&m->report), m->random);
    digest_begin(&h, "sv/v1/release");
    digest_add(&h, BYTES(m->random));
    digest_add(&h, buf_bytes(&m->report));
    digest_end(&h, m->commitment);
}

static void
put_result(struct entry *e, const char *name, const uint8_t hash[static 32])
{
    struct entry_result *r = &e->results[e->n_results++];

    (void)snprintf(r->compartment, sizeof r->compartment, "%s", name);
    r->version = 1;
    memcpy(r->hash, hash, sizeof r->hash);
}

static void
ask(struct desk *d, const char *profile, struct made *m)
{
    struct request q = fakelog_request(&d->f, ACT_RELEASE_REQUEST, REQUESTER,
                                       "statistics_officer");
    struct entry e;

    (void)snprintf(q.profile, sizeof q.profile, "%s", profile);
    digest("sv/test/body", buf_bytes(&m->report), q.body);
    e = fakelog_entry(&d->f, &q, OUTCOME_DONE);
    put_result(&e, RELEASE_RESULT, m->commitment);
    put_result(&e, RELEASE_RISK, q.body);
    put_result(&e, RELEASE_LEDGER, q.body);
    m->request = fakelog_append_entry(&d->f, &e, &q);
    if (strcmp(profile, RELEASE_EXACT) != 0)
        return;
    q = fakelog_request(&d->f, ACT_RELEASE_ACKNOWLEDGE, REQUESTER,
                        "statistics_officer");
    q.entry = m->request;
    (void)fakelog_append(&d->f, &q, OUTCOME_DONE);
}

static struct request
approval(struct desk *d, const struct made *m)
{
    struct request q =
        fakelog_request(&d->f, ACT_RELEASE_APPROVE, APPROVER, "approver");

    q.entry = m->request;
    memcpy(q.body, m->commitment, sizeof q.body);
    return q;
}

static void
make_opening(const struct desk *d, const struct made *m, struct buf *out)
{
    char vault[65], commitment[65], nonce[65];
    json_t *all;
    char *text;

    text_hex(BYTES(d->f.replay.roster.vault.b), vault);
    text_hex(BYTES(m->commitment), commitment);
    text_hex(BYTES(m->random), nonce);
    all = json_pack("{s:s, s:I, s:s, s:s, s:s}", "vault", vault, "release",
                    (json_int_t)m->request, "commitment", commitment, "random",
                    nonce, "file", "report.json");
    text = json_dumps(all, JSON_INDENT(2));
    assert_non_null(text);
    assert_ok(buf_text(out, text));
    free(text);
    json_decref(all);
}

static void
put_proof(const struct desk *d, const struct made *m, const char *name,
          uint64_t index)
{
    struct checkpoint head = {.origin = FAKELOG_ORIGIN, .size = d->f.n};
    struct hash *leaves = calloc(d->f.n, sizeof *leaves);
    struct fake_person gate = fake_person("gate");
    struct buf note = BUF_INIT, text = BUF_INIT;
    struct tree_levels levels;
    struct tree_proof proof;

    assert_non_null(leaves);
    for (size_t i = 0; i < d->f.n; i++)
        leaves[i] = tree_leaf(buf_bytes(&d->f.entries[i]));
    head.root = tree_root_of(leaves, d->f.n);
    assert_ok(tree_levels_new(leaves, d->f.n, &levels));
    assert_ok(tree_levels_path(&levels, index, &proof));
    assert_ok(checkpoint_sign(&head, &gate.seed, &note));
    assert_ok(proof_encode(index, &proof, buf_bytes(&note), &text));
    put_file(m, name, buf_bytes(&text));
    tree_levels_free(&levels);
    free(leaves);
    buf_free(&note);
    buf_free(&text);
}

/* The directory, under the log's present head. */
static void
put_dir(struct desk *d, const char *name, struct made *m)
{
    struct buf opening = BUF_INIT;

    assert_ok(path_join(m->dir, d->dir, name));
    support_dir_remove(m->dir);
    assert_int_equal(mkdir(m->dir, 0700), 0);
    make_opening(d, m, &opening);
    put_file(m, "report.json", buf_bytes(&m->report));
    put_file(m, "release.json", buf_bytes(&opening));
    put_file(m, "request.entry", buf_bytes(&d->f.entries[m->request]));
    put_file(m, "approval.entry", buf_bytes(&d->f.entries[m->approval]));
    put_proof(d, m, "request.tlog-proof", m->request);
    put_proof(d, m, "approval.tlog-proof", m->approval);
    buf_free(&opening);
}

static void
made_clear(struct made *m)
{
    buf_free(&m->report);
}

/* Released by the rules, whatever it prints. */
static struct made
release_bytes(struct desk *d, const char *profile, const char *name,
              struct made m)
{
    struct request q;

    commit(&m);
    ask(d, profile, &m);
    q = approval(d, &m);
    m.approval = fakelog_append(&d->f, &q, OUTCOME_DONE);
    put_dir(d, name, &m);
    return m;
}

static struct made
release(struct desk *d, const struct sheet *s, const char *name)
{
    struct made m = {.request = 0};

    make_bytes(d, s, &m);
    return release_bytes(d, s->profile, name, m);
}

/* ---- the program ---- */

/* more: directories and options, as the shell has them, in d->dir. */
static int
run(const struct desk *d, const char *more, struct buf *out)
{
    char command[6 * PATH_SIZE];
    int status;

    (void)snprintf(command, sizeof command,
                   "cd '%s' && LANGUAGE=en '%s' release %s --key card >out "
                   "2>&1",
                   d->dir, d->program, more);
    status = system(command); /* NOLINT(cert-env33-c): all of it is ours */
    assert_true(WIFEXITED(status));
    buf_truncate(out, 0);
    assert_ok(file_read(d->out, 1 << 20, out));
    for (size_t i = 0; i < out->len; i++)
        assert_true(out->ptr[i] >= 0x20 || out->ptr[i] == '\n');
    assert_ok(buf_append(out, bytes_of("", 1)));
    return WEXITSTATUS(status);
}

static void
expect(const struct desk *d, const char *more, int want, const char *text)
{
    struct buf out = BUF_INIT;
    int code = run(d, more, &out);

    if (code != want || strstr((char *)out.ptr, text) == NULL)
        fail_msg("exit %d, not %d with \"%s\":\n%s", code, want, text,
                 (char *)out.ptr);
    buf_free(&out);
}

#define GOOD                                                                   \
    "Verdict: whole and unaltered; approved by two persons, as the log says; "

/* ---- what is good ---- */

static void
test_a_public_release_is_whole_approved_by_two_and_safe(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");

    expect(d, "r1", 0, GOOD "safe. Again: svault-audit release r1 --key card");
    expect(d, "r1", 0, "7 figures, as in its facts and by its rule");
    expect(d, "r1 --intervals", 0, "victims.gender.male  0  [0, 4]\n");
    expect(d, "r1 --json", 0, "\"ok\": true");
    expect(d, "r1 --lang ja", 0, "svault-audit release r1");
    made_clear(&m);
}

static void
test_with_the_log_signatures_are_good_and_missing_releases_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made one = release(d, &s, "r1"), two = release(d, &s, "r2");
    char text[128];

    fakelog_export(&d->f, d->log);
    expect(d, "r1 r2 --log log", 0,
           "approved by two persons, whose signatures are good; safe.");
    expect(d, "r1 r2 --log log", 0,
           "Approved, says the log, and not given: none\n");
    (void)snprintf(text, sizeof text,
                   "Approved, says the log, and not given: %llu\n",
                   (unsigned long long)one.request);
    expect(d, "r2 --log log", 5, text);
    expect(d, "r2 --log log", 5, "the log has more releases");
    expect(d, "r1 r2 --log nowhere", 1, "nowhere: ");
    made_clear(&one);
    made_clear(&two);
}

static void
test_a_log_that_ends_before_the_release_proves_less(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m;

    fakelog_export(&d->f, d->log);
    m = release(d, &s, "r1");
    expect(d, "r1 --log log", 5, "request.entry: comes after the end of the");
    made_clear(&m);
}

/* ---- what was changed afterwards ---- */

static void
flip_all(const struct desk *d, const struct made *m, const char *name,
         size_t step)
{
    char path[PATH_SIZE];
    struct buf data = BUF_INIT, out = BUF_INIT;

    assert_ok(path_join(path, m->dir, name));
    assert_ok(file_read(path, 1 << 20, &data));
    for (size_t i = 0; i < data.len; i += step) {
        int code;

        data.ptr[i] ^= 1;
        put_file(m, name, buf_bytes(&data));
        code = run(d, "r1", &out);
        if (code != 4 ||
            strstr((char *)out.ptr, "Verdict: ALTERED or forged; ") == NULL)
            fail_msg("%s, byte %zu: exit %d\n%s", name, i, code,
                     (char *)out.ptr);
        data.ptr[i] ^= 1;
    }
    put_file(m, name, buf_bytes(&data));
    buf_free(&data);
    buf_free(&out);
}

static void
test_a_flipped_byte_in_any_file_is_found(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");

    flip_all(d, &m, "release.json", 1);
    flip_all(d, &m, "request.entry", 1);
    flip_all(d, &m, "approval.entry", 1);
    flip_all(d, &m, "request.tlog-proof", 1);
    flip_all(d, &m, "approval.tlog-proof", 1);
    flip_all(d, &m, "report.json", 5);
    expect(d, "r1", 0, GOOD "safe.");
    made_clear(&m);
}

static void
test_a_file_that_is_missing_cut_or_of_another_release_is_named(void **state)
{
    static const struct {
        const char *name;
        const char *missing;
    } files[] = {
        {"release.json", "release.json: is missing: nothing ties the figures"},
        {"report.json", "report.json: is missing"},
        {"request.entry", "request.entry: is missing"},
        {"approval.entry", "approval.entry: is missing"},
        {"request.tlog-proof",
         "request.tlog-proof: is missing: whether the entry stands in the "
         "log cannot be told"},
        {"approval.tlog-proof", "approval.tlog-proof: is missing"},
    };
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1"), other = release(d, &s, "r2");

    put_dir(d, "r1", &m);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_SIZE], from[PATH_SIZE];
        struct buf data = BUF_INIT, foreign = BUF_INIT;

        assert_ok(path_join(path, m.dir, files[i].name));
        assert_ok(path_join(from, other.dir, files[i].name));
        assert_ok(file_read(path, 1 << 20, &data));
        assert_ok(file_read(from, 1 << 20, &foreign));
        assert_int_equal(unlink(path), 0);
        expect(d, "r1", 5, files[i].missing);
        expect(d, "r1", 5, "NOT ALL OF IT COULD BE VERIFIED");
        put_file(&m, files[i].name,
                 bytes_slice(buf_bytes(&data), 0, data.len / 2));
        expect(d, "r1", 4, "ALTERED or forged");
        put_file(&m, files[i].name, buf_bytes(&foreign));
        expect(d, "r1", 4, "ALTERED or forged");
        assert_int_equal(unlink(path), 0);
        assert_int_equal(mkfifo(path, 0600), 0);
        expect(d, "r1", 65, "is not a file of its own");
        assert_int_equal(unlink(path), 0);
        put_file(&m, files[i].name, buf_bytes(&data));
        buf_free(&data);
        buf_free(&foreign);
    }
    expect(d, "r1", 0, GOOD "safe.");
    made_clear(&m);
    made_clear(&other);
}

static void
test_other_files_are_listed_as_not_judged_and_cannot_steer(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");

    put_file(&m, "report.csv", bytes_text("name,value\n"));
    put_file(&m, "a\033[2Jb", bytes_text("x"));
    expect(d, "r1", 0,
           "only report.json was approved: a<U+001B>[2Jb "
           "report.csv\n");
    expect(d, "r1 --json", 0, "\"report.csv\"");
    made_clear(&m);
}

static void
test_a_sealed_release_has_to_be_opened_first(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");
    char path[PATH_SIZE];

    put_file(&m, "release.sealed", bytes_text("SVR"));
    assert_ok(path_join(path, m.dir, "report.json"));
    assert_int_equal(unlink(path), 0);
    assert_ok(path_join(path, m.dir, "release.json"));
    assert_int_equal(unlink(path), 0);
    expect(d, "r1", 5, "release.sealed: is shut");
    made_clear(&m);
}

static void
test_another_vault_is_refused(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");

    /* A card of the same log key and another genesis. */
    d->f.replay.roster.vault.b[0] ^= 1;
    write_card(d);
    expect(d, "r1", 4, "release.json: is of another vault than the card");
    d->f.replay.roster.vault.b[0] ^= 1;
    expect(d, "nowhere", 1, "nowhere: ");
    made_clear(&m);
}

/* ---- who approved ---- */

/* An entry that no honest gate would make; in the log all the same. */
static uint64_t
force(struct desk *d, struct request *q, const char *signer, bool allowed)
{
    struct entry e = fakelog_entry(&d->f, q, OUTCOME_DONE);
    struct buf bytes;

    e.index = d->f.n;
    e.allowed = allowed;
    e.outcome = allowed ? OUTCOME_DONE : OUTCOME_NONE;
    (void)snprintf(e.rule, sizeof e.rule, "%s", allowed ? "role" : "self");
    bytes = fakelog_bytes(&e, q, signer);
    fakelog_insert(&d->f, d->f.n, &bytes);
    return d->f.n - 1;
}

static struct made
asked(struct desk *d, const struct sheet *s)
{
    struct made m = {.request = 0};

    make_bytes(d, s, &m);
    commit(&m);
    ask(d, s->profile, &m);
    return m;
}

static void
test_an_approval_by_the_requester_is_refused(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = asked(d, &s);
    struct request q = approval(d, &m);

    memset(q.actor, 0, sizeof q.actor);
    (void)snprintf(q.actor, sizeof q.actor, "%s", REQUESTER);
    m.approval = force(d, &q, REQUESTER, true);
    put_dir(d, "r1", &m);
    expect(d, "r1", 4, "approval.entry: is by the very person");
    made_clear(&m);
}

static void
test_an_approval_that_was_denied_is_none(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = asked(d, &s);
    struct request q = approval(d, &m);

    m.approval = force(d, &q, APPROVER, false);
    put_dir(d, "r1", &m);
    expect(d, "r1", 4, "approval.entry: is not such an entry");
    made_clear(&m);
}

static void
test_an_approval_of_another_request_or_of_other_bytes_is_refused(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = asked(d, &s);
    struct request q = approval(d, &m);

    q.entry = m.request - 1;
    m.approval = force(d, &q, APPROVER, true);
    put_dir(d, "r1", &m);
    expect(d, "r1", 4, "approval.entry: approves another request");
    q.entry = m.request;
    q.body[0] ^= 1;
    m.approval = force(d, &q, APPROVER, true);
    put_dir(d, "r1", &m);
    expect(d, "r1", 4, "approval.entry: approves other bytes");
    made_clear(&m);
}

static void
test_a_forged_signature_is_found_with_the_log(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = asked(d, &s);
    struct request q = approval(d, &m);

    m.approval = force(d, &q, "gate", true); /* not the approver's key */
    put_dir(d, "r1", &m);
    fakelog_export(&d->f, d->log);
    expect(d, "r1", 0, "The two persons' own signatures were not checked");
    expect(d, "r1 --log log", 4,
           "ALTERED or forged; whether two persons approved it is NOT PROVED");
    made_clear(&m);
}

static void
test_an_entry_that_is_not_in_the_log_is_refused(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");
    struct entry e;
    struct request *q = calloc(1, sizeof *q);
    struct buf other;

    assert_non_null(q);
    fakelog_parse(&d->f, m.approval, &e, q);
    q->at_ms++; /* well signed, and another entry */
    other = fakelog_bytes(&e, q, APPROVER);
    put_file(&m, "approval.entry", buf_bytes(&other));
    expect(d, "r1", 4, "approval.entry: does not stand in the log of the card");
    buf_free(&other);
    free(q);
    made_clear(&m);
}

static void
test_two_heads_that_contradict_each_other_are_found(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made one = release(d, &s, "r1"), two = release(d, &s, "r2");
    struct sheet other = public_sheet();
    struct request q;

    (void)other;
    fakelog_edit(&d->f, 5, "purpose", "purpose"); /* of the same length */
    put_dir(d, "r1", &one);
    q = fakelog_request(&d->f, ACT_RELEASE_LIST, REQUESTER,
                        "statistics_officer");
    (void)fakelog_append(&d->f, &q, OUTCOME_DONE);
    put_dir(d, "r1", &one);
    fakelog_remove(&d->f, d->f.n - 1);
    q.at_ms++;
    (void)force(d, &q, REQUESTER, true);
    put_dir(d, "r2", &two);
    expect(d, "r1 r2", 4, "two heads of one size contradict each other");
    made_clear(&one);
    made_clear(&two);
}

/* ---- what the report says ---- */

static void
expect_sheet(struct desk *d, const struct sheet *s, int code, const char *text)
{
    struct made m = release(d, s, "r1");

    expect(d, "r1", code, text);
    made_clear(&m);
}

static void
test_a_figure_that_is_not_its_fact_is_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.cells[4].reported = 20;
    expect_sheet(d, &s, 4,
                 "victims.minors = 20, 15: is one number in the report and "
                 "another in the facts");
    expect_sheet(d, &s, 4, "Verdict: NOT WHAT IT SAYS of itself; approved");
}

static void
test_a_figure_without_a_fact_and_a_fact_without_a_figure_are_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.cells[4].where = WHERE_REPORT;
    expect_sheet(d, &s, 4,
                 "victims.minors = 15: is printed, and not in the facts");
    s.cells[4].where = WHERE_FACTS;
    expect_sheet(d, &s, 4,
                 "victims.minors = 15: is in the facts, and not printed");
}

static void
test_figures_that_do_not_add_up_are_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.cells[1].value = 40;
    expect_sheet(d, &s, 4,
                 "victims.total = 45; 40 = victims.gender.female + "
                 "victims.gender.male + victims.gender.unknown: does not add "
                 "up");
}

static void
test_one_set_with_two_numbers_is_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.cells[s.n++] =
        (struct printed){.name = "victims.all", .year = "2022", .value = 50};
    expect_sheet(d, &s, 4,
                 "victims.total = 45, victims.all = 50: are the same people");
}

static void
test_an_exact_or_a_small_figure_is_not_for_the_public(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.cells[2].is_exact = true;
    s.cells[2].value = 2;
    s.cells[1].value = 40;
    s.cells[3].value = 5;
    expect_sheet(d, &s, 4,
                 "victims.gender.male = 2: is exact, in a release for the "
                 "public");
}

static void
test_a_rule_that_protects_less_is_refused(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();

    s.rule = (struct facts_rule){.base = 3, .width = 2, .small = 2};
    expect_sheet(d, &s, 4,
                 "rule: base 3, width 2, small 2: protects less than a "
                 "release for the public has to");
    s = public_sheet();
    s.profile = RELEASE_EXACT;
    expect_sheet(d, &s, 4, "rule: exact figures have no rule");
}

/* The report of released bytes changed before they were approved. */
static void
expect_bytes(struct desk *d, const char *from, const char *to, int code,
             const char *text)
{
    struct sheet s = public_sheet();
    struct made m = {.request = 0};
    struct buf changed = BUF_INIT;
    const char *at;

    make_bytes(d, &s, &m);
    assert_ok(buf_append(&m.report, bytes_of("", 1)));
    at = strstr((char *)m.report.ptr, from);
    assert_non_null(at);
    assert_ok(buf_append(
        &changed, bytes_of(m.report.ptr, (size_t)(at - (char *)m.report.ptr))));
    assert_ok(buf_text(&changed, to));
    assert_ok(buf_text(&changed, at + strlen(from)));
    buf_free(&m.report);
    m.report = buf_take(&changed);
    m = release_bytes(d, s.profile, "r1", m);
    expect(d, "r1", code, text);
    made_clear(&m);
}

static void
test_a_report_in_another_form_is_bad_input(void **state)
{
    struct desk *d = *state;

    expect_bytes(d, "\"value\":45", "\"value\":46", 65,
                 "figures[0].value: is out of range, or no multiple");
    expect_bytes(d, "\"base\":5,", "\"base\":5, ", 65, "one form");
    expect_bytes(d, "  \"year\": 2022", "  \"year\":  2022", 65, "one form");
    expect_bytes(d, "\"year\": 2022", "\"more\": 1,\n  \"year\": 2022", 65,
                 "more: does not belong here");
    expect_bytes(d, "\"year\": 2022", "\"a\\u001Bb\": {},\n  \"year\": 2022",
                 65, "report.json: has a member of no such name");
    expect_bytes(d, "\"minors\": 15", "\"minors\": -15", 65,
                 "victims.minors: is no number that can stand there");
    expect_bytes(d, ",\"facts\":[", ",\"fakts\":[", 5, "has no facts");
    expect_bytes(d, "\"release-", "\"release-9", 4,
                 "has the facts of another release");
}

static void
test_a_profile_that_was_not_asked_for_is_named(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = {.request = 0};

    make_bytes(d, &s, &m);
    m = release_bytes(d, RELEASE_EXACT, "r1", m);
    expect(d, "r1", 4, "has another profile than was asked for");
    made_clear(&m);
}

/* ---- chains ---- */

static void
test_a_release_given_twice_is_bad_input(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");

    expect(d, "r1 r1", 65, "is given twice");
    made_clear(&m);
}

static void
test_the_same_figures_again_are_safe_in_either_order(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made one = release(d, &s, "r1"), two = release(d, &s, "r2");

    expect(d, "r1 r2", 0, "victim: 7 figures printed again, with the same");
    expect(d, "r2 r1", 0, GOOD "safe.");
    made_clear(&one);
    made_clear(&two);
}

static void
test_a_late_registration_in_exact_figures_is_told(void **state)
{
    struct desk *d = *state;
    struct sheet s = exact_sheet(46, 2, DAY);
    struct made one = release(d, &s, "r1"), two;

    s = exact_sheet(47, 2, "2023-06-30");
    two = release(d, &s, "r2");
    expect(d, "r1 r2", 0, "REVISED: victims.total (release-");
    expect(d, "r1 r2", 0, ": 1, is known exactly\n");
    expect(d, "r1 r2", 0, GOOD "with exact figures, which nothing protects.");
    made_clear(&one);
    made_clear(&two);
}

static void
test_a_change_that_gives_away_what_was_hidden_is_told(void **state)
{
    struct desk *d = *state;
    struct sheet s = {
        .profile = RELEASE_EXACT,
        .as_of = DAY,
        .n = 4,
        .cells = {{.name = "victims.total", .year = "2021", .value = 40},
                  {"victims.minors", "2021", "age", "minor", -1, 0, WHERE_BOTH,
                   false},
                  {"victims.adults", "2021", "age", "adult", -1, 0, WHERE_BOTH,
                   false},
                  {"victims.age_unknown", "2021", "age", "unknown", 0, 0,
                   WHERE_BOTH, false}},
    };
    struct made one = release(d, &s, "r1"), two;

    expect(d, "r1 --intervals", 0, "victims.minors  x  [0, 40]\n");
    s.n = 3;
    s.minors_change = 15;
    s.cells[0] =
        (struct printed){.name = "victims.total", .year = "2022", .value = 46};
    s.cells[1] = (struct printed){
        "victims.minors", "2022", "age", "minor", 33, 0, WHERE_BOTH, false};
    s.cells[2] = (struct printed){"victims.minors_before",
                                  "2021",
                                  "age",
                                  "minor",
                                  18,
                                  0,
                                  WHERE_FACTS,
                                  false};
    two = release(d, &s, "r2");
    expect(d, "r1 r2 --intervals", 0, ")  x  [18, 18]\n");
    made_clear(&one);
    made_clear(&two);
    s.minors_change = 14; /* 33 - 18 is 15 */
    expect_sheet(d, &s, 4, "victims.minors_change: does not follow");
}

static void
test_what_two_releases_tell_together_is_not_safe(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made one = release(d, &s, "r1"), two;

    /* 0 to 4 men; and then 1 to 9 of them. */
    s.cells[1].value = 40;
    s.cells[2].value = 5;
    two = release(d, &s, "r2");
    expect(d, "r1", 0, GOOD "safe.");
    expect(d, "r2", 0, GOOD "safe.");
    expect(d, "r1 r2", 4, GOOD "NOT SAFE.");
    expect(d, "r1 r2", 4, "victims.gender.male (release-");
    expect(d, "r1 r2", 4, ": 1 to 4, is known too well");
    expect(d, "r1 r2 --json", 4, "\"verdict\": \"unsafe\"");
    made_clear(&one);
    made_clear(&two);
}

/* Where it would be looked at with nothing of the first release. */
static void
test_a_population_behind_another_one_is_bad_input(void **state)
{
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made one = release(d, &s, "r1"), two;

    s.cells[1].value = 40;
    s.cells[2].value = 5;
    s.hides = true;
    two = release(d, &s, "r2");
    expect(d, "r1 r2", 65,
           "facts: has a part that does not count one population");
    made_clear(&one);
    made_clear(&two);
}

/* ---- the solver ---- */

static void
test_without_an_answer_of_the_solver_nothing_is_proved(void **state)
{
    static const char *const scripts[] = {
        "#!/bin/sh\nexit 0\n", "#!/bin/sh\nkill -9 $$\n",
        "#!/bin/sh\nhead -c 100000 /dev/zero >&0\n"};
    struct desk *d = *state;
    struct sheet s = public_sheet();
    struct made m = release(d, &s, "r1");
    struct buf program = BUF_INIT;
    char dir[PATH_SIZE], solver[PATH_SIZE];

    assert_ok(file_read(SV_AUDIT_PROGRAM, 64 << 20, &program));
    assert_ok(path_join(d->program, d->dir, "svault-audit"));
    assert_ok(file_replace(d->program, 0700, buf_bytes(&program)));
    assert_ok(path_join(dir, d->dir, "disclosure"));
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_ok(path_join(solver, dir, "svault-solver"));
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        assert_ok(file_replace(solver, 0700, bytes_text(scripts[i])));
        expect(d, "r1", 5, "nothing is proved");
        expect(d, "r1", 5, GOOD "NOTHING IS PROVED of what readers can");
    }
    assert_int_equal(unlink(solver), 0);
    expect(d, "r1", 5, "nothing is proved");
    expect(d, "r1 --json", 5, "\"safe\": null");
    buf_free(&program);
    made_clear(&m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_public_release_is_whole_approved_by_two_and_safe),
        TEST(test_with_the_log_signatures_are_good_and_missing_releases_named),
        TEST(test_a_log_that_ends_before_the_release_proves_less),
        TEST(test_a_flipped_byte_in_any_file_is_found),
        TEST(test_a_file_that_is_missing_cut_or_of_another_release_is_named),
        TEST(test_other_files_are_listed_as_not_judged_and_cannot_steer),
        TEST(test_a_sealed_release_has_to_be_opened_first),
        TEST(test_another_vault_is_refused),
        TEST(test_an_approval_by_the_requester_is_refused),
        TEST(test_an_approval_that_was_denied_is_none),
        TEST(test_an_approval_of_another_request_or_of_other_bytes_is_refused),
        TEST(test_a_forged_signature_is_found_with_the_log),
        TEST(test_an_entry_that_is_not_in_the_log_is_refused),
        TEST(test_two_heads_that_contradict_each_other_are_found),
        TEST(test_a_figure_that_is_not_its_fact_is_named),
        TEST(
            test_a_figure_without_a_fact_and_a_fact_without_a_figure_are_named),
        TEST(test_figures_that_do_not_add_up_are_named),
        TEST(test_one_set_with_two_numbers_is_named),
        TEST(test_an_exact_or_a_small_figure_is_not_for_the_public),
        TEST(test_a_rule_that_protects_less_is_refused),
        TEST(test_a_report_in_another_form_is_bad_input),
        TEST(test_a_profile_that_was_not_asked_for_is_named),
        TEST(test_a_release_given_twice_is_bad_input),
        TEST(test_the_same_figures_again_are_safe_in_either_order),
        TEST(test_a_late_registration_in_exact_figures_is_told),
        TEST(test_a_change_that_gives_away_what_was_hidden_is_told),
        TEST(test_what_two_releases_tell_together_is_not_safe),
        TEST(test_a_population_behind_another_one_is_bad_input),
        TEST(test_without_an_answer_of_the_solver_nothing_is_proved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
