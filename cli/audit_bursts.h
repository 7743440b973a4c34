#ifndef SV_CLI_AUDIT_BURSTS_H
#define SV_CLI_AUDIT_BURSTS_H

#include "base/map.h"
#include "cli/audit_sheet.h"

/*
 * Who read much in a short time: BURST_READINGS or more of one person within
 * an hour, which may begin at any moment; each that goes on so is part of the
 * same burst.
 */
#define BURST_READINGS 30

struct bursts {
    struct map readers; /* by work name: their last readings */
    size_t n, cap;
    struct burst *found;
};

void bursts_init(struct bursts *b);
void bursts_clear(struct bursts *b);
/* One reading, in the order of the log. */
enum sv_err bursts_read(struct bursts *b, const char *actor, uint64_t time_ms);
/* Behind the last: a row for each, in the order of their beginnings. */
enum sv_err bursts_rows(struct bursts *b, struct sheet *out);

#endif
