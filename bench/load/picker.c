#include "load/picker.h"

static void look_ahead(struct picker *p)
{
	const struct targets *t = p->targets;

	p->next = p->later;
	__builtin_prefetch(t->text.p + t->starts[p->next]);
	p->later = xorshift_below(p->random, t->n);
	__builtin_prefetch(&t->starts[p->later]);
}

void picker_init(struct picker *p, const struct targets *targets,
	struct xorshift *random)
{
	p->targets = targets;
	p->random = random;
	p->later = xorshift_below(random, targets->n);
	look_ahead(p);
}

uint32_t picker_next(struct picker *p)
{
	uint32_t i = p->next;

	look_ahead(p);
	return i;
}
