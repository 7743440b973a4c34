#ifndef SV_BENCH_LONG_LOG_H
#define SV_BENCH_LONG_LOG_H

#include "base/file.h"
#include "base/workers.h"
#include "tests/support/fakelog.h"

/*
 * A long log for measuring: lawful, each request signed by its actor, written
 * as an export with the auditor's card beside it.  After a founding as in
 * tests it holds readings of a few records by eight people and, as every
 * 32nd block of 256 entries, an import with its items.  Where not `sign`,
 * the requests of readings and imports bear zeros as signatures: quick, and
 * enough for who verifies none.
 */
#define LONG_LOG_PEOPLE 8

struct long_log {
    char dir[PATH_SIZE];  /* the export */
    char card[PATH_SIZE]; /* a file */
    uint64_t size;
    struct hash genesis;
    struct sign_public log_key;
    struct fake_person people[LONG_LOG_PEOPLE + 1]; /* and who imports */
};

/* In directory `dir`, which exists; some thousand entries at least. */
void long_log_make(const char *dir, uint64_t size, bool sign,
                   struct workers *workers, struct long_log *out);

#endif
