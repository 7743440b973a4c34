/*
 * Releases as directories, as svault-audit reads them: files of a first and a
 * second one, each with its name, length and bytes; or a report alone, with
 * what ties it to its commitment.  What was not approved is found, and no
 * directory stops the program.
 *
 * Covers: cli/audit_release_read.c cli/audit_release_chain.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/audit_release.h"
#include "crypto/digest.h"
#include "policy/release.h"

#include "fuzz/draw.h"

#define VAULT "0a1720d0c9b8c9b593a25ed5fbb75fee49c4586df0eb83efdae6daaabc0a2e27"

/* Of the corpus: the log's key is the fake log's of tests/support. */
static const char card_text[] =
    "svault/audit-card/v1\n"
    "origin vault.example/2026\n"
    "log-key vault.example/2026+3af81c61+"
    "AcajVOZgqzhW6lxrHvtgal0dRp+U8ZbygzJNE0fC2nqH\n"
    "genesis " VAULT "\n"
    "fingerprint yuragu-sasayaku-yurine-tonjiru-kabosu-ajiwau-suiyobi-"
    "tokidoki-seseragi-kasaneru\n";

static const char *const names[] = {"report.json",    "release.json",
                                    "request.entry",  "request.tlog-proof",
                                    "approval.entry", "approval.tlog-proof"};
enum { NAMES_N = sizeof names / sizeof *names, DIRS_N = 2 };

/* ---- directories ---- */

static char top[64];

static void
path_of(size_t dir, const char *name, char out[static PATH_SIZE])
{
    (void)snprintf(out, PATH_SIZE, "%s/%zu/%s", top, dir, name);
}

static void
empty_dirs(void)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < DIRS_N; i++)
        for (size_t k = 0; k < NAMES_N; k++) {
            path_of(i, names[k], path);
            (void)unlink(path);
        }
}

static void
remove_dirs(void)
{
    char path[PATH_SIZE];

    empty_dirs();
    for (size_t i = 0; i < DIRS_N; i++) {
        path_of(i, "", path);
        (void)rmdir(path);
    }
    (void)rmdir(top);
}

static void
make_dirs(void)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_SIZE];

    if (top[0] != '\0')
        return;
    (void)snprintf(top, sizeof top, "%.40s/fuzz-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    demand(mkdtemp(top) != NULL && atexit(remove_dirs) == 0);
    for (size_t i = 0; i < DIRS_N; i++) {
        path_of(i, "", path);
        demand(mkdir(path, 0700) == 0);
    }
}

static void
write_file(size_t dir, const char *name, struct bytes text)
{
    char path[PATH_SIZE];
    FILE *f;

    path_of(dir, name, path);
    f = fopen(path, "w");
    demand(f != NULL);
    demand(fwrite(text.ptr, 1, text.len, f) == text.len || text.len == 0);
    demand(fclose(f) == 0);
}

/* Each file: which one, u16 length, bytes; the last may be cut. */
static void
write_files(struct draw *d)
{
    while (d->left > 0) {
        size_t which = draw_below(d, DIRS_N * NAMES_N);
        size_t len = (size_t)draw_byte(d) << 8;

        len |= draw_byte(d);
        len = len < d->left ? len : d->left;
        write_file(which / NAMES_N, names[which % NAMES_N],
                   bytes_of(d->at, len));
        d->at += len;
        d->left -= len;
    }
}

/* The report as somebody committed to it who says nothing of who approved. */
static void
write_opening(struct bytes report)
{
    static const uint8_t random[32] = {1};
    uint8_t commitment[DIGEST_LEN];
    char hex[2 * DIGEST_LEN + 1], random_hex[2 * sizeof random + 1];
    struct digest h;
    struct buf text = BUF_INIT;

    digest_begin(&h, "sv/v1/release");
    digest_add(&h, BYTES(random));
    digest_add(&h, report);
    digest_end(&h, commitment);
    text_hex(BYTES(commitment), hex);
    text_hex(BYTES(random), random_hex);
    demand_ok(buf_printf(&text,
                         "{\n  \"vault\": \"" VAULT "\",\n  \"release\": 9,\n"
                         "  \"commitment\": \"%s\",\n  \"random\": \"%s\",\n"
                         "  \"file\": \"report.json\"\n}",
                         hex, random_hex));
    write_file(0, names[1], buf_bytes(&text));
    write_file(0, names[0], report);
    buf_free(&text);
}

/* ---- what is said of them ---- */

static void
check_faults(const struct release_faults *f)
{
    for (size_t i = 0; i < f->n; i++) {
        demand(f->at[i].is < RELEASE_GOOD && f->at[i].reason != NULL);
        demand(memchr(f->at[i].place, '\0', PUBLISHED_PLACE_SIZE) != NULL);
    }
}

/* Without a fault, all of it was read and held. */
static void
check_dir(const struct release_dir *d)
{
    check_faults(&d->faults);
    demand(d->n_unread == 0);
    demand(!d->has_document || d->has_opening);
    if (d->faults.n > 0)
        return;
    demand(d->request.is_proved && d->approval.is_proved);
    demand(d->has_opening && d->has_document && d->published.n_faults == 0);
    demand(strcmp(d->request.asked->actor, d->approval.asked->actor) != 0);
    demand(memcmp(d->commitment, d->state.commitment, 32) == 0);
}

static void
check_dirs(const struct audit_card *card)
{
    struct audit audit = {.command = NULL};
    struct release_dir dirs[DIRS_N];
    char paths[DIRS_N][PATH_SIZE];
    struct releasing r = {
        .audit = &audit, .card = *card, .n = DIRS_N, .dirs = dirs};

    for (size_t i = 0; i < DIRS_N; i++) {
        path_of(i, "", paths[i]);
        demand_ok(release_dir_read(&dirs[i], paths[i], card));
        check_dir(&dirs[i]);
    }
    demand_ok(release_chain_order(&r));
    demand(dirs[0].number <= dirs[1].number);
    check_faults(&r.faults);
    for (size_t i = 0; i < DIRS_N; i++) {
        check_faults(&dirs[i].faults);
        release_dir_clear(&dirs[i]);
    }
    free(r.faults.at);
}

void
fuzz_one(struct bytes in)
{
    struct draw d = {in.ptr, in.len};
    struct audit_card card;
    struct diag where = {0};

    demand_ok(audit_card_parse(bytes_text(card_text), &card, &where));
    make_dirs();
    empty_dirs();
    if (in.len > 0 && in.ptr[0] == '{')
        write_opening(in);
    else
        write_files(&d);
    check_dirs(&card);
}

void
fuzz_seeds(struct seeds *s)
{
    seed(s, bytes_text("{\n  \"year\": 2022,\n  \"as_of\": \"2023-03-31\",\n"
                       "  \"profile\": \"public\",\n  \"victims\": {\n"
                       "    \"total\": 45\n  },\"facts\":[]}\n"));
}
