#include "core/link_record.h"

#include "core/record.h"

enum {
	LINK_RECORD_VERSION = 1,
	CAMPAIGN_RECORD_VERSION = 1,
	LINK_ACTIVE = 1,
	LINK_FORWARD_QUERY = 2,
	LINK_TRACK = 4,
	CAMPAIGN_ACTIVE = 1,
};

void link_record_put(struct buf *out, const struct link *l)
{
	struct writer w;

	record_begin(&w, out, LINK_RECORD_VERSION);
	writer_be64(&w, l->id);
	writer_be64(&w, l->account);
	writer_varint(&w, l->revision);
	writer_u8(&w, (uint8_t)((l->active ? LINK_ACTIVE : 0) |
				(l->forward_query ? LINK_FORWARD_QUERY : 0) |
				(l->track ? LINK_TRACK : 0)));
	writer_bytes(&w, l->name);
	writer_bytes(&w, l->destination);
	writer_be64(&w, l->campaign);
	writer_varint(&w, l->ttl_ms);
	writer_varint(&w, l->expires_ms);
	writer_bytes(&w, l->fallback);
	writer_varint(&w, l->created_ms);
	writer_varint(&w, l->updated_ms);
	writer_varint(&w, l->defaults_n);
	for (size_t i = 0; i < l->defaults_n; i++) {
		writer_bytes(&w, l->defaults[i].name);
		writer_bytes(&w, l->defaults[i].value);
	}
	record_seal(&w);
}

static void read_defaults(struct reader *r, struct link *l)
{
	l->defaults_n = (size_t)reader_varint_max(r, LINK_DEFAULTS_MAX);
	for (size_t i = 0; i < l->defaults_n; i++) {
		l->defaults[i].name = reader_bytes(r);
		l->defaults[i].value = reader_bytes(r);
	}
}

enum err link_record_get(struct str record, struct link *l)
{
	struct reader r;
	uint8_t version, flags;
	enum err e;

	e = record_open(&r, record, LINK_RECORD_VERSION, &version);
	if (e)
		return e;
	l->id = reader_be64(&r);
	l->account = reader_be64(&r);
	l->revision = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	flags = reader_u8(&r);
	l->active = flags & LINK_ACTIVE;
	l->forward_query = flags & LINK_FORWARD_QUERY;
	l->track = flags & LINK_TRACK;
	l->name = reader_bytes(&r);
	l->destination = reader_bytes(&r);
	l->campaign = reader_be64(&r);
	l->ttl_ms = reader_varint(&r);
	l->expires_ms = reader_varint(&r);
	l->fallback = reader_bytes(&r);
	l->created_ms = reader_varint(&r);
	l->updated_ms = reader_varint(&r);
	read_defaults(&r, l);
	return reader_end(&r);
}

void campaign_record_put(struct buf *out, const struct campaign *c)
{
	struct writer w;

	record_begin(&w, out, CAMPAIGN_RECORD_VERSION);
	writer_be64(&w, c->id);
	writer_be64(&w, c->account);
	writer_varint(&w, c->revision);
	writer_u8(&w, c->active ? CAMPAIGN_ACTIVE : 0);
	writer_bytes(&w, c->name);
	writer_bytes(&w, c->override);
	writer_varint(&w, c->created_ms);
	writer_varint(&w, c->updated_ms);
	record_seal(&w);
}

enum err campaign_record_get(struct str record, struct campaign *c)
{
	struct reader r;
	uint8_t version;
	enum err e;

	e = record_open(&r, record, CAMPAIGN_RECORD_VERSION, &version);
	if (e)
		return e;
	c->id = reader_be64(&r);
	c->account = reader_be64(&r);
	c->revision = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	c->active = reader_u8(&r) & CAMPAIGN_ACTIVE;
	c->name = reader_bytes(&r);
	c->override = reader_bytes(&r);
	c->created_ms = reader_varint(&r);
	c->updated_ms = reader_varint(&r);
	return reader_end(&r);
}

bool link_name_is_valid(struct str name)
{
	if (name.n == 0 || name.n > LINK_NAME_MAX || name.p[0] == '.' ||
		name.p[0] == '-')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '.' &&
			name.p[i] != '_' && name.p[i] != '-')
			return false;
	return true;
}

struct str link_default_of(const struct link *l, struct str name)
{
	for (size_t i = 0; i < l->defaults_n; i++)
		if (str_eq(l->defaults[i].name, name))
			return l->defaults[i].value;
	return str_make(NULL, 0);
}
