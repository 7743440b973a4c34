#ifndef SV_CLI_ERA_H
#define SV_CLI_ERA_H

#include "base/text.h"

#define ERA_DATE_SIZE 11 /* YYYY-MM-DD and a NUL */

/*
 * A date as people write it, in ours: 2022-12-1, 2022/12/01, R4.12.1 or
 * S60/1/7, and with the year, month and day signs of Japanese, after the
 * name of an era or not.  The first year of an era may be its own sign.
 *
 * SV_ERR_INPUT with a msgid in *reason: no date, no such day in the
 * calendar (or before 1900), or a day outside the era named.
 */
enum sv_err era_date(struct bytes typed, char out[static ERA_DATE_SIZE],
                     const char **reason);

#endif
