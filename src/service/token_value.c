#include "service/token_value.h"

struct str token_value(const struct token_shape *shape,
	const struct token_tail *tail, const struct link *link, struct str name)
{
	for (size_t i = 0; i < shape->names_n; i++)
		if (str_eq(shape->names[i], name) && tail->values[i].p)
			return tail->values[i];
	if (str_is(name, "recipient") && tail->recipient.n)
		return tail->recipient;
	if (str_is(name, "ref") && tail->ref.n)
		return tail->ref;
	return link_default_of(link, name);
}

enum err token_expand(const struct uri_template *t,
	const struct token_shape *shape, const struct token_tail *tail,
	const struct link *link, struct buf *out)
{
	struct str values[URI_TEMPLATE_VARS_MAX];

	for (size_t i = 0; i < t->vars_n; i++)
		values[i] = token_value(shape, tail, link, t->vars[i]);
	uri_template_expand(out, t, values);
	return buf_err(out);
}
