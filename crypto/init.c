#include "crypto/init.h"

#include <sodium.h>

enum sv_err
crypto_init(void)
{
    return sodium_init() < 0 ? SV_ERR_IO : SV_OK;
}
