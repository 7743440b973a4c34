#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/pty.h"

/* An administrator at a terminal, with nothing but the program. */

#define PHRASE "correct horse battery\n"

struct home {
    char dir[64];
    struct pty p;
};

static int
set_up(void **state)
{
    static struct home h;

    h = (struct home){.dir = "/tmp/svault-setup.XXXXXX"};
    assert_non_null(mkdtemp(h.dir));
    *state = &h;
    return 0;
}

static int
tear_down(void **state)
{
    struct home *h = *state;
    char command[96];

    (void)snprintf(command, sizeof command, "rm -r %s", h->dir);
    return system(command);
}

static int
run_setup(void *ctx)
{
    const struct home *h = ctx;

    if (chdir(h->dir) != 0 || setenv("HOME", h->dir, 1) != 0 ||
        setenv("LANGUAGE", "en", 1) != 0 || unsetenv("SVAULT_VAULT") != 0 ||
        unsetenv("SVAULT_KEY") != 0 || unsetenv("XDG_CONFIG_HOME") != 0)
        return 121;
    (void)execl(SV_PROGRAM, "svault", "setup", "--place", "pc", "--dir",
                "office", (char *)NULL);
    return 122;
}

static void
assert_mode(const struct home *h, const char *name, mode_t mode)
{
    char path[128];
    struct stat st;

    (void)snprintf(path, sizeof path, "%s/%s", h->dir, name);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static bool
is_there(const struct home *h, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", h->dir, name);
    return access(path, F_OK) == 0;
}

static void
make_a_key(struct pty *p, const char *name)
{
    pty_expect(p, "work name");
    pty_send(p, name);
    pty_expect(p, "$ svault key new ");
    pty_expect(p, "of your own");
    pty_send(p, PHRASE);
    pty_expect(p, "once more: ");
    pty_send(p, PHRASE);
    pty_expect(p, "Fingerprint: ");
}

static void
she_is_led_to_a_vault_and_can_stop_on_the_way(void **state)
{
    struct home *h = *state;
    struct pty *p = &h->p;

    pty_start(p, run_setup, h);
    pty_expect(p, "Step 1 of ");
    pty_expect(p, "does NOT protect against");
    pty_expect(p, "administrator's key file [");
    pty_send(p, "\n");
    make_a_key(p, "kudo\n");
    pty_expect(p, "supervisor's key file [");
    pty_send(p, "\003");
    assert_int_equal(pty_end(p), 1);
    assert_true(pty_showed(p, "To go on where it stopped:"));
    assert_true(pty_showed(p, "svault setup --place pc --dir office"));
    pty_clear(p);
    assert_mode(h, "administrator.key", 0600);
    assert_false(is_there(h, "office"));

    /* What is done is not done again. */
    pty_start(p, run_setup, h);
    pty_expect(p, "administrator's key file [");
    pty_send(p, "\n");
    pty_expect(p, "There already: ");
    pty_expect(p, "supervisor's key file [");
    pty_send(p, "mori.key\n");
    make_a_key(p, "mori\n");
    pty_expect(p, "Make one?");
    pty_send(p, "no\n");
    pty_expect(p, "The log's name [");
    pty_send(p, "office.example/vault\n");
    pty_expect(p, "standard or small-office [standard]: ");
    pty_send(p, "tiny\n");
    pty_expect(p, "one of: standard small-office");
    pty_expect(p, "standard or small-office [standard]: ");
    pty_send(p, "small-office\n");
    pty_expect(p, "$ svault init office --origin office.example/vault "
                  "--profile small-office --administrator ");
    for (int i = 0; i < 2; i++) {
        pty_expect(p, "assphrase");
        pty_send(p, PHRASE);
    }
    pty_expect(p, "Gate's fingerprint: ");
    pty_expect(p, "Now?");
    pty_send(p, "no\n");
    pty_expect(p, "$ svault sheet check gate office.gate");
    pty_expect(p, "Is it on paper?");
    pty_send(p, "no\n");
    pty_expect(p, "Is it on paper?");
    pty_send(p, "yes\n");
    pty_expect(p, "The first one now?");
    pty_send(p, "no\n");
    pty_expect(p, "Sheet A was not made now");
    pty_expect(p, "svault --vault office doctor");
    assert_int_equal(pty_end(p), 0);
    assert_false(pty_showed(p, "svault sheet key")); /* there is no key */
    pty_clear(p);
    assert_mode(h, "office", 0700);
    assert_mode(h, "office.gate", 0600);
    assert_mode(h, "mori.key.head", 0600);

    /* A third time there is only what she has to know. */
    pty_start(p, run_setup, h);
    pty_expect(p, "There is a vault already in office");
    pty_expect(p, "Now?");
    pty_send(p, "no\n");
    pty_expect(p, "Is it on paper?");
    pty_send(p, "yes\n");
    assert_int_equal(pty_end(p), 0);
    assert_false(pty_showed(p, "key new /"));
    assert_true(pty_showed(p, "svault sheet check key RECOVERY.key"));
    pty_clear(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            she_is_led_to_a_vault_and_can_stop_on_the_way, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
