#include <string.h>

#include "cli/session_internal.h"

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
begin(struct session *s, struct pin *pin, enum exit_code *code)
{
    struct app *app = s->app;
    enum sv_err err;

    s->seen = pin->size;
    err = client_begin(s->client, &s->card, &s->key.identity, pin);
    if (err == SV_ERR_DENIED && !s->key.locked &&
        client_trouble(s->client)->rule[0] == '\0') {
        *code = session_stranger(s, _("nobody with this name and key is on "
                                      "this vault's roster"));
        return false;
    }
    if (err != SV_OK) {
        *code = session_fail(s, app->vault, err);
        return false;
    }
    if (client_unfit_keys(s->client) > 0)
        app_hint(app,
                 _("%zu keys that were given to you do not fit the roster, "
                   "and are left out. Tell your supervisor: they were made or "
                   "handed over falsely, or changed since."),
                 client_unfit_keys(s->client));
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
    else if (err == SV_ERR_UNSURE)
        (void)app_fail(app, _("keys that wait to be replaced"), err, NULL);
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
    if (!session_call(s, code) || !session_peek_pin(s, &file, &known, code))
        goto out;
    if (!known && !client_knows(s->client, &key->card)) {
        *code = session_nobody(s, &key->card);
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
        *code = session_wrong_gate(s);
        goto out;
    }
    if (known) {
        err = pin_decode(buf_bytes(&file), &s->key.identity, &pin);
        if (err != SV_OK) {
            *code = session_pin_failed(s, err);
            goto out;
        }
    } else if (!session_first_contact(s, &pin, code)) {
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
    if (!session_find_vault(s, code))
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

enum exit_code
session_close(struct session *s, enum exit_code code)
{
    enum sv_err err = SV_OK;

    if (s->begun && !s->doubted)
        err = session_save_pin(s);
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
