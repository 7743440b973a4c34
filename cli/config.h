#ifndef SV_CLI_CONFIG_H
#define SV_CLI_CONFIG_H

#include "base/file.h"

/*
 * ~/.config/svault/config (XDG_CONFIG_HOME): what nobody should have to type
 * twice.  Lines "name = value" with the names vault, key and lang, each at
 * most once; empty lines and lines that begin with '#'.  Paths are absolute; a
 * vault may also be unix:/PATH or ssh:HOST.
 */
#define CONFIG_MAX 16384

struct config {
    char vault[PATH_SIZE]; /* "": not said */
    char key[PATH_SIZE];
    char lang[8];
};

/* Where it stands.  SV_ERR_NOT_FOUND where there is no home. */
enum sv_err config_path(char out[static PATH_SIZE]);
/* All empty where there is no file.  SV_ERR_INPUT with *where. */
enum sv_err config_load(struct config *out, struct diag *where);
/*
 * Add a line for name unless there is one: *added says which.  value is a
 * path that exists and is stored as an absolute one, or such a service.
 */
enum sv_err config_add_path(const char *name, const char *path, bool *added);

#endif
