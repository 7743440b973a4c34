#ifndef SV_BENCH_VAULT_H
#define SV_BENCH_VAULT_H

#include "bench/bench.h"
#include "tests/support/office.h"
#include "vault/message.h"

/*
 * An office with many records, all of one caseworker's, and what is to be
 * known to ask for them without looking: handles, and the version of the
 * compartment that is read and written.
 */
#define BENCH_PERSON "case-1"
#define BENCH_TYPE "victim"
#define BENCH_COMPARTMENT "narrative"
/* Padded, it is BODY_LEN. */
#define BENCH_TEXT_LEN 900

struct target {
    struct handle record;
    uint64_t version;
    uint8_t hash[32];
};

struct bench_vault {
    struct office office; /* the gate is closed but for those who open it */
    size_t n;
    struct target *targets;
    double import_per_s;
    double open_ms[2]; /* with FEW records, and with all; no key derivation */
};
#define FEW_RECORDS 1000

/* The vault of this run, made at its first use. */
struct bench_vault *bench_vault(const struct plan *plan);
void bench_vault_free(void);
/* us per entry; *entries: how many. */
double bench_verify(struct bench_vault *v, double *entries);

/*
 * A client of one thread, whose requests can be looked at: it passes them on
 * to `to`, or keeps them from leaving (SV_ERR_IO) where to.call is NULL.
 */
struct desk_tap {
    struct transport to;
    struct buf sent; /* the last request */
};
struct asker {
    struct desk_tap tap;
    struct bench_vault *vault;
    struct arena *arena;
    struct colleague who;
    struct client *client;
    struct content content; /* what it writes */
    size_t compartment;     /* of the schema type */
};
void asker_begin(struct asker *a, struct bench_vault *v, struct transport to);
void asker_end(struct asker *a);
enum sv_err asker_read(struct asker *a, const struct target *t);
/* The target is what was sent, whatever came of it. */
enum sv_err asker_write(struct asker *a, struct target *t);
/* The target of a client's next operation: its own for WORK_WRITE. */
struct target *bench_target(struct bench_vault *v, enum work w, unsigned client,
                            unsigned clients, unsigned *seed);

#endif
