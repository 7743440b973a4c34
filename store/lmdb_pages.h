#ifndef SV_STORE_LMDB_PAGES_H
#define SV_STORE_LMDB_PAGES_H

#include "store/store.h"

/*
 * LMDB believes its pages: a page that says it is another one is given back
 * under that number, and what lies there is overwritten by a later commit.
 * This walks all of them by their layout alone: each is within the file, in
 * one place of one tree or of the list of free pages, says its own number,
 * has its nodes within it, and its keys are in order.  SV_ERR_TAMPERED with
 * the first that does not; SV_ERR_IO, SV_ERR_NOMEM.
 *
 * Pages in no tree and on no list, counters, and what stands in free space
 * are not looked at: no reader and no later commit comes upon them.
 */
enum sv_err lmdb_pages_check(int fd, struct store_damage *out);
/* The same of the list of free pages and that of tables alone, which are short:
 * for every opening, before a commit writes to what is listed as free. */
enum sv_err lmdb_pages_look(int fd);

#endif
