#include "cli/audit_sheet.h"

#include <stdlib.h>
#include <string.h>

const struct sheet_kind sheet_kinds[SHEET_N] = {
    [SHEET_ACCESSES] = {"accesses",
                        N_("Accesses"),
                        N_("Parts of records that were read or saved, by "
                           "month (UTC)."),
                        {{"month", N_("Month"), false},
                         {"actor", N_("Who"), false},
                         {"role", N_("As"), false},
                         {"purpose", N_("Purpose"), false},
                         {"act", N_("What"), false},
                         {"type", N_("Type"), false},
                         {"compartment", N_("Part"), false},
                         {"n", N_("Number"), true}}},
    [SHEET_DENIALS] = {"denials",
                       N_("Denials"),
                       N_("What the policy refused, and by which rule."),
                       {{"month", N_("Month"), false},
                        {"actor", N_("Who"), false},
                        {"role", N_("As"), false},
                        {"act", N_("What"), false},
                        {"rule", N_("Rule"), false},
                        {"n", N_("Number"), true}}},
    [SHEET_FORKS] = {"forks",
                     N_("Another log"),
                     N_("Requests that name a head which this log never had: "
                        "their device was shown another one."),
                     {{"entry", N_("Entry"), true},
                      {"time", N_("Time"), false},
                      {"actor", N_("Who"), false},
                      {"act", N_("What"), false},
                      {"seen", N_("Entries she saw"), true}}},
    [SHEET_FLAGS] = {"flags",
                     N_("Flagged assignments"),
                     N_("Made in an emergency, or after a denial for want of "
                        "break-glass."),
                     {{"entry", N_("Entry"), true},
                      {"time", N_("Time"), false},
                      {"actor", N_("Who"), false},
                      {"person", N_("To whom"), false},
                      {"record", N_("Record"), false},
                      {"acknowledged", N_("Acknowledged by entry"), false}}},
    [SHEET_BURSTS] = {"bursts",
                      N_("Bursts"),
                      N_("30 readings or more by one person within an hour, "
                         "whenever it begins."),
                      {{"from", N_("Begins"), false},
                       {"to", N_("Ends"), false},
                       {"actor", N_("Who"), false},
                       {"n", N_("Number"), true}}},
    [SHEET_GAPS] = {"gaps",
                    N_("Gaps"),
                    N_("Three days or more without any entry."),
                    {{"entry", N_("Entry"), true},
                     {"from", N_("Begins"), false},
                     {"to", N_("Ends"), false},
                     {"hours", N_("Hours"), true}}},
    [SHEET_PEOPLE] = {"people",
                      N_("People"),
                      N_("When each of them first and last appears."),
                      {{"actor", N_("Who"), false},
                       {"first_entry", N_("First entry"), true},
                       {"first", N_("First"), false},
                       {"last", N_("Last"), false},
                       {"n", N_("Number"), true}}},
};

unsigned
sheet_columns(const struct sheet_kind *kind)
{
    unsigned n = 0;

    while (n < SHEET_COLUMNS_MAX && kind->columns[n].id != NULL)
        n++;
    return n;
}

enum sv_err
sheet_row(struct sheet *s, const struct sheet_kind *kind,
          const char *const texts[])
{
    unsigned columns = sheet_columns(kind);

    if (s->n == s->cap) {
        size_t cap = s->cap == 0 ? 64 : 2 * s->cap;
        void *more = reallocarray(s->cells, cap * columns, sizeof *s->cells);

        if (more == NULL)
            return SV_ERR_NOMEM;
        s->cells = more;
        s->cap = cap;
    }
    for (unsigned c = 0; c < columns; c++)
        (void)snprintf(s->cells[s->n * columns + c], SHEET_CELL_SIZE, "%s",
                       texts[c]);
    s->n++;
    return SV_OK;
}

const char *
sheet_cell(const struct sheet *s, const struct sheet_kind *kind, size_t row,
           unsigned column)
{
    return s->cells[row * sheet_columns(kind) + column];
}

void
report_clear(struct report *r)
{
    for (unsigned i = 0; i < SHEET_N; i++) {
        free(r->sheets[i].cells);
        r->sheets[i] = (struct sheet){0};
    }
}
