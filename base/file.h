#ifndef SV_BASE_FILE_H
#define SV_BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"

#define PATH_SIZE 4096

/* dir/name, or base followed by suffix.  SV_ERR_RANGE over PATH_SIZE. */
enum sv_err path_join(char out[static PATH_SIZE], const char *dir,
                      const char *name);
enum sv_err path_suffix(char out[static PATH_SIZE], const char *base,
                        const char *suffix);

/* For reading.  A pipe that nobody has open for writing within a second is
 * empty: put in a file's place, it must not keep whoever reads it waiting for
 * ever. */
enum sv_err file_open(const char *path, int *fd);
/* The whole file, appended.  SV_ERR_NOT_FOUND; SV_ERR_RANGE over max;
 * SV_ERR_DENIED without permission; SV_ERR_IO. */
enum sv_err file_read(const char *path, size_t max, struct buf *out);

/*
 * Write, sync, and only then give the file its name, so that path holds
 * either what it held or all of data.  mode as for open(2), not subject to
 * the umask.  file_create() refuses with SV_ERR_EXISTS where path exists.
 * SV_ERR_FULL on a full disk.
 */
enum sv_err file_replace(const char *path, mode_t mode, struct bytes data);
enum sv_err file_create(const char *path, mode_t mode, struct bytes data);

/* Give a file another name in its directory, and make that durable.
 * SV_ERR_EXISTS where something has it: rename() would overwrite. */
enum sv_err file_move_new(const char *from, const char *to);

/* Make the names in dir durable. */
enum sv_err dir_sync(const char *dir);
/* Make the name of path durable, in its directory. */
enum sv_err path_sync(const char *path);

/* Exactly len bytes at offset, or SV_ERR_IO; a short read gives *got. */
enum sv_err fd_read_at(int fd, uint8_t *out, size_t len, off_t offset,
                       size_t *got);
enum sv_err fd_write_at(int fd, struct bytes data, off_t offset);

/* The sv_err for an errno of open, read, write and their like. */
enum sv_err err_of_errno(int code);

/*
 * An exclusive advisory lock on path, held while the descriptor is open.
 * The file says who holds it.  SV_ERR_BUSY with that in holder (NUL behind
 * it; "" where it could not be read).
 */
enum sv_err file_lock(const char *path, char *holder, size_t holder_size,
                      int *fd);

#endif
