/* What verifying a long log costs, beside the hashes and signatures alone. */
#include "cli/audit.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/export_write.h"
#include "bench/bench.h"
#include "bench/long_log.h"
#include "crypto/init.h"
#include "policy/replay_export.h"

#define ROUNDS_MAX 15
#define BATCH 16    /* bundles */
#define SOME 100000 /* entries, for what is measured of a part */
#define PROOFS 2000
#define SIZES_MAX 4

enum measured {
    RAW_HASHES,
    TREE,
    RAW_SIGNATURES, /* and hashes */
    SIGNATURES,     /* tree, and each taken apart and verified */
    REPLAY,         /* tree, and all replayed */
    MEASURED_N
};

/* By the clock, and of all processors: the second says what it costs where
 * others work, too. */
struct span {
    double us, cpu_us;
};

struct bench {
    const char *dir;
    const char *program;
    unsigned rounds;
    bool tree_only;
    size_t n_sizes;
    uint64_t sizes[SIZES_MAX];
    struct workers *workers;
    struct long_log log;
    struct span spans[MEASURED_N][ROUNDS_MAX];
};

static struct span
span_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (struct span){now_us(),
                         (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3};
}

static struct span
span_since(struct span from)
{
    struct span now = span_now();

    return (struct span){now.us - from.us, now.cpu_us - from.cpu_us};
}

static struct span
span_sum(struct span a, struct span b)
{
    return (struct span){a.us + b.us, a.cpu_us + b.cpu_us};
}

/* ---- Bundles in memory ---- */

struct held {
    struct buf raw;
    unsigned n;
    struct bytes entry[TILE_WIDTH];
    struct replay_parsed *parsed;
    const struct sign_public *key[TILE_WIDTH]; /* NULL: not looked at */
    struct hash root;
};

struct holding {
    const struct bench *bench;
    struct export *e;
    uint64_t first;
    struct held held[BATCH];
};

static enum sv_err
hold_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct held *h = ctx;

    (void)index;
    h->entry[h->n++] = entry;
    return SV_OK;
}

static enum sv_err
hold(void *ctx, size_t part)
{
    struct holding *all = ctx;
    struct held *h = &all->held[part];
    struct export e = *all->e;
    struct tile t = export_bundle(&e, all->first + part);

    h->n = 0;
    return export_bundle_entries(&e, &t, &h->raw, hold_entry, h);
}

/* Whose key; a founding's few others are not looked at. */
static const struct sign_public *
key_of(const struct long_log *log, const struct replay_parsed *p)
{
    if (p->entry.kind != ENTRY_REQUEST)
        return NULL;
    for (unsigned i = 0; i <= LONG_LOG_PEOPLE; i++)
        if (strcmp(p->request.actor, log->people[i].name) == 0)
            return &log->people[i].sign;
    return NULL;
}

static enum sv_err
take_apart(void *ctx, size_t part)
{
    struct holding *all = ctx;
    struct held *h = &all->held[part];

    for (unsigned i = 0; i < h->n; i++) {
        must(replay_parse(h->entry[i], &h->parsed[i]), "parsing");
        h->key[i] = key_of(&all->bench->log, &h->parsed[i]);
    }
    return SV_OK;
}

static enum sv_err
hash_raw(void *ctx, size_t part)
{
    struct holding *all = ctx;
    struct held *h = &all->held[part];
    struct hash last = {{0}};

    /* As many nodes as leaves, as in a long log. */
    for (unsigned i = 0; i < h->n; i++) {
        struct hash leaf = tree_leaf(h->entry[i]);

        last = tree_node(&last, &leaf);
    }
    h->root = last;
    return SV_OK;
}

static enum sv_err
verify_raw(void *ctx, size_t part)
{
    struct holding *all = ctx;
    struct held *h = &all->held[part];

    for (unsigned i = 0; i < h->n; i++)
        if (h->key[i] != NULL)
            must(sign_verify(h->key[i], h->parsed[i].note.text,
                             h->parsed[i].note.signature[0].raw),
                 "a signature");
    return hash_raw(ctx, part);
}

static enum sv_err
verify_parsed(void *ctx, size_t part)
{
    struct holding *all = ctx;
    struct held *h = &all->held[part];
    enum sv_err err = hold(ctx, part);

    if (err == SV_OK)
        err = take_apart(ctx, part);
    for (unsigned i = 0; i < h->n && err == SV_OK; i++)
        if (h->key[i] != NULL)
            err = replay_verify(&h->parsed[i], h->key[i]);
    return err;
}

/* Over the whole log: what is got ready for nothing, and what is measured. */
static struct span
over_all(struct bench *b, struct export *e, workers_fn before,
         workers_fn before_that, workers_fn measured)
{
    struct holding *all = zeros(1, sizeof *all);
    uint64_t total = export_bundles(e);
    struct span sum = {0, 0};

    all->bench = b;
    all->e = e;
    for (size_t i = 0; i < BATCH; i++)
        all->held[i].parsed = zeros(TILE_WIDTH, sizeof(struct replay_parsed));
    for (; all->first < total; all->first += BATCH) {
        size_t n =
            total - all->first < BATCH ? (size_t)(total - all->first) : BATCH;
        struct span from;

        if (before_that != NULL)
            must(workers_run(b->workers, n, before_that, all), "reading");
        if (before != NULL)
            must(workers_run(b->workers, n, before, all), "parsing");
        from = span_now();
        must(workers_run(b->workers, n, measured, all), "verifying");
        sum = span_sum(sum, span_since(from));
    }
    for (size_t i = 0; i < BATCH; i++) {
        buf_free(&all->held[i].raw);
        free(all->held[i].parsed);
    }
    free(all);
    return sum;
}

/* ---- Verification ---- */

static struct span
replay_span(struct bench *b, struct export *e)
{
    const struct replay_plan plan = {.workers = b->workers,
                                     .genesis = b->log.genesis};
    struct replay_fault fault = {0, "the files"};
    struct span from = span_now();
    struct replay r;

    replay_init(&r);
    replay_spill(&r, b->dir, REPLAY_MEMORY);
    must(replay_export(&r, e, &plan, &fault), fault.reason);
    replay_clear(&r);
    return span_since(from);
}

static struct span
tree_span(struct bench *b, struct export *e)
{
    struct span from = span_now();

    must(export_check_tree(e, true, b->workers, NULL, NULL), "tree");
    return span_since(from);
}

static void
one_round(struct bench *b, struct export *e, unsigned i)
{
    struct span tree;

    b->spans[RAW_HASHES][i] = over_all(b, e, hold, NULL, hash_raw);
    tree = b->spans[TREE][i] = tree_span(b, e);
    if (b->tree_only)
        return;
    b->spans[RAW_SIGNATURES][i] = over_all(b, e, take_apart, hold, verify_raw);
    b->spans[SIGNATURES][i] =
        span_sum(tree, over_all(b, e, NULL, NULL, verify_parsed));
    b->spans[REPLAY][i] = span_sum(tree, replay_span(b, e));
}

static void
print_measured(const struct bench *b, const char *name, enum measured m,
               enum measured raw)
{
    double us[ROUNDS_MAX], ratios[ROUNDS_MAX], cpu[ROUNDS_MAX], s;

    for (unsigned i = 0; i < b->rounds; i++) {
        const struct span *own = &b->spans[m][i], *bare = &b->spans[raw][i];

        us[i] = own->us;
        ratios[i] = own->us / bare->us;
        cpu[i] = own->cpu_us / bare->cpu_us;
    }
    s = median(us, b->rounds) / 1e6;
    (void)printf("| %s | %.2f | %.2f |", name, s,
                 s * 1e6 / (double)b->log.size);
    if (m == raw)
        (void)puts(" | |");
    else
        (void)printf(" %.2f | %.2f |\n", median(ratios, b->rounds),
                     median(cpu, b->rounds));
}

/* ---- The program itself ---- */

static void
run_program(const struct bench *b, const char *more, const char *name)
{
    struct rusage usage;
    double from = now_us();
    int status;
    pid_t pid = fork();

    must_be(pid >= 0, "fork");
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(null, STDOUT_FILENO);
        (void)execl(b->program, b->program, "verify", b->log.dir, "--key",
                    b->log.card, "--json", more, (char *)NULL);
        _exit(127);
    }
    must_be(wait4(pid, &status, 0, &usage) == pid && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0,
            "svault-audit verify");
    (void)printf("| %s | %.2f | %.1f |\n", name, (now_us() - from) / 1e6,
                 (double)usage.ru_maxrss / 1024);
}

/* As if it had been verified, which takes its time. */
static void
remember(const struct bench *b, const struct checkpoint *head)
{
    const struct audit_known known = {head->size, head->root, 0};
    struct audit_card card = {.vault = b->log.genesis,
                              .log_key = b->log.log_key};

    must(audit_known_keep(&card, &known), "XDG_STATE_HOME");
}

/* ---- A part of the log ---- */

struct part {
    struct buf text[SOME];
    size_t n;
};

static enum sv_err
keep_text(void *ctx, uint64_t index, struct bytes entry)
{
    struct part *p = ctx;

    (void)index;
    if (p->n == SOME)
        return SV_ERR_RANGE;
    return buf_append(&p->text[p->n++], entry);
}

static double
hash_part(const struct part *p)
{
    struct hash last = {{0}};
    double from = now_us();

    for (size_t i = 0; i < p->n; i++) {
        struct hash leaf = tree_leaf(buf_bytes(&p->text[i]));

        last = tree_node(&last, &leaf);
    }
    return now_us() - from;
}

static double
append_part(const struct part *p, struct tree_frontier *f)
{
    struct hash done[TREE_LEVELS];
    double from = now_us();
    unsigned n;

    frontier_init(f);
    for (size_t i = 0; i < p->n; i++) {
        struct hash leaf = tree_leaf(buf_bytes(&p->text[i]));

        frontier_append(f, &leaf, done, &n);
    }
    return now_us() - from;
}

static double
export_part(const struct bench *b, const struct part *p,
            const struct tree_frontier *f)
{
    struct fake_person gate = fake_person("gate");
    struct checkpoint head = {.origin = FAKELOG_ORIGIN, .size = p->n};
    struct buf note = BUF_INIT;
    struct export_writer w;
    char dir[PATH_SIZE];
    uint64_t first = 0;
    double us;

    head.root = frontier_root(f);
    must(checkpoint_sign(&head, &gate.seed, &note), "head");
    must(path_join(dir, b->dir, "part"), dir);
    us = now_us();
    must(export_write_begin(&w, dir, FAKELOG_ORIGIN, &b->log.log_key,
                            buf_bytes(&note), true, &first),
         "export");
    for (size_t i = 0; i < p->n; i++)
        must(export_write_entry(&w, buf_bytes(&p->text[i])), "export");
    must(export_write_end(&w), "export");
    us = now_us() - us;
    export_write_clear(&w);
    buf_free(&note);
    support_dir_remove(dir);
    return us;
}

static void
measure_part(const struct bench *b, struct export *e)
{
    struct part *p = zeros(1, sizeof *p);
    struct tree_frontier f;
    double raw, us;

    if (export_entries(e, keep_text, p) != SV_OK)
        must_be(p->n == SOME, "entries");
    raw = hash_part(p);
    us = append_part(p, &f);
    (void)printf("| append to the tree, one thread | %.2f | %.2f |\n",
                 us / (double)p->n, us / raw);
    raw = hash_part(p);
    us = export_part(b, p, &f);
    (void)printf("| export, each file durable | %.2f | %.2f |\n",
                 us / (double)p->n, us / raw);
    for (size_t i = 0; i < p->n; i++)
        buf_free(&p->text[i]);
    free(p);
}

static double
hash_nodes(unsigned n)
{
    struct hash h = {{0}};
    double from = now_us();

    for (unsigned i = 0; i < n; i++)
        h = tree_node(&h, &h);
    return now_us() - from + h.b[0] * 1e-9;
}

static void
measure_proofs(struct export *e)
{
    double make = 0, verify = 0, raw = 0;
    uint64_t x = 88172645463325252u;

    for (unsigned i = 0; i < PROOFS; i++) {
        struct tree_proof proof;
        struct hash leaf;
        uint64_t index;
        double from;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        index = x % e->head.size;
        must(export_hash(e, 0, index, &leaf), "leaf");
        from = now_us();
        must(tree_inclusion(index, e->head.size, export_hash, e, &proof),
             "proof");
        make += now_us() - from;
        from = now_us();
        must(tree_verify_inclusion(index, e->head.size, &leaf, &proof,
                                   &e->head.root),
             "proof");
        verify += now_us() - from;
        raw += hash_nodes(proof.n);
    }
    (void)printf("| proof made from the files of an export | %.2f | %.1f |\n"
                 "| proof verified | %.2f | %.2f |\n",
                 make / PROOFS, make / raw, verify / PROOFS, verify / raw);
}

/* ---- All of it ---- */

static void
measure(struct bench *b, uint64_t size)
{
    struct export e = {0};
    double from = now_us();

    long_log_make(b->dir, size, !b->tree_only, b->workers, &b->log);
    must(export_open(&e, b->log.dir, FAKELOG_ORIGIN, &b->log.log_key),
         "export");
    (void)printf("\n%llu entries, made in %.0f s; %u threads; rounds: %u\n\n"
                 "| verification | s | us/entry | x raw | of processor time |\n"
                 "|---|--:|--:|--:|--:|\n",
                 (unsigned long long)size, (now_us() - from) / 1e6,
                 workers_count(b->workers), b->rounds);
    for (unsigned i = 0; i < b->rounds; i++)
        one_round(b, &e, i);
    print_measured(b, "hashes alone", RAW_HASHES, RAW_HASHES);
    print_measured(b, "tree (<= 1.3)", TREE, RAW_HASHES);
    if (!b->tree_only) {
        print_measured(b, "hashes and signatures alone", RAW_SIGNATURES,
                       RAW_SIGNATURES);
        print_measured(b, "tree with signatures (<= 1.15)", SIGNATURES,
                       RAW_SIGNATURES);
        print_measured(b, "all with replay", REPLAY, RAW_SIGNATURES);
    }
    (void)puts("\n| svault-audit | s | MB at most |\n|---|--:|--:|");
    (void)fflush(stdout);
    if (b->tree_only)
        remember(b, &e.head);
    else
        run_program(b, "--full", "verify --full");
    run_program(b, NULL, "verify, the head known from before");
    (void)puts("\n| | us | x raw |\n|---|--:|--:|");
    measure_part(b, &e);
    measure_proofs(&e);
    export_close(&e);
    support_dir_remove(b->log.dir);
}

static const char usage[] =
    "Usage: bench_audit [--quick] [--entries N]... [--rounds N] [--tree-only]\n"
    "                   [--dir DIR] [--svault-audit PATH]\n"
    "Makes long logs and measures what verifying them costs.\n";

static bool
read_options(int argc, char **argv, struct bench *b)
{
    static const struct option known[] = {
        {"quick", no_argument, NULL, 'q'},
        {"entries", required_argument, NULL, 'n'},
        {"rounds", required_argument, NULL, 'r'},
        {"tree-only", no_argument, NULL, 't'},
        {"dir", required_argument, NULL, 'd'},
        {"svault-audit", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'd')
            b->dir = optarg;
        else if (c == 't')
            b->tree_only = true;
        else if (c == 'p')
            b->program = optarg;
        else if (c == 'r')
            b->rounds = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'n' && b->n_sizes < SIZES_MAX)
            b->sizes[b->n_sizes++] = strtoull(optarg, NULL, 10);
        else if (c == 'q' && b->n_sizes < SIZES_MAX)
            b->sizes[b->n_sizes++] = 20000;
        else
            return false;
    }
    if (b->n_sizes == 0)
        b->sizes[b->n_sizes++] = 1000000;
    for (size_t i = 0; i < b->n_sizes; i++)
        if (b->sizes[i] < 10000)
            return false;
    return optind == argc && b->rounds > 0 && b->rounds <= ROUNDS_MAX;
}

int
main(int argc, char **argv)
{
    static struct bench b = {
        .dir = ".", .program = "./svault-audit", .rounds = 1};
    static char home[PATH_SIZE], dir[PATH_SIZE];

    if (!read_options(argc, argv, &b)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    must(crypto_init(), "libsodium");
    must(workers_new(0, &b.workers), "threads");
    must_be(realpath(b.dir, home) != NULL, "no such directory");
    must(path_join(dir, home, "audit.XXXXXX"), "directory");
    must_be(mkdtemp(dir) != NULL, "no directory");
    b.dir = dir;
    must_be(setenv("XDG_STATE_HOME", dir, 1) == 0, "setenv");
    for (size_t i = 0; i < b.n_sizes; i++)
        measure(&b, b.sizes[i]);
    workers_free(b.workers);
    support_dir_remove(dir);
    return 0;
}
