#include "bench/served.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/vault.h"
#include "vault/transport_socket.h"

/*
 * End to end: clients with a connection each ask svaultd, on the same cores,
 * and verify every answer: the head's signature, both proofs, the author's
 * signature; a reader opens the content, a writer seals it.
 */
#define PATIENCE_MS 60000

/* svaultd as people get it, a process of its own. */
struct process {
    pid_t pid;
    char path[PATH_SIZE]; /* of its socket */
};

static void
begin_process(struct process *p, const struct plan *plan)
{
    struct bench_vault *v = bench_vault(plan);
    const char *const argv[] = {plan->svaultd, "--vault", v->office.dir,
                                "--socket",    p->path,   "--allow-root",
                                NULL};
    char *copy[sizeof argv / sizeof argv[0]];
    int fd = -1;

    must(path_join(p->path, v->office.home, "socket"), "socket");
    for (size_t i = 0; i + 1 < sizeof argv / sizeof argv[0]; i++)
        copy[i] = copy_of(argv[i]);
    copy[sizeof argv / sizeof argv[0] - 1] = NULL;
    must_be(posix_spawn(&p->pid, copy[0], NULL, NULL, copy, environ) == 0,
            "svaultd does not start");
    for (size_t i = 0; argv[i] != NULL; i++)
        free(copy[i]);
    for (unsigned i = 0; wire_connect_unix(p->path, &fd) != SV_OK; i++) {
        must_be(i < 1000, "svaultd does not answer");
        (void)usleep(10000);
    }
    (void)close(fd);
}

static void
end_process(struct process *p)
{
    int status = 0;

    (void)kill(p->pid, SIGTERM);
    must_be(waitpid(p->pid, &status, 0) == p->pid && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0,
            "svaultd did not end well");
}

static struct memory
memory_of(const struct process *p)
{
    char path[64], line[256];
    struct memory m = {0};
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)p->pid);
    f = fopen(path, "re");
    must_be(f != NULL, "no status of svaultd");
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            m.all_kb = strtoul(line + 6, NULL, 10);
        else if (strncmp(line, "RssAnon:", 8) == 0)
            m.own_kb = strtoul(line + 8, NULL, 10);
    }
    (void)fclose(f);
    return m;
}

static struct memory at_rest, under_load;

void
served_memory(struct memory *rest, struct memory *load)
{
    *rest = at_rest;
    *load = under_load;
}

/* ---- The subject ---- */

struct desk {
    struct asker asker;
    struct wire wire;
    unsigned seed;
};

struct served {
    struct process process;
    struct bench_vault *vault;
    enum work work;
    unsigned clients;
    struct desk desks[CLIENTS_MAX];
};

static enum sv_err
open_wire(void *ctx, int *fd)
{
    return wire_connect_unix(((struct served *)ctx)->process.path, fd);
}

static void
close_wire(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

static bool
operate(void *ctx, unsigned client)
{
    struct served *s = ctx;
    struct desk *d = &s->desks[client];
    struct target *t =
        bench_target(s->vault, s->work, client, s->clients, &d->seed);

    must(s->work == WORK_READ ? asker_read(&d->asker, t)
                              : asker_write(&d->asker, t),
         "svaultd");
    return true;
}

static struct measure
run(struct subject *subject, enum work w, unsigned clients)
{
    struct served *s = subject->own;
    struct measure m;

    s->work = w;
    s->clients = clients;
    m = loop_run(clients, subject->plan->seconds, operate, s);
    if (clients == CLIENTS_MAX)
        under_load = memory_of(&s->process);
    return m;
}

static const char *
start(struct subject *subject, const struct plan *plan)
{
    subject->plan = plan;
    if (access(plan->svaultd, X_OK) != 0)
        return "svaultd is not built";
    subject->own = zeros(1, sizeof(struct served));
    (void)bench_vault(plan);
    return NULL;
}

static void
begin(struct subject *subject)
{
    struct served *s = subject->own;

    s->vault = bench_vault(subject->plan);
    begin_process(&s->process, subject->plan);
    at_rest = memory_of(&s->process);
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        struct desk *d = &s->desks[i];

        d->seed = i + 1 + (unsigned)now_us();
        d->wire = (struct wire){.open = open_wire,
                                .close = close_wire,
                                .ctx = s,
                                .send_ms = PATIENCE_MS,
                                .answer_ms = PATIENCE_MS,
                                .fd = -1};
        asker_begin(&d->asker, s->vault, transport_to_wire(&d->wire));
    }
}

static void
end(struct subject *subject)
{
    struct served *s = subject->own;

    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        asker_end(&s->desks[i].asker);
        wire_close(&s->desks[i].wire);
    }
    end_process(&s->process);
}

static void
stop(struct subject *subject)
{
    free(subject->own);
}

struct subject subject_served = {.name = "svault, end to end",
                                 .clients = {1, 8, 64},
                                 .start = start,
                                 .begin = begin,
                                 .run = run,
                                 .end = end,
                                 .stop = stop};
