#include "base/codec.h"
#include "tests/support/held.h"
#include "tests/support/raw.h"
#include "vault/client_release.h"
#include "vault/envelope.h"
#include "vault/import.h"
#include "vault/posting.h"

/*
 * Whoever has keys of the vault can sign anything.  Her program's request is
 * held back here, changed, and signed again by her: the gate takes nothing
 * whose envelopes are not what the request says, nor what does not follow.
 */

#define ITEMS_MAX 15 /* two victims', and one more */

/* ---- What she makes of it ---- */

struct lie {
    struct request r;
    size_t n;
    struct envelope env[ITEMS_MAX];
    struct envelope_header header[ITEMS_MAX];
    size_t sent;       /* envelopes in the body; else all */
    bool wrong_root;   /* not that of the envelopes */
    bool more;         /* a byte behind the last */
    bool outer;        /* a lock as long as the gate's */
    bool bare;         /* no headers that can be read */
    bool skip_a_byte;  /* of the first envelope's tokens */
    size_t unhashed;   /* the root is of zeros in place of this envelope, */
    bool has_unhashed; /* if there is one, */
    bool all_unhashed; /* or of each */
    struct buf tokens;
};

typedef void (*lie_fn)(struct lie *l);

static void
read_held(const struct held *h, struct note *note, struct lie *l)
{
    struct bytes rest = held_act(h, note, &l->r);

    for (; rest.len > 0; l->n++) {
        assert_true(l->n < ITEMS_MAX);
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
    struct hash leaves[ITEMS_MAX], root;
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
    read_held(h, note, l);
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

static void
expect(const struct held *h, const char *name, lie_fn change,
       enum entry_outcome outcome, const char *what)
{
    expect_of_zeros(h, name, change, NO_ZEROS, outcome, what);
}

struct wanted {
    const char *what;
    lie_fn change;
    enum entry_outcome outcome;
};

/* A lie is one also where the root is right for a gate that had not looked at
 * the envelope, and so had no hash of it. */
static void
expect_all(const struct held *h, const char *name, size_t n,
           const struct wanted lies[])
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

#define EXPECT_ALL(h, name, lies)                                              \
    expect_all(h, name, sizeof(lies) / sizeof(lies)[0], lies)

/* ---- Lies ---- */

static void
nothing(struct lie *l)
{
    (void)l;
}

static void
other_vault(struct lie *l)
{
    l->header[l->n - 1].vault.b[31] ^= 1;
}

static void
other_type(struct lie *l)
{
    (void)snprintf(l->header[0].type, NAME_SIZE, "suspect");
}

static void
unknown_compartment(struct lie *l)
{
    (void)snprintf(l->header[l->n - 1].compartment, NAME_SIZE, "nothing");
}

static void
other_author(struct lie *l)
{
    (void)snprintf(l->header[l->n - 1].author, NAME_SIZE, "case-2");
}

static void
later_epoch(struct lie *l)
{
    l->header[l->n - 1].epoch++;
}

static void
later_version(struct lie *l)
{
    l->header[l->n - 1].version++;
}

static void
is_an_addition(struct lie *l)
{
    l->header[l->n - 1].addition = true;
}

static void
begins_with_an_addition(struct lie *l)
{
    l->header[0].addition = true;
}

static void
is_whole(struct lie *l)
{
    l->header[0].addition = false;
}

static void
after_another(struct lie *l)
{
    l->header[l->n - 1].prev[0] ^= 1;
}

static void
last_of_other_record(struct lie *l)
{
    l->header[l->n - 1].record.b[0] ^= 1;
}

static void
all_of_other_record(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->header[i].record.b[HANDLE_LEN - 1] ^= 1;
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

static void
in_another_order(struct lie *l)
{
    exchange(l, l->n - 2, l->n - 1);
}

static void
one_twice(struct lie *l)
{
    l->env[l->n - 1] = l->env[l->n - 2];
    l->header[l->n - 1] = l->header[l->n - 2];
}

static void
one_less(struct lie *l)
{
    l->sent--;
}

static void
one_more(struct lie *l)
{
    l->env[l->n] = l->env[0];
    l->header[l->n] = l->header[0];
    l->sent++;
}

static void
a_byte_more(struct lie *l)
{
    l->more = true;
}

static void
other_root(struct lie *l)
{
    l->wrong_root = true;
}

static void
gates_lock(struct lie *l)
{
    l->outer = true;
}

static void
no_header(struct lie *l)
{
    l->bare = true;
}

static void
cut_tokens(struct lie *l)
{
    l->skip_a_byte = true;
}

static void
zeros_for_hashes(struct lie *l)
{
    l->all_unhashed = true;
}

/* The tokens of the first envelope, as of a later key. */
static void
later_tokens(struct lie *l)
{
    struct posting p;

    assert_ok(posting_decode(l->env[0].tokens, &p));
    p.epoch++;
    assert_ok(posting_encode(&p, &l->tokens));
    l->env[0].tokens = buf_bytes(&l->tokens);
}

/* What is found by the first envelope's words would be found by the last's,
 * too, and with them be lost. */
static void
tokens_of_what_is_not_searched(struct lie *l)
{
    l->env[l->n - 1].tokens = l->env[0].tokens;
}

static void
first_of_other_record(struct lie *l)
{
    for (size_t i = 0; i < l->n / 2; i++)
        l->header[i].record.b[0] ^= 1;
}

static void
both_of_other_records(struct lie *l)
{
    for (size_t i = 0; i < l->n; i++)
        l->header[i].record.b[0] ^= 1;
}

/* The second record has the number of the first. */
static void
same_number_twice(struct lie *l)
{
    l->env[l->n / 2].tokens = l->env[0].tokens;
}

/* Others, of which the first says no number. */
static void
others_without_a_number(struct lie *l)
{
    struct posting p;

    both_of_other_records(l);
    assert_ok(posting_decode(l->env[0].tokens, &p));
    p.unique = NULL;
    assert_ok(posting_encode(&p, &l->tokens));
    l->env[0].tokens = buf_bytes(&l->tokens);
    l->env[l->n / 2].tokens = buf_bytes(&l->tokens);
}

static void
same_record_twice(struct lie *l)
{
    for (size_t i = l->n / 2; i < l->n; i++)
        l->header[i].record = l->header[0].record;
}

/* ---- Of each kind ---- */

static size_t
count_records(struct office *o)
{
    struct record_list l = {0};
    size_t n;

    assert_ok(client_record_list(office_client(o, "case-1"), "victim",
                                 UINT64_MAX, PIN_LIST_MAX, &l));
    n = l.n;
    record_list_free(&l);
    return n;
}

static void
test_a_new_record_is_what_its_request_says(void **state)
{
    static const struct wanted lies[] = {
#define INVALID(lie) {#lie, lie, OUTCOME_INVALID}
        INVALID(other_vault),
        INVALID(other_type),
        INVALID(unknown_compartment),
        INVALID(other_author),
        INVALID(later_epoch),
        INVALID(later_version),
        INVALID(is_an_addition),
        INVALID(begins_with_an_addition),
        INVALID(last_of_other_record),
        INVALID(all_of_other_record),
        INVALID(in_another_order),
        INVALID(one_twice),
        INVALID(one_less),
        INVALID(one_more),
        INVALID(a_byte_more),
        INVALID(other_root),
        INVALID(gates_lock),
        INVALID(no_header),
        INVALID(cut_tokens),
        INVALID(later_tokens),
        INVALID(tokens_of_what_is_not_searched),
        INVALID(zeros_for_hashes),
    };
    static const struct wanted truth[] = {{"truth", nothing, OUTCOME_DONE},
                                          {"again", nothing, OUTCOME_EXISTS}};
    struct held *h = *state;
    struct handle record;

    (void)held_begin(h, "case-1");
    h->holds = true;
    assert_err(office_record(h->o, "case-1", "2022-001", "Yamada", &record),
               SV_ERR_IO);
    EXPECT_ALL(h, "case-1", lies);
    held_end(h, "case-1");
    assert_int_equal(count_records(h->o), 0);
    EXPECT_ALL(h, "case-1", truth);
    assert_int_equal(count_records(h->o), 1);
    office_verify(h->o);
}

/* What case-1 would save of a part that she has read. */
static void
hold_save_of(struct held *h, const struct handle *record,
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

static void
hold_save(struct held *h, const struct handle *record)
{
    hold_save_of(h, record, "identity");
}

static void
other_part(struct lie *l)
{
    (void)snprintf(l->header[0].compartment, NAME_SIZE, "location");
}

static void
first_version(struct lie *l)
{
    l->header[0].version = 1;
    memset(l->header[0].prev, 0, sizeof l->header[0].prev);
}

static void
test_a_new_version_follows_the_newest_and_is_what_its_request_says(void **state)
{
    static const struct wanted lies[] = {
        INVALID(other_vault),
        INVALID(other_type),
        INVALID(unknown_compartment),
        INVALID(other_part),
        INVALID(other_author),
        INVALID(later_epoch),
        INVALID(all_of_other_record),
        INVALID(is_an_addition),
        INVALID(one_less),
        INVALID(one_more),
        INVALID(a_byte_more),
        INVALID(other_root),
        INVALID(gates_lock),
        INVALID(no_header),
        INVALID(cut_tokens),
        INVALID(later_tokens),
        INVALID(zeros_for_hashes),
#define CONFLICT(lie) {#lie, lie, OUTCOME_CONFLICT}
        CONFLICT(later_version),
        CONFLICT(after_another),
        CONFLICT(first_version),
    };
    static const struct wanted truth[] = {{"truth", nothing, OUTCOME_DONE},
                                          {"again", nothing, OUTCOME_CONFLICT}};
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save(h, &record);
    EXPECT_ALL(h, "case-1", lies);
    EXPECT_ALL(h, "case-1", truth);
    office_verify(h->o);
}

/* The tokens that are held, for others to send. */
static struct buf held_tokens;

static void
with_held_tokens(struct lie *l)
{
    l->env[0].tokens = buf_bytes(&held_tokens);
}

/* Who saves another part can neither have the record found by its words nor,
 * behind that, take it out of what they find. */
static void
test_a_part_that_is_not_searched_has_no_tokens(void **state)
{
    static const struct wanted lies[] = {INVALID(with_held_tokens)};
    static const struct wanted truth[] = {{"truth", nothing, OUTCOME_DONE}};
    struct held *h = *state;
    struct lie *l = calloc(1, sizeof *l);
    struct note *note = calloc(1, sizeof *note);
    struct find_list found = {0};
    struct handle record;

    assert_non_null(l);
    assert_non_null(note);
    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save(h, &record);
    read_held(h, note, l);
    assert_ok(buf_append(&held_tokens, l->env[0].tokens));
    hold_save_of(h, &record, "narrative");
    EXPECT_ALL(h, "case-1", lies);
    hold_save_of(h, &record, "narrative");
    EXPECT_ALL(h, "case-1", truth);
    assert_ok(client_record_find(office_client(h->o, "case-1"), "victim",
                                 bytes_text("Yamada"), &found));
    assert_int_equal(found.n, 1);
    find_list_free(&found);
    office_verify(h->o);
    buf_free(&held_tokens);
    free(note);
    free(l);
}

/* Her own version, which nobody can open. */
static void
body_of_nothing(struct lie *l)
{
    assert_ok(buf_append(&l->tokens, l->env[0].body));
    l->tokens.ptr[0] ^= 1;
    l->env[0].body = buf_bytes(&l->tokens);
}

/* Who reads it is told whose it is: neither the gate nor its disk changed a
 * byte of it. */
static void
test_what_was_stored_and_does_not_open_is_its_author_s(void **state)
{
    static const char *const facts[] = {"facts"}, *const rest[] = {"location"};
    struct held *h = *state;
    struct record_view v = {0};
    struct handle record;
    struct client *c;
    size_t at;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save_of(h, &record, "facts");
    expect(h, "case-1", body_of_nothing, OUTCOME_DONE, "of nothing");
    assert_ok(client_record_assign(office_client(h->o, "lead-1"), "victim",
                                   &record, "case-2", true));
    c = office_client(h->o, "case-2");
    assert_err(client_record_read(c, "victim", &record, 1, facts, &v),
               SV_ERR_TAMPERED);
    assert_string_equal(client_trouble(c)->actor, "case-1");
    assert_string_equal(client_trouble(c)->what,
                        "what its author stored of this record does not open");
    assert_ok(client_record_read(c, "victim", &record, 1, rest, &v));
    assert_string_equal(client_trouble(c)->actor, "");
    record_view_free(&v);
    /* And she can take it out of the way. */
    assert_ok(client_record_begin_anew(c, "victim", &record, facts[0], &v));
    assert_non_null(schema_compartment(v.type, facts[0], &at));
    assert_int_equal(v.unopened[at].version, 2);
    assert_string_equal(v.unopened[at].author, "case-1");
    assert_false(content_is_given(&v.contents[at]));
    assert_ok(client_record_save(c, "victim", &record, &v.contents[at], &v));
    record_view_free(&v);
    assert_ok(client_record_read(c, "victim", &record, 1, facts, &v));
    assert_int_equal(v.newest[at].version, 3);
    record_view_free(&v);
    office_verify(h->o);
}

static const char by_gender[] = "plan \"all\" population victim unit person "
                                "as_of 2023-03-31\ntable g by gender\n"
                                "method round base 5\n";
#define DAY_OF_PLAN_MS UINT64_C(1680230000000) /* 31 March 2023 */

/* The gate takes what it cannot look into.  A count that meets it is no
 * figure, but an attempt: logged, and among those of the day. */
static void
test_a_count_that_meets_what_does_not_open_is_an_entry(void **state)
{
    struct held *h = *state;
    struct buf out = BUF_INIT;
    struct handle record;
    struct client *c;

    assert_ok(office_record(h->o, "case-1", "2022-001", "Yamada", &record));
    hold_save_of(h, &record, "facts");
    expect(h, "case-1", body_of_nothing, OUTCOME_DONE, "of nothing");
    h->o->now_ms = DAY_OF_PLAN_MS;
    for (int i = 0; i < 20; i++) {
        office_end(h->o, "stats-1");
        c = office_client(h->o, "stats-1");
        assert_err(client_counts_preview(c, bytes_text(by_gender), &out),
                   SV_ERR_TAMPERED);
        assert_true(client_trouble(c)->logged);
    }
    assert_err(client_counts_preview(c, bytes_text(by_gender), &out),
               SV_ERR_DENIED);
    assert_string_equal(client_trouble(c)->rule, "limit");
    office_verify(h->o);
}

static void
hold_import(struct held *h, const char *who, const char *type, const char *csv)
{
    struct client *c = held_begin(h, who);
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};

    assert_ok(import_read(schema_type(client_schema(c), type), bytes_text(csv),
                          &im, &where));
    h->holds = true;
    assert_err(client_import(c, &im, NULL, NULL, &report), SV_ERR_IO);
    import_free(&im);
    held_end(h, who);
}

static void
hold_victims(struct held *h)
{
    hold_import(h, "case-1", "victim",
                "identity.case_no,identity.family_name\n"
                "I-1,Ito\nI-2,Kato\n");
}

static void
fewer_records(struct lie *l)
{
    l->r.count = 1;
}

static void
more_records(struct lie *l)
{
    l->r.count = 3;
}

static void
test_a_batch_is_whole_records_and_each_once(void **state)
{
    static const struct wanted lies[] = {
        INVALID(other_vault),
        INVALID(other_type),
        INVALID(other_author),
        INVALID(later_epoch),
        INVALID(later_version),
        INVALID(is_an_addition),
        INVALID(last_of_other_record),
        INVALID(in_another_order),
        INVALID(one_twice),
        INVALID(one_less),
        INVALID(a_byte_more),
        INVALID(other_root),
        INVALID(gates_lock),
        INVALID(later_tokens),
        INVALID(tokens_of_what_is_not_searched),
        INVALID(same_record_twice),
        INVALID(fewer_records),
        INVALID(more_records),
    };
    static const struct wanted truth[] = {
        {"truth", nothing, OUTCOME_DONE},
        {"again", nothing, OUTCOME_EXISTS},
        /* Their numbers are known. */
        {"others", first_of_other_record, OUTCOME_EXISTS},
        {"all others", both_of_other_records, OUTCOME_DUPLICATE},
        {"without", others_without_a_number, OUTCOME_DONE},
    };
    struct held *h = *state;

    hold_victims(h);
    EXPECT_ALL(h, "case-1", lies);
    assert_int_equal(count_records(h->o), 0);
    expect(h, "case-1", same_number_twice, OUTCOME_DUPLICATE, "same number");
    EXPECT_ALL(h, "case-1", truth);
    assert_int_equal(count_records(h->o), 4);
    office_verify(h->o);
}

/* Those of one compartment alone, too. */
static void
test_a_batch_of_small_records_has_each_once(void **state)
{
    static const struct wanted lies[] = {INVALID(same_record_twice),
                                         INVALID(one_twice)};
    static const struct wanted truth[] = {{"truth", nothing, OUTCOME_DONE}};
    struct held *h = *state;

    hold_import(h, "justice-1", "offence", "justice.offence_no\nO-1\nO-2\n");
    EXPECT_ALL(h, "justice-1", lies);
    EXPECT_ALL(h, "justice-1", truth);
    office_verify(h->o);
}

/* The held message once more: the outcome, and the
 * bits that say which rows were in before. */
static void
expect_again(const struct held *h, enum entry_outcome outcome, size_t n,
             uint8_t bits)
{
    struct buf response = BUF_INIT;
    struct message_answer m;
    struct entry e;

    assert_ok(gate_handle(h->o->gate, buf_bytes(&h->message), &response));
    assert_ok(message_answer_decode(buf_bytes(&response), &m));
    assert_ok(m.status);
    assert_ok(entry_parse(m.act.entry, &e));
    assert_int_equal(e.outcome, outcome);
    assert_int_equal(m.act.body.len, n);
    if (n > 0)
        assert_int_equal(m.act.body.ptr[0], bits);
    buf_free(&response);
}

/* Of a batch that came in, none was in before. */
static void
test_a_batch_again_is_answered_as_it_was(void **state)
{
    struct held *h = *state;

    hold_victims(h);
    for (unsigned i = 0; i < 2; i++)
        expect_again(h, OUTCOME_DONE, 0, 0);
    assert_int_equal(count_records(h->o), 2);
}

/* Its rows are sealed under keys that are not the newest by then. */
static void
test_a_batch_that_was_there_is_told_so_behind_new_keys(void **state)
{
    struct held *h = *state;

    hold_victims(h);
    expect_again(h, OUTCOME_DONE, 0, 0);
    hold_victims(h);
    expect_again(h, OUTCOME_EXISTS, 1, 0xc0);
    office_rotate(h->o, NULL, 1);
    expect_again(h, OUTCOME_EXISTS, 1, 0xc0);
    h->message.ptr[h->message.len - 1] ^= 1; /* of the last envelope */
    expect_again(h, OUTCOME_EXISTS, 0, 0);
    office_verify(h->o);
}

/* What intake-1, who may not read it, would add to a part. */
static void
hold_addition_of(struct held *h, const struct handle *record,
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

static void
hold_addition(struct held *h, const struct handle *record)
{
    hold_addition_of(h, record, "identity", "phone", "090-0000-0000");
}

/* Of a record of intake-1's, who adds what does not open. */
static void
add_nothing(struct held *h, const char *compartment, const char *field,
            const char *value, struct handle *record)
{
    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", record));
    assert_ok(client_record_assign(office_client(h->o, "lead-1"), "victim",
                                   record, "case-1", true));
    hold_addition_of(h, record, compartment, field, value);
    expect(h, "intake-1", body_of_nothing, OUTCOME_DONE, "of nothing");
}

/* Who may only add keeps nobody from what is there. */
static void
test_an_addition_that_does_not_open_is_passed_over_and_named(void **state)
{
    static const char *const identity[] = {"identity"};
    struct held *h = *state;
    struct record_view v = {0};
    struct handle record;
    struct client *c;
    struct buf name;

    add_nothing(h, "identity", "phone", "090-0000-0000", &record);
    hold_addition(h, &record);
    expect(h, "intake-1", nothing, OUTCOME_DONE, "truth");
    c = office_client(h->o, "case-1");
    assert_ok(client_record_read(c, "victim", &record, 1, identity, &v));
    assert_null(client_trouble(c)->what);
    assert_string_equal(client_trouble(c)->actor, "");
    name = office_field(&v, "identity", "family_name");
    assert_string_equal((const char *)name.ptr, "Yamada");
    buf_free(&name);
    name = office_field(&v, "identity", "phone");
    assert_string_equal((const char *)name.ptr, "090-0000-0000");
    buf_free(&name);
    assert_int_equal(v.newest[0].version, 3);
    assert_int_equal(v.unopened[0].version, 2);
    assert_string_equal(v.unopened[0].author, "intake-1");
    assert_ok(client_record_save(c, "victim", &record, &v.contents[0], &v));
    record_view_free(&v);
    assert_ok(client_record_read(c, "victim", &record, 1, identity, &v));
    assert_int_equal(v.newest[0].version, 4);
    assert_int_equal(v.unopened[0].version, 0);
    record_view_free(&v);
    office_verify(h->o);
}

/* Nor from a figure. */
static void
test_an_addition_that_does_not_open_adds_nothing_to_a_count(void **state)
{
    struct held *h = *state;
    struct buf out = BUF_INIT;
    struct handle record;

    add_nothing(h, "facts", "gender", "female", &record);
    h->o->now_ms = DAY_OF_PLAN_MS;
    assert_ok(client_counts_preview(office_client(h->o, "stats-1"),
                                    bytes_text(by_gender), &out));
    buf_free(&out);
    office_verify(h->o);
}

/* Who may only write: what she sends for a whole version is taken for none. */
static void
test_who_may_not_read_cannot_take_anothers_place(void **state)
{
    static const struct wanted lies[] = {
        INVALID(is_whole), INVALID(other_author), CONFLICT(later_version),
        CONFLICT(after_another)};
    static const struct wanted truth[] = {{"truth", nothing, OUTCOME_DONE}};
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", &record));
    hold_addition(h, &record);
    EXPECT_ALL(h, "intake-1", lies);
    EXPECT_ALL(h, "intake-1", truth);
    office_verify(h->o);
}

/* As if so many had been added already.  Behind type, author and three
 * numbers, u8 n, stands each column: u8 column, u64 version, u64 full,
 * hash[32]. */
static void
set_version(struct held *h, const struct handle *record, uint64_t version)
{
    struct raw raw = raw_open(h->o);
    struct buf row = BUF_INIT;
    uint8_t *at;

    assert_ok(tables_get(&raw.tables, TABLE_RECORD, BYTES(record->b), &row));
    for (at = row.ptr + row.len - 7 * 49; *at != 0; at += 49)
        assert_true(at < row.ptr + row.len);
    put_u64(at + 1, version);
    assert_ok(tables_put(&raw.tables, TABLE_RECORD, BYTES(record->b),
                         buf_bytes(&row)));
    buf_free(&row);
    raw_close(h->o, &raw);
}

static void
the_last_addition(struct lie *l)
{
    l->header[0].version = ADDITIONS_MAX + 1;
}

static void
one_addition_more(struct lie *l)
{
    l->header[0].version = ADDITIONS_MAX + 2;
}

static void
test_so_many_additions_follow_a_full_version(void **state)
{
    struct held *h = *state;
    struct handle record;

    assert_ok(office_record(h->o, "intake-1", "2022-001", "Yamada", &record));
    hold_addition(h, &record);
    set_version(h, &record, ADDITIONS_MAX + 1);
    expect(h, "intake-1", one_addition_more, OUTCOME_INVALID, "one too many");
    set_version(h, &record, ADDITIONS_MAX);
    expect(h, "intake-1", the_last_addition, OUTCOME_DONE, "the last");
}

int
main(void)
{
#define IN_OFFICE(test)                                                        \
    cmocka_unit_test_setup_teardown(test, held_setup, held_teardown)
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_a_new_record_is_what_its_request_says),
        IN_OFFICE(
            test_a_new_version_follows_the_newest_and_is_what_its_request_says),
        IN_OFFICE(test_a_part_that_is_not_searched_has_no_tokens),
        IN_OFFICE(test_what_was_stored_and_does_not_open_is_its_author_s),
        IN_OFFICE(test_a_count_that_meets_what_does_not_open_is_an_entry),
        IN_OFFICE(test_a_batch_is_whole_records_and_each_once),
        IN_OFFICE(test_a_batch_of_small_records_has_each_once),
        IN_OFFICE(test_a_batch_again_is_answered_as_it_was),
        IN_OFFICE(test_a_batch_that_was_there_is_told_so_behind_new_keys),
        IN_OFFICE(test_an_addition_that_does_not_open_is_passed_over_and_named),
        IN_OFFICE(test_an_addition_that_does_not_open_adds_nothing_to_a_count),
        IN_OFFICE(test_who_may_not_read_cannot_take_anothers_place),
        IN_OFFICE(test_so_many_additions_follow_a_full_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
