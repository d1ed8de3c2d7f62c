#include "load/schedule.h"

#include "base/assert.h"

enum {
	NS_PER_S = 1000000000
};

void schedule_init(
	struct schedule *s, uint64_t start_ns, uint64_t rate, uint64_t max)
{
	ASSERT(rate <= SCHEDULE_RATE_MAX);
	*s = (struct schedule){.start_ns = start_ns, .rate = rate, .max = max};
}

/* Exact, however long it runs. */
static uint64_t due_of(const struct schedule *s, uint64_t i)
{
	return s->start_ns + i / s->rate * NS_PER_S +
	       i % s->rate * NS_PER_S / s->rate;
}

bool schedule_is_over(const struct schedule *s)
{
	return s->stopped || s->issued >= s->max;
}

uint64_t schedule_next(const struct schedule *s)
{
	ASSERT(s->rate);
	return schedule_is_over(s) ? UINT64_MAX : due_of(s, s->issued);
}

bool schedule_take(struct schedule *s, uint64_t now_ns, uint64_t *due_ns)
{
	if (schedule_is_over(s))
		return false;
	if (s->rate) {
		uint64_t due = due_of(s, s->issued);

		if (due > now_ns)
			return false;
		*due_ns = due;
	} else {
		*due_ns = now_ns;
	}
	s->issued++;
	return true;
}

uint64_t schedule_stop(struct schedule *s, uint64_t now_ns)
{
	uint64_t due = 0;
	uint64_t ns;

	if (!schedule_is_over(s) && s->rate && now_ns >= s->start_ns) {
		ns = now_ns - s->start_ns + 1;
		/* As many as have due_of() < start + ns, rounded up. */
		due = ns / NS_PER_S * s->rate +
		      (ns % NS_PER_S * s->rate + NS_PER_S - 1) / NS_PER_S;
		due = due > s->max ? s->max : due;
		due = due > s->issued ? due - s->issued : 0;
	}
	s->stopped = true;
	return due;
}
