#ifndef SV_CLI_WAY_H
#define SV_CLI_WAY_H

#include <sys/types.h>

#include "base/file.h"
#include "vault/gate.h"
#include "vault/transport_socket.h"

#include "disclosure/solver_process.h"

/* Where svaultd listens unless told otherwise. */
#define WAY_SOCKET_DEFAULT "/run/svault/gate.sock"

/* The ways to a gate that --vault can name. */
enum way_form {
    WAY_EMBEDDED, /* DIR: in this process */
    WAY_SOCKET,   /* unix:PATH: svaultd on this machine */
    WAY_SSH,      /* ssh:[USER@]HOST[:SOCKET]: svaultd on that machine */
};

struct way {
    enum way_form form;
    struct gate_config config;   /* embedded */
    struct counting counting;    /* what it counts with */
    struct solver_source solver; /* and audits with: */
    struct solver_process *solver_process;
    struct gate *gate;             /* NULL while paused */
    char holder[GATE_HOLDER_SIZE]; /* who has it, for SV_ERR_BUSY, or "" */
    struct wire wire;              /* the others */
    char socket[PATH_SIZE];        /* "": that machine's default */
    char host[256];                /* with its user, for ssh */
    pid_t ssh;
    const char *what; /* msgid: the part that failed last, or NULL */
};

enum way_form way_form_of(const char *vault);
/* "embedded", "socket", "ssh": for JSON. */
const char *way_form_name(enum way_form form);
/* SV_ERR_USAGE where it cannot be such a place; way.what says why. */
enum sv_err way_init(struct way *w, const char *vault, struct clock clock,
                     struct rng rng);
/* Errors of gate_open() or wire_connect_unix(); nothing where it is open. */
enum sv_err way_open(struct way *w);
/* For struct transport; opens it where it is not. */
enum sv_err way_call(void *way, struct bytes request, struct buf *response);
/* Let others have the vault: where it is open in this process alone. */
void way_pause(struct way *w);
void way_close(struct way *w); /* accepts a zeroed one */

/*
 * The installed OpenSSH client, running `svault relay [SOCKET]` there, as a
 * stream.  host and socket have been checked by way_init(); socket may be "".
 */
enum sv_err ssh_start(const char *host, const char *socket, pid_t *pid,
                      int *fd);
void ssh_end(pid_t pid, int fd);

#endif
