#ifndef SV_BASE_CODEC_H
#define SV_BASE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Binary formats: big-endian integers, byte strings with an explicit length.
 *
 * A reader remembers its first failure and gives zeros from then on, so a
 * decoder reads all fields and asks once, with reader_end().
 */
struct reader {
    struct bytes in;
    size_t at;
    bool failed;
};

struct reader reader_of(struct bytes in);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
/* Exactly n bytes, borrowed; {NULL, 0} on failure. */
struct bytes reader_bytes(struct reader *r, size_t n);
/* Exactly n bytes, copied; zeros on failure. */
void reader_copy(struct reader *r, uint8_t *out, size_t n);
/* A u8, u16 or u32 length and that many bytes, at most max. */
struct bytes reader_short(struct reader *r, size_t max);  /* u8 */
struct bytes reader_medium(struct reader *r, size_t max); /* u16 */
struct bytes reader_long(struct reader *r, size_t max);   /* u32 */
/* A u8 length and a text of 1 to size - 1 bytes without NUL, copied with
 * a NUL behind it. */
void reader_name(struct reader *r, char *out, size_t size);
/* What is left, borrowed. */
struct bytes reader_rest(struct reader *r);
void reader_fail(struct reader *r);
/* SV_ERR_FORMAT after any failure or where bytes are left. */
enum sv_err reader_end(const struct reader *r);

/*
 * A writer remembers its first failure likewise; the caller asks once, with
 * writer_end().
 */
struct writer {
    struct buf *out;
    enum sv_err err;
};

struct writer writer_to(struct buf *out);
void writer_u8(struct writer *w, uint8_t v);
void writer_u16(struct writer *w, uint16_t v);
void writer_u32(struct writer *w, uint32_t v);
void writer_u64(struct writer *w, uint64_t v);
void writer_bytes(struct writer *w, struct bytes b);
void writer_short(struct writer *w, struct bytes b);
void writer_medium(struct writer *w, struct bytes b);
void writer_long(struct writer *w, struct bytes b);
void writer_name(struct writer *w, const char *name);
enum sv_err writer_end(const struct writer *w);

void put_u32(uint8_t out[static 4], uint32_t v);
void put_u64(uint8_t out[static 8], uint64_t v);
uint64_t get_u64(const uint8_t in[static 8]);

#endif
