#include <string.h>

#include "audit/evidence.h"
#include "cli/app.h"

/* Why an operation did not come about, and what to do next. */

static void
hint_roles(struct session *s)
{
    const char *roles[POLICY_ROLES_MAX];
    size_t n = client_roles(s->client, roles, POLICY_ROLES_MAX);
    struct buf all = BUF_INIT;
    enum sv_err err = SV_OK;

    for (size_t i = 0; err == SV_OK && i < n; i++)
        err = buf_printf(&all, "%s%s", i > 0 ? ", " : "", roles[i]);
    if (n > 0 && err == SV_OK)
        app_hint(s->app, _("Your roles: %.*s"), (int)all.len,
                 (const char *)all.ptr);
    buf_free(&all);
}

static enum exit_code
key_locked(struct session *s, const char *what)
{
    enum exit_code code =
        app_fail(s->app, what, SV_ERR_DENIED, _("your key has been locked"));

    app_hint(s->app, "%s",
             _("Unlock it with svault unlock, then run the command again."));
    return code;
}

static enum exit_code
denied(struct session *s, const char *what, const struct client_trouble *t)
{
    const char *why = denial_text(t->rule);
    enum exit_code code =
        app_fail(s->app, what, SV_ERR_DENIED,
                 why != NULL       ? why
                 : t->what != NULL ? _(t->what)
                                   : _("none of your roles may do this"));

    if (t->logged && t->rule[0] != '\0')
        app_hint(s->app,
                 _("Rule \"%s\"; the attempt stands in the log as "
                   "entry %llu."),
                 t->rule, (unsigned long long)t->index);
    hint_roles(s);
    if (strcmp(t->rule, "not-assigned") == 0)
        app_hint(s->app, "%s",
                 _("A supervisor can assign it: svault record "
                   "assign ID NAME"));
    return code;
}

/* There is an entry that says so: by whom, and what is lost. */
static enum exit_code
was_restored(struct session *s, const char *what,
             const struct client_restored *r)
{
    char when[WHEN_SIZE], taken[WHEN_SIZE];
    enum exit_code code = app_fail(
        s->app, what, SV_ERR_ROLLBACK,
        _("the vault was restored from a backup, and has less than this "
          "device has seen"));

    app_when(r->time_ms, when);
    app_when(r->taken_ms, taken);
    app_hint(s->app,
             _("Entry %llu, %s: restored by %s and %s, from a backup of %s."),
             (unsigned long long)r->index, when, r->actor,
             r->second[0] != '\0' ? r->second
                                  : _("who brought the gate's sheet"),
             taken);
    app_hint(s->app,
             _("You had seen at least %llu entries more than were restored. If "
               "you know of it, go on\nwith --accept-restore; what you had "
               "seen is kept beside your key. Otherwise tell your\n"
               "supervisor."),
             (unsigned long long)r->lost);
    return code;
}

/* FILE.head.fork-<size>-<hash>.note */
static bool
keep_head(struct session *s, struct bytes note, char path[static PATH_SIZE])
{
    char prefix[PATH_SIZE];
    struct checkpoint head = {.size = 0};
    struct note n;
    enum sv_err err = note_parse(note, &n);

    if (err == SV_OK)
        err = checkpoint_parse(n.text, &head);
    if (err == SV_OK)
        err = path_suffix(prefix, s->pin_path, ".fork-");
    if (err == SV_OK)
        err = evidence_keep(prefix, head.size, note, path);
    if (err != SV_OK)
        (void)app_fail(s->app, s->pin_path, err,
                       _("the two heads could not be kept as evidence"));
    return err == SV_OK;
}

/* This device's own head, and another one that the log's key signed and that
 * does not fit it; nothing where one of them is not there. */
static void
keep_fork(struct session *s, struct bytes other)
{
    struct bytes own = buf_bytes(&client_pin(s->client)->head_note);
    char seen[PATH_SIZE], shown[PATH_SIZE];

    if (own.len == 0 || other.len == 0 || !keep_head(s, own, seen) ||
        !keep_head(s, other, shown))
        return;
    app_hint(s->app, _("Both heads are kept as evidence: %s, %s"), seen, shown);
}

enum exit_code
session_forked(struct session *s, const char *what, struct bytes cosigned)
{
    enum exit_code code =
        app_fail(s->app, what, SV_ERR_ROLLBACK,
                 _("the vault's log does not go on from what this witness "
                   "has cosigned"));

    keep_fork(s, cosigned);
    app_hint(s->app, "%s",
             _("An older copy may have been put back, or the log was "
               "rewritten. Do not work in it; tell your supervisor."));
    return code;
}

static enum exit_code
rolled_back(struct session *s, const char *what)
{
    const struct client_restored *r = client_restored(s->client);
    enum exit_code code;

    if (r->found)
        return was_restored(s, what, r);
    code = app_fail(s->app, what, SV_ERR_ROLLBACK,
                    _("the vault's log is shorter than, or other than, what "
                      "this device has seen"));

    app_hint(s->app,
             _("This device has seen %llu entries; the vault says "
               "%llu."),
             (unsigned long long)s->seen, (unsigned long long)s->hello.size);
    keep_fork(s, client_conflict(s->client));
    app_hint(s->app, "%s",
             _("An older copy may have been put back, or the log was "
               "rewritten. Do not work in it; tell your supervisor."));
    return code;
}

enum exit_code
session_fail(struct session *s, const char *what, enum sv_err err)
{
    const struct client_trouble *t = client_trouble(s->client);
    const char *why;
    enum exit_code code;

    if (err == SV_ERR_DENIED && s->key.locked)
        return key_locked(s, what);
    if (err == SV_ERR_DENIED)
        return denied(s, what, t);
    if (err == SV_ERR_ROLLBACK)
        return rolled_back(s, what);
    if (err == SV_ERR_USAGE) {
        code = app_usage(s->app, "%s",
                         _("several of your roles may do this: --as ROLE is "
                           "missing"));
        hint_roles(s);
        return code;
    }
    why = t->what != NULL ? t->what : s->way.what;
    code = app_fail(s->app, what, err, why != NULL ? _(why) : NULL);
    if (t->actor[0] != '\0')
        app_hint(s->app, _("It is about %s."), t->actor);
    if (t->logged)
        app_hint(s->app, _("It stands in the log as entry %llu."),
                 (unsigned long long)t->index);
    if (err == SV_ERR_CONFLICT)
        app_hint(s->app, "%s",
                 _("Nothing was saved. Look at the record "
                   "again, then repeat your change."));
    if (code == EXIT_ALTERED)
        app_hint(s->app, "%s",
                 _("Nothing of it was used. svault log verify (for an "
                   "auditor) says where; tell your supervisor."));
    return code;
}

bool
session_unopened(struct session *s, const struct record_view *view)
{
    bool any = false;

    for (size_t i = 0; i < view->type->n; i++) {
        const struct record_version *v = &view->unopened[i];

        if (v->version == 0)
            continue;
        any = true;
        (void)app_fail(s->app, v->compartment, SV_ERR_TAMPERED,
                       _("something was added that does not open; what is "
                         "shown is without it"));
        app_hint(s->app, _("It is about %s."), v->author);
    }
    return any;
}

/* Nobody is told to ask again for what is done. */
enum exit_code
session_not_remembered(struct session *s, enum sv_err err, enum exit_code code)
{
    bool done = code == EXIT_DONE;
    enum exit_code failed = app_fail(
        s->app, s->pin_path, done && err == SV_ERR_FULL ? SV_ERR_IO : err,
        _("what was seen of the vault could not be remembered"));

    if (done)
        app_hint(s->app, "%s",
                 _("What you asked for is done; do not repeat it. See to it "
                   "that this file can be written."));
    if (!done)
        return code;
    /* "Nothing was changed" it cannot be. */
    return failed == EXIT_FAILED ? EXIT_IO : failed;
}
