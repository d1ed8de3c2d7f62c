#include "http/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_init(struct pool *pool, size_t block_size, size_t keep_max)
{
	*pool = (struct pool){
		.block_size = block_size,
		.keep_max = keep_max,
	};
}

void *pool_take(struct pool *pool)
{
	void *block = pool->free;

	if (!block)
		return malloc(pool->block_size);
	memcpy(&pool->free, block, sizeof(pool->free));
	pool->free_n--;
	return block;
}

void pool_give(struct pool *pool, void *block)
{
	if (pool->free_n == pool->keep_max) {
		free(block);
		return;
	}
	memcpy(block, &pool->free, sizeof(pool->free));
	pool->free = block;
	pool->free_n++;
}

void pool_deinit(struct pool *pool)
{
	pool->keep_max = 0;
	while (pool->free_n)
		free(pool_take(pool));
}
