#include <string.h>

#include "cli/form.h"

const char *
form_label(const char *const label[SCHEMA_LANGS], enum schema_lang lang,
           const char *name)
{
    if (label[lang] != NULL && label[lang][0] != '\0')
        return label[lang];
    if (label[SCHEMA_EN] != NULL && label[SCHEMA_EN][0] != '\0')
        return label[SCHEMA_EN];
    return name;
}

static enum sv_err
value_text(enum schema_lang lang, const struct schema_field *f,
           const struct content_value *v, struct buf *out)
{
    struct bytes value = bytes_of(v->ptr, v->len);
    const struct schema_code *code = NULL;

    if (f->kind == FIELD_CODE)
        code = schema_code(f->list, value);
    if (code == NULL)
        return buf_append(out, value);
    return buf_text(out, form_label(code->label, lang, code->code));
}

enum sv_err
form_text(enum schema_lang lang, const struct content *content, size_t field,
          struct buf *out)
{
    const struct schema_field *f = &content->compartment->fields[field];
    const struct content_field *v = &content->fields[field];
    enum sv_err err = SV_OK;

    if (!v->given)
        return SV_OK;
    if (v->missing != MISSING_NOT)
        return buf_text(out, missing_label(v->missing, lang));
    for (size_t i = 0; i < v->n && err == SV_OK; i++) {
        if (i > 0)
            err = buf_text(out, lang == SCHEMA_JA ? "、" : ", ");
        if (err == SV_OK)
            err = value_text(lang, f, &v->values[i], out);
    }
    return err;
}

/* The label, and blanks up to where all values begin. */
static void
print_label(struct term *t, const char *label, size_t column)
{
    size_t width = term_width(bytes_text(label));

    if (!t->accessible)
        (void)fputs("  ", t->out);
    term_text(t->out, bytes_text(label), false, 0);
    if (t->accessible)
        (void)fputs(": ", t->out);
    else
        (void)fprintf(t->out, "%*s", (int)(column - 2 - width), "");
}

static enum sv_err
print_field(struct term *t, enum schema_lang lang,
            const struct content *content, size_t field, size_t column)
{
    const struct schema_field *f = &content->compartment->fields[field];
    bool missing = content->fields[field].missing != MISSING_NOT;
    struct buf text = BUF_INIT;
    enum sv_err err = form_text(lang, content, field, &text);

    if (err != SV_OK)
        goto out;
    print_label(t, form_label(f->label, lang, f->name), column);
    /* A value may read "unknown" too: brackets tell the two apart. */
    if (missing)
        (void)fputc('(', t->out);
    term_text(t->out, buf_bytes(&text), f->multiline,
              t->accessible ? 2 : (unsigned)column);
    (void)fputs(missing ? ")\n" : "\n", t->out);
out:
    buf_free(&text);
    return err;
}

enum sv_err
form_print(struct term *t, enum schema_lang lang, const struct content *content)
{
    const struct schema_compartment *c = content->compartment;
    size_t widest = 0;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < c->n; i++) {
        const struct schema_field *f = &c->fields[i];
        size_t width =
            term_width(bytes_text(form_label(f->label, lang, f->name)));

        if (content->fields[i].given && width > widest)
            widest = width;
    }
    for (size_t i = 0; i < c->n && err == SV_OK; i++) {
        if (content->fields[i].given)
            err = print_field(t, lang, content, i, widest + 4);
    }
    if (!content_is_given(content))
        (void)fprintf(t->out, "  %s\n", _("(nothing was entered)"));
    return err;
}

/* Stored text is UTF-8; what is not comes inert rather than not at all. */
static json_t *
json_value(const struct content_value *v)
{
    struct bytes value = bytes_of(v->ptr, v->len);
    json_t *json = json_bytes(value);
    struct buf inert = BUF_INIT;

    if (json == NULL && text_inert(&inert, value, true) == SV_OK)
        json = json_bytes(buf_bytes(&inert));
    buf_free(&inert);
    return json;
}

static json_t *
json_field(const struct schema_field *f, const struct content_field *v)
{
    json_t *array;

    if (v->missing != MISSING_NOT)
        return json_pack("{ss}", "missing", missing_name(v->missing));
    if (!f->repeated && v->n > 0)
        return json_value(&v->values[0]);
    array = json_array();
    for (size_t i = 0; array != NULL && i < v->n; i++) {
        if (json_array_append_new(array, json_value(&v->values[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *
form_json(const struct content *content)
{
    const struct schema_compartment *c = content->compartment;
    json_t *object = json_object();

    for (size_t i = 0; object != NULL && i < c->n; i++) {
        if (!content->fields[i].given)
            continue;
        if (json_object_set_new(
                object, c->fields[i].name,
                json_field(&c->fields[i], &content->fields[i])) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    return object;
}
