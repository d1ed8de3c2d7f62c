#include "store/tally_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "core/record.h"
#include "store/tally_tables.h"

enum {
	INDEX_SIZE = 4 * TALLY_BATCH_KEYS, /* a power of two */
	RADIX_BITS = 11,
	RADIX_SIZE = 1 << RADIX_BITS,
	RADIX_PASSES = (64 + RADIX_BITS - 1) / RADIX_BITS,
	NONE = UINT16_MAX,
};

/* One account's clicks, a list through next. */
struct account_list {
	uint64_t account;
	uint32_t head, tail;
};

/* Where clicks are counted. */
struct group {
	uint64_t account, link, campaign;
	uint32_t quarter;
};

/* What is counted of a group's clicks that have one value. */
struct cell {
	uint32_t group;
	uint16_t value; /* a verdict, two letters, a system's number */
	uint8_t dimension;
	char text[2]; /* the value, but for a system's */
	uint32_t requests, clicks, unique_clicks;
};

struct tally_batch {
	struct tally_agents *agents;
	uint32_t clicks_max, clicks_n, tokens_n;
	uint32_t groups_n, cells_n, accounts_n;
	struct counts totals;
	uint64_t *sequences; /* by click */
	uint32_t *next;      /* by click: its account's next click */
	uint64_t *tokens;    /* of the counted clicks */
	uint64_t *scratch;   /* as many */
	struct group groups[TALLY_BATCH_KEYS];
	struct cell cells[TALLY_BATCH_KEYS];
	struct account_list accounts[TALLY_BATCH_KEYS];
	/* Open addressing, from hashes to places in the arrays. */
	uint16_t group_index[INDEX_SIZE];
	uint16_t cell_index[INDEX_SIZE];
	uint16_t account_index[INDEX_SIZE];
	struct count counts[TALLY_BATCH_KEYS]; /* of one sum */
	struct buf record;
	uint8_t bits[TALLY_CHUNK_BYTES];
	uint8_t differences[TALLY_POSTINGS_MAX];
};

enum err tally_batch_new(uint32_t clicks_max, struct tally_batch **to)
{
	struct tally_batch *b = calloc(1, sizeof(*b));

	ASSERT(clicks_max > 0 && clicks_max <= TALLY_BATCH_CLICKS_MAX);
	if (!b)
		return ERR_NOMEM;
	b->clicks_max = clicks_max;
	b->sequences = calloc(clicks_max, sizeof(*b->sequences));
	b->next = calloc(clicks_max, sizeof(*b->next));
	b->tokens = calloc(clicks_max, sizeof(*b->tokens));
	b->scratch = calloc(clicks_max, sizeof(*b->scratch));
	buf_init(&b->record, TALLY_RECORD_MAX);
	if (!b->sequences || !b->next || !b->tokens || !b->scratch) {
		tally_batch_free(b);
		return ERR_NOMEM;
	}
	*to = b;
	return OK;
}

void tally_batch_free(struct tally_batch *b)
{
	if (!b)
		return;
	buf_deinit(&b->record);
	free(b->sequences);
	free(b->next);
	free(b->tokens);
	free(b->scratch);
	free(b);
}

void tally_batch_begin(struct tally_batch *b, struct tally_agents *agents)
{
	tally_agents_begin(agents);
	b->agents = agents;
	b->clicks_n = 0;
	b->tokens_n = 0;
	b->groups_n = 0;
	b->cells_n = 0;
	b->accounts_n = 0;
	b->totals = (struct counts){0};
	memset(b->group_index, 0xff, sizeof(b->group_index));
	memset(b->cell_index, 0xff, sizeof(b->cell_index));
	memset(b->account_index, 0xff, sizeof(b->account_index));
}

bool tally_batch_is_full(const struct tally_batch *b)
{
	/* There are never more groups than cells. */
	return b->clicks_n == b->clicks_max ||
	       b->cells_n + COUNT_DIMENSIONS > TALLY_BATCH_KEYS ||
	       b->accounts_n == TALLY_BATCH_KEYS ||
	       tally_agents_is_full(b->agents);
}

size_t tally_batch_clicks(const struct tally_batch *b)
{
	return b->clicks_n;
}

const struct counts *tally_batch_totals(const struct tally_batch *b)
{
	return &b->totals;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15;
	return h ^ h >> 29;
}

static bool is_same(const struct group *a, const struct group *b)
{
	return a->link == b->link && a->account == b->account &&
	       a->campaign == b->campaign && a->quarter == b->quarter;
}

static uint32_t group_of(struct tally_batch *b, const struct group *key)
{
	uint64_t h =
		mix(mix(mix(mix(1, key->account), key->link), key->campaign),
			key->quarter);
	size_t i = h % INDEX_SIZE;
	uint16_t at;

	while ((at = b->group_index[i]) != NONE) {
		if (is_same(&b->groups[at], key))
			return at;
		i = (i + 1) % INDEX_SIZE;
	}
	ASSERT(b->groups_n < TALLY_BATCH_KEYS);
	b->group_index[i] = (uint16_t)b->groups_n;
	b->groups[b->groups_n] = *key;
	return b->groups_n++;
}

static struct cell *cell_of(struct tally_batch *b, uint32_t group,
	enum count_dimension dimension, uint16_t value)
{
	size_t i = mix(1, (uint64_t)group << 24 | (uint64_t)dimension << 16 |
				   value) %
		   INDEX_SIZE;
	struct cell *cell;
	uint16_t at;

	while ((at = b->cell_index[i]) != NONE) {
		cell = &b->cells[at];
		if (cell->group == group && cell->value == value &&
			cell->dimension == dimension)
			return cell;
		i = (i + 1) % INDEX_SIZE;
	}
	ASSERT(b->cells_n < TALLY_BATCH_KEYS);
	b->cell_index[i] = (uint16_t)b->cells_n;
	cell = &b->cells[b->cells_n++];
	*cell = (struct cell){.group = group,
		.value = value,
		.dimension = (uint8_t)dimension,
		.text = {(char)(value >> 8), (char)value}};
	return cell;
}

static void count(struct tally_batch *b, uint32_t group,
	enum count_dimension dimension, uint16_t value, const struct click *c)
{
	struct cell *cell = cell_of(b, group, dimension, value);

	cell->requests++;
	cell->clicks += c->counted;
	cell->unique_clicks += c->unique;
}

static void add_posting(struct tally_batch *b, uint64_t account, uint32_t click)
{
	size_t i = mix(1, account) % INDEX_SIZE;
	struct account_list *list;
	uint16_t at;

	while ((at = b->account_index[i]) != NONE) {
		list = &b->accounts[at];
		if (list->account == account) {
			b->next[list->tail] = click;
			list->tail = click;
			return;
		}
		i = (i + 1) % INDEX_SIZE;
	}
	ASSERT(b->accounts_n < TALLY_BATCH_KEYS);
	b->account_index[i] = (uint16_t)b->accounts_n;
	b->accounts[b->accounts_n++] =
		(struct account_list){account, click, click};
}

static void count_click(
	struct tally_batch *b, const struct click *c, uint16_t os)
{
	struct group key = {
		.account = c->account,
		.link = c->link,
		.campaign = c->campaign,
		.quarter = count_quarter(c->at_ms),
	};
	uint32_t group = group_of(b, &key);

	count(b, group, COUNT_TOTAL, 0, c);
	count(b, group, COUNT_VERDICT, c->verdict, c);
	count(b, group, COUNT_COUNTRY, get_be16(c->country), c);
	count(b, group, COUNT_OS, os, c);
	b->totals.requests++;
	b->totals.clicks += c->counted;
	b->totals.unique_clicks += c->unique;
}

void tally_batch_add(struct tally_batch *b, struct db_txn *txn,
	struct click_reader *reader, uint64_t sequence, const struct click *c)
{
	ASSERT(!tally_batch_is_full(b));
	b->sequences[b->clicks_n] = sequence;
	add_posting(b, c->account, b->clicks_n++);
	if (c->revises)
		return;
	if (c->counted)
		b->tokens[b->tokens_n++] = c->token;
	count_click(b, c, tally_agents_os(b->agents, txn, reader, c));
}

/* One digit's pass; false if all have the same and nothing was moved. */
static bool radix_pass(
	const uint64_t *from, uint64_t *to, uint32_t n, unsigned shift)
{
	uint32_t at[RADIX_SIZE] = {0};
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		at[from[i] >> shift & (RADIX_SIZE - 1)]++;
	if (n && at[from[0] >> shift & (RADIX_SIZE - 1)] == n)
		return false;
	for (size_t i = 0; i < RADIX_SIZE; i++) {
		uint32_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		to[at[from[i] >> shift & (RADIX_SIZE - 1)]++] = from[i];
	return true;
}

static void sort_tokens(struct tally_batch *b)
{
	for (unsigned pass = 0; pass < RADIX_PASSES; pass++) {
		uint64_t *swap = b->tokens;

		if (!radix_pass(b->tokens, b->scratch, b->tokens_n,
			    pass * RADIX_BITS))
			continue;
		b->tokens = b->scratch;
		b->scratch = swap;
	}
}

/* The chunk that tokens[i] lies in; returns the first token behind it. */
static uint32_t apply_chunk(
	struct tally_batch *b, struct db_txn *t, unsigned table, uint32_t i)
{
	unsigned bit;
	uint64_t chunk = tally_chunk_of(b->tokens[i], &bit);
	bool is_changed = false;
	struct str found;
	enum err e = tally_get_chunk(t, table, chunk, &found);

	if (e == OK)
		memcpy(b->bits, found.p, TALLY_CHUNK_BYTES);
	else if (e == ERR_NOT_FOUND)
		memset(b->bits, 0, TALLY_CHUNK_BYTES);
	else
		db_fail(t, e);
	for (; i < b->tokens_n; i++) {
		uint8_t mask;

		if (tally_chunk_of(b->tokens[i], &bit) != chunk)
			break;
		mask = (uint8_t)(1u << bit % 8);
		is_changed |= !(b->bits[bit / 8] & mask);
		b->bits[bit / 8] |= mask;
	}
	if (is_changed)
		tally_put_chunk(t, table, chunk, b->bits, &b->record);
	return i;
}

static struct str value_of(const struct tally_batch *b, const struct cell *c)
{
	switch (c->dimension) {
	case COUNT_VERDICT:
		return str_make(c->text + 1, 1);
	case COUNT_COUNTRY:
		return str_make(c->text, c->value ? 2 : 0);
	case COUNT_OS:
		return tally_agents_name(b->agents, c->value);
	default:
		return str_make(NULL, 0);
	}
}

static struct count count_of(const struct tally_batch *b, const struct cell *c)
{
	const struct group *g = &b->groups[c->group];

	return (struct count){
		.account = g->account,
		.link = g->link,
		.campaign = g->campaign,
		.quarter = g->quarter,
		.kind = c->dimension,
		.value = value_of(b, c),
		.counts = {.requests = c->requests,
			.clicks = c->clicks,
			.unique_clicks = c->unique_clicks},
	};
}

static int by_key(const void *a, const void *b)
{
	return count_compare(a, b);
}

/* Neighbours that are the same become one; returns how many are left. */
static uint32_t merge(struct count *counts, uint32_t n)
{
	uint32_t to = 0;

	for (uint32_t i = 1; i < n; i++)
		if (count_compare(&counts[to], &counts[i]) == 0)
			counts_add(&counts[to].counts, &counts[i].counts);
		else
			counts[++to] = counts[i];
	return n ? to + 1 : 0;
}

static void apply_counts(
	struct tally_batch *b, struct db_txn *t, unsigned table, uint8_t sum)
{
	uint32_t n;

	for (uint32_t i = 0; i < b->cells_n; i++) {
		struct count c = count_of(b, &b->cells[i]);

		b->counts[i] = count_in_sum(&c, sum);
	}
	qsort(b->counts, b->cells_n, sizeof(b->counts[0]), by_key);
	n = merge(b->counts, b->cells_n);
	for (uint32_t i = 0; i < n && !t->err; i++) {
		enum err e =
			counts_table_add(t, table, &b->counts[i], &b->record);

		if (e)
			db_fail(t, e);
	}
}

static int by_account(const void *a, const void *b)
{
	uint64_t x = ((const struct account_list *)a)->account;
	uint64_t y = ((const struct account_list *)b)->account;

	return (x > y) - (x < y);
}

/* The account's last chunk, its differences copied to be added to; one without
 * a first posting if there is none. */
static enum err last_chunk(struct tally_batch *b, struct db_txn *t,
	uint64_t account, struct tally_chunk *chunk)
{
	struct tally_posting_key end = tally_posting_key(account, UINT64_MAX);
	struct tally_chunk found;
	struct db_cursor c;
	enum err e = OK;

	*chunk = (struct tally_chunk){.account = account};
	db_cursor_init(t, TALLY_POSTINGS, &c);
	if (db_seek_before(&c, str_make(end.bytes, sizeof(end.bytes)))) {
		e = tally_read_postings(c.key, c.value, &found);
		if (!e && found.account == account) {
			*chunk = found;
			memcpy(b->differences, found.differences.p,
				found.differences.n);
		}
	}
	db_cursor_deinit(&c);
	chunk->differences.p = (const char *)b->differences;
	return t->err ? t->err : e;
}

static void add_to_chunk(struct tally_batch *b, struct db_txn *t,
	struct tally_chunk *chunk, uint64_t sequence)
{
	size_t n = chunk->differences.n;
	uint64_t difference = sequence - chunk->last;

	if (chunk->first && sequence <= chunk->last) {
		db_fail(t, ERR_CORRUPT);
		return;
	}
	if (chunk->first && n + varint_size(difference) <= TALLY_POSTINGS_MAX) {
		uint8_t varint[VARINT_MAX];
		size_t more = varint_put(varint, difference);

		memcpy(b->differences + n, varint, more);
		chunk->differences.n += more;
	} else {
		if (chunk->first)
			tally_put_postings(t, chunk, &b->record);
		chunk->first = sequence;
		chunk->differences.n = 0;
	}
	chunk->last = sequence;
}

static void apply_postings(struct tally_batch *b, struct db_txn *t,
	const struct account_list *list)
{
	struct tally_chunk chunk;
	enum err e = last_chunk(b, t, list->account, &chunk);
	uint32_t i = list->head;

	if (e) {
		db_fail(t, e);
		return;
	}
	while (!t->err) {
		add_to_chunk(b, t, &chunk, b->sequences[i]);
		if (i == list->tail)
			break;
		i = b->next[i];
	}
	tally_put_postings(t, &chunk, &b->record);
}

void tally_batch_apply(struct tally_batch *b, struct db_txn *t,
	const struct tally_target *target)
{
	sort_tokens(b);
	for (uint32_t i = 0; i < b->tokens_n && !t->err;)
		i = apply_chunk(b, t, target->seen, i);
	for (size_t i = 0; i < COUNT_SUMS && !t->err; i++)
		apply_counts(b, t, target->counters, count_sum_bits(i));
	if (!target->postings)
		return;
	qsort(b->accounts, b->accounts_n, sizeof(b->accounts[0]), by_account);
	for (uint32_t i = 0; i < b->accounts_n && !t->err; i++)
		apply_postings(b, t, &b->accounts[i]);
}
