/* A connection's bytes, plain or through TLS; nothing above knows which. One
 * thread; never waits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct ssl_st;
struct tls;

struct transport {
	int fd;             /* -1: closed */
	struct ssl_st *ssl; /* NULL: plain */
	/* After ERR_AGAIN: go on when the socket can be written, not read. */
	bool wants_write;
};

/* The client's side of TLS. Certificates are not checked: this measures, on
 * loopback. Each connection makes a full handshake. */
CHECKED enum err tls_new(const char *host, struct tls **to);
void tls_free(struct tls *tls);

/* Takes the socket over; tls NULL: plain. ERR_NOMEM leaves it with the
 * caller. */
CHECKED enum err transport_open(struct transport *t, int fd, struct tls *tls);
/* Does nothing on a closed one. polite: TLS says that it ends. */
void transport_close(struct transport *t, bool polite);

/* The handshake; OK at once for plain. ERR_AGAIN, ERR_CLOSED. */
CHECKED enum err transport_greet(struct transport *t);
/* Some bytes: *n is at least 1. ERR_AGAIN: none now; ERR_CLOSED: they ended, or
 * the connection broke: then errno is not 0. */
CHECKED enum err transport_read(
	struct transport *t, char *to, size_t size, size_t *n);
/* Some bytes, perhaps not all. ERR_AGAIN: call again with the same bytes;
 * ERR_CLOSED, with errno. */
CHECKED enum err transport_write(
	struct transport *t, const char *from, size_t size, size_t *n);
