#ifndef SV_FUZZ_COUNTED_H
#define SV_FUZZ_COUNTED_H

#include "counts/plan_tally.h"
#include "vault/counting.h"

#include "fuzz/draw.h"

/* What targets of counts/ share. */

/* The schema that the programs are built with. */
static inline const struct schema *
counted_schema(void)
{
    static struct schema *schema;

    if (schema == NULL)
        demand_ok(schema_load(schema_builtin(), &schema, NULL));
    return schema;
}

/* A value that the field may have: mostly one of few, so that some figures are
 * not small. */
static inline const char *
counted_value(struct draw *d, const struct schema_field *f)
{
    static const char *const dates[] = {"2021-12-31", "2022-03-31",
                                        "2022-04-01", "2022-12-31"};
    static const char *const years[] = {"2021", "2022", "2022", "2022"};
    static const char *const ages[] = {"0", "17", "18", "20"};
    size_t which = draw_byte(d);

    if (f->kind == FIELD_DATE)
        return dates[which % 4];
    if (f->kind == FIELD_NUMBER)
        return f->min > 100 ? years[which % 4] : ages[which % 4];
    return f->list->codes[(which < 192 ? which % 2 : which) % f->list->n].code;
}

/* One record's fields, drawn: values of its lists, or missing. */
static inline void
counted_draw(struct draw *d, struct content *c)
{
    for (size_t i = 0; i < c->compartment->n; i++) {
        const struct schema_field *f = &c->compartment->fields[i];
        const char *reason = NULL;
        size_t n = draw_below(d, 8);

        if (f->kind == FIELD_TEXT)
            continue;
        for (size_t k = 0; k < (f->repeated ? n % 3 : 1) && n > 0; k++)
            /* A code may be named twice, or a number out of its range. */
            (void)!content_add(c, i, bytes_text(counted_value(d, f)), &reason);
        if (!c->fields[i].given)
            content_set_missing(c, i, (enum missing)(1 + n % (MISSING_N - 1)));
    }
}

/* One more record of each type that is counted. */
static inline void
counted_row(const struct counting *c, struct counting_run *run, struct draw d,
            uint64_t key)
{
    const struct schema *schema = counted_schema();

    for (size_t i = 0; i < schema_types(schema); i++) {
        const struct schema_type *type = schema_type_at(schema, i);
        const char *name = c->compartment(run, type->name);
        struct content content;

        if (name == NULL)
            continue;
        demand_ok(content_new(schema_compartment(type, name, NULL), &content));
        counted_draw(&d, &content);
        demand_ok(
            c->row(run, type->name, key * 0x9e3779b97f4a7c15 + 1, &content));
        content_free(&content);
    }
}

#endif
