/* A mint request of many lines, in and out at once: lines are fed as they
 * arrive, checked, committed in jobs, and answered from the store in order.
 * Whatever is sent, memory is bounded; reading never waits for the answers to
 * be taken. With an idempotency key, lines that were answered before are
 * compared and answered again, and the stream goes on where it ended.
 *
 * One thread, but for the jobs' run and done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/hash.h"
#include "service/mint_line.h"
#include "service/problem.h"
#include "service/view.h"

struct mint_stream;

struct mint_stream_options {
	struct views *views;
	struct view *view;
	uint64_t account; /* its state is read anew in every snapshot */
	struct mint_defaults defaults; /* copied */
	bool has_key;
	uint8_t key[HASH128_BYTES]; /* of the Idempotency-Key */
	size_t line_max;            /* bytes of a line */
	uint64_t now_ms;
	/* Writer's thread: a job of the stream is decided; have
	 * mint_stream_job_done() called on the stream's own thread. */
	void (*job_done)(void *arg);
	void *arg;
};

/* PROBLEM_KEY_REUSED: the key names a single mint. */
CHECKED enum err mint_stream_new(const struct mint_stream_options *options,
	struct mint_stream **to, struct problem *problem);
/* Only when mint_stream_is_idle(). NULL is fine. */
void mint_stream_free(struct mint_stream *s);
/* No job of it is in flight. */
bool mint_stream_is_idle(const struct mint_stream *s);

/* Takes bytes of the body; fewer than all: feed the rest again after the next
 * mint_stream_job_done(). After a failure it takes and drops everything. */
size_t mint_stream_feed(struct mint_stream *s, struct str bytes);
/* The body is whole. Again after a job, while it returns false. */
bool mint_stream_finish(struct mint_stream *s);
/* The body broke off, or nobody wants the answers any more: what was committed
 * stands, nothing more is done. */
void mint_stream_break(
	struct mint_stream *s, enum problem_kind kind, const char *why);
void mint_stream_job_done(struct mint_stream *s);

enum mint_pull {
	MINT_PULL_MORE,  /* wrote as much as fits; call again */
	MINT_PULL_WAIT,  /* nothing until a job is done or bytes are fed */
	MINT_PULL_END,   /* all is answered */
	MINT_PULL_ABORT, /* the last line says why */
};

/* Appends answers, up to about bytes_max bytes. */
enum mint_pull mint_stream_pull(
	struct mint_stream *s, struct buf *out, size_t bytes_max);
/* Whether an answer can be given, or the end is known: until then the status
 * line may wait. */
bool mint_stream_has_answer(const struct mint_stream *s);
/* The failure, if nothing was answered before it; else NULL. */
const struct problem *mint_stream_failed_first(const struct mint_stream *s);
