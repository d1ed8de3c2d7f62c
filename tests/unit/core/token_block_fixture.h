/* Token blocks made of drafts, for test_token_block*.c. */
#pragma once

#include <string.h>

#include "base/bytes.h"
#include "core/token_block.h"
#include "support/cmocka.h"

/* n bytes, always the same. */
static inline struct str some(size_t n)
{
	static char text[BLOCK_BYTES_MAX];

	assert_true(n <= sizeof(text));
	memset(text, 't', sizeof(text));
	return str_make(text, n);
}

struct key {
	char bytes[8];
};

static inline struct str key_of(struct key *k, uint64_t last)
{
	put_be64(k->bytes, last);
	return str_make(k->bytes, sizeof(k->bytes));
}

/* Puts the draft, opens it again, and hands out the block, whose bytes are in
 * *b. */
static inline struct block reopen(
	struct block_draft *d, struct buf *b, struct key *k, uint64_t last)
{
	struct block block;

	buf_reset(b);
	block_draft_put(b, d, key_of(k, last));
	assert_int_equal(buf_err(b), OK);
	assert_int_equal(b->n, block_draft_size(d));
	assert_int_equal(block_open(buf_view(b), key_of(k, last), &block), OK);
	assert_int_equal(block.count, d->count);
	assert_true(block.last == last);
	assert_true(block.first == last - d->count + 1);
	assert_int_equal(block.key_version, d->key_version);
	assert_true(block.minted_ms == d->minted_ms);
	return block;
}
