#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "crypto/init.h"
#include "tests/support/cube.h"

#include "disclosure/solver_process.h"

/*
 * Rounding of tables with all their margins, under several keys: time, the
 * solver's included, and what it does to the counts.
 */
#define KEYS 9
#define TIMEOUT_MS 60000

struct shape {
    size_t dims[CUBE_DIMS];
    double limit_s; /* 0: none is set */
};

static const struct shape shapes[] = {
    {{46, 1, 1}, 0},  {{10, 10, 1}, 0}, {{50, 20, 1}, 0.2},
    {{20, 12, 6}, 2}, {{47, 10, 6}, 0}, {{100, 50, 1}, 0},
};

struct effect {
    double error; /* mean of the absolute errors */
    double moved; /* cells off their target, of those that have a choice */
};

static struct effect
effect_of(const struct rounding *r, const uint8_t *key, const int64_t out[])
{
    struct effect e = {0};
    double open = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct rounding_cell *c = &r->cells[i];
        int64_t error = out[i] > c->n ? out[i] - c->n : c->n - out[i];

        e.error += (double)error / (double)r->n;
        open += c->n % r->base != 0;
        e.moved += out[i] != rounding_target(key, c->id, c->n, r->base);
    }
    e.moved /= open;
    return e;
}

static void
measure(const struct shape *shape, const struct solver_source *source,
        unsigned keys)
{
    double ms[KEYS], most = 0;
    struct effect e = {0};
    struct cube cube;
    int64_t *out;

    cube_make(&cube, shape->dims, 1);
    out = zeros(cube.r.n, sizeof *out);
    for (unsigned k = 0; k < keys; k++) {
        uint8_t key[ROUNDING_KEY_LEN] = {(uint8_t)k};
        size_t in_conflict;
        unsigned steps;
        double start = now_us();

        must(rounding_run(&cube.r, key, source, TIMEOUT_MS, out, &steps,
                          &in_conflict),
             "rounding");
        ms[k] = (now_us() - start) / 1e3;
        most = ms[k] > most ? ms[k] : most;
        e = effect_of(&cube.r, key, out);
        must_be(steps == 0, "a table that needs one step more");
    }
    printf("| %zu x %zu x %zu | %zu | %.1f | %.1f | ", shape->dims[0],
           shape->dims[1], shape->dims[2], cube.r.n, median(ms, keys), most);
    if (shape->limit_s > 0)
        printf("<= %.0f", shape->limit_s * 1e3);
    printf(" | %.2f | %.0f %% |\n", e.error, e.moved * 100);
    (void)fflush(stdout);
    free(out);
    cube_free(&cube);
}

int
main(int argc, char **argv)
{
    bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;
    void *process = NULL;
    const struct solver_source source = {solver_process_open_lazily, &process};
    size_t n = sizeof shapes / sizeof shapes[0];

    if (argc > 1 && !quick) {
        (void)fputs("Usage: bench_rounding [--quick]\n", stderr);
        return 2;
    }
    must(crypto_init(), "libsodium");
    printf("| rounding to 5 | cells | ms, median | most | target | mean "
           "error | off their targets |\n|---|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < n; i++) {
        if (!quick || shapes[i].dims[0] * shapes[i].dims[1] <= 100)
            measure(&shapes[i], &source, quick ? 1 : KEYS);
    }
    solver_process_stop(process);
    return 0;
}
