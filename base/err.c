#include "base/err.h"

#include <stdio.h>

const char *
err_text(enum sv_err err)
{
    switch (err) {
    case SV_OK:
        return N_("done");
    case SV_ERR_NOMEM:
        return N_("out of memory");
    case SV_ERR_RANGE:
        return N_("too long or out of range");
    case SV_ERR_FORMAT:
        return N_("malformed data");
    case SV_ERR_VERSION:
        return N_("of a version that this program does not know");
    case SV_ERR_TAMPERED:
        return N_("altered or forged");
    case SV_ERR_UNVERIFIED:
        return N_("could not be verified");
    case SV_ERR_DENIED:
        return N_("denied");
    case SV_ERR_NOT_FOUND:
        return N_("not found");
    case SV_ERR_EXISTS:
        return N_("exists already");
    case SV_ERR_CONFLICT:
        return N_("somebody else was faster; please try again");
    case SV_ERR_BUSY:
        return N_("in use by another process");
    case SV_ERR_UNSURE:
        return N_("the outcome is unknown; look before you repeat it");
    case SV_ERR_FULL:
        return N_("the disk is full; nothing was lost");
    case SV_ERR_IO:
        return N_("cannot be read or written");
    case SV_ERR_INPUT:
        return N_("bad input");
    case SV_ERR_USAGE:
        return N_("wrong usage");
    case SV_ERR_MEMLOCK:
        return N_("memory for keys cannot be locked");
    case SV_ERR_INTERRUPTED:
        return N_("stopped");
    case SV_ERR_PARTIAL:
        return N_("done in part");
    case SV_ERR_ROLLBACK:
        return N_("older than, or other than, what was seen before");
    }
    return N_("unknown error");
}

enum sv_err
err_verdict(enum sv_err err, enum sv_err verdict)
{
    return err == SV_OK || err == SV_ERR_NOMEM ? err : verdict;
}

void
diag_set(struct diag *where, size_t line, const char *column,
         const char *reason)
{
    if (where == NULL)
        return;
    where->line = line;
    (void)snprintf(where->column, sizeof where->column, "%s",
                   column != NULL ? column : "");
    where->reason = reason;
}
