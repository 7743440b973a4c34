#include "cli/exit_code.h"

enum exit_code
exit_code_of(enum sv_err err)
{
    switch (err) {
    case SV_OK:
        return EXIT_DONE;
    case SV_ERR_NOMEM:
    case SV_ERR_NOT_FOUND:
    case SV_ERR_EXISTS:
    case SV_ERR_MEMLOCK:
    case SV_ERR_INTERRUPTED:
        return EXIT_FAILED;
    case SV_ERR_RANGE:
    case SV_ERR_FORMAT:
    case SV_ERR_VERSION:
    case SV_ERR_INPUT:
        return EXIT_BAD_INPUT;
    case SV_ERR_TAMPERED:
    case SV_ERR_ROLLBACK:
        return EXIT_ALTERED;
    case SV_ERR_UNVERIFIED:
        return EXIT_UNVERIFIED;
    case SV_ERR_DENIED:
        return EXIT_DENIED;
    case SV_ERR_CONFLICT:
    case SV_ERR_BUSY:
        return EXIT_BUSY;
    case SV_ERR_UNSURE:
        return EXIT_UNSURE;
    case SV_ERR_FULL:
    case SV_ERR_IO:
        return EXIT_IO;
    case SV_ERR_USAGE:
        return EXIT_USAGE;
    case SV_ERR_PARTIAL:
        return EXIT_PARTIAL;
    }
    return EXIT_FAILED;
}
