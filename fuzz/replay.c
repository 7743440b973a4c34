/*
 * Gives a target its seeds, the files of its corpus, and what lies around
 * each: cut short, one byte longer, one bit wrong.  No fuzzer is needed.
 *
 *   replay_NAME [--runs N] [FILE|FOLDER...]    and about N around them
 *   replay_NAME --only FILE...                 these files, nothing else
 *   replay_NAME --seeds FOLDER                 write the seeds there
 *
 * The input that ends the process is left in ./replay.bad.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#include "fuzz/fuzz.h"

#define BAD "replay.bad"
#define INPUTS_MAX 4096
#define RUNS_DEFAULT 2000

struct inputs {
    struct seeds seeds; /* first: see take_seed() */
    struct buf all[INPUTS_MAX];
    size_t n;
};

/* ---- The input that ends the process ---- */

static struct bytes running;

__attribute__((weak)) void __sanitizer_set_death_callback(
    void (*callback)(void));

static void
keep_bad(void)
{
    int fd = open(BAD, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        return;
    (void)!write(fd, running.ptr, running.len);
    (void)close(fd);
    (void)!write(2, "the input: " BAD "\n", sizeof "the input: " BAD);
}

static void
on_signal(int number)
{
    keep_bad();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void
watch(void)
{
    (void)signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(keep_bad);
        return;
    }
    (void)signal(SIGSEGV, on_signal);
    (void)signal(SIGBUS, on_signal);
    (void)signal(SIGFPE, on_signal);
}

/* ---- Running ---- */

static void
run(struct bytes input)
{
    running = input;
    (void)LLVMFuzzerTestOneInput(input.ptr, input.len);
}

/* At most `runs` of the inputs around this one, spread evenly over it. */
static size_t
run_around(struct buf *input, size_t runs)
{
    size_t step = 2 * input->len / runs + 1, n = 0;

    for (size_t at = 0; at < input->len; at += step) {
        uint8_t bit = (uint8_t)(1u << at % 8);

        run(bytes_of(input->ptr, at));
        input->ptr[at] ^= bit;
        run(buf_bytes(input));
        input->ptr[at] ^= bit;
        n += 2;
    }
    demand(buf_append(input, bytes_text("0")) == SV_OK);
    run(buf_bytes(input));
    return n + 1;
}

/* ---- Inputs ---- */

static void
take(struct inputs *in, struct bytes input)
{
    demand(in->n < INPUTS_MAX);
    demand(buf_append(&in->all[in->n++], input) == SV_OK);
}

static void
take_seed(struct seeds *s, struct bytes input)
{
    take((struct inputs *)s, input);
}

static enum sv_err
take_file(struct inputs *in, const char *path)
{
    struct buf data = BUF_INIT;
    enum sv_err err = file_read(path, BUF_MAX, &data);

    if (err == SV_OK)
        take(in, buf_bytes(&data));
    else
        (void)fprintf(stderr, "%s: %s\n", path, err_text(err));
    buf_free(&data);
    return err;
}

static int
is_visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static enum sv_err
take_path(struct inputs *in, const char *path)
{
    struct stat st;
    struct dirent **names;
    char file[PATH_SIZE];
    enum sv_err err = SV_OK;
    int n;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return take_file(in, path);
    n = scandir(path, &names, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        if (err == SV_OK)
            err = path_join(file, path, names[i]->d_name);
        if (err == SV_OK)
            err = take_file(in, file);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return n < 0 ? SV_ERR_IO : err;
}

static enum sv_err
write_seeds(const struct inputs *in, const char *dir)
{
    enum sv_err err = SV_OK;

    for (size_t i = 0; err == SV_OK && i < in->n; i++) {
        char name[32], path[PATH_SIZE];

        (void)snprintf(name, sizeof name, "seed-%02zu", i + 1);
        err = path_join(path, dir, name);
        if (err == SV_OK)
            err = file_replace(path, 0644, buf_bytes(&in->all[i]));
    }
    return err;
}

static int
usage(void)
{
    (void)fputs("usage: replay_NAME [--runs N] [FILE|FOLDER...]\n"
                "       replay_NAME --only FILE...\n"
                "       replay_NAME --seeds FOLDER\n",
                stderr);
    return 2;
}

static void
replay(struct inputs *in, size_t budget)
{
    size_t around = in->n > 0 ? budget / in->n : 0, runs = 0;

    for (size_t i = 0; i < in->n; i++) {
        run(buf_bytes(&in->all[i]));
        runs++;
        if (around > 0)
            runs += run_around(&in->all[i], around);
    }
    (void)printf("%zu inputs, %zu runs\n", in->n, runs);
}

int
main(int argc, char **argv)
{
    static struct inputs in = {.seeds = {take_seed}};
    uint64_t budget = RUNS_DEFAULT;
    enum sv_err err = SV_OK;
    bool only = argc > 2 && strcmp(argv[1], "--only") == 0;
    int at = 1;

    (void)LLVMFuzzerInitialize(&argc, &argv);
    if (!only)
        fuzz_seeds(&in.seeds);
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        return write_seeds(&in, argv[2]) == SV_OK ? 0 : 1;
    if (only) {
        budget = 0;
        at = 2;
    } else if (argc > 2 && strcmp(argv[1], "--runs") == 0) {
        if (text_u64(bytes_text(argv[2]), 0, UINT32_MAX, &budget) != SV_OK)
            return usage();
        at = 3;
    }
    for (; err == SV_OK && at < argc; at++)
        err = argv[at][0] == '-' ? SV_ERR_USAGE : take_path(&in, argv[at]);
    if (err != SV_OK)
        return err == SV_ERR_USAGE ? usage() : 1;
    watch();
    replay(&in, (size_t)budget);
    for (size_t i = 0; i < in.n; i++)
        buf_free(&in.all[i]);
    return 0;
}
