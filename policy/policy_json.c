#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "policy/policy_build.h"

/* Set the place and give the result for it. */
static enum sv_err
refuse(struct diag *where, const char *place, const char *reason)
{
    diag_set(where, 0, place, reason);
    return SV_ERR_INPUT;
}

/* A fact that policy_build refused. */
static enum sv_err
explain(enum sv_err err, struct diag *where, const char *place)
{
    switch (err) {
    case SV_OK:
    case SV_ERR_NOMEM:
        return err;
    case SV_ERR_NOT_FOUND:
        return refuse(where, place, N_("names what is not defined"));
    case SV_ERR_EXISTS:
        return refuse(where, place, N_("says the same twice"));
    case SV_ERR_RANGE:
        return refuse(where, place, N_("too many"));
    default:
        return refuse(where, place, N_("not as it should be written"));
    }
}

/* Every key of the object must be in the NULL-terminated list. */
static enum sv_err
only_keys(json_t *object, const char *const *known, const char *place,
          struct diag *where)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return refuse(where, place, N_("not an object"));
    json_object_foreach(object, key, value)
    {
        size_t i = 0;

        while (known[i] != NULL && strcmp(known[i], key) != 0)
            i++;
        if (known[i] == NULL)
            return refuse(where, place, N_("has an unknown key"));
    }
    return SV_OK;
}

static bool
text_of(const json_t *value, struct bytes *out)
{
    if (!json_is_string(value))
        return false;
    *out = bytes_of(json_string_value(value), json_string_length(value));
    return true;
}

/* ---- columns, purposes, roles ---- */

typedef enum sv_err (*build_fn)(struct policy *p, struct bytes text);

/* Each string of a list, which must be there. */
static enum sv_err
load_list(struct policy *p, const json_t *list, build_fn build,
          const char *place, struct diag *where)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(list))
        return refuse(where, place, N_("not a list"));
    for (size_t i = 0; i < json_array_size(list) && err == SV_OK; i++) {
        struct bytes text;

        if (!text_of(json_array_get(list, i), &text))
            return refuse(where, place, N_("not a list of texts"));
        err = explain(build(p, text), where, place);
    }
    return err;
}

static enum sv_err
load_cells(struct policy *p, unsigned role, json_t *cells, struct diag *where)
{
    const char *key;
    json_t *value;
    struct bytes letters;
    enum sv_err err;

    if (!json_is_object(cells))
        return refuse(where, p->roles[role].name, N_("has no cells"));
    json_object_foreach(cells, key, value)
    {
        if (!text_of(value, &letters))
            return refuse(where, key, N_("not a text"));
        err = explain(policy_build_cell(p, role, bytes_text(key), letters),
                      where, key);
        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

static enum sv_err
load_act(struct policy *p, unsigned role, const char *act, const json_t *types,
         struct diag *where)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(types))
        return refuse(where, act, N_("not a list"));
    if (json_array_size(types) == 0)
        return explain(
            policy_build_act(p, role, bytes_text(act), bytes_of(NULL, 0)),
            where, act);
    for (size_t i = 0; i < json_array_size(types) && err == SV_OK; i++) {
        struct bytes type;

        if (!text_of(json_array_get(types, i), &type) || type.len == 0)
            return refuse(where, act, N_("not a list of texts"));
        err = explain(policy_build_act(p, role, bytes_text(act), type), where,
                      act);
    }
    return err;
}

static enum sv_err
load_acts(struct policy *p, unsigned role, json_t *acts, struct diag *where)
{
    const char *key;
    json_t *value;

    if (!json_is_object(acts))
        return refuse(where, p->roles[role].name, N_("has no acts"));
    json_object_foreach(acts, key, value)
    {
        enum sv_err err = load_act(p, role, key, value, where);

        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

static enum sv_err
load_purposes(struct policy *p, unsigned role, json_t *object,
              struct diag *where)
{
    const char *place = p->roles[role].name;
    const json_t *list = json_object_get(object, "purposes");
    struct bytes text;
    enum sv_err err;

    if (!json_is_array(list) ||
        !text_of(json_object_get(object, "default_purpose"), &text))
        return refuse(where, place, N_("has no purposes or no default"));
    err = explain(policy_build_default(p, role, text), where, place);
    for (size_t i = 0; i < json_array_size(list) && err == SV_OK; i++) {
        if (!text_of(json_array_get(list, i), &text))
            return refuse(where, place, N_("not a list of texts"));
        err = explain(policy_build_names(p, role, text), where, place);
    }
    return err;
}

static enum sv_err
load_days(struct policy_role *r, const json_t *days, struct diag *where)
{
    json_int_t n;

    if (days == NULL)
        return SV_OK;
    n = json_is_integer(days) ? json_integer_value(days) : 0;
    if (n < 1 || n > POLICY_GRANT_DAYS_MAX)
        return refuse(where, r->name, N_("not a number of days"));
    r->grant_days_max = (unsigned)n;
    return SV_OK;
}

static enum sv_err
load_role(struct policy *p, json_t *object, struct diag *where)
{
    static const char *const known[] = {
        "name",     "cells",          "acts", "default_purpose",
        "purposes", "grant_days_max", NULL};
    struct bytes name;
    unsigned role;
    enum sv_err err = only_keys(object, known, "roles", where);

    if (err != SV_OK)
        return err;
    if (!text_of(json_object_get(object, "name"), &name))
        return refuse(where, "roles", N_("has no name"));
    err = explain(policy_build_role(p, name), where, "roles");
    if (err != SV_OK)
        return err;
    role = p->n_roles - 1;
    err = load_cells(p, role, json_object_get(object, "cells"), where);
    if (err == SV_OK)
        err = load_acts(p, role, json_object_get(object, "acts"), where);
    if (err == SV_OK)
        err = load_purposes(p, role, object, where);
    if (err == SV_OK)
        err = load_days(&p->roles[role],
                        json_object_get(object, "grant_days_max"), where);
    return err;
}

static enum sv_err
load_roles(struct policy *p, const json_t *list, struct diag *where)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(list))
        return refuse(where, "roles", N_("not a list"));
    for (size_t i = 0; i < json_array_size(list) && err == SV_OK; i++)
        err = load_role(p, json_array_get(list, i), where);
    return err;
}

/* ---- limits ---- */

static enum sv_err
load_limits(struct policy *p, json_t *limits, struct diag *where)
{
    static const char *const known[] = {"count", "minutes", "outcome", NULL};
    const char *act;
    json_t *limit;
    enum sv_err err = SV_OK;

    if (limits == NULL)
        return SV_OK;
    if (!json_is_object(limits))
        return refuse(where, "limits", N_("not an object"));
    json_object_foreach(limits, act, limit)
    {
        json_int_t n = json_integer_value(json_object_get(limit, "count"));
        json_int_t m = json_integer_value(json_object_get(limit, "minutes"));
        json_t *outcome = json_object_get(limit, "outcome");
        const char *counted = json_string_value(outcome);

        err = only_keys(limit, known, act, where);
        if (err == SV_OK &&
            (n < 1 || m < 1 || m > 366LL * 24 * 60 ||
             (outcome != NULL &&
              (counted == NULL || strcmp(counted, "duplicate") != 0))))
            err = refuse(where, act, N_("a limit that is none"));
        if (err == SV_OK)
            err = explain(policy_build_limit(p, bytes_text(act), (uint64_t)n,
                                             (uint64_t)m * 60 * 1000,
                                             outcome != NULL),
                          where, act);
        if (err != SV_OK)
            break;
    }
    return err;
}

/* ---- exclusions: rules for people, pairs in the policy ---- */

/* The roles that a list of names means, as a mask. */
static enum sv_err
mask_of_names(const struct policy *p, const json_t *list, const char *place,
              struct diag *where, uint32_t *out)
{
    uint32_t mask = 0;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return refuse(where, place, N_("not a list"));
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct bytes name;
        int role;

        if (!text_of(json_array_get(list, i), &name))
            return refuse(where, place, N_("not a list of texts"));
        role = policy_build_find_role(p, name);
        if (role < 0)
            return refuse(where, place, N_("names what is not defined"));
        if ((mask & UINT32_C(1) << role) != 0)
            return refuse(where, place, N_("says the same twice"));
        mask |= UINT32_C(1) << role;
    }
    *out = mask;
    return SV_OK;
}

/* Every role with a cell in one of the columns named. */
static enum sv_err
mask_of_columns(const struct policy *p, struct bytes columns,
                struct diag *where, uint32_t *out)
{
    uint32_t mask = 0;
    struct bytes name;

    while (text_split(&columns, ' ', &name)) {
        int column = policy_build_find_column(p, name);

        if (column < 0)
            return refuse(where, "exclusions", N_("names what is not defined"));
        for (unsigned i = 0; i < p->n_roles; i++) {
            if (p->roles[i].cells[column] != 0)
                mask |= UINT32_C(1) << i;
        }
    }
    *out = mask;
    return SV_OK;
}

/* "holders", "all", "holders-of COLUMN...", or a list of roles. */
static enum sv_err
mask_of_rule(const struct policy *p, const json_t *rule, struct diag *where,
             uint32_t *out)
{
    uint32_t mask = 0;
    struct bytes text;

    if (!text_of(rule, &text))
        return mask_of_names(p, rule, "exclusions", where, out);
    if (text_skip(&text, "holders-of "))
        return mask_of_columns(p, text, where, out);
    if (!text_is(text, "all") && !text_is(text, "holders"))
        return refuse(where, "exclusions", N_("an unknown rule"));
    for (unsigned i = 0; i < p->n_roles; i++) {
        if (text_is(text, "all") || policy_holds_keys(p, i))
            mask |= UINT32_C(1) << i;
    }
    *out = mask;
    return SV_OK;
}

static void
set_excludes(struct policy *p, uint32_t these, uint32_t those, bool value)
{
    for (unsigned i = 0; i < p->n_roles; i++) {
        for (unsigned j = 0; j < p->n_roles; j++) {
            if (i != j && (these & UINT32_C(1) << i) != 0 &&
                (those & UINT32_C(1) << j) != 0)
                p->excludes[i][j] = p->excludes[j][i] = value;
        }
    }
}

static enum sv_err
load_exclusion(struct policy *p, json_t *object, struct diag *where)
{
    static const char *const known[] = {"roles", "exclude", NULL};
    uint32_t these = 0, those = 0;
    enum sv_err err = only_keys(object, known, "exclusions", where);

    if (err == SV_OK)
        err = mask_of_names(p, json_object_get(object, "roles"), "exclusions",
                            where, &these);
    if (err == SV_OK)
        err =
            mask_of_rule(p, json_object_get(object, "exclude"), where, &those);
    if (err == SV_OK)
        set_excludes(p, these, those, true);
    return err;
}

static enum sv_err
load_exclusions(struct policy *p, const json_t *list, struct diag *where)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(list))
        return refuse(where, "exclusions", N_("not a list"));
    for (size_t i = 0; i < json_array_size(list) && err == SV_OK; i++)
        err = load_exclusion(p, json_array_get(list, i), where);
    return err;
}

/* ---- profiles: what they change ---- */

/* Cells that a profile gives instead of the matrix's. */
static enum sv_err
relax_cells(struct policy *p, json_t *roles, struct diag *where)
{
    const char *key;
    json_t *cells;

    if (roles == NULL)
        return SV_OK;
    if (!json_is_object(roles))
        return refuse(where, "profiles", N_("not an object"));
    json_object_foreach(roles, key, cells)
    {
        int role = policy_build_find_role(p, bytes_text(key));
        const char *name;
        json_t *value;
        enum sv_err err;

        if (role < 0)
            return refuse(where, "profiles", N_("names what is not defined"));
        json_object_foreach(cells, name, value)
        {
            int column = policy_build_find_column(p, bytes_text(name));

            if (column >= 0)
                p->roles[role].cells[column] = 0;
        }
        err = load_cells(p, (unsigned)role, cells, where);
        if (err != SV_OK)
            return err;
    }
    return SV_OK;
}

/* Roles of one group may be one person's. */
static enum sv_err
relax_exclusions(struct policy *p, const json_t *groups, struct diag *where)
{
    if (groups == NULL)
        return SV_OK;
    if (!json_is_array(groups))
        return refuse(where, "profiles", N_("not a list"));
    for (size_t i = 0; i < json_array_size(groups); i++) {
        uint32_t mask = 0;
        enum sv_err err = mask_of_names(p, json_array_get(groups, i),
                                        "profiles", where, &mask);

        if (err != SV_OK)
            return err;
        set_excludes(p, mask, mask, false);
    }
    return SV_OK;
}

static enum sv_err
relax_assigning(struct policy *p, const json_t *roles, struct diag *where)
{
    uint32_t mask = 0;
    enum sv_err err;

    if (roles == NULL)
        return SV_OK;
    err = mask_of_names(p, roles, "profiles", where, &mask);
    for (unsigned i = 0; i < p->n_roles && err == SV_OK; i++)
        p->roles[i].self_assigns = (mask & UINT32_C(1) << i) != 0;
    return err;
}

/* A profile's cells come first: the exclusions look at them. */
static enum sv_err
load_profile(struct policy *p, json_t *root, const char *name,
             struct diag *where)
{
    static const char *const known[] = {"permit", "cells", "self_assigns",
                                        NULL};
    json_t *profile = json_object_get(json_object_get(root, "profiles"), name);
    enum sv_err err;

    if (profile == NULL ||
        text_copy(bytes_text(name), p->profile, sizeof p->profile) != SV_OK)
        return refuse(where, "profiles", N_("there is no such profile"));
    err = only_keys(profile, known, "profiles", where);
    if (err == SV_OK)
        err = relax_cells(p, json_object_get(profile, "cells"), where);
    if (err == SV_OK)
        err = load_exclusions(p, json_object_get(root, "exclusions"), where);
    if (err == SV_OK)
        err = relax_exclusions(p, json_object_get(profile, "permit"), where);
    if (err == SV_OK)
        err =
            relax_assigning(p, json_object_get(profile, "self_assigns"), where);
    return err;
}

static enum sv_err
load(struct policy *p, json_t *root, const char *profile, struct diag *where)
{
    static const char *const known[] = {"format",   "columns", "purposes",
                                        "roles",    "limits",  "exclusions",
                                        "profiles", NULL};
    struct bytes format;
    enum sv_err err = only_keys(root, known, "", where);

    if (err != SV_OK)
        return err;
    if (!text_of(json_object_get(root, "format"), &format) ||
        !text_is(format, "svault/policy/v1"))
        return refuse(where, "format", N_("an unknown format"));
    err = load_list(p, json_object_get(root, "columns"), policy_build_column,
                    "columns", where);
    if (err == SV_OK)
        err = load_list(p, json_object_get(root, "purposes"),
                        policy_build_purpose, "purposes", where);
    if (err == SV_OK)
        err = load_roles(p, json_object_get(root, "roles"), where);
    if (err == SV_OK)
        err = load_limits(p, json_object_get(root, "limits"), where);
    if (err == SV_OK)
        err = load_profile(p, root, profile, where);
    if (err == SV_OK)
        err = policy_check(p, where);
    return err;
}

enum sv_err
policy_from_json(struct bytes json, const char *profile, struct policy *out,
                 struct diag *where)
{
    struct policy *p = calloc(1, sizeof *p);
    json_t *root = NULL;
    json_error_t wrong = {0};
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_NOMEM;
    err = json_text_get(json, &root, &wrong);
    if (err == SV_ERR_FORMAT) {
        diag_set(where, wrong.line > 0 ? (size_t)wrong.line : 0, NULL,
                 N_("not valid JSON"));
        err = SV_ERR_INPUT;
    }
    if (err == SV_OK)
        err = load(p, root, profile, where);
    if (err == SV_OK)
        *out = *p;
    json_decref(root);
    free(p);
    return err;
}
