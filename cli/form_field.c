#include "cli/form_field.h"

#include <string.h>

#include "cli/form_value.h"

#define PROMPT "> "

void
form_say(struct term *t, const char *sentence)
{
    (void)fprintf(t->err, "%s\n", sentence);
}

void
form_reason(struct term *t, const char *reason)
{
    (void)fprintf(t->err, _("Please check: %s.\n"),
                  _(reason != NULL ? reason : err_text(SV_ERR_INPUT)));
}

enum sv_err
form_ask(struct term *t, const char *prompt, struct buf *line)
{
    for (;;) {
        enum sv_err err = term_ask(t, prompt, FIELD_VALUE_MAX, line);

        if (err == SV_ERR_RANGE)
            form_say(t, _("That line is too long and was left out. Please "
                          "type less, or several lines where they are "
                          "allowed."));
        else if (err == SV_ERR_FORMAT)
            form_say(t, _("That line holds unreadable characters and was "
                          "left out. Please type it again."));
        else
            return err;
    }
}

static const struct schema_field *
schema_of(const struct form_field *f)
{
    return &f->content->compartment->fields[f->at];
}

static struct content_field *
value_of(const struct form_field *f)
{
    return &f->content->fields[f->at];
}

static enum sv_err
show_current(const struct form_field *f)
{
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    if (value_of(f)->given)
        err = form_text(f->lang, f->content, f->at, &text);
    else if (!f->addition)
        err = buf_text(&text, missing_label(MISSING_NOT_ASKED, f->lang));
    if (err == SV_OK && text.len > 0) {
        (void)fputs(" [", f->t->err);
        term_text(f->t->err, buf_bytes(&text), schema_of(f)->multiline, 4);
        (void)fputc(']', f->t->err);
    }
    (void)fputc('\n', f->t->err);
    buf_free(&text);
    return err;
}

/* Short lists at once; of long ones how to look into them. */
static enum sv_err
show_codes(const struct form_field *f, struct bytes beginning, bool explained)
{
    struct choices choices = {0};
    enum sv_err err = form_choices(f, &choices);

    if (err != SV_OK)
        goto out;
    if (choices.n_offered > FORM_SHORT_LIST && beginning.len == 0)
        (void)fprintf(f->t->err,
                      _("There are %zu codes. Type the first letters of one; ? "
                        "and letters list them.\n"),
                      choices.n_offered);
    else if (choices_print(&choices, f->t, f->lang, beginning, explained) == 0)
        form_say(f->t, _("No code or name begins so. Try fewer letters."));
out:
    choices_clear(&choices);
    return err;
}

enum sv_err
form_field_show(const struct form_field *f)
{
    const struct schema_field *s = schema_of(f);
    enum sv_err err;

    (void)fputc('\n', f->t->err);
    (void)fprintf(f->t->err, _("%zu of %zu"), f->at + 1,
                  f->content->compartment->n);
    (void)fputs("  ", f->t->err);
    term_text(f->t->err, bytes_text(form_label(s->label, f->lang, s->name)),
              false, 0);
    err = show_current(f);
    if (err == SV_OK && s->kind == FIELD_CODE)
        err = show_codes(f, bytes_of(NULL, 0), false);
    if (s->multiline)
        form_say(f->t, _("Several lines are possible; end with a . alone or "
                         "with two empty lines."));
    else if (s->repeated && s->kind == FIELD_TEXT)
        form_say(f->t, _("Several are possible, with ; between them."));
    else if (s->repeated)
        form_say(f->t, _("Several are possible, with spaces or ; between "
                         "them."));
    return err;
}

static enum sv_err
explain(const struct form_field *f, struct bytes beginning)
{
    const struct schema_field *s = schema_of(f);
    const char *help = form_label(s->help, f->lang, "");

    if (beginning.len > 0)
        return show_codes(f, beginning, true);
    if (help[0] != '\0')
        form_say(f->t, help);
    if (s->kind == FIELD_DATE)
        form_say(f->t, _("A date, written as 2022-12-01, 2022/12/1 or "
                         "R4.12.1."));
    if (s->kind == FIELD_NUMBER)
        (void)fprintf(f->t->err, _("A number from %llu to %llu.\n"),
                      (unsigned long long)s->min, (unsigned long long)s->max);
    if (s->repeated && !f->addition)
        form_say(f->t, _("What you type replaces what is there. Type + and "
                         "a value to add it, - and a value to remove it."));
    return s->kind == FIELD_CODE ? show_codes(f, beginning, true) : SV_OK;
}

/* ---- Why there is no answer ---- */

static enum sv_err
ask_kind(const struct form_field *f, const struct choices *kinds,
         const struct schema_code **out)
{
    struct buf line = BUF_INIT;
    enum sv_err err = SV_ERR_CONFLICT;

    while (err == SV_ERR_CONFLICT || err == SV_ERR_NOT_FOUND) {
        form_say(f->t, _("Why is there no answer? (Enter goes back)"));
        (void)choices_print(kinds, f->t, f->lang, bytes_of(NULL, 0), false);
        buf_truncate(&line, 0);
        err = form_ask(f->t, PROMPT, &line);
        *out = NULL;
        if (err != SV_OK || form_trim(buf_bytes(&line)).len == 0 ||
            text_is(form_trim(buf_bytes(&line)), "<"))
            break;
        err = choices_find(kinds, buf_bytes(&line), out);
    }
    buf_free(&line);
    return err;
}

static enum form_step
set_missing(const struct form_field *f, enum missing kind)
{
    content_set_missing(f->content, f->at, kind);
    return FORM_NEXT;
}

/* FORM_NEXT where a kind was chosen. */
static enum sv_err
ask_missing(const struct form_field *f, enum form_step *step)
{
    struct schema_code codes[MISSING_N - 1];
    const struct schema_list list = {"missing", MISSING_N - 1, codes};
    struct choices kinds = {0};
    const struct schema_code *kind = NULL;
    enum sv_err err;

    for (int i = 0; i < MISSING_N - 1; i++) {
        enum missing m = (enum missing)(i + 1);

        codes[i] = (struct schema_code){
            .code = missing_name(m),
            .label = {missing_label(m, SCHEMA_EN), missing_label(m, SCHEMA_JA)},
        };
    }
    err = choices_init(&kinds, &list, f->today);
    if (err == SV_OK)
        err = ask_kind(f, &kinds, &kind);
    if (err == SV_OK && kind != NULL)
        *step = set_missing(f, missing_parse(bytes_text(kind->code)));
    else if (err == SV_OK)
        *step = FORM_AGAIN;
    choices_clear(&kinds);
    return err;
}

/* ---- Several lines ---- */

static bool
is_end(struct bytes line)
{
    return text_is(line, ".") || text_is(line, "。") || text_is(line, "．");
}

/* Append blank empty lines and one line, if the field can take them. */
static enum sv_err
append_line(const struct form_field *f, size_t blank, struct bytes line,
            struct buf *text)
{
    size_t was = text->len;
    const char *reason = NULL;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i <= blank && err == SV_OK; i++)
        err = buf_text(text, "\n");
    if (err == SV_OK)
        err = buf_append(text, line);
    if (err == SV_OK)
        err = schema_check_value(schema_of(f), buf_bytes(text), &reason);
    if (err == SV_ERR_INPUT) {
        form_reason(f->t, reason);
        form_say(f->t, _("That line was left out, the lines before it are "
                         "kept. Go on, or end with a . alone."));
        err = SV_OK;
        buf_truncate(text, was);
    }
    return err;
}

/* Two empty lines end it, but not in the middle of what is pasted: the rest
 * would answer the next questions. */
static bool
is_over(const struct form_field *f, size_t blank)
{
    return blank >= 2 && !term_is_pasted(f->t);
}

static enum sv_err
read_lines(const struct form_field *f, struct bytes first, struct buf *text)
{
    struct buf line = BUF_INIT;
    size_t blank = 0;
    enum sv_err err = buf_append(text, first);

    while (err == SV_OK && !is_over(f, blank)) {
        struct bytes t;

        buf_truncate(&line, 0);
        err = form_ask(f->t, PROMPT, &line);
        if (err != SV_OK)
            break;
        t = form_trim(buf_bytes(&line));
        if (is_end(t))
            break;
        if (t.len == 0) {
            blank++;
            continue;
        }
        err = append_line(f, blank, buf_bytes(&line), text);
        blank = 0;
    }
    buf_free(&line);
    return err;
}

static enum sv_err
take_answer(const struct form_field *f, struct bytes typed,
            enum form_step *step)
{
    struct buf lines = BUF_INIT;
    const char *reason = NULL;
    bool emptied = false;
    enum sv_err err = SV_OK;

    if (schema_of(f)->multiline) {
        err = schema_check_value(schema_of(f), typed, &reason);
        if (err == SV_OK)
            err = read_lines(f, typed, &lines);
        typed = buf_bytes(&lines);
    }
    if (err == SV_OK)
        err = form_value_set(f, typed, &emptied, &reason);
    *step = FORM_NEXT;
    if (err == SV_ERR_INPUT || err == SV_ERR_RANGE) {
        form_reason(f->t, reason);
        *step = FORM_AGAIN;
        err = SV_OK;
    }
    buf_free(&lines);
    return err == SV_OK && emptied ? ask_missing(f, step) : err;
}

/* Is it this command, in English or in the user's language? */
static bool
is_word(struct bytes folded, const char *word)
{
    struct buf own = BUF_INIT;
    bool is = text_is(folded, word) ||
              (term_fold(bytes_text(_(word)), &own) == SV_OK &&
               bytes_equal(folded, buf_bytes(&own)));

    buf_free(&own);
    return is;
}

enum sv_err
form_field_ask(const struct form_field *f, enum form_step *step)
{
    struct buf line = BUF_INIT, folded = BUF_INIT;
    struct bytes key;
    enum sv_err err;

    err = form_ask(f->t, PROMPT, &line);
    if (err == SV_OK)
        err = term_fold(buf_bytes(&line), &folded);
    if (err != SV_OK)
        goto out;
    key = buf_bytes(&folded);
    *step = FORM_AGAIN;
    if (key.len == 0)
        *step = FORM_NEXT;
    else if (text_is(key, "<"))
        *step = FORM_BACK;
    else if (is_end(key))
        *step = FORM_END;
    else if (is_word(key, N_("missing")))
        err = ask_missing(f, step);
    else if (missing_parse(key) != MISSING_NOT)
        *step = set_missing(f, missing_parse(key));
    else if (text_is(key, "?") ||
             (key.ptr[0] == '?' && schema_of(f)->kind == FIELD_CODE))
        err = explain(f, form_trim(bytes_slice(key, 1, key.len - 1)));
    else
        err = take_answer(f, form_trim(buf_bytes(&line)), step);
out:
    buf_free(&line);
    buf_free(&folded);
    return err;
}
