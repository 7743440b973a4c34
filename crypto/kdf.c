#include "crypto/kdf.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "base/buf.h"

void
kdf_derive(const uint8_t key[static KDF_KEY_LEN], const char *label,
           uint8_t out[static KDF_KEY_LEN])
{
    static const uint8_t domain[] = {'s', 'v', '/', 'v', '1',
                                     '/', 'k', 'd', 'f'};
    crypto_generichash_state state;
    size_t len = strlen(label);
    uint8_t prefix = (uint8_t)len;

    assert(len <= UINT8_MAX);
    (void)crypto_generichash_init(&state, key, KDF_KEY_LEN, KDF_KEY_LEN);
    (void)crypto_generichash_update(&state, domain, sizeof domain);
    (void)crypto_generichash_update(&state, &prefix, sizeof prefix);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, len);
    (void)crypto_generichash_final(&state, out, KDF_KEY_LEN);
    wipe(&state, sizeof state);
    wipe_stack();
}
