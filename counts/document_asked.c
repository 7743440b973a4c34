#include "counts/document.h"
#include "counts/document_decode.h"
#include "counts/plan.h"

/* The plan in its one form; another text of it is another request's. */
static bool
is_plan(const struct schema *schema, struct bytes asked, struct bytes canonical,
        enum sv_err *err)
{
    struct plan_fault fault = {0};
    struct plan *plan = NULL;
    bool same;

    *err = plan_parse(schema, asked, &plan, &fault);
    same = *err == SV_OK && bytes_equal(plan_canonical(plan), canonical);
    plan_free(plan);
    return same;
}

static bool
is_annual(const struct annual_spec *spec, struct bytes asked, enum sv_err *err)
{
    struct buf text = BUF_INIT;
    bool same;

    *err = annual_spec_encode(spec, &text);
    same = *err == SV_OK && bytes_equal(buf_bytes(&text), asked);
    buf_free(&text);
    return same;
}

enum sv_err
document_check_asked(struct bytes json, const struct schema *schema,
                     struct bytes spec, struct bytes basis)
{
    struct document d;
    bool same;
    enum sv_err err = document_decode(json, &d);

    if (err != SV_OK)
        return err;
    if (d.is_annual)
        same = is_annual(&d.annual.spec, spec, &err) &&
               text_is(basis, d.annual.basis);
    else
        same = is_plan(schema, spec, buf_bytes(&d.plan.plan), &err) &&
               bytes_equal(basis, buf_bytes(&d.plan.basis));
    document_clear(&d);
    if (err == SV_ERR_NOMEM)
        return err;
    return same ? SV_OK : SV_ERR_TAMPERED;
}
