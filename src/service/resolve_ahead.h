/* Tokens that are about to be resolved: what the store will be asked for them
 * is brought near for several at once. One thread's. */
#pragma once

#include <stddef.h>

#include "base/str.h"
#include "service/view.h"
#include "store/token_near.h"

enum {
	RESOLVE_AHEAD_MAX = 16 /* those beyond it come as they are */
};

/* All zero at first. */
struct resolve_ahead {
	size_t n;
	struct view *views[RESOLVE_AHEAD_MAX];
	struct token_near tokens[RESOLVE_AHEAD_MAX];
};

/* Notes the token that the bytes begin with, if there is one. */
void resolve_ahead_note(
	struct resolve_ahead *a, struct views *views, struct str bytes);
/* Brings near what was noted, and forgets it. */
void resolve_ahead_bring(struct resolve_ahead *a);
