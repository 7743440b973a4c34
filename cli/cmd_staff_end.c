#include <stdlib.h>
#include <string.h>

#include "cli/app.h"

/* Who leaves, who is kept out for now, and who comes back. */

static bool
is_name(struct app *app, const char *name)
{
    if (text_is_work_name(bytes_text(name)))
        return true;
    (void)app_usage(app, "%s",
                    _("a work name has 1 to 32 small letters, "
                      "digits and '-'"));
    return false;
}

/* ---- staff replace ---- */

static enum exit_code
say_replaced(struct session *s, const struct card *card)
{
    struct app *app = s->app;
    char words[WORDS_TEXT_SIZE];

    card_fingerprint(card, words);
    if (app->json)
        return app_told(
            app,
            term_json(&app->term, json_pack("{s:s, s:s}", "person", card->name,
                                            "fingerprint", words)));
    (void)fprintf(app->term.out,
                  _("Proposed: %s with this key\nFingerprint: %s\n"),
                  card->name, words);
    app_hint(app,
             _("Next: a supervisor confirms it: svault staff confirm "
               "%s"),
             card->name);
    return app_told(app, SV_OK);
}

enum exit_code
cmd_staff_replace(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct card card;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 2, 2, &words) ||
        !is_name(app, words[0]))
        return EXIT_USAGE;
    if (!app_card(app, words[1], &card, &code))
        return code;
    if (strcmp(card.name, words[0]) != 0) {
        code = app_fail(app, words[1], SV_ERR_INPUT,
                        _("the card is made out to another name"));
        app_hint(app, _("She makes it with: svault key new FILE --name %s"),
                 words[0]);
        return code;
    }
    if (!session_open(app, &s, &code))
        return code;
    err = client_staff_replace(s.client, &card);
    code = err == SV_OK ? say_replaced(&s, &card)
                        : session_fail(&s, card.name, err);
    return session_close(&s, code);
}

/* ---- staff suspend ---- */

enum exit_code
cmd_staff_suspend(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !is_name(app, words[0]))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    err = client_staff_suspend(s.client, words[0]);
    if (err != SV_OK)
        return session_close(&s, session_fail(&s, words[0], err));
    if (app->json)
        code =
            app_told(app, term_json(&app->term,
                                    json_pack("{s:s}", "suspended", words[0])));
    else {
        (void)fprintf(app->term.out, _("%s is suspended.\n"), words[0]);
        code = app_told(app, SV_OK);
    }
    app_hint(app,
             _("She comes back when the administrator proposes her key, the "
               "same or a new one (svault staff replace %s KEY.pub), and a "
               "supervisor confirms it. If her key was stolen, let it be a "
               "new one."),
             words[0]);
    return session_close(&s, code);
}

/* ---- staff revoke ---- */

struct revoking {
    struct session *s;
    const char *person;
    const char *role; /* NULL: all */
    bool yes;
    size_t n;
    char roles[POLICY_ROLES_MAX][NAME_SIZE]; /* to be ended */
};

/* What she has, or is proposed for, and the command names. */
static void
collect_roles(struct revoking *r)
{
    const struct roster *roster = client_roster(r->s->client);

    for (unsigned i = 0; i < roster->policy.n_roles; i++) {
        const char *role = roster->policy.roles[i].name;
        bool has = roster_grant_open(roster, r->person, role) != NULL;

        for (size_t k = 0; k < roster->n_proposals; k++)
            has = has || (strcmp(roster->proposals[k].person, r->person) == 0 &&
                          strcmp(roster->proposals[k].role, role) == 0);
        if (has && (r->role == NULL || strcmp(r->role, role) == 0))
            (void)text_copy(bytes_text(role), r->roles[r->n++], NAME_SIZE);
    }
}

static enum exit_code
ask_to_revoke(struct revoking *r)
{
    struct app *app = r->s->app;
    enum exit_code code = EXIT_DONE;
    bool yes = false;
    enum sv_err err;

    if (r->yes)
        return EXIT_DONE;
    if (app->no_input)
        return app_usage(app, "%s", _("--yes is missing"));
    (void)fprintf(app->term.err, _("%s loses:"), r->person);
    for (size_t i = 0; i < r->n; i++)
        (void)fprintf(app->term.err, " %s", r->roles[i]);
    (void)fputc('\n', app->term.err);
    session_pause(r->s);
    err = term_confirm(&app->term, _("At once?"), false, &yes);
    if (err != SV_OK || !yes)
        return app_fail(app, NULL, err != SV_OK ? err : SV_ERR_INTERRUPTED,
                        _("nothing was revoked"));
    return session_resume(r->s, &code) ? EXIT_DONE : code;
}

static void
say_due(struct revoking *r)
{
    unsigned columns[POLICY_COLUMNS_MAX];

    if (client_due(r->s->client, columns) > 0)
        app_hint(r->s->app, "%s",
                 _("Keys that she held wait to be replaced: the next "
                   "supervisor's command does it. After 72 hours the vault "
                   "takes no writes under them."));
}

static enum exit_code
revoke(struct revoking *r)
{
    struct app *app = r->s->app;
    json_t *done = json_array();
    enum exit_code code = EXIT_DONE;
    size_t n = 0;

    for (size_t i = 0; i < r->n && code == EXIT_DONE; i++) {
        enum sv_err err =
            client_staff_revoke(r->s->client, r->person, r->roles[i]);

        if (err != SV_OK) {
            code = session_fail(r->s, r->roles[i], err);
            break;
        }
        n++;
        if (app->json)
            (void)json_array_append_new(done, json_string(r->roles[i]));
        else
            (void)fprintf(app->term.out, _("%s is no longer %s.\n"), r->person,
                          r->roles[i]);
    }
    if (app->json && n > 0) {
        enum exit_code printed = app_told(
            app, term_json(&app->term, json_pack("{s:s, s:O}", "person",
                                                 r->person, "revoked", done)));

        code = code == EXIT_DONE ? printed : code;
    }
    json_decref(done);
    say_due(r);
    return code != EXIT_DONE && n > 0 ? app_in_part(code) : code;
}

enum exit_code
cmd_staff_revoke(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct revoking r = {.s = &s};
    const struct flag flags[] = {
        {"role", 0, &r.role, NULL}, {"yes", 0, NULL, &r.yes}, {0}};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !is_name(app, words[0]))
        return EXIT_USAGE;
    r.person = words[0];
    if (!session_open(app, &s, &code))
        return code;
    collect_roles(&r);
    if (r.n == 0)
        code = app_fail(app, r.person, SV_ERR_NOT_FOUND,
                        _("has no such role, and none is proposed"));
    else
        code = ask_to_revoke(&r);
    if (code == EXIT_DONE)
        code = revoke(&r);
    return session_close(&s, code);
}
