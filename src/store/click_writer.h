/* The one thread that appends to a region's click log. Clicks from any thread
 * are gathered into one transaction (group commit) and their owners told when
 * it is on disk. It decides which clicks are unique, from the tally and what
 * it has appended since the tally's position, has clicks judged, and interns
 * user agents. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/metric.h"
#include "base/queue.h"
#include "core/click_record.h"
#include "store/click_judge.h"
#include "store/seen_set.h"
#include "store/segments.h"
#include "store/tally.h"

struct click_writer;

enum {
	CLICK_QUEUE_MAX = 65536,   /* clicks held: queued or in a commit */
	CLICK_COMMIT_ROWS = 16384, /* of one transaction */
	CLICK_COMMIT_AT = 256,     /* waiting clicks that begin a commit */
	CLICK_INTERVAL_US = 2000,  /* between the beginnings of commits */
	/* The same when no reply waits: a commit costs as much as some tens of
	 * redirects, and fewer of them do. */
	CLICK_RELAXED_COMMIT_AT = 4096,
	CLICK_RELAXED_INTERVAL_US = 20000,
	CLICK_RETRY_MS_MIN = 50, /* after a failed commit, doubling */
	CLICK_RETRY_MS_MAX = 1000,
	CLICK_OVERLAY_MAX = 1000000, /* tokens not in the tally yet */
	CLICK_STOP_WAIT_MS = 10000,  /* for the tally, when stopping */
};

/* In its owner's memory, with the click's strings, from a successful push
 * until done. */
struct click_entry {
	struct queue_item item;
	struct click click; /* out: verdict and the like, counted, unique */
	/* Once it is judged nothing is kept of who tapped. */
	bool forget;
	bool is_forgotten;
	uint64_t sequence; /* out, on OK */
	enum err result;   /* out: OK means on disk */
	/* NULL: options.done is told. Else this is, of this entry alone, on
	 * the writer's thread. */
	void (*done)(struct click_entry *entry);
	/* Not NULL: no click, but something to be done on the writer's thread
	 * between two batches, in a few milliseconds, since taps wait for it.
	 * hot is the writer's own ref, env NULL before the first click; it may
	 * be exchanged. What it returns is the entry's result. */
	enum err (*between)(struct click_entry *entry, struct segment_ref *hot);
};

struct click_writer_options {
	struct segments *segments;
	struct tally *tally;
	/* Its wall side picks the segment; its monotonic side must be the
	 * system's: the thread sleeps by it. */
	const struct clock *clock;
	/* The batch is decided: each entry has its result. Writer's thread,
	 * once per batch; the array dies with the call, and the entries are
	 * their owners' again from here on. */
	void (*done)(void *arg, struct click_entry *const *entries, size_t n);
	void *arg;
	/* Decides each click's verdict, as it is written. NULL: they are taken
	 * with the verdict that they bring. */
	struct click_judge *judge;
	/* No reply waits for its commit. */
	bool is_relaxed;
	uint32_t commit_at;   /* 0: CLICK_COMMIT_AT */
	uint32_t interval_us; /* 0: CLICK_INTERVAL_US */
	uint32_t overlay_max; /* 0: CLICK_OVERLAY_MAX */
	/* A fault hook for tests: runs before each commit, which fails with
	 * what it returns. NULL: none. */
	enum err (*before_commit)(void *arg);
	void *fault_arg;
};

/* Any thread reads them. */
struct click_writer_metrics {
	struct counter commits;
	struct counter rows;
	struct counter bytes;    /* of the records */
	struct counter failures; /* commits that failed */
	struct counter agents;   /* in memory */
	struct counter overlay;  /* tokens held until the tally has them */
	struct histogram batch_rows;
	struct histogram commit_us;
};

/* Starts the thread; all that the options point to outlives it. */
CHECKED enum err click_writer_start(
	const struct click_writer_options *options, struct click_writer **w);
/* Any thread. Besides clicks it takes announcements (click.revises), and with
 * `between` other work. ERR_TOO_LONG, ERR_INVALID: see click_check(). ERR_FULL,
 * ERR_CLOSED: refused. ERR_IO: the disk has failed, nothing is written until
 * the process starts again. Done is called after OK only. */
CHECKED enum err click_writer_push(
	struct click_writer *w, struct click_entry *entry);
/* On the writer's own thread, between two batches: all of the log was decided
 * anew by this judge, whose repeats the writer goes on from; it has seen these
 * tokens, which become the writer's, and which the tally will have seen from
 * this generation on. */
void click_writer_decided_anew(struct click_writer *w,
	struct click_judge *judge, struct seen_set *seen, uint32_t generation);
/* Any thread: from now on all is refused; what is queued is decided as
 * click_writer_stop() would. For those who wait for it. */
void click_writer_close(struct click_writer *w);
/* Commits what is queued, then ends the thread; all pushes have returned and
 * no more will come. When the disk does not let it, or the tally not within
 * CLICK_STOP_WAIT_MS, the entries get the error. NULL is fine. */
void click_writer_stop(struct click_writer *w);

/* Any thread: commits fail or wait for space at present; it goes on by itself
 * when it can. Replies need not wait for their clicks. */
bool click_writer_is_stalled(const struct click_writer *w);
/* Any thread: the last commit's outcome, for readiness and status. */
CHECKED enum err click_writer_health(const struct click_writer *w);
size_t click_writer_queued(struct click_writer *w);
const struct click_writer_metrics *click_writer_metrics(
	const struct click_writer *w);
