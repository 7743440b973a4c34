/*
 * The file of the last head: two slots.  The first byte says which of them
 * get a right check here.  Whatever one holds, what is written next is read.
 * Covers: vault/headfile.c
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "vault/headfile.h"

#include "fuzz/fuzz.h"

#define SLOT_LEN 2048
#define PATH_LEN 32

static int
file_of(struct bytes in, uint8_t choice, char path[static PATH_LEN])
{
    uint8_t raw[2 * SLOT_LEN] = {0};
    size_t len = in.len < sizeof raw ? in.len : sizeof raw;
    int fd = memfd_create("head", MFD_CLOEXEC);

    demand(fd >= 0);
    if (len > 0)
        memcpy(raw, in.ptr, len);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *slot = raw + (size_t)i * SLOT_LEN;

        if ((choice >> i & 1) != 0)
            digest("sv/v1/head", bytes_of(slot, SLOT_LEN - DIGEST_LEN),
                   slot + SLOT_LEN - DIGEST_LEN);
    }
    /* Checked slots need a whole file. */
    if ((choice & 3) != 0)
        len = sizeof raw;
    demand(write(fd, raw, len) == (ssize_t)len);
    (void)snprintf(path, PATH_LEN, "/proc/self/fd/%d", fd);
    return fd;
}

static void
check_next(struct headfile *f, const char *path)
{
    struct headfile again = HEADFILE_NONE;
    struct buf head = BUF_INIT;
    uint64_t was = f->sequence;

    demand(headfile_write(f, bytes_text("the next head")) == SV_OK);
    demand(headfile_open(path, &again, &head) == SV_OK);
    /* A forged slot may say that nothing comes behind it. */
    if (was != UINT64_MAX) {
        demand(again.sequence == was + 1);
        demand(bytes_equal(buf_bytes(&head), bytes_text("the next head")));
    }
    headfile_close(&again);
    buf_free(&head);
}

void
fuzz_one(struct bytes in)
{
    uint8_t choice = fuzz_choice(&in);
    struct headfile f = HEADFILE_NONE;
    struct buf head = BUF_INIT;
    char path[PATH_LEN];
    int fd = file_of(in, choice, path);

    if (headfile_open(path, &f, &head) == SV_OK) {
        demand(head.len <= CHECKPOINT_MAX);
        check_next(&f, path);
    } else {
        demand(f.fd == -1 && head.len == 0);
    }
    headfile_close(&f);
    buf_free(&head);
    (void)close(fd);
    fuzz_heap_bounded(in.len, 4);
}

void
fuzz_seeds(struct seeds *s)
{
    /* Magic, sequence, length, head; and the same in the second slot. */
    static const uint8_t one[] = "SVH\x01\0\0\0\0\0\0\0\x05\0\x04head";
    struct buf b = BUF_INIT;
    uint8_t *pad;

    seed_choice(s, 1, bytes_of(one, sizeof one - 1));
    demand(buf_append(&b, bytes_of(one, sizeof one - 1)) == SV_OK);
    demand(buf_extend(&b, SLOT_LEN - b.len, &pad) == SV_OK);
    demand(buf_append(&b, bytes_of(one, sizeof one - 1)) == SV_OK);
    b.ptr[SLOT_LEN + 11] = 6;
    seed_choice_buf(s, 3, &b);
}
