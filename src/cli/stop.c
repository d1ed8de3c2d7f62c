#include "cli/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

static int wake = -1;

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	/* A full pipe is readable already. */
	if (write(wake, "", 1) < 0)
		errno = saved;
	errno = saved;
}

enum err stop_init(int *fd)
{
	struct sigaction action = {.sa_handler = on_signal,
		.sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return err_from_errno(errno);
	wake = fds[1];
	(void)sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, &action, NULL) != 0 ||
		sigaction(SIGTERM, &action, NULL) != 0)
		return err_from_errno(errno);
	*fd = fds[0];
	return OK;
}

bool stop_wait(int fd, uint64_t ms)
{
	uint64_t until = clock_mono_ms(&clock_system) + ms;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_mono_ms(&clock_system);
		int n = poll(&p, 1, now < until ? (int)(until - now) : 0);

		if (n > 0)
			return true;
		if (n == 0 && now >= until)
			return false;
	}
}
