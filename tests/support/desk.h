#ifndef SV_TESTS_SUPPORT_DESK_H
#define SV_TESTS_SUPPORT_DESK_H

#include "tests/support/fakelog.h"

/*
 * An auditor's desk: a small log that lies or is damaged as a test wants, an
 * export of it, the card, and svault-audit.
 */
struct desk {
    struct fakelog f;
    char dir[PATH_SIZE], export[PATH_SIZE], card[PATH_SIZE], out[PATH_SIZE];
    uint64_t assign_one, denied_two, import;
};

/* A log of some 25 entries, for cmocka; *state is the desk. */
int desk_set_up(void **state);
int desk_tear_down(void **state);
/* The card of this vault. */
void desk_card(const struct desk *d, const struct hash *vault);
/* The log as it stands, exported under a head of the gate's. */
void desk_export(const struct desk *d);
/* Run it; what it says goes to *out, with a NUL, and holds no control
 * characters.  The exit code.  more: what stands behind, quoted for the
 * shell. */
int desk_run(const struct desk *d, const char *verb, const char *more,
             struct buf *out);
int desk_verify(const struct desk *d, struct buf *out);
void assert_said(int code, int want, const struct buf *out, const char *text);

#endif
