#include "base/map.h"
#include "vault/gate_items.h"

/*
 * A bit for each of the batch's records, in the answer's body: those that
 * are here already, so that an interrupted import goes on with the rest (the
 * importer derived their handles herself: they tell her nothing new).
 */
struct marks {
    uint8_t *bits;
    size_t n;
    bool any;
};

static enum sv_err
marks_new(struct act *a, size_t n, struct marks *out)
{
    *out = (struct marks){.n = n};
    return buf_extend(&a->answer, (n + 7) / 8, &out->bits);
}

static void
mark(struct marks *m, size_t i)
{
    m->bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
    m->any = true;
}

static enum sv_err
mark_existing(struct act *a, const struct items *in, size_t per_record,
              bool *any)
{
    struct marks m;
    enum sv_err err = marks_new(a, in->n / per_record, &m);

    for (size_t i = 0; i < m.n && err == SV_OK; i++) {
        bool exists = false;

        err = act_record_exists(a, &in->at[i * per_record].header.record,
                                &exists);
        if (exists)
            mark(&m, i);
    }
    *any = m.any;
    return err;
}

/* One number of the batch: is it a record's in the vault, or an earlier one
 * of this batch? */
static enum sv_err
is_number_taken(const struct act *a, const struct incoming *it,
                struct map *seen, bool *taken)
{
    enum sv_err err = item_is_taken(a, it, taken);

    if (err != SV_OK || it->posting.unique == NULL)
        return err;
    *taken = *taken || map_get(seen, it->posting.unique) != NULL;
    return map_set(seen, it->posting.unique, NULL);
}

/* Which numbers are taken is not told: a batch that is refused for one leaves
 * no record, and would say of 511 guesses whether somebody has them. */
static enum sv_err
find_duplicate(struct act *a, const struct items *in, bool *any)
{
    struct map seen;
    enum sv_err err = SV_OK;

    map_init(&seen, TOKEN_BYTES, 0);
    for (size_t i = 0; i < in->n && err == SV_OK && !*any; i++) {
        if (in->at[i].has_posting)
            err = is_number_taken(a, &in->at[i], &seen, any);
    }
    map_clear(&seen);
    return err;
}

/* No two of the batch's records may have one handle. */
static enum sv_err
check_handles_differ(const struct items *in, size_t per_record)
{
    struct map seen;
    enum sv_err err = SV_OK;

    map_init(&seen, HANDLE_LEN, 0);
    for (size_t i = 0; i < in->n && err == SV_OK; i += per_record) {
        const uint8_t *h = in->at[i].header.record.b;

        err =
            map_get(&seen, h) != NULL ? SV_ERR_INPUT : map_set(&seen, h, NULL);
    }
    map_clear(&seen);
    return err;
}

/* The batch's envelopes, each record whole and once. */
static enum sv_err
take_batch(struct act *a, size_t per_record, struct items *in)
{
    enum sv_err err = items_take(a, (size_t)a->request.count * per_record, in);

    for (size_t i = 0; i < in->n && err == SV_OK; i += per_record) {
        if (!items_are_record(a, in->at + i, per_record))
            err = SV_ERR_INPUT;
    }
    return err != SV_OK ? err : check_handles_differ(in, per_record);
}

/* May the batch come in as a whole?  The outcome, and the rows that it is
 * about; nothing is answered where it may. */
static enum sv_err
judge_batch(struct act *a, const struct items *in, size_t per_record)
{
    bool any = false;
    enum sv_err err = mark_existing(a, in, per_record, &any);

    if (err == SV_OK && any) {
        a->entry.outcome = OUTCOME_EXISTS;
        return SV_OK;
    }
    buf_truncate(&a->answer, 0);
    if (err == SV_OK)
        err = find_duplicate(a, in, &any);
    if (err == SV_OK && any)
        a->entry.outcome = OUTCOME_DUPLICATE;
    return err;
}

enum sv_err
act_import_apply(struct act *a)
{
    size_t per_record = items_per_record(a);
    struct items in = {0};
    enum sv_err err = take_batch(a, per_record, &in);

    if (err == SV_OK)
        err = judge_batch(a, &in, per_record);
    /* Record i gets the item entry behind the batch's own. */
    for (size_t i = 0;
         i < in.n && err == SV_OK && a->entry.outcome == OUTCOME_DONE;
         i += per_record)
        err = items_make_record(a, &in, i, per_record,
                                a->index + 1 + i / per_record);
    items_free(&in);
    return act_invalid(a, err);
}

/* How many envelopes the body has; 0 where it is none. */
static size_t
count_items(struct bytes rest)
{
    struct envelope env;
    size_t n = 0;

    for (; rest.len > 0; n++)
        if (envelope_decode(&rest, &env) != SV_OK)
            return 0;
    return n;
}

/*
 * Which rows it was about, as things are now.  What the batch was judged by,
 * keys and policy, may have changed since: it was whole then, of as many
 * compartments a record as it says itself.  Who sends another body than she
 * signed has the receipt alone.
 */
enum sv_err
act_import_again(struct act *a)
{
    size_t per_record;
    struct items in = {0};
    bool any = false;
    enum sv_err err;

    if (a->entry.outcome != OUTCOME_EXISTS) /* else it had records */
        return SV_OK;
    per_record = count_items(a->body) / (size_t)a->request.count;
    if (per_record == 0)
        return SV_OK; /* another body, or none */
    err = items_read(a, (size_t)a->request.count * per_record, &in);
    if (err == SV_OK)
        err = mark_existing(a, &in, per_record, &any);
    items_free(&in);
    return err == SV_ERR_INPUT ? SV_OK : err;
}

/* One item entry per record, repeating the batch's lines. */
static enum sv_err
append_item_entry(struct act *a, const struct incoming *first, size_t n)
{
    struct entry e = {.kind = ENTRY_ITEM,
                      .index = a->log.frontier.size,
                      .has_roster = a->log.has_roster,
                      .roster = a->log.roster,
                      .batch = a->index,
                      .record = first->header.record};
    struct buf text = BUF_INIT;
    enum sv_err err;

    for (size_t i = 0; i < n; i++)
        item_add_result(&e, &first[i]);
    err = entry_encode(&e, &text);
    if (err == SV_OK)
        err = log_append(&a->tables, &a->log, buf_bytes(&text));
    buf_free(&text);
    return err;
}

enum sv_err
act_import_items(struct act *a)
{
    size_t per_record = items_per_record(a);
    struct items in = {0};
    enum sv_err err = items_take(a, (size_t)a->request.count * per_record, &in);

    for (size_t i = 0; i < in.n && err == SV_OK; i += per_record)
        err = append_item_entry(a, in.at + i, per_record);
    items_free(&in);
    return err;
}
