#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/audit.h"
#include "cli/language.h"
#include "crypto/init.h"

#define PROGRAM "svault-audit"
#define NAME_WIDTH 10

static const struct audit_command commands[] = {
    {"verify", "DIR --key CARD [--witness VKEY]", 1,
     N_("check a whole log: whole, unaltered, lawful?"),
     N_("  svault-audit verify office-log --key office.card\n"
        "  svault-audit verify office-log --key office.card --json\n"
        "\n"
        "DIR is what svault log export wrote, CARD what svault status --card "
        "printed and you\n"
        "were given on paper. Checks that every file is there and none too "
        "many; the head's\n"
        "signature; every tile and every leaf; then every actor's signature, "
        "the order of time,\n"
        "and every decision, derived again from the grants, roles, "
        "assignments and the policy\n"
        "in the log. The first entry that should not be as it is is named. "
        "It keeps about 100\n"
        "bytes for each entry in memory. A witness whose key (vkey) you give "
        "must have cosigned\n"
        "the head."),
     audit_verify},
    {"compare", "OLD NEW --key CARD", 2,
     N_("prove that a newer log goes on from an older one"),
     N_("  svault-audit compare old-head.note office-log --key office.card\n"
        "  svault-audit compare log-of-march log-of-april --key office.card\n"
        "\n"
        "OLD and NEW are heads (svault log head) or directories of an "
        "export. The proof comes\n"
        "from NEW's tiles; one of heads only is enough."),
     audit_compare},
    {"proof", "FILE.tlog-proof --key CARD [--entry FILE]", 1,
     N_("check one entry and its proof"),
     N_("  svault-audit proof reading.tlog-proof --key office.card\n"
        "\n"
        "Checks that the entry, which lies beside the proof in "
        "reading.entry, stands in the log\n"
        "of that card, and prints it. svault log prove writes both."),
     audit_proof},
    {"who", "--record HANDLE|--actor NAME DIR --key CARD", 1,
     N_("who did what with a record, or what did a person do"),
     N_("  svault-audit who --record 9f31c02a office-log --key office.card\n"
        "  svault-audit who --actor sato office-log --key office.card\n"
        "\n"
        "Lists the entries of a record (the beginning of its handle is "
        "enough) or of a person,\n"
        "denials as well, from an export whose tree and head are checked "
        "first. Whether they\n"
        "were lawful: svault-audit verify."),
     audit_who},
    {NULL, NULL, 0, NULL, NULL, NULL},
};

/* ---- Talk ---- */

static void
text(FILE *to, const char *t)
{
    term_text(to, bytes_text(t), false, 0);
}

static void
begin_line(struct audit *a)
{
    (void)fflush(a->term.out);
    (void)fprintf(a->term.err, PROGRAM ": ");
    if (a->command != NULL)
        (void)fprintf(a->term.err, "%s: ", a->command->verb);
}

enum exit_code
audit_fail(struct audit *a, const char *what, enum sv_err err, const char *why)
{
    begin_line(a);
    if (what != NULL) {
        text(a->term.err, what);
        (void)fputs(": ", a->term.err);
    }
    text(a->term.err, why != NULL ? why : _(err_text(err)));
    (void)fputc('\n', a->term.err);
    return exit_code_of(err);
}

enum exit_code
audit_usage(struct audit *a, const char *format, ...)
{
    va_list args;
    char *made = NULL;

    va_start(args, format);
    if (vasprintf(&made, format, args) < 0)
        made = NULL;
    va_end(args);
    begin_line(a);
    text(a->term.err, made != NULL ? made : _(err_text(SV_ERR_USAGE)));
    (void)fputc('\n', a->term.err);
    free(made);
    if (a->command != NULL)
        (void)fprintf(a->term.err, "  %s " PROGRAM " %s %s\n", _("Usage:"),
                      a->command->verb, a->command->args);
    else
        (void)fprintf(a->term.err, "  %s " PROGRAM " --help\n", _("Examples:"));
    return EXIT_USAGE;
}

enum exit_code
audit_done(struct audit *a, enum sv_err err, enum exit_code code)
{
    if (err == SV_OK)
        err = term_flush(&a->term);
    return err == SV_OK ? code : audit_fail(a, NULL, err, NULL);
}

bool
audit_card_read(struct audit *a, struct audit_card *out, enum exit_code *code)
{
    struct buf raw = BUF_INIT;
    struct diag where = {0};
    enum sv_err err;

    if (a->key == NULL) {
        *code = audit_usage(a, "%s",
                            _("--key: the auditor's card is needed; nothing "
                              "is believed without it"));
        return false;
    }
    err = file_read(a->key, AUDIT_CARD_MAX, &raw);
    if (err == SV_OK)
        err = audit_card_parse(buf_bytes(&raw), out, &where);
    buf_free(&raw);
    if (err == SV_ERR_INPUT) {
        char place[PATH_SIZE + 32];

        (void)snprintf(place, sizeof place, "%s:%zu", a->key, where.line);
        *code = audit_fail(a, place, err, _(where.reason));
    } else if (err != SV_OK) {
        *code = audit_fail(a, a->key, err, NULL);
    }
    return err == SV_OK;
}

void
audit_print_fault(struct audit *a, const struct export_fault *f)
{
    FILE *out = a->term.out;

    (void)fputs(_("FAULT: "), out);
    if (f->place[0] != '\0') {
        text(out, f->place);
        (void)fputs(": ", out);
    }
    if (f->has_entry)
        (void)fprintf(out, _("entry %llu: "), (unsigned long long)f->entry);
    (void)fprintf(out, "%s\n", _(f->reason));
}

/* Reasons stay English in JSON: programs read them. */
json_t *
audit_json_fault(const struct export_fault *f)
{
    if (f->reason == NULL)
        return json_null();
    return json_pack("{s:o?, s:o, s:s}", "place",
                     json_bytes(bytes_text(f->place)), "entry",
                     f->has_entry ? audit_json_number(f->entry) : json_null(),
                     "reason", f->reason);
}

json_t *
audit_json_number(uint64_t n)
{
    return n <= INT64_MAX ? json_integer((json_int_t)n) : NULL;
}

json_t *
audit_json_root(const struct hash *root)
{
    char base64[BASE64_SIZE(SHA256_LEN)];

    text_base64(BYTES(root->b), base64);
    return json_string(base64);
}

/* ---- The command again ---- */

/* One word as a shell reads it. */
static enum sv_err
put_word(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./+=:,@%";
    enum sv_err err = buf_text(out, " ");

    if (err == SV_OK && word[0] != '\0' && word[strspn(word, plain)] == '\0')
        return buf_text(out, word);
    if (err == SV_OK)
        err = buf_text(out, "'");
    for (; err == SV_OK && *word != '\0'; word++)
        err = *word == '\'' ? buf_text(out, "'\\''")
                            : buf_append(out, bytes_of(word, 1));
    return err == SV_OK ? buf_text(out, "'") : err;
}

static enum sv_err
put_option(struct buf *out, const char *name, const char *value)
{
    enum sv_err err = SV_OK;

    if (value == NULL)
        return SV_OK;
    err = put_word(out, name);
    return err == SV_OK ? put_word(out, value) : err;
}

enum sv_err
audit_repeat(const struct audit *a, struct buf *out)
{
    enum sv_err err = buf_printf(out, PROGRAM " %s", a->command->verb);

    for (unsigned i = 0; i < a->n_words && err == SV_OK; i++)
        err = put_word(out, a->words[i]);
    if (err == SV_OK)
        err = put_option(out, "--record", a->record);
    if (err == SV_OK)
        err = put_option(out, "--actor", a->actor);
    if (err == SV_OK)
        err = put_option(out, "--entry", a->entry);
    if (err == SV_OK)
        err = put_option(out, "--key", a->key);
    for (unsigned i = 0; i < a->n_witnesses && err == SV_OK; i++)
        err = put_option(out, "--witness", a->witnesses[i]);
    return err;
}

void
audit_print_verdict(struct audit *a, const char *verdict)
{
    struct buf again = BUF_INIT;

    (void)fprintf(a->term.out, "%s ", verdict);
    if (audit_repeat(a, &again) == SV_OK) {
        (void)fputs(_("Again: "), a->term.out);
        term_text(a->term.out, buf_bytes(&again), false, 0);
    }
    (void)fputc('\n', a->term.out);
    buf_free(&again);
}

json_t *
audit_json_repeat(const struct audit *a)
{
    struct buf again = BUF_INIT;
    json_t *out =
        audit_repeat(a, &again) == SV_OK ? json_bytes(buf_bytes(&again)) : NULL;

    buf_free(&again);
    return out;
}

/* ---- Help ---- */

static enum exit_code
help_all(struct audit *a)
{
    FILE *out = a->term.out;

    term_heading(&a->term, out, _("Examples:"));
    (void)fputs("  " PROGRAM " verify office-log --key office.card\n\n", out);
    for (const struct audit_command *c = commands; c->run != NULL; c++)
        (void)fprintf(out, "  %-*s%s\n", NAME_WIDTH, c->verb, _(c->summary));
    (void)fprintf(out, "\n%s\n",
                  _("Each has --help. All take --json and --lang en|ja. Exit "
                    "codes: 0 good, 4 altered or\n"
                    "forged, 5 could not be verified, 65 bad card, 74 a disk "
                    "or a file failed."));
    return audit_done(a, SV_OK, EXIT_DONE);
}

static enum exit_code
help_command(struct audit *a)
{
    const struct audit_command *c = a->command;
    FILE *out = a->term.out;

    term_heading(&a->term, out, _("Examples:"));
    (void)fprintf(out, "%s\n\n%s " PROGRAM " %s %s\n", _(c->help), _("Usage:"),
                  c->verb, c->args);
    return audit_done(a, SV_OK, EXIT_DONE);
}

/* ---- The command line ---- */

struct line {
    const char *lang;
    bool help, version;
    const char *fault; /* msgid with one %s, or NULL */
    const char *about;
};

static void
line_fault(struct line *l, const char *fault, const char *about)
{
    if (l->fault == NULL) {
        l->fault = fault;
        l->about = about;
    }
}

/* Where the argument of an option goes; NULL for one that is not known. */
static const char **
option_value(struct audit *a, struct line *l, const char *word, size_t len)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        {"--key", &a->key},     {"--entry", &a->entry},
        {"--actor", &a->actor}, {"--record", &a->record},
        {"--lang", &l->lang},
    };

    if (len == strlen("--witness") && strncmp(word, "--witness", len) == 0 &&
        a->n_witnesses < AUDIT_WITNESSES_MAX)
        return &a->witnesses[a->n_witnesses++];
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == len &&
            strncmp(options[i].name, word, len) == 0)
            return options[i].value;
    return NULL;
}

static void
take_option(struct audit *a, struct line *l, char **argv, int *at)
{
    const char *word = argv[*at];
    size_t len = strcspn(word, "=");
    const char **value;

    if (strcmp(word, "--json") == 0) {
        a->json = true;
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        l->help = true;
    } else if (strcmp(word, "--version") == 0) {
        l->version = true;
    } else if ((value = option_value(a, l, word, len)) == NULL) {
        line_fault(l, N_("no such option: %s"), word);
    } else if (*value != NULL) {
        line_fault(l, N_("%s is given twice"), word);
    } else if (word[len] == '=') {
        *value = word + len + 1;
    } else if (argv[*at + 1] != NULL && strncmp(argv[*at + 1], "--", 2) != 0) {
        *value = argv[++*at];
    } else {
        line_fault(l, N_("%s needs an argument"), word);
    }
}

static void
take_word(struct audit *a, struct line *l, const char *word)
{
    if (a->command == NULL) {
        for (const struct audit_command *c = commands; c->run != NULL; c++)
            if (strcmp(c->verb, word) == 0)
                a->command = c;
        if (a->command == NULL)
            line_fault(l, N_("no such command: %s"), word);
    } else if (a->n_words == a->command->n_words) {
        line_fault(l, N_("too many words: %s"), word);
    } else {
        a->words[a->n_words++] = word;
    }
}

static void
read_line(struct audit *a, char **argv, struct line *l)
{
    bool options = true;

    for (int i = 1; argv[i] != NULL; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && argv[i][0] == '-')
            take_option(a, l, argv, &i);
        else
            take_word(a, l, argv[i]);
    }
}

/* What only some commands take. */
static bool
fits(const struct audit *a)
{
    audit_fn run = a->command->run;

    return (a->entry == NULL || run == audit_proof) &&
           (a->n_witnesses == 0 || run == audit_verify) &&
           ((a->actor == NULL && a->record == NULL) || run == audit_who);
}

static enum exit_code
dispatch(struct audit *a, const struct line *l)
{
    if (l->fault != NULL) {
        /* One %s each: they stand in this file. */
        const char *format = _(l->fault), *hole = strstr(format, "%s");
        int head = hole != NULL ? (int)(hole - format) : 0;

        return audit_usage(a, "%.*s%s%s", head, format, l->about,
                           hole != NULL ? hole + 2 : "");
    }
    if (l->lang != NULL && !language_is_known(l->lang))
        return audit_usage(a, "%s", _("--lang: en or ja"));
    if (l->version) {
        (void)fprintf(a->term.out, PROGRAM " %s\n", SV_VERSION);
        return audit_done(a, SV_OK, EXIT_DONE);
    }
    if (l->help)
        return a->command != NULL ? help_command(a) : help_all(a);
    if (a->command == NULL)
        return audit_usage(a, "%s", _("something is missing"));
    if (!fits(a))
        return audit_usage(a, "%s", _("this command has no such option"));
    if (a->n_words < a->command->n_words)
        return audit_usage(a, "%s", _("something is missing"));
    return a->command->run(a);
}

int
main(int argc, char **argv)
{
    struct audit a = {0};
    struct line line = {0};
    const char *lang;

    if (argc < 1)
        return EXIT_USAGE;
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    term_init(&a.term);
    read_line(&a, argv, &line);
    lang = line.lang != NULL && language_is_known(line.lang)
               ? line.lang
               : language_of_environment();
    language_set(lang);
    if (crypto_init() != SV_OK)
        return (int)audit_fail(&a, NULL, SV_ERR_NOMEM, NULL);
    return (int)dispatch(&a, &line);
}
