#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

enum sv_err
client_seal(struct client *c, const struct sealing *s,
            const struct content *content, struct buf *body, struct hash *leaf)
{
    const struct roster *roster = &c->pin.roster;
    const char *name = content->compartment->name;
    int column = policy_column(&roster->policy, s->type, name);
    struct envelope_header h = {.vault = roster->vault,
                                .record = s->record,
                                .version = s->version,
                                .addition = s->addition};
    struct item item = {.record = s->record, .version = s->version};
    const struct ps1_sender *to = NULL;
    struct buf plain = BUF_INIT, posting = BUF_INIT;
    enum sv_err err;

    if (column < 0)
        return client_fault(c, SV_ERR_UNVERIFIED,
                            N_("the policy does not know a compartment"));
    err = client_sender(c, (unsigned)column, &to, &h.epoch);
    if (err == SV_OK)
        err = content_encode(content, &plain);
    if (err == SV_OK)
        err = client_posting(c, s->type, content, &posting);
    if (err != SV_OK)
        goto out;
    (void)text_copy(bytes_text(s->type), h.type, sizeof h.type);
    (void)text_copy(bytes_text(name), h.compartment, sizeof h.compartment);
    memcpy(h.author, c->card.name, sizeof h.author);
    if (s->prev != NULL)
        memcpy(h.prev, s->prev, sizeof h.prev);
    err = envelope_seal(&c->config.rng, &h, to, buf_bytes(&plain),
                        buf_bytes(&posting), body, item.hash);
    memcpy(item.compartment, h.compartment, sizeof item.compartment);
    *leaf = item_leaf(&item);
out:
    buf_free(&plain);
    buf_free(&posting);
    return err;
}

/* A full version says of every field at least that it was not asked. */
static enum sv_err
seal_filled(struct client *c, const struct sealing *s,
            const struct content *content, struct buf *body, struct hash *leaf)
{
    struct content filled = {0};
    enum sv_err err = content_new(content->compartment, &filled);

    if (err == SV_OK)
        err = content_fold(&filled, content);
    if (err == SV_OK) {
        content_fill(&filled);
        err = client_seal(c, s, &filled, body, leaf);
    }
    content_free(&filled);
    return err;
}

enum sv_err
client_seal_record(struct client *c, const struct draft *draft,
                   const struct handle *record, struct buf *body,
                   struct hash leaves[], size_t *n)
{
    struct sealing s = {
        .type = draft->type->name, .record = *record, .version = 1};
    const struct policy *p = &c->pin.roster.policy;
    enum sv_err err = SV_OK;

    /* In the policy's order, which the gate expects. */
    for (unsigned i = 0; i < p->n_columns && err == SV_OK; i++) {
        size_t at;

        if (strcmp(p->columns[i].type, draft->type->name) != 0 ||
            policy_is_index(p, i))
            continue;
        if (schema_compartment(draft->type, p->columns[i].compartment, &at) ==
            NULL)
            return client_fault(c, SV_ERR_UNVERIFIED,
                                N_("the schema lacks a compartment that the "
                                   "policy names"));
        err = seal_filled(c, &s, &draft->contents[at], body, &leaves[*n]);
        (*n)++;
    }
    return err;
}

static enum sv_err
add_record(struct client *c, const struct draft *draft, struct handle *out)
{
    struct request r = {.act = ACT_RECORD_CREATE};
    struct hash leaves[POLICY_COLUMNS_MAX], root;
    const struct policy *p = &c->pin.roster.policy;
    struct buf body = BUF_INIT;
    struct answer answer = {0};
    size_t n = 0;
    enum sv_err err;

    rng_fill(&c->config.rng, r.record.b, sizeof r.record.b);
    (void)text_copy(bytes_text(draft->type->name), r.type, sizeof r.type);
    err = client_seal_record(c, draft, &r.record, &body, leaves, &n);
    if (err == SV_ERR_DENIED && client_is_refused(c, r.act, r.type)) {
        buf_truncate(&body, 0);
        n = 0;
        err = SV_OK;
    }
    if (err != SV_OK)
        goto out;
    for (unsigned i = 0; i < p->n_columns; i++) {
        if (strcmp(p->columns[i].type, r.type) == 0 && !policy_is_index(p, i) &&
            r.n_compartments < REQUEST_COMPARTMENTS_MAX)
            memcpy(r.compartments[r.n_compartments++],
                   p->columns[i].compartment, NAME_SIZE);
    }
    root = tree_root_of(leaves, n);
    memcpy(r.body, root.b, sizeof r.body);
    err = client_act(c, &r, buf_bytes(&body), &answer);
    if (err == SV_OK)
        *out = r.record;
out:
    buf_free(&body);
    answer_free(&answer);
    return err;
}

enum sv_err
client_record_add(struct client *c, const struct draft *draft,
                  struct handle *out)
{
    uint64_t known = c->pin.roster.last_index;
    enum sv_err err = add_record(c, draft, out);

    return client_is_outdated(c, known, err) ? add_record(c, draft, out) : err;
}

/* What the new version follows: from the view that was read, or, for who may
 * not read, from the record's history. */
static enum sv_err
find_previous(struct client *c, const char *type, const struct handle *record,
              const char *compartment, const struct record_view *base,
              struct record_version *out)
{
    struct record_version *versions = NULL;
    uint64_t full = 0;
    size_t n = 0, at;
    enum sv_err err;

    if (base != NULL) {
        if (schema_compartment(base->type, compartment, &at) == NULL)
            return SV_ERR_NOT_FOUND;
        *out = base->newest[at];
        return SV_OK;
    }
    err = client_record_history(c, type, record, &versions, &n);
    if (err != SV_OK)
        return err;
    err = SV_ERR_NOT_FOUND;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(versions[i].compartment, compartment) != 0)
            continue;
        if (!versions[i].addition)
            full = versions[i].version;
        *out = versions[i]; /* oldest first */
        err = SV_OK;
    }
    free(versions);
    if (err == SV_OK && out->version - full >= ADDITIONS_MAX)
        err = client_fault(c, SV_ERR_INPUT,
                           N_("there are too many additions here; who may "
                              "read this part saves it first"));
    return err;
}

static enum sv_err
save_record(struct client *c, const char *type, const struct handle *record,
            const struct content *content, const struct record_view *base)
{
    const char *name = content->compartment->name;
    struct request r = {.act = ACT_RECORD_SAVE, .record = *record};
    struct sealing s = {.type = type, .record = *record};
    struct record_version previous = {0};
    struct buf body = BUF_INIT;
    struct answer answer = {0};
    struct hash leaf;
    enum sv_err err = find_previous(c, type, record, name, base, &previous);

    if (err != SV_OK)
        return err;
    s.addition = base == NULL;
    s.version = previous.version + 1;
    s.prev = previous.hash;
    (void)text_copy(bytes_text(type), r.type, sizeof r.type);
    r.n_compartments = 1;
    (void)text_copy(bytes_text(name), r.compartments[0], NAME_SIZE);
    err = s.addition ? client_seal(c, &s, content, &body, &leaf)
                     : seal_filled(c, &s, content, &body, &leaf);
    if (err == SV_OK) {
        struct hash root = tree_root_of(&leaf, 1);

        memcpy(r.body, root.b, sizeof r.body);
        err = client_act(c, &r, buf_bytes(&body), &answer);
    }
    buf_free(&body);
    answer_free(&answer);
    return err;
}

enum sv_err
client_record_save(struct client *c, const char *type,
                   const struct handle *record, const struct content *content,
                   const struct record_view *base)
{
    uint64_t known = c->pin.roster.last_index;
    enum sv_err err = save_record(c, type, record, content, base);

    return client_is_outdated(c, known, err)
               ? save_record(c, type, record, content, base)
               : err;
}

enum sv_err
client_record_assign(struct client *c, const char *type,
                     const struct handle *record, const char *person,
                     bool assign)
{
    struct request r = {.act = assign ? ACT_RECORD_ASSIGN : ACT_RECORD_UNASSIGN,
                        .record = *record};
    struct answer answer = {0};
    enum sv_err err;

    if (text_copy(bytes_text(type), r.type, sizeof r.type) != SV_OK ||
        text_copy(bytes_text(person), r.person, sizeof r.person) != SV_OK)
        return SV_ERR_USAGE;
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    answer_free(&answer);
    return err;
}
