#ifndef SV_TESTS_SUPPORT_PIECES_H
#define SV_TESTS_SUPPORT_PIECES_H

#include "tests/support/office.h"
#include "vault/message.h"

/* A backup as it comes, piece by piece, of an office with one record. */
#define PIECES_MAX 64
#define FAMILY "佐々木"

struct pieces {
    struct office *o;
    bool write; /* somebody works between two pieces */
    size_t n;
    struct buf at[PIECES_MAX];
};

/* For cmocka; *state is the office.  The record is case-1's, of FAMILY. */
int pieces_set_up(void **state);
int pieces_tear_down(void **state);
extern struct handle pieces_record;

/* Have client_backup() give its pieces to a struct pieces. */
enum sv_err pieces_keep(void *ctx, struct bytes piece);
void pieces_take(struct office *o, struct pieces *p);
void pieces_free(struct pieces *p);
struct buf pieces_join(const struct pieces *p);

/* Write it to a file, and the path of that and other names beside the vault,
 * which the next call overwrites. */
const char *pieces_write(struct office *o, struct bytes data);
const char *pieces_path(struct office *o, const char *name);
/* What backup_verify() says of it, under the log's key. */
enum sv_err pieces_verify(struct office *o, struct bytes data,
                          struct backup_file *b);

/* Where a vault is restored to, beside that of the office. */
struct restored {
    struct gate_config config;
    struct gate_keys keys;
    char dir[PATH_SIZE];
};
void restored_init(struct office *o, struct restored *at, const char *name);
/* Is anything there, be it the gate's alone? */
bool restored_is_there(const char *dir);

#endif
