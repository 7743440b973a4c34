#ifndef SV_VAULT_COUNTING_H
#define SV_VAULT_COUNTING_H

#include "crypto/ps1.h"
#include "policy/release.h"
#include "policy/roster.h"
#include "vault/content.h"

/*
 * Counts, as gate and client see them.  What is counted and how is known to
 * the library above (counts/), which gives the gate a struct counting; the
 * gate gives it rows and keeps what comes of them.
 */
struct counting_run; /* of the implementation */

/* What a release is made for. */
struct counting_order {
    uint64_t number;          /* what it will be called by */
    const char *profile;      /* RELEASE_EXACT or RELEASE_PUBLIC */
    struct bytes basis;       /* in law, or empty */
    const uint8_t *round_key; /* KDF_KEY_LEN */
};

/* What later releases must know of it: about the records of one type. */
struct counting_snapshot {
    char type[NAME_SIZE];
    struct buf bytes;
};
#define COUNTING_SNAPSHOTS_MAX 4

struct counting_result {
    struct buf bytes; /* to be released; with basis and profile in them */
    struct buf risk;  /* the report of unsafe cells, with their values */
    struct buf cells; /* and without */
    size_t n;
    struct counting_snapshot snapshots[COUNTING_SNAPSHOTS_MAX];
};
void counting_result_clear(struct counting_result *r); /* wipes */

struct counting {
    const void *ctx; /* given to begin */
    /*
     * A run of the specification: a plan, or the parameters of the annual
     * report.  now_ms is the gate's clock: nothing is counted as of the
     * future.  SV_ERR_INPUT with what is wrong in *where.
     */
    enum sv_err (*begin)(const void *ctx, const struct schema *schema,
                         struct bytes spec, uint64_t now_ms,
                         struct counting_run **out, struct diag *where);
    /* Are records of this type counted, and which compartment? NULL: no. */
    const char *(*compartment)(const struct counting_run *run,
                               const char *type);
    /* Versions of that time and before count. */
    uint64_t (*as_of_ms)(const struct counting_run *run);
    /* One record as it was then.  key: the record's own, the same in every
     * count; figures of one set of records round alike by it. */
    enum sv_err (*row)(struct counting_run *run, const char *type, uint64_t key,
                       const struct content *content);
    /* A snapshot of an approved release, of a type that is counted; oldest
     * first, before result.  SV_ERR_FORMAT: it is none; SV_ERR_RANGE: with
     * those before it, it is too much for an audit. */
    enum sv_err (*earlier)(struct counting_run *run, uint64_t number,
                           struct bytes snapshot);
    /* The figures rounded to multiples of 5 under round_key, as the bytes
     * of a report headed NOT RELEASED. */
    enum sv_err (*preview)(struct counting_run *run,
                           const uint8_t round_key[32], struct buf *out);
    /*
     * out is empty before, and stays so after an error:
     *   SV_ERR_INPUT       the specification does not go with the profile,
     *                      or lacks a basis
     *   SV_ERR_DENIED      readers could compute too much
     *   SV_ERR_RANGE       too large to be audited
     *   SV_ERR_CONFLICT    earlier releases leave no rounding
     *   SV_ERR_UNVERIFIED  nothing could be proved
     */
    enum sv_err (*result)(struct counting_run *run,
                          const struct counting_order *order,
                          struct counting_result *out);
    void (*free)(struct counting_run *run);
};

#define COUNTING_SPEC_MAX ((size_t)64 << 10)
#define COUNTING_BASIS_MAX ((size_t)1 << 10)

/* A compartment's secret key lent to the gate for one request. */
struct counting_key {
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    uint32_t epoch;
    struct bytes sealed; /* PS1 to the gate's box key, label "lend" */
};
#define COUNTING_KEYS_MAX UINT16_MAX

/*
 * The bytes that come with counts.preview and release.request:
 *   u32 spec, u16 basis (empty in a preview), u8 has recipient, then its
 *   key[32] where it has one, u16 n, each: name type, name compartment,
 *   u32 epoch, u16 sealed
 * The request's body line is their BLAKE2b-256, label "sv/v1/counting".
 */
struct counting_body {
    struct bytes spec;
    struct bytes basis;
    bool has_recipient;
    struct box_public recipient;
    unsigned n;
    struct counting_key *keys; /* owned; the rest is borrowed */
};
void counting_body_clear(struct counting_body *b);
enum sv_err counting_body_encode(const struct counting_body *b,
                                 struct buf *out);
enum sv_err counting_body_decode(struct bytes in, struct counting_body *out);
void counting_body_hash(struct bytes body, uint8_t out[static DIGEST_LEN]);
/* BLAKE2b-256, label "sv/v1/cells", of the unsafe cells without values: what
 * release.acknowledge has as its body line. */
void counting_cells_hash(struct bytes cells, uint8_t out[static DIGEST_LEN]);
/* Vault id, request id, type, compartment, u32 epoch: what a lent key is
 * sealed for. */
enum sv_err counting_lend_context(const struct hash *vault,
                                  const uint8_t request_id[static 16],
                                  const struct counting_key *key,
                                  struct buf *out);

/* Where a release stands, as it is kept and answered: docs/FORMAT.md, table
 * 14.  Appended; SV_ERR_FORMAT. */
enum sv_err release_state_encode(const struct release_state *s,
                                 struct buf *out);
enum sv_err release_state_decode(struct bytes raw, struct release_state *out);

/*
 * What is sealed to the requester or a named recipient, and to each
 * approver: u8[32] random, u32 bytes, u8[32] random, u32 risk (empty for
 * whom it does not concern).  The commitments in the log are BLAKE2b-256,
 * labels "sv/v1/release" and "sv/v1/risk", over random and bytes.
 */
struct release_parcel {
    uint8_t nonce[32];
    struct bytes bytes;
    uint8_t risk_nonce[32];
    struct bytes risk;
};
enum sv_err release_parcel_encode(const struct release_parcel *p,
                                  struct buf *out);
enum sv_err release_parcel_decode(struct bytes in, struct release_parcel *out);
/* A parcel is sealed (PS1) with this label and the vault id and u64 number
 * as context. */
#define PARCEL_LABEL "release"
enum sv_err release_parcel_context(const struct hash *vault, uint64_t number,
                                   struct buf *out);
void release_commitment(const char *label, const uint8_t nonce[static 32],
                        struct bytes bytes, uint8_t out[static 32]);
#define RELEASE_LABEL "sv/v1/release"
#define RISK_LABEL "sv/v1/risk"

/* A snapshot is sealed (PS1) to the newest key of its type's compartment,
 * with this label and the parcel's context: only a count opens it again. */
#define LEDGER_LABEL "ledger"
/* The hash in the request's entry is BLAKE2b-256 with this label, over each
 * row: u8 column, u32 length, value. */
#define LEDGER_HASH_LABEL "sv/v1/ledger"

#endif
