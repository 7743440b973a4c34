#ifndef SV_COUNTS_ANNUAL_TALLY_H
#define SV_COUNTS_ANNUAL_TALLY_H

#include "counts/annual_layout.h"
#include "counts/annual_spec.h"
#include "vault/content.h"

/*
 * What annual.c counts, record by record, by the rules of annual.h.  The
 * owner of the memory is annual.c.
 */
#define ANNUAL_YEARS 2 /* this one and the one before */

struct annual_tally {
    struct annual_spec spec;
    uint64_t key; /* of the record at hand */
    struct counted counts[ANNUAL_YEARS][ANNUAL_COUNTS];
    /* For each code of a list, and behind them for unknown; this year. */
    const struct schema_list *codes[ANNUAL_LISTS];
    struct counted *lists[ANNUAL_LISTS];
};

/* The fields that are looked at beside those of lists. */
size_t annual_tally_fields(void);
void annual_tally_field(size_t i, const char **type, const char **field);

/* One record's content of the compartment that is counted. */
void annual_tally_victim(struct annual_tally *t, const struct content *c);
void annual_tally_suspect(struct annual_tally *t, const struct content *c);
void annual_tally_offence(struct annual_tally *t, const struct content *c);

#endif
