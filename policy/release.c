#include "policy/release.h"

#include <stdio.h>
#include <string.h>

static bool
is_commitment(const struct entry_result *r, const char *name)
{
    return strcmp(r->compartment, name) == 0 && r->version == 1;
}

enum sv_err
release_begin(struct release_state *s, const struct entry *entry,
              const struct request *request)
{
    if (entry->n_results != 3 ||
        !is_commitment(&entry->results[0], RELEASE_RESULT) ||
        !is_commitment(&entry->results[1], RELEASE_RISK) ||
        !is_commitment(&entry->results[2], RELEASE_LEDGER))
        return SV_ERR_FORMAT;
    memset(s, 0, sizeof *s);
    (void)snprintf(s->requester, sizeof s->requester, "%s", request->actor);
    s->requested_ms = entry->time_ms;
    memcpy(s->commitment, entry->results[0].hash, sizeof s->commitment);
    memcpy(s->risk, entry->results[1].hash, sizeof s->risk);
    memcpy(s->ledger, entry->results[2].hash, sizeof s->ledger);
    s->exact = strcmp(request->profile, RELEASE_EXACT) == 0;
    return SV_OK;
}

static void
judge(struct release_state *s, const struct entry *entry,
      const struct request *request)
{
    (void)snprintf(s->judge, sizeof s->judge, "%s", request->actor);
    s->judged_index = entry->index;
    s->judged_ms = entry->time_ms;
}

void
release_step(struct release_state *s, const struct entry *entry,
             const struct request *request)
{
    switch (request->act) {
    case ACT_RELEASE_ACKNOWLEDGE:
        s->acknowledged = true;
        break;
    case ACT_RELEASE_REFUSE:
        s->refused = true;
        judge(s, entry, request);
        break;
    case ACT_RELEASE_APPROVE:
        judge(s, entry, request);
        break;
    default:
        break;
    }
}

bool
release_is_approved(const struct release_state *s)
{
    return s->judged_ms > 0 && !s->refused;
}

bool
release_is_expired(const struct release_state *s, uint64_t now_ms)
{
    uint64_t from = s->judged_ms > 0 ? s->judged_ms : s->requested_ms;

    /* A desk's clock may be behind the log's time. */
    return now_ms > from && now_ms - from > RELEASE_TERM_MS;
}

bool
flag_is_due(const struct entry *entry)
{
    return entry->allowed && entry->outcome == OUTCOME_DONE &&
           (strcmp(entry->rule, FLAG_RULE) == 0 ||
            strcmp(entry->rule, FLAG_SELF_RULE) == 0);
}

void
flag_begin(struct flag_state *s, const struct request *request)
{
    memset(s, 0, sizeof *s);
    memcpy(s->actor, request->actor, sizeof s->actor);
    memcpy(s->person, request->person, sizeof s->person);
}
