#include "audit/witness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/sha256.h"

#define LAST "checkpoint"
#define FORK "fork-"
#define DIR_MODE 0700
#define FILE_MODE 0600

/* ---- Requests ---- */

enum sv_err
witness_request_encode(uint64_t old_size, const struct tree_proof *proof,
                       struct bytes note, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err;

    if (proof->n > WITNESS_PROOF_MAX)
        return SV_ERR_RANGE;
    err = buf_printf(out, "old %" PRIu64 "\n", old_size);
    for (unsigned i = 0; i < proof->n && err == SV_OK; i++) {
        err = text_base64_append(out, BYTES(proof->hash[i].b));
        if (err == SV_OK)
            err = buf_text(out, "\n");
    }
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err == SV_OK)
        err = buf_append(out, note);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
witness_request_parse(struct bytes in, struct witness_request *out)
{
    struct witness_request r = {.proof = {.n = 0}};
    struct bytes line;

    if (!text_line(&in, &line) || !text_skip(&line, "old ") ||
        text_u64(line, 0, INT64_MAX, &r.old_size) != SV_OK)
        return SV_ERR_FORMAT;
    for (;;) {
        if (!text_line(&in, &line))
            return SV_ERR_FORMAT;
        if (line.len == 0)
            break;
        if (r.proof.n == WITNESS_PROOF_MAX ||
            text_unbase64_n(line, r.proof.hash[r.proof.n].b, SHA256_LEN) !=
                SV_OK)
            return SV_ERR_FORMAT;
        r.proof.n++;
    }
    if (in.len == 0 || (r.old_size == 0 && r.proof.n > 0))
        return SV_ERR_FORMAT;
    r.note = in;
    *out = r;
    return SV_OK;
}

/* ---- The state ---- */

enum sv_err
witness_open(struct witness *w, char holder[static WITNESS_HOLDER_SIZE])
{
    char path[PATH_SIZE];
    enum sv_err err = path_join(path, w->dir, "lock");

    w->lock_fd = -1;
    holder[0] = '\0';
    return err != SV_OK
               ? err
               : file_lock(path, holder, WITNESS_HOLDER_SIZE, &w->lock_fd);
}

void
witness_close(struct witness *w)
{
    if (w->lock_fd >= 0)
        (void)close(w->lock_fd);
    w->lock_fd = -1;
}

/* The file or prefix that is about this log. */
static enum sv_err
state_path(const struct witness *w, const char *origin, const char *name,
           char out[static PATH_SIZE])
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1], dir[PATH_SIZE];
    enum sv_err err;

    sha256(bytes_text(origin), hash);
    text_hex(BYTES(hash), hex);
    err = path_join(dir, w->dir, hex);
    return err != SV_OK ? err : path_join(out, dir, name);
}

/* A checkpoint of this log with a cosignature of this witness. */
static enum sv_err
open_cosigned(const struct witness *w, const struct witness_log *log,
              struct bytes note, struct checkpoint *head, uint64_t *unix_s)
{
    struct sign_public key;
    struct note n;
    enum sv_err err = checkpoint_open(note, log->origin, log->key, head);

    if (err == SV_OK)
        err = note_parse(note, &n);
    if (err != SV_OK)
        return err;
    sign_public_of(w->seed, &key);
    return cosign_verify(&n, w->name, &key, unix_s);
}

/* Size 0 where there is nothing. */
static enum sv_err
load(const struct witness *w, const struct witness_log *log,
     struct witness_result *r)
{
    char path[PATH_SIZE];
    enum sv_err err = state_path(w, log->origin, LAST, path);

    if (err != SV_OK)
        return err;
    err = file_read(path, WITNESS_NOTE_MAX, &r->note);
    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    if (err == SV_ERR_RANGE)
        return SV_ERR_TAMPERED;
    if (err != SV_OK)
        return err;
    err = open_cosigned(w, log, buf_bytes(&r->note), &r->last, &r->last_unix_s);
    return err_verdict(err, SV_ERR_TAMPERED);
}

/* Durable, with the directory's own name. */
static enum sv_err
store(const struct witness *w, const struct witness_log *log, struct bytes note)
{
    char path[PATH_SIZE], dir[PATH_SIZE];
    enum sv_err err;

    if (note.len > WITNESS_NOTE_MAX)
        return SV_ERR_RANGE;
    err = state_path(w, log->origin, LAST, path);
    if (err != SV_OK)
        return err;
    (void)snprintf(dir, sizeof dir, "%s", path);
    *strrchr(dir, '/') = '\0';
    if (mkdir(dir, DIR_MODE) != 0 && errno != EEXIST)
        return err_of_errno(errno);
    /* Also where it was there: who made it may have ended before this. */
    err = path_sync(dir);
    return err == SV_OK ? file_replace(path, FILE_MODE, note) : err;
}

static enum sv_err
keep_both(const struct witness *w, const struct witness_log *log,
          struct bytes asked, struct witness_result *r)
{
    char prefix[PATH_SIZE];
    enum sv_err err = state_path(w, log->origin, FORK, prefix);

    if (err == SV_OK)
        err = evidence_keep(prefix, r->last.size, buf_bytes(&r->note),
                            r->evidence[0]);
    if (err == SV_OK)
        err = evidence_keep(prefix, r->asked.size, asked, r->evidence[1]);
    return err;
}

/* ---- Answering ---- */

/* May what is asked for follow what was cosigned last? */
static enum witness_finding
judge(const struct witness_request *q, const struct witness_result *r,
      bool known, bool first, uint64_t unix_s)
{
    if (!known && !first)
        return WITNESS_UNKNOWN;
    if (r->asked.size < r->last.size)
        return WITNESS_SMALLER;
    /* Asked again: the same head at a later time. */
    if (known && r->asked.size == r->last.size) {
        if (!hash_equal(&r->asked.root, &r->last.root))
            return WITNESS_FORK;
    } else if (q->old_size != r->last.size) {
        return WITNESS_OTHER_SIZE;
    } else if (tree_verify_consistency(r->last.size, r->asked.size,
                                       &r->last.root, &r->asked.root,
                                       &q->proof) != SV_OK) {
        return WITNESS_UNPROVED;
    }
    return unix_s < r->last_unix_s ? WITNESS_CLOCK : WITNESS_COSIGNED;
}

static enum sv_err
cosign(const struct witness *w, const struct witness_log *log,
       struct bytes asked, uint64_t unix_s, struct witness_result *r)
{
    struct buf note = BUF_INIT;
    enum sv_err err = cosign_add(asked, w->name, w->seed, unix_s, &note);

    if (err == SV_OK)
        err = store(w, log, buf_bytes(&note));
    if (err == SV_OK) {
        buf_free(&r->note);
        r->note = buf_take(&note);
    }
    buf_free(&note);
    return err;
}

static enum sv_err
answer(const struct witness *w, const struct witness_log *log,
       const struct witness_request *q, bool first, uint64_t unix_s,
       struct witness_result *r)
{
    enum sv_err err =
        checkpoint_open(q->note, log->origin, log->key, &r->asked);
    bool known;

    if (err != SV_OK)
        return err == SV_ERR_TAMPERED ? SV_ERR_UNVERIFIED : err;
    if (q->old_size > r->asked.size)
        return SV_ERR_FORMAT;
    r->last.root = tree_empty();
    err = load(w, log, r);
    if (err != SV_OK)
        return err;
    known = r->note.len > 0;
    r->finding = judge(q, r, known, first, unix_s);
    if (r->finding == WITNESS_COSIGNED)
        return cosign(w, log, q->note, unix_s, r);
    if (r->finding == WITNESS_FORK || r->finding == WITNESS_UNPROVED)
        return keep_both(w, log, q->note, r);
    return SV_OK;
}

enum sv_err
witness_answer(struct witness *w, const struct witness_log *log,
               struct bytes request, bool first, uint64_t unix_s,
               struct witness_result *out)
{
    struct witness_result r = {.note = BUF_INIT};
    struct witness_request q;
    enum sv_err err = witness_request_parse(request, &q);

    if (err == SV_OK)
        err = answer(w, log, &q, first, unix_s, &r);
    if (err != SV_OK) {
        witness_result_clear(&r);
        return err;
    }
    *out = r;
    return SV_OK;
}

void
witness_result_clear(struct witness_result *r)
{
    buf_free(&r->note);
}

enum sv_err
witness_adopt(struct witness *w, const struct witness_log *log,
              struct bytes note, struct checkpoint *out)
{
    struct witness_result had = {.note = BUF_INIT};
    struct checkpoint head;
    uint64_t unix_s;
    enum sv_err err = open_cosigned(w, log, note, &head, &unix_s);

    if (err == SV_ERR_NOT_FOUND || err == SV_ERR_TAMPERED)
        return SV_ERR_UNVERIFIED;
    if (err == SV_OK)
        err = load(w, log, &had);
    if (err == SV_OK)
        err = had.note.len > 0 ? SV_ERR_EXISTS : store(w, log, note);
    witness_result_clear(&had);
    if (err == SV_OK)
        *out = head;
    return err;
}
