#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "service/upkeep.h"
#include "store/account.h"
#include "store/link.h"
#include "store/links_writer.h"
#include "store/token_scan.h"
#include "store/token_store.h"

/* A slow walk over all tokens, a day or more for each: those that expired long
 * enough ago lose what they say of a person. Where it stands is kept in the
 * links, with what it changed. */
enum {
	FORGET_BLOCKS = 256,     /* looked at in a snapshot */
	FORGET_JOB_BLOCKS = 16,  /* changed in a transaction */
	FORGET_TURN_MS = 200,    /* of one turn, about */
	FORGET_PAUSE_MS = 20,    /* between its transactions */
	FORGET_AGAIN_MS = 60000, /* until the next turn of the same walk */
};

static const char next_name[] = "forget_next"; /* token; 0: between walks */
static const char day_name[] = "forget_day";   /* the walk began then */
static const char unclean_name[] = "forget_unclean"; /* clear the disk */
static const char unsure_name[] = "forget_unsure";   /* passed by unread */

struct forget {
	struct links_job job;
	struct upkeep *upkeep;
	uint64_t now_ms;
	uint64_t next, day, unclean; /* to be written down */
	struct db_txn txn;           /* a snapshot to look in */
	size_t blocks_n;
	struct forget_block {
		uint64_t last;
		size_t n;
		uint64_t numbers[BLOCK_TOKENS_MAX];
	} blocks[FORGET_JOB_BLOCKS];
	size_t erased;
	uint64_t unsure; /* places passed by unread, in this walk */
};

static enum err get(struct db_txn *t, const char *name, uint64_t *v)
{
	enum err e = links_get_number(t, name, v);

	if (e == ERR_NOT_FOUND)
		*v = 0;
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err load(struct forget *f)
{
	enum err e = db_reader_renew(&f->txn);

	if (!e)
		e = get(&f->txn, next_name, &f->next);
	if (!e)
		e = get(&f->txn, day_name, &f->day);
	if (!e)
		e = get(&f->txn, unclean_name, &f->unclean);
	if (!e)
		e = get(&f->txn, unsure_name, &f->unsure);
	db_reader_reset(&f->txn);
	return e;
}

static enum err run_put(struct links_job *job, struct links_batch *batch)
{
	struct forget *f = (struct forget *)job;
	enum err e = OK;

	f->erased = 0;
	for (size_t i = 0; !e && i < f->blocks_n; i++) {
		const struct forget_block *b = &f->blocks[i];
		size_t erased = 0;

		e = apply_tokens_erased(
			batch->txn, b->last, b->numbers, b->n, &erased);
		f->erased += erased;
	}
	if (f->blocks_n)
		f->unclean = 1;
	links_put_number(batch->txn, next_name, f->next);
	links_put_number(batch->txn, day_name, f->day);
	links_put_number(batch->txn, unclean_name, f->unclean);
	links_put_number(batch->txn, unsure_name, f->unsure);
	if (e)
		db_fail(batch->txn, e);
	return OK;
}

static enum err put(struct forget *f)
{
	enum err e;

	f->job.run = run_put;
	f->job.bytes = f->blocks_n * BLOCK_BYTES_MAX;
	e = upkeep_job(f->upkeep, &f->job);
	if (!e)
		counter_add(&f->upkeep->metrics.tokens_forgotten, f->erased);
	f->blocks_n = 0;
	return e;
}

static bool has_text(const struct stored_token *t)
{
	bool has = t->tail.recipient.n || t->tail.ref.n;

	for (size_t i = 0; i < t->shape.names_n; i++)
		has = has || t->tail.values[i].n;
	return has && !t->erased;
}

/* The token's own end, or its link's. */
static enum err ends_at(
	struct forget *f, const struct stored_token *token, uint64_t *ms)
{
	struct link link;
	enum err e;

	*ms = token->expires_ms;
	if (!token->shape.link)
		return OK;
	e = link_by_id(&f->txn, token->shape.link, &link);
	if (!e && link.expires_ms && (!*ms || link.expires_ms < *ms))
		*ms = link.expires_ms;
	return e;
}

static enum err look_at(
	struct forget *f, const struct block *b, struct forget_block *to)
{
	uint64_t after = f->upkeep->region->settings.forget_after_ms, ends;
	struct stored_token token;
	enum err e = OK;

	to->n = 0;
	to->last = b->last;
	for (uint64_t n = b->first; !e && n <= b->last; n++) {
		e = token_in_block(&f->txn, b, n, &token);
		if (e == ERR_NOT_FOUND) {
			e = OK; /* a refused line */
			continue;
		}
		if (!e && has_text(&token)) {
			e = ends_at(f, &token, &ends);
			if (!e && ends && ends + after <= f->now_ms)
				to->numbers[to->n++] = n;
		}
	}
	return e;
}

/* Blocks of one snapshot, until enough are to be changed; ERR_NOT_FOUND at the
 * end of the walk. Damaged ones are passed by and counted. */
static enum err look(struct forget *f)
{
	struct block b;
	enum err e = db_reader_renew(&f->txn);

	for (int i = 0;
		!e && i < FORGET_BLOCKS && f->blocks_n < FORGET_JOB_BLOCKS;
		i++) {
		struct forget_block *to = &f->blocks[f->blocks_n];

		e = token_block_from(&f->txn, f->next, &b);
		if (e == ERR_CORRUPT || e == ERR_VERSION) {
			f->next++;
			f->unsure++;
			e = OK;
			continue;
		}
		if (!e && look_at(f, &b, to))
			f->unsure++;
		else if (!e && to->n)
			f->blocks_n++;
		if (!e)
			f->next = b.last + 1;
	}
	db_reader_reset(&f->txn);
	return e;
}

/* At the end of a walk. */
static void say_unsure(struct forget *f)
{
	if (!f->unsure)
		return;
	log_error("tokens that cannot be read may have what is to be forgotten "
		  "region=%.*s passed_by=%" PRIu64,
		STR_FMT(f->upkeep->region->settings.name), f->unsure);
	counter_add(&f->upkeep->metrics.forget_unsure, f->unsure);
	f->unsure = 0;
}

static enum err walk(struct forget *f)
{
	uint64_t begun = clock_mono_ms(f->upkeep->clock);
	enum err e = OK, end = OK;

	while (!e && !end &&
		clock_mono_ms(f->upkeep->clock) - begun < FORGET_TURN_MS) {
		end = look(f);
		if (end && end != ERR_NOT_FOUND)
			return end;
		if (end) {
			f->next = 0;
			say_unsure(f);
		}
		if (f->blocks_n || end)
			e = put(f);
		if (!e && !end)
			e = upkeep_pause(f->upkeep, FORGET_PAUSE_MS);
	}
	/* Where it stands, also when there was nothing to change. */
	return e || end ? e : put(f);
}

static enum err turn(struct forget *f, uint64_t *due_ms)
{
	uint64_t today = f->now_ms / MS_PER_DAY;
	enum err e = load(f);

	if (!e && (f->next || f->day != today)) {
		if (!f->next)
			f->day = today;
		e = walk(f);
		if (!e && f->next && *due_ms > f->now_ms + FORGET_AGAIN_MS)
			*due_ms = f->now_ms + FORGET_AGAIN_MS;
	}
	if (e || f->next || !f->unclean)
		return e;
	e = upkeep_clear(f->upkeep);
	f->unclean = 0;
	return e ? e : put(f);
}

enum err forget_turn(struct upkeep *u, uint64_t *due_ms)
{
	struct forget *f;
	enum err e;

	if (!u->region->settings.forget_after_ms)
		return OK;
	f = calloc(1, sizeof(*f));
	if (!f)
		return ERR_NOMEM;
	f->upkeep = u;
	f->now_ms = clock_wall_ms(u->clock);
	e = db_reader_init(u->region->links.env, &f->txn);
	if (!e)
		e = turn(f, due_ms);
	db_reader_deinit(&f->txn);
	free(f);
	return e;
}
