/* What a restore leaves behind in a region's store: where its history was cut
 * off, and from where on numbers are new. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct restore {
	uint64_t first_click; /* of the new history; the key */
	uint64_t last_click;  /* of what was kept */
	uint64_t first_token, last_token, first_id; /* likewise */
	uint64_t copied_ms; /* when the backup was begun */
	uint64_t restored_ms;
};

void restore_record_put(
	struct buf *out, struct str key, const struct restore *r);
/* ERR_CORRUPT, ERR_VERSION. */
CHECKED enum err restore_record_get(
	struct str record, struct str key, struct restore *r);
