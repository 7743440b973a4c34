#include <stdlib.h>
#include <string.h>

#include "audit/proof.h"
#include "vault/client_internal.h"

/* More than the gate proves one by one: the replay computes the root. */
#define REPLAY_CHUNK 4096
#define PROVED_CHUNK 256
/* The gate goes on: others' entries may come between two questions. */
#define TRIES 8

/* ---- Reading ---- */

/* Entries that are asked for, and who takes them. */
struct reading {
    uint64_t end;
    client_entry_fn fn;
    void *ctx;
    bool replayed; /* who takes them computes the root: none needs a proof */
};

/* One answer's entries; *n says how many.  u8 proved, u32 n, each: u16
 * entry and, where proved, its inclusion proof. */
static enum sv_err
take_entries(struct client *c, uint64_t from, const struct answer *a,
             const struct reading *rd, uint64_t *n)
{
    struct reader r = reader_of(a->body);
    bool proved = reader_u8(&r) != 0;
    uint32_t count = reader_u32(&r);
    enum sv_err err = SV_OK;

    if (!proved && !rd->replayed)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("an entry is not in the log"));

    for (uint32_t i = 0; i < count && err == SV_OK; i++) {
        struct bytes entry = reader_medium(&r, ENTRY_MAX);

        if (r.failed)
            break;
        if (proved) {
            struct bytes rest = bytes_slice(r.in, r.at, r.in.len - r.at);

            err = client_check_inclusion(c, from + i, entry, &rest, &a->head);
            r.at = r.in.len - rest.len;
        }
        if (err == SV_OK && from + i < rd->end)
            err = rd->fn(rd->ctx, from + i, entry);
    }
    if (err == SV_OK && (reader_end(&r) != SV_OK || count == 0))
        err = client_fault(c, SV_ERR_TAMPERED,
                           N_("the gate's answer is malformed"));
    *n = count;
    return err;
}

static enum sv_err
read_chunk(struct client *c, uint64_t from, uint64_t count,
           const struct reading *rd, uint64_t *n)
{
    struct request r = {.act = ACT_LOG_READ, .entry = from, .count = count};
    struct answer answer = {0};
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    if (err == SV_OK)
        err = take_entries(c, from, &answer, rd, n);
    answer_free(&answer);
    return err;
}

enum sv_err
client_log_read(struct client *c, uint64_t from, uint64_t n, client_entry_fn fn,
                void *ctx)
{
    struct reading rd = {.end = c->pin.size, .fn = fn, .ctx = ctx};
    enum sv_err err = SV_OK;

    if (from < rd.end && n < rd.end - from)
        rd.end = from + n;
    while (err == SV_OK && from < rd.end) {
        uint64_t left = rd.end - from, got = 0;

        err = read_chunk(c, from, left < PROVED_CHUNK ? left : PROVED_CHUNK,
                         &rd, &got);
        from += got;
    }
    return err;
}

/* The one entry of an answer, with its inclusion proof. */
static enum sv_err
take_proved(struct client *c, uint64_t index, const struct answer *a,
            struct bytes *entry, struct tree_proof *inclusion)
{
    struct reader r = reader_of(a->body);
    bool proved = reader_u8(&r) != 0;
    uint32_t n = reader_u32(&r);
    struct bytes text = reader_medium(&r, ENTRY_MAX);
    struct bytes rest = reader_rest(&r);
    struct hash leaf = tree_leaf(text);
    enum sv_err err = SV_ERR_TAMPERED;

    if (!r.failed && proved && n == 1 &&
        tree_proof_decode(&rest, inclusion) == SV_OK && rest.len == 0)
        err = tree_verify_inclusion(index, a->head.size, &leaf, inclusion,
                                    &a->head.root);
    if (err != SV_OK)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the gate's answer is malformed"));
    *entry = text;
    return SV_OK;
}

enum sv_err
client_log_prove(struct client *c, uint64_t index, struct buf *entry,
                 struct buf *proof)
{
    struct request r = {.act = ACT_LOG_READ, .entry = index, .count = 1};
    struct answer answer = {0};
    struct tree_proof inclusion;
    struct bytes text = bytes_of(NULL, 0);
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    if (err == SV_OK)
        err = take_proved(c, index, &answer, &text, &inclusion);
    if (err == SV_OK)
        err = proof_encode(index, &inclusion, answer.head_note, proof);
    if (err == SV_OK)
        err = buf_append(entry, text);
    answer_free(&answer);
    return err;
}

/* ---- Another head of this log ---- */

/* From a head of that size to the one of this answer; *again: it is not the
 * pin's, because the log grew between two answers. */
static enum sv_err
take_growth(struct client *c, uint64_t size, const struct hash *root,
            const struct sync_answer *a, struct tree_proof *out, bool *again)
{
    struct bytes raw = a->consistency;
    struct tree_proof proof = {0};
    struct checkpoint head;
    enum sv_err err = client_verdict(
        c,
        checkpoint_open(a->head, c->pin.origin, &c->pin.roster.log_key, &head),
        N_("the head is not signed by this vault's log"));

    if (err != SV_OK)
        return err;
    *again = head.size != c->pin.size;
    if (*again)
        return SV_OK;
    /* What goes with another head of that size does not go with this one. */
    if (!hash_equal(&head.root, &c->pin.root))
        return client_misfit(c, a->head,
                             N_("the log is another one than the one seen "
                                "here"));
    if (size < head.size &&
        (tree_proof_decode(&raw, &proof) != SV_OK || raw.len > 0))
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the gate's answer is malformed"));
    if (size > head.size ||
        tree_verify_consistency(size, head.size, root, &head.root, &proof) !=
            SV_OK)
        return client_fault(c, SV_ERR_ROLLBACK,
                            N_("the log does not go on from that head"));
    *out = proof;
    return SV_OK;
}

static enum sv_err
ask_growth(struct client *c, uint64_t size, const struct hash *root,
           struct tree_proof *out, bool *again)
{
    const struct transport *t = &c->config.transport;
    struct sync_request ask = {.seen_size = size,
                               .has_roster = true,
                               .roster_after = c->pin.roster.last_index};
    struct message_answer *a = calloc(1, sizeof *a);
    struct buf request = BUF_INIT, response = BUF_INIT;
    enum sv_err err = a == NULL ? SV_ERR_NOMEM : SV_OK;

    if (err == SV_OK)
        err = message_sync_encode(&ask, &request);
    if (err == SV_OK)
        err = t->call(t->ctx, buf_bytes(&request), &response);
    if (err == SV_OK)
        err = message_answer_decode(buf_bytes(&response), a);
    if (err == SV_OK)
        err = a->status;
    if (err == SV_OK)
        err = take_growth(c, size, root, &a->sync, out, again);
    buf_free(&request);
    buf_free(&response);
    free(a);
    return err;
}

enum sv_err
client_log_extends(struct client *c, uint64_t size, const struct hash *root,
                   struct tree_proof *proof)
{
    bool again = true;
    enum sv_err err = SV_OK;

    memset(&c->trouble, 0, sizeof c->trouble);
    for (int i = 0; i < TRIES && again && err == SV_OK; i++) {
        struct buf response = BUF_INIT;
        struct sync_answer answer;

        err = client_sync(c, false, &response, &answer);
        buf_free(&response);
        if (err == SV_OK)
            err = ask_growth(c, size, root, proof, &again);
    }
    return err == SV_OK && again ? SV_ERR_BUSY : err;
}

/* ---- Verifying ---- */

struct verifying {
    struct replay replay;
    struct replay_fault fault;
    client_progress_fn progress;
    void *ctx;
    uint64_t size; /* what is verified: the log as it was at the start */
    struct hash root;
    struct buf known; /* the roster at that size, encoded */
};

static enum sv_err
replay_one(void *ctx, uint64_t index, struct bytes entry)
{
    struct verifying *v = ctx;
    enum sv_err err = replay_entry(&v->replay, entry, &v->fault);

    if (v->progress != NULL && index % 256 == 0)
        v->progress(v->ctx, index, v->size);
    return err;
}

/* All entries of the log as it is now, whose head this client verified. */
static enum sv_err
replay_all(struct client *c, struct verifying *v)
{
    const struct reading rd = {
        .end = v->size, .fn = replay_one, .ctx = v, .replayed = true};
    uint64_t from = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && from < v->size) {
        uint64_t got = 0, count = v->size - from;

        /* One entry more than are proved one by one: bare. */
        if (count > REPLAY_CHUNK)
            count = REPLAY_CHUNK;
        if (count <= PROVED_CHUNK)
            count = PROVED_CHUNK + 1;
        err = read_chunk(c, from, count, &rd, &got);
        from += got;
    }
    return err;
}

/* The roster that the log makes must be the one that this client knew at
 * that size. */
static enum sv_err
compare_rosters(struct verifying *v)
{
    struct buf replayed = BUF_INIT;
    enum sv_err err = roster_encode(&v->replay.roster, &replayed);

    if (err == SV_OK &&
        !bytes_equal(buf_bytes(&v->known), buf_bytes(&replayed))) {
        v->fault = (struct replay_fault){
            v->replay.roster.last_index,
            N_("the roster known here differs from what the log says")};
        err = SV_ERR_TAMPERED;
    }
    buf_free(&replayed);
    return err;
}

/* Head and roster as they are now: others may go on working meanwhile. */
static enum sv_err
start(struct client *c, struct verifying *v)
{
    struct buf response = BUF_INIT;
    struct sync_answer answer;
    enum sv_err err = client_sync(c, false, &response, &answer);

    buf_free(&response);
    v->size = c->pin.size;
    v->root = c->pin.root;
    return err != SV_OK ? err : roster_encode(&c->pin.roster, &v->known);
}

/* u32 n, each: name of the place, name of the reason.  The reasons are a
 * closed set of msgids, which the caller's catalogue may know. */
static enum sv_err
take_findings(struct bytes body, struct log_verdict *out)
{
    struct reader r = reader_of(body);
    uint32_t n = reader_u32(&r);

    if (r.failed || n > body.len)
        return SV_ERR_TAMPERED;
    out->findings = calloc(n > 0 ? n : 1, sizeof *out->findings);
    if (out->findings == NULL)
        return SV_ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        reader_name(&r, out->findings[i].place, sizeof out->findings[i].place);
        reader_name(&r, out->findings[i].reason,
                    sizeof out->findings[i].reason);
    }
    out->n_findings = n;
    return reader_end(&r) == SV_OK ? SV_OK : SV_ERR_TAMPERED;
}

static enum sv_err
check_store(struct client *c, struct log_verdict *out)
{
    struct request r = {.act = ACT_STORE_CHECK};
    struct answer answer = {0};
    enum sv_err err = client_act(c, &r, bytes_of(NULL, 0), &answer);

    if (err == SV_OK)
        err = take_findings(answer.body, out);
    answer_free(&answer);
    return err;
}

enum sv_err
client_log_verify(struct client *c, client_progress_fn progress, void *ctx,
                  struct log_verdict *out)
{
    struct verifying v = {.progress = progress, .ctx = ctx};
    struct log_verdict verdict = {0};
    enum sv_err err = start(c, &v);

    if (err != SV_OK) {
        buf_free(&v.known);
        return err;
    }
    verdict.size = v.size;
    verdict.root = v.root;
    replay_init(&v.replay);
    err = replay_all(c, &v);
    if (err == SV_OK)
        err = replay_end(&v.replay, v.size, &v.root, &v.fault);
    if (err == SV_OK)
        err = compare_rosters(&v);
    if (err == SV_OK && progress != NULL)
        progress(ctx, v.size, v.size);
    if (err == SV_ERR_TAMPERED && v.fault.reason == NULL)
        v.fault = (struct replay_fault){
            v.replay.frontier.size,
            N_("from here on the gate gives no entries out that verify")};
    verdict.fault = v.fault;
    verdict.n_forked = v.replay.n_forked;
    verdict.last_forked = v.replay.last_forked;
    /* Whatever is wrong with the log, the store's own check may say where. */
    if (err == SV_OK || err == SV_ERR_TAMPERED)
        err = check_store(c, &verdict);
    replay_clear(&v.replay);
    buf_free(&v.known);
    if (err != SV_OK) {
        free(verdict.findings);
        return err;
    }
    *out = verdict;
    return SV_OK;
}

enum sv_err
client_store_verify(struct client *c, struct log_verdict *out)
{
    struct log_verdict verdict = {0};
    enum sv_err err = check_store(c, &verdict);

    if (err != SV_OK) {
        free(verdict.findings);
        return err;
    }
    verdict.size = c->pin.size;
    verdict.root = c->pin.root;
    *out = verdict;
    return SV_OK;
}
