#include "store/click_replay.h"

#include "store/click_reader.h"

static enum err replay_one(struct click_overlay *o, uint64_t token)
{
	enum err e;

	if (click_overlay_has(o, token))
		return OK;
	e = click_overlay_reserve(o, 1);
	if (!e)
		click_overlay_add(o, token);
	return e;
}

static enum err replay_all(struct click_overlay *o, struct click_reader *r,
	uint64_t position, size_t tokens_max, uint64_t *wait_for)
{
	struct click click;
	uint64_t sequence;
	enum err e = OK;

	click_reader_seek(r, position);
	while (!e) {
		e = click_reader_next(r, &sequence, &click);
		if (e)
			break;
		if (click_overlay_n(o) >= tokens_max) {
			*wait_for = sequence;
			return ERR_AGAIN;
		}
		if (click.counted)
			e = replay_one(o, click.token);
	}
	if (e != ERR_AGAIN)
		return e;
	click_overlay_committed(o, r->at);
	return OK;
}

enum err click_replay(struct click_overlay *o, struct segments *segments,
	uint64_t position, size_t tokens_max, uint64_t *wait_for)
{
	struct click_reader r;
	enum err e;

	click_overlay_deinit(o);
	click_overlay_init(o, position);
	click_reader_init(&r, segments);
	r.without_agents = true;
	e = replay_all(o, &r, position, tokens_max, wait_for);
	click_reader_deinit(&r);
	return e;
}
