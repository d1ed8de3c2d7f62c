#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	PROGRESS_EVERY_MS = 200
};

void progress_begin(struct progress *p, const char *what)
{
	uint64_t now = clock_mono_ms(&clock_system);

	*p = (struct progress){.what = what,
		.shown = isatty(STDERR_FILENO) == 1,
		.start_ms = now,
		.next_ms = now + PROGRESS_EVERY_MS};
}

static void show(const struct progress *p, uint64_t now)
{
	uint64_t took_ms = now - p->start_ms;

	(void)fprintf(stderr, "\r\033[K%llu %s, %llu/s",
		(unsigned long long)p->rows, p->what,
		(unsigned long long)(took_ms ? p->rows * 1000 / took_ms : 0));
}

void progress_add(struct progress *p, uint64_t rows)
{
	uint64_t now;

	p->rows += rows;
	if (!p->shown)
		return;
	now = clock_mono_ms(&clock_system);
	if (now < p->next_ms)
		return;
	p->next_ms = now + PROGRESS_EVERY_MS;
	show(p, now);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		(void)fputs("\r\033[K", stderr);
}
