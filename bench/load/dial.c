#include "load/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"

enum {
	/* Ports for more closed connections than a kernel remembers. Not many
	 * more, since it keeps metrics of each pair of addresses. */
	SOURCES = 64
};

/* 127.77.0.1 and on. */
static uint32_t source_of(uint32_t i)
{
	return UINT32_C(0x7f4d0001) + i % SOURCES;
}

void dialer_init(struct dialer *d, const struct ip_endpoint *to, bool spread,
	bool no_delay)
{
	memset(d, 0, sizeof(*d));
	d->no_delay = no_delay;
	if (to->ip.n == 4) {
		struct sockaddr_in in = {
			.sin_family = AF_INET, .sin_port = htons(to->port)};

		memcpy(&in.sin_addr, to->ip.bytes, 4);
		memcpy(&d->to, &in, sizeof(in));
		d->to_n = sizeof(in);
		d->spreads = spread && to->ip.bytes[0] == 127;
	} else {
		struct sockaddr_in6 in6 = {
			.sin6_family = AF_INET6, .sin6_port = htons(to->port)};

		ASSERT(to->ip.n == 16);
		memcpy(&in6.sin6_addr, to->ip.bytes, 16);
		memcpy(&d->to, &in6, sizeof(in6));
		d->to_n = sizeof(in6);
	}
}

static bool set_flag(int fd, int level, int name)
{
	int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on)) == 0;
}

static bool bind_source(struct dialer *d, int fd)
{
	struct sockaddr_in from = {.sin_family = AF_INET};

	from.sin_addr.s_addr = htonl(source_of(d->dialled++));
	/* The port is chosen when it is known where to. */
	return set_flag(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) &&
	       bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0;
}

static bool prepare(struct dialer *d, int fd)
{
	if (d->no_delay && !set_flag(fd, IPPROTO_TCP, TCP_NODELAY))
		return false;
	if (d->spreads && !bind_source(d, fd))
		return false;
	return connect(fd, (struct sockaddr *)&d->to, d->to_n) == 0 ||
	       errno == EINPROGRESS;
}

enum err dialer_open(struct dialer *d, int *fd)
{
	int made = socket(d->to.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	int number;

	if (made < 0)
		return err_from_errno(errno);
	if (!prepare(d, made)) {
		number = errno;
		(void)close(made);
		errno = number;
		return err_from_errno(number);
	}
	*fd = made;
	return OK;
}
