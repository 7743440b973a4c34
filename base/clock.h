#ifndef SV_BASE_CLOCK_H
#define SV_BASE_CLOCK_H

#include <stdint.h>

/* Where a module learns the time: a test passes its own. */
struct clock {
    uint64_t (*now_ms)(void *ctx); /* milliseconds since 1970, UTC */
    void *ctx;
};

/* The system's realtime clock. */
struct clock clock_system(void);
/* For lengths of time: milliseconds since the machine started, those that it
 * slept included; nobody sets it. */
struct clock clock_boot(void);
uint64_t clock_now(const struct clock *c);

#endif
