#include "counts/annual_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counts/annual_labels.h"
#include "counts/annual_layout.h"
#include "counts/width.h"

#define LABEL_WIDTH_MAX 42 /* columns; longer labels go on below */
#define VALUE_WIDTH_MIN 5

/* One walk over the rows measures, the next one prints. */
struct printer {
    const struct figures *f;
    const struct schema *schema;
    enum schema_lang lang;
    unsigned minor_age;
    bool measures;
    size_t label_width, value_width;
    struct buf *out;
};

static enum sv_err
put_spaces(struct buf *out, size_t n)
{
    return buf_printf(out, "%*s", (int)n, "");
}

/* ---- cells ---- */

static enum sv_err
put_words(const struct printer *p, enum annual_word before, const char *text,
          enum annual_word behind, struct buf *out)
{
    return buf_printf(out, "%s%s%s", annual_labels_word(before, p->lang), text,
                      annual_labels_word(behind, p->lang));
}

static enum sv_err
put_change(const struct printer *p, const struct figure *change,
           struct buf *out)
{
    bool less = change->value < 0;
    uint64_t size =
        less ? 0 - (uint64_t)change->value : (uint64_t)change->value;
    char number[24];

    if (!change->known)
        return put_words(p, WORD_CHANGE_UNKNOWN,
                         annual_labels_phrase(change->reason, p->lang),
                         WORD_CLOSE, out);
    if (size == 0)
        return buf_text(out, annual_labels_word(WORD_NO_CHANGE, p->lang));
    (void)snprintf(number, sizeof number, "%" PRIu64, size);
    return put_words(p, less ? WORD_DECREASED : WORD_INCREASED, number,
                     less ? WORD_LESS : WORD_MORE, out);
}

/* The value right-aligned, and what stands behind it. */
static enum sv_err
put_value(const struct printer *p, const struct figure *value,
          const struct figure *change)
{
    char number[24] = "-";
    enum sv_err err;

    if (value->known)
        (void)snprintf(number, sizeof number, "%" PRId64, value->value);
    err = buf_printf(p->out, "%*s", (int)p->value_width + 1, number);
    if (err == SV_OK && (change != NULL || !value->known))
        err = buf_text(p->out, "  ");
    if (err == SV_OK && !value->known)
        err = put_words(p, WORD_OPEN,
                        annual_labels_phrase(value->reason, p->lang),
                        WORD_CLOSE, p->out);
    else if (err == SV_OK && change != NULL)
        err = put_change(p, change, p->out);
    return err;
}

/* ---- rows ---- */

static void
measure(struct printer *p, size_t label, const struct figure *value)
{
    char number[24];
    int n;

    if (label > LABEL_WIDTH_MAX)
        label = LABEL_WIDTH_MAX;
    if (value != NULL && label > p->label_width)
        p->label_width = label;
    if (value == NULL || !value->known)
        return;
    n = snprintf(number, sizeof number, "%" PRId64, value->value);
    if (n > 0 && (size_t)n > p->value_width)
        p->value_width = (size_t)n;
}

/* A label, over several lines where it is long, and its figure. */
static enum sv_err
put_row(struct printer *p, unsigned indent, struct bytes label,
        const struct figure *value, const struct figure *change)
{
    size_t margin = (size_t)indent * 2, n, width;
    enum sv_err err = SV_OK;

    if (p->measures) {
        measure(p, margin + width_of(label), value);
        return SV_OK;
    }
    while (err == SV_OK &&
           (n = width_fit(label, p->label_width - margin)) < label.len) {
        err = put_spaces(p->out, margin);
        if (err == SV_OK)
            err = buf_append(p->out, bytes_slice(label, 0, n));
        while (err == SV_OK && p->out->ptr[p->out->len - 1] == ' ')
            buf_truncate(p->out, p->out->len - 1);
        if (err == SV_OK)
            err = buf_text(p->out, "\n");
        label = bytes_slice(label, n, label.len - n);
    }
    width = margin + width_of(label);
    if (err == SV_OK)
        err = put_spaces(p->out, margin);
    if (err == SV_OK)
        err = buf_append(p->out, label);
    if (err == SV_OK && value != NULL && width < p->label_width)
        err = put_spaces(p->out, p->label_width - width);
    if (err == SV_OK && value != NULL)
        err = put_value(p, value, change);
    return err == SV_OK ? buf_text(p->out, "\n") : err;
}

static const struct figure *
figure_of(const struct printer *p, const char *name)
{
    size_t at;

    if (name == NULL || figures_find(p->f, name, &at) != SV_OK)
        return NULL;
    return &p->f->at[at];
}

/* A code's label. */
static const char *
code_label(const struct printer *p, const char *list, const char *code)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (item->kind == ANNUAL_LIST && strcmp(item->name, list) == 0)
            return annual_labels_code(p->schema, item, code, p->lang);
    }
    return code;
}

static bool
has_figures(const struct printer *p, const char *list)
{
    for (size_t i = 0; i < p->f->n; i++) {
        if (annual_layout_code(p->f->at[i].name, list) != NULL)
            return true;
    }
    return false;
}

/* Each figure of a list, below its heading. */
static enum sv_err
put_list(struct printer *p, const char *list)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < p->f->n && err == SV_OK; i++) {
        const char *code = annual_layout_code(p->f->at[i].name, list);

        if (code != NULL)
            err = put_row(p, 2, bytes_text(code_label(p, list, code)),
                          &p->f->at[i], NULL);
    }
    return err;
}

static enum sv_err
put_rows(struct printer *p)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < annual_labels_n() && err == SV_OK; i++) {
        const struct annual_label *label = annual_labels_at(i);
        struct buf text = BUF_INIT;

        if (label->is_list && !has_figures(p, label->name))
            continue;
        if (label->indent == 0 && !p->measures)
            err = buf_text(p->out, "\n");
        if (err == SV_OK)
            err = annual_labels_put(label, p->minor_age, p->lang, &text);
        if (err == SV_OK)
            err = put_row(p, label->indent, buf_bytes(&text),
                          label->is_list ? NULL : figure_of(p, label->name),
                          figure_of(p, label->change));
        if (err == SV_OK && label->is_list)
            err = put_list(p, label->name);
        buf_free(&text);
    }
    return err;
}

/* ---- the head ---- */

/* "name  value", the values below each other. */
static enum sv_err
put_head_line(const struct printer *p, enum annual_word name, const char *value,
              const char *behind)
{
    static const enum annual_word names[] = {
        WORD_YEAR, WORD_AS_OF, WORD_AUTHORITY, WORD_PROFILE, WORD_BASIS};
    const char *word = annual_labels_word(name, p->lang);
    size_t column = 0, width = width_of(bytes_text(word));
    enum sv_err err;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *other = annual_labels_word(names[i], p->lang);

        if (width_of(bytes_text(other)) > column)
            column = width_of(bytes_text(other));
    }
    err = buf_text(p->out, word);
    if (err == SV_OK)
        err = put_spaces(p->out, column - width + 2);
    if (err == SV_OK)
        err = text_inert(p->out, bytes_text(value), false);
    if (err == SV_OK)
        err = buf_printf(p->out, "%s\n", behind);
    return err;
}

static const char *
authority_label(const struct printer *p, const char *code)
{
    const struct schema_type *type = schema_type(p->schema, "victim");
    const struct schema_compartment *c = NULL;
    const struct schema_field *field = NULL;
    const struct schema_code *found = NULL;

    if (type != NULL)
        c = schema_compartment(type, annual_compartment("victim"), NULL);
    if (c != NULL)
        field = schema_field(c, bytes_text("counted_by"), NULL);
    if (field != NULL && field->list != NULL)
        found = schema_code(field->list, bytes_text(code));
    return found != NULL ? found->label[p->lang] : code;
}

static enum sv_err
put_head(const struct printer *p, const struct annual_report *r)
{
    const struct annual_spec *s = &r->spec;
    char year[16];
    enum sv_err err = SV_OK;

    (void)snprintf(year, sizeof year, "%u", s->year);
    if (strcmp(r->profile, ANNUAL_PREVIEW) == 0)
        err = buf_printf(p->out, "%s\n\n",
                         annual_labels_word(WORD_NOT_RELEASED, p->lang));
    if (err == SV_OK)
        err = buf_printf(p->out, "%s\n\n",
                         annual_labels_word(WORD_TITLE, p->lang));
    if (err == SV_OK)
        err = put_head_line(
            p, WORD_YEAR, year,
            annual_labels_word(s->fiscal ? WORD_FISCAL : WORD_CALENDAR,
                               p->lang));
    if (err == SV_OK)
        err = put_head_line(p, WORD_AS_OF, s->as_of, "");
    if (err == SV_OK)
        err = put_head_line(p, WORD_AUTHORITY, authority_label(p, s->authority),
                            "");
    if (err == SV_OK)
        err = put_head_line(
            p, WORD_PROFILE,
            annual_labels_phrase(
                r->figures.is_wide ? "public wide" : r->profile, p->lang),
            "");
    if (err == SV_OK && r->basis[0] != '\0')
        err = put_head_line(p, WORD_BASIS, r->basis, "");
    return err;
}

enum sv_err
annual_text_table(const struct annual_report *r, const struct schema *schema,
                  enum schema_lang lang, struct buf *out)
{
    struct printer p = {.f = &r->figures,
                        .schema = schema,
                        .lang = lang,
                        .minor_age = r->spec.minor_age,
                        .measures = true,
                        .value_width = VALUE_WIDTH_MIN,
                        .out = out};
    size_t was = out->len;
    enum sv_err err = put_rows(&p);

    p.measures = false;
    if (err == SV_OK)
        err = put_head(&p, r);
    if (err == SV_OK)
        err = put_rows(&p);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}
