#include "service/backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

enum {
	FILE_MODE = 0600,
	FLUSH_BYTES = 8 << 20
};

enum err backup_file_begin(struct backup_file *f, const char *path)
{
	enum err e;

	*f = (struct backup_file){.fd = -1};
	e = sha256_new(&f->sum);
	if (e)
		return e;
	f->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (f->fd < 0) {
		e = err_from_errno(errno);
		backup_file_deinit(f);
	}
	return e;
}

/* An error is told once: what is not taken here, fsync() does not know. */
static enum err flush_some(struct backup_file *f)
{
	off_t from = (off_t)f->flushed, n = (off_t)(f->bytes - f->flushed);
	int rc = sync_file_range(f->fd, from, n,
		SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			SYNC_FILE_RANGE_WAIT_AFTER);

	/* Where there is no such thing, the end flushes all. */
	if (rc != 0 && errno != ENOSYS && errno != EINVAL && errno != ESPIPE)
		return err_from_errno(errno);
	(void)posix_fadvise(f->fd, from, n, POSIX_FADV_DONTNEED); /* a wish */
	f->flushed = f->bytes;
	return OK;
}

enum err backup_file_add(struct backup_file *f, struct str bytes)
{
	enum err e = file_write_all(f->fd, bytes);

	if (e)
		return e;
	sha256_add(f->sum, bytes);
	f->bytes += bytes.n;
	return f->bytes - f->flushed >= FLUSH_BYTES ? flush_some(f) : OK;
}

enum err backup_file_end(struct backup_file *f, char sum[SHA256_TEXT_LEN])
{
	enum err e = fsync(f->fd) == 0 ? OK : err_from_errno(errno);

	if (!e)
		sha256_end(f->sum, sum);
	backup_file_deinit(f);
	return e;
}

void backup_file_deinit(struct backup_file *f)
{
	int saved = errno;

	if (f->fd >= 0)
		(void)close(f->fd); /* it was flushed, or is not wanted */
	f->fd = -1;
	sha256_free(f->sum);
	f->sum = NULL;
	errno = saved;
}
