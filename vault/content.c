#include "vault/content.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

static const struct schema_field *
field_of(const struct content *c, size_t field)
{
    assert(field < c->compartment->n);
    return &c->compartment->fields[field];
}

static void
clear_field(struct content_field *f)
{
    for (size_t i = 0; i < f->n; i++) {
        wipe(f->values[i].ptr, f->values[i].len);
        free(f->values[i].ptr);
    }
    free(f->values);
    *f = (struct content_field){0};
}

enum sv_err
content_new(const struct schema_compartment *c, struct content *out)
{
    struct content_field *fields = calloc(c->n, sizeof *fields);

    if (fields == NULL)
        return SV_ERR_NOMEM;
    *out = (struct content){c, fields};
    return SV_OK;
}

void
content_free(struct content *c)
{
    if (c->fields != NULL) {
        for (size_t i = 0; i < c->compartment->n; i++)
            clear_field(&c->fields[i]);
        free(c->fields);
    }
    *c = (struct content){0};
}

/* One value more, without a look at the schema. */
static enum sv_err
push(struct content_field *f, struct bytes value)
{
    struct content_value *values;
    uint8_t *ptr = malloc(value.len);

    if (ptr == NULL)
        return SV_ERR_NOMEM;
    values = calloc(f->n + 1, sizeof *values);
    if (values == NULL) {
        free(ptr);
        return SV_ERR_NOMEM;
    }
    if (f->n > 0)
        memcpy(values, f->values, f->n * sizeof *values);
    free(f->values);
    memcpy(ptr, value.ptr, value.len);
    values[f->n] = (struct content_value){ptr, value.len};
    f->values = values;
    f->n++;
    f->given = true;
    f->missing = MISSING_NOT;
    return SV_OK;
}

static enum sv_err
check_room(const struct schema_field *field, const struct content_field *f,
           struct bytes value, const char **reason)
{
    if (!field->repeated && f->n > 0) {
        *reason = N_("takes one value only");
        return SV_ERR_INPUT;
    }
    if (f->n >= FIELD_REPEAT_MAX) {
        *reason = N_("more values than the field allows");
        return SV_ERR_INPUT;
    }
    for (size_t i = 0; i < f->n; i++) {
        if (bytes_equal(bytes_of(f->values[i].ptr, f->values[i].len), value)) {
            *reason = N_("the same value twice");
            return SV_ERR_INPUT;
        }
    }
    return SV_OK;
}

enum sv_err
content_add(struct content *c, size_t field, struct bytes value,
            const char **reason)
{
    const struct schema_field *schema = field_of(c, field);
    enum sv_err err;

    err = schema_check_value(schema, value, reason);
    if (err == SV_OK)
        err = check_room(schema, &c->fields[field], value, reason);
    if (err == SV_OK)
        err = push(&c->fields[field], value);
    return err;
}

void
content_set_missing(struct content *c, size_t field, enum missing m)
{
    (void)field_of(c, field);
    assert(m > MISSING_NOT && m < MISSING_N);
    clear_field(&c->fields[field]);
    c->fields[field].given = true;
    c->fields[field].missing = m;
}

void
content_unset(struct content *c, size_t field)
{
    (void)field_of(c, field);
    clear_field(&c->fields[field]);
}

void
content_fill(struct content *c)
{
    for (size_t i = 0; i < c->compartment->n; i++) {
        if (!c->fields[i].given)
            content_set_missing(c, i, MISSING_NOT_ASKED);
    }
}

bool
content_is_given(const struct content *c)
{
    for (size_t i = 0; i < c->compartment->n; i++) {
        if (c->fields[i].given)
            return true;
    }
    return false;
}

enum sv_err
content_text(const struct content *c, size_t field, struct buf *out)
{
    const struct content_field *f = &c->fields[field];
    size_t was = out->len;
    enum sv_err err = SV_OK;

    (void)field_of(c, field);
    if (!f->given)
        return SV_OK;
    if (f->missing != MISSING_NOT)
        return buf_text(out, missing_name(f->missing));
    for (size_t i = 0; i < f->n && err == SV_OK; i++) {
        if (i > 0)
            err = buf_text(out, ";");
        if (err == SV_OK)
            err = buf_append(out, bytes_of(f->values[i].ptr, f->values[i].len));
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* The length of the blank that t begins or ends with, or 0. */
static size_t
blank_at(struct bytes t, bool at_end)
{
    static const uint8_t wide[] = {0xe3, 0x80, 0x80}; /* U+3000 */

    if (t.len == 0)
        return 0;
    if (t.ptr[at_end ? t.len - 1 : 0] == ' ' ||
        t.ptr[at_end ? t.len - 1 : 0] == '\n')
        return 1;
    if (t.len < sizeof wide)
        return 0;
    return memcmp(t.ptr + (at_end ? t.len - sizeof wide : 0), wide,
                  sizeof wide) == 0
               ? sizeof wide
               : 0;
}

static struct bytes
trim(struct bytes t)
{
    size_t n;

    while ((n = blank_at(t, false)) > 0)
        t = bytes_slice(t, n, t.len - n);
    while ((n = blank_at(t, true)) > 0)
        t.len -= n;
    return t;
}

static enum sv_err
parse_repeated(struct content *c, size_t field, struct bytes text,
               const char **reason)
{
    bool last_is_empty = text.ptr[text.len - 1] == ';';
    struct bytes part;
    enum sv_err err = SV_OK;

    while (err == SV_OK && text_split(&text, ';', &part))
        err = content_add(c, field, trim(part), reason);
    if (err == SV_OK && last_is_empty)
        err = content_add(c, field, bytes_of(text.ptr, 0), reason);
    return err;
}

enum sv_err
content_parse(struct content *c, size_t field, struct bytes text,
              const char **reason)
{
    const struct schema_field *schema = field_of(c, field);
    struct bytes trimmed = trim(text);
    enum missing missing = missing_parse(trimmed);
    struct content_field old = c->fields[field];
    enum sv_err err;

    c->fields[field] = (struct content_field){0};
    if (trimmed.len == 0) {
        err = SV_OK;
    } else if (missing != MISSING_NOT) {
        content_set_missing(c, field, missing);
        err = SV_OK;
    } else if (schema->repeated) {
        err = parse_repeated(c, field, trimmed, reason);
    } else {
        /* Spaces around a coded value say nothing; in a text, who knows. */
        err = content_add(c, field, schema->kind == FIELD_TEXT ? text : trimmed,
                          reason);
    }
    if (err != SV_OK) {
        clear_field(&c->fields[field]);
        c->fields[field] = old;
        return err;
    }
    clear_field(&old);
    return SV_OK;
}

static int
compare_names(const struct schema_compartment *c, size_t a, size_t b)
{
    return bytes_compare(bytes_text(c->fields[a].name),
                         bytes_text(c->fields[b].name));
}

/* The given fields, ordered by name. */
static size_t
sort_given(const struct content *c, size_t order[static SCHEMA_FIELDS_MAX])
{
    size_t n = 0;

    assert(c->compartment->n <= SCHEMA_FIELDS_MAX);
    for (size_t i = 0; i < c->compartment->n; i++) {
        size_t at = n;

        if (!c->fields[i].given)
            continue;
        for (; at > 0 && compare_names(c->compartment, order[at - 1], i) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
        n++;
    }
    return n;
}

enum sv_err
content_encode(const struct content *c, struct buf *out)
{
    size_t order[SCHEMA_FIELDS_MAX];
    size_t n = sort_given(c, order);
    size_t was = out->len;
    struct writer w = writer_to(out);
    enum sv_err err;

    writer_u16(&w, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        const struct content_field *f = &c->fields[order[i]];

        writer_name(&w, c->compartment->fields[order[i]].name);
        writer_u8(&w, (uint8_t)f->missing);
        writer_u8(&w, (uint8_t)f->n);
        for (size_t k = 0; k < f->n; k++)
            writer_medium(&w, bytes_of(f->values[k].ptr, f->values[k].len));
        if (out->len - was > CONTENT_MAX)
            break;
    }
    err = writer_end(&w);
    if (err == SV_OK && out->len - was > CONTENT_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* A field's missing kind and values, into the field that is named. */
static enum sv_err
decode_field(struct reader *r, size_t field, struct content *c)
{
    uint8_t missing = reader_u8(r);
    uint8_t n = reader_u8(r);
    const char *reason;

    if (r->failed || missing >= MISSING_N || (missing == 0) != (n > 0))
        return SV_ERR_FORMAT;
    if (missing != MISSING_NOT)
        content_set_missing(c, field, (enum missing)missing);
    for (uint8_t i = 0; i < n; i++) {
        struct bytes value = reader_medium(r, FIELD_VALUE_MAX);
        enum sv_err err;

        if (r->failed)
            return SV_ERR_FORMAT;
        err = content_add(c, field, value, &reason);
        if (err != SV_OK)
            return err == SV_ERR_INPUT ? SV_ERR_FORMAT : err;
    }
    return SV_OK;
}

static enum sv_err
decode_fields(struct reader *r, struct content *c)
{
    uint16_t n = reader_u16(r);
    char last[NAME_SIZE] = "";
    enum sv_err err;

    for (uint16_t i = 0; i < n; i++) {
        char name[NAME_SIZE];
        size_t field;

        reader_name(r, name, sizeof name);
        /* In order, none twice: one content has one encoding. */
        if (r->failed || strcmp(last, name) >= 0)
            return SV_ERR_FORMAT;
        memcpy(last, name, sizeof last);
        if (schema_field(c->compartment, bytes_text(name), &field) == NULL)
            return SV_ERR_FORMAT;
        err = decode_field(r, field, c);
        if (err != SV_OK)
            return err;
    }
    return reader_end(r);
}

enum sv_err
content_decode(const struct schema_compartment *c, struct bytes in,
               struct content *out)
{
    struct content content = {0};
    struct reader r = reader_of(in);
    enum sv_err err;

    if (in.len > CONTENT_MAX)
        return SV_ERR_FORMAT;
    err = content_new(c, &content);
    if (err == SV_OK)
        err = decode_fields(&r, &content);
    if (err != SV_OK) {
        content_free(&content);
        return err;
    }
    *out = content;
    return SV_OK;
}

static enum sv_err
copy_field(const struct content_field *from, struct content_field *to)
{
    enum sv_err err = SV_OK;

    to->given = from->given;
    to->missing = from->missing;
    for (size_t i = 0; i < from->n && err == SV_OK; i++)
        err = push(to, bytes_of(from->values[i].ptr, from->values[i].len));
    return err;
}

enum sv_err
content_fold(struct content *base, const struct content *later)
{
    struct content copy = {0};
    enum sv_err err;

    assert(base->compartment == later->compartment);
    err = content_new(later->compartment, &copy);
    for (size_t i = 0; err == SV_OK && i < later->compartment->n; i++)
        err = copy_field(&later->fields[i], &copy.fields[i]);
    if (err != SV_OK)
        goto out;
    for (size_t i = 0; i < base->compartment->n; i++) {
        struct content_field was = base->fields[i];

        if (!copy.fields[i].given)
            continue;
        base->fields[i] = copy.fields[i];
        copy.fields[i] = was;
    }
out:
    content_free(&copy);
    return err;
}
