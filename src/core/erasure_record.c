#include "core/erasure_record.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "core/record.h"

enum {
	ERASURE_RECORD_VERSION = 1,
	ERASED_RECORD_VERSION = 1,
};

void erasure_key_put(char to[ERASURE_KEY_BYTES], uint64_t account, uint64_t id)
{
	put_be64(to, account);
	put_be64(to + 8, id);
}

void erasure_record_put(
	struct buf *out, struct str key, const struct erasure *e)
{
	static const char zeros[TOKEN_RECIPIENT_MAX];
	struct writer w;

	ASSERT(e->recipient_n <= TOKEN_RECIPIENT_MAX);
	record_begin(&w, out, ERASURE_RECORD_VERSION);
	writer_u8(&w, (uint8_t)e->state);
	writer_be64(&w, e->requested_ms);
	writer_be64(&w, e->due_ms);
	writer_be64(&w, e->running_ms);
	writer_be64(&w, e->done_ms);
	writer_be64(&w, e->up_to);
	writer_be64(&w, e->tokens);
	writer_be64(&w, e->clicks);
	writer_u8(&w, (uint8_t)e->recipient_n);
	writer_raw(&w, e->recipient, e->recipient_n);
	writer_raw(&w, zeros, TOKEN_RECIPIENT_MAX - e->recipient_n);
	record_seal_keyed(&w, key);
}

enum err erasure_record_get(
	struct str record, struct str key, struct erasure *e)
{
	struct erasure got = {0};
	struct reader r;
	struct str recipient;
	uint8_t version, state;
	enum err err;

	if (key.n != ERASURE_KEY_BYTES)
		return ERR_CORRUPT;
	err = record_open_keyed(
		&r, record, key, ERASURE_RECORD_VERSION, &version);
	if (err)
		return err;
	got.account = get_be64(key.p);
	got.id = get_be64(key.p + 8);
	state = reader_u8(&r);
	if (!state || state >= ERASURE_STATES)
		reader_fail(&r);
	got.state = (enum erasure_state)state;
	got.requested_ms = reader_be64(&r);
	got.due_ms = reader_be64(&r);
	got.running_ms = reader_be64(&r);
	got.done_ms = reader_be64(&r);
	got.up_to = reader_be64(&r);
	got.tokens = reader_be64(&r);
	got.clicks = reader_be64(&r);
	got.recipient_n = reader_u8(&r);
	recipient = reader_raw(&r, TOKEN_RECIPIENT_MAX);
	if (reader_end(&r) || got.recipient_n > TOKEN_RECIPIENT_MAX)
		return ERR_CORRUPT;
	memcpy(got.recipient, recipient.p, got.recipient_n);
	for (size_t i = got.recipient_n; i < recipient.n; i++)
		if (recipient.p[i])
			return ERR_CORRUPT;
	*e = got;
	return OK;
}

const char *erasure_state_name(enum erasure_state state)
{
	static const char *const names[ERASURE_STATES] = {
		[ERASURE_WAITING] = "waiting",
		[ERASURE_RUNNING] = "running",
		[ERASURE_CLEARING] = "running",
		[ERASURE_DONE] = "done",
		[ERASURE_FAILED] = "failed",
	};

	ASSERT(state > 0 && state < ERASURE_STATES);
	return names[state];
}

void erased_key_put(char to[ERASED_KEY_BYTES], uint64_t id, uint64_t first)
{
	put_be64(to, id);
	put_be64(to + 8, first);
}

void erased_record_put(
	struct buf *out, struct str key, const uint64_t *numbers, size_t n)
{
	struct writer w;

	ASSERT(n > 0 && n <= ERASED_CHUNK_TOKENS);
	record_begin(&w, out, ERASED_RECORD_VERSION);
	writer_varint(&w, n);
	for (size_t i = 1; i < n; i++) {
		ASSERT(numbers[i] > numbers[i - 1]);
		writer_varint(&w, numbers[i] - numbers[i - 1]);
	}
	record_seal_keyed(&w, key);
}

enum err erased_record_get(struct str record, struct str key,
	uint64_t numbers[ERASED_CHUNK_TOKENS], size_t *n)
{
	struct reader r;
	uint8_t version;
	size_t count;
	enum err e;

	if (key.n != ERASED_KEY_BYTES)
		return ERR_CORRUPT;
	e = record_open_keyed(&r, record, key, ERASED_RECORD_VERSION, &version);
	if (e)
		return e;
	count = (size_t)reader_varint_max(&r, ERASED_CHUNK_TOKENS);
	numbers[0] = get_be64(key.p + 8);
	for (size_t i = 1; i < count; i++) {
		numbers[i] = numbers[i - 1] + reader_varint(&r);
		if (numbers[i] <= numbers[i - 1])
			return ERR_CORRUPT;
	}
	e = count ? reader_end(&r) : ERR_CORRUPT;
	if (!e)
		*n = count;
	return e;
}
