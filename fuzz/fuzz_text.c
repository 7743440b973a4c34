/*
 * Texts of all kinds, one after the other over the same bytes.
 * Covers: base/text.c
 */
#include <string.h>

#include "base/text.h"

#include "fuzz/fuzz.h"

#define SHORT 64

static void
check_numbers(struct bytes in)
{
    struct buf again = BUF_INIT;
    uint64_t n;

    if (text_u64(in, 0, UINT64_MAX, &n) == SV_OK) {
        demand(text_u64_append(&again, n) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
        demand(text_u64(in, n, n, &n) == SV_OK);
        demand(n == 0 || text_u64(in, 0, n - 1, &n) != SV_OK);
    }
    buf_free(&again);
}

static void
check_codes(struct bytes in)
{
    uint8_t raw[SHORT];
    char hex[2 * SHORT + 1];
    struct buf bin = BUF_INIT, again = BUF_INIT;

    if (in.len / 2 <= SHORT && text_unhex(in, raw, in.len / 2) == SV_OK) {
        text_hex(bytes_of(raw, in.len / 2), hex);
        demand(text_is(in, hex));
    }
    if (text_unbase64(in, &bin) == SV_OK) {
        demand(text_base64_append(&again, buf_bytes(&bin)) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), in));
    }
    buf_truncate(&again, 0);
    buf_truncate(&bin, 0);
    demand(text_base64_append(&again, in) == SV_OK);
    fuzz_fit(&again);
    demand(text_unbase64(buf_bytes(&again), &bin) == SV_OK);
    demand(bytes_equal(buf_bytes(&bin), in));
    buf_free(&bin);
    buf_free(&again);
}

/* What a terminal obeys is gone, and what was harmless stays. */
static void
check_inert(struct bytes in)
{
    struct buf shown = BUF_INIT, again = BUF_INIT;

    demand(text_inert(&shown, in, false) == SV_OK);
    demand(shown.len == 0 || text_is_utf8(buf_bytes(&shown)));
    for (size_t i = 0; i < shown.len; i++)
        demand(shown.ptr[i] >= ' ' && shown.ptr[i] != 0x7f);
    demand(shown.len == 0 ||
           (memmem(shown.ptr, shown.len, "\xc2\x9b", 2) == NULL &&
            memmem(shown.ptr, shown.len, "\xe2\x80\xae", 3) == NULL));
    fuzz_fit(&shown);
    demand(text_inert(&again, buf_bytes(&shown), false) == SV_OK);
    demand(bytes_equal(buf_bytes(&shown), buf_bytes(&again)));
    buf_free(&shown);
    buf_free(&again);
}

static void
check_nfkc(struct bytes in)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;

    if (text_nfkc(in, &once) == SV_OK) {
        demand(!text_is_utf8(in) || text_is_utf8(buf_bytes(&once)));
        fuzz_fit(&once);
        demand(text_nfkc(buf_bytes(&once), &twice) == SV_OK);
        demand(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    } else {
        demand(once.len == 0);
    }
    buf_free(&once);
    buf_free(&twice);
}

/* All lines, and what is behind the last. */
static void
check_lines(struct bytes in)
{
    struct bytes rest = in, line;
    size_t len = 0;

    while (text_line(&rest, &line)) {
        demand(line.len == 0 || memchr(line.ptr, '\n', line.len) == NULL);
        len += line.len + 1;
    }
    demand(len + rest.len == in.len);
}

static void
check_words(struct bytes in)
{
    char name[NAME_SIZE];

    if (text_is_work_name(in) || text_is_code(in))
        demand(in.len <= NAME_MAX_LEN &&
               text_copy(in, name, sizeof name) == SV_OK);
    demand(!text_is_date(in) || in.len == 10);
    (void)text_is_blank(in);
}

static void
check_time(struct bytes in)
{
    char time[TIME_SIZE];
    uint64_t ms = 0;

    if (in.len != sizeof ms)
        return;
    memcpy(&ms, in.ptr, sizeof ms);
    text_time(ms, time);
    demand(strlen(time) == TIME_SIZE - 1);
}

void
fuzz_one(struct bytes in)
{
    check_numbers(in);
    check_codes(in);
    check_inert(in);
    check_nfkc(in);
    check_lines(in);
    check_words(in);
    check_time(in);
    fuzz_heap_bounded(in.len, 64);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char *const texts[] = {
        "18446744073709551615",
        "00ff7a",
        "AAECAw==",
        "AA==",
        "a-name",
        "some_code",
        "2024-02-29",
        "two\nlines\nand more",
        "\x1b[2J\xc2\x9b\xe2\x80\xae\xf0\x9f\x98\x80\xff",
        "\xef\xbd\xb6\xef\xbe\x9e\xe3\x80\x80 e\xcc\x81\xef\xac\x81",
        "12345678",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        seed(s, bytes_text(texts[i]));
}
