/*
 * Sheets.  The first byte says how: a text as it was typed, or a sheet made
 * of what follows in which up to three characters of a line are then wrong.
 * Covers: vault/sheet.c
 */
#include <string.h>

#include "base/codec.h"
#include "vault/sheet.h"

#include "fuzz/fuzz.h"

static struct buf
print(const struct sheet *s)
{
    struct buf text = BUF_INIT;

    for (unsigned line = 1; line <= SHEET_LINES; line++) {
        char one[SHEET_LINE_SIZE];

        sheet_line(s, line, one);
        demand(buf_printf(&text, "%s\n", one) == SV_OK);
    }
    fuzz_fit(&text);
    return text;
}

static void
check_text(struct bytes text, enum sheet_kind kind)
{
    struct sheet s, again;
    unsigned line = 99;
    struct buf printed;

    memset(&s, 0, sizeof s);
    memset(&again, 0, sizeof again);
    if (sheet_parse(text, kind, &s, &line) != SV_OK) {
        demand(line <= SHEET_LINES);
        demand(fuzz_is_zero(&s, sizeof s));
        return;
    }
    demand(s.kind == kind);
    printed = print(&s);
    demand(sheet_parse(buf_bytes(&printed), kind, &again, &line) == SV_OK);
    demand(memcmp(&s, &again, sizeof s) == 0);
    buf_free(&printed);
}

/* One to three characters of this line are others. */
static bool
spoil(struct reader *r, struct buf *text, unsigned line)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned n = reader_u8(r) % 3 + 1;
    size_t len = text->len / SHEET_LINES;
    bool spoilt = false;

    for (unsigned i = 0; i < n; i++) {
        uint8_t *at =
            text->ptr + (line - 1) * len + 4 + reader_u8(r) % (len - 5);
        uint8_t c = (uint8_t)digits[reader_u8(r) % 32];

        if (strchr(digits, *at) == NULL || *at == c)
            continue;
        *at = c;
        spoilt = true;
    }
    return spoilt;
}

static void
check_spoilt(struct bytes in)
{
    struct reader r = reader_of(in);
    struct sheet s, got;
    struct buf text, was = BUF_INIT;
    unsigned wrong = 0, line = reader_u8(&r) % SHEET_LINES + 1;

    memset(&s, 0, sizeof s);
    s.kind = reader_u8(&r) % 2 == 0 ? SHEET_GATE : SHEET_KEY;
    reader_copy(&r, s.tag, sizeof s.tag);
    reader_copy(&r, s.secret, sizeof s.secret);
    text = print(&s);
    check_text(buf_bytes(&text), s.kind);
    check_text(buf_bytes(&text), s.kind == SHEET_GATE ? SHEET_KEY : SHEET_GATE);
    demand(buf_append(&was, buf_bytes(&text)) == SV_OK);
    memset(&got, 0, sizeof got);
    /* A character that was put right by the next one is none. */
    if (spoil(&r, &text, line) &&
        !bytes_equal(buf_bytes(&was), buf_bytes(&text))) {
        demand(sheet_parse(buf_bytes(&text), s.kind, &got, &wrong) ==
               SV_ERR_INPUT);
        demand(wrong == line);
        demand(fuzz_is_zero(&got, sizeof got));
    }
    buf_free(&was);
    buf_free(&text);
}

void
fuzz_one(struct bytes in)
{
    switch (fuzz_choice(&in) % 3) {
    case 0:
        check_text(in, SHEET_GATE);
        break;
    case 1:
        check_text(in, SHEET_KEY);
        break;
    default:
        check_spoilt(in);
        break;
    }
    fuzz_heap_bounded(in.len, 4);
}

void
fuzz_seeds(struct seeds *s)
{
    struct sheet gate = {SHEET_GATE, {1, 2, 3}, {4, 5, 6}};
    struct sheet key = {SHEET_KEY, {7}, {8}};
    struct buf text = print(&gate);

    seed_choice_buf(s, 0, &text);
    text = print(&key);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')
            text.ptr[i] = (uint8_t)(text.ptr[i] + 32);
    }
    seed_choice_buf(s, 1, &text);
    seed_choice(s, 2,
                bytes_text("12 tag and secret, as many bytes as there "
                           "are, then 3\x02\x05g\x09t"));
}
