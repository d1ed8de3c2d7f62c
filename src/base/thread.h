/* Threads with names, as `top -H` and a debugger show them. */
#pragma once

#include <pthread.h>

#include "base/err.h"

/* The name, cut to 15 bytes, is the kernel's to show. ERR_SYSTEM: no thread;
 * otherwise to be joined. */
CHECKED enum err thread_start(pthread_t *thread, const char *name,
	void *(*run)(void *arg), void *arg);

/* The calling thread steps back behind threads that did not call it: those that
 * answer people. It still gets about a tenth of a core that they fill. */
void thread_step_back(void);
