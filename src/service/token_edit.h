/* Changes to single tokens, as jobs of the links writer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "core/json.h"
#include "service/problem.h"
#include "store/links_writer.h"

struct token_edit {
	struct links_job job;
	void *owner;         /* for done */
	uint64_t token;      /* number; the caller has checked whose it is */
	bool revoke;         /* else: */
	uint64_t expires_ms; /* 0: never */
	struct problem problem;
};

/* Reads {expires_at}; false with findings in edit->problem. */
bool token_edit_read(struct token_edit *edit, const struct json_t *body);
CHECKED enum err token_edit_submit(
	struct token_edit *edit, struct links_writer *w);
