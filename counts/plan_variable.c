#include "counts/plan_variable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_KINDS ((size_t)MISSING_N - 1)
#define MINOR_BELOW 18

enum { AGE_MINOR, AGE_ADULT };
enum { NATIONALITY_JAPANESE, NATIONALITY_FOREIGN };

static const struct schema_code age_codes[] = {
    [AGE_MINOR] = {"0-17", {"0-17", "0～17歳"}, "", ""},
    [AGE_ADULT] = {"18+", {"18 and over", "18歳以上"}, "", ""},
};
static const struct schema_code nationality_codes[] = {
    [NATIONALITY_JAPANESE] = {"japanese", {"Japanese", "日本人"}, "", ""},
    [NATIONALITY_FOREIGN] = {"foreign", {"Foreign", "外国人"}, "", ""},
};
static const struct schema_list age_list = {PLAN_AGE_BAND_NAME, 2, age_codes};
static const struct schema_list nationality_list = {"nationality_group", 2,
                                                    nationality_codes};

/* What is derived, and from which of two fields. */
static const struct derived {
    enum plan_source source;
    const struct schema_list *list;
    const char *label[SCHEMA_LANGS];
    const char *from[2];
} derived[] = {
    {PLAN_AGE_BAND,
     &age_list,
     {"Age band", "年齢区分"},
     {"age_at_protection", "age_at_arrest"}},
    {PLAN_NATIONALITY,
     &nationality_list,
     {"Nationality", "国籍区分"},
     {"citizenship", "citizenship"}},
};
#define DERIVED_N (sizeof derived / sizeof derived[0])

/* What an outsider can know of somebody. */
static const char *const keys[] = {
    "age_band",          "citizenship", "exploitation_country", "gender",
    "nationality_group", "occupation",  "primary_language"};
#define KEYS_N (sizeof keys / sizeof keys[0])

/* The field that d is read from; false where the compartment has none. */
static bool
derived_field(const struct schema_compartment *c, const struct derived *d,
              size_t *at)
{
    return schema_field(c, bytes_text(d->from[0]), at) != NULL ||
           schema_field(c, bytes_text(d->from[1]), at) != NULL;
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Levenshtein's distance, letters of either case alike. */
static size_t
edits(struct bytes a, struct bytes b)
{
    size_t row[PLAN_WORD_SIZE];

    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < b.len; k++) {
            bool same = lower(a.ptr[i]) == lower(b.ptr[k]);
            size_t best = diagonal + (same ? 0 : 1);

            diagonal = row[k + 1];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[k + 1] = best;
        }
    }
    return row[b.len];
}

/* How far apart; SIZE_MAX where nobody would take one for the other. */
static size_t
distance_of(struct bytes word, struct bytes candidate)
{
    struct bytes shorter = word.len < candidate.len ? word : candidate;
    struct bytes longer = word.len < candidate.len ? candidate : word;
    size_t n;

    if (longer.len > PLAN_WORD_MAX)
        return SIZE_MAX;
    if (bytes_equal(word, bytes_text("sex")) &&
        bytes_equal(candidate, bytes_text("gender")))
        return 0;
    n = edits(word, candidate);
    /* The beginning of a word is as good as one wrong letter. */
    if (shorter.len >= 3 && n > 1 &&
        bytes_equal(shorter, bytes_slice(longer, 0, shorter.len)))
        n = 1;
    return n * 2 <= longer.len ? n : SIZE_MAX;
}

void
plan_variable_nearest(struct bytes word, const char *candidate,
                      size_t *distance, char best[static PLAN_WORD_SIZE])
{
    size_t n = distance_of(word, bytes_text(candidate));

    if (n == SIZE_MAX || (best[0] != '\0' && n >= *distance))
        return;
    *distance = n;
    (void)snprintf(best, PLAN_WORD_SIZE, "%s", candidate);
}

static void
nearest_variable(const struct schema_compartment *c, struct bytes name,
                 char nearest[static PLAN_WORD_SIZE])
{
    size_t distance = 0, at;

    for (size_t i = 0; i < DERIVED_N; i++) {
        if (derived_field(c, &derived[i], &at))
            plan_variable_nearest(name, derived[i].list->name, &distance,
                                  nearest);
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->fields[i].kind == FIELD_CODE)
            plan_variable_nearest(name, c->fields[i].name, &distance, nearest);
    }
}

static int
compare_codes(const struct plan_variable *v, size_t a, size_t b)
{
    return bytes_compare(bytes_text(plan_variable_code(v, a)),
                         bytes_text(plan_variable_code(v, b)));
}

/* Bytewise order, by insertion: lists are short and nearly in order. */
static enum sv_err
sort_codes(struct plan_variable *v)
{
    uint16_t *sorted;

    if (v->list->n > UINT16_MAX - MISSING_N - 1)
        return SV_ERR_RANGE;
    v->n_codes = v->list->n + MISSING_KINDS;
    sorted = calloc(v->n_codes, sizeof *sorted);
    if (sorted == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < v->n_codes; i++) {
        size_t at = i;

        for (; at > 0 && compare_codes(v, sorted[at - 1], i) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = (uint16_t)i;
    }
    v->sorted = sorted;
    return SV_OK;
}

/* In place of a field without codes: what is derived from it. */
static void
nearest_coded(const struct schema_compartment *c, struct bytes name,
              size_t field, char nearest[static PLAN_WORD_SIZE])
{
    size_t at;

    nearest_variable(c, name, nearest);
    for (size_t i = 0; i < DERIVED_N; i++) {
        if (derived_field(c, &derived[i], &at) && at == field)
            (void)snprintf(nearest, PLAN_WORD_SIZE, "%s",
                           derived[i].list->name);
    }
}

static bool
find_derived(const struct schema_compartment *c, struct bytes name,
             struct plan_variable *v)
{
    for (size_t i = 0; i < DERIVED_N; i++) {
        const struct derived *d = &derived[i];

        if (!text_is(name, d->list->name) || !derived_field(c, d, &v->field))
            continue;
        v->source = d->source;
        v->list = d->list;
        v->label[SCHEMA_EN] = d->label[SCHEMA_EN];
        v->label[SCHEMA_JA] = d->label[SCHEMA_JA];
        return true;
    }
    return false;
}

static bool
find_field(const struct schema_compartment *c, struct bytes name,
           struct plan_variable *v, const char **reason,
           char nearest[static PLAN_WORD_SIZE])
{
    const struct schema_field *f = schema_field(c, name, &v->field);

    if (f == NULL) {
        *reason = N_("no such field is counted here");
        nearest_variable(c, name, nearest);
        return false;
    }
    if (f->kind != FIELD_CODE) {
        *reason = N_("only fields with codes can be counted by");
        nearest_coded(c, name, v->field, nearest);
        return false;
    }
    v->source = PLAN_FIELD;
    v->list = f->list;
    v->multi = f->repeated;
    v->label[SCHEMA_EN] = f->label[SCHEMA_EN];
    v->label[SCHEMA_JA] = f->label[SCHEMA_JA];
    return true;
}

static bool
is_secret(struct bytes name)
{
    for (size_t i = 0; i < KEYS_N; i++) {
        if (text_is(name, keys[i]))
            return false;
    }
    return true;
}

enum sv_err
plan_variable_find(const struct schema_compartment *c, struct bytes name,
                   struct plan_variable *out, const char **reason,
                   char nearest[static PLAN_WORD_SIZE])
{
    struct plan_variable v = {0};
    enum sv_err err;

    nearest[0] = '\0';
    if (!find_derived(c, name, &v) && !find_field(c, name, &v, reason, nearest))
        return SV_ERR_NOT_FOUND;
    v.secret = is_secret(name);
    err = text_copy(name, v.name, sizeof v.name);
    if (err == SV_OK)
        err = sort_codes(&v);
    if (err == SV_OK)
        *out = v;
    return err;
}

void
plan_variable_clear(struct plan_variable *v)
{
    free(v->sorted);
    free(v->groups);
    free(v->group_of);
    *v = (struct plan_variable){0};
}

static enum missing
missing_of(const struct plan_variable *v, size_t code)
{
    return (enum missing)(code - v->list->n + 1);
}

const char *
plan_variable_code(const struct plan_variable *v, size_t code)
{
    return code < v->list->n ? v->list->codes[code].code
                             : missing_name(missing_of(v, code));
}

uint16_t
plan_variable_group(const struct plan_variable *v, size_t code)
{
    if (v->n_groups == 0 || code >= v->n_codes ||
        v->group_of[code] == PLAN_NO_GROUP)
        return PLAN_NO_GROUP;
    return (uint16_t)(v->n_codes + v->group_of[code]);
}

const char *
plan_variable_label(const struct plan_variable *v, size_t code,
                    enum schema_lang lang)
{
    if (code >= v->n_codes)
        return v->groups[code - v->n_codes];
    return code < v->list->n ? v->list->codes[code].label[lang]
                             : missing_label(missing_of(v, code), lang);
}

const char *
plan_variable_part(const struct plan_variable *v, size_t code)
{
    if (code >= v->n_codes)
        return v->groups[code - v->n_codes];
    /* A figure's name has no '+'. */
    if (v->source == PLAN_AGE_BAND && code == AGE_ADULT)
        return "18_plus";
    return plan_variable_code(v, code);
}

size_t
plan_variable_part_max(const struct plan_variable *v)
{
    size_t max = 0;

    for (size_t i = 0; i < v->n_codes + v->n_groups; i++) {
        size_t n = strlen(plan_variable_part(v, i));

        if (n > max)
            max = n;
    }
    return max;
}

/* Halving search. */
static bool
search(const struct plan_variable *v, struct bytes code, size_t *at)
{
    size_t from = 0, to = v->n_codes;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        struct bytes here =
            bytes_text(plan_variable_code(v, v->sorted[middle]));
        int order = bytes_compare(here, code);

        if (order == 0) {
            *at = v->sorted[middle];
            return true;
        }
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

enum sv_err
plan_variable_lookup(const struct plan_variable *v, struct bytes code,
                     size_t *at, char nearest[static PLAN_WORD_SIZE])
{
    size_t distance = 0;

    nearest[0] = '\0';
    if (search(v, code, at))
        return SV_OK;
    for (size_t i = 0; i < v->n_codes; i++)
        plan_variable_nearest(code, plan_variable_code(v, i), &distance,
                              nearest);
    return SV_ERR_NOT_FOUND;
}

enum sv_err
plan_variable_parse(const struct plan_variable *v, struct bytes part,
                    size_t *at)
{
    if (search(v, part, at) && text_is(part, plan_variable_part(v, *at)))
        return SV_OK;
    if (v->source == PLAN_AGE_BAND &&
        text_is(part, plan_variable_part(v, AGE_ADULT))) {
        *at = AGE_ADULT;
        return SV_OK;
    }
    for (size_t i = 0; i < v->n_groups; i++) {
        if (text_is(part, v->groups[i])) {
            *at = v->n_codes + i;
            return SV_OK;
        }
    }
    return SV_ERR_NOT_FOUND;
}

static enum sv_err
read_age(const struct content_field *f, uint16_t *out)
{
    uint64_t age;

    if (f->n != 1 || text_u64(bytes_of(f->values[0].ptr, f->values[0].len), 0,
                              UINT32_MAX, &age) != SV_OK)
        return SV_ERR_FORMAT;
    *out = age < MINOR_BELOW ? AGE_MINOR : AGE_ADULT;
    return SV_OK;
}

static uint16_t
read_nationality(const struct content_field *f)
{
    for (size_t i = 0; i < f->n; i++) {
        if (text_is(bytes_of(f->values[i].ptr, f->values[i].len), "JPN"))
            return NATIONALITY_JAPANESE;
    }
    return NATIONALITY_FOREIGN;
}

static enum sv_err
read_codes(const struct plan_variable *v, const struct content_field *f,
           uint16_t out[static FIELD_REPEAT_MAX], size_t *n)
{
    if (f->n == 0 || f->n > FIELD_REPEAT_MAX)
        return SV_ERR_FORMAT;
    for (size_t i = 0; i < f->n; i++) {
        size_t at;

        if (!search(v, bytes_of(f->values[i].ptr, f->values[i].len), &at))
            return SV_ERR_FORMAT;
        out[i] = (uint16_t)at;
    }
    *n = f->n;
    return SV_OK;
}

enum sv_err
plan_variable_read(const struct plan_variable *v, const struct content *coded,
                   uint16_t out[static FIELD_REPEAT_MAX], size_t *n)
{
    const struct content_field *f = &coded->fields[v->field];
    enum missing missing = f->given ? f->missing : MISSING_NOT_ASKED;

    *n = 1;
    if (missing != MISSING_NOT) {
        out[0] = (uint16_t)(v->list->n + (size_t)missing - 1);
        return SV_OK;
    }
    if (v->source == PLAN_AGE_BAND)
        return read_age(f, &out[0]);
    if (v->source == PLAN_NATIONALITY) {
        out[0] = read_nationality(f);
        return SV_OK;
    }
    return read_codes(v, f, out, n);
}
