#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

/* The gate goes on: others' entries may come between two questions. */
#define TRIES 8

enum sv_err
client_backup(struct client *c, client_piece_fn fn, void *ctx)
{
    struct request open = {.act = ACT_BACKUP_OPEN};
    struct answer answer = {0};
    bool end = false;
    enum sv_err err = client_act(c, &open, bytes_of(NULL, 0), &answer);
    uint64_t index = answer.index;

    answer_free(&answer);
    for (uint64_t i = 0; err == SV_OK && !end; i++) {
        struct request r = {.act = ACT_BACKUP_READ, .entry = index, .count = i};

        err = client_act(c, &r, bytes_of(NULL, 0), &answer);
        if (err == SV_ERR_NOT_FOUND)
            err = client_fault(c, SV_ERR_CONFLICT,
                               N_("another backup was begun meanwhile, or "
                                  "this one lay idle"));
        if (err == SV_OK && answer.body.len == 0)
            err = client_fault(c, SV_ERR_UNVERIFIED,
                               N_("the gate's answer is malformed"));
        if (err == SV_OK) {
            end = answer.body.ptr[0] == BACKUP_END;
            err = fn(ctx, answer.body);
        }
        answer_free(&answer);
    }
    return err;
}

/* Is the log, as it is now, one that m's was a beginning of?  *again: it
 * grew between two answers. */
static enum sv_err
compare(struct client *c, const struct backup_manifest *m,
        const struct sync_answer *a, bool *again)
{
    struct bytes raw = a->consistency;
    struct tree_proof proof = {0};
    struct checkpoint head;

    if (checkpoint_open(a->head, c->pin.origin, &c->pin.roster.log_key,
                        &head) != SV_OK)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the head is not signed by this vault's log"));
    *again = head.size != c->pin.size;
    if (*again)
        return SV_OK;
    if (m->size == head.size && hash_equal(&m->root, &head.root))
        return SV_OK;
    if (m->size < head.size && tree_proof_decode(&raw, &proof) == SV_OK &&
        raw.len == 0 &&
        tree_verify_consistency(m->size, head.size, &m->root, &head.root,
                                &proof) == SV_OK)
        return SV_OK;
    return client_fault(c, SV_ERR_ROLLBACK,
                        m->size > head.size
                            ? N_("the backup has more entries than the log")
                            : N_("the backup's log is another one"));
}

static enum sv_err
ask_consistency(struct client *c, const struct backup_manifest *m, bool *again)
{
    struct sync_request ask = {.seen_size = m->size,
                               .has_roster = true,
                               .roster_after = c->pin.roster.last_index};
    struct message_answer *a = calloc(1, sizeof *a);
    struct buf request = BUF_INIT, response = BUF_INIT;
    enum sv_err err = a == NULL ? SV_ERR_NOMEM : SV_OK;

    if (err == SV_OK)
        err = message_sync_encode(&ask, &request);
    if (err == SV_OK)
        err = c->config.transport.call(c->config.transport.ctx,
                                       buf_bytes(&request), &response);
    if (err == SV_OK)
        err = message_answer_decode(buf_bytes(&response), a);
    if (err == SV_OK)
        err = a->status;
    if (err == SV_OK)
        err = compare(c, m, &a->sync, again);
    buf_free(&request);
    buf_free(&response);
    free(a);
    return err;
}

enum sv_err
client_backup_check(struct client *c, const struct backup_manifest *m)
{
    bool again = true;
    enum sv_err err = SV_OK;

    memset(&c->trouble, 0, sizeof c->trouble);
    if (!bytes_equal(BYTES(m->vault), BYTES(c->pin.vault.b)))
        return client_fault(c, SV_ERR_DENIED,
                            N_("it is the backup of another vault"));
    for (int i = 0; i < TRIES && again && err == SV_OK; i++) {
        struct buf response = BUF_INIT;
        struct sync_answer answer;

        err = client_sync(c, false, &response, &answer);
        buf_free(&response);
        if (err == SV_OK)
            err = ask_consistency(c, m, &again);
    }
    return err == SV_OK && again ? SV_ERR_BUSY : err;
}
