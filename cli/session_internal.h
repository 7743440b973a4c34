#ifndef SV_CLI_SESSION_INTERNAL_H
#define SV_CLI_SESSION_INTERNAL_H

#include "cli/app.h"

/*
 * For session*.c: the steps of session_open().  What is bool says itself what
 * failed, and *code is then set.
 */

/* ---- session_gate.c ---- */

/* Which vault, from the command line or the configuration. */
bool session_find_vault(struct session *s, enum exit_code *code);
/* Opens the way; s->client and s->hello are then there. */
bool session_call(struct session *s, enum exit_code *code);

/* ---- session_pin.c ---- */

/* Reads FILE.head; *known says that there is one, of this vault.  Nothing has
 * been derived yet. */
bool session_peek_pin(struct session *s, struct buf *file, bool *known,
                      enum exit_code *code);
/* pin: what is to be remembered of a vault whose gate was recognised. */
bool session_first_contact(struct session *s, struct pin *pin,
                           enum exit_code *code);
/* Keeps what the client has seen, unless another program of hers has seen
 * more. */
enum sv_err session_save_pin(struct session *s);

/* Each says what is wrong. */
enum exit_code session_pin_failed(struct session *s, enum sv_err err);
enum exit_code session_wrong_gate(struct session *s);
/* Not with the gate's fingerprint: she is to have it from her sponsor. */
enum exit_code session_stranger(struct session *s, const char *why);
/* Of who is not on the roster, by the gate's word: nothing else is known. */
enum exit_code session_nobody(struct session *s, const struct card *card);

#endif
