#include "vault/sheet.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"

#define CONTENT 50 /* bytes */
#define CHECK_AT 45
#define GROUP 5 /* characters between two spaces */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* ---- the code ---- */

/* In GF(32); without tables, whose use would tell of what is multiplied. */
static uint8_t
times(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (int i = 0; i < 5; i++) {
        product ^= (uint8_t)(a & -(b >> i & 1));
        a = (uint8_t)(a << 1 ^ (0x25 & -(a >> 4 & 1)));
    }
    return product;
}

/* The remainder of line || data x^3 by (x - a)(x - a^2)(x - a^3). */
static void
checks_of(unsigned line, const uint8_t data[static SHEET_DATA],
          uint8_t out[static SHEET_CHECK])
{
    /* x^3 + c2 x^2 + c1 x + c0 with a = 2, a^2 = 4, a^3 = 8 */
    const uint8_t c2 = 0x2 ^ 0x4 ^ 0x8;
    const uint8_t c1 = (uint8_t)(times(2, 4) ^ times(2, 8) ^ times(4, 8));
    const uint8_t c0 = times(times(2, 4), 8);

    memset(out, 0, SHEET_CHECK);
    for (int i = -1; i < SHEET_DATA; i++) {
        uint8_t top = (uint8_t)(out[0] ^ (i < 0 ? (uint8_t)line : data[i]));

        out[0] = (uint8_t)(out[1] ^ times(top, c2));
        out[1] = (uint8_t)(out[2] ^ times(top, c1));
        out[2] = times(top, c0);
    }
}

/* ---- content and characters: five bytes are eight ---- */

static void
content_of(const struct sheet *s, uint8_t out[static CONTENT])
{
    uint8_t check[DIGEST_LEN];

    out[0] = (uint8_t)s->kind;
    memcpy(out + 1, s->tag, sizeof s->tag);
    memcpy(out + 1 + sizeof s->tag, s->secret, sizeof s->secret);
    digest("sv/v1/sheet", bytes_of(out, CHECK_AT), check);
    memcpy(out + CHECK_AT, check, CONTENT - CHECK_AT);
}

static uint8_t
value_at(const uint8_t content[static CONTENT], unsigned at)
{
    uint8_t value = 0;

    for (unsigned i = 5 * at; i < 5 * at + 5; i++)
        value = (uint8_t)(value << 1 | (content[i / 8] >> (7 - i % 8) & 1));
    return value;
}

static void
put_value(uint8_t content[static CONTENT], unsigned at, uint8_t value)
{
    for (unsigned i = 5 * at; i < 5 * at + 5; i++)
        content[i / 8] |=
            (uint8_t)((value >> (5 * at + 4 - i) & 1) << (7 - i % 8));
}

/* alphabet[value], without an index that would tell of the secret. */
static char
letter_of(uint8_t value)
{
    return (char)('A' + value - ((25u - value) >> 8 & ('A' + 26 - '2')));
}

void
sheet_line(const struct sheet *s, unsigned line,
           char out[static SHEET_LINE_SIZE])
{
    uint8_t content[CONTENT], data[SHEET_DATA], checks[SHEET_CHECK];
    int n = snprintf(out, SHEET_LINE_SIZE, "%u: ", line);
    char *to = out + n;

    content_of(s, content);
    for (unsigned i = 0; i < SHEET_DATA; i++) {
        data[i] = value_at(content, (line - 1) * SHEET_DATA + i);
        if (i % GROUP == 0)
            *to++ = ' ';
        *to++ = letter_of(data[i]);
    }
    checks_of(line, data, checks);
    *to++ = ' ';
    *to++ = ' ';
    for (unsigned i = 0; i < SHEET_CHECK; i++)
        *to++ = letter_of(checks[i]);
    *to = '\0';
    wipe(content, sizeof content);
    wipe(data, sizeof data);
    wipe(checks, sizeof checks);
}

/* 32 for what stands for nothing. */
static uint8_t
value_of(uint8_t c)
{
    const char *found;

    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 'a' + 'A');
    c = c == '0' ? 'O' : c == '1' ? 'I' : c == '8' ? 'B' : c;
    found = c == '\0' ? NULL : strchr(alphabet, c);
    return found == NULL ? 32 : (uint8_t)(found - alphabet);
}

/* Behind "N:", if it is there. */
static struct bytes
skip_number(struct bytes typed, unsigned line)
{
    char number[16];

    while (typed.len > 0 && typed.ptr[0] == ' ')
        typed = bytes_slice(typed, 1, typed.len - 1);
    (void)snprintf(number, sizeof number, "%u:", line);
    (void)text_skip(&typed, number);
    return typed;
}

/* Its letters, as many as a line has, and no others. */
static bool
values_of(struct bytes typed, uint8_t out[static SHEET_DATA + SHEET_CHECK])
{
    unsigned n = 0;

    for (size_t i = 0; i < typed.len; i++) {
        uint8_t value = value_of(typed.ptr[i]);

        if (strchr(" \t\r-", typed.ptr[i]) != NULL && typed.ptr[i] != '\0')
            continue;
        if (value == 32 || n == SHEET_DATA + SHEET_CHECK)
            return false;
        out[n++] = value;
    }
    return n == SHEET_DATA + SHEET_CHECK;
}

enum sv_err
sheet_type_line(struct sheet_typed *t, unsigned line, struct bytes typed)
{
    uint8_t values[SHEET_DATA + SHEET_CHECK], checks[SHEET_CHECK];
    bool right = values_of(skip_number(typed, line), values);

    if (right) {
        checks_of(line, values, checks);
        right = memcmp(checks, values + SHEET_DATA, sizeof checks) == 0;
    }
    if (right)
        memcpy(t->values[line - 1], values, SHEET_DATA);
    wipe(values, sizeof values);
    return right ? SV_OK : SV_ERR_INPUT;
}

enum sv_err
sheet_decode(const struct sheet_typed *t, enum sheet_kind kind,
             struct sheet *out)
{
    uint8_t content[CONTENT] = {0}, again[CONTENT];
    struct sheet s = {.kind = kind};
    bool same;

    for (unsigned i = 0; i < SHEET_LINES * SHEET_DATA; i++)
        put_value(content, i, t->values[i / SHEET_DATA][i % SHEET_DATA]);
    memcpy(s.tag, content + 1, sizeof s.tag);
    memcpy(s.secret, content + 1 + sizeof s.tag, sizeof s.secret);
    content_of(&s, again);
    same = sodium_memcmp(content, again, sizeof content) == 0;
    if (same)
        *out = s;
    wipe(content, sizeof content);
    wipe(again, sizeof again);
    wipe(&s, sizeof s);
    return same ? SV_OK : SV_ERR_INPUT;
}

enum sv_err
sheet_parse(struct bytes text, enum sheet_kind kind, struct sheet *out,
            unsigned *line)
{
    struct sheet_typed t = {0};
    struct bytes one;
    unsigned next = 1;
    enum sv_err err = SV_OK;

    while (err == SV_OK && next <= SHEET_LINES &&
           text_split(&text, '\n', &one)) {
        while (one.len > 0 && one.ptr[0] == ' ')
            one = bytes_slice(one, 1, one.len - 1);
        if (one.len < 2 || one.ptr[0] != '0' + next || one.ptr[1] != ':')
            continue;
        *line = next;
        err = sheet_type_line(&t, next, one);
        next++;
    }
    if (err == SV_OK && next <= SHEET_LINES) {
        *line = next;
        err = SV_ERR_INPUT;
    } else if (err == SV_OK) {
        *line = 0;
        err = sheet_decode(&t, kind, out);
    }
    wipe(&t, sizeof t);
    return err;
}

/* ---- the two kinds ---- */

#define VAULT_BYTES 8 /* of the vault id, in a tag */

void
sheet_of_gate(const struct gate_keys *keys, struct sheet *out)
{
    out->kind = SHEET_GATE;
    put_u32(out->tag, keys->epoch);
    memcpy(out->tag + 4, keys->vault.b, VAULT_BYTES);
    memcpy(out->secret, keys->root, sizeof out->secret);
}

void
sheet_of_user(const struct user_keys *keys, const char *name, struct sheet *out)
{
    struct card card;
    struct digest d;
    uint8_t hash[DIGEST_LEN];

    card_of(keys, name, &card);
    digest_begin(&d, "sv/v1/card");
    digest_add(&d, BYTES(card.sign.b));
    digest_add(&d, BYTES(card.box.b));
    digest_add(&d, bytes_text(card.name));
    digest_end(&d, hash);
    out->kind = SHEET_KEY;
    memcpy(out->tag, hash, sizeof out->tag);
    memcpy(out->secret, keys->seed, sizeof out->secret);
}

void
sheet_gate_keys(const struct sheet *s, struct gate_keys *out)
{
    struct reader r = reader_of(BYTES(s->tag));

    out->epoch = reader_u32(&r);
    memcpy(out->root, s->secret, sizeof out->root);
}

bool
sheet_is_of(const struct sheet *s, const struct hash *vault)
{
    return memcmp(s->tag + 4, vault->b, VAULT_BYTES) == 0;
}
