#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "vault/gate_internal.h"

/*
 * One request in its transaction: is it whole and signed, may it be done,
 * what came of it, and the entry that says so.
 */

/* The one table: what an act does beside what the policy decides and the log
 * keeps.  Those without a row only change the roster, or clear a flag. */
static const struct act_row act_rows[ACT_N] = {
    [ACT_KEYS] = {.apply = act_keys_apply, .takes_bytes = true},
    [ACT_STAFF_CONFIRM] = {.apply = act_keys_apply, .takes_bytes = true},
    [ACT_STAFF_REINSTATE] = {.apply = act_keys_apply, .takes_bytes = true},
    [ACT_RECORD_CREATE] = {.apply = act_create_apply, .takes_bytes = true},
    [ACT_RECORD_IMPORT] = {.apply = act_import_apply,
                           .items = act_import_items,
                           .again = act_import_again,
                           .takes_bytes = true},
    [ACT_RECORD_SAVE] = {.apply = act_save_apply, .takes_bytes = true},
    [ACT_RECORD_READ] = {.apply = act_read_apply,
                         .show = act_read_show,
                         .again = act_read_show,
                         .content = true},
    [ACT_RECORD_LIST] = {.show = act_list_show,
                         .again = act_list_show,
                         .content = true,
                         .last = true},
    [ACT_RECORD_FIND] = {.apply = act_find_apply,
                         .show = act_find_show,
                         .again = act_find_show,
                         .takes_bytes = true,
                         .content = true,
                         .last = true},
    [ACT_RECORD_HISTORY] = {.apply = act_history_apply,
                            .show = act_history_show,
                            .again = act_history_show,
                            .content = true,
                            .last = true},
    [ACT_RECORD_ASSIGN] = {.apply = act_assign_apply},
    [ACT_RECORD_UNASSIGN] = {.apply = act_assign_apply},
    [ACT_COUNTS_PREVIEW] = {.apply = act_preview_apply, .takes_bytes = true},
    [ACT_RELEASE_REQUEST] = {.apply = act_request_apply, .takes_bytes = true},
    [ACT_RELEASE_LIST] = {.show = act_release_list_show,
                          .again = act_release_list_show,
                          .content = true,
                          .last = true},
    [ACT_RELEASE_SHOW] = {.show = act_release_show_show,
                          .again = act_release_show_show,
                          .content = true},
    [ACT_RELEASE_ACKNOWLEDGE] = {.apply = act_release_step_apply},
    [ACT_RELEASE_APPROVE] = {.apply = act_release_step_apply},
    [ACT_RELEASE_REFUSE] = {.apply = act_release_step_apply},
    [ACT_RELEASE_FETCH] = {.show = act_release_fetch_show,
                           .again = act_release_fetch_show,
                           .content = true},
    [ACT_LOG_READ] = {.show = act_log_read_show,
                      .again = act_log_read_show,
                      .content = true,
                      .last = true},
    [ACT_STORE_CHECK] =
        {.show = act_store_check_show,
         .again = act_store_check_show,
         .content = true,
         .last = true}, /* it compares the roster with the whole log */
    [ACT_BACKUP_OPEN] = {.apply = act_backup_open_apply},
    [ACT_BACKUP_READ] = {.apply = act_backup_read_apply,
                         .again = act_backup_read_again,
                         .content = true},
    [ACT_RESTORE] = {.apply = act_restore_apply},
};

static_assert(ACT_N == 32, "a new act: what does it do?");

static const struct act_row *
row_of(enum request_act act)
{
    return &act_rows[act];
}

void
releases_clear(struct act *a)
{
    for (size_t i = 0; i < a->n_releases; i++) {
        buf_free(&a->releases[i].row);
        buf_free(&a->releases[i].provenance);
    }
    free(a->releases);
    a->releases = NULL;
    a->n_releases = 0;
}

void
act_clear(struct act *a)
{
    releases_clear(a);
    buf_free(&a->entry_text);
    buf_free(&a->answer);
    buf_free(&a->head);
    buf_free(&a->inclusion);
    buf_free(&a->consistency);
    roster_clear(&a->roster);
    a->has_roster = false;
}

/* One word for an unknown name and for a bad signature: it tells nobody who
 * works here.  Now is behind every change of keys. */
static enum sv_err
verify(struct act *a)
{
    const struct roster *r = &a->gate->roster;
    enum sv_err err = roster_verify(r, UINT64_MAX, &a->note, &a->request);

    a->verified = r->last_index;
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_TAMPERED ? SV_ERR_DENIED
                                                             : err;
}

/* As the replay asks it: an entry that it would not take is none. */
static bool
is_of_this_vault(const struct act *a)
{
    const struct roster *r = &a->gate->roster;

    return roster_names_vault(r, &a->request) &&
           (!r->started || strcmp(a->request.origin, r->origin) == 0);
}

enum sv_err
act_accept(struct gate *g, struct bytes note, struct bytes body, struct act *a,
           const char **reason)
{
    enum sv_err err;

    memset(a, 0, sizeof *a);
    a->gate = g;
    a->raw = note;
    a->body = body;
    roster_init(&a->roster);
    *reason = "malformed";
    err = request_parse(note, &a->note, &a->request);
    if (err == SV_OK && body.len > 0 && !row_of(a->request.act)->takes_bytes)
        err = SV_ERR_FORMAT;
    if (err != SV_OK)
        return err;
    (void)pthread_rwlock_rdlock(&g->roster_lock);
    *reason = "foreign";
    err = is_of_this_vault(a) ? SV_OK : SV_ERR_DENIED;
    if (err == SV_OK) {
        *reason = "signature";
        err = verify(a);
    }
    (void)pthread_rwlock_unlock(&g->roster_lock);
    return err;
}

enum sv_err
act_confirm(struct act *a, const char **reason)
{
    *reason = "restored";
    if (a->gate->restored.waits && a->request.act != ACT_RESTORE)
        return SV_ERR_DENIED;
    *reason = "signature";
    return a->verified == a->gate->roster.last_index ? SV_OK : verify(a);
}

bool
act_is_last(const struct act *a)
{
    return row_of(a->request.act)->last ||
           request_act_is_roster(a->request.act);
}

void
request_note_hash(struct bytes note, uint8_t out[static DIGEST_LEN])
{
    digest("sv/v1/note", note, out);
}

/*
 * Has this id been used?  With the same bytes it is a repetition of the
 * entry at *index.
 */
static enum sv_err
look_up_id(const struct act *a, bool *used, bool *same, uint64_t *index)
{
    struct buf row = BUF_INIT;
    uint8_t hash[DIGEST_LEN], had[DIGEST_LEN];
    struct reader r;
    enum sv_err err =
        tables_get(&a->tables, TABLE_REQUEST, BYTES(a->request.id), &row);

    *used = err == SV_OK;
    *same = false;
    if (err == SV_OK) {
        r = reader_of(buf_bytes(&row));
        *index = reader_u64(&r);
        reader_copy(&r, had, sizeof had);
        err = reader_end(&r) == SV_OK ? SV_OK : SV_ERR_TAMPERED;
        request_note_hash(a->raw, hash);
        *same = bytes_equal(BYTES(hash), BYTES(had));
    }
    buf_free(&row);
    return err == SV_ERR_NOT_FOUND ? SV_OK : err;
}

static enum sv_err
remember_id(const struct act *a)
{
    uint8_t row[8 + DIGEST_LEN];

    put_u64(row, a->index);
    request_note_hash(a->raw, row + 8);
    return tables_put(&a->tables, TABLE_REQUEST, BYTES(a->request.id),
                      BYTES(row));
}

/* again: may she still do what she did? */
static enum sv_err
decide(struct act *a, bool id_seen, bool again)
{
    struct gate *g = a->gate;
    struct question q = {.request = &a->request,
                         .index = a->log.frontier.size,
                         .time_ms = a->time_ms,
                         .id_seen = id_seen};
    enum sv_err err = SV_OK;

    if (g->roster.started &&
        (request_act_lines(a->request.act) & LINE_RECORD) != 0)
        err = assignment_get(&a->tables,
                             person_index(&g->roster, a->request.actor),
                             &a->request.record, &a->assigned);
    if (err == SV_OK)
        err = log_has_root(&a->tables, &a->log, a->request.seen_size,
                           &a->request.seen_root, &q.seen_ok);
    if (err != SV_OK)
        return err;
    q.assigned = a->assigned;
    err = facts_load(a, &q);
    if (err != SV_OK)
        return err;
    if (again)
        q.recent = 0; /* it was within the limit, and is counted */
    a->decision = policy_decide(&g->roster, &q);
    return SV_OK;
}

/* The entry, made of what was decided and done, into the log. */
static enum sv_err
append_entry(struct act *a)
{
    struct gate *g = a->gate;
    struct entry *e = &a->entry;
    enum sv_err err;

    e->kind = ENTRY_REQUEST;
    e->index = a->index;
    e->has_roster = a->log.has_roster;
    e->roster = a->log.roster;
    e->time_ms = a->time_ms;
    e->allowed = a->decision.allowed;
    memcpy(e->rule, a->decision.rule, sizeof e->rule);
    memcpy(e->policy_hash,
           g->roster.started ? g->roster.policy_hash
                             : a->request.genesis.policy_hash,
           sizeof e->policy_hash);
    e->note = a->raw;
    err = entry_encode(e, &a->entry_text);
    if (err != SV_OK)
        return err;
    a->log.time_ms = a->time_ms;
    return log_append(&a->tables, &a->log, buf_bytes(&a->entry_text));
}

/* The roster that follows from a roster entry, stored beside it. */
static enum sv_err
change_roster(struct act *a)
{
    struct hash leaf = tree_leaf(buf_bytes(&a->entry_text));
    struct buf now = BUF_INIT, next = BUF_INIT;
    enum sv_err err = roster_encode(&a->gate->roster, &now);

    if (err == SV_OK)
        err = roster_decode(buf_bytes(&now), &a->roster);
    if (err == SV_OK)
        err = roster_apply(&a->roster, &a->entry, &a->request, &leaf);
    if (err == SV_OK)
        err = roster_encode(&a->roster, &next);
    if (err == SV_OK)
        err = tables_put(&a->tables, TABLE_META, bytes_text(META_ROSTER),
                         buf_bytes(&next));
    if (err == SV_OK) {
        a->has_roster = true;
        a->log.has_roster = true;
        a->log.roster = a->index;
    }
    buf_free(&now);
    buf_free(&next);
    return err;
}

enum sv_err
gate_sign_head(const struct gate *g, const struct log_state *log,
               struct buf *out)
{
    struct checkpoint c = {.size = log->frontier.size};

    memcpy(c.origin, g->roster.origin, sizeof c.origin);
    c.root = frontier_root(&log->frontier);
    return checkpoint_sign(&c, &g->keys->log, out);
}

/* Proofs for the answer, under the head that it comes with. */
static enum sv_err
prove(struct act *a)
{
    uint64_t size = a->log.frontier.size, seen = a->request.seen_size;
    enum sv_err err = log_inclusion(&a->tables, a->index, size, &a->inclusion);

    /* Who names a head that this log does not have gets no proof from it. */
    if (err == SV_OK)
        err = log_consistency(&a->tables, seen <= size ? seen : 0, size,
                              &a->consistency);
    return err;
}

/*
 * The same request again, within its day: its entry is there.  A receipt is
 * given again as it was, that of a denial too: who lost the answer learns the
 * reason.  Content only if the actor may still have it now.
 */
static enum sv_err
perform_again(struct act *a, const struct act_row *row, uint64_t index)
{
    struct entry first;
    enum sv_err err;

    if (a->time_ms > a->request.at_ms &&
        a->time_ms - a->request.at_ms > DECIDE_LAG_MS)
        return SV_OK;
    err = log_entry(&a->tables, index, &a->entry_text);
    if (err == SV_OK)
        err = entry_parse(buf_bytes(&a->entry_text), &first);
    if (err == SV_OK && row->content && first.allowed) {
        err = decide(a, false, true);
        if (err == SV_OK && !a->decision.allowed) {
            buf_truncate(&a->entry_text, 0);
            return SV_OK;
        }
    }
    if (err != SV_OK)
        return err;
    a->repeated = true;
    a->index = index;
    a->entry = first;
    return SV_OK;
}

/*
 * What an act writes stands with the outcome done alone.  One that wrote and
 * came to another takes the transaction with it; when it runs again, it has
 * that outcome from the start, and writes nothing.
 */
static enum sv_err
apply(struct act *a, const struct act_row *row)
{
    uint64_t before = store_changes(a->tables.txn);
    enum sv_err err;

    if (a->settled) {
        a->entry.outcome = a->settled_as;
        return SV_OK;
    }
    err = row->apply(a);
    if (err == SV_ERR_TAMPERED) {
        /* A damaged row of this record: evidence, not a reason to leave no
         * trace. */
        releases_clear(a);
        a->entry.outcome = OUTCOME_DAMAGED;
        a->entry.n_results = 0;
        err = SV_OK;
    }
    if (err != SV_OK || a->entry.outcome == OUTCOME_DONE ||
        store_changes(a->tables.txn) == before)
        return err;
    a->settled = true;
    a->settled_as = a->entry.outcome;
    return SV_ERR_CONFLICT;
}

static enum sv_err
perform_new(struct act *a, const struct act_row *row, bool id_used)
{
    enum sv_err err = decide(a, id_used, false);

    if (err != SV_OK)
        return err;
    a->index = a->log.frontier.size;
    a->entry.outcome = a->decision.allowed ? OUTCOME_DONE : OUTCOME_NONE;
    if (a->decision.allowed && row->apply != NULL)
        err = apply(a, row);
    if (err == SV_OK)
        err = append_entry(a);
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE) {
        if (request_act_is_roster(a->request.act))
            err = change_roster(a);
        if (err == SV_OK && row->items != NULL)
            err = row->items(a);
    }
    if (err == SV_OK)
        err = facts_note(a);
    /* An id is remembered with the bytes that first came with it. */
    if (err == SV_OK && !id_used)
        err = remember_id(a);
    return err;
}

/*
 * The log's time never goes back, so a clock that is days ahead must not bring
 * it forward where the actor's says otherwise: nobody could do anything until
 * then.  Her request is denied by `clock`, at the first moment at which it is.
 */
static uint64_t
time_of_entry(const struct act *a)
{
    uint64_t now = clock_now(&a->gate->config.clock);
    uint64_t over = a->request.at_ms + DECIDE_LAG_MS + 1;

    now = now < over ? now : over;
    return now > a->log.time_ms ? now : a->log.time_ms;
}

enum sv_err
act_perform(struct act *a, const struct tables *t, const struct log_state *log)
{
    const struct act_row *row = row_of(a->request.act);
    uint64_t index = 0;
    bool used, same;
    enum sv_err err;

    act_clear(a);
    memset(&a->entry, 0, sizeof a->entry);
    a->repeated = false;
    a->assigned = false;
    a->tables = *t;
    a->log = *log;
    a->time_ms = time_of_entry(a);
    err = look_up_id(a, &used, &same, &index);
    if (err != SV_OK)
        return err;
    if (same) {
        err = perform_again(a, row, index);
        if (err != SV_OK || a->repeated)
            return err;
        /* Not any more: that is a denial with an entry of its own. */
    }
    return perform_new(a, row, used);
}

/* What makes this answer's body, if it has one. */
static enum sv_err (*body_of(const struct act *a))(struct act *)
{
    const struct act_row *row = row_of(a->request.act);

    if (!a->repeated)
        return a->entry.outcome == OUTCOME_DONE ? row->show : NULL;
    if (!a->entry.allowed || (row->content && a->entry.outcome != OUTCOME_DONE))
        return NULL;
    return row->again;
}

enum sv_err
act_answer(struct act *a, const struct log_state *log, struct bytes head)
{
    enum sv_err (*body)(struct act *) = body_of(a);
    enum sv_err err = SV_OK;

    a->log = *log;
    if (body != NULL)
        err = body(a);
    if (err == SV_OK)
        err = buf_append(&a->head, head);
    return err != SV_OK ? err : prove(a);
}
