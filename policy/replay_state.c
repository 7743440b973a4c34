#include "policy/replay_state.h"

#include <assert.h>
#include <stdio.h>
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
