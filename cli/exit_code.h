#ifndef SV_CLI_EXIT_CODE_H
#define SV_CLI_EXIT_CODE_H

#include "base/err.h"

/* Exit codes of all programs; svault help exit-codes lists them. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_PARTIAL = 3,
    EXIT_ALTERED = 4,
    EXIT_UNVERIFIED = 5,
    EXIT_UNSURE = 6,
    EXIT_BAD_INPUT = 65,
    EXIT_IO = 74,
    EXIT_BUSY = 75,
    EXIT_DENIED = 77,
};
enum exit_code exit_code_of(enum sv_err err);

#endif
