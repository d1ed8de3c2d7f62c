/* Chooses targets at random, a little ahead, so that what a request needs of
 * its target is in the processor's cache by then. One thread. */
#pragma once

#include <stdint.h>

#include "load/random.h"
#include "load/targets.h"

struct picker {
	const struct targets *targets;
	struct xorshift *random;
	uint32_t next;  /* its bytes are on their way */
	uint32_t later; /* its place in the index is */
};

/* Both outlive the picker. */
void picker_init(struct picker *p, const struct targets *targets,
	struct xorshift *random);
/* The number of a target. */
uint32_t picker_next(struct picker *p);
