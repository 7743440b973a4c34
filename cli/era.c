#include "cli/era.h"

#include <string.h>

struct era {
    const char *name;
    uint8_t letter; /* folded */
    unsigned year;
    const char *start;
};

/* The newest first: each ends where the one above it begins. */
static const struct era eras[] = {
    {"令和", 'r', 2019, "2019-05-01"}, {"平成", 'h', 1989, "1989-01-08"},
    {"昭和", 's', 1926, "1926-12-25"}, {"大正", 't', 1912, "1912-07-30"},
    {"明治", 'm', 1868, "1868-01-25"},
};
#define ERAS (sizeof eras / sizeof *eras)

/* NFKC, lower case, and no spaces at all. */
static enum sv_err
squeeze(struct bytes typed, struct buf *out)
{
    struct buf wide = BUF_INIT;
    enum sv_err err = text_nfkc(typed, &wide);

    for (size_t i = 0; err == SV_OK && i < wide.len; i++) {
        uint8_t c = wide.ptr[i];

        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (c != ' ')
            err = buf_append(out, bytes_of(&c, 1));
    }
    buf_free(&wide);
    return err;
}

/* Decimal digits at the start of *t, at most n. */
static bool
number(struct bytes *t, size_t n, unsigned *out)
{
    unsigned v = 0;
    size_t i = 0;

    for (; i < n && i < t->len && t->ptr[i] >= '0' && t->ptr[i] <= '9'; i++)
        v = v * 10 + (unsigned)(t->ptr[i] - '0');
    *t = bytes_slice(*t, i, t->len - i);
    *out = v;
    return i > 0;
}

static const struct era *
era_of(struct bytes *t)
{
    for (size_t i = 0; i < ERAS; i++) {
        if (text_skip(t, eras[i].name))
            return &eras[i];
        if (t->len > 0 && t->ptr[0] == eras[i].letter) {
            *t = bytes_slice(*t, 1, t->len - 1);
            (void)text_skip(t, ".");
            return &eras[i];
        }
    }
    return NULL;
}

static bool
year_of(struct bytes *t, const struct era *era, unsigned *year)
{
    size_t before = t->len;

    if (era == NULL)
        return number(t, 4, year) && before - t->len == 4;
    if (text_skip(t, "元"))
        *year = 1;
    else if (!number(t, 2, year) || *year == 0)
        return false;
    *year += era->year - 1;
    return true;
}

/* Month and day, with signs or the same separator twice, to the very end. */
static bool
rest_of(struct bytes *t, unsigned *month, unsigned *day)
{
    char separator[2] = "";

    if (text_skip(t, "年"))
        return number(t, 2, month) && text_skip(t, "月") && number(t, 2, day) &&
               text_skip(t, "日") && t->len == 0;
    if (t->len == 0 || strchr("-/.", t->ptr[0]) == NULL)
        return false;
    separator[0] = (char)t->ptr[0];
    return text_skip(t, separator) && number(t, 2, month) &&
           text_skip(t, separator) && number(t, 2, day) && t->len == 0;
}

static bool
is_within(const char *date, const struct era *era)
{
    return strcmp(date, era->start) >= 0 &&
           (era == eras || strcmp(date, era[-1].start) < 0);
}

enum sv_err
era_date(struct bytes typed, char out[static ERA_DATE_SIZE],
         const char **reason)
{
    struct buf text = BUF_INIT, date = BUF_INIT;
    unsigned year, month, day;
    const struct era *era;
    struct bytes t;
    enum sv_err err;

    err = squeeze(typed, &text);
    if (err == SV_ERR_FORMAT)
        err = SV_OK; /* broken UTF-8: no date, below */
    if (err != SV_OK)
        goto out;
    t = buf_bytes(&text);
    era = era_of(&t);
    if (!year_of(&t, era, &year) || !rest_of(&t, &month, &day)) {
        *reason = N_("this is not a date; write it as 2022-12-01 or R4.12.1");
        err = SV_ERR_INPUT;
        goto out;
    }
    err = buf_printf(&date, "%04u-%02u-%02u", year, month, day);
    if (err != SV_OK)
        goto out;
    if (!text_is_date(buf_bytes(&date))) {
        *reason = N_("there is no such day between 1900 and 2199");
        err = SV_ERR_INPUT;
        goto out;
    }
    err = buf_append(&date, bytes_of("", 1));
    if (err == SV_OK && era != NULL &&
        !is_within((const char *)date.ptr, era)) {
        *reason = N_("that day is not in this era");
        err = SV_ERR_INPUT;
    }
    if (err == SV_OK)
        memcpy(out, date.ptr, ERA_DATE_SIZE);
out:
    buf_free(&text);
    buf_free(&date);
    return err;
}
