#include "policy/usage.h"

#include <string.h>

bool
usage_is_due(const struct policy *p, enum request_act act,
             const struct entry *entry)
{
    const struct policy_limit *l = &p->limits[act];

    return l->n > 0 && entry->allowed &&
           (!l->duplicates || entry->outcome == OUTCOME_DUPLICATE);
}

unsigned
usage_count(const struct usage *u, uint64_t now_ms, uint64_t window_ms)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < u->n; i++)
        n += now_ms - u->times_ms[i] < window_ms ? 1 : 0;
    return n;
}

void
usage_add(struct usage *u, uint64_t now_ms)
{
    if (u->n == POLICY_LIMIT_MAX) {
        memmove(u->times_ms, u->times_ms + 1,
                sizeof u->times_ms - sizeof u->times_ms[0]);
        u->n--;
    }
    u->times_ms[u->n++] = now_ms;
}
