#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static uint64_t
system_now(void *ctx)
{
    struct timespec now;

    (void)ctx;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct clock
clock_system(void)
{
    return (struct clock){system_now, NULL};
}

uint64_t
clock_now(const struct clock *c)
{
    return c->now_ms(c->ctx);
}
