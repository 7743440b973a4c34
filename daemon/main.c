#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/text.h"
#include "counts/document.h"
#include "crypto/arena.h"
#include "crypto/init.h"
#include "crypto/rng.h"
#include "daemon/life.h"
#include "daemon/listen.h"
#include "daemon/sandbox.h"
#include "daemon/secret.h"
#include "daemon/solving.h"

#define SOCKET_DEFAULT "/run/svault/gate.sock"
#define GROUP_DEFAULT "svault-users"
#define ARENA_SIZE 4096
#define EXIT_ALTERED 4
#define SPARE_FILES 64 /* beside one for each connection */

static const char usage[] =
    "svaultd serves a vault to the people of one machine; svault reaches it\n"
    "by --vault unix:PATH, or from elsewhere by --vault ssh:HOST.\n"
    "\n"
    "Usage: svaultd --vault DIR [OPTION]...\n"
    "\n"
    "  --vault DIR         the vault (svault init makes one)\n"
    "  --socket PATH       listen here (" SOCKET_DEFAULT "); not where\n"
    "                      systemd hands a socket over\n"
    "  --group NAME        whose members may connect, beside the service's\n"
    "                      own account (" GROUP_DEFAULT ",\n"
    "                      where it exists)\n"
    "  --gate-key FILE     the gate's key; else the systemd credential\n"
    "                      \"gate\"; else DIR.gate\n"
    "  --passphrase-fd N   where a key under a passphrase has it from; else\n"
    "                      the terminal\n"
    "  --wrap-key FILE     write the gate's key to FILE under a passphrase,\n"
    "                      for --gate-key, and end\n"
    "  --connections N     at once, in all (1024)\n"
    "  --per-user N        at once, of one account (256)\n"
    "  --allow-root        run as root all the same\n"
    "  --help, --version\n"
    "\n"
    "It ends with the exit codes of svault (svault help exit-codes), and "
    "tells\n"
    "of its own life in lines of JSON on the standard error, never of records\n"
    "or of who asks. SIGTERM ends it: what was asked is answered.\n";

struct options {
    const char *socket;
    const char *group;
    const char *wrap;
    struct secret_source secret;
    uint64_t connections;
    uint64_t per_user;
    bool allow_root;
};

/* ---- The command line ---- */

/* The exit codes of svault, for who starts it again, or does not. */
static int
exit_code_of(enum sv_err err)
{
    switch (err) {
    case SV_OK:
        return 0;
    case SV_ERR_USAGE:
        return 2;
    case SV_ERR_TAMPERED:
    case SV_ERR_ROLLBACK:
        return EXIT_ALTERED;
    case SV_ERR_FULL:
    case SV_ERR_IO:
        return 74;
    case SV_ERR_BUSY:
        return 75;
    case SV_ERR_DENIED:
        return 77;
    default:
        return 1;
    }
}

static const char todo_altered[] =
    "change nothing in the directory, it is evidence; work goes on from a "
    "backup, by an entry of two people: svault backup restore, then svault "
    "backup confirm";

static int
complain(const char *fault)
{
    (void)fprintf(stderr, "svaultd: %s (svaultd --help)\n", fault);
    return exit_code_of(SV_ERR_USAGE);
}

static bool
number(const char *text, uint64_t max, uint64_t *out)
{
    return text_u64(bytes_text(text), 1, max, out) == SV_OK;
}

/* False: the program ends with *code. */
static bool
read_options(int argc, char **argv, struct options *o, int *code)
{
    static const struct option known[] = {
        {"vault", required_argument, NULL, 'v'},
        {"socket", required_argument, NULL, 's'},
        {"group", required_argument, NULL, 'g'},
        {"gate-key", required_argument, NULL, 'k'},
        {"passphrase-fd", required_argument, NULL, 'p'},
        {"wrap-key", required_argument, NULL, 'w'},
        {"connections", required_argument, NULL, 'c'},
        {"per-user", required_argument, NULL, 'u'},
        {"allow-root", no_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    uint64_t fd = 0;
    bool ok = true;
    int c;

    *code = exit_code_of(SV_ERR_USAGE);
    while (ok && (c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (c) {
        case 'v':
            o->secret.dir = optarg;
            break;
        case 's':
            o->socket = optarg;
            break;
        case 'g':
            o->group = optarg;
            break;
        case 'k':
            o->secret.file = optarg;
            break;
        case 'w':
            o->wrap = optarg;
            break;
        case 'p':
            ok = text_u64(bytes_text(optarg), 0, 1023, &fd) == SV_OK;
            o->secret.passphrase_fd = (int)fd;
            break;
        case 'c':
            ok = number(optarg, 65536, &o->connections);
            break;
        case 'u':
            ok = number(optarg, 65536, &o->per_user);
            break;
        case 'r':
            o->allow_root = true;
            break;
        case 'h':
            *code = fputs(usage, stdout) < 0;
            return false;
        case 'V':
            *code = printf("svaultd %s\n", SV_VERSION) < 0;
            return false;
        default:
            return false; /* getopt has said so */
        }
    }
    if (!ok)
        *code = complain("an option takes a number that it cannot have");
    else if (optind < argc)
        *code = complain("a word too many");
    else if (o->secret.dir == NULL)
        *code = complain("--vault DIR is missing");
    return ok && optind == argc && o->secret.dir != NULL;
}

/* ---- Start ---- */

struct daemon {
    struct options options;
    struct life life;
    struct arena *arena;
    struct solving solving;
    struct solver_source solver; /* of solving */
    struct counting counting;    /* with solver */
    struct gate *gate;
    struct service *service;
    const char *own_socket; /* NULL: systemd's */
    const char *what;       /* what is being done, for a failure */
};

static void
on_event(void *ctx, enum service_event e)
{
    if (e == SERVICE_STOPPING)
        notify("STOPPING=1");
    life_event(ctx, e);
}

/* The process as it is to be before it sees a key. */
static enum sv_err
harden(struct daemon *d)
{
    struct rlimit files;
    enum sv_err err;

    d->what = "running as root, which is not needed (--allow-root)";
    if (geteuid() == 0 && !d->options.allow_root)
        return SV_ERR_USAGE;
    d->what = "hardening the process";
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    err = process_harden();
    if (err == SV_OK)
        err = crypto_init();
    if (err == SV_OK)
        err = arena_new(ARENA_SIZE, &d->arena);
    if (err != SV_OK)
        return err;
    d->what = "room for so many connections (ulimit -n)";
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return SV_ERR_IO;
    if (files.rlim_cur < d->options.connections + SPARE_FILES) {
        files.rlim_cur = d->options.connections + SPARE_FILES;
        if (files.rlim_cur > files.rlim_max ||
            setrlimit(RLIMIT_NOFILE, &files) != 0)
            return SV_ERR_RANGE;
    }
    return SV_OK;
}

static enum sv_err
open_gate(struct daemon *d)
{
    struct gate_config config = {.dir = d->options.secret.dir,
                                 .clock = clock_system(),
                                 .rng = rng_system(),
                                 .counting = &d->counting};
    char holder[GATE_HOLDER_SIZE];
    void *keys = NULL;
    enum sv_err err = secret_new(d->arena, sizeof(struct gate_keys), &keys);

    d->solver = (struct solver_source){solving_open, &d->solving};
    document_counting(&d->solver, &d->counting);
    if (err == SV_OK)
        err = secret_load(&d->options.secret, keys, &d->what);
    if (err == SV_OK && d->options.wrap != NULL) {
        err = secret_wrap(keys, d->options.secret.passphrase_fd,
                          d->options.wrap, &d->what);
    } else if (err == SV_OK) {
        config.keys = keys;
        err = gate_open(&config, holder, &d->what, &d->gate);
    }
    secret_free(d->arena, keys);
    return err;
}

static enum sv_err
find_group(struct daemon *d, struct peer_rule *out)
{
    const char *name =
        d->options.group != NULL ? d->options.group : GROUP_DEFAULT;
    const struct group *g = getgrnam(name);

    d->what = "the group whose members may connect";
    if (g == NULL && d->options.group != NULL)
        return SV_ERR_NOT_FOUND;
    *out = (struct peer_rule){g != NULL, g != NULL ? g->gr_gid : 0};
    return SV_OK;
}

static enum sv_err
find_socket(struct daemon *d, const struct peer_rule *peers, int *fd)
{
    enum sv_err err;

    d->what = "the socket that systemd hands over";
    err = listen_inherited(fd);
    if (err != SV_ERR_NOT_FOUND)
        return err;
    d->what = "the socket";
    err = listen_at(d->options.socket, peers->has_group ? &peers->group : NULL,
                    fd);
    if (err == SV_OK)
        d->own_socket = d->options.socket;
    return err;
}

static enum sv_err
catch_signals(int *fd)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return SV_ERR_IO;
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd >= 0 ? SV_OK : SV_ERR_IO;
}

static enum sv_err
start(struct daemon *d, unsigned *threads)
{
    struct service_config config = {.gate = d->gate,
                                    .listen_fd = -1,
                                    .stop_fd = -1,
                                    .event = on_event,
                                    .event_ctx = &d->life};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    enum sv_err err;

    service_limits_default(&config);
    config.connections = (unsigned)d->options.connections;
    config.per_user = (unsigned)d->options.per_user;
    config.threads = cores > 0 ? (unsigned)cores + 1 : 2;
    err = find_group(d, &config.peers);
    if (err == SV_OK)
        err = find_socket(d, &config.peers, &config.listen_fd);
    if (err != SV_OK)
        return err;
    d->what = "the service";
    err = catch_signals(&config.stop_fd);
    if (err == SV_OK)
        err = sandbox_enter();
    if (err == SV_OK)
        err = service_new(&config, &d->service);
    *threads = config.threads;
    return err;
}

static enum sv_err
serve(struct daemon *d)
{
    unsigned threads = 0;
    enum sv_err err = harden(d);

    /* Before there is a key in this process. */
    if (err == SV_OK && d->options.wrap == NULL)
        solving_start(&d->solving, &d->life);
    if (err == SV_OK)
        err = open_gate(d);
    if (err != SV_OK || d->options.wrap != NULL)
        return err;
    err = start(d, &threads);
    if (err == SV_OK) {
        life_started(&d->life, threads);
        notify("READY=1");
        err = service_run(d->service);
    }
    /* A service that starts now finds no socket of one that ends. */
    if (d->own_socket != NULL)
        (void)unlink(d->own_socket);
    return err;
}

/* In the middle of whatever it was; what was answered stands. */
static void
on_no_randomness(void)
{
    static const char line[] =
        "{\"event\": \"failed\", \"what\": \"random numbers\", \"why\": "
        "\"this machine gives none\"}\n";
    ssize_t n = write(STDERR_FILENO, line, sizeof line - 1);

    (void)n;
    _exit(exit_code_of(SV_ERR_IO));
}

int
main(int argc, char **argv)
{
    struct daemon d = {.options = {.socket = SOCKET_DEFAULT,
                                   .secret = {.passphrase_fd = -1},
                                   .connections = 1024,
                                   .per_user = 256},
                       .life = {.clock = clock_system()}};
    int code = 0;
    enum sv_err err;

    if (!read_options(argc, argv, &d.options, &code))
        return code;
    rng_on_failure(on_no_randomness);
    json_text_watch_memory();
    err = serve(&d);
    service_free(d.service);
    gate_close(d.gate);
    arena_free(d.arena);
    solving_stop(&d.solving);
    if (err != SV_OK)
        life_failed(&d.life, d.what, err,
                    exit_code_of(err) == EXIT_ALTERED ? todo_altered : NULL);
    else if (d.options.wrap == NULL)
        life_stopped(&d.life);
    return exit_code_of(err);
}
