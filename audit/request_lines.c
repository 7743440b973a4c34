#include "audit/request_lines.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define SIZE_LIMIT ((uint64_t)INT64_MAX)

/* ---- lines that all requests have ---- */

static enum sv_err
put_vault(const void *field, struct buf *out)
{
    const struct request *r = field;

    return r->has_vault ? line_put_hex32(r->vault.b, out) : buf_text(out, "-");
}

static enum sv_err
get_vault(void *field, struct bytes value)
{
    struct request *r = field;

    r->has_vault = !text_is(value, "-");
    return r->has_vault ? line_get_hex32(r->vault.b, value) : SV_OK;
}

static enum sv_err
put_act(const void *field, struct buf *out)
{
    const struct request *r = field;
    const char *name = request_act_name(r->act);

    /* The vault is named after its genesis, which cannot name it. */
    if (name == NULL || (r->act == ACT_GENESIS && r->has_vault))
        return SV_ERR_FORMAT;
    return buf_text(out, name);
}

static enum sv_err
get_act(void *field, struct bytes value)
{
    struct request *r = field;

    return request_act_parse(value, &r->act);
}

static enum sv_err
put_purpose(const void *field, struct buf *out)
{
    const struct request *r = field;
    enum sv_err err = line_put_code(r->purpose, out);

    if (err != SV_OK)
        return err;
    return buf_text(out, r->purpose_defaulted ? " default" : " given");
}

static enum sv_err
get_purpose(void *field, struct bytes value)
{
    struct request *r = field;
    struct bytes code;

    if (!text_split(&value, ' ', &code))
        return SV_ERR_FORMAT;
    r->purpose_defaulted = text_is(value, "default");
    if (!r->purpose_defaulted && !text_is(value, "given"))
        return SV_ERR_FORMAT;
    return line_get_code(r->purpose, code);
}

static enum sv_err
put_seen(const void *field, struct buf *out)
{
    const struct request *r = field;
    enum sv_err err;

    if (r->seen_size > SIZE_LIMIT)
        return SV_ERR_RANGE;
    if (r->seen_size == 0) {
        struct hash empty = tree_empty();

        if (!hash_equal(&r->seen_root, &empty))
            return SV_ERR_FORMAT;
    }
    err = text_u64_append(out, r->seen_size);
    if (err == SV_OK)
        err = buf_text(out, " ");
    return err != SV_OK ? err : line_put_base64(r->seen_root.b, out);
}

static enum sv_err
get_seen(void *field, struct bytes value)
{
    struct request *r = field;
    struct bytes size;
    enum sv_err err;

    if (!text_split(&value, ' ', &size))
        return SV_ERR_FORMAT;
    err = text_u64(size, 0, SIZE_LIMIT, &r->seen_size);
    return err != SV_OK ? err : line_get_base64(r->seen_root.b, value);
}

/* ---- lines of some acts ---- */

static enum sv_err
put_compartments(const void *field, struct buf *out)
{
    const struct request *r = field;
    enum sv_err err = SV_OK;

    if (r->n_compartments == 0 || r->n_compartments > REQUEST_COMPARTMENTS_MAX)
        return SV_ERR_RANGE;
    for (unsigned i = 0; i < r->n_compartments && err == SV_OK; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(r->compartments[j], r->compartments[i]) == 0)
                return SV_ERR_FORMAT;
        }
        if (i > 0)
            err = buf_text(out, ",");
        if (err == SV_OK)
            err = line_put_code(r->compartments[i], out);
    }
    return err;
}

static enum sv_err
get_compartments(void *field, struct bytes value)
{
    struct request *r = field;
    struct bytes one;

    while (text_split(&value, ',', &one)) {
        enum sv_err err;

        if (r->n_compartments == REQUEST_COMPARTMENTS_MAX)
            return SV_ERR_FORMAT;
        err = line_get_code(r->compartments[r->n_compartments], one);
        if (err != SV_OK)
            return err;
        r->n_compartments++;
    }
    return SV_OK;
}

static enum sv_err
put_until(const void *field, struct buf *out)
{
    const struct request *r = field;

    return r->until_ms > 0 ? line_put_time(&r->until_ms, out)
                           : buf_text(out, "-");
}

static enum sv_err
get_until(void *field, struct bytes value)
{
    struct request *r = field;

    return text_is(value, "-")
               ? SV_OK
               : text_u64(value, 1, LINE_TIME_MAX, &r->until_ms);
}

static enum sv_err
put_vkey(const void *field, struct buf *out)
{
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;
    enum sv_err err =
        note_vkey_parse(bytes_text(field), name, sizeof name, &key);

    return err != SV_OK ? err : buf_text(out, field);
}

static enum sv_err
get_vkey(void *field, struct bytes value)
{
    return text_copy(value, field, NOTE_VKEY_SIZE);
}

static enum sv_err
put_founder(const struct request_founder *f, struct buf *out)
{
    char sign[BASE64_SIZE(sizeof f->sign.b)], box[BASE64_SIZE(sizeof f->box)];

    if (!text_is_code(bytes_text(f->role)) ||
        !text_is_work_name(bytes_text(f->name)))
        return SV_ERR_FORMAT;
    text_base64(BYTES(f->sign.b), sign);
    text_base64(BYTES(f->box), box);
    return buf_printf(out, "founder %s %s %s %s\n", f->role, f->name, sign,
                      box);
}

static enum sv_err
put_founders(const void *field, struct buf *out)
{
    const struct request_genesis *g = &((const struct request *)field)->genesis;
    enum sv_err err = SV_OK;

    if (g->n_founders < 2 || g->n_founders > REQUEST_FOUNDERS_MAX)
        return SV_ERR_RANGE;
    for (unsigned i = 0; i < g->n_founders && err == SV_OK; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(g->founders[j].role, g->founders[i].role) == 0)
                return SV_ERR_FORMAT;
        }
        err = put_founder(&g->founders[i], out);
    }
    return err;
}

static enum sv_err
get_founder(void *field, struct bytes value)
{
    struct request_genesis *g = &((struct request *)field)->genesis;
    struct request_founder *f;
    struct bytes role, name, key;
    enum sv_err err;

    if (g->n_founders == REQUEST_FOUNDERS_MAX ||
        !text_split(&value, ' ', &role) || !text_split(&value, ' ', &name) ||
        !text_split(&value, ' ', &key))
        return SV_ERR_FORMAT;
    f = &g->founders[g->n_founders];
    err = line_get_code(f->role, role);
    if (err == SV_OK)
        err = line_get_work_name(f->name, name);
    if (err == SV_OK)
        err = line_get_base64(f->sign.b, key);
    if (err == SV_OK)
        err = line_get_base64(f->box, value);
    if (err == SV_OK)
        g->n_founders++;
    return err;
}

static enum sv_err
put_key(const struct request_key *k, struct buf *out)
{
    char pub[BASE64_SIZE(sizeof k->pub)];

    if (!text_is_code(bytes_text(k->type)) ||
        !text_is_code(bytes_text(k->compartment)) || k->epoch == 0)
        return SV_ERR_FORMAT;
    text_base64(BYTES(k->pub), pub);
    return buf_printf(out, "key %s.%s %" PRIu32 " %s\n", k->type,
                      k->compartment, k->epoch, pub);
}

static bool
names_same_key(const struct request_key *a, const struct request_key *b)
{
    return strcmp(a->type, b->type) == 0 &&
           strcmp(a->compartment, b->compartment) == 0 && a->epoch == b->epoch;
}

static enum sv_err
put_keys(const void *field, struct buf *out)
{
    const struct request *r = field;
    enum sv_err err = SV_OK;

    if (r->n_keys == 0 || r->n_keys > REQUEST_KEYS_MAX)
        return SV_ERR_RANGE;
    for (unsigned i = 0; i < r->n_keys && err == SV_OK; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (names_same_key(&r->keys[j], &r->keys[i]))
                return SV_ERR_FORMAT;
        }
        err = put_key(&r->keys[i], out);
    }
    return err;
}

static enum sv_err
get_key(void *field, struct bytes value)
{
    struct request *r = field;
    struct request_key *k;
    struct bytes type, compartment, number;
    uint64_t epoch;
    enum sv_err err;

    if (r->n_keys == REQUEST_KEYS_MAX)
        return SV_ERR_FORMAT;
    k = &r->keys[r->n_keys];
    if (!text_split(&value, '.', &type) ||
        !text_split(&value, ' ', &compartment) ||
        !text_split(&value, ' ', &number))
        return SV_ERR_FORMAT;
    err = line_get_code(k->type, type);
    if (err == SV_OK)
        err = line_get_code(k->compartment, compartment);
    if (err == SV_OK)
        err = text_u64(number, 1, UINT32_MAX, &epoch);
    if (err == SV_OK)
        err = line_get_base64(k->pub, value);
    if (err != SV_OK)
        return err;
    k->epoch = (uint32_t)epoch;
    r->n_keys++;
    return SV_OK;
}

static enum sv_err
put_part(const void *field, struct buf *out)
{
    const struct request *r = field;

    if (r->part == 0 || r->part > r->parts)
        return SV_ERR_RANGE;
    return buf_printf(out, "%u/%u", r->part, r->parts);
}

static enum sv_err
get_part(void *field, struct bytes value)
{
    struct request *r = field;
    uint64_t part, parts;
    struct bytes head;
    enum sv_err err;

    if (!text_split(&value, '/', &head))
        return SV_ERR_FORMAT;
    err = text_u64(value, 1, UINT32_MAX, &parts);
    if (err == SV_OK)
        err = text_u64(head, 1, parts, &part);
    if (err != SV_OK)
        return err;
    r->part = (unsigned)part;
    r->parts = (unsigned)parts;
    return SV_OK;
}

/* What a terminal shows as it stands, in lines that end in no space. */
static enum sv_err
check_text(struct bytes text)
{
    struct buf shown = BUF_INIT;
    enum sv_err err;

    if (text.len == 0 || text.len > REQUEST_TEXT_MAX)
        return SV_ERR_RANGE;
    if (text.ptr[text.len - 1] != '\n')
        return SV_ERR_FORMAT;
    err = text_inert(&shown, text, true);
    if (err == SV_OK && !bytes_equal(buf_bytes(&shown), text))
        err = SV_ERR_FORMAT;
    buf_free(&shown);
    return err;
}

static enum sv_err
put_text(const void *field, struct buf *out)
{
    struct bytes text = bytes_text(field), line;
    enum sv_err err = check_text(text);

    while (err == SV_OK && text_line(&text, &line)) {
        if (line.len == 0 || line.ptr[line.len - 1] == ' ')
            return SV_ERR_FORMAT;
        err = buf_text(out, "| ");
        if (err == SV_OK)
            err = buf_append(out, bytes_of(line.ptr, line.len + 1));
    }
    return err;
}

static enum sv_err
get_text(void *field, struct bytes value)
{
    char *text = field;
    size_t len = strlen(text);
    enum sv_err err;

    /* Leaves room for the LF and a NUL. */
    if (value.len > REQUEST_TEXT_MAX - 1 ||
        len > REQUEST_TEXT_MAX - 1 - value.len)
        return SV_ERR_FORMAT;
    err = text_copy(value, text + len, REQUEST_TEXT_MAX - len);
    if (err == SV_OK)
        memcpy(text + len + value.len, "\n", 2);
    return err;
}

/* ---- restore ---- */

static enum sv_err
put_second(const void *field, struct buf *out)
{
    const struct request_restore *s = field;

    if (s->second[0] == '\0')
        return s->second_role[0] == '\0' ? buf_text(out, "-") : SV_ERR_FORMAT;
    if (!text_is_code(bytes_text(s->second_role)) ||
        !text_is_work_name(bytes_text(s->second)))
        return SV_ERR_FORMAT;
    return buf_printf(out, "%s %s", s->second_role, s->second);
}

static enum sv_err
get_second(void *field, struct bytes value)
{
    struct request_restore *s = field;
    struct bytes role;
    enum sv_err err;

    if (text_is(value, "-"))
        return SV_OK;
    if (!text_split(&value, ' ', &role))
        return SV_ERR_FORMAT;
    err = line_get_code(s->second_role, role);
    return err != SV_OK ? err : line_get_work_name(s->second, value);
}

static enum sv_err
put_administrator(const void *field, struct buf *out)
{
    const struct request_founder *f = field;
    char sign[BASE64_SIZE(sizeof f->sign.b)], box[BASE64_SIZE(sizeof f->box)];

    if (f->name[0] == '\0')
        return buf_text(out, "-");
    if (!text_is_work_name(bytes_text(f->name)))
        return SV_ERR_FORMAT;
    text_base64(BYTES(f->sign.b), sign);
    text_base64(BYTES(f->box), box);
    return buf_printf(out, "%s %s %s", f->name, sign, box);
}

static enum sv_err
get_administrator(void *field, struct bytes value)
{
    struct request_founder *f = field;
    struct bytes name, key;
    enum sv_err err;

    if (text_is(value, "-"))
        return SV_OK;
    if (!text_split(&value, ' ', &name) || !text_split(&value, ' ', &key))
        return SV_ERR_FORMAT;
    err = line_get_work_name(f->name, name);
    if (err == SV_OK)
        err = line_get_base64(f->sign.b, key);
    return err != SV_OK ? err : line_get_base64(f->box, value);
}

/* ---- the format ---- */

#define WHOLE 0 /* the line is made of several fields */
#define AT(field) offsetof(struct request, field)

static const struct line_rule rules[] = {
    {"origin", AT(origin), line_put_origin, line_get_origin, 0, false},
    {"vault", WHOLE, put_vault, get_vault, 0, false},
    {"act", WHOLE, put_act, get_act, 0, false},
    {"id", AT(id), line_put_hex16, line_get_hex16, 0, false},
    {"at", AT(at_ms), line_put_time, line_get_time, 0, false},
    {"role", AT(role), line_put_code, line_get_code, 0, false},
    {"purpose", WHOLE, put_purpose, get_purpose, 0, false},
    {"seen", WHOLE, put_seen, get_seen, 0, false},

    {"type", AT(type), line_put_code, line_get_code, LINE_TYPE, false},
    {"record", AT(record), line_put_hex16, line_get_hex16, LINE_RECORD, false},
    {"compartments", WHOLE, put_compartments, get_compartments,
     LINE_COMPARTMENTS, false},
    {"body", AT(body), line_put_base64, line_get_base64, LINE_BODY, false},
    {"count", AT(count), line_put_u64, line_get_u64, LINE_COUNT, false},
    {"entry", AT(entry), line_put_u64, line_get_u64, LINE_ENTRY, false},
    {"person", AT(person), line_put_work_name, line_get_work_name, LINE_PERSON,
     false},
    {"sign", AT(sign), line_put_base64, line_get_base64, LINE_SIGN, false},
    {"box", AT(box), line_put_base64, line_get_base64, LINE_BOX, false},
    {"grants", AT(grants), line_put_code, line_get_code, LINE_GRANTS, false},
    {"until", WHOLE, put_until, get_until, LINE_UNTIL, false},

    {"profile", AT(profile), line_put_code, line_get_code, LINE_PROFILE, false},

    {"log", AT(genesis.log_vkey), put_vkey, get_vkey, LINE_GENESIS, false},
    {"gatebox", AT(genesis.gate_box), line_put_base64, line_get_base64,
     LINE_GENESIS, false},
    {"profile", AT(genesis.profile), line_put_work_name, line_get_work_name,
     LINE_GENESIS, false},
    {"policy", AT(genesis.policy_hash), line_put_hex32, line_get_hex32,
     LINE_GENESIS, false},
    {"schema", AT(genesis.schema_hash), line_put_hex32, line_get_hex32,
     LINE_GENESIS, false},
    {"founder", WHOLE, put_founders, get_founder, LINE_GENESIS, true},

    {"key", WHOLE, put_keys, get_key, LINE_KEYS, true},
    {"part", WHOLE, put_part, get_part, LINE_TEXT, false},
    {"|", AT(text), put_text, get_text, LINE_TEXT, true},

    {"taken", AT(restore.taken_ms), line_put_time, line_get_time, LINE_RESTORE,
     false},
    {"second", AT(restore), put_second, get_second, LINE_RESTORE, false},
    {"administrator", AT(restore.administrator), put_administrator,
     get_administrator, LINE_RESTORE, false},
};

static unsigned
bits(const void *object)
{
    const struct request *r = object;

    return request_act_lines(r->act);
}

const struct line_format request_format = {
    rules, sizeof rules / sizeof rules[0], bits};
