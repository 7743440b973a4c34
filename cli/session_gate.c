#include <unistd.h>

#include "cli/session_internal.h"

/* The way to the gate, and what to say where there is none. */

/* Is something of a vault there, so that what lacks was taken away? */
static bool
is_vault(const char *dir)
{
    char lock[PATH_SIZE];

    return path_join(lock, dir, "lock") == SV_OK && access(lock, F_OK) == 0;
}

static enum exit_code
no_vault(struct app *app)
{
    enum exit_code code =
        app_fail(app, app->vault, SV_ERR_NOT_FOUND, _("no vault here"));

    app_hint(app, "%s",
             _("Check --vault, or found one: svault help "
               "init"));
    return code;
}

/* Of a service. */
static enum exit_code
service_failed(struct session *s, enum sv_err err)
{
    const char *why = s->way.what;
    enum exit_code code;

    if (why == NULL && s->client != NULL)
        why = client_trouble(s->client)->what;
    code = app_fail(s->app, s->app->vault, err, why != NULL ? _(why) : NULL);
    if (s->way.form == WAY_SOCKET && err == SV_ERR_DENIED)
        app_hint(s->app, "%s",
                 _("Ask the administrator to add your account to the "
                   "service's group; then log in again."));
    else if (s->way.form == WAY_SOCKET &&
             (err == SV_ERR_NOT_FOUND || err == SV_ERR_IO))
        app_hint(s->app, "%s",
                 _("Check --vault, and whether svaultd runs there "
                   "(systemctl status svaultd)."));
    else if (s->way.form == WAY_SSH && err == SV_ERR_IO)
        app_hint(s->app, "%s",
                 _("What ssh said stands above. svault and its service must "
                   "be installed there."));
    return code;
}

static enum exit_code
gate_failed(struct session *s, enum sv_err err)
{
    struct app *app = s->app;
    const char *part = s->way.what, *holder = s->way.holder;
    char gate[PATH_SIZE];
    struct buf text = BUF_INIT;
    enum exit_code code;
    enum sv_err made = SV_OK;

    if (s->way.form != WAY_EMBEDDED)
        return service_failed(s, err);
    if (err == SV_ERR_NOT_FOUND && !is_vault(app->vault))
        return no_vault(app);
    if (err == SV_ERR_BUSY && holder[0] != '\0')
        made = buf_printf(&text, _("in use by %s"), holder);
    else if (part != NULL)
        made = buf_printf(&text, "%s: %s", _(part), _(err_text(err)));
    if (made == SV_OK && text.len > 0)
        made = buf_append(&text, bytes_of("", 1));
    code = app_fail(app, app->vault, err,
                    made == SV_OK ? (const char *)text.ptr : NULL);
    if (err == SV_ERR_NOT_FOUND &&
        path_suffix(gate, app->vault, ".gate") == SV_OK)
        app_hint(app,
                 _("%s is the gate's key. Bring it back from where you keep "
                   "it."),
                 gate);
    else if (code == EXIT_ALTERED)
        app_hint(app, "%s",
                 _("Change nothing there. Tell your supervisor and keep the "
                   "directory as evidence.\nWork goes on from a backup, by an "
                   "entry of two people: svault backup restore,\nthen svault "
                   "backup confirm."));
    buf_free(&text);
    return code;
}

/* The transport, which Ctrl-C may end between two requests. */
static enum sv_err
call_gate(void *ctx, struct bytes request, struct buf *response)
{
    struct session *s = ctx;

    if (s->interruptible && term_wait_end()) {
        term_wait_begin();
        return SV_ERR_INTERRUPTED;
    }
    if (s->interruptible)
        term_wait_begin();
    return way_call(&s->way, request, response);
}

void
session_pause(struct session *s)
{
    way_pause(&s->way);
}

bool
session_resume(struct session *s, enum exit_code *code)
{
    enum sv_err err;
    bool again = true;

    for (;;) {
        err = way_open(&s->way);
        if (err == SV_OK)
            return true;
        *code = gate_failed(s, err);
        if (err != SV_ERR_BUSY || s->app->no_input ||
            !s->app->term.interactive ||
            term_confirm(&s->app->term, _("Try again? Nothing is saved yet."),
                         true, &again) != SV_OK ||
            !again)
            return false;
    }
}

bool
session_find_vault(struct session *s, enum exit_code *code)
{
    struct app *app = s->app;

    if (app->vault == NULL) {
        *code = app_usage(app, "%s",
                          _("no vault: --vault DIR is missing, and "
                            "neither SVAULT_VAULT nor the "
                            "configuration names one"));
        return false;
    }
    if (way_init(&s->way, app->vault, app->clock, app->rng) != SV_OK) {
        *code = app_usage(app, "--vault: %s", _(s->way.what));
        return false;
    }
    return true;
}

bool
session_call(struct session *s, enum exit_code *code)
{
    struct app *app = s->app;
    struct client_config config = {.transport = {call_gate, s},
                                   .clock = app->clock,
                                   .rng = app->rng,
                                   .arena = app->arena};
    enum sv_err err = way_open(&s->way);

    if (err != SV_OK) {
        *code = gate_failed(s, err);
        return false;
    }
    err = client_new(&config, &s->client);
    if (err == SV_OK && (app->accept_restore || s->confirms_restore))
        client_accept_restore(s->client, s->confirms_restore);
    if (err == SV_OK)
        err = client_hello(s->client, &s->hello);
    if (err != SV_OK)
        *code = service_failed(s, err);
    return err == SV_OK;
}

bool
session_hello(struct app *app, struct session *s, enum exit_code *code)
{
    s->app = app;
    return session_find_vault(s, code) && session_call(s, code);
}
