/*
 * What goes over the wire or is kept of counts, by its first byte: a snapshot,
 * a year that is asked for, risks, the body of a request, where a release
 * stands, a parcel, an expression to be put in words.  Each has one form.
 *
 * Covers: counts/snapshot.c counts/annual_spec.c counts/risk_text.c
 * Covers: counts/label.c vault/counting.c
 */
#include <inttypes.h>
#include <string.h>

#include "counts/annual_spec.h"
#include "counts/label.h"
#include "counts/risk.h"
#include "counts/snapshot.h"

#include "fuzz/counted.h"

static void
demand_same(struct buf *again, struct bytes in)
{
    demand(bytes_equal(buf_bytes(again), in));
    buf_free(again);
}

static void
check_snapshot(struct bytes in)
{
    struct snapshot s = {0};
    struct buf again = BUF_INIT;

    if (snapshot_decode(in, &s) != SV_OK) {
        demand(s.sets == NULL && s.facts.n_figures == 0);
        return;
    }
    demand_ok(buf_printf(&again, "svault/snapshot/v1\nclosed %s\nfacts ",
                         s.closed ? "yes" : "no"));
    demand_ok(facts_json_encode(&s.facts, &s.rule, &again));
    demand_ok(buf_text(&again, "\n"));
    for (size_t i = 0; i < s.facts.n_figures; i++)
        if (s.sets[i].given)
            demand_ok(buf_printf(&again, "set %zu %016" PRIx64 " %" PRId64 "\n",
                                 i, s.sets[i].key, s.sets[i].value));
    demand_same(&again, in);
    snapshot_clear(&s);
}

/* Of the same records the same is said, whatever was told before. */
static void
check_pins(struct bytes in)
{
    struct snapshot s = {0};
    struct pins pins;

    if (snapshot_decode(in, &s) != SV_OK)
        return;
    pins_init(&pins);
    demand_ok(pins_add(&pins, &s));
    demand_ok(pins_add(&pins, &s));
    for (size_t i = 0; i < s.facts.n_figures && i < 64; i++) {
        struct buf predicate = BUF_INIT;
        const struct counted of = {s.sets[i].value, s.sets[i].key, 0};
        const struct pin *left;

        demand_ok(facts_predicate(&s.facts, i, &predicate));
        left = pins_left(&pins, buf_bytes(&predicate), of.n);
        demand(left == NULL || (left->printed && !left->frozen));
        demand(!s.sets[i].given ||
               pins_find(&pins, buf_bytes(&predicate), &of) != NULL);
        buf_free(&predicate);
    }
    pins_clear(&pins);
    snapshot_clear(&s);
}

static void
check_spec(struct bytes in)
{
    struct annual_spec spec;
    struct diag where = {0};
    struct buf again = BUF_INIT;

    if (annual_spec_parse(in, counted_schema(), &spec, &where) != SV_OK) {
        demand(where.reason != NULL && where.line <= 7);
        return;
    }
    demand_ok(annual_spec_encode(&spec, &again));
    demand_same(&again, in);
    demand(annual_spec_as_of_ms(&spec) > 0);
}

static void
check_risks(struct bytes in)
{
    struct risk_list l = {0};
    struct buf again = BUF_INIT;

    if (risk_decode(in, &l) != SV_OK) {
        demand(l.n == 0 && l.at == NULL);
        return;
    }
    demand_ok(risk_encode(&l, l.has_values, &again));
    demand_same(&again, in);
    for (size_t i = 0; i < l.n; i++)
        demand(l.at[i].least <= l.at[i].value || l.at[i].kind == RISK_ROUNDED);
    risk_clear(&l);
}

static void
check_body(struct bytes in)
{
    struct counting_body b = {0};
    struct buf again = BUF_INIT;

    if (counting_body_decode(in, &b) != SV_OK) {
        demand(b.n == 0 && b.keys == NULL);
        return;
    }
    demand_ok(counting_body_encode(&b, &again));
    demand_same(&again, in);
    counting_body_clear(&b);
}

static void
check_state(struct bytes in)
{
    struct release_state s;
    struct buf again = BUF_INIT;

    if (release_state_decode(in, &s) != SV_OK)
        return;
    demand_ok(release_state_encode(&s, &again));
    demand_same(&again, in);
}

static void
check_parcel(struct bytes in)
{
    struct release_parcel p;
    struct buf again = BUF_INIT;

    if (release_parcel_decode(in, &p) != SV_OK)
        return;
    demand_ok(release_parcel_encode(&p, &again));
    demand_same(&again, in);
}

/* Words for whatever it is; nothing is lost that is no name. */
static void
check_label(struct bytes in)
{
    static const char *const specs[] = {
        "svault/annual/v1\nyear 2022\nauthority national\n"
        "period calendar\nas-of 2023-03-31\nminor-age 18\n",
        "plan \"T\" population victim unit person as_of 2023-03-31 "
        "count basis national period calendar 2022 codelist age_band v1 "
        "table a by gender, age_band compare 2021 delta "
        "derive share a gender percent 1 method exact"};
    struct buf text = BUF_INIT, words = BUF_INIT;

    demand_ok(buf_append(&text, in));
    demand_ok(buf_append(&text, bytes_of("", 1)));
    for (size_t i = 0; i < 4; i++) {
        struct label *l = NULL;

        demand_ok(label_new(counted_schema(), bytes_text(specs[i % 2]),
                            i < 2 ? SCHEMA_EN : SCHEMA_JA, &l));
        buf_truncate(&words, 0);
        demand_ok(label_expression(l, (char *)text.ptr, &words));
        demand(!text_is_utf8(in) || text_is_utf8(buf_bytes(&words)));
        demand(words.len <= 4096 + 512 * in.len);
        label_free(l);
    }
    buf_truncate(&words, 0);
    demand_ok(label_expression(NULL, (char *)text.ptr, &words));
    demand(words.len == strlen((char *)text.ptr));
    buf_free(&text);
    buf_free(&words);
}

void
fuzz_one(struct bytes in)
{
    static void (*const checks[])(struct bytes) = {
        check_snapshot, check_pins,  check_spec,   check_risks,
        check_body,     check_state, check_parcel, check_label};
    enum { CHECKS_N = sizeof checks / sizeof *checks };

    checks[fuzz_choice(&in) % CHECKS_N](in);
}

/* ---- seeds ---- */

static void
seed_as(struct seeds *s, uint8_t check, struct bytes text)
{
    struct buf b = BUF_INIT;

    demand_ok(buf_append(&b, bytes_of(&check, 1)));
    demand_ok(buf_append(&b, text));
    seed_buf(s, &b);
}

#define FACTS                                                                  \
    "{\"dimensions\":[{\"codes\":[\"x\",\"y\"],\"name\":\"a\","                \
    "\"population\":\"p\",\"secret\":false}],\"figures\":["                    \
    "{\"as_of\":\"2022-12-31\",\"in\":{},\"name\":\"t\","                      \
    "\"population\":\"p\",\"print\":\"rounded\",\"value\":15},"                \
    "{\"as_of\":\"2022-12-31\",\"in\":{\"a\":[\"x\"]},\"name\":\"x\","         \
    "\"population\":\"p\",\"print\":\"rounded\",\"steps\":1,\"value\":5}],"    \
    "\"format\":\"svault/facts/v1\",\"populations\":[\"p\"],"                  \
    "\"release\":\"release-7\",\"rule\":{\"base\":5,\"small\":4,"              \
    "\"width\":4},\"statements\":[]}"

void
fuzz_seeds(struct seeds *s)
{
    static const char snapshot[] =
        "svault/snapshot/v1\nclosed no\nfacts " FACTS "\n"
        "set 0 00000000000000ff 15\nset 1 0123456789abcdef 5\n";
    const struct counting_key lent = {"victim", "facts", 3,
                                      bytes_text("sealed")};
    struct counting_key keys[] = {lent};
    const struct counting_body body = {.spec = bytes_text("plan"),
                                       .basis = bytes_text("law"),
                                       .has_recipient = true,
                                       .n = 1,
                                       .keys = keys};
    const struct release_parcel parcel = {.bytes = bytes_text("{}"),
                                          .risk = bytes_text("none")};
    struct buf b = BUF_INIT;

    seed_as(s, 0, bytes_text(snapshot));
    seed_as(s, 1, bytes_text(snapshot));
    seed_as(s, 2,
            bytes_text("svault/annual/v1\nyear 2022\nauthority national\n"
                       "period fiscal\nas-of 2023-03-31\nminor-age 20\n"));
    seed_as(s, 3,
            bytes_text("svault/risk/v1\nvalues yes\ncount 4\n"
                       "cell a.b: a.b = 3\nderived a.c: a.t - a.b = 1\n"
                       "earlier a.d: a.d in release-7 = 0..4\n"
                       "rounded a.e: a.e = 3 to 5\n"));
    seed_as(s, 3,
            bytes_text("svault/risk/v1\nvalues no\ncount 1\ntable a: a\n"));
    demand_ok(counting_body_encode(&body, &b));
    seed_as(s, 4, buf_bytes(&b));
    buf_truncate(&b, 0);
    demand_ok(release_parcel_encode(&parcel, &b));
    seed_as(s, 6, buf_bytes(&b));
    buf_free(&b);
    seed_as(s, 7,
            bytes_text("a.2022.female.total - a.share.2021.male.18_plus "
                       "victims.before in release-7"));
}
