/* Preloaded into the server by tests, to disturb its disk and its clock from
 * outside. Environment:
 *   CTIO_SHIM_PATH     flushes and positioned writes of files under this
 *                      folder are disturbed
 *   CTIO_SHIM_CONTROL  a folder; what happens depends on the files in it:
 *     stall    while it exists, they wait
 *     eio      while it exists, they fail with EIO
 *     enospc   while it exists, they fail with ENOSPC
 *     clock    holds a number of seconds, such as -86400, that is added to
 *              the wall clock (replace it by rename)
 * LMDB writes pages with pwrite or writev, flushes with fdatasync, and writes
 * its meta page with pwrite on a descriptor opened O_DSYNC. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	STALL_STEP_NS = 1000000,
	CLOCK_STEP_NS = 5000000, /* how old the known offset may be */
	NUMBER_MAX = 20,
	SECONDS_MAX = 1000000000
};

/* The next library's function of this name; they differ in type. */
static void *next(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (!p)
		abort();
	return p;
}

static bool control_path(char to[PATH_MAX], const char *name)
{
	const char *folder = getenv("CTIO_SHIM_CONTROL");
	int n;

	if (!folder)
		return false;
	n = snprintf(to, PATH_MAX, "%s/%s", folder, name);
	return n > 0 && n < PATH_MAX;
}

static bool is_set(const char *name)
{
	char path[PATH_MAX];

	return control_path(path, name) && access(path, F_OK) == 0;
}

static bool is_under_path(int fd)
{
	const char *folder = getenv("CTIO_SHIM_PATH");
	char link[64], path[PATH_MAX];
	size_t length = folder ? strlen(folder) : 0;
	ssize_t n;

	if (!length)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	return n > (ssize_t)length && memcmp(path, folder, length) == 0 &&
	       path[length] == '/';
}

/* Waits, or sets errno and returns true if the call is to fail. */
static bool disturb(int fd)
{
	int saved = errno;

	if (!is_under_path(fd)) {
		errno = saved;
		return false;
	}
	while (is_set("stall")) {
		struct timespec step = {.tv_nsec = STALL_STEP_NS};

		(void)nanosleep(&step, NULL);
	}
	if (is_set("eio")) {
		errno = EIO;
		return true;
	}
	if (is_set("enospc")) {
		errno = ENOSPC;
		return true;
	}
	errno = saved;
	return false;
}

/* The names of the C library's parameters are its own. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
	int (*real)(int) = next("fsync");

	return disturb(fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	int (*real)(int) = next("fdatasync");

	return disturb(fd) ? -1 : real(fd);
}

int sync_file_range(int fd, off64_t at, off64_t n, unsigned flags)
{
	int (*real)(int, off64_t, off64_t, unsigned) = next("sync_file_range");

	return disturb(fd) ? -1 : real(fd, at, n, flags);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	ssize_t (*real)(int, const void *, size_t, off_t) = next("pwrite");

	return disturb(fd) ? -1 : real(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = next("pwrite64");

	return disturb(fd) ? -1 : real(fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	ssize_t (*real)(int, const struct iovec *, int) = next("writev");

	return disturb(fd) ? -1 : real(fd, v, n);
}

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	ssize_t (*real)(int, const struct iovec *, int, off_t) =
		next("pwritev");

	return disturb(fd) ? -1 : real(fd, v, n, at);
}

ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at)
{
	ssize_t (*real)(int, const struct iovec *, int, off64_t) =
		next("pwritev64");

	return disturb(fd) ? -1 : real(fd, v, n, at);
}

/* The number of seconds in the control file, 0 where there is none. */
static long read_offset(void)
{
	char path[PATH_MAX], text[NUMBER_MAX];
	long seconds = 0;
	ssize_t n;
	int fd;

	if (!control_path(path, "clock"))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text));
	(void)close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (text[i] >= '0' && text[i] <= '9' && seconds < SECONDS_MAX)
			seconds = seconds * 10 + (text[i] - '0');
	return n > 0 && text[0] == '-' ? -seconds : seconds;
}

static long wall_offset(void)
{
	static _Atomic long known;
	static _Atomic long long known_at;
	int (*real)(clockid_t, struct timespec *) = next("clock_gettime");
	int saved = errno;
	struct timespec t;
	long long now;

	(void)real(CLOCK_MONOTONIC, &t);
	now = (long long)t.tv_sec * 1000000000 + t.tv_nsec;
	if (now - atomic_load(&known_at) > CLOCK_STEP_NS) {
		atomic_store(&known, read_offset());
		atomic_store(&known_at, now);
	}
	errno = saved;
	return atomic_load(&known);
}

int clock_gettime(clockid_t id, struct timespec *to)
{
	int (*real)(clockid_t, struct timespec *) = next("clock_gettime");
	int rc = real(id, to);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		to->tv_sec += wall_offset();
	return rc;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	int (*real)(struct timeval *, void *) = next("gettimeofday");
	int rc = real(to, zone);

	if (rc == 0)
		to->tv_sec += wall_offset();
	return rc;
}

time_t time(time_t *to)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
