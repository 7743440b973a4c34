#include "base/codec.h"

#include <string.h>

struct reader
reader_of(struct bytes in)
{
    return (struct reader){in, 0, false};
}

void
reader_fail(struct reader *r)
{
    r->failed = true;
}

struct bytes
reader_bytes(struct reader *r, size_t n)
{
    struct bytes got = {NULL, 0};

    if (r->failed || n > r->in.len - r->at) {
        r->failed = true;
        return got;
    }
    if (n > 0)
        got = bytes_of(r->in.ptr + r->at, n);
    r->at += n;
    return got;
}

void
reader_copy(struct reader *r, uint8_t *out, size_t n)
{
    struct bytes got = reader_bytes(r, n);

    memset(out, 0, n);
    if (got.len > 0)
        memcpy(out, got.ptr, got.len);
}

static uint64_t
number(struct reader *r, size_t width)
{
    struct bytes got = reader_bytes(r, width);
    uint64_t v = 0;

    for (size_t i = 0; i < got.len; i++)
        v = v << 8 | got.ptr[i];
    return v;
}

uint8_t
reader_u8(struct reader *r)
{
    return (uint8_t)number(r, 1);
}

uint16_t
reader_u16(struct reader *r)
{
    return (uint16_t)number(r, 2);
}

uint32_t
reader_u32(struct reader *r)
{
    return (uint32_t)number(r, 4);
}

uint64_t
reader_u64(struct reader *r)
{
    return number(r, 8);
}

static struct bytes
counted(struct reader *r, size_t width, size_t max)
{
    uint64_t len = number(r, width);

    if (len > max)
        r->failed = true;
    return reader_bytes(r, r->failed ? 0 : (size_t)len);
}

struct bytes
reader_short(struct reader *r, size_t max)
{
    return counted(r, 1, max);
}

struct bytes
reader_medium(struct reader *r, size_t max)
{
    return counted(r, 2, max);
}

struct bytes
reader_long(struct reader *r, size_t max)
{
    return counted(r, 4, max);
}

void
reader_name(struct reader *r, char *out, size_t size)
{
    struct bytes got = reader_short(r, size - 1);

    memset(out, 0, size);
    if (got.len == 0 || memchr(got.ptr, 0, got.len) != NULL)
        r->failed = true;
    else
        memcpy(out, got.ptr, got.len);
}

struct bytes
reader_rest(struct reader *r)
{
    return reader_bytes(r, r->in.len - r->at);
}

enum sv_err
reader_end(const struct reader *r)
{
    return r->failed || r->at != r->in.len ? SV_ERR_FORMAT : SV_OK;
}

struct writer
writer_to(struct buf *out)
{
    return (struct writer){out, SV_OK};
}

void
writer_bytes(struct writer *w, struct bytes b)
{
    if (w->err == SV_OK)
        w->err = buf_append(w->out, b);
}

static void
put_number(struct writer *w, uint64_t v, size_t width)
{
    uint8_t raw[8];

    put_u64(raw, v);
    writer_bytes(w, bytes_of(raw + 8 - width, width));
}

void
writer_u8(struct writer *w, uint8_t v)
{
    put_number(w, v, 1);
}

void
writer_u16(struct writer *w, uint16_t v)
{
    put_number(w, v, 2);
}

void
writer_u32(struct writer *w, uint32_t v)
{
    put_number(w, v, 4);
}

void
writer_u64(struct writer *w, uint64_t v)
{
    put_number(w, v, 8);
}

static void
put_counted(struct writer *w, struct bytes b, size_t width, size_t max)
{
    if (b.len > max && w->err == SV_OK)
        w->err = SV_ERR_RANGE;
    put_number(w, b.len, width);
    writer_bytes(w, b);
}

void
writer_short(struct writer *w, struct bytes b)
{
    put_counted(w, b, 1, UINT8_MAX);
}

void
writer_medium(struct writer *w, struct bytes b)
{
    put_counted(w, b, 2, UINT16_MAX);
}

void
writer_long(struct writer *w, struct bytes b)
{
    put_counted(w, b, 4, UINT32_MAX);
}

void
writer_name(struct writer *w, const char *name)
{
    writer_short(w, bytes_text(name));
}

enum sv_err
writer_end(const struct writer *w)
{
    return w->err;
}

void
put_u32(uint8_t out[static 4], uint32_t v)
{
    for (int i = 3; i >= 0; i--) {
        out[i] = (uint8_t)v;
        v >>= 8;
    }
}

void
put_u64(uint8_t out[static 8], uint64_t v)
{
    for (int i = 7; i >= 0; i--) {
        out[i] = (uint8_t)v;
        v >>= 8;
    }
}

uint64_t
get_u64(const uint8_t in[static 8])
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | in[i];
    return v;
}
