#include "base/json_text.h"

#include <stdlib.h>

/* jansson passes no context to who gives it memory. */
static _Thread_local bool lacked;

static void *
take(size_t n)
{
    void *p = malloc(n);

    if (p == NULL)
        lacked = true;
    return p;
}

void
json_text_watch_memory(void)
{
    json_set_alloc_funcs(take, free);
}

bool
json_text_lacked_memory(void)
{
    return lacked;
}

struct putting {
    struct buf *out;
    enum sv_err err; /* the first: jansson does not heed all that we say */
};

static int
put(const char *part, size_t len, void *ctx)
{
    struct putting *p = ctx;

    if (p->err == SV_OK)
        p->err = buf_append(p->out, bytes_of(part, len));
    return p->err == SV_OK ? 0 : -1;
}

enum sv_err
json_text_put(const json_t *json, size_t flags, struct buf *out)
{
    struct putting p = {out, SV_OK};
    size_t was = out->len;

    if (json_dump_callback(json, put, &p, flags) != 0 && p.err == SV_OK)
        p.err = SV_ERR_NOMEM;
    if (p.err != SV_OK)
        buf_truncate(out, was);
    return p.err;
}

enum sv_err
json_text_get(struct bytes text, json_t **out, json_error_t *why)
{
    json_error_t own = {0}; /* jansson does not always set its code */
    enum json_error_code code;
    bool before = lacked;

    lacked = false;
    *out = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES,
                      &own);
    if (lacked) {
        json_decref(*out);
        *out = NULL;
        return SV_ERR_NOMEM;
    }
    lacked = before;
    if (*out != NULL)
        return SV_OK;
    if (why != NULL)
        *why = own;
    code = json_error_code(&own);
    return code == json_error_out_of_memory || code == json_error_unknown
               ? SV_ERR_NOMEM
               : SV_ERR_FORMAT;
}
