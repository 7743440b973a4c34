#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/cosign.h"
#include "audit/line.h"
#include "base/clock.h"
#include "cli/audit.h"
#include "policy/replay_export.h"

enum judgement {
    JUDGED_GOOD,
    JUDGED_NOT_WHOLE,
    JUDGED_ALTERED,
    JUDGED_UNLAWFUL,
    JUDGED_HEADS,       /* good as far as it goes: no entries to judge */
    JUDGED_OLDER,       /* good, but it had more entries when checked before */
    JUDGED_UNWITNESSED, /* good, but a witness that was asked for is missing */
};

static const struct {
    const char *word; /* in JSON */
    const char *text; /* msgid */
    enum exit_code code;
} judgements[] = {
    [JUDGED_GOOD] = {"good", N_("Verdict: whole, unaltered, lawful."),
                     EXIT_DONE},
    [JUDGED_NOT_WHOLE] = {"not-whole",
                          N_("Verdict: NOT WHOLE. Whether the rest is "
                             "unaltered and lawful was not judged."),
                          EXIT_ALTERED},
    [JUDGED_ALTERED] = {"altered",
                        N_("Verdict: ALTERED. Whether it was lawful was not "
                           "judged."),
                        EXIT_ALTERED},
    [JUDGED_UNLAWFUL] = {"unlawful",
                         N_("Verdict: whole and unaltered, but NOT LAWFUL."),
                         EXIT_ALTERED},
    [JUDGED_HEADS] = {"heads-only",
                      N_("Verdict: the tree is whole and unaltered; whether "
                         "it is lawful nobody can tell without the entries."),
                      EXIT_UNVERIFIED},
    [JUDGED_OLDER] = {"older",
                      N_("Verdict: whole, unaltered, lawful; but it has FEWER "
                         "ENTRIES than when it was checked before."),
                      EXIT_UNVERIFIED},
    [JUDGED_UNWITNESSED] = {"unwitnessed",
                            N_("Verdict: whole, unaltered, lawful; but NOT "
                               "COSIGNED by every witness you named."),
                            EXIT_UNVERIFIED},
};

struct witness {
    char name[NOTE_NAME_MAX + 1];
    struct sign_public key;
    bool signed_it;
    uint64_t unix_s;
};

struct verifying {
    struct audit *audit;
    struct audit_card card;
    struct export e;
    bool has_entries;
    unsigned n_witnesses;
    struct witness witnesses[AUDIT_WITNESSES_MAX];
    struct progress progress;
    struct audit_known before; /* size 0: none */
    bool spared;               /* signatures up to it were not verified */
    struct replay replay;
    struct replay_fault unlawful;
    struct export_fault fault; /* reason NULL: none */
    enum judgement judgement;
    const char *spill; /* the directory, once it is known */
};

/* ---- Witnesses ---- */

static bool
read_witnesses(struct verifying *v, enum exit_code *code)
{
    struct audit *a = v->audit;

    for (; v->n_witnesses < a->n_witnesses; v->n_witnesses++) {
        struct witness *w = &v->witnesses[v->n_witnesses];

        if (note_vkey_parse_type(bytes_text(a->witnesses[v->n_witnesses]),
                                 NOTE_TYPE_COSIGNATURE, w->name, sizeof w->name,
                                 &w->key) == SV_OK)
            continue;
        *code = audit_usage(a, "%s", _("--witness: not the key of a witness"));
        return false;
    }
    return true;
}

/* A known signature that fails spoils the whole head. */
static enum sv_err
check_witnesses(struct verifying *v)
{
    struct note note;
    enum sv_err err = note_parse(buf_bytes(&v->e.note), &note);

    for (unsigned i = 0; i < v->n_witnesses && err == SV_OK; i++) {
        struct witness *w = &v->witnesses[i];

        err = cosign_verify(&note, w->name, &w->key, &w->unix_s);
        w->signed_it = err == SV_OK;
        if (err == SV_ERR_NOT_FOUND)
            err = SV_OK;
        else if (err != SV_OK || w->unix_s > LINE_TIME_MAX / 1000)
            err = export_wrong(&v->e, EXPORT_CHECKPOINT, false,
                               N_("a witness's signature fails"));
    }
    return err;
}

static bool
is_witnessed(const struct verifying *v)
{
    for (unsigned i = 0; i < v->n_witnesses; i++)
        if (!v->witnesses[i].signed_it)
            return false;
    return true;
}

/* ---- Whole and unaltered, then lawful ---- */

/* Who reads JSON is no person. */
static export_progress_fn
show_progress(const struct verifying *v)
{
    return v->audit->json ? NULL : term_progress;
}

static enum sv_err
check_files(struct verifying *v)
{
    enum sv_err err = export_open(&v->e, v->audit->words[0], v->card.origin,
                                  &v->card.log_key);

    if (err == SV_OK)
        err = check_witnesses(v);
    if (err == SV_OK)
        err = export_check_names(&v->e);
    if (err == SV_OK) {
        v->has_entries = export_has_entries(&v->e) || v->e.head.size == 0;
        v->spared = v->has_entries && !v->audit->full && v->before.size > 0 &&
                    v->before.size <= v->e.head.size;
        err = export_check_tree(&v->e, v->has_entries, v->audit->workers,
                                show_progress(v), &v->progress);
        term_progress_end(&v->progress);
    }
    /* With its entries, the replay says so. */
    if (err == SV_OK && !v->has_entries)
        err = export_check_genesis(&v->e, &v->card.vault);
    return err;
}

static enum sv_err
unlawful(struct verifying *v, uint64_t entry, const char *reason)
{
    v->unlawful = (struct replay_fault){entry, reason};
    return SV_ERR_TAMPERED;
}

/* For what of the replay has no room in memory: handles and hashes that stand
 * in the export, too.  Where there is no such place, memory has to do. */
static void
use_disk(struct verifying *v)
{
    const char *dir = getenv("TMPDIR");

    v->spill = dir != NULL && dir[0] != '\0' ? dir : "/var/tmp";
    if (access(v->spill, W_OK | X_OK) == 0)
        replay_spill(&v->replay, v->spill, REPLAY_MEMORY);
}

static enum sv_err
replay_all(struct verifying *v)
{
    const struct roster *r = &v->replay.roster;
    struct replay_plan plan = {.workers = v->audit->workers,
                               .genesis = v->card.vault,
                               .before_size = v->before.size,
                               .before_root = v->before.root,
                               .spare = v->spared,
                               .progress = show_progress(v),
                               .ctx = &v->progress};
    enum sv_err err;

    use_disk(v);
    err = replay_export(&v->replay, &v->e, &plan, &v->unlawful);
    term_progress_end(&v->progress);
    if (err == SV_OK && !r->started)
        err = unlawful(v, 0, N_("does not begin with genesis"));
    if (err == SV_OK &&
        (strcmp(r->origin, v->card.origin) != 0 ||
         memcmp(r->log_key.b, v->card.log_key.b, sizeof r->log_key.b) != 0))
        err = unlawful(v, 0, N_("genesis names another log than the card"));
    return err;
}

/* Whoever names a witness asks for the log as it was when she cosigned it, and
 * is told when that was. */
static bool
is_older(const struct verifying *v)
{
    return v->before.size > v->e.head.size && v->n_witnesses == 0;
}

/* SV_OK with a judgement; other errors are of the machine. */
static enum sv_err
judge(struct verifying *v)
{
    enum sv_err err = check_files(v);

    if (err == SV_OK && v->has_entries)
        err = replay_all(v);
    if (err == SV_OK) {
        v->judgement = !v->has_entries   ? JUDGED_HEADS
                       : is_older(v)     ? JUDGED_OLDER
                       : is_witnessed(v) ? JUDGED_GOOD
                                         : JUDGED_UNWITNESSED;
        return SV_OK;
    }
    if (err != SV_ERR_TAMPERED)
        return err;
    if (v->unlawful.reason != NULL) {
        v->judgement = JUDGED_UNLAWFUL;
        v->fault = (struct export_fault){.reason = v->unlawful.reason,
                                         .has_entry = true,
                                         .entry = v->unlawful.index};
    } else {
        v->judgement =
            v->e.fault.incomplete ? JUDGED_NOT_WHOLE : JUDGED_ALTERED;
        v->fault = v->e.fault;
    }
    return SV_OK;
}

/* For the next time.  That there is no place for it changes no verdict. */
static void
keep_head(struct verifying *v)
{
    const struct clock clock = clock_system();
    const struct audit_known head = {v->e.head.size, v->e.head.root,
                                     clock_now(&clock)};

    if ((v->judgement == JUDGED_GOOD || v->judgement == JUDGED_UNWITNESSED) &&
        head.size >= v->before.size)
        (void)audit_known_keep(&v->card, &head);
}

/* ---- Saying it ---- */

static void
print_before(const struct verifying *v)
{
    char when[TIME_SIZE];

    if (v->before.size == 0)
        return;
    text_time(v->before.time_ms, when);
    if (v->spared)
        (void)fprintf(v->audit->term.out,
                      _("Checked before: %llu entries, on %s. Their "
                        "signatures were not verified again; --full does.\n"),
                      (unsigned long long)v->before.size, when);
    else if (v->before.size > v->e.head.size)
        (void)fprintf(v->audit->term.out,
                      _("NOTE: on %s this log had more entries: %llu. An older "
                        "copy, or a log that was cut: svault-audit compare "
                        "tells.\n"),
                      when, (unsigned long long)v->before.size);
}

/* A log that was restored from a backup goes on without what was entered
 * behind it, and can never again go on from a head of then. */
static void
print_restored(const struct verifying *v)
{
    char path[PATH_SIZE];
    bool is_other = v->judgement == JUDGED_ALTERED && v->before.size > 0 &&
                    v->replay.frontier.size == v->before.size;

    if ((!is_other && v->judgement != JUDGED_OLDER) ||
        v->replay.roster.n_restores == 0 || !audit_known_path(&v->card, path))
        return;
    (void)fputs(_("NOTE: the log says that it was restored from a backup. If "
                  "that was after the check before, and two\n"
                  "people tell you so, keep this file elsewhere, as evidence, "
                  "and verify again: "),
                v->audit->term.out);
    term_text(v->audit->term.out, bytes_text(path), false, 0);
    (void)fputc('\n', v->audit->term.out);
}

static json_t *
json_before(const struct verifying *v)
{
    if (v->before.size == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:b}", "size",
                     audit_json_number(v->before.size), "time",
                     audit_json_number(v->before.time_ms / 1000),
                     "signatures_spared", v->spared);
}

static void
print_witnesses(const struct verifying *v)
{
    FILE *out = v->audit->term.out;

    for (unsigned i = 0; i < v->n_witnesses; i++) {
        const struct witness *w = &v->witnesses[i];
        char when[TIME_SIZE];

        (void)fputs(_("Witness: "), out);
        term_text(out, bytes_text(w->name), false, 0);
        if (!w->signed_it) {
            (void)fprintf(out, ": %s\n", _("has not cosigned this head"));
            continue;
        }
        text_time(w->unix_s * 1000, when);
        (void)fprintf(out, ": %s\n", when);
    }
}

static enum sv_err
print_text(const struct verifying *v)
{
    struct audit *a = v->audit;
    FILE *out = a->term.out;
    char root[BASE64_SIZE(SHA256_LEN)];

    if (v->e.head.origin[0] != '\0') {
        text_base64(BYTES(v->e.head.root.b), root);
        (void)fprintf(out, _("Log: %s, %llu entries, root %s\n"),
                      v->e.head.origin, (unsigned long long)v->e.head.size,
                      root);
        print_witnesses(v);
        print_before(v);
    }
    if (v->replay.n_forked > 0)
        (void)fprintf(out,
                      _("Warning: requests that name a head which this log "
                        "never had: %llu, the last is entry %llu. Their\n"
                        "device was shown another log.\n"),
                      (unsigned long long)v->replay.n_forked,
                      (unsigned long long)v->replay.last_forked);
    if (v->fault.reason != NULL)
        audit_print_fault(a, &v->fault);
    print_restored(v);
    audit_print_verdict(a, _(judgements[v->judgement].text));
    return SV_OK;
}

static json_t *
json_witnesses(const struct verifying *v)
{
    json_t *out = json_array();

    for (unsigned i = 0; i < v->n_witnesses; i++) {
        const struct witness *w = &v->witnesses[i];

        (void)json_array_append_new(
            out, json_pack("{s:s, s:o}", "name", w->name, "time",
                           w->signed_it ? audit_json_number(w->unix_s)
                                        : json_null()));
    }
    return out;
}

static enum sv_err
print_json(const struct verifying *v)
{
    enum judgement j = v->judgement;
    bool good =
        j == JUDGED_GOOD || j == JUDGED_OLDER || j == JUDGED_UNWITNESSED;

    return term_json(
        &v->audit->term,
        json_pack(
            "{s:b, s:s, s:b, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, "
            "s:o?}",
            "ok", j == JUDGED_GOOD, "verdict", judgements[j].word, "whole",
            j != JUDGED_NOT_WHOLE, "unaltered",
            j == JUDGED_NOT_WHOLE ? json_null()
                                  : json_boolean(j != JUDGED_ALTERED),
            "lawful",
            good || j == JUDGED_UNLAWFUL ? json_boolean(good) : json_null(),
            "origin", v->card.origin, "size", audit_json_number(v->e.head.size),
            "root", audit_json_root(&v->e.head.root), "witnesses",
            json_witnesses(v), "checked_before", json_before(v), "other_log",
            audit_json_number(v->replay.n_forked), "fault",
            audit_json_fault(&v->fault), "again", audit_json_repeat(v->audit)));
}

/* What a failure of the machine is about. */
static const char *
failed_at(const struct verifying *v, enum sv_err err)
{
    if (err == SV_ERR_FULL && v->spill != NULL)
        return v->spill;
    return v->e.fault.place[0] != '\0' ? v->e.fault.place : v->audit->words[0];
}

enum exit_code
audit_verify(struct audit *a)
{
    struct verifying v = {.audit = a,
                          .progress = {.t = &a->term, .label = _("entries")}};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    if (!audit_card_read(a, &v.card, &code) || !read_witnesses(&v, &code))
        return code;
    if (!audit_known_read(&v.card, &v.before))
        v.before.size = 0;
    replay_init(&v.replay);
    err = judge(&v);
    if (err == SV_OK)
        keep_head(&v);
    if (err == SV_OK)
        code = audit_done(a, a->json ? print_json(&v) : print_text(&v),
                          judgements[v.judgement].code);
    else
        code = audit_fail(a, failed_at(&v, err), err, NULL);
    replay_clear(&v.replay);
    export_close(&v.e);
    return code;
}
