#ifndef SV_BASE_JSON_TEXT_H
#define SV_BASE_JSON_TEXT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/buf.h"

/*
 * Between JSON and its text.  jansson tells of missing memory by a NULL that
 * is easily lost on the way: a member or an element less, a string cut short,
 * a sound text that "is wrong".  Here it is SV_ERR_NOMEM, once a program has
 * called json_text_watch_memory(); before, as far as jansson says so.
 */

/* From here on this process knows of each allocation that jansson was refused.
 * Once, before any other use of jansson. */
void json_text_watch_memory(void);

/* Whether jansson was refused memory in this thread, ever: what was built by
 * it may have holes. */
bool json_text_lacked_memory(void);

/* flags: of json_dumps().  Appended; nothing after an error: SV_ERR_NOMEM,
 * SV_ERR_RANGE. */
enum sv_err json_text_put(const json_t *json, size_t flags, struct buf *out);

/* *out is the caller's, NULL after an error: SV_ERR_NOMEM; SV_ERR_FORMAT, it is
 * no JSON or has a member twice: *why (may be NULL) says where. */
enum sv_err json_text_get(struct bytes text, json_t **out, json_error_t *why);

#endif
