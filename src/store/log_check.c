#include "store/log_check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "core/click_record.h"
#include "core/record.h"
#include "core/timestamp.h"
#include "store/segment.h"

enum {
	AGENT_KEY_BYTES = 4,
	HASH_KEY_BYTES = 8,
	ID_RECORD_VERSION = 1,
};

struct log_walk {
	struct check *check;
	struct segment_ref ref;
	struct db_txn txn;
	char day[DAY_LEN + 1];
	uint64_t before; /* the last click's number */
	uint64_t clicks;
	bool has_agent[SEGMENT_AGENTS_MAX + 1]; /* by id */
};

static void check_agent(struct log_walk *w, struct str key)
{
	struct str agent;
	uint32_t id = key.n == AGENT_KEY_BYTES ? get_be32(key.p) : 0;
	enum err e = ERR_CORRUPT;

	if (id && id <= SEGMENT_AGENTS_MAX)
		e = segment_agent(&w->txn, id, &agent);
	if (e)
		check_found(w->check, "agents", "%s, %" PRIu32 ": %s", w->day,
			id, err_text(e));
	else
		w->has_agent[id] = true;
}

/* A hash leads to the agent that has it, or to another that had it before. */
static void check_agent_id(struct log_walk *w, struct str key, struct str value)
{
	struct reader r;
	uint8_t version;
	uint32_t id = 0;
	enum err e = ERR_CORRUPT;

	if (key.n == HASH_KEY_BYTES)
		e = record_open_keyed(
			&r, value, key, ID_RECORD_VERSION, &version);
	if (!e) {
		id = reader_be32(&r);
		e = reader_end(&r);
	}
	if (!e && (id > SEGMENT_AGENTS_MAX || !w->has_agent[id]))
		e = ERR_NOT_FOUND;
	if (e)
		check_found(w->check, "agents", "%s, hash of %" PRIu32 ": %s",
			w->day, id, err_text(e));
}

static void check_click(struct log_walk *w, struct str key, struct str value)
{
	uint64_t sequence = key.n == sizeof(sequence) ? get_be64(key.p) : 0;
	struct click click;
	enum err e = click_decode(value, sequence, &click);

	w->clicks++;
	if (sequence <= w->before || sequence < w->ref.first ||
		sequence >= w->ref.end)
		check_found(w->check, "clicks",
			"%s, %" PRIu64 ": lies in the wrong segment", w->day,
			sequence);
	w->before = sequence;
	if (!e && click.agent_id &&
		(click.agent_id > SEGMENT_AGENTS_MAX ||
			!w->has_agent[click.agent_id]))
		e = ERR_NOT_FOUND;
	if (e)
		check_found(w->check, "clicks", "%s, %" PRIu64 ": %s%s", w->day,
			sequence, e == ERR_NOT_FOUND ? "its agent: " : "",
			err_text(e));
}

static void check_table(struct log_walk *w, unsigned table)
{
	struct db_cursor c;
	bool there;

	db_cursor_init(&w->txn, table, &c);
	for (there = db_first(&c); there; there = db_next(&c)) {
		if (table == SEGMENT_CLICKS)
			check_click(w, c.key, c.value);
		else if (table == SEGMENT_AGENTS)
			check_agent(w, c.key);
		else
			check_agent_id(w, c.key, c.value);
		check_looked(w->check, 1);
	}
	db_cursor_deinit(&c);
}

static enum err check_segment(struct log_walk *w)
{
	static const unsigned tables[] = {
		SEGMENT_AGENTS, SEGMENT_AGENT_IDS, SEGMENT_CLICKS};
	enum err e = db_reader_init(w->ref.env, &w->txn);

	if (e)
		return e;
	day_write(w->day, w->ref.day);
	w->day[DAY_LEN] = '\0';
	memset(w->has_agent, 0, sizeof(w->has_agent));
	e = db_reader_renew(&w->txn);
	for (size_t i = 0; !e && i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!w->txn.err)
			check_table(w, tables[i]);
	if (!e && w->txn.err)
		check_found(w->check, "segments", "%s: cannot be read: %s",
			w->day, err_text(w->txn.err));
	db_reader_deinit(&w->txn);
	return e;
}

static enum err walk(struct segments *segments, struct log_walk *w)
{
	struct segment_ref next;
	size_t damaged = 0; /* they are in the list */
	enum err e = segments_acquire(segments, 0, &w->ref, &damaged);

	while (!e) {
		e = check_segment(w);
		if (!e)
			e = segments_acquire_next(
				segments, &w->ref, &next, &damaged);
		segments_release(segments, &w->ref);
		if (!e)
			w->ref = next;
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err check_list(struct segments *segments, struct check *check)
{
	struct segment_info *list;
	char day[DAY_LEN];
	size_t n;
	enum err e = segments_list_all(segments, &list, &n);

	if (e)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (!list[i].err)
			continue;
		day_write(day, list[i].day);
		check_found(check, "segments", "%.*s: %s", DAY_LEN, day,
			err_text(list[i].err));
	}
	free(list);
	return OK;
}

enum err log_check(
	struct segments *segments, struct check *check, uint64_t *clicks)
{
	struct log_walk *w = calloc(1, sizeof(*w));
	enum err e;

	if (!w)
		return ERR_NOMEM;
	w->check = check;
	e = check_list(segments, check);
	if (!e)
		e = walk(segments, w);
	*clicks = w->clicks;
	free(w);
	return e;
}
