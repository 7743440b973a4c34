#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "tests/support/support.h"

#define DAY_MS ((uint64_t)24 * 60 * 60 * 1000)
#define NOW ((uint64_t)1800000000000)
#define HEADER "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

/* What is not fine says what to do about it. */
static void
assert_level(enum finding_level want, struct finding f)
{
    assert_int_equal(f.level, want);
    assert_true(f.text[0] != '\0');
    assert_int_equal(f.todo[0] != '\0', want != FINDING_OK);
}

static struct stat
with_mode(mode_t mode, uid_t owner)
{
    return (struct stat){.st_mode = mode, .st_uid = owner};
}

static void
only_its_owners_files_are_fine(void **state)
{
    (void)state;
    for (mode_t mode = 0; mode <= 0777; mode++) {
        struct stat st = with_mode(S_IFREG | mode, 1000);

        assert_level((mode & 077) == 0 ? FINDING_OK : FINDING_BAD,
                     doctor_private("key", "k", &st, 0, 1000));
        assert_level(FINDING_BAD, doctor_private("key", "k", &st, 0, 1001));
    }
    assert_level(FINDING_BAD, doctor_private("key", "k", NULL, ENOENT, 0));
    assert_level(FINDING_BAD, doctor_private("key", "k", NULL, EACCES, 0));
    assert_level(FINDING_OK, doctor_passphrase(true));
    assert_level(FINDING_WARN, doctor_passphrase(false));
}

/* ---- Swap ---- */

static void
write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void
make_dirs(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
}

/* In a sysfs of the test's own: what the device of path is built on. */
static void
device_file(const char *sys, const char *path, const char *below,
            const char *text)
{
    char name[512];
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    (void)snprintf(name, sizeof name, "%s/dev/block/%u:%u/%s", sys,
                   major(st.st_dev), minor(st.st_dev), below);
    make_dirs(name);
    write_text(name, text);
}

static struct finding
swap_on(const char *path, const char *sys)
{
    char text[1024];

    (void)snprintf(text, sizeof text, HEADER "%s file\t\t1048572\t\t0\t\t-2\n",
                   path);
    return doctor_swap(bytes_text(text), sys);
}

static void
swap_is_encrypted_or_named(void **state)
{
    char dir[] = "/tmp/svault-doctor.XXXXXX", file[64], spaced[64], command[96];

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(file, sizeof file, "%s/swapfile", dir);
    write_text(file, "");
    assert_level(FINDING_OK, doctor_swap(bytes_text(""), dir));
    assert_level(FINDING_OK, doctor_swap(bytes_text(HEADER), dir));
    assert_level(FINDING_OK, swap_on("/dev/zram0", dir));
    assert_level(FINDING_BAD, swap_on("/nowhere/swap", dir));
    assert_level(FINDING_BAD, swap_on(file, dir));
    /* A volume, of which one part is encrypted and one is not yet. */
    device_file(dir, file, "dm/uuid", "LVM-abc\n");
    device_file(dir, file, "slaves/dm-1/dm/uuid", "CRYPT-LUKS2-abc\n");
    assert_level(FINDING_OK, swap_on(file, dir));
    device_file(dir, file, "slaves/sdb/size", "1\n");
    assert_level(FINDING_BAD, swap_on(file, dir));
    device_file(dir, file, "dm/uuid", "CRYPT-PLAIN-swap\n");
    assert_level(FINDING_OK, swap_on(file, dir));
    /* A blank is written as \040; one bad one among good ones is found. */
    (void)snprintf(spaced, sizeof spaced, "%s/a b", dir);
    write_text(spaced, "");
    (void)snprintf(spaced, sizeof spaced, "%s/a\\040b", dir);
    assert_level(FINDING_OK, swap_on(spaced, dir));
    assert_level(FINDING_BAD,
                 doctor_swap(bytes_text(HEADER "/dev/zram0 partition 1 0 5\n"
                                               "/nowhere partition 1 0 -2"),
                             dir));
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* ---- Numbers, at their edges ---- */

static void
the_process_locks_and_leaves_nothing(void **state)
{
    struct rlimit limit = {4096, RLIM_INFINITY};

    (void)state;
    assert_level(FINDING_OK, doctor_memlock(&limit, false, 4096));
    assert_level(FINDING_BAD, doctor_memlock(&limit, false, 4097));
    assert_level(FINDING_OK, doctor_memlock(&limit, true, 4097));
    limit.rlim_cur = RLIM_INFINITY;
    assert_level(FINDING_OK, doctor_memlock(&limit, false, SIZE_MAX));
    limit = (struct rlimit){0, 0};
    assert_level(FINDING_OK, doctor_core(&limit, false));
    assert_level(FINDING_BAD, doctor_core(&limit, true));
    limit.rlim_max = 1;
    assert_level(FINDING_BAD, doctor_core(&limit, false));
}

static void
a_clock_behind_the_log_is_bad(void **state)
{
    (void)state;
    assert_level(FINDING_OK, doctor_clock(NOW, 0, true));
    assert_level(FINDING_WARN, doctor_clock(NOW, NOW - DAY_MS, false));
    assert_level(FINDING_OK, doctor_clock(NOW, NOW + 60000, true));
    assert_level(FINDING_BAD, doctor_clock(NOW, NOW + 60001, true));
}

static void
room_and_age_have_limits(void **state)
{
    (void)state;
    assert_level(FINDING_BAD, doctor_space(((uint64_t)64 << 20) - 1));
    assert_level(FINDING_WARN, doctor_space((uint64_t)64 << 20));
    assert_level(FINDING_WARN, doctor_space(((uint64_t)1 << 30) - 1));
    assert_level(FINDING_OK, doctor_space((uint64_t)1 << 30));
    assert_level(FINDING_OK, doctor_map(79, 100));
    assert_level(FINDING_WARN, doctor_map(80, 100));
    assert_level(FINDING_BAD, doctor_map(95, 100));
    assert_level(FINDING_BAD, doctor_map(UINT64_MAX, (uint64_t)64 << 30));
    assert_level(FINDING_WARN, doctor_backup(NOW, 0));
    assert_level(FINDING_OK, doctor_backup(NOW, NOW + 1));
    assert_level(FINDING_OK, doctor_backup(NOW, NOW - 7 * DAY_MS + 1));
    assert_level(FINDING_WARN, doctor_backup(NOW, NOW - 7 * DAY_MS));
    assert_level(FINDING_BAD, doctor_backup(NOW, NOW - 30 * DAY_MS));
    assert_level(FINDING_WARN, doctor_witness(NOW, 0));
    assert_level(FINDING_OK, doctor_witness(NOW, NOW / 1000 + 1));
    assert_level(FINDING_OK, doctor_witness(NOW, (NOW - 34 * DAY_MS) / 1000));
    assert_level(FINDING_WARN, doctor_witness(NOW, (NOW - 35 * DAY_MS) / 1000));
    assert_level(FINDING_BAD, doctor_witness_bad("a file"));
    assert_level(FINDING_BAD, doctor_fork("a file"));
}

/* ---- The gate elsewhere ---- */

static void
a_socket_takes_calls_and_not_from_everybody(void **state)
{
    struct stat st = with_mode(S_IFSOCK | 0660, 0);

    (void)state;
    assert_level(FINDING_OK, doctor_socket("s", &st, 0, 0));
    assert_level(FINDING_BAD, doctor_socket("s", &st, 0, ECONNREFUSED));
    assert_level(FINDING_BAD, doctor_socket("s", &st, 0, EACCES));
    assert_level(FINDING_BAD, doctor_socket("s", NULL, ENOENT, 0));
    assert_level(FINDING_BAD, doctor_socket("s", NULL, EACCES, 0));
    st.st_mode = S_IFSOCK | 0666;
    assert_level(FINDING_BAD, doctor_socket("s", &st, 0, 0));
    st.st_mode = S_IFREG | 0600;
    assert_level(FINDING_BAD, doctor_socket("s", &st, 0, 0));
}

static void
a_program_is_looked_for_in_the_path(void **state)
{
    (void)state;
    assert_level(FINDING_OK, doctor_program("sh", "sh", "/nowhere::/bin"));
    assert_level(FINDING_BAD, doctor_program("sh", "sh", "/nowhere:"));
    assert_level(FINDING_BAD, doctor_program("sh", "sh", ""));
    assert_level(FINDING_BAD, doctor_program("sh", "sh", NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_its_owners_files_are_fine),
        cmocka_unit_test(swap_is_encrypted_or_named),
        cmocka_unit_test(the_process_locks_and_leaves_nothing),
        cmocka_unit_test(a_clock_behind_the_log_is_bad),
        cmocka_unit_test(room_and_age_have_limits),
        cmocka_unit_test(a_socket_takes_calls_and_not_from_everybody),
        cmocka_unit_test(a_program_is_looked_for_in_the_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
