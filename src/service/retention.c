#include <stdlib.h>

#include "base/log.h"
#include "core/timestamp.h"
#include "service/upkeep.h"
#include "store/links_writer.h"

enum {
	DROPS_A_DAY = 2,
	TALLY_WAIT_MS = 500,
	TALLY_WAITS_MAX = 20,
};

/* On which day of the wall clock segments were dropped last, and how many. */
static const char drops_name[] = "segments_dropped";

struct drops {
	struct links_job job;
	uint64_t day, n;
};

static enum err put_drops(struct links_job *job, struct links_batch *batch)
{
	const struct drops *d = (const struct drops *)job;

	links_put_number(batch->txn, drops_name, d->day << 8 | d->n);
	return OK;
}

static enum err get_drops(struct upkeep *u, struct drops *d)
{
	struct db_txn t;
	uint64_t v = 0;
	enum err e = db_reader_init(u->region->links.env, &t);

	if (e)
		return e;
	e = db_reader_renew(&t);
	if (!e)
		e = links_get_number(&t, drops_name, &v);
	db_reader_deinit(&t);
	*d = (struct drops){.day = v >> 8, .n = v & 0xff};
	return e == ERR_NOT_FOUND ? OK : e;
}

/* Two a day by the wall clock, across restarts, and by the other one too, since
 * the first may be set to anything. */
static bool may_drop(struct upkeep *u, struct drops *d, uint64_t now_ms)
{
	uint64_t today = now_ms / MS_PER_DAY,
		 mono = clock_mono_ms(u->clock) + 1;

	if (d->day != today) {
		d->day = today;
		d->n = 0;
	}
	if (d->n >= DROPS_A_DAY)
		return false;
	return !u->dropped_mono_ms[0] ||
	       mono - u->dropped_mono_ms[0] >= MS_PER_DAY;
}

static void note_drop(struct upkeep *u)
{
	u->dropped_mono_ms[0] = u->dropped_mono_ms[1];
	u->dropped_mono_ms[1] = clock_mono_ms(u->clock) + 1;
}

/* Its clicks' counts join the tally's base. */
static enum err fold(struct upkeep *u, uint64_t last)
{
	struct tally *tally = u->region->tally;
	enum err e = ERR_TIMEOUT;

	for (int i = 0; e == ERR_TIMEOUT && i < TALLY_WAITS_MAX; i++) {
		e = upkeep_go_on(u);
		if (!e)
			e = tally_wait(tally, last, TALLY_WAIT_MS);
	}
	return e ? e : tally_fold_base(tally, last);
}

/* The first segment. */
struct oldest {
	uint64_t day;
	uint64_t last; /* no number of it is above */
};

static enum err drop(
	struct upkeep *u, struct drops *d, const struct oldest *oldest)
{
	size_t left;
	char day[DAY_LEN];
	enum err e = fold(u, oldest->last);

	if (e)
		return e;
	upkeep_at(u, UPKEEP_FOLDED);
	/* Before it, so that a crash makes it one less and not one more. */
	d->n++;
	d->job.run = put_drops;
	e = upkeep_job(u, &d->job);
	if (!e)
		e = segments_drop(u->region->segments, oldest->day);
	if (e)
		return e;
	upkeep_at(u, UPKEEP_DROPPED);
	note_drop(u);
	counter_add(&u->metrics.segments_dropped, 1);
	day_write(day, oldest->day);
	log_info("clicks dropped, they are older than retention_max "
		 "region=%.*s day=%.*s",
		STR_FMT(u->region->settings.name), DAY_LEN, day);
	return segments_sweep(u->region->segments, &left);
}

/* Once. */
static void say_blocked(struct upkeep *u, uint64_t at)
{
	char day[DAY_LEN];

	if (u->is_drop_blocked)
		return;
	u->is_drop_blocked = true;
	day_write(day, at);
	log_error("clicks older than retention_max stay, none of the days "
		  "behind them can be read region=%.*s day=%.*s",
		STR_FMT(u->region->settings.name), DAY_LEN, day);
}

/* False if the first is to stay. One that cannot be read does not say where it
 * begins: the next one that can be is taken for the end. */
static bool is_too_old(struct upkeep *u, const struct segment_info *list,
	size_t n, struct oldest *oldest)
{
	uint64_t max = u->region->settings.retention_max_ms;
	size_t i = 1;

	if (n < 2 || list[0].is_hot ||
		day_start_ms(list[0].day + 1) + max > clock_wall_ms(u->clock))
		return false;
	while (i < n && list[i].err)
		i++;
	if (i == n) {
		say_blocked(u, list[0].day);
		return false;
	}
	u->is_drop_blocked = false;
	*oldest = (struct oldest){
		.day = list[0].day,
		.last = list[i].first_sequence - 1,
	};
	return true;
}

/* ERR_NOT_FOUND: there is none to be dropped. */
static enum err find_too_old(struct upkeep *u, struct oldest *oldest)
{
	struct segment_info *list;
	size_t n;
	enum err e = segments_list_all(u->region->segments, &list, &n);

	if (e)
		return e;
	e = is_too_old(u, list, n, oldest) ? OK : ERR_NOT_FOUND;
	free(list);
	return e;
}

enum err retention_turn(struct upkeep *u, uint64_t *due_ms)
{
	uint64_t now_ms = clock_wall_ms(u->clock);
	struct oldest oldest = {0};
	struct drops d;
	enum err e;

	(void)due_ms; /* it is looked at often enough */
	if (!u->region->settings.retention_max_ms)
		return OK;
	e = get_drops(u, &d);
	while (!e && may_drop(u, &d, now_ms)) {
		e = find_too_old(u, &oldest);
		if (e == ERR_NOT_FOUND)
			return OK;
		if (!e)
			e = drop(u, &d, &oldest);
	}
	return e;
}
