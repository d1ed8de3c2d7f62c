/* The request head parser: never reads past its bytes, and its result does not
 * depend on how they were cut. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "http/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	enum err err;
	int status;
	size_t head_n;
};

static struct http_request request;

/* Parses a copy of exactly that size, so that reading past it is seen. */
static void parse(struct str bytes, struct result *result)
{
	struct http_refusal why = {0};
	char *copy = malloc(result->head_n);

	ASSERT(copy);
	memcpy(copy, bytes.p, result->head_n);
	result->err =
		http_parse_head(str_make(copy, result->head_n), &request, &why);
	result->status = why.status;
	ASSERT((result->err == OK) == (why.status == 0));
	free(copy);
}

static struct result judge(struct str bytes, size_t step)
{
	struct http_scan scan = {0};
	struct http_refusal why = {0};
	struct result result = {.err = ERR_AGAIN};

	for (size_t n = step < bytes.n ? step : bytes.n;
		result.err == ERR_AGAIN;
		n = n + step < bytes.n ? n + step : bytes.n) {
		result.err = http_find_head(
			&scan, str_make(bytes.p, n), &result.head_n, &why);
		result.status = why.status;
		if (n == bytes.n)
			break;
	}
	if (result.err == OK)
		parse(bytes, &result);
	return result;
}

static void check_inside(struct str view, const char *p, size_t n)
{
	if (view.n == 0)
		return;
	ASSERT(view.p >= p && view.p + view.n <= p + n);
	ASSERT(!memchr(view.p, '\0', view.n));
	ASSERT(!memchr(view.p, '\r', view.n));
	ASSERT(!memchr(view.p, '\n', view.n));
}

static void check_request(const char *p, size_t n)
{
	const struct http_request *r = &request;

	ASSERT(n <= HTTP_HEAD_MAX && r->fields_n <= HTTP_FIELDS_MAX);
	ASSERT(r->target.n <= HTTP_TARGET_MAX && r->path.n > 0);
	ASSERT(r->path.p[0] == '/' || r->path.p[0] == '*');
	ASSERT(str_find(r->path, '?') == r->path.n);
	ASSERT(str_find(r->target, ' ') == r->target.n);
	ASSERT(r->host.n > 0 || r->version_minor == 0);
	ASSERT(r->framing == HTTP_NO_BODY || r->method == HTTP_POST ||
		r->method == HTTP_PUT || r->method == HTTP_PATCH ||
		r->method == HTTP_DELETE);
	ASSERT(!(r->known[HTTP_CONTENT_LENGTH].p &&
		 r->known[HTTP_TRANSFER_ENCODING].p));
	check_inside(r->target, p, n);
	check_inside(r->query, p, n);
	check_inside(r->host, p, n);
	check_inside(r->method_text, p, n);
	for (size_t i = 0; i < r->fields_n; i++) {
		check_inside(r->fields[i].name, p, n);
		check_inside(r->fields[i].value, p, n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = {1, 2, 7, 1000};
	struct str bytes = str_make((const char *)data, size);
	struct result whole;

	/* Nothing may look at bytes past the head's maximum. */
	if (size / 4 > HTTP_HEAD_MAX || size == 0)
		return 0;
	whole = judge(bytes, size);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct result split = judge(bytes, steps[i]);

		ASSERT(split.err == whole.err && split.status == whole.status);
		ASSERT(whole.err || split.head_n == whole.head_n);
	}
	if (whole.err == OK) {
		struct http_refusal why;

		ASSERT(http_parse_head(str_make(bytes.p, whole.head_n),
			       &request, &why) == OK);
		check_request(bytes.p, whole.head_n);
	}
	return 0;
}
