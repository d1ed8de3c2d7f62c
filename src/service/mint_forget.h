/* Forgetting a stream that nobody can ask for again. */
#pragma once

#include <stdint.h>

#include "core/stream_record.h"
#include "store/links_writer.h"

/* Queues it; the tokens stay. If there is no room now, the store's daily purge
 * does it. */
void mint_forget(struct links_writer *w, const uint8_t key[STREAM_KEY_BYTES],
	uint64_t stream);
