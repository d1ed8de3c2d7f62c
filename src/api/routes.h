/* The table of all the API's routes. */
#pragma once

#include <stddef.h>

#include "http/router.h"

/* Those that only the administrator's socket knows come last. */
extern const struct http_route api_routes[];
extern const size_t api_routes_n;
