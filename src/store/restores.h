/* The restores that a region's store has been through, in its links
 * environment: a cursor from between the last click that one kept and the first
 * one after it is from a history that was cut off. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "core/restore_record.h"
#include "store/db.h"

/* All of them, oldest first; read once, when a region is opened. */
struct restores {
	struct restore *items;
	size_t n;
};

CHECKED enum err restores_read(struct db_txn *t, struct restores *to);
/* The same, in a snapshot of its own. */
CHECKED enum err restores_load(struct db_env *links, struct restores *to);
void restores_deinit(struct restores *r);
/* The first number that a click of the present history can have; 0: any. */
uint64_t restores_first_click(const struct restores *r);
/* No click that is kept has such a number, though clicks had. */
bool restores_cut_off(const struct restores *r, uint64_t click);

/* How many of the numbers from oldest to newest clicks can have; of those up to
 * newest, tokens. */
uint64_t restores_clicks(
	const struct restores *r, uint64_t oldest, uint64_t newest);
uint64_t restores_tokens(const struct restores *r, uint64_t newest);

/* Writes it down, given as its record under its key, and that no number below
 * its first ones is given out any more; a second time changes nothing. */
void apply_restore(struct db_txn *t, struct str key, struct str record);
void restore_put(struct db_txn *t, const struct restore *r);
