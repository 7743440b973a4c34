#include "tests/support/asked.h"

#include <dirent.h>

#include "vault/client_release.h"
#include "vault/tables.h"

#define MARCH_2023 UINT64_C(1680230000000)

static const char annual[] = "svault/annual/v1\nyear 2022\nauthority national\n"
                             "period calendar\nas-of 2023-03-31\n"
                             "minor-age 18\n";

/* ---- What there is ---- */

static const char *const identity[] = {"identity"};

static uint64_t
ask_release(struct asked *v)
{
    struct client *c = office_client(&v->o, "stats-1");
    struct buf cells = BUF_INIT;
    uint64_t number = 0;

    assert_ok(client_release_request(c, RELEASE_EXACT, bytes_text(annual),
                                     bytes_text("Action Plan"), NULL, &number,
                                     &cells));
    assert_ok(
        client_release_acknowledge(c, number, buf_bytes(&cells), true, 0));
    buf_free(&cells);
    return number;
}

static void
release_some(struct asked *v)
{
    struct client *c = office_client(&v->o, "approve-1");
    struct release_view view = {0};

    v->approved = ask_release(v);
    assert_ok(client_release_show(c, v->approved, &view));
    assert_ok(client_release_approve(c, v->approved, &view));
    release_view_free(&view);
    v->refused = ask_release(v);
    assert_ok(client_release_refuse(c, v->refused));
    v->waiting = ask_release(v);
}

/* Saves what was read once more, as another version. */
static enum sv_err
save_again(struct asked *v, const char *who, const struct handle *h)
{
    struct client *c = office_person(&v->o, who)->client;
    struct record_view view = {0};
    size_t at = 0;
    enum sv_err err = client_record_read(c, "victim", h, 1, identity, &view);

    if (err == SV_OK) {
        assert_non_null(schema_compartment(view.type, "identity", &at));
        err = client_record_save(c, "victim", h, &view.contents[at], &view);
    }
    record_view_free(&view);
    return err;
}

static void
read_files(struct asked *v)
{
    DIR *dir = opendir(v->o.dir);
    const struct dirent *e;

    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL) {
        struct asked_file *f = &v->files[v->n_files];

        if (e->d_name[0] == '.')
            continue;
        assert_true(v->n_files++ < ASKED_FILES_MAX);
        assert_ok(path_join(f->path, v->o.dir, e->d_name));
        assert_ok(file_read(f->path, SIZE_MAX, &f->bytes));
    }
    (void)closedir(dir);
}

void
asked_begin(struct asked *v)
{
    struct client *lead;
    struct record_view view = {0};
    struct office *o = &v->o;

    memset(v, 0, sizeof *v);
    office_new(o);
    o->now_ms = MARCH_2023;
    assert_ok(office_named(o, "case-1", "2022-001", "Yamada", "Hanako",
                           "ヤマダ", "ハナコ", "03-1234-5678", &v->a));
    assert_ok(office_record(o, "case-1", "2022-002", "Sato", &v->b));
    assert_ok(save_again(v, "case-1", &v->a));
    lead = office_client(o, "lead-1"); /* at night */
    assert_err(client_record_read(lead, "victim", &v->a, 1, identity, &view),
               SV_ERR_DENIED);
    assert_ok(client_record_assign(lead, "victim", &v->a, "case-2", true));
    v->flag = client_pin(lead)->size - 1;
    release_some(v);
    office_verify(o);
    office_close(o);
    read_files(v);
}

void
asked_end(struct asked *v)
{
    for (size_t i = 0; i < v->n_files; i++)
        buf_free(&v->files[i].bytes);
    office_free(&v->o);
}

void
asked_put_back(struct asked *v)
{
    office_close(&v->o);
    for (size_t i = 0; i < v->n_files; i++)
        assert_ok(file_replace(v->files[i].path, 0600,
                               buf_bytes(&v->files[i].bytes)));
    for (size_t i = 0; i < v->o.n; i++) {
        pin_clear(&v->o.people[i].pin);
        pin_init(&v->o.people[i].pin);
    }
}

/* ---- What is asked; what comes is appended to shown ---- */

static enum sv_err
show_record(struct client *c, const struct handle *h, struct buf *shown)
{
    struct record_view view = {0};
    enum sv_err err = client_record_read(c, "victim", h, 0, NULL, &view);

    for (size_t i = 0; err == SV_OK && i < SCHEMA_COMPARTMENTS_MAX; i++)
        if (view.contents[i].fields != NULL)
            assert_ok(content_encode(&view.contents[i], shown));
    record_view_free(&view);
    return err;
}

static enum sv_err
act_read(struct asked *v, struct client *c, struct buf *shown)
{
    enum sv_err err = show_record(c, &v->a, shown);

    return err == SV_OK ? show_record(c, &v->b, shown) : err;
}

static enum sv_err
act_list(struct asked *v, struct client *c, struct buf *shown)
{
    struct record_list l = {0};
    enum sv_err err = client_record_list(c, "victim", UINT64_MAX, 1, &l);

    (void)v;
    (void)shown;
    record_list_free(&l);
    if (err == SV_OK)
        err = client_record_list(c, "victim", UINT64_MAX, 20, &l);
    record_list_free(&l);
    return err;
}

static enum sv_err
act_history(struct asked *v, struct client *c, struct buf *shown)
{
    struct record_version *versions = NULL;
    size_t n;
    enum sv_err err = client_record_history(c, "victim", &v->a, &versions, &n);

    (void)shown;
    free(versions);
    return err;
}

static enum sv_err
find(struct client *c, const char *words)
{
    struct find_list l = {0};
    enum sv_err err = client_record_find(c, "victim", bytes_text(words), &l);

    find_list_free(&l);
    return err;
}

static enum sv_err
act_find(struct asked *v, struct client *c, struct buf *shown)
{
    (void)v;
    (void)shown;
    return find(c, "Yamada");
}

static enum sv_err
act_find_others(struct asked *v, struct client *c, struct buf *shown)
{
    (void)v;
    (void)shown;
    return find(c, "Sato");
}

static enum sv_err
act_save(struct asked *v, struct client *c, struct buf *shown)
{
    (void)c;
    (void)shown;
    return save_again(v, "case-1", &v->a);
}

static enum sv_err
act_add(struct asked *v, struct client *c, struct buf *shown)
{
    struct handle h;

    (void)c;
    (void)shown;
    return office_named(&v->o, "case-1", "2022-003", "Ito", "Hanako", "イトウ",
                        "ハナコ", "03-1234-5679", &h);
}

static enum sv_err
act_import(struct asked *v, struct client *c, struct buf *shown)
{
    struct import im = {0};
    struct import_report report = {0};
    struct diag where = {0};
    enum sv_err err;

    (void)v;
    (void)shown;
    assert_ok(import_read(schema_type(client_schema(c), "victim"),
                          bytes_text("identity.case_no,identity.family_name\n"
                                     "I-1,Ueda\nI-2,Kato\n"),
                          &im, &where));
    err = client_import(c, &im, NULL, NULL, &report);
    import_free(&im);
    return err;
}

static enum sv_err
act_assign(struct asked *v, struct client *c, struct buf *shown)
{
    enum sv_err err = client_record_assign(c, "victim", &v->a, "legal-1", true);

    (void)shown;
    if (err == SV_OK)
        err = client_record_assign(c, "victim", &v->a, "case-2", false);
    return err;
}

static enum sv_err
act_break_glass(struct asked *v, struct client *c, struct buf *shown)
{
    struct record_view view = {0};
    enum sv_err err =
        client_record_read(c, "victim", &v->a, 1, identity, &view);

    (void)shown;
    assert_int_not_equal(err, SV_OK);
    return err == SV_ERR_DENIED ? SV_OK : err;
}

static enum sv_err
note_entry(void *ctx, uint64_t index, struct bytes entry)
{
    (void)index;
    return buf_append(ctx, entry);
}

static enum sv_err
act_log(struct asked *v, struct client *c, struct buf *shown)
{
    struct buf entry = BUF_INIT, proof = BUF_INIT;
    enum sv_err err = client_log_read(c, 0, v->waiting, note_entry, shown);

    if (err == SV_OK)
        err = client_log_prove(c, 3, &entry, &proof);
    buf_free(&entry);
    buf_free(&proof);
    return err;
}

static enum sv_err
act_acknowledge(struct asked *v, struct client *c, struct buf *shown)
{
    (void)shown;
    return client_flag_acknowledge(c, v->flag);
}

static enum sv_err
act_hire(struct asked *v, struct client *c, struct buf *shown)
{
    (void)c;
    (void)shown;
    return office_hire(&v->o, "case-9", "caseworker");
}

static enum sv_err
act_suspend(struct asked *v, struct client *c, struct buf *shown)
{
    unsigned columns[POLICY_COLUMNS_MAX];
    size_t n = 0;
    enum sv_err err = client_staff_suspend(c, "case-2");

    (void)shown;
    office_end(&v->o, "lead-1");
    if (err == SV_OK)
        err = office_begin(&v->o, "lead-1");
    if (err == SV_OK) {
        c = office_person(&v->o, "lead-1")->client;
        n = client_due(c, columns);
    }
    return n == 0 ? err : client_rotate(c, n, columns);
}

static enum sv_err
act_preview(struct asked *v, struct client *c, struct buf *shown)
{
    (void)v;
    return client_counts_preview(c, bytes_text(annual), shown);
}

static enum sv_err
act_request(struct asked *v, struct client *c, struct buf *shown)
{
    struct buf cells = BUF_INIT;
    uint64_t number = 0;
    enum sv_err err = client_release_request(
        c, RELEASE_PUBLIC, bytes_text(annual), bytes_text("Action Plan"), NULL,
        &number, &cells);

    (void)v;
    (void)shown;
    buf_free(&cells);
    return err;
}

static enum sv_err
show_release(struct client *c, uint64_t number, struct release_view *view,
             struct buf *shown)
{
    enum sv_err err;

    release_view_free(view);
    err = client_release_show(c, number, view);
    if (err == SV_OK)
        assert_ok(buf_append(shown, buf_bytes(&view->bytes)));
    return err;
}

static enum sv_err
act_approve(struct asked *v, struct client *c, struct buf *shown)
{
    struct release_row *rows = NULL;
    struct release_view view = {0};
    size_t n;
    enum sv_err err = client_release_list(c, &rows, &n);

    free(rows);
    if (err == SV_OK)
        err = show_release(c, v->approved, &view, shown);
    if (err == SV_OK)
        err = show_release(c, v->refused, &view, shown);
    if (err == SV_OK)
        err = show_release(c, v->waiting, &view, shown);
    if (err == SV_OK)
        err = client_release_approve(c, v->waiting, &view);
    release_view_free(&view);
    return err;
}

static enum sv_err
act_fetch(struct asked *v, struct client *c, struct buf *shown)
{
    struct release_package p = {0};
    struct release_row *rows = NULL;
    size_t n;
    enum sv_err err = client_release_list(c, &rows, &n);

    free(rows);
    if (err == SV_OK)
        err = client_release_fetch(c, v->approved, &p);
    if (err == SV_OK)
        assert_ok(buf_append(shown, buf_bytes(&p.bytes)));
    release_package_free(&p);
    return err;
}

static enum sv_err
act_show(struct asked *v, struct client *c, struct buf *shown)
{
    struct release_view view = {0};
    enum sv_err err = show_release(c, v->waiting, &view, shown);

    release_view_free(&view);
    return err;
}

/* Nothing is found in what is sound. */
static enum sv_err
act_verify(struct asked *v, struct client *c, struct buf *shown)
{
    struct log_verdict verdict = {0};
    struct tree_proof proof;
    const struct pin *pin = client_pin(c);
    struct hash root = pin->root;
    uint64_t size = pin->size;
    enum sv_err err = client_store_verify(c, &verdict);

    (void)v;
    (void)shown;
    if (err == SV_OK && verdict.n_findings > 0)
        err = SV_ERR_TAMPERED;
    free(verdict.findings);
    return err == SV_OK ? client_log_extends(c, size, &root, &proof) : err;
}

static enum sv_err
ignore_piece(void *ctx, struct bytes piece)
{
    (void)ctx;
    (void)piece;
    return SV_OK;
}

static enum sv_err
act_backup(struct asked *v, struct client *c, struct buf *shown)
{
    (void)v;
    (void)shown;
    return client_backup(c, ignore_piece, NULL);
}

#define IN(table) (UINT32_C(1) << (table))
#define ROWS_OF_RECORDS (IN(TABLE_RECORD) | IN(TABLE_VERSION))
#define ROWS_OF_RELEASES                                                       \
    (IN(TABLE_RELEASE) | IN(TABLE_RESULT) | IN(TABLE_LEDGER))
#define ROWS_OF_LOG (IN(TABLE_ENTRY) | IN(TABLE_HASH))

const struct asked_act asked_acts[ASKED_ACTS_N] = {
    {"read", "case-1", act_read,
     ROWS_OF_RECORDS | ROWS_OF_LOG | IN(TABLE_ASSIGNED) | IN(TABLE_GRANT) |
         IN(TABLE_USAGE)},
    {"list", "case-1", act_list,
     IN(TABLE_RECORD) | IN(TABLE_CREATED) | IN(TABLE_USAGE) |
         IN(TABLE_ASSIGNED)},
    {"list all", "lead-1", act_list,
     IN(TABLE_RECORD) | IN(TABLE_CREATED) | IN(TABLE_ASSIGNEE)},
    {"list own", "case-2", act_list,
     IN(TABLE_RECORD) | IN(TABLE_ASSIGNED) | IN(TABLE_ASSIGNEE)},
    {"history", "case-1", act_history, ROWS_OF_RECORDS},
    {"find", "case-1", act_find,
     ROWS_OF_RECORDS | IN(TABLE_TOKEN) | IN(TABLE_ASSIGNEE)},
    {"find others'", "case-2", act_find_others,
     IN(TABLE_RECORD) | IN(TABLE_TOKEN) | IN(TABLE_ASSIGNEE) |
         IN(TABLE_ASSIGNED)},
    {"log", "audit-1", act_log, ROWS_OF_LOG | IN(TABLE_FLAG)},
    {"preview", "stats-1", act_preview,
     IN(TABLE_META) | ROWS_OF_RECORDS | IN(TABLE_CREATED) | IN(TABLE_GRANT)},
    {"fetch", "stats-1", act_fetch, ROWS_OF_RELEASES | ROWS_OF_LOG},
    {"break glass", "lead-1", act_break_glass,
     IN(TABLE_RECORD) | IN(TABLE_GLASS)},
    {"save", "case-1", act_save, ROWS_OF_RECORDS | IN(TABLE_TOKEN)},
    {"add", "case-1", act_add, IN(TABLE_TOKEN) | IN(TABLE_USAGE)},
    {"import", "case-1", act_import, IN(TABLE_TOKEN) | IN(TABLE_USAGE)},
    {"assign", "lead-1", act_assign,
     IN(TABLE_RECORD) | IN(TABLE_GLASS) | IN(TABLE_ASSIGNED) |
         IN(TABLE_ASSIGNEE)},
    {"acknowledge", "audit-1", act_acknowledge, IN(TABLE_FLAG)},
    {"approve", "approve-1", act_approve, ROWS_OF_RELEASES | IN(TABLE_USAGE)},
    {"request", "stats-1", act_request,
     IN(TABLE_VERSION) | IN(TABLE_RELEASE) | IN(TABLE_LEDGER) |
         IN(TABLE_USAGE)},
    {"hire", "lead-1", act_hire, IN(TABLE_GRANT)},
    {"suspend", "lead-1", act_suspend, IN(TABLE_GRANT) | IN(TABLE_LEDGER)},
    {"show", "approve-1", act_show, IN(TABLE_RESULT)},
    {"verify", "audit-1", act_verify, 0},
    {"backup", "admin-1", act_backup, IN(TABLE_USAGE)},
};

enum sv_err
asked_ask(struct asked *v, const struct asked_act *act, struct buf *shown)
{
    enum sv_err err;

    office_end(&v->o, act->who);
    err = office_begin(&v->o, act->who);
    if (err == SV_OK)
        err = act->fn(v, office_person(&v->o, act->who)->client, shown);
    return err;
}
