#include "tests/support/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <time.h>

void
status_of(pid_t pid, const char *name, char out[static 64])
{
    char path[64], line[256];
    size_t len = strlen(name);
    FILE *f;

    out[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            (void)snprintf(out, 64, "%.60s", line + len + 2);
    if (f != NULL)
        (void)fclose(f);
}

size_t
children_of(pid_t parent, pid_t *last)
{
    DIR *d = opendir("/proc");
    size_t n = 0;
    char ppid[64];

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        status_of((pid_t)atoi(e->d_name), "PPid", ppid);
        if (ppid[0] != '\0' && atoi(ppid) == parent) {
            *last = (pid_t)atoi(e->d_name);
            n++;
        }
    }
    (void)closedir(d);
    return n;
}

void
nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

pid_t
only_child_of(pid_t parent)
{
    pid_t child = 0;

    for (int i = 0; i < 10000 && children_of(parent, &child) != 1; i++)
        nap();
    assert_int_equal(children_of(parent, &child), 1);
    return child;
}

void
assert_childless(pid_t parent)
{
    pid_t child;

    for (int i = 0; i < 10000 && children_of(parent, &child) > 0; i++)
        nap();
    assert_int_equal(children_of(parent, &child), 0);
}

void
assert_dies(pid_t pid)
{
    char is[64] = "?";

    for (int i = 0; i < 10000 && is[0] != '\0' && is[0] != 'Z'; i++) {
        nap();
        status_of(pid, "State", is);
    }
    assert_true(is[0] == '\0' || is[0] == 'Z');
}
