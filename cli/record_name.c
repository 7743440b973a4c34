#include <string.h>

#include "cli/app.h"

/*
 * Which record is meant: a number of the last list, or a prefix of a handle,
 * which is looked for in the last list and then in all that the user may
 * list.
 */
#define PREFIX_SHORT 8 /* as lists print it */
/* Shorter is a number, never a handle: who mistypes a number must not be
 * shown another record.  Nor is a row's number a handle, whatever its length.
 */
#define PREFIX_MIN 4

struct search {
    struct session *s;
    const char *prefix;
    size_t n; /* matches, up to 2 */
    const struct schema_type *type;
    struct handle handle;
    bool listed; /* a type at least */
    /* Where a record may be that no list shows to this user. */
    const struct schema_type *hidden;
};

static bool
begins_with(const struct handle *h, const char *prefix)
{
    char hex[2 * HANDLE_LEN + 1];

    text_hex(BYTES(h->b), hex);
    return strncmp(hex, prefix, strlen(prefix)) == 0;
}

static void
note_match(struct search *f, const struct schema_type *type,
           const struct handle *h)
{
    if (!begins_with(h, f->prefix))
        return;
    if (f->n > 0 && memcmp(h->b, f->handle.b, HANDLE_LEN) == 0)
        return;
    f->n++;
    f->type = type;
    f->handle = *h;
}

static enum sv_err
search_type(struct search *f, const struct schema_type *type)
{
    uint64_t before = UINT64_MAX;
    enum sv_err err = SV_OK;
    bool more = true;

    while (err == SV_OK && more && f->n < 2) {
        struct record_list list = {0};

        err = client_record_list(f->s->client, type->name, before, PIN_LIST_MAX,
                                 &list);
        for (size_t i = 0; err == SV_OK && i < list.n; i++)
            note_match(f, type, &list.rows[i].handle);
        more = err == SV_OK && list.more && list.n > 0;
        if (more)
            before = list.rows[list.n - 1].index;
        record_list_free(&list);
    }
    return err;
}

/* A type that is listed in part only, or not at all, may hide the record;
 * the first kind is the likelier one. */
static void
note_hidden(struct search *f, const struct schema_type *type, const char *role,
            bool *sure)
{
    const struct policy *p = &client_roster(f->s->client)->policy;
    int r = role != NULL ? policy_role(p, role) : -1;
    int t = policy_type(p, type->name);

    if (r >= 0 && t >= 0 && !policy_only_assigned(p, (unsigned)r, (unsigned)t))
        return;
    if (f->hidden == NULL || (r >= 0 && !*sure)) {
        f->hidden = type;
        *sure = r >= 0;
    }
}

static enum sv_err
search_all(struct search *f)
{
    const struct schema *schema = client_schema(f->s->client);
    enum sv_err err = SV_OK;
    bool sure = false;

    for (size_t i = 0; err == SV_OK && i < schema_types(schema); i++) {
        const struct schema_type *type = schema_type_at(schema, i);
        const char *role = NULL;

        err = session_may(f->s, ACT_RECORD_LIST, type->name, &role);
        f->listed = f->listed || err == SV_OK;
        if (err == SV_OK)
            err = search_type(f, type);
        else if (err == SV_ERR_DENIED)
            err = SV_OK;
        if (err == SV_OK)
            note_hidden(f, type, role, &sure);
    }
    return err;
}

static bool
is_handle_prefix(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");

    return text[len] == '\0' && len > 0 && len <= 2 * (size_t)HANDLE_LEN;
}

static bool
from_last_list(struct search *f)
{
    const struct pin *pin = client_pin(f->s->client);
    const struct schema_type *type =
        schema_type(client_schema(f->s->client), pin->list_type);
    uint64_t number;

    if (type == NULL)
        return false;
    if (text_u64(bytes_text(f->prefix), 1, PIN_LIST_MAX, &number) == SV_OK &&
        number <= pin->n_list) {
        f->type = type;
        f->handle = pin->list[number - 1];
        return true;
    }
    for (size_t i = 0; i < pin->n_list && strlen(f->prefix) >= PREFIX_SHORT;
         i++)
        note_match(f, type, &pin->list[i]);
    if (f->n == 1)
        return true;
    f->n = 0;
    return false;
}

/* A row of a search whose record this user may not see: it has no handle. */
static bool
is_hidden(const struct handle *h)
{
    static const struct handle none;

    return memcmp(h->b, none.b, HANDLE_LEN) == 0;
}

bool
session_record(struct session *s, const char *text,
               const struct schema_type **type, struct handle *out,
               enum exit_code *code)
{
    struct search f = {.s = s, .prefix = text};
    enum sv_err err = SV_OK;

    if (!is_handle_prefix(text)) {
        *code = app_usage(s->app, "%s",
                          _("a record is named by its number in the last "
                            "list, or by the beginning of its handle"));
        return false;
    }
    if (!from_last_list(&f)) {
        if (strlen(text) >= PREFIX_MIN)
            err = search_all(&f);
        if (err == SV_OK && f.n == 0 && f.hidden != NULL &&
            strlen(text) == 2 * (size_t)HANDLE_LEN) {
            /* Asked for in full: the gate decides, and the log has it. */
            f.type = f.hidden;
            err = text_unhex(bytes_text(text), f.handle.b, HANDLE_LEN);
            f.n = 1;
        }
        if (err != SV_OK) {
            *code = session_fail(s, text, err);
            return false;
        }
        if (f.n == 0 && strlen(text) >= PREFIX_MIN && !f.listed) {
            *code = app_fail(s->app, text, SV_ERR_DENIED,
                             _("none of your roles lists records, and so none "
                               "is known by the beginning of its handle"));
            return false;
        }
        if (f.n != 1) {
            *code = app_fail(
                s->app, text, f.n == 0 ? SV_ERR_NOT_FOUND : SV_ERR_USAGE,
                f.n == 0 ? _("no record that you may list has this "
                             "number or begins with this")
                         : _("several records begin with this; "
                             "give more of the handle"));
            if (f.n == 0)
                app_hint(s->app, "%s",
                         _("svault record list TYPE shows "
                           "which there are."));
            return false;
        }
    }
    if (is_hidden(&f.handle)) {
        *code = app_fail(s->app, text, SV_ERR_USAGE,
                         _("that row of the search is a record which is not "
                           "assigned to you; ask whom it names"));
        return false;
    }
    *type = f.type;
    *out = f.handle;
    return true;
}
