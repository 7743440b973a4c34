#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/export.h"
#include "audit/proof.h"
#include "base/json_text.h"
#include "cli/audit_release.h"
#include "crypto/digest.h"

#define REPORT "report.json"
#define OPENING "release.json"
#define SEALED "release.sealed"
#define REQUEST "request"
#define APPROVAL "approval"
#define ENTRY_SUFFIX ".entry"
#define PROOF_SUFFIX ".tlog-proof"
#define REPORT_MAX ((size_t)128 << 20)
#define SMALL_MAX ((size_t)64 << 10)
/* docs/FORMAT.md, 16: H over random bytes and report. */
#define COMMITMENT_LABEL "sv/v1/release"

enum sv_err
release_add_fault(struct release_faults *f, enum release_class is,
                  const char *place, const char *reason)
{
    struct release_fault *more = reallocarray(f->at, f->n + 1, sizeof *more);

    if (more == NULL)
        return SV_ERR_NOMEM;
    f->at = more;
    more[f->n].is = is;
    more[f->n].reason = reason;
    (void)snprintf(more[f->n].place, sizeof more->place, "%s", place);
    f->n++;
    return SV_OK;
}

static enum sv_err
fault(struct release_dir *d, enum release_class is, const char *place,
      const char *reason)
{
    return release_add_fault(&d->faults, is, place, reason);
}

void
release_dir_clear(struct release_dir *d)
{
    struct release_entry *entries[] = {&d->request, &d->approval};

    for (size_t i = 0; i < 2; i++) {
        buf_free(&entries[i]->text);
        buf_free(&entries[i]->proof);
        free(entries[i]->asked);
    }
    free(d->faults.at);
    buf_free(&d->report);
    facts_document_clear(&d->document);
    released_clear(&d->figures);
    published_clear(&d->published);
    memset(d, 0, sizeof *d);
}

/* ---- files ---- */

/* *there: it was read; else there is a fault, of these words where it is
 * missing.  Nothing but a regular file is opened. */
static enum sv_err
read_file(struct release_dir *d, const char *name, size_t max,
          const char *missing, struct buf *out, bool *there)
{
    enum sv_err err = export_file(d->path, name, max, out);

    *there = err == SV_OK;
    if (err == SV_ERR_NOT_FOUND)
        return fault(d, RELEASE_UNVERIFIED, name, missing);
    if (err == SV_ERR_RANGE)
        return fault(d, RELEASE_UNREADABLE, name, N_("is too large"));
    if (err == SV_ERR_FORMAT)
        return fault(d, RELEASE_UNREADABLE, name,
                     N_("is not a file of its own"));
    return err;
}

static bool
is_judged(const char *name)
{
    static const char *const names[] = {
        REPORT,
        OPENING,
        REQUEST ENTRY_SUFFIX,
        REQUEST PROOF_SUFFIX,
        APPROVAL ENTRY_SUFFIX,
        APPROVAL PROOF_SUFFIX,
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static enum sv_err
note_name(void *ctx, const char *name, bool is_regular)
{
    struct release_dir *d = ctx;

    (void)is_regular;
    if (!is_judged(name) && d->n_unread++ < RELEASE_UNREAD_MAX)
        (void)snprintf(d->unread[d->n_unread - 1], NAME_SIZE, "%.*s",
                       NAME_MAX_LEN, name);
    return SV_OK;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* ---- request and approval ---- */

static enum sv_err
check_proof(struct release_dir *d, struct release_entry *e, const char *name,
            const struct audit_card *card)
{
    struct tree_proof inclusion;
    struct bytes note;
    uint64_t index = 0;
    enum sv_err err =
        proof_parse(buf_bytes(&e->proof), &index, &inclusion, &note);

    if (err == SV_OK)
        err = proof_verify(buf_bytes(&e->proof), buf_bytes(&e->text),
                           card->origin, &card->log_key, &e->head);
    if (err == SV_ERR_NOMEM)
        return err;
    e->is_proved = err == SV_OK && index == e->entry.index;
    return e->is_proved ? SV_OK
                        : fault(d, RELEASE_ALTERED, name,
                                N_("does not stand in the log of the card: it, "
                                   "its proof or the head is altered, or of "
                                   "another log"));
}

static bool
is_act(const struct release_entry *e, enum request_act act,
       const struct audit_card *card)
{
    return e->entry.kind == ENTRY_REQUEST && e->entry.allowed &&
           e->entry.outcome == OUTCOME_DONE && e->asked->act == act &&
           strcmp(e->asked->origin, card->origin) == 0 && e->asked->has_vault &&
           hash_equal(&e->asked->vault, &card->vault);
}

static enum sv_err
read_entry(struct release_dir *d, const char *stem, enum request_act act,
           const struct audit_card *card, struct release_entry *e)
{
    char entry[NAME_SIZE], proof[NAME_SIZE];
    struct note note;
    bool has_text = false, has_proof = false;
    enum sv_err err;

    (void)snprintf(entry, sizeof entry, "%s" ENTRY_SUFFIX, stem);
    (void)snprintf(proof, sizeof proof, "%s" PROOF_SUFFIX, stem);
    e->asked = calloc(1, sizeof *e->asked);
    if (e->asked == NULL)
        return SV_ERR_NOMEM;
    err = read_file(d, entry, SMALL_MAX,
                    N_("is missing: it lies where the release was fetched"),
                    &e->text, &has_text);
    if (err == SV_OK)
        err = read_file(d, proof, SMALL_MAX,
                        N_("is missing: whether the entry stands in the log "
                           "cannot be told"),
                        &e->proof, &has_proof);
    if (err != SV_OK || !has_text)
        return err;
    err = entry_parse(buf_bytes(&e->text), &e->entry);
    if (err == SV_OK && e->entry.kind == ENTRY_REQUEST)
        err = request_parse(e->entry.note, &note, e->asked);
    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK)
        return fault(d, RELEASE_ALTERED, entry,
                     N_("is no entry of a log, or altered"));
    if (!is_act(e, act, card))
        return fault(d, RELEASE_ALTERED, entry,
                     N_("is not such an entry of the card's vault, allowed "
                        "and done"));
    e->is_read = true;
    return has_proof ? check_proof(d, e, entry, card) : SV_OK;
}

/* Two different persons, and the second judged what the first asked for. */
static enum sv_err
check_approval(struct release_dir *d)
{
    static const char place[] = APPROVAL ENTRY_SUFFIX;
    const struct request *asked = d->request.asked;
    const struct request *approved = d->approval.asked;

    if (approved->entry != d->request.entry.index ||
        d->approval.entry.index <= d->request.entry.index)
        return fault(d, RELEASE_ALTERED, place,
                     N_("approves another request than this one"));
    if (!bytes_equal(BYTES(approved->body), BYTES(d->state.commitment)))
        return fault(d, RELEASE_ALTERED, place,
                     N_("approves other bytes than were asked for"));
    if (strcmp(approved->actor, asked->actor) == 0)
        return fault(d, RELEASE_ALTERED, place,
                     N_("is by the very person who asked for the release"));
    return SV_OK;
}

static enum sv_err
read_entries(struct release_dir *d, const struct audit_card *card)
{
    enum sv_err err =
        read_entry(d, REQUEST, ACT_RELEASE_REQUEST, card, &d->request);

    if (err == SV_OK)
        err = read_entry(d, APPROVAL, ACT_RELEASE_APPROVE, card, &d->approval);
    if (err == SV_OK && d->request.is_read) {
        d->number = d->request.entry.index;
        if (release_begin(&d->state, &d->request.entry, d->request.asked) !=
            SV_OK) {
            d->request.is_read = false;
            err = fault(d, RELEASE_ALTERED, REQUEST ENTRY_SUFFIX,
                        N_("has not the commitments of a release"));
        }
    }
    if (err == SV_OK && d->request.is_read && d->approval.is_read)
        err = check_approval(d);
    return err;
}

/* ---- what opens the commitment ---- */

static bool
get_hex(const json_t *root, const char *member, uint8_t out[static 32])
{
    const char *hex = json_string_value(json_object_get(root, member));

    return hex != NULL && text_unhex(bytes_text(hex), out, 32) == SV_OK;
}

/* One opening, one text: as `svault release fetch` writes it.
 * SV_ERR_TAMPERED: it is none. */
static enum sv_err
parse_opening(struct release_dir *d, struct bytes text, struct hash *vault,
              uint64_t *number)
{
    struct buf again = BUF_INIT;
    json_t *root = NULL;
    json_int_t n;
    const char *file;
    enum sv_err err = json_text_get(text, &root, NULL);

    if (err == SV_OK)
        err = json_text_put(root, JSON_INDENT(2), &again);
    n = json_integer_value(json_object_get(root, "release"));
    file = json_string_value(json_object_get(root, "file"));
    if (err == SV_OK &&
        (!bytes_equal(text, buf_bytes(&again)) || json_object_size(root) != 5 ||
         n <= 0 || file == NULL || strcmp(file, REPORT) != 0 ||
         !get_hex(root, "vault", vault->b) ||
         !get_hex(root, "random", d->random) ||
         !get_hex(root, "commitment", d->commitment)))
        err = SV_ERR_TAMPERED;
    *number = (uint64_t)n;
    json_decref(root);
    buf_free(&again);
    return err_verdict(err, SV_ERR_TAMPERED);
}

static enum sv_err
check_opening(struct release_dir *d, const struct hash *vault, uint64_t number,
              const struct audit_card *card)
{
    if (!hash_equal(vault, &card->vault))
        return fault(d, RELEASE_ALTERED, OPENING,
                     N_("is of another vault than the card"));
    if (d->request.is_read && number != d->number)
        return fault(d, RELEASE_ALTERED, OPENING,
                     N_("is of another release than the request"));
    if (d->request.is_read &&
        !bytes_equal(BYTES(d->commitment), BYTES(d->state.commitment)))
        return fault(d, RELEASE_ALTERED, OPENING,
                     N_("names another commitment than the request"));
    d->number = number;
    d->has_opening = true;
    return SV_OK;
}

static enum sv_err
read_opening(struct release_dir *d, const struct audit_card *card)
{
    struct buf text = BUF_INIT;
    struct hash vault;
    uint64_t number;
    bool there;
    enum sv_err err = read_file(
        d, OPENING, SMALL_MAX,
        N_("is missing: nothing ties the figures to the log"), &text, &there);

    if (err != SV_OK || !there) {
        buf_free(&text);
        return err;
    }
    err = parse_opening(d, buf_bytes(&text), &vault, &number);
    if (err == SV_OK)
        err = check_opening(d, &vault, number, card);
    else if (err == SV_ERR_TAMPERED)
        err = fault(d, RELEASE_ALTERED, OPENING,
                    N_("is not what svault writes there"));
    buf_free(&text);
    return err;
}

/* ---- the report ---- */

static bool
is_committed(const struct release_dir *d)
{
    uint8_t commitment[DIGEST_LEN];
    struct digest h;

    digest_begin(&h, COMMITMENT_LABEL);
    digest_add(&h, BYTES(d->random));
    digest_add(&h, buf_bytes(&d->report));
    digest_end(&h, commitment);
    return bytes_equal(BYTES(commitment), BYTES(d->commitment));
}

static enum sv_err
unreadable(struct release_dir *d, const struct diag *where)
{
    char place[sizeof REPORT ": " + sizeof where->column];

    (void)snprintf(place, sizeof place, "%s%s%s", REPORT,
                   where->column[0] != '\0' ? ": " : "", where->column);
    return fault(d, RELEASE_UNREADABLE, place,
                 where->reason != NULL ? where->reason
                                       : N_("is not written in the one form"));
}

/* Each part is of this release and of no other. */
static enum sv_err
check_names(struct release_dir *d)
{
    char name[FACTS_NAME_SIZE];
    enum sv_err err = SV_OK;

    (void)snprintf(name, sizeof name, "release-%llu",
                   (unsigned long long)d->number);
    for (size_t i = 0; i < d->document.n && err == SV_OK; i++)
        if (strcmp(d->document.parts[i].facts.releases[0], name) != 0)
            err = fault(d, RELEASE_WRONG, REPORT,
                        N_("has the facts of another release"));
    if (err == SV_OK && d->request.is_read &&
        strcmp(d->figures.profile, d->request.asked->profile) != 0)
        err = fault(d, RELEASE_WRONG, REPORT,
                    N_("has another profile than was asked for"));
    return err;
}

static enum sv_err
check_figures(struct release_dir *d)
{
    enum sv_err err = published_check(&d->document, &d->figures, &d->published);

    if (err == SV_ERR_RANGE)
        return fault(d, RELEASE_UNVERIFIED, REPORT,
                     N_("has sets that overlap so much that their sums cannot "
                        "be found"));
    for (size_t i = 0; i < d->published.n_kept && err == SV_OK; i++)
        err = fault(d, RELEASE_WRONG, d->published.faults[i].place,
                    d->published.faults[i].reason);
    return err;
}

static enum sv_err
read_figures(struct release_dir *d)
{
    struct diag where = {0};
    enum sv_err err =
        facts_document_decode(buf_bytes(&d->report), &d->document, &where);

    if (err == SV_ERR_NOT_FOUND)
        return fault(d, RELEASE_UNVERIFIED, REPORT,
                     N_("has no facts: it was released before they were part "
                        "of it"));
    if (err == SV_OK)
        err =
            released_read(buf_bytes(&d->document.report), &d->figures, &where);
    if (err == SV_ERR_NOMEM)
        return err;
    if (err != SV_OK)
        return unreadable(d, &where);
    d->has_document = true;
    err = check_names(d);
    return err == SV_OK ? check_figures(d) : err;
}

static enum sv_err
read_report(struct release_dir *d)
{
    bool there;
    enum sv_err err =
        read_file(d, REPORT, REPORT_MAX, N_("is missing"), &d->report, &there);

    if (err != SV_OK || !there || !d->has_opening)
        return err;
    return is_committed(d)
               ? read_figures(d)
               : fault(d, RELEASE_ALTERED, REPORT,
                       N_("is not what was approved: it or the random bytes "
                          "are altered"));
}

/* Is it the recipient's, and still shut? */
static bool
is_sealed(const struct release_dir *d)
{
    char sealed[PATH_SIZE], report[PATH_SIZE];
    struct stat st;

    return path_join(sealed, d->path, SEALED) == SV_OK &&
           path_join(report, d->path, REPORT) == SV_OK &&
           lstat(sealed, &st) == 0 && lstat(report, &st) != 0;
}

enum sv_err
release_dir_read(struct release_dir *d, const char *path,
                 const struct audit_card *card)
{
    struct stat st;
    enum sv_err err;

    memset(d, 0, sizeof *d);
    d->path = path;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return SV_ERR_NOT_FOUND;
    err = export_walk(path, note_name, d);
    qsort(d->unread,
          d->n_unread < RELEASE_UNREAD_MAX ? d->n_unread : RELEASE_UNREAD_MAX,
          sizeof *d->unread, by_name);
    if (err == SV_OK)
        err = read_entries(d, card);
    if (err == SV_OK && is_sealed(d))
        return fault(d, RELEASE_UNVERIFIED, SEALED,
                     N_("is shut: the recipient opens it (svault release "
                        "open), and what comes of it can be checked"));
    if (err == SV_OK)
        err = read_opening(d, card);
    return err == SV_OK ? read_report(d) : err;
}
