#include <stdio.h>
#include <string.h>

#include "vault/content.h"

enum sv_err
draft_new(const struct schema_type *t, struct draft *out)
{
    struct draft d = {.type = t};
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < t->n && err == SV_OK; i++)
        err = content_new(&t->compartments[i], &d.contents[i]);
    if (err != SV_OK) {
        draft_free(&d);
        return err;
    }
    *out = d;
    return SV_OK;
}

void
draft_free(struct draft *d)
{
    for (size_t i = 0; i < SCHEMA_COMPARTMENTS_MAX; i++)
        content_free(&d->contents[i]);
    *d = (struct draft){0};
}

/* The first value at a place; false where there is none, or where the draft
 * lacks the compartment. */
static bool
value_at(const struct draft *d, struct schema_place p, struct bytes *out)
{
    const struct content *c = &d->contents[p.compartment];
    const struct content_field *f;

    if (c->fields == NULL)
        return false;
    f = &c->fields[p.field];
    if (f->n == 0)
        return false;
    *out = bytes_of(f->values[0].ptr, f->values[0].len);
    return true;
}

static unsigned
number(struct bytes digits)
{
    unsigned v = 0;

    for (size_t i = 0; i < digits.len; i++)
        v = v * 10 + (unsigned)(digits.ptr[i] - '0');
    return v;
}

/* Whole years from one date to a later one; both were checked. */
static bool
age_fits(struct bytes age, struct bytes born, struct bytes day)
{
    unsigned years;

    if (bytes_compare(day, born) < 0)
        return false;
    years = number(bytes_slice(day, 0, 4)) - number(bytes_slice(born, 0, 4));
    if (bytes_compare(bytes_slice(day, 4, 6), bytes_slice(born, 4, 6)) < 0)
        years--;
    return number(age) == years;
}

static bool
check_holds(const struct draft *d, const struct schema_check *check)
{
    struct bytes a, b, c;

    if (!value_at(d, check->a, &a) || !value_at(d, check->b, &b))
        return true;
    if (check->kind == CHECK_ORDER)
        return bytes_compare(a, b) <= 0;
    return !value_at(d, check->c, &c) || age_fits(a, b, c);
}

static void
set_place(struct diag *where, const struct draft *d, struct schema_place p,
          const char *reason)
{
    const struct schema_compartment *c = &d->type->compartments[p.compartment];
    char column[sizeof where->column];

    (void)snprintf(column, sizeof column, "%s.%s", c->name,
                   c->fields[p.field].name);
    diag_set(where, d->line, column, reason);
}

static enum sv_err
check_size(const struct draft *d, struct diag *where)
{
    struct buf encoded = BUF_INIT;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < d->type->n && err == SV_OK; i++) {
        err = content_encode(&d->contents[i], &encoded);
        if (err == SV_ERR_RANGE) {
            diag_set(where, d->line, d->type->compartments[i].name,
                     N_("more than a compartment can hold"));
            err = SV_ERR_INPUT;
        }
        buf_truncate(&encoded, 0);
    }
    buf_free(&encoded);
    return err;
}

static enum sv_err
check_fields(const struct draft *d, struct diag *where)
{
    for (size_t i = 0; i < d->type->n_checks; i++) {
        const struct schema_check *check = &d->type->checks[i];

        if (check_holds(d, check))
            continue;
        if (check->kind == CHECK_AGE)
            set_place(where, d, check->a,
                      N_("the age does not fit the birth date"));
        else
            set_place(where, d, check->b,
                      N_("earlier than a day that must come before it"));
        return SV_ERR_INPUT;
    }
    return SV_OK;
}

enum sv_err
draft_check(const struct draft *d, struct diag *where)
{
    enum sv_err err = check_fields(d, where);

    return err == SV_OK ? check_size(d, where) : err;
}

enum sv_err
content_check(const struct schema_type *t, const struct content *c,
              struct diag *where)
{
    struct draft d = {.type = t};
    size_t at;

    if (schema_compartment(t, c->compartment->name, &at) == NULL)
        return SV_ERR_NOT_FOUND;
    d.contents[at] = *c; /* borrowed */
    return check_fields(&d, where);
}

enum sv_err
draft_place(const struct schema_type *t, struct bytes column,
            struct schema_place *out)
{
    struct bytes compartment;
    char name[NAME_SIZE];
    const struct schema_compartment *c;
    size_t at, field;

    if (!text_split(&column, '.', &compartment) ||
        text_copy(compartment, name, sizeof name) != SV_OK)
        return SV_ERR_NOT_FOUND;
    c = schema_compartment(t, name, &at);
    if (c == NULL || schema_field(c, column, &field) == NULL)
        return SV_ERR_NOT_FOUND;
    *out = (struct schema_place){(unsigned)at, (unsigned)field};
    return SV_OK;
}
