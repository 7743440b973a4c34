/*
 * Envelopes.  The first byte says how: as they came, or sealed here from a
 * content and then spoilt in one bit (place as u16; 0xffff: none).
 * Covers: vault/envelope.c crypto/ps1.c crypto/cb1.c crypto/pad.c
 */
#include <string.h>

#include "base/codec.h"
#include "vault/envelope.h"

#include "fuzz/fuzz.h"

#define CONTENT_MAX_HERE 4096
#define GATE_EPOCH 5

static void
check_header(struct bytes in)
{
    struct envelope_header h;
    struct buf again = BUF_INIT;

    memset(&h, 0, sizeof h);
    if (envelope_header_decode(in, &h) != SV_OK) {
        demand(fuzz_is_zero(&h, sizeof h));
        return;
    }
    demand(envelope_header_encode(&h, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

static void
check_as_it_came(struct bytes in)
{
    struct bytes rest = in;
    struct envelope e;
    struct buf again = BUF_INIT;
    uint8_t hash[32];

    check_header(in);
    while (rest.len > 0 && envelope_decode(&rest, &e) == SV_OK) {
        demand(envelope_encode(&e, &again) == SV_OK);
        envelope_hash(&e, hash);
        check_header(e.header);
    }
    demand(again.len == in.len - rest.len);
    demand(bytes_equal(buf_bytes(&again), bytes_slice(in, 0, again.len)));
    buf_free(&again);
}

/* ---- Sealed here ---- */

struct made {
    struct box_secret secret;
    struct box_public own;
    struct outer_key key;
    struct buf sealed; /* under the outer lock */
};

static const struct envelope_header header = {.type = "victim",
                                              .compartment = "facts",
                                              .author = "cora",
                                              .version = 1,
                                              .epoch = 1};

static void
make(struct made *m, struct bytes content)
{
    struct rng rng = rng_system();
    struct ps1_sender sender;
    struct buf inner = BUF_INIT, outer = BUF_INIT;
    struct bytes rest;
    struct envelope e;
    uint8_t hash[32];

    memset(m, 0, sizeof *m);
    memset(m->key.b, 9, sizeof m->key.b);
    box_generate(&rng, &m->secret, &m->own);
    demand(ps1_sender_init(&rng, &m->own, &sender) == SV_OK);
    demand(envelope_seal(&rng, &header, &sender, content, bytes_text("tokens"),
                         &inner, hash) == SV_OK);
    rest = buf_bytes(&inner);
    demand(envelope_decode(&rest, &e) == SV_OK && rest.len == 0);
    demand(envelope_lock(&rng, &m->key, GATE_EPOCH, &e, &outer) == SV_OK);
    e.lock = buf_bytes(&outer);
    demand(envelope_encode(&e, &m->sealed) == SV_OK);
    fuzz_fit(&m->sealed);
    buf_free(&inner);
    buf_free(&outer);
}

/* Gate and reader, one after the other. */
static enum sv_err
open_all(const struct made *m, struct buf *content, bool *tokens_changed)
{
    struct ps1_receiver receiver = {.ready = false};
    struct bytes rest = buf_bytes(&m->sealed);
    struct buf inner = BUF_INIT;
    struct envelope e;
    enum sv_err err = envelope_decode(&rest, &e);

    if (err == SV_OK && rest.len > 0)
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = envelope_unlock(&m->key, GATE_EPOCH, &e, &inner);
    if (err == SV_OK) {
        e.lock = buf_bytes(&inner);
        err = envelope_open(&receiver, &m->secret, &m->own, &e, content);
        *tokens_changed = !bytes_equal(e.tokens, bytes_text("tokens"));
    }
    buf_free(&inner);
    return err;
}

static void
check_made(struct bytes in)
{
    struct reader r = reader_of(in);
    size_t at = reader_u16(&r);
    struct bytes content = reader_rest(&r);
    struct buf got = BUF_INIT;
    struct made m;
    bool spoilt, tokens_changed = false;

    if (r.failed || content.len > CONTENT_MAX_HERE)
        return;
    make(&m, content);
    spoilt = at < m.sealed.len;
    if (spoilt)
        m.sealed.ptr[at] ^= 0x10;
    if (open_all(&m, &got, &tokens_changed) == SV_OK) {
        /* Tokens are in the hash that the log has, and in no lock. */
        demand(!spoilt || tokens_changed);
        demand(bytes_equal(buf_bytes(&got), content));
    } else {
        demand(spoilt && got.len == 0);
    }
    buf_free(&got);
    buf_free(&m.sealed);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_as_it_came(in);
    else
        check_made(in);
    fuzz_heap_bounded(in.len, 16);
}

void
fuzz_seeds(struct seeds *s)
{
    struct buf b = BUF_INIT;
    struct made m;

    demand(envelope_header_encode(&header, &b) == SV_OK);
    seed_choice_buf(s, 0, &b);
    make(&m, bytes_text("content"));
    seed_choice_buf(s, 0, &m.sealed);
    seed_choice(s, 1,
                bytes_text("\xff\xff"
                           "content"));
    seed_choice(s, 1,
                bytes_text("\x01\x10"
                           "content"));
}
