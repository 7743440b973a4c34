#include <string.h>

#include "audit/note.h"
#include "tests/vectors/audit.h"
#include "vault/agent.h"
#include "vault/backup.h"
#include "vault/counting.h"
#include "vault/envelope.h"
#include "vault/grants.h"
#include "vault/pin.h"
#include "vault/tables.h"
#include "vault/token.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"

/* What is sealed and signed with them. */

#define PLAIN_LEN 500

static struct user_keys *
new_user(struct arena *room)
{
    struct user_keys *keys = (void *)mark_new(room, sizeof *keys);
    const uint8_t *seed = mark_new(room, SEED_LEN);

    user_keys_derive(seed, keys);
    return keys;
}

/* ---- Envelopes ---- */

static const struct envelope_header header = {
    .type = "victim",
    .compartment = "identity",
    .author = "tanaka",
    .version = 1,
    .epoch = 1,
};

/* Under the gate's lock, and out of it. */
static enum sv_err
through_gate(struct arena *room, struct envelope *e, struct buf *inner)
{
    const struct rng rng = rng_system();
    const struct outer_key *key = (const void *)mark_new(room, sizeof *key);
    struct buf outer = BUF_INIT;
    enum sv_err err = envelope_lock(&rng, key, 1, e, &outer);

    if (err == SV_OK) {
        e->lock = buf_bytes(&outer);
        err = envelope_unlock(key, 1, e, inner);
        e->lock = buf_bytes(inner);
    }
    buf_free(&outer);
    return err;
}

static enum sv_err
check_envelope(struct arena *room)
{
    const struct rng rng = rng_system();
    const uint8_t *content = mark_new(room, PLAIN_LEN);
    struct box_secret *secret = (void *)mark_new(room, sizeof *secret);
    struct ps1_sender *sender = (void *)mark_new(room, sizeof *sender);
    struct ps1_receiver *receiver = (void *)mark_new(room, sizeof *receiver);
    struct buf sealed = BUF_INIT, inner = BUF_INIT, opened = BUF_INIT;
    struct box_public own;
    struct envelope e;
    struct bytes rest;
    uint8_t hash[32];
    enum sv_err err;

    mark_content_secret(true);
    box_generate(&rng, secret, &own);
    *receiver = (struct ps1_receiver){0};
    err = ps1_sender_init(&rng, &own, sender);
    if (err == SV_OK)
        err = envelope_seal(&rng, &header, sender, bytes_of(content, PLAIN_LEN),
                            bytes_of("", 0), &sealed, hash);
    rest = buf_bytes(&sealed);
    if (err == SV_OK)
        err = envelope_decode(&rest, &e);
    if (err == SV_OK)
        err = through_gate(room, &e, &inner);
    if (err == SV_OK)
        err = envelope_open(receiver, secret, &own, &e, &opened);
    /* With another's body the key opens, and the body does not. */
    if (err == SV_OK) {
        sealed.ptr[sealed.len - 200] ^= 1;
        err = expect(envelope_open(receiver, secret, &own, &e, &opened),
                     SV_ERR_TAMPERED);
    }
    buf_free(&sealed);
    buf_free(&inner);
    buf_free(&opened);
    return err;
}

/* ---- Keys for others ---- */

static enum sv_err
open_grant(struct user_keys *keys, const struct grant_context *c,
           struct bytes items, struct box_secret *out)
{
    const struct identity id = identity_of_keys(keys);
    struct grant_item item;
    struct reader r = reader_of(items);
    unsigned left = 1;
    enum sv_err err = grants_next(&r, &left, &item);

    return err == SV_OK ? grants_open(&id, c, &item, out) : err;
}

static enum sv_err
check_grants(struct arena *room)
{
    const struct rng rng = rng_system();
    struct user_keys *keys = new_user(room);
    struct box_secret *secret = (void *)mark_new(room, sizeof *secret);
    struct box_secret *back = (void *)mark_new(room, sizeof *back);
    struct box_public pub, other;
    struct grant_context c = {.grantee = "sato",
                              .type = "victim",
                              .compartment = "identity",
                              .epoch = 1};
    struct buf items = BUF_INIT, wrong = BUF_INIT;
    enum sv_err err;

    box_generate(&rng, back, &other);
    box_generate(&rng, secret, &pub);
    c.pub = pub.b;
    err = grants_seal(&rng, &keys->own, &c, secret, &items);
    if (err == SV_OK)
        err = open_grant(keys, &c, buf_bytes(&items), back);
    /* A key that is not the one of its public half. */
    c.pub = other.b;
    if (err == SV_OK)
        err = grants_seal(&rng, &keys->own, &c, secret, &wrong);
    if (err == SV_OK)
        err = expect(open_grant(keys, &c, buf_bytes(&wrong), back),
                     SV_ERR_TAMPERED);
    buf_free(&items);
    buf_free(&wrong);
    return err;
}

/* A compartment key lent for one count; a sealed snapshot of a release. */
static enum sv_err
check_lend(struct arena *room)
{
    const struct rng rng = rng_system();
    const struct user_keys *gate = new_user(room);
    struct box_secret *secret = (void *)mark_new(room, sizeof *secret);
    const uint8_t *figures = mark_new(room, PLAIN_LEN);
    const struct hash vault = {{0}};
    const struct counting_key key = {"victim", "facts", 1, {NULL, 0}};
    struct buf context = BUF_INIT, lent = BUF_INIT, opened = BUF_INIT,
               ledger = BUF_INIT;
    uint8_t id[16] = {0};
    enum sv_err err = counting_lend_context(&vault, id, &key, &context);

    mark_content_secret(true);
    if (err == SV_OK)
        err = ps1_seal(&rng, &gate->own, "lend", buf_bytes(&context),
                       BYTES(secret->b), &lent);
    if (err == SV_OK)
        err = ps1_open(&gate->box, &gate->own, "lend", buf_bytes(&context),
                       buf_bytes(&lent), &opened);
    if (err == SV_OK)
        err = ps1_seal(&rng, &gate->own, LEDGER_LABEL, buf_bytes(&context),
                       bytes_of(figures, PLAIN_LEN), &ledger);
    if (err == SV_OK)
        err = ps1_open(&gate->box, &gate->own, LEDGER_LABEL,
                       buf_bytes(&context), buf_bytes(&ledger), &opened);
    buf_free(&context);
    buf_free(&lent);
    buf_free(&opened);
    buf_free(&ledger);
    return err;
}

/* ---- What a user's seed signs and guards ---- */

static const char text[] = "svault/request/v1\nact store.check\n";

static enum sv_err
check_pin(struct arena *room)
{
    struct user_keys *keys = new_user(room);
    const struct identity id = identity_of_keys(keys);
    struct pin pin, back;
    struct buf file = BUF_INIT;
    enum sv_err err;

    pin_init(&pin);
    pin_init(&back);
    memset(&pin.vault, 3, sizeof pin.vault);
    err = pin_encode(&pin, &id, &file);
    if (err == SV_OK)
        err = pin_decode(buf_bytes(&file), &id, &back);
    if (err == SV_OK) {
        file.ptr[10] ^= 1;
        err = expect(pin_decode(buf_bytes(&file), &id, &back), SV_ERR_TAMPERED);
    }
    buf_free(&file);
    pin_clear(&pin);
    pin_clear(&back);
    return err;
}

/* A head, a card, a manifest: all are notes. */
static enum sv_err
check_note(struct arena *room)
{
    const struct sign_seed *seed = (const void *)mark_new(room, sizeof *seed);
    struct buf note = BUF_INIT;
    enum sv_err err =
        note_sign(bytes_text(text), "office.example/log", seed, &note);

    buf_free(&note);
    return err;
}

static uint64_t
now(void *ctx)
{
    (void)ctx;
    return 1000;
}

static enum sv_err
call(void *ctx, struct bytes question, struct buf *answer)
{
    return agent_handle(ctx, question, answer);
}

static enum sv_err
check_agent(struct arena *room)
{
    const struct rng rng = rng_system();
    struct user_keys *keys = new_user(room);
    struct box_secret *secret = (void *)mark_new(room, sizeof *secret);
    struct ps1_agreed *agreed = (void *)mark_new(room, sizeof *agreed);
    uint8_t *derived = mark_new(room, KDF_KEY_LEN);
    struct box_public ephemeral;
    struct note note;
    struct agent agent;
    struct card card;
    struct transport to_agent = {call, &agent};
    const struct identity id = identity_of_agent(&to_agent);
    const struct identity own = identity_of_keys(keys);
    struct buf line = BUF_INIT;
    uint8_t signature[SIGN_LEN];
    enum sv_err err;

    card_of(keys, "tanaka", &card);
    agent_init(&agent, keys, &card, (struct clock){now, NULL}, 300);
    box_generate(&rng, secret, &ephemeral);
    err = note_parse(bytes_text(request_vectors[0].text), &note);
    if (err == SV_OK)
        err = id.sign(id.ctx, note.text, signature);
    if (err == SV_OK)
        err = identity_add_signature(&own, &card.sign, note.text, "x/tanaka",
                                     &line);
    if (err == SV_OK)
        err = id.agree(id.ctx, &ephemeral, agreed);
    if (err == SV_OK)
        err = id.derive(id.ctx, IDENTITY_PIN, derived);
    if (err == SV_OK)
        err = agent_lock(&to_agent);
    if (err == SV_OK)
        err = expect(id.derive(id.ctx, IDENTITY_PIN, derived), SV_ERR_DENIED);
    buf_free(&line);
    return err;
}

/* ---- What the gate keeps ---- */

/* Words are folded, which looks at each letter; the key is not looked at. */
static enum sv_err
check_tokens(struct arena *room)
{
    const uint8_t *secret = mark_new(room, 32);
    struct token_key *key = (void *)mark_new(room, sizeof *key);
    struct token_list list;

    token_key_derive(secret, key);
    return tokens_of_word(key, bytes_text("Sasaki Ai"), &list);
}

static enum sv_err
row(void *ctx, struct bytes key, struct bytes value, bool damaged, bool *more)
{
    (void)ctx;
    (void)key;
    (void)more;
    return damaged || value.len != PLAIN_LEN ? SV_ERR_TAMPERED : SV_OK;
}

static enum sv_err
use_rows(const struct tables *t, struct bytes value)
{
    static const uint8_t name[] = {0, 0, 0, 7};
    struct buf back = BUF_INIT;
    bool has = false;
    enum sv_err err = tables_put(t, TABLE_ENTRY, BYTES(name), value);

    if (err == SV_OK)
        err = tables_get(t, TABLE_ENTRY, BYTES(name), &back);
    if (err == SV_OK)
        err = tables_has(t, TABLE_ENTRY, BYTES(name), &has);
    if (err == SV_OK)
        err = tables_scan(t, TABLE_ENTRY, bytes_of("", 0), bytes_of("", 0), row,
                          NULL);
    buf_free(&back);
    return err;
}

static enum sv_err
check_rows(struct arena *room)
{
    const struct rng rng = rng_system();
    struct bytes value = bytes_of(mark_new(room, PLAIN_LEN), PLAIN_LEN);
    struct tables t = {.key = (const void *)mark_new(room, CB1_KEY_LEN),
                       .rng = &rng};
    struct store *store = NULL;
    enum sv_err err = store_memory_open(TABLES_N, &store);

    mark_content_secret(true);
    if (err == SV_OK)
        err = store_begin(store, STORE_WRITE, &t.txn);
    if (err == SV_OK)
        err = use_rows(&t, value);
    store_abort(&t.txn);
    store_close(store);
    return err;
}

const struct check checks_vault[] = {
    {"envelope", check_envelope, false},
    {"grants", check_grants, false},
    {"lend", check_lend, false},
    {"pin", check_pin, false},
    {"note", check_note, false},
    {"agent", check_agent, false},
    {"tokens", check_tokens, false},
    {"rows", check_rows, false},
    {NULL, NULL, false},
};
