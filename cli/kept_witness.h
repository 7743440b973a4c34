#ifndef SV_CLI_KEPT_WITNESS_H
#define SV_CLI_KEPT_WITNESS_H

#include "audit/checkpoint.h"
#include "base/file.h"

/*
 * What a user keeps of the vault's witnesses, in the directory KEY.witness
 * beside her key: for each witness a file <8 hex of its key id> with
 *
 *   <the witness's vkey>
 *   <the checkpoint that it cosigned last, whole>     nothing: none yet
 *
 * The log's signature was verified before it was kept; the cosignature is
 * verified whenever it is read.
 */
#define KEPT_MAX 16
#define KEPT_NOTE_MAX ((size_t)16 << 10)

struct kept_witness {
    char vkey[NOTE_VKEY_SIZE];
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;
    struct buf note; /* empty: nothing cosigned yet */
    struct checkpoint head;
    uint64_t unix_s; /* of the cosignature; 0: none */
};
struct kept_witnesses {
    char dir[PATH_SIZE];
    size_t n;
    struct kept_witness at[KEPT_MAX];
    char bad[PATH_SIZE]; /* a file that is none of the above; "" */
};

/*
 * All of key's.  SV_ERR_NOT_FOUND is none; SV_ERR_TAMPERED, or what kept a file
 * from being read, with *bad set: the others are given all the same.  Declare
 * it zeroed.
 */
enum sv_err kept_load(struct kept_witnesses *all, const char *key);
void kept_clear(struct kept_witnesses *all);
/* The one whose cosignature is the newest, or NULL. */
const struct kept_witness *kept_newest(const struct kept_witnesses *all);

/* vkey to the rest of *w.  SV_ERR_FORMAT. */
enum sv_err kept_name(struct kept_witness *w, const char *vkey);
/* Note what w has now; durable. */
enum sv_err kept_store(const struct kept_witnesses *all,
                       const struct kept_witness *w);
/* Where what was seen before the n-th restore lies, beside path; n from 1. */
#define KEPT_ASIDE_MAX 1000 /* who restores as often has a script */
enum sv_err kept_aside_path(const char *path, unsigned n,
                            char out[static PATH_SIZE]);
/* The log was restored with so many entries: what was cosigned beyond them is
 * of a log that is lost.  It gets the end .before-restore, or .2, .3 behind
 * that. */
enum sv_err kept_set_aside(const char *key, uint64_t size);
/* A checkpoint with a cosignature of this witness: its head and time.  The
 * log's signature is the caller's.  SV_ERR_NOT_FOUND: not cosigned by it. */
enum sv_err kept_verify(const struct kept_witness *w, struct bytes note,
                        struct checkpoint *head, uint64_t *unix_s);

#endif
