/*
 * Files of records.  The first byte chooses the type.  What is taken means
 * the same when it was encoded; what is refused is given back, row by row.
 * Covers: vault/import.c vault/rows.c vault/content.c vault/draft.c
 */
#include "vault/import.h"

#include "fuzz/fuzz.h"

static const struct schema *
schema(void)
{
    static struct schema *s;

    if (s == NULL)
        demand(schema_load(schema_builtin(), &s, NULL) == SV_OK);
    return s;
}

static size_t
lines_of(struct bytes in)
{
    size_t n = 1;

    for (size_t i = 0; i < in.len; i++)
        n += in.ptr[i] == '\n';
    return n;
}

static void
check_content(const struct schema_compartment *c, const struct content *is)
{
    struct buf once = BUF_INIT, twice = BUF_INIT;
    struct content back = {0};

    demand(content_encode(is, &once) == SV_OK);
    fuzz_fit(&once);
    demand(content_decode(c, buf_bytes(&once), &back) == SV_OK);
    demand(content_encode(&back, &twice) == SV_OK);
    demand(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    content_free(&back);
    buf_free(&once);
    buf_free(&twice);
}

static void
check_drafts(const struct import *im, size_t lines)
{
    for (size_t i = 0; i < im->n; i++) {
        const struct draft *d = &im->drafts[i];

        demand(d->line >= 2 && d->line <= lines);
        demand(draft_check(d, NULL) == SV_OK);
        for (size_t k = 0; k < im->type->n; k++)
            check_content(&im->type->compartments[k], &d->contents[k]);
    }
}

static void
check_diags(const struct import *im, size_t lines)
{
    demand(im->n_diags <= im->n_bad && im->n_diags <= IMPORT_DIAGS_MAX);
    for (size_t i = 0; i < im->n_diags; i++) {
        demand(im->diags[i].reason != NULL);
        demand(im->diags[i].line >= 2 && im->diags[i].line <= lines);
    }
}

/* The faulty rows are a file of their own, and none gets lost. */
static void
check_bad_rows(const struct schema_type *type, const struct import *im)
{
    struct import again = {0};
    struct diag where = {.line = 0};
    enum sv_err err;

    if (im->n_bad == 0)
        return;
    err = import_read(type, buf_bytes(&im->bad_rows), &again, &where);
    demand(err == SV_OK || err == SV_ERR_INPUT);
    demand(err != SV_OK || again.n + again.n_bad == im->n_bad);
    import_free(&again);
}

void
fuzz_one(struct bytes in)
{
    const struct schema *s = schema();
    const struct schema_type *type =
        schema_type_at(s, fuzz_choice(&in) % schema_types(s));
    struct import im = {0};
    struct diag where = {.line = 0};
    enum sv_err err = import_read(type, in, &im, &where);

    if (err == SV_OK) {
        check_drafts(&im, lines_of(in));
        check_diags(&im, lines_of(in));
        check_bad_rows(type, &im);
    } else {
        demand(err == SV_ERR_INPUT);
        demand(im.n == 0 && im.drafts == NULL);
        demand(where.reason != NULL && where.line <= lines_of(in));
    }
    import_free(&im);
    fuzz_heap_bounded(in.len, 1 << 14);
}

void
fuzz_seeds(struct seeds *s)
{
    static const char *const victims[] = {
        "identity.case_no,identity.birth_date,facts.age_at_protection,"
        "facts.protected_from,facts.gender,facts.services,narrative.summary\n"
        "A1,2004-07-10,17,2022-07-09,female,food;shelter,Text\n"
        "A1,2004-07-10,17,2022-07-09,male,,\"two\r\nlines, \"\"so\"\"\"\r\n"
        "A2,2004-13-10,170,2022-07-09,nobody,food;food,unknown\n"
        "A3,2004-07-10,9,2022-07-09,female,declined,x\n",
        "identity.case_no,identity.aliases\nB1,a;b;c\nB2\nB3,\"cut",
        "\xef\xbb\xbfidentity.case_no,identity.phone\r\nC1,090-1111\r\n\r\n",
    };

    for (size_t i = 0; i < sizeof victims / sizeof *victims; i++)
        seed_choice(s, 0, bytes_text(victims[i]));
    seed_choice(s, 1, bytes_text("identity.case_no\nS1\nS1\n"));
}
