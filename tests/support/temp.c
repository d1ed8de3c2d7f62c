#include "support/temp.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	OPEN_MAX_AT_ONCE = 8
};

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

void temp_init(struct temp *t)
{
	const char *base = getenv("TMPDIR");
	int n = snprintf(t->path, sizeof(t->path), "%s/ctio-test-XXXXXX",
		base ? base : "/tmp");

	must(n > 0 && (size_t)n < sizeof(t->path), "TMPDIR");
	must(mkdtemp(t->path) != NULL, t->path);
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void temp_deinit(struct temp *t)
{
	must(nftw(t->path, remove_one, OPEN_MAX_AT_ONCE,
		     FTW_DEPTH | FTW_PHYS) == 0,
		t->path);
}

const char *temp_file(const struct temp *t, const char *name)
{
	static _Thread_local char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", t->path, name);

	must(n > 0 && (size_t)n < sizeof(path), name);
	return path;
}
