#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "vault/content.h"
#include "vault/schema_internal.h"

#define FILE_NAME "schema.json"
#define FORMAT "svault/schema/v1"

/* Where the loader stands. */
struct loader {
    struct schema *s;
    struct diag *where;
    const char *path[3]; /* type, compartment, field; NULL below that */
};

static enum sv_err
fault(const struct loader *l, const char *member, const char *reason)
{
    char column[sizeof l->where->column + NAME_SIZE];
    size_t len = 0;

    column[0] = '\0';
    for (int i = 0; i < 3 && l->path[i] != NULL; i++) {
        int n = snprintf(column + len, sizeof column - len, "%s.", l->path[i]);

        if (n < 0 || (size_t)n >= sizeof column - len)
            break;
        len += (size_t)n;
    }
    (void)snprintf(column + len, sizeof column - len, "%s", member);
    schema_fault(l->where, FILE_NAME, 0, column, reason);
    return SV_ERR_INPUT;
}

/* An object with no other members than these; the list ends with NULL. */
static enum sv_err
check_members(const struct loader *l, json_t *json, const char *self,
              const char *const names[])
{
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return fault(l, self, N_("must be an object"));
    json_object_foreach(json, key, value)
    {
        size_t i = 0;

        while (names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        if (names[i] == NULL)
            return fault(l, key, N_("an unknown member"));
    }
    return SV_OK;
}

/* A name, unused by the n names before it (each at the start of a struct
 * of that size). */
static enum sv_err
load_name(const struct loader *l, json_t *json, const void *before, size_t n,
          size_t size, const char **out)
{
    json_t *value = json_object_get(json, "name");
    struct bytes name;

    if (!json_is_string(value))
        return fault(l, "name", N_("must be a string"));
    name = bytes_of(json_string_value(value), json_string_length(value));
    if (!text_is_code(name))
        return fault(l, "name", N_("not a name"));
    for (size_t i = 0; i < n; i++) {
        const char *const *other =
            (const void *)((const uint8_t *)before + i * size);

        if (text_is(name, *other))
            return fault(l, *other, N_("used twice"));
    }
    *out = pool_text(&l->s->pool, name);
    return *out != NULL ? SV_OK : SV_ERR_NOMEM;
}

/* {"en": ..., "ja": ...} */
static enum sv_err
load_words(const struct loader *l, json_t *json, const char *member, size_t max,
           const char *out[static SCHEMA_LANGS])
{
    static const char *const langs[SCHEMA_LANGS + 1] = {"en", "ja", NULL};
    const struct schema_field rule = {.kind = FIELD_TEXT, .max_len = max};
    json_t *words = json_object_get(json, member);
    const char *reason = NULL;
    enum sv_err err = check_members(l, words, member, langs);

    for (int i = 0; err == SV_OK && i < SCHEMA_LANGS; i++) {
        json_t *word = json_object_get(words, langs[i]);
        struct bytes text;

        if (!json_is_string(word))
            return fault(l, member, N_("needs a text for each language"));
        text = bytes_of(json_string_value(word), json_string_length(word));
        if (schema_check_value(&rule, text, &reason) != SV_OK)
            return fault(l, member, reason);
        out[i] = pool_text(&l->s->pool, text);
        if (out[i] == NULL)
            err = SV_ERR_NOMEM;
    }
    return err;
}

/* A non-empty array of at most max members. */
static enum sv_err
check_array(const struct loader *l, const json_t *array, const char *member,
            size_t max)
{
    if (!json_is_array(array) || json_array_size(array) == 0)
        return fault(l, member, N_("must be an array that is not empty"));
    if (json_array_size(array) > max)
        return fault(l, member, N_("has too many members"));
    return SV_OK;
}

static enum sv_err
load_flag(const struct loader *l, json_t *json, const char *member, bool *out)
{
    json_t *value = json_object_get(json, member);

    if (value != NULL && !json_is_boolean(value))
        return fault(l, member, N_("must be true or false"));
    *out = json_is_true(value);
    return SV_OK;
}

static enum sv_err
load_number(const struct loader *l, json_t *json, const char *member,
            uint64_t max, uint64_t *out)
{
    json_t *value = json_object_get(json, member);

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > max)
        return fault(l, member, N_("must be a whole number in its range"));
    *out = (uint64_t)json_integer_value(value);
    return SV_OK;
}

static enum sv_err
load_kind(const struct loader *l, json_t *json, enum field_kind *out)
{
    static const char *const kinds[] = {[FIELD_TEXT] = "text",
                                        [FIELD_CODE] = "code",
                                        [FIELD_DATE] = "date",
                                        [FIELD_NUMBER] = "number"};
    const char *kind = json_string_value(json_object_get(json, "kind"));

    for (size_t i = 0; kind != NULL && i < sizeof kinds / sizeof kinds[0];
         i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            *out = (enum field_kind)i;
            return SV_OK;
        }
    }
    return fault(l, "kind", N_("must be text, code, date or number"));
}

static enum sv_err
load_list(const struct loader *l, json_t *json, const struct schema_list **out)
{
    const char *name = json_string_value(json_object_get(json, "list"));

    for (size_t i = 0; name != NULL && i < l->s->n_lists; i++) {
        if (strcmp(name, l->s->lists[i].name) == 0) {
            *out = &l->s->lists[i];
            return SV_OK;
        }
    }
    return fault(l, "list", N_("no such list among the codes"));
}

/* What only one kind of field has. */
static enum sv_err
load_limits(const struct loader *l, json_t *json, struct schema_field *f)
{
    uint64_t max_len = 0;
    enum sv_err err = SV_OK;

    switch (f->kind) {
    case FIELD_TEXT:
        err = load_number(l, json, "max_len", FIELD_VALUE_MAX, &max_len);
        if (err == SV_OK && max_len == 0)
            err =
                fault(l, "max_len", N_("must be a whole number in its range"));
        f->max_len = (size_t)max_len;
        break;
    case FIELD_CODE:
        err = load_list(l, json, &f->list);
        break;
    case FIELD_NUMBER:
        err = load_number(l, json, "max", INT64_MAX, &f->max);
        if (err == SV_OK)
            err = load_number(l, json, "min", f->max, &f->min);
        break;
    case FIELD_DATE:
        break;
    }
    return err;
}

static enum sv_err
check_kind_members(const struct loader *l, json_t *json,
                   const struct schema_field *f)
{
    static const struct {
        const char *name;
        enum field_kind kind;
    } members[] = {{"max_len", FIELD_TEXT}, {"multiline", FIELD_TEXT},
                   {"unique", FIELD_TEXT},  {"initials", FIELD_TEXT},
                   {"search", FIELD_TEXT},  {"joins", FIELD_TEXT},
                   {"list", FIELD_CODE},    {"min", FIELD_NUMBER},
                   {"max", FIELD_NUMBER}};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (f->kind != members[i].kind &&
            json_object_get(json, members[i].name) != NULL)
            return fault(l, members[i].name,
                         N_("does not belong to this kind of field"));
    }
    if (f->repeated && (f->multiline || f->unique))
        return fault(l, "repeated", N_("does not go with multiline or unique"));
    return SV_OK;
}

/* How it is searched.  A number that no two records share is found by it. */
static enum sv_err
load_search(const struct loader *l, json_t *json, struct schema_field *f)
{
    const json_t *search = json_object_get(json, "search");
    const char *kind = json_string_value(search);
    const char *joins = json_string_value(json_object_get(json, "joins"));

    if (search != NULL &&
        (kind == NULL ||
         fold_kind_parse(bytes_text(kind), &f->search) != SV_OK))
        return fault(l, "search", N_("must be name, number or phone"));
    f->searched = search != NULL;
    if (f->unique && (!f->searched || f->search != FOLD_NUMBER))
        return fault(l, "search", N_("must be number where it is unique"));
    if (json_object_get(json, "joins") == NULL)
        return SV_OK;
    if (joins == NULL || !f->searched || f->search != FOLD_NAME || f->repeated)
        return fault(l, "joins", N_("belongs to a name with one value"));
    f->joins = pool_text(&l->s->pool, bytes_text(joins));
    return f->joins == NULL ? SV_ERR_NOMEM : SV_OK;
}

/* What joins a name is another such name of the compartment. */
static enum sv_err
check_joins(const struct loader *l, const struct schema_compartment *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct schema_field *other;

        if (c->fields[i].joins == NULL)
            continue;
        other = schema_field(c, bytes_text(c->fields[i].joins), NULL);
        if (other == NULL || !other->searched || other->search != FOLD_NAME ||
            other->repeated)
            return fault(l, "joins", N_("names no name of the compartment"));
    }
    return SV_OK;
}

static enum sv_err
load_field(const struct loader *l, json_t *json, struct schema_field *f)
{
    static const char *const members[] = {
        "name",     "label",     "help",   "kind",     "list",
        "repeated", "multiline", "unique", "initials", "max_len",
        "min",      "max",       "search", "joins",    NULL};
    static const struct schema_field blank = {.help = {"", ""}};
    const char *name = f->name;
    enum sv_err err = check_members(l, json, "fields", members);

    *f = blank;
    f->name = name;
    if (err == SV_OK)
        err = load_words(l, json, "label", SCHEMA_LABEL_MAX, f->label);
    if (err == SV_OK && json_object_get(json, "help") != NULL)
        err = load_words(l, json, "help", SCHEMA_HELP_MAX, f->help);
    if (err == SV_OK)
        err = load_kind(l, json, &f->kind);
    if (err == SV_OK)
        err = load_flag(l, json, "repeated", &f->repeated);
    if (err == SV_OK)
        err = load_flag(l, json, "multiline", &f->multiline);
    if (err == SV_OK)
        err = load_flag(l, json, "unique", &f->unique);
    if (err == SV_OK)
        err = load_flag(l, json, "initials", &f->initials);
    if (err == SV_OK)
        err = check_kind_members(l, json, f);
    if (err == SV_OK)
        err = load_search(l, json, f);
    if (err == SV_OK)
        err = load_limits(l, json, f);
    return err;
}

static enum sv_err
load_compartment(struct loader *l, json_t *json, struct schema_compartment *c)
{
    static const char *const members[] = {"name", "label", "fields", NULL};
    json_t *array = json_object_get(json, "fields");
    struct schema_field *fields;
    enum sv_err err = check_members(l, json, "compartments", members);

    if (err == SV_OK)
        err = load_words(l, json, "label", SCHEMA_LABEL_MAX, c->label);
    if (err == SV_OK)
        err = check_array(l, array, "fields", SCHEMA_FIELDS_MAX);
    if (err != SV_OK)
        return err;
    c->n = json_array_size(array);
    fields = pool_alloc(&l->s->pool, c->n, sizeof *fields);
    if (fields == NULL)
        return SV_ERR_NOMEM;
    c->fields = fields;
    for (size_t i = 0; i < c->n && err == SV_OK; i++) {
        json_t *field = json_array_get(array, i);

        l->path[2] = NULL;
        err = load_name(l, field, fields, i, sizeof *fields, &fields[i].name);
        l->path[2] = fields[i].name;
        if (err == SV_OK)
            err = load_field(l, field, &fields[i]);
    }
    l->path[2] = NULL;
    return err == SV_OK ? check_joins(l, c) : err;
}

static bool
has_searched(const struct schema_compartment *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->fields[i].searched)
            return true;
    }
    return false;
}

static enum sv_err
check_searched(const struct loader *l, const struct schema_type *t)
{
    unsigned n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += has_searched(&t->compartments[i]) ? 1 : 0;
    return n <= 1
               ? SV_OK
               : fault(l, "search", N_("stands in more than one compartment"));
}

static enum sv_err
load_compartments(struct loader *l, json_t *array, struct schema_type *t)
{
    struct schema_compartment *compartments;
    enum sv_err err =
        check_array(l, array, "compartments", SCHEMA_COMPARTMENTS_MAX);

    if (err != SV_OK)
        return err;
    t->n = json_array_size(array);
    compartments = pool_alloc(&l->s->pool, t->n, sizeof *compartments);
    if (compartments == NULL)
        return SV_ERR_NOMEM;
    t->compartments = compartments;
    for (size_t i = 0; i < t->n && err == SV_OK; i++) {
        json_t *c = json_array_get(array, i);

        l->path[1] = NULL;
        err = load_name(l, c, compartments, i, sizeof *compartments,
                        &compartments[i].name);
        l->path[1] = compartments[i].name;
        if (err == SV_OK)
            err = load_compartment(l, c, &compartments[i]);
    }
    l->path[1] = NULL;
    return err == SV_OK ? check_searched(l, t) : err;
}

/* The field that a check names: of this kind, with one value at most. */
static enum sv_err
load_place(const struct loader *l, const struct schema_type *t, json_t *json,
           const char *member, enum field_kind kind, struct schema_place *out)
{
    const char *name = json_string_value(json_object_get(json, member));
    const struct schema_field *f;

    if (name == NULL || draft_place(t, bytes_text(name), out) != SV_OK)
        return fault(l, member, N_("no such field"));
    f = &t->compartments[out->compartment].fields[out->field];
    if (f->kind != kind || f->repeated)
        return fault(l, member, N_("this kind of field cannot be checked so"));
    return SV_OK;
}

static enum sv_err
load_check(const struct loader *l, const struct schema_type *t, json_t *json,
           struct schema_check *c)
{
    static const char *const age[] = {"kind", "age", "born", "day", NULL};
    static const char *const order[] = {"kind", "first", "then", NULL};
    const char *kind = json_string_value(json_object_get(json, "kind"));
    enum sv_err err;

    if (kind != NULL && strcmp(kind, "age") == 0) {
        c->kind = CHECK_AGE;
        err = check_members(l, json, "checks", age);
        if (err == SV_OK)
            err = load_place(l, t, json, "age", FIELD_NUMBER, &c->a);
        if (err == SV_OK)
            err = load_place(l, t, json, "born", FIELD_DATE, &c->b);
        if (err == SV_OK)
            err = load_place(l, t, json, "day", FIELD_DATE, &c->c);
        return err;
    }
    if (kind != NULL && strcmp(kind, "order") == 0) {
        c->kind = CHECK_ORDER;
        err = check_members(l, json, "checks", order);
        if (err == SV_OK)
            err = load_place(l, t, json, "first", FIELD_DATE, &c->a);
        if (err == SV_OK)
            err = load_place(l, t, json, "then", FIELD_DATE, &c->b);
        return err;
    }
    return fault(l, "checks", N_("must be of kind age or order"));
}

static enum sv_err
load_checks(const struct loader *l, const json_t *array, struct schema_type *t)
{
    struct schema_check *checks;
    enum sv_err err = SV_OK;

    if (array == NULL)
        return SV_OK;
    err = check_array(l, array, "checks", SCHEMA_FIELDS_MAX);
    if (err != SV_OK)
        return err;
    t->n_checks = json_array_size(array);
    checks = pool_alloc(&l->s->pool, t->n_checks, sizeof *checks);
    if (checks == NULL)
        return SV_ERR_NOMEM;
    t->checks = checks;
    for (size_t i = 0; i < t->n_checks && err == SV_OK; i++)
        err = load_check(l, t, json_array_get(array, i), &checks[i]);
    return err;
}

static enum sv_err
load_type(struct loader *l, json_t *json, struct schema_type *t)
{
    static const char *const members[] = {"name", "label", "compartments",
                                          "checks", NULL};
    enum sv_err err = check_members(l, json, "types", members);

    if (err == SV_OK)
        err = load_words(l, json, "label", SCHEMA_LABEL_MAX, t->label);
    if (err == SV_OK)
        err = load_compartments(l, json_object_get(json, "compartments"), t);
    if (err == SV_OK)
        err = load_checks(l, json_object_get(json, "checks"), t);
    return err;
}

static enum sv_err
load_types(struct loader *l, json_t *root)
{
    static const char *const members[] = {"format", "types", NULL};
    json_t *array = json_object_get(root, "types");
    const char *format = json_string_value(json_object_get(root, "format"));
    struct schema_type *types;
    enum sv_err err = check_members(l, root, "", members);

    if (err == SV_OK && (format == NULL || strcmp(format, FORMAT) != 0))
        err = fault(l, "format", N_("not a format that is known"));
    if (err == SV_OK)
        err = check_array(l, array, "types", SCHEMA_TYPES_MAX);
    if (err != SV_OK)
        return err;
    l->s->n_types = json_array_size(array);
    types = pool_alloc(&l->s->pool, l->s->n_types, sizeof *types);
    if (types == NULL)
        return SV_ERR_NOMEM;
    l->s->types = types;
    for (size_t i = 0; i < l->s->n_types && err == SV_OK; i++) {
        json_t *type = json_array_get(array, i);

        l->path[0] = NULL;
        err = load_name(l, type, types, i, sizeof *types, &types[i].name);
        l->path[0] = types[i].name;
        if (err == SV_OK)
            err = load_type(l, type, &types[i]);
    }
    return err;
}

static enum sv_err
json_fault(const json_error_t *error, struct diag *where)
{
    size_t line = error->line > 0 ? (size_t)error->line : 0;

    schema_fault(where, FILE_NAME, line, NULL,
                 json_error_code(error) == json_error_duplicate_key
                     ? N_("a member stands twice")
                     : N_("not well-formed JSON"));
    return SV_ERR_INPUT;
}

enum sv_err
schema_load(struct schema_source source, struct schema **out,
            struct diag *where)
{
    struct schema *s = calloc(1, sizeof *s);
    struct loader l = {.s = s, .where = where};
    json_t *root = NULL;
    json_error_t error;
    enum sv_err err;

    if (s == NULL)
        return SV_ERR_NOMEM;
    err = schema_codes_load(s, source.codes, where);
    if (err != SV_OK)
        goto out;
    if (source.json.len > SCHEMA_FILE_MAX) {
        err = fault(&l, "", N_("the file is too long"));
        goto out;
    }
    err = json_text_get(source.json, &root, &error);
    if (err == SV_ERR_FORMAT)
        err = json_fault(&error, where);
    if (err == SV_OK)
        err = load_types(&l, root);
    if (err == SV_OK) {
        *out = s;
        s = NULL;
    }
out:
    json_decref(root);
    schema_free(s);
    return err;
}
