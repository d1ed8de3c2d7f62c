#include "core/click_record.h"

#include "base/assert.h"
#include "core/record.h"
#include "core/verdict.h"

enum {
	SHARD_SHIFT = 48,
	AT_BITS = 48,
	TARGET_SHIFT = 4, /* target above, outcome below */
};

/* Bits of the flags field; all others are zero. */
enum flag {
	FLAG_COUNTED = 1 << 0,
	FLAG_UNIQUE = 1 << 1,
	FLAG_TEST = 1 << 2,
	FLAG_HEAD = 1 << 3,
	FLAG_MISFILLED = 1 << 4,
	FLAG_FORWARDED = 1 << 5,
	FLAG_LINK = 1 << 6,
	FLAG_CAMPAIGN = 1 << 7,
	FLAG_IPV4 = 1 << 8,
	FLAG_IPV6 = 1 << 9,
	FLAG_AGENT_ID = 1 << 10,
	FLAG_AGENT = 1 << 11,
	FLAG_REFERER = 1 << 12,
	FLAG_LANGUAGE = 1 << 13,
	FLAG_QUERY = 1 << 14,
	FLAG_MORE = 1 << 15, /* a byte of the following ones comes next */
};

enum more {
	MORE_SIGNALS = 1 << 0,
	MORE_COUNTRY = 1 << 1,
	MORE_REVISION = 1 << 2,
	MORE_ERASED = 1 << 3,
	MORE_REVISES = 1 << 4, /* alone, and no other flag either */
};

void click_forget(struct click *c)
{
	c->ip = (struct ip){0};
	c->agent_id = 0;
	c->agent = c->referer = c->language = c->query = str_make(NULL, 0);
}

/* What an erased click may still say of its visitor. */
static bool is_as_erased(const struct click *c)
{
	if (!c->erased)
		return !c->os.n && !c->device.n && !c->browser.n;
	return !c->ip.n && !c->agent_id && !c->agent.n && !c->referer.n &&
	       !c->language.n && !c->query.n;
}

static bool is_country(const char country[2])
{
	return (!country[0] && !country[1]) ||
	       (country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' &&
		       country[1] <= 'Z');
}

static bool is_announcement(const struct click *c)
{
	return c->account && !c->token && !c->link && !c->campaign &&
	       !c->erased && !c->ip.n && !c->agent.n && !c->agent_id &&
	       c->at_ms >> AT_BITS == 0;
}

enum err click_check(const struct click *c)
{
	if (c->agent.n > CLICK_AGENT_MAX || c->referer.n > CLICK_REFERER_MAX ||
		c->language.n > CLICK_LANGUAGE_MAX ||
		c->query.n > CLICK_QUERY_MAX || c->os.n > CLICK_FAMILY_MAX ||
		c->device.n > CLICK_FAMILY_MAX ||
		c->browser.n > CLICK_FAMILY_MAX)
		return ERR_TOO_LONG;
	if (c->revises)
		return is_announcement(c) ? OK : ERR_INVALID;
	if (!c->token || c->at_ms >> AT_BITS || c->outcome >= CLICK_OUTCOMES ||
		c->target >= CLICK_TARGETS ||
		(c->ip.n != 0 && c->ip.n != 4 && c->ip.n != 16) ||
		(c->unique && !c->counted) || !is_country(c->country) ||
		!is_as_erased(c))
		return ERR_INVALID;
	return OK;
}

static uint8_t more_of(const struct click *c)
{
	unsigned m = 0;

	if (c->revises)
		return MORE_REVISES;
	m |= c->signals ? MORE_SIGNALS : 0;
	m |= c->country[0] ? MORE_COUNTRY : 0;
	m |= c->revision ? MORE_REVISION : 0;
	m |= c->erased ? MORE_ERASED : 0;
	return (uint8_t)m;
}

static uint16_t flags_of(const struct click *c)
{
	unsigned f = 0;

	if (c->revises)
		return FLAG_MORE;
	f |= c->counted ? FLAG_COUNTED : 0;
	f |= c->unique ? FLAG_UNIQUE : 0;
	f |= c->test ? FLAG_TEST : 0;
	f |= c->head ? FLAG_HEAD : 0;
	f |= c->misfilled ? FLAG_MISFILLED : 0;
	f |= c->forwarded_query ? FLAG_FORWARDED : 0;
	f |= c->link ? FLAG_LINK : 0;
	f |= c->campaign ? FLAG_CAMPAIGN : 0;
	f |= c->ip.n == 4 ? FLAG_IPV4 : 0;
	f |= c->ip.n == 16 ? FLAG_IPV6 : 0;
	if (c->agent_id)
		f |= FLAG_AGENT_ID;
	else
		f |= c->agent.n ? FLAG_AGENT : 0;
	f |= c->referer.n ? FLAG_REFERER : 0;
	f |= c->language.n ? FLAG_LANGUAGE : 0;
	f |= c->query.n ? FLAG_QUERY : 0;
	f |= more_of(c) ? FLAG_MORE : 0;
	return (uint16_t)f;
}

/* A number as two varints: its shard alone would make one of 8 bytes. */
static void put_number(struct writer *w, uint64_t v)
{
	writer_varint(w, v & (((uint64_t)1 << SHARD_SHIFT) - 1));
	writer_varint(w, v >> SHARD_SHIFT);
}

static uint64_t get_number(struct reader *r)
{
	uint64_t sequence =
		reader_varint_max(r, ((uint64_t)1 << SHARD_SHIFT) - 1);

	return reader_varint_max(r, UINT16_MAX) << SHARD_SHIFT | sequence;
}

static void put_fields(struct writer *w, const struct click *c, uint16_t flags)
{
	writer_u8(w, (uint8_t)(c->target << TARGET_SHIFT | c->outcome));
	writer_varint(w, c->at_ms);
	put_number(w, c->token);
	writer_be32(w, c->nonce);
	put_number(w, c->account);
	if (flags & FLAG_LINK) {
		put_number(w, c->link);
		writer_varint(w, c->link_revision);
	}
	if (flags & FLAG_CAMPAIGN)
		put_number(w, c->campaign);
	writer_varint(w, c->target_revision);
	writer_u8(w, c->verdict);
	writer_u8(w, c->reason);
	writer_varint(w, c->rules);
	writer_raw(w, c->ip.bytes, c->ip.n);
}

/* What few clicks have. */
static void put_more(struct writer *w, const struct click *c, uint8_t more)
{
	if (more & MORE_SIGNALS)
		writer_u8(w, c->signals);
	if (more & MORE_COUNTRY)
		writer_raw(w, c->country, sizeof(c->country));
	if (more & MORE_REVISION)
		writer_varint(w, c->revision);
	if (more & MORE_ERASED) {
		writer_bytes(w, c->os);
		writer_bytes(w, c->device);
		writer_bytes(w, c->browser);
	}
}

static void put_announcement(struct writer *w, const struct click *c)
{
	writer_varint(w, c->at_ms);
	put_number(w, c->account);
	put_number(w, c->revises);
	writer_varint(w, c->revision);
}

static void put_strings(struct writer *w, const struct click *c, uint16_t flags)
{
	if (flags & FLAG_AGENT_ID)
		writer_varint(w, c->agent_id);
	if (flags & FLAG_AGENT)
		writer_bytes(w, c->agent);
	if (flags & FLAG_REFERER)
		writer_bytes(w, c->referer);
	if (flags & FLAG_LANGUAGE)
		writer_bytes(w, c->language);
	if (flags & FLAG_QUERY)
		writer_bytes(w, c->query);
}

void click_encode(const struct click *c, uint64_t sequence, struct buf *to)
{
	uint16_t flags = flags_of(c);
	struct writer w;
	char key[8];

	ASSERT(click_check(c) == OK);
	put_be64(key, sequence);
	record_begin(&w, to, CLICK_FORMAT);
	writer_be16(&w, flags);
	if (flags & FLAG_MORE)
		writer_u8(&w, more_of(c));
	if (c->revises) {
		put_announcement(&w, c);
	} else {
		put_fields(&w, c, flags);
		put_more(&w, c, more_of(c));
		put_strings(&w, c, flags);
	}
	record_seal_keyed(&w, str_make(key, sizeof(key)));
}

static void get_ip(struct reader *r, uint16_t flags, struct ip *ip)
{
	struct str bytes;

	if (flags & FLAG_IPV4)
		ip->n = 4;
	else if (flags & FLAG_IPV6)
		ip->n = 16;
	bytes = reader_raw(r, ip->n);
	if (bytes.n)
		memcpy(ip->bytes, bytes.p, bytes.n);
}

static void get_fields(struct reader *r, struct click *c, uint16_t flags)
{
	uint8_t led = reader_u8(r);

	c->outcome = led & ((1 << TARGET_SHIFT) - 1);
	c->target = led >> TARGET_SHIFT;
	c->at_ms = reader_varint_max(r, ((uint64_t)1 << AT_BITS) - 1);
	c->token = get_number(r);
	c->nonce = reader_be32(r);
	c->account = get_number(r);
	if (flags & FLAG_LINK) {
		c->link = get_number(r);
		c->link_revision = (uint32_t)reader_varint_max(r, UINT32_MAX);
	}
	if (flags & FLAG_CAMPAIGN)
		c->campaign = get_number(r);
	c->target_revision = (uint32_t)reader_varint_max(r, UINT32_MAX);
	c->verdict = reader_u8(r);
	c->reason = reader_u8(r);
	c->rules = (uint16_t)reader_varint_max(r, UINT16_MAX);
	get_ip(r, flags, &c->ip);
}

static void get_more(struct reader *r, struct click *c, uint8_t more)
{
	struct str country;

	if (more & MORE_SIGNALS)
		c->signals = reader_u8(r);
	if (more & MORE_COUNTRY) {
		country = reader_raw(r, sizeof(c->country));
		if (country.n)
			memcpy(c->country, country.p, country.n);
	}
	if (more & MORE_REVISION)
		c->revision = (uint16_t)reader_varint_max(r, UINT16_MAX);
	if (more & MORE_ERASED) {
		c->erased = true;
		c->os = reader_bytes(r);
		c->device = reader_bytes(r);
		c->browser = reader_bytes(r);
	}
}

static void get_announcement(struct reader *r, struct click *c)
{
	c->at_ms = reader_varint_max(r, ((uint64_t)1 << AT_BITS) - 1);
	c->account = get_number(r);
	c->revises = get_number(r);
	c->revision = (uint16_t)reader_varint_max(r, UINT16_MAX);
}

static void get_strings(struct reader *r, struct click *c, uint16_t flags)
{
	if (flags & FLAG_AGENT_ID)
		c->agent_id = (uint32_t)reader_varint_max(r, UINT32_MAX);
	if (flags & FLAG_AGENT)
		c->agent = reader_bytes(r);
	if (flags & FLAG_REFERER)
		c->referer = reader_bytes(r);
	if (flags & FLAG_LANGUAGE)
		c->language = reader_bytes(r);
	if (flags & FLAG_QUERY)
		c->query = reader_bytes(r);
}

static void get_flags(struct click *c, uint16_t flags)
{
	c->counted = flags & FLAG_COUNTED;
	c->unique = flags & FLAG_UNIQUE;
	c->test = flags & FLAG_TEST;
	c->head = flags & FLAG_HEAD;
	c->misfilled = flags & FLAG_MISFILLED;
	c->forwarded_query = flags & FLAG_FORWARDED;
}

/* What the first version did not keep of a click that a header judged. */
static uint8_t signals_of(uint8_t reason)
{
	switch (reason) {
	case REASON_SEC_PURPOSE:
		return VERDICT_SIGNAL_SEC_PURPOSE;
	case REASON_PURPOSE:
		return VERDICT_SIGNAL_PURPOSE;
	case REASON_X_PURPOSE:
		return VERDICT_SIGNAL_X_PURPOSE;
	case REASON_X_MOZ:
		return VERDICT_SIGNAL_X_MOZ;
	default:
		return 0;
	}
}

enum err click_decode(struct str record, uint64_t sequence, struct click *c)
{
	struct click click = {0};
	struct reader r;
	uint16_t flags;
	uint8_t version, more = 0;
	char key[8];
	enum err e;

	put_be64(key, sequence);
	e = record_open_keyed(
		&r, record, str_make(key, sizeof(key)), CLICK_FORMAT, &version);
	if (e)
		return e;
	ASSERT(r.p);
	flags = reader_be16(&r);
	if (flags & FLAG_MORE)
		more = reader_u8(&r);
	if (more & MORE_REVISES) {
		get_announcement(&r, &click);
	} else {
		get_flags(&click, flags);
		get_fields(&r, &click, flags);
		get_more(&r, &click, more);
		get_strings(&r, &click, flags);
	}
	e = reader_end(&r);
	if (e)
		return e;
	/* One spelling only: what we would have written ourselves. */
	if (flags != flags_of(&click) || more != more_of(&click) ||
		click_check(&click))
		return ERR_CORRUPT;
	if (version == 1 && !click.signals && !click.revises)
		click.signals = signals_of(click.reason);
	*c = click;
	return OK;
}
