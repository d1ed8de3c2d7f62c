/* Reads an INI file into a conf. Comments are lines that start with ; or #;
 * a value may hold both. Every wrong line is an error of its own. */
#pragma once

#include "base/conf.h"
#include "base/str.h"

enum {
	CONF_FILE_MAX = 1 << 20, /* bytes of a file */
	CONF_LINE_MAX = 8192     /* bytes of a line */
};

/* Reads the file named path, which errors are labelled with and which outlives
 * c; what is wrong is added to c's errors. */
void conf_read_file(struct conf *c, const char *path);
/* The same of a text that stands for the file. */
void conf_read_text(struct conf *c, const char *label, struct str text);
