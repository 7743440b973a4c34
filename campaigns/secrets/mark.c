#include "campaigns/secrets/mark.h"

#include <stdlib.h>
#include <valgrind/memcheck.h>

#include <sodium.h>

#include "campaigns/secrets/judge.h"
#include "campaigns/secrets/memory.h"

void
mark_secret(const void *at, size_t len)
{
    if (RUNNING_ON_VALGRIND)
        (void)VALGRIND_MAKE_MEM_UNDEFINED(at, len);
    else
        memory_remember(at, len);
}

void
mark_public(const void *at, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(at, len);
}

uint8_t *
mark_new(struct arena *room, size_t len)
{
    void *made = NULL;

    if (secret_new(room, len, &made) != SV_OK)
        abort();
    randombytes_buf(made, len);
    mark_secret(made, len);
    return made;
}

void
mark_content_secret(bool secret)
{
    judge_content_secret = secret;
}

void
mark_files(size_t at, size_t len)
{
    judge_file_at = at;
    judge_file_len = len;
}
