#ifndef SV_TESTS_SUPPORT_FAKELOG_H
#define SV_TESTS_SUPPORT_FAKELOG_H

#include "policy/replay.h"
#include "tests/support/support.h"

/*
 * Logs in memory, built as an honest gate and honest clients would, and then
 * forged as dishonest ones would.  Everything is fixed: the same calls give
 * the same bytes.  Whatever fails, fails the test.
 *
 *     struct fakelog f;
 *
 *     fakelog_found(&f, "standard");             ada and sue, the founders
 *     fakelog_hire(&f, "cora", "caseworker", 0);
 *     fakelog_create(&f, "cora", "caseworker", "victim", 1);
 *     fakelog_read(&f, "cora", "caseworker", "victim", 1, "facts,legal");
 *     fakelog_edit(&f, 9, "allowed", "denied");
 *     assert_err(fakelog_replay(&f, &fault), SV_ERR_TAMPERED);
 *     fakelog_clear(&f);
 *
 * Records are numbers here; fakelog_handle() gives their handles.
 */
#define FAKELOG_ORIGIN "vault.example/2026"
#define FAKELOG_START_MS UINT64_C(1767225600000) /* 2026-01-01 */
#define FAKELOG_ADMINISTRATOR "ada"
#define FAKELOG_SUPERVISOR "sue"
#define FAKELOG_DAY_MS (UINT64_C(24) * 3600 * 1000)

struct fakelog {
    uint64_t now_ms;      /* the gate's and everybody's clock; move it */
    struct replay replay; /* after the last entry that was appended */
    size_t n;
    struct buf *entries;
    uint64_t n_ids; /* request ids given out */
};

/* The keys that a name stands for, always the same. */
struct fake_person {
    char name[NAME_SIZE];
    struct sign_seed seed;
    struct sign_public sign;
    uint8_t box[32];
};
struct fake_person fake_person(const char *name);
struct handle fakelog_handle(uint64_t record);
/* What is stored as this version: a hash of these three. */
void fakelog_content(uint64_t record, const char *compartment, uint64_t version,
                     uint8_t out[static 32]);

/* The shipped policy: its JSON, and under a profile. */
struct buf fakelog_policy_json(void);
void fakelog_policy(const char *profile, struct policy *out);

/* An empty log; genesis, policy and first keys in it; and its end. */
void fakelog_init(struct fakelog *f);
void fakelog_found(struct fakelog *f, const char *profile);
void fakelog_clear(struct fakelog *f);
/* Requests of founding, for tests that do it step by step. */
struct request fakelog_genesis(struct fakelog *f, const struct policy *p);
struct request fakelog_part(struct fakelog *f, const struct policy *p,
                            unsigned k);
struct request fakelog_keys(struct fakelog *f, const struct policy *p);

/*
 * A request as an honest client fills it: vault, a fresh id, the time, the
 * role's default purpose, the present head.  The test adds what act needs,
 * or spoils it.
 */
struct request fakelog_request(struct fakelog *f, enum request_act act,
                               const char *actor, const char *role);
struct request fakelog_request_propose(struct fakelog *f, const char *name,
                                       const char *role, uint64_t until_ms);
/* For the proposal in this entry. */
struct request fakelog_request_confirm(struct fakelog *f, uint64_t proposal,
                                       const char *name, const char *role);
/* compartments "identity,facts", NULL for all of the type. */
struct request fakelog_request_on(struct fakelog *f, enum request_act act,
                                  const char *actor, const char *role,
                                  const char *type, uint64_t record,
                                  const char *compartments);
/* names "identity,facts" into the request. */
void fakelog_set_compartments(struct request *q, const char *names);

/* What the policy says to it as the next entry. */
struct decision fakelog_decide(const struct fakelog *f,
                               const struct request *q);

/* The gate's lines of the next entry, honestly, for this request. */
struct entry fakelog_entry(const struct fakelog *f, const struct request *q,
                           enum entry_outcome outcome);
/* One result more, with the content of that version. */
void fakelog_result(struct entry *e, uint64_t record, const char *compartment,
                    uint64_t version);
/* The RFC 6962 root over the entry's results: a create's or save's body. */
void fakelog_body(const struct entry *e, uint64_t record,
                  uint8_t out[static 32]);
/* The bytes of entry and request, signed by signer (in genesis by both
 * founders whoever signer is).  An item has neither: NULL. */
struct buf fakelog_bytes(const struct entry *e, const struct request *q,
                         const char *signer);

/*
 * Append, and demand that it replays.  Each gives the entry's index.  The
 * first appends as it is decided, with the outcome where allowed; the second
 * demands a denial by this rule; the others that it was allowed and done.
 */
uint64_t fakelog_append(struct fakelog *f, const struct request *q,
                        enum entry_outcome outcome);
uint64_t fakelog_denied(struct fakelog *f, const struct request *q,
                        const char *rule);
uint64_t fakelog_append_entry(struct fakelog *f, const struct entry *e,
                              const struct request *q);
/* Proposed by ada, confirmed by sue. */
uint64_t fakelog_hire(struct fakelog *f, const char *name, const char *role,
                      uint64_t until_ms);
uint64_t fakelog_create(struct fakelog *f, const char *actor, const char *role,
                        const char *type, uint64_t record);
uint64_t fakelog_save(struct fakelog *f, const char *actor, const char *role,
                      const char *type, uint64_t record,
                      const char *compartments);
uint64_t fakelog_read(struct fakelog *f, const char *actor, const char *role,
                      const char *type, uint64_t record,
                      const char *compartments);
/* Records first to first + n - 1; the index of the batch's entry. */
uint64_t fakelog_import(struct fakelog *f, const char *actor, const char *role,
                        const char *type, uint64_t first, unsigned n);
/* By sue. */
uint64_t fakelog_assign(struct fakelog *f, enum request_act act,
                        const char *type, uint64_t record, const char *name,
                        enum entry_outcome outcome);

/* Forge: entries change, f->replay stays as it was. */
void fakelog_edit(struct fakelog *f, uint64_t index, const char *from,
                  const char *to);
void fakelog_replace(struct fakelog *f, uint64_t index, struct buf *entry);
void fakelog_insert(struct fakelog *f, uint64_t index, struct buf *entry);
void fakelog_remove(struct fakelog *f, uint64_t index);
/* The entry and, if it has one, its request, as they stand now. */
void fakelog_parse(const struct fakelog *f, uint64_t index, struct entry *e,
                   struct request *q);

/* All of it from the beginning, and the end at the true size and root. */
enum sv_err fakelog_replay(const struct fakelog *f, struct replay_fault *fault);
struct hash fakelog_root(const struct fakelog *f);

/* The log as it stands, exported to dir under a head of the gate's. */
void fakelog_export(const struct fakelog *f, const char *dir);

#endif
