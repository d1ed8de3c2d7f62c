/* The tally's records: the first byte says which kind, the rest is the body
 * of a sealed record. Whatever is read is within its bounds. */
#include <stdlib.h>

#include "core/record.h"
#include "store/tally_tables.h"

static void check_chunk(struct str key, struct str record)
{
	struct str bits;

	if (!tally_read_chunk(key, record, &bits) &&
		bits.n != TALLY_CHUNK_BYTES)
		abort();
}

static void check_postings(struct str key, struct str record)
{
	struct tally_chunk chunk;

	if (!tally_read_postings(key, record, &chunk) &&
		(chunk.last < chunk.first ||
			chunk.differences.n > TALLY_POSTINGS_MAX))
		abort();
}

static void check_agent(struct str key, struct str record)
{
	struct agent_families families;

	if (!tally_read_agent(key, record, &families) &&
		(strlen(families.os) >= AGENT_FAMILY_SIZE ||
			strlen(families.device) >= AGENT_FAMILY_SIZE ||
			strlen(families.browser) >= AGENT_FAMILY_SIZE))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body;
	struct writer w;
	struct buf b;
	char keys[TALLY_POSTING_KEY] = {0};
	struct str key = str_make(keys, 8);

	if (!size)
		return 0;
	if (data[0] % 2)
		key.n = TALLY_POSTING_KEY;
	body = str_make((const char *)data + 1, size - 1);
	buf_init(&b, size + RECORD_OVERHEAD);
	record_begin(&w, &b, 1);
	writer_raw(&w, body.p, body.n);
	record_seal_keyed(&w, key);
	if (buf_err(&b) == OK) {
		check_chunk(key, buf_view(&b));
		check_postings(key, buf_view(&b));
		check_agent(key, buf_view(&b));
	}
	buf_deinit(&b);
	return 0;
}
