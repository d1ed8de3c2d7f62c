/* Key files: what is read is printed as a file that reads as the same. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/token_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct token_keys *a, const struct token_keys *b)
{
	for (unsigned v = 0; v < TOKEN_KEY_VERSIONS; v++)
		if (a->keys[v].present != b->keys[v].present ||
			a->keys[v].created_ms != b->keys[v].created_ms ||
			memcmp(a->keys[v].bytes, b->keys[v].bytes,
				CIPHER_KEY) != 0)
			return false;
	return a->current == b->current && a->tag == b->tag;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct token_keys_problem problem = {SIZE_MAX, {0}};
	struct token_keys keys, again;
	struct buf b;

	if (token_keys_parse(text, 'u', &keys, &problem)) {
		ASSERT(problem.line <= size + 1 && problem.text[0]);
		return 0;
	}
	ASSERT(keys.current < TOKEN_KEY_VERSIONS &&
		keys.keys[keys.current].present);
	buf_init(&b, TOKEN_KEYS_TEXT_MAX);
	token_keys_print(&b, &keys);
	ASSERT(buf_err(&b) == OK);
	ASSERT(token_keys_parse(buf_view(&b), 'u', &again, &problem) == OK);
	ASSERT(same(&keys, &again));
	buf_deinit(&b);
	return 0;
}
