/* The floor of bench/run: a bare epoll loop, one thread, that answers the head
 * of every request with the same 302 and looks at nothing else in it but
 * whether the connection is to be closed. What a redirect costs in the kernel,
 * and nothing more.
 *
 *     ctio-floor [--port N] [--location URL]
 *
 * Prints its port when it listens; port 0, the default, lets the system
 * choose. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BACKLOG = 4096,
	EVENTS_MAX = 512,
	ACCEPTS_MAX = 256, /* in a turn */
	DESCRIPTORS_MAX = 65536,
	HEAD_MAX = 8192,
	ANSWER_MAX = 8192,
	LOCATION_MAX = 4096,
	DEFER_ACCEPT_SECONDS = 1,
};

/* Of an open descriptor; kept for the next one of that number. */
struct conn {
	size_t n; /* bytes of a head that is not whole yet */
	char bytes[HEAD_MAX];
};

struct text {
	char bytes[ANSWER_MAX];
	size_t n;
};

struct floor {
	int epoll;
	int listener;
	struct text kept;
	struct text closed;
	struct conn *conns[DESCRIPTORS_MAX];
};

_Noreturn static void die(const char *what)
{
	(void)fprintf(stderr, "ctio-floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_answer(
	struct text *answer, const char *location, const char *more)
{
	int n = snprintf(answer->bytes, sizeof(answer->bytes),
		"HTTP/1.1 302 Found\r\n"
		"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
		"Location: %s\r\n"
		"Cache-Control: no-store\r\n"
		"X-Robots-Tag: noindex\r\n"
		"Content-Length: 0\r\n"
		"%s\r\n",
		location, more);

	answer->n = (size_t)n;
}

/* True if the head, which ends with its empty line, has `Connection: close`. */
static bool wants_close(const char *head, const char *end)
{
	static const char line[] = "\r\nConnection: close\r\n";

	for (const char *p = head; p < end; p++) {
		p = memchr(p, '\r', (size_t)(end - p));
		if (!p || (size_t)(end - p) < sizeof(line) - 1)
			return false;
		/* Most lines do not begin with a C. */
		if ((p[2] == 'C' || p[2] == 'c') &&
			strncasecmp(p, line, sizeof(line) - 1) == 0)
			return true;
	}
	return false;
}

static bool send_answer(int fd, const struct text *answer)
{
	/* Who does not read its answers is left. */
	return send(fd, answer->bytes, answer->n, MSG_NOSIGNAL) ==
	       (ssize_t)answer->n;
}

/* Answers each whole head, and keeps what is left; false to close. */
static bool answer_heads(const struct floor *f, int fd, struct conn *c)
{
	char *head = c->bytes;
	char *all = c->bytes + c->n;
	char *end;

	while ((end = memmem(head, (size_t)(all - head), "\r\n\r\n", 4))) {
		end += 4;
		if (wants_close(head, end)) {
			(void)send_answer(fd, &f->closed);
			return false;
		}
		if (!send_answer(fd, &f->kept))
			return false;
		head = end;
	}
	c->n = (size_t)(all - head);
	if (c->n && head != c->bytes)
		memmove(c->bytes, head, c->n);
	return c->n < sizeof(c->bytes);
}

/* Reads once and answers; false to close. */
static bool serve(const struct floor *f, int fd)
{
	struct conn *c = f->conns[fd];
	ssize_t n = recv(fd, c->bytes + c->n, sizeof(c->bytes) - c->n, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->n += (size_t)n;
	return n > 0 && answer_heads(f, fd, c);
}

static bool watch(const struct floor *f, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool prepare(struct floor *f, int fd)
{
	if (fd >= DESCRIPTORS_MAX)
		return false;
	if (!f->conns[fd])
		f->conns[fd] = malloc(sizeof(*f->conns[fd]));
	if (!f->conns[fd])
		return false;
	f->conns[fd]->n = 0;
	return true;
}

/* A connection whose first answer is its last never gets to epoll. */
static void accept_some(struct floor *f)
{
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(
			f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (!prepare(f, fd) || !serve(f, fd) || !watch(f, fd))
			(void)close(fd);
	}
}

_Noreturn static void loop(struct floor *f)
{
	static struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int n = epoll_wait(f->epoll, events, EVENTS_MAX, -1);

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == f->listener)
				accept_some(f);
			else if (!serve(f, fd))
				(void)close(fd);
		}
	}
}

static void listen_on(struct floor *f, uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t at_n = sizeof(at);
	int on = 1;
	int seconds = DEFER_ACCEPT_SECONDS;

	f->listener =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->listener < 0 || f->epoll < 0 ||
		setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &on,
			sizeof(on)) != 0 ||
		setsockopt(f->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds,
			sizeof(seconds)) != 0 ||
		bind(f->listener, (struct sockaddr *)&at, at_n) != 0 ||
		listen(f->listener, BACKLOG) != 0 || !watch(f, f->listener) ||
		getsockname(f->listener, (struct sockaddr *)&at, &at_n) != 0)
		die("cannot listen");
	if (printf("%u\n", ntohs(at.sin_port)) < 0 || fflush(stdout) != 0)
		die("stdout");
}

static bool parse_port(const char *text, uint16_t *port)
{
	const char *from = text;
	unsigned v = 0;

	for (; *text >= '0' && *text <= '9' && v <= UINT16_MAX; text++)
		v = v * 10 + (unsigned)(*text - '0');
	*port = (uint16_t)v;
	return text > from && *text == '\0' && v <= UINT16_MAX;
}

int main(int argc, char **argv)
{
	static struct floor f;
	const char *location = "https://shop.example/";
	uint16_t port = 0;
	bool is_wrong = argc % 2 == 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			is_wrong |= !parse_port(argv[i + 1], &port);
		else if (strcmp(argv[i], "--location") == 0)
			location = argv[i + 1];
		else
			is_wrong = true;
	}
	if (is_wrong || strlen(location) > LOCATION_MAX) {
		(void)fprintf(stderr,
			"usage: ctio-floor [--port N] [--location URL]\n");
		return 2;
	}
	make_answer(&f.kept, location, "");
	make_answer(&f.closed, location, "Connection: close\r\n");
	listen_on(&f, port);
	loop(&f);
}
