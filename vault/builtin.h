#ifndef SV_VAULT_BUILTIN_H
#define SV_VAULT_BUILTIN_H

#include "base/buf.h"

/* The files of schema/ as they were when this program was built. */
struct bytes builtin_schema_json(void);
struct bytes builtin_codes_csv(void);
struct bytes builtin_policy_json(void);

#endif
