#ifndef SV_TESTS_SUPPORT_SUPPORT_H
#define SV_TESTS_SUPPORT_SUPPORT_H

/* What every test includes: cmocka with the headers it wants, and ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"

#define assert_err(call, want)                                                 \
    support_assert_err((call), (want), #call, __FILE__, __LINE__)
#define assert_ok(call) assert_err((call), SV_OK)
void support_assert_err(enum sv_err got, enum sv_err want, const char *call,
                        const char *file, int line);

/* The bytes of a lower-case hex text; fails the test where it is none. */
struct buf support_unhex(const char *hex);
/* A copy of b, to be spoiled. */
struct buf support_copy(struct bytes b);
/* Compare with a hex text, showing both where they differ. */
#define assert_hex(bytes, hex)                                                 \
    support_assert_hex((bytes), (hex), __FILE__, __LINE__)
void support_assert_hex(struct bytes got, const char *hex, const char *file,
                        int line);

/* A fresh directory of this test's own, removed with all it holds. */
void support_dir_make(char out[static PATH_SIZE]);
void support_dir_remove(const char *dir);

/* Put signature lines of a kind that is not known here behind a note, until
 * it is so long. */
void support_note_lengthen(struct buf *note, size_t len);

/* A clock that stands still until the test moves it. */
struct clock support_clock(uint64_t *now_ms);

#endif
