/* Erasing tokens of a block where they lie: recipient, ref and params are
 * overwritten, and so is a destination that only erased tokens had. The
 * record's length and all places in it stay. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "core/token_block.h"

/* The record is the caller's copy, which block_open() has accepted; numbers
 * ascend and lie in the block. Refused lines and erased ones are passed by; the
 * number of tokens that were not erased before goes to *erased. */
CHECKED enum err block_erase(char *record, size_t n, struct str key,
	const uint64_t *numbers, size_t numbers_n, size_t *erased);
