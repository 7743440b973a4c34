#ifndef SV_VAULT_HEADFILE_H
#define SV_VAULT_HEADFILE_H

#include <stdbool.h>

#include "audit/checkpoint.h"

/*
 * DIR/head: the gate's last signed head, in two slots, each with a sequence
 * number and a check.  The slot that was the newer one when the file was
 * opened is on the disk, and stays as it is while the file is open: whatever
 * a power cut leaves of the other, a head is there.  It may lag behind the
 * log and never leads: a log that does not extend it was rolled back or
 * exchanged.
 */
struct headfile {
    int fd;
    uint64_t sequence; /* of the newest slot */
    bool written;      /* since it was opened */
};
#define HEADFILE_NONE                                                          \
    {                                                                          \
        -1, 0, false                                                           \
    }

/* Make it, with one head, synced.  SV_ERR_EXISTS. */
enum sv_err headfile_create(const char *path, struct bytes head);
/* Open it and append the newest head to out.  SV_ERR_TAMPERED where neither
 * slot is whole; SV_ERR_NOT_FOUND.  Syncs: whoever was killed may have left
 * what is not on the disk. */
enum sv_err headfile_open(const char *path, struct headfile *out,
                          struct buf *head);
/* Not synced: an older head than the log's is allowed after a power cut. */
enum sv_err headfile_write(struct headfile *f, struct bytes head);
/* Syncs.  Accepts HEADFILE_NONE. */
void headfile_close(struct headfile *f);

#endif
