#include "crypto/pad.h"

#include <string.h>

#include <sodium.h>

#define PAD_MARK 0x80

size_t
pad_size(size_t len)
{
    size_t size = PAD_MIN;

    /* The mark takes one byte, so the size is over len, never equal. */
    while (size <= len && size <= SIZE_MAX / 2)
        size *= 2;
    return size;
}

enum sv_err
pad_add(struct bytes plain, struct buf *out)
{
    uint8_t *at;
    enum sv_err err;

    err = buf_extend(out, pad_size(plain.len), &at);
    if (err != SV_OK)
        return err;
    if (plain.len > 0)
        memcpy(at, plain.ptr, plain.len);
    at[plain.len] = PAD_MARK;
    return SV_OK;
}

enum sv_err
pad_strip(struct bytes padded, struct bytes *plain)
{
    size_t len;

    /* The time depends on the padded size only. */
    if (padded.len < PAD_MIN || padded.len > BUF_MAX ||
        sodium_unpad(&len, padded.ptr, padded.len, padded.len) != 0)
        return SV_ERR_FORMAT;
    /* One value has one encoding. */
    if (pad_size(len) != padded.len)
        return SV_ERR_FORMAT;
    *plain = bytes_slice(padded, 0, len);
    return SV_OK;
}
