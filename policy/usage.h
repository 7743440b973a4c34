#ifndef SV_POLICY_USAGE_H
#define SV_POLICY_USAGE_H

#include "audit/entry.h"
#include "policy/policy.h"

/*
 * How often somebody did one limited act: the times of the newest
 * POLICY_LIMIT_MAX, oldest first.  Gate and replay keep one for each person
 * and act, and count alike.
 */
struct usage {
    uint32_t n;
    uint64_t times_ms[POLICY_LIMIT_MAX];
};

/* Does this entry count towards its act's limit?  What was allowed does, or,
 * where duplicates are limited, what came to that. */
bool usage_is_due(const struct policy *p, enum request_act act,
                  const struct entry *entry);
/* How many lie within the last window_ms before now_ms. */
unsigned usage_count(const struct usage *u, uint64_t now_ms,
                     uint64_t window_ms);
/* One more, now; the oldest gives way. */
void usage_add(struct usage *u, uint64_t now_ms);

#endif
