#include "service/mint_job.h"

#include <string.h>

#include "base/assert.h"
#include "core/record.h"
#include "store/block_builder.h"
#include "store/stream_store.h"

enum {
	LINE_TOKEN = 1,
	LINE_REFUSED = 2,
	LINE_OVERHEAD = 32
};

void mint_job_init(struct mint_job *j)
{
	*j = (struct mint_job){0};
	buf_init(&j->lines, MINT_JOB_BYTES_MAX);
}

void mint_job_deinit(struct mint_job *j)
{
	buf_deinit(&j->lines);
}

void mint_job_reset(struct mint_job *j)
{
	buf_reset(&j->lines);
	j->count = 0;
}

static bool has_room(const struct mint_job *j, size_t n)
{
	return j->count < MINT_JOB_LINES_MAX &&
	       j->lines.n + n + LINE_OVERHEAD <= MINT_JOB_BYTES_MAX;
}

enum err mint_job_add(struct mint_job *j, struct str shape, struct str tail)
{
	struct writer w;

	if (!has_room(j, shape.n + tail.n))
		return ERR_FULL;
	writer_init(&w, &j->lines);
	writer_u8(&w, LINE_TOKEN);
	writer_bytes(&w, shape);
	writer_bytes(&w, tail);
	if (writer_err(&w))
		return writer_err(&w);
	j->count++;
	return OK;
}

enum err mint_job_refuse(
	struct mint_job *j, uint64_t line_hash, struct str refusal)
{
	struct writer w;

	if (!has_room(j, refusal.n))
		return ERR_FULL;
	writer_init(&w, &j->lines);
	writer_u8(&w, LINE_REFUSED);
	writer_be64(&w, line_hash);
	writer_bytes(&w, refusal);
	if (writer_err(&w))
		return writer_err(&w);
	j->count++;
	return OK;
}

static void write_lines(struct mint_job *j, struct block_builder *b)
{
	struct reader r;

	reader_init(&r, buf_view(&j->lines));
	for (size_t i = 0; i < j->count; i++) {
		uint64_t number;

		if (reader_u8(&r) == LINE_TOKEN) {
			struct str shape = reader_bytes(&r);
			struct str tail = reader_bytes(&r);

			number = block_builder_add(b, shape, tail);
		} else {
			uint64_t hash = reader_be64(&r);
			struct str refusal = reader_bytes(&r);

			number = block_builder_refuse(b, hash, refusal);
		}
		if (i == 0)
			j->first_token = number;
	}
	ASSERT(reader_end(&r) == OK); /* our own bytes */
}

static void make_stream(struct mint_job *j, struct links_batch *batch)
{
	struct str key =
		str_make((const char *)j->stream_key, sizeof(j->stream_key));
	struct stream s = {
		.id = links_batch_id(batch),
		.created_ms = batch->now_ms,
		.kind = j->stream_kind,
	};
	struct buf record;

	buf_init(&record, 128);
	stream_record_put(&record, key, &s);
	if (buf_err(&record))
		db_fail(batch->txn, buf_err(&record));
	apply_stream(batch->txn, key, buf_view(&record));
	buf_deinit(&record);
	j->stream = s.id;
}

static enum err run(struct links_job *job, struct links_batch *batch)
{
	struct mint_job *j = (struct mint_job *)job;
	bool is_new = j->has_stream && j->stream == 0;
	struct range range;

	if (is_new)
		make_stream(j, batch);
	write_lines(j, batch->blocks);
	if (!j->has_stream)
		return OK;
	range = (struct range){j->first_line, j->count, j->first_token};
	stream_append(batch->txn, j->stream, &range);
	return OK;
}

enum err mint_job_submit(struct mint_job *j, struct links_writer *w)
{
	ASSERT(j->count > 0);
	j->job.run = run;
	j->job.bytes = j->lines.n;
	return links_writer_push(w, &j->job);
}
