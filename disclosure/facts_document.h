#ifndef SV_DISCLOSURE_FACTS_DOCUMENT_H
#define SV_DISCLOSURE_FACTS_DOCUMENT_H

#include "disclosure/facts_json.h"

/*
 * A released report with its facts: the report's JSON object, whose last
 * member is "facts", a list with one value (facts_json.h) for each population
 * that it counts: a value has one population, and a population one value.
 * What stands before is the report as it would be without.
 */
#define FACTS_DOCUMENT_PARTS_MAX FACTS_POPULATIONS_MAX

struct facts_part {
    struct facts facts;
    struct facts_rule rule;
};
struct facts_document {
    struct buf report; /* without the facts */
    size_t n;
    struct facts_part parts[FACTS_DOCUMENT_PARTS_MAX];
};
void facts_document_clear(struct facts_document *d); /* accepts zeroed */

/* report: a JSON object and a line feed.  Appended; SV_ERR_FORMAT where it is
 * no such text, SV_ERR_RANGE for more parts than may be. */
enum sv_err facts_document_encode(struct bytes report, size_t n,
                                  const struct facts_part parts[],
                                  struct buf *out);
/* SV_ERR_NOT_FOUND: it has no facts; SV_ERR_FORMAT, and where, as
 * facts_json_decode(), for all that was not encoded by the above. */
enum sv_err facts_document_decode(struct bytes in, struct facts_document *out,
                                  struct diag *where);

#endif
