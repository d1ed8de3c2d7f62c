/* Blocks of one size that a loop hands to connections while they have bytes
 * pending; returned ones are kept, up to a maximum, so that a warm loop needs
 * no malloc. */
#pragma once

#include <stddef.h>

struct pool {
	void *free; /* each block begins with a pointer to the next */
	size_t free_n;
	size_t block_size;
	size_t keep_max;
};

/* block_size is at least a pointer's. */
void pool_init(struct pool *pool, size_t block_size, size_t keep_max);
/* All blocks must be back, or are leaked. */
void pool_deinit(struct pool *pool);
/* NULL without memory. The bytes are anything. */
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *block);
