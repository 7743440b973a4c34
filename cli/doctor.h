#ifndef SV_CLI_DOCTOR_H
#define SV_CLI_DOCTOR_H

#include <sys/resource.h>
#include <sys/stat.h>

#include "base/buf.h"

/*
 * What svault doctor looks at.  Each check takes what was measured and says
 * what it means: it asks nothing of the machine but what is named.
 */
enum finding_level {
    FINDING_OK,
    FINDING_WARN, /* it works; somebody should see to it */
    FINDING_BAD,  /* a promise does not hold, or nothing works */
};

struct finding {
    enum finding_level level;
    const char *check; /* one word, the same in every language */
    char text[512];    /* what was found, a sentence of the user's language */
    char todo[512];    /* what to do; "" where there is nothing */
};

/* A file or directory for its owner alone.  st: NULL where it is not there
 * (error: the errno).  owner: whose it has to be. */
struct finding doctor_private(const char *check, const char *path,
                              const struct stat *st, int error, uid_t owner);
struct finding doctor_passphrase(bool there_is_one);
/* proc_swaps: /proc/swaps.  sys: "/sys", where encrypted devices are known
 * by their name. */
struct finding doctor_swap(struct bytes proc_swaps, const char *sys);
/* Locked memory: what this process may have, and what it needs. */
struct finding doctor_memlock(const struct rlimit *limit, bool is_root,
                              size_t needed);
struct finding doctor_core(const struct rlimit *limit, bool dumpable);
/* last_ms: when the newest entry known here was written; 0: none is. */
struct finding doctor_clock(uint64_t now_ms, uint64_t last_ms,
                            bool synchronised);
/* Room on the vault's disk, and what of the data file's limit is taken. */
struct finding doctor_space(uint64_t free_bytes);
struct finding doctor_map(uint64_t used_bytes, uint64_t max_bytes);
/* last_ms: when the newest backup was made; 0: none is known. */
struct finding doctor_backup(uint64_t now_ms, uint64_t last_ms);
/* last_s: when the newest cosignature kept here was made; 0: none is. */
struct finding doctor_witness(uint64_t now_ms, uint64_t last_s);
/* What was kept of a witness, in this file, is not to be trusted. */
struct finding doctor_witness_bad(const char *path);
/* A head that does not fit the vault's was kept as evidence in this file. */
struct finding doctor_fork(const char *path);
/* The gate's socket.  st as above; connected: 0, or the errno. */
struct finding doctor_socket(const char *path, const struct stat *st, int error,
                             int connected);
/* Is this program in one of these directories (PATH)? */
struct finding doctor_program(const char *check, const char *program,
                              const char *directories);

#endif
