#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counts/risk.h"

#define FIRST_LINE "svault/risk/v1"
#define LEN_MAX ((size_t)4 << 20)
#define RANGE ".."
#define ROUNDED_TO " to "

static const char *const kind_names[] = {
    "cell", "derived", "group", "earlier", "outside", "rounded", "table"};
#define KINDS (sizeof kind_names / sizeof kind_names[0])

/* Is it for whom the list is? */
static bool
is_shown(const struct risk *r, bool with_values)
{
    return with_values || r->kind != RISK_ROUNDED;
}

static enum sv_err
put_value(const struct risk *r, struct buf *out)
{
    if (r->kind == RISK_ROUNDED)
        return buf_printf(out, " = %" PRId64 ROUNDED_TO "%" PRId64, r->least,
                          r->value);
    return r->least != r->value
               ? buf_printf(out, " = %" PRId64 RANGE "%" PRId64, r->least,
                            r->value)
               : buf_printf(out, " = %" PRId64, r->value);
}

enum sv_err
risk_encode(const struct risk_list *l, bool with_values, struct buf *out)
{
    size_t was = out->len, n = 0;
    enum sv_err err;

    if (with_values && !l->has_values)
        return SV_ERR_USAGE;
    for (size_t i = 0; i < l->n; i++)
        n += is_shown(&l->at[i], with_values) ? 1 : 0;
    err = buf_printf(out, FIRST_LINE "\nvalues %s\ncount %zu\n",
                     with_values ? "yes" : "no", n);
    for (size_t i = 0; i < l->n && err == SV_OK; i++) {
        const struct risk *r = &l->at[i];

        if (!is_shown(r, with_values))
            continue;
        err = buf_printf(out, "%s %s: %s", kind_names[r->kind], r->name,
                         r->expression);
        if (err == SV_OK && with_values)
            err = put_value(r, out);
        if (err == SV_OK)
            err = buf_text(out, "\n");
    }
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* ---- decode ---- */

static bool
is_expression(struct bytes t)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.+() ";

    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == 0 || strchr(allowed, t.ptr[i]) == NULL)
            return false;
    }
    return t.len > 0;
}

/* Cut t at the first `mark`: the part before goes to *head. */
static bool
cut(struct bytes *t, const char *mark, struct bytes *head)
{
    const uint8_t *at =
        t->len > 0 ? memmem(t->ptr, t->len, mark, strlen(mark)) : NULL;

    if (at == NULL)
        return false;
    *head = bytes_of(t->ptr, (size_t)(at - t->ptr));
    *t = bytes_slice(*t, head->len + strlen(mark),
                     t->len - head->len - strlen(mark));
    return true;
}

static enum sv_err
parse_kind(struct bytes *line, enum risk_kind *out)
{
    struct bytes word;

    if (!cut(line, " ", &word))
        return SV_ERR_FORMAT;
    for (unsigned i = 0; i < KINDS; i++) {
        if (text_is(word, kind_names[i])) {
            *out = (enum risk_kind)i;
            return SV_OK;
        }
    }
    return SV_ERR_FORMAT;
}

/* Few people; but how many a group has, and a rounded figure, may be much. */
static enum sv_err
parse_number(struct bytes text, enum risk_kind kind, int64_t *out)
{
    bool is_risk = kind != RISK_ROUNDED;
    uint64_t max = kind == RISK_GROUP || !is_risk ? INT64_MAX : RISK_SMALL_MAX;
    uint64_t value;

    if (text_u64(text, is_risk ? 1 : 0, max, &value) != SV_OK)
        return SV_ERR_FORMAT;
    *out = (int64_t)value;
    return SV_OK;
}

static enum sv_err
parse_rounded(struct bytes text, struct risk *r)
{
    struct bytes count;

    if (!cut(&text, ROUNDED_TO, &count))
        return SV_ERR_FORMAT;
    return parse_number(count, r->kind, &r->least) == SV_OK
               ? parse_number(text, r->kind, &r->value)
               : SV_ERR_FORMAT;
}

static enum sv_err
parse_value(struct bytes text, struct risk *r)
{
    bool may_range = r->kind == RISK_EARLIER || r->kind == RISK_OUTSIDE;
    struct bytes least = text;
    uint64_t from;
    enum sv_err err;

    if (r->kind == RISK_ROUNDED)
        return parse_rounded(text, r);
    if (!may_range || !cut(&text, RANGE, &least)) {
        err = parse_number(text, r->kind, &r->value);
        r->least = r->value;
        return err;
    }
    err = parse_number(text, r->kind, &r->value);
    if (err == SV_OK &&
        text_u64(least, 0, (uint64_t)r->value - 1, &from) != SV_OK)
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        r->least = (int64_t)from;
    return err;
}

static enum sv_err
parse_line(struct bytes line, bool has_value, struct risk *out)
{
    struct risk r = {0};
    struct bytes name, expression;
    enum sv_err err = parse_kind(&line, &r.kind);

    if (err == SV_OK && (!cut(&line, ": ", &name) || !is_expression(name) ||
                         memchr(name.ptr, ' ', name.len) != NULL ||
                         text_copy(name, r.name, sizeof r.name) != SV_OK))
        err = SV_ERR_FORMAT;
    if (err != SV_OK)
        return err;
    expression = line;
    if (has_value) {
        if (r.kind == RISK_TABLE || !cut(&line, " = ", &expression))
            return SV_ERR_FORMAT;
        err = parse_value(line, &r);
    } else if (r.kind == RISK_ROUNDED) {
        return SV_ERR_FORMAT;
    }
    if (err == SV_OK && !is_expression(expression))
        err = SV_ERR_FORMAT;
    if (err != SV_OK)
        return err;
    r.expression = calloc(expression.len + 1, 1);
    if (r.expression == NULL)
        return SV_ERR_NOMEM;
    memcpy(r.expression, expression.ptr, expression.len);
    *out = r;
    return SV_OK;
}

/* The three first lines; the shortest line bounds the count. */
static enum sv_err
parse_head(struct bytes *rest, bool *has_values, size_t *n)
{
    static const size_t shortest = sizeof "cell a: a\n" - 1;
    struct bytes line;
    uint64_t count;

    if (!text_line(rest, &line) || !text_is(line, FIRST_LINE) ||
        !text_line(rest, &line) || !text_skip(&line, "values "))
        return SV_ERR_FORMAT;
    *has_values = text_is(line, "yes");
    if (!*has_values && !text_is(line, "no"))
        return SV_ERR_FORMAT;
    if (!text_line(rest, &line) || !text_skip(&line, "count ") ||
        text_u64(line, 0, rest->len / shortest, &count) != SV_OK)
        return SV_ERR_FORMAT;
    *n = (size_t)count;
    return SV_OK;
}

enum sv_err
risk_decode(struct bytes in, struct risk_list *out)
{
    struct risk_list list = {0};
    struct bytes line;
    size_t n;
    enum sv_err err;

    if (in.len > LEN_MAX)
        return SV_ERR_FORMAT;
    err = parse_head(&in, &list.has_values, &n);
    if (err != SV_OK)
        return err;
    list.at = calloc(n + 1, sizeof *list.at);
    if (list.at == NULL)
        return SV_ERR_NOMEM;
    for (; list.n < n && err == SV_OK; list.n += err == SV_OK) {
        err = text_line(&in, &line)
                  ? parse_line(line, list.has_values, &list.at[list.n])
                  : SV_ERR_FORMAT;
    }
    if (err == SV_OK && in.len > 0)
        err = SV_ERR_FORMAT;
    if (err != SV_OK) {
        risk_clear(&list);
        return err;
    }
    *out = list;
    return SV_OK;
}
