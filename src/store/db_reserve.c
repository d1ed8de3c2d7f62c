#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/db_env.h"

enum {
	RESERVE_BYTES = 256 * 1024,
	RESERVE_WHEN = 32 * 1024, /* so little is left */
};

static uint64_t file_size(int fd)
{
	struct stat s;

	return fstat(fd, &s) == 0 ? (uint64_t)s.st_size : UINT64_MAX;
}

void db_reserve(struct db_env *env)
{
	static const char zeros[RESERVE_BYTES];
	uint64_t used = db_file_bytes(env);
	ssize_t wrote = 0;
	uint64_t from;
	int fd;

	if (used + RESERVE_WHEN <= env->reserved)
		return;
	if (mdb_env_get_fd(env->env, &fd) != 0)
		return;
	from = file_size(fd);
	if (from == UINT64_MAX)
		return;
	if (from < used)
		from = used;
	if (from < used + RESERVE_WHEN)
		wrote = pwrite(fd, zeros, sizeof(zeros), (off_t)from);
	if (wrote > 0)
		from += (uint64_t)wrote;
	/* Where too little could be written it is tried again as the file
	 * grows. */
	env->reserved = from > used + RESERVE_WHEN ? from : used + RESERVE_WHEN;
}
