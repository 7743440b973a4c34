#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"
#include "vault/grants.h"

/*
 * What a client needs before it can ask or check anything: the head, the
 * roster entries that it lacks, the schema, and its own sealed keys.  It
 * holds nothing of any record and is not logged.
 */

/* Each roster entry names the one before it: collect them backwards. */
static enum sv_err
roster_chain(const struct gate *g, const struct tables *t,
             const struct sync_request *in, uint64_t **out, size_t *n)
{
    struct buf text = BUF_INIT;
    uint64_t *chain = NULL, at = g->log.roster;
    size_t count = 0;
    enum sv_err err = SV_OK;

    while (err == SV_OK && !(in->has_roster && at <= in->roster_after)) {
        uint64_t *more = realloc(chain, (count + 1) * sizeof *chain);
        struct entry e;

        if (more == NULL) {
            err = SV_ERR_NOMEM;
            break;
        }
        chain = more;
        chain[count++] = at;
        buf_truncate(&text, 0);
        err = log_entry(t, at, &text);
        if (err == SV_OK)
            err = entry_parse(buf_bytes(&text), &e);
        if (err == SV_OK && !e.has_roster)
            break;
        if (err == SV_OK && e.roster >= at)
            err = SV_ERR_TAMPERED;
        if (err == SV_OK)
            at = e.roster;
    }
    buf_free(&text);
    if (err != SV_OK) {
        free(chain);
        return err;
    }
    *out = chain;
    *n = count;
    return SV_OK;
}

static enum sv_err
put_roster(const struct gate *g, const struct tables *t,
           const struct sync_request *in, struct buf *out)
{
    uint64_t *chain = NULL;
    size_t n = 0;
    struct writer w = writer_to(out);
    enum sv_err err = roster_chain(g, t, in, &chain, &n);

    if (err != SV_OK)
        return err;
    writer_u32(&w, (uint32_t)n);
    while (n-- > 0 && w.err == SV_OK) {
        struct buf text = BUF_INIT, proof = BUF_INIT;

        w.err = log_entry(t, chain[n], &text);
        if (w.err == SV_OK)
            w.err = log_inclusion(t, chain[n], g->log.frontier.size, &proof);
        writer_u64(&w, chain[n]);
        writer_medium(&w, buf_bytes(&text));
        writer_bytes(&w, buf_bytes(&proof));
        buf_free(&text);
        buf_free(&proof);
    }
    free(chain);
    return writer_end(&w);
}

/* Sealed to keys that she has no more, they would be of no use. */
static uint64_t
keys_since(const struct roster *r, const char *name)
{
    uint64_t since = 0;

    for (size_t i = 0; i < r->n_formers; i++) {
        if (strcmp(r->persons[r->formers[i].person].name, name) == 0)
            since = r->formers[i].until_index;
    }
    return since;
}

struct gathering {
    const char *name;
    uint64_t since;
    struct buf blobs;
    uint32_t n;
};

/* Those items of one entry's blob that are sealed to her. */
static enum sv_err
own_items(const struct gathering *g, struct bytes blob, struct buf *out)
{
    struct buf items = BUF_INIT;
    struct grant_item item;
    struct reader r;
    struct writer w = writer_to(out);
    unsigned left;
    uint16_t n = 0;
    enum sv_err err = grants_begin(blob, &r, &left);

    while (err == SV_OK && left > 0) {
        err = grants_next(&r, &left, &item);
        if (err == SV_OK && strcmp(item.grantee, g->name) == 0) {
            err = grants_put(&item, &items);
            n++;
        }
    }
    if (err == SV_OK && n > 0) {
        writer_u16(&w, n);
        writer_bytes(&w, buf_bytes(&items));
        err = writer_end(&w);
    }
    buf_free(&items);
    return err == SV_ERR_FORMAT ? SV_ERR_TAMPERED : err;
}

static enum sv_err
gather_row(void *ctx, struct bytes key, struct bytes value, bool damaged,
           bool *more)
{
    struct gathering *g = ctx;
    struct reader r = reader_of(key);
    struct writer w = writer_to(&g->blobs);
    uint64_t index = reader_u64(&r);
    struct buf own = BUF_INIT;
    enum sv_err err;

    (void)more;
    if (damaged || reader_end(&r) != SV_OK)
        return SV_ERR_TAMPERED;
    if (index < g->since)
        return SV_OK;
    err = own_items(g, value, &own);
    if (err == SV_OK && own.len > 0) {
        writer_u64(&w, index);
        writer_long(&w, buf_bytes(&own));
        err = writer_end(&w);
        g->n++;
    }
    buf_free(&own);
    return err;
}

/* The keys that were sealed to `name`, by the entries that brought them. */
static enum sv_err
put_grants(const struct gate *g, const struct tables *t, const char *name,
           struct buf *out)
{
    struct gathering all = {name, keys_since(&g->roster, name), BUF_INIT, 0};
    struct writer w = writer_to(out);
    enum sv_err err = SV_OK;

    if (name[0] != '\0')
        err = tables_scan(t, TABLE_GRANT, bytes_of("", 0), bytes_of("", 0),
                          gather_row, &all);
    writer_u32(&w, all.n);
    writer_bytes(&w, buf_bytes(&all.blobs));
    buf_free(&all.blobs);
    return err != SV_OK ? err : writer_end(&w);
}

static enum sv_err
open_flag(void *ctx, struct bytes key, struct bytes value, bool damaged,
          bool *more)
{
    struct flag_state s;
    enum sv_err err = damaged ? SV_ERR_TAMPERED : flag_state_decode(value, &s);

    (void)more;
    return err != SV_OK || s.acknowledged ? err : buf_append(ctx, key);
}

static enum sv_err
answer_sync(struct gate *g, const struct tables *t,
            const struct sync_request *in, struct buf *response)
{
    struct buf head = BUF_INIT, consistency = BUF_INIT, roster = BUF_INIT;
    struct buf grants = BUF_INIT, schema = BUF_INIT, flags = BUF_INIT;
    struct sync_answer a = {.vault = g->roster.vault,
                            .time_ms = clock_now(&g->config.clock)};
    struct schema_source source = {.json = {NULL, 0}};
    uint64_t size = g->log.frontier.size;
    enum sv_err err;

    memcpy(a.origin, g->roster.origin, sizeof a.origin);
    err = gate_sign_head(g, &g->log, &head);
    if (err == SV_OK)
        err = log_consistency(t, in->seen_size <= size ? in->seen_size : 0,
                              size, &consistency);
    if (err == SV_OK)
        err = put_roster(g, t, in, &roster);
    if (err == SV_OK)
        err = put_grants(g, t, in->name, &grants);
    if (err == SV_OK)
        err = tables_scan(t, TABLE_FLAG, bytes_of("", 0), bytes_of("", 0),
                          open_flag, &flags);
    if (err == SV_OK && in->want_schema)
        err = schema_row_load(t, &g->roster, &schema, &source);
    if (err == SV_ERR_NOT_FOUND)
        err = SV_ERR_TAMPERED;
    a.schema_json = source.json;
    a.schema_codes = source.codes;
    a.head = buf_bytes(&head);
    a.consistency = buf_bytes(&consistency);
    a.roster = buf_bytes(&roster);
    a.grants = buf_bytes(&grants);
    a.flags = buf_bytes(&flags);
    if (err == SV_OK)
        err = message_sync_answer_encode(&a, response);
    buf_free(&head);
    buf_free(&consistency);
    buf_free(&roster);
    buf_free(&grants);
    buf_free(&flags);
    buf_free(&schema);
    return err;
}

enum sv_err
gate_sync(struct gate *g, const struct sync_request *in, struct buf *response)
{
    struct store_txn *txn = NULL;
    struct tables t;
    size_t was = response->len;
    enum sv_err err = SV_OK;

    if (g->store == NULL && gate_open_store(g, false) != SV_OK)
        err = SV_ERR_UNSURE;
    if (err == SV_OK)
        err = store_begin(g->store, STORE_READ, &txn);
    if (err == SV_OK) {
        t = (struct tables){txn, &g->keys->storage, &g->config.rng, g->hashes};
        err = answer_sync(g, &t, in, response);
    }
    store_abort(&txn);
    if (err == SV_OK)
        return SV_OK;
    buf_truncate(response, was);
    return message_failure_encode(MESSAGE_SYNC, err, "store", response);
}
