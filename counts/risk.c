#include "counts/risk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Longer expressions stay behind the name of the figure that they are of. */
#define NESTED_MAX 1024

/* What is known of each figure: printed, or found by subtraction. */
struct fact {
    bool known;
    int64_t value;
    char *expression; /* owned; NULL: it is printed */
};

struct search {
    const struct figures *f;
    struct fact *facts;
    struct risk_list *out;
};

static bool
is_small(int64_t value)
{
    return value >= 1 && value <= RISK_SMALL_MAX;
}

/* A number of people that stands there to be read. */
static bool
is_shown(const struct figure *f)
{
    return f->known && !f->unprinted && !f->is_percent;
}

/* ---- the list ---- */

void
risk_clear(struct risk_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i].expression);
    if (l->at != NULL)
        wipe(l->at, l->n * sizeof *l->at);
    free(l->at);
    *l = (struct risk_list){0};
}

/* Twice the room where it is full, the old one wiped. */
static enum sv_err
grow(struct risk_list *l)
{
    struct risk *at;

    if ((l->n & (l->n - 1)) != 0)
        return SV_OK;
    at = calloc(l->n == 0 ? 1 : l->n * 2, sizeof *at);
    if (at == NULL)
        return SV_ERR_NOMEM;
    if (l->n > 0) {
        memcpy(at, l->at, l->n * sizeof *at);
        wipe(l->at, l->n * sizeof *at);
    }
    free(l->at);
    l->at = at;
    return SV_OK;
}

static bool
has(const struct risk_list *l, enum risk_kind kind, struct bytes expression)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i].kind == kind && text_is(expression, l->at[i].expression))
            return true;
    }
    return false;
}

enum sv_err
risk_add(struct risk_list *l, enum risk_kind kind, const char *name,
         struct bytes expression, int64_t least, int64_t value)
{
    struct risk more = {.kind = kind, .value = value, .least = least};
    enum sv_err err = text_copy(bytes_text(name), more.name, sizeof more.name);

    if (err == SV_OK && has(l, kind, expression))
        return SV_OK;
    if (err == SV_OK)
        err = grow(l);
    if (err != SV_OK)
        return err;
    more.expression = calloc(expression.len + 1, 1);
    if (more.expression == NULL)
        return SV_ERR_NOMEM;
    memcpy(more.expression, expression.ptr, expression.len);
    l->at[l->n++] = more;
    return SV_OK;
}

static enum sv_err
push(struct risk_list *l, enum risk_kind kind, const char *name,
     struct bytes expression, int64_t value)
{
    return risk_add(l, kind, name, expression, value, value);
}

/* ---- expressions ---- */

static enum sv_err
put_term(const struct search *s, size_t at, struct buf *out)
{
    const char *expression = s->facts[at].expression;

    if (expression == NULL || strlen(expression) > NESTED_MAX)
        return buf_text(out, s->f->at[at].name);
    return buf_printf(out, "(%s)", expression);
}

/* whole - each part but `except`; except may be n: none. */
static enum sv_err
put_rest(const struct search *s, const struct figure_relation *r, size_t except,
         struct buf *out)
{
    enum sv_err err = put_term(s, r->whole, out);

    for (size_t i = 0; i < r->n && err == SV_OK; i++) {
        if (i == except || !s->facts[r->parts[i]].known)
            continue;
        err = buf_text(out, " - ");
        if (err == SV_OK)
            err = put_term(s, r->parts[i], out);
    }
    return err;
}

static enum sv_err
put_sum(const struct search *s, const struct figure_relation *r,
        struct buf *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < r->n && err == SV_OK; i++) {
        if (i > 0)
            err = buf_text(out, " + ");
        if (err == SV_OK)
            err = put_term(s, r->parts[i], out);
    }
    return err;
}

/* ---- what follows ---- */

/* The sum of all known parts; false where it overflows. */
static bool
sum_of(const struct search *s, const struct figure_relation *r, int64_t *sum)
{
    *sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct fact *part = &s->facts[r->parts[i]];

        if (part->known && __builtin_add_overflow(*sum, part->value, sum))
            return false;
    }
    return true;
}

static size_t
unknown_parts(const struct search *s, const struct figure_relation *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += !s->facts[r->parts[i]].known;
    return n;
}

static bool
has_change(const struct search *s, const struct figure_relation *r)
{
    for (size_t i = 0; i < r->n; i++) {
        if (s->f->at[r->parts[i]].is_change)
            return true;
    }
    return s->f->at[r->whole].is_change;
}

static enum sv_err
learn(struct search *s, size_t at, int64_t value, struct buf *expression)
{
    enum sv_err err = buf_append(expression, bytes_of("", 1));

    if (err != SV_OK)
        return err;
    s->facts[at].expression = calloc(expression->len, 1);
    if (s->facts[at].expression == NULL)
        return SV_ERR_NOMEM;
    memcpy(s->facts[at].expression, expression->ptr, expression->len);
    s->facts[at].known = true;
    s->facts[at].value = value;
    return SV_OK;
}

/* A complete relation with one unknown figure gives it. */
static enum sv_err
solve(struct search *s, const struct figure_relation *r, bool *progress)
{
    struct buf expression = BUF_INIT;
    size_t unknown = unknown_parts(s, r), at = r->whole;
    int64_t value;
    enum sv_err err = SV_OK;

    if (!r->complete || unknown + !s->facts[r->whole].known != 1 ||
        !sum_of(s, r, &value))
        return SV_OK;
    if (unknown == 0) {
        err = put_sum(s, r, &expression);
    } else {
        if (__builtin_sub_overflow(s->facts[r->whole].value, value, &value))
            return SV_OK;
        for (size_t i = 0; i < r->n; i++) {
            if (!s->facts[r->parts[i]].known)
                at = r->parts[i];
        }
        err = put_rest(s, r, r->n, &expression);
    }
    if (err == SV_OK)
        err = learn(s, at, value, &expression);
    *progress = true;
    buf_free(&expression);
    return err;
}

static enum sv_err
solve_all(struct search *s)
{
    bool progress = true;
    enum sv_err err = SV_OK;

    while (progress && err == SV_OK) {
        progress = false;
        for (size_t i = 0; i < s->f->n_relations && err == SV_OK; i++)
            err = solve(s, &s->f->relations[i], &progress);
    }
    return err;
}

/* ---- what is listed ---- */

static enum sv_err
list_figures(struct search *s, enum risk_kind kind)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->f->n && err == SV_OK; i++) {
        const struct figure *figure = &s->f->at[i];
        const struct fact *fact = &s->facts[i];
        const char *expression = figure->name;

        if (!fact->known || figure->is_change || !is_small(fact->value) ||
            (fact->expression != NULL) != (kind == RISK_DERIVED))
            continue;
        if (fact->expression != NULL)
            expression = fact->expression;
        err = push(s->out, kind, figure->name, bytes_text(expression),
                   fact->value);
    }
    return err;
}

/* What one part leaves of the whole. */
static enum sv_err
list_complements(struct search *s, const struct figure_relation *r)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < r->n && err == SV_OK; i++) {
        const struct fact *part = &s->facts[r->parts[i]];
        struct buf expression = BUF_INIT;
        int64_t rest;

        if (!part->known ||
            __builtin_sub_overflow(s->facts[r->whole].value, part->value,
                                   &rest) ||
            part->value == 0 || !is_small(rest))
            continue; /* less nothing is the whole itself */
        err = put_term(s, r->whole, &expression);
        if (err == SV_OK)
            err = buf_text(&expression, " - ");
        if (err == SV_OK)
            err = put_term(s, r->parts[i], &expression);
        if (err == SV_OK)
            err = push(s->out, RISK_DERIVED, s->f->at[r->parts[i]].name,
                       buf_bytes(&expression), rest);
        buf_free(&expression);
    }
    return err;
}

/* What all known parts leave of the whole: who is in none of them. */
static enum sv_err
list_rest(struct search *s, const struct figure_relation *r)
{
    struct buf expression = BUF_INIT;
    size_t unknown = unknown_parts(s, r);
    int64_t sum;
    enum sv_err err;

    if (unknown == r->n || (r->complete && unknown == 0) ||
        !sum_of(s, r, &sum) || sum == 0 ||
        __builtin_sub_overflow(s->facts[r->whole].value, sum, &sum) ||
        !is_small(sum))
        return SV_OK; /* less nothing is the whole itself */
    err = put_rest(s, r, r->n, &expression);
    if (err == SV_OK)
        err = push(s->out, RISK_DERIVED, s->f->at[r->whole].name,
                   buf_bytes(&expression), sum);
    buf_free(&expression);
    return err;
}

/* "unknown" at the end of the name, alone or behind '.' or '_'. */
static bool
says_unknown(const char *name)
{
    static const char unknown[] = "unknown";
    size_t n = strlen(name), k = sizeof unknown - 1;

    if (n < k || strcmp(name + n - k, unknown) != 0)
        return false;
    return n == k || name[n - k - 1] == '.' || name[n - k - 1] == '_';
}

static enum sv_err
list_groups(struct search *s, const struct figure_relation *r)
{
    const struct fact *whole = &s->facts[r->whole];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < r->n && err == SV_OK; i++) {
        const char *name = s->f->at[r->parts[i]].name;
        const struct fact *part = &s->facts[r->parts[i]];
        struct buf expression = BUF_INIT;

        if (!part->known || part->value != whole->value || whole->value < 1 ||
            says_unknown(name))
            continue;
        err = put_term(s, r->parts[i], &expression);
        if (err == SV_OK)
            err = buf_text(&expression, " of ");
        if (err == SV_OK)
            err = put_term(s, r->whole, &expression);
        if (err == SV_OK)
            err = push(s->out, RISK_GROUP, name, buf_bytes(&expression),
                       part->value);
        buf_free(&expression);
    }
    return err;
}

typedef enum sv_err (*list_fn)(struct search *s,
                               const struct figure_relation *r);

/* Over every relation that is about people alone. */
static enum sv_err
list_relations(struct search *s, list_fn list)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->f->n_relations && err == SV_OK; i++) {
        const struct figure_relation *r = &s->f->relations[i];

        if (s->facts[r->whole].known && !has_change(s, r))
            err = list(s, r);
    }
    return err;
}

enum sv_err
risk_find(const struct figures *f, struct risk_list *out)
{
    struct risk_list list = {.has_values = true};
    struct search s = {f, calloc(f->n + 1, sizeof *s.facts), &list};
    enum sv_err err;

    if (s.facts == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < f->n; i++)
        s.facts[i] = (struct fact){is_shown(&f->at[i]), f->at[i].value, NULL};
    err = solve_all(&s);
    if (err == SV_OK)
        err = list_figures(&s, RISK_CELL);
    if (err == SV_OK)
        err = list_figures(&s, RISK_DERIVED);
    if (err == SV_OK)
        err = list_relations(&s, list_complements);
    if (err == SV_OK)
        err = list_relations(&s, list_rest);
    if (err == SV_OK)
        err = list_relations(&s, list_groups);
    for (size_t i = 0; i < f->n; i++)
        free(s.facts[i].expression);
    wipe(s.facts, f->n * sizeof *s.facts);
    free(s.facts);
    if (err != SV_OK) {
        risk_clear(&list);
        return err;
    }
    *out = list;
    return SV_OK;
}

enum sv_err
risk_of_tables(size_t n, const char *const names[], struct risk_list *out)
{
    struct risk_list list = {0};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && err == SV_OK; i++)
        err = push(&list, RISK_TABLE, names[i], bytes_text(names[i]), 0);
    if (err != SV_OK) {
        risk_clear(&list);
        return err;
    }
    *out = list;
    return SV_OK;
}
