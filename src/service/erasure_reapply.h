/* Erases again what was erased after a copy of the store was made: the lines of
 * service/erasure_list.h's export, one after the other. Each becomes an erasure
 * of its own that is running already; upkeep_turn() brings them to their end.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "service/upkeep.h"

/* Tokens that are not there, or erased already, are passed by; *tokens_n are
 * those that were erased now. ERR_INVALID: it is no such line; ERR_CONFLICT:
 * another region's; ERR_NOT_FOUND: the account is not there. */
CHECKED enum err erasure_reapply_line(
	struct upkeep *u, struct str line, size_t *tokens_n);
