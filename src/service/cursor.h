/* The feed's cursors and click ids: numbers of the log, sealed so that they
 * tell nothing of other accounts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/opaque.h"
#include "service/view.h"

enum {
	CURSOR_LEN = OPAQUE_LEN,
	SEALS_MAX = 32, /* clicks whose ids are sealed at once */
};

/* A place in the feed: behind this click. It holds for one account. */
struct cursor {
	uint64_t sequence;
};

void cursor_write(struct view *v, uint64_t account, const struct cursor *c,
	char to[CURSOR_LEN]);
/* ERR_INVALID for anything that is no cursor of this account. */
CHECKED enum err cursor_read(
	struct view *v, uint64_t account, struct str s, struct cursor *c);

/* A click's id: never repeats. */
void click_id_write(struct view *v, uint64_t sequence, char to[CURSOR_LEN]);

/* Both for many clicks at once, as blocks for opaque_text(); n is at most
 * SEALS_MAX. */
struct seals {
	uint8_t cursors[SEALS_MAX][CIPHER_BLOCK];
	uint8_t click_ids[SEALS_MAX][CIPHER_BLOCK];
};
void seals_write(struct view *v, uint64_t account, const uint64_t *sequences,
	size_t n, struct seals *to);
