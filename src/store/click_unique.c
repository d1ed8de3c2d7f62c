#include "store/click_unique.h"

enum err click_unique_init(
	struct click_unique *u, struct tally *tally, uint32_t overlay_max)
{
	u->tally = tally;
	u->overlay_max = overlay_max;
	return db_reader_init(tally_env(tally), &u->snapshot);
}

void click_unique_deinit(struct click_unique *u)
{
	click_overlay_deinit(&u->overlay);
	seen_set_deinit(&u->decided);
	db_reader_deinit(&u->snapshot);
}

void click_unique_end(struct click_unique *u)
{
	db_reader_reset(&u->snapshot);
}

void click_unique_decided_anew(struct click_unique *u, struct seen_set *seen,
	uint32_t generation, uint64_t newest)
{
	click_overlay_deinit(&u->overlay);
	click_overlay_init(&u->overlay, newest);
	seen_set_deinit(&u->decided);
	u->decided = *seen;
	*seen = (struct seen_set){0};
	u->generation = generation;
}

/* The tally has come to know what was decided anew, all of it. */
static void note_generation(struct click_unique *u, uint64_t position)
{
	if (!u->generation || position < u->overlay.dropped_to ||
		tally_generation(&u->snapshot) != u->generation)
		return;
	seen_set_deinit(&u->decided);
	u->generation = 0;
}

enum err click_unique_ask(struct click_unique *u, uint64_t *position)
{
	enum err e = db_reader_renew(&u->snapshot);

	if (e)
		return e;
	tally_known_begin(&u->known, &u->snapshot);
	*position = tally_position(&u->snapshot);
	note_generation(u, *position);
	e = u->snapshot.err;
	if (e == ERR_CORRUPT)
		tally_report_damage(u->tally);
	if (!e)
		return OK;
	click_unique_end(u);
	u->wait_for = u->overlay.dropped_to;
	return e == ERR_CORRUPT ? ERR_AGAIN : e;
}

enum err click_unique_prepare(
	struct click_unique *u, uint64_t position, size_t n)
{
	click_overlay_passed(&u->overlay, position);
	u->wait_for = u->overlay.dropped_to;
	if (position < u->overlay.dropped_to && !u->generation)
		return ERR_AGAIN;
	u->wait_for = u->overlay.old_newest;
	if (click_overlay_n(&u->overlay) + n > u->overlay_max)
		return ERR_AGAIN;
	return click_overlay_reserve(&u->overlay, n);
}

enum err click_unique_decide(struct click_unique *u, struct click *c)
{
	bool seen = false, added;
	enum err e;

	c->unique = false;
	if (!c->counted)
		return OK;
	if (u->generation) {
		e = seen_set_add(&u->decided, c->token, &added);
		if (e || !added)
			return e;
		click_overlay_add(&u->overlay, c->token);
		c->unique = true;
		return OK;
	}
	e = tally_seen(&u->snapshot, &u->known, c->token, &seen);
	if (e == ERR_CORRUPT) {
		tally_report_damage(u->tally);
		u->wait_for = u->overlay.dropped_to;
		return ERR_AGAIN;
	}
	if (e || seen || click_overlay_has(&u->overlay, c->token))
		return e;
	click_overlay_add(&u->overlay, c->token);
	c->unique = true;
	return OK;
}

void click_unique_take_back(struct click_unique *u, struct click *c)
{
	if (c->unique) {
		click_overlay_remove(&u->overlay, c->token);
		seen_set_remove(&u->decided, c->token);
	}
	c->unique = false;
}
