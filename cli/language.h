#ifndef SV_CLI_LANGUAGE_H
#define SV_CLI_LANGUAGE_H

#include <stdbool.h>

/* "en" and "ja" are the languages there are. */
bool language_is_known(const char *lang);
/* Which of them the environment asks for. */
const char *language_of_environment(void);
/* Locale and catalogue for it, for the whole program. */
void language_set(const char *lang);

#endif
