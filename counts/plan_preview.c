#include "counts/plan_tally.h"

static int64_t
round_at(const struct figures *f, size_t at, const uint8_t round_key[32])
{
    return figures_round(&f->at[at].of, round_key);
}

/* The later figure is the earlier one and the change: tally_end() said so. */
static bool
round_change(const struct figures *f, size_t change,
             const uint8_t round_key[32], int64_t *out)
{
    for (size_t i = 0; i < f->n_relations; i++) {
        const struct figure_relation *r = &f->relations[i];
        size_t other;

        if (!r->complete || r->n != 2 ||
            (r->parts[0] != change && r->parts[1] != change))
            continue;
        other = r->parts[0] == change ? r->parts[1] : r->parts[0];
        *out = round_at(f, r->whole, round_key) - round_at(f, other, round_key);
        return true;
    }
    return false;
}

enum sv_err
plan_preview(const struct figures *exact, const uint8_t round_key[32],
             struct figures *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < exact->n && err == SV_OK; i++) {
        const struct figure *f = &exact->at[i];
        int64_t value = 0;
        size_t at = 0;

        if (f->unprinted)
            continue;
        if (!f->is_change)
            value = round_at(exact, i, round_key);
        else if (!round_change(exact, i, round_key, &value))
            continue;
        if (value == 0)
            continue;
        err = figures_add(out, f->name, value, &at);
        if (err == SV_OK)
            out->at[at].is_change = f->is_change;
    }
    return err;
}
