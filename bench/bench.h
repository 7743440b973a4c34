#ifndef SV_BENCH_BENCH_H
#define SV_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * What all subjects of the comparison share: the work, closed loops of
 * clients, and what is measured of them.  Each operation leaves an audit
 * row, or an entry, and is durable before it counts.
 */
enum work {
    WORK_READ,  /* the content of one record, by its id, in no order */
    WORK_WRITE, /* new content of 1 KB */
    WORK_N
};

#define BODY_LEN 1024
#define ID_LEN 16
#define CLIENTS_MAX 64
#define CLIENT_COUNTS 3

struct plan {
    const char *dir; /* on the disk that is measured */
    const char *svaultd;
    size_t records;
    double seconds; /* of one measure */
    unsigned rounds;
};

struct measure {
    double per_s;
    double p50_us;
    double p99_us;
};

/*
 * One that is compared.  start() fills it with plan->records; where that
 * cannot be, it gives a reason, and the subject is left out.  begin() and
 * end(), each may be NULL, are around its turn in a round.
 */
struct subject {
    const char *name;
    unsigned clients[CLIENT_COUNTS]; /* 0: none */
    const char *(*start)(struct subject *s, const struct plan *plan);
    void (*begin)(struct subject *s);
    struct measure (*run)(struct subject *s, enum work w, unsigned clients);
    void (*end)(struct subject *s);
    void (*stop)(struct subject *s);
    const struct plan *plan;
    void *own;
};

extern struct subject subject_gate, subject_served;
extern struct subject subject_sqlite, subject_sqlcipher, subject_postgres;

/* ---- harness.c ---- */

double now_us(void);
/* Ends the program with a sentence where what it is about failed. */
void must(enum sv_err err, const char *what);
void must_be(bool ok, const char *what);
/* n times size bytes of zeros, for free(). */
void *zeros(size_t n, size_t size) __attribute__((returns_nonnull));
char *copy_of(const char *text) __attribute__((returns_nonnull));
double median(double *values, size_t n); /* sorts them */

/* Times of single operations, in us. */
struct samples {
    size_t n;
    size_t cap;
    double *us;
};
void samples_add(struct samples *s, double us);
struct measure samples_measure(struct samples *s, double elapsed_us);
void samples_free(struct samples *s);

/*
 * Each client in a thread of its own does one operation after another until
 * the time is over; one that returns false ends its loop before.
 */
typedef bool (*loop_fn)(void *ctx, unsigned client);
struct measure loop_run(unsigned clients, double seconds, loop_fn fn,
                        void *ctx);

/* The limit: 4 KiB into a file written before, and fdatasync().  us. */
double disk_limit(const char *dir);

/* A function of a library that need not be there when this is built. */
void *library(const char *const names[], const char **missing);
void symbol(void *from, const char *name, void *function);

#endif
