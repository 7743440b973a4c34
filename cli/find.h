#ifndef SV_CLI_FIND_H
#define SV_CLI_FIND_H

#include "cli/app.h"

/* Rows of a search, numbered, on `to`: what is hidden says whom to ask. */
void find_print(struct app *app, FILE *to, const struct find_list *l);

/*
 * Is there somebody of the draft's name already?  Asks whether to save all
 * the same; without input it warns and goes on.  False: not to be saved, and
 * *code says why.
 */
bool find_duplicates(struct session *s, const struct draft *draft,
                     enum exit_code *code);

#endif
