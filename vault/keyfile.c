#include "vault/keyfile.h"

#include <assert.h>
#include <string.h>

#include "audit/line.h"
#include "audit/note.h"
#include "base/codec.h"
#include "crypto/kdf.h"

#define SUITE 1
#define SLOT_LABEL "uk"

static const uint8_t magic[] = {'S', 'V', 'K'};

/* ---- Keys out of the seed ---- */

void
user_keys_derive(const uint8_t seed[static SEED_LEN], struct user_keys *out)
{
    memmove(out->seed, seed, SEED_LEN);
    kdf_derive(out->seed, "user/sign", out->sign.b);
    kdf_derive(out->seed, "user/box", out->box.b);
    /* A clamped scalar is no multiple of the group's order. */
    if (box_public_of(&out->box, &out->own) != SV_OK)
        assert(!"a scalar of our own");
}

void
card_of(const struct user_keys *keys, const char *name, struct card *out)
{
    memset(out, 0, sizeof *out);
    sign_public_of(&keys->sign, &out->sign);
    out->box = keys->own;
    /* Names are checked where they come in. */
    if (text_copy(bytes_text(name), out->name, sizeof out->name) != SV_OK)
        assert(!"a work name");
}

/* The public half is never taken from a file: one that does not belong to
 * the seed would give the seed away at the first signature. */
static bool
belongs(const struct user_keys *keys, const struct card *card)
{
    struct card own;

    card_of(keys, card->name, &own);
    return bytes_equal(BYTES(own.sign.b), BYTES(card->sign.b)) &&
           bytes_equal(BYTES(own.box.b), BYTES(card->box.b));
}

/* ---- The file ---- */

static void
put_head(struct writer *w, const struct keyfile *k)
{
    writer_bytes(w, BYTES(magic));
    writer_u8(w, SUITE);
    writer_name(w, k->card.name);
    writer_bytes(w, BYTES(k->card.sign.b));
    writer_bytes(w, BYTES(k->card.box.b));
    writer_u8(w, k->unprotected ? 0 : 1);
}

static void
put_slot_head(struct writer *w, const struct keyfile_slot *s)
{
    writer_u8(w, (uint8_t)s->kind);
    writer_u32(w, s->cost.passes);
    writer_u32(w, s->cost.memory_kib);
    writer_bytes(w, BYTES(s->salt));
}

/* What a slot is bound to: all that stands in clear, but for the number of
 * slots and the other slots, so that each can be replaced alone. */
static enum sv_err
slot_context(const struct keyfile *k, const struct keyfile_slot *s,
             struct buf *out)
{
    struct writer w = writer_to(out);

    put_head(&w, k);
    put_slot_head(&w, s);
    return writer_end(&w);
}

static enum sv_err
encode(const struct keyfile *k, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;
    /* In one piece, so that a raw seed is not moved about. */
    enum sv_err err = buf_reserve(out, KEYFILE_MAX);

    if (err != SV_OK)
        return err;
    put_head(&w, k);
    if (k->unprotected) {
        writer_bytes(&w, BYTES(k->seed));
    } else {
        writer_u8(&w, (uint8_t)k->n_slots);
        for (unsigned i = 0; i < k->n_slots; i++) {
            put_slot_head(&w, &k->slots[i]);
            writer_bytes(&w, BYTES(k->slots[i].sealed));
        }
    }
    if (writer_end(&w) != SV_OK)
        buf_truncate(out, was);
    return writer_end(&w);
}

static void
get_slot(struct reader *r, struct keyfile_slot *s)
{
    s->kind =
        reader_u8(r) == SLOT_PASSPHRASE ? SLOT_PASSPHRASE : SLOT_UNPROTECTED;
    s->cost.passes = reader_u32(r);
    s->cost.memory_kib = reader_u32(r);
    reader_copy(r, s->salt, sizeof s->salt);
    reader_copy(r, s->sealed, sizeof s->sealed);
    if (s->kind != SLOT_PASSPHRASE)
        reader_fail(r);
}

static void
get_secrets(struct reader *r, struct keyfile *k)
{
    uint8_t protection = reader_u8(r);

    k->unprotected = protection == 0;
    if (protection > 1)
        reader_fail(r);
    if (k->unprotected) {
        reader_copy(r, k->seed, sizeof k->seed);
        return;
    }
    k->n_slots = reader_u8(r);
    if (k->n_slots == 0 || k->n_slots > KEYFILE_SLOTS_MAX) {
        k->n_slots = 0;
        reader_fail(r);
    }
    for (unsigned i = 0; i < k->n_slots; i++)
        get_slot(r, &k->slots[i]);
}

enum sv_err
keyfile_parse(struct bytes in, struct keyfile *out)
{
    struct reader r = reader_of(in);
    struct keyfile k = {0};
    uint8_t suite;
    enum sv_err err;

    if (in.len > KEYFILE_MAX ||
        !bytes_equal(reader_bytes(&r, sizeof magic), BYTES(magic)))
        return SV_ERR_FORMAT;
    suite = reader_u8(&r);
    if (!r.failed && suite != SUITE)
        return SV_ERR_VERSION;
    reader_name(&r, k.card.name, sizeof k.card.name);
    reader_copy(&r, k.card.sign.b, sizeof k.card.sign.b);
    reader_copy(&r, k.card.box.b, sizeof k.card.box.b);
    get_secrets(&r, &k);
    err = reader_end(&r);
    if (err == SV_OK && !text_is_work_name(bytes_text(k.card.name)))
        err = SV_ERR_FORMAT;
    for (unsigned i = 0; i < k.n_slots && err == SV_OK; i++)
        err = password_cost_check(k.slots[i].cost);
    if (err == SV_OK)
        *out = k;
    keyfile_wipe(&k);
    return err;
}

void
keyfile_wipe(struct keyfile *k)
{
    wipe(k, sizeof *k);
}

/* ---- Slots ---- */

/* slot's kind, cost and salt are set. */
static enum sv_err
slot_seal(const struct rng *rng, const struct keyfile *k,
          struct bytes passphrase, const struct user_keys *keys,
          struct keyfile_slot *slot)
{
    struct buf context = BUF_INIT, sealed = BUF_INIT;
    uint8_t kek[PASSWORD_KEY_LEN] = {0};
    enum sv_err err;

    err = password_derive(passphrase, slot->salt, slot->cost, kek);
    if (err == SV_OK)
        err = slot_context(k, slot, &context);
    if (err == SV_OK)
        err = cb1_seal(rng, kek, SLOT_LABEL, buf_bytes(&context),
                       BYTES(keys->seed), &sealed);
    if (err == SV_OK)
        memcpy(slot->sealed, sealed.ptr, sizeof slot->sealed);
    wipe(kek, sizeof kek);
    buf_free(&context);
    buf_free(&sealed);
    return err;
}

/* SV_ERR_TAMPERED where this is not its passphrase. */
static enum sv_err
slot_open(const struct keyfile *k, const struct keyfile_slot *slot,
          struct bytes passphrase, struct user_keys *keys)
{
    struct buf context = BUF_INIT, seed = BUF_INIT;
    uint8_t kek[PASSWORD_KEY_LEN] = {0};
    enum sv_err err;

    err = password_derive(passphrase, slot->salt, slot->cost, kek);
    if (err == SV_OK)
        err = slot_context(k, slot, &context);
    if (err == SV_OK)
        err = cb1_open(kek, SLOT_LABEL, buf_bytes(&context),
                       BYTES(slot->sealed), &seed);
    if (err == SV_OK)
        user_keys_derive(seed.ptr, keys);
    wipe(kek, sizeof kek);
    buf_free(&context);
    buf_free(&seed); /* wipes */
    return err;
}

static enum sv_err
make(const struct rng *rng, const char *name, const struct user_keys *keys,
     struct bytes passphrase, struct buf *out)
{
    struct keyfile k = {0};
    struct keyfile_slot *slot = &k.slots[0];
    enum sv_err err = SV_OK;

    card_of(keys, name, &k.card);
    k.unprotected = passphrase.len == 0;
    if (k.unprotected) {
        memcpy(k.seed, keys->seed, sizeof k.seed);
    } else {
        k.n_slots = 1;
        slot->kind = SLOT_PASSPHRASE;
        slot->cost = password_cost_default();
        rng_fill(rng, slot->salt, sizeof slot->salt);
        err = slot_seal(rng, &k, passphrase, keys, slot);
    }
    if (err == SV_OK)
        err = encode(&k, out);
    keyfile_wipe(&k);
    return err;
}

enum sv_err
keyfile_of_seed(const struct rng *rng, const uint8_t seed[static SEED_LEN],
                const char *name, struct bytes passphrase, struct buf *out)
{
    struct user_keys keys;
    enum sv_err err;

    if (!text_is_work_name(bytes_text(name)))
        return SV_ERR_FORMAT;
    user_keys_derive(seed, &keys);
    err = make(rng, name, &keys, passphrase, out);
    wipe(&keys, sizeof keys);
    return err;
}

enum sv_err
keyfile_make(const struct rng *rng, const char *name, struct bytes passphrase,
             struct buf *out)
{
    uint8_t seed[SEED_LEN];
    enum sv_err err;

    rng_fill(rng, seed, sizeof seed);
    err = keyfile_of_seed(rng, seed, name, passphrase, out);
    wipe(seed, sizeof seed);
    return err;
}

enum sv_err
keyfile_rewrap(const struct rng *rng, const struct keyfile *k,
               const struct user_keys *keys, struct bytes passphrase,
               struct buf *out)
{
    if (passphrase.len == 0)
        return SV_ERR_USAGE;
    if (!belongs(keys, &k->card))
        return SV_ERR_DENIED;
    return make(rng, k->card.name, keys, passphrase, out);
}

enum sv_err
keyfile_unlock(const struct keyfile *k, struct bytes passphrase,
               struct user_keys *keys)
{
    enum sv_err err = SV_ERR_DENIED;

    if (k->unprotected) {
        user_keys_derive(k->seed, keys);
        err = SV_OK;
    }
    for (unsigned i = 0; i < k->n_slots && err != SV_OK; i++) {
        err = slot_open(k, &k->slots[i], passphrase, keys);
        if (err == SV_ERR_NOMEM)
            break;
    }
    if (err == SV_OK && !belongs(keys, &k->card))
        err = SV_ERR_DENIED;
    if (err != SV_OK)
        wipe(keys, sizeof *keys);
    /* Nothing tells a wrong passphrase from an altered file. */
    return err_verdict(err, SV_ERR_DENIED);
}

/* ---- Key cards ---- */

#define CARD_LINE "svault/card/v"
#define CARD_VERSION "1\n"

static const struct line_rule card_rules[] = {
    {"name", offsetof(struct card, name), line_put_work_name,
     line_get_work_name, 0, false},
    {"sign", offsetof(struct card, sign), line_put_base64, line_get_base64, 0,
     false},
    {"box", offsetof(struct card, box), line_put_base64, line_get_base64, 0,
     false},
};

static const struct line_format card_format = {
    card_rules, sizeof card_rules / sizeof card_rules[0], NULL};

#define CARD_HASHED_MAX (SIGN_PUBLIC_LEN + BOX_PUBLIC_LEN + NAME_SIZE)

/* The name last: the only part without a fixed length. */
static struct bytes
hashed(const struct card *c, uint8_t all[static CARD_HASHED_MAX])
{
    size_t keys_len = SIGN_PUBLIC_LEN + BOX_PUBLIC_LEN;
    size_t name_len = strlen(c->name);

    memcpy(all, c->sign.b, sizeof c->sign.b);
    memcpy(all + SIGN_PUBLIC_LEN, c->box.b, sizeof c->box.b);
    memcpy(all + keys_len, c->name, name_len);
    return bytes_of(all, keys_len + name_len);
}

void
card_fingerprint(const struct card *c, char out[static WORDS_TEXT_SIZE])
{
    uint8_t all[CARD_HASHED_MAX];

    words_fingerprint("sv/v1/card", hashed(c, all), out);
}

void
card_hash(const struct card *c, uint8_t out[static DIGEST_LEN])
{
    uint8_t all[CARD_HASHED_MAX];

    digest("sv/v1/card", hashed(c, all), out);
}

static enum sv_err
card_text(const struct card *c, struct buf *out)
{
    char words[WORDS_TEXT_SIZE];
    enum sv_err err;

    card_fingerprint(c, words);
    err = buf_text(out, CARD_LINE CARD_VERSION);
    if (err == SV_OK)
        err = line_encode(&card_format, c, out);
    if (err == SV_OK)
        err = buf_printf(out, "fingerprint %s\n", words);
    return err;
}

enum sv_err
card_encode(const struct user_keys *keys, const char *name, struct buf *out)
{
    struct buf text = BUF_INIT;
    struct card c;
    enum sv_err err;

    if (!text_is_work_name(bytes_text(name)))
        return SV_ERR_FORMAT;
    card_of(keys, name, &c);
    err = card_text(&c, &text);
    if (err == SV_OK)
        err = note_sign(buf_bytes(&text), name, &keys->sign, out);
    buf_free(&text);
    return err;
}

/* The text's lines; the fingerprint's value is left to the caller. */
static enum sv_err
card_lines(struct bytes text, struct card *out)
{
    struct bytes line;
    enum sv_err err;

    if (!text_skip(&text, CARD_LINE))
        return SV_ERR_FORMAT;
    if (!text_skip(&text, CARD_VERSION))
        return SV_ERR_VERSION;
    err = line_parse(&card_format, &text, out);
    if (err == SV_OK && (!text_line(&text, &line) || text.len > 0 ||
                         !text_skip(&line, "fingerprint ")))
        err = SV_ERR_FORMAT;
    return err;
}

enum sv_err
card_parse(struct bytes in, struct card *out)
{
    struct buf again = BUF_INIT;
    struct card c = {0};
    struct note note;
    enum sv_err err;

    if (in.len > CARD_MAX)
        return SV_ERR_FORMAT;
    err = note_parse(in, &note);
    if (err == SV_OK)
        err = card_lines(note.text, &c);
    if (err != SV_OK)
        goto out;
    /* Her own signature under her own name, and no other. */
    if (note.n != 1 || note_verify(&note, c.name, &c.sign) != SV_OK) {
        err = SV_ERR_TAMPERED;
        goto out;
    }
    err = card_text(&c, &again);
    if (err == SV_OK && !bytes_equal(buf_bytes(&again), note.text))
        err = SV_ERR_TAMPERED;
    if (err == SV_OK && !box_public_ok(c.box.b))
        err = SV_ERR_FORMAT; /* nothing could be sealed to her */
    if (err == SV_OK)
        *out = c;
out:
    buf_free(&again);
    return err;
}
