/*
 * A disk that remembers: one file (`disk`) for a loop device, each write and
 * flush of which is kept, in its order, in a log; `position` says how many
 * there are.
 *
 *   blocklog IMAGE LOG MOUNTPOINT
 *
 * A record of the log: u32 kind (0 write, 1 flush), u32 length, u64 offset,
 * in this machine's order, and the bytes written.
 */
#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK "/disk"
#define POSITION "/position"
#define POSITION_SIZE 32
#define PERMISSIONS 0600

enum kind { KIND_WRITE, KIND_FLUSH };

struct record {
    uint32_t kind;
    uint32_t len;
    uint64_t offset;
};

struct disk {
    int image;
    int log;
    uint64_t n;
};

static struct disk *
disk(void)
{
    return fuse_get_context()->private_data;
}

static bool
is(const char *path, const char *name)
{
    return strcmp(path, name) == 0;
}

static int
look(const char *path, struct stat *st, struct fuse_file_info *file)
{
    struct stat image;

    (void)file;
    memset(st, 0, sizeof *st);
    st->st_nlink = 1;
    st->st_mode = S_IFREG | PERMISSIONS;
    if (is(path, "/")) {
        st->st_mode = S_IFDIR | S_IRWXU;
    } else if (is(path, POSITION)) {
        st->st_size = POSITION_SIZE;
    } else if (is(path, DISK)) {
        if (fstat(disk()->image, &image) != 0)
            return -errno;
        st->st_size = image.st_size;
    } else {
        return -ENOENT;
    }
    return 0;
}

static int
open_file(const char *path, struct fuse_file_info *file)
{
    file->direct_io = is(path, POSITION);
    return is(path, POSITION) || is(path, DISK) ? 0 : -ENOENT;
}

static int
read_position(char *out, size_t len, off_t offset)
{
    char text[POSITION_SIZE];
    int n =
        snprintf(text, sizeof text, "%llu\n", (unsigned long long)disk()->n);

    if (n < 0 || offset >= n)
        return 0;
    if (len > (size_t)n - (size_t)offset)
        len = (size_t)n - (size_t)offset;
    memcpy(out, text + offset, len);
    return (int)len;
}

static int
read_file(const char *path, char *out, size_t len, off_t offset,
          struct fuse_file_info *file)
{
    ssize_t n;

    (void)file;
    if (is(path, POSITION))
        return read_position(out, len, offset);
    n = pread(disk()->image, out, len, offset);
    return n < 0 ? -errno : (int)n;
}

/* Both or nothing that anybody can go on with. */
static int
remember(enum kind kind, const char *data, size_t len, off_t offset)
{
    struct record r = {(uint32_t)kind, (uint32_t)len, (uint64_t)offset};

    if (write(disk()->log, &r, sizeof r) != (ssize_t)sizeof r ||
        (len > 0 && write(disk()->log, data, len) != (ssize_t)len))
        return -EIO;
    disk()->n++;
    return 0;
}

static int
write_file(const char *path, const char *data, size_t len, off_t offset,
           struct fuse_file_info *file)
{
    int rc;

    (void)file;
    if (!is(path, DISK))
        return -EACCES;
    if (pwrite(disk()->image, data, len, offset) != (ssize_t)len)
        return -EIO;
    rc = remember(KIND_WRITE, data, len, offset);
    return rc != 0 ? rc : (int)len;
}

static int
sync_file(const char *path, int data_only, struct fuse_file_info *file)
{
    (void)data_only;
    (void)file;
    return is(path, DISK) ? remember(KIND_FLUSH, NULL, 0, 0) : 0;
}

static int
list(const char *path, void *out, fuse_fill_dir_t fill, off_t offset,
     struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    (void)path;
    (void)offset;
    (void)file;
    (void)flags;
    (void)fill(out, &DISK[1], NULL, 0, 0);
    (void)fill(out, &POSITION[1], NULL, 0, 0);
    return 0;
}

static const struct fuse_operations operations = {
    .getattr = look,
    .open = open_file,
    .read = read_file,
    .write = write_file,
    .fsync = sync_file,
    .readdir = list,
};

int
main(int argc, char **argv)
{
    /* One thread: the order of the log is the order of the disk. */
    char *arguments[] = {argv[0], "-f", "-s", argv[argc - 1], NULL};
    struct disk d = {-1, -1, 0};

    if (argc != 4) {
        (void)fprintf(stderr, "usage: blocklog IMAGE LOG MOUNTPOINT\n");
        return EXIT_FAILURE;
    }
    d.image = open(argv[1], O_RDWR | O_CLOEXEC);
    d.log = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
                 PERMISSIONS);
    if (d.image < 0 || d.log < 0) {
        perror("blocklog");
        return EXIT_FAILURE;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return fuse_main(4, arguments, &operations, &d);
}
