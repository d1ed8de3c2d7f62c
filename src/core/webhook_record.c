#include "core/webhook_record.h"

#include <string.h>

#include "base/assert.h"
#include "core/record.h"

enum {
	WEBHOOK_RECORD_VERSION = 1,
	PROGRESS_RECORD_VERSION = 1,
	FLAG_ACTIVE = 1,
	FLAG_REVISIONS = 2,
};

static void put_secret(struct writer *w, const struct webhook_secret *s)
{
	const void *bytes = s->bytes;

	writer_bytes(w, str_make(bytes, s->n));
}

void webhook_record_put(struct buf *out, const struct webhook *h)
{
	struct writer w;

	record_begin(&w, out, WEBHOOK_RECORD_VERSION);
	writer_be64(&w, h->id);
	writer_be64(&w, h->account);
	writer_varint(&w, h->revision);
	writer_varint(&w, h->epoch);
	writer_be64(&w, h->start);
	writer_u8(&w, (uint8_t)((h->active ? FLAG_ACTIVE : 0) |
				(h->revisions ? FLAG_REVISIONS : 0)));
	writer_bytes(&w, h->name);
	writer_bytes(&w, h->url);
	put_secret(&w, &h->secret);
	put_secret(&w, &h->old_secret);
	writer_varint(&w, h->old_until_ms);
	writer_varint(&w, h->created_ms);
	writer_varint(&w, h->updated_ms);
	record_seal(&w);
}

static void read_secret(struct reader *r, struct webhook_secret *s)
{
	struct str bytes = reader_bytes(r);

	*s = (struct webhook_secret){0};
	if (bytes.n > WEBHOOK_SECRET_MAX) {
		reader_fail(r);
		return;
	}
	s->n = (uint8_t)bytes.n;
	if (bytes.n)
		memcpy(s->bytes, bytes.p, bytes.n);
}

enum err webhook_record_get(struct str record, struct webhook *h)
{
	struct reader r;
	uint8_t version, flags;
	enum err e;

	e = record_open(&r, record, WEBHOOK_RECORD_VERSION, &version);
	if (e)
		return e;
	h->id = reader_be64(&r);
	h->account = reader_be64(&r);
	h->revision = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	h->epoch = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	h->start = reader_be64(&r);
	flags = reader_u8(&r);
	h->active = flags & FLAG_ACTIVE;
	h->revisions = flags & FLAG_REVISIONS;
	h->name = reader_bytes(&r);
	h->url = reader_bytes(&r);
	read_secret(&r, &h->secret);
	read_secret(&r, &h->old_secret);
	h->old_until_ms = reader_varint(&r);
	h->created_ms = reader_varint(&r);
	h->updated_ms = reader_varint(&r);
	return reader_end(&r);
}

void webhook_progress_put(struct buf *out, const struct webhook_progress *p)
{
	struct writer w;

	record_begin(&w, out, PROGRESS_RECORD_VERSION);
	writer_be64(&w, p->webhook);
	writer_varint(&w, p->epoch);
	writer_be64(&w, p->sequence);
	writer_varint(&w, p->behind);
	writer_be64(&w, p->counted_at);
	writer_varint(&w, p->delivered);
	writer_varint(&w, p->skipped);
	writer_varint(&w, p->failures);
	writer_u8(&w, (uint8_t)p->result);
	writer_varint(&w, p->status);
	writer_varint(&w, p->success_ms);
	writer_varint(&w, p->failure_ms);
	record_seal(&w);
}

enum err webhook_progress_get(struct str record, struct webhook_progress *p)
{
	struct reader r;
	uint8_t version;
	enum err e;

	e = record_open(&r, record, PROGRESS_RECORD_VERSION, &version);
	if (e)
		return e;
	p->webhook = reader_be64(&r);
	p->epoch = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	p->sequence = reader_be64(&r);
	p->behind = reader_varint(&r);
	p->counted_at = reader_be64(&r);
	p->delivered = reader_varint(&r);
	p->skipped = reader_varint(&r);
	p->failures = (uint32_t)reader_varint_max(&r, UINT32_MAX);
	p->result = (enum webhook_result)reader_u8(&r);
	if (p->result >= WEBHOOK_RESULTS)
		reader_fail(&r);
	p->status = (uint16_t)reader_varint_max(&r, UINT16_MAX);
	p->success_ms = reader_varint(&r);
	p->failure_ms = reader_varint(&r);
	return reader_end(&r);
}

static const struct {
	const char *name;
	const char *text;
} results[WEBHOOK_RESULTS] = {
	[WEBHOOK_NEVER] = {"never", ""},
	[WEBHOOK_OK] = {"ok", ""},
	[WEBHOOK_STATUS] = {"status", "it answered with another status than "
				      "2xx"},
	[WEBHOOK_GONE] = {"gone", "it answered 410: it wants no more"},
	[WEBHOOK_REFUSED] = {"refused",
		"its host has an address that webhooks may not be sent to"},
	[WEBHOOK_UNKNOWN] = {"unknown-host", "its host name has no address"},
	[WEBHOOK_UNREACHABLE] = {"unreachable",
		"there was no connection, or no whole answer"},
	[WEBHOOK_TIMEOUT] = {"timeout", "it did not answer in time"},
	[WEBHOOK_TLS] = {"tls", "its certificate, or its TLS, cannot be "
				"trusted"},
};

const char *webhook_result_name(enum webhook_result result)
{
	ASSERT(result < WEBHOOK_RESULTS);
	return results[result].name;
}

const char *webhook_result_text(enum webhook_result result)
{
	ASSERT(result < WEBHOOK_RESULTS);
	return results[result].text;
}
