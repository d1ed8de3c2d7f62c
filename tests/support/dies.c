#include "support/dies.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

bool dies(void (*f)(void *arg), void *arg)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		/* cmocka turns some signals into failures of the test. */
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		f(arg);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
