#include <inttypes.h>

#include "counts/csv.h"
#include "counts/plan_derive.h"
#include "counts/plan_text.h"

/* Appends until the first failure. */
struct page {
    struct buf *out;
    enum sv_err err;
};

static void
put(struct page *p, const char *text)
{
    if (p->err == SV_OK)
        p->err = buf_text(p->out, text);
}

static void
put_text(struct page *p, const char *text)
{
    if (p->err == SV_OK)
        p->err = csv_cell(p->out, bytes_text(text));
}

static void
put_value(struct page *p, const struct figure *f)
{
    if (p->err != SV_OK || !f->known)
        return;
    p->err = f->is_percent ? plan_derive_text(f, p->out)
                           : buf_printf(p->out, "%" PRId64, f->value);
}

enum sv_err
plan_text_csv(const struct figures *figures, struct buf *out)
{
    size_t was = out->len;
    struct page p = {out, SV_OK};

    put(&p, "name,value,reason\r\n");
    for (size_t i = 0; i < figures->n; i++) {
        const struct figure *f = &figures->at[i];

        if (f->unprinted)
            continue;
        put_text(&p, f->name);
        put(&p, ",");
        put_value(&p, f);
        put(&p, ",");
        put_text(&p, f->known ? "" : f->reason);
        put(&p, "\r\n");
    }
    if (p.err != SV_OK)
        buf_truncate(out, was);
    return p.err;
}
