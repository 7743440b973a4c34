/*
 * A stream of frames: whole ones say what came, however it came in pieces,
 * and no memory is taken for bytes that did not come.  The first byte says
 * how large the pieces are.
 * Covers: vault/frame.c
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vault/frame.h"

#include "fuzz/fuzz.h"

/* Put what came into the frame; what was not taken is left in *in. */
static enum sv_err
feed(struct frame *f, struct bytes *in, size_t piece)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK && in->len > 0 && !frame_whole(f)) {
        uint8_t *at;
        size_t n;

        demand(frame_room(f, &at, &n) == SV_OK);
        demand(n > 0);
        n = n < piece ? n : piece;
        n = n < in->len ? n : in->len;
        memcpy(at, in->ptr, n);
        *in = bytes_slice(*in, n, in->len - n);
        err = frame_took(f, n);
    }
    return err;
}

/* The frame, sent again, is the bytes from which it came. */
static void
check_whole(const struct frame *f, struct bytes from)
{
    uint8_t header[FRAME_HEADER_LEN];

    demand(frame_header_encode(f->payload.len, f->max, header) == SV_OK);
    demand(from.len == sizeof header + f->payload.len);
    demand(bytes_equal(BYTES(header), bytes_slice(from, 0, sizeof header)));
    demand(bytes_equal(
        buf_bytes(&f->payload),
        bytes_slice(from, sizeof header, from.len - sizeof header)));
}

/* Who may wait takes the first frame as it came, and no byte behind it. */
static void
check_waiting(struct bytes in)
{
    struct frame f;
    struct bytes rest = in;
    struct buf got = BUF_INIT;
    size_t received = 0;
    int fd = memfd_create("frame", MFD_CLOEXEC);
    bool whole;

    demand(fd >= 0);
    demand(in.len == 0 || write(fd, in.ptr, in.len) == (ssize_t)in.len);
    demand(lseek(fd, 0, SEEK_SET) == 0);
    frame_init(&f, FRAME_REQUEST_MAX);
    whole = feed(&f, &rest, in.len) == SV_OK && frame_whole(&f);
    demand((frame_receive(fd, FRAME_REQUEST_MAX, 0, &received, &got) ==
            SV_OK) == whole);
    demand(bytes_equal(buf_bytes(&got),
                       whole ? buf_bytes(&f.payload) : bytes_of(NULL, 0)));
    demand(received == in.len - rest.len);
    frame_clear(&f);
    buf_free(&got);
    (void)close(fd);
}

void
fuzz_one(struct bytes in)
{
    uint8_t choice = fuzz_choice(&in);
    size_t len = in.len, piece = choice == 0 ? len : choice;
    struct bytes from;
    struct frame f;

    check_waiting(in);
    frame_init(&f, FRAME_REQUEST_MAX);
    for (from = in; feed(&f, &in, piece) == SV_OK && frame_whole(&f);
         from = in) {
        check_whole(&f, bytes_slice(from, 0, from.len - in.len));
        frame_clear(&f);
        demand(!frame_begun(&f));
    }
    fuzz_heap_bounded(len, 4);
    frame_clear(&f);
}

static void
seed_frames(struct seeds *s, uint8_t piece, const char *first,
            const char *second)
{
    const char *payloads[] = {first, second};
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < 2; i++) {
        uint8_t header[FRAME_HEADER_LEN];

        demand(frame_header_encode(strlen(payloads[i]), FRAME_REQUEST_MAX,
                                   header) == SV_OK);
        demand(buf_append(&b, BYTES(header)) == SV_OK);
        demand(buf_text(&b, payloads[i]) == SV_OK);
    }
    seed_choice_buf(s, piece, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    seed_frames(s, 0, "a question", "another");
    seed_frames(s, 1, "q", "in pieces of one byte");
    seed_frames(s, 9, "a header and one more byte", "x");
}
