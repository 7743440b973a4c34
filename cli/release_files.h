#ifndef SV_CLI_RELEASE_FILES_H
#define SV_CLI_RELEASE_FILES_H

#include "cli/counting.h"

/*
 * A release as files in a directory that must not exist yet:
 *
 *   report.json           the bytes that were approved
 *   report.csv            the same figures: name, value, reason
 *   report.en.txt, report.ja.txt   and as a table
 *   report.en.html, report.ja.html   and with charts, to read and print
 *   report.en.xlsx, report.ja.xlsx   and for spreadsheet programs
 *   release.json          number, commitment, and the random bytes that
 *                         open it: BLAKE2b-256 over them and report.json
 *   request.entry, approval.entry  the entries of the log
 *   request.tlog-proof, approval.tlog-proof  that they stand in the log
 *
 * With a recipient named, release.sealed stands in place of all before
 * request.entry: "SVR", u8 1, vault id, u64 number, and a PS1 box for the
 * recipient.
 */

/* Reports, and prints what was written. */
enum exit_code release_files_write(struct app *app, const char *dir,
                                   const struct schema *schema,
                                   const struct hash *vault, uint64_t number,
                                   const struct release_package *p);
/* The recipient's part: what release.sealed holds, into another directory,
 * with the entries and proofs that lie beside it. */
enum exit_code release_files_open(struct app *app, const char *path,
                                  const struct identity *identity,
                                  const char *dir);

#endif
