#ifndef SV_COUNTS_ANNUAL_H
#define SV_COUNTS_ANNUAL_H

#include "counts/annual_spec.h"
#include "counts/figures.h"
#include "vault/content.h"

/*
 * The yearly report: the figures of a year and their changes on the year
 * before, from the coded compartments of every record (victim.facts,
 * suspect.justice, offence.justice), each folded as it was at the time as of
 * which is counted.
 *
 * A victim counts whose identification_status is actual and whose counted_by
 * is the authority: by calendar years in her counted_year; by fiscal years
 * in the one in which identified_on lies.  A suspect counts in the year of
 * arrested_on (the first arrest), an offence in that of cleared_on, whoever
 * cleared it; no record says which authority counts these, and so they are
 * unknown figures in the report of any but the national one.  Who lacks what
 * decides the year is not counted.
 *
 * Who has several citizenships, one of them Japanese, is Japanese; other
 * people belong to the first one recorded.  Residence and return are those of
 * the foreign victims.  Services, kinds of protection and residence measures
 * are all that apply: a person counts once for each, and they do not add up.
 * The figure `unknown` of a breakdown holds those whose records do not tell;
 * where it is one of all that apply, or of those who returned, not_applicable
 * tells enough.
 *
 * Prosecuted is whose stage is prosecuted, summary, sent_to_family_court,
 * trial, judgment, appeal or final, or whose outcome says so where there is
 * no stage.  Sent to the family court comes before any outcome; pending is
 * also where there is none yet; other: acquitted or dismissed.  Undecided:
 * arrested or referred, or nothing is known.
 */
struct annual;

/* SV_ERR_INPUT as annual_spec_check(); SV_ERR_NOT_FOUND where the schema,
 * which must outlive it, lacks what is counted. */
enum sv_err annual_new(const struct annual_spec *spec,
                       const struct schema *schema, struct annual **out,
                       struct diag *where);
void annual_free(struct annual *a); /* wipes; accepts NULL */

/* The compartment of this type that annual_add() takes; NULL: not counted. */
const char *annual_compartment(const char *type);
/* One record and its key.  SV_ERR_USAGE where the content is not of that
 * compartment. */
enum sv_err annual_add(struct annual *a, const char *type, uint64_t key,
                       const struct content *content);
/* The figures with their relations; out is empty before.  The figures of the
 * year before are there as unknown ones, because they are not printed. */
enum sv_err annual_end(const struct annual *a, struct figures *out);

/* Rounded figures without the countries of which there would be only a 0: a
 * row that says 0 would tell that somebody is in it. */
enum sv_err annual_trim(struct figures *f);

/* A report as it is written down (annual_json.h, annual_text.h). */
#define ANNUAL_BASIS_MAX 1024
#define ANNUAL_PREVIEW "preview" /* the profile of what is not released */

struct annual_report {
    struct annual_spec spec;
    char profile[NAME_SIZE];
    char basis[ANNUAL_BASIS_MAX + 1]; /* the legal basis given, or "" */
    struct figures figures;           /* owned */
};
void annual_report_clear(struct annual_report *r);

/*
 * What may be seen without a release: every figure of annual_end() rounded
 * by figures_round(), a change as the difference of rounded figures, codes
 * that come to 0 left out.  No relation holds any more.
 */
enum sv_err annual_preview(const struct figures *exact,
                           const uint8_t round_key[32], struct figures *out);

#endif
