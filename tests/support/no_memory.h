#ifndef SV_TESTS_SUPPORT_NO_MEMORY_H
#define SV_TESTS_SUPPORT_NO_MEMORY_H

#include <stdint.h>

/*
 * Memory that runs out by counting, for what is linked into the test itself
 * (ld --wrap: libraries have theirs).  The n-th allocation from now on fails,
 * or it and all behind it; 0: none.  SV_ERR_NOMEM must come of it.
 */
void no_memory_at(uint64_t n, int always);
/* Has one failed since then? */
int no_memory_came(void);

#endif
