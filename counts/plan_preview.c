#include "counts/plan_cell.h"
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

static enum sv_err
is_shown(const struct plan *p, const struct figure *f, bool *out)
{
    struct plan_cell cell;
    size_t table;
    enum sv_err err = plan_cell_parse(p, bytes_text(f->name), &table, &cell);

    *out = err == SV_OK && !f->unprinted;
    for (size_t i = 0; err == SV_OK && i < p->tables[table].n_by; i++) {
        const struct plan_variable *v = &p->variables[p->tables[table].by[i]];

        if (cell.code[i] != PLAN_CELL_ALL && cell.code[i] >= v->n_codes)
            *out = false;
    }
    return err;
}

enum sv_err
plan_preview(const struct plan *p, const struct figures *exact,
             const uint8_t round_key[32], struct figures *out)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < exact->n && err == SV_OK; i++) {
        const struct figure *f = &exact->at[i];
        bool shown = false;
        int64_t value = 0;
        size_t at = 0;

        err = is_shown(p, f, &shown);
        if (err != SV_OK || !shown)
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
