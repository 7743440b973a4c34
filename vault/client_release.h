#ifndef SV_VAULT_CLIENT_RELEASE_H
#define SV_VAULT_CLIENT_RELEASE_H

#include "vault/client.h"
#include "vault/counting.h"

/*
 * Counts and releases, as a client asks for them.  Beside the errors of all
 * operations (client.h): SV_ERR_INPUT where the gate found the specification
 * or a lent key not to be what it should (the entry's outcome is invalid).
 */

/* A preview: rounded, NOT RELEASED, so many a day.  Appended to out: the
 * bytes of a report as counts/ reads them. */
enum sv_err client_counts_preview(struct client *c, struct bytes spec,
                                  struct buf *out);

/*
 * Ask for a release: RELEASE_EXACT, or RELEASE_PUBLIC: SV_ERR_DENIED where
 * readers could compute too much, SV_ERR_RANGE, SV_ERR_INPUT, or
 * SV_ERR_UNVERIFIED where that cannot be told.  *number is what it is called by
 * from now on (the index of its entry); *cells gets the unsafe cells without
 * their values, to be acknowledged.  recipient NULL: the requester herself.
 */
enum sv_err client_release_request(struct client *c, const char *profile,
                                   struct bytes spec, struct bytes basis,
                                   const struct box_public *recipient,
                                   uint64_t *number, struct buf *cells);

/* all: at once; otherwise n were acknowledged one by one.  cells are those
 * that the request gave, or client_release_show(). */
enum sv_err client_release_acknowledge(struct client *c, uint64_t number,
                                       struct bytes cells, bool all,
                                       uint64_t n);

struct release_row {
    uint64_t number;
    struct release_state state;
};
/* Newest first; free() *out. */
enum sv_err client_release_list(struct client *c, struct release_row **out,
                                size_t *n);

/* What is known of one release, by the reader's role. */
struct release_view {
    struct release_state state;
    struct buf spec;  /* what was asked for */
    struct buf basis; /* the legal basis given */
    struct buf cells; /* unsafe cells without values */
    /* For an approver: the very bytes, and the risk report with values, both
     * checked against the commitments in the log. */
    bool has_bytes;
    struct buf bytes;
    struct buf risk;
};
void release_view_free(struct release_view *v); /* wipes */
enum sv_err client_release_show(struct client *c, uint64_t number,
                                struct release_view *out);

/* Approve the very bytes that client_release_show() gave. */
enum sv_err client_release_approve(struct client *c, uint64_t number,
                                   const struct release_view *seen);
enum sv_err client_release_refuse(struct client *c, uint64_t number);

/*
 * The bytes that were approved, checked against the commitment, with the
 * random bytes that open it and the proofs that tie them to the log (the
 * entries of request and approval, each with its .tlog-proof).  With a
 * recipient named, sealed is all there is: `svault release open` is the
 * recipient's.
 */
struct release_package {
    struct buf bytes;
    uint8_t nonce[32];
    bool is_sealed;
    struct buf sealed;                        /* PS1, label "release" */
    struct buf request;                       /* entry of the request */
    struct buf approval;                      /* entry of the approval */
    struct buf request_proof, approval_proof; /* C2SP tlog-proofs */
};
void release_package_free(struct release_package *p); /* wipes */
enum sv_err client_release_fetch(struct client *c, uint64_t number,
                                 struct release_package *out);
/* The recipient's part: no vault is needed.  context: vault id and number. */
enum sv_err release_open_sealed(const struct identity *identity,
                                const struct hash *vault, uint64_t number,
                                struct bytes sealed, struct buf *parcel);

#endif
