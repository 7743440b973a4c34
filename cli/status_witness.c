#include "cli/status_witness.h"

#include "audit/evidence.h"

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

/* Of this device, and, where the gate runs here, of the gate. */
static void
find_evidence(struct session *s, struct status_witness *w)
{
    char prefix[PATH_SIZE], path[PATH_SIZE];

    if (path_suffix(prefix, s->pin_path, ".fork-") == SV_OK)
        w->n_evidence = evidence_count(prefix, w->evidence);
    if (s->way.form == WAY_EMBEDDED &&
        path_suffix(prefix, s->app->vault, "/fork-") == SV_OK)
        w->n_evidence += evidence_count(prefix, path);
    if (w->evidence[0] == '\0' && w->n_evidence > 0)
        (void)snprintf(w->evidence, sizeof w->evidence, "%s", path);
}

bool
status_witness_load(struct session *s, struct status_witness *w,
                    enum exit_code *code)
{
    struct app *app = s->app;
    const struct kept_witness *newest;
    struct tree_proof proof;
    enum sv_err err;

    (void)kept_load(&w->kept, app->key); /* w->kept.bad is shown */
    newest = kept_newest(&w->kept);
    if (newest == NULL) {
        find_evidence(s, w);
        return true;
    }
    err = client_log_extends(s->client, newest->head.size, &newest->head.root,
                             &proof);
    if (err == SV_ERR_ROLLBACK)
        *code = session_forked(s, newest->name, buf_bytes(&newest->note));
    else if (err != SV_OK)
        *code = session_fail(s, NULL, err);
    find_evidence(s, w);
    return err == SV_OK;
}

static void
print_one(struct session *s, const struct kept_witness *k)
{
    FILE *out = s->app->term.out;
    uint64_t now_ms = clock_now(&s->app->clock), at_ms = k->unix_s * 1000;
    char when[WHEN_SIZE];

    (void)fputs(_("Witness:            "), out);
    term_text(out, bytes_text(k->name), false, 0);
    if (k->unix_s == 0) {
        (void)fprintf(out, ": %s\n", _("no answer yet"));
        return;
    }
    app_when(at_ms, when);
    (void)fprintf(
        out, _(": %llu entries, %s (%llu days ago)\n"),
        (unsigned long long)k->head.size, when,
        (unsigned long long)(now_ms > at_ms ? (now_ms - at_ms) / DAY_MS : 0));
}

void
status_witness_text(struct session *s, const struct status_witness *w)
{
    FILE *out = s->app->term.out;

    for (size_t i = 0; i < w->kept.n; i++)
        print_one(s, &w->kept.at[i]);
    if (w->kept.bad[0] != '\0') {
        (void)fputs(_("Warning:            altered or damaged: "), out);
        term_text(out, bytes_text(w->kept.bad), false, 0);
        (void)fputc('\n', out);
    }
    if (w->n_evidence > 0) {
        (void)fputs(_("Warning:            evidence of a log that did not go "
                      "on from what was seen: "),
                    out);
        term_text(out, bytes_text(w->evidence), false, 0);
        (void)fputc('\n', out);
    }
}

json_t *
status_witness_json(const struct status_witness *w)
{
    json_t *out = json_array();

    for (size_t i = 0; i < w->kept.n; i++) {
        const struct kept_witness *k = &w->kept.at[i];

        (void)json_array_append_new(
            out, json_pack("{s:s, s:s, s:o, s:o}", "name", k->name, "witness",
                           k->vkey, "size", app_json_number(k->head.size),
                           "time", app_json_time(k->unix_s * 1000)));
    }
    return out;
}
