/* Where checks of a store say what they find wrong, for `ctio verify`. */
#pragma once

#include <stdint.h>

struct check {
	/* kind is a constant, such as "clicks"; text is one line. */
	void (*found)(void *arg, const char *kind, const char *text);
	/* So many records more were looked at; NULL: nobody asks. */
	void (*looked)(void *arg, uint64_t records);
	void *arg;
	uint64_t found_n;
};

enum {
	CHECK_TEXT_MAX = 512
};

void check_found(struct check *c, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void check_looked(struct check *c, uint64_t records);
