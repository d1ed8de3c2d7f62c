#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/db_env.h"

enum {
	LARGE_PAGE = 2 << 20,
	GROW_FROM = 32 * LARGE_PAGE, /* smaller files stay as they are */
	GROW_SHARE = 8,              /* an eighth more, at least */
	GROW_MAX = 16 * LARGE_PAGE,  /* and twice as much at most */
};

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
}

/* Reading a hole costs no disk, and what is read at once is kept in large
 * pages where the kernel has them. All of it is a wish. */
static void read_holes(int fd, uint64_t from, uint64_t to)
{
	size_t n = (size_t)(to - from);
	void *map = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, (off_t)from);

	if (map == MAP_FAILED)
		return;
	if (madvise(map, n, MADV_HUGEPAGE) == 0)
		(void)madvise(map, n, MADV_POPULATE_READ);
	(void)munmap(map, n);
}

void db_grow(struct db_env *env)
{
	uint64_t used = db_file_bytes(env), ahead = used / GROW_SHARE, from, to;
	MDB_envinfo info;
	struct stat s;
	int fd;

	if (ahead > GROW_MAX)
		ahead = GROW_MAX;
	if (used < GROW_FROM || used + ahead <= env->grown)
		return;
	to = round_up(used + 2 * ahead);
	if (mdb_env_info(env->env, &info) || to > info.me_mapsize ||
		mdb_env_get_fd(env->env, &fd) || fstat(fd, &s))
		return;
	env->grown = to;
	from = round_up(
		(uint64_t)s.st_size > used ? (uint64_t)s.st_size : used);
	if (from < to && ftruncate(fd, (off_t)to) == 0)
		read_holes(fd, from, to);
}
