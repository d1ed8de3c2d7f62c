/* Bytes from the system's random source, getrandom(2). */
#pragma once

#include <stddef.h>

/* Fills p; ends the process if the kernel has no random source. */
void random_fill(void *p, size_t n);
