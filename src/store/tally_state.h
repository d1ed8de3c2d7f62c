/* The tally's object, for the files of store/tally*.c alone. */
#pragma once

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/click_reader.h"
#include "store/db.h"
#include "store/tally.h"
#include "store/tally_agents.h"
#include "store/tally_batch.h"
#include "store/tally_lost.h"
#include "store/tally_tables.h"

struct tally {
	struct tally_options options;
	char dir[PATH_MAX];
	struct db_env *env;
	atomic_bool lost_base;
	struct tally_metrics metrics;
	atomic_bool is_damaged; /* to be rebuilt */
	pthread_mutex_t writing;
	/* The thread's own, or tally_catch_up()'s. */
	struct tally_batch *batch;
	struct tally_agents *agents; /* while writing is locked */
	struct click_reader reader;
	enum err last_err; /* logged already */
	bool was_rebuilt;  /* to be logged */
	uint64_t skipped_logged, last_damaged;

	struct tally_lost lost;
	struct tally_lost_taken taken; /* by the transaction */
	struct buf scratch;            /* likewise */

	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;  /* the thread */
	pthread_cond_t moved; /* those who wait for the position */
	bool is_running;
	bool is_stopping;
	bool is_wanted;     /* the log has grown */
	unsigned waiters_n; /* then transactions follow each other at once */
	uint64_t position;
	/* As last read, for when it can no longer be: whoever writes. */
	struct tally_state known;
};

/* Held by whoever writes the tally, for a transaction or a rebuild. */
void tally_lock_writing(struct tally *t);
void tally_unlock_writing(struct tally *t);

/* Clears the view and fills it from the base, in several transactions; until
 * the last one the tally has no state. Records of the base that are damaged
 * are left out: *lost; then the tally is complete from that time on only.
 * Generation and mark are kept. */
CHECKED enum err tally_rebuild(struct db_env *env, uint64_t complete_from_ms,
	const struct tally_state *keep, bool *lost);
/* The base's tables into these, which are empty. */
CHECKED enum err tally_copy_base(
	struct db_env *env, const struct tally_target *to, bool *lost);
/* The same, noting it. Writing is locked by the caller, or not shared yet. */
CHECKED enum err tally_begin_anew(struct tally *t);
