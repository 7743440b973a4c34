#ifndef SV_AUDIT_LINE_H
#define SV_AUDIT_LINE_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Texts of lines "word SP value LF" in a fixed order, as requests and entries
 * are.  A table of rules drives encoder and parser; whoever parses encodes
 * again and compares, so that one value has one text.
 *
 * put appends the value of the field, get reads it.  Where `many`, put
 * appends whole lines, as many as there are, and get adds one value.
 */
typedef enum sv_err (*line_put_fn)(const void *field, struct buf *out);
typedef enum sv_err (*line_get_fn)(void *field, struct bytes value);

struct line_rule {
    const char *word;
    size_t at; /* the field's offset in the object */
    line_put_fn put;
    line_get_fn get;
    unsigned when; /* 0: always; otherwise one of these bits must be set */
    bool many;
};

/* The object's bits; a parser asks again before each rule, because an
 * earlier line may set them. */
typedef unsigned (*line_bits_fn)(const void *object);

struct line_format {
    const struct line_rule *rules;
    size_t n;
    line_bits_fn bits;
};

enum sv_err line_encode(const struct line_format *f, const void *object,
                        struct buf *out);
/* From the front of *in, which moves behind the last line.  SV_ERR_FORMAT. */
enum sv_err line_parse(const struct line_format *f, struct bytes *in,
                       void *object);

/* Times end with the year 9999. */
#define LINE_TIME_MAX UINT64_C(253402300799999)

/* Fields: uint64_t; char[NAME_SIZE or, an origin's, ORIGIN_SIZE];
 * uint8_t[16 or 32]. */
enum sv_err line_put_u64(const void *field, struct buf *out);
enum sv_err line_get_u64(void *field, struct bytes value);
enum sv_err line_put_time(const void *field, struct buf *out);
enum sv_err line_get_time(void *field, struct bytes value);
enum sv_err line_put_code(const void *field, struct buf *out);
enum sv_err line_get_code(void *field, struct bytes value);
enum sv_err line_put_work_name(const void *field, struct buf *out);
enum sv_err line_get_work_name(void *field, struct bytes value);
enum sv_err line_put_origin(const void *field, struct buf *out);
enum sv_err line_get_origin(void *field, struct bytes value);
enum sv_err line_put_hex16(const void *field, struct buf *out);
enum sv_err line_get_hex16(void *field, struct bytes value);
enum sv_err line_put_hex32(const void *field, struct buf *out);
enum sv_err line_get_hex32(void *field, struct bytes value);
enum sv_err line_put_base64(const void *field, struct buf *out); /* 32 bytes */
enum sv_err line_get_base64(void *field, struct bytes value);

#endif
