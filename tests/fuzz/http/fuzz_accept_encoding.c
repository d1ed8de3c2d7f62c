/* Any Accept-Encoding is read, in any number of fields, and means the same
 * each time; weights stay in their range. */
#include <stdint.h>

#include "base/assert.h"
#include "http/accept_encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_weight(int weight)
{
	ASSERT(weight >= -1 && weight <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct accepted_codings whole = ACCEPTED_NONE, again = ACCEPTED_NONE;
	struct accepted_codings parts = ACCEPTED_NONE;

	accepted_codings_read(&whole, text);
	accepted_codings_read(&again, text);
	check_weight(whole.gzip);
	check_weight(whole.identity);
	check_weight(whole.any);
	ASSERT(accepted_codings_want_gzip(&whole) ==
		accepted_codings_want_gzip(&again));
	/* Elements may as well come as fields of their own. */
	while (text.p)
		accepted_codings_read(&parts, str_split(&text, ','));
	ASSERT(parts.gzip == whole.gzip && parts.identity == whole.identity &&
		parts.any == whole.any);
	if (whole.gzip == 0)
		ASSERT(!accepted_codings_want_gzip(&whole));
	return 0;
}
