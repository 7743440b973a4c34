#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/witness.h"
#include "base/clock.h"
#include "cli/audit.h"
#include "crypto/arena.h"
#include "crypto/rng.h"

#define STATE_SUFFIX ".state"
#define ANSWER_SUFFIX ".cosigned"
/* Heads are no secret, and a stick is read under another account. */
#define ANSWER_MODE 0644

struct witnessing {
    struct audit *audit;
    struct audit_card card;
    struct sign_seed seed; /* wiped at the end */
    char name[NOTE_NAME_MAX + 1];
    char vkey[NOTE_VKEY_SIZE];
    char state[PATH_SIZE];
    char answer[PATH_SIZE];
    struct witness witness;
};

static const struct {
    const char *word; /* in JSON */
    const char *text; /* msgid */
    enum exit_code code;
} findings[] = {
    [WITNESS_COSIGNED] = {"cosigned",
                          N_("Verdict: COSIGNED. It goes on from all that this "
                             "witness has cosigned."),
                          EXIT_DONE},
    [WITNESS_UNKNOWN] = {"unknown",
                         N_("Verdict: NOT COSIGNED. This witness has cosigned "
                            "nothing of this log yet. If it is the\nfirst "
                            "time, say so with --first; if its state was "
                            "lost, go on from what it cosigned last\n(--from "
                            "FILE; the office and the auditor have it)."),
                         EXIT_UNVERIFIED},
    [WITNESS_OTHER_SIZE] = {"other-size",
                            N_("Verdict: NOT COSIGNED. The request is not from "
                               "what this witness cosigned last; that is in "
                               "the\nanswer: with it the office makes another "
                               "request."),
                            EXIT_BUSY},
    [WITNESS_SMALLER] = {"smaller",
                         N_("Verdict: NOT COSIGNED. It has FEWER ENTRIES than "
                            "this witness has cosigned: an old request, or\n"
                            "the log was cut. What was cosigned is in the "
                            "answer."),
                         EXIT_ALTERED},
    [WITNESS_FORK] = {"fork",
                      N_("Verdict: NOT COSIGNED. The log's key signed TWO "
                         "HEADS THAT CONTRADICT EACH OTHER. Both are kept:\n"
                         "they prove it."),
                      EXIT_ALTERED},
    [WITNESS_UNPROVED] = {"unproved",
                          N_("Verdict: NOT COSIGNED. Nothing proves that it "
                             "goes on from what was cosigned: the request is\n"
                             "damaged, or it is ANOTHER BRANCH. Both heads "
                             "are kept."),
                          EXIT_ALTERED},
    [WITNESS_CLOCK] = {"clock",
                       N_("Verdict: NOT COSIGNED. This machine's clock is "
                          "behind the last cosignature: set it."),
                       EXIT_FAILED},
};

/* ---- A key of its own ---- */

static enum sv_err
make_key(struct witnessing *w)
{
    struct audit *a = w->audit;
    struct rng rng = rng_system();
    struct buf text = BUF_INIT;
    struct sign_public pub;
    enum sv_err err;

    rng_fill(&rng, w->seed.b, sizeof w->seed.b);
    sign_public_of(&w->seed, &pub);
    err = note_vkey_type(a->name, NOTE_TYPE_COSIGNATURE, &pub, w->vkey);
    if (err == SV_OK)
        err = cosign_key_encode(a->name, &w->seed, &text);
    /* A state without a key is harmless; a key without one is not. */
    if (err == SV_OK && mkdir(w->state, 0700) != 0)
        err = err_of_errno(errno);
    if (err == SV_OK) {
        err = path_sync(w->state);
        if (err == SV_OK)
            err = file_create(a->new_key, 0600, buf_bytes(&text));
        if (err != SV_OK)
            (void)rmdir(w->state);
    }
    buf_free(&text);
    return err;
}

static enum exit_code
new_key(struct witnessing *w)
{
    struct audit *a = w->audit;
    struct stat st;
    enum sv_err err;

    if (!note_name_ok(bytes_text(a->name)))
        return audit_usage(a, "%s",
                           _("--name: the witness's name is needed, without "
                             "spaces and '+', as in board.example/w1"));
    if (lstat(a->new_key, &st) == 0)
        return audit_fail(a, a->new_key, SV_ERR_EXISTS, NULL);
    err = make_key(w);
    if (err == SV_ERR_EXISTS)
        return audit_fail(a, w->state, err, NULL);
    if (err != SV_OK)
        return audit_fail(a, a->new_key, err, NULL);
    if (a->json)
        return audit_done(
            a,
            term_json(&a->term,
                      json_pack("{s:s, s:o?, s:o?}", "witness", w->vkey,
                                "key_file", json_bytes(bytes_text(a->new_key)),
                                "state", json_bytes(bytes_text(w->state)))),
            EXIT_DONE);
    (void)fprintf(a->term.out, "%s\n", w->vkey);
    (void)fprintf(a->term.err, "%s\n",
                  _("This line is the witness's key (vkey): give it to the "
                    "office and to the auditor. Key file and\nstate stay with "
                    "the witness, together; who loses the state must not "
                    "begin anew with this key."));
    return audit_done(a, SV_OK, EXIT_DONE);
}

/* ---- What every other call needs ---- */

static bool
read_signer(struct witnessing *w, enum exit_code *code)
{
    struct audit *a = w->audit;
    struct buf text = BUF_INIT;
    struct sign_public pub;
    struct stat st;
    enum sv_err err = file_read(a->signer, COSIGN_KEY_MAX, &text);

    if (err == SV_OK)
        err = cosign_key_parse(buf_bytes(&text), w->name, sizeof w->name,
                               &w->seed);
    buf_free(&text);
    if (err == SV_ERR_FORMAT || err == SV_ERR_RANGE)
        *code = audit_fail(a, a->signer, SV_ERR_INPUT,
                           _("not the key of a witness"));
    else if (err != SV_OK)
        *code = audit_fail(a, a->signer, err, NULL);
    if (err != SV_OK)
        return false;
    if (stat(a->signer, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        term_text(a->term.err, bytes_text(a->signer), false, 0);
        (void)fprintf(a->term.err, ": %s\n",
                      _("others on this machine can read this key"));
    }
    sign_public_of(&w->seed, &pub);
    (void)note_vkey_type(w->name, NOTE_TYPE_COSIGNATURE, &pub, w->vkey);
    w->witness = (struct witness){w->state, w->name, &w->seed, -1};
    return true;
}

static bool
open_state(struct witnessing *w, enum exit_code *code)
{
    struct audit *a = w->audit;
    char holder[WITNESS_HOLDER_SIZE];
    enum sv_err err;

    /* Whoever has the last checkpoint may make the directory again. */
    if (a->from != NULL && mkdir(w->state, 0700) != 0 && errno != EEXIST) {
        *code = audit_fail(a, w->state, err_of_errno(errno), NULL);
        return false;
    }
    err = witness_open(&w->witness, holder);
    if (err == SV_ERR_NOT_FOUND)
        *code = audit_fail(a, w->state, err,
                           _("the witness's state is not there; a witness "
                             "that has forgotten what it cosigned must not "
                             "begin anew (--state, --from)"));
    else if (err == SV_ERR_BUSY && holder[0] != '\0')
        *code = audit_fail(a, w->state, err, holder);
    else if (err != SV_OK)
        *code = audit_fail(a, w->state, err, NULL);
    return err == SV_OK;
}

static bool
read_note(struct audit *a, const char *path, size_t max, struct buf *out,
          enum exit_code *code)
{
    enum sv_err err = file_read(path, max, out);

    if (err != SV_OK)
        *code = audit_fail(a, path, err, NULL);
    return err == SV_OK;
}

/* ---- Cosigning ---- */

static json_t *
json_evidence(const struct witness_result *r)
{
    json_t *all = json_array();

    for (unsigned i = 0; i < 2 && r->evidence[0][0] != '\0'; i++)
        (void)json_array_append_new(all,
                                    json_bytes(bytes_text(r->evidence[i])));
    return all;
}

static enum sv_err
print_json(const struct witnessing *w, const struct witness_result *r,
           bool written, uint64_t unix_s)
{
    bool done = r->finding == WITNESS_COSIGNED;

    return term_json(
        &w->audit->term,
        json_pack(
            "{s:b, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o?, s:o}", "ok", done,
            "verdict", findings[r->finding].word, "witness", w->vkey, "origin",
            w->card.origin, "size", audit_json_number(r->asked.size), "root",
            audit_json_root(&r->asked.root), "cosigned_before",
            r->last_unix_s != 0 ? audit_json_number(r->last.size) : json_null(),
            "time", done ? audit_json_number(unix_s) : json_null(), "answer",
            written ? json_bytes(bytes_text(w->answer)) : json_null(),
            "evidence", json_evidence(r)));
}

static void
print_file(FILE *out, const char *label, const char *path)
{
    (void)fputs(label, out);
    term_text(out, bytes_text(path), false, 0);
    (void)fputc('\n', out);
}

static enum sv_err
print_text(const struct witnessing *w, const struct witness_result *r,
           bool written)
{
    FILE *out = w->audit->term.out;
    char root[BASE64_SIZE(SHA256_LEN)], when[TIME_SIZE];

    text_base64(BYTES(r->asked.root.b), root);
    (void)fprintf(out, _("Log: %s, %llu entries, root %s\n"), w->card.origin,
                  (unsigned long long)r->asked.size, root);
    if (r->last_unix_s != 0) {
        text_time(r->last_unix_s * 1000, when);
        (void)fprintf(out, _("Cosigned last: %llu entries, at %s\n"),
                      (unsigned long long)r->last.size, when);
    }
    for (unsigned i = 0; i < 2 && r->evidence[0][0] != '\0'; i++)
        print_file(out, _("Evidence: "), r->evidence[i]);
    if (written)
        print_file(out, _("Answer: "), w->answer);
    (void)fprintf(out, "%s\n", _(findings[r->finding].text));
    return SV_OK;
}

static enum exit_code
give_answer(struct witnessing *w, const struct witness_result *r,
            uint64_t unix_s)
{
    struct audit *a = w->audit;
    bool written = r->note.len > 0 && r->finding != WITNESS_CLOCK;
    enum sv_err err = SV_OK;

    if (written)
        err = file_replace(w->answer, ANSWER_MODE, buf_bytes(&r->note));
    if (err != SV_OK)
        return audit_fail(a, w->answer, err, NULL);
    return audit_done(a,
                      a->json ? print_json(w, r, written, unix_s)
                              : print_text(w, r, written),
                      findings[r->finding].code);
}

static enum exit_code
answer_request(struct witnessing *w, struct bytes request)
{
    struct audit *a = w->audit;
    struct witness_log log = {w->card.origin, &w->card.log_key};
    struct witness_result r = {.note = BUF_INIT};
    struct clock clock = clock_system();
    uint64_t unix_s = clock_now(&clock) / 1000;
    enum exit_code code;
    enum sv_err err =
        witness_answer(&w->witness, &log, request, a->first, unix_s, &r);

    if (err == SV_ERR_FORMAT)
        return audit_fail(a, a->words[0], err,
                          _("not a request for a witness"));
    if (err == SV_ERR_UNVERIFIED)
        return audit_fail(a, a->words[0], SV_ERR_TAMPERED,
                          _("not a head that this log's key signed"));
    if (err == SV_ERR_TAMPERED)
        return audit_fail(a, w->state, err,
                          _("what was cosigned last is damaged, or of another "
                            "key; nothing is cosigned"));
    if (err != SV_OK)
        return audit_fail(a, w->state, err, NULL);
    code = give_answer(w, &r, unix_s);
    witness_result_clear(&r);
    return code;
}

/* ---- After a loss of its state ---- */

static enum exit_code
adopt(struct witnessing *w, struct bytes note)
{
    struct audit *a = w->audit;
    struct witness_log log = {w->card.origin, &w->card.log_key};
    struct checkpoint head = {.size = 0};
    enum sv_err err = witness_adopt(&w->witness, &log, note, &head);

    if (err == SV_ERR_UNVERIFIED || err == SV_ERR_FORMAT)
        return audit_fail(a, a->from, SV_ERR_TAMPERED,
                          _("not a head of this log that this witness "
                            "cosigned"));
    if (err == SV_ERR_EXISTS)
        return audit_fail(a, w->state, err,
                          _("the state has a later word on this log"));
    if (err != SV_OK)
        return audit_fail(a, w->state, err, NULL);
    if (a->json)
        return audit_done(
            a,
            term_json(&a->term, json_pack("{s:s, s:s, s:o}", "witness", w->vkey,
                                          "origin", w->card.origin, "size",
                                          audit_json_number(head.size))),
            EXIT_DONE);
    (void)fprintf(a->term.out, _("It goes on from %llu entries of %s.\n"),
                  (unsigned long long)head.size, w->card.origin);
    return audit_done(a, SV_OK, EXIT_DONE);
}

/* ---- The command ---- */

/* One of three: a new key, a lost state, a request. */
static bool
makes_sense(const struct audit *a)
{
    bool asks = a->n_words > 0;

    if (!asks && (a->first || a->output != NULL))
        return false;
    if (a->new_key != NULL)
        return a->name != NULL && a->signer == NULL && a->from == NULL &&
               a->key == NULL && !asks;
    return a->name == NULL && a->signer != NULL && asks == (a->from == NULL);
}

static enum sv_err
find_paths(struct witnessing *w)
{
    struct audit *a = w->audit;
    const char *key = a->new_key != NULL ? a->new_key : a->signer;
    enum sv_err err = path_suffix(w->state, a->state != NULL ? a->state : key,
                                  a->state != NULL ? "" : STATE_SUFFIX);

    if (err != SV_OK || a->n_words == 0)
        return err;
    return a->output != NULL
               ? path_suffix(w->answer, a->output, "")
               : path_suffix(w->answer, a->words[0], ANSWER_SUFFIX);
}

static enum exit_code
work(struct witnessing *w)
{
    struct audit *a = w->audit;
    struct buf in = BUF_INIT;
    bool adopts = a->from != NULL;
    enum exit_code code = EXIT_FAILED;

    if (!audit_card_read(a, &w->card, &code) || !read_signer(w, &code))
        return code;
    if (read_note(a, adopts ? a->from : a->words[0],
                  adopts ? WITNESS_NOTE_MAX : WITNESS_REQUEST_MAX, &in,
                  &code) &&
        open_state(w, &code))
        code = adopts ? adopt(w, buf_bytes(&in))
                      : answer_request(w, buf_bytes(&in));
    witness_close(&w->witness);
    buf_free(&in);
    return code;
}

enum exit_code
audit_witness(struct audit *a)
{
    struct witnessing w = {.audit = a};
    enum exit_code code;

    if (!makes_sense(a))
        return audit_usage(a, "%s",
                           _("a request and --signer, or --from and --signer, "
                             "or --new-key and --name are needed"));
    if (find_paths(&w) != SV_OK)
        return audit_fail(a, NULL, SV_ERR_RANGE, NULL);
    /* The only secret of this program: in no core file. */
    if (process_harden() != SV_OK)
        return audit_fail(a, NULL, SV_ERR_IO, NULL);
    code = a->new_key != NULL ? new_key(&w) : work(&w);
    wipe(&w.seed, sizeof w.seed);
    return code;
}
