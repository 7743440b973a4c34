#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disclosure/facts.h"

/*
 * A day has one set of people in the model, but records go on coming while it
 * is not over, and some are erased later: then what releases say of one day
 * cannot all be true at once.  On such a day each of them speaks of a time of
 * its own, in their order.
 */
struct moment {
    const char *as_of;
    size_t release; /* 0 where the day has one set of people */
};

static int
by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    int order = strcmp(x->as_of, y->as_of);

    return order != 0 ? order
                      : (x->release > y->release) - (x->release < y->release);
}

static bool
contradict(const struct facts *f, const struct facts_figure *a,
           const struct facts_figure *b)
{
    return a->release != b->release && (a->lo > b->hi || b->lo > a->hi) &&
           strcmp(a->as_of, b->as_of) == 0 && facts_same_set(a, b, f);
}

/* Has the day of the figure to be parted?  The one that is counted now may
 * have, wherever it does not fit. */
static bool
is_parted(const struct facts *f, const struct facts_figure *g, const char *now)
{
    if (strcmp(g->as_of, now) == 0)
        return true;
    for (size_t i = 0; i < f->n_figures; i++) {
        for (size_t k = 0; k < i && strcmp(f->figures[i].as_of, g->as_of) == 0;
             k++) {
            if (contradict(f, &f->figures[i], &f->figures[k]))
                return true;
        }
    }
    return false;
}

/* Sorted, each once; whether a day was parted. */
static bool
find_moments(const struct facts *f, const char *now, struct moment of[],
             struct moment sorted[], size_t *n)
{
    bool parted = false;

    for (size_t i = 0; i < f->n_figures; i++) {
        const struct facts_figure *g = &f->figures[i];
        size_t k = i > 0 ? i - 1 : 0; /* most often of the same day */

        if (i > 0 && strcmp(f->figures[k].as_of, g->as_of) != 0)
            k = 0;
        while (k < i && strcmp(f->figures[k].as_of, g->as_of) != 0)
            k++;
        of[i] = (struct moment){g->as_of, 0};
        if (k < i ? of[k].release > 0 : is_parted(f, g, now))
            of[i].release = g->release + 1;
        parted = parted || (k < i && of[i].release != of[k].release);
        sorted[i] = of[i];
    }
    qsort(sorted, f->n_figures, sizeof *sorted, by_time);
    *n = 0;
    for (size_t i = 0; i < f->n_figures; i++) {
        if (i == 0 || by_time(&sorted[*n - 1], &sorted[i]) != 0)
            sorted[(*n)++] = sorted[i];
    }
    return parted;
}

/* Numbers in place of days: the model asks for their order alone. */
static void
number_moments(struct facts *f, const struct moment of[],
               const struct moment sorted[], size_t n,
               char (*names)[FACTS_DATE_SIZE])
{
    for (size_t i = 0; i < f->n_figures; i++) {
        const struct moment *at =
            bsearch(&of[i], sorted, n, sizeof *sorted, by_time);

        (void)snprintf(names[i], sizeof names[i], "%010u",
                       (unsigned)(at - sorted));
    }
    for (size_t i = 0; i < f->n_figures; i++)
        memcpy(f->figures[i].as_of, names[i], sizeof names[i]);
}

enum sv_err
facts_part_days(struct facts *f, const char *now)
{
    size_t size = f->n_figures + 1, n;
    struct moment *of = calloc(size, sizeof *of);
    struct moment *sorted = calloc(size, sizeof *sorted);
    char(*names)[FACTS_DATE_SIZE] = calloc(size, sizeof *names);
    enum sv_err err = SV_ERR_NOMEM;

    if (of != NULL && sorted != NULL && names != NULL) {
        err = find_moments(f, now, of, sorted, &n) ? SV_OK : SV_ERR_CONFLICT;
        if (err == SV_OK)
            number_moments(f, of, sorted, n, names);
    }
    free(of);
    free(sorted);
    free(names);
    return err;
}
