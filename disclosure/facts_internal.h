#ifndef SV_DISCLOSURE_FACTS_INTERNAL_H
#define SV_DISCLOSURE_FACTS_INTERNAL_H

#include "disclosure/facts.h"

/* For facts*.c only. */

/* Room for one more behind n: the capacity is the power of two that holds
 * n, so it needs no place of its own. */
enum sv_err facts_grow(void **at, size_t n, size_t size);
enum sv_err facts_check_name(const char *name, size_t size);
/* Where name is among n; n where it is not. */
size_t facts_find_name(char (*names)[FACTS_NAME_SIZE], size_t n,
                       const char *name);
/* One more release, also where there is one of that name. */
enum sv_err facts_add_release(struct facts *f, const char *name);
/* Figures from `from` to before `to` do not know the dimension. */
enum sv_err facts_add_strangers(struct facts_dimension *d, size_t from,
                                size_t to);
/* Of the figures from `from` to before `to`, those that know the dimension
 * and count people whatever their code is, count these codes alone. */
enum sv_err facts_close(struct facts *f, size_t dimension, size_t from,
                        size_t to, size_t n, const size_t codes[]);

#endif
