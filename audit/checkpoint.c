#include "audit/checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* Other implementations hold sizes in signed 64-bit numbers. */
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)

static bool
is_origin_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~/:", c) != NULL);
}

bool
checkpoint_origin_ok(const char *origin)
{
    size_t n = strlen(origin);

    if (n == 0 || n >= ORIGIN_SIZE)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_origin_character(origin[i]))
            return false;
    }
    return true;
}

/* An empty tree has one root. */
static bool
is_sound(const struct checkpoint *c)
{
    struct hash empty = tree_empty();

    return checkpoint_origin_ok(c->origin) && c->size <= TREE_SIZE_MAX &&
           (c->size > 0 || hash_equal(&c->root, &empty));
}

enum sv_err
checkpoint_sign(const struct checkpoint *c, const struct sign_seed *log_key,
                struct buf *out)
{
    struct buf text = BUF_INIT;
    char root[BASE64_SIZE(SHA256_LEN)];
    enum sv_err err;

    if (!is_sound(c))
        return SV_ERR_FORMAT;
    text_base64(BYTES(c->root.b), root);
    err = buf_printf(&text, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
    if (err == SV_OK)
        err = note_sign(buf_bytes(&text), c->origin, log_key, out);
    buf_free(&text);
    return err;
}

enum sv_err
checkpoint_parse(struct bytes text, struct checkpoint *out)
{
    struct checkpoint c;
    struct bytes origin, size, root;
    enum sv_err err;

    memset(&c, 0, sizeof c);
    if (!text_line(&text, &origin) || !text_line(&text, &size) ||
        !text_line(&text, &root) || text.len > 0 ||
        text_copy(origin, c.origin, sizeof c.origin) != SV_OK ||
        text_u64(size, 0, TREE_SIZE_MAX, &c.size) != SV_OK)
        return SV_ERR_FORMAT;
    err = text_unbase64_n(root, c.root.b, sizeof c.root.b);
    if (err != SV_OK)
        return err;
    if (!is_sound(&c))
        return SV_ERR_FORMAT;
    *out = c;
    return SV_OK;
}

enum sv_err
checkpoint_open(struct bytes note, const char *origin,
                const struct sign_public *log_key, struct checkpoint *out)
{
    struct checkpoint c;
    struct note n;
    enum sv_err err = note_parse(note, &n);

    if (err != SV_OK)
        return err;
    if (note_verify(&n, origin, log_key) != SV_OK)
        return SV_ERR_TAMPERED;
    err = checkpoint_parse(n.text, &c);
    if (err != SV_OK)
        return err;
    if (strcmp(c.origin, origin) != 0)
        return SV_ERR_TAMPERED;
    *out = c;
    return SV_OK;
}
