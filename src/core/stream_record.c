#include "core/stream_record.h"

#include <string.h>

#include "base/bytes.h"
#include "core/record.h"

enum {
	STREAM_RECORD_VERSION = 1,
	RANGE_RECORD_VERSION = 1,
	TOKEN_CHANGE_VERSION = 1,
	CHANGE_REVOKED = 1,
	CHANGE_HAS_EXPIRES = 2,
};

void stream_key_put(uint8_t to[STREAM_KEY_BYTES], uint32_t day,
	uint64_t account, const uint8_t name[HASH128_BYTES])
{
	put_be32(to, day);
	put_be64(to + 4, account);
	memcpy(to + 12, name, HASH128_BYTES);
}

void stream_record_put(struct buf *out, struct str key, const struct stream *s)
{
	struct writer w;

	record_begin(&w, out, STREAM_RECORD_VERSION);
	writer_be64(&w, s->id);
	writer_varint(&w, s->created_ms);
	writer_u8(&w, (uint8_t)s->kind);
	record_seal_keyed(&w, key);
}

enum err stream_record_get(struct str record, struct str key, struct stream *s)
{
	struct reader r;
	uint8_t version, kind;
	enum err e;

	e = record_open_keyed(&r, record, key, STREAM_RECORD_VERSION, &version);
	if (e)
		return e;
	s->id = reader_be64(&r);
	s->created_ms = reader_varint(&r);
	kind = reader_u8(&r);
	if (kind == 0 || kind >= STREAM_KINDS)
		reader_fail(&r);
	s->kind = (enum stream_kind)kind;
	return reader_end(&r);
}

void range_key_put(uint8_t to[RANGE_KEY_BYTES], uint64_t stream, uint64_t line)
{
	put_be64(to, stream);
	put_be64(to + 8, line);
}

void range_record_put(struct buf *out, struct str key, const struct range *r)
{
	struct writer w;

	record_begin(&w, out, RANGE_RECORD_VERSION);
	writer_be64(&w, r->token);
	writer_varint(&w, r->count);
	record_seal_keyed(&w, key);
}

enum err range_record_get(struct str record, struct str key, struct range *to)
{
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != RANGE_KEY_BYTES)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, record, key, RANGE_RECORD_VERSION, &version);
	if (e)
		return e;
	to->token = reader_be64(&r);
	to->count = reader_varint(&r);
	to->line = get_be64(key.p + 8);
	return reader_end(&r);
}

void token_change_put(
	struct buf *out, struct str key, const struct token_change *c)
{
	struct writer w;

	record_begin(&w, out, TOKEN_CHANGE_VERSION);
	writer_u8(&w, (uint8_t)((c->revoked ? CHANGE_REVOKED : 0) |
				(c->has_expires ? CHANGE_HAS_EXPIRES : 0)));
	writer_varint(&w, c->expires_ms);
	writer_varint(&w, c->changed_ms);
	record_seal_keyed(&w, key);
}

enum err token_change_get(
	struct str record, struct str key, struct token_change *c)
{
	struct reader r;
	uint8_t version, flags;
	enum err e;

	e = record_open_keyed(&r, record, key, TOKEN_CHANGE_VERSION, &version);
	if (e)
		return e;
	flags = reader_u8(&r);
	c->revoked = flags & CHANGE_REVOKED;
	c->has_expires = flags & CHANGE_HAS_EXPIRES;
	c->expires_ms = reader_varint(&r);
	c->changed_ms = reader_varint(&r);
	return reader_end(&r);
}
