#ifndef SV_CLI_FORM_VALUE_H
#define SV_CLI_FORM_VALUE_H

#include "cli/choices.h"
#include "cli/form_field.h"

/* Without the spaces around it, wide ones too. */
struct bytes form_trim(struct bytes t);

/* What a code field offers, and accepts because it is stored. */
enum sv_err form_choices(const struct form_field *f, struct choices *out);

/*
 * Set the field from what was typed: a value, several where it is repeated,
 * or '+' or '-' and values.  SV_ERR_INPUT with a msgid in *reason, the field
 * being as it was; what several codes fit has been listed.
 *
 *   emptied  the last value would go: nothing was set, ask why
 */
enum sv_err form_value_set(const struct form_field *f, struct bytes typed,
                           bool *emptied, const char **reason);

#endif
