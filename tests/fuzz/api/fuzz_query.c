/* Text as a query of the API: what is taken lies in the query's own bytes, and
 * is no longer than what came. */
#include <string.h>

#include "api/query.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
	"after", "limit", "from", "a b", "%", "", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct problem problem = {0};
	uint64_t number = 7, time = 7;
	static struct query q;
	size_t n = 0;

	if (!query_parse(&q, text, names, &problem)) {
		ASSERT(problem.kind == PROBLEM_BAD_PARAMETER);
		ASSERT(problem.detail[0]);
		return 0;
	}
	ASSERT(problem.kind == PROBLEM_NONE && size <= QUERY_BYTES_MAX);
	for (size_t i = 0; names[i]; i++) {
		struct str value = query_get(&q, names[i]);

		ASSERT(!value.p || value.n == 0 ||
			(value.p >= q.bytes &&
				value.p + value.n <=
					q.bytes + sizeof(q.bytes)));
		n += value.n;
	}
	ASSERT(n <= size);
	if (!query_u64(&q, "limit", 1, 1000, &number, &problem))
		ASSERT(number == 7);
	else
		ASSERT(number >= 1 && number <= 1000);
	(void)query_time(&q, "from", &time, &problem);
	return 0;
}
