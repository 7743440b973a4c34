#include "cli/form_value.h"

#include <string.h>

#include "cli/era.h"

static const struct schema_field *
schema_of(const struct form_field *f)
{
    return &f->content->compartment->fields[f->at];
}

static const struct content_field *
value_of(const struct form_field *f)
{
    return &f->content->fields[f->at];
}

struct bytes
form_trim(struct bytes t)
{
    static const char *const spaces[] = {" ", "\t", "\xe3\x80\x80"};

    for (size_t i = 0; i < 3; i++) {
        struct bytes s = bytes_text(spaces[i]);

        if (text_skip(&t, spaces[i]))
            return form_trim(t);
        if (t.len >= s.len &&
            bytes_equal(bytes_slice(t, t.len - s.len, s.len), s))
            return form_trim(bytes_slice(t, 0, t.len - s.len));
    }
    return t;
}

enum sv_err
form_choices(const struct form_field *f, struct choices *out)
{
    const struct schema_list *list = schema_of(f)->list;
    const struct content_field *v = value_of(f);
    enum sv_err err = choices_init(out, list, f->today);

    for (size_t i = 0; err == SV_OK && i < v->n; i++)
        err = choices_keep(out, list,
                           bytes_of(v->values[i].ptr, v->values[i].len));
    if (err == SV_ERR_NOT_FOUND) /* a code of another schema: shown as it is */
        err = SV_OK;
    return err;
}

static bool
has(const struct content_field *field, struct bytes value)
{
    for (size_t i = 0; i < field->n; i++) {
        if (bytes_equal(bytes_of(field->values[i].ptr, field->values[i].len),
                        value))
            return true;
    }
    return false;
}

/* Add unless it is there. */
static enum sv_err
add(const struct form_field *f, struct content *to, struct bytes value,
    const char **reason)
{
    if (schema_of(f)->repeated && has(&to->fields[f->at], value))
        return SV_OK;
    return content_add(to, f->at, value, reason);
}

static enum sv_err
add_code(const struct form_field *f, const struct choices *choices,
         struct bytes piece, struct content *to, const char **reason)
{
    const struct schema_code *code;
    struct bytes word;
    enum sv_err err = choices_find(choices, piece, &code);

    if (err == SV_OK)
        return add(f, to, bytes_text(code->code), reason);
    if (err == SV_ERR_CONFLICT) {
        (void)choices_print(choices, f->t, f->lang, piece, true);
        *reason = N_("more than one begins so");
        return SV_ERR_INPUT;
    }
    if (err != SV_ERR_NOT_FOUND)
        return err;
    *reason = N_("this is not in the list; type ? to see it");
    if (!schema_of(f)->repeated || memchr(piece.ptr, ' ', piece.len) == NULL)
        return SV_ERR_INPUT;
    /* A label may hold spaces; only what is none is several. */
    for (err = SV_OK; err == SV_OK && text_split(&piece, ' ', &word);) {
        if (word.len > 0)
            err = add_code(f, choices, word, to, reason);
    }
    return err;
}

static enum sv_err
add_date(const struct form_field *f, struct bytes piece, struct content *to,
         const char **reason)
{
    char date[ERA_DATE_SIZE];
    enum sv_err err = era_date(piece, date, reason);

    return err == SV_OK ? add(f, to, bytes_text(date), reason) : err;
}

static enum sv_err
add_piece(const struct form_field *f, const struct choices *choices,
          struct bytes piece, struct content *to, const char **reason)
{
    struct buf folded = BUF_INIT;
    enum sv_err err;

    switch (schema_of(f)->kind) {
    case FIELD_CODE:
        return add_code(f, choices, piece, to, reason);
    case FIELD_DATE:
        return add_date(f, piece, to, reason);
    case FIELD_NUMBER:
        err = term_fold(piece, &folded);
        if (err == SV_OK)
            err = add(f, to, buf_bytes(&folded), reason);
        buf_free(&folded);
        return err;
    case FIELD_TEXT:
        break;
    }
    return add(f, to, piece, reason);
}

/* What separates values, also as typed with a Japanese keyboard, becomes ';'.
 */
static enum sv_err
separated(const struct schema_field *s, struct bytes typed, struct buf *out)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK && typed.len > 0) {
        bool comma = text_skip(&typed, "、");

        if (text_skip(&typed, "；") || (comma && s->kind != FIELD_TEXT)) {
            err = buf_text(out, ";");
        } else if (comma) {
            err = buf_text(out, "、");
        } else {
            uint8_t c = *typed.ptr;

            if (c == ' ' && (s->kind == FIELD_DATE || s->kind == FIELD_NUMBER))
                c = ';';
            err = buf_append(out, bytes_of(&c, 1));
            typed = bytes_slice(typed, 1, typed.len - 1);
        }
    }
    return err;
}

/* All values that were typed. */
static enum sv_err
read_values(const struct form_field *f, struct bytes typed, struct content *to,
            const char **reason)
{
    const struct schema_field *s = schema_of(f);
    struct choices choices = {0};
    struct buf pieces = BUF_INIT;
    struct bytes rest, piece;
    enum sv_err err = SV_OK;

    if (s->kind == FIELD_CODE)
        err = form_choices(f, &choices);
    if (err != SV_OK)
        goto out;
    if (!s->repeated || s->multiline) {
        err = add_piece(f, &choices, typed, to, reason);
        goto out;
    }
    err = separated(s, typed, &pieces);
    rest = buf_bytes(&pieces);
    while (err == SV_OK && text_split(&rest, ';', &piece)) {
        piece = form_trim(piece);
        if (piece.len > 0)
            err = add_piece(f, &choices, piece, to, reason);
    }
    if (err == SV_OK && to->fields[f->at].n == 0) {
        *reason = N_("there is no value");
        err = SV_ERR_INPUT;
    }
out:
    buf_free(&pieces);
    choices_clear(&choices);
    return err;
}

/* '+' or '-' before values, taken off; 0 where there is none. */
static char
take_sign(const struct schema_field *s, struct bytes *typed)
{
    struct bytes rest = *typed;
    char sign;

    if (text_skip(&rest, "+") || text_skip(&rest, "＋"))
        sign = '+';
    else if (text_skip(&rest, "-") || text_skip(&rest, "－"))
        sign = '-';
    else
        return 0;
    /* A text may begin so: a telephone number does. */
    if (form_trim(rest).len == 0 ||
        (s->kind == FIELD_TEXT && form_trim(rest).ptr == rest.ptr))
        return 0;
    *typed = form_trim(rest);
    return sign;
}

/* Of an addition nobody sees what stood there, which the answer replaces. */
static bool
is_unseen(const struct form_field *f)
{
    return f->addition && value_of(f)->n == 0;
}

/* The old values with, or without, the chosen ones. */
static enum sv_err
merge(const struct form_field *f, char sign, const struct content *chosen,
      struct content *to, const char **reason)
{
    const struct content_field *old = value_of(f);
    const struct content_field *more = &chosen->fields[f->at];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < more->n && sign == '-'; i++) {
        if (!has(old, bytes_of(more->values[i].ptr, more->values[i].len))) {
            *reason = N_("there is no such value to remove");
            return SV_ERR_INPUT;
        }
    }
    for (size_t i = 0; i < old->n && err == SV_OK; i++) {
        struct bytes value = bytes_of(old->values[i].ptr, old->values[i].len);

        if (sign == '+' || !has(more, value))
            err = add(f, to, value, reason);
    }
    for (size_t i = 0; i < more->n && err == SV_OK && sign == '+'; i++)
        err = add(f, to, bytes_of(more->values[i].ptr, more->values[i].len),
                  reason);
    return err;
}

/* Show what was understood where it is not what was typed. */
static enum sv_err
show_set(const struct form_field *f, struct bytes typed, char sign)
{
    struct buf text = BUF_INIT;
    enum sv_err err = form_text(f->lang, f->content, f->at, &text);

    if (err == SV_OK && (schema_of(f)->kind != FIELD_TEXT || sign != 0) &&
        !bytes_equal(buf_bytes(&text), typed)) {
        (void)fputs("  = ", f->t->err);
        term_text(f->t->err, buf_bytes(&text), schema_of(f)->multiline, 4);
        (void)fputc('\n', f->t->err);
    }
    buf_free(&text);
    return err;
}

enum sv_err
form_value_set(const struct form_field *f, struct bytes typed, bool *emptied,
               const char **reason)
{
    struct content chosen = {0}, next = {0};
    struct bytes values = typed;
    char sign = 0;
    enum sv_err err;

    *emptied = false;
    if (schema_of(f)->repeated)
        sign = take_sign(schema_of(f), &values);
    if (sign != 0 && is_unseen(f)) {
        *reason = N_("what stands here is not shown to you, so nothing can "
                     "be added to it or taken from it");
        return SV_ERR_INPUT;
    }
    err = content_new(f->content->compartment, &chosen);
    if (err == SV_OK)
        err = content_new(f->content->compartment, &next);
    if (err == SV_OK)
        err = read_values(f, values, &chosen, reason);
    if (err == SV_OK && sign != 0)
        err = merge(f, sign, &chosen, &next, reason);
    if (err != SV_OK)
        goto out;
    *emptied = sign == '-' && next.fields[f->at].n == 0;
    if (!*emptied)
        err = content_fold(f->content, sign != 0 ? &next : &chosen);
    if (err == SV_OK && !*emptied)
        err = show_set(f, typed, sign);
out:
    content_free(&chosen);
    content_free(&next);
    return err;
}
