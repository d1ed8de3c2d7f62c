/* Part of the verdict rules: how they lie in memory. Only core/verdict*.c
 * include it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "core/verdict_file.h"
#include "core/verdict_table.h"
#include "core/words.h"

/* Whose a word of the automaton is. */
struct verdict_place {
	const struct verdict_word *word;
	uint8_t rule; /* of verdict_table */
};

struct verdict_rules {
	struct words *words; /* of verdict_table */
	struct verdict_place *places;
	char *text; /* the operator's */
	struct verdict_file file;
	struct words *agent_words; /* of the file's rules on agents; NULL:
				      there are none */
	uint16_t *agent_rows;      /* which rule each of them is */
	uint16_t *click_rows;      /* the other rules, ascending */
	size_t click_rows_n;
	bool (*is_spider)(void *arg, struct str agent);
	void *arg;
};
