/* A file of targets that is taken is, line by line, exactly what it says; one
 * that is refused has its fault in a line that there is. */
#include <stdint.h>

#include "base/assert.h"
#include "load/targets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct targets *t, struct str text)
{
	for (size_t i = 0; i < t->n; i++) {
		struct str line = str_split(&text, '\n');
		struct target target = targets_get(t, i);

		ASSERT(target.token.n && target.location.n);
		ASSERT(target.token.p == line.p);
		ASSERT(line.p[target.token.n] == ' ');
		ASSERT(target.location.p == line.p + target.token.n + 1);
		ASSERT(target.location.p + target.location.n ==
			line.p + line.n);
	}
	ASSERT(text.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct targets_error error = {0, NULL};
	struct targets t;
	enum err err = targets_parse(&t, text, &error);

	if (err) {
		ASSERT(err == ERR_INVALID && error.text);
		ASSERT(error.line <= size);
		return 0;
	}
	check_lines(&t, text);
	targets_deinit(&t);
	return 0;
}
