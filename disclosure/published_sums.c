#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disclosure/published.h"

/*
 * Sums that follow from what the sets are.  Figures whose terms are alike but
 * for one dimension are a group: each is a set of codes of that dimension.
 * Where some of them are, without overlap, all the codes of another, their
 * numbers add up to its number.  Every figure of a group is looked at in one
 * such sum of each that contains it, where there is one.
 */

/* Steps of the search, all in all: far more than tables need whose codes form
 * trees. */
#define STEPS_MAX (UINT64_C(1) << 28)
#define NO_DIMENSION SIZE_MAX

struct row {
    struct bytes key; /* all its terms but that of the dimension */
    size_t figure;
    const struct facts_term *term; /* NULL: all codes */
    size_t n_codes;                /* so many has it of the dimension */
};

struct grouping {
    const struct facts *f;
    struct published *out;
    size_t dimension;
    uint64_t steps;
    struct buf keys;
    size_t n;
    struct row *rows; /* owned */
    /* Of one group: which of its rows have a code. */
    size_t *starts, *having; /* owned */
    bool *in_sum;            /* owned */
    size_t *chosen;          /* owned */
};

/* ---- who is like whom ---- */

static bool
has(const struct row *r, size_t code)
{
    return r->term == NULL || facts_term_has(r->term, code);
}

static size_t
count_codes(const struct facts_term *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n_words; i++)
        n += (size_t)__builtin_popcountll(t->codes[i]);
    return n;
}

/* Appended: what tells the figure from others, but for the dimension.  All
 * terms of one release's facts are of one length. */
static enum sv_err
put_key(const struct grouping *g, const struct facts_figure *figure,
        struct buf *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < figure->n_terms && err == SV_OK; i++) {
        const struct facts_term *t = &figure->terms[i];

        if (t->dimension == g->dimension ||
            count_codes(t) == g->f->dimensions[t->dimension].n)
            continue;
        err = buf_append(out, BYTES((const size_t[]){t->dimension}));
        if (err == SV_OK)
            err = buf_append(out,
                             bytes_of(t->codes, t->n_words * sizeof *t->codes));
    }
    return err;
}

static bool
is_printed(const struct facts_figure *figure)
{
    return figure->print == FACTS_EXACT || figure->print == FACTS_ROUNDED;
}

static void
take_term(const struct grouping *g, const struct facts_figure *figure,
          struct row *row)
{
    row->term = NULL;
    row->n_codes =
        g->dimension == NO_DIMENSION ? 0 : g->f->dimensions[g->dimension].n;
    for (size_t i = 0; i < figure->n_terms; i++)
        if (figure->terms[i].dimension == g->dimension) {
            row->term = &figure->terms[i];
            row->n_codes = count_codes(row->term);
        }
}

static enum sv_err
make_rows(struct grouping *g)
{
    enum sv_err err = SV_OK;
    size_t at = 0;

    g->n = 0;
    buf_truncate(&g->keys, 0);
    for (size_t i = 0; i < g->f->n_figures && err == SV_OK; i++) {
        struct row *row = &g->rows[g->n];
        size_t was = g->keys.len;

        if (!is_printed(&g->f->figures[i]))
            continue;
        g->n++;
        row->figure = i;
        take_term(g, &g->f->figures[i], row);
        err = put_key(g, &g->f->figures[i], &g->keys);
        row->key = bytes_of(NULL, g->keys.len - was); /* placed below */
    }
    for (size_t i = 0; i < g->n && err == SV_OK; i++) {
        g->rows[i].key = bytes_of(g->keys.ptr + at, g->rows[i].key.len);
        at += g->rows[i].key.len;
    }
    return err;
}

/* Groups together; in each the largest sets first, equal ones side by side. */
static int
by_group(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = bytes_compare(x->key, y->key);

    if (order == 0)
        order = (x->n_codes < y->n_codes) - (x->n_codes > y->n_codes);
    if (order == 0 && x->term != NULL && y->term != NULL)
        order = memcmp(x->term->codes, y->term->codes,
                       x->term->n_words * sizeof *x->term->codes);
    if (order == 0)
        order = (x->figure > y->figure) - (x->figure < y->figure);
    return order;
}

static bool
same_set(const struct row *x, const struct row *y)
{
    return x->n_codes == y->n_codes &&
           (x->term == NULL || y->term == NULL || /* both: all codes */
            memcmp(x->term->codes, y->term->codes,
                   x->term->n_words * sizeof *x->term->codes) == 0);
}

/* ---- sums of a group ---- */

/* What of the whole is not yet in the sum. */
struct search {
    struct grouping *g;
    const struct row *rows; /* of the group */
    size_t n, whole;
    uint64_t left[FACTS_CODES_MAX / 64];
    size_t n_chosen;
};

static bool
fits(const struct search *s, const struct row *r)
{
    for (size_t i = 0; i < r->term->n_words; i++)
        if ((r->term->codes[i] & ~s->left[i]) != 0)
            return false;
    return true;
}

static void
choose(struct search *s, size_t row)
{
    const struct facts_term *t = s->rows[row].term;

    for (size_t i = 0; i < t->n_words; i++)
        s->left[i] ^= t->codes[i];
    s->g->chosen[s->n_chosen++] = row;
}

static void
unchoose(struct search *s)
{
    const struct facts_term *t = s->rows[s->g->chosen[--s->n_chosen]].term;

    for (size_t i = 0; i < t->n_words; i++)
        s->left[i] ^= t->codes[i];
}

static size_t
first_left(const struct search *s, size_t n_codes)
{
    for (size_t i = 0; i < (n_codes + 63) / 64; i++)
        if (s->left[i] != 0)
            return 64 * i + (size_t)__builtin_ctzll(s->left[i]);
    return n_codes;
}

/* *found: is the whole a sum with what is chosen?  As deep as a whole has
 * codes, at most FACTS_CODES_MAX. */
static enum sv_err
extend(struct search *s, bool *found)
{
    struct grouping *g = s->g;
    size_t n_codes = g->f->dimensions[g->dimension].n;
    size_t code = first_left(s, n_codes);
    enum sv_err err = SV_OK;

    *found = code == n_codes;
    if (*found)
        return SV_OK;
    for (size_t i = g->starts[code];
         i < g->starts[code + 1] && err == SV_OK && !*found; i++) {
        size_t row = g->having[i];

        if (++g->steps > STEPS_MAX)
            return SV_ERR_RANGE;
        if (row == s->whole || !fits(s, &s->rows[row]))
            continue;
        choose(s, row);
        err = extend(s, found);
        if (!*found)
            unchoose(s);
    }
    return err;
}

static enum sv_err
say_sum(const struct search *s, int64_t sum)
{
    const struct facts *f = s->g->f;
    const struct facts_figure *whole = &f->figures[s->rows[s->whole].figure];
    char place[PUBLISHED_PLACE_SIZE];
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < s->n_chosen && err == SV_OK; i++)
        err = buf_printf(&text, "%s%s", i > 0 ? " + " : "",
                         f->figures[s->rows[s->g->chosen[i]].figure].name);
    if (err == SV_OK)
        (void)snprintf(place, sizeof place, "%s = %lld; %lld = %.*s",
                       whole->name, (long long)whole->value, (long long)sum,
                       (int)text.len, (const char *)text.ptr);
    if (err == SV_OK)
        err = published_fault(s->g->out, place, N_("does not add up"));
    buf_free(&text);
    return err;
}

static enum sv_err
check_sum(const struct search *s)
{
    const struct facts *f = s->g->f;
    int64_t sum = 0; /* of at most FACTS_CODES_MAX values */

    s->g->out->n_sums++;
    for (size_t i = 0; i < s->n_chosen; i++) {
        s->g->in_sum[s->g->chosen[i]] = true;
        sum += f->figures[s->rows[s->g->chosen[i]].figure].value;
    }
    return sum == f->figures[s->rows[s->whole].figure].value ? SV_OK
                                                             : say_sum(s, sum);
}

/* The codes of the whole; false where those inside it leave some out, so that
 * no sum is. */
static enum sv_err
begin_search(struct search *s, bool *covered)
{
    const struct facts_dimension *d = &s->g->f->dimensions[s->g->dimension];
    uint64_t inside[FACTS_CODES_MAX / 64] = {0};

    for (size_t i = 0; i < d->n; i++)
        if (has(&s->rows[s->whole], i))
            s->left[i / 64] |= UINT64_C(1) << i % 64;
    for (size_t i = s->whole + 1; i < s->n; i++) {
        if (++s->g->steps > STEPS_MAX)
            return SV_ERR_RANGE;
        if (s->rows[i].term != NULL && fits(s, &s->rows[i]))
            for (size_t k = 0; k < s->rows[i].term->n_words; k++)
                inside[k] |= s->rows[i].term->codes[k];
    }
    *covered = memcmp(inside, s->left, sizeof inside) == 0;
    return SV_OK;
}

/* All sums that make up one whole; those inside it come after it. */
static enum sv_err
sum_whole(struct grouping *g, const struct row *rows, size_t n, size_t whole)
{
    struct search s = {.g = g, .rows = rows, .n = n, .whole = whole};
    bool covered = false, found = false;
    enum sv_err err = begin_search(&s, &covered);

    memset(g->in_sum, 0, n * sizeof *g->in_sum);
    for (size_t i = whole + 1; i < n && covered && err == SV_OK; i++) {
        if (g->in_sum[i] || rows[i].n_codes == 0 ||
            rows[i].n_codes == rows[whole].n_codes || !fits(&s, &rows[i]))
            continue;
        choose(&s, i);
        err = extend(&s, &found);
        if (err == SV_OK && found)
            err = check_sum(&s);
        while (s.n_chosen > 0)
            unchoose(&s);
    }
    return err;
}

/* Which rows have which code, as extend() wants it. */
static void
index_group(struct grouping *g, const struct row *rows, size_t n)
{
    size_t n_codes = g->f->dimensions[g->dimension].n, at = 0;

    for (size_t code = 0; code < n_codes; code++) {
        g->starts[code] = at;
        for (size_t i = 0; i < n; i++)
            if (rows[i].term != NULL && facts_term_has(rows[i].term, code))
                g->having[at++] = i;
    }
    g->starts[n_codes] = at;
}

static enum sv_err
say_unequal(const struct grouping *g, const struct facts_figure *x,
            const struct facts_figure *y)
{
    char place[PUBLISHED_PLACE_SIZE];

    (void)snprintf(place, sizeof place, "%s = %lld, %s = %lld", x->name,
                   (long long)x->value, y->name, (long long)y->value);
    return published_fault(g->out, place,
                           N_("are the same people, and two numbers"));
}

/* Those that are not twice; equal ones have to have one number. */
static enum sv_err
check_equal(struct grouping *g, struct row *rows, size_t *n)
{
    const struct facts_figure *at = g->f->figures;
    size_t kept = 1;
    enum sv_err err = SV_OK;

    for (size_t i = 1; i < *n && err == SV_OK; i++) {
        const struct facts_figure *x = &at[rows[kept - 1].figure];
        const struct facts_figure *y = &at[rows[i].figure];

        if (!same_set(&rows[kept - 1], &rows[i])) {
            rows[kept++] = rows[i];
            continue;
        }
        if (g->dimension != NO_DIMENSION)
            continue;
        g->out->n_sums++;
        if (x->value != y->value)
            err = say_unequal(g, x, y);
    }
    *n = kept;
    return err;
}

static enum sv_err
check_group(struct grouping *g, struct row *rows, size_t n)
{
    size_t total = 0;
    enum sv_err err = check_equal(g, rows, &n);

    if (g->dimension == NO_DIMENSION || n < 3)
        return err;
    for (size_t i = 0; i < n; i++)
        total += rows[i].n_codes;
    free(g->having);
    g->having = calloc(total + 1, sizeof *g->having);
    if (g->having == NULL)
        return SV_ERR_NOMEM;
    index_group(g, rows, n);
    for (size_t i = 0; i < n && err == SV_OK; i++)
        if (rows[i].n_codes > 1)
            err = sum_whole(g, rows, n, i);
    return err;
}

/* Does any figure tell its codes apart? */
static bool
is_used(const struct facts *f, size_t dimension)
{
    for (size_t i = 0; i < f->n_figures; i++)
        for (size_t k = 0; k < f->figures[i].n_terms; k++)
            if (f->figures[i].terms[k].dimension == dimension)
                return true;
    return false;
}

static enum sv_err
check_dimension(struct grouping *g)
{
    enum sv_err err = make_rows(g);

    if (err == SV_OK)
        qsort(g->rows, g->n, sizeof *g->rows, by_group);
    for (size_t i = 0, end; i < g->n && err == SV_OK; i = end) {
        for (end = i + 1;
             end < g->n && bytes_equal(g->rows[i].key, g->rows[end].key);)
            end++;
        if (end - i > 1)
            err = check_group(g, &g->rows[i], end - i);
    }
    return err;
}

enum sv_err
published_sums(const struct facts *f, struct published *p)
{
    struct grouping g = {.f = f, .out = p, .dimension = NO_DIMENSION};
    enum sv_err err = SV_ERR_NOMEM;

    g.rows = calloc(f->n_figures + 1, sizeof *g.rows);
    g.in_sum = calloc(f->n_figures + 1, sizeof *g.in_sum);
    g.chosen = calloc(FACTS_CODES_MAX + 1, sizeof *g.chosen);
    g.starts = calloc(FACTS_CODES_MAX + 1, sizeof *g.starts);
    if (g.rows != NULL && g.in_sum != NULL && g.chosen != NULL &&
        g.starts != NULL)
        err = check_dimension(&g);
    for (size_t i = 0; i < f->n_dimensions && err == SV_OK; i++) {
        g.dimension = i;
        if (is_used(f, i))
            err = check_dimension(&g);
    }
    buf_free(&g.keys);
    free(g.rows);
    free(g.in_sum);
    free(g.chosen);
    free(g.starts);
    free(g.having);
    return err;
}
