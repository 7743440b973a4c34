#ifndef SV_TESTS_SUPPORT_OFFICE_H
#define SV_TESTS_SUPPORT_OFFICE_H

#include "crypto/arena.h"
#include "tests/support/support.h"
#include "vault/client.h"
#include "vault/gate.h"

#include "disclosure/solver_process.h"

/*
 * A small office in a directory of its own: a vault, its gate in this
 * process, and people with keys, who need no files.
 */
#define OFFICE_PEOPLE_MAX 16

struct colleague {
    struct card card;
    struct user_keys keys;
    struct identity identity; /* of these keys */
    struct pin pin;           /* between sessions */
    struct client *client;    /* in a session */
};

struct office {
    char home[PATH_SIZE]; /* holds the vault and its gate key */
    char dir[PATH_SIZE];
    uint64_t now_ms;
    const char *profile; /* "standard", unless changed before the founding */
    enum request_act limited;  /* by the policy, too, before the founding: */
    struct policy_limit limit; /* n 0: as it is shipped */
    bool recovery;             /* "rescue-1" holds every key from the start */
    struct rng_fixed random;
    struct gate_config config;
    struct counting counting;
    struct solver_source solver;
    struct solver_process *solver_process;
    struct gate_keys gate_keys;
    struct arena *arena;
    struct gate *gate;
    struct transport through; /* to the gate; NULL: straight */
    struct hash vault;
    size_t n;
    struct colleague people[OFFICE_PEOPLE_MAX];
};

/* open_store as in struct gate_config; NULL: LMDB. */
typedef enum sv_err (*office_store_fn)(void *ctx, const char *dir, bool create,
                                       struct store **out);

/* Directory, clock and founders' keys ("admin-1", "lead-1"); no vault yet. */
void office_prepare(struct office *o, office_store_fn open_store, void *ctx);
/* Make the vault. */
enum sv_err office_found(struct office *o);
enum sv_err office_open(struct office *o); /* the gate */
/* Ends all sessions, keeping pins, and closes the gate. */
void office_close(struct office *o);
void office_free(struct office *o); /* and removes the directory */

/* A person by name; made, with keys of her own, at the first mention. */
struct colleague *office_person(struct office *o, const char *name);
/* Her session: begun where there is none.  Fails the test if it cannot. */
struct client *office_client(struct office *o, const char *name);
/* The same, but giving the error. */
enum sv_err office_begin(struct office *o, const char *name);
void office_end(struct office *o, const char *name);

/* Propose by admin-1 and confirm by lead-1. */
enum sv_err office_hire(struct office *o, const char *name, const char *role);
/* The same for a card by that name: the keys of `other`, who stands for her
 * with a new key file, or her own.  Her session ends, and from now on she
 * has those keys. */
enum sv_err office_replace(struct office *o, const char *name,
                           const char *other);
/* The whole standard staff: lead-1, admin-1, intake-1, case-1, case-2,
 * clinic-1, legal-1, justice-1, audit-1, stats-1, approve-1. */
void office_hire_all(struct office *o);
/* Everything up to a working office with all of them. */
void office_new(struct office *o);

/* A new victim record with this case number and family name. */
enum sv_err office_record(struct office *o, const char *author,
                          const char *case_no, const char *family_name,
                          struct handle *out);
/* Another, with all that one may search for. */
enum sv_err office_named(struct office *o, const char *author,
                         const char *case_no, const char *family,
                         const char *given, const char *family_kana,
                         const char *given_kana, const char *phone,
                         struct handle *out);
/* An addition to a victim's compartment identity: a telephone number. */
enum sv_err office_add_phone(struct client *c, const struct handle *h);
/* So many new keys of this compartment of victims; NULL: of every column. */
void office_rotate(struct office *o, const char *compartment, unsigned times);
/* The field of a view as text; "" where it is not there. */
struct buf office_field(const struct record_view *v, const char *compartment,
                        const char *field);
/* The whole log verifies, and the store agrees with it. */
void office_verify(struct office *o);

#endif
