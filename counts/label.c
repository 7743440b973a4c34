#include "counts/label.h"

#include <stdlib.h>
#include <string.h>

#include "counts/annual_labels.h"
#include "counts/annual_layout.h"
#include "counts/annual_spec.h"
#include "counts/plan_cell.h"

#define NAME_CHARACTERS                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

struct label {
    const struct schema *schema;
    enum schema_lang lang;
    struct annual_spec spec;
    struct plan *plan; /* owned; NULL: a yearly report */
};

enum word {
    WORD_OF,
    WORD_ALL,
    WORD_BEFORE,
    WORD_CHANGED,
    WORD_SHARE,
    WORD_PERCENT,
    WORD_OTHERS,
    WORD_IN,
    WORD_RELEASE,
    WORDS_N
};
static const char *const words[WORDS_N][SCHEMA_LANGS] = {
    [WORD_OF] = {"are all of", "が次の全員："},
    [WORD_ALL] = {"Total", "計"},
    [WORD_BEFORE] = {" (the year before)", "（前年）"},
    [WORD_CHANGED] = {" (change)", "（増減）"},
    [WORD_SHARE] = {" (share)", "（割合）"},
    [WORD_PERCENT] = {" (change in percent)", "（増減率）"},
    [WORD_OTHERS] = {": those without a row", ": 行のないもの"},
    [WORD_IN] = {"in", "―"},
    [WORD_RELEASE] = {"release ", "公表 "},
};

enum sv_err
label_new(const struct schema *schema, struct bytes spec, enum schema_lang lang,
          struct label **out)
{
    struct plan_fault fault = {0};
    struct label *l = calloc(1, sizeof *l);
    enum sv_err err;

    if (l == NULL)
        return SV_ERR_NOMEM;
    l->schema = schema;
    l->lang = lang;
    err = annual_spec_parse(spec, schema, &l->spec, NULL);
    if (err == SV_ERR_INPUT)
        err = plan_parse(schema, spec, &l->plan, &fault);
    if (err != SV_OK) {
        label_free(l);
        return err;
    }
    *out = l;
    return SV_OK;
}

void
label_free(struct label *l)
{
    if (l == NULL)
        return;
    plan_free(l->plan);
    free(l);
}

/* ---- figures of a yearly report ---- */

/* Whom the figure counts: the type of record. */
static const char *
population_of(const struct label *l, struct bytes name)
{
    static const struct {
        const char *begins, *type;
    } all[] = {{"victims.", "victim"},
               {"offences.", "offence"},
               {"suspects.", "suspect"},
               {"prosecuted.", "suspect"}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct bytes rest = name;
        const struct schema_type *type = schema_type(l->schema, all[i].type);

        if (type != NULL && text_skip(&rest, all[i].begins))
            return type->label[l->lang];
    }
    return NULL;
}

/* A row's label, behind that of the heading which it stands under. */
static enum sv_err
put_row(const struct label *l, const char *name, struct buf *out)
{
    const struct annual_label *heading = NULL;

    for (size_t i = 0; i < annual_labels_n(); i++) {
        const struct annual_label *row = annual_labels_at(i);
        enum sv_err err = SV_OK;

        if (row->indent == 1)
            heading = row;
        if (row->name == NULL || strcmp(row->name, name) != 0)
            continue;
        if (row->indent == 2 && heading != NULL)
            err = buf_printf(out, "%s: ", heading->text[l->lang]);
        return err == SV_OK
                   ? annual_labels_put(row, l->spec.minor_age, l->lang, out)
                   : err;
    }
    return SV_ERR_NOT_FOUND;
}

/* The total that a change or the year before belongs to. */
static const char *
total_of(const struct annual_item *item)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *total = annual_layout_at(i);

        if (total->kind == ANNUAL_COUNT && total->count == item->count)
            return total->name;
    }
    return item->name;
}

/* "victims.citizenship.by_country-others": what a list has no row for. */
static enum sv_err
put_others(const struct label *l, const char *name, struct buf *out)
{
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *list = annual_layout_at(i);
        struct bytes rest = bytes_text(name);
        enum sv_err err;

        if (list->kind != ANNUAL_LIST || !text_skip(&rest, list->name) ||
            !text_is(rest, "-others"))
            continue;
        err = put_row(l, list->name, out);
        return err == SV_OK ? buf_text(out, words[WORD_OTHERS][l->lang]) : err;
    }
    return SV_ERR_NOT_FOUND;
}

static enum sv_err
put_annual(const struct label *l, const char *name, struct buf *out)
{
    const struct annual_item *item = annual_layout_item(name);
    enum sv_err err = SV_ERR_NOT_FOUND;

    if (item != NULL && item->kind == ANNUAL_COUNT)
        return put_row(l, name, out);
    if (item != NULL) {
        err = put_row(l, total_of(item), out);
        return err == SV_OK ? buf_text(out, words[item->kind == ANNUAL_CHANGE
                                                      ? WORD_CHANGED
                                                      : WORD_BEFORE][l->lang])
                            : err;
    }
    for (size_t i = 0; i < annual_layout_n(); i++) {
        const struct annual_item *list = annual_layout_at(i);
        const char *code = list->kind == ANNUAL_LIST
                               ? annual_layout_code(name, list->name)
                               : NULL;

        if (code == NULL)
            continue;
        err = put_row(l, list->name, out);
        return err == SV_OK ? buf_printf(out, ": %s",
                                         annual_labels_code(l->schema, list,
                                                            code, l->lang))
                            : err;
    }
    return put_others(l, name, out);
}

/* In a plan's list: a figure of a yearly report that was released before.  From
 * which age on that one counted adults is not known here. */
static enum sv_err
put_earlier(const struct label *l, const char *name, struct buf *out)
{
    const char *population = population_of(l, bytes_text(name));
    enum sv_err err;

    if (population == NULL || strstr(name, "minors") != NULL ||
        strstr(name, "adults") != NULL)
        return SV_ERR_NOT_FOUND;
    err = buf_printf(out, "%s: ", population);
    return err == SV_OK ? put_annual(l, name, out) : err;
}

/* ---- figures of a plan ---- */

/* ", 2021", " (change)", ", 2021 (share)" */
static enum sv_err
put_series(const struct label *l, const struct plan_table *t,
           enum plan_series series, struct buf *out)
{
    bool own = series == PLAN_SERIES_OWN || series == PLAN_SERIES_SHARE;
    bool share =
        series == PLAN_SERIES_SHARE || series == PLAN_SERIES_SHARE_COMPARED;
    enum sv_err err = SV_OK;

    if (series == PLAN_SERIES_CHANGE)
        return buf_text(out, words[WORD_CHANGED][l->lang]);
    if (series == PLAN_SERIES_PERCENT)
        return buf_text(out, words[WORD_PERCENT][l->lang]);
    if (t->compared)
        err = buf_printf(out, ", %u",
                         own ? l->plan->period.year : t->compare_year);
    return err == SV_OK && share ? buf_text(out, words[WORD_SHARE][l->lang])
                                 : err;
}

/* "routes: Gender: Female, Age band: 18+, 2021" */
static enum sv_err
put_cell(const struct label *l, const char *name, struct buf *out)
{
    const struct plan_table *t;
    struct plan_cell cell;
    const char *between = ": ";
    size_t at;
    enum sv_err err = plan_cell_parse(l->plan, bytes_text(name), &at, &cell);

    if (err != SV_OK)
        return err == SV_ERR_FORMAT ? SV_ERR_NOT_FOUND : err;
    t = &l->plan->tables[at];
    err = buf_text(out, t->name);
    for (size_t i = 0; i < t->n_by && err == SV_OK; i++) {
        const struct plan_variable *v = &l->plan->variables[t->by[i]];

        if (cell.code[i] == PLAN_CELL_ALL)
            continue;
        err = buf_printf(out, "%s%s: %s", between, v->label[l->lang],
                         plan_variable_label(v, cell.code[i], l->lang));
        between = ", ";
    }
    if (err == SV_OK && plan_cell_mask(&cell) == 0)
        err = buf_printf(out, "%s%s", between, words[WORD_ALL][l->lang]);
    return err == SV_OK ? put_series(l, t, (enum plan_series)cell.series, out)
                        : err;
}

/* "outside-1": who has printed the figure (plan_facts.h). */
static enum sv_err
put_source(const struct label *l, struct bytes name, struct buf *out)
{
    uint64_t n;

    if (!text_skip(&name, "outside-") ||
        text_u64(name, 1, l->plan->n_known, &n) != SV_OK)
        return SV_ERR_NOT_FOUND;
    return buf_printf(out, "\"%s\"", l->plan->known[n - 1].source);
}

/* "release-350": which was it? */
static enum sv_err
put_release(const struct label *l, struct bytes name, struct buf *out)
{
    uint64_t n;

    if (!text_skip(&name, "release-") ||
        text_u64(name, 0, UINT64_MAX, &n) != SV_OK)
        return SV_ERR_NOT_FOUND;
    return buf_printf(out, "%s%llu", words[WORD_RELEASE][l->lang],
                      (unsigned long long)n);
}

static enum sv_err
put_figure(const struct label *l, const char *name, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err;

    if (l->plan == NULL)
        return put_annual(l, name, out);
    err = put_cell(l, name, out);
    if (err != SV_ERR_NOT_FOUND)
        return err;
    buf_truncate(out, was);
    return put_earlier(l, name, out);
}

/* ---- expressions ---- */

static enum sv_err
put_name(const struct label *l, struct bytes name, struct buf *out)
{
    char text[FIGURE_NAME_SIZE];
    size_t was = out->len;
    enum sv_err err = SV_ERR_NOT_FOUND;

    if (text_is(name, "of") && l != NULL)
        return buf_text(out, words[WORD_OF][l->lang]);
    if (text_is(name, "in") && l != NULL)
        return buf_text(out, words[WORD_IN][l->lang]);
    if (l != NULL)
        err = put_release(l, name, out);
    if (l != NULL && l->plan != NULL && err == SV_ERR_NOT_FOUND)
        err = put_source(l, name, out);
    if (l != NULL && err == SV_ERR_NOT_FOUND &&
        text_copy(name, text, sizeof text) == SV_OK)
        err = put_figure(l, text, out);
    if (err != SV_ERR_NOT_FOUND)
        return err;
    buf_truncate(out, was);
    return buf_append(out, name);
}

enum sv_err
label_expression(const struct label *l, const char *expression, struct buf *out)
{
    const char *at = expression + strspn(expression, "(");
    const char *population = NULL;
    enum sv_err err = SV_OK;

    if (l != NULL && l->plan == NULL)
        population = population_of(l, bytes_text(at));
    if (population != NULL)
        err = buf_printf(out, "%s: ", population);
    for (at = expression; *at != '\0' && err == SV_OK;) {
        size_t n = strspn(at, NAME_CHARACTERS);

        if (n == 0 || (n == 1 && *at == '-')) {
            err = buf_append(out, bytes_of(at, 1));
            n = 1;
        } else {
            err = put_name(l, bytes_of(at, n), out);
        }
        at += n;
    }
    return err;
}
