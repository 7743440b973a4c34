#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/audit.h"

/* A head, and the tiles behind it where it is of an export. */
struct side {
    const char *path;
    bool has_tiles;
    struct export e;
};

/* Either kind of thing; reports what cannot be believed. */
static bool
open_side(struct audit *a, const struct audit_card *card, const char *path,
          struct side *s, enum exit_code *code)
{
    char place[PATH_SIZE];
    struct stat st;
    enum sv_err err;

    s->path = path;
    s->has_tiles = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (s->has_tiles) {
        err = export_open(&s->e, path, card->origin, &card->log_key);
        if (err == SV_OK)
            return true;
        if (path_join(place, path, s->e.fault.place) != SV_OK)
            (void)snprintf(place, sizeof place, "%s", path);
        *code =
            audit_fail(a, place, err,
                       s->e.fault.reason != NULL ? _(s->e.fault.reason) : NULL);
        return false;
    }
    err = file_read(path, EXPORT_CHECKPOINT_MAX, &s->e.note);
    if (err == SV_OK && checkpoint_open(buf_bytes(&s->e.note), card->origin,
                                        &card->log_key, &s->e.head) != SV_OK) {
        *code = audit_fail(a, path, SV_ERR_TAMPERED,
                           _("not a head that this log's key signed"));
        return false;
    }
    if (err != SV_OK)
        *code = audit_fail(a, path, err, NULL);
    return err == SV_OK;
}

enum finding { EXTENDS, SHORTER, CONTRADICTS, TILES_ALTERED, NO_TILES };

static const struct {
    const char *word; /* in JSON */
    const char *text; /* msgid */
    enum exit_code code;
} findings[] = {
    [EXTENDS] = {"extends",
                 N_("Verdict: NEW goes on from OLD; nothing that OLD had was "
                    "changed or taken away."),
                 EXIT_DONE},
    [SHORTER] = {"shorter",
                 N_("Verdict: NEW HAS FEWER ENTRIES than OLD: the log was cut, "
                    "or the two are exchanged."),
                 EXIT_ALTERED},
    [CONTRADICTS] = {"contradicts",
                     N_("Verdict: THE TWO HEADS CONTRADICT EACH OTHER. The "
                        "log's key signed both: keep both, they prove it."),
                     EXIT_ALTERED},
    [TILES_ALTERED] = {"tiles-altered",
                       N_("Verdict: NEW's tiles are ALTERED or not whole; the "
                          "two heads were not judged."),
                       EXIT_ALTERED},
    [NO_TILES] = {"no-tiles",
                  N_("Verdict: not to be told from two heads alone; NEW's "
                     "export is needed."),
                  EXIT_UNVERIFIED},
};

/* An error is of the machine, or SV_ERR_TAMPERED with the fault in NEW. */
static enum sv_err
compare_by_tiles(const struct side *old, struct side *new, struct workers *w,
                 enum finding *out)
{
    uint64_t m = old->e.head.size, n = new->e.head.size;
    struct tree_proof proof;
    enum sv_err err = tree_consistency(m, n, export_hash, &new->e, &proof);

    if (err == SV_OK &&
        tree_verify_consistency(m, n, &old->e.head.root, &new->e.head.root,
                                &proof) == SV_OK) {
        *out = EXTENDS;
        return SV_OK;
    }
    /* Nobody is accused on the word of tiles that are not the head's. */
    if (err == SV_OK)
        err = export_check_tree(&new->e, false, w, NULL, NULL);
    if (err == SV_OK)
        *out = CONTRADICTS;
    return err;
}

static enum sv_err
compare(const struct side *old, struct side *new, struct workers *w,
        enum finding *out)
{
    uint64_t m = old->e.head.size, n = new->e.head.size;
    bool same = hash_equal(&old->e.head.root, &new->e.head.root);
    enum sv_err err = SV_OK;

    if (m > n)
        *out = SHORTER;
    else if (m == n)
        *out = same ? EXTENDS : CONTRADICTS;
    else if (m == 0)
        *out = EXTENDS;
    else if (!new->has_tiles)
        *out = NO_TILES;
    else
        err = compare_by_tiles(old, new, w, out);
    if (err == SV_ERR_TAMPERED) {
        *out = TILES_ALTERED;
        err = SV_OK;
    }
    return err;
}

static enum sv_err
print_comparison(struct audit *a, const struct side *old,
                 const struct side *new, enum finding f)
{
    const struct export_fault *fault = &new->e.fault;

    if (a->json)
        return term_json(
            &a->term,
            json_pack("{s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o?}", "ok",
                      f == EXTENDS, "verdict", findings[f].word, "old_size",
                      audit_json_number(old->e.head.size), "old_root",
                      audit_json_root(&old->e.head.root), "new_size",
                      audit_json_number(new->e.head.size), "new_root",
                      audit_json_root(&new->e.head.root), "fault",
                      audit_json_fault(fault), "again", audit_json_repeat(a)));
    for (unsigned i = 0; i < 2; i++) {
        const struct checkpoint *h = i == 0 ? &old->e.head : &new->e.head;
        char root[BASE64_SIZE(SHA256_LEN)];

        text_base64(BYTES(h->root.b), root);
        (void)fprintf(a->term.out, _("%s: %llu entries, root %s\n"),
                      i == 0 ? "OLD" : "NEW", (unsigned long long)h->size,
                      root);
    }
    if (fault->reason != NULL)
        audit_print_fault(a, fault);
    audit_print_verdict(a, _(findings[f].text));
    return SV_OK;
}

enum exit_code
audit_compare(struct audit *a)
{
    struct audit_card card;
    struct side old = {0}, new = {0};
    enum exit_code code = EXIT_FAILED;
    enum finding f = NO_TILES;
    enum sv_err err;

    if (!audit_card_read(a, &card, &code))
        return code;
    if (open_side(a, &card, a->words[0], &old, &code) &&
        open_side(a, &card, a->words[1], &new, &code)) {
        err = compare(&old, &new, a->workers, &f);
        code = err == SV_OK ? audit_done(a, print_comparison(a, &old, &new, f),
                                         findings[f].code)
                            : audit_fail(a, new.path, err, NULL);
    }
    export_close(&old.e);
    export_close(&new.e);
    return code;
}
