#ifndef SV_DISCLOSURE_JSON_TEXT_H
#define SV_DISCLOSURE_JSON_TEXT_H

#include <jansson.h>

#include "base/buf.h"

/*
 * Between JSON and its text.  jansson goes on where it has no memory for a
 * member's name, and leaves it out; and where a value could not be made it
 * gives no code.  Here both are SV_ERR_NOMEM.
 */

/* flags: of json_dumps().  Appended; nothing after an error: SV_ERR_NOMEM,
 * SV_ERR_RANGE. */
enum sv_err json_text_put(const json_t *json, size_t flags, struct buf *out);

/* SV_ERR_FORMAT: it is no JSON, or has a member twice; or jansson had no
 * memory for a string, of which it then keeps a part or says that it is wrong:
 * who reads what counts compares it with the text of what was read. */
enum sv_err json_text_get(struct bytes text, json_t **out);

#endif
