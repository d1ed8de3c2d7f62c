/* What the variables of a link's template stand for. */
#pragma once

#include "base/str.h"
#include "core/link_record.h"
#include "core/token_block.h"

/* The token's param of that name, else its recipient or ref where the name
 * asks for one, else the link's default; p NULL: nothing. */
struct str token_value(const struct token_shape *shape,
	const struct token_tail *tail, const struct link *link,
	struct str name);
