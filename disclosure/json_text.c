#include "disclosure/json_text.h"

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
json_text_get(struct bytes text, json_t **out)
{
    json_error_t why = {0}; /* jansson does not always set its code */
    enum json_error_code code;

    *out = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES,
                      &why);
    if (*out != NULL)
        return SV_OK;
    code = json_error_code(&why);
    return code == json_error_out_of_memory || code == json_error_unknown
               ? SV_ERR_NOMEM
               : SV_ERR_FORMAT;
}
