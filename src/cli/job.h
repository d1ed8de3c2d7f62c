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

/* Until its state is not "running", then prints the last answer, as JSON or as
 * a tree. The exit status: a failure unless it is "done". */
CHECKED int job_follow(struct session *s, const struct job *job, bool json);
