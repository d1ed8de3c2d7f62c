/* Bytes as an erasure's record and as one of the tokens that it erased: what is
 * read is written as the same bytes. And as a token block, of which some tokens
 * are erased: it keeps its length, and opens as before. */
#include "core/erasure_record.h"
#include "core/token_erase.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(struct buf *b, struct str record)
{
	ASSERT(buf_err(b) == OK && b->n == record.n);
	ASSERT(memcmp(b->p, record.p, b->n) == 0);
	buf_deinit(b);
}

static void check(struct str record, struct str key)
{
	static uint64_t numbers[ERASED_CHUNK_TOKENS];
	struct erasure e;
	struct buf b;
	size_t n;

	buf_init(&b, record.n);
	if (erasure_record_get(record, key, &e) == OK) {
		ASSERT(erasure_state_name(e.state));
		erasure_record_put(&b, key, &e);
		check_same(&b, record);
	}
	if (erased_record_get(record, key, numbers, &n) == OK) {
		erased_record_put(&b, key, numbers, n);
		check_same(&b, record);
	}
	buf_deinit(&b);
}

/* Every other token goes. */
static void check_erase(struct str record, struct str key)
{
	static uint64_t numbers[BLOCK_TOKENS_MAX];
	struct block b, after;
	size_t n = 0, erased;
	struct buf copy;

	if (block_open(record, key, &b))
		return;
	for (uint64_t i = b.first; i <= b.last; i += 2)
		numbers[n++] = i;
	buf_init(&copy, record.n);
	buf_str(&copy, record);
	if (buf_err(&copy) == OK &&
		block_erase(copy.p, copy.n, key, numbers, n, &erased) == OK) {
		ASSERT(block_open(buf_view(&copy), key, &after) == OK);
		ASSERT(after.count == b.count && erased <= n);
		ASSERT(block_erase(copy.p, copy.n, key, numbers, n, &erased) ==
				OK &&
			erased == 0);
	}
	buf_deinit(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = str_make((const char *)data, size);
	char last[8];
	struct writer w;
	struct buf b;

	check_both(data, size, STR("0123456789abcdef"), check);
	put_be64(last, 4000);
	check_both(data, size, str_make(last, sizeof(last)), check_erase);
	/* A block's own version. */
	buf_init(&b, size + RECORD_OVERHEAD);
	record_begin(&w, &b, 2);
	writer_raw(&w, body.p, body.n);
	record_seal_keyed(&w, str_make(last, sizeof(last)));
	if (buf_err(&b) == OK)
		check_erase(buf_view(&b), str_make(last, sizeof(last)));
	buf_deinit(&b);
	return 0;
}
