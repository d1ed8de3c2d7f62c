#include "store/tally_compare.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "core/record.h"
#include "core/timestamp.h"

/* Two tables walked side by side, in the order of their keys. */
struct pair {
	struct db_cursor is, must;
	bool has_is, has_must;
};

static void pair_begin(struct pair *p, struct db_txn *is, unsigned is_table,
	struct db_txn *must, unsigned must_table)
{
	db_cursor_init(is, is_table, &p->is);
	db_cursor_init(must, must_table, &p->must);
	p->has_is = db_first(&p->is);
	p->has_must = db_first(&p->must);
}

static void pair_end(struct pair *p)
{
	db_cursor_deinit(&p->is);
	db_cursor_deinit(&p->must);
}

/* The lower key of the two: *in_is and *in_must say who has it. False at the
 * end of both. */
static bool pair_look(const struct pair *p, bool *in_is, bool *in_must)
{
	int order;

	if (!p->has_is && !p->has_must)
		return false;
	order = !p->has_is     ? 1
		: !p->has_must ? -1
			       : str_cmp(p->is.key, p->must.key);
	*in_is = order <= 0;
	*in_must = order >= 0;
	return true;
}

static void pair_next(struct pair *p, bool in_is, bool in_must)
{
	if (in_is)
		p->has_is = db_next(&p->is);
	if (in_must)
		p->has_must = db_next(&p->must);
}

static unsigned bits_of(uint8_t byte)
{
	unsigned n = 0;

	for (; byte; byte = (uint8_t)(byte & (byte - 1)))
		n++;
	return n;
}

static void compare_chunk(
	uint64_t chunk, struct str is, struct str must, struct check *check)
{
	static const char none[TALLY_CHUNK_BYTES];
	uint64_t extra = 0, lacking = 0, token = 0;

	if (!is.n)
		is = str_make(none, sizeof(none));
	if (!must.n)
		must = str_make(none, sizeof(none));
	for (size_t i = 0; i < TALLY_CHUNK_BYTES; i++) {
		uint8_t a = (uint8_t)is.p[i], b = (uint8_t)must.p[i];

		if (a == b)
			continue;
		if (!extra && !lacking)
			token = i * 8;
		extra += bits_of(a & (uint8_t)~b);
		lacking += bits_of(b & (uint8_t)~a);
	}
	if (extra || lacking)
		check_found(check, "seen tokens",
			"from %" PRIu64 " on: %" PRIu64 " too many, %" PRIu64
			" missing",
			(chunk & (((uint64_t)1 << CLICK_SEQUENCE_BITS) - 1)) *
					TALLY_CHUNK_TOKENS +
				token,
			extra, lacking);
}

/* A recount is of the first generation. */
static void compare_seen(struct db_txn *is, unsigned table, struct db_txn *must,
	struct check *check)
{
	bool in_is, in_must;
	struct pair p;

	pair_begin(&p, is, table, must, TALLY_SEEN);
	while (pair_look(&p, &in_is, &in_must)) {
		const struct db_cursor *c = in_is ? &p.is : &p.must;
		struct str a = {0}, b = {0};

		if ((!in_is || !tally_read_chunk(p.is.key, p.is.value, &a)) &&
			(!in_must || !tally_read_chunk(
					     p.must.key, p.must.value, &b)))
			compare_chunk(get_be64(c->key.p), a, b, check);
		check_looked(check, 1);
		pair_next(&p, in_is, in_must);
	}
	pair_end(&p);
}

static bool is_same(const struct counts *a, const struct counts *b)
{
	return a->requests == b->requests && a->clicks == b->clicks &&
	       a->unique_clicks == b->unique_clicks && a->minted == b->minted &&
	       a->unconfirmed == b->unconfirmed;
}

static void report_count(
	struct check *check, const struct count *is, const struct count *must)
{
	static const char *const dimensions[] = {
		"total", "verdict", "country", "os"};
	const struct count *c = is->account ? is : must;
	char at[TIMESTAMP_LEN], value[COUNT_VALUE_MAX + 1];
	size_t n = 0;

	timestamp_write(at, (uint64_t)c->quarter * MS_PER_QUARTER);
	for (; n < c->value.n && n < COUNT_VALUE_MAX; n++)
		value[n] = (char)(c->value.p[n] < ' ' ? '0' + c->value.p[n]
						      : c->value.p[n]);
	value[n] = '\0';
	check_found(check, "counts",
		"account %" PRIu64 ", link %" PRIu64 ", campaign %" PRIu64
		", %.*s, %s of %s%s \"%s\": %" PRIu64 "/%" PRIu64 "/%" PRIu64
		" instead of %" PRIu64 "/%" PRIu64 "/%" PRIu64
		" requests/clicks/uniques",
		c->account, c->link, c->campaign, TIMESTAMP_LEN, at,
		c->kind & COUNT_DAY ? "day" : "quarter",
		c->kind & COUNT_ALL_LINKS ? "all links, " : "",
		dimensions[(c->kind & 15) % COUNT_DIMENSIONS], value,
		is->counts.requests, is->counts.clicks,
		is->counts.unique_clicks, must->counts.requests,
		must->counts.clicks, must->counts.unique_clicks);
}

static void compare_counts(struct db_txn *is, unsigned table,
	struct db_txn *must, struct check *check)
{
	bool in_is, in_must;
	struct pair p;

	pair_begin(&p, is, table, must, TALLY_COUNTERS);
	while (pair_look(&p, &in_is, &in_must)) {
		struct count a = {0}, b = {0};
		bool sound =
			!in_is || !count_record_get(p.is.key, p.is.value, &a);

		if (in_must && count_record_get(p.must.key, p.must.value, &b))
			sound = false;
		if (sound && !is_same(&a.counts, &b.counts))
			report_count(check, &a, &b);
		check_looked(check, 1);
		pair_next(&p, in_is, in_must);
	}
	pair_end(&p);
}

/* All accounts' postings, one by one. */
struct posting_walk {
	struct db_cursor c;
	bool there;
	uint64_t account, sequence;
	struct str left;
	uint64_t after; /* earlier ones are passed by */
};

/* The first of the chunk under the cursor, or of a later, sound one. */
static void take_chunk(struct posting_walk *w)
{
	struct tally_chunk chunk;

	while (w->there && tally_read_postings(w->c.key, w->c.value, &chunk))
		w->there = db_next(&w->c);
	if (!w->there)
		return;
	w->account = chunk.account;
	w->sequence = chunk.first;
	w->left = chunk.differences;
}

static void step_posting(struct posting_walk *w)
{
	struct reader r;
	uint64_t difference;

	reader_init(&r, w->left);
	difference = w->left.n ? reader_varint(&r) : 0;
	if (!difference || r.err) {
		w->there = db_next(&w->c);
		take_chunk(w);
		return;
	}
	w->sequence += difference;
	w->left = str_make((const char *)r.p, reader_left(&r));
}

static void pass_by(struct posting_walk *w)
{
	while (w->there && w->sequence <= w->after)
		step_posting(w);
}

static void begin_postings(
	struct posting_walk *w, struct db_txn *t, uint64_t after)
{
	*w = (struct posting_walk){.after = after};
	db_cursor_init(t, TALLY_POSTINGS, &w->c);
	w->there = db_first(&w->c);
	take_chunk(w);
	pass_by(w);
}

static void next_posting(struct posting_walk *w)
{
	step_posting(w);
	pass_by(w);
}

static int order_of(const struct posting_walk *a, const struct posting_walk *b)
{
	if (!a->there || !b->there)
		return a->there ? -1 : 1;
	if (a->account != b->account)
		return a->account < b->account ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void compare_postings(struct db_txn *is, struct db_txn *must,
	uint64_t after, struct check *check)
{
	struct posting_walk a, b;

	begin_postings(&a, is, after);
	begin_postings(&b, must, after);
	while (a.there || b.there) {
		int order = order_of(&a, &b);
		const struct posting_walk *w = order <= 0 ? &a : &b;

		if (order)
			check_found(check, "postings",
				"account %" PRIu64 ", click %" PRIu64 ": %s",
				w->account, w->sequence,
				order < 0 ? "is not that account's"
					  : "is missing");
		check_looked(check, 1);
		if (order <= 0)
			next_posting(&a);
		if (order >= 0)
			next_posting(&b);
	}
	db_cursor_deinit(&a.c);
	db_cursor_deinit(&b.c);
}

static enum err compare_states(struct db_txn *must,
	const struct tally_state *state, uint64_t *base, struct check *check)
{
	struct tally_state again = {0}, from = {0};
	enum err e = tally_get_state(must, false, &again);

	if (!e)
		e = tally_get_state(must, true, &from);
	if (e)
		return e;
	*base = from.position;
	if (again.position != state->position)
		check_found(check, "tally state",
			"stands at %" PRIu64 ", the log ends at %" PRIu64,
			state->position, again.position);
	if (!is_same(&again.totals, &state->totals))
		check_found(check, "tally state",
			"%" PRIu64 "/%" PRIu64 "/%" PRIu64
			" instead of %" PRIu64 "/%" PRIu64 "/%" PRIu64
			" requests/clicks/uniques in all",
			state->totals.requests, state->totals.clicks,
			state->totals.unique_clicks, again.totals.requests,
			again.totals.clicks, again.totals.unique_clicks);
	return OK;
}

enum err tally_compare(struct db_txn *is, struct db_txn *must,
	const struct tally_state *state, struct check *check)
{
	const struct tally_target tables = tally_target(state->generation);
	uint64_t base = 0;
	enum err e = compare_states(must, state, &base, check);

	if (e)
		return e;
	compare_seen(is, tables.seen, must, check);
	compare_counts(is, tables.counters, must, check);
	compare_postings(is, must, base, check);
	return is->err ? is->err : must->err;
}
