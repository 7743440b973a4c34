#include "tests/support/exported.h"

#include <sys/stat.h>

int
exported_set_up(void **state)
{
    struct exported *x = calloc(1, sizeof *x);

    if (x == NULL)
        return -1;
    support_dir_make(x->dir);
    assert_ok(path_join(x->export, x->dir, "export"));
    x->seed = (struct sign_seed){{7}};
    sign_public_of(&x->seed, &x->key);
    *state = x;
    return 0;
}

int
exported_tear_down(void **state)
{
    struct exported *x = *state;

    support_dir_remove(x->dir);
    free(x);
    return 0;
}

struct buf
exported_entry(unsigned log, uint64_t i)
{
    struct buf b = BUF_INIT;

    assert_ok(buf_printf(&b, "log %u entry %llu", log, (unsigned long long)i));
    for (uint64_t k = i % 7; k > 0; k--)
        assert_ok(buf_text(&b, "\nmore"));
    return b;
}

struct checkpoint
exported_head(unsigned log, uint64_t size)
{
    struct tree_frontier f;
    struct checkpoint c = {.origin = EXPORTED_ORIGIN, .size = size};
    struct hash done[TREE_LEVELS];
    unsigned n;

    frontier_init(&f);
    for (uint64_t i = 0; i < size; i++) {
        struct buf entry = exported_entry(log, i);
        struct hash leaf = tree_leaf(buf_bytes(&entry));

        frontier_append(&f, &leaf, done, &n);
        buf_free(&entry);
    }
    c.root = frontier_root(&f);
    return c;
}

struct buf
exported_note(const struct exported *x, unsigned log, uint64_t size)
{
    struct checkpoint c = exported_head(log, size);
    struct buf note = BUF_INIT;

    assert_ok(checkpoint_sign(&c, &x->seed, &note));
    return note;
}

enum sv_err
exported_write_under(const struct exported *x, const char *dir,
                     struct bytes note, unsigned log, uint64_t size,
                     bool entries, struct export_fault *fault)
{
    struct export_writer w;
    uint64_t from = 0;
    enum sv_err err = export_write_begin(&w, dir, EXPORTED_ORIGIN, &x->key,
                                         note, entries, &from);

    for (uint64_t i = from; i < size && err == SV_OK; i++) {
        struct buf entry = exported_entry(log, i);

        err = export_write_entry(&w, buf_bytes(&entry));
        buf_free(&entry);
    }
    if (err == SV_OK)
        err = export_write_end(&w);
    if (fault != NULL)
        *fault = w.old.fault;
    export_write_clear(&w);
    return err;
}

enum sv_err
exported_write(const struct exported *x, const char *dir, unsigned log,
               uint64_t size, bool entries, struct export_fault *fault)
{
    struct buf note = exported_note(x, log, size);
    enum sv_err err = exported_write_under(x, dir, buf_bytes(&note), log, size,
                                           entries, fault);

    buf_free(&note);
    return err;
}

static enum sv_err
check_with(struct workers *w, const struct exported *x, const char *dir,
           bool entries, struct export_fault *fault)
{
    struct export e;
    enum sv_err err = export_open(&e, dir, EXPORTED_ORIGIN, &x->key);

    if (err == SV_OK)
        err = export_check_names(&e);
    if (err == SV_OK)
        err = export_check_tree(&e, entries, w, NULL, NULL);
    *fault = e.fault;
    export_close(&e);
    return err;
}

enum sv_err
exported_check(const struct exported *x, const char *dir, bool entries,
               struct export_fault *fault)
{
    struct workers *w = NULL;
    struct export_fault alone;
    enum sv_err err = check_with(NULL, x, dir, entries, &alone);

    assert_ok(workers_new(3, &w));
    assert_int_equal(check_with(w, x, dir, entries, fault), err);
    workers_free(w);
    assert_string_equal(fault->place, alone.place);
    assert_ptr_equal(fault->reason, alone.reason);
    assert_int_equal(fault->incomplete, alone.incomplete);
    assert_int_equal(fault->has_entry, alone.has_entry);
    assert_int_equal(fault->entry, alone.entry);
    return err;
}

void
exported_assert_good(const struct exported *x, bool entries)
{
    struct export_fault fault;
    enum sv_err err = exported_check(x, x->export, entries, &fault);

    if (err != SV_OK)
        fail_msg("%s: %s", fault.place,
                 fault.reason != NULL ? fault.reason : err_text(err));
}

void
exported_path(const struct exported *x, const char *name,
              char out[static PATH_SIZE])
{
    assert_ok(path_join(out, x->export, name));
}

struct buf
exported_read(const struct exported *x, const char *name)
{
    struct buf out = BUF_INIT;

    assert_ok(export_file(x->export, name, BUF_MAX, &out));
    return out;
}

/* Without a sync: this is done thousands of times. */
void
exported_put(const struct exported *x, const char *name, struct bytes data)
{
    char path[PATH_SIZE];
    FILE *f;

    exported_path(x, name, path);
    for (char *at = path + strlen(x->dir) + 1; (at = strchr(at, '/')) != NULL;
         at++) {
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data.ptr, 1, data.len, f), data.len);
    assert_int_equal(fclose(f), 0);
}

void
exported_assert_fault(const struct export_fault *f, const char *place,
                      bool incomplete, const char *reason)
{
    assert_string_equal(f->place, place);
    assert_int_equal(f->incomplete, incomplete);
    if (reason == NULL)
        assert_null(f->reason);
    else
        assert_string_equal(f->reason != NULL ? f->reason : "", reason);
}
