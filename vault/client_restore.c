#include <stdlib.h>
#include <string.h>

#include "vault/client_internal.h"

/*
 * A log that was restored is shorter than what some have seen of it.  They
 * go on with it only where its entry `restore` says so, and they say yes.
 */

void
client_accept_restore(struct client *c, bool waiting)
{
    c->accepts = true;
    c->accepts_waiting = waiting;
}

const struct client_restored *
client_restored(const struct client *c)
{
    return &c->restored;
}

/*
 * The last restore among these entries, which client_sync() has verified, that
 * was not in the log that was seen.  Its index does not tell: what was tried
 * before it has entries too, and an older copy has the restores of its own.
 */
static enum sv_err
find_entry(struct client *c, struct bytes entries, const struct roster *seen)
{
    struct request *q = calloc(1, sizeof *q);
    struct note *note = calloc(1, sizeof *note);
    struct chain ch = chain_of(entries);
    struct entry e;
    enum sv_err err = q != NULL && note != NULL ? SV_OK : SV_ERR_NOMEM;

    while (err == SV_OK && chain_next(&ch)) {
        err = entry_parse(ch.entry, &e);
        if (err == SV_OK)
            err = request_parse(e.note, note, q);
        if (err != SV_OK || q->act != ACT_RESTORE ||
            roster_has_restore(seen, q->id))
            continue;
        c->restored.found = true;
        c->restored.index = ch.index;
        c->restored.size = q->seen_size;
        c->restored.time_ms = e.time_ms;
        c->restored.taken_ms = q->restore.taken_ms;
        memcpy(c->restored.actor, q->actor, sizeof q->actor);
        memcpy(c->restored.second, q->restore.second, sizeof q->actor);
    }
    free(q);
    free(note);
    return err;
}

/* From the vault's id on, as at the first contact. */
static enum sv_err
begin_again(struct client *c, const struct pin *old, struct buf *response,
            struct sync_answer *answer)
{
    enum sv_err err;

    pin_init(&c->pin);
    c->pin.vault = old->vault;
    memcpy(c->pin.origin, old->origin, sizeof c->pin.origin);
    buf_truncate(response, 0);
    err = client_sync(c, false, response, answer);
    if (err == SV_OK)
        err = find_entry(c, answer->roster, &old->roster);
    return err;
}

enum sv_err
client_sync_restored(struct client *c, struct buf *response,
                     struct sync_answer *answer)
{
    const char *what = c->trouble.what;
    struct pin old = c->pin;
    enum sv_err err = begin_again(c, &old, response, answer);
    struct client_restored *r = &c->restored;

    if (!r->found)
        r->size = c->pin.size;
    r->seen = old.size;
    r->lost = r->seen > r->size ? r->seen - r->size : 1;
    if (err == SV_OK && c->accepts && (r->found || c->accepts_waiting)) {
        r->accepted = true;
        pin_clear(&old);
        return SV_OK;
    }
    pin_clear(&c->pin);
    c->pin = old;
    /* Whatever the second look came to, which the gate has in its hand. */
    return client_fault(c, SV_ERR_ROLLBACK, what);
}

/* ---- the entry ---- */

const char *
client_restore_role(const struct client *c, const char *name)
{
    const struct roster *r = &c->pin.roster;
    const char *ended = NULL;

    for (unsigned i = 0; i < r->policy.n_roles; i++) {
        const char *role = r->policy.roles[i].name;

        if (!r->policy.roles[i].acts[ACT_RESTORE])
            continue;
        if (roster_grant_at(r, name, role, UINT64_MAX - 1, client_now(c)) !=
            NULL)
            return role;
        if (roster_grant_open(r, name, role) != NULL)
            ended = role;
    }
    return ended;
}

enum sv_err
client_restore(struct client *c, const struct restore_second *second,
               uint64_t taken_ms, const struct card *administrator)
{
    struct request r = {.act = ACT_RESTORE, .restore = {.taken_ms = taken_ms}};
    struct request_founder *f = &r.restore.administrator;
    struct answer answer = {0};
    enum sv_err err = SV_OK;

    memcpy(r.restore.second_role, second->role, sizeof second->role);
    memcpy(r.restore.second, second->name, sizeof second->name);
    if (administrator != NULL) {
        memcpy(f->name, administrator->name, sizeof f->name);
        f->sign = administrator->sign;
        memcpy(f->box, administrator->box.b, sizeof f->box);
    }
    c->second = second;
    err = client_act(c, &r, bytes_of(NULL, 0), &answer);
    c->second = NULL;
    answer_free(&answer);
    return err;
}

enum sv_err
client_sign_second(const struct client *c, const struct request *r,
                   struct buf *note)
{
    char name[NOTE_NAME_MAX + 1];
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    if (c->second == NULL)
        return SV_OK;
    if (c->second->name[0] == '\0')
        err = text_copy(bytes_text(r->origin), name, sizeof name);
    else
        err = request_key_name(r->origin, c->second->name, name);
    if (err == SV_OK)
        err = request_encode(r, &text);
    if (err == SV_OK)
        err = note_add_signature(buf_bytes(&text), name, c->second->seed, note);
    buf_free(&text);
    return err;
}
