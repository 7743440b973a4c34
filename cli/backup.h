#ifndef SV_CLI_BACKUP_H
#define SV_CLI_BACKUP_H

#include "cli/sheet_ask.h"

/* What cmd_backup.c and cmd_restore.c share. */

/* What a backup holds, on stdout. */
enum sv_err backup_say(struct app *app, const char *path,
                       const struct backup_manifest *m);
/* The file, and that it is a backup of this session's vault.  Reports. */
bool backup_look(struct session *s, const char *path, struct backup_file *b,
                 enum exit_code *code);
enum exit_code backup_fail(struct app *app, const char *path, enum sv_err err,
                           const struct backup_file *b);
/* dir: where the vault was to be. */
enum exit_code backup_restore_fail(struct app *app, const char *path,
                                   const char *dir, enum sv_err err,
                                   const struct restore_report *r);

#endif
