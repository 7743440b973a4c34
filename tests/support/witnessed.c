#include "tests/support/witnessed.h"

#include <sys/stat.h>

enum sv_err
witnessed_hash(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct branch *l = ctx;
    struct hash left, right;
    char text[32];

    if (level == 0) {
        (void)snprintf(text, sizeof text, "%s %llu",
                       index < l->fork ? "entry" : "forged",
                       (unsigned long long)index);
        *out = tree_leaf(bytes_text(text));
        return SV_OK;
    }
    assert_ok(witnessed_hash(ctx, level - 1, 2 * index, &left));
    assert_ok(witnessed_hash(ctx, level - 1, 2 * index + 1, &right));
    *out = tree_node(&left, &right);
    return SV_OK;
}

struct buf
witnessed_head(const struct witnessed *b, struct branch *l, uint64_t size)
{
    struct checkpoint c = {.origin = WITNESSED_ORIGIN, .size = size};
    struct buf note = BUF_INIT;

    assert_ok(tree_root(size, witnessed_hash, l, &c.root));
    assert_ok(checkpoint_sign(&c, &b->log_seed, &note));
    return note;
}

struct buf
witnessed_request(const struct witnessed *b, struct branch *l, uint64_t old,
                  uint64_t size)
{
    struct buf note = witnessed_head(b, l, size), out = BUF_INIT;
    struct tree_proof proof = {.n = 0};

    if (old > 0 && old < size)
        assert_ok(tree_consistency(old, size, witnessed_hash, l, &proof));
    assert_ok(witness_request_encode(old, &proof, buf_bytes(&note), &out));
    buf_free(&note);
    return out;
}

int
witnessed_set_up(void **state)
{
    struct witnessed *b = calloc(1, sizeof *b);
    char holder[WITNESS_HOLDER_SIZE];

    if (b == NULL)
        return -1;
    support_dir_make(b->dir);
    assert_ok(path_join(b->state, b->dir, "state"));
    assert_int_equal(mkdir(b->state, 0700), 0);
    memset(b->log_seed.b, 1, sizeof b->log_seed.b);
    memset(b->seed.b, 2, sizeof b->seed.b);
    sign_public_of(&b->log_seed, &b->log_key);
    sign_public_of(&b->seed, &b->key);
    b->one.fork = UINT64_MAX;
    b->other.fork = 7;
    b->log = (struct witness_log){WITNESSED_ORIGIN, &b->log_key};
    b->w = (struct witness){b->state, WITNESSED_NAME, &b->seed, -1};
    assert_ok(witness_open(&b->w, holder));
    *state = b;
    return 0;
}

int
witnessed_tear_down(void **state)
{
    struct witnessed *b = *state;

    witness_close(&b->w);
    support_dir_remove(b->dir);
    free(b);
    return 0;
}

struct witness_result
witnessed_ask(struct witnessed *b, struct bytes request, bool first,
              uint64_t unix_s, enum witness_finding want)
{
    struct witness_result r;

    assert_ok(witness_answer(&b->w, &b->log, request, first, unix_s, &r));
    assert_int_equal(r.finding, want);
    return r;
}

void
witnessed_expect(struct witnessed *b, struct branch *l, uint64_t old,
                 uint64_t size, enum witness_finding want)
{
    struct buf request = witnessed_request(b, l, old, size);
    struct witness_result r = witnessed_ask(b, buf_bytes(&request), false,
                                            WITNESSED_NOW + size, want);

    witness_result_clear(&r);
    buf_free(&request);
}

void
witnessed_begin(struct witnessed *b, uint64_t size)
{
    struct buf request = witnessed_request(b, &b->one, 0, size);
    struct witness_result r = witnessed_ask(b, buf_bytes(&request), true,
                                            WITNESSED_NOW, WITNESS_COSIGNED);

    witness_result_clear(&r);
    buf_free(&request);
}

void
witnessed_file(const struct witnessed *b, const char *name,
               char out[static PATH_SIZE])
{
    uint8_t hash[SHA256_LEN];
    char hex[2 * SHA256_LEN + 1], dir[PATH_SIZE];

    sha256(bytes_text(WITNESSED_ORIGIN), hash);
    text_hex(BYTES(hash), hex);
    assert_ok(path_join(dir, b->state, hex));
    assert_ok(path_join(out, dir, name));
}

struct buf
witnessed_stored(const struct witnessed *b)
{
    struct buf note = BUF_INIT;
    char path[PATH_SIZE];

    witnessed_file(b, "checkpoint", path);
    assert_ok(file_read(path, WITNESS_NOTE_MAX, &note));
    return note;
}
