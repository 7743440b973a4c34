#include <assert.h>
#include <string.h>

#include "policy/replay_step.h"

/*
 * What an allowed request came to, held against the entries before, and
 * what it changes.
 */

/* ---- results ---- */

struct hash
replay_result_leaf(const struct handle *record,
                   const struct entry_result *result)
{
    struct item it = {.record = *record, .version = result->version};

    memcpy(it.compartment, result->compartment, sizeof it.compartment);
    memcpy(it.hash, result->hash, sizeof it.hash);
    return item_leaf(&it);
}

static bool
same_compartments(const struct entry *e, const struct request *q)
{
    if (e->n_results != q->n_compartments)
        return false;
    for (unsigned i = 0; i < e->n_results; i++) {
        if (strcmp(e->results[i].compartment, q->compartments[i]) != 0)
            return false;
    }
    return true;
}

static bool
body_is_root(const struct entry *e, const struct request *q)
{
    struct hash leaves[ENTRY_RESULTS_MAX], root;

    for (unsigned i = 0; i < e->n_results; i++)
        leaves[i] = replay_result_leaf(&q->record, &e->results[i]);
    root = tree_root_of(leaves, e->n_results);
    return memcmp(root.b, q->body, sizeof root.b) == 0;
}

/* ---- what was done, by act ---- */

static enum sv_err
done_roster(struct step *s)
{
    enum sv_err err;

    err = roster_apply(&s->r->roster, &s->in->entry, &s->in->request,
                       &s->in->leaf);
    if (err == SV_OK &&
        (request_act_lines(s->in->request.act) & LINE_BODY) != 0)
        s->r->n_handovers++;
    if (err == SV_OK || err == SV_ERR_NOMEM)
        return err;
    return replay_wrong(s, N_("contradicts the roster"));
}

static enum sv_err
done_create(struct step *s)
{
    const struct request *q = &s->in->request;

    if (map_get(&s->r->records, q->record.b) != NULL)
        return replay_wrong(s, N_("creates a record that exists"));
    if (!same_compartments(&s->in->entry, q) || !body_is_root(&s->in->entry, q))
        return replay_wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->in->entry.n_results; i++) {
        if (s->in->entry.results[i].version != 1)
            return replay_wrong(s, N_("not the next version"));
    }
    return replay_state_create(s->r, &q->record, q->type, q->actor,
                               &s->in->entry);
}

static enum sv_err
done_save(struct step *s)
{
    const struct request *q = &s->in->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return replay_wrong(s, N_("a record that does not exist"));
    if (!same_compartments(&s->in->entry, q) || !body_is_root(&s->in->entry, q))
        return replay_wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->in->entry.n_results; i++) {
        const struct entry_result *result = &s->in->entry.results[i];
        struct replay_version last =
            replay_state_version(s->r, &q->record, result->compartment);

        if (last.version == 0 || result->version != last.version + 1)
            return replay_wrong(s, N_("not the next version"));
    }
    return replay_state_keep(s->r, &q->record, &s->in->entry);
}

static enum sv_err
done_read(struct step *s)
{
    const struct request *q = &s->in->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return replay_wrong(s, N_("a record that does not exist"));
    if (!same_compartments(&s->in->entry, q))
        return replay_wrong(s, N_("results are not what the request says"));
    for (unsigned i = 0; i < s->in->entry.n_results; i++) {
        const struct entry_result *result = &s->in->entry.results[i];
        struct replay_version last =
            replay_state_version(s->r, &q->record, result->compartment);

        if (result->version != last.version ||
            memcmp(result->hash, last.hash, sizeof last.hash) != 0)
            return replay_wrong(s, N_("not the last version"));
    }
    return SV_OK;
}

/* The items follow: nothing else may come between. */
static enum sv_err
done_import(struct step *s)
{
    struct replay *r = s->r;

    r->batch_index = r->frontier.size;
    r->batch_left = s->in->request.count;
    memcpy(r->batch_root, s->in->request.body, sizeof r->batch_root);
    memcpy(r->batch_type, s->in->request.type, sizeof r->batch_type);
    memcpy(r->batch_actor, s->in->request.actor, sizeof r->batch_actor);
    buf_truncate(&r->batch_leaves, 0);
    return SV_OK;
}

static enum sv_err
done_history(struct step *s)
{
    if (!replay_state_is_known(s->r, &s->in->request.record,
                               s->in->request.type))
        return replay_wrong(s, N_("a record that does not exist"));
    return SV_OK;
}

static enum sv_err
done_assign(struct step *s)
{
    const struct request *q = &s->in->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return replay_wrong(s, N_("a record that does not exist"));
    if (replay_state_is_assigned(s->r, &q->record, q->person))
        return replay_wrong(s, N_("assigns what is assigned"));
    return replay_state_assign(s->r, &q->record, q->person);
}

static enum sv_err
done_unassign(struct step *s)
{
    const struct request *q = &s->in->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return replay_wrong(s, N_("a record that does not exist"));
    if (!replay_state_is_assigned(s->r, &q->record, q->person))
        return replay_wrong(s, N_("takes back what is not assigned"));
    replay_state_unassign(s->r, &q->record, q->person);
    return SV_OK;
}

static enum sv_err
done_nothing(struct step *s)
{
    (void)s;
    return SV_OK;
}

static enum sv_err
done_acknowledge_flag(struct step *s)
{
    struct flag_state *flag = replay_state_flag(s->r, s->in->request.entry);

    if (flag == NULL)
        return replay_wrong(s, N_("acknowledges what was not flagged"));
    flag->acknowledged = true;
    return SV_OK;
}

static enum sv_err
done_request_release(struct step *s)
{
    struct release_state state;

    if (release_begin(&state, &s->in->entry, &s->in->request) != SV_OK)
        return replay_wrong(s, N_("results are not what the request says"));
    return replay_state_put_release(s->r, s->in->entry.index, &state);
}

static enum sv_err
done_release(struct step *s)
{
    struct release_state *state =
        replay_state_release(s->r, s->in->request.entry);

    if (state == NULL)
        return replay_wrong(s, N_("a release that does not exist"));
    release_step(state, &s->in->entry, &s->in->request);
    if (s->in->request.act == ACT_RELEASE_APPROVE)
        s->r->last_release = s->in->entry.index;
    return SV_OK;
}

/* Which outcomes an allowed act can have beside done. */
#define MAY(outcome) (1U << (outcome))
#define INVALID MAY(OUTCOME_INVALID)
#define NOT_FOUND MAY(OUTCOME_NOT_FOUND)
#define EXISTS MAY(OUTCOME_EXISTS)
#define DUPLICATE MAY(OUTCOME_DUPLICATE)
#define CONFLICT MAY(OUTCOME_CONFLICT)
#define DAMAGED MAY(OUTCOME_DAMAGED)
#define NOT_MADE                                                               \
    (MAY(OUTCOME_UNSAFE) | MAY(OUTCOME_TOO_LARGE) | MAY(OUTCOME_INFEASIBLE) |  \
     MAY(OUTCOME_UNPROVED))

typedef enum sv_err (*done_fn)(struct step *s);
static const struct {
    done_fn done;
    unsigned besides;
    bool has_results;
} by_act[] = {
    [ACT_GENESIS] = {done_roster, 0, false},
    [ACT_POLICY] = {done_roster, 0, false},
    [ACT_KEYS] = {done_roster, INVALID | DAMAGED, false},
    [ACT_STAFF_PROPOSE] = {done_roster, 0, false},
    [ACT_STAFF_CONFIRM] = {done_roster, INVALID | DAMAGED, false},
    [ACT_STAFF_REPLACE] = {done_roster, 0, false},
    [ACT_STAFF_REINSTATE] = {done_roster, INVALID | DAMAGED, false},
    [ACT_STAFF_REVOKE] = {done_roster, 0, false},
    [ACT_STAFF_SUSPEND] = {done_roster, 0, false},
    [ACT_RECORD_CREATE] = {done_create, INVALID | EXISTS | DUPLICATE | DAMAGED,
                           true},
    [ACT_RECORD_IMPORT] = {done_import, INVALID | EXISTS | DUPLICATE | DAMAGED,
                           false},
    [ACT_RECORD_SAVE] = {done_save,
                         INVALID | NOT_FOUND | CONFLICT | DUPLICATE | DAMAGED,
                         true},
    [ACT_RECORD_READ] = {done_read, NOT_FOUND | DAMAGED, true},
    [ACT_RECORD_LIST] = {done_nothing, 0, false},
    [ACT_RECORD_FIND] = {done_nothing, INVALID | DAMAGED, false},
    [ACT_RECORD_HISTORY] = {done_history, NOT_FOUND | DAMAGED, false},
    [ACT_RECORD_ASSIGN] = {done_assign, NOT_FOUND | EXISTS | DAMAGED, false},
    [ACT_RECORD_UNASSIGN] = {done_unassign, NOT_FOUND | DAMAGED, false},
    [ACT_FLAG_ACKNOWLEDGE] = {done_acknowledge_flag, 0, false},
    [ACT_COUNTS_PREVIEW] = {done_nothing, INVALID | DAMAGED, false},
    [ACT_RELEASE_REQUEST] = {done_request_release, INVALID | DAMAGED | NOT_MADE,
                             true},
    [ACT_RELEASE_LIST] = {done_nothing, 0, false},
    [ACT_RELEASE_SHOW] = {done_release, DAMAGED, false},
    [ACT_RELEASE_ACKNOWLEDGE] = {done_release, INVALID | DAMAGED, false},
    [ACT_RELEASE_APPROVE] = {done_release, INVALID | DAMAGED, false},
    [ACT_RELEASE_REFUSE] = {done_release, DAMAGED, false},
    [ACT_RELEASE_FETCH] = {done_release, DAMAGED, false},
    [ACT_LOG_READ] = {done_nothing, 0, false},
    [ACT_STORE_CHECK] = {done_nothing, 0, false},
    [ACT_BACKUP_OPEN] = {done_nothing, DAMAGED, false},
    [ACT_BACKUP_READ] = {done_nothing, NOT_FOUND | DAMAGED, false},
    [ACT_RESTORE] = {done_roster, INVALID | DAMAGED, false},
};
static_assert(sizeof by_act / sizeof by_act[0] == ACT_N, "a row for each act");

/* Not found, and there: an access kept back, or one given and hidden. */
static enum sv_err
check_not_found(const struct step *s)
{
    const struct request *q = &s->in->request;

    if (!replay_state_is_known(s->r, &q->record, q->type))
        return SV_OK;
    if (q->act == ACT_RECORD_UNASSIGN &&
        !replay_state_is_assigned(s->r, &q->record, q->person))
        return SV_OK;
    return replay_wrong(s, N_("not found, but it is there"));
}

static enum sv_err
check_exists(const struct step *s)
{
    const struct request *q = &s->in->request;

    if (q->act == ACT_RECORD_CREATE &&
        map_get(&s->r->records, q->record.b) == NULL)
        return replay_wrong(s, N_("exists, but it is not there"));
    if (q->act == ACT_RECORD_ASSIGN &&
        (!replay_state_is_known(s->r, &q->record, q->type) ||
         !replay_state_is_assigned(s->r, &q->record, q->person)))
        return replay_wrong(s, N_("exists, but it is not there"));
    return SV_OK;
}

enum sv_err
replay_outcome(struct step *s)
{
    const struct entry *e = &s->in->entry;

    if (e->allowed == (e->outcome == OUTCOME_NONE))
        return replay_wrong(s,
                            N_("an outcome that the decision does not have"));
    if (e->allowed && e->outcome != OUTCOME_DONE &&
        (by_act[s->in->request.act].besides & MAY(e->outcome)) == 0)
        return replay_wrong(s, N_("an outcome that the act does not have"));
    if (e->n_results > 0 &&
        (e->outcome != OUTCOME_DONE || !by_act[s->in->request.act].has_results))
        return replay_wrong(s, N_("results where there are none"));
    switch (e->outcome) {
    case OUTCOME_DONE:
        return by_act[s->in->request.act].done(s);
    case OUTCOME_NOT_FOUND:
        return check_not_found(s);
    case OUTCOME_EXISTS:
        return check_exists(s);
    default:
        return SV_OK;
    }
}
