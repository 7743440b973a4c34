#ifndef SV_COUNTS_RISK_AUDIT_H
#define SV_COUNTS_RISK_AUDIT_H

#include "counts/risk.h"

#include "disclosure/audit.h"

/* What the audit found of the release `own` together with others: what
 * follows from its own figures alone is risk_find()'s. */
enum sv_err risk_add_audited(struct risk_list *risks, const struct facts *joint,
                             const char *own,
                             const struct audit_result *result);

/* The same figures as they would be for the public, beside the counts. */
enum sv_err risk_add_rounded(struct risk_list *risks,
                             const struct figures *exact,
                             const struct figures *rounded);

#endif
