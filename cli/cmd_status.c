#include <stdlib.h>
#include <string.h>

#include "cli/app.h"
#include "cli/status_witness.h"

#define HOLDERS_WANTED 2

/* ---- status ---- */

static bool
is_active(const struct session *s, const struct roster_grant *g)
{
    const struct roster *r = client_roster(s->client);

    return g->end_index == ROSTER_NEVER &&
           (g->until_ms == 0 || g->until_ms > client_now(s->client)) &&
           !roster_is_absent(r, r->persons[g->person].name, UINT64_MAX - 1);
}

/* How many people hold a compartment's key now. */
static unsigned
holders(const struct session *s, unsigned column)
{
    const struct roster *r = client_roster(s->client);
    unsigned n = 0;

    for (uint32_t person = 0; person < r->n_persons; person++)
        for (size_t i = 0; i < r->n_grants; i++) {
            const struct roster_grant *g = &r->grants[i];
            int role = policy_role(&r->policy, g->role);

            if (g->person == person && is_active(s, g) && role >= 0 &&
                policy_holds_key(&r->policy, (unsigned)role, column)) {
                n++;
                break;
            }
        }
    return n;
}

static size_t
active_staff(const struct session *s)
{
    const struct roster *r = client_roster(s->client);
    size_t n = 0;

    for (uint32_t person = 0; person < r->n_persons; person++)
        for (size_t i = 0; i < r->n_grants; i++)
            if (r->grants[i].person == person && is_active(s, &r->grants[i])) {
                n++;
                break;
            }
    return n;
}

static void
warn_of_holders(struct session *s)
{
    const struct policy *p = &client_roster(s->client)->policy;
    FILE *out = s->app->term.out;
    bool any = false;

    for (unsigned i = 0; i < p->n_columns; i++) {
        unsigned n = holders(s, i);

        if (n >= HOLDERS_WANTED)
            continue;
        if (!any)
            (void)fputs(_("Warning:            a key that is lost takes its "
                          "records with it; fewer than two people hold:\n"),
                        out);
        (void)fprintf(out, "                    %s.%s (%u)\n",
                      p->columns[i].type, p->columns[i].compartment, n);
        any = true;
    }
}

/* When nobody could hand on some key, or propose; 0: no such day. */
static uint64_t
last_until(const struct session *s)
{
    return policy_last_until(client_roster(s->client), UINT64_MAX - 1,
                             client_now(s->client));
}

static void
warn_of_last_term(struct session *s)
{
    uint64_t until_ms = last_until(s);
    char until[WHEN_SIZE];

    if (until_ms == 0)
        return;
    app_when(until_ms, until);
    (void)fprintf(
        s->app->term.out,
        _("Warning:            on %s the last role ends that can hand "
          "on a key, or propose\n"
          "                    staff: give one without an end "
          "before\n"),
        until);
}

#define FLAGS_SHOWN 16

/* Assignments in an emergency, or after a denial for want of break-glass. */
static void
warn_of_flags(struct session *s)
{
    uint64_t flags[FLAGS_SHOWN];
    size_t n = client_flags(s->client, flags, FLAGS_SHOWN);
    size_t shown = n < FLAGS_SHOWN ? n : FLAGS_SHOWN;
    FILE *out = s->app->term.out;

    if (n == 0)
        return;
    (void)fputs(_("To acknowledge:     assignments made in an emergency "
                  "(svault log acknowledge N):"),
                out);
    for (size_t i = 0; i < shown; i++)
        (void)fprintf(out, " %llu", (unsigned long long)flags[i]);
    if (n > shown) {
        (void)fputc(' ', out);
        (void)fprintf(out, _("and %zu more"), n - shown);
    }
    (void)fputc('\n', out);
}

/* Keys that somebody took with her. */
static void
warn_of_due(struct session *s)
{
    const struct roster *r = client_roster(s->client);
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n = client_due(s->client, columns);
    char until[WHEN_SIZE];

    for (size_t i = 0; i < n; i++) {
        const struct policy_column *c = &r->policy.columns[columns[i]];

        app_when(r->due_ms[columns[i]] + DECIDE_DUE_MS, until);
        (void)fprintf(s->app->term.out,
                      _("Rotate due:         %s.%s: written until %s\n"),
                      c->type, c->compartment, until);
    }
}

static bool
has_recovery(const struct session *s)
{
    const struct roster *r = client_roster(s->client);

    for (size_t i = 0; i < r->n_grants; i++)
        if (strcmp(r->grants[i].role, "recovery") == 0 &&
            is_active(s, &r->grants[i]))
            return true;
    return false;
}

static json_t *
json_flags(const struct session *s)
{
    size_t n = client_flags(s->client, NULL, 0);
    uint64_t *flags = calloc(n + 1, sizeof *flags);
    json_t *out = flags != NULL ? json_array() : NULL;

    (void)client_flags(s->client, flags, flags != NULL ? n : 0);
    for (size_t i = 0; out != NULL && i < n; i++)
        (void)json_array_append_new(out, app_json_number(flags[i]));
    free(flags);
    return out;
}

static json_t *
json_due(const struct session *s)
{
    const struct roster *r = client_roster(s->client);
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n = client_due(s->client, columns);
    json_t *out = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct policy_column *c = &r->policy.columns[columns[i]];

        (void)json_array_append_new(
            out,
            json_pack("{s:s, s:s, s:o}", "type", c->type, "compartment",
                      c->compartment, "until",
                      app_json_time(r->due_ms[columns[i]] + DECIDE_DUE_MS)));
    }
    return out;
}

/* Whom the log binds. */
static const char *
form_text(const struct session *s)
{
    switch (s->way.form) {
    case WAY_SOCKET:
        return _("guarded, by a service on this machine");
    case WAY_SSH:
        return _("guarded, by a service on another machine, over ssh");
    default:
        return _("embedded: the gate runs in this program, so the log binds "
                 "honest programs only");
    }
}

static enum sv_err
status_text(struct session *s, const struct status_witness *w)
{
    struct app *app = s->app;
    const struct roster *r = client_roster(s->client);
    const struct pin *pin = client_pin(s->client);
    char root[BASE64_SIZE(32)];

    text_base64(BYTES(pin->root.b), root);
    (void)fprintf(app->term.out,
                  _("Vault:              %s (%s)\n"
                    "Form:               %s\n"
                    "Gate's fingerprint: %s\n"
                    "Log:                %llu entries, root %s\n"
                    "Staff:              %zu\n"
                    "Policy:             %s\n"
                    "Checked:            the head, the whole roster and all "
                    "since this device's last visit\n"),
                  pin->origin, app->vault, form_text(s), s->hello.fingerprint,
                  (unsigned long long)pin->size, root, active_staff(s),
                  r->policy.profile);
    if (r->n_proposals > 0)
        (void)fprintf(app->term.out,
                      _("Waiting:            %zu proposals (svault staff "
                        "list)\n"),
                      r->n_proposals);
    warn_of_flags(s);
    warn_of_due(s);
    if (!has_recovery(s))
        (void)fputs(_("Warning:            there is no key for recovery: if "
                      "the supervisors lose theirs,\n"
                      "                    the records are lost\n"),
                    app->term.out);
    warn_of_last_term(s);
    warn_of_holders(s);
    status_witness_text(s, w);
    return SV_OK;
}

static json_t *
json_warnings(const struct session *s)
{
    const struct roster *r = client_roster(s->client);
    uint64_t until_ms = last_until(s);
    json_t *out = json_array();

    if (until_ms != 0)
        (void)json_array_append_new(out, json_pack("{s:s, s:o}", "warning",
                                                   "last_term", "until",
                                                   app_json_time(until_ms)));
    for (unsigned i = 0; i < r->policy.n_columns; i++) {
        unsigned n = holders(s, i);

        if (n < HOLDERS_WANTED)
            (void)json_array_append_new(
                out,
                json_pack("{s:s, s:s, s:s, s:i}", "warning", "few_holders",
                          "type", r->policy.columns[i].type, "compartment",
                          r->policy.columns[i].compartment, "holders", (int)n));
    }
    return out;
}

static enum sv_err
status_json(struct session *s, const struct status_witness *w)
{
    const struct roster *r = client_roster(s->client);
    const struct pin *pin = client_pin(s->client);
    char vkey[NOTE_VKEY_SIZE];
    enum sv_err err = note_vkey(r->origin, &r->log_key, vkey);

    if (err != SV_OK)
        return err;
    return term_json(
        &s->app->term,
        json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:o, "
            "s:o, s:o, s:b, s:o, s:o}",
            "form", way_form_name(s->way.form), "origin", r->origin, "log_key",
            vkey, "gate_fingerprint", s->hello.fingerprint, "vault",
            app_json_hex(BYTES(r->vault.b)), "size", app_json_number(pin->size),
            "root", app_json_base64(BYTES(pin->root.b)), "verified", true,
            "profile", r->policy.profile, "staff",
            app_json_number(active_staff(s)), "proposals",
            app_json_number(r->n_proposals), "warnings", json_warnings(s),
            "flags", json_flags(s), "rotate_due", json_due(s), "recovery",
            has_recovery(s), "witnesses", status_witness_json(w), "evidence",
            app_json_number(w->n_evidence)));
}

/* Without a key: the gate's own word, and it says so. */
static enum exit_code
status_unverified(struct app *app)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err = SV_OK;

    if (!session_hello(app, &s, &code))
        return session_close(&s, code);
    if (app->json)
        err = term_json(
            &app->term,
            json_pack("{s:s, s:s, s:s, s:o, s:o, s:b}", "form",
                      way_form_name(s.way.form), "origin", s.hello.origin,
                      "gate_fingerprint", s.hello.fingerprint, "vault",
                      app_json_hex(BYTES(s.hello.vault.b)), "size",
                      app_json_number(s.hello.size), "verified", false));
    else
        (void)fprintf(app->term.out,
                      _("Vault:              %s (%s)\n"
                        "Form:               %s\n"
                        "Gate's fingerprint: %s\n"
                        "Log:                %llu entries\n"
                        "Checked:            not verified; the gate says so "
                        "(a key is needed to check)\n"),
                      s.hello.origin, app->vault, form_text(&s),
                      s.hello.fingerprint, (unsigned long long)s.hello.size);
    return session_close(&s, app_done(app, err));
}

enum exit_code
cmd_status(struct app *app, int argc, char **argv)
{
    bool card = false;
    const struct flag flags[] = {{"card", 0, NULL, &card}, {0}};
    struct session s = {0};
    struct status_witness witness = {.n_evidence = 0};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 0, &words))
        return EXIT_USAGE;
    /* A card is of what was verified, so it takes a key. */
    if (app->key == NULL && !card)
        return status_unverified(app);
    if (!session_open(app, &s, &code))
        return code;
    if (card)
        return session_close(&s, audit_card_print(&s));
    if (status_witness_load(&s, &witness, &code))
        code = app_done(app, app->json ? status_json(&s, &witness)
                                       : status_text(&s, &witness));
    kept_clear(&witness.kept);
    return session_close(&s, code);
}

/* ---- whoami ---- */

/* Until when the agent holds her key, if she has one; 0. */
static uint64_t
unlocked_until(struct session *s)
{
    struct card card;
    uint64_t left_ms;

    if (!s->key.by_agent ||
        agent_hello(&s->key.agent.transport, &card, &left_ms) != SV_OK)
        return 0;
    return clock_now(&s->app->clock) + left_ms;
}

static enum sv_err
whoami_json(struct session *s, const char *fingerprint)
{
    const struct roster *r = client_roster(s->client);
    json_t *roles = json_array();

    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];

        if (strcmp(r->persons[g->person].name, s->card.name) == 0 &&
            is_active(s, g))
            (void)json_array_append_new(
                roles, json_pack("{s:s, s:o, s:o}", "role", g->role, "since",
                                 app_json_time(g->from_ms), "until",
                                 app_json_time(g->until_ms)));
    }
    return term_json(
        &s->app->term,
        json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "name", s->card.name,
                  "fingerprint", fingerprint, "roles", roles, "origin",
                  r->origin, "gate_fingerprint", s->hello.fingerprint, "vault",
                  app_json_hex(BYTES(r->vault.b)), "unlocked_until",
                  app_json_time(unlocked_until(s))));
}

static enum sv_err
whoami_text(struct session *s, const char *fingerprint)
{
    struct app *app = s->app;
    const struct roster *r = client_roster(s->client);
    uint64_t agent_ms = unlocked_until(s);
    char when[WHEN_SIZE];

    (void)fprintf(app->term.out,
                  _("Name:        %s\n"
                    "Fingerprint: %s\n"
                    "Vault:       %s (%s)\n"),
                  s->card.name, fingerprint, r->origin, app->vault);
    for (size_t i = 0; i < r->n_grants; i++) {
        const struct roster_grant *g = &r->grants[i];
        char until[WHEN_SIZE];

        if (strcmp(r->persons[g->person].name, s->card.name) != 0 ||
            !is_active(s, g))
            continue;
        (void)fprintf(app->term.out, _("Role:        %s"), g->role);
        if (g->until_ms != 0) {
            app_when(g->until_ms, until);
            (void)fprintf(app->term.out, _(", until %s"), until);
        }
        (void)fputc('\n', app->term.out);
    }
    if (agent_ms != 0) {
        app_when(agent_ms, when);
        (void)fprintf(app->term.out,
                      _("Unlocked:    until %s (svault lock ends it)\n"), when);
    }
    return SV_OK;
}

enum exit_code
cmd_whoami(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    char fingerprint[WORDS_TEXT_SIZE];
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    card_fingerprint(&s.card, fingerprint);
    return session_close(&s, app_done(app, app->json
                                               ? whoami_json(&s, fingerprint)
                                               : whoami_text(&s, fingerprint)));
}
