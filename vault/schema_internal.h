#ifndef SV_VAULT_SCHEMA_INTERNAL_H
#define SV_VAULT_SCHEMA_INTERNAL_H

#include "vault/schema.h"

/* What schema_load.c and schema_codes.c share. */

/* All that a schema points to, freed together. */
struct pool {
    struct pool_block *blocks;
};
/* Zeroed; NULL where there is no memory. */
void *pool_alloc(struct pool *p, size_t n, size_t size);
/* A copy of t with a NUL behind it. */
const char *pool_text(struct pool *p, struct bytes t);

#define SCHEMA_TYPES_MAX 16
#define SCHEMA_FILE_MAX ((size_t)4 << 20)
#define SCHEMA_CODE_MAX 48 /* bytes, also below */
#define SCHEMA_LABEL_MAX 200
#define SCHEMA_HELP_MAX 600

struct schema {
    struct pool pool;
    size_t n_types;
    const struct schema_type *types;
    size_t n_lists;
    const struct schema_list *lists;
};

/* Set *where, with the file. */
void schema_fault(struct diag *where, const char *file, size_t line,
                  const char *column, const char *reason);

/* Fill s->lists from codes.csv. */
enum sv_err schema_codes_load(struct schema *s, struct bytes file,
                              struct diag *where);

#endif
