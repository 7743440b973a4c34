#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "vault/client_internal.h"

/* A batch's body stays well below what a message may hold. */
#define BODY_MAX ((size_t)16 << 20)

/*
 * The handle of an imported row: a MAC under the importer's own seed over
 * the vault, the type, and the row's unique number, folded; a row without one
 * is known by its content and its line.  To everybody else it is as random as
 * any handle; to the importer it is the same when the command runs again.
 */
static enum sv_err
row_identity(const struct draft *d, struct buf *out)
{
    struct writer w = writer_to(out);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < d->type->n; i++) {
        const struct schema_compartment *sc = &d->type->compartments[i];

        for (size_t f = 0; f < sc->n; f++) {
            const struct content_field *field = &d->contents[i].fields[f];

            if (sc->fields[f].unique && field->given && field->n == 1) {
                writer_u8(&w, 1);
                err = writer_end(&w);
                return err != SV_OK ? err
                                    : fold_word(FOLD_NUMBER,
                                                bytes_of(field->values[0].ptr,
                                                         field->values[0].len),
                                                out);
            }
        }
    }
    writer_u8(&w, 0);
    writer_u64(&w, d->line);
    err = writer_end(&w);
    for (size_t i = 0; i < d->type->n && err == SV_OK; i++)
        err = content_encode(&d->contents[i], out);
    return err;
}

static enum sv_err
row_handle(struct client *c, const struct draft *d, struct handle *out)
{
    uint8_t key[KDF_KEY_LEN], tag[MAC_LEN];
    struct buf what = BUF_INIT;
    struct writer w = writer_to(&what);
    enum sv_err err;

    writer_bytes(&w, BYTES(c->pin.vault.b));
    writer_name(&w, d->type->name);
    err = writer_end(&w);
    if (err == SV_OK)
        err = row_identity(d, &what);
    if (err == SV_OK)
        err = client_locked(
            c, c->identity->derive(c->identity->ctx, IDENTITY_HANDLE, key));
    if (err == SV_OK) {
        mac(key, "sv/v1/handle", buf_bytes(&what), tag);
        memcpy(out->b, tag, sizeof out->b);
        wipe(key, sizeof key);
    }
    buf_free(&what);
    return err;
}

/* Rows on their way in: those not yet present are sent. */
struct batch {
    struct client *c;
    const struct import *im;
    size_t first, n;
    struct handle *handles; /* of all rows of the import */
    bool *present;          /* likewise: was in before */
    size_t sent;            /* rows of the last try */
    size_t last;            /* the last of them */
    bool duplicate;         /* one of them has a number that is taken */
};

static enum sv_err
seal_batch(struct batch *b, struct buf *body, struct hash root[static 1])
{
    size_t per_record = b->im->type->n, n = 0;
    struct hash *leaves = calloc(b->n * per_record + 1, sizeof *leaves);
    enum sv_err err = leaves == NULL ? SV_ERR_NOMEM : SV_OK;

    b->sent = 0;
    b->duplicate = false;
    for (size_t i = b->first; i < b->first + b->n && err == SV_OK; i++) {
        if (b->present[i])
            continue;
        err = client_seal_record(b->c, &b->im->drafts[i], &b->handles[i], body,
                                 leaves, &n);
        b->sent++;
        b->last = i;
        /* Rows as large as that come in smaller batches. */
        if (body->len > BODY_MAX)
            b->n = i + 1 - b->first;
    }
    if (err == SV_OK)
        root[0] = tree_root_of(leaves, n);
    free(leaves);
    return err;
}

/* The gate says, by a bit for each row sent, which were in before. */
static enum sv_err
mark_present(struct batch *b, struct bytes bits)
{
    size_t k = 0;
    bool any = false;

    if (bits.len != (b->sent + 7) / 8)
        return SV_ERR_TAMPERED;
    for (size_t i = b->first; i < b->first + b->n; i++) {
        if (b->present[i])
            continue;
        b->present[i] = (bits.ptr[k / 8] & (0x80 >> k % 8)) != 0;
        any = any || b->present[i];
        k++;
    }
    return any ? SV_OK : SV_ERR_TAMPERED;
}

/* One try.  SV_ERR_EXISTS where some rows were in before: again, without
 * them. */
static enum sv_err
send_batch(struct batch *b)
{
    struct request r = {.act = ACT_RECORD_IMPORT};
    struct buf body = BUF_INIT;
    struct answer answer = {0};
    struct hash root;
    enum sv_err err = seal_batch(b, &body, &root);

    (void)text_copy(bytes_text(b->im->type->name), r.type, sizeof r.type);
    if (err == SV_ERR_DENIED && client_is_refused(b->c, r.act, r.type)) {
        buf_truncate(&body, 0);
        root = tree_empty();
        err = SV_OK;
    }
    if (err == SV_OK && b->sent > 0) {
        r.count = b->sent;
        memcpy(r.body, root.b, sizeof r.body);
        err = client_act(b->c, &r, buf_bytes(&body), &answer);
        if (err == SV_ERR_EXISTS && mark_present(b, answer.body) != SV_OK)
            err = SV_ERR_TAMPERED;
        b->duplicate = err == SV_ERR_INPUT;
    }
    buf_free(&body);
    answer_free(&answer);
    return err;
}

static enum sv_err
run_batch(struct batch *b, struct import_report *report)
{
    uint64_t known = b->c->pin.roster.last_index;
    size_t already = 0;
    enum sv_err err = send_batch(b);

    if (err == SV_ERR_EXISTS || client_is_outdated(b->c, known, err))
        err = send_batch(b);
    if (err != SV_OK)
        return err;
    for (size_t i = b->first; i < b->first + b->n; i++)
        already += b->present[i];
    report->n_already += already;
    report->n_done += b->n - already;
    return SV_OK;
}

/*
 * The gate does not say which row's number is taken.  Smaller batches find
 * out, from the first row on: 512, 32 and 1 are three refusals, of the few
 * that the policy allows an hour.  SV_ERR_INPUT where it is known.
 */
#define BATCH_SMALL 32

static enum sv_err
run_batches(struct batch *b, size_t *size, struct import_report *report)
{
    enum sv_err err = run_batch(b, report);

    if (err != SV_ERR_INPUT || !b->duplicate)
        return err;
    if (b->sent == 1) {
        report->duplicate_line = b->im->drafts[b->last].line;
        return err;
    }
    *size = b->n > BATCH_SMALL ? BATCH_SMALL : 1;
    b->n = 0; /* again, from the same row on */
    return SV_OK;
}

enum sv_err
client_import(struct client *c, const struct import *im,
              client_progress_fn progress, void *ctx,
              struct import_report *report)
{
    struct batch b = {.c = c, .im = im};
    size_t size = BATCH_MAX;
    enum sv_err err = SV_OK;

    *report = (struct import_report){0};
    b.handles = calloc(im->n > 0 ? im->n : 1, sizeof *b.handles);
    b.present = calloc(im->n > 0 ? im->n : 1, sizeof *b.present);
    if (b.handles == NULL || b.present == NULL)
        err = SV_ERR_NOMEM;
    for (size_t i = 0; i < im->n && err == SV_OK; i++)
        err = row_handle(c, &im->drafts[i], &b.handles[i]);
    while (err == SV_OK && b.first < im->n) {
        b.n = im->n - b.first < size ? im->n - b.first : size;
        err = run_batches(&b, &size, report);
        b.first += b.n;
        if (err == SV_OK && progress != NULL)
            progress(ctx, b.first, im->n);
    }
    free(b.handles);
    free(b.present);
    return err;
}
