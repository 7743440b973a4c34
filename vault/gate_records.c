#include <string.h>

#include "vault/gate_items.h"

/* ---- New records ---- */

enum sv_err
act_create_apply(struct act *a)
{
    struct items in = {0};
    bool exists = false, taken = false;
    enum sv_err err = items_take(a, a->request.n_compartments, &in);

    if (err == SV_OK && (!items_are_record(a, in.at, in.n) ||
                         memcmp(in.at[0].header.record.b, a->request.record.b,
                                HANDLE_LEN) != 0))
        err = SV_ERR_INPUT;
    if (err == SV_OK)
        err = act_record_exists(a, &a->request.record, &exists);
    for (size_t i = 0; i < in.n && err == SV_OK && !exists && !taken; i++)
        err = item_is_taken(a, &in.at[i], &taken);
    if (exists)
        a->entry.outcome = OUTCOME_EXISTS;
    else if (taken)
        a->entry.outcome = OUTCOME_DUPLICATE;
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE) {
        err = items_make_record(a, &in, 0, in.n, a->index);
        for (size_t i = 0; i < in.n; i++)
            item_add_result(&a->entry, &in.at[i]);
    }
    items_free(&in);
    return act_invalid(a, err);
}

/* ---- New versions ---- */

/*
 * Does this version follow the newest?  CONFLICT where somebody else was
 * faster.
 */
static enum sv_err
check_successor(struct act *a, struct record_state *s,
                const struct incoming *it)
{
    struct record_column *c = record_column(s, it->column);

    if (c == NULL)
        return SV_ERR_INPUT;
    if (it->header.addition && c->version - c->full >= ADDITIONS_MAX)
        return SV_ERR_INPUT;
    if (it->header.version != c->version + 1 ||
        !bytes_equal(BYTES(it->header.prev), BYTES(c->hash)))
        a->entry.outcome = OUTCOME_CONFLICT;
    return SV_OK;
}

/* What the versions that a full one takes the place of were found by, out of
 * the index. */
static enum sv_err
remove_postings(struct act *a, const struct record_column *c)
{
    int index = policy_index(&a->gate->roster.policy, a->request.type);
    enum sv_err err = SV_OK;

    for (uint64_t n = c->full; n <= c->version && err == SV_OK && index >= 0;
         n++) {
        struct buf row = BUF_INIT;
        struct stored_version v;
        struct posting p;
        uint8_t key[VERSION_KEY_LEN];

        version_key(&a->request.record, c->column, n, key);
        err = tables_get(&a->tables, TABLE_VERSION, BYTES(key), &row);
        if (err == SV_OK)
            err = version_decode(buf_bytes(&row), &v);
        if (err == SV_OK && v.env.tokens.len > 0) {
            err = posting_decode(v.env.tokens, &p);
            if (err == SV_OK)
                err = index_remove(&a->tables, (unsigned)index,
                                   &a->request.record, &p);
        }
        buf_free(&row);
    }
    return err == SV_ERR_NOT_FOUND || err == SV_ERR_FORMAT ? SV_ERR_TAMPERED
                                                           : err;
}

static enum sv_err
save_versions(struct act *a, struct record_state *s, const struct items *in)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < in->n && err == SV_OK; i++) {
        const struct incoming *it = &in->at[i];
        struct record_column *c = record_column(s, it->column);

        if (!it->header.addition)
            err = remove_postings(a, c);
        c->version = it->header.version;
        if (!it->header.addition)
            c->full = it->header.version;
        memcpy(c->hash, it->hash, sizeof c->hash);
        if (err == SV_OK)
            err = item_put(a, in, i);
        item_add_result(&a->entry, it);
    }
    s->changed_ms = a->time_ms;
    return err != SV_OK ? err : record_store(&a->tables, &a->request.record, s);
}

/* The envelopes are those of the request's record and compartments. */
static bool
items_match_request(const struct act *a, const struct items *in)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct envelope_header *h = &in->at[i].header;

        if (memcmp(h->record.b, a->request.record.b, HANDLE_LEN) != 0 ||
            strcmp(h->compartment, a->request.compartments[i]) != 0)
            return false;
    }
    return true;
}

enum sv_err
act_save_apply(struct act *a)
{
    struct items in = {0};
    struct record_state s;
    enum sv_err err = items_take(a, a->request.n_compartments, &in);

    if (err == SV_OK && !items_match_request(a, &in))
        err = SV_ERR_INPUT;
    if (err == SV_OK)
        err = act_find_record(a, &s);
    for (size_t i = 0; i < in.n && err == SV_OK; i++)
        err = check_successor(a, &s, &in.at[i]);
    /* Only of what would be stored: who asks leaves a version or a duplicate,
     * and cannot do it by a conflict of her own making. */
    for (size_t i = 0;
         i < in.n && err == SV_OK && a->entry.outcome == OUTCOME_DONE; i++) {
        bool taken = false;

        err = item_is_taken(a, &in.at[i], &taken);
        if (taken)
            a->entry.outcome = OUTCOME_DUPLICATE;
    }
    if (err == SV_OK && a->entry.outcome == OUTCOME_DONE)
        err = save_versions(a, &s, &in);
    items_free(&in);
    return err == SV_ERR_NOT_FOUND ? SV_OK : act_invalid(a, err);
}

/* ---- Assignments ---- */

enum sv_err
act_assign_apply(struct act *a)
{
    const struct roster *r = &a->gate->roster;
    uint32_t person = person_index(r, a->request.person);
    const struct handle *h = &a->request.record;
    bool assign = a->request.act == ACT_RECORD_ASSIGN, has = false;
    struct record_state s;
    enum sv_err err = act_find_record(a, &s);

    if (err == SV_OK)
        err = assignment_get(&a->tables, person, h, &has);
    if (err == SV_ERR_NOT_FOUND)
        return SV_OK;
    if (err != SV_OK)
        return err;
    if (has == assign) {
        a->entry.outcome = assign ? OUTCOME_EXISTS : OUTCOME_NOT_FOUND;
        return SV_OK;
    }
    return assign ? assignment_put(&a->tables, person, h)
                  : assignment_delete(&a->tables, person, h);
}
