#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum {
	OUT_BUFFER = 256 << 10,
	OUT_MODE = 0666 /* the user's umask decides */
};

void out_init(struct out *o)
{
	*o = (struct out){.fd = STDOUT_FILENO};
	buf_init(&o->bytes, OUT_BUFFER);
}

enum err out_open(struct out *o, const char *path)
{
	out_init(o);
	o->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, OUT_MODE);
	if (o->fd < 0)
		return err_from_errno(errno);
	o->is_file = true;
	if (flock(o->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? ERR_BUSY : err_from_errno(errno);
	return OK;
}

void out_close(struct out *o)
{
	buf_deinit(&o->bytes);
	/* What counts was flushed, and for a file synced. */
	if (o->is_file && o->fd >= 0)
		(void)close(o->fd);
	o->fd = -1;
}

static enum err write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t wrote = write(fd, bytes.p, bytes.n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return err_from_errno(errno);
		bytes = str_skip(bytes, (size_t)wrote);
	}
	return OK;
}

enum err out_flush(struct out *o)
{
	enum err e = write_all(o->fd, buf_view(&o->bytes));

	buf_reset(&o->bytes);
	return e;
}

enum err out_write(struct out *o, struct str bytes)
{
	enum err e = OK;

	if (o->bytes.n + bytes.n > OUT_BUFFER)
		e = out_flush(o);
	if (e)
		return e;
	if (bytes.n > OUT_BUFFER)
		return write_all(o->fd, bytes);
	buf_str(&o->bytes, bytes);
	return buf_err(&o->bytes);
}

enum err out_sync(struct out *o)
{
	enum err e = out_flush(o);

	if (!e && o->is_file && fsync(o->fd) != 0)
		e = err_from_errno(errno);
	return e;
}

enum err out_read(struct out *o, uint64_t at, char *to, size_t size, size_t *n)
{
	ssize_t got;

	do
		got = pread(o->fd, to, size, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_from_errno(errno);
	*n = (size_t)got;
	return OK;
}

enum err out_cut(struct out *o, uint64_t at)
{
	if (ftruncate(o->fd, (off_t)at) != 0 ||
		lseek(o->fd, (off_t)at, SEEK_SET) < 0)
		return err_from_errno(errno);
	return OK;
}
