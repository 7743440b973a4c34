#ifndef SV_CAMPAIGNS_MODEL_DRIVER_H
#define SV_CAMPAIGNS_MODEL_DRIVER_H

#include "store/store_fault.h"
#include "tests/support/office.h"
#include "vault/envelope.h"
#include "vault/message.h"

/*
 * The real gate at the end of a pipe, for a model that knows every key: it
 * signs whatever text it is told to, seals whatever it is told to, sends it,
 * and says what came back.  A command is a line of words, its answer a line;
 * bytes are hex.  What it cannot do is a fault of the model, and ends it.
 */
#define DRIVER_SECRETS_MAX 1024
#define DRIVER_SENT_MAX 4096

/* The secret half of a compartment's key, as its makers have it. */
struct driver_secret {
    char type[NAME_SIZE];
    char compartment[NAME_SIZE];
    uint32_t epoch;
    struct box_secret secret;
    struct box_public pub;
    struct ps1_sender to; /* for all that is sealed to it */
};

struct driver {
    struct office o;
    bool founded;
    struct sign_public log_key;
    struct schema *schema;
    struct store_fault_plan plan;
    struct store *store; /* below the plan: what the disk has */
    size_t n_secrets;
    struct driver_secret secrets[DRIVER_SECRETS_MAX];
    unsigned n_grants; /* sealed keys in body */
    struct buf body;   /* what comes with the next request */
    size_t n_sent;
    struct buf sent[DRIVER_SENT_MAX]; /* messages, to be sent again */
    struct buf answer;                /* the last one, and its body: */
    struct bytes answer_body;
};

/* The words of a command, behind its name. */
#define DRIVER_WORDS_MAX 24
struct command {
    unsigned n;
    const char *word[DRIVER_WORDS_MAX];
};
/* Words as they are, as numbers, as bytes; the program ends without them. */
const char *command_word(const struct command *c, unsigned i);
uint64_t command_number(const struct command *c, unsigned i);
struct buf command_bytes(const struct command *c, unsigned i);
void command_fixed(const struct command *c, unsigned i, uint8_t *out, size_t n);
void answer_hex(struct bytes b); /* behind a blank; "-" for nothing */

struct driver_secret *driver_secret(struct driver *d, const char *type,
                                    const char *compartment, uint64_t epoch);
struct driver_secret *driver_keep(struct driver *d, const char *type,
                                  const char *compartment, uint32_t epoch,
                                  const struct box_secret *secret);

/* The commands, of driver_seal.c and driver_ask.c. */
typedef void (*command_fn)(struct driver *d, const struct command *c);
void seal_new_key(struct driver *d, const struct command *c);
void seal_envelope(struct driver *d, const struct command *c);
void seal_grant(struct driver *d, const struct command *c);
void seal_query(struct driver *d, const struct command *c);
void seal_counting(struct driver *d, const struct command *c);
void seal_hash(struct driver *d, const struct command *c);
void ask_hold(struct driver *d, const struct command *c);
void ask_run(struct driver *d, const struct command *c);
void ask_again(struct driver *d, const struct command *c);
void ask_sync(struct driver *d, const struct command *c);
void ask_content(struct driver *d, const struct command *c);
void ask_parcel(struct driver *d, const struct command *c);
void ask_rows(struct driver *d, const struct command *c);
void ask_signed(struct driver *d, const struct command *c);
void ask_verify(struct driver *d, const struct command *c);

#endif
