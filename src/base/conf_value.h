/* Part of the config engine: one text, checked against its row of the table and
 * stored. Only base/conf*.c include it. */
#pragma once

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

/* Stores value at `to` as the row's type says; an error leaves *to alone. */
CHECKED enum err conf_value_store(
	const struct conf_setting *row, struct str value, void *to);
/* Appends "expected ...", what the row would have. */
void conf_value_expected(struct buf *to, const struct conf_setting *row);
