#ifndef SV_CLI_AUDIT_H
#define SV_CLI_AUDIT_H

#include "audit/audit_card.h"
#include "audit/entry.h"
#include "audit/export.h"
#include "cli/exit_code.h"
#include "cli/term.h"

/*
 * svault-audit: what an outsider does who has an export and an auditor's
 * card, and no vault.  It reads hostile bytes and has no secret but a witness's
 * own key; neither the store nor anything of vault/ is linked into it.
 */
#define AUDIT_PROGRAM "svault-audit"
#define AUDIT_WITNESSES_MAX 8
#define AUDIT_WORDS_MAX 64

struct audit_command;

/* The command line. */
struct audit {
    const struct audit_command *command;
    const char *words[AUDIT_WORDS_MAX]; /* what the command is about */
    unsigned n_words;
    const char *key;                            /* --key: the card's file */
    const char *entry;                          /* --entry */
    const char *actor;                          /* --actor */
    const char *record;                         /* --record */
    const char *csv;                            /* --csv */
    const char *html;                           /* --html */
    const char *signer;                         /* --signer: a witness's key */
    const char *state;                          /* --state */
    const char *output;                         /* --output */
    const char *from;                           /* --from */
    const char *new_key;                        /* --new-key */
    const char *name;                           /* --name */
    bool first;                                 /* --first */
    const char *log;                            /* --log */
    const char *witnesses[AUDIT_WITNESSES_MAX]; /* --witness, vkeys */
    unsigned n_witnesses;
    bool intervals; /* --intervals */
    bool json;
    bool full;               /* --full */
    struct workers *workers; /* one for each processor */
    struct term term;
};

typedef enum exit_code (*audit_fn)(struct audit *a);
struct audit_command {
    const char *verb;
    const char *args;
    unsigned min_words, n_words;
    const char *summary; /* msgid, one line */
    const char *help;    /* msgid: examples first */
    audit_fn run;
};

enum exit_code audit_verify(struct audit *a);
enum exit_code audit_compare(struct audit *a);
enum exit_code audit_proof(struct audit *a);
enum exit_code audit_who(struct audit *a);
enum exit_code audit_report(struct audit *a);
enum exit_code audit_witness(struct audit *a);
enum exit_code audit_release(struct audit *a);

/*
 * The acts of an export, in order, once head and tree are found good; an item
 * of a batch is an act of who sent the batch.  SV_ERR_TAMPERED with
 * e->fault set.
 */
struct audit_act {
    const struct entry *entry;
    const struct request *request;
    uint64_t time_ms;
    bool is_item;
    char record[2 * HANDLE_LEN + 1]; /* or "" */
};
typedef enum sv_err (*audit_act_fn)(void *ctx, const struct audit_act *act);
enum sv_err audit_scan(struct audit *a, const struct audit_card *card,
                       struct export *e, audit_act_fn fn, void *ctx);
const char *audit_act_name(const struct audit_act *act);

/*
 * The head up to which the log of a card was found lawful by this account, as
 * a file below XDG_STATE_HOME keeps it.  Nothing but its owner vouches for it:
 * whoever can write it can spare a log of that very root the verification of
 * its signatures, and nothing else.
 */
struct audit_known {
    uint64_t size;
    struct hash root;
    uint64_t time_ms; /* when it was checked */
};
/* Where that file is, or would be; false: nowhere. */
bool audit_known_path(const struct audit_card *card,
                      char out[static PATH_SIZE]);
/* False where there is none that this program wrote. */
bool audit_known_read(const struct audit_card *card, struct audit_known *out);
/* SV_ERR_NOT_FOUND for an account without a place for it. */
enum sv_err audit_known_keep(const struct audit_card *card,
                             const struct audit_known *head);

/* Report a failure once, on stderr; what and why may be NULL. */
enum exit_code audit_fail(struct audit *a, const char *what, enum sv_err err,
                          const char *why);
enum exit_code audit_usage(struct audit *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The end of a command: output that could not be written was not done. */
enum exit_code audit_done(struct audit *a, enum sv_err err,
                          enum exit_code code);

/* The card named by --key, without which nothing is believed.  Reports. */
bool audit_card_read(struct audit *a, struct audit_card *out,
                     enum exit_code *code);
/* "FAULT: place: entry 5: reason", the place made inert. */
void audit_print_fault(struct audit *a, const struct export_fault *f);
json_t *audit_json_fault(const struct export_fault *f);
json_t *audit_json_number(uint64_t n);
json_t *audit_json_root(const struct hash *root);
/* The command as it was typed, to repeat it; appended. */
enum sv_err audit_repeat(const struct audit *a, struct buf *out);
/* Print "<verdict> Again: <command>", the last line of each command. */
void audit_print_verdict(struct audit *a, const char *verdict);
json_t *audit_json_repeat(const struct audit *a);

#endif
