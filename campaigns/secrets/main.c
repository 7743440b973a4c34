#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "crypto/init.h"

#include "campaigns/secrets/checks.h"
#include "campaigns/secrets/mark.h"
#include "campaigns/secrets/memory.h"

/*
 * secrets NAME...    run these checks, or all
 *
 * Under valgrind each check runs once, and memcheck judges.  Without it, each
 * runs with every allocation failing in turn, and behind each run the
 * process's memory is searched for its secrets.
 */

#define ROOM_SIZE ((size_t)1 << 18)
#define STACK_SIZE ((size_t)2 << 20)
#define FAILURES_MAX 1000

static const struct check *const groups[] = {checks_crypto, checks_keys,
                                             checks_vault, checks_office};

enum sv_err
expect(enum sv_err got, enum sv_err want)
{
    return got == want ? SV_OK : got == SV_OK ? SV_ERR_FORMAT : got;
}

struct run {
    const struct check *check;
    size_t fail_at;
    enum sv_err err;
    bool failed; /* did it come to that allocation? */
};

static void *
run_in_thread(void *ctx)
{
    struct run *r = ctx;
    struct arena *room = NULL;

    if (arena_new(ROOM_SIZE, &room) != SV_OK)
        abort();
    mark_content_secret(false);
    memory_fail_at(r->fail_at);
    r->err = r->check->run(room);
    r->failed = memory_failed();
    memory_fail_at(0);
    arena_free(room);
    return NULL;
}

/* On a stack that stays as it was left. */
static struct run
run_apart(const struct check *check, size_t fail_at)
{
    static _Alignas(4096) uint8_t stack[STACK_SIZE];
    struct run r = {check, fail_at, SV_OK, false};
    pthread_attr_t attr;
    pthread_t thread;

    if (pthread_attr_init(&attr) != 0 ||
        pthread_attr_setstack(&attr, stack, sizeof stack) != 0 ||
        pthread_create(&thread, &attr, run_in_thread, &r) != 0 ||
        pthread_join(thread, NULL) != 0)
        abort();
    (void)pthread_attr_destroy(&attr);
    return r;
}

struct totals {
    size_t runs, pieces, found;
};

/* Once more, with the n-th allocation failing; false: it has fewer. */
static bool
run_failing(const struct check *check, size_t n, struct totals *t)
{
    struct run r;
    size_t found;

    memory_forget();
    r = run_apart(check, n);
    t->runs++;
    t->pieces += memory_pieces();
    found = memory_search();
    t->found += found;
    if (found > 0)
        (void)printf("%s: %zu places hold a secret, allocation %zu failing\n",
                     check->name, found, n);
    if (n == 0 && memory_pieces() == 0) {
        (void)printf("%s: no secret in it was marked\n", check->name);
        t->found++;
    }
    if (r.err != SV_OK && !r.failed) {
        (void)printf("%s: %s\n", check->name, err_text(r.err));
        t->found++;
    }
    return r.failed;
}

static void
run_residue(const struct check *check, struct totals *t)
{
    bool more = run_failing(check, 0, t) || !check->whole;

    for (size_t n = 1; more && n < FAILURES_MAX; n++)
        more = run_failing(check, n, t);
    if (more) {
        (void)printf("%s: not all of its allocations failed\n", check->name);
        t->found++;
    }
}

static void
run_poisoned(const struct check *check, struct totals *t)
{
    unsigned long before = VALGRIND_COUNT_ERRORS;
    enum sv_err err = run_apart(check, 0).err;

    t->runs++;
    if (VALGRIND_COUNT_ERRORS > before) {
        t->found++;
        (void)printf("%s: looks at a secret\n", check->name);
    }
    if (err != SV_OK) {
        t->found++;
        (void)printf("%s: %s\n", check->name, err_text(err));
    }
}

static bool
is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc == 1;
}

static size_t
run_group(const struct check *checks, int argc, char **argv, struct totals *t)
{
    size_t n = 0;

    for (const struct check *c = checks; c->name != NULL; c++) {
        if (!is_wanted(c->name, argc, argv))
            continue;
        n++;
        if (RUNNING_ON_VALGRIND)
            run_poisoned(c, t);
        else
            run_residue(c, t);
    }
    return n;
}

int
main(int argc, char **argv)
{
    struct totals t = {0, 0, 0};
    size_t n = 0;

    if (crypto_init() != SV_OK)
        return 2;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        n += run_group(groups[i], argc, argv, &t);
    if (argc > 1)
        n += run_group(checks_planted, argc, argv, &t);
    if (n == 0) {
        (void)fputs("usage: secrets [NAME...]\n", stderr);
        return 2;
    }
    (void)printf("%zu checks, %zu runs, %zu pieces of secrets; %zu found\n", n,
                 t.runs, t.pieces, t.found);
    return t.found > 0;
}
