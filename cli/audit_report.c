#include <stdlib.h>
#include <string.h>

#include "cli/audit_bursts.h"
#include "cli/audit_sheet.h"
#include "policy/release.h"

#define HOUR_MS UINT64_C(3600000)
#define GAP_HOURS 72
#define WORDS 7
#define FILE_MODE 0600

/* ---- Counting ---- */

#define COUNTS_MIN 1024

struct count {
    char words[WORDS][SHEET_CELL_SIZE];
    uint64_t n;
    uint64_t first_entry, first_ms, last_ms;
};

/* Some of them of the same words, until they are merged: sorting is slow
 * for no words that a hostile log could choose. */
struct counts {
    size_t n, cap;
    struct count *items;
};

struct tallying {
    struct report *report;
    struct counts accesses, denials, people;
    struct bursts bursts;
    uint64_t last_ms; /* of the entry before; 0: none */
};

static int
compare(const void *a, const void *b)
{
    const struct count *x = a, *y = b;

    return memcmp(x->words, y->words, sizeof x->words);
}

static void
merge(struct counts *all)
{
    size_t kept = 0;

    if (all->n == 0)
        return;
    qsort(all->items, all->n, sizeof *all->items, compare);
    for (size_t i = 1; i < all->n; i++) {
        struct count *to = &all->items[kept];
        const struct count *c = &all->items[i];

        if (compare(to, c) != 0) {
            all->items[++kept] = *c;
            continue;
        }
        to->n += c->n;
        if (c->first_entry < to->first_entry) {
            to->first_entry = c->first_entry;
            to->first_ms = c->first_ms;
        }
        to->last_ms = c->last_ms > to->last_ms ? c->last_ms : to->last_ms;
    }
    all->n = kept + 1;
}

static enum sv_err
make_room(struct counts *all)
{
    size_t cap = all->cap == 0 ? COUNTS_MIN : 2 * all->cap;
    void *more;

    if (all->n < all->cap)
        return SV_OK;
    merge(all);
    if (all->cap > 0 && all->n <= all->cap / 2)
        return SV_OK;
    more = reallocarray(all->items, cap, sizeof *all->items);
    if (more == NULL)
        return SV_ERR_NOMEM;
    all->items = more;
    all->cap = cap;
    return SV_OK;
}

/* One more of these words (NULL: none behind them). */
static enum sv_err
count_one(struct counts *all, const struct audit_act *act,
          const char *const words[])
{
    enum sv_err err = make_room(all);
    struct count *c;

    if (err != SV_OK)
        return err;
    c = &all->items[all->n++];
    *c = (struct count){.n = 1,
                        .first_entry = act->entry->index,
                        .first_ms = act->time_ms,
                        .last_ms = act->time_ms};
    for (unsigned i = 0; i < WORDS && words[i] != NULL; i++)
        (void)snprintf(c->words[i], sizeof c->words[i], "%s", words[i]);
    return SV_OK;
}

static bool
is_done(const struct audit_act *act)
{
    return act->is_item ||
           (act->entry->allowed && act->entry->outcome == OUTCOME_DONE);
}

/* Each part of a record that was read or saved. */
static enum sv_err
count_access(struct tallying *t, const struct audit_act *act, const char *month)
{
    const struct request *q = act->request;
    enum sv_err err = SV_OK;

    if (act->record[0] == '\0')
        return SV_OK;
    for (unsigned i = 0; i < act->entry->n_results && err == SV_OK; i++) {
        const char *const words[WORDS] = {month,
                                          q->actor,
                                          q->role,
                                          q->purpose,
                                          audit_act_name(act),
                                          q->type,
                                          act->entry->results[i].compartment};

        err = count_one(&t->accesses, act, words);
    }
    return err;
}

static enum sv_err
count_denial(struct tallying *t, const struct audit_act *act, const char *month)
{
    const struct request *q = act->request;
    const char *const words[WORDS] = {month, q->actor, q->role,
                                      audit_act_name(act), act->entry->rule};

    return count_one(&t->denials, act, words);
}

/* ---- What is listed one by one ---- */

static enum sv_err
list_flag(struct tallying *t, const struct audit_act *act, const char *when)
{
    char entry[SHEET_CELL_SIZE];
    const char *const texts[] = {
        entry,       when, act->request->actor, act->request->person,
        act->record, ""};

    (void)snprintf(entry, sizeof entry, "%llu",
                   (unsigned long long)act->entry->index);
    return sheet_row(&t->report->sheets[SHEET_FLAGS], &sheet_kinds[SHEET_FLAGS],
                     texts);
}

/* The gate denied it because its log never had that root. */
static enum sv_err
list_fork(struct tallying *t, const struct audit_act *act, const char *when)
{
    const struct request *q = act->request;
    char entry[SHEET_CELL_SIZE], seen[SHEET_CELL_SIZE];
    const char *const texts[] = {entry, when, q->actor, audit_act_name(act),
                                 seen};

    if (strcmp(act->entry->rule, "seen") != 0)
        return SV_OK;
    (void)snprintf(entry, sizeof entry, "%llu",
                   (unsigned long long)act->entry->index);
    (void)snprintf(seen, sizeof seen, "%llu", (unsigned long long)q->seen_size);
    return sheet_row(&t->report->sheets[SHEET_FORKS], &sheet_kinds[SHEET_FORKS],
                     texts);
}

/* They stand in the order of their entries. */
static void
acknowledge(struct tallying *t, const struct audit_act *act)
{
    struct sheet *s = &t->report->sheets[SHEET_FLAGS];
    unsigned columns = sheet_columns(&sheet_kinds[SHEET_FLAGS]);
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        char(*row)[SHEET_CELL_SIZE] = s->cells + middle * columns;
        uint64_t entry = strtoull(row[0], NULL, 10);

        if (entry == act->request->entry) {
            (void)snprintf(row[columns - 1], SHEET_CELL_SIZE, "%llu",
                           (unsigned long long)act->entry->index);
            return;
        }
        if (entry < act->request->entry)
            low = middle + 1;
        else
            high = middle;
    }
}

static enum sv_err
list_gap(struct tallying *t, const struct audit_act *act, const char *when)
{
    char entry[SHEET_CELL_SIZE], from[TIME_SIZE], hours[SHEET_CELL_SIZE];
    const char *const texts[] = {entry, from, when, hours};
    uint64_t gap = t->last_ms != 0 && act->time_ms > t->last_ms
                       ? (act->time_ms - t->last_ms) / HOUR_MS
                       : 0;

    text_time(t->last_ms, from);
    t->last_ms = act->time_ms;
    if (gap < GAP_HOURS)
        return SV_OK;
    (void)snprintf(entry, sizeof entry, "%llu",
                   (unsigned long long)act->entry->index);
    (void)snprintf(hours, sizeof hours, "%llu", (unsigned long long)gap);
    return sheet_row(&t->report->sheets[SHEET_GAPS], &sheet_kinds[SHEET_GAPS],
                     texts);
}

static enum sv_err
tally(void *ctx, const struct audit_act *act)
{
    struct tallying *t = ctx;
    const struct request *q = act->request;
    const char *const person[WORDS] = {q->actor};
    const char *const second[WORDS] = {request_second(q)};
    char when[TIME_SIZE], month[8];
    enum sv_err err;

    text_time(act->time_ms, when);
    (void)snprintf(month, sizeof month, "%.7s", when);
    err = list_gap(t, act, when);
    if (err == SV_OK)
        err = count_one(&t->people, act, person);
    if (err == SV_OK && second[0][0] != '\0' && !act->is_item)
        err = count_one(&t->people, act, second);
    if (err == SV_OK && !act->is_item && !act->entry->allowed) {
        err = list_fork(t, act, when);
        return err != SV_OK ? err : count_denial(t, act, month);
    }
    if (err != SV_OK || !is_done(act))
        return err;
    if (q->act == ACT_FLAG_ACKNOWLEDGE)
        acknowledge(t, act);
    if (!act->is_item && flag_is_due(act->entry))
        err = list_flag(t, act, when);
    if (err == SV_OK && q->act == ACT_RECORD_READ)
        err = bursts_read(&t->bursts, q->actor, act->time_ms);
    return err == SV_OK ? count_access(t, act, month) : err;
}

/* ---- From counts to sheets ---- */

/* The first `words` words and the number. */
static enum sv_err
fill(struct report *r, enum sheet_id id, struct counts *all, unsigned words)
{
    enum sv_err err = SV_OK;

    merge(all);
    for (size_t i = 0; i < all->n && err == SV_OK; i++) {
        const struct count *c = &all->items[i];
        const char *texts[SHEET_COLUMNS_MAX];
        char n[SHEET_CELL_SIZE];

        for (unsigned w = 0; w < words; w++)
            texts[w] = c->words[w];
        texts[words] = n;
        (void)snprintf(n, sizeof n, "%llu", (unsigned long long)c->n);
        err = sheet_row(&r->sheets[id], &sheet_kinds[id], texts);
    }
    return err;
}

static enum sv_err
fill_people(struct report *r, struct counts *all)
{
    enum sv_err err = SV_OK;

    merge(all);
    for (size_t i = 0; i < all->n && err == SV_OK; i++) {
        const struct count *c = &all->items[i];
        char entry[SHEET_CELL_SIZE], first[TIME_SIZE], last[TIME_SIZE];
        char n[SHEET_CELL_SIZE];
        const char *const texts[] = {c->words[0], entry, first, last, n};

        (void)snprintf(entry, sizeof entry, "%llu",
                       (unsigned long long)c->first_entry);
        text_time(c->first_ms, first);
        text_time(c->last_ms, last);
        (void)snprintf(n, sizeof n, "%llu", (unsigned long long)c->n);
        err = sheet_row(&r->sheets[SHEET_PEOPLE], &sheet_kinds[SHEET_PEOPLE],
                        texts);
    }
    return err;
}

static enum sv_err
fill_sheets(struct tallying *t)
{
    enum sv_err err = fill(t->report, SHEET_ACCESSES, &t->accesses, 7);

    if (err == SV_OK)
        err = fill(t->report, SHEET_DENIALS, &t->denials, 5);
    if (err == SV_OK)
        err = bursts_rows(&t->bursts, &t->report->sheets[SHEET_BURSTS]);
    return err == SV_OK ? fill_people(t->report, &t->people) : err;
}

/* ---- The command ---- */

static enum exit_code
write_file(struct audit *a, const char *path, const struct report *r,
           enum sv_err (*make)(const struct report *, struct buf *))
{
    struct buf out = BUF_INIT;
    enum sv_err err = make(r, &out);

    if (err == SV_OK)
        err = file_replace(path, FILE_MODE, buf_bytes(&out));
    buf_free(&out);
    return err == SV_OK ? EXIT_DONE : audit_fail(a, path, err, NULL);
}

static enum exit_code
write_report(struct audit *a, const struct report *r)
{
    enum exit_code code = EXIT_DONE;
    enum sv_err err = SV_OK;

    if (a->csv != NULL)
        code = write_file(a, a->csv, r, report_csv);
    if (code == EXIT_DONE && a->html != NULL)
        code = write_file(a, a->html, r, report_html);
    if (code != EXIT_DONE)
        return code;
    if (a->json)
        err = term_json(&a->term, report_json(r));
    else if (a->csv == NULL && a->html == NULL)
        report_print(a, r);
    return audit_done(a, err, EXIT_DONE);
}

/* Nothing is reported of what is not as it was. */
static enum exit_code
refuse(struct audit *a, const struct export *e)
{
    audit_print_fault(a, &e->fault);
    audit_print_verdict(
        a, _("Verdict: ALTERED or not whole; there is nothing to report."));
    return audit_done(a, SV_OK, EXIT_ALTERED);
}

enum exit_code
audit_report(struct audit *a)
{
    struct report r = {0};
    struct tallying t = {.report = &r};
    struct audit_card card;
    struct export e = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!audit_card_read(a, &card, &code))
        return code;
    bursts_init(&t.bursts);
    err = audit_scan(a, &card, &e, tally, &t);
    r.head = e.head;
    if (err == SV_OK)
        err = fill_sheets(&t);
    if (err == SV_OK)
        code = write_report(a, &r);
    else if (err == SV_ERR_TAMPERED)
        code = refuse(a, &e);
    else
        code = audit_fail(
            a, e.fault.place[0] != '\0' ? e.fault.place : a->words[0], err,
            NULL);
    free(t.accesses.items);
    free(t.denials.items);
    bursts_clear(&t.bursts);
    free(t.people.items);
    report_clear(&r);
    export_close(&e);
    return code;
}
