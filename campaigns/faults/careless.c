/* A planted defect: a program that does not look at what glibc gave it. */
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
    char *copy = strdup(argv[argc - 1]);

    copy[0] = '\0';
    free(copy);
    return 0;
}
