#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/support.h"

struct place {
    char dir[PATH_SIZE];
    char path[PATH_SIZE]; /* dir/file */
};

static int
setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    if (p == NULL)
        return -1;
    support_dir_make(p->dir);
    if (path_join(p->path, p->dir, "file") != SV_OK)
        return -1;
    *state = p;
    return 0;
}

static int
teardown(void **state)
{
    struct place *p = *state;

    support_dir_remove(p->dir);
    free(p);
    return 0;
}

static void
assert_holds(const char *path, const char *text)
{
    struct buf got = BUF_INIT;

    assert_ok(file_read(path, 1 << 20, &got));
    assert_true(bytes_equal(buf_bytes(&got), bytes_text(text)));
    buf_free(&got);
}

/* How many names are in dir: a file left behind is one too many. */
static unsigned
names_in(const char *dir)
{
    DIR *d = opendir(dir);
    unsigned n = 0;

    assert_non_null(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        n += e->d_name[0] != '.' ||
             (e->d_name[1] != '\0' && e->d_name[1] != '.');
    (void)closedir(d);
    return n;
}

static mode_t
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

/* ---- paths ---- */

static void
test_paths_join_and_take_suffixes(void **state)
{
    char out[PATH_SIZE], longest[PATH_SIZE];

    (void)state;
    assert_ok(path_join(out, "office", "head"));
    assert_string_equal(out, "office/head");
    assert_ok(path_suffix(out, "office", ".gate"));
    assert_string_equal(out, "office.gate");
    assert_ok(path_suffix(out, "office///", ".gate"));
    assert_string_equal(out, "office.gate");
    assert_ok(path_suffix(out, "/", "x"));
    assert_string_equal(out, "/x");
    memset(longest, 'd', sizeof longest);
    longest[PATH_SIZE - 3] = '\0';
    assert_ok(path_join(out, longest, "f"));
    assert_int_equal(strlen(out), PATH_SIZE - 1);
    assert_err(path_join(out, longest, "ff"), SV_ERR_RANGE);
    assert_ok(path_suffix(out, longest, "ss"));
    assert_err(path_suffix(out, longest, "sss"), SV_ERR_RANGE);
}

/* ---- reading ---- */

static void
test_a_file_is_read_whole_and_appended(void **state)
{
    struct place *p = *state;
    struct buf big = BUF_INIT, got = BUF_INIT;
    uint8_t *at;

    assert_ok(buf_extend(&big, 200001, &at));
    for (size_t i = 0; i < big.len; i++)
        big.ptr[i] = (uint8_t)(i * 31 / 7);
    assert_ok(file_create(p->path, 0600, buf_bytes(&big)));
    assert_ok(buf_text(&got, "kept"));
    assert_ok(file_read(p->path, big.len, &got));
    assert_int_equal(got.len, 4 + big.len);
    assert_memory_equal(got.ptr, "kept", 4);
    assert_memory_equal(got.ptr + 4, big.ptr, big.len);
    buf_free(&big);
    buf_free(&got);
}

static void
test_a_file_over_the_limit_is_refused_and_nothing_is_appended(void **state)
{
    struct place *p = *state;
    struct buf got = BUF_INIT;

    assert_ok(file_create(p->path, 0600, bytes_text("12345")));
    assert_ok(buf_text(&got, "kept"));
    assert_err(file_read(p->path, 4, &got), SV_ERR_RANGE);
    assert_int_equal(got.len, 4);
    assert_ok(file_read(p->path, 5, &got));
    assert_int_equal(got.len, 9);
    assert_ok(file_replace(p->path, 0600, bytes_text("")));
    assert_ok(file_read(p->path, 0, &got));
    assert_int_equal(got.len, 9);
    buf_free(&got);
}

static void
test_what_cannot_be_read_says_why(void **state)
{
    struct place *p = *state;
    struct buf got = BUF_INIT;
    char below[PATH_SIZE];

    assert_err(file_read(p->path, 10, &got), SV_ERR_NOT_FOUND);
    assert_err(file_read(p->dir, 10, &got), SV_ERR_IO);
    assert_ok(file_create(p->path, 0000, bytes_text("x")));
    assert_ok(path_join(below, p->path, "x"));
    assert_err(file_read(below, 10, &got), SV_ERR_NOT_FOUND);
    if (geteuid() != 0) /* nothing is denied to root */
        assert_err(file_read(p->path, 10, &got), SV_ERR_DENIED);
    buf_free(&got);
}

static void
test_a_pipe_that_nobody_writes_to_is_empty_and_not_waited_for(void **state)
{
    struct place *p = *state;
    struct buf out = BUF_INIT;

    assert_int_equal(mkfifo(p->path, 0600), 0);
    (void)alarm(10); /* it would wait for ever */
    assert_ok(file_read(p->path, 100, &out));
    (void)alarm(0);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

/* As in a shell: gpg -d people.gpg >pipe & svault import pipe. */
static void
test_who_writes_to_a_named_pipe_may_come_a_little_later(void **state)
{
    struct place *p = *state;
    struct buf got = BUF_INIT;
    pid_t child;
    int status;

    assert_int_equal(mkfifo(p->path, 0600), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd;

        (void)alarm(10);
        (void)usleep(200 * 1000);
        fd = open(p->path, O_WRONLY | O_CLOEXEC);
        (void)usleep(200 * 1000);
        _exit(fd >= 0 && write(fd, "later", 5) == 5 ? 0 : 1);
    }
    assert_ok(file_read(p->path, 100, &got));
    assert_true(bytes_equal(buf_bytes(&got), bytes_text("later")));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    buf_free(&got);
}

static int leased = -1;

static void
give_back(int number)
{
    (void)number;
    (void)fcntl(leased, F_SETLEASE, F_UNLCK);
}

/* What a file server does with what it has lent to others. */
static void
test_a_file_on_lease_is_read(void **state)
{
    struct sigaction before, now = {.sa_handler = give_back};
    struct place *p = *state;
    struct buf got = BUF_INIT;

    assert_ok(file_replace(p->path, 0600, bytes_text("lent")));
    leased = open(p->path, O_RDWR | O_CLOEXEC);
    assert_true(leased >= 0);
    assert_int_equal(sigaction(SIGIO, &now, &before), 0);
    if (fcntl(leased, F_SETLEASE, F_WRLCK) == 0) {
        assert_ok(file_read(p->path, 100, &got));
        assert_true(bytes_equal(buf_bytes(&got), bytes_text("lent")));
    }
    (void)sigaction(SIGIO, &before, NULL);
    (void)close(leased);
    buf_free(&got);
}

static void
test_a_pipe_is_read_to_its_end(void **state)
{
    struct buf got = BUF_INIT;
    char path[64];
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "through", 7), 7);
    (void)close(fds[1]);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", fds[0]);
    assert_ok(file_read(path, 100, &got));
    assert_true(bytes_equal(buf_bytes(&got), bytes_text("through")));
    (void)close(fds[0]);
    buf_free(&got);
}

/* ---- writing ---- */

static void
test_replacing_makes_or_changes_the_file_and_its_mode(void **state)
{
    struct place *p = *state;
    mode_t was = umask(077);

    assert_ok(file_replace(p->path, 0644, bytes_text("one")));
    assert_holds(p->path, "one");
    assert_int_equal(mode_of(p->path), 0644);
    assert_ok(file_replace(p->path, 0600, bytes_text("two")));
    assert_holds(p->path, "two");
    assert_int_equal(mode_of(p->path), 0600);
    assert_ok(file_replace(p->path, 0600, bytes_of(NULL, 0)));
    assert_holds(p->path, "");
    assert_int_equal(names_in(p->dir), 1);
    (void)umask(was);
}

/* Who has the old file open reads the old bytes: the new ones stand beside
 * them until they get the name. */
static void
test_replacing_leaves_the_old_bytes_to_who_reads_them(void **state)
{
    struct place *p = *state;
    uint8_t got[3];
    size_t n = 0;
    int fd;

    assert_ok(file_create(p->path, 0600, bytes_text("old")));
    fd = open(p->path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(file_replace(p->path, 0600, bytes_text("new")));
    assert_ok(fd_read_at(fd, got, sizeof got, 0, &n));
    assert_int_equal(n, 3);
    assert_memory_equal(got, "old", 3);
    assert_holds(p->path, "new");
    (void)close(fd);
}

static void
test_creating_refuses_an_existing_name_and_leaves_it(void **state)
{
    struct place *p = *state;
    char link_path[PATH_SIZE];

    assert_ok(file_create(p->path, 0640, bytes_text("first")));
    assert_int_equal(mode_of(p->path), 0640);
    assert_err(file_create(p->path, 0600, bytes_text("second")), SV_ERR_EXISTS);
    assert_holds(p->path, "first");
    assert_int_equal(mode_of(p->path), 0640);
    assert_int_equal(names_in(p->dir), 1);
    /* A dangling link is a name, too. */
    assert_ok(path_join(link_path, p->dir, "link"));
    assert_int_equal(symlink("nowhere", link_path), 0);
    assert_err(file_create(link_path, 0600, bytes_text("x")), SV_ERR_EXISTS);
    assert_err(file_create(p->dir, 0600, bytes_text("x")), SV_ERR_EXISTS);
    assert_int_equal(names_in(p->dir), 2);
}

static void
test_writing_where_no_directory_is_fails(void **state)
{
    struct place *p = *state;
    char path[PATH_SIZE];

    assert_ok(path_join(path, p->path, "file"));
    assert_err(file_create(path, 0600, bytes_text("x")), SV_ERR_NOT_FOUND);
    assert_err(file_replace(path, 0600, bytes_text("x")), SV_ERR_NOT_FOUND);
    assert_err(dir_sync(p->path), SV_ERR_NOT_FOUND);
    assert_ok(dir_sync(p->dir));
    assert_ok(path_sync(p->path)); /* the file need not be there */
    assert_err(path_sync(path), SV_ERR_NOT_FOUND);
    assert_ok(file_create(p->path, 0600, bytes_text("x")));
    assert_err(file_create(path, 0600, bytes_text("x")), SV_ERR_NOT_FOUND);
    assert_err(dir_sync(p->path), SV_ERR_NOT_FOUND);
    assert_int_equal(names_in(p->dir), 1);
}

static void
test_a_directory_is_not_replaced_by_a_file(void **state)
{
    struct place *p = *state;

    assert_int_equal(mkdir(p->path, 0700), 0);
    assert_err(file_replace(p->path, 0600, bytes_text("x")), SV_ERR_IO);
    assert_int_equal(names_in(p->dir), 1);
    assert_int_equal(names_in(p->path), 0);
}

static void
test_paths_without_a_directory_are_in_the_current_one(void **state)
{
    struct place *p = *state;
    char *was = getcwd(NULL, 0);

    assert_non_null(was);
    assert_int_equal(chdir(p->dir), 0);
    assert_ok(file_create("here", 0600, bytes_text("x")));
    assert_ok(file_replace("here", 0600, bytes_text("y")));
    assert_holds("here", "y");
    assert_int_equal(names_in("."), 1);
    assert_int_equal(chdir(was), 0);
    free(was);
}

/* A child that may write little; the exit code is what it got. */
static int
in_small_child(const char *path, bool create, size_t len)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit little = {4096, 4096};
        uint8_t *data = calloc(1, len);

        (void)signal(SIGXFSZ, SIG_IGN);
        if (data == NULL || setrlimit(RLIMIT_FSIZE, &little) != 0)
            _exit(100);
        _exit(-(int)(create ? file_create(path, 0600, bytes_of(data, len))
                            : file_replace(path, 0600, bytes_of(data, len))));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void
test_a_full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
    struct place *p = *state;
    char other[PATH_SIZE];

    assert_ok(file_create(p->path, 0600, bytes_text("old")));
    assert_int_equal(in_small_child(p->path, false, 65536), SV_ERR_FULL);
    assert_holds(p->path, "old");
    assert_ok(path_join(other, p->dir, "other"));
    assert_int_equal(in_small_child(other, true, 65536), SV_ERR_FULL);
    assert_int_equal(names_in(p->dir), 1);
    assert_int_equal(in_small_child(other, true, 4096), SV_OK);
    assert_int_equal(names_in(p->dir), 2);
}

/* ---- descriptors ---- */

static void
test_bytes_go_to_and_come_from_an_offset(void **state)
{
    struct place *p = *state;
    int fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    uint8_t got[8] = {0};
    size_t n = 77;

    assert_true(fd >= 0);
    assert_ok(fd_write_at(fd, bytes_text("abcdef"), 0));
    assert_ok(fd_write_at(fd, bytes_text("XY"), 2));
    assert_ok(fd_read_at(fd, got, 6, 0, &n));
    assert_int_equal(n, 6);
    assert_memory_equal(got, "abXYef", 6);
    assert_ok(fd_read_at(fd, got, 8, 4, &n)); /* short at the end */
    assert_int_equal(n, 2);
    assert_memory_equal(got, "ef", 2);
    assert_ok(fd_read_at(fd, got, 8, 100, &n));
    assert_int_equal(n, 0);
    (void)close(fd);
    n = 77;
    assert_err(fd_read_at(fd, got, 8, 0, &n), SV_ERR_IO);
    assert_int_equal(n, 77);
    assert_err(fd_write_at(fd, bytes_text("x"), 0), SV_ERR_IO);
}

static void
test_a_full_device_is_full(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    if (fd < 0)
        skip();
    assert_err(fd_write_at(fd, bytes_text("x"), 0), SV_ERR_FULL);
    (void)close(fd);
}

static void
test_errnos_have_their_errors(void **state)
{
    static const struct {
        int code;
        enum sv_err err;
    } cases[] = {
        {ENOENT, SV_ERR_NOT_FOUND}, {ENOTDIR, SV_ERR_NOT_FOUND},
        {EEXIST, SV_ERR_EXISTS},    {EACCES, SV_ERR_DENIED},
        {EPERM, SV_ERR_DENIED},     {EROFS, SV_ERR_DENIED},
        {ENOSPC, SV_ERR_FULL},      {EDQUOT, SV_ERR_FULL},
        {EFBIG, SV_ERR_FULL},       {ENOMEM, SV_ERR_NOMEM},
        {EWOULDBLOCK, SV_ERR_BUSY}, {EIO, SV_ERR_IO},
        {EBADF, SV_ERR_IO},         {0, SV_ERR_IO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_err(err_of_errno(cases[i].code), cases[i].err);
}

/* ---- the lock ---- */

/* What a second process gets when it asks for the lock. */
static int
lock_in_child(const char *path, char *holder, size_t size)
{
    int fds[2], status = 0;
    pid_t child;
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char said[128];
        int fd = -1;
        enum sv_err err = file_lock(path, said, sizeof said, &fd);

        if (write(fds[1], said, strlen(said) + 1) < 0)
            _exit(100);
        _exit(-(int)err); /* gives a lock back, too */
    }
    (void)close(fds[1]);
    n = read(fds[0], holder, size - 1);
    assert_true(n > 0);
    holder[n] = '\0';
    (void)close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void
test_a_second_process_is_told_who_has_the_lock(void **state)
{
    struct place *p = *state;
    char holder[128] = "old", said[128], me[64];
    int fd = -1, again = -1;

    assert_ok(file_lock(p->path, holder, sizeof holder, &fd));
    assert_string_equal(holder, "");
    assert_true(fd >= 0);
    (void)snprintf(me, sizeof me, "process %ld", (long)getpid());
    assert_int_equal(lock_in_child(p->path, said, sizeof said), SV_ERR_BUSY);
    assert_non_null(strstr(said, me));
    assert_null(strchr(said, '\n'));
    /* Nor does the same process get it twice. */
    assert_err(file_lock(p->path, holder, sizeof holder, &again), SV_ERR_BUSY);
    assert_int_equal(again, -1);
    assert_non_null(strstr(holder, me));
    (void)close(fd);
    assert_int_equal(lock_in_child(p->path, said, sizeof said), SV_OK);
    assert_string_equal(said, "");
    assert_ok(file_lock(p->path, holder, sizeof holder, &fd));
    (void)close(fd);
}

static void
test_what_the_holder_wrote_is_cut_to_the_room_and_to_one_line(void **state)
{
    struct place *p = *state;
    char holder[5];
    int fd, second = -1;

    assert_ok(file_lock(p->path, holder, sizeof holder, &fd));
    assert_ok(fd_write_at(fd, bytes_text("a\nb"), 0));
    assert_err(file_lock(p->path, holder, sizeof holder, &second), SV_ERR_BUSY);
    assert_string_equal(holder, "a");
    assert_ok(fd_write_at(fd, bytes_text("0123456789"), 0));
    assert_err(file_lock(p->path, holder, sizeof holder, &second), SV_ERR_BUSY);
    assert_string_equal(holder, "0123");
    (void)close(fd);
}

static void
test_a_lock_in_no_directory_fails(void **state)
{
    struct place *p = *state;
    char holder[16] = "old", path[PATH_SIZE];
    int fd = -1;

    assert_ok(path_join(path, p->path, "lock"));
    assert_err(file_lock(path, holder, sizeof holder, &fd), SV_ERR_NOT_FOUND);
    assert_string_equal(holder, "");
    assert_int_equal(fd, -1);
}

#define placed(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        placed(test_paths_join_and_take_suffixes),
        placed(test_a_file_is_read_whole_and_appended),
        placed(test_a_file_over_the_limit_is_refused_and_nothing_is_appended),
        placed(test_what_cannot_be_read_says_why),
        placed(test_who_writes_to_a_named_pipe_may_come_a_little_later),
        placed(test_a_file_on_lease_is_read),
        cmocka_unit_test(test_a_pipe_is_read_to_its_end),
        placed(test_a_pipe_that_nobody_writes_to_is_empty_and_not_waited_for),
        placed(test_replacing_makes_or_changes_the_file_and_its_mode),
        placed(test_replacing_leaves_the_old_bytes_to_who_reads_them),
        placed(test_creating_refuses_an_existing_name_and_leaves_it),
        placed(test_writing_where_no_directory_is_fails),
        placed(test_a_directory_is_not_replaced_by_a_file),
        placed(test_paths_without_a_directory_are_in_the_current_one),
        placed(test_a_full_disk_leaves_the_old_file_and_nothing_else),
        placed(test_bytes_go_to_and_come_from_an_offset),
        placed(test_a_full_device_is_full),
        placed(test_errnos_have_their_errors),
        placed(test_a_second_process_is_told_who_has_the_lock),
        placed(test_what_the_holder_wrote_is_cut_to_the_room_and_to_one_line),
        placed(test_a_lock_in_no_directory_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
