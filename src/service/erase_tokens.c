#include "service/erase.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/log.h"
#include "store/erasure_store.h"
#include "store/links_writer.h"
#include "store/token_scan.h"

/* Tokens of some blocks, to be erased in one transaction. */
struct erase_job {
	struct links_job job;
	struct erase_run *run;
	size_t blocks_n, tokens_n;
	struct erase_block {
		uint64_t last;
		size_t from, n; /* of the tokens */
	} blocks[ERASE_JOB_BLOCKS];
	uint64_t numbers[ERASE_JOB_TOKENS];
	uint32_t erasures[ERASE_JOB_TOKENS];
	uint64_t gathered[ERASE_JOB_TOKENS];
	size_t erased;
};

struct token_search {
	struct erase_run *run;
	struct erase_job *job; /* NULL: only look */
};

/* Which of the items' recipients this is; n: none. */
static size_t find_item(
	const struct erase_run *run, uint64_t account, struct str recipient)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct erasure *e = &run->items[i];

		if (e->state == ERASURE_WAITING && e->account == account &&
			e->recipient_n == recipient.n &&
			memcmp(e->recipient, recipient.p, recipient.n) == 0)
			return i;
	}
	return run->n;
}

static enum err note_token(struct token_search *s, const struct block *b,
	uint64_t number, size_t item)
{
	struct erase_run *run = s->run;
	struct erase_job *j = s->job;
	struct erase_block *block;

	if (!j) {
		if (b->minted_ms > run->newest_ms[item])
			run->newest_ms[item] = b->minted_ms;
		return erase_add_token(run, number, item);
	}
	if (j->blocks_n == 0 || j->blocks[j->blocks_n - 1].last != b->last) {
		block = &j->blocks[j->blocks_n++];
		*block = (struct erase_block){b->last, j->tokens_n, 0};
	}
	j->blocks[j->blocks_n - 1].n++;
	j->numbers[j->tokens_n] = number;
	j->erasures[j->tokens_n++] = (uint32_t)item;
	return OK;
}

static enum err look_at(
	struct token_search *s, const struct block *b, uint64_t number)
{
	struct token_shape shape;
	struct block_entry entry;
	struct token_tail tail;
	size_t item;
	enum err e = block_entry(b, number, &entry);

	if (e || entry.refused)
		return e;
	e = token_shape_get(entry.shape, &shape);
	if (!e)
		e = token_tail_get(entry.tail, shape.names_n, &tail);
	if (e || tail.erased || !tail.recipient.n)
		return e;
	item = find_item(s->run, shape.account, tail.recipient);
	if (item == s->run->n)
		return OK;
	return note_token(s, b, number, item);
}

/* Nobody can tell whose it is, but it must not hold one of these. */
static void look_at_damage(struct erase_run *run, struct str record)
{
	for (size_t i = 0; i < run->n; i++) {
		struct erasure *e = &run->items[i];

		if (!str_contains(
			    record, str_make(e->recipient, e->recipient_n)))
			continue;
		run->unsure[i] = true;
		log_error("erasure: a damaged record may hold what is to be "
			  "forgotten id=%llu",
			(unsigned long long)e->id);
	}
}

static enum err visit(void *arg, struct str record, const struct block *b)
{
	struct token_search *s = arg;
	struct erase_job *j = s->job;
	enum err e = OK;

	if (!b) {
		look_at_damage(s->run, record);
		return OK;
	}
	if (j && (j->blocks_n == ERASE_JOB_BLOCKS ||
			 j->tokens_n + b->count > ERASE_JOB_TOKENS))
		return ERR_FULL;
	for (uint64_t n = b->first; !e && n <= b->last; n++)
		e = look_at(s, b, n);
	if (e != ERR_CORRUPT)
		return e;
	look_at_damage(s->run, record);
	return OK;
}

static enum err run_job(struct links_job *job, struct links_batch *batch)
{
	struct erase_job *j = (struct erase_job *)job;
	enum err e = OK;

	j->erased = 0;
	for (size_t i = 0; !e && i < j->blocks_n; i++) {
		const struct erase_block *b = &j->blocks[i];
		size_t erased = 0;

		e = apply_tokens_erased(batch->txn, b->last,
			j->numbers + b->from, b->n, &erased);
		j->erased += erased;
	}
	for (size_t i = 0; !e && i < j->run->n; i++) {
		size_t n = 0;

		for (size_t k = 0; k < j->tokens_n; k++)
			if (j->erasures[k] == i)
				j->gathered[n++] = j->numbers[k];
		erased_tokens_put(
			batch->txn, j->run->items[i].id, j->gathered, n);
	}
	if (e)
		db_fail(batch->txn, e);
	return OK;
}

static enum err submit(struct erase_job *j)
{
	struct upkeep *u = j->run->upkeep;
	enum err e = OK;

	if (j->blocks_n) {
		j->job.run = run_job;
		j->job.bytes = j->blocks_n * BLOCK_BYTES_MAX;
		e = upkeep_job(u, &j->job);
	}
	if (!e && j->blocks_n) {
		counter_add(&u->metrics.tokens_erased, j->erased);
		upkeep_at(u, UPKEEP_TOKENS_ERASED);
	}
	j->blocks_n = j->tokens_n = 0;
	return e;
}

static enum err search(struct token_search *s)
{
	struct upkeep *u = s->run->upkeep;
	enum err e = OK;

	while (!e) {
		e = upkeep_go_on(u);
		if (!e)
			e = token_scan_some(u->region->links.env, &s->run->next,
				ERASE_SCAN_BLOCKS, visit, s);
		if ((!e || e == ERR_FULL || e == ERR_NOT_FOUND) && s->job) {
			enum err done = submit(s->job);

			e = done ? done : e == ERR_FULL ? OK : e;
		}
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err erase_tokens(struct erase_run *run, bool erase)
{
	struct token_search s = {.run = run};
	enum err e;

	if (erase) {
		s.job = calloc(1, sizeof(*s.job));
		if (!s.job)
			return ERR_NOMEM;
		s.job->run = run;
	}
	e = search(&s);
	free(s.job);
	if (!erase)
		erase_sort_tokens(run);
	return e;
}

enum err erase_add_token(struct erase_run *run, uint64_t number, size_t erasure)
{
	if (run->tokens_n == run->tokens_size) {
		size_t size = run->tokens_size ? 2 * run->tokens_size : 256;
		struct erased_token *grown =
			realloc(run->tokens, size * sizeof(*grown));

		if (!grown)
			return ERR_NOMEM;
		run->tokens = grown;
		run->tokens_size = size;
	}
	run->tokens[run->tokens_n++] =
		(struct erased_token){number, (uint32_t)erasure};
	return OK;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = ((const struct erased_token *)a)->number;
	uint64_t y = ((const struct erased_token *)b)->number;

	return (x > y) - (x < y);
}

void erase_sort_tokens(struct erase_run *run)
{
	if (run->tokens_n)
		qsort(run->tokens, run->tokens_n, sizeof(run->tokens[0]),
			by_number);
}

const struct erased_token *erase_find_token(
	const struct erase_run *run, uint64_t number)
{
	struct erased_token key = {.number = number};

	if (!run->tokens_n || number < run->tokens[0].number ||
		number > run->tokens[run->tokens_n - 1].number)
		return NULL;
	return bsearch(&key, run->tokens, run->tokens_n, sizeof(run->tokens[0]),
		by_number);
}

static enum err load_item(struct erase_run *run, struct db_txn *t, size_t item)
{
	struct erasure *it = &run->items[item];
	uint64_t numbers[ERASED_CHUNK_TOKENS], after = 0;
	size_t n;
	enum err e;

	it->tokens = 0;
	while ((e = erased_tokens_next(t, it->id, after, numbers, &n)) == OK) {
		for (size_t i = 0; !e && i < n; i++)
			e = erase_add_token(run, numbers[i], item);
		if (e)
			return e;
		it->tokens += n;
		after = numbers[n - 1];
	}
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err erase_load_tokens(struct erase_run *run)
{
	struct db_txn t;
	enum err e = db_reader_init(run->upkeep->region->links.env, &t);

	run->tokens_n = 0;
	if (e)
		return e;
	e = db_reader_renew(&t);
	for (size_t i = 0; !e && i < run->n; i++)
		e = load_item(run, &t, i);
	db_reader_deinit(&t);
	erase_sort_tokens(run);
	return e;
}
