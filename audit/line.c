#include "audit/line.h"

#include <string.h>

#include "audit/checkpoint.h"
#include "base/text.h"

static bool
applies(const struct line_format *f, const struct line_rule *rule,
        const void *object)
{
    return rule->when == 0 || (rule->when & f->bits(object)) != 0;
}

static enum sv_err
encode_one(const struct line_rule *rule, const void *object, struct buf *out)
{
    const void *field = (const uint8_t *)object + rule->at;
    enum sv_err err;

    if (rule->many)
        return rule->put(field, out);
    err = buf_text(out, rule->word);
    if (err == SV_OK)
        err = buf_text(out, " ");
    if (err == SV_OK)
        err = rule->put(field, out);
    return err != SV_OK ? err : buf_text(out, "\n");
}

enum sv_err
line_encode(const struct line_format *f, const void *object, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < f->n && err == SV_OK; i++) {
        if (applies(f, &f->rules[i], object))
            err = encode_one(&f->rules[i], object, out);
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* The next line's value, if the line begins with this word. */
static bool
take(const char *word, struct bytes *in, struct bytes *value)
{
    struct bytes rest = *in, line;

    if (!text_line(&rest, &line) || !text_skip(&line, word) ||
        !text_skip(&line, " "))
        return false;
    *value = line;
    *in = rest;
    return true;
}

static enum sv_err
parse_one(const struct line_rule *rule, struct bytes *in, void *object)
{
    void *field = (uint8_t *)object + rule->at;
    struct bytes value;

    if (!rule->many)
        return take(rule->word, in, &value) ? rule->get(field, value)
                                            : SV_ERR_FORMAT;
    while (take(rule->word, in, &value)) {
        enum sv_err err = rule->get(field, value);

        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

enum sv_err
line_parse(const struct line_format *f, struct bytes *in, void *object)
{
    struct bytes rest = *in;

    for (size_t i = 0; i < f->n; i++) {
        enum sv_err err = SV_OK;

        if (applies(f, &f->rules[i], object))
            err = parse_one(&f->rules[i], &rest, object);
        if (err != SV_OK)
            return err_verdict(err, SV_ERR_FORMAT);
    }
    *in = rest;
    return SV_OK;
}

/* ---- values ---- */

enum sv_err
line_put_u64(const void *field, struct buf *out)
{
    uint64_t v;

    memcpy(&v, field, sizeof v);
    return text_u64_append(out, v);
}

enum sv_err
line_get_u64(void *field, struct bytes value)
{
    uint64_t v;
    enum sv_err err = text_u64(value, 0, UINT64_MAX, &v);

    if (err == SV_OK)
        memcpy(field, &v, sizeof v);
    return err;
}

enum sv_err
line_put_time(const void *field, struct buf *out)
{
    uint64_t v;

    memcpy(&v, field, sizeof v);
    return v > LINE_TIME_MAX ? SV_ERR_RANGE : line_put_u64(field, out);
}

enum sv_err
line_get_time(void *field, struct bytes value)
{
    uint64_t v;
    enum sv_err err = text_u64(value, 0, LINE_TIME_MAX, &v);

    if (err == SV_OK)
        memcpy(field, &v, sizeof v);
    return err;
}

enum sv_err
line_put_code(const void *field, struct buf *out)
{
    return text_is_code(bytes_text(field)) ? buf_text(out, field)
                                           : SV_ERR_FORMAT;
}

enum sv_err
line_get_code(void *field, struct bytes value)
{
    return text_is_code(value) ? text_copy(value, field, NAME_SIZE)
                               : SV_ERR_FORMAT;
}

enum sv_err
line_put_work_name(const void *field, struct buf *out)
{
    return text_is_work_name(bytes_text(field)) ? buf_text(out, field)
                                                : SV_ERR_FORMAT;
}

enum sv_err
line_get_work_name(void *field, struct bytes value)
{
    return text_is_work_name(value) ? text_copy(value, field, NAME_SIZE)
                                    : SV_ERR_FORMAT;
}

enum sv_err
line_put_hex16(const void *field, struct buf *out)
{
    char hex[2 * 16 + 1];

    text_hex(bytes_of(field, 16), hex);
    return buf_text(out, hex);
}

enum sv_err
line_get_hex16(void *field, struct bytes value)
{
    return text_unhex(value, field, 16);
}

enum sv_err
line_put_hex32(const void *field, struct buf *out)
{
    char hex[2 * 32 + 1];

    text_hex(bytes_of(field, 32), hex);
    return buf_text(out, hex);
}

enum sv_err
line_get_hex32(void *field, struct bytes value)
{
    return text_unhex(value, field, 32);
}

enum sv_err
line_put_base64(const void *field, struct buf *out)
{
    return text_base64_append(out, bytes_of(field, 32));
}

enum sv_err
line_get_base64(void *field, struct bytes value)
{
    return text_unbase64_n(value, field, 32);
}

enum sv_err
line_put_origin(const void *field, struct buf *out)
{
    return checkpoint_origin_ok(field) ? buf_text(out, field) : SV_ERR_FORMAT;
}

enum sv_err
line_get_origin(void *field, struct bytes value)
{
    enum sv_err err = text_copy(value, field, ORIGIN_SIZE);

    return err == SV_OK && !checkpoint_origin_ok(field) ? SV_ERR_FORMAT : err;
}
