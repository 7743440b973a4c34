#include "cli/form.h"

#include <string.h>

#include "base/clock.h"
#include "cli/form_field.h"

struct form {
    struct term *t;
    enum schema_lang lang;
    size_t n; /* sections */
    struct content *contents;
    bool addition;
    const struct content *before; /* of the only section; NULL: all empty */
    const struct schema_type *type;
    const struct draft *draft; /* of a new record, or NULL */
    char today[TIME_SIZE];
    size_t c, f;    /* where the person is */
    size_t heading; /* sections[heading - 1] was announced last */
};

static const struct schema_compartment *
section(const struct form *form, size_t c)
{
    return form->contents[c].compartment;
}

static const char *
section_label(const struct form *form, size_t c)
{
    const struct schema_compartment *s = section(form, c);

    return form_label(s->label, form->lang, s->name);
}

/* ---- Going through the fields ---- */

static bool
to_next(struct form *form)
{
    size_t c = form->c, f = form->f + 1;

    while (c < form->n && f >= section(form, c)->n) {
        c++;
        f = 0;
    }
    if (c == form->n)
        return false;
    form->c = c;
    form->f = f;
    return true;
}

static void
to_previous(struct form *form)
{
    size_t c = form->c, f = form->f;

    while (f == 0 && c > 0)
        f = section(form, --c)->n;
    if (f == 0) {
        form_say(form->t, _("This is the first field."));
        return;
    }
    form->c = c;
    form->f = f - 1;
}

static enum sv_err
ask_here(struct form *form, enum form_step *step)
{
    const struct form_field field = {
        .t = form->t,
        .lang = form->lang,
        .content = &form->contents[form->c],
        .at = form->f,
        .addition = form->addition,
        .today = form->today,
    };
    enum sv_err err;

    if (form->heading != form->c + 1) {
        (void)fputc('\n', form->t->err);
        term_heading(form->t, form->t->err, section_label(form, form->c));
        form->heading = form->c + 1;
    }
    err = form_field_show(&field);
    for (*step = FORM_AGAIN; err == SV_OK && *step == FORM_AGAIN;)
        err = form_field_ask(&field, step);
    return err;
}

/* From here to the end; or only this field, where one is to be mended. */
static enum sv_err
walk(struct form *form, bool only_here)
{
    enum form_step step = FORM_NEXT;

    for (;;) {
        enum sv_err err = ask_here(form, &step);

        if (err != SV_OK || step == FORM_END)
            return err;
        if (step == FORM_BACK) {
            only_here = false;
            to_previous(form);
        } else if (only_here || !to_next(form)) {
            return SV_OK;
        }
    }
}

/* ---- The checks over several fields ---- */

/* Of one section; what it has to do with others is not known here. */
static enum sv_err
check_section(struct form *form, struct diag *where)
{
    struct buf encoded = BUF_INIT;
    enum sv_err err = content_encode(&form->contents[0], &encoded);

    if (err == SV_OK)
        err = content_check(form->type, &form->contents[0], where);
    if (err == SV_ERR_RANGE) {
        diag_set(where, 0, NULL, N_("this section holds more than fits"));
        err = SV_ERR_INPUT;
    }
    buf_free(&encoded);
    return err;
}

/* Go to the field, or at least the section, that where names. */
static void
go_to(struct form *form, const struct diag *where)
{
    struct schema_place place = {0, 0};
    size_t c = 0;

    if (draft_place(form->type, bytes_text(where->column), &place) != SV_OK &&
        schema_compartment(form->type, where->column, &c) != NULL)
        place.compartment = (unsigned)c;
    form->c = form->draft != NULL ? place.compartment : 0;
    form->f = place.field;
}

/* The person is told, and is there. */
static void
to_fault(struct form *form, const struct diag *where)
{
    const struct schema_field *s;

    go_to(form, where);
    s = &section(form, form->c)->fields[form->f];
    (void)fprintf(form->t->err,
                  "\n%s: ", form_label(s->label, form->lang, s->name));
    form_reason(form->t, where->reason);
    form_say(form->t, _("Please answer it again; < leads to the fields "
                        "before it."));
}

/* *good: nothing to mend. */
static enum sv_err
check(struct form *form, bool *good)
{
    struct diag where = {0};
    enum sv_err err;

    err = form->draft != NULL ? draft_check(form->draft, &where)
                              : check_section(form, &where);
    *good = err == SV_OK;
    if (err != SV_ERR_INPUT)
        return err;
    to_fault(form, &where);
    return SV_OK;
}

/* ---- The summary ---- */

static bool
same(const struct content_field *a, const struct content_field *b)
{
    if (a->given != b->given || a->missing != b->missing || a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (!bytes_equal(bytes_of(a->values[i].ptr, a->values[i].len),
                         bytes_of(b->values[i].ptr, b->values[i].len)))
            return false;
    }
    return true;
}

static bool
is_changed(const struct form *form, size_t c, size_t f)
{
    const struct content_field *now = &form->contents[c].fields[f];

    if (form->before == NULL)
        return now->given;
    return !same(now, &form->before->fields[f]);
}

static enum sv_err
print_line(const struct form *form, size_t c, size_t f, size_t number)
{
    const struct schema_field *s = &section(form, c)->fields[f];
    struct buf text = BUF_INIT;
    enum sv_err err = form_text(form->lang, &form->contents[c], f, &text);

    if (err == SV_OK) {
        (void)fprintf(form->t->err, "%4zu  ", number);
        term_text(form->t->err,
                  bytes_text(form_label(s->label, form->lang, s->name)), false,
                  0);
        (void)fputs(": ", form->t->err);
        term_text(form->t->err, buf_bytes(&text), s->multiline, 8);
        (void)fputc('\n', form->t->err);
    }
    buf_free(&text);
    return err;
}

/* Changed fields, numbered; how many.  With wanted, only look for that
 * number: the person goes there. */
static enum sv_err
changes(struct form *form, uint64_t wanted, size_t *n)
{
    size_t number = 0;
    enum sv_err err = SV_OK;

    for (size_t c = 0; c < form->n; c++) {
        size_t before = number;

        for (size_t f = 0; f < section(form, c)->n && err == SV_OK; f++) {
            if (!is_changed(form, c, f))
                continue;
            if (wanted == 0 && number == before && form->n > 1)
                (void)fprintf(form->t->err, "  %s\n", section_label(form, c));
            number++;
            if (wanted == 0)
                err = print_line(form, c, f, number);
            if (wanted == number) {
                form->c = c;
                form->f = f;
            }
        }
    }
    *n = number;
    return err;
}

enum decision { SAVE, DO_NOT, MEND, GO_BACK };

static enum sv_err
decide(struct form *form, size_t n, enum decision *out)
{
    struct buf line = BUF_INIT, folded = BUF_INIT;
    enum sv_err err;

    for (;;) {
        uint64_t number;
        bool yes;

        buf_truncate(&line, 0);
        buf_truncate(&folded, 0);
        err = form_ask(form->t, _("Save? (yes or no): "), &line);
        if (err == SV_OK)
            err = term_fold(buf_bytes(&line), &folded);
        if (err != SV_OK)
            break;
        if (term_answer(buf_bytes(&line), &yes)) {
            *out = yes ? SAVE : DO_NOT;
            break;
        }
        if (text_is(buf_bytes(&folded), "<")) {
            *out = GO_BACK;
            break;
        }
        if (text_u64(buf_bytes(&folded), 1, n, &number) == SV_OK) {
            err = changes(form, number, &n);
            *out = MEND;
            break;
        }
        form_say(form->t,
                 _("Please type yes or no; the number of a line to change "
                   "it; or < to go back to the last field."));
    }
    buf_free(&line);
    buf_free(&folded);
    return err;
}

static enum sv_err
summary(struct form *form, enum decision *out)
{
    size_t n = 0;
    enum sv_err err;

    (void)fputc('\n', form->t->err);
    term_heading(form->t, form->t->err, _("Summary"));
    err = changes(form, 0, &n);
    if (err != SV_OK)
        return err;
    if (n > 0)
        return decide(form, n, out);
    form_say(form->t, _("You have not changed anything."));
    *out = DO_NOT;
    return SV_OK;
}

/* ---- The whole ---- */

static enum sv_err
fill(struct form *form, bool only_here)
{
    bool good = false;
    enum decision decision = MEND;
    enum sv_err err;

    for (;;) {
        err = walk(form, only_here);
        if (err == SV_OK)
            err = check(form, &good);
        if (err != SV_OK)
            return err;
        only_here = true;
        if (!good)
            continue;
        err = summary(form, &decision);
        if (err != SV_OK || decision == SAVE)
            return err;
        if (decision == DO_NOT)
            return SV_ERR_INTERRUPTED;
        only_here = decision == MEND;
    }
}

static void
say_how(struct form *form)
{
    form_say(form->t,
             _("Type an answer for each field. Enter keeps what is in [ ].\n"
               "?        explains the field\n"
               "<        goes back one field\n"
               "missing  says why there is no answer\n"
               ".        leaves the rest and goes to the end\n"
               "Ctrl-C   stops; nothing is saved"));
    if (form->addition)
        form_say(form->t,
                 _("You can write here but not read: what you answer takes "
                   "the place of what stood in that field."));
}

/* fault: of what was filled in before, or NULL. */
static enum sv_err
run(struct form *form, const struct diag *fault)
{
    struct clock clock = clock_system();
    enum sv_err err;

    text_time(clock_now(&clock), form->today);
    form->today[10] = '\0';
    /* Ctrl-C counts all the time, not only while a question stands. */
    term_wait_begin();
    if (fault != NULL)
        to_fault(form, fault);
    else
        say_how(form);
    err = fill(form, fault != NULL);
    if (term_wait_end() && err == SV_OK)
        err = SV_ERR_INTERRUPTED;
    if (err == SV_ERR_INTERRUPTED)
        form_say(form->t, _("Nothing was saved."));
    return err;
}

enum sv_err
form_fill(struct term *t, enum schema_lang lang, const struct schema_type *type,
          struct content *content, bool addition)
{
    struct content before = {0};
    struct form form = {
        .t = t,
        .lang = lang,
        .n = 1,
        .contents = content,
        .type = type,
        .addition = addition,
        .before = addition ? NULL : &before,
    };
    enum sv_err err;

    err = content_new(content->compartment, &before);
    if (err == SV_OK)
        err = content_fold(&before, content);
    if (err == SV_OK)
        err = run(&form, NULL);
    if (err == SV_OK && !addition)
        content_fill(content);
    content_free(&before);
    return err;
}

enum sv_err
form_new_record(struct term *t, enum schema_lang lang, struct draft *draft)
{
    return form_mend_record(t, lang, draft, NULL);
}

enum sv_err
form_mend_record(struct term *t, enum schema_lang lang, struct draft *draft,
                 const struct diag *fault)
{
    struct form form = {
        .t = t,
        .lang = lang,
        .n = draft->type->n,
        .contents = draft->contents,
        .type = draft->type,
        .draft = draft,
    };

    return run(&form, fault);
}
