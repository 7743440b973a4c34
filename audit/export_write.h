#ifndef SV_AUDIT_EXPORT_WRITE_H
#define SV_AUDIT_EXPORT_WRITE_H

#include "audit/export.h"

/*
 * Writing an export, or adding to one what is new.  Each file is written
 * beside its place, synced and then named, the head last of all; a file that
 * is there is compared and never written again.  So what a crash leaves is
 * completed by the next call, and one head gives the same bytes however often
 * it was added to.
 *
 *     export_write_begin(&w, dir, origin, key, head, true, &from);
 *     export_write_entry(&w, entry)      for each from `from` on
 *     export_write_end(&w)
 *     export_write_clear(&w)             after any of these
 *
 * What is wrong in the directory is SV_ERR_TAMPERED with w->old.fault set:
 * the export there, all of which is checked at the beginning, is no beginning
 * of this log.  SV_ERR_ROLLBACK: it has more entries than this head.
 * SV_ERR_EXISTS: a file is there that is not of an export (its name in
 * w->old.fault.place), or entries though only heads are wanted.
 */
struct export_writer {
    const char *dir;
    const char *origin;
    const struct sign_public *key;
    bool entries;
    struct buf note; /* the new head */
    struct checkpoint head;
    struct export old; /* its head has size 0 where nothing was there */
    struct tile_builder *builder;
    struct buf bundle;
};

/* head_note is the log's signed head; *from the index of the first entry
 * that is needed. */
enum sv_err export_write_begin(struct export_writer *w, const char *dir,
                               const char *origin,
                               const struct sign_public *key,
                               struct bytes head_note, bool entries,
                               uint64_t *from);
/* The entries must be those under the head: the end compares the root. */
enum sv_err export_write_entry(struct export_writer *w, struct bytes entry);
enum sv_err export_write_end(struct export_writer *w);
void export_write_clear(struct export_writer *w);

#endif
