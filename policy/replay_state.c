#include "policy/replay_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A handle and a name behind it: the maps' longer keys. */
struct key {
    uint8_t handle[HANDLE_LEN];
    char name[NAME_SIZE]; /* padded with NUL */
};
static_assert(sizeof(struct key) == REPLAY_ASSIGNED_LEN, "no padding");
static_assert(sizeof(struct key) == REPLAY_VERSION_LEN, "no padding");

static struct key
key_of(const struct handle *record, const char *name)
{
    struct key k;

    memset(&k, 0, sizeof k);
    memcpy(k.handle, record->b, sizeof k.handle);
    (void)snprintf(k.name, sizeof k.name, "%s", name);
    return k;
}

bool
replay_state_is_assigned(const struct replay *r, const struct handle *record,
                         const char *person)
{
    struct key k = key_of(record, person);

    return map_get(&r->assigned, &k) != NULL;
}

enum sv_err
replay_state_assign(struct replay *r, const struct handle *record,
                    const char *person)
{
    struct key k = key_of(record, person);

    return map_set(&r->assigned, &k, NULL);
}

void
replay_state_unassign(struct replay *r, const struct handle *record,
                      const char *person)
{
    struct key k = key_of(record, person);

    (void)map_remove(&r->assigned, &k);
}

bool
replay_state_is_known(const struct replay *r, const struct handle *record,
                      const char *type)
{
    const char *known = map_get(&r->records, record->b);

    return known != NULL && strcmp(known, type) == 0;
}

struct replay_version
replay_state_version(const struct replay *r, const struct handle *record,
                     const char *compartment)
{
    struct replay_version v = {.version = 0};
    struct key k = key_of(record, compartment);
    const void *found = map_get(&r->versions, &k);

    if (found != NULL)
        memcpy(&v, found, sizeof v);
    return v;
}

static enum sv_err
keep_one(struct replay *r, const struct handle *record,
         const struct entry_result *result)
{
    struct key k = key_of(record, result->compartment);
    struct replay_version v;

    memset(&v, 0, sizeof v); /* so that tables compare bytewise */
    v.version = result->version;
    v.index = r->frontier.size;
    memcpy(v.hash, result->hash, sizeof v.hash);
    return map_set(&r->versions, &k, &v);
}

enum sv_err
replay_state_keep(struct replay *r, const struct handle *record,
                  const struct entry *e)
{
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < e->n_results && err == SV_OK; i++)
        err = keep_one(r, record, &e->results[i]);
    return err;
}

enum sv_err
replay_state_create(struct replay *r, const struct handle *record,
                    const char *type, const char *actor, const struct entry *e)
{
    char padded[NAME_SIZE] = "";
    enum sv_err err;

    (void)snprintf(padded, sizeof padded, "%s", type);
    err = map_set(&r->records, record->b, padded);
    if (err == SV_OK)
        err = replay_state_assign(r, record, actor);
    if (err == SV_OK)
        err = replay_state_keep(r, record, e);
    return err;
}

/* ---- what later decisions rest on ---- */

static struct usage *
find_usage(const struct replay *r, const struct request *q)
{
    for (size_t i = 0; i < r->n_usages; i++) {
        if (r->usages[i].act == q->act &&
            strcmp(r->usages[i].person, q->actor) == 0)
            return &r->usages[i].usage;
    }
    return NULL;
}

unsigned
replay_state_recent(const struct replay *r, const struct request *q,
                    uint64_t now_ms)
{
    const struct usage *u = find_usage(r, q);

    return u == NULL
               ? 0
               : usage_count(u, now_ms, r->roster.policy.limits[q->act].ms);
}

bool
replay_state_denied_glass(const struct replay *r, const struct request *q,
                          uint64_t now_ms)
{
    const void *found = map_get(&r->denied_glass, q->record.b);
    uint64_t at;

    if (found == NULL)
        return false;
    memcpy(&at, found, sizeof at);
    return now_ms - at <= FLAG_WINDOW_MS;
}

struct release_state *
replay_state_release(const struct replay *r, uint64_t index)
{
    size_t low = 0, high = r->n_releases;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->releases[middle].index == index)
            return &r->releases[middle].state;
        if (r->releases[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum sv_err
replay_state_put_release(struct replay *r, uint64_t index,
                         const struct release_state *s)
{
    struct replay_release *more =
        reallocarray(r->releases, r->n_releases + 1, sizeof *more);

    if (more == NULL)
        return SV_ERR_NOMEM;
    r->releases = more;
    more[r->n_releases++] = (struct replay_release){index, *s};
    return SV_OK;
}

struct flag_state *
replay_state_flag(const struct replay *r, uint64_t index)
{
    size_t low = 0, high = r->n_flags;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->flags[middle].index == index)
            return &r->flags[middle].state;
        if (r->flags[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static enum sv_err
count_usage(struct replay *r, const struct entry *e, const struct request *q)
{
    struct usage *u = find_usage(r, q);

    if (u == NULL) {
        struct replay_usage *more =
            reallocarray(r->usages, r->n_usages + 1, sizeof *more);

        if (more == NULL)
            return SV_ERR_NOMEM;
        r->usages = more;
        more += r->n_usages++;
        memset(more, 0, sizeof *more);
        memcpy(more->person, q->actor, sizeof more->person);
        more->act = q->act;
        u = &more->usage;
    }
    usage_add(u, e->time_ms);
    return SV_OK;
}

static enum sv_err
put_flag(struct replay *r, const struct entry *e, const struct request *q)
{
    struct replay_flag *more =
        reallocarray(r->flags, r->n_flags + 1, sizeof *more);

    if (more == NULL)
        return SV_ERR_NOMEM;
    r->flags = more;
    more += r->n_flags++;
    more->index = e->index;
    flag_begin(&more->state, q);
    return SV_OK;
}

enum sv_err
replay_state_count(struct replay *r, const struct entry *e,
                   const struct request *q)
{
    enum sv_err err = SV_OK;

    if (strcmp(e->rule, "seen") == 0) {
        r->n_forked++;
        r->last_forked = e->index;
    }
    if (!e->allowed)
        return strcmp(e->rule, GLASS_RULE) == 0
                   ? map_set(&r->denied_glass, q->record.b, &e->time_ms)
                   : SV_OK;
    if (usage_is_due(&r->roster.policy, q->act, e))
        err = count_usage(r, e, q);
    if (err == SV_OK && flag_is_due(e))
        err = put_flag(r, e, q);
    return err;
}
