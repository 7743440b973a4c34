#include "crypto/digest.h"

#include <assert.h>
#include <string.h>

static void
begin(crypto_generichash_state *state, const uint8_t *key, size_t key_len,
      const char *label)
{
    size_t len = strlen(label);
    uint8_t prefix = (uint8_t)len;

    assert(len <= UINT8_MAX);
    (void)crypto_generichash_init(state, key, key_len, DIGEST_LEN);
    (void)crypto_generichash_update(state, &prefix, sizeof prefix);
    (void)crypto_generichash_update(state, (const uint8_t *)label, len);
}

void
digest_begin(struct digest *d, const char *label)
{
    begin(&d->state, NULL, 0, label);
}

void
digest_add(struct digest *d, struct bytes part)
{
    (void)crypto_generichash_update(&d->state, part.ptr, part.len);
}

void
digest_end(struct digest *d, uint8_t out[static DIGEST_LEN])
{
    (void)crypto_generichash_final(&d->state, out, DIGEST_LEN);
    wipe(d, sizeof *d);
}

void
digest(const char *label, struct bytes data, uint8_t out[static DIGEST_LEN])
{
    struct digest d;

    digest_begin(&d, label);
    digest_add(&d, data);
    digest_end(&d, out);
}

void
mac(const uint8_t key[static MAC_KEY_LEN], const char *label, struct bytes data,
    uint8_t out[static MAC_LEN])
{
    struct digest d;

    begin(&d.state, key, MAC_KEY_LEN, label);
    digest_add(&d, data);
    digest_end(&d, out);
    wipe_stack();
}
