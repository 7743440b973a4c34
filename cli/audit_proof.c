#include <string.h>

#include "audit/entry.h"
#include "audit/proof.h"
#include "cli/audit.h"

#define PROOF_SUFFIX ".tlog-proof"
#define ENTRY_SUFFIX ".entry"
#define PROOF_FILE_MAX ((size_t)64 << 10)

/* Beside reading.tlog-proof lies reading.entry. */
static bool
entry_path(const struct audit *a, char out[static PATH_SIZE])
{
    const char *proof = a->words[0];
    size_t len = strlen(proof), tail = strlen(PROOF_SUFFIX);

    if (a->entry != NULL)
        return snprintf(out, PATH_SIZE, "%s", a->entry) < PATH_SIZE;
    if (len <= tail || strcmp(proof + len - tail, PROOF_SUFFIX) != 0)
        return false;
    return snprintf(out, PATH_SIZE, "%.*s%s", (int)(len - tail), proof,
                    ENTRY_SUFFIX) < PATH_SIZE;
}

static enum sv_err
print_proof(struct audit *a, bool good, uint64_t index, struct bytes entry,
            const struct checkpoint *head)
{
    const char *verdict =
        good ? _("Verdict: this entry stands in the log of the card. Signed by "
                 "whom it names, and lawful? svault-audit verify, which takes "
                 "the whole log.")
             : _("Verdict: NOT PROVED. Entry, proof or head is altered, or of "
                 "another log.");

    if (a->json)
        return term_json(
            &a->term,
            json_pack("{s:b, s:o, s:o, s:o, s:o?, s:o?}", "ok", good, "entry",
                      good ? audit_json_number(index) : json_null(), "size",
                      good ? audit_json_number(head->size) : json_null(),
                      "root", good ? audit_json_root(&head->root) : json_null(),
                      "text", good ? json_bytes(entry) : json_null(), "again",
                      audit_json_repeat(a)));
    if (good) {
        (void)fprintf(a->term.out, _("Entry %llu of %s, of %llu:\n"),
                      (unsigned long long)index, head->origin,
                      (unsigned long long)head->size);
        term_text(a->term.out, entry, true, 0);
        (void)fputc('\n', a->term.out);
    }
    audit_print_verdict(a, verdict);
    return SV_OK;
}

static enum exit_code
check(struct audit *a, const struct audit_card *card, struct bytes proof,
      struct bytes entry)
{
    struct checkpoint head = {0};
    struct tree_proof inclusion;
    struct bytes note;
    uint64_t index = 0;
    enum sv_err err = proof_parse(proof, &index, &inclusion, &note);

    if (err == SV_OK)
        err = proof_verify(proof, entry, card->origin, &card->log_key, &head);
    if (err == SV_ERR_NOMEM)
        return audit_fail(a, NULL, err, NULL);
    return audit_done(a, print_proof(a, err == SV_OK, index, entry, &head),
                      err == SV_OK ? EXIT_DONE : EXIT_ALTERED);
}

enum exit_code
audit_proof(struct audit *a)
{
    struct audit_card card;
    struct buf proof = BUF_INIT, entry = BUF_INIT;
    char path[PATH_SIZE];
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!audit_card_read(a, &card, &code))
        return code;
    if (!entry_path(a, path))
        return audit_usage(a, "%s",
                           _("which entry? Its file is needed (--entry), or "
                             "a proof whose name ends in .tlog-proof"));
    err = file_read(a->words[0], PROOF_FILE_MAX, &proof);
    if (err != SV_OK) {
        code = audit_fail(a, a->words[0], err, NULL);
    } else {
        err = file_read(path, UINT16_MAX, &entry);
        code = err != SV_OK
                   ? audit_fail(a, path, err, NULL)
                   : check(a, &card, buf_bytes(&proof), buf_bytes(&entry));
    }
    buf_free(&proof);
    buf_free(&entry);
    return code;
}
