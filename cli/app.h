#ifndef SV_CLI_APP_H
#define SV_CLI_APP_H

#include "cli/agent_socket.h"
#include "cli/config.h"
#include "cli/exit_code.h"
#include "cli/term.h"
#include "cli/way.h"
#include "vault/client.h"

struct command;

/* What the command line and the configuration say, for every command. */
struct app {
    const char *program;
    const struct command *command; /* the one that runs; NULL before */
    struct config config;          /* what vault and key may point into */
    const char *vault;             /* --vault, SVAULT_VAULT, config; NULL */
    const char *key;               /* --key, SVAULT_KEY, config; NULL */
    bool key_given;                /* by --key */
    const char *role;
    const char *purpose;
    const char *gate; /* --gate: the gate's fingerprint, as handed over */
    enum schema_lang lang;
    bool json;
    bool no_input;
    bool accept_restore; /* --accept-restore: go on with a restored log */
    int passphrase_fd;   /* -1: the terminal */
    struct term term;
    struct clock clock;
    struct rng rng;
    struct arena *arena;
};

/*
 * Report a failure once, on stderr: "svault: record show: what: why", then
 * what to do next where there is something.  what may be NULL, and why for
 * the error's own text.  Returns the exit code.
 */
enum exit_code app_fail(struct app *app, const char *what, enum sv_err err,
                        const char *why);
/* With how the command is used. */
enum exit_code app_usage(struct app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum exit_code app_fail_diag(struct app *app, const char *what,
                             const struct diag *where);
/* A line of what to do next, below a failure or a result; on stderr. */
void app_hint(struct app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "file:line:column: reason" of a fault in a file, on stderr. */
void app_fault(struct app *app, const struct diag *where);
/* A short report that did not come about through lack of memory, or the
 * output that could not be written. */
enum exit_code app_done(struct app *app, enum sv_err err);
/* The same, of what is done for good: that it cannot be told does not undo
 * it, and nobody is to repeat it. */
enum exit_code app_told(struct app *app, enum sv_err err);
/* Some of it is done, and code is what became of the rest: EXIT_PARTIAL, unless
 * what an attacker may have done outweighs what is left to do, or nobody knows
 * whether that is done, too. */
enum exit_code app_in_part(enum exit_code code);

/* An option that one command has of its own. */
struct flag {
    const char *name;   /* "limit"; NULL ends the table */
    char letter;        /* 'c', or 0 */
    const char **value; /* gets its argument, or */
    bool *set;          /* is set, for one without an argument */
};
/*
 * Read a command's own options; long names in full only.  The other words
 * are *words, at least min and at most max.  A fault has been reported.
 */
bool app_args(struct app *app, int argc, char **argv, const struct flag *flags,
              int min, int max, char ***words);
/*
 * Names for a sentence, "a, b": app_name() adds one, app_names() gives what
 * "%.*s" takes.  Without memory the sentence goes without them.
 */
void app_name(struct buf *all, const char *name);
#define app_names(all)                                                         \
    (int)(all)->len, (all)->ptr != NULL ? (const char *)(all)->ptr : ""
/* A number given for an option (NULL: otherwise).  Reports. */
bool app_number(struct app *app, const char *option, const char *text,
                uint64_t min, uint64_t max, uint64_t otherwise, uint64_t *out);
/* A date given for an option: where that day begins here.  Reports. */
bool app_day(struct app *app, const char *option, const char *text,
             unsigned days_later, uint64_t *unix_ms);

/* Note a path in the configuration unless it has one, and say so. */
void app_remember(struct app *app, const char *name, const char *path);

/* "2026-03-01 14:05" of this place, for people. */
#define WHEN_SIZE 32
void app_when(uint64_t unix_ms, char out[static WHEN_SIZE]);
json_t *app_json_time(uint64_t unix_ms); /* UTC, or null for 0 */
json_t *app_json_hex(struct bytes b);
json_t *app_json_base64(struct bytes b);
json_t *app_json_number(uint64_t n);

/* For main(): a damaged data file can kill LMDB by a signal. */
void fault_handler_install(void);

/* The commands' help, and what comes next for this user. */
const struct command *help_find(const char *noun, const char *verb);
enum exit_code help_noun(struct app *app, const char *noun);
enum exit_code help_command(struct app *app, const struct command *c);
enum exit_code help_next(struct app *app);
/* Report words that name no command, with what was perhaps meant. */
enum exit_code help_unknown(struct app *app, const char *noun,
                            const char *verb);

/* A user's key file: read, checked, nothing derived.  Reports. */
bool userkey_read(struct app *app, const char *path, struct keyfile *out,
                  enum exit_code *code);
/* Another person's key card.  Reports. */
bool app_card(struct app *app, const char *path, struct card *out,
              enum exit_code *code);
/* Ask for the passphrase if there is one, and derive; *out is in the arena
 * and freed with secret_free().  Reports. */
bool userkey_unlock(struct app *app, const char *path, const struct keyfile *k,
                    struct user_keys **out, enum exit_code *code);

/*
 * A user's secrets for the length of one command: with an agent where one is
 * unlocked, else in this process.  Where the agent ends in between, the
 * passphrase is asked for, so that what was typed is not lost.  Declare it
 * zeroed and leave it in its place; userkey_close() accepts any state.
 */
struct userkey {
    struct app *app;
    const char *path;
    struct keyfile file;
    bool by_agent;
    struct agent_link agent;
    struct user_keys *keys;   /* in the arena; NULL while an agent has them */
    uint8_t *pin_key;         /* likewise, of an agent: to save what was seen */
    struct identity behind;   /* agent or keys */
    struct identity identity; /* for the session */
    bool locked;              /* the agent has ended, and nothing took over */
};
/* Is there an agent for this key?  Asks nobody, reports nothing. */
bool userkey_agent(struct app *app, const char *path, const struct keyfile *k,
                   struct userkey *out);
/* An agent, or the passphrase if there is one.  Reports. */
bool userkey_open(struct app *app, const char *path, const struct keyfile *k,
                  struct userkey *out, enum exit_code *code);
void userkey_close(struct userkey *u);

/*
 * A vault opened for its user, up to date and verified.
 * Declare it zeroed; session_close() accepts any state.
 */
struct session {
    struct app *app;
    struct way way;
    struct client *client;
    struct client_hello hello;
    struct card card;
    struct userkey key;
    char pin_path[PATH_SIZE];
    uint64_t seen;         /* entries, before this session */
    struct buf aside;      /* of FILE.head, what was kept before a restore */
    bool begun;            /* the client has a pin worth saving */
    bool confirms_restore; /* goes on with a log that waits for its entry */
    bool doubted;          /* it is not yet taken for the vault's: no pin */
    bool interruptible;    /* Ctrl-C ends it before the next request */
};
/*
 * Open vault and key, ask for the passphrase, check the gate, confirm its
 * fingerprint at the first contact.  On failure it has been reported and
 * *code is set.
 */
bool session_open(struct app *app, struct session *s, enum exit_code *code);
/* Only as far as the gate's own word goes: no key is needed. */
bool session_hello(struct app *app, struct session *s, enum exit_code *code);
/*
 * The restored log that was accepted is the vault's from now on: FILE.head is
 * copied to FILE.head.before-restore (or .2, .3 behind that), and the new one
 * takes its place at the end.  A session that confirms a restore does it once
 * its entry is there: after a failure she still knows what she had seen.
 */
bool session_keep_restored(struct session *s, enum exit_code *code);
/* Save the pin (FILE.head) and close; reports a failure to do so. */
enum exit_code session_close(struct session *s, enum exit_code code);
/* Report a client operation's failure with all that client_trouble() knows
 * and what to do next. */
enum exit_code session_fail(struct session *s, const char *what,
                            enum sv_err err);
/* Names what was passed over in what was read, and who made it: true where
 * there was any. */
bool session_unopened(struct session *s, const struct record_view *view);
/*
 * The log does not go on from a head that a witness cosigned: what (a witness
 * or a file) says so.  Keeps that head and this device's own as evidence
 * beside FILE.head, and reports.
 */
enum exit_code session_forked(struct session *s, const char *what,
                              struct bytes cosigned);
/* FILE.head could not be written, behind a command that ended with code:
 * reports, and gives what it ends with now. */
enum exit_code session_not_remembered(struct session *s, enum sv_err err,
                                      enum exit_code code);
/*
 * Let others have the vault while a person fills in a form, and take it
 * again, where it is open in this process alone.  Where it is in use then, it
 * asks whether to try again: what she typed is not lost.
 */
void session_pause(struct session *s);
bool session_resume(struct session *s, enum exit_code *code);
/*
 * Does one of the user's roles do act on type (NULL for acts without one)?
 * The gate decides; this spares a person a form in vain.  *role (may be NULL)
 * is the one that would be asked.  SV_ERR_DENIED, SV_ERR_USAGE where several
 * may.
 */
enum sv_err session_may(struct session *s, enum request_act act,
                        const char *type, const char **role);
/* No role of the vault's: usage, with those there are. */
enum exit_code session_no_role(struct session *s, const char *role);
/* The auditor's card of the session's vault. */
enum exit_code audit_card_print(struct session *s);
/* Why the policy said no, in the user's language. */
const char *denial_text(const char *rule);
/* A role's name in the user's language; itself where it has none. */
const char *role_text(const char *role);

/* A record named on the command line: its number in the last list, or any
 * unique prefix of a handle.  *type is the schema's.  Reports failures. */
bool session_record(struct session *s, const char *text,
                    const struct schema_type **type, struct handle *out,
                    enum exit_code *code);
/* A type named on the command line, NULL where none was.  Reports. */
const struct schema_type *app_type(struct app *app, const struct schema *schema,
                                   const char *name);
/* No type was named: usage, with those that this program knows. */
enum exit_code app_no_type(struct app *app);
/* Its part of this name.  Reports. */
bool app_part(struct app *app, const struct schema_type *type, const char *name,
              size_t *at);
/* Which codes the field of a fault's column takes, if it takes codes. */
void app_hint_codes(struct app *app, const struct schema_type *type,
                    const struct diag *fault);

/* Every command: argv[0] is its name ("record show"), options that only it
 * has are its own to parse (getopt_long; the global ones are taken out). */
typedef enum exit_code (*command_fn)(struct app *app, int argc, char **argv);
struct command {
    const char *noun;    /* "record"; "" for commands of one word */
    const char *verb;    /* "show" */
    const char *args;    /* "[ID|N] [-c COMPARTMENT,...]" */
    const char *summary; /* msgid, one line; NULL: not listed */
    const char *help;    /* msgid: examples first, then what it does */
    command_fn run;
};
extern const struct command commands[]; /* ends with run == NULL */

enum exit_code cmd_key_new(struct app *app, int argc, char **argv);
enum exit_code cmd_key_show(struct app *app, int argc, char **argv);
enum exit_code cmd_key_passwd(struct app *app, int argc, char **argv);
enum exit_code cmd_unlock(struct app *app, int argc, char **argv);
enum exit_code cmd_lock(struct app *app, int argc, char **argv);
enum exit_code cmd_init(struct app *app, int argc, char **argv);
enum exit_code cmd_status(struct app *app, int argc, char **argv);
enum exit_code cmd_setup(struct app *app, int argc, char **argv);
enum exit_code cmd_doctor(struct app *app, int argc, char **argv);
enum exit_code cmd_whoami(struct app *app, int argc, char **argv);
enum exit_code cmd_relay(struct app *app, int argc, char **argv);
enum exit_code cmd_help(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_propose(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_confirm(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_list(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_replace(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_revoke(struct app *app, int argc, char **argv);
enum exit_code cmd_staff_suspend(struct app *app, int argc, char **argv);
enum exit_code cmd_record_add(struct app *app, int argc, char **argv);
enum exit_code cmd_record_list(struct app *app, int argc, char **argv);
enum exit_code cmd_record_find(struct app *app, int argc, char **argv);
enum exit_code cmd_record_show(struct app *app, int argc, char **argv);
enum exit_code cmd_record_edit(struct app *app, int argc, char **argv);
enum exit_code cmd_record_history(struct app *app, int argc, char **argv);
enum exit_code cmd_record_assign(struct app *app, int argc, char **argv);
enum exit_code cmd_record_unassign(struct app *app, int argc, char **argv);
enum exit_code cmd_import(struct app *app, int argc, char **argv);
enum exit_code cmd_log_list(struct app *app, int argc, char **argv);
enum exit_code cmd_log_show(struct app *app, int argc, char **argv);
enum exit_code cmd_log_verify(struct app *app, int argc, char **argv);
enum exit_code cmd_log_head(struct app *app, int argc, char **argv);
enum exit_code cmd_log_export(struct app *app, int argc, char **argv);
enum exit_code cmd_log_witness(struct app *app, int argc, char **argv);
enum exit_code cmd_log_prove(struct app *app, int argc, char **argv);
enum exit_code cmd_log_acknowledge(struct app *app, int argc, char **argv);
enum exit_code cmd_counts_run(struct app *app, int argc, char **argv);
enum exit_code cmd_counts_check(struct app *app, int argc, char **argv);
enum exit_code cmd_report_annual(struct app *app, int argc, char **argv);
enum exit_code cmd_release_request(struct app *app, int argc, char **argv);
enum exit_code cmd_release_acknowledge(struct app *app, int argc, char **argv);
enum exit_code cmd_release_list(struct app *app, int argc, char **argv);
enum exit_code cmd_release_show(struct app *app, int argc, char **argv);
enum exit_code cmd_release_approve(struct app *app, int argc, char **argv);
enum exit_code cmd_release_refuse(struct app *app, int argc, char **argv);
enum exit_code cmd_release_fetch(struct app *app, int argc, char **argv);
enum exit_code cmd_release_open(struct app *app, int argc, char **argv);
enum exit_code cmd_backup_create(struct app *app, int argc, char **argv);
enum exit_code cmd_backup_verify(struct app *app, int argc, char **argv);
enum exit_code cmd_backup_restore(struct app *app, int argc, char **argv);
enum exit_code cmd_backup_confirm(struct app *app, int argc, char **argv);
enum exit_code cmd_sheet_gate(struct app *app, int argc, char **argv);
enum exit_code cmd_sheet_key(struct app *app, int argc, char **argv);
enum exit_code cmd_sheet_check(struct app *app, int argc, char **argv);
enum exit_code cmd_sheet_read(struct app *app, int argc, char **argv);

#endif
