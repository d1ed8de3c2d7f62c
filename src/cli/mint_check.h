/* `ctio mint --dry-run`: what the server would refuse, found without asking. */
#pragma once

#include "base/buf.h"
#include "base/str.h"
#include "cli/mint_rows.h"

/* Appends why a request's line would be refused; nothing if it would not. */
void mint_check_line(
	const struct mint_vars *vars, struct str line, struct buf *why);
