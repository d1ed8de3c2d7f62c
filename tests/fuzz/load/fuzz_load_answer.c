/* An answer is read the same whether it comes whole or in pieces; its Location
 * lies within what came. The first byte says how large the pieces are. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "load/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct answer_reader whole;
static struct answer_reader pieces;

/* Returns how the answer ended; *rest is what it left. */
static enum err feed(struct answer_reader *r, struct str *rest, size_t most)
{
	enum err err = ERR_AGAIN;

	answer_reader_begin(r);
	while (rest->n && err == ERR_AGAIN) {
		size_t size;
		char *room = answer_reader_room(r, &size);

		ASSERT(size > 0);
		size = size < most ? size : most;
		size = size < rest->n ? size : rest->n;
		memcpy(room, rest->p, size);
		*rest = str_skip(*rest, size);
		err = answer_reader_take(r, size);
	}
	if (err == ERR_AGAIN)
		err = answer_reader_end(r);
	return err;
}

static void check_good(const struct answer_reader *r)
{
	struct str location = r->answer.location;

	ASSERT(r->state == ANSWER_DONE);
	ASSERT(r->answer.status >= 0 && r->answer.status <= 999);
	if (location.p)
		ASSERT(location.p > r->bytes &&
			location.p + location.n < r->bytes + r->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_make((const char *)data, size);
	struct str left;
	size_t most = size ? data[0] + 1u : 1;
	enum err as_whole;
	enum err in_pieces;

	all = str_skip(all, 1);
	left = all;
	as_whole = feed(&whole, &left, SIZE_MAX);
	left = all;
	in_pieces = feed(&pieces, &left, most);
	ASSERT(as_whole == OK || as_whole == ERR_CLOSED || whole.fault);
	/* Bytes behind the answer may come as a piece of their own. */
	if (in_pieces == OK && left.n) {
		ASSERT(as_whole == ERR_INVALID);
		return 0;
	}
	ASSERT(as_whole == in_pieces);
	if (as_whole)
		return 0;
	check_good(&whole);
	check_good(&pieces);
	ASSERT(whole.answer.status == pieces.answer.status);
	ASSERT(whole.answer.closes == pieces.answer.closes);
	ASSERT(str_eq(whole.answer.location, pieces.answer.location));
	return 0;
}
