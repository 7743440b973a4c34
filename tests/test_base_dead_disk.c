#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/support.h"

/* A file system whose disk fails while a directory is being synced; only where
 * it can be mounted. */

#define SHUTDOWN _IOR('X', 125, uint32_t) /* both file systems' */
#define NO_LOG_FLUSH 2U

/* A file system of this kind, mounted at dir for this process alone. */
static bool
mount_new(const char *kind, const char *dir)
{
    char line[PATH_SIZE + 256];

    (void)snprintf(line, sizeof line,
                   "cd '%s' && truncate -s 320M image && mkfs.%s -q image && "
                   "mkdir on && mount -o loop image on",
                   dir, kind);
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           system(line) == 0;
}

static void
fail_disk(const char *dir)
{
    uint32_t how = NO_LOG_FLUSH;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, SHUTDOWN, &how), 0);
    assert_int_equal(close(fd), 0);
}

static const char *failing; /* at the next sync of a directory */

int
fsync(int fd)
{
    struct stat st;

    if (failing != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        fail_disk(failing);
        failing = NULL;
    }
    return (int)syscall(SYS_fsync, fd);
}

static void
check_kind(const char *kind)
{
    char dir[PATH_SIZE], on[PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];
    bool mounted;

    support_dir_make(dir);
    mounted = mount_new(kind, dir);
    if (mounted) {
        assert_ok(path_join(on, dir, "on"));
        assert_ok(path_join(from, on, "from"));
        assert_ok(path_join(to, on, "to"));
        assert_ok(file_create(from, 0600, bytes_text("x")));
        assert_ok(dir_sync(on));
        failing = on;
        assert_err(file_move_new(from, to), SV_ERR_IO);
        assert_null(failing);
        assert_int_equal(umount(on), 0);
    }
    support_dir_remove(dir);
    if (!mounted)
        skip();
}

static void
test_no_name_is_said_to_be_durable_on_an_ext4_whose_disk_fails(void **state)
{
    (void)state;
    check_kind("ext4");
}

static void
test_no_name_is_said_to_be_durable_on_an_xfs_whose_disk_fails(void **state)
{
    (void)state;
    check_kind("xfs");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_no_name_is_said_to_be_durable_on_an_ext4_whose_disk_fails),
        cmocka_unit_test(
            test_no_name_is_said_to_be_durable_on_an_xfs_whose_disk_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
