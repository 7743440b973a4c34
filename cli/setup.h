#ifndef SV_CLI_SETUP_H
#define SV_CLI_SETUP_H

#include "cli/app.h"

/*
 * What svault setup has to know: each answer is an option, or is asked for.
 * What was answered makes the command that goes on after an interruption.
 */
enum answer_name {
    ANSWER_PLACE, /* "pc" or "office" */
    ANSWER_DIR,
    ANSWER_ORIGIN,
    ANSWER_PROFILE,
    ANSWER_ADMINISTRATOR, /* key files */
    ANSWER_SUPERVISOR,
    ANSWER_RECOVERY, /* a card, or "none" */
    ANSWERS_N,
};

struct answers {
    const char *given[ANSWERS_N]; /* by options; NULL */
    char text[ANSWERS_N][PATH_SIZE];
};

/* An option's name, without its dashes. */
const char *answer_option(enum answer_name name);
/* The answer, or NULL where there is none yet. */
const char *answer_of(const struct answers *a, enum answer_name name);

/*
 * Ask on the terminal unless there is an answer; Enter means otherwise (NULL:
 * an answer is needed).  one_of: words of which it has to be one, parted by a
 * blank, or NULL.  Reports; false: *code is set.
 */
bool answer_ask(struct app *app, struct answers *a, enum answer_name name,
                const char *question, const char *otherwise, const char *one_of,
                enum exit_code *code);
/* A question whose answer is no option. */
bool setup_ask(struct app *app, const char *question, const char *otherwise,
               char out[static PATH_SIZE], enum exit_code *code);
bool setup_confirm(struct app *app, const char *question, bool otherwise,
                   bool *yes, enum exit_code *code);
/* Name the options that --no-input lacks; false if there are any. */
bool answers_are_whole(struct app *app, const struct answers *a);
/* How to go on, with what is known. */
void answers_say_resume(struct app *app, const struct answers *a);

/* The answer of who founds a vault without a key for recovery. */
#define NO_RECOVERY "none"

/* Where the package has svaultd serve a vault, and as whom. */
#define SERVICE_USER "svault"
#define SERVICE_PROGRAM "/usr/sbin/svaultd"
#define SERVICE_VAULT "/var/lib/svault/vault"
#define SERVICE_GROUP "svault-users"
#define SERVICE_PLACE "unix:" WAY_SOCKET_DEFAULT

struct setup {
    struct app *app;
    struct answers answers;
    uid_t uid; /* the service's */
    gid_t gid;
    bool installed; /* svaultd is */
    bool guarded;   /* it is to serve this vault */
    bool founded;   /* the vault was there already */
    bool lacks_sheet_a, lacks_sheet_b;
    char home[PATH_SIZE];
};

/* A line of talk, on stderr. */
void setup_say(struct setup *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What is done next, as somebody would type it. */
void setup_show(struct setup *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *setup_answer(const struct setup *s, enum answer_name name);
bool setup_is_there(const char *path);

/* The steps.  Each looks itself whether there is anything left to do. */
enum exit_code setup_have_founders(struct setup *s);
enum exit_code setup_have_recovery(struct setup *s);
enum exit_code setup_found(struct setup *s);
enum exit_code setup_make_sheets(struct setup *s);
enum exit_code setup_start_service(struct setup *s);
enum exit_code setup_write_down(struct setup *s);
enum exit_code setup_make_backup(struct setup *s);
enum exit_code setup_say_next(struct setup *s);

#endif
