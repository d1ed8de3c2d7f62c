/* An answer's line, a Link header and a problem of any bytes. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "cli/export_query.h"
#include "cli/mint_json.h"
#include "cli/mint_link.h"
#include "cli/problem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_make((const char *)data, size);
	struct mint_answer a;
	struct mint_link link;
	struct buf text;

	mint_answer_init(&a);
	if (mint_answer_read(&a, in) == OK)
		ASSERT(a.error.n || (a.token.n && a.url.n));
	mint_answer_deinit(&a);
	buf_init(&text, 1 << 20);
	problem_of_answer(400, in, &text);
	ASSERT(text.n > 0 && !memchr(text.p, '\n', text.n));
	buf_reset(&text);
	if (export_next_of(in, &text) == OK)
		ASSERT(text.n > 0);
	if (mint_link_read(in, &link) == OK)
		ASSERT(link.vars_n <= URI_TEMPLATE_VARS_MAX);
	buf_deinit(&text);
	return 0;
}
