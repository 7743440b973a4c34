#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static uint64_t
now_of(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0 || now.tv_sec < 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t
system_now(void *ctx)
{
    (void)ctx;
    return now_of(CLOCK_REALTIME);
}

static uint64_t
boot_now(void *ctx)
{
    (void)ctx;
    return now_of(CLOCK_BOOTTIME);
}

struct clock
clock_system(void)
{
    return (struct clock){system_now, NULL};
}

struct clock
clock_boot(void)
{
    return (struct clock){boot_now, NULL};
}

uint64_t
clock_now(const struct clock *c)
{
    return c->now_ms(c->ctx);
}
