#include "vault/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static const char *const kinds[FOLD_KINDS] = {"name", "number", "phone"};

const char *
fold_kind_name(enum fold_kind kind)
{
    return (unsigned)kind < FOLD_KINDS ? kinds[kind] : NULL;
}

enum sv_err
fold_kind_parse(struct bytes name, enum fold_kind *out)
{
    for (unsigned k = 0; k < FOLD_KINDS; k++) {
        if (text_is(name, kinds[k])) {
            *out = (enum fold_kind)k;
            return SV_OK;
        }
    }
    return SV_ERR_NOT_FOUND;
}

/* ---- characters ---- */

/* From the front of *t, which is sound UTF-8 and not empty. */
static utf8proc_int32_t
take_char(struct bytes *t)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t n = utf8proc_iterate(t->ptr, (utf8proc_ssize_t)t->len, &c);

    *t = bytes_slice(*t, (size_t)n, t->len - (size_t)n);
    return c;
}

static enum sv_err
put_char(utf8proc_int32_t c, struct buf *out)
{
    utf8proc_uint8_t encoded[4];
    utf8proc_ssize_t n = utf8proc_encode_char(c, encoded);

    return buf_append(out, bytes_of(encoded, (size_t)n));
}

static bool
is_space(utf8proc_int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);

    return k == UTF8PROC_CATEGORY_ZS || k == UTF8PROC_CATEGORY_ZL ||
           k == UTF8PROC_CATEGORY_ZP || k == UTF8PROC_CATEGORY_CC;
}

static bool
is_dash(utf8proc_int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_PD || c == 0x2212 ||
           c == 0x30FC;
}

/* One that no letter has taken up. */
static bool
is_accent(utf8proc_int32_t c)
{
    return c >= 0x300 && c < 0x370;
}

static bool
is_digit(utf8proc_int32_t c)
{
    return c >= '0' && c <= '9';
}

/* NFKC, and small letters; what that takes apart is put together again. */
static enum sv_err
normalise(struct bytes in, struct buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;
    enum sv_err err;

    if (in.len == 0)
        return SV_OK;
    n = utf8proc_map(in.ptr, (utf8proc_ssize_t)in.len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                         UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (n == UTF8PROC_ERROR_NOMEM)
        return SV_ERR_NOMEM;
    if (n < 0)
        return SV_ERR_FORMAT;
    err = buf_append(out, bytes_of(mapped, (size_t)n));
    wipe(mapped, (size_t)n);
    free(mapped);
    return err;
}

/* ---- numbers ---- */

static enum sv_err
fold_number(struct bytes in, struct buf *out)
{
    enum sv_err err = SV_OK;

    while (in.len > 0 && err == SV_OK) {
        utf8proc_int32_t c = take_char(&in);

        if (is_dash(c))
            err = put_char('-', out);
        else if (!is_space(c) && !is_accent(c))
            err = put_char(c, out);
    }
    return err;
}

static enum sv_err
fold_phone(struct bytes in, struct buf *out)
{
    struct buf all = BUF_INIT;
    struct bytes digits;
    bool is_national = true;
    enum sv_err err = SV_OK;

    while (in.len > 0 && err == SV_OK) {
        utf8proc_int32_t c = take_char(&in);

        if (c == '+' && all.len == 0)
            err = buf_text(&all, "00");
        else if (is_digit(c))
            err = put_char(c, &all);
    }
    digits = buf_bytes(&all);
    while (text_skip(&digits, "0081"))
        is_national = digits.len > 0 && digits.ptr[0] == '0';
    if (err == SV_OK && !is_national)
        err = buf_text(out, "0");
    if (err == SV_OK)
        err = buf_append(out, digits);
    buf_free(&all);
    return err;
}

/* ---- names: kana ---- */

#define KANA_FIRST 0x3041
#define KANA_LAST 0x3096
#define KATAKANA_SHIFT 0x60

/* Kunrei romaji of U+3041 to U+3096; the small tu is none of its own. */
static const char *const kana[KANA_LAST - KANA_FIRST + 1] = {
    "a",  "a",  "i",  "i",  "u",  "u",  "e",  "e",  "o",  "o",  "ka",
    "ga", "ki", "gi", "ku", "gu", "ke", "ge", "ko", "go", "sa", "za",
    "si", "zi", "su", "zu", "se", "ze", "so", "zo", "ta", "da", "ti",
    "zi", "",   "tu", "zu", "te", "de", "to", "do", "na", "ni", "nu",
    "ne", "no", "ha", "ba", "pa", "hi", "bi", "pi", "hu", "bu", "pu",
    "he", "be", "pe", "ho", "bo", "po", "ma", "mi", "mu", "me", "mo",
    "ya", "ya", "yu", "yu", "yo", "yo", "ra", "ri", "ru", "re", "ro",
    "wa", "wa", "i",  "e",  "o",  "n",  "bu", "ka", "ke",
};

/* Hiragana of either kind; 0 for what is none. */
static utf8proc_int32_t
hiragana(utf8proc_int32_t c)
{
    if (c >= KANA_FIRST + KATAKANA_SHIFT && c <= KANA_LAST + KATAKANA_SHIFT)
        c -= KATAKANA_SHIFT;
    return c >= KANA_FIRST && c <= KANA_LAST ? c : 0;
}

/* A small vowel, or ya, yu, yo: said with the kana before it. */
static bool
is_small(utf8proc_int32_t c)
{
    return c == 0x3041 || c == 0x3043 || c == 0x3045 || c == 0x3047 ||
           c == 0x3049 || c == 0x3083 || c == 0x3085 || c == 0x3087;
}

#define LAST_SIZE 8

static void
set_last(char last[static LAST_SIZE], const char *romaji)
{
    (void)snprintf(last, LAST_SIZE, "%s", romaji);
}

/* The beginning that a kana has before a small one: "ki" + "ya" is "kya". */
static void
join_small(char last[static LAST_SIZE], const char *small)
{
    size_t n = strlen(last);

    if (strcmp(last, "hu") == 0)
        set_last(last, "f");
    else if (strcmp(last, "tu") == 0)
        set_last(last, "ts");
    else if (strcmp(last, "u") == 0)
        set_last(last, "w");
    else if (small[0] == 'e' && n == 2 && last[1] == 'i' &&
             strchr("stz", last[0]) != NULL)
        last[1] = 'y';
    else if (n > 0)
        last[n - 1] = '\0';
    (void)strncat(last, small, LAST_SIZE - 1 - strlen(last));
}

/* One run of kana on its way: the last one waits for a small one. */
struct kana_run {
    char last[LAST_SIZE];
    bool doubled;
    utf8proc_int32_t before; /* for iteration marks */
};

static enum sv_err
end_kana(struct kana_run *run, struct buf *out)
{
    enum sv_err err = SV_OK;

    if (run->doubled && run->last[0] != '\0' &&
        strchr("aiueon", run->last[0]) == NULL)
        err = buf_append(out, bytes_of(run->last, 1));
    if (run->last[0] != '\0')
        run->doubled = false;
    if (err == SV_OK)
        err = buf_text(out, run->last);
    run->last[0] = '\0';
    return err;
}

#define SMALL_TU 0x3063

static enum sv_err
take_kana(struct kana_run *run, utf8proc_int32_t h, struct buf *out)
{
    const char *romaji = kana[h - KANA_FIRST];
    enum sv_err err;

    run->before = h;
    if (is_small(h) && run->last[0] != '\0') {
        join_small(run->last, romaji);
        return SV_OK;
    }
    err = end_kana(run, out);
    if (h == SMALL_TU)
        run->doubled = true;
    else
        set_last(run->last, romaji);
    return err;
}

/* Blanks, marks between names, accents without a letter. */
static bool
is_left_out(utf8proc_int32_t c)
{
    return is_space(c) || is_dash(c) || c == '\'' || c == '.' || c == 0x2019 ||
           c == 0x30FB || is_accent(c);
}

/* Kana as romaji; all else as it stands but for blanks and marks. */
static enum sv_err
romanise(struct bytes in, struct buf *out)
{
    struct kana_run run = {.last = ""};
    enum sv_err err = SV_OK;

    while (in.len > 0 && err == SV_OK) {
        utf8proc_int32_t c = take_char(&in), h = hiragana(c);

        if ((c == 0x309D || c == 0x30FD) && run.before != 0)
            h = run.before; /* the same again */
        if (h != 0) {
            err = take_kana(&run, h, out);
            continue;
        }
        if (is_left_out(c))
            continue;
        err = end_kana(&run, out);
        run = (struct kana_run){.last = ""};
        if (err == SV_OK)
            err = put_char(c, out);
    }
    return err == SV_OK ? end_kana(&run, out) : err;
}

/* ---- names: letters ---- */

static bool
is_latin(utf8proc_int32_t c)
{
    return (c >= 0xC0 && c < 0x250) || (c >= 0x1E00 && c < 0x1F00);
}

/* Old and new forms of characters in Japanese names. */
static const struct {
    utf8proc_int32_t from, to;
} forms[] = {
    {0x9AD9, 0x9AD8}, {0xFA11, 0x5D0E}, {0x7895, 0x5D0E},  {0x6FA4, 0x6CA2},
    {0x908A, 0x8FBA}, {0x9089, 0x8FBA}, {0x9F4B, 0x658E},  {0x9F4A, 0x658E},
    {0x6589, 0x658E}, {0x5EE3, 0x5E83}, {0x6AFB, 0x685C},  {0x570B, 0x56FD},
    {0x771E, 0x771F}, {0x5D8B, 0x5CF6}, {0x5D8C, 0x5CF6},  {0x6FF5, 0x6D5C},
    {0x6FF1, 0x6D5C}, {0x9F8D, 0x7ADC}, {0x20BB7, 0x5409}, {0x58FD, 0x5BFF},
    {0x69AE, 0x6804}, {0x7027, 0x6EDD}, {0x5CEF, 0x5CF0},  {0x9ED1, 0x9ED2},
    {0x51A8, 0x5BCC}, {0x5FB3, 0x5FB7}, {0x60E0, 0x6075},
};

static utf8proc_int32_t
common_form(utf8proc_int32_t c)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (forms[i].from == c)
            return forms[i].to;
    }
    return c;
}

/* Latin letters without their marks, characters in their common form. */
static enum sv_err
plain_letters(struct bytes in, struct buf *out)
{
    enum sv_err err = SV_OK;

    while (in.len > 0 && err == SV_OK) {
        const uint8_t *at = in.ptr;
        utf8proc_int32_t c = take_char(&in);
        utf8proc_uint8_t *bare = NULL;
        utf8proc_ssize_t n;

        if (!is_latin(c)) {
            err = put_char(common_form(c), out);
            continue;
        }
        n = utf8proc_map(at, in.ptr - at, &bare,
                         UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
                             UTF8PROC_STRIPMARK);
        err = n < 0 ? SV_ERR_NOMEM : buf_append(out, bytes_of(bare, (size_t)n));
        free(bare);
    }
    return err;
}

/* The longest that fits at a place is taken. */
static const struct {
    const char *from, *to;
} spellings[] = {
    {"tchi", "tti"}, {"tcha", "ttya"}, {"tchu", "ttyu"}, {"tcho", "ttyo"},
    {"cchi", "tti"}, {"ccha", "ttya"}, {"cchu", "ttyu"}, {"ccho", "ttyo"},
    {"shi", "si"},   {"sha", "sya"},   {"shu", "syu"},   {"sho", "syo"},
    {"she", "sye"},  {"chi", "ti"},    {"cha", "tya"},   {"chu", "tyu"},
    {"cho", "tyo"},  {"che", "tye"},   {"tsu", "tu"},    {"jya", "zya"},
    {"jyu", "zyu"},  {"jyo", "zyo"},   {"dzu", "zu"},    {"fu", "hu"},
    {"ji", "zi"},    {"ja", "zya"},    {"ju", "zyu"},    {"jo", "zyo"},
    {"je", "zye"},   {"du", "zu"},     {"mb", "nb"},     {"mp", "np"},
    {"mm", "nm"},    {"l", "r"},       {"v", "b"},       {"aa", "a"},
    {"ii", "i"},     {"uu", "u"},      {"ee", "e"},      {"oo", "o"},
    {"ou", "o"},
};

static bool
is_vowel(const struct bytes t, size_t at)
{
    return at < t.len && t.ptr[at] != '\0' &&
           strchr("aiueoy", t.ptr[at]) != NULL;
}

static enum sv_err
respell_once(struct bytes in, struct buf *out)
{
    enum sv_err err = SV_OK;

    while (in.len > 0 && err == SV_OK) {
        size_t i = 0, n = sizeof spellings / sizeof spellings[0];
        struct bytes rest = in;

        while (i < n && !text_skip(&rest, spellings[i].from))
            i++;
        if (i < n) {
            err = buf_text(out, spellings[i].to);
        } else if (text_skip(&rest, "oh") && !is_vowel(in, 2)) {
            err = buf_text(out, "o");
            /* "ohhh" at once, and not with one h less each time. */
            while (rest.len > 0 && rest.ptr[0] == 'h' && !is_vowel(rest, 1))
                rest = bytes_slice(rest, 1, rest.len - 1);
        } else {
            rest = bytes_slice(in, 1, in.len - 1);
            err = buf_append(out, bytes_slice(in, 0, 1));
        }
        in = rest;
    }
    return err;
}

/* Again until nothing changes: "ooo" is "o", too.  It only gets shorter but
 * for the y of sya, which comes once. */
static enum sv_err
respell(struct buf *text)
{
    for (;;) {
        struct buf next = BUF_INIT;
        enum sv_err err = respell_once(buf_bytes(text), &next);
        bool same = bytes_equal(buf_bytes(text), buf_bytes(&next));

        if (err != SV_OK || same) {
            buf_free(&next);
            return err;
        }
        buf_free(text);
        *text = next;
    }
}

static enum sv_err
fold_name(struct bytes in, struct buf *out)
{
    struct buf romaji = BUF_INIT, plain = BUF_INIT;
    enum sv_err err = romanise(in, &romaji);

    if (err == SV_OK)
        err = plain_letters(buf_bytes(&romaji), &plain);
    if (err == SV_OK)
        err = respell(&plain);
    if (err == SV_OK)
        err = buf_append(out, buf_bytes(&plain));
    buf_free(&romaji);
    buf_free(&plain);
    return err;
}

/* ---- all of them ---- */

enum sv_err
fold_word(enum fold_kind kind, struct bytes word, struct buf *out)
{
    struct buf normal = BUF_INIT;
    size_t was = out->len;
    enum sv_err err = normalise(word, &normal);

    if (err != SV_OK)
        return err;
    switch (kind) {
    case FOLD_NAME:
        err = fold_name(buf_bytes(&normal), out);
        break;
    case FOLD_NUMBER:
        err = fold_number(buf_bytes(&normal), out);
        break;
    default:
        err = fold_phone(buf_bytes(&normal), out);
        break;
    }
    if (err == SV_OK && out->len - was > FOLD_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    buf_free(&normal);
    return err;
}

static bool
parts_words(utf8proc_int32_t c)
{
    return is_space(c) || c == ',' || c == 0x3001 || c == 0xFF0C ||
           c == 0x30FB || c == 0xFF65;
}

bool
fold_next(struct bytes *line, struct bytes *word)
{
    struct bytes rest = *line, at = *line;
    bool inside = false;

    while (rest.len > 0) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t n =
            utf8proc_iterate(rest.ptr, (utf8proc_ssize_t)rest.len, &c);

        if (n < 1)
            n = 1; /* broken: fold_word() says so */
        if (c >= 0 && parts_words(c)) {
            if (inside)
                break;
            at = bytes_slice(rest, (size_t)n, rest.len - (size_t)n);
        } else {
            inside = true;
        }
        rest = bytes_slice(rest, (size_t)n, rest.len - (size_t)n);
    }
    *word = bytes_slice(at, 0, at.len - rest.len);
    *line = rest;
    return inside;
}
