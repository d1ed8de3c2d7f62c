/* An erasure: an account's order to forget a recipient, and the receipt of it.
 * While it is pending its record holds the recipient, in a field of fixed
 * length that is overwritten where it lies; the record's length never changes.
 * What it erased lies beside it: numbers of tokens. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "core/token_block.h"

/* Stored. */
enum erasure_state {
	ERASURE_WAITING = 1,  /* for its turn, or for due_ms */
	ERASURE_RUNNING = 2,  /* its tokens are dead, their texts gone */
	ERASURE_CLEARING = 3, /* and its clicks: the disk is being cleared */
	ERASURE_DONE = 4,
	ERASURE_FAILED = 5, /* as RUNNING, but something cannot be read */
	ERASURE_STATES
};

enum {
	ERASURE_KEY_BYTES = 16,
	ERASED_KEY_BYTES = 16,
	ERASED_CHUNK_TOKENS = 200, /* numbers in one record, at most */
	ERASURE_RECORD_MAX = 256,
	ERASED_RECORD_MAX = 2022,
};

/* Times are 0 where there is none yet. */
struct erasure {
	uint64_t account, id;
	enum erasure_state state;
	uint64_t requested_ms, due_ms, running_ms, done_ms;
	uint64_t up_to; /* tokens with lower numbers, at least */
	uint64_t tokens, clicks;
	size_t recipient_n; /* 0: it is gone */
	char recipient[TOKEN_RECIPIENT_MAX];
};

void erasure_key_put(char to[ERASURE_KEY_BYTES], uint64_t account, uint64_t id);
void erasure_record_put(
	struct buf *out, struct str key, const struct erasure *e);
/* ERR_CORRUPT, ERR_VERSION. */
CHECKED enum err erasure_record_get(
	struct str record, struct str key, struct erasure *e);
/* "waiting", "running", "done", "failed". */
const char *erasure_state_name(enum erasure_state state);

void erased_key_put(char to[ERASED_KEY_BYTES], uint64_t id, uint64_t first);
/* Numbers ascend from the key's. */
void erased_record_put(
	struct buf *out, struct str key, const uint64_t *numbers, size_t n);
CHECKED enum err erased_record_get(struct str record, struct str key,
	uint64_t numbers[ERASED_CHUNK_TOKENS], size_t *n);
