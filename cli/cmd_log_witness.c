#include <string.h>

#include "audit/witness.h"
#include "cli/app.h"
#include "cli/kept_witness.h"

/* Heads are no secret, and a stick is read under another account. */
#define REQUEST_MODE 0644
/* A witness's clock may be ahead of this one by so much. */
#define AHEAD_MAX_S UINT64_C(86400)

struct asking {
    struct session *session;
    struct kept_witnesses kept;
    const char *witness; /* --witness */
};

/* ---- Which witness ---- */

static bool
is_vkey(const char *text)
{
    return strchr(text, '+') != NULL; /* no name has it */
}

static void
usage_which(struct asking *k)
{
    struct buf all = BUF_INIT;

    if (k->witness != NULL && is_vkey(k->witness) && k->kept.n < KEPT_MAX) {
        (void)app_usage(k->session->app, "%s",
                        _("--witness: not the key of a witness"));
        return;
    }
    for (size_t i = 0; i < k->kept.n; i++)
        app_name(&all, k->kept.at[i].name);
    if (k->kept.n == 0)
        (void)app_usage(k->session->app, "%s",
                        _("--witness VKEY is missing: the line that "
                          "svault-audit witness --new-key printed"));
    else
        (void)app_usage(k->session->app,
                        _("--witness: which one? Known here: %.*s"),
                        app_names(&all));
    buf_free(&all);
}

/* A vkey, known or new; or the name of one that is known. */
static struct kept_witness *
find_witness(struct asking *k)
{
    struct kept_witnesses *all = &k->kept;
    struct kept_witness asked = {.unix_s = 0}, *found = NULL;
    bool by_vkey = k->witness != NULL && is_vkey(k->witness);

    if (k->witness == NULL)
        return all->n == 1 ? &all->at[0] : NULL;
    if (by_vkey && kept_name(&asked, k->witness) != SV_OK)
        return NULL;
    for (size_t i = 0; i < all->n; i++) {
        struct kept_witness *w = &all->at[i];

        if (strcmp(by_vkey ? w->vkey : w->name, k->witness) != 0)
            continue;
        if (found != NULL)
            return NULL; /* two keys of one name */
        found = w;
    }
    if (found == NULL && by_vkey && all->n < KEPT_MAX) {
        found = &all->at[all->n++];
        *found = asked;
    }
    return found;
}

static bool
load(struct asking *k, enum exit_code *code)
{
    struct app *app = k->session->app;
    enum sv_err err = kept_load(&k->kept, app->key);

    if (err == SV_OK || err == SV_ERR_NOT_FOUND)
        return true;
    *code = app_fail(app, k->kept.bad[0] != '\0' ? k->kept.bad : k->kept.dir,
                     err, NULL);
    if (err == SV_ERR_TAMPERED)
        app_hint(app, "%s",
                 _("It is what was kept of a witness. If you know why, move "
                   "it away: the witness's next answer brings it back."));
    return false;
}

/* ---- A request ---- */

static enum exit_code
say_request(struct asking *k, const struct kept_witness *w, const char *file)
{
    struct app *app = k->session->app;
    uint64_t size = client_pin(k->session->client)->size;

    if (app->json)
        return app_told(
            app, term_json(&app->term,
                           json_pack("{s:o?, s:s, s:s, s:o, s:o}", "request",
                                     json_bytes(bytes_text(file)), "witness",
                                     w->vkey, "name", w->name, "old",
                                     app_json_number(w->head.size), "size",
                                     app_json_number(size))));
    (void)fputs(_("Request: "), app->term.out);
    term_text(app->term.out, bytes_text(file), false, 0);
    (void)fprintf(app->term.out, _(", from %llu to %llu entries, for %s\n"),
                  (unsigned long long)w->head.size, (unsigned long long)size,
                  w->name);
    app_hint(app, "%s",
             _("Take it to the witness, and her answer back: svault log "
               "witness --collect FILE"));
    return app_told(app, SV_OK);
}

static enum exit_code
make_request(struct asking *k, const char *file)
{
    struct session *s = k->session;
    struct kept_witness *w = find_witness(k);
    struct hash root = tree_empty();
    struct tree_proof proof = {.n = 0};
    struct buf text = BUF_INIT;
    enum exit_code code;
    enum sv_err err;

    if (w == NULL) {
        usage_which(k);
        return EXIT_USAGE;
    }
    if (w->head.size > 0)
        root = w->head.root;
    err = client_log_extends(s->client, w->head.size, &root, &proof);
    if (err == SV_ERR_ROLLBACK)
        return session_forked(s, w->name, buf_bytes(&w->note));
    if (err != SV_OK)
        return session_fail(s, NULL, err);
    err = witness_request_encode(w->head.size, &proof,
                                 buf_bytes(&client_pin(s->client)->head_note),
                                 &text);
    /* From now on she is known here by her name. */
    if (err == SV_OK)
        err = kept_store(&k->kept, w);
    if (err != SV_OK) {
        code = app_fail(s->app, k->kept.dir, err, NULL);
    } else {
        err = file_create(file, REQUEST_MODE, buf_bytes(&text));
        code = err == SV_OK ? say_request(k, w, file)
                            : app_fail(s->app, file, err, NULL);
    }
    buf_free(&text);
    return code;
}

/* ---- An answer ---- */

struct cosigned {
    const char *file;
    struct buf note;
    struct checkpoint head;
    uint64_t unix_s;
};

static enum exit_code
say_answer(struct asking *k, const struct kept_witness *w,
           const struct cosigned *c, bool newer)
{
    struct app *app = k->session->app;
    char when[WHEN_SIZE];

    if (app->json)
        return app_told(
            app, term_json(&app->term,
                           json_pack("{s:s, s:s, s:o, s:o, s:b}", "witness",
                                     w->vkey, "name", w->name, "size",
                                     app_json_number(c->head.size), "time",
                                     app_json_time(c->unix_s * 1000), "kept",
                                     newer)));
    app_when(c->unix_s * 1000, when);
    (void)fprintf(app->term.out, _("Cosigned by %s: %llu entries, %s\n"),
                  w->name, (unsigned long long)c->head.size, when);
    if (!newer)
        app_hint(app, "%s", _("A newer answer of hers is kept already."));
    return app_told(app, SV_OK);
}

/* Who of those that are known has cosigned it; the first that did. */
static enum sv_err
find_cosigner(struct asking *k, struct cosigned *c, struct kept_witness **out)
{
    struct kept_witness *named = k->witness != NULL ? find_witness(k) : NULL;
    enum sv_err err = SV_ERR_NOT_FOUND;

    for (size_t i = 0; i < k->kept.n && err == SV_ERR_NOT_FOUND; i++) {
        struct kept_witness *w = &k->kept.at[i];

        if (k->witness != NULL && w != named)
            continue;
        err = kept_verify(w, buf_bytes(&c->note), &c->head, &c->unix_s);
        *out = w;
    }
    return err;
}

static enum exit_code
keep_answer(struct asking *k, struct kept_witness *w, struct cosigned *c)
{
    struct session *s = k->session;
    struct app *app = s->app;
    bool newer = c->head.size > w->head.size ||
                 (c->head.size == w->head.size && c->unix_s > w->unix_s);
    struct tree_proof proof;
    enum sv_err err;

    if (c->unix_s > clock_now(&app->clock) / 1000 + AHEAD_MAX_S)
        return app_fail(app, c->file, SV_ERR_UNVERIFIED,
                        _("the witness's clock, or this one, is wrong: it was "
                          "cosigned more than a day from now"));
    err = client_log_extends(s->client, c->head.size, &c->head.root, &proof);
    if (err == SV_ERR_ROLLBACK)
        return session_forked(s, c->file, buf_bytes(&c->note));
    if (err != SV_OK)
        return session_fail(s, NULL, err);
    if (newer) {
        buf_free(&w->note);
        w->note = buf_take(&c->note);
        err = kept_store(&k->kept, w);
    }
    return err == SV_OK ? say_answer(k, w, c, newer)
                        : app_fail(app, k->kept.dir, err, NULL);
}

static enum exit_code
collect(struct asking *k, const char *file)
{
    struct session *s = k->session;
    const struct roster *r = client_roster(s->client);
    struct cosigned c = {.file = file, .note = BUF_INIT};
    struct kept_witness *w = NULL;
    struct checkpoint head;
    enum exit_code code;
    enum sv_err err = file_read(file, KEPT_NOTE_MAX, &c.note);

    if (err != SV_OK)
        return app_fail(s->app, file, err, NULL);
    err = checkpoint_open(buf_bytes(&c.note), r->origin, &r->log_key, &head);
    if (err == SV_OK) {
        err = find_cosigner(k, &c, &w);
        if (err == SV_OK)
            code = keep_answer(k, w, &c);
        else if (err == SV_ERR_NOT_FOUND)
            code = app_fail(s->app, file, SV_ERR_UNVERIFIED,
                            _("no witness that is known here has cosigned it "
                              "(--witness VKEY)"));
        else
            code =
                app_fail(s->app, file, err, _("the witness's signature fails"));
    } else {
        code = app_fail(s->app, file, err,
                        _("not a head that this log's key signed"));
    }
    buf_free(&c.note);
    return code;
}

enum exit_code
cmd_log_witness(struct app *app, int argc, char **argv)
{
    const char *output = NULL, *answer = NULL;
    struct session s = {0};
    struct asking k = {.session = &s};
    const struct flag flags[] = {{"output", 'o', &output, NULL},
                                 {"collect", 0, &answer, NULL},
                                 {"witness", 0, &k.witness, NULL},
                                 {0}};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 0, 0, &words))
        return EXIT_USAGE;
    if ((output == NULL) == (answer == NULL))
        return app_usage(app, "%s",
                         _("-o FILE for a request, or --collect FILE for its "
                           "answer"));
    if (!session_open(app, &s, &code))
        return code;
    if (load(&k, &code))
        code = output != NULL ? make_request(&k, output) : collect(&k, answer);
    kept_clear(&k.kept);
    return session_close(&s, code);
}
