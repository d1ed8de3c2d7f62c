/* The parts of an erasure's run, for service/erase*.c alone: which ones are on
 * their way, their tokens, their clicks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/erasure_record.h"
#include "service/upkeep.h"

enum {
	ERASE_AT_ONCE = 256,     /* erasures of one run */
	ERASE_JOB_BLOCKS = 64,   /* changed in one transaction, at most */
	ERASE_JOB_TOKENS = 8192, /* the same */
	ERASE_SCAN_BLOCKS = 512, /* looked at in one snapshot */
};

/* A token and which of the erasures it belongs to. */
struct erased_token {
	uint64_t number;
	uint32_t erasure; /* place among the items */
};

struct erase_run {
	struct agent_families families; /* of the click erased last */
	struct upkeep *upkeep;
	struct erasure items[ERASE_AT_ONCE];
	size_t n;
	uint64_t newest_ms[ERASE_AT_ONCE]; /* what was found of it is from */
	uint64_t next;                     /* the first token not looked at */
	bool unsure[ERASE_AT_ONCE]; /* a damaged block has its recipient */
	/* Ascending by number. */
	struct erased_token *tokens;
	size_t tokens_n, tokens_size;
};

/* Finds the tokens of all waiting items' recipients, from run->next on to the
 * last one that there is, which moves; with `erase`, erases them and
 * writes their numbers down. Without, they are gathered in run->tokens, and
 * newest_ms says when the youngest was minted. */
CHECKED enum err erase_tokens(struct erase_run *run, bool erase);
/* Fills run->tokens with what was written down. */
CHECKED enum err erase_load_tokens(struct erase_run *run);
/* Raises newest_ms to the youngest click of run->tokens, of those after
 * after_ms. */
CHECKED enum err erase_date_clicks(struct erase_run *run, uint64_t after_ms);
/* Takes from the clicks of run->tokens what tells of a person. */
CHECKED enum err erase_clicks(struct erase_run *run);
/* Announces all of them, and counts them in the items. */
CHECKED enum err erase_announce(struct erase_run *run);

/* ERR_NOMEM. */
CHECKED enum err erase_add_token(
	struct erase_run *run, uint64_t number, size_t erasure);
void erase_sort_tokens(struct erase_run *run);
/* NULL: it is none of theirs. */
const struct erased_token *erase_find_token(
	const struct erase_run *run, uint64_t number);
