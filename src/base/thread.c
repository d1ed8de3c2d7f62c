#include "base/thread.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	THREAD_NAME_MAX = 16, /* with its end, pthread_setname_np(3) */
	THREAD_BACK_NICE = 10 /* a tenth of the weight, sched(7) */
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

void thread_step_back(void)
{
	id_t id = (id_t)gettid();
	int nice = getpriority(PRIO_PROCESS, id);

	/* Where it is refused, all threads are equal. */
	(void)setpriority(PRIO_PROCESS, id, nice + THREAD_BACK_NICE);
}
