#include "tests/support/desk.h"

#include <sys/wait.h>

#include "audit/audit_card.h"
#include "audit/export_write.h"

void
desk_card(const struct desk *d, const struct hash *vault)
{
    struct audit_card card = {.origin = FAKELOG_ORIGIN, .vault = *vault};
    struct fake_person gate = fake_person("gate");
    struct buf text = BUF_INIT;

    card.log_key = gate.sign;
    assert_ok(audit_card_encode(&card, &text));
    assert_ok(file_replace(d->card, 0600, buf_bytes(&text)));
    buf_free(&text);
}

/* The small log that the forgers begin with. */
int
desk_set_up(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    struct fakelog *f;
    struct request q;

    if (d == NULL)
        return -1;
    f = &d->f;
    support_dir_make(d->dir);
    assert_ok(path_join(d->export, d->dir, "export"));
    assert_ok(path_join(d->card, d->dir, "card"));
    assert_ok(path_join(d->out, d->dir, "out"));
    fakelog_found(f, "standard");
    (void)fakelog_hire(f, "ines", "intake", 0);
    (void)fakelog_hire(f, "cora", "caseworker", 0);
    (void)fakelog_hire(f, "carl", "clinician", 0);
    (void)fakelog_create(f, "ines", "intake", "victim", 1);
    (void)fakelog_create(f, "ines", "intake", "victim", 2);
    d->import = fakelog_import(f, "ines", "intake", "victim", 10, 3);
    d->assign_one =
        fakelog_assign(f, ACT_RECORD_ASSIGN, "victim", 1, "cora", OUTCOME_DONE);
    (void)fakelog_read(f, "cora", "caseworker", "victim", 1, "facts");
    q = fakelog_request_on(f, ACT_RECORD_READ, "cora", "caseworker", "victim",
                           2, "facts");
    d->denied_two = fakelog_denied(f, &q, "not-assigned");
    desk_card(d, &f->replay.roster.vault);
    *state = d;
    return 0;
}

int
desk_tear_down(void **state)
{
    struct desk *d = *state;

    fakelog_clear(&d->f);
    support_dir_remove(d->dir);
    free(d);
    return 0;
}

void
desk_export(const struct desk *d)
{
    fakelog_export(&d->f, d->export);
}

/* Run it; what it says goes to *out, with a NUL.  The exit code.  more: what
 * stands behind, quoted for the shell. */
int
desk_run(const struct desk *d, const char *verb, const char *more,
         struct buf *out)
{
    char command[5 * PATH_SIZE];
    int status;

    (void)snprintf(command, sizeof command,
                   "XDG_STATE_HOME='%s' LANGUAGE=en '%s' %s '%s' --key '%s' %s "
                   ">'%s' 2>&1",
                   d->dir, SV_AUDIT_PROGRAM, verb, d->export, d->card, more,
                   d->out);
    status = system(command); /* NOLINT(cert-env33-c): all of it is ours */
    assert_true(WIFEXITED(status));
    buf_truncate(out, 0);
    assert_ok(file_read(d->out, 1 << 20, out));
    for (size_t i = 0; i < out->len; i++)
        assert_true(out->ptr[i] >= 0x20 || out->ptr[i] == '\n');
    assert_ok(buf_append(out, bytes_of("", 1)));
    return WEXITSTATUS(status);
}

int
desk_verify(const struct desk *d, struct buf *out)
{
    return desk_run(d, "verify", "", out);
}

void
assert_said(int code, int want, const struct buf *out, const char *text)
{
    const char *said = (const char *)out->ptr;

    if (code != want || strstr(said, text) == NULL)
        fail_msg("exit %d, no \"%s\" in:\n%s", code, text, said);
}
