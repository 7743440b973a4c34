#ifndef SV_BENCH_SERVED_H
#define SV_BENCH_SERVED_H

#include <stddef.h>

/* Of svaultd.  Pages of the data file that are in memory are the system's
 * to take back: `own` is without them. */
struct memory {
    size_t all_kb; /* VmRSS */
    size_t own_kb; /* RssAnon */
};
/* Before the first question, and after 64 clients. */
void served_memory(struct memory *rest, struct memory *load);

#endif
