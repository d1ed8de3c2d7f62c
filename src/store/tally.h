/* The tally of a region, DATA/REGION/tally/: a view of the click log that a
 * thread of its own brings up to date a few times a second. It holds which
 * tokens were counted, counts by quarter-hour in every dimension, and which
 * clicks are whose, all as of one position in the log, written in the same
 * transaction: nothing is counted twice, whatever dies when. Its base is what
 * segments that are no longer kept have contributed; a tally that is missing,
 * damaged or of an older format is rebuilt from base and log. What the log
 * cannot tell outlives that: the families of agents as they were first looked
 * up, and how many clicks were lost.
 *
 * Readers, on any thread, use transactions of their own on tally_env(). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/metric.h"
#include "core/agent_family.h"
#include "core/count_record.h"
#include "store/counts.h"
#include "store/db.h"
#include "store/segments.h"

struct tally;

enum {
	TALLY_FORMAT = 2,
	TALLY_BATCH_CLICKS = 160000, /* of one transaction, the default */
	TALLY_INTERVAL_MS = 250,     /* between transactions when caught up */
	/* It rests so many times as long as it worked, but no longer than so
	 * many intervals. */
	TALLY_REST_SHARE = 32,
	TALLY_INTERVALS_MAX = 16,
	TALLY_RETRY_MS_MIN = 50, /* after a failure, doubling */
	TALLY_RETRY_MS_MAX = 1000,
	TALLY_AGENTS_MAX = 1 << 20, /* whose families are kept */
};

#ifdef CTIO_SMALL_MAPS
#define TALLY_MAP_BYTES ((size_t)1 << 30)
#else
#define TALLY_MAP_BYTES ((size_t)256 << 30)
#endif

struct tally_options {
	const char *dir; /* its parent must be there */
	struct segments *segments;
	/* Only its monotonic side is used, which must be the system's: the
	 * thread sleeps by it. */
	const struct clock *clock;
	size_t map_bytes;      /* 0: TALLY_MAP_BYTES */
	uint32_t batch_clicks; /* 0: TALLY_BATCH_CLICKS */
	uint32_t interval_ms;  /* 0: TALLY_INTERVAL_MS */
	/* Looks up what an agent says of itself, on the tally's thread; NULL:
	 * nothing is known. */
	void (*families)(
		void *arg, struct str agent, struct agent_families *to);
	void *families_arg;
	uint64_t agents_max; /* 0: TALLY_AGENTS_MAX */
	uint64_t stop_at;    /* counts no click behind this one; 0: all */
	/* A fault hook for tests: runs before each commit of the thread, which
	 * fails with what it returns. NULL: none. */
	enum err (*before_commit)(void *arg);
	void *arg;
};

/* Any thread reads them. */
struct tally_metrics {
	struct counter position;     /* the newest click in the tally */
	struct counter lag;          /* clicks in the log behind it, at most */
	struct counter transactions; /* committed */
	struct counter clicks;
	struct counter failures; /* transactions that failed */
	struct counter rebuilds;
	struct counter skipped; /* records of the log that were damaged */
	struct counter lost;    /* clicks noted as lost that found no room */
	struct counter agents;  /* whose families are kept */
	struct counter agents_unkept; /* looked up, but there was no room */
	struct histogram commit_us;
};

/* Opens it, makes it, or clears it for a rebuild, which the thread then does.
 * ERR_VERSION: written by a newer version. */
CHECKED enum err tally_open(
	const struct tally_options *options, struct tally **t);
/* True if opening found damage, and the base too was lost: counters then hold
 * only what the log still has. */
bool tally_lost_base(const struct tally *t);
/* Brings it up to date on the caller's thread, while its own does not run. */
CHECKED enum err tally_catch_up(struct tally *t);
/* Starts the thread. */
CHECKED enum err tally_start(struct tally *t);
/* Ends the thread, after the transaction it is in; what is left of the log
 * waits for the next start. Fine if it does not run. */
void tally_stop(struct tally *t);
/* Stops; no reader may be left. NULL is fine. */
void tally_close(struct tally *t);

/* Any thread: the log has grown. */
void tally_wake(struct tally *t);
/* Any thread: waits until it holds this sequence. ERR_TIMEOUT; ERR_CLOSED if
 * the thread does not run. */
CHECKED enum err tally_wait(
	struct tally *t, uint64_t sequence, uint32_t timeout_ms);
/* Any thread: a record of it was found damaged (ERR_CORRUPT below); the thread
 * rebuilds it, during which the position starts over. */
void tally_report_damage(struct tally *t);
const struct tally_metrics *tally_metrics(const struct tally *t);

/* Any thread: a reply has left whose click is lost. It is counted as
 * unconfirmed by the next transaction; what is noted in between is lost with
 * the process. */
void tally_note_lost(struct tally *t, uint64_t account, uint64_t link,
	uint64_t campaign, uint64_t at_ms);

/* Adds the clicks up to this sequence to the base, and drops their postings:
 * before the segments that hold them are unlinked. On the caller's thread, in
 * several transactions; after a failure or a crash, call it again. ERR_AGAIN
 * if the tally itself has not come that far. */
CHECKED enum err tally_fold_base(struct tally *t, uint64_t up_to_sequence);

/* When the whole log is decided anew (store/click_fold.h), the tally counts on
 * as it did until that is through; then it is made anew from base and log,
 * beside itself, and takes that for its own in one transaction: the next
 * generation. Until then a mark tells, through crashes, that the log and the
 * tally may differ. One thread, that of the region's upkeep. */
struct seen_set;
/* Adds what the base has seen. */
CHECKED enum err tally_load_base_seen(struct tally *t, struct seen_set *seen);
/* Sets the mark, and says which generation the next one is. */
CHECKED enum err tally_mark(struct tally *t, uint32_t *next);
bool tally_is_marked(struct tally *t);
/* Makes it, while the tally's thread goes on; takes the mark away. ERR_CLOSED:
 * stopped, and nothing has changed. */
CHECKED enum err tally_anew(
	struct tally *t, uint32_t next, const atomic_bool *is_stopping);
/* Which one this snapshot is of. */
uint32_t tally_generation(struct db_txn *txn);

/* For reading transactions. */
struct db_env *tally_env(struct tally *t);
/* The newest click that this snapshot has counted, 0 for none; errors stick
 * in the transaction. */
uint64_t tally_position(struct db_txn *txn);

/* Stretches of tokens that were asked about: asking again, in this or another
 * snapshot of the same version, costs next to nothing. All zero at first; one
 * thread's. */
enum {
	TALLY_KNOWN = 8192 /* a stretch has one place, by its low bits */
};
struct tally_known {
	uint64_t version;
	unsigned table; /* of that version */
	bool is_used;
	struct tally_known_chunk {
		uint64_t chunk; /* its number + 1, 0: none */
		struct str bits;
	} chunks[TALLY_KNOWN];
};
/* To be called for each snapshot before tally_seen(). */
void tally_known_begin(struct tally_known *known, struct db_txn *txn);
/* Has the bytes that tally_seen() will look at brought near, if it is known
 * where they are. */
void tally_known_prefetch(const struct tally_known *known, uint64_t token);
/* Whether this token had a counted click up to the position. */
CHECKED enum err tally_seen(struct db_txn *txn, struct tally_known *known,
	uint64_t token, bool *seen);

/* Of the whole region; what is unconfirmed aside. */
CHECKED enum err tally_totals(struct db_txn *txn, struct counts *counts);
/* Clicks of earlier times are not all counted; 0: all are. Errors stick. */
uint64_t tally_complete_from(struct db_txn *txn);

/* The counts that a question sums up: those of clicks, and the unconfirmed
 * ones, which are totals only. To be deinitialised. */
void tally_counts_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range);
void tally_lost_scan(struct counts_scan *s, struct db_txn *txn,
	const struct counts_range *range);
/* What an agent says of itself, as it was first looked up: ERR_NOT_FOUND if it
 * was not, or found no room. */
CHECKED enum err tally_families(
	struct db_txn *txn, struct str agent, struct agent_families *to);

/* The numbers of one account's clicks, ascending, up to the position. */
struct tally_postings {
	struct db_cursor cursor;
	uint64_t account;
	uint64_t after;
	uint64_t last;   /* decoded so far, 0 before a chunk */
	struct str left; /* of the chunk, a view of the transaction */
	bool is_begun;
};
void tally_postings_init(struct tally_postings *p, struct db_txn *txn,
	uint64_t account, uint64_t after_sequence);
void tally_postings_deinit(struct tally_postings *p);
/* ERR_AGAIN: no more; ERR_CORRUPT. */
CHECKED enum err tally_postings_next(
	struct tally_postings *p, uint64_t *sequence);
