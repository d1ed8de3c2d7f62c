/* Encoded lines on their way into the store: gathered on one thread, written
 * by the links writer as one job, all or none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/stream_record.h"
#include "store/links_writer.h"

enum {
	MINT_JOB_LINES_MAX = 4096,
	MINT_JOB_BYTES_MAX = 1 << 18,
};

/* Begin with mint_job_init(); job.done is the owner's. */
struct mint_job {
	struct links_job job;
	void *owner;      /* for done */
	struct buf lines; /* encoded */
	size_t count;
	/* The stream that the lines are added to, from line first_line on; 0
	 * with has_stream: it is made, under stream_key. */
	bool has_stream;
	uint64_t stream;
	enum stream_kind stream_kind;
	uint8_t stream_key[STREAM_KEY_BYTES];
	uint64_t first_line;
	/* Out: the number of the first line; the rest follow. */
	uint64_t first_token;
};

void mint_job_init(struct mint_job *j);
void mint_job_deinit(struct mint_job *j);
/* Forgets the lines, keeps the stream. */
void mint_job_reset(struct mint_job *j);

/* ERR_FULL: submit it first. */
CHECKED enum err mint_job_add(
	struct mint_job *j, struct str shape, struct str tail);
CHECKED enum err mint_job_refuse(
	struct mint_job *j, uint64_t line_hash, struct str refusal);
/* Hands it to the writer; as links_writer_push(). */
CHECKED enum err mint_job_submit(struct mint_job *j, struct links_writer *w);
