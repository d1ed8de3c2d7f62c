/* Clicks that were lost after their replies had left, until the tally's next
 * transaction counts them: a small ledger that any thread adds to. For the
 * files of store/tally*.c alone. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/metric.h"
#include "core/count_record.h"

enum {
	TALLY_LOST_MAX = 1024, /* different counts held at once */
	/* Of those, only for an account's clicks whatever their link. */
	TALLY_LOST_SPARE = 256,
};

struct tally_lost {
	pthread_mutex_t lock;
	struct counter *dropped; /* clicks that found no room; under lock */
	size_t n;
	struct count counts[TALLY_LOST_MAX];
};

/* A copy that a transaction works with. */
struct tally_lost_taken {
	size_t n;
	struct count counts[TALLY_LOST_MAX];
};

void tally_lost_init(struct tally_lost *l, struct counter *dropped);
void tally_lost_deinit(struct tally_lost *l);
/* Only totals, without a value. What finds no room is added to its account's,
 * or else dropped. True if nothing was held before. */
bool tally_lost_add(struct tally_lost *l, const struct count *c);
bool tally_lost_is_empty(struct tally_lost *l);
/* Moves all out. */
void tally_lost_take(struct tally_lost *l, struct tally_lost_taken *to);
/* And back, when they were not counted. */
void tally_lost_put_back(
	struct tally_lost *l, const struct tally_lost_taken *from);
