#ifndef SV_CRYPTO_INIT_H
#define SV_CRYPTO_INIT_H

#include "base/err.h"

/* Once per process, before anything else of crypto/.  May be called again. */
enum sv_err crypto_init(void);

#endif
