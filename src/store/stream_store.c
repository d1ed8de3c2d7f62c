#include "store/stream_store.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "core/timestamp.h"
#include "store/links.h"

enum {
	RANGE_RECORD_MAX = 64
};

enum err stream_find(struct db_txn *t, uint32_t today, uint64_t account,
	const uint8_t name[HASH128_BYTES], struct stream *s)
{
	/* From tomorrow on: the clock may have been set back past midnight. */
	for (uint32_t back = 0; back <= STREAM_DAYS_KEPT + 1; back++) {
		uint8_t bytes[STREAM_KEY_BYTES];
		struct str key = str_make((const char *)bytes, sizeof(bytes));
		struct str record;

		if (back > today + 1)
			break;
		stream_key_put(bytes, today + 1 - back, account, name);
		if (db_get(t, LINKS_STREAMS, key, &record))
			return stream_record_get(record, key, s);
	}
	return t->err ? t->err : ERR_NOT_FOUND;
}

/* The last range of a stream that begins at or before the line. */
static enum err range_before(
	struct db_txn *t, uint64_t stream, uint64_t line, struct range *r)
{
	uint8_t bytes[RANGE_KEY_BYTES];
	struct db_cursor c;
	enum err e = ERR_NOT_FOUND;
	bool found;

	if (line == UINT64_MAX)
		range_key_put(bytes, stream + 1, 0);
	else
		range_key_put(bytes, stream, line + 1);
	db_cursor_init(t, LINKS_RANGES, &c);
	found = db_seek_before(&c, str_make((char *)bytes, sizeof(bytes)));
	if (found && c.key.n == RANGE_KEY_BYTES && get_be64(c.key.p) == stream)
		e = range_record_get(c.value, c.key, r);
	db_cursor_deinit(&c);
	return t->err ? t->err : e;
}

enum err stream_lines(struct db_txn *t, uint64_t stream, uint64_t *lines)
{
	struct range r;
	enum err e = range_before(t, stream, UINT64_MAX, &r);

	if (e && e != ERR_NOT_FOUND)
		return e;
	*lines = e ? 0 : r.line + r.count;
	return OK;
}

enum err range_find(
	struct db_txn *t, uint64_t stream, uint64_t line, struct range *r)
{
	struct range got;
	enum err e = range_before(t, stream, line, &got);

	if (e)
		return e;
	if (line - got.line >= got.count)
		return ERR_NOT_FOUND;
	*r = got;
	return OK;
}

void apply_stream(struct db_txn *t, struct str key, struct str record)
{
	db_put(t, LINKS_STREAMS, key, record);
}

void apply_range(struct db_txn *t, struct str key, struct str record)
{
	db_put(t, LINKS_RANGES, key, record);
}

void stream_append(struct db_txn *t, uint64_t stream, const struct range *r)
{
	uint8_t bytes[RANGE_KEY_BYTES] = {0};
	struct str key = str_make((const char *)bytes, sizeof(bytes));
	struct range last, now = *r;
	struct buf b;
	enum err e = range_before(t, stream, UINT64_MAX, &last);

	if (e && e != ERR_NOT_FOUND) {
		db_fail(t, e);
		return;
	}
	if (!e && last.token + last.count == r->token &&
		last.line + last.count == r->line) {
		now = last;
		now.count += r->count;
	}
	range_key_put(bytes, stream, now.line);
	buf_init(&b, RANGE_RECORD_MAX);
	range_record_put(&b, key, &now);
	if (buf_err(&b))
		db_fail(t, buf_err(&b));
	apply_range(t, key, buf_view(&b));
	buf_deinit(&b);
}

/* Deletes at most max ranges of a stream; the number left of max. */
static size_t delete_ranges(struct db_txn *t, uint64_t stream, size_t max)
{
	uint8_t bytes[RANGE_KEY_BYTES];
	struct db_cursor c;
	bool more;

	range_key_put(bytes, stream, 0);
	db_cursor_init(t, LINKS_RANGES, &c);
	more = db_seek(&c, str_make((char *)bytes, sizeof(bytes)));
	while (max && more && get_be64(c.key.p) == stream) {
		db_cursor_delete(&c);
		max--;
		more = db_next(&c);
	}
	db_cursor_deinit(&c);
	return max;
}

void stream_delete(struct db_txn *t, struct str key, uint64_t stream)
{
	(void)delete_ranges(t, stream, SIZE_MAX);
	db_delete(t, LINKS_STREAMS, key);
}

bool streams_purge(struct db_txn *t, uint32_t today, size_t max)
{
	struct db_cursor c;
	bool more;

	db_cursor_init(t, LINKS_STREAMS, &c);
	more = db_first(&c);
	while (more && max) {
		struct stream s;

		if (c.key.n == STREAM_KEY_BYTES &&
			get_be32(c.key.p) + STREAM_DAYS_KEPT >= today) {
			more = false;
			break;
		}
		/* One that cannot be read names no ranges; it goes too. */
		if (stream_record_get(c.value, c.key, &s) == OK)
			max = delete_ranges(t, s.id, max);
		if (!max)
			break; /* its ranges may not all be gone */
		db_cursor_delete(&c);
		max--;
		more = db_next(&c);
	}
	db_cursor_deinit(&c);
	return more;
}
