#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t); /* cannot fail for these clocks */
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t system_wall_ms(void *arg)
{
	(void)arg;
	return read_ns(CLOCK_REALTIME) / 1000000;
}

static uint64_t system_mono_ns(void *arg)
{
	(void)arg;
	return read_ns(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_wall_ms, system_mono_ns, NULL};
