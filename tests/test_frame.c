#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/support.h"
#include "vault/frame.h"

/* Put these bytes into the frame, at most `piece` at a time; what was not
 * taken is left in *in. */
static enum sv_err
feed(struct frame *f, struct bytes *in, size_t piece)
{
    enum sv_err err = SV_OK;

    while (err == SV_OK && in->len > 0 && !frame_whole(f)) {
        uint8_t *at;
        size_t n;

        assert_ok(frame_room(f, &at, &n));
        assert_true(n > 0);
        n = n < piece ? n : piece;
        n = n < in->len ? n : in->len;
        memcpy(at, in->ptr, n);
        *in = bytes_slice(*in, n, in->len - n);
        err = frame_took(f, n);
    }
    return err;
}

static void
test_the_header_is_the_documented_one(void **state)
{
    uint8_t header[FRAME_HEADER_LEN];
    size_t len = 0;

    (void)state;
    assert_ok(frame_header_encode(0x010203, FRAME_REQUEST_MAX, header));
    assert_hex(BYTES(header), "5356460100010203");
    assert_ok(frame_header_decode(header, FRAME_REQUEST_MAX, &len));
    assert_int_equal(len, 0x010203);
    assert_err(frame_header_encode(0, FRAME_REQUEST_MAX, header), SV_ERR_RANGE);
    assert_err(
        frame_header_encode(FRAME_REQUEST_MAX + 1, FRAME_REQUEST_MAX, header),
        SV_ERR_RANGE);
}

static void
test_other_headers_are_refused(void **state)
{
    static const struct {
        const char *hex;
        enum sv_err err;
    } cases[] = {
        {"5356470100000001", SV_ERR_FORMAT},
        {"0000000000000001", SV_ERR_FORMAT},
        {"5356460000000001", SV_ERR_VERSION},
        {"5356460200000001", SV_ERR_VERSION},
        {"5356460100000000", SV_ERR_RANGE},
        {"5356460101800001", SV_ERR_RANGE}, /* 24 MiB and one */
        {"53564601ffffffff", SV_ERR_RANGE},
        {"474554202f204854", SV_ERR_FORMAT}, /* GET / HT */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf raw = support_unhex(cases[i].hex);
        struct bytes in = buf_bytes(&raw);
        struct frame f;
        size_t len = 77;

        assert_err(frame_header_decode(raw.ptr, FRAME_REQUEST_MAX, &len),
                   cases[i].err);
        assert_int_equal(len, 77);
        frame_init(&f, FRAME_REQUEST_MAX);
        assert_err(feed(&f, &in, 3), cases[i].err);
        assert_null(f.payload.ptr);
        frame_clear(&f);
        buf_free(&raw);
    }
}

static void
test_a_frame_comes_in_pieces_of_any_size(void **state)
{
    static const char text[] = "a message of some length";
    uint8_t stream[2 * (FRAME_HEADER_LEN + sizeof text)];
    size_t one = FRAME_HEADER_LEN + sizeof text;

    (void)state;
    assert_ok(frame_header_encode(sizeof text, FRAME_ANSWER_MAX, stream));
    memcpy(stream + FRAME_HEADER_LEN, text, sizeof text);
    memcpy(stream + one, stream, one);
    for (size_t piece = 1; piece <= sizeof stream; piece++) {
        struct bytes in = BYTES(stream);
        struct frame f;

        frame_init(&f, FRAME_ANSWER_MAX);
        assert_false(frame_begun(&f));
        assert_ok(feed(&f, &in, piece));
        assert_true(frame_whole(&f));
        assert_int_equal(in.len, one); /* none of the next one */
        assert_true(bytes_equal(buf_bytes(&f.payload), BYTES(text)));
        frame_clear(&f);
        assert_false(frame_begun(&f));
        assert_ok(feed(&f, &in, piece));
        assert_true(frame_whole(&f));
        frame_clear(&f);
    }
    for (size_t cut = 0; cut < one; cut++) {
        struct bytes in = bytes_of(stream, cut);
        struct frame f;

        frame_init(&f, FRAME_ANSWER_MAX);
        assert_ok(feed(&f, &in, 5));
        assert_false(frame_whole(&f));
        assert_true(frame_begun(&f) == (cut > 0));
        frame_clear(&f);
    }
}

static void
test_memory_grows_with_what_came_and_not_with_what_was_announced(void **state)
{
    uint8_t header[FRAME_HEADER_LEN] = {0};
    struct bytes in = BYTES(header);
    struct frame f;
    size_t came = 0;

    (void)state;
    assert_ok(
        frame_header_encode(FRAME_REQUEST_MAX, FRAME_REQUEST_MAX, header));
    frame_init(&f, FRAME_REQUEST_MAX);
    assert_ok(feed(&f, &in, sizeof header));
    while (!frame_whole(&f)) {
        uint8_t *at;
        size_t n;

        assert_ok(frame_room(&f, &at, &n));
        assert_in_range(f.payload.cap, came, 4 * came + (64 << 10));
        memset(at, 0, n);
        assert_ok(frame_took(&f, n));
        came += n;
    }
    assert_int_equal(came, FRAME_REQUEST_MAX);
    frame_clear(&f);
    assert_null(f.payload.ptr);
}

/* ---- Over a socket ---- */

static void
make_pair(int out[static 2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, out),
                     0);
}

static void *
send_large(void *ctx)
{
    uint8_t *large = calloc(1, FRAME_REQUEST_MAX);
    size_t sent = 0;

    assert_non_null(large);
    for (size_t i = 0; i < FRAME_REQUEST_MAX; i++)
        large[i] = (uint8_t)(i * 7 >> 3);
    assert_ok(frame_send(*(int *)ctx, bytes_of(large, FRAME_REQUEST_MAX),
                         FRAME_REQUEST_MAX, 10000, &sent));
    assert_int_equal(sent, FRAME_HEADER_LEN + FRAME_REQUEST_MAX);
    free(large);
    return NULL;
}

static void
test_the_largest_goes_through_a_socket(void **state)
{
    struct buf out = BUF_INIT;
    pthread_t thread;
    int ends[2];
    size_t received;
    bool same = true;

    (void)state;
    make_pair(ends);
    assert_int_equal(pthread_create(&thread, NULL, send_large, &ends[0]), 0);
    assert_ok(
        frame_receive(ends[1], FRAME_REQUEST_MAX, 10000, &received, &out));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(out.len, FRAME_REQUEST_MAX);
    for (size_t i = 0; i < out.len; i++)
        same = same && out.ptr[i] == (uint8_t)(i * 7 >> 3);
    assert_true(same);
    buf_free(&out);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
test_silence_and_an_end_are_two_things(void **state)
{
    struct buf out = BUF_INIT;
    size_t n;
    int ends[2];

    (void)state;
    make_pair(ends);
    assert_err(frame_receive(ends[1], 100, 1, &n, &out), SV_ERR_BUSY);
    assert_int_equal(write(ends[0], "SVF", 3), 3);
    assert_err(frame_receive(ends[1], 100, 1, &n, &out), SV_ERR_BUSY);
    assert_int_equal(n, 3);
    assert_int_equal(write(ends[0], "SVF\1\0\0\0\5he", 10), 10);
    (void)close(ends[0]);
    assert_err(frame_receive(ends[1], 100, 1000, &n, &out), SV_ERR_IO);
    assert_int_equal(n, 10);
    assert_int_equal(out.len, 0);
    assert_err(frame_send(ends[1], bytes_text("x"), 100, 1, &n), SV_ERR_IO);
    (void)close(ends[1]);
}

static void
test_who_reads_nothing_is_not_waited_for(void **state)
{
    static uint8_t large[1 << 20];
    size_t n;
    int ends[2];

    (void)state;
    make_pair(ends);
    assert_err(frame_send(ends[0], BYTES(large), sizeof large, 1, &n),
               SV_ERR_BUSY);
    assert_in_range(n, 1, sizeof large);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_header_is_the_documented_one),
        cmocka_unit_test(test_other_headers_are_refused),
        cmocka_unit_test(test_a_frame_comes_in_pieces_of_any_size),
        cmocka_unit_test(
            test_memory_grows_with_what_came_and_not_with_what_was_announced),
        cmocka_unit_test(test_the_largest_goes_through_a_socket),
        cmocka_unit_test(test_silence_and_an_end_are_two_things),
        cmocka_unit_test(test_who_reads_nothing_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
