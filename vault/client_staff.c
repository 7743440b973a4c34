#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

enum sv_err
client_staff_propose(struct client *c, const struct card *card,
                     const char *role, uint64_t until_ms)
{
    struct request r = {.act = ACT_STAFF_PROPOSE, .until_ms = until_ms};
    struct answer answer = {0};
    enum sv_err err;

    if (text_copy(bytes_text(role), r.grants, sizeof r.grants) != SV_OK)
        return SV_ERR_USAGE;
    memcpy(r.person, card->name, sizeof r.person);
    r.sign = card->sign;
    memcpy(r.box, card->box.b, sizeof r.box);
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    answer_free(&answer);
    return err;
}

/* Seal to the person every key that the role holds. */
static enum sv_err
seal_role_keys(struct client *c, const struct roster_proposal *p,
               struct buf *blob)
{
    const struct policy *policy = &c->pin.roster.policy;
    int role = policy_role(policy, p->role);
    struct box_public grantee;
    struct buf items = BUF_INIT;
    struct writer w = writer_to(blob);
    uint8_t n = 0;
    enum sv_err err = SV_OK;

    memcpy(grantee.b, p->box, sizeof grantee.b);
    for (unsigned i = 0; i < policy->n_columns && err == SV_OK; i++) {
        const struct roster_key *pub = roster_key(&c->pin.roster, i);
        const struct compartment_key *key;
        struct grant_context ctx = {.vault = c->pin.roster.vault,
                                    .proposal = p->index,
                                    .grantee = p->person,
                                    .role = p->role,
                                    .type = policy->columns[i].type,
                                    .compartment =
                                        policy->columns[i].compartment};

        if (role < 0 || !policy_holds_key(policy, (unsigned)role, i))
            continue;
        key = pub != NULL ? client_key(c, i, pub->epoch) : NULL;
        if (key == NULL) {
            err = client_fault(c, SV_ERR_DENIED,
                               N_("you do not hold all the keys that this "
                                  "role needs"));
            break;
        }
        ctx.epoch = pub->epoch;
        ctx.pub = pub->pub;
        err = grants_seal(&c->config.rng, &grantee, &ctx, &key->secret, &items);
        n++;
    }
    writer_u8(&w, n);
    writer_bytes(&w, buf_bytes(&items));
    buf_free(&items);
    return err != SV_OK ? err : writer_end(&w);
}

enum sv_err
client_staff_confirm(struct client *c, uint64_t proposal)
{
    const struct roster_proposal *p = roster_proposal(&c->pin.roster, proposal);
    struct request r = {.act = ACT_STAFF_CONFIRM, .entry = proposal};
    struct buf blob = BUF_INIT;
    struct answer answer = {0};
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_NOT_FOUND;
    memcpy(r.person, p->person, sizeof r.person);
    memcpy(r.grants, p->role, sizeof r.grants);
    err = seal_role_keys(c, p, &blob);
    if (err == SV_OK) {
        grants_hash(buf_bytes(&blob), r.body);
        err = client_act(c, &r, buf_bytes(&blob), &answer);
    }
    buf_free(&blob);
    answer_free(&answer);
    return err;
}

/* ---- Founding ---- */

/* What all requests of the founding have in common; u16 note, u32 body. */
struct founding {
    const struct rng *rng;
    uint64_t now_ms;
    const char *origin;
    const struct policy *policy;
    const struct founder *administrator, *supervisor;
    unsigned n;
    struct buf requests;
};

static void
common(const struct founding *f, const struct founder *who, const char *role,
       struct request *r)
{
    struct hash empty = tree_empty();
    int at = policy_role(f->policy, role);

    (void)text_copy(bytes_text(f->origin), r->origin, sizeof r->origin);
    memcpy(r->actor, who->card.name, sizeof r->actor);
    rng_fill(f->rng, r->id, sizeof r->id);
    r->at_ms = f->now_ms;
    (void)text_copy(bytes_text(role), r->role, sizeof r->role);
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
    char key_name[NOTE_NAME_MAX + 1];
    struct buf text = BUF_INIT, note = BUF_INIT;
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_GENESIS;
    common(f, f->administrator, "administrator", r);
    err = note_vkey(f->origin, log_key, r->genesis.log_vkey);
    memcpy(r->genesis.gate_box, gate_box->b, sizeof r->genesis.gate_box);
    memcpy(r->genesis.profile, f->policy->profile, sizeof r->genesis.profile);
    memcpy(r->genesis.schema_hash, schema_hash, sizeof r->genesis.schema_hash);
    founder_line(f->administrator, &r->genesis.administrator);
    founder_line(f->supervisor, &r->genesis.supervisor);
    if (err == SV_OK)
        err = policy_hash(f->policy, r->genesis.policy_hash);
    if (err == SV_OK)
        err = request_sign(r, &f->administrator->keys->sign, &note);
    /* Both founders sign: neither makes a vault alone. */
    if (err == SV_OK)
        err = request_encode(r, &text);
    if (err == SV_OK)
        err = request_key_name(f->origin, f->supervisor->card.name, key_name);
    if (err == SV_OK)
        err = note_add_signature(buf_bytes(&text), key_name,
                                 &f->supervisor->keys->sign, &note);
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
    struct request *r = calloc(1, sizeof *r);
    struct buf note = BUF_INIT;
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_POLICY;
    common(f, f->administrator, "administrator", r);
    r->part = part;
    r->parts = parts;
    err = text_copy(lines, r->text, sizeof r->text);
    if (err == SV_OK)
        err = request_sign(r, &f->administrator->keys->sign, &note);
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

/* One compartment's key pair, its secret sealed to the supervisor. */
static enum sv_err
make_key(struct founding *f, unsigned column, struct request_key *line,
         struct buf *items)
{
    const struct policy_column *col = &f->policy->columns[column];
    struct box_secret secret;
    struct box_public pub;
    struct grant_context ctx = {.grantee = f->supervisor->card.name,
                                .role = "supervisor",
                                .type = col->type,
                                .compartment = col->compartment,
                                .epoch = 1,
                                .pub = pub.b};
    enum sv_err err;

    box_generate(f->rng, &secret, &pub);
    memcpy(line->type, col->type, sizeof line->type);
    memcpy(line->compartment, col->compartment, sizeof line->compartment);
    line->epoch = 1;
    memcpy(line->pub, pub.b, sizeof line->pub);
    err = grants_seal(f->rng, &f->supervisor->card.box, &ctx, &secret, items);
    wipe(&secret, sizeof secret);
    return err;
}

static enum sv_err
found_keys(struct founding *f)
{
    struct request *r = calloc(1, sizeof *r);
    struct buf items = BUF_INIT, blob = BUF_INIT, note = BUF_INIT;
    struct writer w = writer_to(&blob);
    enum sv_err err = SV_OK;

    if (r == NULL)
        return SV_ERR_NOMEM;
    r->act = ACT_KEYS;
    common(f, f->supervisor, "supervisor", r);
    for (unsigned i = 0; i < f->policy->n_columns && err == SV_OK; i++) {
        if (r->n_keys == REQUEST_KEYS_MAX)
            err = SV_ERR_RANGE;
        else
            err = make_key(f, i, &r->keys[r->n_keys++], &items);
    }
    writer_u8(&w, (uint8_t)r->n_keys);
    writer_bytes(&w, buf_bytes(&items));
    if (err == SV_OK)
        err = writer_end(&w);
    grants_hash(buf_bytes(&blob), r->body);
    if (err == SV_OK)
        err = request_sign(r, &f->supervisor->keys->sign, &note);
    if (err == SV_OK)
        err = add_request(f, buf_bytes(&note), buf_bytes(&blob));
    buf_free(&items);
    buf_free(&blob);
    buf_free(&note);
    free(r);
    return err;
}

enum sv_err
client_found(const struct rng *rng, const struct clock *clock,
             const char *origin, const struct policy *policy,
             const uint8_t schema_hash[static 32],
             const struct sign_public *log_key,
             const struct box_public *gate_box,
             const struct founder *administrator,
             const struct founder *supervisor, struct buf *out)
{
    struct founding f = {.rng = rng,
                         .now_ms = clock_now(clock),
                         .origin = origin,
                         .policy = policy,
                         .administrator = administrator,
                         .supervisor = supervisor,
                         .requests = BUF_INIT};
    struct writer w = writer_to(out);
    enum sv_err err = SV_OK;

    if (!checkpoint_origin_ok(origin) ||
        strcmp(administrator->card.name, supervisor->card.name) == 0 ||
        bytes_equal(BYTES(administrator->card.sign.b),
                    BYTES(supervisor->card.sign.b)))
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
