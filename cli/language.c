#include "cli/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool
language_is_known(const char *lang)
{
    return strcmp(lang, "en") == 0 || strcmp(lang, "ja") == 0;
}

const char *
language_of_environment(void)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES",
                                        "LANG"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strncmp(value, "ja", 2) == 0 ? "ja" : "en";
    }
    return "en";
}

/* <directory of this program>/locale where it runs from a build tree. */
static const char *
locale_dir(char out[static PATH_SIZE])
{
    char program[PATH_SIZE];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    struct stat st;
    char *slash;

    if (n <= 0)
        return SV_LOCALEDIR;
    program[n] = '\0';
    slash = strrchr(program, '/');
    if (slash == NULL)
        return SV_LOCALEDIR;
    *slash = '\0';
    if (path_join(out, program, "locale") != SV_OK || stat(out, &st) != 0 ||
        !S_ISDIR(st.st_mode))
        return SV_LOCALEDIR;
    return out;
}

void
language_set(const char *lang)
{
    char dir[PATH_SIZE];

    if (setlocale(LC_ALL, "") == NULL ||
        strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_ALL, "C.UTF-8");
    /* It decides before the locale's name does, which may be C.UTF-8. */
    (void)setenv("LANGUAGE", lang, 1);
    (void)bindtextdomain("svault", locale_dir(dir));
    (void)bind_textdomain_codeset("svault", "UTF-8");
    (void)textdomain("svault");
}
