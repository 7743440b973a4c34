/* A gate that writes, with the log's key, another entry about a reading than
 * is true: a log that verifies, and an answer that the entry contradicts. */
#include "audit/checkpoint.h"
#include "tests/support/office.h"
#include "vault/message.h"

#define LEAVES_MAX 256

enum untruth {
    TRUTH,
    INDEX,
    POLICY,
    NO_RESULTS,
    FEWER_RESULTS,
    OTHER_RESULTS,
    LATER_VERSION,
    OTHER_HASH,
    DENIED,
    OUTCOME /* and behind it, each but the one that is true */
};

struct writer_of_logs {
    struct office o;
    struct handle record;
    struct hash leaves[LEAVES_MAX]; /* of the whole log */
    unsigned untruth;
};

static enum sv_err
note_leaf(void *ctx, uint64_t index, struct bytes entry)
{
    struct writer_of_logs *w = ctx;

    assert_true(index < LEAVES_MAX);
    w->leaves[index] = tree_leaf(entry);
    return SV_OK;
}

static enum sv_err
read_leaf(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct writer_of_logs *w = ctx;

    *out = tree_root_of(w->leaves + (index << level), (size_t)1 << level);
    return SV_OK;
}

static void
write_untruth(const struct writer_of_logs *w, struct entry *e)
{
    struct entry_result *first = &e->results[0];

    switch (w->untruth) {
    case TRUTH:
        break;
    case INDEX:
        e->index++;
        break;
    case POLICY:
        e->policy_hash[0] ^= 1;
        break;
    case NO_RESULTS:
        e->n_results = 0;
        break;
    case FEWER_RESULTS:
        e->n_results--;
        break;
    case OTHER_RESULTS:
        *first = e->results[1];
        break;
    case LATER_VERSION:
        first->version++;
        break;
    case OTHER_HASH:
        first->hash[0] ^= 1;
        break;
    case DENIED:
        e->allowed = false;
        e->n_results = 0;
        (void)text_copy(bytes_text("assigned"), e->rule, sizeof e->rule);
        e->outcome = OUTCOME_NONE;
        break;
    default:
        e->n_results = 0;
        e->outcome = (enum entry_outcome)(w->untruth - OUTCOME + 1);
        break;
    }
}

/* The whole answer anew, as if this had been the entry. */
static void
write_answer(struct writer_of_logs *w, const struct request *r,
             struct act_answer *a, struct buf *response)
{
    struct entry e;
    struct checkpoint head;
    struct note note;
    struct tree_proof proof;
    const struct hash truth = w->leaves[a->index];
    struct buf text = BUF_INIT, signed_head = BUF_INIT, path = BUF_INIT,
               consistency = BUF_INIT;

    assert_ok(entry_parse(a->entry, &e));
    write_untruth(w, &e);
    assert_ok(entry_encode(&e, &text));
    w->leaves[a->index] = tree_leaf(buf_bytes(&text));
    assert_ok(note_parse(a->head, &note));
    assert_ok(checkpoint_parse(note.text, &head));
    head.root = tree_root_of(w->leaves, head.size);
    assert_ok(checkpoint_sign(&head, &w->o.gate_keys.log, &signed_head));
    assert_ok(tree_inclusion(a->index, head.size, read_leaf, w, &proof));
    assert_ok(tree_proof_encode(&proof, &path));
    assert_ok(tree_consistency(r->seen_size, head.size, read_leaf, w, &proof));
    assert_ok(tree_proof_encode(&proof, &consistency));
    a->entry = buf_bytes(&text);
    a->head = buf_bytes(&signed_head);
    a->inclusion = buf_bytes(&path);
    a->consistency = buf_bytes(&consistency);
    buf_truncate(response, 0);
    assert_ok(message_act_answer_encode(a, response));
    w->leaves[a->index] = truth; /* of the log that goes on */
    buf_free(&text);
    buf_free(&signed_head);
    buf_free(&path);
    buf_free(&consistency);
}

static enum sv_err
call(void *ctx, struct bytes request, struct buf *response)
{
    struct writer_of_logs *w = ctx;
    struct message_request q;
    struct message_answer a;
    struct request *r = calloc(1, sizeof *r);
    struct note *note = calloc(1, sizeof *note);
    struct buf honest = BUF_INIT;
    enum sv_err err = gate_handle(w->o.gate, request, &honest);

    assert_non_null(r);
    assert_non_null(note);
    assert_ok(err);
    assert_ok(buf_append(response, buf_bytes(&honest)));
    assert_ok(message_request_decode(request, &q));
    assert_ok(message_answer_decode(buf_bytes(&honest), &a));
    if (q.kind == MESSAGE_ACT && a.status == SV_OK) {
        assert_ok(request_parse(q.act.note, note, r));
        assert_ok(note_leaf(w, a.act.index, a.act.entry));
        if (r->act == ACT_RECORD_READ)
            write_answer(w, r, &a.act, response);
    }
    buf_free(&honest);
    free(r);
    free(note);
    return err;
}

static int
set_up(void **state)
{
    struct writer_of_logs *w = calloc(1, sizeof *w);
    struct office *o;

    assert_non_null(w);
    o = &w->o;
    office_prepare(o, NULL, NULL);
    assert_ok(office_found(o));
    assert_ok(office_open(o));
    assert_ok(office_hire(o, "case-1", "caseworker"));
    assert_ok(office_hire(o, "audit-1", "auditor"));
    assert_ok(office_record(o, "case-1", "2022-001", "Yamada", &w->record));
    for (size_t i = 0; i < o->n; i++)
        office_end(o, o->people[i].card.name);
    o->through = (struct transport){call, w};
    assert_ok(client_log_read(office_client(o, "audit-1"), 0, UINT64_MAX,
                              note_leaf, w));
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct writer_of_logs *w = *state;

    office_free(&w->o);
    free(w);
    return 0;
}

/* She has seen the log up to here, and no other. */
static enum sv_err
read_record(struct writer_of_logs *w, struct record_view *view)
{
    struct colleague *p = office_person(&w->o, "case-1");

    office_end(&w->o, "case-1");
    pin_clear(&p->pin);
    pin_init(&p->pin);
    return client_record_read(office_client(&w->o, "case-1"), "victim",
                              &w->record, 0, NULL, view);
}

/* What she is told where the entry itself is refused. */
static void
test_nothing_is_shown_that_the_entry_contradicts(void **state)
{
    static const struct {
        unsigned untruth;
        enum sv_err err;
    } cases[] = {
        {TRUTH, SV_OK},
        {INDEX, SV_ERR_TAMPERED},
        {POLICY, SV_ERR_TAMPERED},
        {NO_RESULTS, SV_ERR_TAMPERED},
        {FEWER_RESULTS, SV_ERR_TAMPERED},
        {OTHER_RESULTS, SV_ERR_TAMPERED},
        {LATER_VERSION, SV_ERR_TAMPERED},
        {OTHER_HASH, SV_ERR_TAMPERED},
        {DENIED, SV_ERR_DENIED},
        {OUTCOME - 1 + OUTCOME_CONFLICT, SV_ERR_CONFLICT},
        {OUTCOME - 1 + OUTCOME_NOT_FOUND, SV_ERR_NOT_FOUND},
        {OUTCOME - 1 + OUTCOME_EXISTS, SV_ERR_EXISTS},
        {OUTCOME - 1 + OUTCOME_DUPLICATE, SV_ERR_INPUT},
        {OUTCOME - 1 + OUTCOME_INVALID, SV_ERR_FORMAT},
        {OUTCOME - 1 + OUTCOME_DAMAGED, SV_ERR_TAMPERED},
        {OUTCOME - 1 + OUTCOME_UNSAFE, SV_ERR_DENIED},
        {OUTCOME - 1 + OUTCOME_TOO_LARGE, SV_ERR_RANGE},
        {OUTCOME - 1 + OUTCOME_INFEASIBLE, SV_ERR_INPUT},
        {OUTCOME - 1 + OUTCOME_UNPROVED, SV_ERR_UNVERIFIED},
    };
    struct writer_of_logs *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct record_view view = {0};
        enum sv_err err;

        w->untruth = cases[i].untruth;
        err = read_record(w, &view);
        if (err != cases[i].err)
            fail_msg("untruth %u: \"%s\"", w->untruth, err_text(err));
        if (err == SV_OK)
            assert_non_null(view.type);
        else
            assert_null(view.type);
        record_view_free(&view);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_nothing_is_shown_that_the_entry_contradicts, set_up,
            tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
