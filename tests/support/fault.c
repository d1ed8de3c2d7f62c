#include "support/fault.h"

#include <errno.h>
#include <stddef.h>

static _Thread_local unsigned countdown;
static _Thread_local bool hit;

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

void fault_alloc(unsigned nth)
{
	countdown = nth;
	hit = false;
}

bool fault_alloc_hit(void)
{
	return hit;
}

static bool is_to_fail(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	hit = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return is_to_fail() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	return is_to_fail() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	return is_to_fail() ? NULL : __real_realloc(p, n);
}
