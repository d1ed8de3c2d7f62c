/* hash64() of long inputs, by the widest vectors that the processor has. */
#pragma once

#include <stdint.h>

#include "base/str.h"

uint64_t hash64_long(struct str bytes);
