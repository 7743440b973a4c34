#include "cli/release_cells.h"

#include <string.h>

#include "counts/label.h"
#include "vault/client_release.h"

static const char *
kind_text(enum risk_kind kind)
{
    switch (kind) {
    case RISK_CELL:
        return N_("printed");
    case RISK_DERIVED:
        return N_("by subtraction");
    case RISK_GROUP:
        return N_("all in one group");
    case RISK_EARLIER:
        return N_("with an earlier release");
    case RISK_OUTSIDE:
        return N_("with what is known outside");
    case RISK_ROUNDED:
        return N_("for the public");
    case RISK_TABLE:
        return N_("any of its cells");
    }
    return "";
}

/* By what it is: people who are few, who are found, or who are all alike. */
static const char *
question(enum risk_kind kind)
{
    switch (kind) {
    case RISK_CELL:
        return N_("Fewer than five people stand in this cell: may it be "
                  "published?");
    case RISK_DERIVED:
        return N_("Whoever subtracts learns of fewer than five people: may "
                  "these figures be published?");
    case RISK_GROUP:
        return N_("All of them are in one group, so that it is known of each: "
                  "may it be published?");
    case RISK_EARLIER:
        return N_("With what was released before, fewer than five people are "
                  "found: may these figures be published?");
    case RISK_OUTSIDE:
        return N_("With what others have published, fewer than five people "
                  "are found: may these figures be published?");
    case RISK_ROUNDED:
        break; /* is no risk, and never asked about */
    case RISK_TABLE:
        return N_("Fewer than five people may stand in any cell of this "
                  "table, which the approver sees: may it be published?");
    }
    return "";
}

/* Words where there are any: a list must be seen in any case. */
static struct label *
labels_of(const struct app *app, const struct schema *schema, struct bytes spec)
{
    struct label *l = NULL;

    (void)label_new(schema, spec, app->lang, &l);
    return l;
}

static enum sv_err
in_words(const struct label *labels, const char *expression, struct buf *out)
{
    enum sv_err err;

    buf_truncate(out, 0);
    err = label_expression(labels, expression, out);
    return err == SV_OK ? buf_append(out, bytes_of("", 1)) : err;
}

/* ---- Shown ---- */

/* Is it unsafe by being printed, and from nothing else? */
static bool
is_itself(enum risk_kind kind)
{
    return kind == RISK_CELL || kind == RISK_TABLE;
}

/* What may be long stands last. */
static enum sv_err
print_row(struct table *t, const struct label *labels, size_t number,
          const struct risk *r, bool with_value)
{
    struct buf figure = BUF_INIT, from = BUF_INIT;
    char first[24], value[48];
    enum sv_err err = in_words(labels, r->name, &figure);

    if (err == SV_OK)
        err = in_words(labels, is_itself(r->kind) ? "" : r->expression, &from);
    (void)snprintf(first, sizeof first, "%zu", number);
    (void)snprintf(value, sizeof value, "%lld", (long long)r->value);
    if (r->least != r->value)
        (void)snprintf(value, sizeof value, "%lld..%lld", (long long)r->least,
                       (long long)r->value);
    if (err == SV_OK) {
        const char *cells[5] = {first, value, _(kind_text(r->kind)),
                                (const char *)figure.ptr,
                                (const char *)from.ptr};

        if (!with_value)
            memmove(&cells[1], &cells[2], 3 * sizeof *cells);
        err = table_row(t, cells);
    }
    buf_free(&figure);
    buf_free(&from);
    return err;
}

enum sv_err
release_cells_print(struct app *app, const struct schema *schema,
                    struct bytes spec, const struct risk_list *l)
{
    const char *const with[] = {_("No."), _("Value"), _("How it is seen"),
                                _("Figure"), _("From")};
    const char *const without[] = {with[0], with[2], with[3], with[4]};
    struct table *t = l->has_values ? table_new(&app->term, 5, with)
                                    : table_new(&app->term, 4, without);
    struct label *labels = labels_of(app, schema, spec);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < l->n && err == SV_OK; i++) {
        if (l->at[i].kind != RISK_ROUNDED)
            err = print_row(t, labels, i + 1, &l->at[i], l->has_values);
    }
    label_free(labels);
    return err == SV_OK ? table_print(t) : err;
}

enum sv_err
release_cells_print_rounded(struct app *app, const struct schema *schema,
                            struct bytes spec, const struct risk_list *l)
{
    const char *const columns[] = {_("Exact"), _("For the public"),
                                   _("Figure")};
    struct table *t = table_new(&app->term, 3, columns);
    struct label *labels = labels_of(app, schema, spec);
    struct buf figure = BUF_INIT;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < l->n && err == SV_OK; i++) {
        const struct risk *r = &l->at[i];
        char exact[24], rounded[24];

        if (r->kind != RISK_ROUNDED || (r->least == 0 && r->value == 0))
            continue;
        (void)snprintf(exact, sizeof exact, "%lld", (long long)r->least);
        (void)snprintf(rounded, sizeof rounded, "%lld", (long long)r->value);
        err = in_words(labels, r->name, &figure);
        if (err == SV_OK)
            err = table_row(
                t, (const char *[]){exact, rounded, (const char *)figure.ptr});
    }
    buf_free(&figure);
    label_free(labels);
    return err == SV_OK ? table_print(t) : err;
}

size_t
release_cells_unsafe(const struct risk_list *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->at[i].kind != RISK_ROUNDED ? 1 : 0;
    return n;
}

json_t *
release_cells_json(const struct risk_list *l)
{
    json_t *all = json_array();

    for (size_t i = 0; i < l->n && all != NULL; i++) {
        const struct risk *r = &l->at[i];
        json_t *one;

        if (r->kind == RISK_ROUNDED)
            continue;
        one = json_pack("{s:s, s:s, s:s}", "figure", r->name, "kind",
                        kind_text(r->kind), "from", r->expression);
        if (l->has_values)
            (void)json_object_set_new(one, "value", json_integer(r->value));
        if (l->has_values && r->least != r->value)
            (void)json_object_set_new(one, "least", json_integer(r->least));
        (void)json_array_append_new(all, one);
    }
    return all;
}

json_t *
release_cells_rounded_json(const struct risk_list *l)
{
    json_t *all = json_array();

    for (size_t i = 0; i < l->n && all != NULL; i++) {
        const struct risk *r = &l->at[i];

        if (r->kind == RISK_ROUNDED)
            (void)json_array_append_new(
                all, json_pack("{s:s, s:I, s:I}", "figure", r->name, "exact",
                               (json_int_t)r->least, "public",
                               (json_int_t)r->value));
    }
    return all;
}

/* ---- Acknowledged ---- */

static enum sv_err
ask_one(struct app *app, const struct label *labels, const struct risk *r,
        bool *yes)
{
    struct buf words = BUF_INIT;
    enum sv_err err = label_expression(labels, r->expression, &words);

    if (err == SV_OK) {
        term_text(app->term.err, buf_bytes(&words), false, 0);
        (void)fprintf(app->term.err, "  (%s)\n", _(kind_text(r->kind)));
        err = term_confirm(&app->term, _(question(r->kind)), false, yes);
    }
    buf_free(&words);
    return err;
}

/* One question for each cell: nobody passes over one by habit. */
static enum exit_code
ask_each(struct session *s, struct bytes spec, const struct risk_list *l,
         bool *stopped)
{
    struct app *app = s->app;
    struct label *labels = labels_of(app, client_schema(s->client), spec);
    enum exit_code code = EXIT_DONE;
    enum sv_err err = SV_OK;

    *stopped = false;
    session_pause(s);
    for (size_t i = 0; i < l->n && !*stopped && err == SV_OK; i++) {
        bool yes = false;

        (void)fprintf(app->term.err, "%zu/%zu  ", i + 1, l->n);
        err = ask_one(app, labels, &l->at[i], &yes);
        *stopped = !yes;
    }
    label_free(labels);
    if (err != SV_OK)
        return app_fail(app, NULL, err, _("stopped; not acknowledged"));
    return session_resume(s, &code) ? EXIT_DONE : code;
}

/* Ask for the acknowledgment of those cells, or take it as given. */
static enum exit_code
ask_all(struct session *s, struct bytes spec, const struct risk_list *l,
        bool all)
{
    enum exit_code code;
    bool stopped = false;

    if (all || l->n == 0)
        return EXIT_DONE;
    if (s->app->no_input)
        return app_fail(s->app, NULL, SV_ERR_USAGE,
                        _("unsafe cells wait to be acknowledged: --acknowledge "
                          "all is missing"));
    code = ask_each(s, spec, l, &stopped);
    return code == EXIT_DONE && stopped ? EXIT_FAILED : code;
}

enum exit_code
release_cells_acknowledge(struct session *s, uint64_t number, struct bytes spec,
                          struct bytes cells, bool all)
{
    struct app *app = s->app;
    struct risk_list l = {0};
    enum exit_code code;
    enum sv_err err = risk_decode(cells, &l);

    if (err != SV_OK)
        code = app_fail(app, NULL, err,
                        err == SV_ERR_NOMEM
                            ? NULL
                            : _("the list of unsafe cells cannot be read"));
    else
        code = ask_all(s, spec, &l, all);
    if (code == EXIT_DONE) {
        err = client_release_acknowledge(s->client, number, cells, all, l.n);
        if (err != SV_OK)
            code = session_fail(s, NULL, err);
    }
    risk_clear(&l);
    return code;
}
