#include "counts/annual_tally.h"

#include <assert.h>
#include <string.h>

static const struct content_field *
field_of(const struct content *c, const char *name)
{
    const struct schema_field *field;
    size_t at;

    field = schema_field(c->compartment, bytes_text(name), &at);
    assert(field != NULL); /* annual_new() looked */
    return field != NULL ? &c->fields[at] : NULL;
}

/* The i-th value, or nothing. */
static struct bytes
value_of(const struct content *c, const char *name, size_t i)
{
    const struct content_field *f = field_of(c, name);

    if (f == NULL || !f->given || f->missing != MISSING_NOT || i >= f->n)
        return bytes_of(NULL, 0);
    return bytes_of(f->values[i].ptr, f->values[i].len);
}

static bool
is(const struct content *c, const char *name, const char *code)
{
    return text_is(value_of(c, name, 0), code);
}

static void
bump(struct annual_tally *t, enum annual_list list, struct bytes code)
{
    const struct schema_list *codes = t->codes[list];
    const struct schema_code *found = schema_code(codes, code);

    counted_add(&t->lists[list][found != NULL ? (size_t)(found - codes->codes)
                                              : codes->n],
                t->key);
}

/* By all values of the list's field. */
static void
bump_all(struct annual_tally *t, enum annual_list list, const struct content *c)
{
    const struct annual_source *source = annual_layout_source(list);
    const struct content_field *f = field_of(c, source->field);
    struct bytes code;

    for (size_t i = 0; (code = value_of(c, source->field, i)).len > 0; i++)
        bump(t, list, code);
    if (value_of(c, source->field, 0).len > 0)
        return;
    if (source->complete || !f->given || f->missing != MISSING_NOT_APPLICABLE)
        counted_add(&t->lists[list][t->codes[list]->n], t->key);
}

/* The citizenship that counts: nothing where none is known. */
static struct bytes
citizenship_of(const struct content *c)
{
    struct bytes code;

    for (size_t i = 0; (code = value_of(c, "citizenship", i)).len > 0; i++) {
        if (text_is(code, "JPN"))
            return code;
    }
    return value_of(c, "citizenship", 0);
}

/* In which of the two years it lies; ANNUAL_YEARS: in neither. */
static size_t
year_of_date(const struct annual_tally *t, struct bytes date)
{
    char day[ANNUAL_DATE_SIZE];
    char first[ANNUAL_DATE_SIZE], last[ANNUAL_DATE_SIZE];

    if (date.len == 0 || text_copy(date, day, sizeof day) != SV_OK)
        return ANNUAL_YEARS;
    for (unsigned y = 0; y < ANNUAL_YEARS; y++) {
        annual_spec_period(&t->spec, t->spec.year - y, first, last);
        if (strcmp(first, day) <= 0 && strcmp(day, last) <= 0)
            return y;
    }
    return ANNUAL_YEARS;
}

static size_t
year_of_victim(const struct annual_tally *t, const struct content *c)
{
    uint64_t year;

    if (!is(c, "identification_status", "actual") ||
        !is(c, "counted_by", t->spec.authority))
        return ANNUAL_YEARS;
    if (t->spec.fiscal)
        return year_of_date(t, value_of(c, "identified_on", 0));
    if (text_u64(value_of(c, "counted_year", 0), t->spec.year - 1, t->spec.year,
                 &year) != SV_OK)
        return ANNUAL_YEARS;
    return t->spec.year - (size_t)year;
}

static enum annual_count
age_group(const struct annual_tally *t, const struct content *c)
{
    uint64_t age;

    if (text_u64(value_of(c, "age_at_protection", 0), 0, UINT64_MAX, &age) !=
        SV_OK)
        return COUNT_NO_AGE;
    return age < t->spec.minor_age ? COUNT_MINORS : COUNT_ADULTS;
}

void
annual_tally_victim(struct annual_tally *t, const struct content *c)
{
    size_t year = year_of_victim(t, c);
    struct bytes country = citizenship_of(c);
    enum annual_count citizenship = COUNT_FOREIGN;

    if (year == ANNUAL_YEARS)
        return;
    if (country.len == 0)
        citizenship = COUNT_NO_CITIZENSHIP;
    else if (text_is(country, "JPN"))
        citizenship = COUNT_JAPANESE;
    counted_add(&t->counts[year][COUNT_VICTIMS], t->key);
    counted_add(&t->counts[year][citizenship], t->key);
    counted_add(&t->counts[year][age_group(t, c)], t->key);
    if (year != 0)
        return;
    bump_all(t, LIST_GENDER, c);
    bump_all(t, LIST_ROUTE, c);
    bump_all(t, LIST_DECIDED, c);
    bump_all(t, LIST_SERVICE, c);
    bump_all(t, LIST_PROTECTION, c);
    if (citizenship != COUNT_FOREIGN)
        return;
    bump(t, LIST_COUNTRY, country);
    bump_all(t, LIST_STATUS, c);
    bump_all(t, LIST_MEASURES, c);
    bump_all(t, LIST_RETURN, c);
}

static bool
is_one_of(const struct content *c, const char *name, const char *const *codes)
{
    for (size_t i = 0; codes[i] != NULL; i++) {
        if (is(c, name, codes[i]))
            return true;
    }
    return false;
}

/* How a prosecution ended, or where it stands. */
static enum annual_count
outcome_of(const struct content *c)
{
    static const char *const other[] = {"acquitted", "dismissed", NULL};
    static const char *const judged[] = {"judgment", "appeal", "final", NULL};

    if (is(c, "stage", "sent_to_family_court") ||
        is(c, "outcome", "protective_measure"))
        return COUNT_FAMILY_COURT;
    if (is(c, "outcome", "guilty"))
        return COUNT_GUILTY;
    if (is(c, "outcome", "pending"))
        return COUNT_PENDING;
    if (is_one_of(c, "outcome", other))
        return COUNT_OTHER_OUTCOME;
    return is_one_of(c, "stage", judged) ? COUNT_NO_OUTCOME : COUNT_PENDING;
}

void
annual_tally_suspect(struct annual_tally *t, const struct content *c)
{
    static const char *const before[] = {"arrest", "referred_to_prosecutor",
                                         NULL};
    size_t year = year_of_date(t, value_of(c, "arrested_on", 0));

    if (year == ANNUAL_YEARS)
        return;
    counted_add(&t->counts[year][COUNT_SUSPECTS], t->key);
    if (is(c, "stage", "not_prosecuted")) {
        counted_add(&t->counts[year][COUNT_NOT_PROSECUTED], t->key);
    } else if (is_one_of(c, "stage", before) ||
               (value_of(c, "stage", 0).len == 0 &&
                value_of(c, "outcome", 0).len == 0)) {
        counted_add(&t->counts[year][COUNT_UNDECIDED], t->key);
    } else {
        counted_add(&t->counts[year][COUNT_PROSECUTED], t->key);
        counted_add(&t->counts[year][outcome_of(c)], t->key);
    }
    if (year != 0)
        return;
    bump_all(t, LIST_SUSPECT_GENDER, c);
    bump(t, LIST_SUSPECT_COUNTRY, citizenship_of(c));
}

void
annual_tally_offence(struct annual_tally *t, const struct content *c)
{
    size_t year = year_of_date(t, value_of(c, "cleared_on", 0));

    if (year < ANNUAL_YEARS)
        counted_add(&t->counts[year][COUNT_OFFENCES], t->key);
}

static const struct {
    const char *type, *field;
} fields[] = {
    {"victim", "identification_status"},
    {"victim", "counted_by"},
    {"victim", "counted_year"},
    {"victim", "identified_on"},
    {"victim", "age_at_protection"},
    {"suspect", "arrested_on"},
    {"suspect", "stage"},
    {"suspect", "outcome"},
    {"offence", "cleared_on"},
};

size_t
annual_tally_fields(void)
{
    return sizeof fields / sizeof *fields;
}

void
annual_tally_field(size_t i, const char **type, const char **field)
{
    assert(i < annual_tally_fields());
    *type = fields[i].type;
    *field = fields[i].field;
}
