#include "base/thread.h"

#include <stdio.h>

enum {
	THREAD_NAME_MAX = 16 /* with its end, pthread_setname_np(3) */
};

enum err thread_start(
	pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg)
{
	char cut[THREAD_NAME_MAX];

	if (pthread_create(thread, NULL, run, arg) != 0)
		return ERR_SYSTEM;
	(void)snprintf(cut, sizeof(cut), "%s", name);
	/* A thread without its name works as well. */
	(void)pthread_setname_np(*thread, cut);
	return OK;
}
