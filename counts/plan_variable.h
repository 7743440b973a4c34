#ifndef SV_COUNTS_PLAN_VARIABLE_H
#define SV_COUNTS_PLAN_VARIABLE_H

#include "counts/plan_lex.h"
#include "vault/content.h"

/*
 * What a plan counts by: a coded field of the counted compartment, or one
 * derived from a field there:
 *
 *   age_band           0-17, 18+; from age_at_protection or age_at_arrest
 *   nationality_group  japanese, foreign; from citizenship: JPN among several
 *                      is japanese, stateless is foreign
 *
 * The kinds of missing are codes, too, behind those of the list: a code is
 * known by its index from 0 to n_codes - 1, and the groups of a hierarchy
 * follow behind them.
 */
enum plan_source { PLAN_FIELD, PLAN_AGE_BAND, PLAN_NATIONALITY };

#define PLAN_AGE_BAND_NAME "age_band"
#define PLAN_GROUPS_MAX 64
#define PLAN_NO_GROUP UINT16_MAX

struct plan_variable {
    char name[NAME_SIZE];
    enum plan_source source;
    size_t field; /* of the compartment, where it is read */
    const char *label[SCHEMA_LANGS];
    const struct schema_list *list;
    bool multi;       /* one record may have several of the codes */
    size_t n_codes;   /* with the kinds of missing */
    uint16_t *sorted; /* owned: the codes in bytewise order */
    /* A hierarchy: the groups' names, and each code's group or
     * PLAN_NO_GROUP; NULL where there is none. */
    size_t n_groups;
    char (*groups)[NAME_SIZE]; /* owned */
    uint16_t *group_of;        /* owned */
    /* An outsider cannot know it: what happened to somebody, and not who she
     * is.  Every field that is not named as a key is secret. */
    bool secret;
};

/*
 * SV_ERR_NOT_FOUND with the reason and the nearest name, or "", in nearest.
 */
enum sv_err plan_variable_find(const struct schema_compartment *c,
                               struct bytes name, struct plan_variable *out,
                               const char **reason,
                               char nearest[static PLAN_WORD_SIZE]);
void plan_variable_clear(struct plan_variable *v); /* accepts zeroed */

const char *plan_variable_code(const struct plan_variable *v, size_t code);
const char *plan_variable_label(const struct plan_variable *v, size_t code,
                                enum schema_lang lang);
/* The group as an index behind the codes; PLAN_NO_GROUP where it has none. */
uint16_t plan_variable_group(const struct plan_variable *v, size_t code);
/* The code or group as a part of a figure's name: "18+" is "18_plus". */
const char *plan_variable_part(const struct plan_variable *v, size_t code);
/* The longest of those, in bytes. */
size_t plan_variable_part_max(const struct plan_variable *v);

/* SV_ERR_NOT_FOUND; then the nearest code, or "", in nearest. */
enum sv_err plan_variable_lookup(const struct plan_variable *v,
                                 struct bytes code, size_t *at,
                                 char nearest[static PLAN_WORD_SIZE]);
/* A code or group by its part of a figure's name.  SV_ERR_NOT_FOUND. */
enum sv_err plan_variable_parse(const struct plan_variable *v,
                                struct bytes part, size_t *at);

/* The codes of one record: at least one, each once.  What is not given was
 * not asked.  SV_ERR_FORMAT where a value is none of the list. */
enum sv_err plan_variable_read(const struct plan_variable *v,
                               const struct content *coded,
                               uint16_t out[static FIELD_REPEAT_MAX],
                               size_t *n);

/* The better of *best ("" where there is none yet) and candidate, as what
 * somebody may have meant by word. */
void plan_variable_nearest(struct bytes word, const char *candidate,
                           size_t *distance, char best[static PLAN_WORD_SIZE]);

#endif
