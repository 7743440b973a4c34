#ifndef SV_CLI_STATUS_WITNESS_H
#define SV_CLI_STATUS_WITNESS_H

#include "cli/app.h"
#include "cli/kept_witness.h"

/* What svault status says of witnesses and of evidence that was kept. */
struct status_witness {
    struct kept_witnesses kept;
    size_t n_evidence;
    char evidence[PATH_SIZE]; /* one of them; "" */
};
/*
 * Read it, and see that the log goes on from the head that was cosigned last.
 * Where it does not, that is reported and *code is set.
 */
bool status_witness_load(struct session *s, struct status_witness *w,
                         enum exit_code *code);
void status_witness_text(struct session *s, const struct status_witness *w);
json_t *status_witness_json(const struct status_witness *w);

#endif
