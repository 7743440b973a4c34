#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <utf8proc.h>

static bool
all_of(struct bytes t, const char *extra)
{
    if (t.len == 0 || t.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (c != 0 && strchr(extra, c) != NULL)))
            return false;
    }
    return true;
}

bool
text_is_work_name(struct bytes t)
{
    return all_of(t, "-");
}

bool
text_is_code(struct bytes t)
{
    return all_of(t, "_");
}

enum sv_err
text_copy(struct bytes t, char *out, size_t size)
{
    if (t.len >= size)
        return SV_ERR_RANGE;
    if (t.len > 0 && memchr(t.ptr, 0, t.len) != NULL)
        return SV_ERR_FORMAT;
    if (t.len > 0)
        memcpy(out, t.ptr, t.len);
    out[t.len] = '\0';
    return SV_OK;
}

bool
text_is(struct bytes t, const char *word)
{
    return bytes_equal(t, bytes_text(word));
}

enum sv_err
text_u64(struct bytes t, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (t.len == 0 || (t.len > 1 && t.ptr[0] == '0'))
        return SV_ERR_FORMAT;
    for (size_t i = 0; i < t.len; i++) {
        unsigned digit = (unsigned)t.ptr[i] - '0';

        if (digit > 9)
            return SV_ERR_FORMAT;
        if (v > (UINT64_MAX - digit) / 10)
            return SV_ERR_RANGE;
        v = v * 10 + digit;
    }
    if (v < min || v > max)
        return SV_ERR_RANGE;
    *out = v;
    return SV_OK;
}

enum sv_err
text_u64_append(struct buf *out, uint64_t n)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return buf_append(out, bytes_of(digits + at, sizeof digits - at));
}

void
text_hex(struct bytes b, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < b.len; i++) {
        *out++ = digits[b.ptr[i] >> 4];
        *out++ = digits[b.ptr[i] & 15];
    }
    *out = '\0';
}

/* The value of a digit and one more, so that 0 is for what is none. */
static const uint8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

enum sv_err
text_unhex(struct bytes t, uint8_t *out, size_t n)
{
    if (n > SIZE_MAX / 2 || t.len != 2 * n)
        return SV_ERR_FORMAT;
    for (size_t i = 0; i < t.len; i++) {
        if (hex_values[t.ptr[i]] == 0)
            return SV_ERR_FORMAT;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((hex_values[t.ptr[2 * i]] - 1u) << 4 |
                           (hex_values[t.ptr[2 * i + 1]] - 1u));
    return SV_OK;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
text_base64(struct bytes b, char *out)
{
    for (size_t i = 0; i < b.len; i += 3) {
        size_t left = b.len - i;
        uint32_t v = (uint32_t)b.ptr[i] << 16;

        if (left > 1)
            v |= (uint32_t)b.ptr[i + 1] << 8;
        if (left > 2)
            v |= b.ptr[i + 2];
        *out++ = base64_digits[v >> 18];
        *out++ = base64_digits[v >> 12 & 63];
        *out++ = (char)(left > 1 ? base64_digits[v >> 6 & 63] : '=');
        *out++ = (char)(left > 2 ? base64_digits[v & 63] : '=');
    }
    *out = '\0';
}

enum sv_err
text_base64_append(struct buf *out, struct bytes b)
{
    size_t size;
    enum sv_err err;

    if (b.len > BUF_MAX)
        return SV_ERR_RANGE;
    size = BASE64_SIZE(b.len);
    err = buf_reserve(out, size);
    if (err != SV_OK)
        return err;
    text_base64(b, (char *)out->ptr + out->len);
    out->len += size - 1;
    return SV_OK;
}

/* As hex_values. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* The four digits at `in`, of which `used` count; used - 1 bytes. */
static bool
unbase64_group(const uint8_t *in, int used, uint8_t *out)
{
    uint32_t v = 0;

    for (int i = 0; i < used; i++) {
        uint32_t digit = base64_values[in[i]];

        if (digit == 0)
            return false;
        v |= (digit - 1) << (18 - 6 * i);
    }
    /* Bits behind the last byte must be zero: one value, one encoding. */
    if ((used == 2 && (v & 0xffff) != 0) || (used == 3 && (v & 0xff) != 0))
        return false;
    for (int i = 0; i < used - 1; i++)
        out[i] = (uint8_t)(v >> (16 - 8 * i));
    return true;
}

/* One pass: to out, or, where that is NULL, to nowhere. */
static bool
unbase64(struct bytes t, uint8_t *out, size_t *len)
{
    *len = 0;
    if (t.len % 4 != 0)
        return false;
    for (size_t i = 0; i < t.len; i += 4) {
        uint8_t group[3];
        int used = 4;

        if (i + 4 == t.len && t.ptr[i + 3] == '=')
            used = t.ptr[i + 2] == '=' ? 2 : 3;
        if (!unbase64_group(t.ptr + i, used, group))
            return false;
        if (out != NULL)
            memcpy(out + *len, group, (size_t)used - 1);
        *len += (size_t)used - 1;
    }
    return true;
}

enum sv_err
text_unbase64_to(struct bytes t, uint8_t *out, size_t max, size_t *len)
{
    size_t n;

    if (!unbase64(t, NULL, &n))
        return SV_ERR_FORMAT;
    if (n > max)
        return SV_ERR_RANGE;
    (void)unbase64(t, out, len);
    return SV_OK;
}

enum sv_err
text_unbase64(struct bytes t, struct buf *out)
{
    size_t max = t.len / 4 * 3, len = 0;
    enum sv_err err;

    if (t.len % 4 != 0)
        return SV_ERR_FORMAT;
    err = buf_reserve(out, max);
    if (err == SV_OK && max > 0)
        err = text_unbase64_to(t, out->ptr + out->len, max, &len);
    out->len += len;
    return err;
}

enum sv_err
text_unbase64_n(struct bytes t, uint8_t *out, size_t n)
{
    size_t len;

    if (!unbase64(t, NULL, &len) || len != n)
        return SV_ERR_FORMAT;
    (void)unbase64(t, out, &len);
    return SV_OK;
}

bool
text_is_blank(struct bytes t)
{
    static const char wide[] = "\xe3\x80\x80";

    while (t.len > 0) {
        if (!text_skip(&t, " ") && !text_skip(&t, "\t") && !text_skip(&t, wide))
            return false;
    }
    return true;
}

/* Eight bytes, each from 1 to 127: nearly all text is, and fast to see. */
static bool
is_ascii(const uint8_t *at)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    uint64_t v;

    memcpy(&v, at, sizeof v);
    /* A byte that is 0 borrows from its high bit. */
    return ((v | (v - ones)) & high) == 0;
}

bool
text_is_utf8(struct bytes t)
{
    size_t at = 0;

    while (at < t.len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n;

        if (t.len - at >= 8 && is_ascii(t.ptr + at)) {
            at += 8;
            continue;
        }
        n = utf8proc_iterate(t.ptr + at, (utf8proc_ssize_t)(t.len - at), &c);
        if (n <= 0 || c == 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

bool
text_line(struct bytes *rest, struct bytes *line)
{
    const uint8_t *lf;
    size_t len;

    if (rest->len == 0)
        return false;
    lf = memchr(rest->ptr, '\n', rest->len);
    if (lf == NULL)
        return false;
    len = (size_t)(lf - rest->ptr);
    *line = bytes_of(rest->ptr, len);
    *rest = bytes_of(rest->ptr + len + 1, rest->len - len - 1);
    return true;
}

bool
text_skip(struct bytes *t, const char *word)
{
    size_t n = strlen(word);

    if (t->len < n || (n > 0 && memcmp(t->ptr, word, n) != 0))
        return false;
    *t = bytes_slice(*t, n, t->len - n);
    return true;
}

bool
text_split(struct bytes *t, char sep, struct bytes *head)
{
    const uint8_t *at;

    if (t->len == 0)
        return false;
    at = memchr(t->ptr, sep, t->len);
    if (at == NULL) {
        *head = *t;
        *t = bytes_of(t->ptr + t->len, 0);
        return true;
    }
    *head = bytes_of(t->ptr, (size_t)(at - t->ptr));
    *t = bytes_slice(*t, head->len + 1, t->len - head->len - 1);
    return true;
}

/* Characters that steer a terminal or reorder what stands beside them. */
static bool
is_steering(utf8proc_int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

size_t
text_inert_first(struct bytes *t, bool keep_lf, uint8_t out[static INERT_MAX])
{
    char made[INERT_MAX + 1];
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate(t->ptr, (utf8proc_ssize_t)t->len, &c);
    size_t taken = n > 0 ? (size_t)n : 1, len;

    if (n <= 0) {
        len = (size_t)snprintf(made, sizeof made, "<%02X>", t->ptr[0]);
        memcpy(out, made, len);
    } else if (is_steering(c) && !(keep_lf && c == '\n')) {
        len = (size_t)snprintf(made, sizeof made, "<U+%04X>", (unsigned)c);
        memcpy(out, made, len);
    } else {
        len = taken;
        memcpy(out, t->ptr, len);
    }
    *t = bytes_slice(*t, taken, t->len - taken);
    return len;
}

enum sv_err
text_inert(struct buf *out, struct bytes t, bool keep_lf)
{
    size_t was = out->len;
    enum sv_err err = SV_OK;

    while (t.len > 0 && err == SV_OK) {
        uint8_t made[INERT_MAX];
        size_t len = text_inert_first(&t, keep_lf, made);

        err = buf_append(out, bytes_of(made, len));
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
text_nfkc(struct bytes t, struct buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;
    enum sv_err err;

    if (t.len == 0)
        return SV_OK;
    n = utf8proc_map(t.ptr, (utf8proc_ssize_t)t.len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    if (n == UTF8PROC_ERROR_NOMEM)
        return SV_ERR_NOMEM;
    if (n < 0)
        return SV_ERR_FORMAT;
    err = buf_append(out, bytes_of(mapped, (size_t)n));
    wipe(mapped, (size_t)n); /* it may be a passphrase */
    free(mapped);
    return err;
}

static unsigned
digits(const uint8_t *at, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        v = v * 10 + (unsigned)(at[i] - '0');
    }
    return v;
}

bool
text_is_date(struct bytes t)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30,
                                    31, 31, 30, 31, 30, 31};
    unsigned year, month, day, last;

    if (t.len != 10 || t.ptr[4] != '-' || t.ptr[7] != '-')
        return false;
    year = digits(t.ptr, 4);
    month = digits(t.ptr + 5, 2);
    day = digits(t.ptr + 8, 2);
    if (year < 1900 || year > 2199 || month < 1 || month > 12)
        return false;
    last = days[month - 1];
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        last = 29;
    return day >= 1 && day <= last;
}

void
text_time(uint64_t unix_ms, char out[static TIME_SIZE])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;

    if (unix_ms / 1000 > 253402300799u || gmtime_r(&seconds, &tm) == NULL ||
        strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        (void)snprintf(out, TIME_SIZE, "9999-12-31T23:59:59Z");
}
