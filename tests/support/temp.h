/* A temporary folder of a test's own. */
#pragma once

#include <limits.h>

struct temp {
	char path[PATH_MAX];
};

/* Makes the folder, under TMPDIR or /tmp; ends the test program on failure. */
void temp_init(struct temp *t);
/* Removes it with all that is in it. */
void temp_deinit(struct temp *t);
/* The path of a file in it, valid until the next call on t's thread. */
const char *temp_file(const struct temp *t, const char *name);
