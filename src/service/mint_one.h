/* A mint request of a single object: one line, one token. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/hash.h"
#include "service/campaign_edit.h"
#include "service/mint_job.h"
#include "service/mint_line.h"
#include "service/problem.h"
#include "service/view.h"

/* Zero at first; then the caller fills the first part, and the done functions
 * of job.job and campaign.job. */
struct mint_one {
	struct views *views;
	struct view *view;
	uint64_t account;
	struct str line; /* lives until it is over */
	size_t line_max;
	bool has_key;
	uint8_t key[HASH128_BYTES]; /* of the Idempotency-Key */
	uint64_t now_ms;
	struct mint_defaults defaults;

	struct mint_job job;
	struct campaign_make campaign;
	struct problem problem;
	uint64_t token; /* out: its number */
};

enum mint_one_step {
	MINT_ONE_WAIT,     /* job.job will be done; then it is on disk */
	MINT_ONE_CAMPAIGN, /* campaign.job will be done; then step again */
	MINT_ONE_DONE,     /* it was minted before: token */
	MINT_ONE_REFUSED,  /* problem */
};

void mint_one_init(struct mint_one *m);
void mint_one_deinit(struct mint_one *m);
enum mint_one_step mint_one_step(struct mint_one *m);
