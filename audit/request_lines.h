#ifndef SV_AUDIT_REQUEST_LINES_H
#define SV_AUDIT_REQUEST_LINES_H

#include "audit/line.h"
#include "audit/request.h"

/* The lines of a request (docs/FORMAT.md, "Requests"), of a struct request:
 * which ones an act has, request_act_lines() says. */
extern const struct line_format request_format;

#endif
