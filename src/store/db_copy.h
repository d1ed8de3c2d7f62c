/* A copy of an environment's data file as of one snapshot, made while it is
 * written and read: LMDB's own copy, every page as it is. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* Has write() told the file's bytes, in order, on the caller's thread; what it
 * returns ends the copy. The snapshot, whose pages cannot be used again
 * meanwhile, is held until then. ERR_CORRUPT: the disk cannot give all of it;
 * ERR_SYSTEM: no pipe, or no thread. */
CHECKED enum err db_copy(struct db_env *env,
	enum err (*write)(void *arg, struct str bytes), void *arg);
