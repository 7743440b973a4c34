#ifndef SV_CAMPAIGNS_SECRETS_JUDGE_H
#define SV_CAMPAIGNS_SECRETS_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

/* As mark.h sets them. */
extern bool judge_content_secret;
extern size_t judge_file_at, judge_file_len;

#endif
