/* The chunked decoder: what it takes out of a body does not depend on how the
 * bytes were cut, nor on how much of the data is taken at once. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "http/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	SIZE_MAX_FUZZED = 65536
};

struct result {
	enum http_chunk end;
	size_t data_n;
	char data[SIZE_MAX_FUZZED];
};

static struct result whole, split;

static void decode(
	struct str bytes, size_t step, size_t bite, struct result *result)
{
	struct http_chunked chunked = {0};
	size_t at = 0, end = 0;

	result->end = CHUNK_MORE;
	result->data_n = 0;
	while (result->end == CHUNK_MORE && end < bytes.n) {
		struct str here, data;

		end = bytes.n - end > step ? end + step : bytes.n;
		here = str_make(bytes.p + at, end - at);
		while ((result->end = http_chunked_next(
				&chunked, &here, &data)) == CHUNK_DATA) {
			size_t n = data.n < bite ? data.n : bite;

			ASSERT(data.n > 0 && data.n <= here.n);
			memcpy(result->data + result->data_n, data.p, n);
			result->data_n += n;
			http_chunked_took(&chunked, n);
			here = str_skip(here, n);
		}
		at = end - here.n;
		ASSERT(result->end != CHUNK_MORE || here.n == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		size_t step, bite;
	} ways[] = {{1, 1}, {1, 100}, {3, 2}, {SIZE_MAX_FUZZED, 5}};
	struct str bytes = str_make((const char *)data, size);

	if (size > SIZE_MAX_FUZZED)
		return 0;
	decode(bytes, SIZE_MAX_FUZZED, SIZE_MAX_FUZZED, &whole);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		decode(bytes, ways[i].step, ways[i].bite, &split);
		ASSERT(split.end == whole.end);
		ASSERT(split.data_n == whole.data_n);
		ASSERT(memcmp(split.data, whole.data, whole.data_n) == 0);
	}
	return 0;
}
