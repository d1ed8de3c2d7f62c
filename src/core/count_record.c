#include "core/count_record.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "core/record.h"
#include "core/timestamp.h"

enum {
	COUNT_FORMAT = 1,
	KIND_AT = 8,
	LINK_AT = 9,
	CAMPAIGN_AT = 17,
	QUARTER_AT = 25,
	DIMENSION_BITS = 0x0f,
};

static_assert((int)QUARTER_AT + 4 == (int)COUNT_KEY_MIN, "the value is last");
static_assert((int)COUNT_RECORD_MAX >= (int)RECORD_OVERHEAD + 5 * VARINT_MAX,
	"all counts fit");
static_assert((int)MS_PER_DAY / MS_PER_QUARTER == (int)QUARTERS_PER_DAY,
	"days are whole quarters");

void counts_add(struct counts *to, const struct counts *more)
{
	to->minted += more->minted;
	to->requests += more->requests;
	to->clicks += more->clicks;
	to->unique_clicks += more->unique_clicks;
	to->unconfirmed += more->unconfirmed;
}

uint32_t count_quarter(uint64_t ms)
{
	uint64_t quarter = quarter_of_ms(ms);

	/* UINT32_MAX is kept free, to seek behind all others. */
	return quarter < UINT32_MAX ? (uint32_t)quarter : UINT32_MAX - 1;
}

uint8_t count_sum_bits(size_t i)
{
	return (uint8_t)((i & 1 ? COUNT_DAY : 0) |
			 (i & 2 ? COUNT_ALL_LINKS : 0));
}

struct count count_in_sum(const struct count *c, uint8_t sum)
{
	struct count in = *c;

	in.kind |= sum;
	if (sum & COUNT_ALL_LINKS)
		in.link = in.campaign = 0;
	if (sum & COUNT_DAY)
		in.quarter -= in.quarter % QUARTERS_PER_DAY;
	return in;
}

void count_key_put(struct count_key *to, const struct count *c)
{
	size_t n = c->value.n < COUNT_VALUE_MAX ? c->value.n : COUNT_VALUE_MAX;

	put_be64(to->bytes, c->account);
	to->bytes[KIND_AT] = (char)c->kind;
	put_be64(to->bytes + LINK_AT, c->link);
	put_be64(to->bytes + CAMPAIGN_AT, c->campaign);
	put_be32(to->bytes + QUARTER_AT, c->quarter);
	if (n)
		memcpy(to->bytes + COUNT_KEY_MIN, c->value.p, n);
	to->n = COUNT_KEY_MIN + n;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int count_compare(const struct count *a, const struct count *b)
{
	int by = compare(a->account, b->account);

	if (!by)
		by = compare(a->kind, b->kind);
	if (!by)
		by = compare(a->link, b->link);
	if (!by)
		by = compare(a->campaign, b->campaign);
	if (!by)
		by = compare(a->quarter, b->quarter);
	return by ? by : str_cmp(a->value, b->value);
}

void count_record_put(struct buf *to, struct str key, const struct counts *c)
{
	struct writer w;

	record_begin(&w, to, COUNT_FORMAT);
	writer_varint(&w, c->minted);
	writer_varint(&w, c->requests);
	writer_varint(&w, c->clicks);
	writer_varint(&w, c->unique_clicks);
	writer_varint(&w, c->unconfirmed);
	record_seal_keyed(&w, key);
}

static bool is_kind(uint8_t kind)
{
	return (kind & DIMENSION_BITS) < COUNT_DIMENSIONS &&
	       !(kind & ~(DIMENSION_BITS | COUNT_ALL_LINKS | COUNT_DAY));
}

enum err count_record_get(struct str key, struct str record, struct count *c)
{
	struct count found;
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n < COUNT_KEY_MIN || key.n > COUNT_KEY_MAX)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, record, key, COUNT_FORMAT, &version);
	if (e)
		return e;
	found.account = get_be64(key.p);
	found.kind = (uint8_t)key.p[KIND_AT];
	found.link = get_be64(key.p + LINK_AT);
	found.campaign = get_be64(key.p + CAMPAIGN_AT);
	found.quarter = get_be32(key.p + QUARTER_AT);
	found.value = str_skip(key, COUNT_KEY_MIN);
	found.counts.minted = reader_varint(&r);
	found.counts.requests = reader_varint(&r);
	found.counts.clicks = reader_varint(&r);
	found.counts.unique_clicks = reader_varint(&r);
	found.counts.unconfirmed = reader_varint(&r);
	e = reader_end(&r);
	if (!e && (!is_kind(found.kind) || found.quarter == UINT32_MAX))
		e = ERR_CORRUPT;
	if (!e)
		*c = found;
	return e;
}
