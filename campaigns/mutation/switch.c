/*
 * Which mutant runs, and which test: read from the environment once, before
 * main().  Linked into the test programs of campaigns/mutation alone.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

extern int sv_mutant;
int sv_mutant; /* 0: none */

__attribute__((constructor)) static void
read_environment(void)
{
    const char *mutant = getenv("SV_MUTANT");
    const char *test = getenv("SV_TEST");

    if (mutant != NULL)
        sv_mutant = atoi(mutant);
    if (test != NULL)
        cmocka_set_test_filter(test);
}
