#include "daemon/life.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

#define TELL_MS UINT64_C(60000)

static const struct {
    const char *event, *what;
} words[] = {
    [SERVICE_REFUSED] = {"refused", "a process outside the group"},
    [SERVICE_CONNECTIONS] = {"busy", "connections"},
    [SERVICE_PER_USER] = {"busy", "connections of one account"},
    [SERVICE_BYTES] = {"busy", "bytes held"},
    [SERVICE_SLOW] = {"closed", "too slow"},
    [SERVICE_MALFORMED] = {"closed", "no frames"},
    [SERVICE_SYSTEM] = {"short", "memory or descriptors"},
    [SERVICE_STOPPING] = {"stopping", "answering what was asked"},
};

/* Line by line even where others write to the same place. */
static void
begin_line(const struct life *l, const char *event)
{
    char time[TIME_SIZE];

    text_time(clock_now(&l->clock), time);
    flockfile(stderr); /* other threads wait for the end of the line */
    (void)fprintf(stderr, "{\"time\": \"%s\", \"event\": \"%s\"", time, event);
}

static void
end_line(void)
{
    (void)fputs("}\n", stderr);
    (void)fflush(stderr);
    funlockfile(stderr);
}

void
life_started(struct life *l, unsigned threads)
{
    begin_line(l, "started");
    (void)fprintf(stderr, ", \"version\": \"" SV_VERSION "\", \"threads\": %u",
                  threads);
    end_line();
}

void
life_stopped(struct life *l)
{
    begin_line(l, "stopped");
    end_line();
}

void
life_event(void *life, enum service_event e)
{
    struct life *l = life;
    uint64_t now = clock_now(&l->clock);

    l->kinds[e].n++;
    /* A clock that was set back must not silence it. */
    if (l->kinds[e].told_ms != 0 && now >= l->kinds[e].told_ms &&
        now - l->kinds[e].told_ms < TELL_MS)
        return;
    begin_line(l, words[e].event);
    (void)fprintf(stderr, ", \"what\": \"%s\", \"times\": %" PRIu64,
                  words[e].what, l->kinds[e].n);
    end_line();
    l->kinds[e].told_ms = now;
    l->kinds[e].n = 0;
}

void
life_no_solver(struct life *l)
{
    begin_line(l, "short");
    (void)fputs(", \"what\": \"svault-solver, without which no counts are "
                "released; start svaultd again\"",
                stderr);
    end_line();
}

void
life_failed(struct life *l, const char *what, enum sv_err err, const char *todo)
{
    begin_line(l, "failed");
    (void)fprintf(stderr, ", \"what\": \"%s\", \"why\": \"%s\"", what,
                  err_text(err));
    if (todo != NULL)
        (void)fprintf(stderr, ", \"todo\": \"%s\"", todo);
    end_line();
}
