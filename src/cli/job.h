/* Work that the server does while a command waits for it: asked again and again
 * until it has ended. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/session.h"

struct job {
	const char *target; /* what is asked: GET /v1/rejudge */
	const char *member; /* that says how far it is */
	uint64_t unit;      /* of it, for people */
	const char *units;  /* "clicks" */
};

/* Until its state is not "running"; *failed: it is not "done" either. The last
 * answer is the session's. */
CHECKED int job_follow(struct session *s, const struct job *job, bool *failed);
/* Prints that answer, as JSON or as a tree. */
CHECKED int job_print(const struct session *s, bool json);
