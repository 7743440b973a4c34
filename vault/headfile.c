#include "vault/headfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "crypto/digest.h"

#define SLOT_LEN 2048
#define MAGIC 0x53564801u /* "SVH", version 1 */
#define CHECK_LABEL "sv/v1/head"

/* Magic, u64 sequence, u16 head, zeros, and the check over all of that. */
static enum sv_err
slot_encode(uint64_t sequence, struct bytes head, struct buf *out)
{
    struct writer w = writer_to(out);
    uint8_t check[DIGEST_LEN];
    uint8_t *pad;
    enum sv_err err;

    writer_u32(&w, MAGIC);
    writer_u64(&w, sequence);
    writer_medium(&w, head);
    err = writer_end(&w);
    if (err != SV_OK)
        return err;
    if (out->len > SLOT_LEN - DIGEST_LEN)
        return SV_ERR_RANGE;
    err = buf_extend(out, SLOT_LEN - DIGEST_LEN - out->len, &pad);
    if (err != SV_OK)
        return err;
    digest(CHECK_LABEL, buf_bytes(out), check);
    return buf_append(out, BYTES(check));
}

static enum sv_err
slot_decode(struct bytes slot, uint64_t *sequence, struct bytes *head)
{
    struct bytes content = bytes_slice(slot, 0, SLOT_LEN - DIGEST_LEN);
    struct reader r = reader_of(content);
    uint8_t check[DIGEST_LEN];

    digest(CHECK_LABEL, content, check);
    if (!bytes_equal(BYTES(check), bytes_slice(slot, content.len, DIGEST_LEN)))
        return SV_ERR_TAMPERED;
    if (reader_u32(&r) != MAGIC)
        return SV_ERR_TAMPERED;
    *sequence = reader_u64(&r);
    *head = reader_medium(&r, CHECKPOINT_MAX);
    return r.failed ? SV_ERR_TAMPERED : SV_OK;
}

enum sv_err
headfile_create(const char *path, struct bytes head)
{
    struct buf both = BUF_INIT;
    uint8_t *second;
    enum sv_err err = slot_encode(0, head, &both);

    /* The second slot stays empty until the first is out of date. */
    if (err == SV_OK)
        err = buf_extend(&both, SLOT_LEN, &second);
    if (err == SV_OK)
        err = file_create(path, 0600, buf_bytes(&both));
    buf_free(&both);
    return err;
}

enum sv_err
headfile_open(const char *path, struct headfile *out, struct buf *head)
{
    uint8_t raw[2 * SLOT_LEN] = {0};
    struct bytes newest = {NULL, 0};
    uint64_t sequence = 0;
    size_t got = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    enum sv_err err;

    if (fd < 0)
        return err_of_errno(errno);
    err = fsync(fd) == 0 ? fd_read_at(fd, raw, sizeof raw, 0, &got) : SV_ERR_IO;
    if (err != SV_OK)
        goto out;
    for (size_t i = 0; i < 2; i++) {
        struct bytes at, slot = bytes_of(raw + i * SLOT_LEN, SLOT_LEN);
        uint64_t n;

        if (slot_decode(slot, &n, &at) == SV_OK &&
            (newest.ptr == NULL || n > sequence)) {
            newest = at;
            sequence = n;
        }
    }
    err = newest.ptr == NULL ? SV_ERR_TAMPERED : buf_append(head, newest);
    if (err == SV_OK)
        *out = (struct headfile){fd, sequence, false};
out:
    if (err != SV_OK)
        (void)close(fd);
    return err;
}

enum sv_err
headfile_write(struct headfile *f, struct bytes head)
{
    struct buf slot = BUF_INIT;
    /* By twos in one slot.  Both lie in one page, which the system writes at
     * any time: a cut in the midst of that may damage both. */
    uint64_t next = f->sequence + (f->written ? 2 : 1);
    enum sv_err err = slot_encode(next, head, &slot);

    if (err == SV_OK)
        err =
            fd_write_at(f->fd, buf_bytes(&slot), (off_t)(next % 2 * SLOT_LEN));
    if (err == SV_OK) {
        f->sequence = next;
        f->written = true;
    }
    buf_free(&slot);
    return err;
}

void
headfile_close(struct headfile *f)
{
    if (f->fd < 0)
        return;
    (void)fsync(f->fd);
    (void)close(f->fd);
    f->fd = -1;
}
