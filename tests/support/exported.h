#ifndef SV_TESTS_SUPPORT_EXPORTED_H
#define SV_TESTS_SUPPORT_EXPORTED_H

/* Exports of logs that are made up: one for each number. */
#include "audit/export_write.h"
#include "tests/support/support.h"

#define EXPORTED_ORIGIN "vault.example/2026"

struct exported {
    char dir[PATH_SIZE];    /* this test's own */
    char export[PATH_SIZE]; /* below it; not there yet */
    struct sign_seed seed;  /* signs the heads of all logs */
    struct sign_public key;
};

/* For cmocka. */
int exported_set_up(void **state);
int exported_tear_down(void **state);

/* Entry i of a log: any bytes, of any length. */
struct buf exported_entry(unsigned log, uint64_t i);
/* What of a log is true at that size, and its signed head. */
struct checkpoint exported_head(unsigned log, uint64_t size);
struct buf exported_note(const struct exported *x, unsigned log, uint64_t size);

/* Write a log at that size to a directory, under the head that is given or
 * under its own; the fault goes to *fault unless NULL. */
enum sv_err exported_write_under(const struct exported *x, const char *dir,
                                 struct bytes note, unsigned log, uint64_t size,
                                 bool entries, struct export_fault *fault);
enum sv_err exported_write(const struct exported *x, const char *dir,
                           unsigned log, uint64_t size, bool entries,
                           struct export_fault *fault);

/* As an auditor looks at it, alone and in company: both find the same. */
enum sv_err exported_check(const struct exported *x, const char *dir,
                           bool entries, struct export_fault *fault);
void exported_assert_good(const struct exported *x, bool entries);
/* What is wrong, where, and whether something is missing; reason NULL: none is
 * said. */
void exported_assert_fault(const struct export_fault *f, const char *place,
                           bool incomplete, const char *reason);

/* A file of x->export; it is put with the directories that lead to it. */
void exported_path(const struct exported *x, const char *name,
                   char out[static PATH_SIZE]);
struct buf exported_read(const struct exported *x, const char *name);
void exported_put(const struct exported *x, const char *name,
                  struct bytes data);

#endif
