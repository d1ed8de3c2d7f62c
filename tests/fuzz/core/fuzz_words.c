/* Words, one a line, and after an empty line a text: what is found is what a
 * plain search finds. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "core/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	TEXT_MAX = 1024,
	LIST_MAX = 64
};

struct finds {
	const struct str *list;
	struct str text;
	size_t n;
	size_t end; /* of the last */
};

static void found(void *arg, size_t word, size_t at)
{
	struct finds *f = arg;
	size_t end = at + f->list[word].n;

	ASSERT(end <= f->text.n && end >= f->end);
	ASSERT(str_eq_nocase(
		str_make(f->text.p + at, f->list[word].n), f->list[word]));
	f->end = end;
	f->n++;
}

static size_t count(struct str text, struct str word)
{
	size_t n = 0;

	for (; text.n >= word.n; text = str_skip(text, 1)) {
		n += str_eq_nocase(str_make(text.p, word.n), word);
		if (text.n == word.n)
			break;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	static struct str list[LIST_MAX];
	struct finds finds = {.list = list};
	struct words *words = NULL;
	size_t n = 0, expected = 0;

	if (size > TEXT_MAX)
		return 0;
	while (text.n && n < LIST_MAX) {
		struct str line = str_split(&text, '\n');

		if (!line.n)
			break;
		list[n++] = line;
	}
	if (words_new(list, n, &words))
		return 0;
	finds.text = text;
	words_find(words, text, found, &finds);
	for (size_t i = 0; i < n; i++)
		expected += count(text, list[i]);
	ASSERT(finds.n == expected);
	words_free(words);
	return 0;
}
