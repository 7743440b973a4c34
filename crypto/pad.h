#ifndef SV_CRYPTO_PAD_H
#define SV_CRYPTO_PAD_H

#include "base/buf.h"

/*
 * Padding that hides sizes: 0x80 and zeros (ISO/IEC 7816-4) up to the next
 * power of two, at least PAD_MIN.
 */
#define PAD_MIN 1024

/* The padded size of len bytes. */
size_t pad_size(size_t len);
enum sv_err pad_add(struct bytes plain, struct buf *out); /* appends */
/* The part of padded before its padding, borrowed.  SV_ERR_FORMAT. */
enum sv_err pad_strip(struct bytes padded, struct bytes *plain);

#endif
