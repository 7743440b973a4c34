#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "crypto/init.h"
#include "tests/support/grid.h"

#include "disclosure/audit.h"
#include "disclosure/solver_process.h"

/*
 * The disclosure audit of tables with all their margins: rounded to 5, and
 * with small counts hidden and, by the simplest rule, others beside them.
 * Files: other tables (grid_read()), with what is hidden in them.
 */
#define ROUNDS 3
#define TIMEOUT_MS 600000
#define SEED UINT64_C(88172645463325252)

struct shape {
    size_t n_dims, codes[GRID_DIMS_MAX];
    double limit_s; /* 0: none is set */
};

static const struct shape shapes[] = {
    {2, {10, 10}, 0},
    {2, {50, 20}, 0.3},
    {3, {20, 12, 6}, 0.6},
    {3, {47, 10, 6}, 2},
};

static void
measure(const struct grid *g, const char *name, bool is_rounded,
        const struct solver_source *source, double limit_s, unsigned rounds)
{
    const struct audit_rules rules = {
        .small = 4, .width = is_rounded ? 4 : 3, .timeout_ms = TIMEOUT_MS};
    struct audit_result r = {0};
    double ms[ROUNDS];

    for (unsigned i = 0; i < rounds; i++) {
        double start = now_us();

        audit_result_clear(&r);
        must(audit_run(&g->facts, &rules, source, &r), "audit");
        ms[i] = (now_us() - start) / 1e3;
    }
    printf("| %s, %s | %zu | %zu | %zu | %.0f | ", name,
           is_rounded ? "rounded" : "hidden", g->n_cells, r.n_targets,
           r.n_findings, median(ms, rounds));
    if (limit_s > 0)
        printf("<= %.0f", limit_s * 1e3);
    printf(" |\n");
    (void)fflush(stdout);
    audit_result_clear(&r);
}

static void
measure_both(struct grid *g, const char *name,
             const struct solver_source *source, double limit_s,
             unsigned rounds)
{
    grid_print_suppressed(g, 0);
    measure(g, name, false, source, limit_s, rounds);
    grid_print_rounded(g, 5, 1, source);
    measure(g, name, true, source, limit_s, rounds);
    grid_free(g);
}

static void
measure_shape(const struct shape *s, const struct solver_source *source,
              unsigned rounds)
{
    struct grid g;
    char name[64] = "";

    for (size_t i = 0; i < s->n_dims; i++)
        (void)snprintf(name + strlen(name), sizeof name - strlen(name), "%s%zu",
                       i == 0 ? "" : " x ", s->codes[i]);
    grid_make(&g, SEED, s->n_dims, s->codes);
    grid_hide(&g, 4);
    measure_both(&g, name, source, s->limit_s, rounds);
}

int
main(int argc, char **argv)
{
    bool quick = argc == 2 && strcmp(argv[1], "--quick") == 0;
    void *process = NULL;
    const struct solver_source source = {solver_process_open_lazily, &process};
    size_t n = quick ? 1 : sizeof shapes / sizeof shapes[0];

    must(crypto_init(), "libsodium");
    printf("| audit | cells | sets looked at | findings | ms, median | target "
           "|\n|---|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < n; i++)
        measure_shape(&shapes[i], &source, quick ? 1 : ROUNDS);
    for (int i = 1; i < argc && !quick; i++) {
        struct grid g;
        const char *name = strrchr(argv[i], '/');

        must_be(grid_read(&g, argv[i]), "no such table");
        measure_both(&g, name != NULL ? name + 1 : argv[i], &source, 0, ROUNDS);
    }
    solver_process_stop(process);
    return 0;
}
