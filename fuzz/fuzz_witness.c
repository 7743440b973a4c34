/*
 * A witness and a log that lies.  The first byte says how: a request as it
 * came, or a list of requests of five bytes each: which branch of the log,
 * from which size, to which, at what time, and which byte of it is wrong
 * (0: none).  Whatever is asked, what is cosigned is one branch that grows.
 * Covers: audit/witness.c audit/cosign.c audit/evidence.c
 */
#include <string.h>
#include <sys/stat.h>

#include "audit/witness.h"
#include "base/codec.h"
#include "tests/support/support.h"

#include "fuzz/fuzz.h"

#define ORIGIN "shelter.example/log"
#define NAME "witness.example"
#define FORK 5 /* from here on the branches have other leaves */
#define SIZES 16
#define NOW UINT64_C(1700000000)

static void
check_parse(struct bytes in)
{
    struct witness_request q;
    struct buf again = BUF_INIT;

    if (witness_request_parse(in, &q) != SV_OK)
        return;
    demand(q.proof.n <= WITNESS_PROOF_MAX);
    demand(witness_request_encode(q.old_size, &q.proof, q.note, &again) ==
           SV_OK);
    demand(bytes_equal(buf_bytes(&again), in));
    buf_free(&again);
}

/* ---- A log of two branches ---- */

struct branch {
    struct hash leaf[SIZES];
};

static void
make_branch(uint8_t which, struct branch *out)
{
    for (uint8_t i = 0; i < SIZES; i++) {
        const uint8_t text[] = {i < FORK ? 0 : which, i};

        out->leaf[i] = tree_leaf(BYTES(text));
    }
}

static enum sv_err
read_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct branch *b = ctx;

    *out = tree_root_of(b->leaf + (index << level), (size_t)1 << level);
    return SV_OK;
}

/* ---- Asking ---- */

struct asked {
    uint8_t branch, from, to, time, wrong;
};

static struct buf
request_of(const struct asked *a)
{
    struct sign_seed key = fuzz_key(1);
    struct checkpoint head = {.origin = ORIGIN, .size = a->to};
    struct tree_proof proof = {.n = 0};
    struct branch b;
    struct buf note = BUF_INIT, out = BUF_INIT;

    make_branch(a->branch, &b);
    head.root = tree_root_of(b.leaf, a->to);
    if (a->from > 0 && a->from < a->to)
        demand(tree_consistency(a->from, a->to, read_hash, &b, &proof) ==
               SV_OK);
    demand(checkpoint_sign(&head, &key, &note) == SV_OK);
    demand(witness_request_encode(a->from, &proof, buf_bytes(&note), &out) ==
           SV_OK);
    if (a->wrong > 0)
        out.ptr[a->wrong % out.len] ^= 1;
    fuzz_fit(&out);
    buf_free(&note);
    return out;
}

/* May a head follow another one?  By what the log is, not by what it says. */
static bool
follows(const struct checkpoint *was, const struct checkpoint *is)
{
    struct branch b;

    if (is->size < was->size || is->size >= SIZES)
        return false;
    for (uint8_t which = 0; which < 2; which++) {
        struct hash first, second;

        make_branch(which, &b);
        first = tree_root_of(b.leaf, was->size);
        second = tree_root_of(b.leaf, is->size);
        if (hash_equal(&first, &was->root) && hash_equal(&second, &is->root))
            return true;
    }
    return false;
}

struct state {
    struct witness w;
    struct witness_log log;
    struct checkpoint last;
    uint64_t last_s;
};

static void
check_result(struct state *s, const struct witness_result *r, uint64_t now)
{
    struct sign_public key = fuzz_public(2);
    struct note n;
    uint64_t at = 0;

    demand(r->last.size == s->last.size);
    if (r->finding != WITNESS_COSIGNED) {
        demand((r->finding == WITNESS_FORK || r->finding == WITNESS_UNPROVED) ==
               (r->evidence[1][0] != '\0'));
        return;
    }
    demand(follows(&s->last, &r->asked));
    demand(now >= s->last_s);
    demand(note_parse(buf_bytes(&r->note), &n) == SV_OK);
    demand(cosign_verify(&n, NAME, &key, &at) == SV_OK && at == now);
    s->last = r->asked;
    s->last_s = now;
}

static void
ask(struct state *s, const struct asked *a)
{
    struct buf request = request_of(a);
    struct witness_result r;
    uint64_t now = NOW + a->time;

    if (witness_answer(&s->w, &s->log, buf_bytes(&request), a->time % 2 == 0,
                       now, &r) == SV_OK) {
        check_result(s, &r, now);
        witness_result_clear(&r);
    }
    buf_free(&request);
}

static void
check_asking(struct bytes in)
{
    struct sign_public log_key = fuzz_public(1);
    struct sign_seed seed_here = fuzz_key(2);
    char dir[PATH_SIZE], holder[WITNESS_HOLDER_SIZE];
    struct reader r = reader_of(in);
    struct state s = {
        .w = {.dir = dir, .name = NAME, .seed = &seed_here},
        .log = {ORIGIN, &log_key},
        .last = {.root = tree_empty()},
    };

    support_dir_make(dir);
    demand(witness_open(&s.w, holder) == SV_OK);
    for (unsigned i = 0; i < 8 && r.at < in.len; i++) {
        struct asked a = {.branch = reader_u8(&r) % 2,
                          .from = reader_u8(&r) % SIZES,
                          .to = reader_u8(&r) % SIZES,
                          .time = reader_u8(&r),
                          .wrong = reader_u8(&r)};

        if (!r.failed)
            ask(&s, &a);
    }
    witness_close(&s.w);
    support_dir_remove(dir);
}

void
fuzz_one(struct bytes in)
{
    if (fuzz_choice(&in) % 2 == 0)
        check_parse(in);
    else
        check_asking(in);
    fuzz_heap_bounded(in.len, 64);
}

void
fuzz_seeds(struct seeds *s)
{
    static const uint8_t honest[] = {0, 0, 3, 2, 0, 0, 3, 3,  4, 0,
                                     0, 3, 9, 4, 0, 0, 9, 15, 6, 0};
    static const uint8_t forked[] = {0, 0, 7, 2, 0, 1, 7, 7, 4, 0, 1, 7, 9,
                                     6, 0, 0, 7, 6, 8, 0, 1, 5, 9, 8, 0};
    static const uint8_t early[] = {0, 0, 7, 8, 0, 0, 7, 8,
                                    2, 0, 0, 7, 9, 8, 9};
    struct asked a = {0, 3, 9, 0, 0};
    struct buf b = request_of(&a);

    seed_choice_buf(s, 0, &b);
    seed_choice(s, 1, BYTES(honest));
    seed_choice(s, 1, BYTES(forked));
    seed_choice(s, 1, BYTES(early));
}
