#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

/* What all requests of the founding have in common; u16 note, u32 body. */
struct founding {
    const struct rng *rng;
    uint64_t now_ms;
    const char *origin;
    const struct policy *policy;
    const struct founder *founders; /* the first two sign */
    size_t n_founders;
    unsigned n;
    struct buf requests;
};

static void
common(const struct founding *f, const struct founder *who, struct request *r)
{
    struct hash empty = tree_empty();
    int at = policy_role(f->policy, who->role);

    (void)text_copy(bytes_text(f->origin), r->origin, sizeof r->origin);
    memcpy(r->actor, who->card.name, sizeof r->actor);
    rng_fill(f->rng, r->id, sizeof r->id);
    r->at_ms = f->now_ms;
    (void)text_copy(bytes_text(who->role), r->role, sizeof r->role);
    if (at >= 0)
        memcpy(r->purpose,
               f->policy->purposes[f->policy->roles[at].default_purpose],
               sizeof r->purpose);
    r->purpose_defaulted = true;
    r->seen_size = 0;
    r->seen_root = empty;
}

static enum sv_err
add_request(struct founding *f, struct bytes note, struct bytes body)
{
    struct writer w = writer_to(&f->requests);

    writer_medium(&w, note);
    writer_long(&w, body);
    f->n++;
    return writer_end(&w);
}

static void
founder_line(const struct founder *from, struct request_founder *to)
{
    (void)text_copy(bytes_text(from->role), to->role, sizeof to->role);
    memcpy(to->name, from->card.name, sizeof to->name);
    to->sign = from->card.sign;
    memcpy(to->box, from->card.box.b, sizeof to->box);
}

static enum sv_err
found_genesis(struct founding *f, const uint8_t schema_hash[static 32],
              const struct sign_public *log_key,
              const struct box_public *gate_box)
{
    struct request *r = calloc(1, sizeof *r);
    const struct founder *administrator = &f->founders[FOUNDER_ADMINISTRATOR];
    const struct founder *supervisor = &f->founders[FOUNDER_SUPERVISOR];
    char key_name[NOTE_NAME_MAX + 1];
    struct buf text = BUF_INIT, note = BUF_INIT;
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_GENESIS;
    common(f, administrator, r);
    err = note_vkey(f->origin, log_key, r->genesis.log_vkey);
    memcpy(r->genesis.gate_box, gate_box->b, sizeof r->genesis.gate_box);
    memcpy(r->genesis.profile, f->policy->profile, sizeof r->genesis.profile);
    memcpy(r->genesis.schema_hash, schema_hash, sizeof r->genesis.schema_hash);
    for (size_t i = 0; i < f->n_founders; i++)
        founder_line(&f->founders[i], &r->genesis.founders[i]);
    r->genesis.n_founders = (unsigned)f->n_founders;
    if (err == SV_OK)
        err = policy_hash(f->policy, r->genesis.policy_hash);
    if (err == SV_OK)
        err = identity_sign(administrator->identity, &administrator->card.sign,
                            r, &note);
    /* Both founders sign: neither makes a vault alone. */
    if (err == SV_OK)
        err = request_encode(r, &text);
    if (err == SV_OK)
        err = request_key_name(f->origin, supervisor->card.name, key_name);
    if (err == SV_OK)
        err =
            identity_add_signature(supervisor->identity, &supervisor->card.sign,
                                   buf_bytes(&text), key_name, &note);
    if (err == SV_OK)
        err = add_request(f, buf_bytes(&note), bytes_of(NULL, 0));
    buf_free(&text);
    buf_free(&note);
    free(r);
    return err;
}

static enum sv_err
add_policy_part(struct founding *f, unsigned part, unsigned parts,
                struct bytes lines)
{
    const struct founder *administrator = &f->founders[FOUNDER_ADMINISTRATOR];
    struct request *r = calloc(1, sizeof *r);
    struct buf note = BUF_INIT;
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_POLICY;
    common(f, administrator, r);
    r->part = part;
    r->parts = parts;
    err = text_copy(lines, r->text, sizeof r->text);
    if (err == SV_OK)
        err = identity_sign(administrator->identity, &administrator->card.sign,
                            r, &note);
    if (err == SV_OK)
        err = add_request(f, buf_bytes(&note), bytes_of(NULL, 0));
    buf_free(&note);
    free(r);
    return err;
}

/* The canonical text, in as many entries as it needs. */
static enum sv_err
found_policy(struct founding *f)
{
    struct buf text = BUF_INIT;
    struct bytes lines;
    unsigned parts = 1;
    enum sv_err err = policy_encode(f->policy, &text);

    for (unsigned k = 1; k <= parts && err == SV_OK; k++) {
        err = policy_part(buf_bytes(&text), k, &lines, &parts);
        if (err == SV_OK)
            err = add_policy_part(f, k, parts, lines);
    }
    buf_free(&text);
    return err;
}

/* ---- The first keys ---- */

/* Does this founder hold the column, by any of her roles? */
static bool
founder_holds(const struct founding *f, const struct founder *who,
              unsigned column)
{
    for (size_t i = 0; i < f->n_founders; i++) {
        int role = policy_role(f->policy, f->founders[i].role);

        if (strcmp(f->founders[i].card.name, who->card.name) == 0 &&
            role >= 0 && policy_holds_key(f->policy, (unsigned)role, column))
            return true;
    }
    return false;
}

/* Each person once, at her first role. */
static bool
is_first_line(const struct founding *f, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (strcmp(f->founders[i].card.name, f->founders[at].card.name) == 0)
            return false;
    }
    return true;
}

/* One column's key pair, its secret sealed to all founders who hold it, in
 * the order of handover_of(). */
static enum sv_err
make_key(struct founding *f, unsigned column, struct request_key *line,
         struct buf *items, uint16_t *n)
{
    const struct policy_column *col = &f->policy->columns[column];
    struct box_secret secret;
    struct box_public pub;
    enum sv_err err = SV_OK;

    box_generate(f->rng, &secret, &pub);
    memcpy(line->type, col->type, sizeof line->type);
    memcpy(line->compartment, col->compartment, sizeof line->compartment);
    line->epoch = 1;
    memcpy(line->pub, pub.b, sizeof line->pub);
    for (size_t i = 0; i < f->n_founders && err == SV_OK; i++) {
        const struct founder *who = &f->founders[i];
        struct grant_context ctx = {.grantee = who->card.name,
                                    .type = col->type,
                                    .compartment = col->compartment,
                                    .epoch = 1,
                                    .pub = pub.b};

        if (!is_first_line(f, i) || !founder_holds(f, who, column))
            continue;
        err = grants_seal(f->rng, &who->card.box, &ctx, &secret, items);
        ++*n;
    }
    wipe(&secret, sizeof secret);
    return err;
}

static enum sv_err
found_keys(struct founding *f)
{
    const struct founder *supervisor = &f->founders[FOUNDER_SUPERVISOR];
    struct request *r = calloc(1, sizeof *r);
    struct buf items = BUF_INIT, blob = BUF_INIT, note = BUF_INIT;
    struct writer w = writer_to(&blob);
    uint16_t n = 0;
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_KEYS;
    common(f, supervisor, r);
    for (unsigned i = 0; i < f->policy->n_columns && err == SV_OK; i++) {
        if (r->n_keys == REQUEST_KEYS_MAX)
            err = SV_ERR_RANGE;
        else
            err = make_key(f, i, &r->keys[r->n_keys++], &items, &n);
    }
    writer_u16(&w, n);
    writer_bytes(&w, buf_bytes(&items));
    if (err == SV_OK)
        err = writer_end(&w);
    grants_hash(buf_bytes(&blob), r->body);
    if (err == SV_OK)
        err = identity_sign(supervisor->identity, &supervisor->card.sign, r,
                            &note);
    if (err == SV_OK)
        err = add_request(f, buf_bytes(&note), buf_bytes(&blob));
    buf_free(&items);
    buf_free(&blob);
    buf_free(&note);
    free(r);
    return err;
}

/* The first two are administrator and supervisor, two people with keys. */
static bool
founders_ok(const struct founder founders[], size_t n)
{
    const struct founder *a = &founders[FOUNDER_ADMINISTRATOR];
    const struct founder *s = &founders[FOUNDER_SUPERVISOR];

    return n >= 2 && n <= REQUEST_FOUNDERS_MAX && a->identity != NULL &&
           s->identity != NULL && strcmp(a->card.name, s->card.name) != 0 &&
           !bytes_equal(BYTES(a->card.sign.b), BYTES(s->card.sign.b));
}

enum sv_err
client_found(const struct rng *rng, const struct clock *clock,
             const char *origin, const struct policy *policy,
             const uint8_t schema_hash[static 32],
             const struct sign_public *log_key,
             const struct box_public *gate_box, const struct founder founders[],
             size_t n_founders, struct buf *out)
{
    struct founding f = {.rng = rng,
                         .now_ms = clock_now(clock),
                         .origin = origin,
                         .policy = policy,
                         .founders = founders,
                         .n_founders = n_founders,
                         .requests = BUF_INIT};
    struct writer w = writer_to(out);
    enum sv_err err = SV_OK;

    if (!checkpoint_origin_ok(origin) || !founders_ok(founders, n_founders))
        return SV_ERR_USAGE;
    err = found_genesis(&f, schema_hash, log_key, gate_box);
    if (err == SV_OK)
        err = found_policy(&f);
    if (err == SV_OK)
        err = found_keys(&f);
    if (err == SV_OK) {
        writer_u16(&w, (uint16_t)f.n);
        writer_bytes(&w, buf_bytes(&f.requests));
        err = writer_end(&w);
    }
    buf_free(&f.requests);
    return err;
}
