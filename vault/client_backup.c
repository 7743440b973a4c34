#include <string.h>

#include "vault/client_internal.h"

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
        if (err == SV_ERR_NOT_FOUND && c->trouble.logged)
            err = client_fault(c, SV_ERR_CONFLICT,
                               N_("another backup was begun meanwhile, or "
                                  "this one lay idle"));
        if (err == SV_ERR_TAMPERED && c->trouble.logged)
            err = client_fault(c, err,
                               N_("a row of the vault is damaged, and no vault "
                                  "could be restored from a backup of it: "
                                  "svault log verify names it"));
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

enum sv_err
client_backup_check(struct client *c, const struct backup_manifest *m)
{
    struct tree_proof proof;
    enum sv_err err;

    memset(&c->trouble, 0, sizeof c->trouble);
    if (!bytes_equal(BYTES(m->vault), BYTES(c->pin.vault.b)))
        return client_fault(c, SV_ERR_DENIED,
                            N_("it is the backup of another vault"));
    err = client_log_extends(c, m->size, &m->root, &proof);
    if (err != SV_ERR_ROLLBACK)
        return err;
    return client_fault(c, SV_ERR_ROLLBACK,
                        m->size > c->pin.size
                            ? N_("the backup has more entries than the log")
                            : N_("the backup's log is another one"));
}
