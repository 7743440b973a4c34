#ifndef SV_RELEASE_WORKBOOK_MEMORY_H
#define SV_RELEASE_WORKBOOK_MEMORY_H

#include "base/buf.h"

/* A file that is in memory alone, for a library that wants a path. */
struct memory_file {
    int fd;
    char path[32];
};

enum sv_err memory_file_open(struct memory_file *f);
/* All that was written to it, appended. */
enum sv_err memory_file_read(const struct memory_file *f, struct buf *out);
void memory_file_close(struct memory_file *f);

#endif
