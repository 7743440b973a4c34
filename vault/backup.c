#include "vault/backup.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "audit/line.h"
#include "base/codec.h"
#include "base/file.h"
#include "crypto/digest.h"

#define MAGIC "SVB"
#define VERSION 1
#define LABEL "svault/backup/v1\n"
#define MORE 1 /* the first byte of a chunk */

/* ---- the manifest ---- */

/* All of them on one line, by the number of their table. */
static enum sv_err
put_rows(const void *field, struct buf *out)
{
    const struct backup_manifest *m = field;
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < TABLES_N && err == SV_OK; i++)
        err = buf_printf(out, "%s%" PRIu64, i > 0 ? " " : "", m->rows[i]);
    return err;
}

static enum sv_err
get_rows(void *field, struct bytes value)
{
    struct backup_manifest *m = field;
    enum sv_err err = SV_OK;

    for (unsigned i = 0; i < TABLES_N && err == SV_OK; i++) {
        struct bytes one;

        err = text_split(&value, ' ', &one)
                  ? text_u64(one, 0, UINT64_MAX, &m->rows[i])
                  : SV_ERR_FORMAT;
    }
    return err == SV_OK && value.len > 0 ? SV_ERR_FORMAT : err;
}

#define WHOLE 0
#define AT(field) offsetof(struct backup_manifest, field)
static const struct line_rule rules[] = {
    {"origin", AT(origin), line_put_origin, line_get_origin, 0, false},
    {"vault", AT(vault), line_put_hex32, line_get_hex32, 0, false},
    {"size", AT(size), line_put_u64, line_get_u64, 0, false},
    {"root", AT(root.b), line_put_base64, line_get_base64, 0, false},
    {"taken", AT(taken_ms), line_put_time, line_get_time, 0, false},
    {"rows", WHOLE, put_rows, get_rows, 0, false},
    {"chunks", AT(chunks), line_put_u64, line_get_u64, 0, false},
    {"bytes", AT(bytes), line_put_u64, line_get_u64, 0, false},
    {"hash", AT(hash), line_put_base64, line_get_base64, 0, false},
};

static unsigned
no_bits(const void *object)
{
    (void)object;
    return 0;
}

static const struct line_format format = {rules, sizeof rules / sizeof rules[0],
                                          no_bits};

static enum sv_err
manifest_encode(const struct backup_manifest *m, struct buf *out)
{
    enum sv_err err = buf_text(out, LABEL);

    return err != SV_OK ? err : line_encode(&format, m, out);
}

static enum sv_err
manifest_parse(struct bytes text, struct backup_manifest *out)
{
    struct backup_manifest m = {0};
    struct bytes rest = text;
    struct buf again = BUF_INIT;
    enum sv_err err = SV_ERR_FORMAT;

    if (text_skip(&rest, LABEL))
        err = line_parse(&format, &rest, &m);
    if (err == SV_OK)
        err = manifest_encode(&m, &again);
    if (err == SV_OK && !bytes_equal(buf_bytes(&again), text))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    if (err == SV_OK)
        *out = m;
    return err;
}

/* ---- making ---- */

static void
chain_on(struct backup_sum *sum, struct bytes rows)
{
    struct digest d;
    uint8_t number[8];

    put_u64(number, ++sum->chunks);
    digest_begin(&d, "sv/v1/chunk");
    digest_add(&d, BYTES(sum->chain));
    digest_add(&d, BYTES(number));
    digest_add(&d, rows);
    digest_end(&d, sum->chain);
    sum->bytes += rows.len;
}

enum sv_err
backup_header(const char *origin, const struct hash *vault,
              struct backup_sum *sum, struct buf *out)
{
    struct writer w = writer_to(out);
    size_t was = out->len;
    enum sv_err err;

    writer_bytes(&w, bytes_text(MAGIC));
    writer_u8(&w, VERSION);
    writer_short(&w, bytes_text(origin));
    writer_bytes(&w, BYTES(vault->b));
    err = writer_end(&w);
    if (err != SV_OK)
        return err;
    memset(sum, 0, sizeof *sum);
    digest("sv/v1/backup", bytes_slice(buf_bytes(out), was, out->len - was),
           sum->chain);
    return SV_OK;
}

enum sv_err
backup_put_row(unsigned table, struct bytes key, struct bytes value,
               struct backup_sum *sum, struct buf *rows)
{
    struct writer w = writer_to(rows);

    assert(table < TABLES_N);
    writer_u8(&w, (uint8_t)table);
    writer_short(&w, key);
    writer_long(&w, value);
    sum->rows[table]++;
    return writer_end(&w);
}

enum sv_err
backup_chunk(struct bytes rows, struct backup_sum *sum, struct buf *out)
{
    struct writer w = writer_to(out);

    chain_on(sum, rows);
    writer_u8(&w, MORE);
    writer_long(&w, rows);
    writer_bytes(&w, BYTES(sum->chain));
    return writer_end(&w);
}

enum sv_err
backup_end(struct backup_manifest *m, const struct backup_sum *sum,
           const struct sign_seed *log_key, struct buf *out)
{
    struct buf text = BUF_INIT, note = BUF_INIT;
    struct writer w = writer_to(out);
    enum sv_err err;

    memcpy(m->rows, sum->rows, sizeof m->rows);
    memcpy(m->hash, sum->chain, sizeof m->hash);
    m->chunks = sum->chunks;
    m->bytes = sum->bytes;
    err = manifest_encode(m, &text);
    if (err == SV_OK)
        err = note_sign(buf_bytes(&text), m->origin, log_key, &note);
    if (err == SV_OK) {
        writer_u8(&w, BACKUP_END);
        writer_medium(&w, buf_bytes(&note));
        err = writer_end(&w);
    }
    buf_free(&text);
    buf_free(&note);
    return err;
}

/* ---- reading ---- */

static enum sv_err
wrong(struct backup_file *b, const char *fault)
{
    b->fault = fault;
    return SV_ERR_TAMPERED;
}

static enum sv_err
take(struct backup_file *b, size_t len, struct buf *out)
{
    uint8_t *at;
    size_t was = out->len;
    enum sv_err err = buf_extend(out, len, &at);

    if (err != SV_OK)
        return err;
    if (len == 0 || fread(at, 1, len, b->file) == len)
        return SV_OK;
    buf_truncate(out, was);
    return ferror(b->file) ? SV_ERR_IO : wrong(b, N_("the file is cut short"));
}

static enum sv_err
take_bytes(struct backup_file *b, uint8_t *to, size_t len)
{
    struct buf raw = BUF_INIT;
    enum sv_err err = take(b, len, &raw);

    if (err == SV_OK)
        memcpy(to, raw.ptr, len);
    buf_free(&raw);
    return err;
}

static enum sv_err
read_header(struct backup_file *b)
{
    uint8_t fixed[5] = {0}, magic[3] = {'S', 'V', 'B'};
    struct buf origin = BUF_INIT, again = BUF_INIT;
    enum sv_err err = take_bytes(b, fixed, sizeof fixed);

    if (err == SV_ERR_TAMPERED ||
        (err == SV_OK && memcmp(fixed, magic, sizeof magic) != 0))
        return SV_ERR_FORMAT;
    if (err == SV_OK && fixed[3] != VERSION)
        return SV_ERR_VERSION;
    if (err == SV_OK)
        err = take(b, fixed[4], &origin);
    if (err == SV_OK)
        err = text_copy(buf_bytes(&origin), b->origin, sizeof b->origin);
    if (err == SV_OK && !checkpoint_origin_ok(b->origin))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        err = take_bytes(b, b->vault.b, sizeof b->vault.b);
    if (err == SV_OK)
        err = backup_header(b->origin, &b->vault, &b->sum, &again);
    buf_free(&origin);
    buf_free(&again);
    return err == SV_ERR_TAMPERED || err == SV_ERR_RANGE ? SV_ERR_FORMAT : err;
}

enum sv_err
backup_open(const char *path, struct backup_file *out)
{
    struct backup_file b = {.file = NULL};
    int fd;
    enum sv_err err = file_open(path, &fd);

    if (err != SV_OK)
        return err;
    b.file = fdopen(fd, "re");
    if (b.file == NULL) {
        (void)close(fd);
        return SV_ERR_NOMEM;
    }
    err = read_header(&b);
    if (err != SV_OK) {
        backup_close(&b);
        return err;
    }
    *out = b;
    return SV_OK;
}

void
backup_close(struct backup_file *b)
{
    if (b->file != NULL)
        (void)fclose(b->file);
    b->file = NULL;
}

static bool
read_row(struct reader *r, unsigned *table, struct bytes *key,
         struct bytes *value)
{
    *table = reader_u8(r);
    *key = reader_short(r, STORE_KEY_MAX);
    *value = reader_long(r, STORE_VALUE_MAX);
    return !r->failed && *table < TABLES_N && key->len > 0;
}

bool
backup_row(struct bytes *rows, unsigned *table, struct bytes *key,
           struct bytes *value)
{
    struct reader r = reader_of(*rows);

    if (rows->len == 0 || !read_row(&r, table, key, value))
        return false;
    *rows = bytes_slice(*rows, r.at, rows->len - r.at);
    return true;
}

/* Counted, and each behind the one before. */
static bool
count_rows(struct backup_file *b, struct bytes rows)
{
    struct bytes key, value;
    unsigned table;

    if (rows.len == 0)
        return false;
    while (backup_row(&rows, &table, &key, &value)) {
        if (table < b->table ||
            (table == b->table && b->key_len > 0 &&
             bytes_compare(bytes_of(b->key, b->key_len), key) >= 0))
            return false;
        b->table = table;
        memcpy(b->key, key.ptr, key.len);
        b->key_len = key.len;
        b->sum.rows[table]++;
    }
    return rows.len == 0;
}

static enum sv_err
read_chunk(struct backup_file *b, struct buf *rows)
{
    size_t was = rows->len;
    struct bytes got;
    uint8_t raw[4] = {0}, chain[32] = {0};
    struct reader r = reader_of(BYTES(raw));
    uint32_t len;
    enum sv_err err = take_bytes(b, raw, sizeof raw);

    if (err != SV_OK)
        return err;
    len = reader_u32(&r);
    if (len > BACKUP_CHUNK_MAX)
        return wrong(b, N_("a chunk is too long"));
    err = take(b, len, rows);
    if (err == SV_OK)
        err = take_bytes(b, chain, sizeof chain);
    if (err != SV_OK)
        return err;
    got = bytes_slice(buf_bytes(rows), was, len);
    chain_on(&b->sum, got);
    if (!bytes_equal(BYTES(chain), BYTES(b->sum.chain)))
        return wrong(b, N_("its bytes are not those that were written"));
    if (!count_rows(b, got))
        return wrong(b, N_("its rows are not in order"));
    return SV_OK;
}

/* What the file held so far is what the manifest says. */
static bool
agrees(const struct backup_file *b, const struct backup_manifest *m)
{
    return strcmp(m->origin, b->origin) == 0 &&
           bytes_equal(BYTES(m->vault), BYTES(b->vault.b)) &&
           bytes_equal(BYTES(m->rows), BYTES(b->sum.rows)) &&
           m->chunks == b->sum.chunks && m->bytes == b->sum.bytes &&
           bytes_equal(BYTES(m->hash), BYTES(b->sum.chain));
}

static enum sv_err
check_manifest(struct backup_file *b, struct bytes raw,
               const struct sign_public *log_key)
{
    struct backup_manifest m;
    struct note note;
    enum sv_err err = note_parse(raw, &note);

    if (err == SV_OK)
        err = note.n == 1 ? manifest_parse(note.text, &m) : SV_ERR_FORMAT;
    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK)
        return wrong(b, N_("its manifest does not parse"));
    if (note_verify(&note, b->origin, log_key) != SV_OK)
        return wrong(b, N_("its manifest is not signed by this vault's log"));
    if (!agrees(b, &m))
        return wrong(b, N_("it is not what its manifest says"));
    b->manifest = m;
    return SV_OK;
}

static enum sv_err
read_end(struct backup_file *b, const struct sign_public *log_key)
{
    struct buf raw = BUF_INIT;
    uint8_t len[2] = {0};
    enum sv_err err = take_bytes(b, len, sizeof len);

    if (err == SV_OK && (len[0] << 8 | len[1]) > BACKUP_NOTE_MAX)
        err = wrong(b, N_("its manifest does not parse"));
    if (err == SV_OK)
        err = take(b, (size_t)(len[0] << 8 | len[1]), &raw);
    if (err == SV_OK)
        err = check_manifest(b, buf_bytes(&raw), log_key);
    if (err == SV_OK && fgetc(b->file) != EOF)
        err = wrong(b, N_("there is something behind its end"));
    buf_free(&raw);
    return err;
}

enum sv_err
backup_next(struct backup_file *b, const struct sign_public *log_key,
            struct buf *rows, bool *end)
{
    uint8_t kind = 0;
    enum sv_err err = take_bytes(b, &kind, 1);

    if (err != SV_OK)
        return err;
    *end = kind == BACKUP_END;
    if (kind == BACKUP_END)
        return read_end(b, log_key);
    return kind == MORE ? read_chunk(b, rows)
                        : wrong(b, N_("neither a chunk nor the end follows"));
}

enum sv_err
backup_verify(const char *path, const struct sign_public *log_key,
              struct backup_file *out)
{
    struct buf rows = BUF_INIT;
    bool end = false;
    enum sv_err err = backup_open(path, out);

    while (err == SV_OK && !end) {
        buf_truncate(&rows, 0);
        err = backup_next(out, log_key, &rows, &end);
    }
    buf_free(&rows);
    backup_close(out);
    return err;
}
