#include "audit/entry.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "audit/line.h"

static const char *const labels[] = {
    [ENTRY_REQUEST] = "svault/entry/v1\n",
    [ENTRY_ITEM] = "svault/item/v1\n",
};
#define KINDS (sizeof labels / sizeof labels[0])
#define OF_REQUEST (1u << ENTRY_REQUEST)
#define OF_ITEM (1u << ENTRY_ITEM)

static const char *const outcomes[OUTCOME_N] = {
    [OUTCOME_NONE] = "-",
    [OUTCOME_DONE] = "done",
    [OUTCOME_CONFLICT] = "conflict",
    [OUTCOME_NOT_FOUND] = "not-found",
    [OUTCOME_EXISTS] = "exists",
    [OUTCOME_DUPLICATE] = "duplicate",
    [OUTCOME_INVALID] = "invalid",
    [OUTCOME_DAMAGED] = "damaged",
    [OUTCOME_UNSAFE] = "unsafe",
    [OUTCOME_TOO_LARGE] = "too-large",
    [OUTCOME_INFEASIBLE] = "infeasible",
    [OUTCOME_UNPROVED] = "unproved",
};

const char *
entry_outcome_name(enum entry_outcome o)
{
    return (unsigned)o < OUTCOME_N ? outcomes[o] : NULL;
}

/* ---- lines that are more than one field ---- */

static enum sv_err
put_roster(const void *field, struct buf *out)
{
    const struct entry *e = field;

    return e->has_roster ? line_put_u64(&e->roster, out) : buf_text(out, "-");
}

static enum sv_err
get_roster(void *field, struct bytes value)
{
    struct entry *e = field;

    e->has_roster = !text_is(value, "-");
    return e->has_roster ? line_get_u64(&e->roster, value) : SV_OK;
}

static bool
is_rule(struct bytes t)
{
    if (t.len == 0 || t.len >= ENTRY_RULE_SIZE)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        if ((t.ptr[i] < 'a' || t.ptr[i] > 'z') && t.ptr[i] != '-')
            return false;
    }
    return true;
}

static enum sv_err
put_decision(const void *field, struct buf *out)
{
    const struct entry *e = field;

    if (!is_rule(bytes_text(e->rule)))
        return SV_ERR_FORMAT;
    return buf_printf(out, "%s %s", e->allowed ? "allowed" : "denied", e->rule);
}

static enum sv_err
get_decision(void *field, struct bytes value)
{
    struct entry *e = field;

    e->allowed = text_skip(&value, "allowed ");
    if ((!e->allowed && !text_skip(&value, "denied ")) || !is_rule(value))
        return SV_ERR_FORMAT;
    return text_copy(value, e->rule, sizeof e->rule);
}

static enum sv_err
put_outcome(const void *field, struct buf *out)
{
    const struct entry *e = field;
    const char *name = entry_outcome_name(e->outcome);

    return name != NULL ? buf_text(out, name) : SV_ERR_FORMAT;
}

static enum sv_err
get_outcome(void *field, struct bytes value)
{
    struct entry *e = field;

    for (unsigned o = 0; o < OUTCOME_N; o++) {
        if (text_is(value, outcomes[o])) {
            e->outcome = (enum entry_outcome)o;
            return SV_OK;
        }
    }
    return SV_ERR_FORMAT;
}

static enum sv_err
put_result(const struct entry_result *r, struct buf *out)
{
    char hash[BASE64_SIZE(sizeof r->hash)];

    if (!text_is_code(bytes_text(r->compartment)) || r->version == 0)
        return SV_ERR_FORMAT;
    text_base64(BYTES(r->hash), hash);
    return buf_printf(out, "result %s %" PRIu64 " %s\n", r->compartment,
                      r->version, hash);
}

static enum sv_err
put_results(const void *field, struct buf *out)
{
    const struct entry *e = field;
    enum sv_err err = SV_OK;

    if (e->n_results > ENTRY_RESULTS_MAX)
        return SV_ERR_RANGE;
    if (e->kind == ENTRY_ITEM && e->n_results == 0)
        return SV_ERR_FORMAT;
    for (unsigned i = 0; i < e->n_results && err == SV_OK; i++)
        err = put_result(&e->results[i], out);
    return err;
}

static enum sv_err
get_result(void *field, struct bytes value)
{
    struct entry *e = field;
    struct entry_result *r;
    struct bytes compartment, version;
    enum sv_err err;

    if (e->n_results == ENTRY_RESULTS_MAX)
        return SV_ERR_FORMAT;
    r = &e->results[e->n_results];
    if (!text_split(&value, ' ', &compartment) ||
        !text_split(&value, ' ', &version))
        return SV_ERR_FORMAT;
    err = line_get_code(r->compartment, compartment);
    if (err == SV_OK)
        err = text_u64(version, 1, UINT64_MAX, &r->version);
    if (err == SV_OK)
        err = line_get_base64(r->hash, value);
    if (err == SV_OK)
        e->n_results++;
    return err;
}

/* ---- the format ---- */

#define WHOLE 0 /* the line is made of several fields */
#define AT(field) offsetof(struct entry, field)

static const struct line_rule rules[] = {
    {"index", AT(index), line_put_u64, line_get_u64, 0, false},
    {"time", AT(time_ms), line_put_time, line_get_time, OF_REQUEST, false},
    {"roster", WHOLE, put_roster, get_roster, 0, false},
    {"policy", AT(policy_hash), line_put_hex32, line_get_hex32, OF_REQUEST,
     false},
    {"decision", WHOLE, put_decision, get_decision, OF_REQUEST, false},
    {"outcome", WHOLE, put_outcome, get_outcome, OF_REQUEST, false},
    {"batch", AT(batch), line_put_u64, line_get_u64, OF_ITEM, false},
    {"record", AT(record), line_put_hex16, line_get_hex16, OF_ITEM, false},
    {"result", WHOLE, put_results, get_result, 0, true},
};

static unsigned
bits(const void *object)
{
    const struct entry *e = object;

    return 1u << e->kind;
}

static const struct line_format format = {rules, sizeof rules / sizeof rules[0],
                                          bits};

/* What is not a request's text cannot hide between the gate's lines and it. */
static bool
begins_as_request(struct bytes note)
{
    return note_text_ok(note) && text_skip(&note, REQUEST_LABEL);
}

static enum sv_err
append(const struct entry *e, struct buf *out)
{
    enum sv_err err;

    if ((unsigned)e->kind >= KINDS || (e->kind == ENTRY_ITEM && !e->has_roster))
        return SV_ERR_FORMAT;
    err = buf_text(out, labels[e->kind]);
    if (err == SV_OK)
        err = line_encode(&format, e, out);
    if (err != SV_OK || e->kind == ENTRY_ITEM)
        return err;
    if (!begins_as_request(e->note))
        return SV_ERR_FORMAT;
    err = buf_text(out, "\n");
    return err != SV_OK ? err : buf_append(out, e->note);
}

enum sv_err
entry_encode(const struct entry *e, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = append(e, out);

    if (err == SV_OK && out->len - was > ENTRY_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

#define ROOM_TO_COMPARE 64 /* so that the storage is not moved at its end */

static enum sv_err
compare(const struct entry *e, struct bytes in)
{
    struct buf again = BUF_INIT;
    enum sv_err err = buf_reserve(&again, in.len + ROOM_TO_COMPARE);

    if (err == SV_OK)
        err = entry_encode(e, &again);

    if (err == SV_OK && !bytes_equal(buf_bytes(&again), in))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    return err == SV_ERR_RANGE ? SV_ERR_FORMAT : err;
}

enum sv_err
entry_parse(struct bytes in, struct entry *out)
{
    struct bytes rest = in;
    struct entry e;
    enum sv_err err;

    memset(&e, 0, sizeof e);
    if (text_skip(&rest, labels[ENTRY_REQUEST]))
        e.kind = ENTRY_REQUEST;
    else if (text_skip(&rest, labels[ENTRY_ITEM]))
        e.kind = ENTRY_ITEM;
    else
        return SV_ERR_FORMAT;
    err = line_parse(&format, &rest, &e);
    if (err != SV_OK)
        return err;
    if (e.kind == ENTRY_REQUEST) {
        if (!text_skip(&rest, "\n"))
            return SV_ERR_FORMAT;
        e.note = rest;
    }
    err = compare(&e, in);
    if (err == SV_OK)
        *out = e;
    return err;
}
