/* Time, passed in so that tests can own it. Wall time is UTC milliseconds
 * since 1970; monotonic time is nanoseconds since some start. */
#pragma once

#include <stdint.h>

/* Calls may come from any thread. */
struct clock {
	uint64_t (*wall_ms)(void *arg);
	uint64_t (*mono_ns)(void *arg);
	void *arg;
};

/* The system's own clocks. */
extern const struct clock clock_system;

static inline uint64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c->arg);
}

static inline uint64_t clock_mono_ns(const struct clock *c)
{
	return c->mono_ns(c->arg);
}

static inline uint64_t clock_mono_ms(const struct clock *c)
{
	return c->mono_ns(c->arg) / 1000000;
}

enum {
	MS_PER_DAY = 86400000
};
