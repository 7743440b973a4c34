#include "cli/audit_bursts.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)
#define FOUND_MIN 16

struct burst {
    char actor[NAME_SIZE];
    uint64_t from_ms, to_ms;
    uint64_t n; /* readings; 0: there is none */
};

/* The last readings of one person, and the burst that she is in. */
struct reader_times {
    uint64_t times_ms[BURST_READINGS]; /* a ring */
    unsigned n, next;
    struct burst now;
};

void
bursts_init(struct bursts *b)
{
    *b = (struct bursts){.n = 0};
    map_init(&b->readers, NAME_SIZE, sizeof(struct reader_times));
}

void
bursts_clear(struct bursts *b)
{
    map_clear(&b->readers);
    free(b->found);
    bursts_init(b);
}

static enum sv_err
keep(struct bursts *b, const struct burst *burst)
{
    size_t cap = b->cap == 0 ? FOUND_MIN : 2 * b->cap;
    void *more;

    if (burst->n == 0)
        return SV_OK;
    if (b->n == b->cap) {
        more = reallocarray(b->found, cap, sizeof *b->found);
        if (more == NULL)
            return SV_ERR_NOMEM;
        b->found = more;
        b->cap = cap;
    }
    b->found[b->n++] = *burst;
    return SV_OK;
}

static enum sv_err
find_reader(struct bursts *b, const char *actor, struct reader_times **out)
{
    char key[NAME_SIZE] = "";
    struct reader_times none = {.n = 0};
    enum sv_err err = text_copy(bytes_text(actor), key, sizeof key);

    if (err != SV_OK)
        return err;
    *out = map_get(&b->readers, key);
    if (*out != NULL)
        return SV_OK;
    memcpy(none.now.actor, key, sizeof key);
    err = map_set(&b->readers, key, &none);
    *out = map_get(&b->readers, key);
    return err;
}

enum sv_err
bursts_read(struct bursts *b, const char *actor, uint64_t time_ms)
{
    struct reader_times *r = NULL;
    enum sv_err err = find_reader(b, actor, &r);
    uint64_t first_ms;

    if (err != SV_OK)
        return err;
    r->times_ms[r->next] = time_ms;
    r->next = (r->next + 1) % BURST_READINGS;
    if (r->n < BURST_READINGS)
        r->n++;
    if (r->n < BURST_READINGS)
        return SV_OK;
    first_ms = r->times_ms[r->next]; /* the oldest of the ring */
    if (time_ms < first_ms || time_ms - first_ms >= HOUR_MS) {
        err = keep(b, &r->now);
        r->now.n = 0;
        return err;
    }
    if (r->now.n == 0) {
        r->now.from_ms = first_ms;
        r->now.n = BURST_READINGS - 1;
    }
    r->now.n++;
    r->now.to_ms = time_ms;
    return SV_OK;
}

static int
by_beginning(const void *a, const void *b)
{
    const struct burst *x = a, *y = b;

    if (x->from_ms != y->from_ms)
        return x->from_ms < y->from_ms ? -1 : 1;
    return strcmp(x->actor, y->actor);
}

/* Those in which the log ends. */
static enum sv_err
keep_open(struct bursts *b)
{
    const void *key, *value;
    size_t at = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && map_next(&b->readers, &at, &key, &value)) {
        const struct reader_times *r = value;

        err = keep(b, &r->now);
    }
    map_clear(&b->readers);
    return err;
}

enum sv_err
bursts_rows(struct bursts *b, struct sheet *out)
{
    enum sv_err err = keep_open(b);

    if (err == SV_OK && b->n > 0)
        qsort(b->found, b->n, sizeof *b->found, by_beginning);
    for (size_t i = 0; i < b->n && err == SV_OK; i++) {
        char from[TIME_SIZE], to[TIME_SIZE], n[SHEET_CELL_SIZE];
        const char *const texts[] = {from, to, b->found[i].actor, n};

        text_time(b->found[i].from_ms, from);
        text_time(b->found[i].to_ms, to);
        (void)snprintf(n, sizeof n, "%llu", (unsigned long long)b->found[i].n);
        err = sheet_row(out, &sheet_kinds[SHEET_BURSTS], texts);
    }
    return err;
}
