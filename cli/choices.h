#ifndef SV_CLI_CHOICES_H
#define SV_CLI_CHOICES_H

#include "cli/term.h"
#include "vault/schema.h"

/*
 * What a person may choose from: the codes of a list that are valid today,
 * numbered from 1, and behind them, without numbers, those no longer valid
 * that are stored already.
 */
struct choices {
    size_t n;
    size_t n_offered;
    const struct schema_code **codes; /* the array is owned */
};

/* today: YYYY-MM-DD. */
enum sv_err choices_init(struct choices *c, const struct schema_list *list,
                         const char *today);
void choices_clear(struct choices *c); /* accepts zeroed */
/* Accept code too, because it is stored. */
enum sv_err choices_keep(struct choices *c, const struct schema_list *list,
                         struct bytes code);

/*
 * The one that was typed: its number, its code or a label, or the beginning
 * of a code or label that fits no other.  SV_ERR_NOT_FOUND; SV_ERR_CONFLICT
 * where several fit.
 */
enum sv_err choices_find(const struct choices *c, struct bytes typed,
                         const struct schema_code **out);
/* List those that begin with what was typed, in columns; one on each line
 * with accessible.  with_codes: the codes behind the labels, too.  Gives how
 * many. */
size_t choices_print(const struct choices *c, struct term *t,
                     enum schema_lang lang, struct bytes beginning,
                     bool with_codes);

#endif
