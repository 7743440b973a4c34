#include <string.h>

#include "vault/rows.h"
#include "vault/schema_internal.h"

#define FILE_NAME "codes.csv"

enum column {
    LIST,
    CODE,
    LABEL_EN,
    LABEL_JA,
    VALID_FROM,
    VALID_TO,
    HTCDS,
    CTDC,
    GBVIMS,
    ICCS,
    COLUMNS_N
};
static const char *const columns[COLUMNS_N] = {
    "list",     "code",  "label_en", "label_ja", "valid_from",
    "valid_to", "htcds", "ctdc",     "gbvims",   "iccs"};

/* The two arrays under construction. */
struct codes {
    struct schema *s;
    size_t n_codes, n_lists;
    struct schema_code *codes;
    struct schema_list *lists;
};

static enum sv_err
fault(struct diag *where, size_t line, enum column column, const char *reason)
{
    schema_fault(where, FILE_NAME, line,
                 column < COLUMNS_N ? columns[column] : NULL, reason);
    return SV_ERR_INPUT;
}

static enum sv_err
check_header(const struct row *row, struct diag *where)
{
    for (int i = 0; i < COLUMNS_N; i++) {
        if ((size_t)i >= row->n || !text_is(row->cells[i], columns[i]))
            return fault(where, row->line, (enum column)i,
                         N_("this column must stand here"));
    }
    if (row->n > COLUMNS_N)
        return fault(where, row->line, COLUMNS_N, N_("an unknown column"));
    return SV_OK;
}

/* [A-Za-z0-9_]: codes of countries are in capitals. */
static bool
is_code(struct bytes t)
{
    if (t.len == 0 || t.len > SCHEMA_CODE_MAX ||
        missing_parse(t) != MISSING_NOT)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        uint8_t c = t.ptr[i];
        uint8_t lower = c | 0x20;

        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') &&
            c != '_')
            return false;
    }
    return true;
}

static enum sv_err
check_row(const struct row *row, struct diag *where)
{
    static const struct schema_field text = {.kind = FIELD_TEXT,
                                             .max_len = SCHEMA_LABEL_MAX};
    const struct bytes *cell = row->cells;
    const char *reason = NULL;

    if (row->n != COLUMNS_N)
        return fault(where, row->line, COLUMNS_N,
                     N_("the row is cut off or has the wrong number of cells"));
    if (!text_is_code(cell[LIST]))
        return fault(where, row->line, LIST, N_("not a name"));
    if (!is_code(cell[CODE]))
        return fault(where, row->line, CODE, N_("not a code"));
    for (int i = LABEL_EN; i < COLUMNS_N; i++) {
        if (cell[i].len == 0 && i > LABEL_JA)
            continue;
        if (schema_check_value(&text, cell[i], &reason) != SV_OK)
            return fault(where, row->line, (enum column)i, reason);
        if ((i == VALID_FROM || i == VALID_TO) && !text_is_date(cell[i]))
            return fault(where, row->line, (enum column)i, N_("no such date"));
    }
    if (cell[VALID_TO].len > 0 &&
        bytes_compare(cell[VALID_TO], cell[VALID_FROM]) < 0)
        return fault(where, row->line, VALID_TO,
                     N_("earlier than a day that must come before it"));
    return SV_OK;
}

/* The list that a row belongs to: the last one, or a new one. */
static enum sv_err
find_list(struct codes *c, const struct row *row, struct schema_list **out,
          struct diag *where)
{
    struct bytes name = row->cells[LIST];
    struct schema_list *l;

    for (size_t i = 0; i < c->n_lists; i++) {
        l = &c->lists[i];
        if (!text_is(name, l->name))
            continue;
        if (i + 1 < c->n_lists)
            return fault(where, row->line, LIST,
                         N_("the codes of a list must stand together"));
        if (schema_code(l, row->cells[CODE]) != NULL)
            return fault(where, row->line, CODE, N_("used by an earlier row"));
        *out = l;
        return SV_OK;
    }
    l = &c->lists[c->n_lists];
    l->name = pool_text(&c->s->pool, name);
    if (l->name == NULL)
        return SV_ERR_NOMEM;
    l->codes = &c->codes[c->n_codes];
    c->n_lists++;
    *out = l;
    return SV_OK;
}

static enum sv_err
add_row(struct codes *c, const struct row *row, struct diag *where)
{
    struct pool *pool = &c->s->pool;
    struct schema_code code;
    struct schema_list *list = NULL;
    enum sv_err err;

    err = check_row(row, where);
    if (err != SV_OK)
        return err;
    err = find_list(c, row, &list, where);
    if (err != SV_OK)
        return err;
    code.code = pool_text(pool, row->cells[CODE]);
    code.label[SCHEMA_EN] = pool_text(pool, row->cells[LABEL_EN]);
    code.label[SCHEMA_JA] = pool_text(pool, row->cells[LABEL_JA]);
    code.valid_from = pool_text(pool, row->cells[VALID_FROM]);
    code.valid_to = pool_text(pool, row->cells[VALID_TO]);
    if (code.code == NULL || code.label[SCHEMA_EN] == NULL ||
        code.label[SCHEMA_JA] == NULL || code.valid_from == NULL ||
        code.valid_to == NULL)
        return SV_ERR_NOMEM;
    c->codes[c->n_codes++] = code;
    list->n++;
    return SV_OK;
}

static enum sv_err
add_rows(struct codes *c, struct rows *rows, struct diag *where)
{
    bool header = true;
    struct row row;
    enum sv_err err;

    while ((err = rows_next(rows, &row)) == SV_OK) {
        if (row.fault != NULL)
            return fault(where, row.line, COLUMNS_N, row.fault);
        err = header ? check_header(&row, where) : add_row(c, &row, where);
        if (err != SV_OK)
            return err;
        header = false;
    }
    if (err == SV_ERR_NOT_FOUND)
        err = header ? fault(where, 1, LIST, N_("the file has no header row"))
                     : SV_OK;
    return err;
}

enum sv_err
schema_codes_load(struct schema *s, struct bytes file, struct diag *where)
{
    struct codes c = {.s = s};
    struct rows rows;
    size_t max = 1;
    enum sv_err err;

    if (file.len > SCHEMA_FILE_MAX)
        return fault(where, 0, COLUMNS_N, N_("the file is too long"));
    for (size_t i = 0; i < file.len; i++)
        max += file.ptr[i] == '\n';
    c.codes = pool_alloc(&s->pool, max, sizeof *c.codes);
    c.lists = pool_alloc(&s->pool, max, sizeof *c.lists);
    if (c.codes == NULL || c.lists == NULL)
        return SV_ERR_NOMEM;
    err = rows_init(&rows, file);
    if (err != SV_OK)
        return err;
    err = add_rows(&c, &rows, where);
    rows_clear(&rows);
    s->lists = c.lists;
    s->n_lists = c.n_lists;
    return err;
}
