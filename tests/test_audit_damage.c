/* svault-audit over an export that was damaged, and what it remembers of one
 * that was not. */
#include <sys/stat.h>
#include <unistd.h>

#include "audit/export.h"
#include "audit/tile.h"
#include "tests/support/desk.h"

#define FILES 3
struct file {
    char name[TILE_PATH_SIZE];
    char path[PATH_SIZE];
    struct buf bytes;
};

/* The three files of a log with less than 256 entries. */
static void
read_files(const struct desk *d, struct file out[static FILES])
{
    memset(out, 0, FILES * sizeof *out);
    (void)snprintf(out[0].name, sizeof out[0].name, EXPORT_CHECKPOINT);
    assert_ok(tile_path(0, 0, (unsigned)d->f.n, out[1].name));
    assert_ok(tile_path(TILE_LEVEL_ENTRIES, 0, (unsigned)d->f.n, out[2].name));
    for (unsigned i = 0; i < FILES; i++) {
        assert_ok(path_join(out[i].path, d->export, out[i].name));
        assert_ok(file_read(out[i].path, 1 << 20, &out[i].bytes));
    }
}

static void
free_files(struct file files[static FILES])
{
    for (unsigned i = 0; i < FILES; i++)
        buf_free(&files[i].bytes);
}

/* Exit 4, at a place that begins so. */
static void
expect_refused(const struct desk *d, const char *place)
{
    struct buf out = BUF_INIT;
    char fault[PATH_SIZE];
    int code = desk_verify(d, &out);

    (void)snprintf(fault, sizeof fault, "FAULT: %s", place);
    assert_said(code, 4, &out, fault);
    buf_free(&out);
}

static void
expect_good(const struct desk *d)
{
    struct buf out = BUF_INIT;
    int code = desk_verify(d, &out);

    assert_said(code, 0, &out, "Verdict: whole, unaltered, lawful.");
    buf_free(&out);
}

static void
test_flipped_bits_are_refused_with_the_place(void **state)
{
    const struct desk *d = *state;
    struct file files[FILES];

    desk_export(d);
    expect_good(d);
    read_files(d, files);
    for (unsigned i = 0; i < FILES; i++) {
        struct buf *b = &files[i].bytes;

        /* All of the head; test_audit_export.c does all bits of all files. */
        for (size_t at = 0; at < b->len; at += i == 0 ? 1 : 97) {
            b->ptr[at] ^= (uint8_t)(1U << at % 8);
            assert_ok(file_replace(files[i].path, 0600, buf_bytes(b)));
            expect_refused(d, i == 0 ? EXPORT_CHECKPOINT : "tile/");
            b->ptr[at] ^= (uint8_t)(1U << at % 8);
        }
        assert_ok(file_replace(files[i].path, 0600, buf_bytes(b)));
    }
    expect_good(d);
    free_files(files);
}

static void
test_cut_missing_extra_and_renamed_files_are_refused(void **state)
{
    const struct desk *d = *state;
    struct file files[FILES];

    desk_export(d);
    read_files(d, files);
    for (unsigned i = 0; i < FILES; i++) {
        const struct buf *b = &files[i].bytes;
        char other[PATH_SIZE], name[PATH_SIZE];

        for (size_t len = 0; len < b->len; len += 1 + b->len / 7) {
            assert_ok(file_replace(files[i].path, 0600, bytes_of(b->ptr, len)));
            expect_refused(d, files[i].name);
        }
        assert_int_equal(unlink(files[i].path), 0);
        expect_refused(d, files[i].name);
        assert_ok(path_suffix(other, files[i].path, "1"));
        assert_ok(file_replace(other, 0600, buf_bytes(b)));
        assert_ok(path_suffix(name, files[i].name, "1"));
        expect_refused(d, i == 0 ? files[i].name : name);
        assert_ok(file_replace(files[i].path, 0600, buf_bytes(b)));
        expect_refused(d, name);
        assert_int_equal(unlink(other), 0);
    }
    expect_good(d);
    free_files(files);
}

static void
test_a_name_cannot_steer_the_terminal(void **state)
{
    const struct desk *d = *state;
    char path[PATH_SIZE];
    struct buf out = BUF_INIT;
    int code;

    desk_export(d);
    assert_ok(path_join(path, d->export, "\033]0;owned\007\xc2\x9b\r"));
    assert_ok(file_replace(path, 0600, bytes_text("x")));
    /* desk_run() looks for control characters. */
    code = desk_verify(d, &out);
    assert_said(code, 4, &out, "this file does not belong here");
    assert_null(memmem(out.ptr, out.len, "\xc2\x9b", 2));
    buf_free(&out);
}

/* One of the log's key, and beside it one more that fails. */
static void
test_a_head_with_one_bad_known_signature_is_refused_whole(void **state)
{
    const struct desk *d = *state;
    struct file files[FILES];
    struct buf *head = &files[0].bytes;
    uint8_t *line;
    size_t len;

    desk_export(d);
    read_files(d, files);
    line = memmem(head->ptr, head->len, "\n\n", 2);
    assert_non_null(line);
    len = head->len - (size_t)(line + 2 - head->ptr);
    assert_ok(buf_reserve(head, len));
    line = memmem(head->ptr, head->len, "\n\n", 2);
    assert_ok(buf_append(head, bytes_of(line + 2, len)));
    assert_ok(file_replace(files[0].path, 0600, buf_bytes(head)));
    expect_good(d); /* the same twice: both verify */
    head->ptr[head->len - 40] = head->ptr[head->len - 40] == 'A' ? 'B' : 'A';
    assert_ok(file_replace(files[0].path, 0600, buf_bytes(head)));
    expect_refused(d, "checkpoint: not a head that this log's key signed");
    free_files(files);
}

/* ---- what is remembered ---- */

static void
known_path(const struct desk *d, char out[static PATH_SIZE])
{
    char dir[PATH_SIZE], name[2 * SHA256_LEN + 1];

    text_hex(BYTES(d->f.replay.roster.vault.b), name);
    assert_ok(path_join(dir, d->dir, "svault-audit"));
    assert_ok(path_join(out, dir, name));
}

static void
assert_spared(const struct desk *d, const char *more, bool spared)
{
    struct buf out = BUF_INIT;
    int code = desk_run(d, "verify", more, &out);

    assert_said(code, 0, &out, "Verdict: whole, unaltered, lawful.");
    assert_int_equal(strstr((const char *)out.ptr, "Checked before: ") != NULL,
                     spared);
    buf_free(&out);
}

static void
test_what_was_checked_before_is_said_and_spared(void **state)
{
    struct desk *d = *state;
    char path[PATH_SIZE], json[64];
    struct buf out = BUF_INIT;
    struct stat st;

    desk_export(d);
    assert_spared(d, "", false);
    known_path(d, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_spared(d, "", true);
    assert_spared(d, "--full", false);
    (void)snprintf(json, sizeof json, "\"checked_before\": {\"size\": %zu",
                   d->f.n);
    assert_int_equal(desk_run(d, "verify", "--json", &out), 0);
    for (char *c = (char *)out.ptr; (c = strchr(c, '\n')) != NULL;)
        *c = ' ';
    assert_non_null(
        strstr((const char *)out.ptr, "\"signatures_spared\": true"));
    /* It goes on from there. */
    (void)fakelog_read(&d->f, "cora", "caseworker", "victim", 1, "facts");
    desk_export(d);
    assert_spared(d, "", true);
    buf_free(&out);
}

static void
test_an_older_copy_is_told_from_the_one_checked_before(void **state)
{
    struct desk *d = *state;
    struct buf out = BUF_INIT;
    int code;

    desk_export(d);
    expect_good(d);
    fakelog_remove(&d->f, d->f.n - 1);
    desk_export(d);
    code = desk_verify(d, &out);
    assert_said(code, 5, &out, "NOTE: on ");
    /* And it is still known of the longer one. */
    code = desk_verify(d, &out);
    assert_said(code, 5, &out, "this log had more entries");
    assert_said(code, 5, &out, "but it has FEWER ENTRIES than when it was");
    code = desk_run(d, "verify", "--full --json", &out);
    assert_said(code, 5, &out, "\"ok\": false");
    assert_said(code, 5, &out, "\"verdict\": \"older\"");
    assert_said(code, 5, &out, "\"lawful\": true");
    buf_free(&out);
}

/* Lawful by itself, signed by the log's key, and not the log of before. */
static void
test_another_branch_contradicts_the_one_checked_before(void **state)
{
    struct desk *d = *state;
    char path[PATH_SIZE];
    struct buf out = BUF_INIT;

    desk_export(d);
    expect_good(d);
    /* The reading of record 1 becomes a denial that never was. */
    fakelog_remove(&d->f, d->f.n - 1);
    fakelog_remove(&d->f, d->f.n - 1);
    for (unsigned i = 0; i < 3; i++) {
        struct fakelog other = d->f;
        struct request q;
        struct replay_fault fault;

        replay_init(&other.replay);
        for (size_t k = 0; k < other.n; k++)
            assert_ok(replay_entry(&other.replay, buf_bytes(&other.entries[k]),
                                   &fault));
        q = fakelog_request_on(&other, ACT_RECORD_READ, "cora", "caseworker",
                               "victim", 2, "facts");
        (void)fakelog_denied(&other, &q, "not-assigned");
        replay_clear(&d->f.replay);
        d->f = other;
    }
    desk_export(d);
    expect_refused(d, "checkpoint: contradicts the head that was checked "
                      "before");
    assert_said(desk_run(d, "verify", "--full", &out), 4, &out,
                "contradicts the head that was checked before");
    known_path(d, path);
    assert_int_equal(unlink(path), 0);
    expect_good(d);
    buf_free(&out);
}

/* It goes on without what was checked: an auditor must not be left with an
 * alarm that never ends, nor with none. */
static void
test_a_restored_log_says_so_where_it_contradicts_the_one_before(void **state)
{
    struct desk *d = *state;
    struct fakelog was, *f = &d->f;
    struct replay_fault fault;
    struct request q;
    char path[PATH_SIZE];
    struct buf out = BUF_INIT;

    desk_export(d);
    expect_good(d);
    fakelog_remove(f, f->n - 1);
    fakelog_remove(f, f->n - 1);
    was = *f;
    replay_init(&f->replay);
    for (size_t k = 0; k < f->n; k++)
        assert_ok(replay_entry(&f->replay, buf_bytes(&f->entries[k]), &fault));
    replay_clear(&was.replay);
    q = fakelog_request(f, ACT_RESTORE, FAKELOG_ADMINISTRATOR, "administrator");
    q.restore.taken_ms = f->now_ms - 1000;
    assert_ok(text_copy(bytes_text(FAKELOG_SUPERVISOR), q.restore.second,
                        sizeof q.restore.second));
    assert_ok(text_copy(bytes_text("supervisor"), q.restore.second_role,
                        sizeof q.restore.second_role));
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    desk_export(d);
    assert_said(desk_verify(d, &out), 5, &out, "restored from a backup");
    (void)fakelog_read(f, "cora", "caseworker", "victim", 1, "facts");
    desk_export(d);
    known_path(d, path);
    assert_said(desk_verify(d, &out), 4, &out,
                "contradicts the head that was checked before");
    assert_said(4, 4, &out, "it was restored from a backup");
    assert_said(4, 4, &out, path);
    assert_int_equal(unlink(path), 0);
    expect_good(d);
    buf_free(&out);
}

/* Whoever can write it, spares a log of that very root its signatures; and
 * nothing else. */
static void
test_what_is_remembered_vouches_for_signatures_alone(void **state)
{
    struct desk *d = *state;
    struct request q = fakelog_request_on(&d->f, ACT_RECORD_READ, "cora",
                                          "caseworker", "victim", 1, "facts");
    struct entry e = fakelog_entry(&d->f, &q, OUTCOME_DONE);
    struct buf bytes, text = BUF_INIT, out = BUF_INIT;
    char path[PATH_SIZE], hex[2 * SHA256_LEN + 1];
    char key[BASE64_SIZE(SIGN_PUBLIC_LEN)], root[BASE64_SIZE(SHA256_LEN)];
    struct hash forged;

    fakelog_result(&e, 1, "facts", 1);
    bytes = fakelog_bytes(&e, &q, "ines");
    fakelog_insert(&d->f, d->f.n, &bytes);
    desk_export(d);
    assert_int_equal(desk_verify(d, &out), 4);
    forged = fakelog_root(&d->f);
    text_hex(BYTES(d->f.replay.roster.vault.b), hex);
    text_base64(BYTES(d->f.replay.roster.log_key.b), key);
    text_base64(BYTES(forged.b), root);
    assert_ok(buf_printf(&text,
                         "svault/checked-head/v1\nprogram " SV_VERSION
                         "\ngenesis %s\nkey %s\nsize %zu\nroot %s\n"
                         "checked 1767225600000\n",
                         hex, key, d->f.n, root));
    known_path(d, path);
    {
        char dir[PATH_SIZE];

        assert_ok(path_join(dir, d->dir, "svault-audit"));
        assert_true(mkdir(dir, 0700) == 0);
    }
    assert_ok(file_replace(path, 0600, buf_bytes(&text)));
    assert_spared(d, "", true);
    assert_int_equal(desk_run(d, "verify", "--full", &out), 4);
    /* The same text in any other form, or of another program, is none. */
    for (size_t at = 0; at < text.len; at += 5) {
        text.ptr[at] ^= 1;
        assert_ok(file_replace(path, 0600, buf_bytes(&text)));
        /* Another time of day is all that may differ. */
        assert_int_equal(desk_verify(d, &out) == 0,
                         at > text.len - 14 && at < text.len - 1);
        text.ptr[at] ^= 1;
    }
    /* And a decision is derived whatever is remembered. */
    fakelog_edit(&d->f, d->denied_two, "denied not-assigned\noutcome -",
                 "allowed assigned\noutcome done");
    desk_export(d);
    assert_ok(file_replace(path, 0600, buf_bytes(&text)));
    assert_said(desk_verify(d, &out), 4, &out,
                "not the decision that the policy gives");
    buf_free(&text);
    buf_free(&out);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, desk_set_up, desk_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_flipped_bits_are_refused_with_the_place),
        TEST(test_cut_missing_extra_and_renamed_files_are_refused),
        TEST(test_a_name_cannot_steer_the_terminal),
        TEST(test_a_head_with_one_bad_known_signature_is_refused_whole),
        TEST(test_what_was_checked_before_is_said_and_spared),
        TEST(test_an_older_copy_is_told_from_the_one_checked_before),
        TEST(test_another_branch_contradicts_the_one_checked_before),
        TEST(test_a_restored_log_says_so_where_it_contradicts_the_one_before),
        TEST(test_what_is_remembered_vouches_for_signatures_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
