#ifndef SV_TESTS_SUPPORT_TRACED_H
#define SV_TESTS_SUPPORT_TRACED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The system calls by which LMDB writes, in front of the C library's: they are
 * traced, and fail when a test says so.  Each has a letter: w writes pages, s
 * syncs them, H writes a header and syncs it, F syncs a file, D a directory.
 */
struct trace {
    char calls[256];
    size_t n;
    size_t fail_at;   /* from 1; 0: none */
    bool fail_header; /* the first header, wherever it comes */
    bool keep_on;     /* failing, from there */
    bool cut;         /* a write goes through in part */
    bool through;     /* a write goes through and fails all the same */
    int error;
    bool disk_full; /* as statvfs says */
};
extern struct trace trace;

/* Forget all of it; nothing fails. */
void trace_clear(void);

#endif
