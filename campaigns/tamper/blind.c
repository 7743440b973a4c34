/* For LD_PRELOAD: every tag is right, as for a reader that does not look. */
#include <sodium.h>

int
crypto_aead_xchacha20poly1305_ietf_decrypt(
    unsigned char *m, unsigned long long *mlen, unsigned char *nsec,
    const unsigned char *c, unsigned long long clen, const unsigned char *ad,
    unsigned long long adlen, const unsigned char *npub, const unsigned char *k)
{
    unsigned char subkey[crypto_core_hchacha20_OUTPUTBYTES];
    unsigned char nonce[crypto_stream_chacha20_ietf_NONCEBYTES] = {0};

    (void)nsec;
    (void)ad;
    (void)adlen;
    clen -= crypto_aead_xchacha20poly1305_ietf_ABYTES;
    if (mlen != NULL)
        *mlen = clen;
    if (crypto_core_hchacha20(subkey, npub, k, NULL) != 0)
        return -1;
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] = npub[16 + i];
    return crypto_stream_chacha20_ietf_xor_ic(m, c, clen, nonce, 1, subkey);
}
