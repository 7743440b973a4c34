#include <string.h>

#include "counts/document.h"
#include "counts/label.h"
#include "counts/plan_advice.h"
#include "counts/plan_cell.h"

#include "fuzz/counted.h"

/*
 * Any text as a release plan: it is refused at a place within it, or has one
 * canonical text, which means the same.
 */

/* Is it a place of the text, or right behind its end? */
static void
check_place(struct bytes text, size_t line, size_t column)
{
    size_t at = 0;

    demand(line > 0 && column > 0);
    for (size_t i = 1; i < line; i++) {
        const uint8_t *end =
            at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;

        demand(end != NULL);
        at = (size_t)(end - text.ptr) + 1;
    }
    for (size_t i = 1; i < column; i++, at++)
        demand(at < text.len && text.ptr[at] != '\n');
}

static void
check_word(const char word[static PLAN_WORD_SIZE])
{
    demand(memchr(word, '\0', PLAN_WORD_SIZE) != NULL);
    for (; *word != '\0'; word++)
        demand(*word > ' ' && *word <= '~');
}

static void
check_fault(struct bytes text, const struct plan_fault *f)
{
    struct diag where = {0};

    demand(f->reason != NULL);
    check_place(text, f->line, f->column);
    check_word(f->word);
    check_word(f->nearest);
    plan_fault_diag(f, &where);
    demand(where.reason == f->reason && where.line == f->line);
}

/* What is canonical stays as it is. */
static void
check_canonical(const struct plan *p)
{
    struct plan_fault f = {0};
    struct plan *again = NULL;
    uint8_t hash[DIGEST_LEN], same[DIGEST_LEN];

    demand(plan_canonical(p).len <= PLAN_TEXT_MAX);
    demand_ok(plan_parse(counted_schema(), plan_canonical(p), &again, &f));
    demand(bytes_equal(plan_canonical(p), plan_canonical(again)));
    plan_hash(p, hash);
    plan_hash(again, same);
    demand(memcmp(hash, same, sizeof hash) == 0);
    demand(p->n == again->n && p->n_cells == again->n_cells);
    demand(p->n_known == again->n_known && p->method == again->method);
    for (size_t i = 0; i < p->n; i++)
        demand(plan_cell_count(p, &p->tables[i]) ==
               plan_cell_count(again, &again->tables[i]));
    plan_free(again);
}

static void
check_advice(struct bytes text, const struct plan *p)
{
    static struct plan_advice_list l;

    plan_advice_find(p, &l);
    demand(l.n <= sizeof l.at / sizeof l.at[0]);
    for (size_t i = 0; i < l.n; i++) {
        demand(l.at[i].kind < PLAN_ADVICE_N);
        check_place(text, l.at[i].line, l.at[i].column);
        demand(l.at[i].table[0] != '\0');
    }
}

static void
check_rules(struct bytes text, const struct plan *p)
{
    struct plan_fault f = {0};
    uint64_t ms = 0;

    if (plan_check_preview(p, &f) != SV_OK)
        check_fault(text, &f);
    if (plan_check_today(p, "2022-03-31", &f) != SV_OK)
        check_fault(text, &f);
    demand_ok(document_as_of(counted_schema(), text, &ms));
    demand(ms == plan_as_of_ms(p));
    demand(document_profile(plan_canonical(p)) != NULL);
}

/* The names of cells at the corners of a table, and back. */
static void
check_names(const struct plan *p, size_t table)
{
    const struct plan_table *t = &p->tables[table];
    struct buf name = BUF_INIT;

    for (unsigned corner = 0; corner < 1u << (2 * t->n_by); corner++) {
        struct plan_cell cell = {0,
                                 {PLAN_CELL_ALL, PLAN_CELL_ALL, PLAN_CELL_ALL}};
        struct plan_cell found = {0};
        size_t at = p->n;

        for (size_t i = 0; i < t->n_by; i++) {
            const struct plan_variable *v = &p->variables[t->by[i]];
            const size_t codes[] = {PLAN_CELL_ALL, 0, v->n_codes - 1,
                                    v->n_codes + v->n_groups - 1};

            cell.code[i] = (uint16_t)codes[corner >> (2 * i) & 3];
        }
        buf_truncate(&name, 0);
        demand_ok(plan_cell_name(p, table, &cell, &name));
        demand(name.len < FIGURE_NAME_SIZE);
        demand_ok(plan_cell_parse(p, buf_bytes(&name), &at, &found));
        demand(at == table && memcmp(&cell, &found, sizeof cell) == 0);
    }
    buf_free(&name);
}

static void
check_labels(const struct plan *p)
{
    for (enum schema_lang lang = SCHEMA_EN; lang < SCHEMA_LANGS; lang++) {
        struct label *l = NULL;
        struct buf expression = BUF_INIT, words = BUF_INIT;

        demand_ok(label_new(counted_schema(), plan_canonical(p), lang, &l));
        demand_ok(buf_printf(&expression, "%s.total - %s.total",
                             p->tables[0].name, p->tables[p->n - 1].name));
        demand_ok(buf_append(&expression, bytes_of("", 1)));
        demand_ok(label_expression(l, (char *)expression.ptr, &words));
        demand(words.len > 0 && text_is_utf8(buf_bytes(&words)));
        buf_free(&expression);
        buf_free(&words);
        label_free(l);
    }
}

void
fuzz_one(struct bytes in)
{
    struct plan_fault fault = {0};
    struct plan *p = NULL;
    enum sv_err err;

    err = plan_parse(counted_schema(), in, &p, &fault);
    if (err != SV_OK) {
        demand(err == SV_ERR_INPUT && p == NULL);
        check_fault(in, &fault);
        return;
    }
    check_canonical(p);
    check_advice(in, p);
    check_rules(in, p);
    for (size_t i = 0; i < p->n; i++)
        check_names(p, i);
    check_labels(p);
    plan_free(p);
}

/* One that is right by the schema as it is. */
static void
seed_plan(struct seeds *s, const char *text)
{
    struct plan_fault fault = {0};
    struct plan *p = NULL;

    demand_ok(plan_parse(counted_schema(), bytes_text(text), &p, &fault));
    plan_free(p);
    seed(s, bytes_text(text));
}

void
fuzz_seeds(struct seeds *s)
{
    seed_plan(s, "plan \"T\" population victim unit person as_of 2023-03-31 "
                 "count basis national period calendar 2022 "
                 "codelist age_band v1 "
                 "hierarchy detection_route {own: {self}, "
                 "all: {police_raid, immigration}} "
                 "table a by gender, citizenship, age_band "
                 "where identification_status in {actual, unknown} "
                 "and gender = male margins (gender) () "
                 "compare 2021 delta derive change a percent 1 "
                 "known outside \"N\" gender = female year 2021 : 40 "
                 "method exact");
    seed_plan(s, "plan \"S\" population suspect unit suspect as_of 2023-03-31\n"
                 "table a by stage where gender = male\ntable b by gender\n"
                 "derive share b gender percent 0\nmethod round base 5\n");
}
