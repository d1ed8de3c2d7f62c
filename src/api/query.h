/* Query parameters: percent-decoded, each at most once, all known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "service/problem.h"

enum {
	QUERY_PARAMS_MAX = 16,
	QUERY_BYTES_MAX = 2048
};

struct query {
	const char *const *names;            /* NULL-terminated, of the route */
	struct str values[QUERY_PARAMS_MAX]; /* p NULL: not given */
	char bytes[QUERY_BYTES_MAX];
};

/* False with a problem. `text` may go afterwards. */
bool query_parse(struct query *q, struct str text, const char *const *names,
	struct problem *problem);
/* A value by its name, which must be one of the route's. */
struct str query_get(const struct query *q, const char *name);
/* As numbers, times and durations; left alone when not given. False with a
 * problem. */
bool query_u64(const struct query *q, const char *name, uint64_t min,
	uint64_t max, uint64_t *v, struct problem *problem);
bool query_time(const struct query *q, const char *name, uint64_t *ms,
	struct problem *problem);
