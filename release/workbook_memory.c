#include "release/workbook_memory.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter/utility.h>

#include "base/file.h"

static int
memory(void)
{
    return memfd_create("workbook", MFD_CLOEXEC);
}

/*
 * In place of the library's function of this name, which makes its temporary
 * files on a disk: where we would tell it to, and when it cannot there, in
 * /tmp.  A release may be exact, and what is written on a disk can be read
 * from it when the file is gone.
 */
FILE *
lxw_tmpfile(char *tmpdir)
{
    int fd = memory();
    FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;

    (void)tmpdir;
    if (file == NULL && fd >= 0)
        (void)close(fd);
    return file;
}

enum sv_err
memory_file_open(struct memory_file *f)
{
    f->fd = memory();
    if (f->fd < 0)
        return SV_ERR_NOMEM;
    (void)snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
    return SV_OK;
}

enum sv_err
memory_file_read(const struct memory_file *f, struct buf *out)
{
    size_t was = out->len, got = 0;
    struct stat st;
    uint8_t *at;
    enum sv_err err;

    if (fstat(f->fd, &st) != 0)
        return SV_ERR_IO;
    err = buf_extend(out, (size_t)st.st_size, &at);
    if (err == SV_OK)
        err = fd_read_at(f->fd, at, (size_t)st.st_size, 0, &got);
    if (err == SV_OK && got != (size_t)st.st_size)
        err = SV_ERR_IO;
    if (err != SV_OK)
        buf_truncate(out, was);
    return err;
}

void
memory_file_close(struct memory_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}
