#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"

/* How often a transaction runs again on a conflict. */
#define CONFLICTS_MAX 100

/* The gate takes its lock off: only ever called behind a durable entry. */
static enum sv_err
release(struct act *a)
{
    const struct gate *g = a->gate;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < a->n_releases && err == SV_OK; i++) {
        struct buf inner = BUF_INIT;
        struct stored_version v;

        err = version_decode(buf_bytes(&a->releases[i].row), &v);
        if (err == SV_OK)
            err = envelope_unlock(&g->keys->outer, g->keys->epoch, &v.env,
                                  &inner);
        if (err == SV_OK) {
            v.env.lock = buf_bytes(&inner);
            err = buf_append(&a->answer, buf_bytes(&a->releases[i].provenance));
        }
        if (err == SV_OK)
            err = envelope_encode(&v.env, &a->answer);
        buf_free(&inner);
    }
    return err;
}

static enum sv_err
answer_act(struct act *a, struct buf *response)
{
    struct act_answer answer = {
        .index = a->index,
        .entry = buf_bytes(&a->entry_text),
        .inclusion = buf_bytes(&a->inclusion),
        .head = buf_bytes(&a->head),
        .consistency = buf_bytes(&a->consistency),
        .body = buf_bytes(&a->answer),
    };

    return message_act_answer_encode(&answer, response);
}

/* One try: the whole transaction, its commit, the kept head. */
static enum sv_err
commit_act(struct act *a)
{
    struct gate *g = a->gate;
    struct store_txn *txn = NULL;
    enum sv_err err;

    if (g->store == NULL) {
        err = gate_open_store(g, false);
        if (err != SV_OK)
            return SV_ERR_UNSURE;
    }
    err = store_begin(g->store, STORE_WRITE, &txn);
    if (err != SV_OK)
        return err;
    a->tables = (struct tables){txn, &g->keys->storage, &g->config.rng};
    err = gate_perform(a);
    if (err != SV_OK || a->repeated) {
        store_abort(&txn);
    } else {
        err = store_commit(&txn);
        if (err == SV_OK)
            gate_adopt(a);
    }
    if (err != SV_OK)
        return err;
    /* What is committed stands; but without the kept head nothing leaves. */
    return headfile_write(&g->headfile, buf_bytes(&a->head)) == SV_OK
               ? SV_OK
               : SV_ERR_UNSURE;
}

/* After an unsure commit: nobody knows what the store holds, so look. */
static void
drop_store(struct gate *g)
{
    store_close(g->store);
    g->store = NULL;
}

static enum sv_err
handle_act(struct gate *g, const struct act_request *in, struct act *a,
           const char **reason)
{
    enum sv_err err = gate_accept(g, in->note, in->body, a, reason);
    bool looked = false;

    if (err != SV_OK) {
        g->junk++;
        return err;
    }
    *reason = "store";
    for (unsigned n = 0; n < CONFLICTS_MAX; n++) {
        err = commit_act(a);
        if (err == SV_ERR_UNSURE && !looked) {
            /* The request's id makes running it again safe: if the commit
             * happened after all, this finds its entry. */
            looked = true;
            drop_store(g);
            continue;
        }
        if (err != SV_ERR_CONFLICT)
            break;
    }
    if (err == SV_OK)
        err = release(a);
    return err;
}

static enum sv_err
respond_act(struct gate *g, const struct act_request *in, struct buf *response)
{
    struct act *a = calloc(1, sizeof *a);
    const char *reason = "";
    enum sv_err err;

    if (a == NULL)
        return SV_ERR_NOMEM;
    err = handle_act(g, in, a, &reason);
    if (err == SV_OK)
        err = answer_act(a, response);
    else
        err = message_failure_encode(MESSAGE_ACT, err, reason, response);
    act_clear(a);
    free(a);
    return err;
}

enum sv_err
gate_handle(struct gate *g, struct bytes request, struct buf *response)
{
    struct message_request *m = calloc(1, sizeof *m);
    enum sv_err err;

    if (m == NULL)
        return SV_ERR_NOMEM;
    err = message_request_decode(request, m);
    if (err != SV_OK) {
        g->junk++;
        err = message_failure_encode(MESSAGE_ACT, err, "malformed", response);
    } else if (m->kind == MESSAGE_SYNC) {
        err = gate_sync(g, &m->sync, response);
    } else {
        err = respond_act(g, &m->act, response);
    }
    free(m);
    return err;
}
