#include "tests/support/receipts.h"

static enum sv_err
take_entry(void *ctx, uint64_t index, struct bytes text)
{
    struct log_copy *l = ctx;
    struct request *q = calloc(1, sizeof *q);
    struct note *note = calloc(1, sizeof *note);
    struct entry e;

    assert_non_null(q);
    assert_non_null(note);
    assert_ok(entry_parse(text, &e));
    if (e.kind == ENTRY_REQUEST && e.allowed && e.outcome == OUTCOME_DONE) {
        assert_ok(request_parse(e.note, note, q));
        if (q->act == ACT_RECORD_CREATE)
            assert_ok(map_set(&l->created, q->record.b, NULL));
        if (q->act == ACT_RECORD_READ)
            assert_ok(map_set(&l->read, &index, q->record.b));
    }
    free(note);
    free(q);
    return SV_OK;
}

void
log_copy_take(struct office *o, struct log_copy *out)
{
    map_init(&out->created, HANDLE_LEN, 0);
    map_init(&out->read, sizeof(uint64_t), HANDLE_LEN);
    assert_ok(client_log_read(office_client(o, "audit-1"), 0, UINT64_MAX,
                              take_entry, out));
}

void
log_copy_free(struct log_copy *l)
{
    map_clear(&l->created);
    map_clear(&l->read);
}

void
receipt_check(const struct log_copy *l, const struct receipt *r)
{
    const uint8_t *record;

    if (!r->read) {
        assert_non_null(map_get(&l->created, r->record.b));
        return;
    }
    record = map_get(&l->read, &r->index);
    assert_non_null(record);
    assert_memory_equal(record, r->record.b, HANDLE_LEN);
}
