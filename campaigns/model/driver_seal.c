#include <sodium.h>

#include "vault/counting.h"
#include "vault/grants.h"
#include "vault/posting.h"
#include "vault/token.h"

#include "campaigns/model/driver.h"

/* newkey <type> <compartment> <epoch> <label>: a key pair that nobody had.
 * Its public half. */
void
seal_new_key(struct driver *d, const struct command *c)
{
    struct box_secret secret;
    const struct driver_secret *s;

    digest("test/column", bytes_text(command_word(c, 3)), secret.b);
    s = driver_keep(d, command_word(c, 0), command_word(c, 1),
                    (uint32_t)command_number(c, 2), &secret);
    printf("ok");
    answer_hex(BYTES(s->pub.b));
}

/* field=value;field=value, without blanks; "-" for none. */
static void
read_content(const struct schema_compartment *sc, const char *words, bool full,
             struct content *out)
{
    struct bytes rest = bytes_text(words), pair;
    const char *reason = NULL;

    assert_ok(content_new(sc, out));
    while (strcmp(words, "-") != 0 && text_split(&rest, ';', &pair)) {
        struct bytes name;
        size_t at;

        assert_true(text_split(&pair, '=', &name));
        assert_non_null(schema_field(sc, name, &at));
        assert_ok(content_add(out, at, pair, &reason));
    }
    if (full)
        content_fill(out);
}

static void
token_key(struct driver *d, const char *type, uint64_t epoch,
          struct token_key *out)
{
    token_key_derive(driver_secret(d, type, POLICY_INDEX, epoch)->secret.b,
                     out);
}

static void
put_posting(struct driver *d, const char *type, uint64_t epoch,
            const struct content *content, struct buf *out)
{
    struct posting p = {.epoch = (uint32_t)epoch};
    struct token_key key;
    struct token_list list;
    uint8_t unique[TOKEN_BYTES];

    if (epoch == 0)
        return;
    token_key(d, type, epoch, &key);
    assert_ok(tokens_of_content(&key, &d->o.config.rng, content, &list));
    token_key(d, type, POSTING_UNIQUE_EPOCH, &key);
    if (token_of_unique(&key, content, unique) == SV_OK)
        p.unique = unique;
    p.n = (unsigned)list.n;
    p.tokens = list.at[0];
    assert_ok(posting_encode(&p, out));
}

/*
 * envelope <type> <compartment> <handle> <author> <version> <addition> <prev>
 * <epoch> <epoch of the index, 0: no posting> <content>: one more of what
 * comes with the request.  Its version hash.
 */
void
seal_envelope(struct driver *d, const struct command *c)
{
    const char *type = command_word(c, 0), *name = command_word(c, 1);
    const struct schema_compartment *sc =
        schema_compartment(schema_type(d->schema, type), name, NULL);
    struct envelope_header h = {.vault = d->o.vault,
                                .version = command_number(c, 4),
                                .addition = command_number(c, 5) != 0,
                                .epoch = (uint32_t)command_number(c, 7)};
    struct content content = {0};
    struct buf plain = BUF_INIT, posting = BUF_INIT;
    uint8_t hash[32];

    assert_non_null(sc);
    assert_ok(text_copy(bytes_text(type), h.type, sizeof h.type));
    assert_ok(text_copy(bytes_text(name), h.compartment, NAME_SIZE));
    command_fixed(c, 2, h.record.b, sizeof h.record.b);
    assert_ok(text_copy(bytes_text(command_word(c, 3)), h.author, NAME_SIZE));
    command_fixed(c, 6, h.prev, sizeof h.prev);
    read_content(sc, command_word(c, 9), !h.addition, &content);
    assert_ok(content_encode(&content, &plain));
    put_posting(d, type, command_number(c, 8), &content, &posting);
    assert_ok(envelope_seal(
        &d->o.config.rng, &h, &driver_secret(d, type, name, h.epoch)->to,
        buf_bytes(&plain), buf_bytes(&posting), &d->body, hash));
    printf("ok");
    answer_hex(BYTES(hash));
    content_free(&content);
    buf_free(&plain);
    buf_free(&posting);
}

/* grant <name> <box> <type> <compartment> <epoch>: one more sealed key. */
void
seal_grant(struct driver *d, const struct command *c)
{
    const struct driver_secret *s = driver_secret(
        d, command_word(c, 2), command_word(c, 3), command_number(c, 4));
    struct grant_context ctx = {.vault = d->o.vault,
                                .grantee = command_word(c, 0),
                                .type = s->type,
                                .compartment = s->compartment,
                                .epoch = s->epoch,
                                .pub = s->pub.b};
    struct box_public to;

    command_fixed(c, 1, to.b, sizeof to.b);
    assert_ok(grants_seal(&d->o.config.rng, &to, &ctx, &s->secret, &d->body));
    d->n_grants++;
    printf("ok");
}

/* query <type> <epoch> <word,word>: what a search asks. */
void
seal_query(struct driver *d, const struct command *c)
{
    const char *type = command_word(c, 0);
    uint64_t last = command_number(c, 1);
    struct bytes rest = bytes_text(command_word(c, 2)), word;
    struct buf words = BUF_INIT;
    struct writer w = writer_to(&d->body), each = writer_to(&words);
    uint8_t salt[QUERY_SALT_LEN];
    unsigned n = 0;

    rng_fill(&d->o.config.rng, salt, sizeof salt);
    for (; text_split(&rest, ',', &word); n++) {
        struct buf tokens = BUF_INIT;

        for (uint64_t epoch = 1; epoch <= last; epoch++) {
            struct token_key key;
            struct token_list list;

            token_key(d, type, epoch, &key);
            assert_ok(tokens_of_word(&key, word, &list));
            assert_ok(
                buf_append(&tokens, bytes_of(list.at, list.n * TOKEN_BYTES)));
        }
        writer_u16(&each, (uint16_t)(tokens.len / TOKEN_BYTES));
        writer_bytes(&each, buf_bytes(&tokens));
        buf_free(&tokens);
    }
    writer_bytes(&w, BYTES(salt));
    writer_u32(&w, (uint32_t)last);
    writer_u8(&w, (uint8_t)n);
    writer_bytes(&w, buf_bytes(&words));
    assert_ok(writer_end(&each));
    assert_ok(writer_end(&w));
    buf_free(&words);
    printf("ok");
}

static void
lend(struct driver *d, const uint8_t id[static 16], struct bytes name,
     struct counting_key *key, struct buf *sealed)
{
    struct buf context = BUF_INIT;
    const struct driver_secret *s;
    struct box_public gate;
    struct bytes type, compartment;

    assert_true(text_split(&name, '.', &type));
    assert_true(text_split(&name, '.', &compartment));
    assert_ok(text_copy(type, key->type, sizeof key->type));
    assert_ok(text_copy(compartment, key->compartment, NAME_SIZE));
    key->epoch = (uint32_t)strtoul((const char *)name.ptr, NULL, 10);
    s = driver_secret(d, key->type, key->compartment, key->epoch);
    assert_ok(counting_lend_context(&d->o.vault, id, key, &context));
    assert_ok(box_public_of(&d->o.gate_keys.box, &gate));
    assert_ok(ps1_seal(&d->o.config.rng, &gate, "lend", buf_bytes(&context),
                       BYTES(s->secret.b), sealed));
    key->sealed = buf_bytes(sealed);
    buf_free(&context);
}

#define LENT_MAX 128

/* counting <request id> <spec> <basis> <type.compartment.epoch,...>: what
 * comes with a count. */
void
seal_counting(struct driver *d, const struct command *c)
{
    struct buf spec = command_bytes(c, 1), basis = command_bytes(c, 2);
    struct bytes rest = bytes_text(command_word(c, 3)), name;
    struct counting_key keys[LENT_MAX];
    struct buf sealed[LENT_MAX] = {BUF_INIT};
    struct counting_body body = {
        .spec = buf_bytes(&spec), .basis = buf_bytes(&basis), .keys = keys};
    uint8_t id[16];

    command_fixed(c, 0, id, sizeof id);
    while (strcmp(command_word(c, 3), "-") != 0 &&
           text_split(&rest, ',', &name)) {
        assert_true(body.n < LENT_MAX);
        lend(d, id, name, &keys[body.n], &sealed[body.n]);
        body.n++;
    }
    assert_ok(counting_body_encode(&body, &d->body));
    for (unsigned i = 0; i < body.n; i++)
        buf_free(&sealed[i]);
    buf_free(&spec);
    buf_free(&basis);
    printf("ok");
}

/* The sealed keys get their number in front. */
static void
count_grants(struct driver *d)
{
    struct buf all = BUF_INIT;
    struct writer w = writer_to(&all);

    writer_u16(&w, (uint16_t)d->n_grants);
    writer_bytes(&w, buf_bytes(&d->body));
    assert_ok(writer_end(&w));
    buf_free(&d->body);
    d->body = buf_take(&all);
    d->n_grants = 0;
}

/* hash <label>: of all that comes with the next request. */
void
seal_hash(struct driver *d, const struct command *c)
{
    const char *label = command_word(c, 0);
    uint8_t hash[DIGEST_LEN];

    if (strcmp(label, "sv/v1/grant") == 0)
        count_grants(d);
    digest(label, buf_bytes(&d->body), hash);
    printf("ok");
    answer_hex(BYTES(hash));
}
