#ifndef SV_VAULT_MESSAGE_H
#define SV_VAULT_MESSAGE_H

#include "audit/request.h"
#include "base/codec.h"

/*
 * What goes between client and gate.  Layouts in docs/FORMAT.md; decoded
 * messages borrow from the bytes they were decoded from.
 */
#define MESSAGE_MAX ((size_t)64 << 20)

enum message_kind {
    MESSAGE_SYNC = 1, /* head, roster, schema, one's sealed keys; not logged */
    MESSAGE_ACT = 2,  /* a signed request, with its body; logged */
};

struct sync_request {
    uint64_t seen_size; /* a consistency proof from here, 0: none */
    bool has_roster;    /* roster entries after this index; else all */
    uint64_t roster_after;
    char name[NAME_SIZE]; /* whose sealed keys; "" for none */
    bool want_schema;
};
struct act_request {
    struct bytes note;
    struct bytes body;
};
struct message_request {
    enum message_kind kind;
    struct sync_request sync;
    struct act_request act;
};

enum sv_err message_sync_encode(const struct sync_request *s, struct buf *out);
enum sv_err message_act_encode(const struct act_request *a, struct buf *out);
/* SV_ERR_FORMAT, SV_ERR_VERSION, SV_ERR_RANGE. */
enum sv_err message_request_decode(struct bytes in,
                                   struct message_request *out);

/* Why a message got no entry in the log; short words, "" for none. */
#define MESSAGE_REASON_SIZE 33

struct sync_answer {
    struct hash vault;
    char origin[ORIGIN_SIZE];
    uint64_t time_ms; /* the gate's clock */
    struct bytes head;
    struct bytes consistency;
    struct bytes roster; /* u32 n, each: u64 index, u16 entry, proof */
    struct bytes schema_json;
    struct bytes schema_codes;
    struct bytes grants; /* u32 n, each: u64 index, u32 blob */
    struct bytes flags;  /* u64 each: open flagged assignments */
};
struct act_answer {
    uint64_t index;
    struct bytes entry;
    struct bytes inclusion; /* of entry under head */
    struct bytes head;
    struct bytes consistency; /* from the request's seen size to head */
    struct bytes body;
};
struct message_answer {
    enum message_kind kind;
    enum sv_err status;
    char reason[MESSAGE_REASON_SIZE]; /* where status is not SV_OK */
    struct sync_answer sync;
    struct act_answer act;
};

enum sv_err message_failure_encode(enum message_kind kind, enum sv_err status,
                                   const char *reason, struct buf *out);
enum sv_err message_sync_answer_encode(const struct sync_answer *a,
                                       struct buf *out);
enum sv_err message_act_answer_encode(const struct act_answer *a,
                                      struct buf *out);
enum sv_err message_answer_decode(struct bytes in, struct message_answer *out);

#endif
