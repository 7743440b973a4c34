/* What a desk is told where the service has no memory for an answer. */
#include "daemon/crew.h"
#include "tests/support/held.h"
#include "tests/support/scarce.h"

struct scene {
    struct held *h;
    struct crew *crew;
    struct task task;
    uint64_t size; /* of the log, before the task */
    unsigned n_records;
    unsigned n_told; /* of tasks that were done, and their answers lost */
};

static void
done(void *ctx, struct task *t)
{
    (void)ctx;
    (void)t;
}

static uint64_t
log_size(struct scene *s)
{
    uint64_t size = client_pin(held_begin(s->h, "case-1"))->size;

    held_end(s->h, "case-1");
    return size;
}

/* A record of hers, on its way. */
static void
hold_next(struct scene *s)
{
    struct handle record;
    char number[16];

    s->size = client_pin(held_begin(s->h, "case-1"))->size;
    s->h->holds = true;
    (void)snprintf(number, sizeof number, "C-%u", s->n_records++);
    assert_err(office_record(s->h->o, "case-1", number, "Yamada", &record),
               SV_ERR_IO);
    held_end(s->h, "case-1");
    s->task = (struct task){.request = buf_bytes(&s->h->message)};
}

static enum sv_err
serve(void *ctx)
{
    struct scene *s = ctx;

    crew_serve(s->crew, &s->task);
    return SV_OK;
}

/* Not done: some no, or nothing.  Done: yes, nothing, or that nobody knows. */
static void
check(void *ctx, enum sv_err err, const char *place)
{
    struct scene *s = ctx;
    struct bytes frame = buf_bytes(&s->task.answer), payload;
    struct message_answer m = {.status = SV_ERR_UNSURE}; /* not heard */
    bool is_done = log_size(s) > s->size;

    assert_ok(err);
    if (frame.len > 0) {
        payload =
            bytes_slice(frame, FRAME_HEADER_LEN, frame.len - FRAME_HEADER_LEN);
        assert_ok(message_answer_decode(payload, &m));
    }
    if (is_done ? m.status != SV_OK && m.status != SV_ERR_UNSURE
                : m.status == SV_OK)
        fail_msg("%s: %s, and told \"%s\"", place,
                 is_done ? "done" : "not done", err_text(m.status));
    s->n_told += is_done && frame.len > 0 && m.status == SV_ERR_UNSURE;
    buf_free(&s->task.answer);
    hold_next(s);
}

static void
test_what_is_in_the_log_is_never_told_as_not_done(void **state)
{
    struct scene s = {.h = *state};
    struct scarce_work w = {"serve", &s, serve, check};

    assert_ok(crew_new(s.h->o->gate, 2, done, &s, &s.crew));
    hold_next(&s);
    assert_true(scarce_at_each_place(&w, SCARCE_MEMORY, 1) > 0);
    crew_free(s.crew);
    assert_true(s.n_told > 0);
    office_verify(s.h->o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_is_in_the_log_is_never_told_as_not_done, held_setup,
            held_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
