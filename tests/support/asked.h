#ifndef SV_TESTS_SUPPORT_ASKED_H
#define SV_TESTS_SUPPORT_ASKED_H

#include "tests/support/office.h"

/*
 * An office with something of everything in its store, and every act that can
 * be asked of it; after each it can be put back to what it was.
 */
#define ASKED_FILES_MAX 4

struct asked {
    struct office o;
    struct handle a, b;                        /* two records */
    uint64_t approved, refused, waiting, flag; /* entries */
    size_t n_files;
    struct asked_file {
        char path[PATH_SIZE];
        struct buf bytes;
    } files[ASKED_FILES_MAX]; /* as they were */
};

/* The gate is closed then. */
void asked_begin(struct asked *v);
void asked_end(struct asked *v);
/* All is as it was, nobody remembers anything later, the gate is closed. */
void asked_put_back(struct asked *v);

typedef enum sv_err (*asked_fn)(struct asked *v, struct client *c,
                                struct buf *shown);

/* Who asks for what; from which tables it is answered, 1 << each. */
struct asked_act {
    const char *name, *who;
    asked_fn fn;
    uint32_t tables;
};
#define ASKED_ACTS_N 23
extern const struct asked_act asked_acts[ASKED_ACTS_N];

/* In a session of its own; what is shown of contents is appended. */
enum sv_err asked_ask(struct asked *v, const struct asked_act *act,
                      struct buf *shown);

#endif
