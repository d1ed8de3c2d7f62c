#include "http/timers.h"

#include <stdbool.h>
#include <stddef.h>

static void list_init(struct loop_timer_list *list)
{
	list->head.prev = &list->head;
	list->head.next = &list->head;
}

static bool is_empty(const struct loop_timer_list *list)
{
	return list->head.next == &list->head;
}

void timers_init(struct timers *timers)
{
	*timers = (struct timers){0};
	for (unsigned i = 0; i < LOOP_DURATIONS_MAX; i++)
		list_init(&timers->lists[i]);
	list_init(&timers->sorted);
}

/* The list of that duration, or an empty one that becomes it. */
static struct loop_timer_list *list_of(struct timers *timers, uint32_t ms)
{
	struct loop_timer_list *empty = NULL;

	for (unsigned i = 0; i < timers->used; i++) {
		struct loop_timer_list *list = &timers->lists[i];

		if (list->ms == ms)
			return list;
		if (!empty && is_empty(list))
			empty = list;
	}
	if (!empty && timers->used < LOOP_DURATIONS_MAX)
		empty = &timers->lists[timers->used++];
	if (!empty)
		return &timers->sorted;
	empty->ms = ms;
	return empty;
}

void timers_set(struct timers *timers, struct loop_timer *timer,
	uint64_t now_ms, uint32_t ms)
{
	struct loop_timer *after;

	timers_clear(timer);
	timer->list = list_of(timers, ms);
	timer->due_ms = now_ms + (ms ? ms : 1);
	/* In a list of one duration this stops at once. */
	after = timer->list->head.prev;
	while (after != &timer->list->head && after->due_ms > timer->due_ms)
		after = after->prev;
	timer->prev = after;
	timer->next = after->next;
	after->next->prev = timer;
	after->next = timer;
}

void timers_clear(struct loop_timer *timer)
{
	if (!timer->list)
		return;
	timer->prev->next = timer->next;
	timer->next->prev = timer->prev;
	timer->prev = NULL;
	timer->next = NULL;
	timer->list = NULL;
}

static struct loop_timer *first_of(const struct loop_timer_list *list)
{
	return is_empty(list) ? NULL : list->head.next;
}

static struct loop_timer *earliest(const struct timers *timers)
{
	struct loop_timer *best = first_of(&timers->sorted);

	for (unsigned i = 0; i < timers->used; i++) {
		struct loop_timer *first = first_of(&timers->lists[i]);

		if (first && (!best || first->due_ms < best->due_ms))
			best = first;
	}
	return best;
}

uint64_t timers_next(const struct timers *timers)
{
	const struct loop_timer *timer = earliest(timers);

	return timer ? timer->due_ms : UINT64_MAX;
}

struct loop_timer *timers_take(struct timers *timers, uint64_t now_ms)
{
	struct loop_timer *timer = earliest(timers);

	if (!timer || timer->due_ms > now_ms)
		return NULL;
	timers_clear(timer);
	return timer;
}
