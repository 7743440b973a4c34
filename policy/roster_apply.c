#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/roster.h"

/* Room for one more element, zero; the array may move, its content stays. */
static enum sv_err
grow(void **array, size_t n, size_t size)
{
    void *bigger = reallocarray(*array, n + 1, size);

    if (bigger == NULL)
        return SV_ERR_NOMEM;
    *array = bigger;
    memset((uint8_t *)bigger + n * size, 0, size);
    return SV_OK;
}

static enum sv_err
grow_persons(struct roster *r)
{
    void *array = r->persons;
    enum sv_err err = grow(&array, r->n_persons, sizeof *r->persons);

    r->persons = array;
    return err;
}

static enum sv_err
grow_grants(struct roster *r)
{
    void *array = r->grants;
    enum sv_err err = grow(&array, r->n_grants, sizeof *r->grants);

    r->grants = array;
    return err;
}

static enum sv_err
grow_proposals(struct roster *r)
{
    void *array = r->proposals;
    enum sv_err err = grow(&array, r->n_proposals, sizeof *r->proposals);

    r->proposals = array;
    return err;
}

static enum sv_err
grow_formers(struct roster *r)
{
    void *array = r->formers;
    enum sv_err err = grow(&array, r->n_formers, sizeof *r->formers);

    r->formers = array;
    return err;
}

static enum sv_err
grow_absences(struct roster *r)
{
    void *array = r->absences;
    enum sv_err err = grow(&array, r->n_absences, sizeof *r->absences);

    r->absences = array;
    return err;
}

static enum sv_err
grow_restores(struct roster *r)
{
    void *array = r->restores;
    enum sv_err err = grow(&array, r->n_restores, sizeof *r->restores);

    r->restores = array;
    return err;
}

static void
copy_name(char out[static NAME_SIZE], const char *name)
{
    (void)snprintf(out, NAME_SIZE, "%s", name);
}

static bool
same_keys(const struct roster_person *p, const struct sign_public *sign,
          const uint8_t box[static 32])
{
    return memcmp(p->sign.b, sign->b, sizeof p->sign.b) == 0 &&
           memcmp(p->box, box, sizeof p->box) == 0;
}

/* Room was made, and is zero.  The person's index. */
static uint32_t
add_person(struct roster *r, const char *name, const struct sign_public *sign,
           const uint8_t box[static 32], uint64_t index)
{
    struct roster_person *p = &r->persons[r->n_persons];

    copy_name(p->name, name);
    p->sign = *sign;
    memcpy(p->box, box, sizeof p->box);
    p->from_index = index;
    return (uint32_t)r->n_persons++;
}

/* Room was made, and is zero. */
static struct roster_grant *
add_grant(struct roster *r, uint32_t person, const char *role,
          const struct entry *entry)
{
    struct roster_grant *g = &r->grants[r->n_grants++];

    g->person = person;
    copy_name(g->role, role);
    g->proposed_index = entry->index;
    g->from_index = entry->index;
    g->from_ms = entry->time_ms;
    g->end_index = ROSTER_NEVER;
    return g;
}

/* Who has two roles from the start is one person, with one pair of keys. */
static enum sv_err
add_founder(struct roster *r, const struct request_founder *f,
            const struct entry *entry)
{
    const struct roster_person *known = roster_person(r, f->name);
    struct roster_grant *g;
    uint32_t person;

    if (known != NULL && !same_keys(known, &f->sign, f->box))
        return SV_ERR_FORMAT;
    person = known != NULL
                 ? (uint32_t)(known - r->persons)
                 : add_person(r, f->name, &f->sign, f->box, entry->index);
    g = add_grant(r, person, f->role, entry);
    copy_name(g->proposer, f->name);
    copy_name(g->sponsor, f->name);
    return SV_OK;
}

static enum sv_err
add_founders(struct roster *r, const struct request_genesis *g,
             const struct entry *entry)
{
    enum sv_err err = SV_OK;

    r->persons = calloc(g->n_founders, sizeof *r->persons);
    r->grants = calloc(g->n_founders, sizeof *r->grants);
    if (r->persons == NULL || r->grants == NULL)
        err = SV_ERR_NOMEM;
    for (unsigned i = 0; i < g->n_founders && err == SV_OK; i++)
        err = add_founder(r, &g->founders[i], entry);
    if (err != SV_OK)
        roster_clear(r);
    return err;
}

static enum sv_err
apply_genesis(struct roster *r, const struct entry *entry,
              const struct request *request, const struct hash *leaf)
{
    const struct request_genesis *g = &request->genesis;
    char log_name[NOTE_NAME_MAX + 1];
    struct sign_public log_key;
    enum sv_err err;

    if (r->started || entry->index != 0 || g->n_founders < 2)
        return SV_ERR_FORMAT;
    if (note_vkey_parse(bytes_text(g->log_vkey), log_name, sizeof log_name,
                        &log_key) != SV_OK ||
        strcmp(log_name, request->origin) != 0)
        return SV_ERR_FORMAT;
    err = add_founders(r, g, entry);
    if (err != SV_OK)
        return err;
    (void)snprintf(r->origin, sizeof r->origin, "%s", request->origin);
    r->vault = *leaf;
    r->log_key = log_key;
    memcpy(r->gate_box, g->gate_box, sizeof r->gate_box);
    memcpy(r->policy_hash, g->policy_hash, sizeof r->policy_hash);
    memcpy(r->schema_hash, g->schema_hash, sizeof r->schema_hash);
    copy_name(r->policy.profile, g->profile);
    r->started = true;
    return SV_OK;
}

static enum sv_err
apply_policy(struct roster *r, const struct request *request)
{
    struct bytes part = bytes_text(request->text);
    size_t was = r->policy_text.len;
    struct policy whole;
    enum sv_err err;

    if (!roster_fits_part(r, request))
        return SV_ERR_FORMAT;
    err = buf_append(&r->policy_text, part);
    if (err != SV_OK)
        return err;
    if (request->part == request->parts) {
        err = policy_decode(buf_bytes(&r->policy_text), &whole);
        if (err == SV_OK && strcmp(whole.profile, r->policy.profile) != 0)
            err = SV_ERR_FORMAT;
        if (err != SV_OK) {
            buf_truncate(&r->policy_text, was);
            return err;
        }
        r->policy = whole;
        r->has_policy = true;
    }
    r->policy_parts = request->part;
    r->policy_total = request->parts;
    return SV_OK;
}

/* Each key is the next epoch of a column, each column once; what was due
 * is done. */
static enum sv_err
apply_keys(struct roster *r, const struct entry *entry,
           const struct request *request)
{
    struct roster_key *keys;
    size_t n = r->n_keys;

    if (!r->has_policy)
        return SV_ERR_FORMAT;
    keys = reallocarray(r->keys, n + request->n_keys, sizeof *keys);
    if (keys == NULL)
        return SV_ERR_NOMEM;
    r->keys = keys;
    for (unsigned i = 0; i < request->n_keys; i++) {
        const struct request_key *k = &request->keys[i];
        int column = policy_column(&r->policy, k->type, k->compartment);
        const struct roster_key *last;
        uint32_t epoch;

        if (column < 0)
            return SV_ERR_FORMAT;
        last = roster_key(r, (unsigned)column);
        epoch = last != NULL ? last->epoch + 1 : 1;
        if (k->epoch != epoch)
            return SV_ERR_FORMAT;
        for (size_t j = r->n_keys; j < n; j++) {
            if (keys[j].column == (uint32_t)column)
                return SV_ERR_FORMAT;
        }
        memset(&keys[n], 0, sizeof keys[n]);
        keys[n].column = (uint32_t)column;
        keys[n].epoch = epoch;
        keys[n].from_index = entry->index;
        memcpy(keys[n].pub, k->pub, sizeof keys[n].pub);
        n++;
    }
    for (size_t j = r->n_keys; j < n; j++)
        r->due_ms[keys[j].column] = 0;
    r->n_keys = n;
    return SV_OK;
}

/* Of a role, or of new keys: request->grants is empty there. */
static enum sv_err
apply_propose(struct roster *r, const struct entry *entry,
              const struct request *request)
{
    struct roster_proposal *p;
    enum sv_err err;

    if (!r->has_policy)
        return SV_ERR_FORMAT;
    err = grow_proposals(r);
    if (err != SV_OK)
        return err;
    p = &r->proposals[r->n_proposals++];
    p->index = entry->index;
    copy_name(p->person, request->person);
    p->sign = request->sign;
    memcpy(p->box, request->box, sizeof p->box);
    copy_name(p->role, request->grants);
    p->until_ms = request->until_ms;
    copy_name(p->proposer, request->actor);
    return SV_OK;
}

static enum sv_err
apply_propose_role(struct roster *r, const struct entry *entry,
                   const struct request *request)
{
    const struct roster_person *known = roster_person(r, request->person);

    if (!r->has_policy || policy_role(&r->policy, request->grants) < 0 ||
        (known != NULL && !same_keys(known, &request->sign, request->box)))
        return SV_ERR_FORMAT;
    return apply_propose(r, entry, request);
}

static void
remove_proposal(struct roster *r, uint64_t index)
{
    size_t i = 0;

    while (r->proposals[i].index != index)
        i++;
    r->n_proposals--;
    memmove(&r->proposals[i], &r->proposals[i + 1],
            (r->n_proposals - i) * sizeof r->proposals[i]);
}

static void
remove_proposals_of(struct roster *r, const char *person, const char *role)
{
    for (size_t i = r->n_proposals; i-- > 0;) {
        if (strcmp(r->proposals[i].person, person) == 0 &&
            strcmp(r->proposals[i].role, role) == 0)
            remove_proposal(r, r->proposals[i].index);
    }
}

/* The last card is the one that counts: a wrong one is withdrawn by it. */
static enum sv_err
apply_replace(struct roster *r, const struct entry *entry,
              const struct request *request)
{
    if (roster_person(r, request->person) == NULL)
        return SV_ERR_FORMAT;
    remove_proposals_of(r, request->person, "");
    return apply_propose(r, entry, request);
}

static enum sv_err
apply_confirm(struct roster *r, const struct entry *entry,
              const struct request *request)
{
    const struct roster_proposal *p = roster_proposal(r, request->entry);
    const struct roster_person *known;
    struct roster_grant *g;
    uint32_t person;
    enum sv_err err;

    if (p == NULL || p->role[0] == '\0' ||
        strcmp(p->person, request->person) != 0 ||
        strcmp(p->role, request->grants) != 0)
        return SV_ERR_FORMAT;
    known = roster_person(r, p->person);
    if (known != NULL && !same_keys(known, &p->sign, p->box))
        return SV_ERR_FORMAT;
    person = known != NULL ? (uint32_t)(known - r->persons) : 0;
    err = grow_grants(r);
    if (err == SV_OK && known == NULL)
        err = grow_persons(r);
    if (err != SV_OK)
        return err;
    if (known == NULL)
        person = add_person(r, p->person, &p->sign, p->box, entry->index);
    g = add_grant(r, person, p->role, entry);
    g->proposed_index = p->index;
    g->until_ms = p->until_ms;
    copy_name(g->proposer, p->proposer);
    copy_name(g->sponsor, request->actor);
    remove_proposal(r, p->index);
    return SV_OK;
}

/* ---- revocation, suspension, return ---- */

/* The secret of this column has left the house. */
static void
mark_due(struct roster *r, unsigned column, uint64_t time_ms)
{
    if (r->due_ms[column] == 0)
        r->due_ms[column] = time_ms;
}

/* By a grant that nobody has ended; a term that is over takes care of
 * itself. */
static bool
may(const struct roster *r, const char *person, enum request_act act)
{
    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        if (r->policy.roles[i].acts[act] &&
            roster_grant_open(r, person, r->policy.roles[i].name) != NULL)
            return true;
    }
    return false;
}

/* What she proposed and could not propose any more; all: whatever she did. */
static void
remove_proposals_by(struct roster *r, const char *proposer, bool all)
{
    for (size_t i = r->n_proposals; i-- > 0;) {
        const struct roster_proposal *p = &r->proposals[i];

        if (strcmp(p->proposer, proposer) == 0 &&
            (all ||
             !may(r, proposer,
                  p->role[0] != '\0' ? ACT_STAFF_PROPOSE : ACT_STAFF_REPLACE)))
            remove_proposal(r, p->index);
    }
}

/* Ends the grants of the role, one that has run out beside a newer one too,
 * the proposals of it and of new keys for her, and hers of others. */
static enum sv_err
apply_revoke(struct roster *r, const struct entry *entry,
             const struct request *request)
{
    const struct roster_person *who = roster_person(r, request->person);
    int role = policy_role(&r->policy, request->grants);
    const struct roster_grant *open;
    bool ended = false;

    if (!r->has_policy || role < 0)
        return SV_ERR_FORMAT;
    remove_proposals_of(r, request->person, request->grants);
    remove_proposals_of(r, request->person, "");
    while ((open = roster_grant_open(r, request->person, request->grants)) !=
           NULL) {
        r->grants[open - r->grants].end_index = entry->index;
        ended = true;
    }
    remove_proposals_by(r, request->person, false);
    for (unsigned c = 0; ended && c < r->policy.n_columns; c++) {
        if (policy_holds_key(&r->policy, (unsigned)role, c) &&
            !roster_has_secret(r, (uint32_t)(who - r->persons), c))
            mark_due(r, c, entry->time_ms);
    }
    return SV_OK;
}

/* Nothing has left the house: her keys are not due.  What she proposed, or
 * was proposed for her as new keys, is for others to propose again. */
static enum sv_err
apply_suspend(struct roster *r, const struct entry *entry,
              const struct request *request)
{
    const struct roster_person *p = roster_person(r, request->person);
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_FORMAT;
    err = grow_absences(r);
    if (err != SV_OK)
        return err;
    r->absences[r->n_absences++] = (struct roster_absence){
        (uint32_t)(p - r->persons), entry->index, ROSTER_NEVER};
    remove_proposals_of(r, request->person, "");
    remove_proposals_by(r, request->person, true);
    return SV_OK;
}

/* New keys for a person: what the old ones could open is due. */
static void
change_keys(struct roster *r, uint32_t person, const struct roster_proposal *p,
            const struct entry *entry)
{
    struct roster_person *who = &r->persons[person];
    struct roster_former *f = &r->formers[r->n_formers++];

    f->person = person;
    f->sign = who->sign;
    memcpy(f->box, who->box, sizeof f->box);
    f->until_index = entry->index;
    who->sign = p->sign;
    memcpy(who->box, p->box, sizeof who->box);
    for (unsigned c = 0; c < r->policy.n_columns; c++) {
        if (roster_has_secret(r, person, c))
            mark_due(r, c, entry->time_ms);
    }
}

static enum sv_err
apply_reinstate(struct roster *r, const struct entry *entry,
                const struct request *request)
{
    const struct roster_proposal *p = roster_proposal(r, request->entry);
    const struct roster_person *who = roster_person(r, request->person);
    uint32_t person;
    bool changed;
    enum sv_err err;

    if (p == NULL || who == NULL || p->role[0] != '\0' ||
        strcmp(p->person, request->person) != 0)
        return SV_ERR_FORMAT;
    err = grow_formers(r);
    if (err != SV_OK)
        return err;
    person = (uint32_t)(who - r->persons);
    changed = !same_keys(who, &p->sign, p->box);
    if (changed)
        change_keys(r, person, p, entry);
    for (size_t i = 0; i < r->n_absences; i++) {
        if (r->absences[i].person == person &&
            r->absences[i].until_index == ROSTER_NEVER)
            r->absences[i].until_index = entry->index;
    }
    remove_proposal(r, p->index);
    if (changed) /* whoever has her old keys may have made them */
        remove_proposals_by(r, request->person, true);
    return SV_OK;
}

/* An administrator with new keys, where the entry names one: she holds no
 * secret, so nothing is due.  What was proposed for the old ones, or by who
 * has them, is void. */
static enum sv_err
apply_restore(struct roster *r, const struct entry *entry,
              const struct request *request)
{
    const struct request_founder *f = &request->restore.administrator;
    const struct roster_person *who = roster_person(r, f->name);
    struct roster_proposal p = {.sign = f->sign};
    enum sv_err err;

    if (f->name[0] != '\0' && who == NULL)
        return SV_ERR_FORMAT;
    err = grow_restores(r);
    if (err == SV_OK)
        err = grow_formers(r);
    if (err != SV_OK)
        return err;
    memcpy(r->restores[r->n_restores++].id, request->id, sizeof request->id);
    if (who == NULL)
        return SV_OK;
    memcpy(p.box, f->box, sizeof p.box);
    for (size_t i = r->n_proposals; i-- > 0;) {
        if (strcmp(r->proposals[i].person, f->name) == 0)
            remove_proposal(r, r->proposals[i].index);
    }
    if (!same_keys(who, &p.sign, p.box)) {
        change_keys(r, (uint32_t)(who - r->persons), &p, entry);
        remove_proposals_by(r, f->name, true);
    }
    return SV_OK;
}

/* ---- all of them ---- */

enum sv_err
roster_apply(struct roster *r, const struct entry *entry,
             const struct request *request, const struct hash *leaf)
{
    enum sv_err err = SV_ERR_FORMAT;

    if (request->act != ACT_GENESIS &&
        (!r->started || entry->index <= r->last_index))
        return SV_ERR_FORMAT;
    switch (request->act) {
    case ACT_GENESIS:
        err = apply_genesis(r, entry, request, leaf);
        break;
    case ACT_POLICY:
        err = apply_policy(r, request);
        break;
    case ACT_KEYS:
        err = apply_keys(r, entry, request);
        break;
    case ACT_STAFF_PROPOSE:
        err = apply_propose_role(r, entry, request);
        break;
    case ACT_STAFF_CONFIRM:
        err = apply_confirm(r, entry, request);
        break;
    case ACT_STAFF_REPLACE:
        err = apply_replace(r, entry, request);
        break;
    case ACT_STAFF_REINSTATE:
        err = apply_reinstate(r, entry, request);
        break;
    case ACT_STAFF_REVOKE:
        err = apply_revoke(r, entry, request);
        break;
    case ACT_STAFF_SUSPEND:
        err = apply_suspend(r, entry, request);
        break;
    case ACT_RESTORE:
        err = apply_restore(r, entry, request);
        break;
    default:
        break;
    }
    if (err == SV_OK) {
        r->last_index = entry->index;
        r->last_ms = entry->time_ms;
    }
    return err;
}
