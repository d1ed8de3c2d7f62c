#include "api/query.h"

#include "base/assert.h"
#include "base/num.h"
#include "core/timestamp.h"

/* Decodes s to *to; false for a bad escape. */
static bool decode(struct str s, char **to, struct str *decoded)
{
	char *start = *to;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			int high =
				i + 2 < s.n ? ascii_hex_value(s.p[i + 1]) : -1;
			int low =
				i + 2 < s.n ? ascii_hex_value(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		*(*to)++ = c;
	}
	*decoded = str_make(start, (size_t)(*to - start));
	return true;
}

static size_t index_of(const struct query *q, struct str name)
{
	size_t i = 0;

	while (q->names && q->names[i] && !str_is(name, q->names[i]))
		i++;
	return q->names && q->names[i] ? i : SIZE_MAX;
}

static bool take_param(
	struct query *q, struct str part, char **to, struct problem *problem)
{
	struct str name = str_split(&part, '='), value;
	size_t i;

	if (!decode(name, to, &name) || !decode(part, to, &value)) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"A query parameter has a bad percent-escape.");
		return false;
	}
	i = index_of(q, name);
	if (i == SIZE_MAX) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"There is no query parameter \"%.*s\" here.",
			(int)(name.n < 64 ? name.n : 64), name.p);
		return false;
	}
	ASSERT(i < QUERY_PARAMS_MAX);
	if (q->values[i].p) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"The query parameter \"%s\" is given twice.",
			q->names[i]);
		return false;
	}
	q->values[i] = value.p ? value : STR("");
	return true;
}

bool query_parse(struct query *q, struct str text, const char *const *names,
	struct problem *problem)
{
	char *to = q->bytes;

	q->names = names;
	for (size_t i = 0; i < QUERY_PARAMS_MAX; i++)
		q->values[i] = str_make(NULL, 0);
	if (text.n > sizeof(q->bytes)) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"The query is too long.");
		return false;
	}
	while (text.n) {
		struct str part = str_split(&text, '&');

		if (part.n && !take_param(q, part, &to, problem))
			return false;
	}
	return true;
}

struct str query_get(const struct query *q, const char *name)
{
	size_t i = index_of(q, str_from(name));

	ASSERT(i != SIZE_MAX);
	return q->values[i];
}

bool query_u64(const struct query *q, const char *name, uint64_t min,
	uint64_t max, uint64_t *v, struct problem *problem)
{
	struct str text = query_get(q, name);
	uint64_t got;

	if (!text.p)
		return true;
	if (num_parse_u64(text, max, &got) || got < min) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"%s must be a number from %llu to %llu.", name,
			(unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*v = got;
	return true;
}

bool query_time(const struct query *q, const char *name, uint64_t *ms,
	struct problem *problem)
{
	struct str text = query_get(q, name);

	if (!text.p)
		return true;
	if (timestamp_parse(text, ms)) {
		problem_set(problem, PROBLEM_BAD_PARAMETER,
			"%s must be an RFC 3339 time such as "
			"2026-11-23T00:00:00Z.",
			name);
		return false;
	}
	return true;
}
