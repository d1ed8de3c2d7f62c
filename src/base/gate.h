/* Lets a thread wait until others have left what they were in when it began to
 * wait. Each of those has a place of its own, on a cache line of its own, and
 * says there when it enters and leaves: what is written before the wait is seen
 * by whoever enters after it, and what others wrote inside by the waiter. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	GATE_PLACES = 256,
	GATE_LINE = 64
};

struct gate_place {
	_Alignas(GATE_LINE) _Atomic unsigned long n; /* odd: inside */
};

struct gate {
	struct gate_place places[GATE_PLACES];
};

/* One thread's place; it does not enter twice. */
static inline void gate_enter(struct gate_place *p)
{
	unsigned long n = atomic_load_explicit(&p->n, memory_order_relaxed);

	/* Before whatever is read inside. */
	atomic_store_explicit(&p->n, n + 1, memory_order_seq_cst);
}

static inline void gate_leave(struct gate_place *p)
{
	unsigned long n = atomic_load_explicit(&p->n, memory_order_relaxed);

	atomic_store_explicit(&p->n, n + 1, memory_order_release);
}

/* What is to be waited for at one place: looked at when the wait begins, and
 * asked again and again. */
static inline unsigned long gate_look(const struct gate_place *p)
{
	return atomic_load_explicit(&p->n, memory_order_seq_cst);
}

static inline bool gate_has_left(
	const struct gate_place *p, unsigned long looked)
{
	return looked % 2 == 0 ||
	       atomic_load_explicit(&p->n, memory_order_acquire) != looked;
}
