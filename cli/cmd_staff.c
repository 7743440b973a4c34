#include <stdlib.h>
#include <string.h>

#include "cli/app.h"

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

static void
until_text(uint64_t until_ms, char out[static WHEN_SIZE])
{
    if (until_ms == 0)
        (void)snprintf(out, WHEN_SIZE, "-");
    else
        app_when(until_ms, out);
}

/* ---- staff propose ---- */

/* The newest proposal of this role for this person is the one just made. */
static uint64_t
proposal_index(const struct roster *r, const char *person, const char *role)
{
    uint64_t index = 0;

    for (size_t i = 0; i < r->n_proposals; i++)
        if (strcmp(r->proposals[i].person, person) == 0 &&
            strcmp(r->proposals[i].role, role) == 0)
            index = r->proposals[i].index;
    return index;
}

static enum exit_code
say_proposed(struct session *s, const struct card *card, const char *role)
{
    struct app *app = s->app;
    char words[WORDS_TEXT_SIZE];
    uint64_t index = proposal_index(client_roster(s->client), card->name, role);

    card_fingerprint(card, words);
    if (app->json)
        return app_told(
            app,
            term_json(&app->term,
                      json_pack("{s:o, s:s, s:s, s:s}", "proposal",
                                app_json_number(index), "person", card->name,
                                "role", role, "fingerprint", words)));
    (void)fprintf(app->term.out,
                  _("Proposal %llu: %s as %s\nFingerprint: %s\n"),
                  (unsigned long long)index, card->name, role, words);
    app_hint(app,
             _("Next: a supervisor confirms it: svault staff confirm "
               "%s"),
             card->name);
    return app_told(app, SV_OK);
}

/* Who comes back, or lost her key, keeps her name: it stands in the log. */
static void
hint_replace(struct session *s, const char *person, const char *card)
{
    if (strcmp(client_trouble(s->client)->rule, "keys") == 0)
        app_hint(s->app,
                 _("If it is she who has a new key, name that first: svault "
                   "staff replace %s %s"),
                 person, card);
}

enum exit_code
cmd_staff_propose(struct app *app, int argc, char **argv)
{
    const char *role = NULL, *until = NULL;
    const struct flag flags[] = {
        {"role", 0, &role, NULL}, {"until", 0, &until, NULL}, {0}};
    struct session s = {0};
    struct card card;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t until_ms = 0;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (role == NULL)
        return app_usage(app, "%s", _("--role ROLE is missing"));
    /* Through that day. */
    if (until != NULL && !app_day(app, "--until", until, 1, &until_ms))
        return EXIT_USAGE;
    if (!app_card(app, words[0], &card, &code) || !session_open(app, &s, &code))
        return code;
    if (policy_role(&client_roster(s.client)->policy, role) < 0)
        return session_close(&s, session_no_role(&s, role));
    err = client_staff_propose(s.client, &card, role, until_ms);
    code = err == SV_OK ? say_proposed(&s, &card, role)
                        : session_fail(&s, card.name, err);
    if (err != SV_OK)
        hint_replace(&s, card.name, words[0]);
    return session_close(&s, code);
}

/* ---- staff confirm ---- */

struct confirming {
    struct session *s;
    const char *person;
    const char *role;        /* NULL: each that waits */
    const char *fingerprint; /* NULL: ask */
    json_t *done;
    size_t n_done;
};

/* The role, or what else a proposal is for. */
static const char *
what_of(const struct roster_proposal *p)
{
    return p->role[0] != '\0' ? p->role : _("herself, with this key");
}

static void
fingerprint_of(const struct roster_proposal *p, char out[WORDS_TEXT_SIZE])
{
    struct card card = {0};

    memcpy(card.name, p->person, sizeof card.name);
    card.sign = p->sign;
    memcpy(card.box.b, p->box, sizeof card.box.b);
    card_fingerprint(&card, out);
}

static enum exit_code
wrong_fingerprint(struct confirming *c, const char *words)
{
    enum exit_code code =
        app_fail(c->s->app, c->person, SV_ERR_DENIED,
                 _("the fingerprint differs; nothing was confirmed"));

    app_hint(c->s->app, _("The proposed key has: %s"), words);
    app_hint(c->s->app, "%s",
             _("If she reads another one from her own key (svault key show "
               "FILE), the proposal is not hers: tell the administrator."));
    return code;
}

/* By telephone, to the person herself: the administrator must not be able
 * to put in a key of his own. */
static enum exit_code
compare(struct confirming *c, const struct roster_proposal *p)
{
    struct app *app = c->s->app;
    char words[WORDS_TEXT_SIZE], until[WHEN_SIZE];
    enum exit_code code = EXIT_DONE;
    bool yes = false;
    enum sv_err err;

    fingerprint_of(p, words);
    if (c->fingerprint != NULL)
        return words_equal(c->fingerprint, words) ? EXIT_DONE
                                                  : wrong_fingerprint(c, words);
    until_text(p->until_ms, until);
    (void)fprintf(app->term.err,
                  _("Proposal %llu by %s: %s as %s, until %s\n"
                    "Fingerprint of the proposed key:\n\n    %s\n\n"
                    "Telephone her and let her read the fingerprint of her "
                    "key (svault key show FILE).\n"),
                  (unsigned long long)p->index, p->proposer, p->person,
                  what_of(p), until, words);
    session_pause(c->s);
    err =
        term_confirm(&app->term, _("Are all ten words the same?"), false, &yes);
    if (err != SV_OK)
        return app_fail(app, NULL, err, _("stopped; not confirmed"));
    if (!yes)
        return wrong_fingerprint(c, words);
    return session_resume(c->s, &code) ? EXIT_DONE : code;
}

static enum exit_code
confirm_one(struct confirming *c, const struct roster_proposal *p)
{
    struct app *app = c->s->app;
    enum exit_code code = compare(c, p);
    enum sv_err err;

    if (code != EXIT_DONE)
        return code;
    err = client_staff_confirm(c->s->client, p->index);
    if (err != SV_OK)
        return session_fail(c->s, p->person, err);
    c->n_done++;
    if (app->json)
        (void)json_array_append_new(
            c->done,
            json_pack("{s:o, s:s, s:s}", "proposal", app_json_number(p->index),
                      "person", p->person, "role", p->role));
    else if (p->role[0] != '\0')
        (void)fprintf(app->term.out, _("%s is now %s.\n"), p->person, p->role);
    else
        (void)fprintf(app->term.out, _("%s is here again, with this key.\n"),
                      p->person);
    return EXIT_DONE;
}

static enum exit_code
nothing_waits(struct confirming *c)
{
    enum exit_code code = app_fail(c->s->app, c->person, SV_ERR_NOT_FOUND,
                                   _("no such proposal waits"));

    app_hint(c->s->app, "%s", _("svault staff list shows what waits."));
    return code;
}

static enum exit_code
confirm_all(struct confirming *c)
{
    const struct roster *r = client_roster(c->s->client);
    struct roster_proposal *waiting;
    enum exit_code code = EXIT_DONE;
    size_t n = 0;

    /* A confirmation changes the roster under our hands. */
    waiting = calloc(r->n_proposals + 1, sizeof *waiting);
    if (waiting == NULL)
        return app_done(c->s->app, SV_ERR_NOMEM);
    for (size_t i = 0; i < r->n_proposals; i++)
        if (strcmp(r->proposals[i].person, c->person) == 0 &&
            (c->role == NULL || strcmp(r->proposals[i].role, c->role) == 0))
            waiting[n++] = r->proposals[i];
    if (n == 0)
        code = nothing_waits(c);
    for (size_t i = 0; code == EXIT_DONE && i < n; i++)
        code = confirm_one(c, &waiting[i]);
    free(waiting);
    if (code != EXIT_DONE && c->n_done > 0)
        code = app_in_part(code);
    if (c->n_done > 0 && c->s->app->term.interactive)
        app_hint(c->s->app,
                 _("Next: give her the gate's fingerprint, on "
                   "paper or by telephone: %s"),
                 c->s->hello.fingerprint);
    return code;
}

enum exit_code
cmd_staff_confirm(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct confirming c = {.s = &s};
    const struct flag flags[] = {{"fingerprint", 0, &c.fingerprint, NULL},
                                 {"role", 0, &c.role, NULL},
                                 {0}};
    enum exit_code code = EXIT_FAILED, printed;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !is_name(app, words[0]))
        return EXIT_USAGE;
    if (c.fingerprint == NULL && app->no_input)
        return app_usage(app, "%s",
                         _("the fingerprint must be compared: "
                           "--fingerprint F is missing"));
    c.person = words[0];
    if (!session_open(app, &s, &code))
        return code;
    c.done = json_array();
    code = confirm_all(&c);
    printed =
        c.n_done == 0
            ? app_done(app, SV_OK)
            : app_told(app, app->json ? term_json(&app->term, c.done) : SV_OK);
    if (!app->json || c.n_done == 0)
        json_decref(c.done);
    return session_close(&s, code == EXIT_DONE ? printed : code);
}

/* ---- staff list ---- */

static bool
is_over(const struct session *s, const struct roster_grant *g)
{
    return g->end_index != ROSTER_NEVER ||
           (g->until_ms != 0 && g->until_ms <= client_now(s->client));
}

static bool
is_suspended(const struct session *s, const struct roster_grant *g)
{
    const struct roster *r = client_roster(s->client);

    return roster_is_absent(r, r->persons[g->person].name, UINT64_MAX - 1);
}

static enum sv_err
staff_table(struct session *s)
{
    const struct roster *r = client_roster(s->client);
    const char *const columns[] = {_("Name"), _("Role"), _("Since"), _("Until"),
                                   _("Sponsor")};
    struct table *table = table_new(&s->app->term, 5, columns);
    enum sv_err err = SV_OK;

    for (size_t i = 0; err == SV_OK && i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];
        char since[WHEN_SIZE], until[WHEN_SIZE], ended[2 * WHEN_SIZE];
        const char *cells[5];

        app_when(g->from_ms, since);
        until_text(g->until_ms, until);
        (void)snprintf(ended, sizeof ended, "%s", until);
        if (is_over(s, g))
            (void)snprintf(ended, sizeof ended, "%s %s", until, _("(over)"));
        else if (is_suspended(s, g))
            (void)snprintf(ended, sizeof ended, "%s %s", until,
                           _("(suspended)"));
        cells[0] = r->persons[g->person].name;
        cells[1] = g->role;
        cells[2] = since;
        cells[3] = ended;
        cells[4] = g->sponsor;
        err = table_row(table, cells);
    }
    return err == SV_OK ? table_print(table) : err;
}

static enum sv_err
proposals_table(struct session *s)
{
    const struct roster *r = client_roster(s->client);
    const char *const columns[] = {_("Proposal"), _("Name"), _("Role"),
                                   _("Until"), _("Proposed by")};
    struct table *table;
    enum sv_err err = SV_OK;

    if (r->n_proposals == 0)
        return SV_OK;
    (void)fputc('\n', s->app->term.out);
    term_heading(&s->app->term, s->app->term.out,
                 _("Waiting for confirmation"));
    table = table_new(&s->app->term, 5, columns);
    for (size_t i = 0; err == SV_OK && i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];
        char index[24], until[WHEN_SIZE];
        const char *cells[5] = {index, p->person, what_of(p), until,
                                p->proposer};

        (void)snprintf(index, sizeof index, "%llu",
                       (unsigned long long)p->index);
        until_text(p->until_ms, until);
        err = table_row(table, cells);
    }
    return err == SV_OK ? table_print(table) : err;
}

static enum sv_err
staff_json(struct session *s)
{
    const struct roster *r = client_roster(s->client);
    json_t *staff = json_array(), *waiting = json_array();

    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        (void)json_array_append_new(
            staff, json_pack("{s:s, s:s, s:o, s:o, s:b, s:b, s:s, s:s}", "name",
                             r->persons[g->person].name, "role", g->role,
                             "since", app_json_time(g->from_ms), "until",
                             app_json_time(g->until_ms), "over", is_over(s, g),
                             "suspended", is_suspended(s, g), "proposer",
                             g->proposer, "sponsor", g->sponsor));
    }
    for (size_t i = 0; i < r->n_proposals; i++) {
        const struct roster_proposal *p = &r->proposals[i];
        char words[WORDS_TEXT_SIZE];

        fingerprint_of(p, words);
        (void)json_array_append_new(
            waiting,
            json_pack("{s:o, s:s, s:s, s:o, s:s, s:s}", "proposal",
                      app_json_number(p->index), "name", p->person, "role",
                      p->role, "until", app_json_time(p->until_ms), "proposer",
                      p->proposer, "fingerprint", words));
    }
    return term_json(&s->app->term, json_pack("{s:o, s:o}", "staff", staff,
                                              "proposals", waiting));
}

enum exit_code
cmd_staff_list(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    if (app->json) {
        err = staff_json(&s);
    } else {
        err = staff_table(&s);
        if (err == SV_OK)
            err = proposals_table(&s);
    }
    return session_close(&s, app_done(app, err));
}
