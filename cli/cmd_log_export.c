#include <string.h>
#include <unistd.h>

#include "audit/audit_card.h"
#include "audit/cosign.h"
#include "audit/export_write.h"
#include "cli/app.h"
#include "cli/kept_witness.h"

#define PROOF_SUFFIX ".tlog-proof"
#define ENTRY_SUFFIX ".entry"
#define FILE_MODE 0600

/* ---- log export ---- */

struct exporting {
    struct session *session;
    struct export_writer w;
    struct buf head; /* what is exported: the log as it is at the start, or
                        as a witness saw it */
    bool cosigned;   /* --cosigned */
    struct kept_witnesses kept;
    uint64_t from;
    bool writing; /* the error is the writer's, not the client's */
    struct progress progress;
};

static enum sv_err
take_entry(void *ctx, uint64_t index, struct bytes entry)
{
    struct exporting *x = ctx;
    enum sv_err err = export_write_entry(&x->w, entry);

    x->writing = err != SV_OK;
    term_progress(&x->progress, index + 1, x->w.head.size);
    return err;
}

/* Something in the directory, or the disk. */
static enum exit_code
export_fail(struct exporting *x, enum sv_err err)
{
    struct app *app = x->session->app;
    const struct export_fault *f = &x->w.old.fault;
    char place[PATH_SIZE];
    enum exit_code code;

    if (f->place[0] == '\0' || path_join(place, x->w.dir, f->place) != SV_OK)
        (void)snprintf(place, sizeof place, "%s", x->w.dir);
    if (err == SV_ERR_ROLLBACK)
        return app_fail(app, place, err,
                        x->cosigned
                            ? _("the export has more entries than the head "
                                "that was cosigned")
                            : _("the export has more entries than the log"));
    if (err == SV_ERR_EXISTS) {
        code = app_fail(app, place, err,
                        strcmp(f->place, "tile/entries") == 0
                            ? _("entries are there: leave --heads-only out")
                            : _("not a file of an export"));
        app_hint(app, "%s", _("An export needs a directory of its own."));
        return code;
    }
    code = app_fail(app, place, err, f->reason != NULL ? _(f->reason) : NULL);
    if (code == EXIT_ALTERED)
        app_hint(app, "%s",
                 _("Change nothing there, it is evidence; export into "
                   "another directory."));
    return code;
}

static enum sv_err
export_result(struct exporting *x)
{
    struct app *app = x->session->app;
    const struct checkpoint *h = &x->w.head;
    char root[BASE64_SIZE(SHA256_LEN)];
    uint64_t n_new = h->size - x->w.old.head.size;

    if (app->json)
        return term_json(&app->term,
                         json_pack("{s:o?, s:o, s:o, s:o, s:b}", "directory",
                                   json_bytes(bytes_text(x->w.dir)), "size",
                                   app_json_number(h->size), "new",
                                   app_json_number(n_new), "root",
                                   app_json_base64(BYTES(h->root.b)), "entries",
                                   x->w.entries));
    text_base64(BYTES(h->root.b), root);
    (void)fprintf(app->term.out,
                  _("Exported: %llu entries (new: %llu), root %s\n"),
                  (unsigned long long)h->size, (unsigned long long)n_new, root);
    return SV_OK;
}

/* Every witness's line that is kept for that very head. */
static enum sv_err
add_cosignatures(struct exporting *x)
{
    struct note note, other;
    enum sv_err err = SV_OK;

    for (size_t i = 0; i < x->kept.n && err == SV_OK; i++) {
        struct buf merged = BUF_INIT;
        struct bytes kept = buf_bytes(&x->kept.at[i].note);

        if (kept.len == 0 || note_parse(kept, &other) != SV_OK ||
            note_parse(buf_bytes(&x->head), &note) != SV_OK ||
            !bytes_equal(note.text, other.text))
            continue;
        err = cosign_merge(buf_bytes(&x->head), kept, &merged);
        if (err == SV_OK) {
            buf_free(&x->head);
            x->head = buf_take(&merged);
        }
        buf_free(&merged);
    }
    return err;
}

/* The head comes first: what is read for the export stands behind it. */
static bool
choose_head(struct exporting *x, enum exit_code *code)
{
    struct app *app = x->session->app;
    const struct pin *pin = client_pin(x->session->client);
    enum sv_err err = kept_load(&x->kept, app->key);
    const struct kept_witness *newest = kept_newest(&x->kept);

    if (err == SV_ERR_TAMPERED)
        app_hint(app, _("%s is altered or damaged, and is left out."),
                 x->kept.bad);
    else if (err != SV_OK && x->kept.bad[0] != '\0')
        app_hint(app, _("%s cannot be read, and is left out."), x->kept.bad);
    if (x->cosigned && newest == NULL) {
        *code = app_fail(app, NULL, SV_ERR_NOT_FOUND,
                         _("no head that a witness cosigned is kept here "
                           "(svault log witness)"));
        return false;
    }
    err = buf_append(&x->head,
                     buf_bytes(x->cosigned ? &newest->note : &pin->head_note));
    if (err == SV_OK)
        err = add_cosignatures(x);
    if (err != SV_OK)
        *code = app_fail(app, x->kept.dir, err, NULL);
    return err == SV_OK;
}

static enum exit_code
export_log(struct exporting *x, const char *dir, bool heads_only)
{
    struct session *s = x->session;
    const struct sign_public *key = &client_roster(s->client)->log_key;
    enum exit_code code = EXIT_FAILED;
    uint64_t size;
    enum sv_err err;

    if (!choose_head(x, &code))
        return code;
    err = export_write_begin(&x->w, dir, client_pin(s->client)->origin, key,
                             buf_bytes(&x->head), !heads_only, &x->from);
    if (err != SV_OK)
        return export_fail(x, err);
    size = x->w.head.size;
    if (x->from < size)
        err =
            client_log_read(s->client, x->from, size - x->from, take_entry, x);
    term_progress_end(&x->progress);
    if (err != SV_OK)
        return x->writing ? export_fail(x, err) : session_fail(s, NULL, err);
    err = export_write_end(&x->w);
    return err != SV_OK ? export_fail(x, err)
                        : app_told(s->app, export_result(x));
}

enum exit_code
cmd_log_export(struct app *app, int argc, char **argv)
{
    bool heads_only = false;
    struct session s = {0};
    struct exporting x = {.session = &s,
                          .progress = {.t = &app->term, .label = _("entries")}};
    const struct flag flags[] = {{"heads-only", 0, NULL, &heads_only},
                                 {"cosigned", 0, NULL, &x.cosigned},
                                 {0}};
    enum exit_code code = EXIT_FAILED;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    if (!session_open(app, &s, &code))
        return code;
    code = export_log(&x, words[0], heads_only);
    export_write_clear(&x.w);
    kept_clear(&x.kept);
    buf_free(&x.head);
    return session_close(&s, code);
}

/* ---- log prove ---- */

/* "reading.tlog-proof" has the entry beside it in "reading.entry". */
static bool
entry_path(const char *proof, char out[static PATH_SIZE])
{
    size_t len = strlen(proof), tail = strlen(PROOF_SUFFIX);

    if (len <= tail || strcmp(proof + len - tail, PROOF_SUFFIX) != 0)
        return false;
    return snprintf(out, PATH_SIZE, "%.*s%s", (int)(len - tail), proof,
                    ENTRY_SUFFIX) < PATH_SIZE;
}

static enum exit_code
write_proof(struct app *app, uint64_t index, const char *proof_file,
            const char *entry_file, struct bytes proof, struct bytes entry)
{
    enum sv_err err = file_create(entry_file, FILE_MODE, entry);

    if (err != SV_OK)
        return app_fail(app, entry_file, err, NULL);
    err = file_create(proof_file, FILE_MODE, proof);
    if (err != SV_OK) {
        (void)unlink(entry_file); /* made just now */
        return app_fail(app, proof_file, err, NULL);
    }
    if (app->json)
        return app_told(
            app,
            term_json(
                &app->term,
                json_pack("{s:o, s:o?, s:o?}", "entry", app_json_number(index),
                          "proof_file", json_bytes(bytes_text(proof_file)),
                          "entry_file", json_bytes(bytes_text(entry_file)))));
    (void)fprintf(app->term.out, _("Entry %llu, and the proof of it: "),
                  (unsigned long long)index);
    term_text(app->term.out, bytes_text(entry_file), false, 0);
    (void)fputs(", ", app->term.out);
    term_text(app->term.out, bytes_text(proof_file), false, 0);
    (void)fputc('\n', app->term.out);
    return app_told(app, SV_OK);
}

static enum exit_code
prove(struct session *s, const char *number, uint64_t index,
      const char *proof_file, const char *entry_file)
{
    struct app *app = s->app;
    struct buf entry = BUF_INIT, proof = BUF_INIT;
    enum exit_code code;
    enum sv_err err;

    if (index >= client_pin(s->client)->size) {
        code = app_fail(app, number, SV_ERR_NOT_FOUND,
                        _("the log has no such entry yet"));
        app_hint(app, _("Its entries are 0 to %llu."),
                 (unsigned long long)(client_pin(s->client)->size - 1));
        return code;
    }
    err = client_log_prove(s->client, index, &entry, &proof);
    code = err != SV_OK ? session_fail(s, number, err)
                        : write_proof(app, index, proof_file, entry_file,
                                      buf_bytes(&proof), buf_bytes(&entry));
    buf_free(&entry);
    buf_free(&proof);
    return code;
}

enum exit_code
cmd_log_prove(struct app *app, int argc, char **argv)
{
    const char *file = NULL;
    const struct flag flags[] = {{"output", 'o', &file, NULL}, {0}};
    struct session s = {0};
    char entry_file[PATH_SIZE];
    enum exit_code code = EXIT_FAILED;
    uint64_t index;
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words) ||
        !app_number(app, "N", words[0], 0, UINT64_MAX, 0, &index))
        return EXIT_USAGE;
    if (file == NULL || !entry_path(file, entry_file))
        return app_usage(app, "%s",
                         _("-o: a file is needed whose name ends in "
                           ".tlog-proof"));
    if (!session_open(app, &s, &code))
        return code;
    code = prove(&s, words[0], index, file, entry_file);
    return session_close(&s, code);
}

/* ---- status --card ---- */

enum exit_code
audit_card_print(struct session *s)
{
    struct app *app = s->app;
    const struct roster *r = client_roster(s->client);
    struct audit_card card = {.log_key = r->log_key, .vault = r->vault};
    struct buf text = BUF_INIT;
    char vkey[NOTE_VKEY_SIZE];
    enum sv_err err;

    memcpy(card.origin, r->origin, sizeof card.origin);
    err = audit_card_encode(&card, &text);
    if (err == SV_OK)
        err = note_vkey(card.origin, &card.log_key, vkey);
    if (err == SV_OK && app->json)
        err = term_json(&app->term,
                        json_pack("{s:s, s:s, s:o, s:s, s:o}", "origin",
                                  card.origin, "log_key", vkey, "genesis",
                                  app_json_hex(BYTES(card.vault.b)),
                                  "fingerprint", s->hello.fingerprint, "card",
                                  json_bytes(buf_bytes(&text))));
    else if (err == SV_OK)
        (void)fwrite(text.ptr, 1, text.len, app->term.out);
    buf_free(&text);
    return app_done(app, err);
}
