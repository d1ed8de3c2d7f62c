/* An event loop: one thread, one event_base, nothing shared but its mailbox.
 * It runs in turns: wait for sockets, mail or the next timer; serve them, with
 * the tasks that they want soon; deliver mail; run due timers, then tasks
 * deferred on earlier turns; at last the hooks of the turn's end. A loop with
 * nothing to do does not wake.
 *
 * All functions are for the loop's thread, or before loop_run(), except where
 * they say "any thread". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "http/mailbox.h"

struct event_base;
struct loop;

enum {
	LOOP_HOOKS_MAX = 16,
	LOOP_LINGER_US_MAX = 1000,
	LOOP_SOON_MAX = 16, /* tasks */
	/* Timers of this many different durations cost O(1) at once; those of
	 * further ones are sorted in. */
	LOOP_DURATIONS_MAX = 32,
};

struct loop_options {
	const struct clock *clock; /* outlives the loop; NULL: the system's */
	uint32_t grace_ms;         /* what loop_stop() leaves to answers */
};

/* ERR_NOMEM, or ERR_SYSTEM with errno. */
CHECKED enum err loop_new(const struct loop_options *options, struct loop **to);
/* After loop_run() has returned, and after all that uses the loop is freed. */
void loop_free(struct loop *loop);

/* Runs in the caller's thread until loop_stop(). */
void loop_run(struct loop *loop);
/* Any thread, and signal handlers; again is fine, and so is before loop_run().
 * Listeners close and idle connections with them; loop_run() returns when the
 * last connection has closed, or after the grace time, when what is left is
 * cut. From then on mail is no longer delivered. */
void loop_stop(struct loop *loop);
bool loop_is_stopping(const struct loop *loop);

/* Lets the next wait pass over sockets for so long, unless mail comes, and then
 * not block: what arrives meanwhile is served together, with fewer wake-ups.
 * 0: only looks at them. For that one wait; at most LOOP_LINGER_US_MAX. */
void loop_linger(struct loop *loop, uint32_t us);

/* Any thread. */
void loop_post(struct loop *loop, struct mail *mail);
void loop_post_chain(struct loop *loop, struct mail_chain chain);

/* The time when this turn began: monotonic, and UTC since 1970. */
uint64_t loop_mono_ms(struct loop *loop);
uint64_t loop_wall_ms(struct loop *loop);
/* The time now, past the cache: to bound work within a turn. */
uint64_t loop_precise_ns(struct loop *loop);

/* fn runs at the end of every turn, before the loop may block again, in the
 * order of registration. At most LOOP_HOOKS_MAX; never removed. */
void loop_on_turn_end(struct loop *loop, void (*fn)(void *arg), void *arg);

/* Embedded in its owner, all zero at first; run once on the next turn, in
 * order. */
struct loop_task {
	void (*run)(void *arg);
	void *arg;
	struct loop_task *prev, *next; /* the loop's own */
};

/* Does nothing if the task waits already. */
void loop_defer(struct loop *loop, struct loop_task *task);
/* From an event: runs it in this turn, behind the other events of the turn, or
 * as soon as LOOP_SOON_MAX such tasks wait; maybe before this returns. It no
 * longer waits for the next turn then. */
void loop_soon(struct loop *loop, struct loop_task *task);
/* Does nothing if the task does not wait. */
void loop_undefer(struct loop *loop, struct loop_task *task);
bool loop_task_waits(const struct loop_task *task);

/* Embedded in its owner, all zero at first. */
struct loop_timer {
	void (*run)(void *arg);
	void *arg;
	/* The loop's own. */
	struct loop_timer *prev, *next;
	struct loop_timer_list *list;
	uint64_t due_ms;
};

/* Runs once, ms after the start of this turn; an earlier setting is replaced.
 */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint32_t ms);
/* Does nothing if it is not set. */
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

/* For what has sockets in the loop. A holder keeps a stopping loop running, up
 * to the grace time; begin() is called when it begins to stop, cut() when the
 * grace time is over or no holder is left. */
struct loop_holder {
	void (*begin)(void *arg);
	void (*cut)(void *arg);
	void *arg;
	struct loop_holder *next; /* the loop's own */
};
void loop_add_holder(struct loop *loop, struct loop_holder *holder);
void loop_remove_holder(struct loop *loop, struct loop_holder *holder);
void loop_hold(struct loop *loop);
void loop_release(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
