/* Allocations that fail on command. Every unit test is linked with this, by
 * the linker's --wrap: malloc, calloc and realloc called from our own code
 * pass through here, those of shared libraries do not. A test runs its subject
 * again and again with the 1st, 2nd, 3rd ... allocation failing. */
#pragma once

#include <stdbool.h>

/* Of this thread's allocations from now on, the nth fails (1: the next one),
 * and only that one; 0: none. */
void fault_alloc(unsigned nth);
/* True if the allocation that fault_alloc() named has been asked for, and so
 * has failed. */
bool fault_alloc_hit(void);
