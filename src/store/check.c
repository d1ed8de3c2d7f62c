#include "store/check.h"

#include <stdarg.h>
#include <stdio.h>

void check_found(struct check *c, const char *kind, const char *format, ...)
{
	char text[CHECK_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	c->found_n++;
	c->found(c->arg, kind, text);
}

void check_looked(struct check *c, uint64_t records)
{
	if (c->looked)
		c->looked(c->arg, records);
}
