/*
 * Reading: what follows are pairs of a kind of field and the longest that it
 * may be, up to a 0, and the bytes that are read.  What could be read is
 * written again.
 * Covers: base/codec.c
 */
#include <string.h>

#include "base/codec.h"

#include "fuzz/fuzz.h"

#define NAME_MAX_HERE 40

static void
one_field(uint8_t kind, uint8_t max, struct reader *r, struct writer *w)
{
    char name[NAME_MAX_HERE];
    uint8_t raw[UINT8_MAX];

    switch (kind % 9) {
    case 1:
        writer_u8(w, reader_u8(r));
        break;
    case 2:
        writer_u16(w, reader_u16(r));
        break;
    case 3:
        writer_u32(w, reader_u32(r));
        break;
    case 4:
        writer_u64(w, reader_u64(r));
        break;
    case 5:
        reader_copy(r, raw, max);
        writer_bytes(w, bytes_of(raw, max));
        break;
    case 6:
        writer_short(w, reader_short(r, max));
        break;
    case 7:
        writer_medium(w, reader_medium(r, max));
        break;
    case 8:
        writer_long(w, reader_long(r, max));
        break;
    default:
        reader_name(r, name, sizeof name);
        writer_name(w, name);
        break;
    }
}

void
fuzz_one(struct bytes in)
{
    const uint8_t *end = in.len > 0 ? memchr(in.ptr, 0, in.len) : NULL;
    size_t n = end == NULL ? in.len : (size_t)(end - in.ptr);
    struct bytes rest = bytes_slice(in, n, in.len - n);
    struct buf again = BUF_INIT;
    struct writer w = writer_to(&again);
    struct reader r;

    r = reader_of(rest);
    for (size_t i = 0; i + 1 < n && !r.failed; i += 2)
        one_field(in.ptr[i], in.ptr[i + 1], &r, &w);
    demand(r.at <= rest.len);
    if (!r.failed) {
        demand(writer_end(&w) == SV_OK);
        demand(bytes_equal(buf_bytes(&again), bytes_slice(rest, 0, r.at)));
        demand((reader_end(&r) == SV_OK) == (r.at == rest.len));
        demand(reader_rest(&r).len == rest.len - again.len);
        demand(reader_end(&r) == SV_OK);
    } else {
        demand(reader_u64(&r) == 0 && reader_rest(&r).ptr == NULL);
        demand(reader_end(&r) == SV_ERR_FORMAT);
    }
    buf_free(&again);
    fuzz_heap_bounded(in.len, 256);
}

void
fuzz_seeds(struct seeds *s)
{
    static const uint8_t numbers[] = {1, 1, 2, 1, 3, 1, 4, 1, 0, 1, 2, 3,
                                      4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5};
    static const uint8_t strings[] = {5, 2, 6, 9,   7,   9, 8,   9,   9,
                                      9, 0, 1, 1,   'a', 0, 1,   'b', 0,
                                      0, 0, 2, 'c', 'd', 2, 'e', 'f'};

    seed(s, BYTES(numbers));
    seed(s, BYTES(strings));
}
