#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "policy/policy_build.h"

#define FIRST_LINE "svault/policy/v1"
#define DUPLICATE "duplicate"
#define COLUMN_SIZE ((size_t)2 * NAME_SIZE)

/* ---- encoding ---- */

static void
line(struct buf *out, enum sv_err *err, const char *word, const char *a,
     const char *b)
{
    if (*err == SV_OK)
        *err =
            buf_printf(out, "%s %s%s%s\n", word, a, *b != '\0' ? " " : "", b);
}

static void
column_name(const struct policy_column *c, char out[static COLUMN_SIZE])
{
    (void)snprintf(out, COLUMN_SIZE, "%s.%s", c->type, c->compartment);
}

static void
encode_cells(const struct policy *p, const struct policy_role *r,
             struct buf *out, enum sv_err *err)
{
    for (unsigned c = 0; c < p->n_columns; c++) {
        char name[COLUMN_SIZE], letters[POLICY_LETTERS_SIZE];

        if (r->cells[c] == 0)
            continue;
        column_name(&p->columns[c], name);
        policy_build_letters(r->cells[c], letters);
        line(out, err, "cell", name, letters);
    }
}

static void
encode_acts(const struct policy *p, const struct policy_role *r,
            struct buf *out, enum sv_err *err)
{
    for (unsigned a = 0; a < ACT_N; a++) {
        const char *name = request_act_name((enum request_act)a);

        if (!r->acts[a])
            continue;
        if (r->act_types[a] == 0)
            line(out, err, "act", name, "");
        for (unsigned t = 0; t < p->n_types; t++) {
            if ((r->act_types[a] & UINT32_C(1) << t) != 0)
                line(out, err, "act", name, p->types[t]);
        }
    }
}

static void
encode_role(const struct policy *p, const struct policy_role *r,
            struct buf *out, enum sv_err *err)
{
    line(out, err, "role", r->name, "");
    line(out, err, "default", p->purposes[r->default_purpose], "");
    for (unsigned i = 0; i < p->n_purposes; i++) {
        if ((r->purposes & UINT32_C(1) << i) != 0)
            line(out, err, "names", p->purposes[i], "");
    }
    if (r->grant_days_max > 0 && *err == SV_OK)
        *err = buf_printf(out, "grant-days-max %u\n", r->grant_days_max);
    if (r->self_assigns && *err == SV_OK)
        *err = buf_text(out, "self-assigns\n");
    encode_cells(p, r, out, err);
    encode_acts(p, r, out, err);
}

static void
encode_exclusions(const struct policy *p, struct buf *out, enum sv_err *err)
{
    for (unsigned i = 0; i < p->n_roles; i++) {
        for (unsigned j = i + 1; j < p->n_roles; j++) {
            if (p->excludes[i][j])
                line(out, err, "exclude", p->roles[i].name, p->roles[j].name);
        }
    }
}

static void
encode_limits(const struct policy *p, struct buf *out, enum sv_err *err)
{
    for (unsigned a = 0; a < ACT_N && *err == SV_OK; a++) {
        const struct policy_limit *l = &p->limits[a];

        if (l->n > 0)
            *err = buf_printf(out, "limit %s %u %" PRIu64 "%s\n",
                              request_act_name((enum request_act)a), l->n,
                              l->ms, l->duplicates ? " " DUPLICATE : "");
    }
}

enum sv_err
policy_encode(const struct policy *p, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err = buf_text(out, FIRST_LINE "\n");

    line(out, &err, "profile", p->profile, "");
    for (unsigned c = 0; c < p->n_columns; c++) {
        char name[COLUMN_SIZE];

        column_name(&p->columns[c], name);
        line(out, &err, "column", name, "");
    }
    for (unsigned i = 0; i < p->n_purposes; i++)
        line(out, &err, "purpose", p->purposes[i], "");
    for (unsigned i = 0; i < p->n_roles; i++)
        encode_role(p, &p->roles[i], out, &err);
    encode_exclusions(p, out, &err);
    encode_limits(p, out, &err);
    if (err == SV_OK && out->len - was > POLICY_TEXT_MAX)
        err = SV_ERR_RANGE;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* ---- decoding ---- */

static enum sv_err
decode_exclude(struct policy *p, struct bytes a, struct bytes b)
{
    int i = policy_build_find_role(p, a), j = policy_build_find_role(p, b);

    if (i < 0 || j < 0)
        return SV_ERR_FORMAT;
    p->excludes[i][j] = p->excludes[j][i] = true;
    return SV_OK;
}

static enum sv_err
decode_days(struct policy_role *r, struct bytes number)
{
    uint64_t days;
    enum sv_err err = text_u64(number, 1, POLICY_GRANT_DAYS_MAX, &days);

    if (err == SV_OK)
        r->grant_days_max = (unsigned)days;
    return err;
}

static enum sv_err
decode_limit(struct policy *p, struct bytes act, struct bytes rest)
{
    struct bytes n = {NULL, 0}, window = {NULL, 0};
    uint64_t count, ms;

    (void)text_split(&rest, ' ', &n);
    (void)text_split(&rest, ' ', &window);
    if (text_u64(n, 1, POLICY_LIMIT_MAX, &count) != SV_OK ||
        text_u64(window, 1, UINT64_MAX, &ms) != SV_OK)
        return SV_ERR_FORMAT;
    return policy_build_limit(p, act, count, ms, text_is(rest, DUPLICATE));
}

/* A line about the role that the last role line introduced. */
static enum sv_err
decode_of_role(struct policy *p, struct bytes word, struct bytes a,
               struct bytes b)
{
    unsigned role = p->n_roles - 1;

    if (p->n_roles == 0)
        return SV_ERR_FORMAT;
    if (text_is(word, "default"))
        return policy_build_default(p, role, a);
    if (text_is(word, "names"))
        return policy_build_names(p, role, a);
    if (text_is(word, "grant-days-max"))
        return decode_days(&p->roles[role], a);
    if (text_is(word, "self-assigns")) {
        p->roles[role].self_assigns = true;
        return SV_OK;
    }
    if (text_is(word, "cell"))
        return policy_build_cell(p, role, a, b);
    if (text_is(word, "act"))
        return policy_build_act(p, role, a, b);
    return SV_ERR_FORMAT;
}

/* Order and form are not looked at here: re-encoding decides on both. */
static enum sv_err
decode_line(struct policy *p, struct bytes text)
{
    struct bytes word = {NULL, 0}, a = {NULL, 0};

    (void)text_split(&text, ' ', &word);
    (void)text_split(&text, ' ', &a);
    if (text_is(word, "profile"))
        return text_copy(a, p->profile, sizeof p->profile);
    if (text_is(word, "column"))
        return policy_build_column(p, a);
    if (text_is(word, "purpose"))
        return policy_build_purpose(p, a);
    if (text_is(word, "role"))
        return policy_build_role(p, a);
    if (text_is(word, "exclude"))
        return decode_exclude(p, a, text);
    if (text_is(word, "limit"))
        return decode_limit(p, a, text);
    return decode_of_role(p, word, a, text);
}

static enum sv_err
decode_lines(struct bytes text, struct policy *p)
{
    struct bytes one;
    enum sv_err err = SV_OK;

    if (!text_skip(&text, FIRST_LINE "\n"))
        return SV_ERR_FORMAT;
    while (err == SV_OK && text_line(&text, &one))
        err = decode_line(p, one);
    return err;
}

enum sv_err
policy_decode(struct bytes text, struct policy *out)
{
    struct policy *p = calloc(1, sizeof *p);
    struct buf again = BUF_INIT;
    enum sv_err err;

    if (p == NULL)
        return SV_ERR_NOMEM;
    err = decode_lines(text, p);
    if (err == SV_OK)
        err = policy_check(p, NULL);
    if (err == SV_OK)
        err = policy_encode(p, &again);
    if (err == SV_OK && !bytes_equal(text, buf_bytes(&again)))
        err = SV_ERR_FORMAT;
    if (err == SV_OK)
        *out = *p;
    else if (err != SV_ERR_NOMEM)
        err = SV_ERR_FORMAT;
    buf_free(&again);
    free(p);
    return err;
}

enum sv_err
policy_hash(const struct policy *p, uint8_t out[static 32])
{
    struct buf text = BUF_INIT;
    enum sv_err err = policy_encode(p, &text);

    if (err == SV_OK)
        digest(POLICY_LABEL, buf_bytes(&text), out);
    buf_free(&text);
    return err;
}

/* The longest head of text that is whole lines and fits in one entry. */
static struct bytes
first_part(struct bytes text)
{
    size_t len = text.len;

    if (len > REQUEST_TEXT_MAX) {
        len = REQUEST_TEXT_MAX;
        while (len > 0 && text.ptr[len - 1] != '\n')
            len--;
    }
    return bytes_slice(text, 0, len);
}

enum sv_err
policy_part(struct bytes text, unsigned k, struct bytes *part, unsigned *parts)
{
    struct bytes found = {NULL, 0};
    unsigned n = 0;

    while (text.len > 0) {
        struct bytes head = first_part(text);

        if (head.len == 0)
            return SV_ERR_RANGE;
        n++;
        if (n == k)
            found = head;
        text = bytes_slice(text, head.len, text.len - head.len);
    }
    if (found.len == 0)
        return SV_ERR_RANGE;
    *part = found;
    *parts = n;
    return SV_OK;
}
