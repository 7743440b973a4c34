/*
 * Reads damaged vaults, each in a process of its own, and says what came of
 * it.  It makes a vault, and then takes lines from its standard input:
 *
 *   grow                the next stage: answers "grown DIR", or "whole"
 *   rows DIR            a line for each row, then an empty one
 *   read DIR            answers with a verdict
 *   mixed DIR           the same, where rows may be older ones
 *   forge DIR WORD...   change rows of it (forge.h), then read it
 *
 * A verdict: how the process ended (done, fault: the handler spoke, exit N,
 * signal N, hang, same: nothing was changed), what was shown (same, less,
 * older, other), KiB of memory, and what was found, with tabs between.
 */
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/app.h"

#include "campaigns/tamper/forge.h"
#include "campaigns/tamper/reading.h"

#define WORDS_MAX 8
#define PATIENCE_MS 20000
#define HEAP_MAX ((rlim_t)512 << 20)
#define SAME 9 /* exit code: nothing was changed */

static bool no_handler; /* the planted defect */

static const char *
shown(const struct reading *r)
{
    if (r->other)
        return "other";
    if (r->older)
        return "older";
    return r->less ? "less" : "same";
}

/* In the child: its verdict goes to out. */
static void
examine(struct world *w, size_t n, char *const words[], int out)
{
    const struct rlimit heap = {HEAP_MAX, HEAP_MAX};
    bool with_rows = strcmp(words[0], "read") == 0;
    struct reading r;

    (void)dup2(out, STDERR_FILENO);
    (void)setrlimit(RLIMIT_DATA, &heap);
    if (!no_handler)
        fault_handler_install();
    if (n > 2 && !forge(w, words[1], n - 2, words + 2))
        _exit(SAME);
    reading_do(w, words[1], with_rows, &r);
    (void)dprintf(out, "%s\t%s\n", shown(&r), r.found);
    _exit(0);
}

/* All that the child writes; false where it does not come to an end. */
static bool
listen_to(int in, char *text, size_t size)
{
    struct pollfd p = {.fd = in, .events = POLLIN};
    size_t len = 0;

    while (len < size - 1) {
        ssize_t n;

        if (poll(&p, 1, PATIENCE_MS) <= 0)
            return false;
        n = read(in, text + len, size - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    text[len] = '\0';
    return true;
}

static void
report(int status, bool ended, const char *text, long kib)
{
    const char *tab = strchr(text, '\t');
    int word = tab == NULL ? 0 : (int)(tab - text);
    char end[32] = "done";

    if (!ended)
        (void)snprintf(end, sizeof end, "hang");
    else if (WIFSIGNALED(status))
        (void)snprintf(end, sizeof end, "signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == EXIT_ALTERED &&
             strstr(text, "data file is damaged") != NULL)
        (void)snprintf(end, sizeof end, "fault");
    else if (WEXITSTATUS(status) == SAME)
        (void)snprintf(end, sizeof end, "same");
    else if (WEXITSTATUS(status) != 0 || tab == NULL)
        (void)snprintf(end, sizeof end, "exit %d", WEXITSTATUS(status));
    (void)printf("%s\t%.*s\t%ld\t%s", end, word, text, kib,
                 tab != NULL ? tab + 1 : "\n");
    if (end[0] == 'e')
        (void)fprintf(stderr, "%s", text);
    (void)fflush(stdout);
}

static void
judge(struct world *w, size_t n, char *const words[])
{
    char text[1024] = "";
    struct rusage use = {0};
    int ends[2], status = 0;
    bool ended;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        examine(w, n, words, ends[1]);
    }
    (void)close(ends[1]);
    ended = listen_to(ends[0], text, sizeof text);
    if (!ended)
        (void)kill(child, SIGKILL);
    (void)close(ends[0]);
    (void)wait4(child, &status, 0, &use);
    report(status, ended, text, use.ru_maxrss);
}

static void
obey(struct world *w, char *line)
{
    char *words[WORDS_MAX + 1] = {NULL};
    size_t n = 0;

    for (char *at = strtok(line, " \n"); at != NULL && n < WORDS_MAX;
         at = strtok(NULL, " \n"))
        words[n++] = at;
    if (n == 1 && strcmp(words[0], "grow") == 0) {
        if (world_grow(w))
            (void)printf("grown %s\n", w->o.dir);
        else
            (void)printf("whole\n");
        (void)fflush(stdout);
    } else if (n == 2 && strcmp(words[0], "rows") == 0) {
        forge_list(w, words[1]);
    } else if (n >= 2) {
        judge(w, n, words);
    }
}

int
main(int argc, char **argv)
{
    static struct world w;
    char line[3 * PATH_SIZE];
    bool small;

    if (argc < 3)
        return EXIT_USAGE;
    small = strcmp(argv[1], "small") == 0;
    no_handler = argc > 3 && strcmp(argv[3], "no-handler") == 0;
    world_begin(&w, small, (uint8_t)strtoul(argv[2], NULL, 10));
    while (fgets(line, sizeof line, stdin) != NULL)
        obey(&w, line);
    world_end(&w);
    return EXIT_DONE;
}
