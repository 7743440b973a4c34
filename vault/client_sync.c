#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

/* The log's own key signed it, so both heads together are evidence. */
enum sv_err
client_misfit(struct client *c, struct bytes head, const char *what)
{
    struct buf copy = BUF_INIT;
    enum sv_err err = buf_append(&copy, head);

    if (err != SV_OK)
        return err;
    buf_free(&c->conflict);
    c->conflict = copy;
    return client_fault(c, SV_ERR_ROLLBACK, what);
}

enum sv_err
client_check_head(struct client *c, const struct roster *roster,
                  struct bytes head, struct bytes consistency,
                  struct checkpoint *out)
{
    struct tree_proof proof = {0};
    struct hash old = c->pin.root;
    enum sv_err err = client_verdict(
        c, checkpoint_open(head, roster->origin, &roster->log_key, out),
        N_("the head is not signed by this vault's log"));

    if (err != SV_OK)
        return err;
    if (c->pin.size == 0)
        return SV_OK;
    if (out->size < c->pin.size)
        return client_misfit(
            c, head, N_("the log is shorter than the last head seen here"));
    if (out->size == c->pin.size)
        return hash_equal(&out->root, &old)
                   ? SV_OK
                   : client_misfit(
                         c, head,
                         N_("the log is another one than the one seen "
                            "here"));
    if (tree_proof_decode(&consistency, &proof) != SV_OK ||
        consistency.len > 0 ||
        tree_verify_consistency(c->pin.size, out->size, &old, &out->root,
                                &proof) != SV_OK)
        return client_misfit(
            c, head, N_("the log does not extend the last head seen here"));
    return SV_OK;
}

enum sv_err
client_keep_head(struct client *c, const struct checkpoint *head,
                 struct bytes note)
{
    struct buf copy = BUF_INIT;
    enum sv_err err = buf_append(&copy, note);

    if (err != SV_OK)
        return err;
    buf_free(&c->pin.head_note);
    c->pin.head_note = copy;
    c->pin.size = head->size;
    c->pin.root = head->root;
    memcpy(c->pin.origin, head->origin, sizeof c->pin.origin);
    return SV_OK;
}

enum sv_err
client_check_inclusion(struct client *c, uint64_t index, struct bytes entry,
                       struct bytes *proof, const struct checkpoint *head)
{
    struct hash leaf = tree_leaf(entry);
    struct tree_proof p;

    if (tree_proof_decode(proof, &p) != SV_OK || index >= head->size ||
        tree_verify_inclusion(index, head->size, &leaf, &p, &head->root) !=
            SV_OK)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("an entry is not in the log"));
    return SV_OK;
}

bool
chain_next(struct chain *ch)
{
    struct bytes rest;
    struct tree_proof skipped;

    if (ch->left == 0)
        return false;
    ch->left--;
    ch->index = reader_u64(&ch->r);
    ch->entry = reader_medium(&ch->r, ENTRY_MAX);
    rest = bytes_slice(ch->r.in, ch->r.at, ch->r.in.len - ch->r.at);
    ch->proof = rest;
    if (ch->r.failed || tree_proof_decode(&rest, &skipped) != SV_OK) {
        reader_fail(&ch->r);
        return false;
    }
    ch->r.at = ch->r.in.len - rest.len;
    return true;
}

struct chain
chain_of(struct bytes entries)
{
    struct chain ch = {.r = reader_of(entries)};

    ch.left = reader_u32(&ch.r);
    return ch;
}

/*
 * Replay the new roster entries into `roster`.  Genesis is known by its
 * hash, which is the vault id; everything after it by its signatures.
 */
static enum sv_err
replay_chain(struct client *c, struct bytes entries, struct roster *roster)
{
    struct chain ch = chain_of(entries);

    while (chain_next(&ch)) {
        struct hash leaf = tree_leaf(ch.entry);
        enum sv_err err;

        if (!roster->started && !hash_equal(&leaf, &c->pin.vault))
            return client_fault(c, SV_ERR_TAMPERED,
                                N_("this is not the vault that was pinned"));
        err = client_verdict(c, roster_replay(roster, ch.index, ch.entry),
                             N_("a roster entry does not follow from those "
                                "before it"));
        if (err != SV_OK)
            return err;
    }
    if (reader_end(&ch.r) != SV_OK || !roster->started)
        return client_fault(c, SV_ERR_TAMPERED, N_("the roster is not whole"));
    return SV_OK;
}

static enum sv_err
check_chain(struct client *c, struct bytes entries,
            const struct checkpoint *head)
{
    struct chain ch = chain_of(entries);
    enum sv_err err = SV_OK;

    while (err == SV_OK && chain_next(&ch))
        err = client_check_inclusion(c, ch.index, ch.entry, &ch.proof, head);
    return err;
}

static enum sv_err
roster_copy(const struct roster *from, struct roster *to)
{
    struct buf raw = BUF_INIT;
    enum sv_err err;

    roster_init(to);
    if (!from->started)
        return SV_OK;
    err = roster_encode(from, &raw);
    if (err == SV_OK)
        err = roster_decode(buf_bytes(&raw), to);
    buf_free(&raw);
    return err;
}

/*
 * Check all of the answer first, then let the pin change.  The head comes
 * first where genesis has told the log's key: the roster entries of another
 * log do not follow from those that were seen, but that is not what is wrong.
 */
static enum sv_err
take_sync(struct client *c, const struct sync_answer *a)
{
    struct roster roster;
    struct checkpoint head;
    bool started = c->pin.roster.started;
    enum sv_err err = roster_copy(&c->pin.roster, &roster);

    if (err == SV_OK && !hash_equal(&a->vault, &c->pin.vault))
        err = client_fault(c, SV_ERR_DENIED,
                           N_("this key belongs to another vault"));
    if (err == SV_OK && started)
        err = client_check_head(c, &roster, a->head, a->consistency, &head);
    if (err == SV_OK)
        err = replay_chain(c, a->roster, &roster);
    if (err == SV_OK && !started)
        err = client_check_head(c, &roster, a->head, a->consistency, &head);
    if (err == SV_OK)
        err = check_chain(c, a->roster, &head);
    if (err == SV_OK)
        err = client_keep_head(c, &head, a->head);
    if (err != SV_OK) {
        roster_clear(&roster);
        return err;
    }
    roster_clear(&c->pin.roster);
    c->pin.roster = roster;
    return SV_OK;
}

/* A question that leaves no trace is asked again where its answer was lost. */
static enum sv_err
ask_gate(struct client *c, struct bytes request, struct buf *response)
{
    const struct transport *t = &c->config.transport;
    enum sv_err err = t->call(t->ctx, request, response);

    if (err == SV_ERR_UNSURE)
        err = t->call(t->ctx, request, response);
    /* Nothing was to happen, so nothing is unsure. */
    return err == SV_ERR_UNSURE ? SV_ERR_IO : err;
}

enum sv_err
client_sync(struct client *c, bool want_schema, struct buf *response,
            struct sync_answer *answer)
{
    struct sync_request ask = {.seen_size = c->pin.size,
                               .has_roster = c->pin.roster.started,
                               .roster_after = c->pin.roster.last_index,
                               .want_schema = want_schema};
    struct message_answer *m = calloc(1, sizeof *m);
    struct buf request = BUF_INIT;
    enum sv_err err = m == NULL ? SV_ERR_NOMEM : SV_OK;

    memset(answer, 0, sizeof *answer);
    memcpy(ask.name, c->card.name, sizeof ask.name);
    if (err == SV_OK)
        err = message_sync_encode(&ask, &request);
    if (err == SV_OK)
        err = ask_gate(c, buf_bytes(&request), response);
    if (err == SV_OK &&
        (message_answer_decode(buf_bytes(response), m) != SV_OK ||
         (m->status == SV_OK && m->kind != MESSAGE_SYNC)))
        err = client_fault(c, SV_ERR_UNVERIFIED,
                           N_("the gate's answer is malformed"));
    if (err == SV_OK && m->status != SV_OK)
        err = client_refused(c, m);
    if (err == SV_OK)
        err = take_sync(c, &m->sync);
    if (err == SV_OK)
        *answer = m->sync;
    free(m);
    buf_free(&request);
    return err;
}

/*
 * The roster entries that came since: the last one before the entry's index
 * must be the one that the entry names.
 */
static bool
chain_agrees(struct bytes entries, const struct entry *entry, uint64_t known)
{
    struct chain ch = chain_of(entries);
    uint64_t last = known;

    while (chain_next(&ch)) {
        if (ch.index < entry->index)
            last = ch.index;
    }
    return last == entry->roster;
}

enum sv_err
client_check_roster(struct client *c, const struct entry *entry)
{
    uint64_t known = c->pin.roster.last_index;
    struct buf response = BUF_INIT;
    struct sync_answer answer;
    enum sv_err err;

    if (!entry->has_roster)
        return client_fault(c, SV_ERR_TAMPERED,
                            N_("the entry names no roster"));
    if (entry->roster == known)
        return SV_OK;
    err = client_sync(c, false, &response, &answer);
    if (err == SV_OK && !chain_agrees(answer.roster, entry, known))
        err = client_fault(c, SV_ERR_TAMPERED,
                           N_("the gate keeps back a part of the roster"));
    /* What came since may be new keys for those who hold the old ones. */
    if (err == SV_OK)
        err = client_open_grants(c, answer.grants);
    buf_free(&response);
    return err;
}
