/*
 * CVE-2025-69277: a libsodium without the fix takes points of the order 2L
 * for points of the main subgroup.  Such a point is the sum of the base
 * point and of the one point of order 2, (0, -1).
 */
#include <stdint.h>
#include <string.h>

#include <sodium.h>

int
main(void)
{
    uint8_t one[32] = {1}, base[32], minus_one[32], point[32];

    memset(minus_one, 0xff, sizeof minus_one);
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    if (sodium_init() < 0 ||
        crypto_scalarmult_ed25519_base_noclamp(base, one) != 0 ||
        crypto_core_ed25519_is_valid_point(base) != 1 ||
        crypto_core_ed25519_add(point, base, minus_one) != 0)
        return 2;
    return crypto_core_ed25519_is_valid_point(point) == 0 ? 0 : 1;
}
