#include "tests/support/fakelog.h"

#include "audit/export_write.h"
#include "crypto/digest.h"
#include "policy/replay_state.h"

/* ---- fixed people, records, contents ---- */

static void
fixed(const char *label, const char *name, uint8_t out[static 32])
{
    digest(label, bytes_text(name), out);
}

struct fake_person
fake_person(const char *name)
{
    struct fake_person p;

    memset(&p, 0, sizeof p);
    assert_ok(text_copy(bytes_text(name), p.name, sizeof p.name));
    fixed("sv/test/sign", name, p.seed.b);
    sign_public_of(&p.seed, &p.sign);
    fixed("sv/test/box", name, p.box);
    return p;
}

struct handle
fakelog_handle(uint64_t record)
{
    char name[24];
    uint8_t hash[DIGEST_LEN];
    struct handle h;

    (void)snprintf(name, sizeof name, "%llu", (unsigned long long)record);
    fixed("sv/test/handle", name, hash);
    memcpy(h.b, hash, sizeof h.b);
    return h;
}

void
fakelog_content(uint64_t record, const char *compartment, uint64_t version,
                uint8_t out[static 32])
{
    char name[96];

    (void)snprintf(name, sizeof name, "%llu %s %llu",
                   (unsigned long long)record, compartment,
                   (unsigned long long)version);
    fixed("sv/test/content", name, out);
}

static void
put_name(char out[static NAME_SIZE], const char *name)
{
    memset(out, 0, NAME_SIZE);
    assert_ok(text_copy(bytes_text(name), out, NAME_SIZE));
}

/* ---- the shipped policy ---- */

struct buf
fakelog_policy_json(void)
{
    struct buf json = BUF_INIT;

    assert_ok(file_read(SV_SOURCE_DIR "/schema/policy.json", 1 << 20, &json));
    return json;
}

void
fakelog_policy(const char *profile, struct policy *out)
{
    struct buf json = fakelog_policy_json();
    struct diag where = {.reason = NULL};
    enum sv_err err = policy_from_json(buf_bytes(&json), profile, out, &where);

    if (err != SV_OK)
        print_error("policy.json: %s: %s\n", where.column,
                    where.reason != NULL ? where.reason : "?");
    assert_ok(err);
    buf_free(&json);
}

/* ---- requests ---- */

static void
next_id(struct fakelog *f, uint8_t out[static REQUEST_ID_LEN])
{
    char name[24];
    uint8_t hash[DIGEST_LEN];

    (void)snprintf(name, sizeof name, "%llu", (unsigned long long)f->n_ids++);
    fixed("sv/test/id", name, hash);
    memcpy(out, hash, REQUEST_ID_LEN);
}

struct request
fakelog_request(struct fakelog *f, enum request_act act, const char *actor,
                const char *role)
{
    const struct roster *r = &f->replay.roster;
    const struct policy *p = &r->policy;
    struct request q;
    int i = r->has_policy ? policy_role(p, role) : -1;

    memset(&q, 0, sizeof q);
    q.act = act;
    (void)snprintf(q.origin, sizeof q.origin, "%s", FAKELOG_ORIGIN);
    q.has_vault = roster_ready(r);
    if (q.has_vault)
        q.vault = r->vault;
    put_name(q.actor, actor);
    next_id(f, q.id);
    q.at_ms = f->now_ms;
    put_name(q.role, role);
    /* Founders have no other purpose to name. */
    q.purpose_defaulted = i >= 0 || !r->has_policy;
    put_name(q.purpose,
             i >= 0 ? p->purposes[p->roles[i].default_purpose] : "quality");
    q.seen_size = f->replay.frontier.size;
    q.seen_root = frontier_root(&f->replay.frontier);
    return q;
}

void
fakelog_set_compartments(struct request *q, const char *names)
{
    struct bytes rest = bytes_text(names), one;

    memset(q->compartments, 0, sizeof q->compartments);
    q->n_compartments = 0;
    while (text_split(&rest, ',', &one)) {
        assert_true(q->n_compartments < REQUEST_COMPARTMENTS_MAX);
        assert_ok(
            text_copy(one, q->compartments[q->n_compartments++], NAME_SIZE));
    }
}

static void
all_compartments(const struct policy *p, struct request *q)
{
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (strcmp(p->columns[c].type, q->type) == 0 && !policy_is_index(p, c))
            put_name(q->compartments[q->n_compartments++],
                     p->columns[c].compartment);
    }
}

struct request
fakelog_request_on(struct fakelog *f, enum request_act act, const char *actor,
                   const char *role, const char *type, uint64_t record,
                   const char *compartments)
{
    struct request q = fakelog_request(f, act, actor, role);
    unsigned lines = request_act_lines(act);

    put_name(q.type, type);
    if ((lines & LINE_RECORD) != 0)
        q.record = fakelog_handle(record);
    if ((lines & LINE_COMPARTMENTS) == 0)
        return q;
    if (compartments != NULL)
        fakelog_set_compartments(&q, compartments);
    else
        all_compartments(&f->replay.roster.policy, &q);
    return q;
}

struct request
fakelog_request_propose(struct fakelog *f, const char *name, const char *role,
                        uint64_t until_ms)
{
    struct request q = fakelog_request(f, ACT_STAFF_PROPOSE,
                                       FAKELOG_ADMINISTRATOR, "administrator");
    struct fake_person p = fake_person(name);

    put_name(q.person, name);
    q.sign = p.sign;
    memcpy(q.box, p.box, sizeof q.box);
    put_name(q.grants, role);
    q.until_ms = until_ms;
    return q;
}

struct request
fakelog_request_confirm(struct fakelog *f, uint64_t proposal, const char *name,
                        const char *role)
{
    struct request q =
        fakelog_request(f, ACT_STAFF_CONFIRM, FAKELOG_SUPERVISOR, "supervisor");

    q.entry = proposal;
    put_name(q.person, name);
    put_name(q.grants, role);
    fixed("sv/test/sealed", name, q.body);
    return q;
}

/* ---- founding ---- */

static struct request_founder
founder(const char *name)
{
    struct fake_person p = fake_person(name);
    struct request_founder out;

    memset(&out, 0, sizeof out);
    memcpy(out.name, p.name, sizeof out.name);
    out.sign = p.sign;
    memcpy(out.box, p.box, sizeof out.box);
    return out;
}

struct request
fakelog_genesis(struct fakelog *f, const struct policy *p)
{
    struct request q =
        fakelog_request(f, ACT_GENESIS, FAKELOG_ADMINISTRATOR, "administrator");
    struct request_genesis *g = &q.genesis;
    struct fake_person gate = fake_person("gate");

    q.has_vault = false; /* also where it comes too late */
    memset(&q.vault, 0, sizeof q.vault);
    assert_ok(note_vkey(FAKELOG_ORIGIN, &gate.sign, g->log_vkey));
    memcpy(g->gate_box, gate.box, sizeof g->gate_box);
    put_name(g->profile, p->profile);
    assert_ok(policy_hash(p, g->policy_hash));
    fixed("sv/test/schema", "schema", g->schema_hash);
    g->n_founders = 2;
    g->founders[FOUNDER_ADMINISTRATOR] = founder(FAKELOG_ADMINISTRATOR);
    put_name(g->founders[FOUNDER_ADMINISTRATOR].role, "administrator");
    g->founders[FOUNDER_SUPERVISOR] = founder(FAKELOG_SUPERVISOR);
    put_name(g->founders[FOUNDER_SUPERVISOR].role, "supervisor");
    return q;
}

struct request
fakelog_part(struct fakelog *f, const struct policy *p, unsigned k)
{
    struct request q =
        fakelog_request(f, ACT_POLICY, FAKELOG_ADMINISTRATOR, "administrator");
    struct buf text = BUF_INIT;
    struct bytes part;

    assert_ok(policy_encode(p, &text));
    assert_ok(policy_part(buf_bytes(&text), k, &part, &q.parts));
    q.part = k;
    assert_ok(text_copy(part, q.text, sizeof q.text));
    buf_free(&text);
    return q;
}

struct request
fakelog_keys(struct fakelog *f, const struct policy *p)
{
    struct request q =
        fakelog_request(f, ACT_KEYS, FAKELOG_SUPERVISOR, "supervisor");

    for (unsigned c = 0; c < p->n_columns; c++) {
        struct request_key *k = &q.keys[q.n_keys++];
        char name[2 * NAME_SIZE];

        put_name(k->type, p->columns[c].type);
        put_name(k->compartment, p->columns[c].compartment);
        k->epoch = 1;
        (void)snprintf(name, sizeof name, "%s.%s", k->type, k->compartment);
        fixed("sv/test/key", name, k->pub);
    }
    return q;
}

void
fakelog_init(struct fakelog *f)
{
    memset(f, 0, sizeof *f);
    f->now_ms = FAKELOG_START_MS;
    replay_init(&f->replay);
}

void
fakelog_found(struct fakelog *f, const char *profile)
{
    struct policy *p = calloc(1, sizeof *p);
    struct request q;
    unsigned k = 0;

    assert_non_null(p);
    fakelog_init(f);
    fakelog_policy(profile, p);
    q = fakelog_genesis(f, p);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    do {
        q = fakelog_part(f, p, ++k);
        (void)fakelog_append(f, &q, OUTCOME_DONE);
    } while (k < q.parts);
    q = fakelog_keys(f, p);
    (void)fakelog_append(f, &q, OUTCOME_DONE);
    assert_true(roster_ready(&f->replay.roster));
    free(p);
}

void
fakelog_clear(struct fakelog *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->entries[i]);
    free(f->entries);
    replay_clear(&f->replay);
    memset(f, 0, sizeof *f);
}

/* ---- entries ---- */

static bool
had_root(const struct replay *r, const struct request *q)
{
    struct hash root;

    return q->seen_size <= r->frontier.size &&
           past_root(&r->past, q->seen_size, &root) == SV_OK &&
           hash_equal(&root, &q->seen_root);
}

struct decision
fakelog_decide(const struct fakelog *f, const struct request *q)
{
    const struct replay *r = &f->replay;
    struct question question = {
        .request = q,
        .index = r->frontier.size,
        .time_ms = f->now_ms,
        .assigned = replay_state_is_assigned(r, &q->record, q->actor),
        .recent = replay_state_recent(r, q, f->now_ms),
        .denied_glass = replay_state_denied_glass(r, q, f->now_ms),
        .release = replay_state_release(r, q->entry),
        .flag = replay_state_flag(r, q->entry),
        .last_release = r->last_release,
        .id_seen = map_get(&r->ids, q->id) != NULL,
        .seen_ok = had_root(r, q),
    };

    return policy_decide(&r->roster, &question);
}

struct entry
fakelog_entry(const struct fakelog *f, const struct request *q,
              enum entry_outcome outcome)
{
    const struct roster *r = &f->replay.roster;
    struct decision d = fakelog_decide(f, q);
    struct entry e;

    memset(&e, 0, sizeof e);
    e.kind = ENTRY_REQUEST;
    e.index = f->replay.frontier.size;
    e.has_roster = r->started;
    e.roster = r->last_index;
    e.time_ms = f->now_ms;
    memcpy(e.policy_hash, r->started ? r->policy_hash : q->genesis.policy_hash,
           32);
    e.allowed = d.allowed;
    memcpy(e.rule, d.rule, sizeof e.rule);
    e.outcome = d.allowed ? outcome : OUTCOME_NONE;
    return e;
}

void
fakelog_result(struct entry *e, uint64_t record, const char *compartment,
               uint64_t version)
{
    struct entry_result *result = &e->results[e->n_results++];

    put_name(result->compartment, compartment);
    result->version = version;
    fakelog_content(record, compartment, version, result->hash);
}

static struct hash
result_leaf(uint64_t record, const struct entry_result *result)
{
    struct item it;

    memset(&it, 0, sizeof it);
    it.record = fakelog_handle(record);
    memcpy(it.compartment, result->compartment, sizeof it.compartment);
    it.version = result->version;
    memcpy(it.hash, result->hash, sizeof it.hash);
    return item_leaf(&it);
}

void
fakelog_body(const struct entry *e, uint64_t record, uint8_t out[static 32])
{
    struct hash leaves[ENTRY_RESULTS_MAX], root;

    for (unsigned i = 0; i < e->n_results; i++)
        leaves[i] = result_leaf(record, &e->results[i]);
    root = tree_root_of(leaves, e->n_results);
    memcpy(out, root.b, sizeof root.b);
}

/* Genesis bears a second signature, of the other founder. */
static void
cosign_genesis(const struct request *q, struct buf *signed_note)
{
    const struct request_genesis *g = &q->genesis;
    const struct request_founder *a = &g->founders[FOUNDER_ADMINISTRATOR];
    const struct request_founder *s = &g->founders[FOUNDER_SUPERVISOR];
    struct fake_person other =
        fake_person(strcmp(q->actor, a->name) == 0 ? s->name : a->name);
    struct buf text = BUF_INIT;
    char name[NOTE_NAME_MAX + 1];

    assert_ok(request_encode(q, &text));
    assert_ok(request_key_name(q->origin, other.name, name));
    assert_ok(
        note_add_signature(buf_bytes(&text), name, &other.seed, signed_note));
    buf_free(&text);
}

/* A restore bears that of the second, or of the log's own key. */
static void
cosign_restore(const struct request *q, struct buf *signed_note)
{
    bool gate = q->restore.second[0] == '\0';
    struct fake_person second = fake_person(gate ? "gate" : q->restore.second);
    struct buf text = BUF_INIT;
    char name[NOTE_NAME_MAX + 1];

    assert_ok(request_encode(q, &text));
    assert_ok(gate ? text_copy(bytes_text(q->origin), name, sizeof name)
                   : request_key_name(q->origin, second.name, name));
    assert_ok(
        note_add_signature(buf_bytes(&text), name, &second.seed, signed_note));
    buf_free(&text);
}

struct buf
fakelog_bytes(const struct entry *e, const struct request *q,
              const char *signer)
{
    struct fake_person p;
    struct buf signed_note = BUF_INIT, out = BUF_INIT;
    struct entry whole = *e;

    if (e->kind == ENTRY_REQUEST) {
        assert_non_null(q);
        p = fake_person(signer);
        assert_ok(request_sign(q, &p.seed, &signed_note));
        if (q->act == ACT_GENESIS)
            cosign_genesis(q, &signed_note);
        if (q->act == ACT_RESTORE)
            cosign_restore(q, &signed_note);
        whole.note = buf_bytes(&signed_note);
    }
    assert_ok(entry_encode(&whole, &out));
    buf_free(&signed_note);
    return out;
}

static void
make_room(struct fakelog *f)
{
    struct buf *more = reallocarray(f->entries, f->n + 1, sizeof *f->entries);

    assert_non_null(more);
    f->entries = more;
}

static uint64_t
append_bytes(struct fakelog *f, struct buf *entry)
{
    struct replay_fault fault = {0, ""};
    enum sv_err err = replay_entry(&f->replay, buf_bytes(entry), &fault);

    if (err != SV_OK)
        print_error("entry %llu: %s\n%.*s\n", (unsigned long long)fault.index,
                    fault.reason, (int)entry->len, (const char *)entry->ptr);
    assert_ok(err);
    make_room(f);
    f->entries[f->n++] = buf_take(entry);
    return f->n - 1;
}

uint64_t
fakelog_append_entry(struct fakelog *f, const struct entry *e,
                     const struct request *q)
{
    struct buf bytes =
        fakelog_bytes(e, q, q != NULL ? q->actor : FAKELOG_SUPERVISOR);

    return append_bytes(f, &bytes);
}

uint64_t
fakelog_append(struct fakelog *f, const struct request *q,
               enum entry_outcome outcome)
{
    struct entry e = fakelog_entry(f, q, outcome);

    return fakelog_append_entry(f, &e, q);
}

uint64_t
fakelog_denied(struct fakelog *f, const struct request *q, const char *rule)
{
    struct entry e = fakelog_entry(f, q, OUTCOME_NONE);

    assert_string_equal(e.rule, rule);
    assert_false(e.allowed);
    return fakelog_append_entry(f, &e, q);
}

static uint64_t
append_done(struct fakelog *f, const struct entry *e, const struct request *q)
{
    if (!e->allowed)
        fail_msg("denied: %s", e->rule);
    return fakelog_append_entry(f, e, q);
}

/* ---- whole acts ---- */

uint64_t
fakelog_hire(struct fakelog *f, const char *name, const char *role,
             uint64_t until_ms)
{
    struct request q = fakelog_request_propose(f, name, role, until_ms);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);
    uint64_t proposal = append_done(f, &e, &q);

    q = fakelog_request_confirm(f, proposal, name, role);
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    return append_done(f, &e, &q);
}

static uint64_t
last_version(const struct fakelog *f, uint64_t record, const char *compartment)
{
    struct handle h = fakelog_handle(record);

    return replay_state_version(&f->replay, &h, compartment).version;
}

/* The request's compartments as results, `more` versions after the last. */
static void
add_results(const struct fakelog *f, struct entry *e, const struct request *q,
            uint64_t record, uint64_t more)
{
    for (unsigned i = 0; i < q->n_compartments; i++)
        fakelog_result(e, record, q->compartments[i],
                       last_version(f, record, q->compartments[i]) + more);
}

static uint64_t
write_record(struct fakelog *f, struct request *q, uint64_t record)
{
    struct entry e = fakelog_entry(f, q, OUTCOME_DONE);

    add_results(f, &e, q, record, 1);
    fakelog_body(&e, record, q->body);
    return append_done(f, &e, q);
}

uint64_t
fakelog_create(struct fakelog *f, const char *actor, const char *role,
               const char *type, uint64_t record)
{
    struct request q = fakelog_request_on(f, ACT_RECORD_CREATE, actor, role,
                                          type, record, NULL);

    return write_record(f, &q, record);
}

uint64_t
fakelog_save(struct fakelog *f, const char *actor, const char *role,
             const char *type, uint64_t record, const char *compartments)
{
    struct request q = fakelog_request_on(f, ACT_RECORD_SAVE, actor, role, type,
                                          record, compartments);

    return write_record(f, &q, record);
}

uint64_t
fakelog_read(struct fakelog *f, const char *actor, const char *role,
             const char *type, uint64_t record, const char *compartments)
{
    struct request q = fakelog_request_on(f, ACT_RECORD_READ, actor, role, type,
                                          record, compartments);
    struct entry e = fakelog_entry(f, &q, OUTCOME_DONE);

    add_results(f, &e, &q, record, 0);
    return append_done(f, &e, &q);
}

/* The item entry of one record, as it will stand at this index. */
static struct entry
item_of(const struct fakelog *f, const char *type, uint64_t record,
        uint64_t batch, uint64_t index)
{
    const struct policy *p = &f->replay.roster.policy;
    struct entry e;

    memset(&e, 0, sizeof e);
    e.kind = ENTRY_ITEM;
    e.index = index;
    e.has_roster = true;
    e.roster = f->replay.roster.last_index;
    e.batch = batch;
    e.record = fakelog_handle(record);
    for (unsigned c = 0; c < p->n_columns; c++) {
        if (strcmp(p->columns[c].type, type) == 0 && !policy_is_index(p, c))
            fakelog_result(&e, record, p->columns[c].compartment, 1);
    }
    return e;
}

static void
batch_body(const struct fakelog *f, const char *type, uint64_t first,
           unsigned n, uint8_t out[static 32])
{
    struct buf all = BUF_INIT;
    struct hash root;

    for (unsigned i = 0; i < n; i++) {
        struct entry e = item_of(f, type, first + i, 0, 0);

        for (unsigned k = 0; k < e.n_results; k++) {
            struct hash leaf = result_leaf(first + i, &e.results[k]);

            assert_ok(buf_append(&all, BYTES(leaf.b)));
        }
    }
    root = tree_root_of((const struct hash *)(const void *)all.ptr,
                        all.len / sizeof root);
    memcpy(out, root.b, sizeof root.b);
    buf_free(&all);
}

uint64_t
fakelog_import(struct fakelog *f, const char *actor, const char *role,
               const char *type, uint64_t first, unsigned n)
{
    struct request q = fakelog_request(f, ACT_RECORD_IMPORT, actor, role);
    struct entry e;
    uint64_t batch;

    put_name(q.type, type);
    q.count = n;
    batch_body(f, type, first, n, q.body);
    e = fakelog_entry(f, &q, OUTCOME_DONE);
    batch = append_done(f, &e, &q);
    for (unsigned i = 0; i < n; i++) {
        e = item_of(f, type, first + i, batch, batch + 1 + i);
        (void)fakelog_append_entry(f, &e, NULL);
    }
    return batch;
}

uint64_t
fakelog_assign(struct fakelog *f, enum request_act act, const char *type,
               uint64_t record, const char *name, enum entry_outcome outcome)
{
    struct request q = fakelog_request_on(f, act, FAKELOG_SUPERVISOR,
                                          "supervisor", type, record, NULL);
    struct entry e;

    put_name(q.person, name);
    e = fakelog_entry(f, &q, outcome);
    return append_done(f, &e, &q);
}

/* ---- forging ---- */

void
fakelog_edit(struct fakelog *f, uint64_t index, const char *from,
             const char *to)
{
    struct buf *e = &f->entries[index], out = BUF_INIT;
    const uint8_t *at = memmem(e->ptr, e->len, from, strlen(from));
    size_t before;

    if (at == NULL)
        fail_msg("entry %u has no \"%s\"", (unsigned)index, from);
    before = (size_t)(at - e->ptr);
    assert_ok(buf_append(&out, bytes_of(e->ptr, before)));
    assert_ok(buf_text(&out, to));
    before += strlen(from);
    assert_ok(buf_append(&out, bytes_of(e->ptr + before, e->len - before)));
    fakelog_replace(f, index, &out);
}

void
fakelog_replace(struct fakelog *f, uint64_t index, struct buf *entry)
{
    assert_true(index < f->n);
    buf_free(&f->entries[index]);
    f->entries[index] = buf_take(entry);
}

void
fakelog_insert(struct fakelog *f, uint64_t index, struct buf *entry)
{
    assert_true(index <= f->n);
    make_room(f);
    memmove(&f->entries[index + 1], &f->entries[index],
            (f->n - index) * sizeof *f->entries);
    f->n++;
    f->entries[index] = buf_take(entry);
}

void
fakelog_remove(struct fakelog *f, uint64_t index)
{
    assert_true(index < f->n);
    buf_free(&f->entries[index]);
    f->n--;
    memmove(&f->entries[index], &f->entries[index + 1],
            (f->n - index) * sizeof *f->entries);
}

void
fakelog_parse(const struct fakelog *f, uint64_t index, struct entry *e,
              struct request *q)
{
    struct note note;

    assert_true(index < f->n);
    assert_ok(entry_parse(buf_bytes(&f->entries[index]), e));
    if (e->kind == ENTRY_REQUEST)
        assert_ok(request_parse(e->note, &note, q));
}

struct hash
fakelog_root(const struct fakelog *f)
{
    struct tree_frontier frontier;
    struct hash done[TREE_LEVELS];
    unsigned n;

    frontier_init(&frontier);
    for (size_t i = 0; i < f->n; i++) {
        struct hash leaf = tree_leaf(buf_bytes(&f->entries[i]));

        frontier_append(&frontier, &leaf, done, &n);
    }
    return frontier_root(&frontier);
}

enum sv_err
fakelog_replay(const struct fakelog *f, struct replay_fault *fault)
{
    struct hash root = fakelog_root(f);
    struct replay r;
    enum sv_err err = SV_OK;

    replay_init(&r);
    for (size_t i = 0; i < f->n && err == SV_OK; i++)
        err = replay_entry(&r, buf_bytes(&f->entries[i]), fault);
    if (err == SV_OK)
        err = replay_end(&r, f->n, &root, fault);
    replay_clear(&r);
    return err;
}

void
fakelog_export(const struct fakelog *f, const char *dir)
{
    struct fake_person gate = fake_person("gate");
    struct checkpoint head = {.origin = FAKELOG_ORIGIN, .size = f->n};
    struct buf note = BUF_INIT;
    struct export_writer w;
    uint64_t from = 0;

    head.root = fakelog_root(f);
    assert_ok(checkpoint_sign(&head, &gate.seed, &note));
    support_dir_remove(dir);
    assert_ok(export_write_begin(&w, dir, FAKELOG_ORIGIN, &gate.sign,
                                 buf_bytes(&note), true, &from));
    for (size_t i = 0; i < f->n; i++)
        assert_ok(export_write_entry(&w, buf_bytes(&f->entries[i])));
    assert_ok(export_write_end(&w));
    export_write_clear(&w);
    buf_free(&note);
}
