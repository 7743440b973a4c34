#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "audit/entry.h"
#include "crypto/sha256.h"
#include "store/store_fault.h"
#include "store/store_lmdb.h"
#include "tests/support/served.h"
#include "vault/frame.h"
#include "vault/tables.h"

/* Short enough to wait for, in the two tests that must. */
#define SHORT_MS 50

static void
work_goes_on(struct desk *d)
{
    static unsigned n;
    struct record_view v = {0};
    struct handle h;
    char case_no[32];

    (void)snprintf(case_no, sizeof case_no, "W%u", n++);
    assert_ok(client_add_victim(d->client, case_no, &h));
    assert_ok(client_record_read(d->client, "victim", &h, 0, NULL, &v));
    record_view_free(&v);
}

static void
end_and_verify(struct served *s)
{
    served_stop(s);
    assert_ok(office_open(&s->office));
    office_verify(&s->office);
    served_free(s);
}

/* The loop has not seen everything at once: until it has. */
static void
wait_for_event(struct served *s, enum service_event e, unsigned n)
{
    for (int i = 0; i < 1000 && atomic_load(&s->events[e]) < n; i++)
        (void)poll(NULL, 0, 10);
    assert_true(atomic_load(&s->events[e]) >= n);
}

/* ---- Work ---- */

static void
test_two_desks_work_at_once(void **state)
{
    struct served s;
    struct desk one, two;
    struct handle h;
    struct record_view v = {0};

    (void)state;
    served_prepare(&s);
    served_start(&s);
    served_desk(&s, "case-1", &one);
    served_desk(&s, "lead-1", &two);
    assert_ok(client_add_victim(one.client, "K1", &h));
    assert_ok(client_record_read(two.client, "victim", &h, 0, NULL, &v));
    record_view_free(&v);
    work_goes_on(&one);
    desk_free(&one);
    desk_free(&two);
    end_and_verify(&s);
}

static void
test_who_is_revoked_in_mid_session_is_denied_next(void **state)
{
    struct served s;
    struct desk worker, lead;
    struct handle h;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    served_desk(&s, "case-1", &worker);
    served_desk(&s, "lead-1", &lead);
    work_goes_on(&worker);
    assert_ok(client_staff_revoke(lead.client, "case-1", "caseworker"));
    assert_err(client_add_victim(worker.client, "K2", &h), SV_ERR_DENIED);
    desk_free(&worker);
    desk_free(&lead);
    end_and_verify(&s);
}

static void
test_a_clock_set_back_stops_nobody(void **state)
{
    struct served s;
    struct desk d;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    served_desk(&s, "case-1", &d);
    work_goes_on(&d);
    atomic_fetch_sub(&s.now_ms, 3600 * 1000);
    work_goes_on(&d);
    desk_free(&d);
    end_and_verify(&s);
}

/* ---- A transport that is listened to ---- */

struct tap {
    struct transport to;
    struct buf last; /* the last request */
    bool swallow;    /* it never gets there */
    unsigned lose;   /* so many answers */
};

static enum sv_err
call_tap(void *ctx, struct bytes request, struct buf *response)
{
    struct tap *t = ctx;
    enum sv_err err;

    buf_free(&t->last);
    assert_ok(buf_append(&t->last, request));
    if (t->swallow)
        return SV_ERR_IO;
    err = t->to.call(t->to.ctx, request, response);
    if (t->lose == 0)
        return err;
    t->lose--;
    buf_truncate(response, 0);
    return SV_ERR_UNSURE;
}

/* Her client, through the tap. */
static struct client *
tapped_client(struct served *s, struct desk *d, struct tap *t)
{
    struct client_config config = {
        {call_tap, t}, s->office.config.clock, rng_system(), d->arena};
    struct client_hello hello;
    struct client *c = NULL;

    memset(t, 0, sizeof *t);
    t->to = transport_to_wire(&d->wire);
    assert_ok(client_new(&config, &c));
    assert_ok(client_hello(c, &hello));
    assert_ok(client_begin(c, &d->card, &d->identity, &d->pin));
    return c;
}

/* Of somebody who has not begun. */
static void
idle_desk(struct served *s, const char *name, struct desk *d)
{
    desk_init(d, s->path, s->office.config.clock, name, &s->office.vault);
}

/* An answer to these bytes, sent as they are. */
static void
send_again(struct desk *d, struct bytes request, struct message_answer *m,
           struct buf *answer)
{
    struct transport t = transport_to_wire(&d->wire);

    buf_free(answer);
    assert_ok(t.call(t.ctx, request, answer));
    assert_ok(message_answer_decode(buf_bytes(answer), m));
}

static void
test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice(void **state)
{
    struct served s;
    struct desk d;
    struct tap tap;
    struct record_list list;
    struct handle h;
    struct client *c;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    idle_desk(&s, "case-1", &d);
    c = tapped_client(&s, &d, &tap);
    tap.lose = 1;
    assert_ok(client_add_victim(c, "K1", &h));
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 10, &list));
    assert_int_equal(list.n, 1);
    record_list_free(&list);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_an_answer_that_is_lost_twice_is_unsure_though_it_was_done(void **state)
{
    struct served s;
    struct desk d;
    struct tap tap;
    struct record_list list;
    struct handle h;
    struct client *c;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    idle_desk(&s, "case-1", &d);
    c = tapped_client(&s, &d, &tap);
    tap.lose = 2;
    assert_err(client_add_victim(c, "K1", &h), SV_ERR_UNSURE);
    assert_ok(client_record_list(c, "victim", UINT64_MAX, 10, &list));
    assert_int_equal(list.n, 1);
    record_list_free(&list);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_a_service_that_is_started_again_is_found_again(void **state)
{
    struct served s;
    struct desk d;
    struct handle h;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    served_desk(&s, "case-1", &d);
    served_stop(&s);
    /* It is seen before anything is sent: not unsure. */
    assert_err(client_add_victim(d.client, "K1", &h), SV_ERR_NOT_FOUND);
    served_start(&s);
    assert_ok(client_add_victim(d.client, "K2", &h));
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_a_request_that_is_replayed_gets_no_second_entry(void **state)
{
    struct served s;
    struct desk d, other;
    struct tap tap;
    struct message_answer m;
    struct buf request = BUF_INIT, answer = BUF_INIT;
    struct handle h;
    struct client *c;
    uint64_t index;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    idle_desk(&s, "case-1", &d);
    c = tapped_client(&s, &d, &tap);
    idle_desk(&s, "case-2", &other); /* a connection of somebody else */
    assert_ok(client_add_victim(c, "K1", &h));
    request = buf_take(&tap.last);
    send_again(&d, buf_bytes(&request), &m, &answer);
    assert_ok(m.status);
    index = m.act.index;
    for (int i = 0; i < 5; i++) {
        send_again(i % 2 == 0 ? &d : &other, buf_bytes(&request), &m, &answer);
        assert_ok(m.status);
        assert_int_equal(m.act.index, index);
    }
    /* Encoded otherwise: a byte more, and the version before. */
    assert_ok(buf_append(&request, bytes_of("", 1)));
    send_again(&d, buf_bytes(&request), &m, &answer);
    assert_err(m.status, SV_ERR_FORMAT);
    request.len--;
    request.ptr[3]++;
    send_again(&d, buf_bytes(&request), &m, &answer);
    assert_err(m.status, SV_ERR_VERSION);
    buf_free(&request);
    buf_free(&answer);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    desk_free(&other);
    end_and_verify(&s);
}

/* That the entry at index is a reading by case-1, allowed and done. */
static enum sv_err
is_her_reading(void *ctx, uint64_t index, struct bytes text)
{
    struct entry e;
    struct note note;
    struct request r;

    (void)index;
    assert_ok(entry_parse(text, &e));
    assert_true(e.allowed && e.outcome == OUTCOME_DONE);
    assert_ok(request_parse(e.note, &note, &r));
    assert_int_equal(r.act, ACT_RECORD_READ);
    assert_string_equal(r.actor, "case-1");
    ++*(unsigned *)ctx;
    return SV_OK;
}

/*
 * A program of her own that wants content and no entry: it signs what it
 * must, says that it has seen nothing of the log, and looks at no proof.
 */
static void
test_a_program_that_asks_for_no_entry_leaves_one(void **state)
{
    struct served s;
    struct desk d, auditor;
    struct tap tap;
    struct message_request caught;
    struct message_answer m;
    struct buf note = BUF_INIT, request = BUF_INIT, answer = BUF_INIT;
    struct record_view v = {0};
    struct note parsed;
    struct request r;
    struct handle h;
    struct client *c;
    unsigned readings = 0;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    idle_desk(&s, "case-1", &d);
    c = tapped_client(&s, &d, &tap);
    assert_ok(client_add_victim(c, "K1", &h));
    assert_ok(client_record_read(c, "victim", &h, 0, NULL, &v));
    record_view_free(&v);
    assert_ok(message_request_decode(buf_bytes(&tap.last), &caught));
    assert_ok(request_parse(caught.act.note, &parsed, &r));
    memset(r.id, 0xa5, sizeof r.id);
    r.seen_size = 0;
    sha256(bytes_of("", 0), r.seen_root.b);
    assert_ok(request_sign(&r, &d.keys->sign, &note));
    assert_ok(message_act_encode(
        &(struct act_request){buf_bytes(&note), bytes_of(NULL, 0)}, &request));
    send_again(&d, buf_bytes(&request), &m, &answer);
    assert_ok(m.status);
    assert_true(m.act.body.len > 0); /* the content, and: */
    served_desk(&s, "audit-1", &auditor);
    assert_ok(desk_begin(&auditor));
    assert_ok(client_log_read(auditor.client, m.act.index, 1, is_her_reading,
                              &readings));
    assert_int_equal(readings, 1);
    /* Unsigned, there is nothing at all. */
    note.ptr[note.len - 8] ^= 1;
    buf_truncate(&request, 0);
    assert_ok(message_act_encode(
        &(struct act_request){buf_bytes(&note), bytes_of(NULL, 0)}, &request));
    send_again(&d, buf_bytes(&request), &m, &answer);
    assert_int_not_equal(m.status, SV_OK);
    buf_free(&note);
    buf_free(&request);
    buf_free(&answer);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    desk_free(&auditor);
    end_and_verify(&s);
}

static void
test_requests_out_of_order_are_requests_like_others(void **state)
{
    struct served s;
    struct desk d;
    struct tap tap;
    struct message_answer m;
    struct buf first = BUF_INIT, second = BUF_INIT, answer = BUF_INIT;
    struct handle h;
    struct client *c;
    uint64_t index;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    idle_desk(&s, "case-1", &d);
    c = tapped_client(&s, &d, &tap);
    tap.swallow = true;
    assert_err(client_add_victim(c, "K1", &h), SV_ERR_IO);
    first = buf_take(&tap.last);
    assert_err(client_add_victim(c, "K2", &h), SV_ERR_IO);
    second = buf_take(&tap.last);
    send_again(&d, buf_bytes(&second), &m, &answer);
    assert_ok(m.status);
    index = m.act.index;
    send_again(&d, buf_bytes(&first), &m, &answer);
    assert_ok(m.status);
    assert_int_equal(m.act.index, index + 1);
    buf_free(&first);
    buf_free(&second);
    buf_free(&answer);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_a_request_for_another_vault_is_refused(void **state)
{
    struct served here, there;
    struct desk d, elsewhere;
    struct tap tap;
    struct message_answer m;
    struct buf answer = BUF_INIT;
    struct handle h;
    struct client *c;

    (void)state;
    served_prepare(&here);
    served_prepare_as(&there, 1);
    assert_false(hash_equal(&here.office.vault, &there.office.vault));
    served_start(&here);
    served_start(&there);
    idle_desk(&here, "case-1", &d);
    idle_desk(&there, "case-1", &elsewhere);
    c = tapped_client(&here, &d, &tap);
    tap.swallow = true;
    assert_err(client_add_victim(c, "K1", &h), SV_ERR_IO);
    send_again(&elsewhere, buf_bytes(&tap.last), &m, &answer);
    assert_true(m.status != SV_OK);
    assert_string_equal(m.reason, "foreign");
    buf_free(&answer);
    client_free(c);
    buf_free(&tap.last);
    desk_free(&d);
    desk_free(&elsewhere);
    end_and_verify(&here);
    end_and_verify(&there);
}

/* ---- What is no question ---- */

static void
test_garbage_is_refused_and_nobody_else_notices(void **state)
{
    static const char *const garbage[] = {
        "474554202f20485454502f312e310d0a0d0a",
        "53564601ffffffff00",
        "5356460100000000",
        "5356460200000001ff",
        "0000000000000000",
        "5356460180000000",
    };
    struct served s;
    struct desk d;
    char reason[33];

    (void)state;
    served_prepare(&s);
    served_start(&s);
    served_desk(&s, "case-1", &d);
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        struct buf raw = support_unhex(garbage[i]);
        int fd = raw_connect(s.path);

        raw_send(fd, raw.ptr, raw.len);
        assert_err(raw_refusal(fd, reason), SV_ERR_FORMAT);
        assert_string_equal(reason, "malformed");
        assert_true(raw_is_closed(fd));
        (void)close(fd);
        buf_free(&raw);
        work_goes_on(&d);
    }
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_a_frame_without_a_message_is_answered_and_the_stream_goes_on(void **state)
{
    struct served s;
    char reason[33];
    int fd;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    fd = raw_connect(s.path);
    for (int i = 0; i < 3; i++) {
        raw_send_frame(fd, bytes_text("no message at all"));
        assert_err(raw_refusal(fd, reason), SV_ERR_FORMAT);
        assert_string_equal(reason, "malformed");
    }
    (void)close(fd);
    end_and_verify(&s);
}

static void
test_half_a_frame_is_waited_for_only_so_long(void **state)
{
    static const char *const halves[] = {"53", "53564601000000",
                                         "5356460100000020aabb"};
    struct served s;
    struct desk d;

    (void)state;
    served_prepare(&s);
    s.config.slow_ms = SHORT_MS;
    served_start(&s);
    served_desk(&s, "case-1", &d);
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        struct buf raw = support_unhex(halves[i]);
        int fd = raw_connect(s.path);

        raw_send(fd, raw.ptr, raw.len);
        work_goes_on(&d);
        assert_true(raw_is_closed(fd));
        (void)close(fd);
        buf_free(&raw);
    }
    assert_int_equal(atomic_load(&s.events[SERVICE_SLOW]), 3);
    work_goes_on(&d);
    desk_free(&d);
    end_and_verify(&s);
}

/* What a large frame gets beyond that is for one that goes on. */
static void
test_a_large_half_frame_that_stands_still_is_closed_as_soon(void **state)
{
    static const uint8_t part[1 << 17];
    static const uint8_t large[8] = {'S', 'V', 'F', 1, 1, 0x40, 0, 0};
    static const uint8_t header[8] = {'S', 'V', 'F', 1, 0, 0x14, 0, 0};
    struct served s;
    char reason[33];
    int still, going;

    (void)state;
    served_prepare(&s);
    s.config.slow_ms = 10 * SHORT_MS;
    served_start(&s);
    still = raw_connect(s.path);
    raw_send(still, large, sizeof large);
    raw_send(still, part, sizeof part);
    going = raw_connect(s.path);
    raw_send(going, header, sizeof header);
    for (int i = 0; i < 10; i++) {
        (void)poll(NULL, 0, 2 * SHORT_MS);
        raw_send(going, part, sizeof part);
    }
    assert_true(raw_is_closed(still));
    assert_err(raw_refusal(going, reason), SV_ERR_FORMAT);
    assert_string_equal(reason, "malformed");
    assert_int_equal(atomic_load(&s.events[SERVICE_SLOW]), 1);
    (void)close(still);
    (void)close(going);
    end_and_verify(&s);
}

static void
test_a_peer_that_does_not_read_holds_up_nobody(void **state)
{
    struct served s;
    struct desk d;
    struct sync_request ask = {.want_schema = true};
    struct buf request = BUF_INIT;
    int fd;

    (void)state;
    served_prepare(&s);
    s.config.slow_ms = 10 * SHORT_MS;
    served_start(&s);
    served_desk(&s, "case-1", &d);
    assert_ok(message_sync_encode(&ask, &request));
    fd = raw_connect(s.path);
    for (int i = 0; i < 50; i++) { /* some MB of answers */
        uint8_t header[8] = {'S', 'V', 'F', 1, 0, 0, 0, 0};

        header[7] = (uint8_t)request.len;
        raw_send(fd, header, sizeof header);
        raw_send(fd, request.ptr, request.len);
    }
    for (int i = 0; i < 20; i++)
        work_goes_on(&d);
    wait_for_event(&s, SERVICE_SLOW, 1);
    work_goes_on(&d);
    (void)close(fd);
    buf_free(&request);
    desk_free(&d);
    end_and_verify(&s);
}

/* ---- Too much ---- */

static void
test_a_thousand_connections_are_not_let_in_and_nobody_else_notices(void **state)
{
    enum { MANY = 1000, ALLOWED = 100 };
    static int fds[MANY];
    const struct rlimit files = {2 * MANY + 100, 2 * MANY + 100};
    struct served s;
    struct desk d;
    char reason[33];

    (void)state;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        fail_msg("%d descriptors are needed", 2 * MANY + 100);
    served_prepare(&s);
    s.config.per_user = ALLOWED;
    served_start(&s);
    served_desk(&s, "case-1", &d);
    for (int i = 0; i < MANY; i++) {
        fds[i] = raw_connect(s.path);
        if (i % 100 == 0)
            work_goes_on(&d);
    }
    for (int i = ALLOWED - 1; i < MANY; i++) {
        assert_err(raw_refusal(fds[i], reason), SV_ERR_BUSY);
        assert_string_equal(reason, "busy");
        assert_true(raw_is_closed(fds[i]));
    }
    work_goes_on(&d);
    for (int i = 0; i < MANY; i++)
        (void)close(fds[i]);
    assert_int_equal(atomic_load(&s.events[SERVICE_PER_USER]),
                     MANY - ALLOWED + 1);
    desk_free(&d);
    served_desk(&s, "case-1", &d); /* there is room again */
    work_goes_on(&d);
    desk_free(&d);
    end_and_verify(&s);
}

static void
test_more_than_the_service_holds_is_turned_away_as_busy(void **state)
{
    static uint8_t part[1 << 20];
    struct served s;
    struct desk d;
    char reason[33];
    uint8_t header[8] = {'S', 'V', 'F', 1, 1, 0x40, 0, 0}; /* 20 MiB */
    int fds[4];

    (void)state;
    served_prepare(&s);
    s.config.bytes = 6 << 20;
    served_start(&s);
    served_desk(&s, "case-1", &d);
    for (int i = 0; i < 4; i++) {
        fds[i] = raw_connect(s.path);
        raw_send(fds[i], header, sizeof header);
        for (int k = 0; k < 4; k++)
            raw_send(fds[i], part, sizeof part);
    }
    wait_for_event(&s, SERVICE_BYTES, 3);
    for (int i = 1; i < 4; i++) {
        assert_err(raw_refusal(fds[i], reason), SV_ERR_BUSY);
        assert_string_equal(reason, "busy");
        (void)close(fds[i]);
    }
    (void)close(fds[0]);
    wait_for_event(&s, SERVICE_BYTES, 3);
    for (int i = 0; i < 3; i++)
        work_goes_on(&d);
    desk_free(&d);
    end_and_verify(&s);
}

/* ---- One account among others ---- */

/* As whom the next to connect counts. */
static atomic_uint account;

static enum sv_err
check_as_account(int fd, const struct peer_rule *rule, uid_t *uid,
                 bool *allowed)
{
    enum sv_err err = peer_check(fd, rule, uid, allowed);

    *uid = atomic_load(&account);
    return err;
}

/* A question that its peer never ends: len announced, n bytes sent. */
static int
send_part(struct served *s, uint32_t len, size_t n)
{
    static const uint8_t part[1 << 20];
    uint8_t header[8] = {'S', 'V', 'F', 1};
    int fd = raw_connect(s->path);

    put_u32(header + 4, len);
    raw_send(fd, header, sizeof header);
    for (; n > sizeof part; n -= sizeof part)
        raw_send(fd, part, sizeof part);
    raw_send(fd, part, n);
    return fd;
}

/* A question of n bytes is heard, and found to be none. */
static void
assert_heard(struct served *s, size_t n)
{
    int fd = send_part(s, (uint32_t)n, n);
    char reason[33];

    assert_err(raw_refusal(fd, reason), SV_ERR_FORMAT);
    assert_string_equal(reason, "malformed");
    (void)close(fd);
}

static void
test_one_accounts_half_questions_turn_away_nobody_else(void **state)
{
    enum { SILENT = 8 };
    struct served s;
    struct desk d;
    int fds[SILENT];

    (void)state;
    served_prepare(&s);
    s.config.bytes = 8 << 20;
    s.config.bytes_per_user = 3 << 20;
    s.config.peer_check = check_as_account;
    atomic_store(&account, 1);
    served_start(&s);
    for (int i = 0; i < SILENT; i++)
        fds[i] = send_part(&s, 20 << 20, 3 << 19);
    wait_for_event(&s, SERVICE_BYTES, SILENT - 1);
    assert_heard(&s, SERVICE_SMALL); /* its own small ones neither */
    atomic_store(&account, 2);
    served_desk(&s, "case-1", &d);
    work_goes_on(&d);
    assert_heard(&s, 2 << 20); /* a large one of another account */
    desk_free(&d);
    for (int i = 0; i < SILENT; i++)
        (void)close(fds[i]);
    end_and_verify(&s);
}

static void
test_a_small_question_is_heard_whatever_is_held(void **state)
{
    struct served s;
    struct desk d;
    int one, two;

    (void)state;
    served_prepare(&s);
    s.config.bytes = 4 << 20;
    s.config.bytes_per_user = 2 << 20;
    s.config.peer_check = check_as_account;
    atomic_store(&account, 1);
    served_start(&s);
    one = send_part(&s, 2 << 20, (2 << 20) - 1);
    atomic_store(&account, 2);
    two = send_part(&s, 2 << 20, (2 << 20) - 1);
    atomic_store(&account, 3);
    served_desk(&s, "case-1", &d);
    work_goes_on(&d);
    assert_heard(&s, SERVICE_SMALL);
    assert_int_equal(atomic_load(&s.events[SERVICE_BYTES]), 0);
    desk_free(&d);
    (void)close(one);
    (void)close(two);
    end_and_verify(&s);
}

/* Questions whose answers, which nobody reads, the socket does not hold. */
static int
ask_and_not_read(struct served *s, struct bytes question)
{
    int fd = raw_connect(s->path);

    for (int i = 0; i < 50; i++)
        raw_send_frame(fd, question);
    return fd;
}

/* The status of its answer, SV_OK where it is none of refusal. */
static enum sv_err
ask_once(struct served *s, struct bytes question)
{
    struct buf answer = BUF_INIT;
    struct message_answer m;
    size_t received;
    enum sv_err err = SV_OK;
    int fd = raw_connect(s->path);

    raw_send_frame(fd, question);
    assert_ok(frame_receive(fd, FRAME_ANSWER_MAX, 10000, &received, &answer));
    if (message_answer_decode(buf_bytes(&answer), &m) == SV_OK)
        err = m.status;
    buf_free(&answer);
    (void)close(fd);
    return err;
}

static void
test_an_account_that_takes_no_answers_gets_no_more_of_them(void **state)
{
    struct sync_request ask = {.want_schema = true};
    struct buf question = BUF_INIT;
    struct served s;
    struct desk d;
    enum sv_err err = SV_OK;
    int fd;

    (void)state;
    served_prepare(&s);
    s.config.bytes_per_user = 4 << 10; /* less than one answer */
    s.config.peer_check = check_as_account;
    assert_ok(message_sync_encode(&ask, &question));
    atomic_store(&account, 1);
    served_start(&s);
    fd = ask_and_not_read(&s, buf_bytes(&question));
    for (int i = 0; i < 1000 && err == SV_OK; i++) {
        (void)poll(NULL, 0, 1);
        err = ask_once(&s, buf_bytes(&question));
    }
    assert_err(err, SV_ERR_BUSY);
    atomic_store(&account, 2);
    served_desk(&s, "case-1", &d);
    work_goes_on(&d);
    atomic_store(&account, 1);
    (void)close(fd); /* and the account is heard again */
    for (int i = 0; i < 1000 && err == SV_ERR_BUSY; i++) {
        (void)poll(NULL, 0, 1);
        err = ask_once(&s, buf_bytes(&question));
    }
    assert_ok(err);
    buf_free(&question);
    desk_free(&d);
    end_and_verify(&s);
}

/* ---- While the loop answers ---- */

/* The gate's clock, which stands in the way of a question. */
static struct {
    atomic_bool closed;
    atomic_bool reached;
} barrier;

static uint64_t
time_behind_barrier(void *ctx)
{
    for (int i = 0; i < 20000 && atomic_load(&barrier.closed); i++) {
        atomic_store(&barrier.reached, true);
        (void)poll(NULL, 0, 1);
    }
    return atomic_load((atomic_ullong *)ctx);
}

/* Somebody asks what takes until the barrier opens. */
static int
ask_for_long(struct served *s)
{
    struct sync_request ask = {0};
    struct buf question = BUF_INIT;
    int fd = raw_connect(s->path);

    assert_ok(message_sync_encode(&ask, &question));
    atomic_store(&barrier.reached, false);
    atomic_store(&barrier.closed, true);
    raw_send_frame(fd, buf_bytes(&question));
    buf_free(&question);
    for (int i = 0; i < 10000 && !atomic_load(&barrier.reached); i++)
        (void)poll(NULL, 0, 1);
    assert_true(atomic_load(&barrier.reached));
    return fd;
}

static void
test_nobody_is_closed_for_what_the_loop_did_not_hear(void **state)
{
    struct served s;
    char reason[33];
    int waiting, asking;

    (void)state;
    served_prepare(&s);
    s.office.config.clock.now_ms = time_behind_barrier;
    s.config.slow_ms = 10 * SHORT_MS;
    served_start(&s);
    waiting = raw_connect(s.path);
    asking = ask_for_long(&s);
    raw_send_frame(waiting, bytes_text("no message at all"));
    (void)poll(NULL, 0, 15 * SHORT_MS);
    atomic_store(&barrier.closed, false);
    assert_err(raw_refusal(waiting, reason), SV_ERR_FORMAT);
    assert_int_equal(atomic_load(&s.events[SERVICE_SLOW]), 0);
    (void)close(waiting);
    (void)close(asking);
    end_and_verify(&s);
}

static void
test_the_loop_hears_others_while_somebody_is_in_the_middle(void **state)
{
    struct served s;
    char reason[33];
    int half, asking, other;

    (void)state;
    served_prepare(&s);
    s.office.config.clock.now_ms = time_behind_barrier;
    served_start(&s);
    half = send_part(&s, 1 << 20, 1 << 19);
    asking = ask_for_long(&s);
    other = raw_connect(s.path);
    raw_send(other, "no frame", 8);
    assert_err(raw_refusal(other, reason), SV_ERR_FORMAT);
    assert_true(atomic_load(&barrier.closed));
    atomic_store(&barrier.closed, false);
    (void)close(half);
    (void)close(asking);
    (void)close(other);
    end_and_verify(&s);
}

/* ---- A store that fails ---- */

static enum sv_err
open_faulty(void *ctx, const char *dir, bool create, struct store **out)
{
    struct store *inner;
    enum sv_err err = store_lmdb_open(dir, TABLES_N, create, &inner);

    return err != SV_OK ? err : store_fault_wrap(inner, ctx, out);
}

/* How many calls opening the gate takes. */
static uint64_t
calls_to_open(struct served *s, struct store_fault_plan *plan)
{
    *plan = (struct store_fault_plan){0};
    assert_ok(office_open(&s->office));
    office_close(&s->office);
    return plan->calls;
}

/* A full disk, a disk that refuses, and a flush that says nothing: whoever is
 * told so has saved nothing (or cannot know), and the next one is served. */
static void
test_a_store_that_fails_once_stops_nobody(void **state)
{
    static const enum sv_err errors[] = {SV_ERR_FULL, SV_ERR_IO, SV_ERR_UNSURE};
    struct store_fault_plan plan;
    struct served s;
    struct handle h;
    unsigned told = 0;
    uint64_t opening;

    (void)state;
    served_prepare(&s);
    s.office.config.open_store = open_faulty;
    s.office.config.store_ctx = &plan;
    opening = calls_to_open(&s, &plan);
    for (unsigned n = 1; n < 120; n += 7) {
        struct desk d;
        char case_no[32];
        enum sv_err err;

        plan = (struct store_fault_plan){.fail_at = opening + n,
                                         .error = errors[n % 3],
                                         .unsure_commits = n % 2 == 0};
        served_start(&s);
        idle_desk(&s, "case-1", &d);
        (void)snprintf(case_no, sizeof case_no, "F%u", n);
        err = desk_begin(&d);
        if (err == SV_OK)
            err = client_add_victim(d.client, case_no, &h);
        told += err == SV_ERR_FULL || err == SV_ERR_IO;
        assert_ok(desk_begin(&d));
        work_goes_on(&d);
        desk_free(&d);
        served_stop(&s);
    }
    assert_true(told > 0);
    s.office.config.open_store = NULL;
    end_and_verify(&s);
}

/* ---- The end ---- */

struct worker {
    struct served *served;
    unsigned number;
    atomic_uint *answers;
    unsigned n_saved;
    struct handle saved[4096];
};

static void *
save_until_it_ends(void *ctx)
{
    struct worker *w = ctx;
    struct desk d;
    enum sv_err err;

    idle_desk(w->served, w->number % 2 == 0 ? "case-1" : "case-2", &d);
    err = desk_begin(&d); /* or it is over already */
    while (err == SV_OK && w->n_saved < 4096) {
        char case_no[32];

        (void)snprintf(case_no, sizeof case_no, "T%u-%u", w->number,
                       w->n_saved);
        err = client_add_victim(d.client, case_no, &w->saved[w->n_saved]);
        if (err == SV_OK) {
            w->n_saved++;
            atomic_fetch_add(w->answers, 1);
        }
    }
    desk_free(&d);
    return NULL;
}

static void
test_what_was_acknowledged_before_a_stop_is_there(void **state)
{
    enum { WORKERS = 8 };
    static struct worker workers[WORKERS];
    pthread_t threads[WORKERS];
    struct served s;
    atomic_uint answers = 0;
    unsigned n = 0;

    (void)state;
    served_prepare(&s);
    served_start(&s);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] =
            (struct worker){.served = &s, .number = i, .answers = &answers};
        assert_int_equal(
            pthread_create(&threads[i], NULL, save_until_it_ends, &workers[i]),
            0);
    }
    while (atomic_load(&answers) < 100)
        (void)poll(NULL, 0, 1);
    served_stop(&s);
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_ok(office_open(&s.office));
    for (unsigned i = 0; i < WORKERS; i++)
        for (unsigned k = 0; k < workers[i].n_saved; k++, n++) {
            struct record_view v = {0};

            assert_ok(client_record_read(
                office_client(&s.office, i % 2 == 0 ? "case-1" : "case-2"),
                "victim", &workers[i].saved[k], 0, NULL, &v));
            record_view_free(&v);
        }
    assert_int_equal(n, atomic_load(&answers));
    office_close(&s.office);
    end_and_verify(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_desks_work_at_once),
        cmocka_unit_test(test_who_is_revoked_in_mid_session_is_denied_next),
        cmocka_unit_test(test_a_clock_set_back_stops_nobody),
        cmocka_unit_test(
            test_a_lost_answer_is_asked_for_again_and_nothing_happens_twice),
        cmocka_unit_test(
            test_an_answer_that_is_lost_twice_is_unsure_though_it_was_done),
        cmocka_unit_test(test_a_service_that_is_started_again_is_found_again),
        cmocka_unit_test(test_a_request_that_is_replayed_gets_no_second_entry),
        cmocka_unit_test(test_a_program_that_asks_for_no_entry_leaves_one),
        cmocka_unit_test(test_requests_out_of_order_are_requests_like_others),
        cmocka_unit_test(test_a_request_for_another_vault_is_refused),
        cmocka_unit_test(test_garbage_is_refused_and_nobody_else_notices),
        cmocka_unit_test(
            test_a_frame_without_a_message_is_answered_and_the_stream_goes_on),
        cmocka_unit_test(test_half_a_frame_is_waited_for_only_so_long),
        cmocka_unit_test(
            test_a_large_half_frame_that_stands_still_is_closed_as_soon),
        cmocka_unit_test(test_a_peer_that_does_not_read_holds_up_nobody),
        cmocka_unit_test(
            test_a_thousand_connections_are_not_let_in_and_nobody_else_notices),
        cmocka_unit_test(
            test_more_than_the_service_holds_is_turned_away_as_busy),
        cmocka_unit_test(
            test_one_accounts_half_questions_turn_away_nobody_else),
        cmocka_unit_test(test_a_small_question_is_heard_whatever_is_held),
        cmocka_unit_test(
            test_an_account_that_takes_no_answers_gets_no_more_of_them),
        cmocka_unit_test(test_nobody_is_closed_for_what_the_loop_did_not_hear),
        cmocka_unit_test(
            test_the_loop_hears_others_while_somebody_is_in_the_middle),
        cmocka_unit_test(test_a_store_that_fails_once_stops_nobody),
        cmocka_unit_test(test_what_was_acknowledged_before_a_stop_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
