/* What the variables of a link's template stand for. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/link_record.h"
#include "core/token_block.h"
#include "core/uri_template.h"

/* The token's param of that name, else its recipient or ref where the name
 * asks for one, else the link's default; p NULL: nothing. */
struct str token_value(const struct token_shape *shape,
	const struct token_tail *tail, const struct link *link,
	struct str name);
/* Appends the link's compiled template, filled with them. */
CHECKED enum err token_expand(const struct uri_template *t,
	const struct token_shape *shape, const struct token_tail *tail,
	const struct link *link, struct buf *out);
