#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"

void random_fill(void *p, size_t n)
{
	char *to = p;

	while (n) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		ASSERT(got > 0);
		to += got;
		n -= (size_t)got;
	}
}
