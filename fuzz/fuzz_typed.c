/*
 * What a person types, or has in her files: values of a form, words of a
 * list, dates, answers, the settings, and witnesses that are kept.
 *
 * Covers: cli/form_value.c cli/choices.c cli/era.c cli/config.c
 * Covers: cli/kept_witness.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/cosign.h"
#include "base/file.h"
#include "cli/config.h"
#include "cli/era.h"
#include "cli/form_value.h"
#include "cli/kept_witness.h"

#include "fuzz/counted.h"

#define TODAY "2023-03-31"

/* ---- a directory of its own ---- */

static char dir[64];

static void
remove_dir(void)
{
    char file[PATH_SIZE];

    (void)snprintf(file, sizeof file, "%s/svault/config", dir);
    (void)unlink(file);
    (void)snprintf(file, sizeof file, "%s/key.witness/01234567", dir);
    (void)unlink(file);
    (void)snprintf(file, sizeof file, "%s/key.witness", dir);
    (void)rmdir(file);
    (void)snprintf(file, sizeof file, "%s/svault", dir);
    (void)rmdir(file);
    (void)rmdir(dir);
}

static void
write_file(const char *sub, const char *name, struct bytes text)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_SIZE];
    FILE *f;

    if (dir[0] == '\0') {
        (void)snprintf(dir, sizeof dir, "%.40s/fuzz-XXXXXX",
                       tmp != NULL ? tmp : "/tmp");
        demand(mkdtemp(dir) != NULL && atexit(remove_dir) == 0);
        demand(setenv("XDG_CONFIG_HOME", dir, 1) == 0);
    }
    (void)snprintf(path, sizeof path, "%s/%s", dir, sub);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/%s/%s", dir, sub, name);
    f = fopen(path, "w");
    demand(f != NULL);
    demand(fwrite(text.ptr, 1, text.len, f) == text.len || text.len == 0);
    demand(fclose(f) == 0);
}

/* ---- settings ---- */

static void
check_config(struct bytes in)
{
    struct config c = {0}, again = {0};
    struct diag where = {0};
    struct buf text = BUF_INIT;
    size_t n_lines = 1;
    enum sv_err err;

    write_file("svault", "config", in);
    err = config_load(&c, &where);
    for (size_t i = 0; i < in.len; i++)
        n_lines += in.ptr[i] == '\n' ? 1 : 0;
    if (err != SV_OK) {
        demand(err == SV_ERR_INPUT ||
               (err == SV_ERR_RANGE && in.len > CONFIG_MAX));
        demand(c.vault[0] == '\0' && c.key[0] == '\0' && c.lang[0] == '\0');
        demand(
            err != SV_ERR_INPUT ||
            (where.reason != NULL && where.line >= 1 && where.line <= n_lines));
        return;
    }
    demand(c.key[0] == '\0' || c.key[0] == '/');
    demand(text_is_utf8(bytes_text(c.vault)));
    demand_ok(buf_printf(&text, "%s%s\n%s%s\n%s%s\n",
                         c.vault[0] != '\0' ? "vault=" : "", c.vault,
                         c.key[0] != '\0' ? "key = " : "", c.key,
                         c.lang[0] != '\0' ? "lang=\t" : "", c.lang));
    write_file("svault", "config", buf_bytes(&text));
    demand_ok(config_load(&again, &where));
    demand(memcmp(&c, &again, sizeof c) == 0);
    buf_free(&text);
}

/* ---- witnesses ---- */

static void
check_kept(struct bytes in)
{
    static struct kept_witnesses all, again;
    char key[PATH_SIZE];
    enum sv_err err;

    write_file("key.witness", "01234567", in);
    (void)snprintf(key, sizeof key, "%s/key", dir);
    memset(&all, 0, sizeof all);
    err = kept_load(&all, key);
    demand(err == SV_OK || err == SV_ERR_TAMPERED);
    demand((err == SV_OK) == (all.n == 1));
    demand((err == SV_OK) == (all.bad[0] == '\0'));
    if (err == SV_OK) {
        struct checkpoint head;
        uint64_t unix_s = 0;
        const struct kept_witness *w = &all.at[0];

        demand((w->note.len > 0) == (kept_newest(&all) != NULL));
        if (w->note.len > 0) {
            demand_ok(kept_verify(w, buf_bytes(&w->note), &head, &unix_s));
            demand(unix_s == w->unix_s && head.size == w->head.size);
        }
        memset(&again, 0, sizeof again);
        demand_ok(kept_name(&again.at[0], w->vkey));
        demand(strcmp(again.at[0].name, w->name) == 0);
    }
    kept_clear(&all);
}

/* ---- values ---- */

static const char *
a_value(const struct schema_field *f)
{
    return f->kind == FIELD_DATE     ? "2022-04-01"
           : f->kind == FIELD_NUMBER ? (f->min > 100 ? "2022" : "17")
           : f->kind == FIELD_CODE   ? f->list->codes[0].code
                                     : "text";
}

/* Every value that a field has is one that it may have. */
static void
check_field(const struct schema_field *f, const struct content_field *v)
{
    const char *reason = NULL;

    demand(v->n <= (f->repeated ? FIELD_REPEAT_MAX : 1));
    for (size_t i = 0; i < v->n; i++)
        demand_ok(schema_check_value(
            f, bytes_of(v->values[i].ptr, v->values[i].len), &reason));
}

static void
check_set(const struct form_field *form, struct bytes typed)
{
    const struct schema_field *f =
        &form->content->compartment->fields[form->at];
    struct buf before = BUF_INIT, after = BUF_INIT, again = BUF_INIT;
    const char *reason = NULL;
    bool emptied = false;
    enum sv_err err;

    demand_ok(content_text(form->content, form->at, &before));
    err = form_value_set(form, typed, &emptied, &reason);
    demand(err == SV_OK || (err == SV_ERR_INPUT && reason != NULL));
    check_field(f, &form->content->fields[form->at]);
    demand_ok(content_text(form->content, form->at, &after));
    if (err != SV_OK || emptied) {
        demand(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    } else if (f->kind != FIELD_TEXT) {
        /* What was stored, typed again, is the same. */
        demand_ok(form_value_set(form, buf_bytes(&after), &emptied, &reason));
        demand_ok(content_text(form->content, form->at, &again));
        demand(bytes_equal(buf_bytes(&again), buf_bytes(&after)));
    }
    buf_free(&before);
    buf_free(&after);
    buf_free(&again);
}

/* The first byte is the field, the second what is there already. */
static void
check_form(struct bytes in)
{
    const struct schema *s = counted_schema();
    const struct schema_type *type;
    const struct schema_compartment *c;
    struct draw d = {in.ptr, in.len};
    struct term t = {.err = fopen("/dev/null", "w")};
    struct content content;
    struct form_field form;
    const char *reason = NULL;

    demand(t.err != NULL);
    type = schema_type_at(s, draw_below(&d, schema_types(s)));
    c = &type->compartments[draw_below(&d, type->n)];
    demand_ok(content_new(c, &content));
    form = (struct form_field){.t = &t,
                               .lang = (enum schema_lang)draw_below(&d, 2),
                               .content = &content,
                               .at = draw_below(&d, c->n),
                               .today = TODAY};
    t.accessible = draw_below(&d, 2) == 0;
    if (draw_below(&d, 2) == 0)
        demand_ok(content_add(&content, form.at,
                              bytes_text(a_value(&c->fields[form.at])),
                              &reason));
    /* term_ask() lets nothing else through. */
    if (text_is_utf8(bytes_of(d.at, d.left)))
        check_set(&form, bytes_of(d.at, d.left));
    content_free(&content);
    (void)fclose(t.err);
}

static void
check_date(struct bytes in)
{
    char date[ERA_DATE_SIZE] = "", again[ERA_DATE_SIZE];
    const char *reason = NULL;
    enum sv_err err = era_date(in, date, &reason);

    if (err != SV_OK) {
        demand(err == SV_ERR_INPUT && reason != NULL && date[0] == '\0');
        return;
    }
    demand(text_is_date(bytes_text(date)));
    demand_ok(era_date(bytes_text(date), again, &reason));
    demand(strcmp(date, again) == 0);
}

static void
check_answer(struct bytes in)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;
    bool yes;

    (void)term_answer(in, &yes);
    demand(term_width(in) <= 8 * in.len);
    if (term_fold(in, &once) == SV_OK) {
        demand(text_is_utf8(buf_bytes(&once)) || once.len == 0 ||
               memchr(in.ptr, '\0', in.len) != NULL);
        demand_ok(term_fold(buf_bytes(&once), &twice));
        demand(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    }
    buf_free(&once);
    buf_free(&twice);
}

void
fuzz_one(struct bytes in)
{
    static void (*const checks[])(struct bytes) = {
        check_form, check_config, check_kept, check_date, check_answer};
    enum { CHECKS_N = sizeof checks / sizeof *checks };

    checks[fuzz_choice(&in) % CHECKS_N](in);
}

/* A witness's key, and behind it what it cosigned. */
static void
seed_witness(struct seeds *s)
{
    static const char head[] = "vault.example/2026\n12\n"
                               "Rd4oiI5BTnvOhlT1FddNzJc9/vL+mgzBvQ3OnR7VT4Q=\n";
    const struct sign_seed log = fuzz_key(1), witness = fuzz_key(2);
    const struct sign_public pub = fuzz_public(2);
    char vkey[NOTE_VKEY_SIZE];
    struct buf file = BUF_INIT, note = BUF_INIT;

    demand_ok(
        note_vkey_type("witness.example", NOTE_TYPE_COSIGNATURE, &pub, vkey));
    demand_ok(buf_printf(&file, "%s\n", vkey));
    seed_choice(s, 2, buf_bytes(&file));
    demand_ok(note_sign(bytes_text(head), "vault.example/2026", &log, &note));
    demand_ok(cosign_sign(bytes_text(head), 1767225600, "witness.example",
                          &witness, &note));
    demand_ok(buf_append(&file, buf_bytes(&note)));
    seed_choice(s, 2, buf_bytes(&file));
    buf_free(&file);
    buf_free(&note);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char *const texts[] = {
        "\x01vault = /srv/vault\n# mine\n\nkey=/home/a/key\nlang = ja\n",
        "\x01vault = ssh:host\nkey = no\n",
        "\x03 2022-12-1",
        "\x03令和4年12月1日",
        "\x03S60/1/7",
        "\x04 ＹＥＳ ",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        seed(s, bytes_text(texts[i]));
    seed_witness(s);
    /* Fields of victim.facts, and what may be typed there. */
    for (uint8_t i = 0; i < 24; i++) {
        static const char *const typed[] = {"1",    "female",   "+2; 3",
                                            "-1",   "JPN、PHL", "2022/4/1",
                                            "１７", "unknown"};
        struct buf b = BUF_INIT;
        const uint8_t head[] = {0, 0, 3, i % 2, i, i % 2, (uint8_t)(i / 2)};

        demand_ok(buf_append(&b, BYTES(head)));
        demand_ok(buf_text(&b, typed[i % 8]));
        seed_buf(s, &b);
    }
}
