/* How a connection reads and writes: the seam for TLS. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum {
	TRANSPORT_AGAIN = -1, /* not now; wait for the socket */
	TRANSPORT_LOST = -2,  /* the connection is broken */
};

struct transport {
	/* Bytes read or written, TRANSPORT_AGAIN, TRANSPORT_LOST; read gives 0
	 * when the peer has ended its side, and fewer than n only when there
	 * are no more now (or urgent data, whose sender may wait). Never
	 * blocks, never signals. */
	ssize_t (*read)(int fd, void *state, void *to, size_t n);
	ssize_t (*write)(int fd, void *state, const void *from, size_t n);
	/* The same with all that is left to say: once everything is written,
	 * our side is ended. */
	ssize_t (*write_last)(int fd, void *state, const void *from, size_t n);
};

/* A socket; needs no state. */
extern const struct transport transport_plain;
