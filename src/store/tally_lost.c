#include "store/tally_lost.h"

#include <string.h>

#include "base/assert.h"

void tally_lost_init(struct tally_lost *l, struct counter *dropped)
{
	l->n = 0;
	l->dropped = dropped;
	ASSERT(pthread_mutex_init(&l->lock, NULL) == 0);
}

void tally_lost_deinit(struct tally_lost *l)
{
	ASSERT(pthread_mutex_destroy(&l->lock) == 0);
}

static void lock(struct tally_lost *l)
{
	ASSERT(pthread_mutex_lock(&l->lock) == 0);
}

static void unlock(struct tally_lost *l)
{
	ASSERT(pthread_mutex_unlock(&l->lock) == 0);
}

static bool add_within(struct tally_lost *l, const struct count *c, size_t max)
{
	size_t i = 0;

	while (i < l->n && count_compare(&l->counts[i], c) != 0)
		i++;
	if (i == l->n) {
		if (l->n >= max)
			return false;
		l->counts[l->n++] = *c;
	} else {
		counts_add(&l->counts[i].counts, &c->counts);
	}
	return true;
}

static void add(struct tally_lost *l, const struct count *c)
{
	struct count any = *c;

	any.link = any.campaign = 0;
	if (!add_within(l, c, TALLY_LOST_MAX - TALLY_LOST_SPARE) &&
		!add_within(l, &any, TALLY_LOST_MAX))
		counter_add(l->dropped, c->counts.unconfirmed);
}

bool tally_lost_add(struct tally_lost *l, const struct count *c)
{
	bool was_empty;

	lock(l);
	was_empty = l->n == 0;
	add(l, c);
	unlock(l);
	return was_empty;
}

bool tally_lost_is_empty(struct tally_lost *l)
{
	bool empty;

	lock(l);
	empty = l->n == 0;
	unlock(l);
	return empty;
}

void tally_lost_take(struct tally_lost *l, struct tally_lost_taken *to)
{
	lock(l);
	to->n = l->n;
	memcpy(to->counts, l->counts, l->n * sizeof(l->counts[0]));
	l->n = 0;
	unlock(l);
}

void tally_lost_put_back(
	struct tally_lost *l, const struct tally_lost_taken *from)
{
	lock(l);
	for (size_t i = 0; i < from->n; i++)
		add(l, &from->counts[i]);
	unlock(l);
}
