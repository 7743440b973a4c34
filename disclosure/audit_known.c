#include "disclosure/audit_internal.h"

static bool
has_earlier(const struct audit *a)
{
    for (size_t i = 0; i < a->facts->n_figures; i++)
        if (a->facts->figures[i].release != a->rules->new_release)
            return true;
    return false;
}

/* What the earlier releases alone tell of it, by integer arithmetic: a
 * solver that lies would make findings known before. */
static struct program_range
earlier_range(const struct audit *a, const struct program *p,
              const struct audit_finding *f)
{
    struct program_range r = p->sets[a->model->set_of[f->figure]];

    if (f->minus != AUDIT_NONE) {
        struct program_range part = p->sets[a->model->set_of[f->minus]];

        r = (struct program_range){r.lo - part.hi, r.hi - part.lo};
        if (r.lo < 0)
            r.lo = 0;
    }
    return r;
}

static bool
is_known(const struct audit *a, const struct program *p,
         const struct audit_finding *f)
{
    size_t set = a->model->set_of[f->figure];
    size_t opposite = a->model->sets[set].opposite;
    struct program_range r = earlier_range(a, p, f);

    if (f->verdict == AUDIT_GROUP && f->hi > 0)
        return p->sets[opposite].hi <= 0;
    return r.lo >= f->lo && r.hi <= f->hi;
}

enum sv_err
audit_find_known(struct audit *a)
{
    struct program *p = NULL;
    enum sv_err err;

    if (!has_earlier(a))
        return SV_OK;
    err = program_new(a->model, a->rules->new_release, MODEL_NONE, &p);
    for (size_t i = 0; i < a->n_findings && err == SV_OK; i++)
        a->findings[i].known_before = is_known(a, p, &a->findings[i]);
    program_free(p);
    return err;
}
