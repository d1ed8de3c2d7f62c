/* Answers as people read them: a tree of indented `key: value`, and tables. */
#pragma once

#include <stdio.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/session.h"

struct json_t;

/* Any JSON text, one member a line. ERR_INVALID if it is none. */
CHECKED enum err print_tree(FILE *to, struct str json);
/* The text and a line end. */
void print_line(FILE *to, struct str text);

/* A column: the item's member of that name. */
struct print_column {
	const char *title;
	const char *member;
};

/* A command that lists: parses the session's options and --json, then prints
 * all items, page after page, as a table, or with --json each as one line.
 * With rest, the one argument is a name that goes between collection and rest;
 * without, there is none. */
CHECKED int print_list_command(struct command_context *context,
	const char *collection, const char *rest,
	const struct print_column *columns, size_t columns_n);
