#include "load/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum {
	TAILS_MAX = REQUEST_AGENTS_MAX * REQUEST_MAX
};

static const struct str head = STR("GET /");

enum err request_maker_init(struct request_maker *m, struct str host,
	const struct str *agents, size_t n, bool close)
{
	ASSERT(n >= 1 && n <= REQUEST_AGENTS_MAX && host.n <= REQUEST_HOST_MAX);
	buf_init(&m->tails, TAILS_MAX);
	m->n = n;
	m->ends = calloc(n, sizeof(*m->ends));
	for (size_t i = 0; i < n && m->ends; i++) {
		ASSERT(agents[i].n <= REQUEST_AGENT_MAX);
		buf_text(&m->tails, " HTTP/1.1\r\nHost: ");
		buf_str(&m->tails, host);
		buf_text(&m->tails, "\r\nUser-Agent: ");
		buf_str(&m->tails, agents[i]);
		buf_text(&m->tails,
			close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
		m->ends[i] = m->tails.n;
	}
	if (!m->ends || buf_err(&m->tails)) {
		request_maker_deinit(m);
		return ERR_NOMEM;
	}
	return OK;
}

void request_maker_deinit(struct request_maker *m)
{
	free(m->ends);
	m->ends = NULL;
	buf_deinit(&m->tails);
}

size_t request_put(char to[REQUEST_MAX], const struct request_maker *m,
	struct str token, size_t agent)
{
	size_t from = agent ? m->ends[agent - 1] : 0;
	size_t n = m->ends[agent] - from;

	memcpy(to, head.p, head.n);
	memcpy(to + head.n, token.p, token.n);
	memcpy(to + head.n + token.n, m->tails.p + from, n);
	return head.n + token.n + n;
}
