#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counts/annual_layout.h"
#include "counts/annual_text.h"
#include "counts/csv.h"

static enum sv_err
put_cell(struct buf *out, const char *text)
{
    return csv_cell(out, bytes_text(text));
}

static enum sv_err
put_row(struct buf *out, const char *name, const char *value,
        const char *reason)
{
    enum sv_err err = put_cell(out, name);

    if (err == SV_OK)
        err = buf_text(out, ",");
    if (err == SV_OK)
        err = put_cell(out, value);
    if (err == SV_OK)
        err = buf_text(out, ",");
    if (err == SV_OK)
        err = put_cell(out, reason);
    return err == SV_OK ? buf_text(out, "\r\n") : err;
}

static enum sv_err
put_figure(struct buf *out, const struct figure *f)
{
    const struct annual_item *item = annual_layout_item(f->name);
    enum sv_err err;

    if (item != NULL && item->kind == ANNUAL_BEFORE)
        return SV_OK;
    if (!f->known)
        return put_row(out, f->name, "", f->reason);
    err = put_cell(out, f->name);
    /* A number of ours is no formula, whatever its sign. */
    return err == SV_OK ? buf_printf(out, ",%" PRId64 ",\r\n", f->value) : err;
}

static enum sv_err
put_head(struct buf *out, const struct annual_report *r)
{
    const struct annual_spec *s = &r->spec;
    bool preview = strcmp(r->profile, ANNUAL_PREVIEW) == 0;
    enum sv_err err = put_row(out, "name", "value", "reason");

    if (err == SV_OK)
        err =
            put_row(out, "profile", r->profile, preview ? "NOT RELEASED" : "");
    if (err == SV_OK)
        err = buf_printf(out, "year,%u,\r\n", s->year);
    if (err == SV_OK)
        err = put_row(out, "as_of", s->as_of, "");
    if (err == SV_OK)
        err = put_row(out, "authority", s->authority, "");
    if (err == SV_OK)
        err = put_row(out, "period", s->fiscal ? "fiscal" : "calendar", "");
    if (err == SV_OK)
        err = buf_printf(out, "minor_age,%u,\r\n", s->minor_age);
    if (err == SV_OK && r->basis[0] != '\0')
        err = put_row(out, "basis", r->basis, "");
    return err;
}

enum sv_err
annual_text_csv(const struct annual_report *r, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = put_head(out, r);

    for (size_t i = 0; i < r->figures.n && err == SV_OK; i++)
        err = put_figure(out, &r->figures.at[i]);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}
