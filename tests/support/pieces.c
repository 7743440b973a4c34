#include "tests/support/pieces.h"

#include <sys/stat.h>

static struct office office;
struct handle pieces_record;

int
pieces_set_up(void **state)
{
    office_prepare(&office, NULL, NULL);
    office.recovery = true;
    assert_ok(office_found(&office));
    assert_ok(office_open(&office));
    assert_ok(office_hire(&office, "case-1", "caseworker"));
    assert_ok(office_hire(&office, "audit-1", "auditor"));
    assert_ok(
        office_record(&office, "case-1", "2022-001", FAMILY, &pieces_record));
    *state = &office;
    return 0;
}

int
pieces_tear_down(void **state)
{
    office_free(*state);
    return 0;
}

enum sv_err
pieces_keep(void *ctx, struct bytes piece)
{
    struct pieces *p = ctx;
    struct handle h;
    char case_no[16];

    assert_true(p->n < PIECES_MAX);
    assert_ok(buf_append(&p->at[p->n++], piece));
    if (!p->write)
        return SV_OK;
    (void)snprintf(case_no, sizeof case_no, "2023-%03zu", p->n);
    return office_record(p->o, "case-1", case_no, FAMILY, &h);
}

void
pieces_take(struct office *o, struct pieces *p)
{
    memset(p, 0, sizeof *p);
    p->o = o;
    assert_ok(client_backup(office_client(o, "admin-1"), pieces_keep, p));
}

void
pieces_free(struct pieces *p)
{
    for (size_t i = 0; i < p->n; i++)
        buf_free(&p->at[i]);
    p->n = 0;
}

const char *
pieces_path(struct office *o, const char *name)
{
    static char path[PATH_SIZE];

    assert_ok(path_join(path, o->home, name));
    return path;
}

const char *
pieces_write(struct office *o, struct bytes data)
{
    const char *path = pieces_path(o, "backup.svb");

    assert_ok(file_replace(path, 0600, data));
    return path;
}

struct buf
pieces_join(const struct pieces *p)
{
    struct buf all = BUF_INIT;

    for (size_t i = 0; i < p->n; i++)
        assert_ok(buf_append(&all, buf_bytes(&p->at[i])));
    return all;
}

enum sv_err
pieces_verify(struct office *o, struct bytes data, struct backup_file *b)
{
    struct sign_public key;

    memset(b, 0, sizeof *b);
    sign_public_of(&o->gate_keys.log, &key);
    return backup_verify(pieces_write(o, data), &key, b);
}

void
restored_init(struct office *o, struct restored *at, const char *name)
{
    memset(at, 0, sizeof *at);
    assert_ok(path_join(at->dir, o->home, name));
    at->config = o->config;
    at->config.dir = at->dir;
    at->keys.epoch = 1;
    memcpy(at->keys.root, o->gate_keys.root, sizeof at->keys.root);
}

bool
restored_is_there(const char *dir)
{
    char gate[PATH_SIZE];
    struct stat st;

    assert_ok(path_suffix(gate, dir, ".gate"));
    return lstat(dir, &st) == 0 || lstat(gate, &st) == 0;
}
