#include "core/api_key_record.h"

#include "base/assert.h"
#include "core/record.h"

enum {
	API_KEY_RECORD_VERSION = 1
};

static const char *const names[SCOPES_N] = {"mint", "links", "read", "erase"};

void api_key_record_put(struct buf *out, const struct api_key *k)
{
	struct writer w;

	record_begin(&w, out, API_KEY_RECORD_VERSION);
	writer_be64(&w, k->id);
	writer_be64(&w, k->account);
	writer_u8(&w, k->scopes);
	writer_varint(&w, k->created_ms);
	writer_varint(&w, k->expires_ms);
	writer_varint(&w, k->revoked_ms);
	writer_raw(&w, k->hash, sizeof(k->hash));
	record_seal(&w);
}

enum err api_key_record_get(struct str record, struct api_key *k)
{
	struct api_key got = {0};
	struct reader r;
	struct str hash;
	uint8_t version;
	enum err e;

	e = record_open(&r, record, API_KEY_RECORD_VERSION, &version);
	if (e)
		return e;
	got.id = reader_be64(&r);
	got.account = reader_be64(&r);
	got.scopes = reader_u8(&r);
	got.created_ms = reader_varint(&r);
	got.expires_ms = reader_varint(&r);
	got.revoked_ms = reader_varint(&r);
	hash = reader_raw(&r, sizeof(got.hash));
	e = reader_end(&r);
	if (e)
		return e;
	ASSERT(hash.p);
	memcpy(got.hash, hash.p, sizeof(got.hash));
	*k = got;
	return OK;
}

const char *api_scope_name(unsigned i)
{
	ASSERT(i < SCOPES_N);
	return names[i];
}

enum err api_scope_parse(struct str name, uint8_t *bit)
{
	for (unsigned i = 0; i < SCOPES_N; i++) {
		if (!str_is(name, names[i]))
			continue;
		*bit = (uint8_t)(1u << i);
		return OK;
	}
	return ERR_INVALID;
}
