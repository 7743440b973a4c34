#include <stdlib.h>
#include <string.h>

#include "cli/counting.h"
#include "cli/release_cells.h"
#include "cli/release_files.h"

/* The number that a release is called by: the entry that requested it. */
static bool
read_number(struct app *app, const char *word, uint64_t *out)
{
    return app_number(app, "N", word, 0, UINT64_MAX, 0, out);
}

/* last: the newest approval that is known here; what was requested before it
 * does not know that release. */
static const char *
stage_of(uint64_t number, const struct release_state *s, uint64_t now_ms,
         uint64_t last)
{
    if (s->refused)
        return N_("refused");
    if (release_is_expired(s, now_ms))
        return N_("expired");
    if (release_is_approved(s))
        return N_("approved");
    if (last > number)
        return N_("stale: request it anew");
    return s->acknowledged || !s->exact ? N_("waits for approval")
                                        : N_("waits for acknowledgment");
}

static void
say_next(struct app *app, uint64_t number)
{
    app_hint(app,
             _("Next: an approver looks at it and approves it: svault release "
               "approve %llu"),
             (unsigned long long)number);
}

static void
say_waiting(struct app *app, uint64_t number)
{
    app_hint(app,
             _("Release %llu is requested, and nothing of it is released. "
               "Coarsen what you ask for, or go on with: svault release "
               "acknowledge %llu"),
             (unsigned long long)number, (unsigned long long)number);
}

/* ---- release acknowledge ---- */

enum exit_code
cmd_release_acknowledge(struct app *app, int argc, char **argv)
{
    const char *how = NULL;
    const struct flag flags[] = {{"acknowledge", 0, &how, NULL}, {0}};
    struct session s = {0};
    struct release_view v = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t number;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !read_number(app, words[0], &number))
        return EXIT_USAGE;
    if (how != NULL && strcmp(how, "all") != 0)
        return app_usage(app, "%s", _("--acknowledge takes the word all"));
    if (!session_open(app, &s, &code))
        return code;
    err = client_release_show(s.client, number, &v);
    code = err == SV_OK
               ? release_cells_acknowledge(&s, number, buf_bytes(&v.spec),
                                           buf_bytes(&v.cells), how != NULL)
               : session_fail(&s, NULL, err);
    release_view_free(&v);
    if (code == EXIT_DONE)
        say_next(app, number);
    else if (code == EXIT_FAILED || code == EXIT_USAGE) /* left for later */
        say_waiting(app, number);
    return session_close(&s, code);
}

/* ---- release request ---- */

struct requesting {
    struct app *app;
    const char *profile, *basis, *recipient, *how;
    struct annual_options annual;
    struct card card; /* of the recipient */
    struct buf spec;
};

/* Nothing is released by it: no such plan is counted. */
static enum sv_err
try_request(struct client *c, struct bytes spec)
{
    struct buf cells = BUF_INIT;
    uint64_t number = 0;
    enum sv_err err = client_release_request(c, RELEASE_EXACT, spec,
                                             bytes_text("a plan with a fault"),
                                             NULL, &number, &cells);

    buf_free(&cells);
    return err;
}

/* Figures are public unless it is said that they are exact: by the method of
 * the plan, or here for a yearly report. */
static enum exit_code
check_profile(struct requesting *r, const char *of_spec)
{
    struct app *app = r->app;

    if (r->profile == NULL)
        r->profile = of_spec != NULL ? of_spec : RELEASE_PUBLIC;
    if (of_spec != NULL && strcmp(r->profile, of_spec) != 0)
        return app_usage(app,
                         _("--profile %s does not go with the method of this "
                           "plan, which makes it %s"),
                         r->profile, of_spec);
    if (strcmp(r->profile, RELEASE_EXACT) == 0 &&
        (r->basis == NULL || text_is_blank(bytes_text(r->basis))))
        return app_usage(app, "%s",
                         _("--basis TEXT is missing: the law or the order by "
                           "which exact figures may be published"));
    return EXIT_DONE;
}

/* A plan says itself what it counts. */
static bool
is_for_annual_only(const struct annual_options *o)
{
    return o->year != NULL || o->authority != NULL || o->as_of != NULL ||
           o->minor_age != NULL || o->fiscal;
}

static enum exit_code
check_request(struct requesting *r, const char *what)
{
    struct app *app = r->app;
    enum exit_code code = EXIT_USAGE;

    if (r->profile != NULL && strcmp(r->profile, RELEASE_PUBLIC) != 0 &&
        strcmp(r->profile, RELEASE_EXACT) != 0)
        return app_usage(app, _("no such profile: %s (public, exact)"),
                         r->profile);
    if (r->how != NULL && strcmp(r->how, "all") != 0)
        return app_usage(app, "%s", _("--acknowledge takes the word all"));
    if (strcmp(what, "annual") != 0 && is_for_annual_only(&r->annual))
        return app_usage(app, "%s",
                         _("--year, --authority, --as-of, --minor-age and "
                           "--fiscal are for the yearly report; a plan says "
                           "them itself"));
    if (!(strcmp(what, "annual") == 0
              ? counting_annual_spec(app, &r->annual, try_request, &r->spec,
                                     &code)
              : counting_plan_spec(app, what, false, try_request, &r->spec,
                                   &code)))
        return code;
    return check_profile(r, document_profile(buf_bytes(&r->spec)));
}

static enum exit_code
say_requested(struct requesting *r, uint64_t number)
{
    struct app *app = r->app;

    if (app->json)
        return app_told(
            app, term_json(&app->term, json_pack("{s:o}", "release",
                                                 app_json_number(number))));
    (void)fprintf(app->term.out, _("Release %llu is requested.\n"),
                  (unsigned long long)number);
    say_next(app, number);
    return app_told(app, SV_OK);
}

/* Exact figures alone have what is to be acknowledged.  The request stands
 * in any case: what fails behind it leaves it done in part. */
static enum exit_code
acknowledge_at_once(struct requesting *r, struct session *s, uint64_t number,
                    struct bytes cells)
{
    enum exit_code code;

    if (strcmp(r->profile, RELEASE_EXACT) != 0)
        return EXIT_DONE;
    code = release_cells_acknowledge(s, number, buf_bytes(&r->spec), cells,
                                     r->how != NULL);
    if (code == EXIT_DONE)
        return code;
    say_waiting(r->app, number);
    return app_in_part(code);
}

static enum exit_code
request(struct requesting *r, struct session *s)
{
    struct box_public to = r->card.box;
    struct buf cells = BUF_INIT;
    uint64_t number = 0;
    enum exit_code code;
    enum sv_err err = client_release_request(
        s->client, r->profile, buf_bytes(&r->spec),
        bytes_text(r->basis != NULL ? r->basis : ""),
        r->recipient != NULL ? &to : NULL, &number, &cells);

    if (err != SV_OK) {
        code = session_fail(s, NULL, err);
    } else {
        counting_say_empty(s, buf_bytes(&r->spec));
        code = acknowledge_at_once(r, s, number, buf_bytes(&cells));
        if (code == EXIT_DONE)
            code = say_requested(r, number);
    }
    buf_free(&cells);
    return code;
}

enum exit_code
cmd_release_request(struct app *app, int argc, char **argv)
{
    struct requesting r = {.app = app, .spec = BUF_INIT};
    const struct flag flags[] = {{"profile", 0, &r.profile, NULL},
                                 {"basis", 0, &r.basis, NULL},
                                 {"recipient", 0, &r.recipient, NULL},
                                 {"acknowledge", 0, &r.how, NULL},
                                 ANNUAL_FLAGS(r.annual),
                                 {0}};
    struct session s = {0};
    enum exit_code code;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    code = check_request(&r, words[0]);
    if (code == EXIT_DONE && r.recipient != NULL &&
        !app_card(app, r.recipient, &r.card, &code))
        return code;
    if (code == EXIT_DONE && session_open(app, &s, &code)) {
        code = request(&r, &s);
        code = session_close(&s, code);
    }
    buf_free(&r.spec);
    return code;
}

/* ---- release list ---- */

static json_t *
state_json(uint64_t number, const struct release_state *s, uint64_t now_ms,
           uint64_t last)
{
    return json_pack("{s:o, s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "release",
                     app_json_number(number), "profile",
                     s->exact ? RELEASE_EXACT : RELEASE_PUBLIC, "requester",
                     s->requester, "requested", app_json_time(s->requested_ms),
                     "stage", stage_of(number, s, now_ms, last), "judge",
                     s->judge, "judged", app_json_time(s->judged_ms),
                     "commitment", app_json_hex(BYTES(s->commitment)));
}

static uint64_t
last_approval(const struct release_row *rows, size_t n)
{
    uint64_t last = 0;

    for (size_t i = 0; i < n; i++) {
        if (release_is_approved(&rows[i].state) &&
            rows[i].state.judged_index > last)
            last = rows[i].state.judged_index;
    }
    return last;
}

static enum sv_err
print_list(struct app *app, const struct release_row *rows, size_t n,
           uint64_t now_ms)
{
    const char *const columns[] = {_("Release"),      _("Profile"),
                                   _("Requested by"), _("When"),
                                   _("Stage"),        _("By")};
    struct table *t = table_new(&app->term, 6, columns);
    uint64_t last = last_approval(rows, n);
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < n && err == SV_OK; i++) {
        char number[24], when[WHEN_SIZE];
        const char *cells[] = {
            number,
            rows[i].state.exact ? _("exact") : _("public"),
            rows[i].state.requester,
            when,
            _(stage_of(rows[i].number, &rows[i].state, now_ms, last)),
            rows[i].state.judge};

        (void)snprintf(number, sizeof number, "%llu",
                       (unsigned long long)rows[i].number);
        app_when(rows[i].state.requested_ms, when);
        err = table_row(t, cells);
    }
    return err == SV_OK ? table_print(t) : err;
}

enum exit_code
cmd_release_list(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct release_row *rows = NULL;
    size_t n = 0;
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    char **words;

    if (!app_args(app, argc, argv, NULL, 0, 0, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    err = client_release_list(s.client, &rows, &n);
    if (err != SV_OK) {
        code = session_fail(&s, NULL, err);
    } else if (app->json) {
        json_t *all = json_array();

        for (size_t i = 0; i < n; i++)
            (void)json_array_append_new(
                all, state_json(rows[i].number, &rows[i].state,
                                client_now(s.client), last_approval(rows, n)));
        code = app_done(app, term_json(&app->term, all));
    } else if (n == 0) {
        (void)fputs(_("No releases.\n"), app->term.out);
        code = app_done(app, SV_OK);
    } else {
        code = app_done(app, print_list(app, rows, n, client_now(s.client)));
    }
    free(rows);
    return session_close(&s, code);
}

/* ---- release show ---- */

/* For people: the stage, what was asked for, the unsafe cells, and for an
 * approver the very figures. */
static enum sv_err
print_view(struct session *s, uint64_t number, const struct release_view *v,
           const struct risk_list *risks)
{
    struct app *app = s->app;
    FILE *to = app->term.out;
    char hex[65];
    enum sv_err err = SV_OK;

    text_hex(BYTES(v->state.commitment), hex);
    (void)fprintf(to, _("Release %llu, requested by %s: %s\n"),
                  (unsigned long long)number, v->state.requester,
                  _(stage_of(number, &v->state, client_now(s->client), 0)));
    (void)fprintf(to, _("Commitment: %s\n"), hex);
    if (v->basis.len > 0) {
        (void)fputs(_("Basis: "), to);
        term_text(to, buf_bytes(&v->basis), false, 0);
        (void)fputc('\n', to);
    }
    (void)fputc('\n', to);
    term_text(to, buf_bytes(&v->spec), true, 0);
    (void)fprintf(to, "\n%s\n",
                  release_cells_unsafe(risks) > 0 ? _("Unsafe cells:")
                                                  : _("No unsafe cells."));
    if (release_cells_unsafe(risks) > 0)
        err = release_cells_print(app, client_schema(s->client),
                                  buf_bytes(&v->spec), risks);
    if (err == SV_OK && release_cells_unsafe(risks) < risks->n) {
        (void)fprintf(to, "\n%s\n",
                      _("The same figures, rounded for the public (those that "
                        "are 0 in both are left out):"));
        err = release_cells_print_rounded(app, client_schema(s->client),
                                          buf_bytes(&v->spec), risks);
    }
    if (err == SV_OK && v->has_bytes) {
        struct buf text = BUF_INIT;

        (void)fputc('\n', to);
        err = document_text(buf_bytes(&v->bytes), client_schema(s->client),
                            app->lang, &text);
        if (err == SV_OK)
            term_text(to, buf_bytes(&text), true, 0);
        (void)fputc('\n', to);
        buf_free(&text);
    }
    return err;
}

static enum sv_err
view_json(struct session *s, uint64_t number, const struct release_view *v,
          const struct risk_list *risks)
{
    json_t *all = state_json(number, &v->state, client_now(s->client), 0);

    if (all == NULL)
        return SV_ERR_NOMEM;
    (void)json_object_set_new(all, "basis", json_bytes(buf_bytes(&v->basis)));
    (void)json_object_set_new(all, "plan", json_bytes(buf_bytes(&v->spec)));
    (void)json_object_set_new(all, "unsafe", release_cells_json(risks));
    if (v->has_bytes && v->state.exact)
        (void)json_object_set_new(all, "rounded",
                                  release_cells_rounded_json(risks));
    if (v->has_bytes)
        (void)json_object_set_new(
            all, "report",
            json_loadb((const char *)v->bytes.ptr, v->bytes.len, 0, NULL));
    return term_json(&s->app->term, all);
}

/* What was asked for is the gate's word, and the words for each figure are made
 * from it: who has the figures holds it against what stands in them. */
static enum sv_err
ask_release(struct session *s, uint64_t number, struct release_view *v,
            enum exit_code *code)
{
    enum sv_err err = client_release_show(s->client, number, v);

    if (err != SV_OK) {
        *code = session_fail(s, NULL, err);
        return err;
    }
    if (!v->has_bytes)
        return SV_OK;
    err = document_check_asked(buf_bytes(&v->bytes), client_schema(s->client),
                               buf_bytes(&v->spec), buf_bytes(&v->basis));
    if (err != SV_OK)
        *code = app_fail(s->app, NULL, err,
                         err == SV_ERR_TAMPERED
                             ? _("these figures are not what the gate says "
                                 "was asked for; approve nothing")
                             : NULL);
    return err;
}

/* Ask for it and print it; *v stays for who goes on with it. */
static enum exit_code
show(struct session *s, uint64_t number, struct release_view *v)
{
    struct risk_list risks = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err = ask_release(s, number, v, &code);

    if (err != SV_OK)
        return code;
    err = risk_decode(v->has_bytes ? buf_bytes(&v->risk) : buf_bytes(&v->cells),
                      &risks);
    if (err == SV_OK)
        err = s->app->json ? view_json(s, number, v, &risks)
                           : print_view(s, number, v, &risks);
    risk_clear(&risks);
    return app_done(s->app, err);
}

enum exit_code
cmd_release_show(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    struct release_view v = {0};
    enum exit_code code = EXIT_FAILED;
    uint64_t number;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !read_number(app, words[0], &number))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    code = show(&s, number, &v);
    release_view_free(&v);
    return session_close(&s, code);
}

/* ---- release approve, release refuse ---- */

/* Who is asked sees the figures first; a script names what it has seen. */
static enum exit_code
agree(struct session *s, uint64_t number, struct release_view *v,
      const char *commitment)
{
    struct app *app = s->app;
    enum exit_code code = EXIT_DONE;
    char hex[65];
    bool yes = false;
    enum sv_err err;

    if (commitment != NULL) {
        err = ask_release(s, number, v, &code);
        if (err != SV_OK)
            return code;
        text_hex(BYTES(v->state.commitment), hex);
        return strcmp(hex, commitment) == 0
                   ? EXIT_DONE
                   : app_fail(app, NULL, SV_ERR_DENIED,
                              _("another commitment; nothing was approved"));
    }
    if (app->no_input)
        return app_usage(app, "%s",
                         _("--commitment C is missing: what svault release "
                           "show printed"));
    code = show(s, number, v);
    if (code != EXIT_DONE)
        return code;
    session_pause(s);
    err =
        term_confirm(&app->term, _("Approve these very figures?"), false, &yes);
    if (err != SV_OK || !yes)
        return app_fail(app, NULL, err != SV_OK ? err : SV_ERR_INTERRUPTED,
                        _("not approved"));
    return session_resume(s, &code) ? EXIT_DONE : code;
}

enum exit_code
cmd_release_approve(struct app *app, int argc, char **argv)
{
    const char *commitment = NULL;
    const struct flag flags[] = {{"commitment", 0, &commitment, NULL}, {0}};
    struct session s = {0};
    struct release_view v = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t number;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !read_number(app, words[0], &number))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    code = agree(&s, number, &v, commitment);
    if (code == EXIT_DONE) {
        err = client_release_approve(s.client, number, &v);
        if (err != SV_OK)
            code = session_fail(&s, NULL, err);
        else
            app_hint(app,
                     _("Release %llu is approved. Its requester fetches it: "
                       "svault release fetch %llu -o DIR"),
                     (unsigned long long)number, (unsigned long long)number);
    }
    release_view_free(&v);
    return session_close(&s, code);
}

enum exit_code
cmd_release_refuse(struct app *app, int argc, char **argv)
{
    struct session s = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t number;
    char **words;

    if (!app_args(app, argc, argv, NULL, 1, 1, &words) ||
        !read_number(app, words[0], &number))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    err = client_release_refuse(s.client, number);
    code = err == SV_OK ? EXIT_DONE : session_fail(&s, NULL, err);
    if (code == EXIT_DONE)
        app_hint(app,
                 _("Release %llu is refused. It has to be requested anew."),
                 (unsigned long long)number);
    return session_close(&s, code);
}

/* ---- release fetch ---- */

enum exit_code
cmd_release_fetch(struct app *app, int argc, char **argv)
{
    const char *dir = NULL;
    const struct flag flags[] = {{"output", 'o', &dir, NULL}, {0}};
    struct session s = {0};
    struct release_package p = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;
    uint64_t number;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !read_number(app, words[0], &number))
        return EXIT_USAGE;
    if (dir == NULL)
        return app_usage(app, "%s", _("-o DIR is missing"));
    if (!session_open(app, &s, &code))
        return code;
    err = client_release_fetch(s.client, number, &p);
    code = err == SV_OK ? release_files_write(app, dir, client_schema(s.client),
                                              &client_roster(s.client)->vault,
                                              number, &p)
                        : session_fail(&s, NULL, err);
    release_package_free(&p);
    return session_close(&s, code);
}

/* ---- release open ---- */

/* The recipient needs her key file and no vault. */
enum exit_code
cmd_release_open(struct app *app, int argc, char **argv)
{
    const char *dir = NULL;
    const struct flag flags[] = {{"output", 'o', &dir, NULL}, {0}};
    struct keyfile key = {0};
    struct userkey own = {0};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (dir == NULL)
        return app_usage(app, "%s", _("-o DIR is missing"));
    if (app->key == NULL)
        return app_usage(app, "%s", _("--key FILE is missing"));
    if (userkey_read(app, app->key, &key, &code) &&
        userkey_open(app, app->key, &key, &own, &code))
        code = release_files_open(app, words[0], &own.identity, dir);
    userkey_close(&own);
    keyfile_wipe(&key);
    return code;
}
