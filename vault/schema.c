#include "vault/schema.h"

#include <assert.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/codec.h"
#include "vault/builtin.h"
#include "vault/schema_internal.h"

#define BLOCK_SIZE ((size_t)64 << 10)

struct pool_block {
    struct pool_block *next;
    size_t used, size;
    alignas(max_align_t) uint8_t data[];
};

void *
pool_alloc(struct pool *p, size_t n, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct pool_block *b = p->blocks;
    size_t need;

    if (size > 0 && n > (BUF_MAX - align) / size)
        return NULL;
    need = (n * size + align - 1) / align * align;
    if (b == NULL || b->size - b->used < need) {
        size_t room = need > BLOCK_SIZE ? need : BLOCK_SIZE;

        b = calloc(1, sizeof *b + room);
        if (b == NULL)
            return NULL;
        b->next = p->blocks;
        b->size = room;
        p->blocks = b;
    }
    b->used += need;
    return b->data + b->used - need;
}

const char *
pool_text(struct pool *p, struct bytes t)
{
    char *text = pool_alloc(p, t.len + 1, 1);

    if (text != NULL && t.len > 0)
        memcpy(text, t.ptr, t.len);
    return text;
}

void
schema_fault(struct diag *where, const char *file, size_t line,
             const char *column, const char *reason)
{
    diag_set(where, line, column, reason);
    if (where != NULL)
        (void)snprintf(where->file, sizeof where->file, "%s", file);
}

void
schema_free(struct schema *s)
{
    if (s == NULL)
        return;
    while (s->pool.blocks != NULL) {
        struct pool_block *next = s->pool.blocks->next;

        free(s->pool.blocks);
        s->pool.blocks = next;
    }
    free(s);
}

size_t
schema_types(const struct schema *s)
{
    return s->n_types;
}

const struct schema_type *
schema_type_at(const struct schema *s, size_t i)
{
    assert(i < s->n_types);
    return &s->types[i];
}

struct schema_source
schema_builtin(void)
{
    return (struct schema_source){builtin_schema_json(), builtin_codes_csv()};
}

static void
hash_part(struct digest *d, struct bytes part)
{
    uint8_t len[4];

    put_u32(len, (uint32_t)part.len);
    digest_add(d, BYTES(len));
    digest_add(d, part);
}

void
schema_hash(struct schema_source source, uint8_t out[static DIGEST_LEN])
{
    struct digest d;

    assert(source.json.len <= UINT32_MAX && source.codes.len <= UINT32_MAX);
    digest_begin(&d, "sv/v1/schema");
    hash_part(&d, source.json);
    hash_part(&d, source.codes);
    digest_end(&d, out);
}

const struct schema_type *
schema_type(const struct schema *s, const char *name)
{
    for (size_t i = 0; i < schema_types(s); i++) {
        if (strcmp(schema_type_at(s, i)->name, name) == 0)
            return schema_type_at(s, i);
    }
    return NULL;
}

const struct schema_compartment *
schema_compartment(const struct schema_type *t, const char *name, size_t *at)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->compartments[i].name, name) != 0)
            continue;
        if (at != NULL)
            *at = i;
        return &t->compartments[i];
    }
    return NULL;
}

const struct schema_field *
schema_field(const struct schema_compartment *c, struct bytes name, size_t *at)
{
    for (size_t i = 0; i < c->n; i++) {
        if (!text_is(name, c->fields[i].name))
            continue;
        if (at != NULL)
            *at = i;
        return &c->fields[i];
    }
    return NULL;
}

const struct schema_code *
schema_code(const struct schema_list *l, struct bytes code)
{
    for (size_t i = 0; i < l->n; i++) {
        if (text_is(code, l->codes[i].code))
            return &l->codes[i];
    }
    return NULL;
}

static const struct {
    const char *name;
    const char *label[SCHEMA_LANGS];
} missing_kinds[MISSING_N] = {
    [MISSING_NOT_ASKED] = {"not_asked", {"not asked", "未確認"}},
    [MISSING_UNKNOWN] = {"unknown", {"unknown", "不明"}},
    [MISSING_DECLINED] = {"declined", {"declined to answer", "回答拒否"}},
    [MISSING_WITHHELD] = {"withheld_for_safety",
                          {"withheld for safety", "安全のため記載せず"}},
    [MISSING_NOT_APPLICABLE] = {"not_applicable",
                                {"not applicable", "該当なし"}},
};

const char *
missing_name(enum missing m)
{
    return missing_kinds[m].name;
}

const char *
missing_label(enum missing m, enum schema_lang lang)
{
    return missing_kinds[m].label[lang];
}

enum missing
missing_parse(struct bytes t)
{
    for (int m = MISSING_NOT + 1; m < MISSING_N; m++) {
        if (text_is(t, missing_kinds[m].name))
            return (enum missing)m;
    }
    return MISSING_NOT;
}

/* Spaces of Latin and of Japanese writing, and line ends. */
static bool
is_blank(utf8proc_int32_t c)
{
    return c == ' ' || c == '\n' || c == 0xa0 || c == 0x3000;
}

static const char *
text_fault(struct bytes t, bool multiline)
{
    bool blank = true;
    size_t at = 0;

    while (at < t.len) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate(t.ptr + at, (utf8proc_ssize_t)(t.len - at), &c);

        if (n <= 0)
            return N_("not valid UTF-8");
        if (c == 0)
            return N_("holds a NUL");
        if (c == '\n' && !multiline)
            return N_("more than one line");
        if ((c < 0x20 && c != '\n') || (c >= 0x7f && c <= 0x9f))
            return N_("holds a control character");
        if (!is_blank(c))
            blank = false;
        at += (size_t)n;
    }
    return blank ? N_("an empty value") : NULL;
}

static const char *
number_fault(const struct schema_field *f, struct bytes value)
{
    uint64_t n;

    switch (text_u64(value, f->min, f->max, &n)) {
    case SV_OK:
        return NULL;
    case SV_ERR_RANGE:
        return N_("out of the range that the field allows");
    default:
        return N_("not a whole number");
    }
}

static const char *
value_fault(const struct schema_field *f, struct bytes value)
{
    const char *reason = text_fault(value, f->multiline);

    if (reason != NULL)
        return reason;
    if (missing_parse(value) != MISSING_NOT)
        return N_("a word for a missing value, which stands alone");
    switch (f->kind) {
    case FIELD_TEXT:
        if (value.len > f->max_len)
            return N_("longer than the field allows");
        if (f->repeated && memchr(value.ptr, ';', value.len) != NULL)
            return N_("holds a ';', which separates values");
        return NULL;
    case FIELD_CODE:
        return schema_code(f->list, value) != NULL ? NULL
                                                   : N_("not in the code list");
    case FIELD_DATE:
        return text_is_date(value) ? NULL : N_("no such date");
    case FIELD_NUMBER:
        return number_fault(f, value);
    }
    return N_("not in the code list");
}

enum sv_err
schema_check_value(const struct schema_field *f, struct bytes value,
                   const char **reason)
{
    const char *fault = value_fault(f, value);

    if (fault == NULL)
        return SV_OK;
    *reason = fault;
    return SV_ERR_INPUT;
}

const struct schema_compartment *
schema_searched(const struct schema_type *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->compartments[i].n; k++) {
            if (t->compartments[i].fields[k].searched)
                return &t->compartments[i];
        }
    }
    return NULL;
}
