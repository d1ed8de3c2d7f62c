#include "http/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"

enum {
	DEFER_ACCEPT_S = 1
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static enum err err_of_bind(void)
{
	switch (errno) {
	case EADDRINUSE:
		return ERR_BUSY;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	case EADDRNOTAVAIL:
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	default:
		return ERR_SYSTEM;
	}
}

static void close_keeping_errno(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

static int turn_on(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static socklen_t make_address(
	const struct ip_endpoint *endpoint, int family, union address *to)
{
	memset(to, 0, sizeof(*to));
	to->any.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		to->v4.sin_port = htons(endpoint->port);
		memcpy(&to->v4.sin_addr, endpoint->ip.bytes,
			endpoint->ip.n == 4 ? 4 : 0);
		return sizeof(to->v4);
	}
	to->v6.sin6_port = htons(endpoint->port);
	memcpy(&to->v6.sin6_addr, endpoint->ip.bytes, endpoint->ip.n);
	return sizeof(to->v6);
}

static int open_bound(
	const struct ip_endpoint *endpoint, int family, bool reuse_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	union address address;
	socklen_t n = make_address(endpoint, family, &address);

	if (fd < 0)
		return -1;
	if (turn_on(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0 &&
		(!reuse_port ||
			turn_on(fd, SOL_SOCKET, SO_REUSEPORT, 1) == 0) &&
		(family == AF_INET || turn_on(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					      endpoint->ip.n != 0) == 0) &&
		bind(fd, &address.any, n) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

/* With SO_REUSEPORT a second server of the same user would be let in, and
 * share our clients: without it the kernel says that somebody listens. */
static enum err check_free(const struct ip_endpoint *endpoint, int family)
{
	int fd = open_bound(endpoint, family, false);

	if (fd < 0)
		return err_of_bind();
	(void)close(fd);
	return OK;
}

static enum err read_port(int fd, uint16_t *port)
{
	union address address = {0};
	socklen_t n = sizeof(address);

	if (getsockname(fd, &address.any, &n) != 0)
		return ERR_SYSTEM;
	*port = ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						       : address.v6.sin6_port);
	return OK;
}

static enum err listen_family(struct ip_endpoint *endpoint, int family,
	bool shared, int backlog, int *to)
{
	enum err e = OK;
	int fd;

	if (!shared && endpoint->port != 0)
		e = check_free(endpoint, family);
	if (e)
		return e;
	fd = open_bound(endpoint, family, true);
	if (fd < 0)
		return err_of_bind();
	/* Accepted sockets inherit both. */
	if (turn_on(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 ||
		turn_on(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_ACCEPT_S) !=
			0 ||
		listen(fd, backlog) != 0)
		e = err_of_bind();
	if (!e)
		e = read_port(fd, &endpoint->port);
	if (e)
		close_keeping_errno(fd);
	else
		*to = fd;
	return e;
}

enum err socket_listen_tcp(
	struct ip_endpoint *endpoint, bool shared, int backlog, int *fd)
{
	int family = endpoint->ip.n == 4 ? AF_INET : AF_INET6;
	enum err e = listen_family(endpoint, family, shared, backlog, fd);

	/* "*" on a machine without IPv6. */
	if (e && endpoint->ip.n == 0 &&
		(errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		e = listen_family(endpoint, AF_INET, shared, backlog, fd);
	return e;
}

/* True if path is a socket that nobody listens on. */
static bool is_stale(const union address *address)
{
	struct stat st;
	int fd;
	bool stale;

	if (lstat(address->local.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, &address->any, sizeof(address->local)) != 0 &&
		errno == ECONNREFUSED;
	(void)close(fd);
	return stale;
}

static int bind_unix(int fd, const union address *address)
{
	if (bind(fd, &address->any, sizeof(address->local)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	if (!is_stale(address)) {
		errno = EADDRINUSE;
		return -1;
	}
	if (unlink(address->local.sun_path) != 0)
		return -1;
	return bind(fd, &address->any, sizeof(address->local));
}

enum err socket_listen_unix(const char *path, int backlog, int *to)
{
	union address address = {.local = {.sun_family = AF_UNIX}};
	size_t n = strlen(path);
	enum err e;
	int fd;

	ASSERT(n < sizeof(address.local.sun_path));
	memcpy(address.local.sun_path, path, n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_SYSTEM;
	/* Linux gives the file the socket's mode: it is never open wider. */
	if (fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
		bind_unix(fd, &address) == 0 && listen(fd, backlog) == 0) {
		*to = fd;
		return OK;
	}
	e = err_of_bind();
	close_keeping_errno(fd);
	return e;
}
