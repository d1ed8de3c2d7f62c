/* Whether a MaxMind DB file is whole enough for its library, which trusts the
 * counts and nests as deep as the file says. See "MaxMind DB File Format
 * Specification", version 2.0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
	MMDB_DEPTH_MAX = 32,    /* values within values */
	MMDB_VALUES_MAX = 4096, /* of one record, what it points to included */
	MMDB_METADATA_MAX = 128 << 10 /* bytes, with its marker */
};

/* NULL if the file's metadata can be read and its tree lies within it; else
 * what is wrong, a static text. */
const char *mmdb_check_file(struct str file);
/* True if the value at that place of a data section, and all that it points to,
 * lies in the section and within the limits above. */
bool mmdb_check_value(struct str section, uint32_t at);
