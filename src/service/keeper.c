#include "service/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"
#include "core/geo.h"

struct keeper {
	struct keeper_options options;
	struct upkeep upkeeps[REGIONS_MAX]; /* as in struct regions */
	enum err failed[REGIONS_MAX];       /* logged already */
	bool looks;                         /* at a file of countries */
	atomic_bool is_stopping;
	pthread_t thread;
	bool is_running;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool is_wanted;
};

static bool is_stopping(void *arg)
{
	struct keeper *k = arg;

	return atomic_load(&k->is_stopping);
}

static bool is_kept(const struct keeper *k, size_t i)
{
	return i < k->options.regions->n &&
	       k->options.regions->items[i].settings.serve;
}

static bool has_countries(const struct regions *regions)
{
	struct geo *g =
		regions->judging ? judging_countries(regions->judging) : NULL;

	geo_close(g);
	return g != NULL;
}

enum err keeper_new(const struct keeper_options *options, struct keeper **to)
{
	struct keeper *k = calloc(1, sizeof(*k));
	pthread_condattr_t attr;

	if (!k)
		return ERR_NOMEM;
	k->options = *options;
	k->looks = has_countries(options->regions);
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		struct upkeep *u = &k->upkeeps[i];

		if (!is_kept(k, i))
			continue;
		upkeep_init(u, &options->regions->items[i], options->clock);
		u->is_stopping = is_stopping;
		u->stop_arg = k;
	}
	ASSERT(pthread_mutex_init(&k->lock, NULL) == 0);
	ASSERT(pthread_condattr_init(&attr) == 0);
	ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	ASSERT(pthread_cond_init(&k->wake, &attr) == 0);
	ASSERT(pthread_condattr_destroy(&attr) == 0);
	*to = k;
	return OK;
}

/* Says it once when turns begin to fail, and once when they work again. */
static void note_result(struct keeper *k, size_t i, enum err e)
{
	struct str name = k->options.regions->items[i].settings.name;

	if (e && e != k->failed[i])
		log_error("upkeep fails region=%.*s error=\"%s\"",
			STR_FMT(name), err_text(e));
	else if (!e && k->failed[i])
		log_info("upkeep works again region=%.*s", STR_FMT(name));
	k->failed[i] = e;
}

/* Each region's writer has a share of them. */
static void look_at_countries(struct keeper *k)
{
	struct regions *regions = k->options.regions;

	if (!regions->judging || !judging_look(regions->judging))
		return;
	for (size_t i = 0; i < regions->n; i++)
		if (regions->items[i].judge)
			click_judge_countries(regions->items[i].judge,
				judging_countries(regions->judging));
}

/* How long until the next turn, at most. */
static uint64_t turn_all(struct keeper *k)
{
	uint64_t pause_ms = k->looks ? KEEPER_LOOK_MS : KEEPER_INTERVAL_MS;

	look_at_countries(k);
	for (size_t i = 0; i < REGIONS_MAX; i++) {
		struct region *g = &k->options.regions->items[i];
		uint64_t due_ms, now_ms;
		enum err e;

		if (!is_kept(k, i))
			continue;
		if (pthread_mutex_trylock(&g->upkeep) != 0) {
			pause_ms = KEEPER_RETRY_MS;
			continue;
		}
		e = upkeep_turn(&k->upkeeps[i], &due_ms);
		ASSERT(pthread_mutex_unlock(&g->upkeep) == 0);
		if (e == ERR_CLOSED)
			return pause_ms;
		note_result(k, i, e);
		if (e)
			pause_ms = KEEPER_RETRY_MS;
		now_ms = clock_wall_ms(k->options.clock);
		if (due_ms <= now_ms)
			pause_ms = 0;
		else if (due_ms - now_ms < pause_ms)
			pause_ms = due_ms - now_ms;
	}
	return pause_ms;
}

static void rest(struct keeper *k, uint64_t pause_ms)
{
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* it is there */
	until.tv_sec += (time_t)(pause_ms / 1000);
	until.tv_nsec += (long)(pause_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	ASSERT(pthread_mutex_lock(&k->lock) == 0);
	while (rc == 0 && pause_ms && !k->is_wanted)
		rc = pthread_cond_timedwait(&k->wake, &k->lock, &until);
	k->is_wanted = false;
	ASSERT(pthread_mutex_unlock(&k->lock) == 0);
}

static void *run(void *arg)
{
	struct keeper *k = arg;

	thread_step_back();
	while (!is_stopping(k)) {
		uint64_t pause_ms = turn_all(k);

		if (!is_stopping(k))
			rest(k, pause_ms);
	}
	return NULL;
}

enum err keeper_start(struct keeper *k)
{
	enum err e = thread_start(&k->thread, "ctio-keep", run, k);

	k->is_running = !e;
	return e;
}

void keeper_wake(struct keeper *k)
{
	if (!k)
		return;
	ASSERT(pthread_mutex_lock(&k->lock) == 0);
	k->is_wanted = true;
	ASSERT(pthread_cond_signal(&k->wake) == 0);
	ASSERT(pthread_mutex_unlock(&k->lock) == 0);
}

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	atomic_store(&k->is_stopping, true);
	keeper_wake(k);
	/* It may wait for a click writer that waits for the disk. */
	regions_stop_clicks(k->options.regions);
	if (k->is_running)
		ASSERT(pthread_join(k->thread, NULL) == 0);
	for (size_t i = 0; i < REGIONS_MAX; i++)
		if (is_kept(k, i))
			upkeep_deinit(&k->upkeeps[i]);
	ASSERT(pthread_cond_destroy(&k->wake) == 0);
	ASSERT(pthread_mutex_destroy(&k->lock) == 0);
	free(k);
}

const struct upkeep_metrics *keeper_metrics(
	const struct keeper *k, const struct region *region)
{
	return k && is_kept(k, region->index)
		       ? &k->upkeeps[region->index].metrics
		       : NULL;
}
