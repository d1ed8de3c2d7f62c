/* Templates: whatever compiles expands within its bounds, to characters that a
 * URL may hold, and the parts cover the whole text. */
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "core/uri_chars.h"
#include "core/uri_template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const struct uri_template *t)
{
	size_t at = 0;

	for (size_t i = 0; i < t->parts_n; i++) {
		ASSERT(t->parts[i].at == at);
		if (t->parts[i].var == URI_TEMPLATE_LITERAL) {
			at += t->parts[i].n;
			continue;
		}
		ASSERT(t->parts[i].var < t->vars_n);
		at += t->vars[t->parts[i].var].n + 2;
	}
	ASSERT(at == t->text.n);
}

/* Whatever the values hold, the expansion holds what a URL may. */
static void check_expansion(const struct uri_template *t, struct str value)
{
	struct str values[URI_TEMPLATE_VARS_MAX];
	struct buf out;

	buf_init(&out, (size_t)URI_TEMPLATE_EXPRS_MAX * 3 * value.n +
			       URI_TEMPLATE_MAX);
	for (size_t i = 0; i < t->vars_n; i++)
		values[i] = value;
	uri_template_expand(&out, t, values);
	ASSERT(buf_err(&out) == OK);
	for (size_t i = 0; i < out.n; i++) {
		bool escape = uri_is_escape(str_skip(buf_view(&out), i));

		ASSERT(escape || uri_is(out.p[i], URI_ANY));
		i += escape ? 2 : 0;
	}
	buf_deinit(&out);
}

/* An encoded value decodes to itself. */
static void check_encoding(struct str value)
{
	struct buf out;
	struct str rest;
	size_t n = 0;

	buf_init(&out, 3 * value.n);
	uri_encode(&out, value);
	rest = buf_view(&out);
	while (rest.n)
		ASSERT(uri_decode_next(&rest) == (uint8_t)value.p[n++]);
	ASSERT(n == value.n);
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct uri_template_problem problem = {SIZE_MAX, NULL};
	struct uri_template t;

	check_encoding(text);
	if (uri_template_compile(text, &t, &problem)) {
		ASSERT(problem.at <= text.n && problem.text);
		return 0;
	}
	check_parts(&t);
	check_expansion(&t, text);
	check_expansion(&t, str_make(NULL, 0));
	if (uri_template_check_authority(&t, &problem))
		ASSERT(problem.at <= text.n && problem.text);
	return 0;
}
