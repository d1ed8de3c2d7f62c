/* Reads a region's click log in the order of its numbers, across segments. One
 * thread at a time; reset it before the thread waits for anything: between
 * reset and the next call it holds nothing. Records that cannot be trusted are
 * passed by and named, never served. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "store/db.h"
#include "store/segments.h"

/* On the caller's storage. */
struct click_reader {
	struct segments *segments;
	/* Called for each record passed by: ERR_CORRUPT or ERR_VERSION. A whole
	 * segment that cannot be read is named by the sequence before it. With
	 * is_agent the click itself is served, without its agent. NULL: none.
	 */
	void (*on_damage)(
		void *arg, uint64_t sequence, enum err e, bool is_agent);
	void *arg;
	bool without_agents; /* interned agents: click_reader_agent() */
	uint64_t skipped;    /* records and segments passed by so far */
	uint64_t at;         /* the last sequence returned or passed by */
	bool is_live;        /* holds a segment and a snapshot of it */
	bool is_placed;      /* the cursor stands on `at` */
	struct segment_ref ref;
	struct db_txn txn;
	struct db_cursor cursor;
};

/* Stands before the log's first click. */
void click_reader_init(struct click_reader *r, struct segments *segments);
/* Ends the snapshot; keeps the place. The clicks' strings die here. */
void click_reader_reset(struct click_reader *r);
void click_reader_deinit(struct click_reader *r);

/* The next click will be the first one behind this sequence, there or not. */
void click_reader_seek(struct click_reader *r, uint64_t after_sequence);
/* The next click. Its strings are views that die with the next call on this
 * reader. ERR_AGAIN: no newer click yet (in this snapshot: reset, ask again);
 * ERR_FULL: too many segments are held, ask again later; others: the log
 * cannot be read. The place moves on OK, and over what it passes by. */
CHECKED enum err click_reader_next(
	struct click_reader *r, uint64_t *sequence, struct click *click);
/* One click by its number; the place is then behind it. ERR_NOT_FOUND: it is
 * not kept; ERR_CORRUPT or ERR_VERSION: it cannot be trusted. Cheapest in
 * ascending order. */
CHECKED enum err click_reader_get(
	struct click_reader *r, uint64_t sequence, struct click *click);

/* Of the click that was last read: with its agent_id a key to a text that
 * never changes, for caches. */
static inline uint64_t click_reader_opening(const struct click_reader *r)
{
	return r->ref.opening;
}
/* The text of an agent_id of the click that was last read, a view like the
 * click's own. ERR_NOT_FOUND or ERR_CORRUPT, after naming it to on_damage: the
 * click is to be served without. */
CHECKED enum err click_reader_agent(
	struct click_reader *r, uint32_t id, struct str *agent);
