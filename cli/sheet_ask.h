#ifndef SV_CLI_SHEET_ASK_H
#define SV_CLI_SHEET_ASK_H

#include "cli/app.h"
#include "vault/sheet.h"

/*
 * A sheet as somebody types it from the paper, line by line; or from the
 * file at path, where it is not NULL or "-".  Reports.
 */
bool sheet_ask(struct app *app, const char *path, enum sheet_kind kind,
               struct sheet *out, enum exit_code *code);
/* The gate's, into the arena: epoch and root, nothing derived yet. */
bool sheet_ask_gate(struct app *app, const char *path, struct gate_keys **out,
                    enum exit_code *code);
/* A key file from a seed; asks for a passphrase like key new.  Reports. */
enum exit_code key_of_sheet(struct app *app, const char *path, const char *name,
                            bool unprotected,
                            const uint8_t seed[static SEED_LEN]);

#endif
