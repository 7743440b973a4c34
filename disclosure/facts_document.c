#include "disclosure/facts_document.h"

#include <string.h>

#include "base/json_text.h"
#include "base/text.h"

#define REPORT_END "}\n"
#define FACTS_BEGIN ",\"facts\":["
#define FACTS_END "]}\n"

void
facts_document_clear(struct facts_document *d)
{
    for (size_t i = 0; i < d->n; i++)
        facts_clear(&d->parts[i].facts);
    buf_free(&d->report);
    memset(d, 0, sizeof *d);
}

static bool
ends_with(struct bytes text, struct bytes end)
{
    return text.len >= end.len &&
           bytes_equal(bytes_slice(text, text.len - end.len, end.len), end);
}

static enum sv_err
put_parts(size_t n, const struct facts_part parts[], struct buf *out)
{
    enum sv_err err = buf_text(out, FACTS_BEGIN);

    for (size_t i = 0; i < n && err == SV_OK; i++) {
        if (i > 0)
            err = buf_text(out, ",");
        if (err == SV_OK)
            err = facts_json_encode(&parts[i].facts, &parts[i].rule, out);
    }
    return err == SV_OK ? buf_text(out, FACTS_END) : err;
}

enum sv_err
facts_document_encode(struct bytes report, size_t n,
                      const struct facts_part parts[], struct buf *out)
{
    enum sv_err err;

    if (n > FACTS_DOCUMENT_PARTS_MAX)
        return SV_ERR_RANGE;
    if (!ends_with(report, bytes_text(REPORT_END)))
        return SV_ERR_FORMAT;
    err = buf_append(out,
                     bytes_slice(report, 0, report.len - strlen(REPORT_END)));
    return err == SV_OK ? put_parts(n, parts, out) : err;
}

static enum sv_err
refuse(struct diag *where, const char *reason)
{
    diag_set(where, 0, "facts", reason);
    return SV_ERR_FORMAT;
}

/* The last part's population is its only one, and of no part before: what is
 * known of its people is looked at together, in this release and in others.
 * Behind another one it would be out of sight. */
static enum sv_err
check_population(const struct facts_document *d, struct diag *where)
{
    const struct facts *last = &d->parts[d->n - 1].facts;
    bool good = last->n_populations == 1;

    for (size_t i = 0; i + 1 < d->n && good; i++)
        good =
            strcmp(d->parts[i].facts.populations[0], last->populations[0]) != 0;
    return good ? SV_OK
                : refuse(where, N_("has a part that does not count one "
                                   "population, and one of its own"));
}

static enum sv_err
read_parts(const json_t *array, struct facts_document *d, struct diag *where)
{
    enum sv_err err = SV_OK;

    if (!json_is_array(array) ||
        json_array_size(array) > FACTS_DOCUMENT_PARTS_MAX)
        return refuse(where, N_("is not a list"));
    for (size_t i = 0; i < json_array_size(array) && err == SV_OK; i++) {
        facts_init(&d->parts[i].facts);
        d->n++;
        err = facts_json_read(json_array_get(array, i), &d->parts[i].facts,
                              &d->parts[i].rule, where);
        if (err == SV_OK)
            err = check_population(d, where);
    }
    return err;
}

/* One document has one form; and then its report is what stands before. */
static enum sv_err
take_report(struct bytes in, struct facts_document *d, struct diag *where)
{
    struct buf end = BUF_INIT;
    enum sv_err err = put_parts(d->n, d->parts, &end);

    if (err == SV_OK && !ends_with(in, buf_bytes(&end)))
        err = refuse(where, N_("is not written in the one form"));
    if (err == SV_OK)
        err = buf_append(&d->report, bytes_slice(in, 0, in.len - end.len));
    if (err == SV_OK)
        err = buf_text(&d->report, REPORT_END);
    buf_free(&end);
    return err;
}

enum sv_err
facts_document_decode(struct bytes in, struct facts_document *out,
                      struct diag *where)
{
    json_t *root;
    enum sv_err err;

    memset(out, 0, sizeof *out);
    if (in.len > FACTS_JSON_MAX)
        return refuse(where, N_("is out of range"));
    err = json_text_get(in, &root, NULL);
    if (err == SV_ERR_NOMEM)
        return err;
    if (!json_is_object(root))
        err = refuse(where, N_("is no JSON"));
    else if (json_object_get(root, "facts") == NULL)
        err = SV_ERR_NOT_FOUND;
    else
        err = read_parts(json_object_get(root, "facts"), out, where);
    if (err == SV_OK)
        err = take_report(in, out, where);
    json_decref(root);
    if (err != SV_OK)
        facts_document_clear(out);
    return err;
}
