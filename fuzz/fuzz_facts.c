/*
 * Facts of a release, from a text or from any JSON; what is read is written
 * again, judged without a solver, and added to itself.
 *
 * Covers: disclosure/facts disclosure/model disclosure/program
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#include "disclosure/audit.h"
#include "disclosure/facts_json.h"
#include "disclosure/model.h"
#include "fuzz/draw.h"

#define TIMEOUT_MS 3000

/* Refused with a reason, and nothing of it is left. */
static void
check_refusal(enum sv_err err, const struct facts *f, const struct diag *where)
{
    demand(err == SV_ERR_FORMAT);
    demand(where->reason != NULL && where->column[0] != '\0');
    demand(memchr(where->column, '\0', sizeof where->column) != NULL);
    demand(f->n_figures == 0 && f->figures == NULL && f->releases == NULL);
}

static void
check_predicates(const struct facts *f)
{
    struct buf one = BUF_INIT, other = BUF_INIT;

    for (size_t i = 0; i < f->n_figures && i < 16; i++) {
        size_t k = (i * 7 + 1) % f->n_figures;

        buf_truncate(&one, 0);
        buf_truncate(&other, 0);
        demand_ok(facts_predicate(f, i, &one));
        demand_ok(facts_predicate(f, k, &other));
        demand(facts_same_set(&f->figures[i], &f->figures[k], f) ==
               bytes_equal(buf_bytes(&one), buf_bytes(&other)));
    }
    buf_free(&one);
    buf_free(&other);
}

/* Every set counts what its figure does; within is what it says. */
static void
check_model(const struct facts *f, bool with_until)
{
    struct model *m = NULL;
    enum sv_err err = model_new(f, with_until, &m);

    demand(err == SV_OK || err == SV_ERR_RANGE);
    if (err != SV_OK)
        return;
    demand(m->n_atoms <= MODEL_ATOMS_MAX);
    demand(m->members.start[m->n_sets] <= MODEL_ENTRIES_MAX);
    for (size_t i = 0; i < f->n_figures; i++)
        demand(m->set_of[i] < m->n_of_figures);
    for (size_t i = 0; i < m->members.start[m->n_sets]; i++)
        demand(m->members.atom[i] < m->n_atoms);
    for (size_t i = 0; i < m->n_of_figures && i < 8; i++)
        demand(m->sets[i].nobody || model_within(m, i, i));
    model_free(m);
}

/* Without a solver nothing is said to be unsafe or safe but what arithmetic
 * tells, within the time that there is. */
static void
check_audit(const struct facts *f, const struct facts_rule *rule)
{
    const struct solver_source none = {0};
    const struct audit_rules rules = {.small = rule->small,
                                      .width = rule->width,
                                      .with_intervals = true,
                                      .timeout_ms = TIMEOUT_MS};
    struct audit_result r = {0};
    enum sv_err err = audit_run(f, &rules, &none, &r);

    demand(err == SV_OK || err == SV_ERR_CONFLICT || err == SV_ERR_RANGE ||
           err == SV_ERR_UNVERIFIED);
    for (size_t i = 0; i < r.n_findings; i++)
        demand(r.findings[i].figure < f->n_figures &&
               r.findings[i].verdict != AUDIT_SAFE);
    audit_result_clear(&r);
}

static void
check_added(const struct facts *f)
{
    struct facts joint;
    enum sv_err err;

    facts_init(&joint);
    err = facts_add(&joint, f);
    demand(err == SV_OK);
    demand(joint.n_figures == f->n_figures);
    demand(joint.n_statements == f->n_statements);
    err = facts_add(&joint, f);
    demand(err == SV_OK || err == SV_ERR_RANGE);
    demand(err != SV_OK || joint.n_releases == 2 * f->n_releases);
    if (err == SV_OK && joint.n_figures > 0) {
        err = facts_part_days(&joint, f->figures[0].as_of);
        demand(err == SV_OK || err == SV_ERR_CONFLICT);
    }
    facts_clear(&joint);
}

static void
check_facts(const struct facts *f, const struct facts_rule *rule)
{
    demand(f->n_releases == 1);
    check_predicates(f);
    check_model(f, false);
    check_model(f, true);
    check_audit(f, rule);
    check_added(f);
}

/* One text: read, written, and the same. */
static void
check_text(struct bytes in, bool is_ours)
{
    struct facts f;
    struct facts_rule rule = {0};
    struct diag where = {0};
    struct buf again = BUF_INIT;
    enum sv_err err;

    facts_init(&f);
    err = facts_json_decode(in, &f, &rule, &where);
    demand(!is_ours || err == SV_OK);
    if (err == SV_OK) {
        demand_ok(facts_json_encode(&f, &rule, &again));
        demand(bytes_equal(in, buf_bytes(&again)));
        check_facts(&f, &rule);
    } else {
        check_refusal(err, &f, &where);
    }
    buf_free(&again);
    facts_clear(&f);
}

/* In whatever order and with whatever blanks. */
static void
check_json(struct bytes in)
{
    json_t *json = json_loadb((const char *)in.ptr, in.len,
                              JSON_REJECT_DUPLICATES, NULL),
           *made = NULL;
    struct facts f;
    struct facts_rule rule = {0};
    struct diag where = {0};
    struct buf text = BUF_INIT;
    enum sv_err err;

    if (json == NULL)
        return;
    facts_init(&f);
    err = facts_json_read(json, &f, &rule, &where);
    if (err == SV_OK) {
        demand_ok(facts_json_make(&f, &rule, &made));
        demand(json_equal(json, made));
        demand_ok(facts_json_encode(&f, &rule, &text));
        check_text(buf_bytes(&text), true);
    } else {
        check_refusal(err, &f, &where);
    }
    json_decref(made);
    json_decref(json);
    buf_free(&text);
    facts_clear(&f);
}

void
fuzz_one(struct bytes in)
{
    if (text_skip(&in, " "))
        check_json(in);
    else
        check_text(in, false);
}

/* ---- seeds ---- */

#define HEAD(codes)                                                            \
    " {\"dimensions\":[{\"codes\":[\"x\",\"y\"],\"name\":\"a\","               \
    "\"population\":\"p\",\"secret\":false},{\"codes\":[" codes                \
    "],\"name\":\"b\",\"population\":\"p\",\"secret\":true}],\"figures\":["
#define FIGURE(name, in, rest)                                                 \
    "{\"as_of\":\"2022-12-31\",\"in\":{" in "},\"name\":\"" name               \
    "\",\"population\":\"p\"," rest "}"
#define TAIL(rule, statements)                                                 \
    "],\"format\":\"svault/facts/v1\",\"populations\":[\"p\"],"                \
    "\"release\":\"release-1\",\"rule\":" rule ",\"statements\":[" statements  \
    "]}"

void
fuzz_seeds(struct seeds *s)
{
    static const char *const texts[] = {
        HEAD("\"0\",\"1\",\"2\"")
            FIGURE("t", "", "\"print\":\"rounded\",\"value\":15") "," FIGURE(
                "x", "\"a\":[\"x\"]",
                "\"print\":\"rounded\",\"value\":10") "," FIGURE("y",
                                                                 "\"a\":["
                                                                 "\"y\"]",
                                                                 "\"print\""
                                                                 ":\"rounde"
                                                                 "d\","
                                                                 "\"steps\""
                                                                 ":1,"
                                                                 "\"value\""
                                                                 ":5") "," FIGURE("u",
                                                                                  "\"a\":[\"x\"],\"b\":[\"0\",\"2\"]",
                                                                                  "\"print\":\"unprinted\"")
                TAIL("{\"base\":5,\"small\":4,\"width\":4}", ""),
        HEAD("\"0\",\"1\"")
            FIGURE("t", "", "\"print\":\"exact\",\"value\":7") "," FIGURE(
                "x0", "\"a\":[\"x\"],\"b\":[\"0\"]",
                "\"print\":\"hidden\"") "," FIGURE("x1",
                                                   "\"a\":[\"x\"],\"b\":["
                                                   "\"1\"]",
                                                   "\"at_least\":1,\"print\":"
                                                   "\"hidden\"") "," FIGURE("no"
                                                                            "n"
                                                                            "e",
                                                                            "\""
                                                                            "b"
                                                                            "\""
                                                                            ":["
                                                                            "]",
                                                                            "\""
                                                                            "pr"
                                                                            "in"
                                                                            "t"
                                                                            "\""
                                                                            ":"
                                                                            "\""
                                                                            "ex"
                                                                            "ac"
                                                                            "t"
                                                                            "\""
                                                                            ","
                                                                            "\""
                                                                            "va"
                                                                            "lu"
                                                                            "e"
                                                                            "\""
                                                                            ":"
                                                                            "0")
                TAIL("null", "{\"factors\":[1,-1],\"figures\":[0,1],"
                             "\"hi\":5,\"lo\":null}"),
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *json = json_loads(texts[i], 0, NULL);
        char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

        demand(json != NULL && text != NULL);
        seed(s, bytes_text(texts[i]));
        seed(s, bytes_text(text));
        free(text);
        json_decref(json);
    }
}
