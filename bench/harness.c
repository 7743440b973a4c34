#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

double
now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void
must(enum sv_err err, const char *what)
{
    if (err == SV_OK)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", what, err_text(err));
    exit(1);
}

void
must_be(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void *
zeros(size_t n, size_t size)
{
    void *at = calloc(n, size);

    if (at == NULL) {
        (void)fputs("bench: no memory\n", stderr);
        exit(1);
    }
    return at;
}

char *
copy_of(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(zeros(1, size), text, size);
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
quantile(double *values, size_t n, double q)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof *values, by_value);
    return values[(size_t)((double)(n - 1) * q)];
}

double
median(double *values, size_t n)
{
    return quantile(values, n, 0.5);
}

/* ---- Samples ---- */

void
samples_add(struct samples *s, double us)
{
    if (s->n == s->cap) {
        size_t cap = s->cap > 0 ? 2 * s->cap : 1024;
        double *more = realloc(s->us, cap * sizeof *more);

        must(more == NULL ? SV_ERR_NOMEM : SV_OK, "samples");
        s->us = more;
        s->cap = cap;
    }
    s->us[s->n++] = us;
}

struct measure
samples_measure(struct samples *s, double elapsed_us)
{
    struct measure m = {.per_s = (double)s->n / elapsed_us * 1e6};

    m.p50_us = quantile(s->us, s->n, 0.5);
    m.p99_us = quantile(s->us, s->n, 0.99);
    return m;
}

void
samples_free(struct samples *s)
{
    free(s->us);
    *s = (struct samples){0};
}

/* ---- Closed loops ---- */

struct loop {
    loop_fn fn;
    void *ctx;
    unsigned client;
    double until;
    struct samples samples;
    pthread_t thread;
};

static void *
go_round(void *ctx)
{
    struct loop *l = ctx;
    double at = now_us();

    while (at < l->until && l->fn(l->ctx, l->client)) {
        double then = now_us();

        samples_add(&l->samples, then - at);
        at = then;
    }
    return NULL;
}

struct measure
loop_run(unsigned clients, double seconds, loop_fn fn, void *ctx)
{
    struct loop loops[CLIENTS_MAX];
    struct samples all = {0};
    struct measure m;
    double start = now_us();

    for (unsigned i = 0; i < clients; i++) {
        loops[i] = (struct loop){
            .fn = fn, .ctx = ctx, .client = i, .until = start + seconds * 1e6};
        must_be(pthread_create(&loops[i].thread, NULL, go_round, &loops[i]) ==
                    0,
                "no thread for a client");
    }
    for (unsigned i = 0; i < clients; i++)
        (void)pthread_join(loops[i].thread, NULL);
    start = now_us() - start;
    for (unsigned i = 0; i < clients; i++) {
        for (size_t k = 0; k < loops[i].samples.n; k++)
            samples_add(&all, loops[i].samples.us[k]);
        samples_free(&loops[i].samples);
    }
    m = samples_measure(&all, start);
    samples_free(&all);
    return m;
}

/* ---- The disk ---- */

#define BLOCK 4096
#define BLOCKS 4096
#define FLUSHES 300

double
disk_limit(const char *dir)
{
    static double us[FLUSHES];
    static char block[BLOCK];
    char path[4096];
    int fd;

    (void)snprintf(path, sizeof path, "%s/limit", dir);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must_be(fd >= 0, "no file for the disk's limit");
    memset(block, 'x', sizeof block);
    for (unsigned i = 0; i < BLOCKS; i++)
        must_be(write(fd, block, sizeof block) == BLOCK, "write");
    must_be(fsync(fd) == 0, "fsync");
    for (unsigned i = 0; i < FLUSHES; i++) {
        double start = now_us();

        must_be(pwrite(fd, block, sizeof block, (off_t)i * BLOCK) == BLOCK &&
                    fdatasync(fd) == 0,
                "fdatasync");
        us[i] = now_us() - start;
    }
    (void)close(fd);
    (void)unlink(path);
    return median(us, FLUSHES);
}

/* ---- Libraries ---- */

/* Two of the peers have the same names inside; the address sanitizer ends a
 * program that keeps them apart so. */
#if defined(__SANITIZE_ADDRESS__)
#define APART 0
#else
#define APART RTLD_DEEPBIND
#endif

void *
library(const char *const names[], const char **missing)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        void *found = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | APART);

        if (found != NULL)
            return found;
    }
    *missing = names[0];
    return NULL;
}

void
symbol(void *from, const char *name, void *function)
{
    void *at = dlsym(from, name);

    must_be(at != NULL, name);
    memcpy(function, &at, sizeof at);
}
