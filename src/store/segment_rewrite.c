#include "store/segment_rewrite.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "core/hash.h"
#include "store/segment.h"

enum {
	AGENT_BITMAP = SEGMENT_AGENTS_MAX / 8 + 1,
	TOMBSTONE_BYTES = 9,
	REST_NS_MAX = 50000000,
};

struct rewrite {
	/* What the click writer does; first. */
	struct click_entry entry;
	const struct segment_rewrite_options *options;
	struct segment_rewrite_counts *counts;
	uint64_t day;
	struct segment_ref from;
	struct db_txn source;
	struct db_env *to;
	uint64_t at; /* the last sequence copied */
	struct buf record;
	uint8_t agents[AGENT_BITMAP]; /* that were copied */
	pthread_mutex_t lock;
	pthread_cond_t decided;
	bool is_decided;
};

static void step(const struct rewrite *r, enum rewrite_step step)
{
	if (r->options->at_step)
		r->options->at_step(r->options->step_arg, step);
}

/* An agent that a click refers to goes with it, once. One that cannot be read
 * is missed by its readers as it was before. */
static void copy_agent(struct rewrite *r, struct db_txn *to, uint32_t id)
{
	struct str agent;

	if (!id || id > SEGMENT_AGENTS_MAX || r->agents[id / 8] >> id % 8 & 1)
		return;
	r->agents[id / 8] |= (uint8_t)(1u << id % 8);
	if (segment_agent(&r->source, id, &agent) == OK)
		segment_put_agent(to, agent, hash64(agent), id);
}

static const char tombstone[TOMBSTONE_BYTES];

bool segment_rewrite_is_tombstone(struct str record)
{
	return str_eq(record, str_make(tombstone, sizeof(tombstone)));
}

/* Whoever is in it: nobody can read it. Its number stays. */
static struct str damaged(struct rewrite *r, struct str bytes)
{
	if (segment_rewrite_is_tombstone(bytes))
		return bytes;
	r->counts->damaged++;
	return r->options->keep_damaged
		       ? bytes
		       : str_make(tombstone, sizeof(tombstone));
}

/* Sets the record that stands for the one at r->at; false: the bytes stay. */
static enum err decide(struct rewrite *r, struct str bytes, struct db_txn *to,
	struct str *record)
{
	struct click click;
	uint32_t id;
	enum err e = click_decode(bytes, r->at, &click);

	if (e == ERR_CORRUPT) {
		*record = damaged(r, bytes);
		return OK;
	}
	if (e)
		return e;
	id = click.agent_id;
	if (r->options->with_agents && id &&
		segment_agent(&r->source, id, &click.agent))
		click.agent = str_make(NULL, 0);
	*record = bytes;
	if (!click.revises &&
		r->options->decide(r->options->arg, r->at, &click)) {
		buf_reset(&r->record);
		click_encode(&click, r->at, &r->record);
		e = buf_err(&r->record);
		*record = buf_view(&r->record);
		r->counts->changed++;
	} else {
		r->counts->kept++;
	}
	if (!e)
		copy_agent(r, to, click.agent_id);
	return e ? e : r->source.err;
}

static enum err copy_one(
	struct rewrite *r, const struct db_cursor *from, struct db_cursor *log)
{
	struct str record;
	enum err e;

	if (from->key.n != sizeof(r->at))
		return ERR_CORRUPT;
	r->at = get_be64(from->key.p);
	e = decide(r, from->value, log->t, &record);
	return e ? e : db_cursor_append(log, DB_KEY64(r->at), record);
}

static enum err copy_rows(struct rewrite *r, struct db_txn *t, size_t *n)
{
	struct db_cursor from, log;
	enum err e = OK;
	bool more;

	db_cursor_init(&r->source, SEGMENT_CLICKS, &from);
	db_cursor_init(t, SEGMENT_CLICKS, &log);
	more = db_seek(&from, DB_KEY64(r->at + 1));
	for (*n = 0; more && !e && *n < REWRITE_CHUNK; ++*n) {
		e = copy_one(r, &from, &log);
		more = db_next(&from);
	}
	db_cursor_deinit(&log);
	db_cursor_deinit(&from);
	return e ? e : r->source.err;
}

/* As many as one snapshot is held for; n of them. */
static enum err copy_chunk(struct rewrite *r, size_t *n)
{
	struct db_txn t;
	enum err e = db_reader_renew(&r->source);

	*n = 0;
	if (e)
		return e;
	e = db_begin(r->to, &t);
	if (!e) {
		e = copy_rows(r, &t, n);
		if (e)
			db_abort(&t);
		else
			e = db_commit(&t);
	}
	db_reader_reset(&r->source);
	return e;
}

/* As long as it worked, at most so long. */
static void rest(uint64_t begun_ns)
{
	uint64_t took = clock_mono_ns(&clock_system) - begun_ns;
	const struct timespec pause = {
		.tv_nsec = took < REST_NS_MAX ? (long)took : REST_NS_MAX};

	(void)nanosleep(&pause, NULL); /* shorter is fine */
}

static enum err go_on(const struct rewrite *r)
{
	const struct segment_rewrite_options *o = r->options;

	return o->is_stopping && o->is_stopping(o->stop_arg) ? ERR_CLOSED : OK;
}

/* All that there is now; the writer's thread. */
static enum err copy_rest(struct rewrite *r)
{
	size_t n = REWRITE_CHUNK;
	enum err e = OK;

	while (!e && n == REWRITE_CHUNK)
		e = copy_chunk(r, &n);
	return e;
}

/* The same on the caller's thread, which can be stopped. It goes to the disk as
 * it grows, and with rests: the click writer's flushes wait for what else the
 * disk has to do. */
static enum err copy_all(struct rewrite *r)
{
	size_t n = REWRITE_CHUNK;
	enum err e = go_on(r);

	while (!e && n == REWRITE_CHUNK) {
		uint64_t begun_ns = clock_mono_ns(&clock_system);

		e = copy_chunk(r, &n);
		if (e || n < REWRITE_CHUNK)
			break;
		db_start_flush(r->to);
		rest(begun_ns);
		e = go_on(r);
	}
	return e;
}

static enum err begin(struct rewrite *r, struct segments *segments)
{
	struct segment_meta meta = {0};
	char path[PATH_MAX];
	enum err e = segments_path(segments, r->day, SEGMENTS_ANEW, path);

	if (!e)
		e = file_remove_dir(path); /* an attempt that failed */
	if (e && e != ERR_NOT_FOUND)
		return e;
	e = db_reader_init(r->from.env, &r->source);
	if (!e)
		e = db_reader_renew(&r->source);
	if (e)
		return e;
	e = segment_read_meta(&r->source, &meta);
	db_reader_reset(&r->source);
	meta.generation++;
	r->at = meta.first - 1;
	return e ? e
		 : segment_begin_anew(
			   path, segments_map_bytes(segments), &meta, &r->to);
}

/* Flushed and closed: it can take the other one's place. */
static enum err finish(struct rewrite *r)
{
	char path[PATH_MAX];
	enum err e = segments_path(
		r->options->segments, r->day, SEGMENTS_ANEW, path);

	if (!e)
		e = db_flush(r->to);
	db_close(r->to);
	r->to = NULL;
	return e ? e : file_sync(path);
}

/* On the writer's thread: nothing is appended meanwhile. */
static enum err between(struct click_entry *entry, struct segment_ref *hot)
{
	struct rewrite *r = (struct rewrite *)entry;
	struct segments *s = r->options->segments;
	uint64_t oldest, newest;
	enum err e = OK;

	if (!hot->env) /* nothing was written since the start */
		e = segments_acquire_day(s, r->day, hot);
	if (e)
		return e;
	if (hot->day != r->day)
		return ERR_CONFLICT; /* another day has begun */
	/* Not the next number, before which some may have been skipped. */
	segments_range(s, &oldest, &newest);
	if (newest > r->at + REWRITE_TAIL_MAX)
		return ERR_AGAIN;
	e = copy_rest(r);
	if (!e)
		e = finish(r);
	if (e)
		return e;
	step(r, REWRITE_FLUSHED);
	e = segments_replace(s, r->day, hot);
	if (!e && r->options->on_hot)
		r->options->on_hot(r->options->arg, r->options->writer);
	return e;
}

static void on_done(struct click_entry *entry)
{
	struct rewrite *r = (struct rewrite *)entry;

	ASSERT(pthread_mutex_lock(&r->lock) == 0);
	r->is_decided = true;
	ASSERT(pthread_cond_signal(&r->decided) == 0);
	ASSERT(pthread_mutex_unlock(&r->lock) == 0);
}

static enum err ask_writer(struct rewrite *r)
{
	enum err e;

	r->entry = (struct click_entry){.done = on_done, .between = between};
	r->is_decided = false;
	e = click_writer_push(r->options->writer, &r->entry);
	if (e)
		return e;
	ASSERT(pthread_mutex_lock(&r->lock) == 0);
	while (!r->is_decided)
		ASSERT(pthread_cond_wait(&r->decided, &r->lock) == 0);
	ASSERT(pthread_mutex_unlock(&r->lock) == 0);
	return r->entry.result;
}

/* What was made beside it goes. */
static enum err leave(struct rewrite *r)
{
	char path[PATH_MAX];
	enum err e = segments_path(
		r->options->segments, r->day, SEGMENTS_ANEW, path);

	db_close(r->to);
	r->to = NULL;
	return e ? e : file_remove_dir(path);
}

static bool is_changed(const struct rewrite *r)
{
	return r->counts->changed ||
	       (r->counts->damaged && !r->options->keep_damaged);
}

static enum err replace_sealed(struct rewrite *r)
{
	enum err e = copy_all(r);

	if (!e && r->options->only_if_changed && !is_changed(r))
		return leave(r);
	if (!e)
		e = finish(r);
	if (e)
		return e;
	step(r, REWRITE_FLUSHED);
	return segments_replace(r->options->segments, r->day, NULL);
}

/* Whether the writer may still append to it. */
static bool is_hot(const struct rewrite *r)
{
	struct segment_ref ref;
	size_t damaged = 0;
	bool hot;

	if (segments_acquire(r->options->segments, UINT64_MAX, &ref, &damaged))
		return false;
	hot = ref.day == r->day;
	segments_release(r->options->segments, &ref);
	return hot;
}

static enum err run(struct rewrite *r)
{
	enum err e = begin(r, r->options->segments);

	if (e)
		return e;
	step(r, REWRITE_BEGUN);
	e = copy_all(r);
	step(r, REWRITE_COPIED);
	for (size_t round = 0; !e && is_hot(r); round++) {
		/* So that the writer has little to flush. */
		e = db_flush(r->to);
		if (!e)
			e = ask_writer(r);
		if (e != ERR_AGAIN && e != ERR_CONFLICT)
			return e;
		e = round < REWRITE_ROUNDS_MAX ? copy_all(r) : ERR_BUSY;
	}
	return e ? e : replace_sealed(r);
}

enum err segment_rewrite(const struct segment_rewrite_options *options,
	uint64_t day, struct segment_rewrite_counts *counts)
{
	struct rewrite *r = calloc(1, sizeof(*r));
	enum err e;

	if (!r)
		return ERR_NOMEM;
	*counts = (struct segment_rewrite_counts){0};
	r->options = options;
	r->counts = counts;
	r->day = day;
	buf_init(&r->record, CLICK_RECORD_MAX);
	ASSERT(pthread_mutex_init(&r->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&r->decided, NULL) == 0);
	e = segments_acquire_day(options->segments, day, &r->from);
	if (!e)
		e = run(r);
	if (!e)
		step(r, REWRITE_EXCHANGED);
	if (e == ERR_CLOSED && r->to)
		e = leave(r) ? e : ERR_CLOSED;
	db_reader_deinit(&r->source);
	db_close(r->to);
	segments_release(options->segments, &r->from);
	ASSERT(pthread_cond_destroy(&r->decided) == 0);
	ASSERT(pthread_mutex_destroy(&r->lock) == 0);
	buf_deinit(&r->record);
	free(r);
	return e;
}
