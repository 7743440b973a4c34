#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit.h"

static void
text(FILE *to, const char *t)
{
    term_text(to, bytes_text(t), false, 0);
}

static void
begin_line(struct audit *a)
{
    (void)fflush(a->term.out);
    (void)fprintf(a->term.err, AUDIT_PROGRAM ": ");
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
        (void)fprintf(a->term.err, "  %s " AUDIT_PROGRAM " %s %s\n",
                      _("Usage:"), a->command->verb, a->command->args);
    else
        (void)fprintf(a->term.err, "  %s " AUDIT_PROGRAM " --help\n",
                      _("Examples:"));
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
    enum sv_err err = buf_printf(out, AUDIT_PROGRAM " %s", a->command->verb);

    for (unsigned i = 0; i < a->n_words && err == SV_OK; i++)
        err = put_word(out, a->words[i]);
    if (err == SV_OK)
        err = put_option(out, "--record", a->record);
    if (err == SV_OK)
        err = put_option(out, "--actor", a->actor);
    if (err == SV_OK)
        err = put_option(out, "--entry", a->entry);
    if (err == SV_OK)
        err = put_option(out, "--csv", a->csv);
    if (err == SV_OK)
        err = put_option(out, "--html", a->html);
    if (err == SV_OK)
        err = put_option(out, "--log", a->log);
    if (err == SV_OK && a->intervals)
        err = put_word(out, "--intervals");
    if (err == SV_OK)
        err = put_option(out, "--key", a->key);
    for (unsigned i = 0; i < a->n_witnesses && err == SV_OK; i++)
        err = put_option(out, "--witness", a->witnesses[i]);
    if (err == SV_OK && a->full)
        err = buf_text(out, " --full");
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
