#ifndef SV_COUNTS_DOCUMENT_DECODE_H
#define SV_COUNTS_DOCUMENT_DECODE_H

#include "counts/annual_json.h"
#include "counts/document_tables.h"
#include "counts/plan_json.h"

/* A report of either kind; is_annual says which was set. */
struct document {
    bool is_annual;
    struct annual_report annual;
    struct plan_result plan;
};

/* SV_ERR_FORMAT where the bytes are no document of ours. */
enum sv_err document_decode(struct bytes json, struct document *out);
void document_clear(struct document *d);

/* Its tables; clear t also after an error. */
enum sv_err tables_of_annual(const struct annual_report *r,
                             const struct schema *schema, enum schema_lang lang,
                             struct document_tables *t);
enum sv_err tables_of_plan(const struct plan_result *r,
                           const struct schema *schema, enum schema_lang lang,
                           struct document_tables *t);

#endif
