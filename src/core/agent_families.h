/* What a user agent says of itself, as short texts: the families of its
 * system, device and browser. */
#pragma once

enum {
	AGENT_FAMILY_SIZE = 64 /* bytes of one, with a NUL */
};

/* Each ends with a NUL; empty: not known. */
struct agent_families {
	char os[AGENT_FAMILY_SIZE];
	char device[AGENT_FAMILY_SIZE];
	char browser[AGENT_FAMILY_SIZE];
};
