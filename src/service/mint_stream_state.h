/* The inside of struct mint_stream, for mint_stream*.c alone. */
#pragma once

#include "service/campaign_edit.h"
#include "service/mint_job.h"
#include "service/mint_stream.h"

enum flight {
	NOTHING,
	MINT_JOB,
	CAMPAIGN_JOB
};

struct mint_stream {
	struct mint_stream_options options;
	struct buf default_names; /* what options.defaults points into */
	struct buf partial;       /* a line that has not ended yet */
	bool partial_is_whole;    /* it has, and waits for room */
	bool is_overlong;         /* its end is cut off */
	uint64_t physical;        /* lines begun, blank ones too */
	uint64_t received, stored, committed, answered;
	uint64_t stream; /* id, 0: not made yet */
	struct mint_job jobs[2];
	unsigned gathering; /* index of the one that is filled */
	struct campaign_make campaign;
	enum flight flight;
	uint64_t job_line[2]; /* physical line of each job's first */
	bool is_finished;
	bool is_failed;
	uint64_t failed_line;
	struct problem problem;
	struct mint_encoded encoded;
};

/* The stream cannot go on: from now it takes and drops everything. The problem
 * is in s->problem, or is made from e. The first failure stays. */
void mint_stream_fail(struct mint_stream *s, uint64_t line);
void mint_stream_fail_err(struct mint_stream *s, enum err e, uint64_t line);
/* Hands the gathered lines to the writer, unless a job is in flight. */
void mint_stream_submit(struct mint_stream *s);
/* Takes the line that waited for a job's end, though all bytes were fed. */
void mint_stream_take_waiting(struct mint_stream *s);
/* Has the campaign made that s->encoded asks for, unless a job is in flight. */
void mint_stream_submit_campaign(struct mint_stream *s);
