#include "http/transport.h"

#include <errno.h>
#include <sys/socket.h>

static ssize_t failed(void)
{
	if (errno == EAGAIN || errno == EINTR)
		return TRANSPORT_AGAIN;
	return TRANSPORT_LOST;
}

static ssize_t plain_read(int fd, void *state, void *to, size_t n)
{
	ssize_t got = recv(fd, to, n, 0);

	(void)state;
	return got >= 0 ? got : failed();
}

static ssize_t plain_write(int fd, void *state, const void *from, size_t n)
{
	ssize_t sent = send(fd, from, n, MSG_NOSIGNAL);

	(void)state;
	return sent >= 0 ? sent : failed();
}

/* Held back until the end joins it: one packet on the way, instead of two. */
static ssize_t plain_write_last(int fd, void *state, const void *from, size_t n)
{
	ssize_t sent = send(fd, from, n, MSG_NOSIGNAL | MSG_MORE);

	(void)state;
	if (sent < 0)
		return failed();
	if ((size_t)sent == n)
		(void)shutdown(fd, SHUT_WR);
	return sent;
}

const struct transport transport_plain = {
	plain_read, plain_write, plain_write_last};
