#include <stdlib.h>
#include <string.h>

#include "disclosure/facts.h"
#include "disclosure/facts_internal.h"

static enum sv_err
print(struct facts *f, size_t figure, enum facts_print how, int64_t value,
      int64_t lo, int64_t hi)
{
    struct facts_figure *g;

    if (figure >= f->n_figures || value < 0 || value > FACTS_VALUE_MAX)
        return SV_ERR_RANGE;
    g = &f->figures[figure];
    g->print = how;
    g->value = value;
    g->lo = lo;
    g->hi = hi;
    return SV_OK;
}

enum sv_err
facts_print_exact(struct facts *f, size_t figure, int64_t value)
{
    return print(f, figure, FACTS_EXACT, value, value, value);
}

enum sv_err
facts_print_rounded(struct facts *f, size_t figure, int64_t value, int64_t base,
                    unsigned steps)
{
    int64_t off;

    if (base < 1 || base > FACTS_FACTOR_MAX || steps > 1 || value < 0 ||
        value > FACTS_VALUE_MAX || value % base != 0)
        return SV_ERR_RANGE;
    off = base * (1 + (int64_t)steps) - 1;
    return print(f, figure, FACTS_ROUNDED, value, value > off ? value - off : 0,
                 value + off);
}

enum sv_err
facts_print_hidden(struct facts *f, size_t figure, int64_t at_least)
{
    if (at_least != 0 && at_least != 1)
        return SV_ERR_RANGE;
    return print(f, figure, FACTS_HIDDEN, 0, at_least, FACTS_VALUE_MAX);
}

static bool
is_bound(int64_t v)
{
    return (v >= -FACTS_VALUE_MAX && v <= FACTS_VALUE_MAX) ||
           v == FACTS_UNBOUNDED || v == -FACTS_UNBOUNDED;
}

static enum sv_err
check_statement(const struct facts *f, size_t n, const size_t figures[],
                const int64_t factors[], int64_t lo, int64_t hi)
{
    if (n == 0 || !is_bound(lo) || !is_bound(hi) || lo > hi)
        return SV_ERR_RANGE;
    for (size_t i = 0; i < n; i++)
        if (figures[i] >= f->n_figures || factors[i] == 0 ||
            factors[i] > FACTS_FACTOR_MAX || factors[i] < -FACTS_FACTOR_MAX)
            return SV_ERR_RANGE;
    return SV_OK;
}

enum sv_err
facts_state(struct facts *f, size_t release_at, size_t n,
            const size_t figures[], const int64_t factors[], int64_t lo,
            int64_t hi)
{
    struct facts_statement s = {
        .n = n, .lo = lo, .hi = hi, .release = release_at};
    enum sv_err err = check_statement(f, n, figures, factors, lo, hi);

    if (err != SV_OK || release_at >= f->n_releases)
        return SV_ERR_RANGE;
    err = facts_grow((void **)&f->statements, f->n_statements,
                     sizeof *f->statements);
    if (err != SV_OK)
        return err;
    s.figures = calloc(n, sizeof *s.figures);
    s.factors = calloc(n, sizeof *s.factors);
    if (s.figures == NULL || s.factors == NULL) {
        free(s.figures);
        free(s.factors);
        return SV_ERR_NOMEM;
    }
    memcpy(s.figures, figures, n * sizeof *figures);
    memcpy(s.factors, factors, n * sizeof *factors);
    f->statements[f->n_statements++] = s;
    return SV_OK;
}

enum sv_err
facts_state_share(struct facts *f, size_t release_at, size_t part, size_t whole,
                  int64_t value, unsigned digits)
{
    const size_t both[] = {part, whole};
    int64_t unit = 200;
    enum sv_err err;

    if (digits > FACTS_DIGITS_MAX || value < 0 || value > FACTS_FACTOR_MAX / 4)
        return SV_ERR_RANGE;
    for (unsigned i = 0; i < digits; i++)
        unit *= 10;
    /* (value - 1/2) x whole <= 100 x 10^digits x part <= (value + 1/2) x
     * whole, twice that.  Both ends belong to it: which way a half goes is
     * not known. */
    err =
        facts_state(f, release_at, 2, both,
                    (const int64_t[]){unit, 1 - 2 * value}, 0, FACTS_UNBOUNDED);
    if (err == SV_OK)
        err = facts_state(f, release_at, 2, both,
                          (const int64_t[]){-unit, 2 * value + 1}, 0,
                          FACTS_UNBOUNDED);
    if (err == SV_OK)
        err = facts_state(f, release_at, 1, &whole, (const int64_t[]){1}, 1,
                          FACTS_UNBOUNDED);
    return err;
}
