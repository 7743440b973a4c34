#include "counts/annual_json.h"

#include <stdio.h>
#include <string.h>

#include "base/json_text.h"
#include "counts/annual_layout.h"

/* So that nothing overflows, whatever is added up. */
#define VALUE_MAX INT64_C(1000000000000)

/* SV_ERR_INPUT where it is not as plain as it is shown. */
static enum sv_err
check_plain(const char *text)
{
    struct buf inert = BUF_INIT;
    enum sv_err err = text_inert(&inert, bytes_text(text), false);

    if (err == SV_OK && !bytes_equal(buf_bytes(&inert), bytes_text(text)))
        err = SV_ERR_INPUT;
    buf_free(&inert);
    return err;
}

/* ---- encode ---- */

/* Set one member; takes over value. */
static enum sv_err
set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? SV_OK : SV_ERR_NOMEM;
}

/* The object that a dotted name's last part belongs to, made where it is
 * not there; *last gets that part. */
static json_t *
home_of(json_t *root, const char *name, const char **last)
{
    json_t *object = root;
    const char *dot;

    while ((dot = strchr(name, '.')) != NULL) {
        char part[FIGURE_NAME_SIZE];
        json_t *next;

        (void)snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        next = json_object_get(object, part);
        if (next == NULL) {
            next = json_object();
            if (set(object, part, next) != SV_OK)
                return NULL;
        }
        object = next;
        name = dot + 1;
    }
    *last = name;
    return object;
}

static enum sv_err
put_figure(json_t *root, const struct figure *f)
{
    char reason[FIGURE_NAME_SIZE + sizeof "_reason"];
    const char *last;
    json_t *home = home_of(root, f->name, &last);
    enum sv_err err;

    if (home == NULL)
        return SV_ERR_NOMEM;
    if (f->known)
        return set(home, last, json_integer(f->value));
    (void)snprintf(reason, sizeof reason, "%s_reason", last);
    err = set(home, last, json_null());
    if (err == SV_OK)
        err = set(home, reason, json_string(f->reason));
    return err;
}

static enum sv_err
put_list(json_t *root, const struct figures *f, const char *list, size_t *done)
{
    const char *last;
    json_t *home = home_of(root, list, &last);
    enum sv_err err;

    if (home == NULL)
        return SV_ERR_NOMEM;
    err = set(home, last, json_object());
    for (size_t i = 0; i < f->n && err == SV_OK; i++) {
        if (annual_layout_code(f->at[i].name, list) == NULL)
            continue;
        err = put_figure(root, &f->at[i]);
        (*done)++;
    }
    return err;
}

static enum sv_err
put_figures(json_t *root, const struct figures *f)
{
    enum sv_err err = SV_OK;
    size_t done = 0, at;

    for (size_t i = 0; i < annual_layout_n() && err == SV_OK; i++) {
        const struct annual_item *item = annual_layout_at(i);

        if (item->kind == ANNUAL_LIST) {
            err = put_list(root, f, item->name, &done);
            continue;
        }
        if (figures_find(f, item->name, &at) != SV_OK)
            return SV_ERR_USAGE;
        if (item->kind != ANNUAL_BEFORE)
            err = put_figure(root, &f->at[at]);
        done++;
    }
    if (err == SV_OK && done != f->n)
        err = SV_ERR_USAGE;
    return err;
}

static enum sv_err
put_head(json_t *root, const struct annual_report *r)
{
    const struct annual_spec *s = &r->spec;
    enum sv_err err = set(root, "year", json_integer((json_int_t)s->year));

    if (err == SV_OK)
        err = set(root, "as_of", json_string(s->as_of));
    if (err == SV_OK)
        err = set(root, "profile", json_string(r->profile));
    if (err == SV_OK)
        err = set(root, "authority", json_string(s->authority));
    if (err == SV_OK)
        err =
            set(root, "period", json_string(s->fiscal ? "fiscal" : "calendar"));
    if (err == SV_OK)
        err = set(root, "minor_age", json_integer((json_int_t)s->minor_age));
    if (err == SV_OK && r->basis[0] != '\0')
        err = set(root, "basis", json_string(r->basis));
    return err;
}

enum sv_err
annual_json_encode(const struct annual_report *r, struct buf *out)
{
    size_t was = out->len;
    json_t *root;
    enum sv_err err = check_plain(r->basis);

    if (err == SV_OK && !text_is_code(bytes_text(r->profile)))
        err = SV_ERR_INPUT;
    if (err != SV_OK)
        return err;
    root = json_object();
    if (root == NULL)
        return SV_ERR_NOMEM;
    err = put_head(root, r);
    if (err == SV_OK)
        err = put_figures(root, &r->figures);
    if (err == SV_OK)
        err = json_text_put(root, JSON_INDENT(2), out);
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err != SV_OK)
        buf_truncate(out, was);
    json_decref(root);
    return err;
}

/* ---- decode ---- */

/* The value at a dotted name; NULL where there is none. */
static json_t *
value_at(json_t *root, const char *name)
{
    json_t *value = root;
    const char *dot;

    for (; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        char part[FIGURE_NAME_SIZE];

        (void)snprintf(part, sizeof part, "%.*s", (int)(dot - name), name);
        value = json_object_get(value, part);
    }
    return json_object_get(value, name);
}

static enum sv_err
get_text(const json_t *object, const char *key, char *out, size_t size)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value))
        return SV_ERR_FORMAT;
    return text_copy(
               bytes_of(json_string_value(value), json_string_length(value)),
               out, size) == SV_OK
               ? SV_OK
               : SV_ERR_FORMAT;
}

static unsigned
get_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    json_int_t n = json_is_integer(value) ? json_integer_value(value) : 0;

    return n > 0 && n < 10000 ? (unsigned)n : 0;
}

static enum sv_err
get_head(const json_t *root, struct annual_report *r)
{
    struct annual_spec *s = &r->spec;
    char period[NAME_SIZE];
    enum sv_err err;

    s->year = get_number(root, "year");
    s->minor_age = get_number(root, "minor_age");
    err = get_text(root, "as_of", s->as_of, sizeof s->as_of);
    if (err == SV_OK)
        err = get_text(root, "profile", r->profile, sizeof r->profile);
    if (err == SV_OK)
        err = get_text(root, "authority", s->authority, sizeof s->authority);
    if (err == SV_OK)
        err = get_text(root, "period", period, sizeof period);
    if (err == SV_OK && json_object_get(root, "basis") != NULL)
        err = get_text(root, "basis", r->basis, sizeof r->basis);
    if (err != SV_OK)
        return err;
    s->fiscal = strcmp(period, "fiscal") == 0;
    return annual_spec_check(s, NULL, NULL) == SV_OK ? SV_OK : SV_ERR_FORMAT;
}

/* The reason behind a null: printable ASCII. */
static enum sv_err
get_reason(const json_t *home, const char *key, char *out, size_t size)
{
    char name[FIGURE_NAME_SIZE + sizeof "_reason"];

    (void)snprintf(name, sizeof name, "%s_reason", key);
    if (get_text(home, name, out, size) != SV_OK || out[0] == '\0')
        return SV_ERR_FORMAT;
    for (const char *c = out; *c != '\0'; c++) {
        if (*c < 0x20 || *c > 0x7e)
            return SV_ERR_FORMAT;
    }
    return SV_OK;
}

/* The figure `name` from member `key` of home. */
static enum sv_err
get_figure(const json_t *home, const char *key, const char *name,
           bool is_change, struct figures *f)
{
    const json_t *value = json_object_get(home, key);
    char reason[FIGURE_REASON_SIZE];
    enum sv_err err;
    size_t at;

    if (json_is_null(value)) {
        err = get_reason(home, key, reason, sizeof reason);
        if (err == SV_OK)
            err = figures_add_unknown(f, name, reason, &at);
    } else if (json_is_integer(value)) {
        json_int_t n = json_integer_value(value);

        if (n > VALUE_MAX || n < (is_change ? -VALUE_MAX : 0))
            return SV_ERR_FORMAT;
        err = figures_add(f, name, n, &at);
    } else {
        return SV_ERR_FORMAT;
    }
    if (err == SV_OK)
        f->at[at].is_change = is_change;
    return err;
}

static bool
is_list_code(const char *key)
{
    size_t n = strlen(key);

    return n > 0 && n <= NAME_MAX_LEN &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz"
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

static enum sv_err
get_list(json_t *root, const char *list, struct figures *f)
{
    json_t *object = value_at(root, list), *value;
    const char *key;

    if (!json_is_object(object))
        return SV_ERR_FORMAT;
    json_object_foreach(object, key, value)
    {
        char name[FIGURE_NAME_SIZE];
        enum sv_err err;

        if (json_is_string(value))
            continue; /* the reason for the one before */
        if (!is_list_code(key))
            return SV_ERR_FORMAT;
        (void)snprintf(name, sizeof name, "%s.%s", list, key);
        err = get_figure(object, key, name, false, f);
        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

/* What is not printed is there by its name, as annual_end() has it: always
 * behind the change. */
static enum sv_err
get_before(const char *name, struct figures *f)
{
    const struct figure *change = &f->at[f->n - 1];
    char reason[FIGURE_REASON_SIZE];
    size_t at;

    (void)snprintf(reason, sizeof reason, "%s",
                   change->known ? N_("not printed") : change->reason);
    return figures_add_unknown(f, name, reason, &at);
}

static enum sv_err
get_item(json_t *root, const struct annual_item *item, struct figures *f)
{
    const char *dot = strrchr(item->name, '.');
    char home[FIGURE_NAME_SIZE];

    if (item->kind == ANNUAL_LIST)
        return get_list(root, item->name, f);
    if (item->kind == ANNUAL_BEFORE)
        return get_before(item->name, f);
    (void)snprintf(home, sizeof home, "%.*s", (int)(dot - item->name),
                   item->name);
    return get_figure(value_at(root, home), dot + 1, item->name,
                      item->kind == ANNUAL_CHANGE, f);
}

static enum sv_err
load(struct bytes in, json_t **root)
{
    if (in.len == 0 || in.len > ANNUAL_JSON_MAX)
        return SV_ERR_FORMAT;
    return json_text_get(in, root, NULL);
}

/* Only what we would have written. */
static enum sv_err
compare(const struct annual_report *r, struct bytes in)
{
    struct buf again = BUF_INIT;
    enum sv_err err = annual_json_encode(r, &again);

    if (err == SV_ERR_INPUT ||
        (err == SV_OK && !bytes_equal(buf_bytes(&again), in)))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    return err;
}

enum sv_err
annual_json_decode(struct bytes in, struct annual_report *out)
{
    struct annual_report r = {0};
    json_t *root = NULL;
    enum sv_err err;

    err = load(in, &root);
    if (err == SV_OK)
        err = get_head(root, &r);
    for (size_t i = 0; i < annual_layout_n() && err == SV_OK; i++)
        err = get_item(root, annual_layout_at(i), &r.figures);
    if (err == SV_OK)
        err = compare(&r, in);
    if (err == SV_OK && strcmp(r.profile, ANNUAL_PREVIEW) != 0)
        err = annual_layout_relate(&r.figures);
    if (err != SV_OK)
        goto out;
    *out = r;
    r = (struct annual_report){0};
out:
    json_decref(root);
    annual_report_clear(&r);
    return err;
}
