#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/served.h"
#include "bench/vault.h"
#include "crypto/init.h"
#include "tests/support/support.h"

/*
 * The comparison: all subjects are filled, then take turns in rounds, so
 * that what else the machine does meets all of them; the table has the
 * medians over the rounds.
 */
#define ROUNDS_MAX 50
#define PRIORITY 5

static struct subject *const subjects[] = {&subject_gate, &subject_served,
                                           &subject_sqlite, &subject_sqlcipher,
                                           &subject_postgres};
#define SUBJECTS (sizeof subjects / sizeof subjects[0])

/* What was measured of one subject with one number of clients. */
struct series {
    double per_s[ROUNDS_MAX];
    double p50_us[ROUNDS_MAX];
    double p99_us[ROUNDS_MAX];
};

struct run {
    struct plan plan;
    bool quick;       /* does it all go, rather than how fast */
    const char *only; /* subjects whose name has this in it; NULL: all */
    bool take[SUBJECTS];
    double limit_us[ROUNDS_MAX];
    struct series cells[SUBJECTS][WORK_N][CLIENT_COUNTS];
};

/* ---- The machine ---- */

static bool
take_priority(void)
{
    const struct sched_param p = {.sched_priority = PRIORITY};

    return sched_setscheduler(0, SCHED_RR, &p) == 0;
}

/* The kind of the file system under dir, as /proc/mounts has it. */
static void
print_file_system(const char *dir)
{
    char line[4096], path[PATH_SIZE], kind[64] = "?", best[64] = "?";
    char at[1024], device[1024] = "", on[1024] = "?";
    FILE *f = fopen("/proc/mounts", "re");
    size_t longest = 0;

    must_be(f != NULL && realpath(dir, path) != NULL, "no such directory");
    while (fgets(line, sizeof line, f) != NULL) {
        size_t len;

        if (sscanf(line, "%1023s %1023s %63s", device, at, kind) != 3)
            continue;
        len = strlen(at);
        if (len >= longest && strncmp(path, at, len) == 0) {
            longest = len;
            memcpy(best, kind, sizeof best);
            memcpy(on, device, sizeof on);
        }
    }
    (void)fclose(f);
    printf("- Disk: %s on %s\n", best, on);
}

static void
print_processor(void)
{
    char line[1024];
    FILE *f = fopen("/proc/cpuinfo", "re");

    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        const char *name = strstr(line, ": ");

        if (strncmp(line, "model name", 10) == 0 && name != NULL) {
            printf("- Processor: %ld x %s", sysconf(_SC_NPROCESSORS_ONLN),
                   name + 2);
            break;
        }
    }
    if (f != NULL)
        (void)fclose(f);
}

static void
print_load(const char *when)
{
    double load[3] = {0};

    (void)getloadavg(load, 3);
    printf("- Load average %s: %.1f %.1f %.1f\n", when, load[0], load[1],
           load[2]);
}

static void
print_machine(const struct plan *plan, bool priority)
{
    struct utsname u;

    (void)uname(&u);
    print_processor();
    printf("- Kernel: %s %s\n", u.sysname, u.release);
    print_file_system(plan->dir);
    print_load("before");
    printf("- Real-time priority: %s\n", priority ? "granted" : "not granted");
    printf("- %zu records of %d bytes; %u rounds of %.1f s for each measure; "
           "medians\n",
           plan->records, BODY_LEN, plan->rounds, plan->seconds);
    (void)fflush(stdout);
}

/* ---- Rounds ---- */

static void
start_all(struct run *r)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        const char *why;

        if (r->only != NULL && strstr(subjects[i]->name, r->only) == NULL)
            continue;
        why = subjects[i]->start(subjects[i], &r->plan);

        r->take[i] = why == NULL;
        if (why != NULL)
            printf("- Left out: %s (%s is not here; scripts/bench --install)\n",
                   subjects[i]->name, why);
        (void)fflush(stdout);
    }
}

static void
turn(struct run *r, size_t i, unsigned round)
{
    struct subject *s = subjects[i];

    if (s->begin != NULL)
        s->begin(s);
    for (unsigned w = 0; w < WORK_N; w++) {
        for (unsigned c = 0; c < CLIENT_COUNTS && s->clients[c] > 0; c++) {
            struct measure m = s->run(s, (enum work)w, s->clients[c]);
            struct series *cell = &r->cells[i][w][c];

            cell->per_s[round] = m.per_s;
            cell->p50_us[round] = m.p50_us;
            cell->p99_us[round] = m.p99_us;
        }
    }
    if (s->end != NULL)
        s->end(s);
}

static void
all_rounds(struct run *r)
{
    for (unsigned round = 0; round < r->plan.rounds; round++) {
        r->limit_us[round] = disk_limit(r->plan.dir);
        for (size_t i = 0; i < SUBJECTS; i++) {
            if (r->take[i])
                turn(r, i, round);
        }
        (void)fprintf(stderr, "round %u of %u\n", round + 1, r->plan.rounds);
    }
}

/* ---- The table ---- */

static void
print_table(struct run *r)
{
    double limit = median(r->limit_us, r->plan.rounds);

    printf("\n| | clients | reads/s | p50 us | p99 us | writes/s | p50 us | "
           "p99 us |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
    printf("| one flush of 4 KiB, the limit | 1 | %.0f | %.0f | | %.0f | %.0f "
           "| |\n",
           1e6 / limit, limit, 1e6 / limit, limit);
    for (size_t i = 0; i < SUBJECTS; i++) {
        for (unsigned c = 0;
             c < CLIENT_COUNTS && r->take[i] && subjects[i]->clients[c] > 0;
             c++) {
            printf("| %s | %u |", subjects[i]->name, subjects[i]->clients[c]);
            for (unsigned w = 0; w < WORK_N; w++) {
                struct series *cell = &r->cells[i][w][c];

                printf(" %.0f | %.0f | %.0f |",
                       median(cell->per_s, r->plan.rounds),
                       median(cell->p50_us, r->plan.rounds),
                       median(cell->p99_us, r->plan.rounds));
            }
            printf("\n");
        }
    }
}

/* The median of the ratios within each round. */
static double
ratio(const double *a, const double *b, unsigned rounds)
{
    double each[ROUNDS_MAX];

    for (unsigned i = 0; i < rounds; i++)
        each[i] = a[i] / b[i];
    return median(each, rounds);
}

/* By their places in subjects and clients. */
enum { GATE, SERVED, SQLITE, SQLCIPHER, POSTGRES };
enum { ONE, EIGHT, MANY };

struct target_row {
    const char *text;
    size_t subject, clients;
    size_t peer, peer_clients;
};

static const struct target_row ratios[] = {
    {"gate alone, 64 clients : SQLCipher, 8 threads (>= 4)", GATE, MANY,
     SQLCIPHER, EIGHT},
    {"gate alone, 64 clients : PostgreSQL, 32 clients (>= 1.5)", GATE, MANY,
     POSTGRES, MANY},
    {"gate alone, 1 client : SQLCipher, 1 thread (>= 0.5)", GATE, ONE,
     SQLCIPHER, ONE},
    {"gate alone, 64 clients : SQLite + libsodium, 8 threads", GATE, MANY,
     SQLITE, EIGHT},
    {"end to end, 64 clients : SQLCipher, 8 threads", SERVED, MANY, SQLCIPHER,
     EIGHT},
    {"end to end, 64 clients : PostgreSQL, 32 clients", SERVED, MANY, POSTGRES,
     MANY},
};

static void
print_ratios(struct run *r)
{
    static const size_t ours[] = {GATE, SERVED};

    printf("\n| ratio (target) | reads | writes |\n|---|--:|--:|\n");
    for (size_t i = 0; i < sizeof ratios / sizeof ratios[0]; i++) {
        const struct target_row *t = &ratios[i];

        if (!r->take[t->subject] || !r->take[t->peer])
            continue;
        printf("| %s |", t->text);
        for (unsigned w = 0; w < WORK_N; w++)
            printf(" %.2f |", ratio(r->cells[t->subject][w][t->clients].per_s,
                                    r->cells[t->peer][w][t->peer_clients].per_s,
                                    r->plan.rounds));
        printf("\n");
    }
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (!r->take[ours[i]])
            continue;
        printf("| %s, 64 clients: p99 : p50 (<= 3) |", subjects[ours[i]]->name);
        for (unsigned w = 0; w < WORK_N; w++) {
            const struct series *c = &r->cells[ours[i]][w][MANY];

            printf(" %.2f |", ratio(c->p99_us, c->p50_us, r->plan.rounds));
        }
        printf("\n");
    }
}

static void
print_rest(struct run *r)
{
    struct bench_vault *v = bench_vault(&r->plan);
    double entries = 0, us = bench_verify(v, &entries);
    struct memory rest, load;

    served_memory(&rest, &load);
    printf("\n| svault | |\n|---|--:|\n");
    printf("| import, with its seals and one entry each | %.0f records/s |\n",
           v->import_per_s);
    printf("| open at %d records, without key derivation (<= 5 ms) | %.2f ms "
           "|\n",
           FEW_RECORDS, v->open_ms[0]);
    printf("| open at %zu records | %.2f ms |\n", r->plan.records,
           v->open_ms[1]);
    printf("| log verify, each entry replayed and each version compared | "
           "%.1f us/entry of %.0f |\n",
           us, entries);
    if (r->take[SERVED])
        printf("| svaultd at rest, own memory (with pages of the data file) | "
               "%.1f MB (%.1f) |\n"
               "| svaultd after 64 clients | %.1f MB (%.1f) |\n",
               (double)rest.own_kb / 1024, (double)rest.all_kb / 1024,
               (double)load.own_kb / 1024, (double)load.all_kb / 1024);
}

/* ---- The program ---- */

static const char usage[] =
    "Usage: bench_all [--quick] [--records N] [--rounds N] [--seconds S]\n"
    "                 [--only PART-OF-A-NAME] [--dir DIR] [--svaultd PATH]\n"
    "Compares svault with its peers, in rounds, and prints tables.\n";

static bool
read_options(int argc, char **argv, struct run *r)
{
    static const struct option known[] = {
        {"quick", no_argument, NULL, 'q'},
        {"records", required_argument, NULL, 'n'},
        {"rounds", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"only", required_argument, NULL, 'o'},
        {"dir", required_argument, NULL, 'd'},
        {"svaultd", required_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct plan *p = &r->plan;
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'q':
            r->quick = true;
            p->records = 2000;
            p->rounds = 1;
            p->seconds = 0.1;
            break;
        case 'n':
            p->records = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            p->rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            p->seconds = strtod(optarg, NULL);
            break;
        case 'o':
            r->only = optarg;
            break;
        case 'd':
            p->dir = optarg;
            break;
        case 'v':
            p->svaultd = optarg;
            break;
        default:
            return false;
        }
    }
    return optind == argc && p->records >= CLIENTS_MAX && p->rounds > 0 &&
           p->rounds <= ROUNDS_MAX && p->seconds > 0;
}

int
main(int argc, char **argv)
{
    static struct run r;
    char home[PATH_SIZE], dir[PATH_SIZE];

    r.plan = (struct plan){.dir = ".",
                           .svaultd = "./svaultd",
                           .records = 200000,
                           .seconds = 2,
                           .rounds = 5};
    if (!read_options(argc, argv, &r)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    must(crypto_init(), "libsodium");
    must_be(realpath(r.plan.dir, home) != NULL, "no such directory");
    must(path_join(dir, home, "bench.XXXXXX"), "directory");
    must_be(mkdtemp(dir) != NULL && chmod(dir, 0711) == 0, "no directory");
    r.plan.dir = dir;
    print_machine(&r.plan, !r.quick && take_priority());
    start_all(&r);
    all_rounds(&r);
    print_load("after");
    print_table(&r);
    print_ratios(&r);
    (void)fflush(stdout); /* what comes now takes its time */
    print_rest(&r);
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (r.take[i])
            subjects[i]->stop(subjects[i]);
    }
    bench_vault_free();
    support_dir_remove(dir);
    return 0;
}
