#include "store/db_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/thread.h"
#include "store/db_env.h"

enum {
	PIPE_BYTES = 1 << 20
};

/* LMDB writes to a file descriptor and does not stop: a pipe, of which the
 * other end can be closed, makes that a stream. */
struct db_copy {
	struct db_env *env;
	int to;
	int rc; /* LMDB's */
};

static void *run(void *arg)
{
	struct db_copy *c = arg;
	sigset_t broken_pipe;

	/* A reader that has left is an error, and no signal. */
	ASSERT(sigemptyset(&broken_pipe) == 0);
	ASSERT(sigaddset(&broken_pipe, SIGPIPE) == 0);
	ASSERT(pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL) == 0);
	c->rc = mdb_env_copyfd2(c->env->env, c->to, 0);
	(void)close(c->to); /* a pipe */
	return NULL;
}

/* Until the end, an error, or what write() says. */
static enum err pass_on(int from, char *piece,
	enum err (*write)(void *arg, struct str bytes), void *arg)
{
	enum err e = OK;
	ssize_t n;

	while (!e && (n = read(from, piece, PIPE_BYTES)) != 0) {
		if (n > 0)
			e = write(arg, str_make(piece, (size_t)n));
		else if (errno != EINTR)
			e = err_from_errno(errno);
	}
	return e;
}

static enum err copy(struct db_copy *c, int from, char *piece,
	enum err (*write)(void *arg, struct str bytes), void *arg)
{
	pthread_t thread;
	enum err e = thread_start(&thread, "ctio-copy", run, c);

	if (e) {
		(void)close(c->to);
		(void)close(from);
		return e;
	}
	e = pass_on(from, piece, write, arg);
	(void)close(from);
	ASSERT(pthread_join(thread, NULL) == 0);
	/* The map has pages that cannot be read. */
	if (!e && (c->rc == EFAULT || c->rc == EIO))
		return ERR_CORRUPT;
	return e ? e : db_from_lmdb(c->env->dir, c->rc);
}

enum err db_copy(struct db_env *env,
	enum err (*write)(void *arg, struct str bytes), void *arg)
{
	struct db_copy c = {.env = env};
	char *piece = malloc(PIPE_BYTES);
	int fds[2];
	enum err e;

	if (!piece)
		return ERR_NOMEM;
	if (pipe2(fds, O_CLOEXEC) != 0) {
		free(piece);
		return ERR_SYSTEM;
	}
	/* A smaller one does, too. */
	(void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_BYTES);
	c.to = fds[1];
	e = copy(&c, fds[0], piece, write, arg);
	free(piece);
	return e;
}
