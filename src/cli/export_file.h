/* A file of clicks that an earlier `ctio export -o FILE` wrote, and perhaps
 * did not end. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/export_rows.h"
#include "cli/out.h"

struct export_file {
	bool empty; /* then format is not known */
	enum export_format format;
	bool has_header;
	struct buf cursor; /* of the last whole row; empty: there is none */
};

void export_file_init(struct export_file *f);
void export_file_deinit(struct export_file *f);
/* Looks where the file's last whole row ends, cuts what follows it, and sets
 * out to go on there. ERR_INVALID if the file holds something else: then it is
 * left alone. */
CHECKED enum err export_file_resume(struct export_file *f, struct out *out);
