/* What tokens cost in the links environment, LMDB's own bytes included: 40
 * beyond the caller's in batches, 80 one by one. */
#include <string.h>

#include "core/token_block.h"
#include "support/cmocka.h"

enum {
	LEAF_MAX = 2022,
	/* LMDB: a node's header, 8, its place in the page, 2, and its key; the
	 * page's header, 16; a value on a page of its own is pointed to by 8
	 * bytes. */
	NODE_BYTES = 8 + 2 + 8,
	PAGE_BYTES = 4096,
	PAGE_HEAD = 16,
};

static char text[64];

static struct str some(size_t n)
{
	return str_make(text, n);
}

/* What a value takes of leaves that hold as many as fit. */
static size_t leaf_share(size_t value)
{
	size_t node = NODE_BYTES + value + value % 2;

	return PAGE_BYTES / ((PAGE_BYTES - PAGE_HEAD) / node);
}

/* Bytes that a batch of tokens costs in the links environment: blocks, with
 * LMDB's nodes and pages. */
static size_t stored_bytes(size_t tokens, struct str shape, struct str tail)
{
	struct block_draft d;
	size_t bytes = 0;

	block_draft_init(&d);
	block_draft_reset(&d, 0, 1795412520123);
	for (size_t i = 0; i < tokens; i++) {
		if (block_draft_add(&d, shape, 1, tail, BLOCK_BYTES_MAX) == OK)
			continue;
		bytes += PAGE_BYTES + NODE_BYTES + 8;
		block_draft_reset(&d, 0, 1795412520123);
		assert_int_equal(
			block_draft_add(&d, shape, 1, tail, BLOCK_BYTES_MAX),
			OK);
	}
	if (block_draft_size(&d) > LEAF_MAX)
		bytes += PAGE_BYTES + NODE_BYTES + 8;
	else
		bytes += leaf_share(block_draft_size(&d));
	block_draft_deinit(&d);
	return bytes;
}

static void test_sizes(void **state)
{
	static const size_t params[] = {0, 1, 2, 5};
	const uint64_t big = ((uint64_t)1 << 48) - 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		struct token_shape s = {.account = big, .link = big};
		struct token_tail t = {.recipient = some(12), .ref = some(20)};
		size_t own = 32, batch, single;
		struct buf shape, tail;

		s.names_n = params[i];
		for (size_t n = 0; n < params[i]; n++) {
			s.names[n] = some(6);
			t.values[n] = some(8);
			own += 14;
		}
		buf_init(&shape, SHAPE_BYTES_MAX);
		buf_init(&tail, BLOCK_BYTES_MAX);
		token_shape_put(&shape, &s);
		token_tail_put(&tail, &t, s.names_n);
		batch = stored_bytes(1000, buf_view(&shape), buf_view(&tail));
		single = stored_bytes(1, buf_view(&shape), buf_view(&tail));
		/* A batch keeps the names once, for all. */
		assert_true(batch <= 1000 * (own - 6 * params[i] + 40));
		assert_true(single <= own + 80);
		buf_deinit(&shape);
		buf_deinit(&tail);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
	};

	memset(text, 't', sizeof(text));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
