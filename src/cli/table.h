/* A table for people: columns as wide as their widest cell, so it is shown
 * when it is whole. What a terminal would obey is shown as `?`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	TABLE_COLUMNS_MAX = 8,
	TABLE_BYTES_MAX = 64 << 20
};

struct table {
	size_t columns;
	bool is_right[TABLE_COLUMNS_MAX];
	size_t widths[TABLE_COLUMNS_MAX];
	struct buf cells; /* apart by NUL */
	size_t n;         /* of them */
	size_t begun_at;  /* the cell being written */
};

void table_init(struct table *t);
void table_deinit(struct table *t);
/* The first row. Numbers stand at the right. */
void table_add_column(struct table *t, const char *title, bool is_number);
/* Then the cells, row by row. */
void table_add(struct table *t, struct str cell);
/* In pieces: any number of them, then the end. */
void table_piece(struct table *t, struct str s);
void table_end_cell(struct table *t);
/* ERR_NOMEM or ERR_TOO_LONG if not all of it fits. */
CHECKED enum err table_err(const struct table *t);
void table_show(const struct table *t, FILE *to);
