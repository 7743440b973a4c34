#include "tests/support/lie.h"

#include "vault/posting.h"

void
lie_read(const struct held *h, struct note *note, struct lie *l)
{
    struct bytes rest = held_act(h, note, &l->r);

    for (; rest.len > 0; l->n++) {
        assert_true(l->n < LIE_ITEMS_MAX);
        assert_ok(envelope_decode(&rest, &l->env[l->n]));
        assert_ok(
            envelope_header_decode(l->env[l->n].header, &l->header[l->n]));
    }
    l->sent = l->n;
}

/* The envelope with its header, into the body; its leaf. */
static struct hash
put_item(const struct lie *l, size_t i, struct buf *body)
{
    static const uint8_t lock[ENVELOPE_OUTER_LEN];
    struct envelope e = l->env[i];
    struct item it = {.record = l->header[i].record,
                      .version = l->header[i].version};
    struct buf header = BUF_INIT;

    if (l->bare && i == 0)
        assert_ok(buf_text(&header, "SVE?"));
    else
        assert_ok(envelope_header_encode(&l->header[i], &header));
    e.header = buf_bytes(&header);
    if (l->outer && i == 0)
        e.lock = BYTES(lock);
    if (l->skip_a_byte && i == 0)
        e.tokens = bytes_slice(e.tokens, 1, e.tokens.len - 1);
    assert_ok(envelope_encode(&e, body));
    if (!l->all_unhashed && (!l->has_unhashed || i != l->unhashed))
        envelope_hash(&e, it.hash);
    memcpy(it.compartment, l->header[i].compartment, sizeof it.compartment);
    buf_free(&header);
    return item_leaf(&it);
}

static struct entry
send(const struct held *h, struct lie *l, const char *name,
     struct buf *response)
{
    struct hash leaves[LIE_ITEMS_MAX], root;
    struct buf body = BUF_INIT;
    struct entry e;

    for (size_t i = 0; i < l->sent; i++)
        leaves[i] = put_item(l, i, &body);
    root = tree_root_of(leaves, l->sent);
    root.b[31] ^= l->wrong_root;
    memcpy(l->r.body, root.b, sizeof l->r.body);
    if (l->more)
        assert_ok(buf_text(&body, "x"));
    e = held_send(h, name, &l->r, buf_bytes(&body), response);
    buf_free(&body);
    return e;
}

/* Whose hash is made of zeros: nobody's, the first or the last envelope's. */
enum zeros { NO_ZEROS, FIRST_OF_ZEROS, LAST_OF_ZEROS };

static void
expect_of_zeros(const struct held *h, const char *name, lie_fn change,
                enum zeros zeros, enum entry_outcome outcome, const char *what)
{
    struct lie *l = calloc(1, sizeof *l);
    struct note *note = calloc(1, sizeof *note);
    struct buf response = BUF_INIT;
    struct entry e;

    assert_non_null(l);
    assert_non_null(note);
    lie_read(h, note, l);
    change(l);
    l->has_unhashed = zeros != NO_ZEROS;
    l->unhashed = zeros == LAST_OF_ZEROS ? l->n - 1 : 0;
    e = send(h, l, name, &response);
    if (!e.allowed || e.outcome != outcome)
        fail_msg("%s, zeros %d: %s, outcome %d", what, (int)zeros, e.rule,
                 (int)e.outcome);
    buf_free(&l->tokens);
    buf_free(&response);
    free(note);
    free(l);
}

void
lie_expect(const struct held *h, const char *name, lie_fn change,
           enum entry_outcome outcome, const char *what)
{
    expect_of_zeros(h, name, change, NO_ZEROS, outcome, what);
}

void
lie_expect_all(const struct held *h, const char *name, size_t n,
               const struct lie_wanted lies[])
{
    for (size_t i = 0; i < n; i++) {
        unsigned last =
            lies[i].outcome == OUTCOME_INVALID ? LAST_OF_ZEROS : NO_ZEROS;

        for (unsigned zeros = NO_ZEROS; zeros <= last; zeros++) {
            h->o->now_ms += UINT64_C(60) * 60 * 1000; /* few an hour */
            expect_of_zeros(h, name, lies[i].change, (enum zeros)zeros,
                            lies[i].outcome, lies[i].what);
        }
    }
}

void
lie_hold_save(struct held *h, const struct handle *record,
              const char *compartment)
{
    struct client *c = held_begin(h, "case-1");
    struct record_view v = {0};
    size_t at;

    assert_ok(client_record_read(c, "victim", record, 1, &compartment, &v));
    assert_non_null(schema_compartment(v.type, compartment, &at));
    h->holds = true;
    assert_err(client_record_save(c, "victim", record, &v.contents[at], &v),
               SV_ERR_IO);
    record_view_free(&v);
    held_end(h, "case-1");
}

void
lie_hold_addition(struct held *h, const struct handle *record,
                  const char *compartment, const char *field, const char *value)
{
    struct client *c = held_begin(h, "intake-1");
    const struct schema_type *type = schema_type(client_schema(c), "victim");
    struct content addition = {0};
    const char *reason = NULL;
    size_t at, f;

    assert_non_null(schema_compartment(type, compartment, &at));
    assert_ok(content_new(&type->compartments[at], &addition));
    assert_non_null(
        schema_field(&type->compartments[at], bytes_text(field), &f));
    assert_ok(content_add(&addition, f, bytes_text(value), &reason));
    h->holds = true;
    assert_err(client_record_save(c, "victim", record, &addition, NULL),
               SV_ERR_IO);
    content_free(&addition);
    held_end(h, "intake-1");
}

size_t
lie_count_victims(struct office *o)
{
    struct record_list l = {0};
    size_t n;

    assert_ok(client_record_list(office_client(o, "case-1"), "victim",
                                 UINT64_MAX, PIN_LIST_MAX, &l));
    n = l.n;
    record_list_free(&l);
    return n;
}

/* ---- Lies ---- */

void
lie_nothing(struct lie *l)
{
    (void)l;
}

void
lie_other_vault(struct lie *l)
{
    l->header[l->n - 1].vault.b[31] ^= 1;
}

void
lie_other_type(struct lie *l)
{
    (void)snprintf(l->header[0].type, NAME_SIZE, "suspect");
}

void
lie_unknown_compartment(struct lie *l)
{
    (void)snprintf(l->header[l->n - 1].compartment, NAME_SIZE, "nothing");
}

void
lie_other_author(struct lie *l)
{
    (void)snprintf(l->header[l->n - 1].author, NAME_SIZE, "case-2");
}

void
lie_later_epoch(struct lie *l)
{
    l->header[l->n - 1].epoch++;
}

void
lie_later_version(struct lie *l)
{
    l->header[l->n - 1].version++;
}

void
lie_is_an_addition(struct lie *l)
{
    l->header[l->n - 1].addition = true;
}

void
lie_after_another(struct lie *l)
{
    l->header[l->n - 1].prev[0] ^= 1;
}

void
lie_last_of_other_record(struct lie *l)
{
    l->header[l->n - 1].record.b[0] ^= 1;
}

static void
exchange(struct lie *l, size_t a, size_t b)
{
    struct envelope e = l->env[a];
    struct envelope_header h = l->header[a];

    l->env[a] = l->env[b];
    l->header[a] = l->header[b];
    l->env[b] = e;
    l->header[b] = h;
}

void
lie_in_another_order(struct lie *l)
{
    exchange(l, l->n - 2, l->n - 1);
}

void
lie_one_twice(struct lie *l)
{
    l->env[l->n - 1] = l->env[l->n - 2];
    l->header[l->n - 1] = l->header[l->n - 2];
}

void
lie_one_less(struct lie *l)
{
    l->sent--;
}

void
lie_a_byte_more(struct lie *l)
{
    l->more = true;
}

void
lie_other_root(struct lie *l)
{
    l->wrong_root = true;
}

void
lie_gates_lock(struct lie *l)
{
    l->outer = true;
}

void
lie_later_tokens(struct lie *l)
{
    struct posting p;

    assert_ok(posting_decode(l->env[0].tokens, &p));
    p.epoch++;
    assert_ok(posting_encode(&p, &l->tokens));
    l->env[0].tokens = buf_bytes(&l->tokens);
}

/* What is found by the first envelope's words would be found by the last's,
 * too, and with them be lost. */
void
lie_tokens_of_what_is_not_searched(struct lie *l)
{
    l->env[l->n - 1].tokens = l->env[0].tokens;
}

/* Her own version, which nobody can open. */
void
lie_body_of_nothing(struct lie *l)
{
    assert_ok(buf_append(&l->tokens, l->env[0].body));
    l->tokens.ptr[0] ^= 1;
    l->env[0].body = buf_bytes(&l->tokens);
}
