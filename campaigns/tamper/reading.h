#ifndef SV_CAMPAIGNS_TAMPER_READING_H
#define SV_CAMPAIGNS_TAMPER_READING_H

#include "campaigns/tamper/world.h"

/* What came of reading a vault with everything that reads. */
struct reading {
    bool other;      /* content that nobody ever saved */
    bool older;      /* content that was replaced since */
    bool less;       /* something was not shown */
    char found[256]; /* the first thing that was said to be wrong, or "" */
};

/*
 * Read the vault in dir, beside whose directory is its gate's key, as its
 * users would: rows, records, list, search, history, release, and at last
 * log and store are verified.  with_rows: whatever opens was a row at the end;
 * not where older pages were mixed in, or rows sealed anew with the gate's key.
 * In a process that does nothing else.
 */
void reading_do(struct world *w, const char *dir, bool with_rows,
                struct reading *out);

#endif
