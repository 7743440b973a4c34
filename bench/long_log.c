#include "bench/long_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit_card.h"
#include "audit/export.h"
#include "bench/bench.h"

#define RECORDS 64
#define IMPORT_EVERY 32
#define BLOCKS_A_ROUND 64
#define IMPORTED UINT64_C(1000000) /* the first record of the imports */

struct block {
    uint64_t first; /* entry */
    unsigned n;
    struct hash leaves[TILE_WIDTH];
};

struct making {
    struct long_log *log;
    bool sign;
    struct fakelog f;
    /* What is repeated. */
    struct request reading, import;
    struct entry read, imported, item;
    /* A head that each request of a round has seen. */
    struct tile_builder builder;
    uint64_t seen_size;
    struct hash seen_root;
    struct block *blocks;
};

/* ---- Files ---- */

static void
write_file(const char *dir, const char *name, struct bytes data)
{
    char path[PATH_SIZE];
    int fd;

    must(path_join(path, dir, name), name);
    for (char *c = path + strlen(dir) + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        must_be(mkdir(path, 0700) == 0 || errno == EEXIST, path);
        *c = '/';
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must_be(fd >= 0, path);
    must(fd_write_at(fd, data, 0), path);
    must_be(close(fd) == 0, path);
}

static void
write_bundle(const struct long_log *log, uint64_t k, unsigned n,
             const struct buf *bundle)
{
    char path[TILE_PATH_SIZE];

    must(tile_path(TILE_LEVEL_ENTRIES, k, n, path), "tile_path");
    write_file(log->dir, path, buf_bytes(bundle));
}

static enum sv_err
write_tile(void *ctx, const struct tile *t, const struct hash hashes[])
{
    const struct long_log *log = ctx;
    char path[TILE_PATH_SIZE];

    must(tile_path(t->level, t->n, t->width, path), "tile_path");
    write_file(log->dir, path, bytes_of(hashes, t->width * sizeof *hashes));
    return SV_OK;
}

static void
write_head(const struct making *m)
{
    struct fake_person gate = fake_person("gate");
    struct checkpoint head = {.origin = FAKELOG_ORIGIN, .size = m->log->size};
    struct audit_card card = {.origin = FAKELOG_ORIGIN,
                              .vault = m->log->genesis};
    struct buf text = BUF_INIT;

    head.root = frontier_root(&m->builder.frontier);
    must(checkpoint_sign(&head, &gate.seed, &text), "head");
    write_file(m->log->dir, EXPORT_CHECKPOINT, buf_bytes(&text));
    buf_truncate(&text, 0);
    card.log_key = m->log->log_key;
    must(audit_card_encode(&card, &text), "card");
    must(file_replace(m->log->card, 0600, buf_bytes(&text)), "card");
    buf_free(&text);
}

/* ---- Entries ---- */

static void
add(struct block *b, struct buf *bundle, const struct entry *e)
{
    struct buf text = BUF_INIT;

    must(entry_encode(e, &text), "entry");
    must(tile_bundle_add(bundle, buf_bytes(&text)), "bundle");
    b->leaves[b->n++] = tree_leaf(buf_bytes(&text));
    buf_free(&text);
}

static void
add_zeros(const struct request *q, const struct fake_person *by,
          struct buf *note)
{
    static const uint8_t zeros_of_one[SIGN_LEN];
    char name[NOTE_NAME_MAX + 1];
    uint8_t id[4];

    must(request_key_name(q->origin, q->actor, name), "name");
    note_key_id(bytes_text(name), NOTE_TYPE_ED25519, &by->sign, id);
    must(request_encode(q, note), "request");
    must(buf_text(note, "\n"), "request");
    must(note_line(name, id, BYTES(zeros_of_one), note), "request");
}

static void
add_signed(const struct making *m, struct block *b, struct buf *bundle,
           struct entry *e, struct request *q, const struct fake_person *by)
{
    struct buf note = BUF_INIT;

    e->index = b->first + b->n;
    e->time_ms = m->f.now_ms + e->index;
    q->at_ms = e->time_ms;
    q->seen_size = m->seen_size;
    q->seen_root = m->seen_root;
    memcpy(q->id, &e->index, sizeof e->index);
    if (m->sign)
        must(request_sign(q, &by->seed, &note), "request");
    else
        add_zeros(q, by, &note);
    e->note = buf_bytes(&note);
    add(b, bundle, e);
    buf_free(&note);
}

static void
add_reading(const struct making *m, struct block *b, struct buf *bundle)
{
    uint64_t i = b->first + b->n;
    const struct fake_person *by = &m->log->people[i % LONG_LOG_PEOPLE];
    uint64_t record = i % LONG_LOG_PEOPLE +
                      LONG_LOG_PEOPLE * (i / 7 % (RECORDS / LONG_LOG_PEOPLE));
    struct request q = m->reading;
    struct entry e = m->read;

    memcpy(q.actor, by->name, sizeof q.actor);
    q.record = fakelog_handle(record);
    e.n_results = 0;
    fakelog_result(&e, record, "facts", 1);
    add_signed(m, b, bundle, &e, &q, by);
}

/* One import with as many items as the block has room for. */
static void
add_import(const struct making *m, struct block *b, struct buf *bundle)
{
    struct hash *leaves =
        zeros((size_t)TILE_WIDTH * ENTRY_RESULTS_MAX, sizeof *leaves);
    struct request q = m->import;
    struct entry e = m->imported, item = m->item;
    struct hash root;
    size_t n = 0;

    for (uint64_t i = 1; i < TILE_WIDTH; i++)
        for (unsigned c = 0; c < item.n_results; c++) {
            struct item it = {.record = fakelog_handle(IMPORTED + b->first + i),
                              .version = 1};

            memcpy(it.compartment, item.results[c].compartment,
                   sizeof it.compartment);
            memcpy(it.hash, item.results[c].hash, sizeof it.hash);
            leaves[n++] = item_leaf(&it);
        }
    root = tree_root_of(leaves, n);
    memcpy(q.body, root.b, sizeof q.body);
    q.count = TILE_WIDTH - 1;
    add_signed(m, b, bundle, &e, &q, &m->log->people[LONG_LOG_PEOPLE]);
    item.batch = b->first;
    while (b->n < TILE_WIDTH) {
        item.index = b->first + b->n;
        item.record = fakelog_handle(IMPORTED + item.index);
        add(b, bundle, &item);
    }
    free(leaves);
}

static enum sv_err
make_block(void *ctx, size_t part)
{
    const struct making *m = ctx;
    struct block *b = &m->blocks[part];
    struct buf bundle = BUF_INIT;
    uint64_t k = b->first / TILE_WIDTH;
    unsigned want = m->log->size - b->first < TILE_WIDTH
                        ? (unsigned)(m->log->size - b->first)
                        : TILE_WIDTH;

    b->n = 0;
    if (k % IMPORT_EVERY == 0 && want == TILE_WIDTH)
        add_import(m, b, &bundle);
    while (b->n < want)
        add_reading(m, b, &bundle);
    write_bundle(m->log, k, b->n, &bundle);
    buf_free(&bundle);
    return SV_OK;
}

/* ---- The log ---- */

/* Full blocks of it. */
static void
found(struct making *m, struct long_log *log)
{
    struct fakelog *f = &m->f;

    fakelog_found(f, "standard");
    log->people[LONG_LOG_PEOPLE] = fake_person("ines");
    (void)fakelog_hire(f, "ines", "intake", 0);
    for (unsigned i = 0; i < LONG_LOG_PEOPLE; i++) {
        char name[NAME_SIZE];

        (void)snprintf(name, sizeof name, "cora-%u", i);
        log->people[i] = fake_person(name);
        (void)fakelog_hire(f, name, "caseworker", 0);
    }
    for (uint64_t r = 0; r < RECORDS; r++) {
        (void)fakelog_create(f, "ines", "intake", "victim", r);
        (void)fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", r,
                             log->people[r % LONG_LOG_PEOPLE].name,
                             OUTCOME_DONE);
    }
    fakelog_parse(f, fakelog_import(f, "ines", "intake", "victim", RECORDS, 1),
                  &m->imported, &m->import);
    fakelog_parse(f, f->n - 1, &m->item, &m->reading);
    do
        (void)fakelog_read(f, "cora-0", "caseworker", "victim", 0, "facts");
    while (f->n % TILE_WIDTH != 0);
    fakelog_parse(f, f->n - 1, &m->read, &m->reading);
    log->genesis = f->replay.roster.vault;
    log->log_key = f->replay.roster.log_key;
}

static void
write_founding(struct making *m)
{
    for (size_t i = 0; i < m->f.n; i += TILE_WIDTH) {
        struct buf bundle = BUF_INIT;

        for (size_t at = i; at < i + TILE_WIDTH; at++) {
            struct bytes text = buf_bytes(&m->f.entries[at]);
            struct hash leaf = tree_leaf(text);

            must(tile_bundle_add(&bundle, text), "bundle");
            must(tile_builder_add(&m->builder, &leaf, write_tile, m->log),
                 "tiles");
        }
        write_bundle(m->log, i / TILE_WIDTH, TILE_WIDTH, &bundle);
        buf_free(&bundle);
    }
}

static void
make_round(struct making *m, struct workers *workers)
{
    uint64_t from = m->builder.frontier.size;
    size_t n = 0;

    m->seen_size = from;
    m->seen_root = frontier_root(&m->builder.frontier);
    for (; n < BLOCKS_A_ROUND && from + n * TILE_WIDTH < m->log->size; n++)
        m->blocks[n].first = from + n * TILE_WIDTH;
    must(workers_run(workers, n, make_block, m), "blocks");
    for (size_t i = 0; i < n; i++)
        for (unsigned l = 0; l < m->blocks[i].n; l++)
            must(tile_builder_add(&m->builder, &m->blocks[i].leaves[l],
                                  write_tile, m->log),
                 "tiles");
}

void
long_log_make(const char *dir, uint64_t size, bool sign,
              struct workers *workers, struct long_log *out)
{
    struct making *m = zeros(1, sizeof *m);

    memset(out, 0, sizeof *out);
    out->size = size;
    must(path_join(out->dir, dir, "export"), dir);
    must(path_join(out->card, dir, "card"), dir);
    must_be(mkdir(out->dir, 0700) == 0, out->dir);
    m->log = out;
    m->sign = sign;
    m->blocks = zeros(BLOCKS_A_ROUND, sizeof *m->blocks);
    tile_builder_init(&m->builder);
    found(m, out);
    write_founding(m);
    while (m->builder.frontier.size < size)
        make_round(m, workers);
    must(tile_builder_end(&m->builder, write_tile, out), "tiles");
    write_head(m);
    fakelog_clear(&m->f);
    free(m->blocks);
    free(m);
}
