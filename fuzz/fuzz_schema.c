/*
 * A schema: the length of its JSON as u16, the JSON, and the code lists.
 * Covers: vault/schema.c vault/schema_load.c vault/schema_codes.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "vault/schema.h"

#include "fuzz/fuzz.h"

/* Whatever was loaded is found again by its name. */
static void
check_compartment(const struct schema_compartment *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct schema_field *f = &c->fields[i];
        size_t at = SIZE_MAX;

        demand(schema_field(c, bytes_text(f->name), &at) == f && at == i);
        demand((f->kind == FIELD_CODE) == (f->list != NULL));
        demand(f->min <= f->max);
        for (size_t k = 0; f->list != NULL && k < f->list->n; k++) {
            struct bytes code = bytes_text(f->list->codes[k].code);
            const char *reason = NULL;

            demand(schema_code(f->list, code) == &f->list->codes[k]);
            demand(schema_check_value(f, code, &reason) == SV_OK);
        }
    }
}

static void
check_schema(const struct schema *s)
{
    demand(schema_types(s) > 0);
    for (size_t i = 0; i < schema_types(s); i++) {
        const struct schema_type *t = schema_type_at(s, i);

        demand(schema_type(s, t->name) == t);
        demand(t->n > 0 && t->n <= SCHEMA_COMPARTMENTS_MAX);
        for (size_t k = 0; k < t->n; k++) {
            const struct schema_compartment *c = &t->compartments[k];
            size_t at = SIZE_MAX;

            demand(schema_compartment(t, c->name, &at) == c && at == k);
            demand(c->n > 0 && c->n <= SCHEMA_FIELDS_MAX);
            check_compartment(c);
        }
        for (size_t k = 0; k < t->n_checks; k++)
            demand(t->checks[k].a.compartment < t->n &&
                   t->checks[k].b.compartment < t->n);
        (void)schema_searched(t);
    }
}

static size_t
lines_of(struct bytes in)
{
    size_t n = 1;

    for (size_t i = 0; i < in.len; i++)
        n += in.ptr[i] == '\n';
    return n;
}

void
fuzz_one(struct bytes in)
{
    struct reader r = reader_of(in);
    struct schema_source source = {.json = reader_medium(&r, UINT16_MAX)};
    struct diag where = {.line = 0};
    struct schema *s = NULL;
    enum sv_err err;

    source.codes = reader_rest(&r);
    if (r.failed)
        return;
    err = schema_load(source, &s, &where);
    if (err == SV_OK) {
        check_schema(s);
    } else {
        demand(err == SV_ERR_INPUT && s == NULL && where.reason != NULL);
        demand(where.line <= lines_of(source.codes));
    }
    schema_free(s);
    fuzz_heap_bounded(in.len, 1024);
}

static void
seed_schema(struct seeds *s, const char *json, const char *codes)
{
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    writer_medium(&w, bytes_text(json));
    writer_bytes(&w, bytes_text(codes));
    demand(writer_end(&w) == SV_OK);
    seed_buf(s, &b);
}

#define CODES                                                                  \
    "list,code,label_en,label_ja,valid_from,valid_to,htcds,ctdc,gbvims,iccs\n" \
    "yes_no,yes,Yes,J,,,,,,\nyes_no,no,No,J,2020-01-01,2024-12-31,,,,\n"
#define LABEL "\"label\": {\"en\": \"A\", \"ja\": \"B\"}, "
#define HELP "\"help\": {\"en\": \"A\", \"ja\": \"B\"}, "
#define JSON(fields, checks)                                                   \
    "{\"format\": \"svault/schema/v1\", \"types\": [{\"name\": \"v\", " LABEL  \
    "\"compartments\": [{\"name\": \"c\", " LABEL "\"fields\": [" fields       \
    "]}]" checks "}]}"

void
fuzz_seeds(struct seeds *s)
{
    seed_schema(s,
                JSON("{\"name\": \"no\", " LABEL HELP
                     "\"kind\": \"text\", \"max_len\": 32, \"unique\": true, "
                     "\"search\": \"number\"}, "
                     "{\"name\": \"f\", " LABEL
                     "\"kind\": \"text\", \"max_len\": 9, \"initials\": true, "
                     "\"search\": \"name\", \"joins\": \"g\"}, "
                     "{\"name\": \"g\", " LABEL
                     "\"kind\": \"text\", \"max_len\": 9, \"repeated\": true, "
                     "\"multiline\": true}",
                     ""),
                CODES);
    seed_schema(
        s,
        JSON("{\"name\": \"b\", " LABEL "\"kind\": \"date\"}, "
             "{\"name\": \"d\", " LABEL "\"kind\": \"date\"}, "
             "{\"name\": \"a\", " LABEL
             "\"kind\": \"number\", \"min\": 0, \"max\": 130}, "
             "{\"name\": \"y\", " LABEL
             "\"kind\": \"code\", \"list\": \"yes_no\"}",
             ", \"checks\": [{\"kind\": \"age\", \"age\": \"c.a\", "
             "\"born\": \"c.b\", \"day\": \"c.d\"}, {\"kind\": \"order\", "
             "\"first\": \"c.b\", \"then\": \"c.d\"}]"),
        CODES);
}
