#include "tests/support/sealed.h"

struct envelope_header
sealed_header(void)
{
    struct envelope_header h = {.type = "victim",
                                .compartment = "identity",
                                .author = "case-1",
                                .version = 2,
                                .addition = true,
                                .epoch = 3};

    memset(h.vault.b, 0x11, sizeof h.vault.b);
    memset(h.record.b, 0x22, sizeof h.record.b);
    memset(h.prev, 0x33, sizeof h.prev);
    return h;
}

void
sealed_seal(struct sealed *f, const struct envelope_header *h, struct buf *raw,
            struct envelope *e, uint8_t hash[static 32])
{
    struct bytes rest;

    assert_ok(envelope_seal(&f->rng, h, &f->sender, bytes_text(SEALED_TEXT),
                            bytes_of("", 0), raw, hash));
    rest = buf_bytes(raw);
    assert_ok(envelope_decode(&rest, e));
    assert_int_equal(rest.len, 0);
}

int
sealed_set_up(void **state)
{
    struct sealed *f = calloc(1, sizeof *f);

    if (f == NULL)
        return -1;
    memset(f->random.seed, 0x5e, sizeof f->random.seed);
    f->rng = rng_fixed(&f->random);
    box_generate(&f->rng, &f->secret, &f->own);
    assert_ok(ps1_sender_init(&f->rng, &f->own, &f->sender));
    rng_fill(&f->rng, f->outer_key.b, sizeof f->outer_key.b);
    f->header = sealed_header();
    sealed_seal(f, &f->header, &f->raw, &f->e, f->hash);
    *state = f;
    return 0;
}

int
sealed_tear_down(void **state)
{
    struct sealed *f = *state;

    buf_free(&f->raw);
    free(f);
    return 0;
}

enum sv_err
sealed_open_with(const struct box_secret *secret, const struct box_public *own,
                 const struct envelope *e)
{
    struct ps1_receiver receiver = {0};
    struct buf out = BUF_INIT;
    enum sv_err err;

    assert_ok(buf_text(&out, "before "));
    err = envelope_open(&receiver, secret, own, e, &out);
    if (err == SV_OK) {
        assert_int_equal(out.len, 7 + strlen(SEALED_TEXT));
        assert_memory_equal(out.ptr + 7, SEALED_TEXT, strlen(SEALED_TEXT));
    } else {
        assert_true(bytes_equal(buf_bytes(&out), bytes_text("before ")));
    }
    buf_free(&out);
    return err;
}

enum sv_err
sealed_open(const struct sealed *f, const struct envelope *e)
{
    return sealed_open_with(&f->secret, &f->own, e);
}

struct envelope
sealed_lock(struct sealed *f, const struct envelope *e, uint32_t epoch,
            struct buf *outer)
{
    struct envelope locked = *e;

    assert_ok(envelope_lock(&f->rng, &f->outer_key, epoch, e, outer));
    locked.lock = buf_bytes(outer);
    return locked;
}

struct bytes *
sealed_part(struct envelope *e, unsigned i)
{
    return i == 0 ? &e->header : i == 1 ? &e->body : &e->lock;
}

const char *const sealed_fields[10] = {"another sealing of the same",
                                       "version",
                                       "addition",
                                       "prev",
                                       "compartment",
                                       "record",
                                       "vault",
                                       "type",
                                       "author",
                                       "key epoch"};

struct envelope_header
sealed_header_with_other(size_t field)
{
    struct envelope_header h = sealed_header();

    h.version += field == 1;
    h.addition = field != 2;
    h.prev[31] ^= field == 3;
    if (field == 4)
        memcpy(h.compartment, "facts", 6);
    h.record.b[0] ^= field == 5;
    h.vault.b[0] ^= field == 6;
    if (field == 7)
        memcpy(h.type, "suspect", 8);
    if (field == 8)
        h.author[5] = '2';
    h.epoch += field == 9;
    return h;
}
