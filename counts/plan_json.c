#include "counts/plan_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "counts/plan_derive.h"

#define FORMAT "svault/counts/v1"
#define NOWHERE SIZE_MAX

void
plan_json_clear(struct plan_result *r)
{
    buf_free(&r->basis);
    buf_free(&r->plan);
    figures_clear(&r->figures);
    *r = (struct plan_result){0};
}

/* Append what is owned to array; NULL on either side is no memory. */
static enum sv_err
push(json_t *array, json_t *owned)
{
    return json_array_append_new(array, owned) == 0 ? SV_OK : SV_ERR_NOMEM;
}

/* A percentage is a text with its point, so that no reader takes it for a
 * count. */
static enum sv_err
encode_value(const struct figure *f, json_t **out)
{
    struct buf text = BUF_INIT;
    enum sv_err err = SV_OK;

    if (!f->known)
        *out = json_null();
    else if (!f->is_percent)
        *out = json_integer(f->value);
    else {
        err = plan_derive_text(f, &text);
        *out = err == SV_OK ? json_stringn((char *)text.ptr, text.len) : NULL;
    }
    buf_free(&text);
    return err;
}

/* Whoever reads it has room for so much. */
static bool
is_in_range(const struct figure *f)
{
    int64_t whole = f->is_percent && f->digits > 0 ? f->value / 10 : f->value;

    return whole >= -PLAN_JSON_VALUE_MAX && whole <= PLAN_JSON_VALUE_MAX;
}

/* Those that are printed; at[i]: where figure i stands among them. */
static enum sv_err
encode_figures(const struct figures *figures, json_t *array, size_t *at)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < figures->n && err == SV_OK; i++) {
        const struct figure *f = &figures->at[i];
        json_t *value = NULL;

        at[i] = f->unprinted ? NOWHERE : json_array_size(array);
        if (f->unprinted)
            continue;
        if (!text_is_utf8(bytes_text(f->reason)))
            return SV_ERR_FORMAT;
        if (f->known && !is_in_range(f))
            return SV_ERR_RANGE;
        err = encode_value(f, &value);
        if (err == SV_OK)
            err = push(array, json_pack("{s:b, s:s, s:s, s:o}", "change",
                                        f->is_change ? 1 : 0, "name", f->name,
                                        "reason", f->known ? "" : f->reason,
                                        "value", value));
    }
    return err;
}

static bool
is_printed(const struct figure_relation *r, const size_t *at)
{
    for (size_t i = 0; i < r->n; i++) {
        if (at[r->parts[i]] == NOWHERE)
            return false;
    }
    return at[r->whole] != NOWHERE;
}

static enum sv_err
encode_relation(const struct figure_relation *r, json_t *array,
                const size_t *at)
{
    json_t *parts = json_array();
    enum sv_err err = parts != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < r->n && err == SV_OK; i++)
        err = push(parts, json_integer((json_int_t)at[r->parts[i]]));
    if (err == SV_OK)
        err = push(array, json_pack("{s:b, s:O, s:I}", "complete",
                                    r->complete ? 1 : 0, "parts", parts,
                                    "whole", (json_int_t)at[r->whole]));
    json_decref(parts);
    return err;
}

static enum sv_err
encode_relations(const struct figures *figures, json_t *array, const size_t *at)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < figures->n_relations && err == SV_OK; i++) {
        if (is_printed(&figures->relations[i], at))
            err = encode_relation(&figures->relations[i], array, at);
    }
    return err;
}

static enum sv_err
dump(const json_t *root, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = json_text_put(root, JSON_SORT_KEYS | JSON_COMPACT, out);

    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err == SV_OK && out->len - was > PLAN_JSON_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
plan_json_encode(struct bytes canonical, const char *profile,
                 struct bytes basis, const struct figures *figures,
                 struct buf *out)
{
    json_t *array = json_array(), *relations = json_array(), *root = NULL;
    size_t *at = calloc(figures->n + 1, sizeof *at);
    enum sv_err err = at != NULL ? SV_ERR_FORMAT : SV_ERR_NOMEM;

    if (at == NULL || canonical.len == 0 || !text_is_utf8(canonical) ||
        !text_is_utf8(basis) || !text_is_code(bytes_text(profile)))
        goto out;
    err = encode_figures(figures, array, at);
    if (err == SV_OK)
        err = encode_relations(figures, relations, at);
    if (err != SV_OK)
        goto out;
    root = json_pack("{s:s%, s:O, s:s, s:s%, s:s, s:O}", "basis",
                     basis.len > 0 ? (const char *)basis.ptr : "", basis.len,
                     "figures", array, "format", FORMAT, "plan",
                     (const char *)canonical.ptr, canonical.len, "profile",
                     profile, "relations", relations);
    err = root != NULL ? dump(root, out) : SV_ERR_NOMEM;
out:
    json_decref(root);
    json_decref(array);
    json_decref(relations);
    free(at);
    return err;
}

/* A string member; NULL where it is none. */
static const char *
string_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

/* A count, a change or a percentage. */
static enum sv_err
decode_value(const json_t *json, bool is_change, struct figure *out)
{
    if (json_is_integer(json)) {
        out->value = json_integer_value(json);
    } else if (json_is_string(json)) {
        out->is_percent = true;
        if (plan_derive_parse(bytes_text(json_string_value(json)), &out->value,
                              &out->digits) != SV_OK)
            return SV_ERR_FORMAT;
    } else {
        return SV_ERR_FORMAT;
    }
    return out->value < 0 && !is_change ? SV_ERR_FORMAT : SV_OK;
}

static enum sv_err
decode_figure(const json_t *json, struct figures *figures)
{
    const json_t *value = json_object_get(json, "value");
    const char *name = string_of(json, "name");
    const char *reason = string_of(json, "reason");
    bool is_change = json_is_true(json_object_get(json, "change"));
    struct figure had = {0};
    size_t at = 0;
    enum sv_err err;

    if (name == NULL || reason == NULL ||
        json_is_null(value) != (reason[0] != '\0'))
        return SV_ERR_FORMAT;
    if (json_is_null(value)) {
        err = figures_add_unknown(figures, name, reason, &at);
    } else {
        err = decode_value(value, is_change, &had);
        if (err == SV_OK)
            err = figures_add(figures, name, had.value, &at);
    }
    if (err == SV_OK) {
        figures->at[at].is_change = is_change;
        figures->at[at].is_percent = had.is_percent;
        figures->at[at].digits = had.digits;
    }
    return err;
}

static enum sv_err
decode_figures(const json_t *array, struct figures *figures)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(array) || json_array_size(array) > PLAN_CELLS_MAX)
        return SV_ERR_FORMAT;
    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++)
        err = decode_figure(json_array_get(array, i), figures);
    return err;
}

static enum sv_err
decode_index(const json_t *json, size_t n, size_t *out)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0 ||
        (uint64_t)json_integer_value(json) >= n)
        return SV_ERR_FORMAT;
    *out = (size_t)json_integer_value(json);
    return SV_OK;
}

static enum sv_err
check_sum(const struct figures *f, const struct figure_relation *r)
{
    int64_t sum = 0;

    if (!r->complete || !f->at[r->whole].known)
        return SV_OK;
    for (size_t i = 0; i < r->n; i++) {
        const struct figure *part = &f->at[r->parts[i]];

        if (!part->known)
            return SV_OK;
        if (__builtin_add_overflow(sum, part->value, &sum))
            return SV_ERR_FORMAT;
    }
    return sum == f->at[r->whole].value ? SV_OK : SV_ERR_FORMAT;
}

/* seen[i]: the last relation, from 1, that has figure i as a part. */
static enum sv_err
decode_relation(const json_t *json, size_t number, size_t *seen, size_t *parts,
                struct figures *figures)
{
    const json_t *array = json_object_get(json, "parts");
    size_t n = json_array_size(array), whole = 0;
    enum sv_err err =
        decode_index(json_object_get(json, "whole"), figures->n, &whole);

    if (n > figures->n)
        return SV_ERR_FORMAT;
    for (size_t i = 0; i < n && err == SV_OK; i++) {
        err = decode_index(json_array_get(array, i), figures->n, &parts[i]);
        if (err == SV_OK && seen[parts[i]] == number)
            err = SV_ERR_FORMAT;
        if (err == SV_OK)
            seen[parts[i]] = number;
    }
    if (err == SV_OK)
        err = figures_relate(figures, whole, n, parts,
                             json_is_true(json_object_get(json, "complete")));
    if (err == SV_OK)
        err = check_sum(figures, &figures->relations[figures->n_relations - 1]);
    return err;
}

static enum sv_err
decode_relations(const json_t *array, struct figures *figures)
{
    size_t *seen = calloc(figures->n + 1, sizeof *seen);
    size_t *parts = calloc(figures->n + 1, sizeof *parts);
    enum sv_err err = seen != NULL && parts != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++)
        err = decode_relation(json_array_get(array, i), i + 1, seen, parts,
                              figures);
    free(seen);
    free(parts);
    return err;
}

static enum sv_err
decode_root(const json_t *root, struct plan_result *r)
{
    const json_t *plan = json_object_get(root, "plan");
    const char *profile = string_of(root, "profile");
    const char *basis = string_of(root, "basis");
    enum sv_err err;

    if (!json_is_string(plan) || json_string_length(plan) > PLAN_TEXT_MAX ||
        profile == NULL || basis == NULL)
        return SV_ERR_FORMAT;
    err = text_copy(bytes_text(profile), r->profile, sizeof r->profile);
    if (err == SV_OK)
        err = buf_text(&r->basis, basis);
    if (err == SV_OK)
        err = buf_text(&r->plan, json_string_value(plan));
    if (err == SV_OK)
        err = decode_figures(json_object_get(root, "figures"), &r->figures);
    if (err == SV_OK)
        err = decode_relations(json_object_get(root, "relations"), &r->figures);
    return err;
}

/* One result has one form: other members, orders, blanks are found so. */
static enum sv_err
check_form(const struct plan_result *r, struct bytes in)
{
    struct buf again = BUF_INIT;
    enum sv_err err =
        plan_json_encode(buf_bytes(&r->plan), r->profile, buf_bytes(&r->basis),
                         &r->figures, &again);

    if (err == SV_OK && !bytes_equal(buf_bytes(&again), in))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    return err;
}

enum sv_err
plan_json_decode(struct bytes in, struct plan_result *out)
{
    struct plan_result r = {0};
    json_t *root = NULL;
    enum sv_err err;

    if (in.len > PLAN_JSON_MAX)
        return SV_ERR_FORMAT;
    err = json_text_get(in, &root, NULL);
    if (err == SV_OK)
        err = decode_root(root, &r);
    if (err == SV_OK)
        err = check_form(&r, in);
    json_decref(root);
    if (err != SV_OK) {
        plan_json_clear(&r);
        return err == SV_ERR_NOMEM ? err : SV_ERR_FORMAT;
    }
    *out = r;
    return SV_OK;
}
