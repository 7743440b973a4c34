#include "cli/way.h"

#include <string.h>
#include <unistd.h>

#include "cli/term.h"
#include "counts/document.h"

enum way_form
way_form_of(const char *vault)
{
    if (strncmp(vault, "unix:", 5) == 0)
        return WAY_SOCKET;
    return strncmp(vault, "ssh:", 4) == 0 ? WAY_SSH : WAY_EMBEDDED;
}

const char *
way_form_name(enum way_form form)
{
    switch (form) {
    case WAY_SOCKET:
        return "socket";
    case WAY_SSH:
        return "ssh";
    default:
        return "embedded";
    }
}

/* ---- Streams ---- */

static enum sv_err
open_socket(void *ctx, int *fd)
{
    struct way *w = ctx;
    enum sv_err err = wire_connect_unix(w->socket, fd);

    if (err == SV_ERR_NOT_FOUND || err == SV_ERR_IO)
        w->wire.why = N_("no service listens there");
    else if (err == SV_ERR_DENIED)
        w->wire.why = N_("this account may not open the service's socket");
    else if (err == SV_ERR_BUSY)
        w->wire.why = N_("the service has too much to do; try again");
    return err;
}

static void
close_socket(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

static enum sv_err
open_ssh(void *ctx, int *fd)
{
    struct way *w = ctx;

    return ssh_start(w->host, w->socket, &w->ssh, fd);
}

static void
close_ssh(void *ctx, int fd)
{
    struct way *w = ctx;

    ssh_end(w->ssh, fd);
}

/* ---- Places ---- */

/* What needs no quoting in any shell, and is no option of ssh. */
static bool
is_plain(struct bytes t, const char *also)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = (char)t.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || strchr(also, c) != NULL))
            return false;
    }
    return t.len > 0 && t.ptr[0] != '-';
}

/* [USER@]HOST[:SOCKET]; a socket begins with '/'. */
static bool
read_ssh(struct way *w, const char *place)
{
    const char *path = strstr(place, ":/");
    size_t len = path != NULL ? (size_t)(path - place) : strlen(place);
    const char *host;

    if (text_copy(bytes_of(place, len), w->host, sizeof w->host) != SV_OK ||
        !is_plain(bytes_text(w->host), "-._@:%[]"))
        return false;
    host = strchr(w->host, '@');
    if (host != NULL && !is_plain(bytes_text(host + 1), "-._:%[]"))
        return false;
    if (path == NULL)
        return true;
    return path_suffix(w->socket, path + 1, "") == SV_OK &&
           is_plain(bytes_text(w->socket), "-._/");
}

enum sv_err
way_init(struct way *w, const char *vault, struct clock clock, struct rng rng)
{
    memset(w, 0, sizeof *w);
    w->form = way_form_of(vault);
    w->wire = (struct wire){.ctx = w,
                            .send_ms = WIRE_SEND_MS,
                            .answer_ms = WIRE_ANSWER_MS,
                            .fd = -1};
    switch (w->form) {
    case WAY_SOCKET:
        w->wire.open = open_socket;
        w->wire.close = close_socket;
        w->what = N_("a socket's place is unix:PATH");
        return vault[5] != '\0' &&
                       path_suffix(w->socket, vault + 5, "") == SV_OK
                   ? SV_OK
                   : SV_ERR_USAGE;
    case WAY_SSH:
        w->wire.open = open_ssh;
        w->wire.close = close_ssh;
        w->what = N_("another machine's place is ssh:[USER@]HOST[:SOCKET], "
                     "of letters, digits and .-_ alone");
        return read_ssh(w, vault + 4) ? SV_OK : SV_ERR_USAGE;
    default:
        w->config = (struct gate_config){
            .dir = vault, .clock = clock, .rng = rng, .counting = &w->counting};
        w->solver = (struct solver_source){solver_process_open_lazily,
                                           &w->solver_process};
        document_counting(&w->solver, &w->counting);
        return SV_OK;
    }
}

/* ---- The way ---- */

enum sv_err
way_open(struct way *w)
{
    enum sv_err err;

    w->what = NULL;
    if (w->form == WAY_EMBEDDED) {
        w->holder[0] = '\0';
        return w->gate != NULL
                   ? SV_OK
                   : gate_open(&w->config, w->holder, &w->what, &w->gate);
    }
    if (w->wire.fd >= 0)
        return SV_OK;
    w->wire.why = NULL;
    err = w->wire.open(w, &w->wire.fd);
    w->what = w->wire.why;
    return err;
}

enum sv_err
way_call(void *way, struct bytes request, struct buf *response)
{
    struct way *w = way;
    struct transport wire = transport_to_wire(&w->wire);
    enum sv_err err;

    if (w->form == WAY_EMBEDDED) {
        err = way_open(w);
        return err != SV_OK ? err : gate_handle(w->gate, request, response);
    }
    err = wire.call(wire.ctx, request, response);
    w->what = w->wire.why;
    return err;
}

void
way_pause(struct way *w)
{
    gate_close(w->gate);
    w->gate = NULL;
}

void
way_close(struct way *w)
{
    way_pause(w);
    solver_process_stop(w->solver_process);
    w->solver_process = NULL;
    if (w->wire.close != NULL)
        wire_close(&w->wire);
}
