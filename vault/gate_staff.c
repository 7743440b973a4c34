#include "vault/gate_internal.h"
#include "vault/grants.h"

/*
 * Sealed keys come as the body of a confirmation, and of the founding keys.
 * The gate cannot open them: it checks that they are the ones that were
 * signed, and keeps them for their owner.  They stay out of the log, which
 * is for ever.
 */
enum sv_err
act_keys_apply(struct act *a)
{
    uint8_t hash[DIGEST_LEN], key[8];

    grants_hash(a->body, hash);
    if (!bytes_equal(BYTES(hash), BYTES(a->request.body)) ||
        !grants_are_whole(a->body)) {
        a->entry.outcome = OUTCOME_INVALID;
        return SV_OK;
    }
    put_u64(key, a->index);
    return tables_put(&a->tables, TABLE_GRANT, BYTES(key), a->body);
}
