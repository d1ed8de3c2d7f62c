#include "store/click_reader.h"

#include "base/bytes.h"
#include "store/segment.h"

void click_reader_init(struct click_reader *r, struct segments *segments)
{
	*r = (struct click_reader){.segments = segments};
}

static void end_snapshot(struct click_reader *r)
{
	db_cursor_deinit(&r->cursor);
	db_reader_deinit(&r->txn);
	r->is_live = false;
	r->is_placed = false;
}

void click_reader_reset(struct click_reader *r)
{
	if (!r->is_live)
		return;
	end_snapshot(r);
	segments_release(r->segments, &r->ref);
}

void click_reader_deinit(struct click_reader *r)
{
	click_reader_reset(r);
	*r = (struct click_reader){0};
}

void click_reader_seek(struct click_reader *r, uint64_t after_sequence)
{
	if (r->at != after_sequence)
		click_reader_reset(r);
	r->at = after_sequence;
}

static void skip(
	struct click_reader *r, uint64_t sequence, enum err e, bool is_agent)
{
	if (!is_agent)
		r->skipped++;
	if (r->on_damage)
		r->on_damage(r->arg, sequence, e, is_agent);
}

static void skip_segments(struct click_reader *r, size_t n)
{
	while (n--)
		skip(r, r->at, ERR_CORRUPT, false);
}

/* On r->ref; gives it back on an error. */
static enum err begin_snapshot(struct click_reader *r)
{
	enum err e = db_reader_init(r->ref.env, &r->txn);

	if (!e) {
		e = db_reader_renew(&r->txn);
		if (!e) {
			db_cursor_init(&r->txn, SEGMENT_CLICKS, &r->cursor);
			e = r->txn.err;
		}
		if (e)
			end_snapshot(r);
	}
	if (e)
		segments_release(r->segments, &r->ref);
	else
		r->is_live = true;
	return e;
}

static enum err begin(struct click_reader *r)
{
	size_t damaged = 0;
	enum err e = segments_acquire(r->segments, r->at, &r->ref, &damaged);

	skip_segments(r, damaged);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_AGAIN : e;
	if (r->at < r->ref.first - 1)
		r->at = r->ref.first - 1;
	return begin_snapshot(r);
}

/* Onto the next record of this segment. */
static bool step(struct click_reader *r)
{
	if (r->at == UINT64_MAX)
		return false;
	if (!(r->is_placed ? db_next(&r->cursor)
			   : db_seek(&r->cursor, DB_KEY64(r->at + 1))))
		return false;
	if (r->cursor.key.n != sizeof(r->at)) {
		db_fail(&r->txn, ERR_CORRUPT);
		return false;
	}
	r->at = get_be64(r->cursor.key.p);
	r->is_placed = true;
	return true;
}

/* This snapshot is at its end: on to the next segment. A segment that was the
 * newest when its snapshot began may have grown before the next one came: then
 * its rest comes first. */
static enum err next_segment(struct click_reader *r)
{
	struct segment_ref here = r->ref, next;
	bool is_done = r->ref.has_next || r->txn.err;
	size_t damaged = 0;
	enum err e;

	if (is_done) /* first, so that readers never wait for each other */
		click_reader_reset(r);
	e = segments_acquire_next(r->segments, &here, &next, &damaged);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_AGAIN : e;
	if (!is_done) {
		segments_release(r->segments, &next);
		click_reader_reset(r);
		return begin(r);
	}
	skip_segments(r, damaged);
	r->ref = next;
	if (r->at < next.first - 1)
		r->at = next.first - 1;
	return begin_snapshot(r);
}

enum err click_reader_agent(
	struct click_reader *r, uint32_t id, struct str *agent)
{
	enum err e = segment_agent(&r->txn, id, agent);

	if (e)
		skip(r, r->at, e, true);
	return e;
}

/* The record under the cursor. */
static enum err decode(struct click_reader *r, struct click *click)
{
	enum err e = click_decode(r->cursor.value, r->at, click);

	if (e || !click->agent_id || r->without_agents)
		return e;
	if (click_reader_agent(r, click->agent_id, &click->agent))
		click->agent = str_make(NULL, 0);
	return OK;
}

/* The rest of a segment whose pages are damaged is given up. */
static enum err pass_damage(struct click_reader *r)
{
	enum err e = r->txn.err;

	if (e == ERR_CORRUPT && r->ref.has_next) {
		skip(r, r->at, e, false);
		return next_segment(r);
	}
	click_reader_reset(r);
	return e;
}

enum err click_reader_next(
	struct click_reader *r, uint64_t *sequence, struct click *click)
{
	enum err e = r->is_live ? OK : begin(r);

	while (!e) {
		if (step(r)) {
			e = decode(r, click);
			if (!e) {
				*sequence = r->at;
				return OK;
			}
			skip(r, r->at, e, false);
			e = OK;
		} else {
			e = r->txn.err ? pass_damage(r) : next_segment(r);
		}
	}
	return e;
}

static bool is_within(const struct click_reader *r, uint64_t sequence)
{
	return r->is_live && !r->txn.err && sequence >= r->ref.first &&
	       sequence < r->ref.end;
}

static enum err find(struct click_reader *r, uint64_t sequence)
{
	bool found = r->is_placed && r->at + 1 == sequence
			     ? db_next(&r->cursor)
			     : db_seek(&r->cursor, DB_KEY64(sequence));

	found = found && r->cursor.key.n == sizeof(sequence) &&
		get_be64(r->cursor.key.p) == sequence;
	r->at = sequence;
	r->is_placed = found;
	if (r->txn.err)
		return r->txn.err;
	return found ? OK : ERR_NOT_FOUND;
}

enum err click_reader_get(
	struct click_reader *r, uint64_t sequence, struct click *click)
{
	enum err e = ERR_NOT_FOUND;

	if (!sequence)
		return e;
	if (is_within(r, sequence))
		e = find(r, sequence);
	if (e == ERR_NOT_FOUND) {
		/* A fresh snapshot knows all that is committed. */
		click_reader_reset(r);
		r->at = sequence - 1;
		e = begin(r);
		if (e)
			return e == ERR_AGAIN ? ERR_NOT_FOUND : e;
		e = find(r, sequence);
	}
	return e ? e : decode(r, click);
}
