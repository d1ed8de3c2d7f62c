/* An order to forget a recipient, as a job of the links writer; the rest is the
 * upkeep's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/erasure_record.h"
#include "core/json.h"
#include "service/problem.h"
#include "store/links_writer.h"

struct erasure_make {
	struct links_job job; /* ERR_FULL: too many are pending */
	void *owner;          /* for done */
	uint64_t account;
	size_t recipient_n;
	char recipient[TOKEN_RECIPIENT_MAX];
	uint64_t id;      /* out: of the pending one, if there is one */
	bool was_pending; /* out */
	struct problem problem;
};

/* Reads {recipient}; false with findings in make->problem. */
bool erasure_make_read(struct erasure_make *make, const struct json_t *body);
CHECKED enum err erasure_make_submit(
	struct erasure_make *make, struct links_writer *w);
