#include "campaigns/model/driver.h"

#include "vault/grants.h"

/* ---- Words ---- */

static _Noreturn void
give_up(const char *why)
{
    printf("fault %s\n", why);
    exit(1);
}

const char *
command_word(const struct command *c, unsigned i)
{
    if (i >= c->n)
        give_up("a word is missing");
    return c->word[i];
}

uint64_t
command_number(const struct command *c, unsigned i)
{
    uint64_t n = 0;

    if (text_u64(bytes_text(command_word(c, i)), 0, UINT64_MAX, &n) != SV_OK)
        give_up("not a number");
    return n;
}

struct buf
command_bytes(const struct command *c, unsigned i)
{
    const char *word = command_word(c, i);
    struct buf out = BUF_INIT;
    size_t n = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
    uint8_t *at;

    assert_ok(buf_extend(&out, n, &at));
    if (n > 0 && text_unhex(bytes_text(word), at, n) != SV_OK)
        give_up("not hex");
    return out;
}

void
command_fixed(const struct command *c, unsigned i, uint8_t *out, size_t n)
{
    if (text_unhex(bytes_text(command_word(c, i)), out, n) != SV_OK)
        give_up("not hex of that length");
}

void
answer_hex(struct bytes b)
{
    char *text = malloc(2 * b.len + 1);

    assert_non_null(text);
    text_hex(b, text);
    printf(" %s", b.len == 0 ? "-" : text);
    free(text);
}

/* ---- Secrets of compartments ---- */

struct driver_secret *
driver_secret(struct driver *d, const char *type, const char *compartment,
              uint64_t epoch)
{
    for (size_t i = 0; i < d->n_secrets; i++) {
        struct driver_secret *s = &d->secrets[i];

        if (s->epoch == epoch && strcmp(s->type, type) == 0 &&
            strcmp(s->compartment, compartment) == 0)
            return s;
    }
    give_up("no such compartment's key");
}

struct driver_secret *
driver_keep(struct driver *d, const char *type, const char *compartment,
            uint32_t epoch, const struct box_secret *secret)
{
    struct driver_secret *s;

    if (d->n_secrets == DRIVER_SECRETS_MAX)
        give_up("too many keys of compartments");
    s = &d->secrets[d->n_secrets++];
    memset(s, 0, sizeof *s);
    assert_ok(text_copy(bytes_text(type), s->type, sizeof s->type));
    assert_ok(text_copy(bytes_text(compartment), s->compartment,
                        sizeof s->compartment));
    s->epoch = epoch;
    s->secret = *secret;
    assert_ok(box_public_of(secret, &s->pub));
    assert_ok(ps1_sender_init(&d->o.config.rng, &s->pub, &s->to));
    return s;
}

/* Those that the first supervisor made, as they were sealed to her. */
static void
learn_secrets(struct driver *d, struct bytes blob)
{
    const struct roster *r = client_roster(office_client(&d->o, "lead-1"));
    struct grant_item item;
    struct reader items;
    unsigned left;

    assert_ok(grants_begin(blob, &items, &left));
    while (left > 0) {
        struct grant_context ctx = {.epoch = 1};
        struct box_secret secret = {{0}};
        int column;

        assert_ok(grants_next(&items, &left, &item));
        if (strcmp(item.grantee, "lead-1") != 0)
            continue;
        column = policy_column(&r->policy, item.type, item.compartment);
        assert_true(column >= 0);
        ctx.grantee = item.grantee;
        ctx.type = item.type;
        ctx.compartment = item.compartment;
        ctx.pub = roster_key(r, (unsigned)column)->pub;
        assert_ok(grants_open(&office_person(&d->o, "lead-1")->identity, &ctx,
                              &item, &secret));
        (void)driver_keep(d, item.type, item.compartment, 1, &secret);
    }
}

static void
learn_founding(struct driver *d)
{
    struct sync_request ask = {.name = "lead-1"};
    struct buf question = BUF_INIT, answer = BUF_INIT;
    struct message_answer m;
    struct reader grants;

    assert_ok(message_sync_encode(&ask, &question));
    assert_ok(gate_handle(d->o.gate, buf_bytes(&question), &answer));
    assert_ok(message_answer_decode(buf_bytes(&answer), &m));
    grants = reader_of(m.sync.grants);
    for (uint32_t n = reader_u32(&grants); n > 0; n--) {
        (void)reader_u64(&grants);
        learn_secrets(d, reader_long(&grants, m.sync.grants.len));
    }
    assert_ok(reader_end(&grants));
    office_end(&d->o, "lead-1");
    buf_free(&question);
    buf_free(&answer);
}

/* ---- The office ---- */

static enum sv_err
open_store(void *ctx, const char *dir, bool create, struct store **out)
{
    struct driver *d = ctx;
    enum sv_err err = store_lmdb_open(dir, STORE_TABLES_MAX, create, &d->store);

    return err == SV_OK ? store_fault_wrap(d->store, &d->plan, out) : err;
}

static void
leave(struct driver *d)
{
    if (d->founded)
        office_free(&d->o);
    d->founded = false;
    schema_free(d->schema);
    d->schema = NULL;
    for (size_t i = 0; i < d->n_sent; i++)
        buf_free(&d->sent[i]);
    d->n_sent = d->n_secrets = 0;
    buf_free(&d->body);
    buf_free(&d->answer);
}

/* found <profile> <recovery>: a new office.  Its vault id. */
static void
office_begin_new(struct driver *d, const struct command *c)
{
    struct diag where = {0};

    leave(d);
    d->plan = (struct store_fault_plan){.fail_at = 0};
    office_prepare(&d->o, open_store, d);
    d->o.profile = strcmp(command_word(c, 0), "standard") == 0 ? "standard"
                                                               : "small-office";
    d->o.recovery = command_number(c, 1) != 0;
    assert_ok(office_found(&d->o));
    assert_ok(office_open(&d->o));
    d->founded = true;
    sign_public_of(&d->o.gate_keys.log, &d->log_key);
    assert_ok(schema_load(schema_builtin(), &d->schema, &where));
    learn_founding(d);
    printf("ok");
    answer_hex(BYTES(d->o.vault.b));
}

/* keys <label>: the public halves of keys that go by that label. */
static void
office_keys(struct driver *d, const struct command *c)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys;
    struct card card;

    (void)d;
    digest("test/person", bytes_text(command_word(c, 0)), seed);
    user_keys_derive(seed, &keys);
    card_of(&keys, "x", &card);
    printf("ok");
    answer_hex(BYTES(card.sign.b));
    answer_hex(BYTES(card.box.b));
}

/* clock <ms> */
static void
office_clock(struct driver *d, const struct command *c)
{
    d->o.now_ms = command_number(c, 0);
    printf("ok");
}

/* reopen: the gate ends and begins again. */
static void
office_reopen(struct driver *d, const struct command *c)
{
    (void)c;
    office_close(&d->o);
    printf("ok %d", office_open(&d->o));
}

/* fail <call> <error>: that call of the store from now on. */
static void
office_fail(struct driver *d, const struct command *c)
{
    d->plan.fail_at = d->plan.calls + command_number(c, 0);
    d->plan.error = -(int)command_number(c, 1);
    d->plan.failed = false;
    printf("ok");
}

/* flaky <conflicts> <doubts> <seed>: of 1,000 commits. */
static void
office_flaky(struct driver *d, const struct command *c)
{
    d->plan.conflict_per_1000 = (uint32_t)command_number(c, 0);
    d->plan.unsure_per_1000 = (uint32_t)command_number(c, 1);
    d->plan.seed = command_number(c, 2);
    printf("ok");
}

/* ---- Commands ---- */

static const struct {
    const char *name;
    command_fn fn;
} commands[] = {
    {"found", office_begin_new}, {"keys", office_keys},
    {"clock", office_clock},     {"reopen", office_reopen},
    {"fail", office_fail},       {"flaky", office_flaky},
    {"newkey", seal_new_key},    {"envelope", seal_envelope},
    {"grant", seal_grant},       {"query", seal_query},
    {"counting", seal_counting}, {"hash", seal_hash},
    {"hold", ask_hold},          {"run", ask_run},
    {"again", ask_again},        {"sync", ask_sync},
    {"content", ask_content},    {"parcel", ask_parcel},
    {"rows", ask_rows},          {"signed", ask_signed},
    {"verify", ask_verify},
};

static void
obey(struct driver *d, char *line)
{
    struct command c = {0};
    char *save = NULL;
    const char *name = strtok_r(line, " \n", &save);

    for (char *w; (w = strtok_r(NULL, " \n", &save)) != NULL;) {
        if (c.n == DRIVER_WORDS_MAX)
            give_up("too many words");
        c.word[c.n++] = w;
    }
    for (size_t i = 0; name != NULL && i < sizeof commands / sizeof commands[0];
         i++) {
        if (strcmp(commands[i].name, name) == 0) {
            commands[i].fn(d, &c);
            putchar('\n');
            return;
        }
    }
    give_up("an unknown command");
}

int
main(void)
{
    struct driver *d = calloc(1, sizeof *d);
    char *line = NULL;
    size_t size = 0;

    assert_non_null(d);
    while (getline(&line, &size, stdin) > 0) {
        obey(d, line);
        if (fflush(stdout) != 0)
            break;
    }
    leave(d);
    free(line);
    free(d);
    return 0;
}
