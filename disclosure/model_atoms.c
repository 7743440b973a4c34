#include <stdlib.h>
#include <string.h>

#include "disclosure/model_internal.h"
#include "disclosure/model_tables.h"

/* Rows while they are made; of cells first, of atoms in the end. */
struct growing {
    struct model_rows rows;
    size_t cap_rows, cap_entries;
};

static size_t
entries_of(const struct model_rows *r)
{
    return r->n == 0 ? 0 : r->start[r->n];
}

/* Room for one more row of so many entries; the row is begun. */
static enum sv_err
begin_row(struct growing *g, size_t entries)
{
    struct model_rows *r = &g->rows;
    size_t was = entries_of(r), need = was + entries;

    if (need > MODEL_ENTRIES_MAX)
        return SV_ERR_RANGE;
    if (r->n + 2 > g->cap_rows) {
        size_t cap = 2 * r->n + 64;
        size_t *wider = realloc(r->start, cap * sizeof *wider);

        if (wider == NULL)
            return SV_ERR_NOMEM;
        r->start = wider;
        g->cap_rows = cap;
    }
    if (need >= g->cap_entries) { /* at first, too */
        size_t cap = 2 * need + 64;
        uint32_t *atom = realloc(r->atom, cap * sizeof *atom);
        int64_t *factor;

        if (atom == NULL)
            return SV_ERR_NOMEM;
        r->atom = atom;
        factor = realloc(r->factor, cap * sizeof *factor);
        if (factor == NULL)
            return SV_ERR_NOMEM;
        r->factor = factor;
        g->cap_entries = cap;
    }
    r->start[r->n] = was;
    r->start[++r->n] = was;
    return SV_OK;
}

static void
put_entry(struct model_rows *r, uint32_t atom, int64_t factor)
{
    size_t at = r->start[r->n]++;

    r->atom[at] = atom;
    r->factor[at] = factor;
}

static void
free_growing(struct growing *g)
{
    free(g->rows.start);
    free(g->rows.atom);
    free(g->rows.factor);
}

/* ---- cells ---- */

/* The cells of a set, in the table in which they are the fewest. */
static enum sv_err
put_set(const struct model *m, const struct tables *tables,
        const struct model_set *s, struct growing *out)
{
    const struct table *best = NULL;
    size_t least = MODEL_NONE;
    struct model_rows *r = &out->rows;
    enum sv_err err;

    for (size_t i = 0; i < tables->n && !s->nobody; i++) {
        const struct table *t = &tables->at[i];
        size_t n = t->population == s->population
                       ? table_count(m, t, s->n_terms, s->terms)
                       : MODEL_NONE;

        if (n < least) {
            least = n;
            best = t;
        }
    }
    err = begin_row(out, best != NULL ? least : 0);
    if (err != SV_OK || best == NULL)
        return err;
    table_cells(m, best, s->n_terms, s->terms, &r->atom[entries_of(r)]);
    for (size_t i = 0; i < least; i++)
        put_entry(r, r->atom[entries_of(r)], 1);
    return SV_OK;
}

/* What two tables have in common, and one class of each axis of it. */
struct shared {
    size_t n;
    struct model_term terms[TABLE_AXES_MAX];
    uint64_t classes[TABLE_AXES_MAX][FACTS_CODES_MAX / 64];
};

static void
find_shared(const struct table *a, const struct table *b, struct shared *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0, j = 0; i < a->n_axes; i++) {
        while (j < b->n_axes && b->axes[j] < a->axes[i])
            j++;
        if (j == b->n_axes || b->axes[j] != a->axes[i])
            continue;
        out->classes[out->n][0] = 1;
        out->terms[out->n] =
            (struct model_term){a->axes[i], out->classes[out->n]};
        out->n++;
    }
}

/* To the next combination of classes; false behind the last. */
static bool
next_shared(const struct model *m, struct shared *s)
{
    for (size_t i = s->n; i-- > 0;) {
        const struct model_axis *a = &m->axes[s->terms[i].axis];
        uint64_t *classes = s->classes[i];
        size_t at = 0;

        while (!bit_is_set(classes, at))
            at++;
        classes[at / 64] = 0;
        if (at + 1 < a->n_classes) {
            bit_set(classes, at + 1);
            return true;
        }
        bit_set(classes, 0);
    }
    return false;
}

static void
put_side(const struct model *m, const struct table *t, const struct shared *s,
         int64_t factor, struct model_rows *r)
{
    size_t n = table_count(m, t, s->n, s->terms);

    table_cells(m, t, s->n, s->terms, &r->atom[entries_of(r)]);
    for (size_t i = 0; i < n; i++)
        put_entry(r, r->atom[entries_of(r)], factor);
}

static enum sv_err
put_ties(const struct model *m, const struct table *t,
         const struct table *parent, struct growing *out)
{
    struct shared s;
    enum sv_err err;

    find_shared(t, parent, &s);
    do {
        err = begin_row(out, table_count(m, t, s.n, s.terms) +
                                 table_count(m, parent, s.n, s.terms));
        if (err == SV_OK) {
            put_side(m, t, &s, 1, &out->rows);
            put_side(m, parent, &s, -1, &out->rows);
        }
    } while (err == SV_OK && next_shared(m, &s));
    return err;
}

/* ---- atoms ---- */

/* Cells become atoms: parted by every row, as long as a row parts them. */
struct parting {
    uint32_t *atom_of; /* of each cell */
    uint32_t *size, *in, *fresh, *touched;
    bool *seen; /* is it in any row? */
    size_t n_cells, n_atoms;
};

static void
free_parting(struct parting *p)
{
    free(p->atom_of);
    free(p->size);
    free(p->in);
    free(p->fresh);
    free(p->touched);
    free(p->seen);
}

static enum sv_err
init_parting(struct parting *p, size_t n_cells)
{
    *p = (struct parting){.n_cells = n_cells, .n_atoms = 1};
    p->atom_of = calloc(n_cells + 1, sizeof *p->atom_of);
    p->size = calloc(n_cells + 2, sizeof *p->size);
    p->in = calloc(n_cells + 2, sizeof *p->in);
    p->fresh = calloc(n_cells + 2, sizeof *p->fresh);
    p->touched = calloc(n_cells + 2, sizeof *p->touched);
    p->seen = calloc(n_cells + 1, sizeof *p->seen);
    if (p->atom_of == NULL || p->size == NULL || p->in == NULL ||
        p->fresh == NULL || p->touched == NULL || p->seen == NULL)
        return SV_ERR_NOMEM;
    p->size[0] = (uint32_t)n_cells;
    return SV_OK;
}

/* Part by these cells, each of which is there once. */
static void
part(struct parting *p, const uint32_t cells[], size_t n)
{
    size_t n_touched = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t atom = p->atom_of[cells[i]];

        p->seen[cells[i]] = true;
        if (p->in[atom]++ == 0)
            p->touched[n_touched++] = atom;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t was = p->atom_of[cells[i]];

        if (p->in[was] == p->size[was])
            continue;
        if (p->fresh[was] == 0)
            p->fresh[was] = (uint32_t)p->n_atoms++;
        p->atom_of[cells[i]] = p->fresh[was];
        p->size[p->fresh[was]]++;
    }
    for (size_t i = 0; i < n_touched; i++) {
        uint32_t atom = p->touched[i];

        if (p->fresh[atom] != 0)
            p->size[atom] -= p->in[atom];
        p->in[atom] = 0;
        p->fresh[atom] = 0;
    }
}

/* Part by the entries of a row that have this factor: they lie together. */
static void
part_by(struct parting *p, const struct model_rows *r, size_t row,
        int64_t factor)
{
    size_t from = r->start[row], to = r->start[row + 1];

    while (from < to && r->factor[from] != factor)
        from++;
    while (to > from && r->factor[to - 1] != factor)
        to--;
    part(p, &r->atom[from], to - from);
}

/* Number the atoms that are in some row from 0 on. */
static enum sv_err
number_atoms(struct parting *p)
{
    uint32_t *number = calloc(p->n_atoms + 1, sizeof *number);
    uint32_t n = 0;

    if (number == NULL)
        return SV_ERR_NOMEM;
    for (size_t i = 0; i < p->n_cells; i++)
        if (p->seen[i] && number[p->atom_of[i]] == 0)
            number[p->atom_of[i]] = ++n;
    for (size_t i = 0; i < p->n_cells; i++)
        if (p->seen[i])
            p->atom_of[i] = number[p->atom_of[i]] - 1;
    p->n_atoms = n;
    free(number);
    return SV_OK;
}

/* From cells to atoms: each once, where several of its cells were. */
static void
merge(struct parting *p, struct model_rows *r)
{
    size_t out = 0, from = 0;

    memset(p->in, 0, p->n_cells * sizeof *p->in);
    for (size_t row = 0; row < r->n; row++) {
        size_t first = out, to = r->start[row + 1];

        for (size_t i = from; i < to; i++) {
            uint32_t atom = p->atom_of[r->atom[i]];

            if (p->in[atom] == row + 1)
                continue;
            p->in[atom] = (uint32_t)row + 1;
            r->atom[out] = atom;
            r->factor[out++] = r->factor[i];
        }
        r->start[row] = first;
        from = to;
    }
    if (r->n > 0)
        r->start[r->n] = out;
}

static enum sv_err
make_atoms(struct model *m, size_t n_cells, struct model_rows *members,
           struct model_rows *ties)
{
    struct parting p;
    enum sv_err err = init_parting(&p, n_cells);

    for (size_t i = 0; i < members->n && err == SV_OK; i++)
        part_by(&p, members, i, 1);
    for (size_t i = 0; i < ties->n && err == SV_OK; i++) {
        part_by(&p, ties, i, 1);
        part_by(&p, ties, i, -1);
    }
    if (err == SV_OK)
        err = number_atoms(&p);
    if (err == SV_OK) {
        merge(&p, members);
        merge(&p, ties);
        m->n_atoms = p.n_atoms;
    }
    free_parting(&p);
    return err;
}

/* ---- statements ---- */

/* sums: one for each atom, 0 before and behind. */
static enum sv_err
put_statement(const struct model *m, const struct facts_statement *s,
              int64_t sums[], struct growing *out)
{
    size_t n = 0;
    enum sv_err err;

    for (size_t i = 0; i < s->n; i++) {
        size_t set = m->set_of[s->figures[i]];

        for (size_t j = m->members.start[set]; j < m->members.start[set + 1];
             j++)
            sums[m->members.atom[j]] += s->factors[i];
    }
    for (size_t i = 0; i < m->n_atoms; i++)
        n += sums[i] != 0 ? 1 : 0;
    err = begin_row(out, n);
    for (size_t i = 0; i < m->n_atoms; i++) {
        if (sums[i] != 0 && err == SV_OK)
            put_entry(&out->rows, (uint32_t)i, sums[i]);
        sums[i] = 0;
    }
    return err;
}

static enum sv_err
make_statements(struct model *m, struct growing *out)
{
    int64_t *sums = calloc(m->n_atoms + 1, sizeof *sums);
    enum sv_err err = sums != NULL ? SV_OK : SV_ERR_NOMEM;

    for (size_t i = 0; i < m->facts->n_statements && err == SV_OK; i++)
        err = put_statement(m, &m->facts->statements[i], sums, out);
    free(sums);
    return err;
}

/* ---- all of it ---- */

/* Rows that were made, at least with an end. */
static enum sv_err
take(struct growing *g, struct model_rows *out)
{
    if (g->rows.start == NULL) {
        g->rows.start = calloc(1, sizeof *g->rows.start);
        g->rows.atom = calloc(1, sizeof *g->rows.atom);
        if (g->rows.start == NULL || g->rows.atom == NULL)
            return SV_ERR_NOMEM;
    }
    *out = g->rows;
    *g = (struct growing){0};
    return SV_OK;
}

static enum sv_err
put_all(const struct model *m, const struct tables *tables,
        struct growing *members, struct growing *ties)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++)
        err = put_set(m, tables, &m->sets[i], members);
    for (size_t i = 0; i < tables->n && err == SV_OK; i++)
        if (tables->at[i].parent != MODEL_NONE)
            err = put_ties(m, &tables->at[i], &tables->at[tables->at[i].parent],
                           ties);
    return err;
}

enum sv_err
model_make_atoms(struct model *m)
{
    struct tables tables;
    struct growing members = {0}, ties = {0}, statements = {0};
    enum sv_err err = tables_make(m, &tables);

    if (err != SV_OK)
        return err;
    err = put_all(m, &tables, &members, &ties);
    if (err == SV_OK)
        err = make_atoms(m, tables.n_cells, &members.rows, &ties.rows);
    if (err == SV_OK)
        err = take(&members, &m->members);
    if (err == SV_OK)
        err = take(&ties, &m->ties);
    if (err == SV_OK)
        err = make_statements(m, &statements);
    if (err == SV_OK)
        err = take(&statements, &m->statements);
    free_growing(&members);
    free_growing(&ties);
    free_growing(&statements);
    tables_clear(&tables);
    return err;
}
