#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "policy/roster.h"

#define LABEL "svault/roster/v1"

/* One element of a list is at least this long: no count can ask for more
 * memory than the input pays for. */
#define ELEMENT_MIN 16

/* ---- encoding ---- */

static void
put_head(struct writer *w, const struct roster *r)
{
    writer_name(w, LABEL);
    writer_u8(w, r->started ? 1 : 0);
    writer_short(w, bytes_text(r->origin));
    writer_bytes(w, BYTES(r->vault.b));
    writer_bytes(w, BYTES(r->log_key.b));
    writer_bytes(w, BYTES(r->gate_box));
    writer_bytes(w, BYTES(r->policy_hash));
    writer_bytes(w, BYTES(r->schema_hash));
    writer_u64(w, r->last_index);
    writer_u64(w, r->last_ms);
    writer_u32(w, r->policy_parts);
    writer_u32(w, r->policy_total);
    writer_u8(w, r->has_policy ? 1 : 0);
    writer_short(w, bytes_text(r->policy.profile));
    writer_long(w, buf_bytes(&r->policy_text));
}

static void
put_person(struct writer *w, const struct roster_person *p)
{
    writer_name(w, p->name);
    writer_bytes(w, BYTES(p->sign.b));
    writer_bytes(w, BYTES(p->box));
    writer_u64(w, p->from_index);
}

static void
put_grant(struct writer *w, const struct roster_grant *g)
{
    writer_u32(w, g->person);
    writer_name(w, g->role);
    writer_u64(w, g->proposed_index);
    writer_u64(w, g->from_index);
    writer_u64(w, g->from_ms);
    writer_u64(w, g->until_ms);
    writer_u64(w, g->end_index);
    writer_name(w, g->proposer);
    writer_name(w, g->sponsor);
}

static void
put_proposal(struct writer *w, const struct roster_proposal *p)
{
    writer_u64(w, p->index);
    writer_name(w, p->person);
    writer_bytes(w, BYTES(p->sign.b));
    writer_bytes(w, BYTES(p->box));
    writer_short(w, bytes_text(p->role));
    writer_u64(w, p->until_ms);
    writer_name(w, p->proposer);
}

static void
put_key(struct writer *w, const struct roster_key *k)
{
    writer_u32(w, k->column);
    writer_u32(w, k->epoch);
    writer_u64(w, k->from_index);
    writer_bytes(w, BYTES(k->pub));
}

static void
put_former(struct writer *w, const struct roster_former *f)
{
    writer_u32(w, f->person);
    writer_bytes(w, BYTES(f->sign.b));
    writer_bytes(w, BYTES(f->box));
    writer_u64(w, f->until_index);
}

static void
put_absence(struct writer *w, const struct roster_absence *a)
{
    writer_u32(w, a->person);
    writer_u64(w, a->from_index);
    writer_u64(w, a->until_index);
}

enum sv_err
roster_encode(const struct roster *r, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;

    put_head(&w, r);
    writer_u32(&w, (uint32_t)r->n_persons);
    for (size_t i = 0; i < r->n_persons; i++)
        put_person(&w, &r->persons[i]);
    writer_u32(&w, (uint32_t)r->n_grants);
    for (size_t i = 0; i < r->n_grants; i++)
        put_grant(&w, &r->grants[i]);
    writer_u32(&w, (uint32_t)r->n_proposals);
    for (size_t i = 0; i < r->n_proposals; i++)
        put_proposal(&w, &r->proposals[i]);
    writer_u32(&w, (uint32_t)r->n_keys);
    for (size_t i = 0; i < r->n_keys; i++)
        put_key(&w, &r->keys[i]);
    writer_u32(&w, (uint32_t)r->n_formers);
    for (size_t i = 0; i < r->n_formers; i++)
        put_former(&w, &r->formers[i]);
    writer_u32(&w, (uint32_t)r->n_absences);
    for (size_t i = 0; i < r->n_absences; i++)
        put_absence(&w, &r->absences[i]);
    for (unsigned c = 0; c < r->policy.n_columns; c++)
        writer_u64(&w, r->due_ms[c]);
    if (r->n_restores > 0)
        writer_u32(&w, (uint32_t)r->n_restores);
    for (size_t i = 0; i < r->n_restores; i++)
        writer_bytes(&w, BYTES(r->restores[i].id));
    if (writer_end(&w) != SV_OK)
        buf_truncate(out, was);
    return writer_end(&w);
}

/* ---- decoding ---- */

static bool
get_bool(struct reader *in)
{
    uint8_t v = reader_u8(in);

    if (v > 1)
        reader_fail(in);
    return v == 1;
}

/* A text that may be empty; text_copy() refuses one that is too long. */
static void
get_text(struct reader *in, char *out, size_t size)
{
    if (text_copy(reader_short(in, size), out, size) != SV_OK)
        reader_fail(in);
}

static enum sv_err
get_head(struct reader *in, struct roster *r)
{
    char label[sizeof LABEL];

    reader_name(in, label, sizeof label);
    if (strcmp(label, LABEL) != 0)
        reader_fail(in);
    r->started = get_bool(in);
    get_text(in, r->origin, sizeof r->origin);
    reader_copy(in, r->vault.b, sizeof r->vault.b);
    reader_copy(in, r->log_key.b, sizeof r->log_key.b);
    reader_copy(in, r->gate_box, sizeof r->gate_box);
    reader_copy(in, r->policy_hash, sizeof r->policy_hash);
    reader_copy(in, r->schema_hash, sizeof r->schema_hash);
    r->last_index = reader_u64(in);
    r->last_ms = reader_u64(in);
    r->policy_parts = reader_u32(in);
    r->policy_total = reader_u32(in);
    r->has_policy = get_bool(in);
    get_text(in, r->policy.profile, sizeof r->policy.profile);
    return buf_append(&r->policy_text, reader_long(in, POLICY_TEXT_MAX));
}

static void
get_person(struct reader *in, struct roster_person *p)
{
    reader_name(in, p->name, sizeof p->name);
    reader_copy(in, p->sign.b, sizeof p->sign.b);
    reader_copy(in, p->box, sizeof p->box);
    p->from_index = reader_u64(in);
}

static void
get_grant(struct reader *in, size_t n_persons, struct roster_grant *g)
{
    g->person = reader_u32(in);
    reader_name(in, g->role, sizeof g->role);
    g->proposed_index = reader_u64(in);
    g->from_index = reader_u64(in);
    g->from_ms = reader_u64(in);
    g->until_ms = reader_u64(in);
    g->end_index = reader_u64(in);
    reader_name(in, g->proposer, sizeof g->proposer);
    reader_name(in, g->sponsor, sizeof g->sponsor);
    if (g->person >= n_persons)
        reader_fail(in);
}

static void
get_proposal(struct reader *in, struct roster_proposal *p)
{
    p->index = reader_u64(in);
    reader_name(in, p->person, sizeof p->person);
    reader_copy(in, p->sign.b, sizeof p->sign.b);
    reader_copy(in, p->box, sizeof p->box);
    get_text(in, p->role, sizeof p->role);
    p->until_ms = reader_u64(in);
    reader_name(in, p->proposer, sizeof p->proposer);
}

static void
get_key(struct reader *in, unsigned n_columns, struct roster_key *k)
{
    k->column = reader_u32(in);
    k->epoch = reader_u32(in);
    k->from_index = reader_u64(in);
    reader_copy(in, k->pub, sizeof k->pub);
    if (k->column >= n_columns || k->epoch == 0)
        reader_fail(in);
}

static void
get_former(struct reader *in, size_t n_persons, struct roster_former *f)
{
    f->person = reader_u32(in);
    reader_copy(in, f->sign.b, sizeof f->sign.b);
    reader_copy(in, f->box, sizeof f->box);
    f->until_index = reader_u64(in);
    if (f->person >= n_persons)
        reader_fail(in);
}

static void
get_absence(struct reader *in, size_t n_persons, struct roster_absence *a)
{
    a->person = reader_u32(in);
    a->from_index = reader_u64(in);
    a->until_index = reader_u64(in);
    if (a->person >= n_persons)
        reader_fail(in);
}

/* A count, and zeroed room for as many elements. */
static enum sv_err
get_room(struct reader *in, size_t size, size_t *n, void **array)
{
    uint32_t count = reader_u32(in);
    size_t left = in->in.len - in->at;

    *n = 0;
    *array = NULL;
    if (in->failed || count > left / ELEMENT_MIN)
        return SV_ERR_FORMAT;
    if (count == 0)
        return SV_OK;
    *array = calloc(count, size);
    if (*array == NULL)
        return SV_ERR_NOMEM;
    *n = count;
    return SV_OK;
}

static enum sv_err
get_people(struct reader *in, struct roster *r)
{
    void *room;
    enum sv_err err;

    err = get_room(in, sizeof *r->persons, &r->n_persons, &room);
    r->persons = room;
    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < r->n_persons; i++)
        get_person(in, &r->persons[i]);
    err = get_room(in, sizeof *r->grants, &r->n_grants, &room);
    r->grants = room;
    for (size_t i = 0; err == SV_OK && i < r->n_grants; i++)
        get_grant(in, r->n_persons, &r->grants[i]);
    return err;
}

static enum sv_err
get_rest(struct reader *in, struct roster *r)
{
    void *room;
    enum sv_err err;

    err = get_room(in, sizeof *r->proposals, &r->n_proposals, &room);
    r->proposals = room;
    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < r->n_proposals; i++)
        get_proposal(in, &r->proposals[i]);
    err = get_room(in, sizeof *r->keys, &r->n_keys, &room);
    r->keys = room;
    for (size_t i = 0; err == SV_OK && i < r->n_keys; i++)
        get_key(in, r->policy.n_columns, &r->keys[i]);
    return err;
}

static enum sv_err
get_past(struct reader *in, struct roster *r)
{
    void *room;
    enum sv_err err;

    err = get_room(in, sizeof *r->formers, &r->n_formers, &room);
    r->formers = room;
    if (err != SV_OK)
        return err;
    for (size_t i = 0; i < r->n_formers; i++)
        get_former(in, r->n_persons, &r->formers[i]);
    err = get_room(in, sizeof *r->absences, &r->n_absences, &room);
    r->absences = room;
    for (size_t i = 0; err == SV_OK && i < r->n_absences; i++)
        get_absence(in, r->n_persons, &r->absences[i]);
    for (unsigned c = 0; err == SV_OK && c < r->policy.n_columns; c++)
        r->due_ms[c] = reader_u64(in);
    return err;
}

/* Nothing is there for a log that was never restored. */
static enum sv_err
get_restores(struct reader *in, struct roster *r)
{
    void *room;
    enum sv_err err;

    if (in->at == in->in.len)
        return SV_OK;
    err = get_room(in, sizeof *r->restores, &r->n_restores, &room);
    r->restores = room;
    if (err == SV_OK && r->n_restores == 0)
        err = SV_ERR_FORMAT;
    for (size_t i = 0; err == SV_OK && i < r->n_restores; i++)
        reader_copy(in, r->restores[i].id, sizeof r->restores[i].id);
    return err;
}

/* The policy is not stored beside its text: it follows from it. */
static enum sv_err
get_policy(struct roster *r)
{
    char profile[NAME_SIZE];
    enum sv_err err;

    if (!r->has_policy)
        return SV_OK;
    memcpy(profile, r->policy.profile, sizeof profile);
    err = policy_decode(buf_bytes(&r->policy_text), &r->policy);
    if (err == SV_OK && strcmp(profile, r->policy.profile) != 0)
        err = SV_ERR_FORMAT;
    return err;
}

enum sv_err
roster_decode(struct bytes in, struct roster *out)
{
    struct reader reader = reader_of(in);
    struct roster r;
    enum sv_err err;

    roster_init(&r);
    err = get_head(&reader, &r);
    if (err == SV_OK)
        err = get_policy(&r);
    if (err == SV_OK)
        err = get_people(&reader, &r);
    if (err == SV_OK)
        err = get_rest(&reader, &r);
    if (err == SV_OK)
        err = get_past(&reader, &r);
    if (err == SV_OK)
        err = get_restores(&reader, &r);
    if (err == SV_OK)
        err = reader_end(&reader);
    if (err == SV_OK) {
        *out = r;
        roster_init(&r);
    }
    roster_clear(&r);
    return err;
}
