#ifndef SV_CAMPAIGNS_TAMPER_FORGE_H
#define SV_CAMPAIGNS_TAMPER_FORGE_H

#include "campaigns/tamper/world.h"

/*
 * What somebody can do who has the disk and the gate's key: the rows of one
 * table of the vault in dir, changed and sealed anew.  words:
 *
 *   delete TABLE KEY
 *   empty TABLE           all rows
 *   flip TABLE KEY N      bit N of the value
 *   cut TABLE KEY         the value without its last byte
 *   take TABLE KEY OTHER  the value of another row
 *   older TABLE KEY DIR   the value that it has in an older copy
 *   add TABLE KEY NEW     the row once more, under another key
 *
 * Keys are hex.  False where nothing changed by it.
 */
bool forge(const struct world *w, const char *dir, size_t n,
           char *const words[]);

/* A line for each row: table, key, length of the value; then an empty one. */
void forge_list(const struct world *w, const char *dir);

#endif
