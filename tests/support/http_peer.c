#include "support/http_peer.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

enum {
	ACCEPT_WAIT_MS = 20000
};

static void die(const char *what)
{
	perror(what);
	abort();
}

/* A connection's bytes land behind what was seen before. */
static bool read_some(struct http_peer *p, int fd, size_t max)
{
	size_t room = HTTP_PEER_SEEN_MAX - p->seen_n - 1;
	ssize_t got;

	if (max > room)
		max = room;
	got = max ? read(fd, p->seen + p->seen_n, max) : 0;
	if (got <= 0)
		return false;
	p->seen_n += (size_t)got;
	p->seen[p->seen_n] = '\0';
	return true;
}

static void write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t wrote = send(fd, bytes, n, MSG_NOSIGNAL);

		if (wrote <= 0)
			return; /* the client has gone: so be it */
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

/* Reads a byte at a time, so that nothing of the body is taken. */
static bool read_head(struct http_peer *p, int fd, size_t start)
{
	while (p->seen_n < start + 4 ||
		memcmp(p->seen + p->seen_n - 4, "\r\n\r\n", 4) != 0)
		if (!read_some(p, fd, 1))
			return false;
	return true;
}

static size_t content_length(const char *head)
{
	static const char name[] = "\r\nContent-Length:";
	const char *at = strcasestr(head, name);
	uint64_t n = 0;

	if (!at)
		return 0;
	at += sizeof(name) - 1;
	if (num_parse_u64(
		    str_trim(str_make(at, strcspn(at, "\r"))), SIZE_MAX, &n))
		die("a Content-Length that is no number");
	return (size_t)n;
}

static void read_body(struct http_peer *p, int fd, size_t n, bool echo)
{
	while (n) {
		size_t before = p->seen_n;

		if (!read_some(p, fd, n))
			return;
		if (echo)
			write_all(fd, p->seen + before, p->seen_n - before);
		n -= p->seen_n - before;
	}
}

static int accept_one(struct http_peer *p)
{
	struct pollfd wait = {.fd = p->listener, .events = POLLIN};
	int fd;

	if (poll(&wait, 1, ACCEPT_WAIT_MS) != 1)
		return -1;
	fd = accept(p->listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	return fd;
}

/* The connection to go on with, or -1. */
static int do_step(struct http_peer *p, const struct http_peer_step *s, int fd)
{
	size_t start = p->seen_n;
	size_t length;

	if (fd < 0)
		fd = accept_one(p);
	if (fd < 0)
		return -1;
	if (read_head(p, fd, start)) {
		length = content_length(p->seen + start);
		if (s->body_max && s->body_max < length)
			length = s->body_max;
		if (s->echo && s->answer)
			write_all(fd, s->answer, strlen(s->answer));
		read_body(p, fd, length, s->echo);
		if (!s->echo && s->answer)
			write_all(fd, s->answer, strlen(s->answer));
	}
	if (s->keep)
		return fd;
	if (s->hold)
		p->held[p->held_n++] = fd;
	else
		(void)close(fd);
	return -1;
}

static void *serve(void *arg)
{
	struct http_peer *p = arg;
	int fd = -1;

	for (size_t i = 0; i < p->steps_n; i++)
		fd = do_step(p, &p->steps[i], fd);
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static void start(struct http_peer *p, const struct sockaddr *address,
	socklen_t address_n, const struct http_peer_step *steps, size_t steps_n)
{
	*p = (struct http_peer){.steps = steps, .steps_n = steps_n};
	p->seen = calloc(1, HTTP_PEER_SEEN_MAX);
	if (!p->seen)
		die("calloc");
	p->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || bind(p->listener, address, address_n) != 0 ||
		listen(p->listener, 8) != 0)
		die("listening");
	if (pthread_create(&p->thread, NULL, serve, p) != 0)
		die("pthread_create");
}

void http_peer_start(struct http_peer *p, const char *path,
	const struct http_peer_step *steps, size_t steps_n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		die(path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	start(p, (struct sockaddr *)&address, sizeof(address), steps, steps_n);
}

unsigned http_peer_start_tcp(
	struct http_peer *p, const struct http_peer_step *steps, size_t steps_n)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);

	start(p, (struct sockaddr *)&address, n, steps, steps_n);
	if (getsockname(p->listener, (struct sockaddr *)&address, &n) != 0)
		die("getsockname");
	return ntohs(address.sin_port);
}

void http_peer_stop(struct http_peer *p)
{
	(void)pthread_join(p->thread, NULL);
	for (size_t i = 0; i < p->held_n; i++)
		(void)close(p->held[i]);
	(void)close(p->listener);
}

const char *http_peer_seen(struct http_peer *p)
{
	return p->seen;
}

void http_peer_free(struct http_peer *p)
{
	free(p->seen);
	p->seen = NULL;
}
