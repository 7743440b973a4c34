#ifndef SV_AUDIT_CHECKPOINT_H
#define SV_AUDIT_CHECKPOINT_H

#include "audit/note.h"
#include "audit/tree.h"

/*
 * Tree heads as C2SP tlog-checkpoints without extension lines:
 *
 *   origin LF  tree size LF  base64(root) LF
 *
 * signed as a note by the log's key, whose name is the origin.
 */
#define ORIGIN_SIZE 129 /* 1 to 128 bytes and a NUL */
#define CHECKPOINT_MAX 1024

struct checkpoint {
    char origin[ORIGIN_SIZE];
    uint64_t size;
    struct hash root;
};

/* A note name of at most 128 bytes that is no longer than its scheme-less
 * URL form should be: ASCII letters, digits, and "-._~/:" only. */
bool checkpoint_origin_ok(const char *origin);

enum sv_err checkpoint_sign(const struct checkpoint *c,
                            const struct sign_seed *log_key, struct buf *out);
/* The text alone. SV_ERR_FORMAT; extension lines are refused. */
enum sv_err checkpoint_parse(struct bytes text, struct checkpoint *out);
/* Parse the note, verify the log's signature, parse the text, and demand
 * this origin.  SV_ERR_FORMAT, SV_ERR_TAMPERED. */
enum sv_err checkpoint_open(struct bytes note, const char *origin,
                            const struct sign_public *log_key,
                            struct checkpoint *out);

#endif
