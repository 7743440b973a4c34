#include "disclosure/released.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

#define PLAN_FORMAT "svault/counts/v1"
#define DEPTH_MAX 8
#define REASON "_reason"

struct reading {
    struct released *out;
    struct diag *where;
};

void
released_clear(struct released *r)
{
    for (size_t i = 0; i < r->n_sums; i++)
        free(r->sums[i].parts);
    free(r->sums);
    free(r->at);
    json_decref(r->names);
    memset(r, 0, sizeof *r);
}

const struct released_figure *
released_find(const struct released *r, const char *name)
{
    const json_t *at = json_object_get(r->names, name);

    return at != NULL ? &r->at[json_integer_value(at)] : NULL;
}

static enum sv_err
refuse(const struct reading *r, const char *place, const char *reason)
{
    char column[sizeof r->where->column];

    (void)snprintf(column, sizeof column, "%.*s", (int)sizeof column - 1,
                   place);
    diag_set(r->where, 0, column, reason);
    return SV_ERR_FORMAT;
}

/* ---- figures ---- */

static bool
is_name(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len >= FACTS_FIGURE_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] < '!' || name[i] > '~')
            return false;
    return true;
}

/* A percentage is a text with its point: "4.3", "-12". */
static enum sv_err
read_percent(const char *text, struct released_figure *f)
{
    struct bytes rest = bytes_text(text), whole;
    bool negative = text_skip(&rest, "-");
    size_t len = rest.len;
    uint64_t n, tenths = 0;

    if (!text_split(&rest, '.', &whole) ||
        text_u64(whole, 0, FACTS_VALUE_MAX, &n) != SV_OK)
        return SV_ERR_FORMAT;
    f->digits = whole.len < len ? 1 : 0;
    if (f->digits == 1) {
        if (text_u64(rest, 0, 9, &tenths) != SV_OK)
            return SV_ERR_FORMAT;
        n = n * 10 + tenths;
    }
    if (negative && n == 0) /* is written 0 */
        return SV_ERR_FORMAT;
    f->value = negative ? -(int64_t)n : (int64_t)n;
    f->kind = RELEASED_PERCENT;
    return SV_OK;
}

static enum sv_err
read_value(const json_t *json, struct released_figure *f)
{
    bool may_fall = f->kind == RELEASED_CHANGE;

    if (json_is_string(json))
        return read_percent(json_string_value(json), f) != SV_OK ||
                       (f->value < 0 && !may_fall)
                   ? SV_ERR_FORMAT
                   : SV_OK;
    f->value = json_integer_value(json);
    return json_is_integer(json) && f->value <= FACTS_VALUE_MAX &&
                   f->value >= (may_fall ? -FACTS_VALUE_MAX : 0)
               ? SV_OK
               : SV_ERR_FORMAT;
}

/* One more; *room: for so many there is memory. */
static enum sv_err
add_figure(const struct reading *r, const char *name, enum released_kind kind,
           const json_t *value, size_t *room)
{
    struct released *out = r->out;
    struct released_figure *f;

    if (!is_name(name) || json_object_get(out->names, name) != NULL ||
        out->n == RELEASED_FIGURES_MAX)
        return refuse(r, is_name(name) ? name : "",
                      N_("is no name of a figure, or is there twice"));
    if (out->n == *room) {
        *room = *room > 0 ? 2 * *room : 64;
        f = reallocarray(out->at, *room, sizeof *f);
        if (f == NULL)
            return SV_ERR_NOMEM;
        out->at = f;
    }
    f = &out->at[out->n];
    memset(f, 0, sizeof *f);
    (void)snprintf(f->name, sizeof f->name, "%s", name);
    f->kind = kind;
    f->known = !json_is_null(value);
    if (f->known && read_value(value, f) != SV_OK)
        return refuse(r, name, N_("is no number that can stand there"));
    return json_object_set_new(out->names, name,
                               json_integer((json_int_t)out->n++)) == 0
               ? SV_OK
               : SV_ERR_NOMEM;
}

/* ---- a yearly report ---- */

static bool
ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len >= n && strcmp(text + len - n, end) == 0;
}

static enum released_kind
kind_of_member(const char *key)
{
    return strcmp(key, "change") == 0 || ends_with(key, "_change")
               ? RELEASED_CHANGE
               : RELEASED_COUNT;
}

/* Is this the text that says why the member before it is null? */
static bool
is_reason(const json_t *home, const char *key)
{
    char before[FACTS_FIGURE_SIZE];

    if (!ends_with(key, REASON) || strlen(key) >= sizeof before)
        return false;
    (void)snprintf(before, sizeof before, "%.*s",
                   (int)(strlen(key) - strlen(REASON)), key);
    return json_is_null(json_object_get(home, before));
}

static enum sv_err
read_home(const struct reading *r, json_t *home, const char *path,
          unsigned depth, size_t *room)
{
    const char *key;
    json_t *value;
    enum sv_err err = SV_OK;

    if (depth > DEPTH_MAX)
        return refuse(r, "", N_("is nested too deeply"));
    json_object_foreach(home, key, value)
    {
        char name[FACTS_FIGURE_SIZE];

        if (snprintf(name, sizeof name, "%s%s%s", path,
                     path[0] != '\0' ? "." : "", key) >= (int)sizeof name)
            return refuse(r, "", N_("has a name that is too long"));
        if (!is_name(name))
            err = refuse(r, "", N_("has a member of no such name"));
        else if (json_is_object(value))
            err = read_home(r, value, name, depth + 1, room);
        else if (!json_is_string(value) || !is_reason(home, key))
            err = json_is_string(value)
                      ? refuse(r, name, N_("does not belong here"))
                      : add_figure(r, name, kind_of_member(key), value, room);
        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

/* Members that are no figures. */
static bool
is_head(const char *key, const json_t *value)
{
    static const char *const numbers[] = {"year", "minor_age"};
    static const char *const texts[] = {"as_of", "profile", "authority",
                                        "period", "basis"};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i]) == 0)
            return json_is_integer(value);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i]) == 0)
            return json_is_string(value);
    return false;
}

static enum sv_err
read_annual(const struct reading *r, json_t *root)
{
    const char *key;
    json_t *value;
    size_t room = 0;
    enum sv_err err = SV_OK;

    r->out->is_annual = true;
    json_object_foreach(root, key, value)
    {
        if (!is_name(key))
            err = refuse(r, "", N_("has a member of no such name"));
        else if (json_is_object(value))
            err = read_home(r, value, key, 1, &room);
        else if (!is_head(key, value))
            err = refuse(r, key, N_("does not belong here"));
        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

/* ---- a plan's ---- */

static enum sv_err
read_figures(const struct reading *r, const json_t *array)
{
    size_t room = 0;
    enum sv_err err =
        json_is_array(array) ? SV_OK : refuse(r, "figures", N_("is no list"));

    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++) {
        const json_t *f = json_array_get(array, i);
        const json_t *change = json_object_get(f, "change");
        const json_t *value = json_object_get(f, "value");
        const char *name = json_string_value(json_object_get(f, "name"));
        const char *reason = json_string_value(json_object_get(f, "reason"));

        if (json_object_size(f) != 4 || !json_is_boolean(change) ||
            value == NULL || name == NULL || reason == NULL ||
            json_is_null(value) != (reason[0] != '\0'))
            return refuse(r, "figures",
                          N_("has one that has not the members of a figure"));
        err = add_figure(
            r, name, json_is_true(change) ? RELEASED_CHANGE : RELEASED_COUNT,
            value, &room);
    }
    return err;
}

static bool
read_index(const struct reading *r, const json_t *json, size_t *out)
{
    json_int_t n = json_integer_value(json);

    *out = (size_t)n;
    return json_is_integer(json) && n >= 0 && (uint64_t)n < r->out->n;
}

static enum sv_err
read_sum(const struct reading *r, const json_t *json, struct released_sum *s)
{
    const json_t *complete = json_object_get(json, "complete");
    const json_t *parts = json_object_get(json, "parts");
    size_t n = json_array_size(parts);
    bool good = json_object_size(json) == 3 && json_is_boolean(complete) &&
                json_is_array(parts) && n <= r->out->n &&
                read_index(r, json_object_get(json, "whole"), &s->whole);

    if (good) {
        s->parts = calloc(n > 0 ? n : 1, sizeof *s->parts);
        if (s->parts == NULL)
            return SV_ERR_NOMEM;
    }
    for (; good && s->n < n; s->n++)
        good = read_index(r, json_array_get(parts, s->n), &s->parts[s->n]);
    s->complete = json_is_true(complete);
    return good ? SV_OK
                : refuse(r, "relations", N_("has one that is no relation"));
}

static enum sv_err
read_sums(const struct reading *r, const json_t *array)
{
    struct released *out = r->out;
    size_t n = json_array_size(array);
    enum sv_err err =
        json_is_array(array) ? SV_OK : refuse(r, "relations", N_("is no list"));

    if (err == SV_OK) {
        out->sums = calloc(n > 0 ? n : 1, sizeof *out->sums);
        err = out->sums != NULL ? SV_OK : SV_ERR_NOMEM;
    }
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        out->n_sums = i + 1;
        err = read_sum(r, json_array_get(array, i), &out->sums[i]);
    }
    return err;
}

static enum sv_err
read_plan(const struct reading *r, const json_t *root)
{
    enum sv_err err;

    if (json_object_size(root) != 6 ||
        !json_is_string(json_object_get(root, "basis")) ||
        !json_is_string(json_object_get(root, "plan")))
        return refuse(r, "", N_("has not the members of a plan's report"));
    err = read_figures(r, json_object_get(root, "figures"));
    return err == SV_OK ? read_sums(r, json_object_get(root, "relations"))
                        : err;
}

/* ---- either ---- */

static enum sv_err
check_form(const struct reading *r, struct bytes text, const json_t *root)
{
    size_t flags =
        r->out->is_annual ? JSON_INDENT(2) : JSON_SORT_KEYS | JSON_COMPACT;
    struct buf again = BUF_INIT;
    enum sv_err err = json_text_put(root, flags, &again);

    if (err == SV_OK)
        err = buf_text(&again, "\n");
    if (err == SV_OK && !bytes_equal(buf_bytes(&again), text))
        err = refuse(r, "", N_("is not written in the one form"));
    buf_free(&again);
    return err;
}

static enum sv_err
read_root(const struct reading *r, struct bytes text, json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const char *profile = json_string_value(json_object_get(root, "profile"));
    enum sv_err err;

    if (profile == NULL || !text_is_code(bytes_text(profile)))
        return refuse(r, "profile", N_("is none"));
    (void)snprintf(r->out->profile, sizeof r->out->profile, "%s", profile);
    if (format != NULL && strcmp(format, PLAN_FORMAT) != 0)
        return refuse(r, "format", N_("is another format"));
    err = format != NULL ? read_plan(r, root) : read_annual(r, root);
    return err == SV_OK ? check_form(r, text, root) : err;
}

enum sv_err
released_read(struct bytes text, struct released *out, struct diag *where)
{
    struct reading r = {out, where};
    json_t *root = NULL;
    enum sv_err err = json_text_get(text, &root, NULL);

    memset(out, 0, sizeof *out);
    out->names = json_object();
    if (out->names == NULL || err == SV_ERR_NOMEM)
        err = SV_ERR_NOMEM;
    else if (!json_is_object(root))
        err = refuse(&r, "", N_("is no JSON object"));
    else
        err = read_root(&r, text, root);
    json_decref(root);
    if (err != SV_OK)
        released_clear(out);
    return err;
}
