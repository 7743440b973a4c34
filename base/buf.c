#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 64

struct bytes
bytes_of(const void *ptr, size_t len)
{
    return (struct bytes){ptr, len};
}

struct bytes
bytes_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int
bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

struct bytes
bytes_slice(struct bytes b, size_t at, size_t len)
{
    assert(at <= b.len && len <= b.len - at);
    if (b.ptr == NULL)
        return b;
    return bytes_of(b.ptr + at, len);
}

struct bytes
buf_bytes(const struct buf *b)
{
    return bytes_of(b->ptr, b->len);
}

enum sv_err
buf_reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap > 0 ? b->cap : CAP_MIN;
    uint8_t *ptr;

    if (n > BUF_MAX || b->len > BUF_MAX - n)
        return SV_ERR_RANGE;
    if (b->cap - b->len >= n && b->ptr != NULL)
        return SV_OK;
    while (cap < b->len + n)
        cap *= 2;
    /* Not realloc(): what it leaves behind would not be wiped. */
    ptr = malloc(cap);
    if (ptr == NULL)
        return SV_ERR_NOMEM;
    if (b->ptr != NULL) {
        memcpy(ptr, b->ptr, b->len);
        wipe(b->ptr, b->cap); /* formatting may have gone on behind len */
        free(b->ptr);
    }
    b->ptr = ptr;
    b->cap = cap;
    return SV_OK;
}

enum sv_err
buf_append(struct buf *b, struct bytes more)
{
    enum sv_err err = buf_reserve(b, more.len);

    if (err != SV_OK)
        return err;
    if (more.len > 0)
        memcpy(b->ptr + b->len, more.ptr, more.len);
    b->len += more.len;
    return SV_OK;
}

enum sv_err
buf_extend(struct buf *b, size_t n, uint8_t **at)
{
    enum sv_err err = buf_reserve(b, n);

    if (err != SV_OK)
        return err;
    *at = b->ptr + b->len;
    memset(*at, 0, n);
    b->len += n;
    return SV_OK;
}

enum sv_err
buf_text(struct buf *b, const char *text)
{
    return buf_append(b, bytes_text(text));
}

/* Into the room that there is, if it is enough: mostly once. */
__attribute__((format(printf, 2, 0))) static enum sv_err
append_format(struct buf *b, const char *format, va_list args)
{
    va_list again;
    enum sv_err err = buf_reserve(b, CAP_MIN);
    size_t room;
    int n;

    if (err != SV_OK)
        return err;
    room = b->cap - b->len;
    va_copy(again, args);
    n = vsnprintf((char *)b->ptr + b->len, room, format, args);
    if (n < 0)
        err = SV_ERR_FORMAT;
    else if ((size_t)n >= room)
        err = buf_reserve(b, (size_t)n + 1);
    if (err == SV_OK && (size_t)n >= room)
        (void)vsnprintf((char *)b->ptr + b->len, (size_t)n + 1, format, again);
    va_end(again);
    if (err == SV_OK)
        b->len += (size_t)n;
    return err;
}

enum sv_err
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    enum sv_err err;

    va_start(args, format);
    err = append_format(b, format, args);
    va_end(args);
    return err;
}

void
buf_truncate(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (b->len > len)
        wipe(b->ptr + len, b->len - len);
    b->len = len;
}

void
buf_free(struct buf *b)
{
    if (b->ptr != NULL)
        wipe(b->ptr, b->cap);
    free(b->ptr);
    *b = (struct buf)BUF_INIT;
}

struct buf
buf_take(struct buf *b)
{
    struct buf taken = *b;

    *b = (struct buf)BUF_INIT;
    return taken;
}

void
wipe(void *ptr, size_t len)
{
    explicit_bzero(ptr, len);
}

__attribute__((noinline)) void
wipe_stack(void)
{
    uint8_t below[WIPE_STACK_LEN];

    wipe(below, sizeof below);
}
