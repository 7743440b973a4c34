#include "counts/annual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts/annual_tally.h"

struct annual {
    const struct schema *schema;
    struct annual_tally tally;
};

const char *
annual_compartment(const char *type)
{
    return annual_layout_compartment(type);
}

static const struct schema_compartment *
compartment_of(const struct schema *s, const char *type)
{
    const struct schema_type *t = schema_type(s, type);
    const char *name = annual_compartment(type);

    if (t == NULL || name == NULL)
        return NULL;
    return schema_compartment(t, name, NULL);
}

static bool
has_fields(const struct schema *s)
{
    const char *type, *field;

    for (size_t i = 0; i < annual_tally_fields(); i++) {
        const struct schema_compartment *c;

        annual_tally_field(i, &type, &field);
        c = compartment_of(s, type);
        if (c == NULL || schema_field(c, bytes_text(field), NULL) == NULL)
            return false;
    }
    return true;
}

static enum sv_err
make_lists(struct annual *a)
{
    struct annual_tally *t = &a->tally;

    for (unsigned i = 0; i < ANNUAL_LISTS; i++) {
        t->codes[i] = annual_layout_codes(a->schema, (enum annual_list)i);
        if (t->codes[i] == NULL)
            return SV_ERR_NOT_FOUND;
        t->lists[i] = calloc(t->codes[i]->n + 1, sizeof *t->lists[i]);
        if (t->lists[i] == NULL)
            return SV_ERR_NOMEM;
    }
    return SV_OK;
}

enum sv_err
annual_new(const struct annual_spec *spec, const struct schema *schema,
           struct annual **out, struct diag *where)
{
    struct annual *a;
    enum sv_err err = annual_spec_check(spec, schema, where);

    if (err != SV_OK)
        return err;
    if (!has_fields(schema))
        return SV_ERR_NOT_FOUND;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return SV_ERR_NOMEM;
    a->schema = schema;
    a->tally.spec = *spec;
    err = make_lists(a);
    if (err != SV_OK) {
        annual_free(a);
        return err;
    }
    *out = a;
    return SV_OK;
}

void
annual_free(struct annual *a)
{
    if (a == NULL)
        return;
    for (unsigned i = 0; i < ANNUAL_LISTS; i++) {
        struct counted *list = a->tally.lists[i];

        if (list != NULL)
            wipe(list, (a->tally.codes[i]->n + 1) * sizeof *list);
        free(list);
    }
    wipe(a, sizeof *a);
    free(a);
}

enum sv_err
annual_add(struct annual *a, const char *type, uint64_t key,
           const struct content *content)
{
    const struct schema_compartment *c = compartment_of(a->schema, type);

    if (c == NULL || content->compartment != c)
        return SV_ERR_USAGE;
    a->tally.key = key;
    if (strcmp(type, "victim") == 0)
        annual_tally_victim(&a->tally, content);
    else if (strcmp(type, "suspect") == 0)
        annual_tally_suspect(&a->tally, content);
    else
        annual_tally_offence(&a->tally, content);
    return SV_OK;
}

/* ---- the end ---- */

/* Why the change of a total cannot be computed; NULL: it can. */
static const char *
unknown_change(const struct annual_tally *t, enum annual_count total)
{
    const struct counted *now = t->counts[0], *before = t->counts[1];
    enum annual_count all = total == COUNT_MINORS ? COUNT_VICTIMS : total;

    if (before[all].n == 0)
        return N_("no records of the year before");
    if (total != COUNT_MINORS)
        return NULL;
    if (before[COUNT_NO_AGE].n == before[COUNT_VICTIMS].n)
        return N_("no age is known of the year before");
    if (now[COUNT_VICTIMS].n > 0 && now[COUNT_NO_AGE].n == now[COUNT_VICTIMS].n)
        return N_("no age is known");
    return NULL;
}

static enum sv_err
put_change(const struct annual_tally *t, const struct annual_item *item,
           struct figures *out)
{
    const char *reason = unknown_change(t, item->count);
    const struct counted *before = &t->counts[1][item->count];
    int64_t change = t->counts[0][item->count].n - before->n;
    enum sv_err err;
    size_t at;

    if (item->kind == ANNUAL_BEFORE) {
        err = figures_add_unknown(
            out, item->name, reason != NULL ? reason : N_("not printed"), &at);
        if (err == SV_OK)
            out->at[at].of = *before; /* for annual_preview() */
        return err;
    }
    err = reason != NULL ? figures_add_unknown(out, item->name, reason, &at)
                         : figures_add(out, item->name, change, &at);
    if (err == SV_OK)
        out->at[at].is_change = true;
    return err;
}

static enum sv_err
put_list(const struct annual_tally *t, const struct annual_item *item,
         struct figures *out)
{
    const struct schema_list *codes = t->codes[item->list];
    enum sv_err err = SV_OK;

    for (size_t i = 0; i <= codes->n && err == SV_OK; i++) {
        const char *code = i < codes->n ? codes->codes[i].code : "unknown";
        const struct counted *value = &t->lists[item->list][i];
        char name[FIGURE_NAME_SIZE];

        if (value->n == 0 && !annual_layout_is_always(item->list, code))
            continue;
        (void)snprintf(name, sizeof name, "%s.%s", item->name, code);
        err = figures_add_counted(out, name, value, &(size_t){0});
    }
    return err;
}

/* Only a victim's record says which authority counts her. */
static bool
is_of_authority(const struct annual_tally *t, const struct annual_item *item)
{
    return strncmp(item->name, "victims.", strlen("victims.")) == 0 ||
           strcmp(t->spec.authority, ANNUAL_NATIONAL) == 0;
}

static enum sv_err
put_unknown(const struct annual_tally *t, const struct annual_item *item,
            struct figures *out)
{
    static const char reason[] = N_("not recorded by authority");
    const struct schema_list *codes;
    enum sv_err err = SV_OK;
    size_t at;

    if (item->kind != ANNUAL_LIST) {
        err = figures_add_unknown(out, item->name, reason, &at);
        if (err == SV_OK)
            out->at[at].is_change = item->kind == ANNUAL_CHANGE;
        return err;
    }
    codes = t->codes[item->list];
    for (size_t i = 0; i <= codes->n && err == SV_OK; i++) {
        const char *code = i < codes->n ? codes->codes[i].code : "unknown";
        char name[FIGURE_NAME_SIZE];

        if (!annual_layout_is_always(item->list, code))
            continue;
        (void)snprintf(name, sizeof name, "%s.%s", item->name, code);
        err = figures_add_unknown(out, name, reason, &at);
    }
    return err;
}

enum sv_err
annual_end(const struct annual *a, struct figures *out)
{
    const struct annual_tally *t = &a->tally;
    struct figures f;
    enum sv_err err = SV_OK;

    figures_init(&f);
    for (size_t i = 0; i < annual_layout_n() && err == SV_OK; i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (!is_of_authority(t, item))
            err = put_unknown(t, item, &f);
        else if (item->kind == ANNUAL_COUNT)
            err = figures_add_counted(&f, item->name,
                                      &t->counts[0][item->count], &(size_t){0});
        else if (item->kind == ANNUAL_LIST)
            err = put_list(t, item, &f);
        else
            err = put_change(t, item, &f);
    }
    if (err == SV_OK)
        err = annual_layout_relate(&f);
    if (err != SV_OK) {
        figures_clear(&f);
        return err;
    }
    *out = f;
    return SV_OK;
}

/* ---- reports ---- */

void
annual_report_clear(struct annual_report *r)
{
    figures_clear(&r->figures);
    *r = (struct annual_report){0};
}

/* The figure of the year before that belongs to this change. */
static const char *
before_of(const char *change)
{
    for (size_t i = 0; i + 1 < annual_layout_n(); i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (item->kind != ANNUAL_CHANGE || strcmp(item->name, change) != 0)
            continue;
        for (size_t k = 0; k < annual_layout_n(); k++) {
            const struct annual_item *other = annual_layout_at(k);

            if (other->kind == ANNUAL_BEFORE && other->count == item->count)
                return other->name;
        }
    }
    return NULL;
}

/*
 * A change of rounded figures.  Whether there is one is told by them, too:
 * by the exact ones it would tell whether there was nobody, or one.
 */
static const char *
round_change(const struct figures *f, const struct figure *change,
             const uint8_t round_key[32], int64_t *out)
{
    const char *total = annual_layout_total(change->name);
    const char *earlier = before_of(change->name);
    size_t now, before;
    int64_t then;

    if (total == NULL || earlier == NULL ||
        figures_find(f, total, &now) != SV_OK ||
        figures_find(f, earlier, &before) != SV_OK)
        return N_("its total is not known");
    if (!f->at[now].known)
        return f->at[now].reason;
    then = figures_round(&f->at[before].of, round_key);
    if (then == 0)
        return N_("few or no records of the year before");
    *out = figures_round(&f->at[now].of, round_key) - then;
    return NULL;
}

/* May the report do without this figure of 0: a country's? */
static bool
may_go(const char *name)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *item = annual_layout_at(i);
        const char *code = item->kind == ANNUAL_LIST
                               ? annual_layout_code(name, item->name)
                               : NULL;

        if (code != NULL)
            return !annual_layout_is_always(item->list, code);
    }
    return false;
}

static enum sv_err
put_rounded(const struct figures *f, const struct figure *exact,
            const uint8_t round_key[32], struct figures *out)
{
    const char *reason = exact->known ? NULL : exact->reason;
    int64_t value = 0;
    enum sv_err err;
    size_t at;

    if (exact->is_change)
        reason = round_change(f, exact, round_key, &value);
    else if (reason == NULL)
        value = figures_round(&exact->of, round_key);
    if (reason == NULL && value == 0 && !exact->is_change &&
        may_go(exact->name))
        return SV_OK;
    err = reason == NULL ? figures_add(out, exact->name, value, &at)
                         : figures_add_unknown(out, exact->name, reason, &at);
    if (err == SV_OK)
        out->at[at].is_change = exact->is_change;
    return err;
}

enum sv_err
annual_preview(const struct figures *exact, const uint8_t round_key[32],
               struct figures *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < exact->n && err == SV_OK; i++)
        err = put_rounded(exact, &exact->at[i], round_key, out);
    return err;
}

static bool
stays(const void *ctx, const struct figure *f)
{
    (void)ctx;
    return !f->known || f->value != 0 || f->is_change || !may_go(f->name);
}

enum sv_err
annual_trim(struct figures *f)
{
    return figures_keep(f, stays, NULL);
}
