#include "vault/counting.h"
#include "vault/grants.h"
#include "vault/tables.h"

#include "campaigns/model/driver.h"

/* ---- Requests ---- */

static bool
head_is_signed(const struct driver *d, struct bytes head,
               struct checkpoint *out)
{
    return checkpoint_open(head, "office.example", &d->log_key, out) == SV_OK;
}

/* The entry is in the log under the head, which goes on from what was seen. */
static bool
is_proved(const struct driver *d, const struct act_answer *a,
          const struct request *r, struct checkpoint *head)
{
    struct bytes in = a->inclusion, more = a->consistency;
    struct tree_proof inclusion, consistency;
    struct hash leaf = tree_leaf(a->entry);

    if (!head_is_signed(d, a->head, head) ||
        tree_proof_decode(&in, &inclusion) != SV_OK || in.len > 0 ||
        tree_verify_inclusion(a->index, head->size, &leaf, &inclusion,
                              &head->root) != SV_OK ||
        tree_proof_decode(&more, &consistency) != SV_OK || more.len > 0)
        return false;
    /* What never was a head of this log cannot be gone on from. */
    if (r->seen_size > head->size)
        return consistency.n == 0;
    return tree_verify_consistency(r->seen_size, head->size, &r->seen_root,
                                   &head->root, &consistency) == SV_OK;
}

/* <status> <reason>, or 0 <index> <entry> <size> <root> <proved> <body>. */
static void
print_answer(struct driver *d, struct bytes message, struct bytes answer)
{
    struct checkpoint head = {.size = 0};
    struct message_answer m;
    struct message_request q;
    struct request r;
    struct note note;
    bool proved;

    assert_ok(message_answer_decode(answer, &m));
    if (m.status != SV_OK) {
        printf(" %d %s", m.status, m.reason);
        return;
    }
    assert_ok(message_request_decode(message, &q));
    assert_ok(request_parse(q.act.note, &note, &r));
    d->answer_body = m.act.body;
    proved = is_proved(d, &m.act, &r, &head);
    printf(" 0 %llu", (unsigned long long)m.act.index);
    answer_hex(m.act.entry);
    printf(" %llu", (unsigned long long)head.size);
    answer_hex(BYTES(head.root.b));
    printf(" %d", proved);
    answer_hex(m.act.body);
}

static void
ask(struct driver *d, struct bytes message)
{
    buf_truncate(&d->answer, 0);
    d->answer_body = bytes_of(NULL, 0);
    assert_ok(gate_handle(d->o.gate, message, &d->answer));
    d->plan.fail_at = 0;
    printf("ok");
    print_answer(d, message, buf_bytes(&d->answer));
}

static void
sign_as(struct driver *d, const char *label, const char *name,
        struct bytes text, bool first, struct buf *note)
{
    char key_name[NOTE_NAME_MAX + 1];
    uint8_t seed[SEED_LEN];
    struct user_keys keys;
    const struct sign_seed *by = &keys.sign;

    digest("test/person", bytes_text(label), seed);
    user_keys_derive(seed, &keys);
    (void)snprintf(key_name, sizeof key_name, "office.example/%s", name);
    if (strcmp(label, "-") == 0) { /* the gate itself */
        by = &d->o.gate_keys.log;
        (void)snprintf(key_name, sizeof key_name, "office.example");
    }
    assert_ok(first ? note_sign(text, key_name, by, note)
                    : note_add_signature(text, key_name, by, note));
}

/* hold <text> <keys> <name> [<keys> <name>]: a request signed so, with what
 * comes with it; it waits for `run`. */
void
ask_hold(struct driver *d, const struct command *c)
{
    struct buf text = command_bytes(c, 0), note = BUF_INIT;
    struct act_request a = {.body = buf_bytes(&d->body)};

    for (unsigned i = 1; i < c->n; i += 2)
        sign_as(d, command_word(c, i), command_word(c, i + 1), buf_bytes(&text),
                i == 1, &note);
    a.note = buf_bytes(&note);
    assert_true(d->n_sent < DRIVER_SENT_MAX);
    d->sent[d->n_sent] = (struct buf)BUF_INIT;
    assert_ok(message_act_encode(&a, &d->sent[d->n_sent]));
    d->n_sent++;
    buf_free(&d->body);
    d->n_grants = 0;
    buf_free(&text);
    buf_free(&note);
    printf("ok");
}

/* run <first> <n>: those messages as one group.  Each answer behind a "|". */
void
ask_run(struct driver *d, const struct command *c)
{
    uint64_t first = command_number(c, 0), n = command_number(c, 1);
    struct gate_job *jobs[GATE_GROUP_MAX];

    assert_true(n <= GATE_GROUP_MAX && first + n <= d->n_sent);
    for (uint64_t i = 0; i < n; i++) {
        assert_ok(
            gate_job_new(d->o.gate, buf_bytes(&d->sent[first + i]), &jobs[i]));
        gate_prepare(jobs[i]);
    }
    gate_run(d->o.gate, jobs, n);
    d->plan.fail_at = 0;
    printf("ok");
    for (uint64_t i = 0; i < n; i++) {
        buf_truncate(&d->answer, 0);
        assert_ok(gate_finish(jobs[i], &d->answer));
        printf(" |");
        print_answer(d, buf_bytes(&d->sent[first + i]), buf_bytes(&d->answer));
        gate_job_free(jobs[i]);
    }
}

/* again <n>: the n-th message once more, from 0. */
void
ask_again(struct driver *d, const struct command *c)
{
    uint64_t n = command_number(c, 0);

    assert_true(n < d->n_sent);
    ask(d, buf_bytes(&d->sent[n]));
}

/* ---- Sync ---- */

static void
print_roster(struct bytes raw, const struct checkpoint *head)
{
    struct reader r = reader_of(raw);

    for (uint32_t n = reader_u32(&r); n > 0; n--) {
        uint64_t index = reader_u64(&r);
        struct bytes entry = reader_medium(&r, raw.len);
        struct bytes rest = bytes_slice(r.in, r.at, r.in.len - r.at);
        struct hash leaf = tree_leaf(entry);
        struct tree_proof proof;
        size_t before = rest.len;

        assert_ok(tree_proof_decode(&rest, &proof));
        r.at += before - rest.len;
        printf("%s%llu", n > 0 ? " " : "", (unsigned long long)index);
        if (tree_verify_inclusion(index, head->size, &leaf, &proof,
                                  &head->root) != SV_OK)
            printf("!");
        answer_hex(BYTES(leaf.b));
    }
    assert_ok(reader_end(&r));
}

/* How many of an entry's sealed keys are hers, are those of the compartments
 * that they say, and open with the keys that go by that label; "closed" where
 * one is not. */
static void
print_grants(struct driver *d, const char *name, const char *label,
             struct bytes blob)
{
    uint8_t seed[SEED_LEN];
    struct user_keys keys;
    struct identity own;
    struct grant_item item;
    struct reader items;
    unsigned left, n = 0;
    bool good = true;

    digest("test/person", bytes_text(label), seed);
    user_keys_derive(seed, &keys);
    own = identity_of_keys(&keys);
    assert_ok(grants_begin(blob, &items, &left));
    for (; left > 0; n++) {
        struct grant_context ctx = {.vault = d->o.vault};
        const struct driver_secret *s;
        struct box_secret secret;

        assert_ok(grants_next(&items, &left, &item));
        s = driver_secret(d, item.type, item.compartment, item.epoch);
        ctx.grantee = name;
        ctx.type = item.type;
        ctx.compartment = item.compartment;
        ctx.epoch = item.epoch;
        ctx.pub = s->pub.b;
        if (grants_open(&own, &ctx, &item, &secret) == SV_OK)
            continue;
        ctx.vault = (struct hash){{0}}; /* in the founding it has no id yet */
        good = good && grants_open(&own, &ctx, &item, &secret) == SV_OK;
    }
    if (good)
        printf(":%u", n);
    else
        printf(":closed");
}

/* sync <name> <seen> <root> <last roster entry had, or -> <keys>: size, root,
 * proved; time; roster entries and their leaves; keys sealed to her, and how
 * many open with those of hers; flags. */
void
ask_sync(struct driver *d, const struct command *c)
{
    struct sync_request s = {.seen_size = command_number(c, 1)};
    struct buf question = BUF_INIT, answer = BUF_INIT;
    struct checkpoint head = {.size = 0};
    struct tree_proof proof;
    struct message_answer m;
    struct reader grants, flags;
    struct hash seen;

    command_fixed(c, 2, seen.b, sizeof seen.b);
    if (strcmp(command_word(c, 0), "-") != 0)
        assert_ok(text_copy(bytes_text(command_word(c, 0)), s.name, NAME_SIZE));
    s.has_roster = strcmp(command_word(c, 3), "-") != 0;
    if (s.has_roster)
        s.roster_after = command_number(c, 3);
    assert_ok(message_sync_encode(&s, &question));
    assert_ok(gate_handle(d->o.gate, buf_bytes(&question), &answer));
    assert_ok(message_answer_decode(buf_bytes(&answer), &m));
    if (m.status != SV_OK) {
        printf("ok %d", m.status);
        goto out;
    }
    bool proved = head_is_signed(d, m.sync.head, &head) &&
                  tree_proof_decode(&m.sync.consistency, &proof) == SV_OK &&
                  tree_verify_consistency(s.seen_size, head.size, &seen,
                                          &head.root, &proof) == SV_OK;
    printf("ok 0 %llu", (unsigned long long)head.size);
    answer_hex(BYTES(head.root.b));
    printf(" %d %llu roster", proved, (unsigned long long)m.sync.time_ms);
    print_roster(m.sync.roster, &head);
    printf(" grants");
    grants = reader_of(m.sync.grants);
    for (uint32_t n = reader_u32(&grants); n > 0; n--) {
        printf(" %llu", (unsigned long long)reader_u64(&grants));
        print_grants(d, command_word(c, 0), command_word(c, 4),
                     reader_long(&grants, m.sync.grants.len));
    }
    printf(" flags");
    for (flags = reader_of(m.sync.flags); flags.at < flags.in.len;)
        printf(" %llu", (unsigned long long)reader_u64(&flags));
out:
    buf_free(&question);
    buf_free(&answer);
}

/* ---- What answers hold ---- */

static void
print_content(const struct content *content)
{
    const char *between = " ";

    for (size_t i = 0; i < content->compartment->n; i++) {
        struct buf text = BUF_INIT;

        if (!content->fields[i].given ||
            content->fields[i].missing == MISSING_NOT_ASKED)
            continue;
        assert_ok(content_text(content, i, &text));
        printf("%s%s=%.*s", between, content->compartment->fields[i].name,
               (int)text.len, (const char *)text.ptr);
        between = ";";
        buf_free(&text);
    }
    if (between[0] == ' ')
        printf(" -");
}

static void
print_proof(const struct tree_proof *proof)
{
    struct buf all = BUF_INIT;

    for (size_t i = 0; i < proof->n; i++)
        assert_ok(buf_append(&all, BYTES(proof->hash[i].b)));
    answer_hex(buf_bytes(&all));
    buf_free(&all);
}

/* One version: what its header says, whether it opens, its content, and the
 * proofs of its entry and of its place among the request's. */
static void
print_version(struct driver *d, struct reader *r)
{
    uint64_t index = reader_u64(r);
    struct bytes rest, entry = reader_medium(r, r->in.len);
    struct tree_proof proof, path;
    struct envelope e;
    struct envelope_header h;
    struct ps1_receiver receiver = {.ready = false};
    struct driver_secret *s;
    struct buf plain = BUF_INIT;
    struct content content = {0};
    uint8_t hash[32];

    rest = bytes_slice(r->in, r->at, r->in.len - r->at);
    assert_ok(tree_proof_decode(&rest, &proof));
    r->at = r->in.len - rest.len;
    printf(" | %llu", (unsigned long long)index);
    answer_hex(BYTES(tree_leaf(entry).b));
    printf(" %llu", (unsigned long long)reader_u64(r));
    printf(" %llu", (unsigned long long)reader_u64(r));
    rest = bytes_slice(r->in, r->at, r->in.len - r->at);
    assert_ok(tree_proof_decode(&rest, &path));
    assert_ok(envelope_decode(&rest, &e));
    r->at = r->in.len - rest.len;
    assert_ok(envelope_header_decode(e.header, &h));
    envelope_hash(&e, hash);
    s = driver_secret(d, h.type, h.compartment, h.epoch);
    if (envelope_open(&receiver, &s->secret, &s->pub, &e, &plain) != SV_OK) {
        printf(" closed");
        return;
    }
    printf(" %s %llu %d %s %u", h.compartment, (unsigned long long)h.version,
           h.addition, h.author, h.epoch);
    answer_hex(BYTES(h.record.b));
    answer_hex(BYTES(h.prev));
    answer_hex(BYTES(hash));
    assert_ok(content_decode(
        schema_compartment(schema_type(d->schema, h.type), h.compartment, NULL),
        buf_bytes(&plain), &content));
    print_content(&content);
    print_proof(&proof);
    print_proof(&path);
    content_free(&content);
    buf_free(&plain);
}

/* content: the versions in the last answer, of a record.read. */
void
ask_content(struct driver *d, const struct command *c)
{
    struct reader r = reader_of(d->answer_body);

    (void)c;
    printf("ok");
    for (unsigned n = reader_u16(&r); n > 0; n--)
        printf(" %u", reader_u8(&r));
    while (r.at < r.in.len && !r.failed)
        print_version(d, &r);
    assert_ok(reader_end(&r));
}

/* parcel <keys> <release> <box>: the two commitments of what is in it. */
void
ask_parcel(struct driver *d, const struct command *c)
{
    struct buf box = command_bytes(c, 2), context = BUF_INIT, plain = BUF_INIT;
    struct release_parcel p;
    struct user_keys keys;
    uint8_t seed[SEED_LEN], hash[32];

    digest("test/person", bytes_text(command_word(c, 0)), seed);
    user_keys_derive(seed, &keys);
    assert_ok(
        release_parcel_context(&d->o.vault, command_number(c, 1), &context));
    if (ps1_open(&keys.box, &keys.own, PARCEL_LABEL, buf_bytes(&context),
                 buf_bytes(&box), &plain) != SV_OK) {
        printf("ok closed");
    } else {
        assert_ok(release_parcel_decode(buf_bytes(&plain), &p));
        printf("ok");
        release_commitment(RELEASE_LABEL, p.nonce, p.bytes, hash);
        answer_hex(BYTES(hash));
        release_commitment(RISK_LABEL, p.risk_nonce, p.risk, hash);
        answer_hex(BYTES(hash));
    }
    buf_free(&box);
    buf_free(&context);
    buf_free(&plain);
}

/* ---- Backups ---- */

struct dump {
    unsigned table;
    struct buf rows; /* of all tables, as a backup has them */
};

static enum sv_err
dump_row(void *ctx, struct bytes key, struct bytes value, bool *more)
{
    struct dump *dump = ctx;
    struct writer w = writer_to(&dump->rows);

    (void)more;
    writer_u8(&w, (uint8_t)dump->table);
    writer_short(&w, key);
    writer_long(&w, value);
    return writer_end(&w);
}

/* rows: what the store has, table by table: a hash of it. */
void
ask_rows(struct driver *d, const struct command *c)
{
    struct dump dump = {.rows = BUF_INIT};
    struct store_txn *now;
    uint8_t hash[DIGEST_LEN];

    (void)c;
    assert_ok(store_begin(d->store, STORE_READ, &now));
    for (; dump.table < TABLES_N; dump.table++)
        assert_ok(
            store_scan(now, dump.table, bytes_of(NULL, 0), dump_row, &dump));
    store_abort(&now);
    digest("test/rows", buf_bytes(&dump.rows), hash);
    printf("ok");
    answer_hex(BYTES(hash));
    buf_free(&dump.rows);
}

/* signed <note>: 1 if the log's key signed it, and nobody else. */
void
ask_signed(struct driver *d, const struct command *c)
{
    struct buf text = command_bytes(c, 0);
    struct note note;

    printf("ok %d",
           note_parse(buf_bytes(&text), &note) == SV_OK && note.n == 1 &&
               note_verify(&note, "office.example", &d->log_key) == SV_OK);
    buf_free(&text);
}

/* ---- A third party ---- */

struct third {
    struct replay replay;
    struct replay_fault fault;
};

static enum sv_err
take(void *ctx, uint64_t index, struct bytes entry)
{
    struct third *t = ctx;

    (void)index;
    return replay_entry(&t->replay, entry, &t->fault);
}

static void
print_roster_state(const struct roster *r)
{
    for (size_t i = 0; i < r->n_persons; i++) {
        printf(" person:%s", r->persons[i].name);
        if (roster_is_absent(r, r->persons[i].name, UINT64_MAX - 1))
            printf(":suspended");
        answer_hex(BYTES(r->persons[i].sign.b));
    }
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        printf(" grant:%s:%s:%llu:%llu:%llu", r->persons[g->person].name,
               g->role, (unsigned long long)g->from_index,
               (unsigned long long)g->until_ms,
               g->end_index == ROSTER_NEVER ? 0ULL
                                            : (unsigned long long)g->end_index);
    }
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];

        printf(" proposal:%llu:%s:%s:%llu", (unsigned long long)p->index,
               p->person, p->role, (unsigned long long)p->until_ms);
    }
    for (unsigned i = 0; i < r->policy.n_columns; i++) {
        const struct roster_key *k;

        for (uint32_t e = 1; (k = roster_key_epoch(r, i, e)) != NULL; e++)
            printf(" key:%u:%u:%llu", i, e, (unsigned long long)k->from_index);
    }
    for (unsigned i = 0; i < r->policy.n_columns; i++)
        printf(" due:%llu", (unsigned long long)r->due_ms[i]);
}

/* verify <name>: she verifies the whole log and the store; then a replay of
 * what she read says what it makes: "ok 0" and the roster. */
void
ask_verify(struct driver *d, const struct command *c)
{
    const char *name = command_word(c, 0);
    struct client *client = office_client(&d->o, name);
    struct log_verdict verdict = {0};
    struct third t = {.fault = {0}};
    enum sv_err err;

    err = client_log_verify(client, NULL, NULL, &verdict);
    if (err != SV_OK || verdict.fault.reason != NULL || verdict.n_findings > 0)
        printf("ok 1 %d %s %s %s", err,
               verdict.fault.reason == NULL ? "-" : verdict.fault.reason,
               verdict.n_findings == 0 ? "-" : verdict.findings[0].place,
               verdict.n_findings == 0 ? "-" : verdict.findings[0].reason);
    replay_init(&t.replay);
    if (err == SV_OK)
        err = client_log_read(client, 0, UINT64_MAX, take, &t);
    if (err != SV_OK || t.fault.reason != NULL) {
        printf("ok 2 %d %s", err, t.fault.reason ? t.fault.reason : "-");
    } else if (verdict.fault.reason == NULL && verdict.n_findings == 0) {
        printf("ok 0");
        print_roster_state(&t.replay.roster);
    }
    replay_clear(&t.replay);
    free(verdict.findings);
    office_end(&d->o, name);
}
