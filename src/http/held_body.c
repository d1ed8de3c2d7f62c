#include "http/held_body.h"

#include <stdlib.h>
#include <string.h>

struct held_body {
	struct str left;
	char bytes[];
};

enum err held_body_new(struct str body, struct held_body **to)
{
	struct held_body *h = malloc(sizeof(*h) + body.n);

	if (!h)
		return ERR_NOMEM;
	if (body.n)
		memcpy(h->bytes, body.p, body.n);
	h->left = str_make(h->bytes, body.n);
	*to = h;
	return OK;
}

static enum http_pull pull(void *arg, struct buf *out)
{
	struct held_body *h = arg;
	size_t room = out->max - out->n;
	size_t n = h->left.n < room ? h->left.n : room;

	buf_add(out, h->left.p, n);
	h->left = str_skip(h->left, n);
	return h->left.n ? PULL_MORE : PULL_END;
}

static void stop(void *arg)
{
	free(arg);
}

const struct http_source held_body_source = {pull, stop};
