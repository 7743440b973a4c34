#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/kept_witness.h"

#define FINGERPRINT_TRIES 3
#define EVIDENCE_MAX 1000 /* files; who restores as often has a script */

/* ---- The way to the gate ---- */

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

/* ---- What this device remembers of the vault ---- */

static enum exit_code
pin_failed(struct session *s, enum sv_err err)
{
    struct app *app = s->app;
    enum exit_code code;

    if (err == SV_ERR_DENIED && s->key.locked)
        return session_fail(s, s->pin_path, err);
    if (err != SV_ERR_TAMPERED && err != SV_ERR_FORMAT)
        return app_fail(app, s->pin_path, err, NULL);
    code = app_fail(app, s->pin_path, SV_ERR_TAMPERED,
                    _("altered or damaged: what this device remembers of "
                      "the vault is not to be trusted"));
    app_hint(app, "%s",
             _("If you know why, move that file away; the next command asks "
               "for the gate's fingerprint again.\nOtherwise tell your "
               "supervisor first."));
    return code;
}

/* Not with the gate's fingerprint: she is to have it from her sponsor. */
static enum exit_code
not_of_this_vault(struct session *s, const char *why)
{
    enum exit_code code = app_fail(s->app, s->app->key, SV_ERR_DENIED, why);

    app_hint(s->app, "%s", _("Check --vault and --key."));
    return code;
}

/* By the gate's word: nothing else is known to whoever is nobody here. */
static enum exit_code
nobody_here(struct session *s, const struct card *card)
{
    enum exit_code code;

    if (!client_awaits(s->client, card))
        return not_of_this_vault(s, _("nobody with this name and key is on "
                                      "this vault's roster"));
    code = app_fail(s->app, s->app->key, SV_ERR_DENIED,
                    _("you are proposed, and not confirmed yet"));
    app_hint(s->app,
             _("Ask your supervisor to confirm you: svault staff confirm %s"),
             card->name);
    return code;
}

/* Read FILE.head; *known says that there is one, of this vault.  Nothing
 * has been derived yet. */
static bool
peek_pin(struct session *s, struct buf *file, bool *known, enum exit_code *code)
{
    struct hash vault;
    enum sv_err err = file_read(s->pin_path, PIN_FILE_MAX, file);

    *known = err == SV_OK;
    if (err == SV_ERR_NOT_FOUND)
        return true;
    if (err == SV_OK)
        err = pin_peek(buf_bytes(file), &vault);
    if (err != SV_OK) {
        *code = pin_failed(s, err);
        return false;
    }
    if (!hash_equal(&vault, &s->hello.vault)) {
        *code = not_of_this_vault(s, _("this key belongs to another vault"));
        return false;
    }
    return true;
}

/* ---- First contact ---- */

static enum exit_code
wrong_gate(struct session *s)
{
    enum exit_code code =
        app_fail(s->app, s->app->vault, SV_ERR_DENIED,
                 _("the gate's fingerprint is not the one you were given"));

    app_hint(s->app, "%s",
             _("Ask your sponsor to read the fingerprint to you again. If "
               "it stays so, this is not your vault: tell her."));
    return code;
}

/* What the gate says is never shown here: typed off the screen, it would
 * always be right. */
static bool
ask_fingerprint(struct session *s, enum exit_code *code)
{
    struct app *app = s->app;
    struct buf typed = BUF_INIT;
    enum sv_err err = SV_OK;
    bool same = false;

    (void)fprintf(app->term.err, "%s\n",
                  _("This device does not know this vault yet. Your sponsor "
                    "gave you the gate's fingerprint:\nten words, on paper "
                    "or by telephone. Nothing is sent before they match."));
    for (int i = 0; err == SV_OK && !same && i < FINGERPRINT_TRIES; i++) {
        if (i > 0)
            (void)fprintf(app->term.err, "%s\n",
                          _("Those are not this gate's words. Look at your "
                            "paper, or telephone your sponsor."));
        buf_truncate(&typed, 0);
        err = term_ask(&app->term, _("The ten words: "), 512, &typed);
        if (err == SV_OK)
            err = buf_append(&typed, bytes_of("", 1));
        if (err == SV_OK)
            same = words_equal((const char *)typed.ptr, s->hello.fingerprint);
    }
    if (err != SV_OK)
        *code = app_fail(app, NULL, err,
                         err == SV_ERR_INTERRUPTED
                             ? _("stopped before the vault was known")
                             : NULL);
    else if (!same)
        *code = wrong_gate(s);
    buf_free(&typed);
    return same;
}

static bool
first_contact(struct session *s, struct pin *pin, enum exit_code *code)
{
    struct app *app = s->app;

    if (app->gate != NULL) {
        if (!words_equal(app->gate, s->hello.fingerprint)) {
            *code = wrong_gate(s);
            return false;
        }
    } else if (app->no_input || !app->term.interactive) {
        *code = app_usage(app, "%s",
                          _("this device does not know this vault yet: "
                            "--gate FINGERPRINT is missing"));
        return false;
    } else if (!ask_fingerprint(s, code)) {
        return false;
    }
    pin->vault = s->hello.vault;
    (void)memcpy(pin->origin, s->hello.origin, sizeof pin->origin);
    return true;
}

/* ---- Opening ---- */

static bool
open_hello(struct session *s, enum exit_code *code)
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

static bool
find_vault(struct session *s, enum exit_code *code)
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
session_hello(struct app *app, struct session *s, enum exit_code *code)
{
    s->app = app;
    return find_vault(s, code) && open_hello(s, code);
}

enum exit_code
session_no_role(struct session *s, const char *role)
{
    const struct policy *p = &client_roster(s->client)->policy;
    struct buf all = BUF_INIT;

    for (unsigned i = 0; i < p->n_roles; i++)
        app_name(&all, p->roles[i].name);
    (void)app_usage(s->app, _("no such role: %s (there are: %.*s)"), role,
                    app_names(&all));
    buf_free(&all);
    return EXIT_USAGE;
}

/* --as or --purpose: which of them, and what it could be. */
static enum exit_code
no_such_code(struct session *s)
{
    const struct app *app = s->app;
    const struct policy *p = &client_roster(s->client)->policy;
    struct buf all = BUF_INIT;

    if (app->role != NULL && policy_role(p, app->role) < 0)
        return session_no_role(s, app->role);
    for (unsigned i = 0; i < p->n_purposes; i++)
        app_name(&all, p->purposes[i]);
    (void)app_usage(s->app, _("no such purpose: %s (there are: %.*s)"),
                    app->purpose, app_names(&all));
    buf_free(&all);
    return EXIT_USAGE;
}

static bool
is_there_already(const char *path, struct bytes data)
{
    struct buf there = BUF_INIT;
    bool same = file_read(path, PIN_FILE_MAX, &there) == SV_OK &&
                bytes_equal(buf_bytes(&there), data);

    buf_free(&there);
    return same;
}

/* What she had seen of the log that is lost is kept: FILE.head is signed.
 * Nor does it take the place of what an earlier restore left.  A copy: this
 * device knows the vault at every moment, also if the power fails now. */
static enum sv_err
keep_evidence(struct session *s, char path[static PATH_SIZE])
{
    char suffix[32] = ".before-restore";
    enum sv_err err = path_suffix(path, s->pin_path, suffix);

    buf_truncate(&s->aside, 0);
    if (err == SV_OK)
        err = file_read(s->pin_path, PIN_FILE_MAX, &s->aside);
    if (err != SV_OK)
        return err;
    err = SV_ERR_EXISTS;
    for (unsigned n = 2; err == SV_ERR_EXISTS && n < EVIDENCE_MAX; n++) {
        err = path_suffix(path, s->pin_path, suffix);
        if (err == SV_OK)
            err = file_create(path, 0600, buf_bytes(&s->aside));
        if (err == SV_ERR_EXISTS &&
            is_there_already(path, buf_bytes(&s->aside)))
            err = SV_OK;
        (void)snprintf(suffix, sizeof suffix, ".before-restore.%u", n);
    }
    return err;
}

bool
session_keep_restored(struct session *s, enum exit_code *code)
{
    char path[PATH_SIZE];
    enum sv_err err = keep_evidence(s, path);

    if (err == SV_OK)
        err = kept_set_aside(s->app->key, client_restored(s->client)->size);
    s->doubted = err != SV_OK;
    if (err != SV_OK)
        *code = app_fail(s->app, path, err, NULL);
    return err == SV_OK;
}

static bool
begin(struct session *s, struct pin *pin, enum exit_code *code)
{
    struct app *app = s->app;
    enum sv_err err;

    s->seen = pin->size;
    err = client_begin(s->client, &s->card, &s->key.identity, pin);
    if (err == SV_ERR_DENIED && !s->key.locked &&
        client_trouble(s->client)->rule[0] == '\0') {
        *code = not_of_this_vault(s, _("nobody with this name and key is on "
                                       "this vault's roster"));
        return false;
    }
    if (err != SV_OK) {
        *code = session_fail(s, app->vault, err);
        return false;
    }
    s->begun = true;
    s->doubted = client_restored(s->client)->accepted;
    if (s->doubted && !s->confirms_restore && !session_keep_restored(s, code))
        return false;
    err = client_act_as(s->client, app->role, app->purpose);
    if (err == SV_ERR_NOT_FOUND)
        *code = no_such_code(s);
    else if (err != SV_OK)
        *code = session_fail(s, NULL, err);
    return err == SV_OK;
}

/* May one of her roles make new keys? */
static bool
makes_keys(const struct session *s)
{
    const struct policy *p = &client_roster(s->client)->policy;
    const char *roles[POLICY_ROLES_MAX];
    size_t n = client_roles(s->client, roles, POLICY_ROLES_MAX);

    for (size_t i = 0; i < n; i++)
        if (p->roles[policy_role(p, roles[i])].acts[ACT_KEYS])
            return true;
    return false;
}

/* Keys that somebody took with her: the next supervisor's command, whatever
 * it is, replaces them.  What she came for does not depend on it. */
static void
replace_due_keys(struct session *s)
{
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n = client_due(s->client, columns);
    struct app *app = s->app;
    enum sv_err err;

    if (n == 0 || !makes_keys(s))
        return;
    (void)client_act_as(s->client, NULL, NULL);
    err = client_rotate(s->client, n, columns);
    (void)client_act_as(s->client, app->role, app->purpose);
    if (err == SV_OK)
        (void)fprintf(app->term.err,
                      _("New keys were made for %zu compartments, and given "
                        "to all who hold them.\n"),
                      n);
    else
        (void)app_fail(app, NULL, err,
                       _("keys that wait to be replaced could not be"));
}

static bool
open_with_key(struct session *s, const struct keyfile *key,
              enum exit_code *code)
{
    struct app *app = s->app;
    struct buf file = BUF_INIT;
    struct pin pin;
    bool known = false, ok = false;
    enum sv_err err;

    pin_init(&pin);
    if (!open_hello(s, code) || !peek_pin(s, &file, &known, code))
        goto out;
    if (!known && !client_knows(s->client, &key->card)) {
        *code = nobody_here(s, &key->card);
        goto out;
    }
    /* The vault is not kept from others while a passphrase is typed. */
    if (!key->unprotected && app->passphrase_fd < 0 &&
        !userkey_agent(app, app->key, key, &s->key))
        session_pause(s);
    if (!userkey_open(app, app->key, key, &s->key, code))
        goto out;
    s->card = key->card;
    if (known && app->gate != NULL &&
        !words_equal(app->gate, s->hello.fingerprint)) {
        *code = wrong_gate(s);
        goto out;
    }
    if (known) {
        err = pin_decode(buf_bytes(&file), &s->key.identity, &pin);
        if (err != SV_OK) {
            *code = pin_failed(s, err);
            goto out;
        }
    } else if (!first_contact(s, &pin, code)) {
        goto out;
    }
    ok = session_resume(s, code) && begin(s, &pin, code);
    if (ok && !s->doubted)
        replace_due_keys(s);
out:
    pin_clear(&pin);
    buf_free(&file);
    return ok;
}

bool
session_open(struct app *app, struct session *s, enum exit_code *code)
{
    struct keyfile key = {0};
    bool ok = false;

    s->app = app;
    if (!find_vault(s, code))
        return false;
    if (app->key == NULL) {
        *code = app_usage(app, "%s",
                          _("no key: --key FILE is missing, and "
                            "neither SVAULT_KEY nor the "
                            "configuration names one"));
        app_hint(app, "%s",
                 _("If you have none yet, make one: svault key new FILE "
                   "--name NAME"));
        return false;
    }
    if (path_suffix(s->pin_path, app->key, ".head") != SV_OK) {
        *code = app_fail(app, app->key, SV_ERR_RANGE, NULL);
        return false;
    }
    if (userkey_read(app, app->key, &key, code))
        ok = open_with_key(s, &key, code);
    keyfile_wipe(&key);
    if (ok && app->term.interactive && s->way.form == WAY_EMBEDDED)
        (void)fprintf(app->term.err, "%s\n",
                      _("(embedded: the gate runs in this program, so the "
                        "log binds honest programs only)"));
    if (!ok)
        *code = session_close(s, *code);
    return ok;
}

/* Has another program of hers, meanwhile, seen more than this one? */
static bool
is_outdone(struct session *s, struct bytes file)
{
    struct pin there;
    bool more = false;

    pin_init(&there);
    if (pin_decode(file, &s->key.identity, &there) == SV_OK)
        more = there.size > client_pin(s->client)->size;
    pin_clear(&there);
    return more;
}

static enum sv_err
save_pin(struct session *s)
{
    struct buf now = BUF_INIT, before = BUF_INIT;
    enum sv_err err;

    err = pin_encode(client_pin(s->client), &s->key.identity, &now);
    if (err == SV_OK &&
        file_read(s->pin_path, PIN_FILE_MAX, &before) == SV_OK &&
        (bytes_equal(buf_bytes(&now), buf_bytes(&before)) ||
         (!bytes_equal(buf_bytes(&s->aside), buf_bytes(&before)) &&
          is_outdone(s, buf_bytes(&before)))))
        goto out;
    if (err == SV_OK)
        err = file_replace(s->pin_path, 0600, buf_bytes(&now));
out:
    buf_free(&before);
    buf_free(&now);
    return err;
}

enum exit_code
session_close(struct session *s, enum exit_code code)
{
    enum sv_err err = SV_OK;

    if (s->begun && !s->doubted)
        err = save_pin(s);
    if (err != SV_OK)
        code = session_not_remembered(s, err, code);
    buf_free(&s->aside);
    client_free(s->client);
    way_close(&s->way);
    userkey_close(&s->key);
    memset(s, 0, sizeof *s);
    return code;
}

enum sv_err
session_may(struct session *s, enum request_act act, const char *type,
            const char **role)
{
    const struct policy *p = &client_roster(s->client)->policy;
    const char *found = NULL;
    int r, t = type != NULL ? policy_type(p, type) : -1;
    enum sv_err err = client_role_for(s->client, act, type, &found);

    if (err != SV_OK)
        return err;
    r = policy_role(p, found);
    if (r < 0 || !p->roles[r].acts[act] ||
        (type != NULL && (t < 0 || (p->roles[r].act_types[act] >> t & 1) == 0)))
        return SV_ERR_DENIED;
    if (role != NULL)
        *role = found;
    return SV_OK;
}
