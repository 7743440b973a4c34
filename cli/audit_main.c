#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/language.h"
#include "crypto/init.h"
#include "crypto/rng.h"

#define NAME_WIDTH 10

static const struct audit_command commands[] = {
    {"verify", "DIR --key CARD [--witness VKEY] [--full]", 1, 1,
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
        "What was found lawful\n"
        "once is remembered in this account: the next time, signatures up to "
        "there are not\n"
        "verified again if the log goes on from that very head; all else is "
        "read and derived\n"
        "anew. --full verifies all. A witness whose key (vkey) you give must "
        "have cosigned the\n"
        "head. Fewer entries than were checked before are exit code 5, unless "
        "you give one."),
     audit_verify},
    {"compare", "OLD NEW --key CARD", 2, 2,
     N_("prove that a newer log goes on from an older one"),
     N_("  svault-audit compare old-head.note office-log --key office.card\n"
        "  svault-audit compare log-of-march log-of-april --key office.card\n"
        "\n"
        "OLD and NEW are heads (svault log head) or directories of an "
        "export. The proof comes\n"
        "from NEW's tiles; one of heads only is enough."),
     audit_compare},
    {"proof", "FILE.tlog-proof --key CARD [--entry FILE]", 1, 1,
     N_("check one entry and its proof"),
     N_("  svault-audit proof reading.tlog-proof --key office.card\n"
        "\n"
        "Checks that the entry, which lies beside the proof in "
        "reading.entry, stands in the log\n"
        "of that card, and prints it. svault log prove writes both."),
     audit_proof},
    {"who", "--record HANDLE|--actor NAME DIR --key CARD", 1, 1,
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
    {"report", "DIR --key CARD [--csv FILE] [--html FILE]", 1, 1,
     N_("accesses, denials, bursts and gaps of a log"),
     N_("  svault-audit report office-log --key office.card\n"
        "  svault-audit report office-log --key office.card --html "
        "report.html\n"
        "\n"
        "Counts who read and saved which parts of records, as what, what for "
        "and when; what was\n"
        "denied; flagged assignments; hours with many readings; days without "
        "any entry; first\n"
        "and last use by each person. Head and tree are checked first. "
        "--html writes one page\n"
        "that needs nothing else, --csv the accesses for a spreadsheet."),
     audit_report},
    {"witness", "REQUEST --key CARD --signer FILE [--first]", 0, 1,
     N_("cosign a log that only grows"),
     N_("  svault-audit witness --new-key board.key --name board.example/w1\n"
        "  svault-audit witness office.request --key office.card --signer "
        "board.key\n"
        "  svault-audit witness --from last.note --key office.card --signer "
        "board.key\n"
        "\n"
        "Cosigns the head in a request (svault log witness) if it goes on "
        "from the last one that\n"
        "this witness cosigned of that log, and writes the answer to "
        "REQUEST.cosigned (--output).\n"
        "What it cosigned is kept in FILE.state (--state) before it answers; "
        "it never cosigns two\n"
        "branches or a smaller log, and keeps both heads as evidence there. "
        "--first: nothing of\n"
        "this log was cosigned yet. --from: its state was lost, and this is "
        "what it cosigned last.\n"
        "--new-key makes key and state, and prints the key for the office "
        "and the auditor (vkey).\n"
        "A lost key is replaced by a new one with a new name. Exit codes: 4 "
        "fewer entries or\n"
        "another branch; 5 a log that is not known; 75 the office has to ask "
        "again."),
     audit_witness},
    {"release", "DIR... --key CARD [--log DIR] [--intervals]", 1,
     AUDIT_WORDS_MAX,
     N_("check released figures: approved by two, added up, safe?"),
     N_("  svault-audit release report-2022 --key office.card\n"
        "  svault-audit release report-2021 report-2022 --key office.card "
        "--intervals\n"
        "  svault-audit release report-2022 --key office.card --log "
        "office-log\n"
        "\n"
        "DIR is what svault release fetch (or open) wrote. Checks that the "
        "figures are the very\n"
        "bytes that one person asked for and another approved, by two entries "
        "of the log of that\n"
        "card; that they are those of their own facts, add up and keep their "
        "rule; and makes the\n"
        "audit again: what could a reader compute from all of these releases "
        "together? --intervals\n"
        "says of each rounded or hidden figure between which numbers it lies "
        "for sure. With --log,\n"
        "an export, the two persons' signatures are checked, too, and "
        "releases that are not given\n"
        "are named. Only report.json was approved: the other forms of the "
        "figures are not judged."),
     audit_release},
    {NULL, NULL, 0, 0, NULL, NULL, NULL},
};

/* ---- Help ---- */

static enum exit_code
help_all(struct audit *a)
{
    FILE *out = a->term.out;

    term_heading(&a->term, out, _("Examples:"));
    (void)fputs("  " AUDIT_PROGRAM " verify office-log --key office.card\n\n",
                out);
    for (const struct audit_command *c = commands; c->run != NULL; c++)
        (void)fprintf(out, "  %-*s%s\n", NAME_WIDTH, c->verb, _(c->summary));
    (void)fprintf(out, "\n%s\n",
                  _("Each has --help. All take --json and --lang en|ja. Exit "
                    "codes: 0 good, 4 altered or\n"
                    "forged, 5 could not be verified, 65 bad input, 74 a disk "
                    "or a file failed, 75 ask again."));
    return audit_done(a, SV_OK, EXIT_DONE);
}

static enum exit_code
help_command(struct audit *a)
{
    const struct audit_command *c = a->command;
    FILE *out = a->term.out;

    term_heading(&a->term, out, _("Examples:"));
    (void)fprintf(out, "%s\n\n%s " AUDIT_PROGRAM " %s %s\n", _(c->help),
                  _("Usage:"), c->verb, c->args);
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
        {"--lang", &l->lang},   {"--csv", &a->csv},
        {"--html", &a->html},   {"--signer", &a->signer},
        {"--state", &a->state}, {"--output", &a->output},
        {"--from", &a->from},   {"--new-key", &a->new_key},
        {"--name", &a->name},   {"--html", &a->html},
        {"--log", &a->log},
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
    } else if (strcmp(word, "--first") == 0) {
        a->first = true;
    } else if (strcmp(word, "--full") == 0) {
        a->full = true;
    } else if (strcmp(word, "--intervals") == 0) {
        a->intervals = true;
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
           ((a->n_witnesses == 0 && !a->full) || run == audit_verify) &&
           ((a->signer == NULL && a->state == NULL && a->output == NULL &&
             a->from == NULL && a->new_key == NULL && a->name == NULL &&
             !a->first) ||
            run == audit_witness) &&
           ((a->csv == NULL && a->html == NULL) || run == audit_report) &&
           ((a->actor == NULL && a->record == NULL) || run == audit_who) &&
           ((a->log == NULL && !a->intervals) || run == audit_release);
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
        (void)fprintf(a->term.out, AUDIT_PROGRAM " %s\n", SV_VERSION);
        return audit_done(a, SV_OK, EXIT_DONE);
    }
    if (l->help)
        return a->command != NULL ? help_command(a) : help_all(a);
    if (a->command == NULL)
        return audit_usage(a, "%s", _("something is missing"));
    if (!fits(a))
        return audit_usage(a, "%s", _("this command has no such option"));
    if (a->n_words < a->command->min_words)
        return audit_usage(a, "%s", _("something is missing"));
    return a->command->run(a);
}

/* In the middle of whatever it was. */
static void
on_no_randomness(void)
{
    static const char line[] =
        AUDIT_PROGRAM ": this machine gives no random numbers, so the program "
                      "was stopped.\n";
    ssize_t n = write(STDERR_FILENO, line, sizeof line - 1);

    (void)n;
    _exit(EXIT_IO);
}

int
main(int argc, char **argv)
{
    struct audit a = {0};
    struct line line = {0};
    const char *lang;
    enum exit_code code;

    if (argc < 1)
        return EXIT_USAGE;
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    rng_on_failure(on_no_randomness);
    term_init(&a.term);
    read_line(&a, argv, &line);
    lang = line.lang != NULL && language_is_known(line.lang)
               ? line.lang
               : language_of_environment();
    language_set(lang);
    if (crypto_init() != SV_OK || workers_new(0, &a.workers) != SV_OK)
        return (int)audit_fail(&a, NULL, SV_ERR_NOMEM, NULL);
    code = dispatch(&a, &line);
    workers_free(a.workers);
    return (int)code;
}
