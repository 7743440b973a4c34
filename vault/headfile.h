#ifndef SV_VAULT_HEADFILE_H
#define SV_VAULT_HEADFILE_H

#include "audit/checkpoint.h"

/*
 * DIR/head: the gate's last signed head, in two slots written in turn, each
 * with a sequence number and a check, so that a write cut short leaves the
 * other.  It may lag behind the log and never leads: a log that does not
 * extend it was rolled back or exchanged.
 */
struct headfile {
    int fd;
    uint64_t sequence; /* of the newest slot */
};
#define HEADFILE_NONE                                                          \
    {                                                                          \
        -1, 0                                                                  \
    }

/* Make it, with one head, synced.  SV_ERR_EXISTS. */
enum sv_err headfile_create(const char *path, struct bytes head);
/* Open it and append the newest head to out.  SV_ERR_TAMPERED where neither
 * slot is whole; SV_ERR_NOT_FOUND. */
enum sv_err headfile_open(const char *path, struct headfile *out,
                          struct buf *head);
/* Not synced: an older head than the log's is allowed after a power cut. */
enum sv_err headfile_write(struct headfile *f, struct bytes head);
/* Syncs.  Accepts HEADFILE_NONE. */
void headfile_close(struct headfile *f);

#endif
