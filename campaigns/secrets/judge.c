#include "campaigns/secrets/judge.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>

#include <lmdb.h>
#include <sodium.h>

#include "base/file.h"
#include "counts/figures.h"
#include "crypto/cb1.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/password.h"
#include "crypto/ps1.h"
#include "vault/counting.h"
#include "vault/gatekey.h"

#include "campaigns/secrets/mark.h"

/*
 * What becomes public, and what becomes secret, where: the linker puts these
 * functions before those of the same name (--wrap), in libsodium and between
 * our own files.  The list is short on purpose: it is what the campaign takes
 * for granted.
 */

bool judge_content_secret;
size_t judge_file_at, judge_file_len;

/* clang-format off */
#define WRAP(type, name, ...)                                                  \
    type __real_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__)
/* clang-format on */

/* ---- Answers are acted on: equal or not, authentic or not ---- */

WRAP(int, sodium_memcmp, const void *a, const void *b, size_t len)
{
    int answer = __real_sodium_memcmp(a, b, len);

    mark_public(&answer, sizeof answer);
    return answer;
}

WRAP(int, sodium_is_zero, const unsigned char *n, const size_t len)
{
    int answer = __real_sodium_is_zero(n, len);

    mark_public(&answer, sizeof answer);
    return answer;
}

/* How long a content is, to who opened it; the padding hides it from others. */
WRAP(int, sodium_unpad, size_t *len, const unsigned char *buf, size_t padded,
     size_t block)
{
    int answer = __real_sodium_unpad(len, buf, padded, block);

    mark_public(&answer, sizeof answer);
    mark_public(len, sizeof *len);
    return answer;
}

/* Rows of the store are parsed, whatever their length. */
static bool is_row;

WRAP(enum sv_err, cb1_open, const uint8_t key[static CB1_KEY_LEN],
     const char *label, struct bytes context, struct bytes box, struct buf *out)
{
    is_row = strcmp(label, "row") == 0;
    return __real_cb1_open(key, label, context, box, out);
}

static void
judge_plain(const unsigned char *m, unsigned long long len)
{
    if (is_row && !judge_content_secret)
        return;
    if (len == CB1_KEY_LEN)
        mark_secret(m, CB1_KEY_LEN);
    else if (len == GATEKEY_FILE_LEN)
        mark_secret(m + 40, 32);
    else if (judge_content_secret && len != ENVELOPE_INNER_LEN)
        mark_secret(m, (size_t)len);
}

WRAP(int, crypto_aead_xchacha20poly1305_ietf_decrypt, unsigned char *m,
     unsigned long long *m_len, unsigned char *nsec, const unsigned char *c,
     unsigned long long c_len, const unsigned char *ad,
     unsigned long long ad_len, const unsigned char *npub,
     const unsigned char *k)
{
    unsigned long long len = c_len - crypto_aead_xchacha20poly1305_ietf_ABYTES;
    int answer = __real_crypto_aead_xchacha20poly1305_ietf_decrypt(
        m, m_len, nsec, c, c_len, ad, ad_len, npub, k);

    mark_public(&answer, sizeof answer);
    mark_public(m, (size_t)len);
    if (answer == 0)
        judge_plain(m, len);
    return answer;
}

/* ---- Made to be shown: boxes, public halves, signatures ---- */

WRAP(enum sv_err, cb1_seal, const struct rng *rng,
     const uint8_t key[static CB1_KEY_LEN], const char *label,
     struct bytes context, struct bytes plain, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = __real_cb1_seal(rng, key, label, context, plain, out);

    if (err == SV_OK)
        mark_public(out->ptr + was, out->len - was);
    return err;
}

WRAP(int, crypto_scalarmult_base, unsigned char *q, const unsigned char *n)
{
    int answer = __real_crypto_scalarmult_base(q, n);

    mark_public(&answer, sizeof answer);
    mark_public(q, crypto_scalarmult_BYTES);
    return answer;
}

WRAP(int, crypto_scalarmult, unsigned char *q, const unsigned char *n,
     const unsigned char *p)
{
    int answer = __real_crypto_scalarmult(q, n, p);

    mark_public(&answer, sizeof answer);
    return answer;
}

WRAP(int, crypto_sign_seed_keypair, unsigned char *pk, unsigned char *sk,
     const unsigned char *seed)
{
    int answer = __real_crypto_sign_seed_keypair(pk, sk, seed);

    mark_public(&answer, sizeof answer);
    mark_public(pk, crypto_sign_PUBLICKEYBYTES);
    mark_public(sk + crypto_sign_SEEDBYTES, crypto_sign_PUBLICKEYBYTES);
    return answer;
}

WRAP(int, crypto_sign_detached, unsigned char *sig, unsigned long long *sig_len,
     const unsigned char *m, unsigned long long m_len, const unsigned char *sk)
{
    int answer = __real_crypto_sign_detached(sig, sig_len, m, m_len, sk);

    mark_public(&answer, sizeof answer);
    mark_public(sig, SIGN_LEN);
    return answer;
}

/* Search tokens and handles of imports go to the gate; a MAC stands in a
 * file.  A draw of rounding decides what is printed: that one was drawn again
 * tells nothing of the one that counts (counts/figures.c draws without). */
static bool
is_shown(const char *label)
{
    static const char *const shown[] = {"sv/v1/token", "sv/v1/handle",
                                        "sv/v1/pin", "sv/v1/round-cell",
                                        "sv/v1/round-lot"};

    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strcmp(label, shown[i]) == 0)
            return true;
    }
    return false;
}

WRAP(void, mac, const uint8_t key[static MAC_KEY_LEN], const char *label,
     struct bytes data, uint8_t out[static MAC_LEN])
{
    __real_mac(key, label, data, out);
    if (is_shown(label))
        mark_public(out, MAC_LEN);
}

/* Commitments stand in the log. */
WRAP(void, release_commitment, const char *label,
     const uint8_t nonce[static 32], struct bytes bytes, uint8_t out[static 32])
{
    __real_release_commitment(label, nonce, bytes, out);
    mark_public(out, DIGEST_LEN);
}

/* What a preview shows. */
WRAP(int64_t, figures_round, const struct counted *c,
     const uint8_t round_key[32])
{
    int64_t shown = __real_figures_round(c, round_key);

    mark_public(&shown, sizeof shown);
    return shown;
}

/* A key's file has the key in it; writing looks at none of its bytes. */
WRAP(enum sv_err, file_create, const char *path, unsigned mode,
     struct bytes content)
{
    mark_public(content.ptr, content.len);
    return __real_file_create(path, mode, content);
}

/* ---- Secret from the start ---- */

/* Seeds, keys and commitments' random halves; salts and ids are shorter. */
WRAP(void, rng_fill, const struct rng *rng, uint8_t *out, size_t len)
{
    __real_rng_fill(rng, out, len);
    if (len == CB1_KEY_LEN)
        mark_secret(out, len);
}

WRAP(void, kdf_derive, const uint8_t key[static KDF_KEY_LEN], const char *label,
     uint8_t out[static KDF_KEY_LEN])
{
    __real_kdf_derive(key, label, out);
    mark_secret(out, KDF_KEY_LEN);
}

WRAP(enum sv_err, ps1_agree, const struct box_secret *secret,
     const struct box_public *own, const struct box_public *ephemeral,
     struct ps1_agreed *out)
{
    enum sv_err err = __real_ps1_agree(secret, own, ephemeral, out);

    if (err == SV_OK)
        mark_secret(out->key, sizeof out->key);
    return err;
}

WRAP(enum sv_err, ps1_sender_init, const struct rng *rng,
     const struct box_public *recipient, struct ps1_sender *out)
{
    enum sv_err err = __real_ps1_sender_init(rng, recipient, out);

    if (err == SV_OK)
        mark_secret(out->key, sizeof out->key);
    return err;
}

WRAP(enum sv_err, file_read, const char *path, size_t max, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = __real_file_read(path, max, out);

    if (err == SV_OK && out->len - was >= judge_file_at + judge_file_len)
        mark_secret(out->ptr + was + judge_file_at, judge_file_len);
    return err;
}

/* ---- More than valgrind can map ---- */

#define MAP_MAX ((size_t)1 << 28)

WRAP(int, mdb_env_set_mapsize, MDB_env *env, size_t size)
{
    return __real_mdb_env_set_mapsize(env, size < MAP_MAX ? size : MAP_MAX);
}

/* ---- Calls that valgrind does not know: the solver's process ---- */

static pid_t solver;

WRAP(int, pidfd_open, pid_t pid, unsigned flags)
{
    int fd = __real_pidfd_open(pid, flags);

    solver = pid;
    return fd >= 0 ? fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

WRAP(int, pidfd_send_signal, int fd, int number, siginfo_t *info,
     unsigned flags)
{
    (void)fd;
    (void)info;
    (void)flags;
    return kill(solver, number);
}

/* ---- Slow under valgrind: the same function, at a lower cost ---- */

#define PWHASH_PASSES 3
#define PWHASH_MEMORY ((size_t)1 << 20)

WRAP(int, crypto_pwhash, unsigned char *const out, unsigned long long out_len,
     const char *const passphrase, unsigned long long len,
     const unsigned char *const salt, unsigned long long passes, size_t memory,
     int alg)
{
    int answer;

    (void)passes;
    (void)memory;
    answer = __real_crypto_pwhash(out, out_len, passphrase, len, salt,
                                  PWHASH_PASSES, PWHASH_MEMORY, alg);
    mark_public(&answer, sizeof answer);
    if (answer == 0)
        mark_secret(out, (size_t)out_len);
    return answer;
}
