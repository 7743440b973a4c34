#ifndef SV_POLICY_POLICY_BUILD_H
#define SV_POLICY_POLICY_BUILD_H

#include "policy/policy.h"

/*
 * One fact after the other into a policy that began as zeros: what both
 * readers, of JSON and of the canonical text, share.  SV_ERR_FORMAT for a
 * name that is none, SV_ERR_NOT_FOUND for one that nothing introduced,
 * SV_ERR_EXISTS for a fact that is in, SV_ERR_RANGE where there is no room.
 */
enum sv_err policy_build_column(struct policy *p, struct bytes dotted);
enum sv_err policy_build_purpose(struct policy *p, struct bytes name);
enum sv_err policy_build_role(struct policy *p, struct bytes name);

/* These are about the role with the index `role`. */
enum sv_err policy_build_names(struct policy *p, unsigned role,
                               struct bytes purpose);
enum sv_err policy_build_default(struct policy *p, unsigned role,
                                 struct bytes purpose);
enum sv_err policy_build_cell(struct policy *p, unsigned role,
                              struct bytes dotted, struct bytes letters);
/* type is empty for an act that concerns no record. */
enum sv_err policy_build_act(struct policy *p, unsigned role, struct bytes act,
                             struct bytes type);

/* No more than n of this act, or of its duplicates, within ms. */
enum sv_err policy_build_limit(struct policy *p, struct bytes act, uint64_t n,
                               uint64_t ms, bool duplicates);

/* policy_role() and its like for names that are not terminated; -1. */
int policy_build_find_role(const struct policy *p, struct bytes name);
int policy_build_find_column(const struct policy *p, struct bytes dotted);
/* "r w a h g l s" of enum cell, and a NUL. */
#define POLICY_LETTERS_SIZE 8
void policy_build_letters(uint8_t cell, char out[static POLICY_LETTERS_SIZE]);

#endif
