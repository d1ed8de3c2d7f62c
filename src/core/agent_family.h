/* What a user agent says of itself, as short texts: the families of system,
 * device and browser. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum {
	AGENT_FAMILY_MAX = 63, /* bytes; longer ones are cut */
	AGENT_FAMILY_SIZE = AGENT_FAMILY_MAX + 1 /* with a NUL */
};

/* Well-formed UTF-8 without control characters, NUL-terminated, never empty:
 * "Other" for what is not known. */
struct agent_families {
	char os[AGENT_FAMILY_SIZE];
	char device[AGENT_FAMILY_SIZE];
	char browser[AGENT_FAMILY_SIZE];
	bool is_spider; /* the device is uap-core's Spider: a machine */
};

/* Writes a family: the replacement with $1 to $9 replaced by groups[1] to
 * groups[9], blanks at both ends gone; "Other" if nothing is left. */
void agent_family_put(char to[AGENT_FAMILY_SIZE], struct str replacement,
	const struct str groups[10]);
