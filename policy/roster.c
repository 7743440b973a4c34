#include "policy/roster.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "policy/decide.h"

void
roster_init(struct roster *r)
{
    memset(r, 0, sizeof *r);
}

void
roster_clear(struct roster *r)
{
    buf_free(&r->policy_text);
    free(r->persons);
    free(r->grants);
    free(r->proposals);
    free(r->keys);
    free(r->formers);
    free(r->absences);
    free(r->restores);
    roster_init(r);
}

bool
roster_ready(const struct roster *r)
{
    if (!r->has_policy)
        return false;
    for (unsigned c = 0; c < r->policy.n_columns; c++) {
        if (roster_key(r, c) == NULL)
            return false;
    }
    return true;
}

bool
roster_is_entry(const struct entry *entry, const struct request *request)
{
    return entry->kind == ENTRY_REQUEST && entry->allowed &&
           entry->outcome == OUTCOME_DONE &&
           request_act_is_roster(request->act);
}

const struct roster_person *
roster_person(const struct roster *r, const char *name)
{
    for (size_t i = 0; i < r->n_persons; i++) {
        if (strcmp(r->persons[i].name, name) == 0)
            return &r->persons[i];
    }
    return NULL;
}

const struct roster_proposal *
roster_proposal(const struct roster *r, uint64_t index)
{
    for (size_t i = 0; i < r->n_proposals; i++) {
        if (r->proposals[i].index == index)
            return &r->proposals[i];
    }
    return NULL;
}

const struct roster_key *
roster_key(const struct roster *r, unsigned column)
{
    const struct roster_key *newest = NULL;

    for (size_t i = 0; i < r->n_keys; i++) {
        if (r->keys[i].column == column &&
            (newest == NULL || r->keys[i].epoch > newest->epoch))
            newest = &r->keys[i];
    }
    return newest;
}

const struct roster_key *
roster_key_epoch(const struct roster *r, unsigned column, uint32_t epoch)
{
    for (size_t i = 0; i < r->n_keys; i++) {
        if (r->keys[i].column == column && r->keys[i].epoch == epoch)
            return &r->keys[i];
    }
    return NULL;
}

bool
roster_is_absent(const struct roster *r, const char *person, uint64_t index)
{
    for (size_t i = 0; i < r->n_absences; i++) {
        const struct roster_absence *a = &r->absences[i];

        if (a->from_index < index && index <= a->until_index &&
            strcmp(r->persons[a->person].name, person) == 0)
            return true;
    }
    return false;
}

bool
roster_has_restore(const struct roster *r,
                   const uint8_t id[static REQUEST_ID_LEN])
{
    for (size_t i = 0; i < r->n_restores; i++) {
        if (memcmp(r->restores[i].id, id, REQUEST_ID_LEN) == 0)
            return true;
    }
    return false;
}

const struct roster_grant *
roster_grant_at(const struct roster *r, const char *person, const char *role,
                uint64_t index, uint64_t time_ms)
{
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        if (strcmp(r->persons[g->person].name, person) == 0 &&
            strcmp(g->role, role) == 0 && g->from_index < index &&
            g->end_index >= index &&
            (g->until_ms == 0 || time_ms < g->until_ms))
            return roster_is_absent(r, person, index) ? NULL : g;
    }
    return NULL;
}

bool
roster_works_with(const struct roster *r, const char *person, unsigned type,
                  uint64_t index, uint64_t time_ms)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (policy_touches(&r->policy, i, type) &&
            roster_grant_at(r, person, r->policy.roles[i].name, index,
                            time_ms) != NULL)
            return true;
    }
    return false;
}

const struct roster_grant *
roster_grant_open(const struct roster *r, const char *person, const char *role)
{
    for (size_t i = r->n_grants; i-- > 0;) {
        const struct roster_grant *g = &r->grants[i];

        if (g->end_index == ROSTER_NEVER && strcmp(g->role, role) == 0 &&
            strcmp(r->persons[g->person].name, person) == 0)
            return g;
    }
    return NULL;
}

bool
roster_keeps(const struct roster *r, const char *person, const char *role,
             uint64_t time_ms)
{
    const struct roster_grant *g = roster_grant_open(r, person, role);

    return g != NULL && (g->until_ms == 0 || time_ms < g->until_ms);
}

bool
roster_has_secret(const struct roster *r, uint32_t person, unsigned column)
{
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];
        int role = policy_role(&r->policy, g->role);

        if (g->person == person && g->end_index == ROSTER_NEVER && role >= 0 &&
            policy_holds_key(&r->policy, (unsigned)role, column))
            return true;
    }
    return false;
}

bool
roster_fits_part(const struct roster *r, const struct request *request)
{
    struct bytes text = bytes_text(request->text);
    struct digest d;
    uint8_t hash[DIGEST_LEN];

    if (!r->started || r->has_policy || text.len == 0 ||
        request->part != r->policy_parts + 1 ||
        request->part > request->parts ||
        (r->policy_parts > 0 && request->parts != r->policy_total) ||
        text.len > POLICY_TEXT_MAX - r->policy_text.len)
        return false;
    if (request->part < request->parts)
        return true;
    digest_begin(&d, POLICY_LABEL);
    digest_add(&d, buf_bytes(&r->policy_text));
    digest_add(&d, text);
    digest_end(&d, hash);
    return memcmp(hash, r->policy_hash, sizeof hash) == 0;
}

bool
roster_names_vault(const struct roster *r, const struct request *request)
{
    switch (request->act) {
    case ACT_GENESIS:
        return !request->has_vault && !r->started;
    case ACT_POLICY:
        return !request->has_vault && !roster_ready(r);
    case ACT_KEYS:
        if (!roster_ready(r))
            return !request->has_vault;
        break;
    default:
        break;
    }
    return request->has_vault && r->started &&
           hash_equal(&request->vault, &r->vault);
}

enum sv_err
roster_verify_by(const struct note *note, const char *origin, const char *actor,
                 const struct sign_public *key)
{
    char name[NOTE_NAME_MAX + 1];
    enum sv_err err = request_key_name(origin, actor, name);

    if (err == SV_OK)
        err = note_verify(note, name, key);
    return err_verdict(err, SV_ERR_TAMPERED);
}

/* Only genesis vouches for its own keys: its first two founders sign. */
static enum sv_err
verify_genesis(const struct note *note, const struct request *request)
{
    const struct request_founder *f = request->genesis.founders;
    enum sv_err err;

    if (note->n != 2 || request->genesis.n_founders < 2)
        return SV_ERR_TAMPERED;
    err = roster_verify_by(note, request->origin, f[FOUNDER_ADMINISTRATOR].name,
                           &f[FOUNDER_ADMINISTRATOR].sign);
    if (err != SV_OK)
        return err;
    return roster_verify_by(note, request->origin, f[FOUNDER_SUPERVISOR].name,
                            &f[FOUNDER_SUPERVISOR].sign);
}

/* The key that the person had when the entry `index` was made. */
static const struct sign_public *
key_at(const struct roster *r, const struct roster_person *p, uint64_t index)
{
    for (size_t i = 0; i < r->n_formers; i++) {
        const struct roster_former *f = &r->formers[i];

        if (&r->persons[f->person] == p && index <= f->until_index)
            return &f->sign;
    }
    return &p->sign;
}

/* Of a restore: somebody on the roster, or the log's own key. */
static enum sv_err
verify_second(const struct roster *r, uint64_t index, const struct note *note,
              const struct request *request)
{
    const char *name = request->restore.second;
    const struct roster_person *second = roster_person(r, name);
    enum sv_err err;

    if (name[0] == '\0') {
        err = note_verify(note, r->origin, &r->log_key);
        return err_verdict(err, SV_ERR_TAMPERED);
    }
    if (second == NULL)
        return SV_ERR_NOT_FOUND;
    return roster_verify_by(note, r->origin, name, key_at(r, second, index));
}

enum sv_err
roster_signer(const struct roster *r, uint64_t index, const struct note *note,
              const struct request *request, const struct sign_public **key)
{
    const struct roster_person *actor;

    *key = NULL;
    if ((!r->started && request->act == ACT_GENESIS) ||
        request->act == ACT_RESTORE)
        return SV_OK;
    actor = roster_person(r, request->actor);
    if (actor == NULL)
        return SV_ERR_NOT_FOUND;
    /* One more would be a place to write what one likes. */
    if (note->n != 1 || strcmp(request->origin, r->origin) != 0)
        return SV_ERR_TAMPERED;
    *key = key_at(r, actor, index);
    return SV_OK;
}

/* One signature alone. */
static struct note
signed_once(const struct note *note, unsigned i)
{
    struct note one = {.text = note->text, .n = 1};

    one.signature[0] = note->signature[i];
    return one;
}

/*
 * The actor's first, and then the second's.  By their places: where both are
 * one person, which the policy will deny, one signature would stand for both,
 * and nobody would have verified the other.
 */
static enum sv_err
verify_restore(const struct roster *r, uint64_t index, const struct note *note,
               const struct request *request)
{
    const struct roster_person *actor = roster_person(r, request->actor);
    struct note one;
    enum sv_err err;

    if (actor == NULL)
        return SV_ERR_NOT_FOUND;
    if (note->n != 2 || strcmp(request->origin, r->origin) != 0)
        return SV_ERR_TAMPERED;
    one = signed_once(note, 0);
    err = roster_verify_by(&one, r->origin, request->actor,
                           key_at(r, actor, index));
    if (err != SV_OK)
        return err;
    one = signed_once(note, 1);
    return verify_second(r, index, &one, request);
}

enum sv_err
roster_verify(const struct roster *r, uint64_t index, const struct note *note,
              const struct request *request)
{
    const struct sign_public *key;
    enum sv_err err;

    if (!r->started && request->act == ACT_GENESIS)
        return verify_genesis(note, request);
    if (request->act == ACT_RESTORE)
        return verify_restore(r, index, note, request);
    err = roster_signer(r, index, note, request, &key);
    return err == SV_OK ? roster_verify_by(note, r->origin, request->actor, key)
                        : err;
}

/* The entry stands where the chain of roster entries wants it. */
static bool
is_linked(const struct roster *r, uint64_t index, const struct entry *e,
          const struct request *request)
{
    const uint8_t *policy =
        r->started ? r->policy_hash : request->genesis.policy_hash;

    if (e->index != index || memcmp(e->policy_hash, policy, 32) != 0 ||
        e->time_ms < r->last_ms)
        return false;
    if (!r->started)
        return index == 0 && !e->has_roster && request->act == ACT_GENESIS;
    return e->has_roster && e->roster == r->last_index && index > r->last_index;
}

static bool
is_decided(const struct roster *r, const struct entry *e,
           const struct request *request)
{
    struct question q = {
        .request = request,
        .index = e->index,
        .time_ms = e->time_ms,
        .seen_ok = true,
    };
    struct decision d = policy_decide(r, &q);

    return d.allowed && strcmp(d.rule, e->rule) == 0;
}

enum sv_err
roster_replay(struct roster *r, uint64_t index, struct bytes entry)
{
    /* A parser that refuses sets nothing. */
    struct request request = {0};
    struct entry e = {0};
    struct note note;
    struct hash leaf;
    enum sv_err err = entry_parse(entry, &e);

    if (err != SV_OK)
        return err;
    err = request_parse(e.note, &note, &request);
    if (err != SV_OK)
        return err;
    if (!roster_is_entry(&e, &request) || e.n_results > 0)
        return SV_ERR_FORMAT;
    if (!is_linked(r, index, &e, &request) || !roster_names_vault(r, &request))
        return SV_ERR_TAMPERED;
    err = roster_verify(r, index, &note, &request);
    if (err != SV_OK)
        return err == SV_ERR_NOT_FOUND ? SV_ERR_TAMPERED : err;
    if (!is_decided(r, &e, &request))
        return SV_ERR_TAMPERED;
    leaf = tree_leaf(entry);
    return roster_apply(r, &e, &request, &leaf);
}
