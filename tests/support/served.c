#include "tests/support/served.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/listen.h"
#include "vault/frame.h"

#define PATIENCE_MS 10000

static uint64_t
told_time(void *ctx)
{
    return atomic_load((atomic_ullong *)ctx);
}

static void
count_event(void *ctx, enum service_event e)
{
    struct served *s = ctx;

    atomic_fetch_add(&s->events[e], 1);
}

void
served_prepare_as(struct served *s, uint8_t seed)
{
    memset(s, 0, sizeof *s);
    office_prepare(&s->office, NULL, NULL);
    s->office.random.seed[0] = seed;
    assert_ok(office_found(&s->office));
    assert_ok(office_open(&s->office));
    office_hire_all(&s->office);
    office_close(&s->office);
    assert_ok(path_join(s->path, s->office.home, "socket"));
    atomic_init(&s->now_ms, s->office.now_ms);
    /* What threads share must be made for it. */
    s->office.config.clock = (struct clock){told_time, &s->now_ms};
    s->office.config.rng = rng_system();
    service_limits_default(&s->config);
    s->config.threads = 3;
    s->config.event = count_event;
    s->config.event_ctx = s;
}

void
served_prepare(struct served *s)
{
    served_prepare_as(s, 0);
}

static void *
serve(void *ctx)
{
    struct served *s = ctx;

    assert_ok(service_run(s->service));
    return NULL;
}

void
served_start(struct served *s)
{
    s->stop_fd = eventfd(0, 0);
    assert_true(s->stop_fd >= 0);
    assert_ok(office_open(&s->office));
    s->config.gate = s->office.gate;
    s->config.stop_fd = s->stop_fd;
    assert_ok(listen_at(s->path, NULL, &s->config.listen_fd));
    assert_ok(service_new(&s->config, &s->service));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void
served_stop(struct served *s)
{
    const uint64_t one = 1;

    if (s->service == NULL)
        return;
    assert_int_equal(write(s->stop_fd, &one, sizeof one), sizeof one);
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    service_free(s->service);
    s->service = NULL;
    (void)close(s->stop_fd);
    (void)unlink(s->path);
    office_close(&s->office);
}

void
served_free(struct served *s)
{
    served_stop(s);
    office_free(&s->office);
}

/* ---- Desks ---- */

static enum sv_err
open_desk(void *ctx, int *fd)
{
    const struct desk *d = ctx;

    return wire_connect_unix(d->path, fd);
}

static void
close_desk(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

void
desk_init(struct desk *d, const char *path, struct clock clock,
          const char *name, const struct hash *vault)
{
    uint8_t seed[SEED_LEN];
    void *keys = NULL;

    memset(d, 0, sizeof *d);
    d->path = path;
    d->clock = clock;
    d->wire = (struct wire){.open = open_desk,
                            .close = close_desk,
                            .ctx = d,
                            .send_ms = PATIENCE_MS,
                            .answer_ms = 6 * PATIENCE_MS,
                            .fd = -1};
    assert_ok(arena_new((size_t)32 << 10, &d->arena));
    assert_ok(secret_new(d->arena, sizeof *d->keys, &keys));
    d->keys = keys;
    digest("test/person", bytes_text(name), seed); /* as the office has her */
    user_keys_derive(seed, d->keys);
    d->identity = identity_of_keys(d->keys);
    card_of(d->keys, name, &d->card);
    pin_init(&d->pin);
    d->pin.vault = *vault;
}

static void
end(struct desk *d)
{
    if (d->client == NULL)
        return;
    if (d->begun) {
        pin_clear(&d->pin);
        d->pin = *client_pin(d->client);
        pin_init(client_pin(d->client));
        d->begun = false;
    }
    client_free(d->client);
    d->client = NULL;
}

enum sv_err
desk_begin(struct desk *d)
{
    struct client_config config = {transport_to_wire(&d->wire), d->clock,
                                   rng_system(), d->arena};
    struct client_hello hello;
    enum sv_err err;

    if (d->client != NULL)
        return SV_OK;
    err = client_new(&config, &d->client);
    if (err == SV_OK)
        err = client_hello(d->client, &hello);
    if (err == SV_OK) {
        d->begun = true;
        err = client_begin(d->client, &d->card, &d->identity, &d->pin);
    }
    if (err != SV_OK)
        end(d);
    return err;
}

void
desk_end(struct desk *d)
{
    end(d);
    wire_close(&d->wire);
}

void
desk_free(struct desk *d)
{
    desk_end(d);
    pin_clear(&d->pin);
    secret_free(d->arena, d->keys);
    arena_free(d->arena);
}

void
served_desk(struct served *s, const char *name, struct desk *out)
{
    desk_init(out, s->path, s->office.config.clock, name, &s->office.vault);
    assert_ok(desk_begin(out));
}

enum sv_err
client_add_victim(struct client *c, const char *case_no, struct handle *out)
{
    static const char *const columns[] = {"identity.case_no",
                                          "identity.family_name"};
    const char *const values[] = {case_no, "Sato"};
    struct draft draft = {0};
    enum sv_err err;

    assert_ok(draft_new(schema_type(client_schema(c), "victim"), &draft));
    for (size_t i = 0; i < 2; i++) {
        struct schema_place at;
        const char *reason = NULL;

        assert_ok(draft_place(draft.type, bytes_text(columns[i]), &at));
        assert_ok(content_add(&draft.contents[at.compartment], at.field,
                              bytes_text(values[i]), &reason));
    }
    err = client_record_add(c, &draft, out);
    draft_free(&draft);
    return err;
}

/* ---- Without a client ---- */

int
raw_connect(const char *path)
{
    int fd = -1;

    assert_ok(wire_connect_unix(path, &fd));
    return fd;
}

void
raw_send(int fd, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;

    while (n > 0) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

        if (sent < 0) {
            assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
            if ((p.revents & (POLLHUP | POLLERR)) != 0)
                return; /* it hears no more */
            continue;
        }
        at += sent;
        n -= (size_t)sent;
    }
}

void
raw_send_frame(int fd, struct bytes payload)
{
    size_t sent;

    assert_ok(frame_send(fd, payload, FRAME_REQUEST_MAX, PATIENCE_MS, &sent));
}

enum sv_err
raw_refusal(int fd, char reason[static 33])
{
    struct message_answer m;
    struct buf answer = BUF_INIT;
    size_t received;

    assert_ok(
        frame_receive(fd, FRAME_ANSWER_MAX, PATIENCE_MS, &received, &answer));
    assert_ok(message_answer_decode(buf_bytes(&answer), &m));
    assert_true(m.status != SV_OK);
    memcpy(reason, m.reason, sizeof m.reason);
    buf_free(&answer);
    return m.status;
}

bool
raw_is_closed(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint8_t byte;

    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    return read(fd, &byte, 1) <= 0;
}
