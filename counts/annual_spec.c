#include "counts/annual_spec.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FIRST_LINE "svault/annual/v1"
#define JAPAN_MS ((uint64_t)9 * 3600 * 1000)
#define DAY_MS ((uint64_t)24 * 3600 * 1000)

static enum sv_err
refuse(struct diag *where, size_t line, const char *name, const char *reason)
{
    diag_set(where, line, name, reason);
    return SV_ERR_INPUT;
}

void
annual_spec_period(const struct annual_spec *spec, unsigned year,
                   char first[static ANNUAL_DATE_SIZE],
                   char last[static ANNUAL_DATE_SIZE])
{
    unsigned y = year % 10000, next = (year + 1) % 10000;

    if (spec->fiscal) {
        (void)snprintf(first, ANNUAL_DATE_SIZE, "%04u-04-01", y);
        (void)snprintf(last, ANNUAL_DATE_SIZE, "%04u-03-31", next);
    } else {
        (void)snprintf(first, ANNUAL_DATE_SIZE, "%04u-01-01", y);
        (void)snprintf(last, ANNUAL_DATE_SIZE, "%04u-12-31", y);
    }
}

const struct schema_list *
annual_spec_authorities(const struct schema *schema)
{
    const struct schema_type *type = schema_type(schema, "victim");
    const struct schema_compartment *facts = NULL;
    const struct schema_field *field = NULL;

    if (type != NULL)
        facts = schema_compartment(type, "facts", NULL);
    if (facts != NULL)
        field = schema_field(facts, bytes_text("counted_by"), NULL);
    return field != NULL ? field->list : NULL;
}

static bool
is_authority(const struct schema *schema, const char *code)
{
    const struct schema_list *all;

    if (!text_is_code(bytes_text(code)))
        return false;
    if (schema == NULL)
        return true;
    all = annual_spec_authorities(schema);
    return all != NULL && schema_code(all, bytes_text(code)) != NULL;
}

enum sv_err
annual_spec_check(const struct annual_spec *spec, const struct schema *schema,
                  struct diag *where)
{
    char first[ANNUAL_DATE_SIZE], last[ANNUAL_DATE_SIZE];

    if (spec->year < ANNUAL_YEAR_MIN || spec->year > ANNUAL_YEAR_MAX)
        return refuse(where, 2, "year", N_("not a year from 1990 to 2199"));
    if (!is_authority(schema, spec->authority))
        return refuse(where, 3, "authority",
                      N_("not one of the authorities that count"));
    if (!text_is_date(bytes_text(spec->as_of)))
        return refuse(where, 5, "as-of", N_("not a date that exists"));
    annual_spec_period(spec, spec->year, first, last);
    if (strcmp(spec->as_of, first) < 0)
        return refuse(where, 5, "as-of",
                      N_("lies before the year that is counted"));
    if (spec->minor_age != 18 && spec->minor_age != 20)
        return refuse(where, 6, "minor-age", N_("it is 18 or 20"));
    return SV_OK;
}

enum sv_err
annual_spec_check_today(const struct annual_spec *spec, const char *today,
                        struct diag *where)
{
    if (strcmp(spec->as_of, today) > 0)
        return refuse(where, 5, "as-of", N_("lies in the future"));
    return SV_OK;
}

enum sv_err
annual_spec_encode(const struct annual_spec *spec, struct buf *out)
{
    return buf_printf(out,
                      FIRST_LINE "\nyear %u\nauthority %s\nperiod %s\n"
                                 "as-of %s\nminor-age %u\n",
                      spec->year, spec->authority,
                      spec->fiscal ? "fiscal" : "calendar", spec->as_of,
                      spec->minor_age);
}

/* The line "name value" into *value. */
static bool
value_of(struct bytes *rest, const char *name, struct bytes *value)
{
    return text_line(rest, value) && text_skip(value, name) &&
           text_skip(value, " ");
}

static bool
parse_number(struct bytes *rest, const char *name, unsigned *out)
{
    struct bytes value;
    uint64_t v;

    if (!value_of(rest, name, &value) || text_u64(value, 0, 9999, &v) != SV_OK)
        return false;
    *out = (unsigned)v;
    return true;
}

static bool
parse_text(struct bytes *rest, const char *name, char *out, size_t size)
{
    struct bytes value;

    return value_of(rest, name, &value) && text_copy(value, out, size) == SV_OK;
}

static bool
parse_period(struct bytes *rest, bool *fiscal)
{
    char period[NAME_SIZE];

    if (!parse_text(rest, "period", period, sizeof period))
        return false;
    *fiscal = strcmp(period, "fiscal") == 0;
    return *fiscal || strcmp(period, "calendar") == 0;
}

static enum sv_err
parse_lines(struct bytes text, struct annual_spec *s, struct diag *where)
{
    static const char malformed[] = N_("not as it should be written");
    struct bytes line;

    if (!text_line(&text, &line) || !text_is(line, FIRST_LINE))
        return refuse(where, 1, NULL,
                      N_("not what a yearly report is asked "
                         "for by"));
    if (!parse_number(&text, "year", &s->year))
        return refuse(where, 2, "year", malformed);
    if (!parse_text(&text, "authority", s->authority, sizeof s->authority))
        return refuse(where, 3, "authority", malformed);
    if (!parse_period(&text, &s->fiscal))
        return refuse(where, 4, "period", N_("neither calendar nor fiscal"));
    if (!parse_text(&text, "as-of", s->as_of, sizeof s->as_of))
        return refuse(where, 5, "as-of", malformed);
    if (!parse_number(&text, "minor-age", &s->minor_age))
        return refuse(where, 6, "minor-age", malformed);
    if (text.len > 0)
        return refuse(where, 7, NULL, N_("more than there should be"));
    return SV_OK;
}

enum sv_err
annual_spec_parse(struct bytes text, const struct schema *schema,
                  struct annual_spec *out, struct diag *where)
{
    struct annual_spec spec = {0};
    struct buf again = BUF_INIT;
    enum sv_err err = parse_lines(text, &spec, where);

    if (err == SV_OK)
        err = annual_spec_check(&spec, schema, where);
    if (err == SV_OK)
        err = annual_spec_encode(&spec, &again);
    if (err != SV_OK)
        goto out;
    if (!bytes_equal(buf_bytes(&again), text)) {
        err = refuse(where, 0, NULL, N_("not as it should be written"));
        goto out;
    }
    *out = spec;
out:
    buf_free(&again);
    return err;
}

void
annual_spec_today(uint64_t now_ms, char out[static ANNUAL_DATE_SIZE])
{
    char time[TIME_SIZE];

    text_time(now_ms + JAPAN_MS, time);
    (void)snprintf(out, ANNUAL_DATE_SIZE, "%.10s", time);
}

uint64_t
annual_day_end_ms(const char *date)
{
    struct tm day = {0};
    time_t begins;

    if (strptime(date, "%Y-%m-%d", &day) == NULL)
        return 0;
    begins = timegm(&day);
    if (begins < (time_t)(JAPAN_MS / 1000))
        return 0;
    return (uint64_t)begins * 1000 - JAPAN_MS + DAY_MS - 1;
}

uint64_t
annual_spec_as_of_ms(const struct annual_spec *spec)
{
    return annual_day_end_ms(spec->as_of);
}
