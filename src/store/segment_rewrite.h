/* Makes a segment of the click log anew: record by record into an environment
 * beside it, which then takes its place. Nothing of what was left out stays on
 * disk, not even in the unused parts of pages. Keys stay as they are; agents
 * that no click refers to any more are left out; the generation counts on.
 *
 * A crash leaves the old segment or the new one, whole. A sealed segment is
 * made anew on the caller's thread. The hot one is copied there while the
 * writer goes on, until little is left; that, and the exchange, is done by the
 * click writer between two batches. Readers are not disturbed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/click_record.h"
#include "store/click_writer.h"
#include "store/segments.h"

enum {
	REWRITE_CHUNK = 4096,      /* clicks copied in one snapshot */
	REWRITE_TAIL_MAX = 1024,   /* left for the click writer */
	REWRITE_ROUNDS_MAX = 1000, /* of copying what came meanwhile */
};

/* For tests: each is told before the next one begins. */
enum rewrite_step {
	REWRITE_BEGUN,     /* the new one is there, empty */
	REWRITE_COPIED,    /* all but what is left for the writer */
	REWRITE_FLUSHED,   /* whole, on disk, under its temporary name */
	REWRITE_EXCHANGED, /* in its place; the old one is not swept */
	REWRITE_STEPS
};

struct segment_rewrite_options {
	struct segments *segments;
	struct click_writer *writer;
	/* Decides on a click; true: as *click now is, which may be changed but
	 * for what click_check() refuses, its strings living until the next
	 * call; false: its bytes stay as they are. Announcements are kept
	 * without being asked about. On the caller's thread or the writer's,
	 * one at a time. */
	bool (*decide)(void *arg, uint64_t sequence, struct click *click);
	void *arg;
	bool with_agents;     /* interned agents' texts are set for decide() */
	bool only_if_changed; /* a sealed one stays, if nothing is to change */
	/* Records that cannot be trusted keep their bytes; they are no change
	 * then. */
	bool keep_damaged;
	/* Asked before each chunk, on the caller's thread alone; true:
	 * ERR_CLOSED. NULL: never. */
	bool (*is_stopping)(void *arg);
	void *stop_arg;
	/* On the writer's thread, once the hot segment was exchanged: decide()
	 * was asked about all of it. NULL: none. */
	void (*on_hot)(void *arg, struct click_writer *w);
	/* NULL: none. */
	void (*at_step)(void *arg, enum rewrite_step step);
	void *step_arg;
};

struct segment_rewrite_counts {
	uint64_t kept, changed;
	/* Could not be trusted. But for keep_damaged their bytes are gone, too;
	 * those whose bytes went before are not counted. */
	uint64_t damaged;
};

/* What stands for a record whose bytes are gone; readers pass it by as they do
 * damaged ones. */
bool segment_rewrite_is_tombstone(struct str record);

/* Of this day's segment. ERR_NOT_FOUND: there is none. ERR_CORRUPT,
 * ERR_VERSION: it cannot be read; ERR_BUSY: segments_sweep() first; ERR_CLOSED:
 * it was stopped, or the writer was; others: the disk. After any of them the
 * segment is what it was. */
CHECKED enum err segment_rewrite(const struct segment_rewrite_options *options,
	uint64_t day, struct segment_rewrite_counts *counts);
