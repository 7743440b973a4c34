#ifndef SV_VAULT_FRAME_H
#define SV_VAULT_FRAME_H

#include "vault/message.h"

/*
 * A message on a stream: "SVF", u8 version 1, u32 length, and that many
 * bytes, never none.  See docs/FORMAT.md.
 */
#define FRAME_HEADER_LEN 8
/* A question is at most an import's batch (client_import.c): 16 MiB and the
 * record that goes beyond them. */
#define FRAME_REQUEST_MAX ((size_t)24 << 20)
#define FRAME_ANSWER_MAX MESSAGE_MAX

/* SV_ERR_RANGE where len is 0 or over max. */
enum sv_err frame_header_encode(size_t len, size_t max,
                                uint8_t out[static FRAME_HEADER_LEN]);
/* SV_ERR_FORMAT, SV_ERR_VERSION, SV_ERR_RANGE. */
enum sv_err frame_header_decode(const uint8_t in[static FRAME_HEADER_LEN],
                                size_t max, size_t *len);

/*
 * A frame that comes in pieces.  The reader asks where the next bytes belong
 * and says how many came: no byte is copied, none of the next frame is taken
 * from the stream, and memory grows with the bytes that came, whatever length
 * was announced.
 */
struct frame {
    size_t max;
    uint8_t header[FRAME_HEADER_LEN];
    size_t n_header; /* bytes of it that are here */
    size_t len;      /* as announced, once the header is here */
    struct buf payload;
};

void frame_init(struct frame *f, size_t max);
void frame_clear(struct frame *f); /* wipes; ready for the next frame */
/* Where at most *n bytes go next.  Not for a frame that is whole. */
enum sv_err frame_room(struct frame *f, uint8_t **at, size_t *n);
/* n bytes were put there.  SV_ERR_FORMAT, SV_ERR_VERSION, SV_ERR_RANGE: the
 * stream is of no further use. */
enum sv_err frame_took(struct frame *f, size_t n);
bool frame_begun(const struct frame *f);
bool frame_whole(const struct frame *f);

/*
 * For who may wait: one frame over a descriptor that does not block.  Gives
 * up after patience_ms in which no byte went through.  SV_ERR_BUSY: out of
 * patience; SV_ERR_IO: the other end is gone; *sent or *received bytes went
 * through before that.
 */
enum sv_err frame_send(int fd, struct bytes payload, size_t max,
                       int patience_ms, size_t *sent);
/* Appends the payload to out. */
enum sv_err frame_receive(int fd, size_t max, int patience_ms, size_t *received,
                          struct buf *out);

#endif
