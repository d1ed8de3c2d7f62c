/* Places in an account's feed, by the cursors that name them. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "service/problem.h"
#include "service/view.h"

/* The place behind which the feed then goes on. ERR_INVALID: no cursor of this
 * account. ERR_NOT_FOUND: what is behind it is no longer kept, or it is from a
 * history that was cut off; the problem then says so, with the oldest cursor
 * there is. */
CHECKED enum err feed_place(struct view *v, uint64_t account, struct str cursor,
	uint64_t *after, struct problem *problem);
