#include "service/erase.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/click_announce.h"
#include "store/click_reader.h"
#include "store/segment_rewrite.h"

enum {
	SCAN_CLICKS = 20000, /* read in one snapshot */
	ROUNDS_MAX = 20,     /* of erasing what came meanwhile */
	SLOW_DOWN_MS = 20,   /* until an old segment was swept */
};

/* What a click keeps of a person. */
static bool is_telling(const struct click *c)
{
	return c->ip.n || c->agent_id || c->agent.n || c->referer.n ||
	       c->language.n || c->query.n;
}

static bool decide(void *arg, uint64_t sequence, struct click *c)
{
	struct erase_run *run = arg;
	struct agent_families *f = &run->families;

	(void)sequence;
	if (!is_telling(c) || !erase_find_token(run, c->token))
		return false;
	region_families(run->upkeep->region, c->agent, f);
	click_forget(c);
	c->erased = true;
	c->os = str_from(f->os);
	c->device = str_from(f->device);
	c->browser = str_from(f->browser);
	if (c->revision < UINT16_MAX)
		c->revision++;
	return true;
}

/* What a pass over the log shows. */
struct sight {
	enum err (*see)(void *arg, const struct click_reader *r,
		const struct click *c, const struct erased_token *token);
	void (*damage)(void *arg, const struct click_reader *r, enum err e,
		bool is_agent); /* NULL: not told */
	void *arg;
	const struct click_reader *reader;
};

static void on_damage(void *arg, uint64_t sequence, enum err e, bool is_agent)
{
	const struct sight *s = arg;

	(void)sequence;
	if (s->damage)
		s->damage(s->arg, s->reader, e, is_agent);
}

/* One pass over the log; each of the run's clicks is shown. */
static enum err scan(struct erase_run *run, uint64_t after, struct sight s)
{
	struct click_reader r;
	struct click click;
	uint64_t sequence;
	enum err e = OK;

	click_reader_init(&r, run->upkeep->region->segments);
	r.without_agents = true;
	r.on_damage = on_damage;
	r.arg = &s;
	s.reader = &r;
	click_reader_seek(&r, after);
	for (size_t n = 1; !e; n++) {
		const struct erased_token *token;

		if (n % SCAN_CLICKS == 0) {
			click_reader_reset(&r);
			e = upkeep_go_on(run->upkeep);
		}
		if (!e)
			e = click_reader_next(&r, &sequence, &click);
		if (e || click.revises)
			continue;
		token = erase_find_token(run, click.token);
		if (token)
			e = s.see(s.arg, &r, &click, token);
	}
	click_reader_deinit(&r);
	return e == ERR_AGAIN ? OK : e;
}

/* Days whose segments are to be made anew, ascending. */
struct days {
	uint64_t *items;
	size_t n, size;
	enum err err;
};

static enum err add_day(struct days *d, uint64_t day)
{
	uint64_t *grown;

	if (d->n && d->items[d->n - 1] == day)
		return OK;
	if (d->n == d->size) {
		grown = realloc(d->items, (d->size + 256) * sizeof(*d->items));
		if (!grown)
			return ERR_NOMEM;
		d->items = grown;
		d->size += 256;
	}
	d->items[d->n++] = day;
	return OK;
}

static enum err note_day(void *arg, const struct click_reader *r,
	const struct click *c, const struct erased_token *token)
{
	struct days *d = arg;

	(void)token;
	if (!is_telling(c))
		return d->err;
	return add_day(d, r->ref.day);
}

/* Whose a damaged record was nobody knows: its bytes go, too, once. */
static void note_damage(
	void *arg, const struct click_reader *r, enum err e, bool is_agent)
{
	struct days *d = arg;

	if (e != ERR_CORRUPT || is_agent || !r->ref.env)
		return;
	if (r->is_placed && !r->txn.err &&
		segment_rewrite_is_tombstone(r->cursor.value))
		return;
	if (!d->err)
		d->err = add_day(d, r->ref.day);
}

static enum err rewrite(struct erase_run *run, uint64_t day)
{
	struct upkeep *u = run->upkeep;
	const struct segment_rewrite_options options = {
		.segments = u->region->segments,
		.writer = u->region->click_writer,
		.decide = decide,
		.arg = run,
		.with_agents = true,
		.is_stopping = u->is_stopping,
		.stop_arg = u->stop_arg,
	};
	struct segment_rewrite_counts counts;
	size_t left;
	enum err e;

	do {
		e = segments_sweep(u->region->segments, &left);
		if (!e)
			e = segment_rewrite(&options, day, &counts);
		if (e == ERR_BUSY) {
			e = upkeep_pause(u, SLOW_DOWN_MS);
			e = e ? e : ERR_BUSY;
		}
	} while (e == ERR_BUSY);
	if (e == ERR_NOT_FOUND)
		return OK; /* retention was faster */
	if (!e) {
		counter_add(&u->metrics.segments_rewritten, 1);
		counter_add(&u->metrics.clicks_erased, counts.changed);
	}
	return e;
}

enum err erase_clicks(struct erase_run *run)
{
	struct days days = {0};
	enum err e = OK;

	/* Taps that were on their way when the tokens died, and clicks that
	 * wait to be written, are waited for. */
	for (unsigned round = 0; !e; round++) {
		days.n = 0;
		e = upkeep_await_clicks(run->upkeep);
		if (!e)
			e = scan(run, 0,
				(struct sight){.see = note_day,
					.damage = round ? NULL : note_damage,
					.arg = &days});
		if (!e)
			e = days.err;
		if (!e && !days.n)
			break;
		if (!e && round == ROUNDS_MAX)
			e = ERR_BUSY;
		for (size_t i = 0; !e && i < days.n; i++) {
			e = upkeep_go_on(run->upkeep);
			if (!e)
				e = rewrite(run, days.items[i]);
		}
	}
	free(days.items);
	return e;
}

struct announcing {
	struct erase_run *run;
	struct click_announcer announcer;
};

static enum err announce(void *arg, const struct click_reader *r,
	const struct click *c, const struct erased_token *token)
{
	struct announcing *a = arg;
	struct erase_run *run = a->run;

	if (!c->erased)
		return OK;
	run->items[token->erasure].clicks++;
	return click_announce(
		&a->announcer, r->at, c, clock_wall_ms(run->upkeep->clock));
}

enum err erase_announce(struct erase_run *run)
{
	struct announcing *a = calloc(1, sizeof(*a));
	enum err e, flushed;

	if (!a)
		return ERR_NOMEM;
	a->run = run;
	for (size_t i = 0; i < run->n; i++)
		run->items[i].clicks = 0;
	click_announcer_init(&a->announcer, run->upkeep->region->click_writer);
	a->announcer.is_stopping = run->upkeep->is_stopping;
	a->announcer.stop_arg = run->upkeep->stop_arg;
	e = scan(run, 0, (struct sight){.see = announce, .arg = a});
	flushed = e ? OK : click_announce_flush(&a->announcer);
	click_announcer_deinit(&a->announcer);
	free(a);
	return e ? e : flushed;
}

static enum err note_age(void *arg, const struct click_reader *r,
	const struct click *c, const struct erased_token *token)
{
	struct erase_run *run = arg;
	uint64_t *newest = &run->newest_ms[token->erasure];

	(void)r;
	if (is_telling(c) && c->at_ms > *newest &&
		c->at_ms <= run->items[token->erasure].requested_ms)
		*newest = c->at_ms;
	return OK;
}

enum err erase_date_clicks(struct erase_run *run, uint64_t after_ms)
{
	struct segment_info *list;
	uint64_t after = 0;
	size_t n;
	enum err e =
		segments_list_all(run->upkeep->region->segments, &list, &n);

	if (e)
		return e;
	/* A click may be a little older than its segment. */
	for (size_t i = 0; i < n; i++)
		if (!list[i].err && list[i].day + 2 < after_ms / MS_PER_DAY)
			after = list[i].first_sequence;
	free(list);
	return scan(run, after, (struct sight){.see = note_age, .arg = run});
}
