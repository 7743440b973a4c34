#include "policy/policy_build.h"

#include <string.h>

static const struct {
    char letter;
    enum cell cell;
} letters_of[] = {
    {'r', CELL_READ},   {'w', CELL_WRITE},       {'a', CELL_ASSIGNED},
    {'h', CELL_HOLDS},  {'g', CELL_BREAK_GLASS}, {'l', CELL_LENDS},
    {'s', CELL_SEARCH},
};
#define N_LETTERS (sizeof letters_of / sizeof letters_of[0])

static enum sv_err
code_copy(struct bytes name, char out[static NAME_SIZE])
{
    if (!text_is_code(name))
        return SV_ERR_FORMAT;
    return text_copy(name, out, NAME_SIZE);
}

/* "victim.identity" into its two names. */
static enum sv_err
undot(struct bytes dotted, struct policy_column *out)
{
    struct bytes type;
    enum sv_err err;

    if (!text_split(&dotted, '.', &type))
        return SV_ERR_FORMAT;
    err = code_copy(type, out->type);
    if (err != SV_OK)
        return err;
    return code_copy(dotted, out->compartment);
}

int
policy_build_find_column(const struct policy *p, struct bytes dotted)
{
    struct policy_column c;

    if (undot(dotted, &c) != SV_OK)
        return -1;
    return policy_column(p, c.type, c.compartment);
}

int
policy_build_find_role(const struct policy *p, struct bytes name)
{
    char text[NAME_SIZE];

    return code_copy(name, text) == SV_OK ? policy_role(p, text) : -1;
}

enum sv_err
policy_build_column(struct policy *p, struct bytes dotted)
{
    struct policy_column c = {"", ""};
    enum sv_err err = undot(dotted, &c);

    if (err != SV_OK)
        return err;
    if (policy_column(p, c.type, c.compartment) >= 0)
        return SV_ERR_EXISTS;
    if (p->n_columns == POLICY_COLUMNS_MAX)
        return SV_ERR_RANGE;
    if (policy_type(p, c.type) < 0) {
        if (p->n_types == POLICY_TYPES_MAX)
            return SV_ERR_RANGE;
        memcpy(p->types[p->n_types++], c.type, NAME_SIZE);
    }
    p->columns[p->n_columns++] = c;
    return SV_OK;
}

enum sv_err
policy_build_purpose(struct policy *p, struct bytes name)
{
    char text[NAME_SIZE] = "";
    enum sv_err err = code_copy(name, text);

    if (err != SV_OK)
        return err;
    if (policy_purpose(p, text) >= 0)
        return SV_ERR_EXISTS;
    if (p->n_purposes == POLICY_PURPOSES_MAX)
        return SV_ERR_RANGE;
    memcpy(p->purposes[p->n_purposes++], text, NAME_SIZE);
    return SV_OK;
}

enum sv_err
policy_build_role(struct policy *p, struct bytes name)
{
    char text[NAME_SIZE] = "";
    enum sv_err err = code_copy(name, text);

    if (err != SV_OK)
        return err;
    if (policy_role(p, text) >= 0)
        return SV_ERR_EXISTS;
    if (p->n_roles == POLICY_ROLES_MAX)
        return SV_ERR_RANGE;
    memcpy(p->roles[p->n_roles++].name, text, NAME_SIZE);
    return SV_OK;
}

static enum sv_err
find_purpose(const struct policy *p, struct bytes name, unsigned *out)
{
    char text[NAME_SIZE];
    enum sv_err err = code_copy(name, text);
    int found;

    if (err != SV_OK)
        return err;
    found = policy_purpose(p, text);
    if (found < 0)
        return SV_ERR_NOT_FOUND;
    *out = (unsigned)found;
    return SV_OK;
}

enum sv_err
policy_build_names(struct policy *p, unsigned role, struct bytes purpose)
{
    unsigned i = 0;
    enum sv_err err = find_purpose(p, purpose, &i);

    if (err != SV_OK)
        return err;
    if ((p->roles[role].purposes & UINT32_C(1) << i) != 0)
        return SV_ERR_EXISTS;
    p->roles[role].purposes |= UINT32_C(1) << i;
    return SV_OK;
}

enum sv_err
policy_build_default(struct policy *p, unsigned role, struct bytes purpose)
{
    return find_purpose(p, purpose, &p->roles[role].default_purpose);
}

static enum sv_err
parse_letters(struct bytes letters, uint8_t *out)
{
    uint8_t cell = 0;

    for (size_t i = 0; i < letters.len; i++) {
        size_t k = 0;

        while (k < N_LETTERS && (uint8_t)letters_of[k].letter != letters.ptr[i])
            k++;
        if (k == N_LETTERS)
            return SV_ERR_FORMAT;
        if ((cell & letters_of[k].cell) != 0)
            return SV_ERR_EXISTS;
        cell |= (uint8_t)letters_of[k].cell;
    }
    if (cell == 0)
        return SV_ERR_FORMAT;
    *out = cell;
    return SV_OK;
}

void
policy_build_letters(uint8_t cell, char out[static POLICY_LETTERS_SIZE])
{
    size_t n = 0;

    for (size_t k = 0; k < N_LETTERS; k++) {
        if ((cell & letters_of[k].cell) != 0)
            out[n++] = letters_of[k].letter;
    }
    out[n] = '\0';
}

enum sv_err
policy_build_cell(struct policy *p, unsigned role, struct bytes dotted,
                  struct bytes letters)
{
    int column = policy_build_find_column(p, dotted);

    if (column < 0)
        return SV_ERR_NOT_FOUND;
    if (p->roles[role].cells[column] != 0)
        return SV_ERR_EXISTS;
    return parse_letters(letters, &p->roles[role].cells[column]);
}

enum sv_err
policy_build_act(struct policy *p, unsigned role, struct bytes act,
                 struct bytes type)
{
    struct policy_role *r = &p->roles[role];
    char text[NAME_SIZE];
    enum request_act a;
    int found;

    if (request_act_parse(act, &a) != SV_OK)
        return SV_ERR_NOT_FOUND;
    /* A record's act is named with each type, another one without. */
    if (((request_act_lines(a) & LINE_TYPE) != 0) != (type.len > 0))
        return SV_ERR_FORMAT;
    if (type.len == 0) {
        if (r->acts[a])
            return SV_ERR_EXISTS;
        r->acts[a] = true;
        return SV_OK;
    }
    if (code_copy(type, text) != SV_OK)
        return SV_ERR_FORMAT;
    found = policy_type(p, text);
    if (found < 0)
        return SV_ERR_NOT_FOUND;
    if ((r->act_types[a] & UINT32_C(1) << found) != 0)
        return SV_ERR_EXISTS;
    r->acts[a] = true;
    r->act_types[a] |= UINT32_C(1) << found;
    return SV_OK;
}

/* Those that can come to the outcome duplicate. */
static bool
brings_numbers(enum request_act act)
{
    return act == ACT_RECORD_CREATE || act == ACT_RECORD_IMPORT ||
           act == ACT_RECORD_SAVE;
}

enum sv_err
policy_build_limit(struct policy *p, struct bytes act, uint64_t n, uint64_t ms,
                   bool duplicates)
{
    enum request_act a;

    if (request_act_parse(act, &a) != SV_OK)
        return SV_ERR_NOT_FOUND;
    if (p->limits[a].n != 0)
        return SV_ERR_EXISTS;
    if (n < 1 || n > POLICY_LIMIT_MAX || ms < 1 ||
        (duplicates && !brings_numbers(a)))
        return SV_ERR_RANGE;
    p->limits[a] = (struct policy_limit){(unsigned)n, ms, duplicates};
    return SV_OK;
}
