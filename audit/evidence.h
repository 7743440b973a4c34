#ifndef SV_AUDIT_EVIDENCE_H
#define SV_AUDIT_EVIDENCE_H

#include "base/buf.h"
#include "base/file.h"

/*
 * A signed head that does not fit another one, kept as it was signed:
 *
 *   <prefix><size>-<first 16 hex of SHA-256(note)>.note
 *
 * of mode 0600, synced.  The name is the content's, so keeping the same note
 * again is no second file, and nothing is ever overwritten: SV_ERR_EXISTS
 * where another thing has that name.  path gets the name.
 */
enum sv_err evidence_keep(const char *prefix, uint64_t size, struct bytes note,
                          char path[static PATH_SIZE]);
/* How many such files there are, and the path of one of them ("": none). */
size_t evidence_count(const char *prefix, char path[static PATH_SIZE]);

#endif
