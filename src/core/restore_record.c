#include "core/restore_record.h"

#include "base/bytes.h"
#include "core/record.h"

enum {
	RESTORE_RECORD_VERSION = 1
};

void restore_record_put(
	struct buf *out, struct str key, const struct restore *r)
{
	struct writer w;

	record_begin(&w, out, RESTORE_RECORD_VERSION);
	writer_be64(&w, r->last_click);
	writer_be64(&w, r->last_token);
	writer_be64(&w, r->first_token);
	writer_be64(&w, r->first_id);
	writer_be64(&w, r->copied_ms);
	writer_be64(&w, r->restored_ms);
	record_seal_keyed(&w, key);
}

enum err restore_record_get(
	struct str record, struct str key, struct restore *to)
{
	struct restore got;
	struct reader r;
	uint8_t version;
	enum err e;

	if (key.n != sizeof(uint64_t))
		return ERR_CORRUPT;
	e = record_open_keyed(
		&r, record, key, RESTORE_RECORD_VERSION, &version);
	if (e)
		return e;
	got.first_click = get_be64(key.p);
	got.last_click = reader_be64(&r);
	got.last_token = reader_be64(&r);
	got.first_token = reader_be64(&r);
	got.first_id = reader_be64(&r);
	got.copied_ms = reader_be64(&r);
	got.restored_ms = reader_be64(&r);
	if (got.last_click >= got.first_click ||
		got.last_token >= got.first_token)
		reader_fail(&r);
	e = reader_end(&r);
	if (!e)
		*to = got;
	return e;
}
