#include "tests/support/piped.h"

#include <unistd.h>

char *
ended_text(struct buf *b)
{
    assert_ok(buf_append(b, bytes_of("", 1)));
    return (char *)b->ptr;
}

void
piped_open(struct piped *p, struct bytes input)
{
    assert_int_equal(pipe(p->fds), 0);
    if (input.len > 0)
        assert_int_equal(write(p->fds[1], input.ptr, input.len), input.len);
    assert_int_equal(close(p->fds[1]), 0);
    p->t = (struct term){
        .in = fdopen(p->fds[0], "r"),
        .out = open_memstream(&p->data, &p->data_len),
        .err = open_memstream(&p->talk, &p->talk_len),
    };
    assert_non_null(p->t.in);
}

void
piped_close(struct piped *p)
{
    (void)fclose(p->t.in);
    (void)fclose(p->t.out);
    (void)fclose(p->t.err);
    free(p->data);
    free(p->talk);
}
