#include "tests/support/support.h"

#include <ftw.h>
#include <unistd.h>

void
support_assert_err(enum sv_err got, enum sv_err want, const char *call,
                   const char *file, int line)
{
    if (got == want)
        return;
    print_error("%s gave \"%s\" (%d), not \"%s\"\n", call, err_text(got),
                (int)got, err_text(want));
    _fail(file, line);
}

struct buf
support_unhex(const char *hex)
{
    struct buf out = BUF_INIT;
    size_t n = strlen(hex) / 2;
    uint8_t *at;

    if (n == 0)
        return out;
    assert_ok(buf_extend(&out, n, &at));
    assert_ok(text_unhex(bytes_text(hex), at, n));
    return out;
}

struct buf
support_copy(struct bytes b)
{
    struct buf copy = BUF_INIT;

    assert_ok(buf_append(&copy, b));
    return copy;
}

void
support_assert_hex(struct bytes got, const char *hex, const char *file,
                   int line)
{
    char *text = calloc(1, 2 * got.len + 1);

    if (text == NULL)
        abort();
    text_hex(got, text);
    if (strcmp(text, hex) != 0) {
        print_error("got  %s\nwant %s\n", text, hex);
        free(text);
        _fail(file, line);
    }
    free(text);
}

void
support_dir_make(char out[static PATH_SIZE])
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(out, PATH_SIZE, "%s/svault-test.XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(out) == NULL)
        fail_msg("no temporary directory: %s", out);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void
support_dir_remove(const char *dir)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static uint64_t
standing_still(void *ctx)
{
    return *(const uint64_t *)ctx;
}

struct clock
support_clock(uint64_t *now_ms)
{
    return (struct clock){standing_still, now_ms};
}

void
support_note_lengthen(struct buf *note, size_t len)
{
    static const uint8_t raw[6000];

    while (note->len < len) {
        size_t left = len - note->len;
        /* Dash, space, name, space and LF around base64 in fours. */
        size_t n = left > 8000 ? sizeof raw : (left - 26) / 4 * 3;
        size_t name = left > 8000 ? 1 : left - 6 - n / 3 * 4;

        assert_ok(buf_text(note, "\xe2\x80\x94 "));
        for (size_t i = 0; i < name; i++)
            assert_ok(buf_text(note, "w"));
        assert_ok(buf_text(note, " "));
        assert_ok(text_base64_append(note, bytes_of(raw, n)));
        assert_ok(buf_text(note, "\n"));
    }
    assert_int_equal(note->len, len);
}
