#include "cli/release_files.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/json_text.h"

#include "release/page.h"
#include "release/workbook.h"

#define MAGIC "SVR"
#define SEALED_MAX ((size_t)32 << 20)
#define ENTRY_FILE_MAX ((size_t)64 << 10)
#define FILES_MAX 16

/* One directory on its way: the first failure ends it. */
struct files {
    struct app *app;
    const char *dir;
    enum exit_code code;
    bool made; /* the directory, by us */
    size_t n;
    const char *written[FILES_MAX];
};

static void
put_file(struct files *f, const char *name, struct bytes data)
{
    char path[PATH_SIZE];
    enum sv_err err;

    if (f->code != EXIT_DONE)
        return;
    err = path_join(path, f->dir, name);
    if (err == SV_OK)
        err = file_create(path, 0600, data);
    if (err != SV_OK) {
        f->code = app_fail(f->app, name, err, NULL);
        return;
    }
    assert(f->n < FILES_MAX);
    f->written[f->n++] = name;
}

/* What was made of the report, or why it was not. */
static void
put_made(struct files *f, const char *name, enum sv_err err,
         const struct buf *made)
{
    if (err == SV_OK)
        put_file(f, name, buf_bytes(made));
    else if (f->code == EXIT_DONE)
        f->code = app_fail(f->app, name, err, NULL);
}

static void
put_text(struct files *f, const char *name, struct bytes json,
         const struct schema *schema, enum schema_lang lang)
{
    struct buf text = BUF_INIT;
    enum sv_err err = document_text(json, schema, lang, &text);

    put_made(f, name, err, &text);
    buf_free(&text);
}

/* The page and the workbook in one language. */
static void
put_drawn(struct files *f, struct bytes json, const struct schema *schema,
          enum schema_lang lang)
{
    bool english = lang == SCHEMA_EN;
    struct document_tables tables;
    struct buf page = BUF_INIT, book = BUF_INIT;
    enum sv_err err = document_tables(json, schema, lang, &tables);
    enum sv_err drawn = err;

    if (err == SV_OK)
        err = page_html(&tables, &page);
    if (drawn == SV_OK)
        drawn = workbook_xlsx(&tables, &book);
    put_made(f, english ? "report.en.html" : "report.ja.html", err, &page);
    put_made(f, english ? "report.en.xlsx" : "report.ja.xlsx", drawn, &book);
    buf_free(&page);
    buf_free(&book);
    document_tables_clear(&tables);
}

static void
put_report(struct files *f, struct bytes json, const struct schema *schema)
{
    struct buf csv = BUF_INIT;
    enum sv_err err = document_csv(json, &csv);

    put_file(f, "report.json", json);
    put_made(f, "report.csv", err, &csv);
    put_text(f, "report.en.txt", json, schema, SCHEMA_EN);
    put_text(f, "report.ja.txt", json, schema, SCHEMA_JA);
    put_drawn(f, json, schema, SCHEMA_EN);
    put_drawn(f, json, schema, SCHEMA_JA);
    buf_free(&csv);
}

/* What opens the commitment that stands in the log. */
static void
put_opening(struct files *f, const struct hash *vault, uint64_t number,
            struct bytes bytes, const uint8_t nonce[static 32])
{
    uint8_t commitment[32];
    struct buf text = BUF_INIT;
    json_t *all;
    enum sv_err err;

    release_commitment(RELEASE_LABEL, nonce, bytes, commitment);
    all = json_pack("{s:o, s:o, s:o, s:o, s:s}", "vault",
                    app_json_hex(BYTES(vault->b)), "release",
                    app_json_number(number), "commitment",
                    app_json_hex(BYTES(commitment)), "random",
                    app_json_hex(bytes_of(nonce, 32)), "file", "report.json");
    err =
        all == NULL ? SV_ERR_NOMEM : json_text_put(all, JSON_INDENT(2), &text);
    if (err == SV_OK)
        put_file(f, "release.json", buf_bytes(&text));
    else
        f->code = app_fail(f->app, "release.json", err, NULL);
    buf_free(&text);
    json_decref(all);
}

static void
put_sealed(struct files *f, const struct hash *vault, uint64_t number,
           struct bytes sealed)
{
    struct buf raw = BUF_INIT;
    struct writer w = writer_to(&raw);

    writer_bytes(&w, bytes_text(MAGIC));
    writer_u8(&w, 1);
    writer_bytes(&w, BYTES(vault->b));
    writer_u64(&w, number);
    writer_bytes(&w, sealed);
    if (writer_end(&w) == SV_OK)
        put_file(f, "release.sealed", buf_bytes(&raw));
    else
        f->code = app_fail(f->app, "release.sealed", SV_ERR_NOMEM, NULL);
    buf_free(&raw);
}

/* A fresh directory: a release is never mixed with another. */
static bool
make_dir(struct files *f)
{
    f->made = mkdir(f->dir, 0700) == 0;
    if (!f->made)
        f->code = app_fail(f->app, f->dir, err_of_errno(errno), NULL);
    return f->made;
}

/* A part of a release looks like one: after a failure nothing of it stays. */
static void
remove_all(const struct files *f)
{
    char path[PATH_SIZE];

    if (!f->made)
        return;
    for (size_t i = 0; i < f->n; i++) {
        if (path_join(path, f->dir, f->written[i]) == SV_OK)
            (void)unlink(path);
    }
    (void)rmdir(f->dir);
}

/* Tells what stands there, or takes it away again. */
static enum exit_code
finish(const struct files *f, uint64_t number)
{
    if (f->code != EXIT_DONE) {
        remove_all(f);
        return f->code;
    }
    if (f->app->json)
        return app_told(
            f->app, term_json(&f->app->term, json_pack("{s:o, s:s}", "release",
                                                       app_json_number(number),
                                                       "directory", f->dir)));
    for (size_t i = 0; i < f->n; i++)
        (void)fprintf(f->app->term.out, "%s/%s\n", f->dir, f->written[i]);
    return app_told(f->app, SV_OK);
}

enum exit_code
release_files_write(struct app *app, const char *dir,
                    const struct schema *schema, const struct hash *vault,
                    uint64_t number, const struct release_package *p)
{
    struct files f = {.app = app, .dir = dir, .code = EXIT_DONE};

    if (!make_dir(&f))
        return f.code;
    if (p->is_sealed) {
        put_sealed(&f, vault, number, buf_bytes(&p->sealed));
    } else {
        put_report(&f, buf_bytes(&p->bytes), schema);
        put_opening(&f, vault, number, buf_bytes(&p->bytes), p->nonce);
    }
    put_file(&f, "request.entry", buf_bytes(&p->request));
    put_file(&f, "request.tlog-proof", buf_bytes(&p->request_proof));
    put_file(&f, "approval.entry", buf_bytes(&p->approval));
    put_file(&f, "approval.tlog-proof", buf_bytes(&p->approval_proof));
    return finish(&f, number);
}

/* ---- The recipient ---- */

/* What lies beside release.sealed and says who asked and who approved comes
 * along, so that the new directory can be checked by itself. */
static void
copy_entries(struct files *f, const char *sealed)
{
    static const char *const names[] = {"request.entry", "request.tlog-proof",
                                        "approval.entry",
                                        "approval.tlog-proof"};
    const char *slash = strrchr(sealed, '/');
    char dir[PATH_SIZE] = ".", path[PATH_SIZE];

    if (slash != NULL)
        (void)snprintf(dir, sizeof dir, "%.*s",
                       slash == sealed ? 1 : (int)(slash - sealed), sealed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf data = BUF_INIT;
        enum sv_err err = path_join(path, dir, names[i]);

        if (err == SV_OK)
            err = file_read(path, ENTRY_FILE_MAX, &data);
        if (err == SV_OK)
            put_file(f, names[i], buf_bytes(&data));
        else if (err != SV_ERR_NOT_FOUND && f->code == EXIT_DONE)
            f->code = app_fail(f->app, path, err, NULL);
        buf_free(&data);
    }
}

static enum sv_err
read_sealed(struct bytes raw, struct hash *vault, uint64_t *number,
            struct bytes *sealed)
{
    struct reader r = reader_of(raw);
    struct bytes magic = reader_bytes(&r, strlen(MAGIC));
    uint8_t version = reader_u8(&r);

    reader_copy(&r, vault->b, sizeof vault->b);
    *number = reader_u64(&r);
    *sealed = reader_rest(&r);
    if (r.failed || !text_is(magic, MAGIC))
        return SV_ERR_FORMAT;
    return version == 1 ? SV_OK : SV_ERR_VERSION;
}

/* Her card is public: anybody can seal to it, in the name of any vault. */
static void
say_unproved(const struct files *f)
{
    if (f->code == EXIT_DONE)
        app_hint(f->app,
                 _("Anybody who has your card can seal to it. Before you use "
                   "these figures, have it proved that\n"
                   "they come from the vault, by its card: svault-audit "
                   "release %s --key CARD"),
                 f->dir);
}

enum exit_code
release_files_open(struct app *app, const char *path,
                   const struct identity *identity, const char *dir)
{
    struct files f = {.app = app, .dir = dir, .code = EXIT_DONE};
    struct buf raw = BUF_INIT, plain = BUF_INIT;
    struct release_parcel parcel;
    struct schema *schema = NULL;
    struct diag where = {0};
    struct bytes sealed;
    struct hash vault;
    uint64_t number;
    enum sv_err err = file_read(path, SEALED_MAX, &raw);

    if (err == SV_OK)
        err = read_sealed(buf_bytes(&raw), &vault, &number, &sealed);
    if (err == SV_OK)
        err = release_open_sealed(identity, &vault, number, sealed, &plain);
    if (err == SV_OK)
        err = release_parcel_decode(buf_bytes(&plain), &parcel);
    if (err == SV_OK)
        err = schema_load(schema_builtin(), &schema, &where);
    if (err != SV_OK) {
        f.code = app_fail(app, path, err,
                          err == SV_ERR_TAMPERED
                              ? _("altered, or not sealed to your key")
                              : NULL);
    } else if (make_dir(&f)) {
        put_report(&f, parcel.bytes, schema);
        put_opening(&f, &vault, number, parcel.bytes, parcel.nonce);
        copy_entries(&f, path);
        f.code = finish(&f, number);
        say_unproved(&f);
    }
    schema_free(schema);
    buf_free(&raw);
    buf_free(&plain);
    return f.code;
}
