/* The bytes of a request: one GET, with everything but its token made
 * beforehand. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "load/targets.h"

enum {
	REQUEST_AGENTS_MAX = 4096,
	REQUEST_AGENT_MAX = 1024, /* bytes */
	REQUEST_HOST_MAX = 255,   /* bytes */
	REQUEST_MAX =
		TARGETS_TOKEN_MAX + REQUEST_HOST_MAX + REQUEST_AGENT_MAX + 128,
};

struct request_maker {
	struct buf tails; /* what follows the token, of each agent */
	size_t *ends;     /* of each tail, in tails */
	size_t n;
};

/* close: the request asks for the connection to be closed. Host and agents are
 * within their maxima and have no control characters; n is at least 1.
 * ERR_NOMEM. */
CHECKED enum err request_maker_init(struct request_maker *m, struct str host,
	const struct str *agents, size_t n, bool close);
void request_maker_deinit(struct request_maker *m);
/* Writes at most REQUEST_MAX bytes, no NUL; returns how many. agent is below
 * m->n. */
size_t request_put(char to[REQUEST_MAX], const struct request_maker *m,
	struct str token, size_t agent);
