#include "tests/support/held.h"

static enum sv_err
hold(void *ctx, struct bytes request, struct buf *response)
{
    struct held *h = ctx;
    struct message_request m;

    assert_ok(message_request_decode(request, &m));
    if (!h->holds || m.kind != MESSAGE_ACT || m.act.body.len == 0)
        return gate_handle(h->o->gate, request, response);
    buf_truncate(&h->message, 0);
    assert_ok(buf_append(&h->message, request));
    return SV_ERR_IO;
}

struct client *
held_begin(struct held *h, const char *name)
{
    struct office *o = h->o;
    struct colleague *p = office_person(o, name);
    struct client_config config = {
        {hold, h}, o->config.clock, o->config.rng, o->arena};
    struct client_hello hello;

    office_end(o, name);
    assert_ok(client_new(&config, &p->client));
    assert_ok(client_hello(p->client, &hello));
    p->pin.vault = o->vault;
    assert_ok(client_begin(p->client, &p->card, &p->identity, &p->pin));
    return p->client;
}

void
held_end(struct held *h, const char *name)
{
    h->holds = false;
    office_end(h->o, name);
}

struct bytes
held_act(const struct held *h, struct note *note, struct request *r)
{
    struct message_request m;

    assert_ok(message_request_decode(buf_bytes(&h->message), &m));
    assert_ok(request_parse(m.act.note, note, r));
    return m.act.body;
}

struct entry
held_send(const struct held *h, const char *name, struct request *r,
          struct bytes body, struct buf *response)
{
    struct office *o = h->o;
    struct buf note = BUF_INIT, bytes = BUF_INIT;
    struct act_request message = {{NULL, 0}, body};
    struct message_answer m;
    struct entry e;

    rng_fill(&o->config.rng, r->id, sizeof r->id);
    r->at_ms = o->now_ms;
    assert_ok(request_sign(r, &office_person(o, name)->keys.sign, &note));
    message.note = buf_bytes(&note);
    assert_ok(message_act_encode(&message, &bytes));
    assert_ok(gate_handle(o->gate, buf_bytes(&bytes), response));
    assert_ok(message_answer_decode(buf_bytes(response), &m));
    assert_ok(m.status);
    assert_ok(entry_parse(m.act.entry, &e));
    buf_free(&note);
    buf_free(&bytes);
    return e;
}

int
held_setup(void **state)
{
    struct held *h = calloc(1, sizeof *h);

    assert_non_null(h);
    h->o = calloc(1, sizeof *h->o);
    assert_non_null(h->o);
    office_new(h->o);
    *state = h;
    return 0;
}

int
held_teardown(void **state)
{
    struct held *h = *state;

    buf_free(&h->message);
    office_free(h->o);
    free(h->o);
    free(h);
    return 0;
}
