/*
 * Offline proofs: the proof, behind a u16 length, and the entry.  The first
 * byte says whether our log signs the head that the proof brings.
 * Covers: audit/proof.c audit/tree.c
 */
#include <string.h>

#include "audit/proof.h"
#include "base/codec.h"

#include "fuzz/fuzz.h"

#define ORIGIN "shelter.example/log"
#define LEAVES 5

static void
check_parse(struct bytes in)
{
    struct tree_proof inclusion;
    struct bytes checkpoint;
    struct buf again = BUF_INIT;
    uint64_t index;

    if (proof_parse(in, &index, &inclusion, &checkpoint) != SV_OK)
        return;
    demand(inclusion.n <= TREE_PROOF_MAX);
    demand(checkpoint.ptr >= in.ptr &&
           checkpoint.ptr + checkpoint.len <= in.ptr + in.len);
    demand(proof_encode(index, &inclusion, checkpoint, &again) == SV_OK);
    /* We write no extra line. */
    demand(bytes_equal(buf_bytes(&again), in) || again.len < in.len);
    buf_free(&again);
}

/* No proof leads to a head of somebody else's. */
static void
check_verify(struct bytes proof, struct bytes entry)
{
    struct sign_public ours = fuzz_public(1), other = fuzz_public(2);
    struct checkpoint head;

    memset(&head, 0, sizeof head);
    demand(proof_verify(proof, entry, ORIGIN, &other, &head) != SV_OK);
    demand(fuzz_is_zero(&head, sizeof head));
    if (proof_verify(proof, entry, ORIGIN, &ours, &head) == SV_OK)
        demand(head.size > 0);
    else
        demand(fuzz_is_zero(&head, sizeof head));
}

/* The same proof, over a head that our log signs. */
static void
check_signed(struct bytes proof, struct bytes entry)
{
    struct sign_seed key = fuzz_key(1);
    struct tree_proof inclusion;
    struct bytes text;
    struct buf head = BUF_INIT, b = BUF_INIT;
    uint64_t index;

    if (proof_parse(proof, &index, &inclusion, &text) == SV_OK &&
        note_sign(text, ORIGIN, &key, &head) == SV_OK &&
        proof_encode(index, &inclusion, buf_bytes(&head), &b) == SV_OK) {
        fuzz_fit(&b);
        check_verify(buf_bytes(&b), entry);
    }
    buf_free(&head);
    buf_free(&b);
}

void
fuzz_one(struct bytes in)
{
    uint8_t choice = fuzz_choice(&in);
    struct reader r = reader_of(in);
    struct bytes proof = reader_medium(&r, UINT16_MAX);
    struct bytes entry = reader_rest(&r);

    if (r.failed)
        return;
    check_parse(proof);
    if (choice % 2 == 0)
        check_verify(proof, entry);
    else
        check_signed(proof, entry);
    fuzz_heap_bounded(in.len, 32);
}

static enum sv_err
read_leaf(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct hash *leaves = ctx;

    *out = tree_root_of(leaves + (index << level), (size_t)1 << level);
    return SV_OK;
}

static void
seed_proof(struct seeds *s, uint8_t choice, struct bytes proof,
           struct bytes entry)
{
    struct buf b = BUF_INIT;
    struct writer w = writer_to(&b);

    writer_medium(&w, proof);
    writer_bytes(&w, entry);
    demand(writer_end(&w) == SV_OK);
    seed_choice_buf(s, choice, &b);
}

void
fuzz_seeds(struct seeds *s)
{
    struct sign_seed key = fuzz_key(1);
    struct hash leaves[LEAVES];
    struct checkpoint c = {.origin = ORIGIN, .size = LEAVES};
    struct buf head = BUF_INIT;
    struct note n;

    for (uint8_t i = 0; i < LEAVES; i++)
        leaves[i] = tree_leaf(bytes_of(&i, 1));
    c.root = tree_root_of(leaves, LEAVES);
    demand(checkpoint_sign(&c, &key, &head) == SV_OK);
    demand(note_parse(buf_bytes(&head), &n) == SV_OK);
    for (uint8_t i = 0; i < LEAVES; i += 2) {
        struct tree_proof p;
        struct buf b = BUF_INIT;

        demand(tree_inclusion(i, LEAVES, read_leaf, leaves, &p) == SV_OK);
        demand(proof_encode(i, &p, buf_bytes(&head), &b) == SV_OK);
        seed_proof(s, 0, buf_bytes(&b), bytes_of(&i, 1));
        buf_free(&b);
        demand(proof_encode(i, &p, n.text, &b) == SV_OK);
        seed_proof(s, 1, buf_bytes(&b), bytes_of(&i, 1));
        buf_free(&b);
    }
    buf_free(&head);
}
