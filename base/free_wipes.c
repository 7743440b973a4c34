#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * free() and realloc() for a whole program, which a file of its own makes
 * them: what is given back is wiped, also by libraries that know no better
 * (the JSON of a record, a table's cells).  glibc lets a program bring these
 * (its manual, "Replacing malloc"); ours only go in front.
 */

typedef void free_fn(void *ptr);

/* Set before main(), and never again. */
static free_fn *give_back;

__attribute__((constructor)) static void
find_free(void)
{
    void *found = dlsym(RTLD_NEXT, "free");

    /* ISO C converts no object pointer to a function's. */
    memcpy(&give_back, &found, sizeof give_back);
}

void
free(void *ptr)
{
    if (ptr != NULL)
        explicit_bzero(ptr, malloc_usable_size(ptr));
    /* NULL in the loader's first steps, which have little to give back. */
    if (give_back != NULL)
        give_back(ptr);
}

void *
realloc(void *ptr, size_t size)
{
    size_t had = ptr != NULL ? malloc_usable_size(ptr) : 0;
    void *moved;

    if (ptr != NULL && size == 0) {
        free(ptr);
        return NULL;
    }
    /* In place, unless that would keep more than is used. */
    if (ptr != NULL && size <= had && size >= had / 2) {
        explicit_bzero((uint8_t *)ptr + size, had - size);
        return ptr;
    }
    moved = malloc(size);
    if (moved == NULL)
        return NULL;
    if (ptr != NULL)
        memcpy(moved, ptr, had < size ? had : size);
    free(ptr);
    return moved;
}
