#ifndef SV_BASE_BUF_H
#define SV_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Borrowed, read-only. */
struct bytes {
    const uint8_t *ptr;
    size_t len;
};

/* Owned; grows up to BUF_MAX; wiped whenever its storage is freed or moved. */
struct buf {
    uint8_t *ptr;
    size_t len;
    size_t cap;
};

#define BUF_INIT                                                               \
    {                                                                          \
        NULL, 0, 0                                                             \
    }
#define BUF_MAX ((size_t)256 << 20)

struct bytes bytes_of(const void *ptr, size_t len);
/* The characters of text without its NUL. */
struct bytes bytes_text(const char *text);
/* The bytes of a whole array, as in BYTES(key->b). */
#define BYTES(array) bytes_of((array), sizeof(array))

bool bytes_equal(struct bytes a, struct bytes b); /* not constant time */
/* Three-way, bytewise, shorter first: the order of store keys. */
int bytes_compare(struct bytes a, struct bytes b);
/* The part from at, len long; at + len must not exceed b.len. */
struct bytes bytes_slice(struct bytes b, size_t at, size_t len);

struct bytes buf_bytes(const struct buf *b);
/* Room for n more bytes. SV_ERR_NOMEM; SV_ERR_RANGE over BUF_MAX. */
enum sv_err buf_reserve(struct buf *b, size_t n);
enum sv_err buf_append(struct buf *b, struct bytes more);
/* n more bytes, zeroed, with *at pointing to the first. */
enum sv_err buf_extend(struct buf *b, size_t n, uint8_t **at);
enum sv_err buf_text(struct buf *b, const char *text);
enum sv_err buf_printf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Cut to len (at most b->len) and wipe what falls off. */
void buf_truncate(struct buf *b, size_t len);
/* Wipe and free; b is empty afterwards.  Accepts empty. */
void buf_free(struct buf *b);
/* Give b's storage away; b is empty afterwards. */
struct buf buf_take(struct buf *b);

/* Overwrite with zeros in a way that the compiler keeps. */
void wipe(void *ptr, size_t len);
/*
 * Overwrite the stack below the caller: behind a call of a library that works
 * with a secret and leaves pieces of it there.
 */
#define WIPE_STACK_LEN 4096
void wipe_stack(void);

#endif
