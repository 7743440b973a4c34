#include "audit/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/request_lines.h"
#include "crypto/ps1.h"

/* What a signature adds: the empty line, and a line at its longest. */
#define SIGNATURE_ROOM 260

enum sv_err
request_key_name(const char *origin, const char *actor,
                 char out[static NOTE_NAME_MAX + 1])
{
    if (!checkpoint_origin_ok(origin) || !text_is_work_name(bytes_text(actor)))
        return SV_ERR_FORMAT;
    (void)snprintf(out, NOTE_NAME_MAX + 1, "%s/%s", origin, actor);
    return SV_OK;
}

enum sv_err
request_encode(const struct request *r, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = buf_text(out, REQUEST_LABEL);

    if (err == SV_OK)
        err = line_encode(&request_format, r, out);
    if (err == SV_OK && out->len - was > REQUEST_NOTE_MAX - SIGNATURE_ROOM)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

enum sv_err
request_sign(const struct request *r, const struct sign_seed *seed,
             struct buf *out)
{
    char name[NOTE_NAME_MAX + 1];
    struct buf text = BUF_INIT;
    enum sv_err err = request_key_name(r->origin, r->actor, name);

    if (err == SV_OK)
        err = request_encode(r, &text);
    if (err == SV_OK)
        err = note_sign(buf_bytes(&text), name, seed, out);
    buf_free(&text);
    return err;
}

/* ---- parsing ---- */

static enum sv_err
get_actor(const struct note *n, struct request *r)
{
    struct bytes name = n->signature[0].name;

    if (!text_skip(&name, r->origin) || !text_skip(&name, "/"))
        return SV_ERR_FORMAT;
    return line_get_work_name(r->actor, name);
}

#define ROOM_TO_COMPARE 64 /* so that the storage is not moved at its end */

static enum sv_err
compare(const struct request *r, struct bytes text)
{
    struct buf again = BUF_INIT;
    enum sv_err err = buf_reserve(&again, text.len + ROOM_TO_COMPARE);

    if (err == SV_OK)
        err = request_encode(r, &again);

    if (err == SV_OK && !bytes_equal(buf_bytes(&again), text))
        err = SV_ERR_FORMAT;
    buf_free(&again);
    return err;
}

static enum sv_err
parse_text(struct bytes text, struct request *r)
{
    struct bytes rest = text;
    enum sv_err err;

    if (!text_skip(&rest, REQUEST_LABEL))
        return SV_ERR_FORMAT;
    err = line_parse(&request_format, &rest, r);
    return err != SV_OK ? err : compare(r, text);
}

enum sv_err
request_text_parse(struct bytes text, struct request *out)
{
    struct request r;
    enum sv_err err;

    memset(&r, 0, sizeof r);
    if (text.len > REQUEST_NOTE_MAX || !note_text_ok(text))
        return SV_ERR_FORMAT;
    err = parse_text(text, &r);
    if (err != SV_OK)
        return err_verdict(err, SV_ERR_FORMAT);
    *out = r;
    return SV_OK;
}

/* A person, the gate or a compartment with a box key that nobody can seal
 * to would be a trap for all who have to. */
static bool
boxes_ok(const struct request *r)
{
    unsigned lines = request_act_lines(r->act);
    const struct request_founder *f = r->genesis.founders;
    const struct request_founder *again = &r->restore.administrator;
    bool ok = (lines & LINE_BOX) == 0 || box_public_ok(r->box);

    if ((lines & LINE_GENESIS) != 0)
        ok = ok && box_public_ok(r->genesis.gate_box);
    for (unsigned i = 0; i < r->genesis.n_founders; i++)
        ok = ok && box_public_ok(f[i].box);
    for (unsigned i = 0; i < r->n_keys; i++)
        ok = ok && box_public_ok(r->keys[i].pub);
    return ok && (again->name[0] == '\0' || box_public_ok(again->box));
}

enum sv_err
request_parse(struct bytes in, struct note *note, struct request *out)
{
    struct request r;
    struct note n;
    enum sv_err err;

    memset(&r, 0, sizeof r);
    if (in.len > REQUEST_NOTE_MAX)
        return SV_ERR_FORMAT;
    err = note_parse(in, &n);
    if (err == SV_OK)
        err = parse_text(n.text, &r);
    if (err == SV_OK)
        err = get_actor(&n, &r);
    if (err == SV_OK && !boxes_ok(&r))
        err = SV_ERR_FORMAT;
    if (err != SV_OK)
        return err_verdict(err, SV_ERR_FORMAT);
    note_copy(&n, note);
    *out = r;
    return SV_OK;
}

/* ---- items of a batch ---- */

#define ITEM_LABEL "svault/version/v1"

struct hash
item_leaf(const struct item *it)
{
    char record[2 * HANDLE_LEN + 1], hash[BASE64_SIZE(sizeof it->hash)];
    char text[sizeof ITEM_LABEL + (size_t)2 * HANDLE_LEN + NAME_SIZE + 24 +
              sizeof hash];

    text_hex(BYTES(it->record.b), record);
    text_base64(BYTES(it->hash), hash);
    (void)snprintf(text, sizeof text, ITEM_LABEL " %s %s %" PRIu64 " %s",
                   record, it->compartment, it->version, hash);
    return tree_leaf(bytes_text(text));
}

const char *
request_second(const struct request *r)
{
    switch (r->act) {
    case ACT_GENESIS:
        return r->genesis.founders[FOUNDER_SUPERVISOR].name;
    case ACT_RESTORE:
        return r->restore.second;
    default:
        return "";
    }
}
