/* What whatever a regular expression matches must hold: literals of which at
 * least one occurs in it. Text without any of them need not be matched. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum {
	REGEX_LITERAL_MIN = 3, /* bytes; shorter ones occur everywhere */
	REGEX_LITERAL_MAX = 24,
	REGEX_LITERALS_MAX = 512 /* of one expression */
};

struct regex_literal {
	uint8_t n;
	char p[REGEX_LITERAL_MAX];
};

/* A finder, which keeps the literals of the expression that it saw last. */
struct regex_literals;

/* NULL: no memory. */
struct regex_literals *regex_literals_new(void);
void regex_literals_free(struct regex_literals *l);
/* The literals of one expression; caseless: they are in lower case, and occur
 * in any case. Returns their number; 0 when nothing is known to occur in every
 * match. */
size_t regex_literals_find(
	struct regex_literals *l, struct str regex, bool caseless);
/* The ith of them, valid until the next regex_literals_find(). */
struct str regex_literals_at(const struct regex_literals *l, size_t i);
