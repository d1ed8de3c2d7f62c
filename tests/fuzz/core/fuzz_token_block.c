/* Bytes as a token block: if it opens, every entry can be asked for, and what
 * an entry's shape and tail hold lies within it. The same bytes then steer a
 * draft, which must open as it was filled. */
#include "core/token_block.h"

#include "sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	LAST = 4000
};

static void check_entry(const struct block_entry *entry)
{
	struct token_shape shape;
	struct token_tail tail;
	size_t n;

	if (entry->refused || token_shape_get(entry->shape, &shape))
		return;
	ASSERT(shape.names_n <= TOKEN_PARAMS_MAX);
	n = shape.destination.n;
	for (size_t i = 0; i < shape.names_n; i++)
		n += shape.names[i].n;
	ASSERT(n <= entry->shape.n);
	if (token_tail_get(entry->tail, shape.names_n, &tail))
		return;
	n = tail.recipient.n + tail.ref.n;
	for (size_t i = 0; i < shape.names_n; i++)
		n += tail.values[i].n;
	ASSERT(n <= entry->tail.n);
}

static void check(struct str record, struct str key)
{
	struct block_entry entry;
	struct block block;

	for (uint64_t n = LAST - 3; n <= LAST + 1; n++)
		if (block_find(record, key, n, &block, &entry) == OK)
			check_entry(&entry);
	if (block_open(record, key, &block))
		return;
	ASSERT(block.count > 0 && block.count <= BLOCK_TOKENS_MAX);
	for (uint64_t n = block.first; n <= block.last; n++)
		if (block_entry(&block, n, &entry) == OK)
			check_entry(&entry);
}

/* What was added: of tokens the first byte of each shape and tail. */
struct added {
	struct str shape, tail;
};

static void check_draft(struct block_draft *d, const struct added *added,
	size_t n, struct str key)
{
	struct block_entry entry;
	struct block block;
	struct buf b;

	buf_init(&b, BLOCK_BYTES_MAX);
	block_draft_put(&b, d, key);
	ASSERT(buf_err(&b) == OK && b.n == block_draft_size(d));
	ASSERT(block_open(buf_view(&b), key, &block) == OK);
	ASSERT(block.count == n);
	for (size_t i = 0; i < n; i++) {
		ASSERT(block_entry(&block, block.first + i, &entry) == OK);
		ASSERT(str_eq(entry.shape, added[i].shape));
		ASSERT(str_eq(entry.refused ? entry.refusal : entry.tail,
			added[i].tail));
		ASSERT(block_find(buf_view(&b), key, LAST - n + 1 + i, &block,
			       &entry) == OK);
		ASSERT(str_eq(entry.shape, added[i].shape));
	}
	buf_deinit(&b);
}

/* Each step takes a byte for the shape's length, one for the tail's, and the
 * bytes themselves; length 0 is a refused line. */
static void fill_draft(struct str input, struct str key)
{
	static struct added added[BLOCK_TOKENS_MAX];
	struct block_draft d;
	struct reader r;
	size_t n = 0;

	block_draft_init(&d);
	block_draft_reset(&d, 0, LAST);
	reader_init(&r, input);
	while (n < BLOCK_TOKENS_MAX) {
		uint8_t shape_n = reader_u8(&r);
		struct str shape = reader_raw(&r, shape_n);
		struct str tail = reader_raw(&r, reader_u8(&r));
		enum err e;

		if (r.err)
			break;
		e = shape_n ? block_draft_add(&d, shape, (uint32_t)n, tail,
				      BLOCK_BYTES_MAX)
			    : block_draft_refuse(&d, n, tail, BLOCK_BYTES_MAX);
		if (e)
			break;
		added[n++] = (struct added){shape, tail};
	}
	if (n)
		check_draft(&d, added, n, key);
	block_draft_deinit(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bytes[8] = {0};
	struct str key = str_make(bytes, sizeof(bytes));

	put_be64(bytes, LAST);
	check_both(data, size, key, check);
	fill_draft(str_make((const char *)data, size), key);
	return 0;
}
