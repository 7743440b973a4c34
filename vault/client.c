#include <stdlib.h>
#include <string.h>

#include "audit/audit_card.h"
#include "vault/client_internal.h"

enum sv_err
client_fault(struct client *c, enum sv_err err, const char *what)
{
    c->trouble.what = what;
    return err;
}

enum sv_err
client_verdict(struct client *c, enum sv_err err, const char *what)
{
    err = err_verdict(err, SV_ERR_TAMPERED);
    return err == SV_ERR_TAMPERED ? client_fault(c, err, what) : err;
}

enum sv_err
client_locked(struct client *c, enum sv_err err)
{
    return err == SV_ERR_DENIED
               ? client_fault(c, err, N_("your key has been locked"))
               : err;
}

enum sv_err
client_new(const struct client_config *config, struct client **out)
{
    struct client *c = calloc(1, sizeof *c);
    void *keyring = NULL;
    enum sv_err err;

    if (c == NULL)
        return SV_ERR_NOMEM;
    c->config = *config;
    pin_init(&c->pin);
    roster_init(&c->hello_roster);
    err = secret_new(config->arena, sizeof *c->keyring, &keyring);
    if (err != SV_OK) {
        client_free(c);
        return err;
    }
    c->keyring = keyring;
    *out = c;
    return SV_OK;
}

void
client_free(struct client *c)
{
    if (c == NULL)
        return;
    if (c->keyring != NULL)
        arena_free(c->keyring->room);
    secret_free(c->config.arena, c->keyring);
    pin_clear(&c->pin);
    roster_clear(&c->hello_roster);
    buf_free(&c->flags);
    buf_free(&c->conflict);
    schema_free(c->schema);
    free(c);
}

const struct client_trouble *
client_trouble(const struct client *c)
{
    return &c->trouble;
}

void
client_fingerprint(const struct hash *vault, char out[static WORDS_TEXT_SIZE])
{
    audit_card_words(vault, out);
}

/* The roster as the gate gives it: good for a friendly word, no more. */
static enum sv_err
read_hello_roster(struct client *c, struct bytes entries)
{
    struct reader r = reader_of(entries);
    uint32_t n = reader_u32(&r);

    for (uint32_t i = 0; i < n; i++) {
        uint64_t index = reader_u64(&r);
        struct bytes entry = reader_medium(&r, ENTRY_MAX);
        struct bytes rest = bytes_slice(r.in, r.at, r.in.len - r.at);
        struct tree_proof proof;
        enum sv_err err;

        if (r.failed || tree_proof_decode(&rest, &proof) != SV_OK)
            return SV_ERR_FORMAT;
        r.at = r.in.len - rest.len;
        err = roster_replay(&c->hello_roster, index, entry);
        if (err != SV_OK)
            return err;
    }
    return reader_end(&r);
}

enum sv_err
client_hello(struct client *c, struct client_hello *out)
{
    struct sync_request ask = {0};
    struct message_answer *m = calloc(1, sizeof *m);
    struct buf request = BUF_INIT, response = BUF_INIT;
    struct checkpoint head;
    enum sv_err err = m == NULL ? SV_ERR_NOMEM : SV_OK;

    if (err == SV_OK)
        err = message_sync_encode(&ask, &request);
    if (err == SV_OK)
        err = c->config.transport.call(c->config.transport.ctx,
                                       buf_bytes(&request), &response);
    /* Nothing was to happen, so nothing is unsure. */
    if (err == SV_ERR_UNSURE)
        err = SV_ERR_IO;
    if (err == SV_OK)
        err = message_answer_decode(buf_bytes(&response), m);
    if (err == SV_OK && m->status != SV_OK)
        err = client_refused(c, m);
    if (err == SV_OK)
        err = read_hello_roster(c, m->sync.roster);
    if (err == SV_OK)
        err = client_check_head(c, &c->hello_roster, m->sync.head,
                                bytes_of(NULL, 0), &head);
    if (err == SV_OK) {
        out->vault = m->sync.vault;
        memcpy(out->origin, m->sync.origin, sizeof out->origin);
        client_fingerprint(&out->vault, out->fingerprint);
        out->size = head.size;
    }
    free(m);
    buf_free(&request);
    buf_free(&response);
    return err;
}

bool
client_knows(struct client *c, const struct card *card)
{
    const struct roster_person *p = roster_person(&c->hello_roster, card->name);

    return p != NULL && bytes_equal(BYTES(p->sign.b), BYTES(card->sign.b));
}

bool
client_awaits(struct client *c, const struct card *card)
{
    const struct roster *r = &c->hello_roster;

    for (size_t i = 0; i < r->n_proposals; i++)
        if (strcmp(r->proposals[i].person, card->name) == 0 &&
            bytes_equal(BYTES(r->proposals[i].sign.b), BYTES(card->sign.b)))
            return true;
    return false;
}

/* The program's own schema where the vault uses the same, else the vault's,
 * which must be the one that genesis names. */
static enum sv_err
load_schema(struct client *c)
{
    struct schema_source source = schema_builtin();
    struct buf response = BUF_INIT;
    struct sync_answer answer;
    struct diag where = {0};
    enum sv_err err = SV_OK;

    schema_hash(source, c->schema_hash);
    if (!bytes_equal(BYTES(c->schema_hash), BYTES(c->pin.roster.schema_hash))) {
        err = client_sync(c, true, &response, &answer);
        source =
            (struct schema_source){answer.schema_json, answer.schema_codes};
        if (err == SV_OK) {
            schema_hash(source, c->schema_hash);
            if (!bytes_equal(BYTES(c->schema_hash),
                             BYTES(c->pin.roster.schema_hash)))
                err = client_fault(c, SV_ERR_TAMPERED,
                                   N_("the schema is not the vault's"));
        }
    }
    if (err == SV_OK)
        err = schema_load(source, &c->schema, &where);
    buf_free(&response);
    return err;
}

enum sv_err
client_begin(struct client *c, const struct card *card,
             const struct identity *identity, struct pin *pin)
{
    const struct roster_person *me;
    struct buf response = BUF_INIT;
    struct sync_answer answer;
    enum sv_err err;

    c->card = *card;
    c->identity = identity;
    pin_clear(&c->pin);
    c->pin = *pin;
    pin_init(pin);
    err = client_sync(c, false, &response, &answer);
    if (err == SV_ERR_ROLLBACK)
        err = client_sync_restored(c, &response, &answer);
    if (err != SV_OK)
        goto out;
    me = roster_person(&c->pin.roster, card->name);
    if (me == NULL || !bytes_equal(BYTES(me->sign.b), BYTES(card->sign.b)) ||
        !bytes_equal(BYTES(me->box), BYTES(card->box.b))) {
        err = client_fault(c, SV_ERR_DENIED,
                           N_("this key is not on the vault's roster"));
        goto out;
    }
    err = client_open_grants(c, answer.grants);
    if (err == SV_OK)
        err = buf_append(&c->flags, answer.flags);
    if (err == SV_OK)
        err = load_schema(c);
out:
    buf_free(&response);
    return err;
}

struct bytes
client_conflict(const struct client *c)
{
    return buf_bytes(&c->conflict);
}

struct pin *
client_pin(struct client *c)
{
    return &c->pin;
}

const struct roster *
client_roster(const struct client *c)
{
    return &c->pin.roster;
}

const struct schema *
client_schema(const struct client *c)
{
    return c->schema;
}

uint64_t
client_now(const struct client *c)
{
    return clock_now(&c->config.clock);
}

size_t
client_flags(const struct client *c, uint64_t out[], size_t max)
{
    struct reader r = reader_of(buf_bytes(&c->flags));
    size_t n = c->flags.len / 8;

    for (size_t i = 0; i < n && i < max; i++)
        out[i] = reader_u64(&r);
    return n;
}
