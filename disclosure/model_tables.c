#include "disclosure/model_tables.h"

#include <stdlib.h>

void
tables_clear(struct tables *t)
{
    free(t->at);
    *t = (struct tables){0};
}

/* ---- from sets to cliques ---- */

/* The axes of a population that tell somebody apart: the nodes of its graph. */
struct nodes {
    size_t n;
    size_t axis[MODEL_AXES];
    size_t node[MODEL_AXES]; /* of each axis */
};

static void
find_nodes(const struct model *m, size_t population, struct nodes *out)
{
    out->n = 0;
    for (size_t i = 0; i < MODEL_AXES; i++)
        if (m->axes[i].population == population && m->axes[i].n_classes > 1) {
            out->node[i] = out->n;
            out->axis[out->n++] = i;
        }
}

static enum sv_err
make_graph(const struct model *m, size_t population, const struct nodes *nodes,
           struct graph *out)
{
    enum sv_err err = graph_init(out, nodes->n);

    for (size_t i = 0; i < nodes->n && err == SV_OK; i++)
        out->weight[i] = m->axes[nodes->axis[i]].n_classes;
    for (size_t i = 0; i < m->n_sets && err == SV_OK; i++) {
        const struct model_set *s = &m->sets[i];

        if (s->population != population)
            continue;
        /* Too many for one clique: it is found out, not drawn. */
        if (s->n_terms > TABLE_AXES_MAX)
            err = SV_ERR_RANGE;
        for (size_t j = 0; j < s->n_terms && err == SV_OK; j++)
            for (size_t k = 0; k < j; k++)
                graph_edge(out, nodes->node[s->terms[j].axis],
                           nodes->node[s->terms[k].axis]);
    }
    return err;
}

static enum sv_err
add_table(const struct model *m, const struct nodes *nodes,
          const uint64_t *clique, struct tables *out)
{
    struct table *t = &out->at[out->n];

    t->n_cells = 1;
    t->first = out->n_cells;
    for (size_t i = 0; i < nodes->n; i++) {
        if (!bit_is_set(clique, i))
            continue;
        if (t->n_axes == TABLE_AXES_MAX)
            return SV_ERR_RANGE;
        t->axes[t->n_axes++] = nodes->axis[i];
    }
    for (size_t i = t->n_axes; i-- > 0;) {
        t->stride[i] = t->n_cells;
        t->n_cells *= m->axes[t->axes[i]].n_classes;
    }
    out->n++;
    out->n_cells += t->n_cells;
    return out->n_cells <= MODEL_ATOMS_MAX ? SV_OK : SV_ERR_RANGE;
}

static enum sv_err
add_junction(const struct model *m, size_t population,
             const struct nodes *nodes, const struct junction *j,
             struct tables *out)
{
    size_t first = out->n;
    struct table *wider = realloc(out->at, (out->n + j->n) * sizeof *out->at);
    enum sv_err err = SV_OK;

    if (wider == NULL)
        return SV_ERR_NOMEM;
    out->at = wider;
    for (size_t i = 0; i < j->n && err == SV_OK; i++) {
        out->at[out->n] = (struct table){.population = population,
                                         .parent = j->parent[i] == JUNCTION_ROOT
                                                       ? MODEL_NONE
                                                       : first + j->parent[i]};
        err = add_table(m, nodes, &j->cliques[i * j->n_words], out);
    }
    return err;
}

static enum sv_err
add_population(const struct model *m, size_t population, struct tables *out)
{
    struct nodes nodes;
    struct graph g = {0};
    struct junction j = {0};
    enum sv_err err;

    find_nodes(m, population, &nodes);
    err = make_graph(m, population, &nodes, &g);
    if (err == SV_OK)
        err = junction_make(&g, MODEL_ATOMS_MAX, &j);
    if (err == SV_OK)
        err = add_junction(m, population, &nodes, &j, out);
    graph_clear(&g);
    junction_clear(&j);
    return err;
}

enum sv_err
tables_make(const struct model *m, struct tables *out)
{
    enum sv_err err = SV_OK;

    *out = (struct tables){0};
    for (size_t i = 0; i < m->facts->n_populations && err == SV_OK; i++)
        err = add_population(m, i, out);
    if (err != SV_OK)
        tables_clear(out);
    return err;
}

/* ---- from sets to cells ---- */

/* The classes that the terms leave of each axis of a table; NULL: all. */
static bool
allow(const struct table *t, size_t n_terms, const struct model_term terms[],
      const uint64_t *allowed[static TABLE_AXES_MAX])
{
    size_t at = 0;

    for (size_t i = 0; i < t->n_axes; i++) {
        allowed[i] = NULL;
        if (at < n_terms && terms[at].axis == t->axes[i])
            allowed[i] = terms[at++].classes;
    }
    return at == n_terms;
}

size_t
table_count(const struct model *m, const struct table *t, size_t n_terms,
            const struct model_term terms[])
{
    const uint64_t *allowed[TABLE_AXES_MAX];
    size_t n = 1;

    if (!allow(t, n_terms, terms, allowed))
        return MODEL_NONE;
    for (size_t i = 0; i < t->n_axes; i++) {
        const struct model_axis *a = &m->axes[t->axes[i]];

        n *= allowed[i] != NULL ? bits_count(allowed[i], a->n_words)
                                : a->n_classes;
    }
    return n;
}

struct listing {
    const struct model *m;
    const struct table *t;
    const uint64_t *allowed[TABLE_AXES_MAX];
    uint32_t *out;
};

/* The cells from the axis at on, of those whose number begins with cell. */
static void
list_cells(struct listing *l, size_t at, size_t cell)
{
    if (at == l->t->n_axes) {
        *l->out++ = (uint32_t)cell;
        return;
    }
    for (size_t i = 0; i < l->m->axes[l->t->axes[at]].n_classes; i++)
        if (l->allowed[at] == NULL || bit_is_set(l->allowed[at], i))
            list_cells(l, at + 1, cell + i * l->t->stride[at]);
}

void
table_cells(const struct model *m, const struct table *t, size_t n_terms,
            const struct model_term terms[], uint32_t out[])
{
    struct listing l = {.m = m, .t = t, .out = out};

    if (allow(t, n_terms, terms, l.allowed))
        list_cells(&l, 0, t->first);
}
