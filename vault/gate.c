#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"

/* The gate takes its lock off: only ever called behind a durable entry. */
static enum sv_err
release(struct act *a)
{
    const struct gate *g = a->gate;
    enum sv_err err = a->durable ? SV_OK : SV_ERR_UNSURE;

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

struct gate_job {
    struct gate *gate;
    struct bytes request;
    struct message_request message;
    enum sv_err status; /* of its decoding and acceptance */
    const char *reason;
    struct act *act;   /* of MESSAGE_ACT */
    struct buf answer; /* to MESSAGE_SYNC */
};

enum sv_err
gate_job_new(struct gate *g, struct bytes request, struct gate_job **out)
{
    struct gate_job *j = calloc(1, sizeof *j);

    if (j == NULL)
        return SV_ERR_NOMEM;
    j->gate = g;
    j->request = request;
    *out = j;
    return SV_OK;
}

void
gate_job_free(struct gate_job *j)
{
    if (j == NULL)
        return;
    if (j->act != NULL)
        act_clear(j->act);
    free(j->act);
    buf_free(&j->answer);
    free(j);
}

void
gate_prepare(struct gate_job *j)
{
    const struct act_request *in = &j->message.act;

    j->reason = "malformed";
    j->status = message_request_decode(j->request, &j->message);
    if (j->status != SV_OK)
        j->message.kind = MESSAGE_ACT; /* what a refusal says it is */
    if (j->status != SV_OK || j->message.kind == MESSAGE_SYNC)
        return;
    j->act = calloc(1, sizeof *j->act);
    j->status = j->act == NULL ? SV_ERR_NOMEM
                               : act_accept(j->gate, in->note, in->body, j->act,
                                            &j->reason);
}

void
gate_run(struct gate *g, struct gate_job *const jobs[], size_t n)
{
    struct act *acts[GATE_GROUP_MAX] = {NULL};
    size_t n_acts = 0;

    assert(n <= GATE_GROUP_MAX);
    gate_backup_expire(g);
    for (size_t i = 0; i < n; i++) {
        if (jobs[i]->status != SV_OK)
            g->junk++;
        else if (jobs[i]->message.kind == MESSAGE_ACT)
            acts[n_acts++] = jobs[i]->act;
    }
    group_run(g, acts, n_acts);
    for (size_t i = 0; i < n; i++) {
        struct gate_job *j = jobs[i];

        if (j->status == SV_OK && j->message.kind == MESSAGE_SYNC)
            j->status = gate_sync(g, &j->message.sync, &j->answer);
    }
}

static enum sv_err
finish_act(struct act *a, struct buf *response)
{
    size_t was = response->len;
    enum sv_err err = a->status;

    if (err == SV_OK)
        err = release(a);
    if (err == SV_OK)
        err = answer_act(a, response);
    if (err == SV_OK)
        return SV_OK;
    buf_truncate(response, was);
    /* It stands in the log: who hears of a failure must not take it for one
     * of a request that was not done. */
    if (a->durable && err == SV_ERR_NOMEM)
        err = SV_ERR_UNSURE;
    return message_failure_encode(MESSAGE_ACT, err, a->reason, response);
}

enum sv_err
gate_finish(struct gate_job *j, struct buf *response)
{
    if (j->status != SV_OK)
        return message_failure_encode(j->message.kind, j->status, j->reason,
                                      response);
    if (j->message.kind == MESSAGE_SYNC)
        return buf_append(response, buf_bytes(&j->answer));
    return finish_act(j->act, response);
}

enum sv_err
gate_handle(struct gate *g, struct bytes request, struct buf *response)
{
    struct gate_job *j = NULL;
    enum sv_err err = gate_job_new(g, request, &j);

    if (err != SV_OK)
        return err;
    gate_prepare(j);
    gate_run(g, &j, 1);
    err = gate_finish(j, response);
    gate_job_free(j);
    return err;
}
