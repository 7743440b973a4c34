#include <string.h>
#include <sys/stat.h>

#include "audit/audit_card.h"
#include "cli/founding.h"
#include "vault/builtin.h"

/* One of the two people who found a vault. */
struct founding_key {
    const char *path;
    char pin_path[PATH_SIZE];
    struct keyfile file;
    struct userkey key;
};

struct founding {
    struct app *app;
    const char *dir;
    const char *origin;
    const char *profile;
    const char *remember;
    struct founding_key administrator, supervisor;
    const char *recovery; /* the card of a key kept elsewhere, or NULL */
    struct card recovery_card;
    struct gate_keys *gate; /* in the arena */
    struct policy policy;
};

/* ---- Before anything is made ---- */

static bool
read_key(struct app *app, struct founding_key *k, enum exit_code *code)
{
    struct stat st;

    if (!userkey_read(app, k->path, &k->file, code))
        return false;
    if (path_suffix(k->pin_path, k->path, ".head") != SV_OK) {
        *code = app_fail(app, k->path, SV_ERR_RANGE, NULL);
        return false;
    }
    if (lstat(k->pin_path, &st) == 0) {
        *code = app_fail(app, k->pin_path, SV_ERR_EXISTS,
                         _("this key belongs to a vault already"));
        app_hint(app, "%s",
                 _("Make a new key for the new vault: svault key "
                   "new FILE --name NAME"));
        return false;
    }
    return true;
}

static bool
are_two_people(struct founding *f, enum exit_code *code)
{
    const struct card *a = &f->administrator.file.card;
    const struct card *s = &f->supervisor.file.card;

    if (f->recovery != NULL && (strcmp(f->recovery_card.name, a->name) == 0 ||
                                strcmp(f->recovery_card.name, s->name) == 0)) {
        *code = app_usage(f->app, "%s",
                          _("the key for recovery is a third one, with a name "
                            "of its own"));
        return false;
    }
    if (strcmp(a->name, s->name) != 0 &&
        memcmp(a->sign.b, s->sign.b, sizeof a->sign.b) != 0 &&
        memcmp(a->box.b, s->box.b, sizeof a->box.b) != 0)
        return true;
    *code = app_usage(f->app, "%s",
                      _("administrator and supervisor must be two people, "
                        "each with her own name and key"));
    return false;
}

static bool
is_new(struct founding *f, enum exit_code *code)
{
    char gate[PATH_SIZE];
    const char *taken = NULL;
    struct stat st;
    enum sv_err err = path_suffix(gate, f->dir, ".gate");

    if (err != SV_OK) {
        *code = app_fail(f->app, f->dir, err, NULL);
        return false;
    }
    if (lstat(f->dir, &st) == 0)
        taken = f->dir;
    else if (lstat(gate, &st) == 0)
        taken = gate;
    if (taken == NULL)
        return true;
    *code = app_fail(f->app, taken, SV_ERR_EXISTS,
                     _("exists already; a vault is founded in a new place"));
    if (taken == gate)
        app_hint(f->app,
                 _("It is the key of a vault in %s. If there never was one, "
                   "because svault init was stopped, remove it."),
                 f->dir);
    return false;
}

/* ---- Making it ---- */

static enum sv_err
make_gate_keys(struct founding *f)
{
    void *keys = NULL;
    enum sv_err err = secret_new(f->app->arena, sizeof *f->gate, &keys);

    if (err != SV_OK)
        return err;
    f->gate = keys;
    f->gate->epoch = 1;
    rng_fill(&f->app->rng, f->gate->root, sizeof f->gate->root);
    gate_keys_derive(f->gate);
    return SV_OK;
}

#define FOUNDERS_MAX 5

/*
 * Who has which role from the start.  In a small office nobody else could
 * give these two their second roles: the only administrator cannot propose
 * herself, the only supervisor cannot confirm herself.
 */
static size_t
list_founders(const struct founding *f, struct founder out[static FOUNDERS_MAX])
{
    const struct founding_key *a = &f->administrator, *s = &f->supervisor;
    size_t n = 0;

    out[n++] =
        (struct founder){"administrator", a->file.card, &a->key.identity};
    out[n++] = (struct founder){"supervisor", s->file.card, &s->key.identity};
    if (strcmp(f->profile, PROFILE_SMALL) == 0) {
        out[n++] =
            (struct founder){"caseworker", s->file.card, &s->key.identity};
        out[n++] = (struct founder){"approver", a->file.card, &a->key.identity};
    }
    if (f->recovery != NULL)
        out[n++] = (struct founder){"recovery", f->recovery_card, NULL};
    return n;
}

static enum sv_err
create(struct founding *f)
{
    struct gate_config config = {
        .dir = f->dir, .clock = f->app->clock, .rng = f->app->rng};
    struct founder founders[FOUNDERS_MAX];
    size_t n = list_founders(f, founders);
    struct schema_source schema = schema_builtin();
    uint8_t hash[DIGEST_LEN];
    struct sign_public log_key;
    struct box_public gate_box;
    struct buf founding = BUF_INIT;
    enum sv_err err;

    err = make_gate_keys(f);
    if (err != SV_OK)
        return err;
    sign_public_of(&f->gate->log, &log_key);
    err = box_public_of(&f->gate->box, &gate_box);
    schema_hash(schema, hash);
    if (err == SV_OK)
        err = client_found(&f->app->rng, &f->app->clock, f->origin, &f->policy,
                           hash, &log_key, &gate_box, founders, n, &founding);
    if (err == SV_OK)
        err = gate_create(&config, f->gate, schema, buf_bytes(&founding));
    buf_free(&founding);
    return err;
}

/* Both founders stand beside the gate: they need no telephone. */
static bool
set_pin(struct founding *f, struct founding_key *k, enum exit_code *code)
{
    struct buf file = BUF_INIT;
    struct pin pin;
    enum sv_err err;

    pin_init(&pin);
    pin.vault = f->gate->vault;
    (void)snprintf(pin.origin, sizeof pin.origin, "%s", f->origin);
    err = pin_encode(&pin, &k->key.identity, &file);
    if (err == SV_OK)
        err = file_create(k->pin_path, 0600, buf_bytes(&file));
    if (err != SV_OK) {
        /* Nobody is told to make room and do again what is done. */
        *code = app_fail(f->app, k->pin_path,
                         err == SV_ERR_FULL || err == SV_ERR_NOMEM ? SV_ERR_IO
                                                                   : err,
                         _(err_text(err)));
        app_hint(f->app, "%s",
                 _("What you asked for is done; do not repeat it."));
        app_hint(f->app, "%s",
                 _("The vault is founded; her next command will ask for the "
                   "gate's fingerprint."));
    }
    pin_clear(&pin);
    buf_free(&file);
    return err == SV_OK;
}

/* What outsiders have to know of the vault, while the founders are together. */
static enum sv_err
print_card(const struct founding *f, const struct sign_public *log_key)
{
    struct audit_card card = {.log_key = *log_key, .vault = f->gate->vault};
    struct buf text = BUF_INIT;
    enum sv_err err =
        text_copy(bytes_text(f->origin), card.origin, sizeof card.origin);

    if (err == SV_OK)
        err = audit_card_encode(&card, &text);
    if (err == SV_OK) {
        (void)fprintf(f->app->term.out, "\n%s\n",
                      _("The auditor's card, to hand over on paper: with it "
                        "she can check the log elsewhere\n(svault-audit), and "
                        "a witness can cosign it. Again: svault status "
                        "--card"));
        (void)fwrite(text.ptr, 1, text.len, f->app->term.out);
    }
    buf_free(&text);
    return err;
}

static enum exit_code
say_founded(struct founding *f)
{
    struct app *app = f->app;
    char fingerprint[WORDS_TEXT_SIZE], vkey[NOTE_VKEY_SIZE];
    struct sign_public log_key;
    enum sv_err err;

    client_fingerprint(&f->gate->vault, fingerprint);
    sign_public_of(&f->gate->log, &log_key);
    err = note_vkey(f->origin, &log_key, vkey);
    if (err != SV_OK)
        return app_told(app, err);
    app_remember(app, "vault", f->remember);
    if (app->json)
        return app_told(
            app,
            term_json(
                &app->term,
                json_pack("{s:s, s:o, s:s, s:s, s:o, s:s}", "origin", f->origin,
                          "vault", app_json_hex(BYTES(f->gate->vault.b)),
                          "gate_fingerprint", fingerprint, "log_key", vkey,
                          "directory", json_bytes(bytes_text(f->dir)),
                          "profile", f->policy.profile)));
    (void)fprintf(app->term.out,
                  _("Vault:              %s (%s)\n"
                    "Gate's fingerprint: %s\n"
                    "Log key:            %s\n"),
                  f->origin, f->dir, fingerprint, vkey);
    err = print_card(f, &log_key);
    if (err != SV_OK)
        return app_told(app, err);
    if (strcmp(f->profile, PROFILE_SMALL) == 0)
        app_hint(app, "%s",
                 _("Small office: the supervisor is caseworker, too, and "
                   "assigns herself; the administrator approves releases; "
                   "caseworkers may do intake, justice liaison and "
                   "statistics, and read health and legal parts; one holder "
                   "for each key is enough. Never: approving one's own "
                   "release, sponsoring oneself, auditing as administrator. "
                   "It stands in the log, and svault status says it."));
    if (f->recovery == NULL)
        app_hint(app, "%s",
                 _("Warning: there is no key for recovery (--recovery "
                   "KEY.pub). If the supervisors lose their keys, the records "
                   "are lost."));
    app_hint(app,
             _("Next: write the gate's fingerprint down; every new member of "
               "staff gets it from her sponsor.\n%s.gate is the gate's key: "
               "it never goes into the same backup as %s.\nThe administrator "
               "proposes staff:  svault staff propose KEY.pub --role ROLE\n"
               "The supervisor confirms:          svault staff confirm "
               "NAME"),
             f->dir, f->dir);
    return app_told(app, SV_OK);
}

static enum exit_code
found(struct founding *f)
{
    struct app *app = f->app;
    struct diag where = {0};
    enum exit_code code = EXIT_FAILED;
    enum sv_err err;

    err =
        policy_from_json(builtin_policy_json(), f->profile, &f->policy, &where);
    if (err == SV_ERR_INPUT)
        return app_fail_diag(app, NULL, &where);
    if (err != SV_OK)
        return app_fail(app, NULL, err, NULL);
    if (!is_new(f, &code) || !read_key(app, &f->administrator, &code) ||
        !read_key(app, &f->supervisor, &code) || !are_two_people(f, &code) ||
        !userkey_open(app, f->administrator.path, &f->administrator.file,
                      &f->administrator.key, &code) ||
        !userkey_open(app, f->supervisor.path, &f->supervisor.file,
                      &f->supervisor.key, &code))
        return code;
    err = create(f);
    if (err != SV_OK)
        return app_fail(app, f->dir, err, NULL);
    if (!set_pin(f, &f->administrator, &code) ||
        !set_pin(f, &f->supervisor, &code)) {
        (void)say_founded(f);
        return code;
    }
    return say_founded(f);
}

enum exit_code
found_vault(struct app *app, const struct founding_plan *plan)
{
    struct founding f = {.app = app,
                         .origin = plan->origin,
                         .profile = plan->profile != NULL ? plan->profile
                                                          : PROFILE_STANDARD,
                         .remember = plan->remember,
                         .administrator = {.path = plan->administrator},
                         .supervisor = {.path = plan->supervisor},
                         .recovery = plan->recovery};
    char dir[PATH_SIZE]; /* without a slash at its end */
    enum exit_code code;

    if (path_suffix(dir, plan->dir, "") != SV_OK)
        return app_fail(app, plan->dir, SV_ERR_RANGE, NULL);
    f.dir = dir;
    if (!checkpoint_origin_ok(f.origin))
        return app_usage(app, "%s",
                         _("--origin: 1 to 128 letters, digits and -._~/: "
                           "of ASCII, as in office.example/vault"));
    if (strcmp(f.profile, PROFILE_STANDARD) != 0 &&
        strcmp(f.profile, PROFILE_SMALL) != 0)
        return app_usage(app, "%s",
                         _("--profile: standard or "
                           "small-office"));
    if (f.recovery != NULL &&
        !app_card(app, f.recovery, &f.recovery_card, &code))
        return code;
    code = found(&f);
    keyfile_wipe(&f.administrator.file);
    keyfile_wipe(&f.supervisor.file);
    userkey_close(&f.administrator.key);
    userkey_close(&f.supervisor.key);
    secret_free(app->arena, f.gate);
    return code;
}

enum exit_code
cmd_init(struct app *app, int argc, char **argv)
{
    struct founding_plan plan = {0};
    const struct flag flags[] = {
        {"origin", 0, &plan.origin, NULL},
        {"administrator", 0, &plan.administrator, NULL},
        {"supervisor", 0, &plan.supervisor, NULL},
        {"profile", 0, &plan.profile, NULL},
        {"recovery", 0, &plan.recovery, NULL},
        {0}};
    char **words;

    if (!app_args(app, argc, argv, flags, 1, 1, &words))
        return EXIT_USAGE;
    plan.dir = words[0];
    plan.remember = words[0];
    if (plan.origin == NULL || plan.administrator == NULL ||
        plan.supervisor == NULL)
        return app_usage(app, "%s",
                         _("--origin, --administrator and "
                           "--supervisor are all needed"));
    return found_vault(app, &plan);
}
