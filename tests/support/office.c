#include "tests/support/office.h"

#include <sys/stat.h>

#include "counts/document.h"
#include "crypto/init.h"
#include "vault/builtin.h"

#define START_MS UINT64_C(1672531200000) /* 2023-01-01 */

struct colleague *
office_person(struct office *o, const char *name)
{
    struct colleague *p;
    uint8_t seed[SEED_LEN];

    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->people[i].card.name, name) == 0)
            return &o->people[i];
    }
    assert_true(o->n < OFFICE_PEOPLE_MAX);
    p = &o->people[o->n++];
    digest("test/person", bytes_text(name), seed);
    user_keys_derive(seed, &p->keys);
    card_of(&p->keys, name, &p->card);
    p->identity = identity_of_keys(&p->keys);
    pin_init(&p->pin);
    return p;
}

void
office_prepare(struct office *o, office_store_fn open_store, void *ctx)
{
    memset(o, 0, sizeof *o);
    assert_ok(crypto_init());
    assert_ok(arena_new((size_t)1 << 20, &o->arena));
    support_dir_make(o->home);
    assert_ok(path_join(o->dir, o->home, "office"));
    o->now_ms = START_MS;
    o->config = (struct gate_config){.dir = o->dir,
                                     .clock = support_clock(&o->now_ms),
                                     .rng = rng_fixed(&o->random),
                                     .open_store = open_store,
                                     .store_ctx = ctx,
                                     .counting = &o->counting};
    o->solver =
        (struct solver_source){solver_process_open_lazily, &o->solver_process};
    document_counting(&o->solver, &o->counting);
    o->profile = "standard";
    (void)office_person(o, "admin-1");
    (void)office_person(o, "lead-1");
}

static void
add_founder(struct office *o, const char *role, const char *name,
            struct founder out[], size_t *n)
{
    const struct colleague *who = office_person(o, name);

    out[(*n)++] = (struct founder){role, who->card, &who->identity};
}

/* Who has which role from the start. */
static size_t
office_founders(struct office *o, struct founder out[static 5])
{
    size_t n = 0;

    add_founder(o, "administrator", "admin-1", out, &n);
    add_founder(o, "supervisor", "lead-1", out, &n);
    if (strcmp(o->profile, "small-office") == 0) {
        add_founder(o, "caseworker", "lead-1", out, &n);
        add_founder(o, "approver", "admin-1", out, &n);
    }
    if (o->recovery)
        add_founder(o, "recovery", "rescue-1", out, &n);
    return n;
}

enum sv_err
office_found(struct office *o)
{
    struct founder founders[5];
    size_t n = office_founders(o, founders);
    struct schema_source schema = schema_builtin();
    struct policy *policy = calloc(1, sizeof *policy);
    struct sign_public log_key;
    struct box_public gate_box;
    struct buf founding = BUF_INIT;
    struct diag where = {0};
    uint8_t hash[DIGEST_LEN];
    enum sv_err err;

    assert_non_null(policy);
    o->gate_keys = (struct gate_keys){.epoch = 1};
    rng_fill(&o->config.rng, o->gate_keys.root, sizeof o->gate_keys.root);
    gate_keys_derive(&o->gate_keys);
    sign_public_of(&o->gate_keys.log, &log_key);
    assert_ok(box_public_of(&o->gate_keys.box, &gate_box));
    assert_ok(
        policy_from_json(builtin_policy_json(), o->profile, policy, &where));
    if (o->limit.n > 0)
        policy->limits[o->limited] = o->limit;
    schema_hash(schema, hash);
    err =
        client_found(&o->config.rng, &o->config.clock, "office.example", policy,
                     hash, &log_key, &gate_box, founders, n, &founding);
    if (err == SV_OK)
        err = gate_create(&o->config, &o->gate_keys, schema,
                          buf_bytes(&founding));
    if (err == SV_OK)
        o->vault = o->gate_keys.vault;
    buf_free(&founding);
    free(policy);
    return err;
}

enum sv_err
office_open(struct office *o)
{
    char holder[GATE_HOLDER_SIZE];
    const char *what;

    return gate_open(&o->config, holder, &what, &o->gate);
}

void
office_end(struct office *o, const char *name)
{
    struct colleague *p = office_person(o, name);

    if (p->client == NULL)
        return;
    pin_clear(&p->pin);
    p->pin = *client_pin(p->client);
    pin_init(client_pin(p->client));
    client_free(p->client);
    p->client = NULL;
}

void
office_close(struct office *o)
{
    for (size_t i = 0; i < o->n; i++)
        office_end(o, o->people[i].card.name);
    gate_close(o->gate);
    o->gate = NULL;
}

void
office_free(struct office *o)
{
    office_close(o);
    solver_process_stop(o->solver_process);
    for (size_t i = 0; i < o->n; i++)
        pin_clear(&o->people[i].pin);
    arena_free(o->arena);
    support_dir_remove(o->home);
}

enum sv_err
office_begin(struct office *o, const char *name)
{
    struct colleague *p = office_person(o, name);
    struct client_config config = {
        .transport =
            o->through.call != NULL ? o->through : transport_to_gate(o->gate),
        .clock = o->config.clock,
        .rng = o->config.rng,
        .arena = o->arena};
    struct client_hello hello;
    enum sv_err err;

    if (p->client != NULL)
        return SV_OK;
    err = client_new(&config, &p->client);
    if (err == SV_OK)
        err = client_hello(p->client, &hello);
    if (err == SV_OK) {
        p->pin.vault = o->vault;
        err = client_begin(p->client, &p->card, &p->identity, &p->pin);
    }
    if (err != SV_OK)
        office_end(o, name);
    return err;
}

struct client *
office_client(struct office *o, const char *name)
{
    assert_ok(office_begin(o, name));
    return office_person(o, name)->client;
}

/* Confirm, by lead-1, what was proposed last. */
static enum sv_err
confirm_last(struct office *o)
{
    const struct roster *r;
    struct client *lead;
    enum sv_err err;

    /* A session learns of new roster entries when it begins. */
    office_end(o, "lead-1");
    err = office_begin(o, "lead-1");
    if (err != SV_OK)
        return err;
    lead = office_person(o, "lead-1")->client;
    r = client_roster(lead);
    if (r->n_proposals == 0)
        return SV_ERR_NOT_FOUND;
    return client_staff_confirm(lead, r->proposals[r->n_proposals - 1].index);
}

enum sv_err
office_hire(struct office *o, const char *name, const char *role)
{
    enum sv_err err = office_begin(o, "admin-1");

    if (err == SV_OK)
        err = client_staff_propose(office_person(o, "admin-1")->client,
                                   &office_person(o, name)->card, role, 0);
    return err != SV_OK ? err : confirm_last(o);
}

enum sv_err
office_replace(struct office *o, const char *name, const char *other)
{
    struct colleague *who = office_person(o, name);
    struct colleague *from = office_person(o, other);
    struct card card;
    enum sv_err err = office_begin(o, "admin-1");

    office_end(o, name);
    card_of(&from->keys, name, &card);
    if (err == SV_OK)
        err = client_staff_replace(office_person(o, "admin-1")->client, &card);
    if (err == SV_OK)
        err = confirm_last(o);
    if (err == SV_OK) {
        who->card = card;
        who->keys = from->keys;
    }
    return err;
}

void
office_hire_all(struct office *o)
{
    static const char *const staff[][2] = {
        {"intake-1", "intake"},       {"case-1", "caseworker"},
        {"case-2", "caseworker"},     {"clinic-1", "clinician"},
        {"legal-1", "legal_officer"}, {"justice-1", "justice_liaison"},
        {"audit-1", "auditor"},       {"stats-1", "statistics_officer"},
        {"approve-1", "approver"},
    };

    for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++)
        assert_ok(office_hire(o, staff[i][0], staff[i][1]));
}

void
office_new(struct office *o)
{
    office_prepare(o, NULL, NULL);
    assert_ok(office_found(o));
    assert_ok(office_open(o));
    office_hire_all(o);
}

static void
set_field(struct draft *d, const char *column, const char *value)
{
    struct schema_place at;
    const char *reason = NULL;

    assert_ok(draft_place(d->type, bytes_text(column), &at));
    assert_ok(content_add(&d->contents[at.compartment], at.field,
                          bytes_text(value), &reason));
}

/* Pairs of a column and its value, the last one NULL. */
static enum sv_err
add_record(struct office *o, const char *author, const char *const fields[],
           struct handle *out)
{
    struct client *c;
    struct draft draft = {0};
    enum sv_err err = office_begin(o, author);

    if (err != SV_OK)
        return err;
    c = office_person(o, author)->client;
    assert_ok(draft_new(schema_type(client_schema(c), "victim"), &draft));
    for (size_t i = 0; fields[i] != NULL; i += 2)
        set_field(&draft, fields[i], fields[i + 1]);
    err = client_record_add(c, &draft, out);
    draft_free(&draft);
    return err;
}

enum sv_err
office_record(struct office *o, const char *author, const char *case_no,
              const char *family_name, struct handle *out)
{
    const char *const fields[] = {"identity.case_no",
                                  case_no,
                                  "identity.family_name",
                                  family_name,
                                  "facts.gender",
                                  "female",
                                  NULL};

    return add_record(o, author, fields, out);
}

enum sv_err
office_named(struct office *o, const char *author, const char *case_no,
             const char *family, const char *given, const char *family_kana,
             const char *given_kana, const char *phone, struct handle *out)
{
    const char *const fields[] = {"identity.case_no",
                                  case_no,
                                  "identity.family_name",
                                  family,
                                  "identity.given_name",
                                  given,
                                  "identity.family_name_kana",
                                  family_kana,
                                  "identity.given_name_kana",
                                  given_kana,
                                  "identity.phone",
                                  phone,
                                  NULL};

    return add_record(o, author, fields, out);
}

enum sv_err
office_add_phone(struct client *c, const struct handle *h)
{
    const struct schema_type *type = schema_type(client_schema(c), "victim");
    const struct schema_compartment *part;
    struct content addition = {0};
    const char *reason = NULL;
    enum sv_err err;
    size_t at, f;

    part = schema_compartment(type, "identity", &at);
    assert_non_null(part);
    assert_ok(content_new(part, &addition));
    assert_non_null(schema_field(part, bytes_text("phone"), &f));
    assert_ok(content_add(&addition, f, bytes_text("090-0000-0000"), &reason));
    err = client_record_save(c, "victim", h, &addition, NULL);
    content_free(&addition);
    return err;
}

void
office_rotate(struct office *o, const char *compartment, unsigned times)
{
    struct client *lead;
    const struct policy *p;
    unsigned columns[POLICY_COLUMNS_MAX], n = 0;

    office_end(o, "lead-1");
    lead = office_client(o, "lead-1");
    p = &client_roster(lead)->policy;
    for (unsigned i = 0; i < p->n_columns; i++) {
        if (compartment == NULL ||
            (strcmp(p->columns[i].type, "victim") == 0 &&
             strcmp(p->columns[i].compartment, compartment) == 0))
            columns[n++] = i;
    }
    assert_true(n > 0);
    for (unsigned i = 0; i < times; i++)
        assert_ok(client_rotate(lead, n, columns));
    office_end(o, "case-1");
    office_end(o, "case-2");
}

struct buf
office_field(const struct record_view *v, const char *compartment,
             const char *field)
{
    struct buf text = BUF_INIT;
    const struct schema_compartment *sc;
    size_t at, f;

    sc = schema_compartment(v->type, compartment, &at);
    assert_non_null(sc);
    assert_non_null(schema_field(sc, bytes_text(field), &f));
    if (v->contents[at].fields != NULL)
        assert_ok(content_text(&v->contents[at], f, &text));
    assert_ok(buf_append(&text, bytes_of("", 1)));
    return text;
}

void
office_verify(struct office *o)
{
    struct log_verdict verdict = {0};

    assert_ok(
        client_log_verify(office_client(o, "audit-1"), NULL, NULL, &verdict));
    if (verdict.fault.reason != NULL)
        fail_msg("entry %llu: %s", (unsigned long long)verdict.fault.index,
                 verdict.fault.reason);
    if (verdict.n_findings > 0)
        fail_msg("%s: %s", verdict.findings[0].place,
                 verdict.findings[0].reason);
    free(verdict.findings);
}
