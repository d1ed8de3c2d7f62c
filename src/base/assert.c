#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void assert_failed(
	const char *expr, const char *file, int line, const char *func)
{
	fprintf(stderr, "ctio: broken invariant: %s (%s:%d, %s)\n", expr, file,
		line, func);
	abort();
}
