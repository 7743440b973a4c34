#ifndef SV_COUNTS_ANNUAL_JSON_H
#define SV_COUNTS_ANNUAL_JSON_H

#include "counts/annual.h"

/*
 * A yearly report as JSON: one report, one text (keys in the order of
 * annual_layout.h, two spaces of indent, a line feed at the end).
 *
 *   { "year": 2022, "as_of": "2026-11-24", "profile": "exact",
 *     "authority": "national", "period": "calendar", "minor_age": 18,
 *     "basis": "...",                     only where one was given
 *     "victims": { "total": 46, "change": -1, "gender": { ... }, ... },
 *     "suspects": { ... }, "offences": { ... }, "prosecuted": { ... } }
 *
 * Members are the parts of the figures' names; the figures of the year before
 * are not among them.  What cannot be computed is null, with the reason in
 * the member behind it: "change": null, "change_reason": "no records ...".
 */
#define ANNUAL_JSON_MAX ((size_t)64 << 10)

/* Appended.  SV_ERR_INPUT where profile is no code or basis holds what is no
 * plain text; SV_ERR_USAGE where the figures are not a yearly report's. */
enum sv_err annual_json_encode(const struct annual_report *r, struct buf *out);

/*
 * From another machine: SV_ERR_FORMAT for all that annual_json_encode() would
 * not have written.  Codes need not be of today's lists.  Relations are there
 * except in a preview.  Give out to annual_report_clear().
 */
enum sv_err annual_json_decode(struct bytes in, struct annual_report *out);

#endif
