#include "audit/proof.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

enum sv_err
proof_encode(uint64_t index, const struct tree_proof *inclusion,
             struct bytes checkpoint, struct buf *out)
{
    size_t was = out->len;
    enum sv_err err =
        buf_printf(out, FIRST_LINE "\nindex %" PRIu64 "\n", index);

    for (unsigned i = 0; i < inclusion->n && err == SV_OK; i++) {
        err = text_base64_append(out, BYTES(inclusion->hash[i].b));
        if (err == SV_OK)
            err = buf_text(out, "\n");
    }
    if (err == SV_OK)
        err = buf_text(out, "\n");
    if (err == SV_OK)
        err = buf_append(out, checkpoint);
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

/* The lines of hashes, up to the empty one. */
static enum sv_err
parse_hashes(struct bytes *rest, struct tree_proof *out)
{
    struct bytes line;

    out->n = 0;
    while (text_line(rest, &line)) {
        if (line.len == 0)
            return SV_OK;
        if (out->n == TREE_PROOF_MAX ||
            text_unbase64_n(line, out->hash[out->n].b, sizeof out->hash[0].b) !=
                SV_OK)
            return SV_ERR_FORMAT;
        out->n++;
    }
    return SV_ERR_FORMAT;
}

enum sv_err
proof_parse(struct bytes in, uint64_t *index, struct tree_proof *inclusion,
            struct bytes *checkpoint)
{
    struct bytes line;

    if (!text_line(&in, &line) || !text_is(line, FIRST_LINE) ||
        !text_line(&in, &line))
        return SV_ERR_FORMAT;
    if (text_skip(&line, "extra ") && !text_line(&in, &line))
        return SV_ERR_FORMAT;
    if (!text_skip(&line, "index ") ||
        text_u64(line, 0, UINT64_MAX, index) != SV_OK)
        return SV_ERR_FORMAT;
    if (parse_hashes(&in, inclusion) != SV_OK || in.len == 0)
        return SV_ERR_FORMAT;
    *checkpoint = in;
    return SV_OK;
}

enum sv_err
proof_verify(struct bytes proof, struct bytes entry, const char *origin,
             const struct sign_public *key, struct checkpoint *head)
{
    struct tree_proof inclusion;
    struct hash leaf = tree_leaf(entry);
    struct checkpoint c;
    struct bytes note;
    uint64_t index;
    enum sv_err err = proof_parse(proof, &index, &inclusion, &note);

    if (err == SV_OK)
        err = checkpoint_open(note, origin, key, &c);
    if (err == SV_OK)
        err = tree_verify_inclusion(index, c.size, &leaf, &inclusion, &c.root);
    if (err == SV_OK)
        *head = c;
    return err;
}
