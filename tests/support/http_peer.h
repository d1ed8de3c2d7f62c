/* A server for tests of clients: on a unix socket or a port, one connection at
 * a time, it reads a request and writes bytes that the test chose. Its thread
 * ends with the last script's step. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	HTTP_PEER_STEPS_MAX = 32,
	HTTP_PEER_SEEN_MAX = 1 << 20
};

/* One request. */
struct http_peer_step {
	/* Bytes of the body to read before it answers; by default all of a
	 * Content-Length. */
	size_t body_max;
	const char *answer; /* NULL: closes without one */
	bool keep;          /* the connection, for the next step */
	bool hold;          /* neither reads nor closes until the end */
	bool echo; /* writes the body back as it comes, after `answer` */
};

struct http_peer {
	pthread_t thread;
	int listener;
	const struct http_peer_step *steps;
	size_t steps_n;
	int held[HTTP_PEER_STEPS_MAX];
	size_t held_n;
	/* All requests, as they came; read it after http_peer_stop(). */
	char *seen;
	size_t seen_n;
};

/* The steps outlive the peer. */
void http_peer_start(struct http_peer *p, const char *path,
	const struct http_peer_step *steps, size_t steps_n);
/* The same on 127.0.0.1; returns the port, which the system chose. */
unsigned http_peer_start_tcp(struct http_peer *p,
	const struct http_peer_step *steps, size_t steps_n);
/* Waits until all steps were done. */
void http_peer_stop(struct http_peer *p);
/* What was seen, NUL-terminated, until http_peer_free(). */
const char *http_peer_seen(struct http_peer *p);
void http_peer_free(struct http_peer *p);
