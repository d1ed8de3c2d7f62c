/* Files that must survive a power cut: written whole under a temporary name,
 * flushed, renamed, and their folder flushed. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Replaces path, or creates it, with these bytes and this mode. errno says
 * more on ERR_SYSTEM, ERR_IO, ERR_DISK_FULL. */
CHECKED enum err file_write(const char *path, struct str bytes, mode_t mode);
/* Appends the whole file to b; ERR_TOO_LONG past b's maximum. */
CHECKED enum err file_read(const char *path, struct buf *b);
/* Creates the folder if it is not there (its parent must be), flushing the
 * parent; ERR_EXISTS if something else has that name. */
CHECKED enum err file_make_dir(const char *path, mode_t mode);
/* Flushes a file or a folder. */
CHECKED enum err file_sync(const char *path);
/* Renames, then flushes the folder of `to`. */
CHECKED enum err file_rename(const char *from, const char *to);
/* Lets two names change places at once (renameat2), then flushes nothing: the
 * folder is flushed by file_sync_parent(). */
CHECKED enum err file_exchange(const char *a, const char *b);
/* Flushes the folder that path is in. */
CHECKED enum err file_sync_parent(const char *path);
/* The path of what is called so in a folder; ERR_TOO_LONG: over PATH_MAX. */
CHECKED enum err file_path(char *to, const char *dir, const char *name);
/* All of it, to an open file, pipe or socket that blocks. */
CHECKED enum err file_write_all(int fd, struct str bytes);
/* Removes a folder with all that is in it, following no links; it is fine if
 * there is none. */
CHECKED enum err file_remove_tree(const char *path);
/* Gives all of it to that user and group. */
CHECKED enum err file_own_tree(const char *path, uid_t user, gid_t group);
/* Removes a folder and the plain files in it; ERR_NOT_FOUND if there is none.
 */
CHECKED enum err file_remove_dir(const char *path);
