#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum {
	LOG_LINE_MAX = 1024
};

static const char *const names[] = {"error", "warn", "info", "debug"};
static atomic_int level_max = LOG_INFO;

void log_set_level(enum log_level max)
{
	atomic_store(&level_max, (int)max);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX + 1];
	va_list args;
	int n, more;

	if ((int)level > atomic_load(&level_max))
		return;
	n = snprintf(line, sizeof(line), "ctio: %s: ", names[level]);
	va_start(args, format);
	more = vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	n += more < 0 ? 0 : more;
	if (n > LOG_LINE_MAX - 1)
		n = LOG_LINE_MAX - 1;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* Nothing can be done about a log that cannot be written. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}
