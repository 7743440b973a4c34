/*
 * The policy.  The first byte says how: its canonical text, its JSON, or the
 * JSON under the other profile.
 * Covers: policy/policy.c policy/policy_build.c policy/policy_json.c
 * policy/policy_text.c
 */
#include <string.h>

#include "policy/policy.h"
#include "vault/builtin.h"

#include "fuzz/fuzz.h"

/* Cut into parts and put together again. */
static void
check_parts(struct bytes text)
{
    struct buf all = BUF_INIT;
    struct bytes part;
    unsigned n = 1;

    for (unsigned k = 1; k <= n; k++) {
        demand(policy_part(text, k, &part, &n) == SV_OK);
        demand(part.len > 0 && part.len <= REQUEST_TEXT_MAX);
        demand(buf_append(&all, part) == SV_OK);
    }
    demand(bytes_equal(buf_bytes(&all), text));
    demand(policy_part(text, n + 1, &part, &n) == SV_ERR_RANGE);
    buf_free(&all);
}

static void
check_text(struct bytes text)
{
    static struct policy p;
    struct buf again = BUF_INIT;

    if (policy_decode(text, &p) != SV_OK)
        return;
    demand(policy_check(&p, NULL) == SV_OK);
    demand(policy_encode(&p, &again) == SV_OK);
    demand(bytes_equal(buf_bytes(&again), text));
    check_parts(text);
    buf_free(&again);
}

/* Both ways in end at one policy. */
static void
check_json(struct bytes json, const char *profile)
{
    static struct policy p, same;
    uint8_t one[32], other[32];
    struct diag where = {.line = 0};
    struct buf text = BUF_INIT;
    enum sv_err err = policy_from_json(json, profile, &p, &where);

    if (err == SV_OK) {
        err = policy_encode(&p, &text);
        demand(err == SV_OK || err == SV_ERR_RANGE);
    } else {
        demand(err == SV_ERR_INPUT && where.reason != NULL);
    }
    if (err == SV_OK) {
        fuzz_fit(&text);
        demand(policy_decode(buf_bytes(&text), &same) == SV_OK);
        demand(policy_hash(&p, one) == SV_OK);
        demand(policy_hash(&same, other) == SV_OK);
        demand(memcmp(one, other, sizeof one) == 0);
    }
    buf_free(&text);
}

void
fuzz_one(struct bytes in)
{
    switch (fuzz_choice(&in) % 3) {
    case 0:
        check_text(in);
        break;
    case 1:
        check_json(in, "standard");
        break;
    default:
        check_json(in, "small-office");
        break;
    }
    fuzz_heap_bounded(in.len, 256);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char small[] =
        "{\"format\": \"svault/policy/v1\","
        "\"columns\": [\"victim.identity\", \"victim.index\"],"
        "\"purposes\": [\"care\", \"quality\"],"
        "\"roles\": [{\"name\": \"caseworker\","
        "\"cells\": {\"victim.identity\": \"rwa\", \"victim.index\": \"s\"},"
        "\"acts\": {\"record.create\": [\"victim\"]},"
        "\"grant_days_max\": 30, \"self_assigns\": true,"
        "\"default_purpose\": \"care\", \"purposes\": [\"care\"]},"
        "{\"name\": \"auditor\", \"cells\": {}, \"acts\": {\"log.read\": []},"
        "\"default_purpose\": \"quality\", \"purposes\": [\"quality\"]}],"
        "\"limits\": {},"
        "\"exclusions\": [{\"roles\": [\"auditor\"], \"exclude\": \"all\"}],"
        "\"profiles\": {\"standard\": {}, \"small-office\": {"
        "\"permit\": [[\"auditor\", \"caseworker\"]],"
        "\"cells\": {\"caseworker\": {\"victim.identity\": \"rw\"}},"
        "\"self_assigns\": [\"auditor\"]}}}";
    static struct policy p;
    struct buf text = BUF_INIT;

    seed_choice(s, 1, bytes_text(small));
    seed_choice(s, 2, bytes_text(small));
    seed_choice(s, 1, builtin_policy_json());
    demand(policy_from_json(builtin_policy_json(), "standard", &p, NULL) ==
           SV_OK);
    demand(policy_encode(&p, &text) == SV_OK);
    seed_choice_buf(s, 0, &text);
}
